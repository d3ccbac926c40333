/* SPDX-License-Identifier: MIT */
/* Windows so narrow that their columns are made of single events and requests. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

int reader_exact(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns, size_t nr,
		 struct reader_exact *out, struct db_error *err)
{
	int64_t first, last = 0, running = 0;
	int ret;

	memset(out, 0, sizeof(*out));
	out->first = -1;
	if (width_ns * (int64_t)nr > INT64_C(1) << 32)
		return 0;
	ret = reader_seek(q, pool, start_ns - 1, &first, err);
	if (!ret)
		ret = reader_seek(q, pool, start_ns + width_ns * (int64_t)nr - 1, &last, err);
	if (ret || last - first > QUERY_FINE_EVENTS)
		return ret;
	ret = query_instant(q, pool, start_ns - 1, &out->from, err);
	if (!ret && first >= 0)
		ret = reader_last(q, QUERY_RUNNING, pool, first, 1, &running, err);
	if (ret < 0)
		return ret;
	out->works = running == 1;
	out->first = first + 1;
	out->last = last < first ? first : last; /* times that go back are found anyhow */
	return 0;
}

/* --- leads -------------------------------------------------------------------------------------
 */

static int64_t id_of(uint32_t pool, int64_t n)
{
	return (int64_t)((uint64_t)pool << DB_SEQ_BITS) + n;
}

/* What completed in the window: requests from..to, at times (as stored) from_ts..to_ts. */
struct completed {
	int64_t from, to, from_ts, to_ts;
};

static int read_completed(struct query *q, uint32_t pool, const struct reader_exact *window,
			  struct completed *c, struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(q, QUERY_COMPLETED, 2,
			    (int64_t[]){id_of(pool, window->first), id_of(pool, window->last)});
	int ret = reader_step(q, stmt, err);

	if (ret > 0 && sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		ret = 0;
	if (ret > 0)
		*c = (struct completed){
			sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
			sqlite3_column_int64(stmt, 2), sqlite3_column_int64(stmt, 3)};
	sqlite3_reset(stmt);
	return ret;
}

/* The first row of a request not before `request`: rows are in the order of requests. */
static int seek_allocation(struct query *q, uint32_t pool, int64_t request, int64_t *id,
			   struct db_error *err)
{
	int64_t low = id_of(pool, 0), high = id_of(pool, INT64_C(1) << DB_SEQ_BITS);

	while (low < high) {
		int64_t middle = low + (high - low) / 2;
		sqlite3_stmt *stmt =
			reader_bind(q, QUERY_ALLOC_SEEK, 2, (int64_t[]){middle, high - 1});
		int ret = reader_step(q, stmt, err);
		int64_t at = ret > 0 ? sqlite3_column_int64(stmt, 0) : high;
		bool before = ret > 0 && sqlite3_column_int64(stmt, 1) < request;

		sqlite3_reset(stmt);
		if (ret < 0)
			return ret;
		if (ret && (at < middle || at >= high))
			return db_fail(err, -EINVAL,
				       "%s: the database is damaged: requests out of order",
				       q->path);
		if (before)
			low = at + 1;
		else
			high = middle;
	}
	*id = low;
	return 0;
}

static int by_end(const void *a, const void *b)
{
	int64_t x = ((const struct reader_lead *)a)->end_ns;
	int64_t y = ((const struct reader_lead *)b)->end_ns;

	return x < y ? -1 : x > y;
}

int reader_leads(struct query *q, uint32_t pool, const struct reader_exact *window,
		 struct reader_lead *leads, size_t max, size_t *nr, struct db_error *err)
{
	struct completed c;
	sqlite3_stmt *stmt;
	int64_t id = 0;
	int ret = 0;

	*nr = 0;
	if (window->last >= window->first)
		ret = read_completed(q, pool, window, &c, err);
	if (ret <= 0)
		return ret;
	ret = seek_allocation(q, pool, c.from, &id, err);
	if (ret)
		return ret;
	stmt = reader_bind(q, QUERY_ALLOC, 2,
			   (int64_t[]){id, id_of(pool, (INT64_C(1) << DB_SEQ_BITS) - 1)});
	while (*nr < max && (ret = reader_step(q, stmt, err)) > 0) {
		int64_t completed = sqlite3_column_int64(stmt, 1);

		if (sqlite3_column_int64(stmt, 0) > c.to)
			break;
		if (sqlite3_column_type(stmt, 3) == SQLITE_NULL ||
		    sqlite3_column_int64(stmt, 4) < 0 || completed < c.from_ts ||
		    completed > c.to_ts)
			continue;
		leads[(*nr)++] = (struct reader_lead){sqlite3_column_int64(stmt, 2),
						      sqlite3_column_int64(stmt, 3)};
	}
	sqlite3_reset(stmt);
	qsort(leads, *nr, sizeof(*leads), by_end);
	return ret < 0 ? ret : 0;
}
