/* SPDX-License-Identifier: MIT */
/* From times to events: declared in db/reader.h. */
#include <sqlite3.h>

#include "db/connect.h"
#include "db/reader.h"

int reader_base(struct query *q, int64_t *base_ns, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_BASE, 0, NULL);
	int ret = reader_step(q, stmt, err);

	*base_ns = ret > 0 ? reader_time(sqlite3_column_int64(stmt, 0)) : 0;
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

/*
 * Halves the numbers that may be the first later event's; a row tells of all that lie before it.
 */
int reader_seek_in(struct query *q, enum query_statement table, uint32_t pool, int64_t ts,
		   int64_t *id, struct db_error *err)
{
	int64_t low = (int64_t)((uint64_t)pool << DB_SEQ_BITS);
	int64_t high = low + (INT64_C(1) << DB_SEQ_BITS);

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		sqlite3_stmt *stmt = reader_bind(q, table, 2, (int64_t[]){middle, high});
		int ret = reader_step(q, stmt, err);
		bool earlier = ret > 0 && sqlite3_column_int64(stmt, 1) <= ts;
		int64_t found = ret > 0 ? sqlite3_column_int64(stmt, 0) : 0;

		sqlite3_reset(stmt);
		if (ret < 0)
			return ret;
		if (earlier && found >= middle && found < high)
			low = found + 1;
		else
			high = middle;
	}
	*id = low;
	return 0;
}
