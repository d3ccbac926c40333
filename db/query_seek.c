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

/* One past the pool's newest event.  A file that says what cannot be is searched as a whole. */
static int find_end(struct query *q, uint32_t pool, int64_t *end, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_SEQS, 1, (int64_t[]){pool});
	int ret = reader_step(q, stmt, err);
	int64_t next = ret > 0 ? sqlite3_column_int64(stmt, 2) : 0;

	sqlite3_reset(stmt);
	if (next < 0 || next > INT64_C(1) << DB_SEQ_BITS)
		next = INT64_C(1) << DB_SEQ_BITS;
	*end = (int64_t)((uint64_t)pool << DB_SEQ_BITS) + next;
	return ret < 0 ? ret : 0;
}

/*
 * Halves the numbers that may be the first later event's; a row tells of all that lie before it.
 */
int reader_seek_in(struct query *q, enum query_statement table, uint32_t pool, int64_t ts,
		   int64_t *id, struct db_error *err)
{
	int64_t low = (int64_t)((uint64_t)pool << DB_SEQ_BITS);
	int64_t high;
	int ret = find_end(q, pool, &high, err);

	while (!ret && low < high) {
		int64_t middle = low + (high - low) / 2;
		sqlite3_stmt *stmt = reader_bind(q, table, 2, (int64_t[]){middle, high});
		int row = reader_step(q, stmt, err);
		bool earlier = row > 0 && sqlite3_column_int64(stmt, 1) <= ts;
		int64_t found = row > 0 ? sqlite3_column_int64(stmt, 0) : 0;

		sqlite3_reset(stmt);
		ret = row < 0 ? row : 0;
		if (earlier && found >= middle && found < high)
			low = found + 1;
		else
			high = middle;
	}
	*id = low;
	return ret;
}
