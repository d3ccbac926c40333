/* SPDX-License-Identifier: MIT */
/* From times to events: declared in db/reader.h. */
#include <errno.h>
#include <sqlite3.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

static int64_t id_of(uint32_t pool, int64_t seq)
{
	return (int64_t)((uint64_t)pool << DB_SEQ_BITS) + seq;
}

/* Of two times that are relative: no difference runs over. */
static int64_t minus(int64_t ns, int64_t base_ns)
{
	return (int64_t)((uint64_t)ns - (uint64_t)base_ns);
}

int reader_base(struct query *q, int64_t *base_ns, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_BASE, 0, NULL);
	int ret = reader_step(q, stmt, err);

	*base_ns = ret > 0 ? reader_time(sqlite3_column_int64(stmt, 0)) : 0;
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

int64_t reader_end_seq(uint32_t pool, int64_t next_seq)
{
	if (pool >= UINT32_C(1) << (62 - DB_SEQ_BITS)) /* no recording has it */
		return 0;
	return next_seq < 0 || next_seq > INT64_C(1) << DB_SEQ_BITS ? INT64_C(1) << DB_SEQ_BITS
								    : next_seq;
}

int reader_reach(struct query *q, uint32_t pool, struct reader_reach *reach, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_REACH, 1, (int64_t[]){pool});
	int ret = reader_step(q, stmt, err);

	*reach = (struct reader_reach){.pool = pool};
	if (ret > 0) {
		reach->end = reader_end_seq(pool, sqlite3_column_int64(stmt, 0));
		reach->first_ns = reader_time(sqlite3_column_int64(stmt, 1));
		reach->last_ns = reader_time(sqlite3_column_int64(stmt, 2));
	}
	sqlite3_reset(stmt);
	return ret < 0 ? ret : reader_base(q, &reach->base_ns, err);
}

int reader_next(struct query *q, uint32_t pool, int64_t low, int64_t high, int64_t *seq,
		int64_t *ts_ns, struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(q, QUERY_SEEK, 2, (int64_t[]){id_of(pool, low), id_of(pool, high - 1)});
	int ret = reader_step(q, stmt, err);

	if (ret > 0 && sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		ret = 0;
	if (ret > 0) {
		*seq = sqlite3_column_int64(stmt, 0) - id_of(pool, 0);
		*ts_ns = sqlite3_column_int64(stmt, 1);
		if (*seq < low || *seq >= high)
			ret = db_fail(err, -EINVAL,
				      "%s: the database is damaged: events out of order", q->path);
	}
	sqlite3_reset(stmt);
	return ret;
}

/* --- in one table ----------------------------------------------------------------------------- */

/*
 * What is known of the place of a time among the rows of a table: those below `low` are not later,
 * those from `high` on are.  The nearest of them that were seen, with their times (relative).
 */
struct bracket {
	int64_t low, high;
	int64_t before_ns, after_seq, after_ns;
	bool has_before, has_after;
};

/*
 * Events are spread over the time, so that most places are found in a few steps.  Each other step
 * halves: where all came at once there are twice as many as with halving alone, and never more.
 */
static int64_t guess(const struct bracket *b, int64_t ts, int turn)
{
	double wide = (double)minus(b->after_ns, b->before_ns);
	double part = (double)minus(ts, b->before_ns) / wide;
	int64_t span = b->high - b->low;

	if (turn % 2 || !(wide > 0) || !(part >= 0 && part < 1))
		return b->low + span / 2;
	return b->low + (int64_t)(part * (double)span);
}

static int narrow(struct query *q, enum query_statement table, const struct reader_reach *reach,
		  int64_t ts, struct bracket *b, struct db_error *err)
{
	int64_t first = id_of(reach->pool, 0);
	int ret = 0;

	*b = (struct bracket){.high = reach->end,
			      .before_ns = minus(reach->first_ns, reach->base_ns),
			      .after_ns = minus(reach->last_ns, reach->base_ns)};
	for (int turn = 0; !ret && b->low < b->high; turn++) {
		int64_t middle = guess(b, ts, turn);
		sqlite3_stmt *stmt =
			reader_bind(q, table, 2, (int64_t[]){first + middle, first + b->high});
		int row = reader_step(q, stmt, err);
		int64_t seq = row > 0 ? sqlite3_column_int64(stmt, 0) - first : 0;
		int64_t ns = row > 0 ? sqlite3_column_int64(stmt, 1) : 0;
		bool known = row > 0 && seq >= middle && seq < b->high;

		sqlite3_reset(stmt);
		ret = row < 0 ? row : 0;
		if (known && ns <= ts) {
			b->low = seq + 1;
			b->before_ns = ns;
			b->has_before = true;
			continue;
		}
		b->high = middle;
		if (known) {
			b->after_seq = seq;
			b->after_ns = ns;
			b->has_after = true;
		}
	}
	return ret;
}

int reader_seek_in(struct query *q, enum query_statement table, uint32_t pool, int64_t ts,
		   int64_t *id, struct db_error *err)
{
	struct reader_reach reach;
	struct bracket b = {0};
	int ret = reader_reach(q, pool, &reach, err);

	if (!ret)
		ret = narrow(q, table, &reach, ts, &b, err);
	*id = id_of(pool, b.low);
	return ret;
}

/* --- among all events ------------------------------------------------------------------------- */

/*
 * Most events are receive events, and their table alone is found through ten times as fast as all:
 * between two of them lies what is not.
 */
int reader_seek_within(struct query *q, const struct reader_reach *reach, int64_t ts_ns,
		       struct reader_neighbours *out, struct db_error *err)
{
	int64_t low = 0, high = reach->end, at, at_ns;
	struct bracket rx;
	int ret = narrow(q, QUERY_SEEK_RX, reach,
			 ts_ns > INT64_MIN + reach->base_ns ? ts_ns - reach->base_ns : INT64_MIN,
			 &rx, err);

	*out = (struct reader_neighbours){-1, INT64_MIN, INT64_MAX};
	if (rx.has_before) {
		low = rx.low;
		out->seq = low - 1;
		out->ts_ns = reader_time(minus(rx.before_ns, -reach->base_ns));
	}
	if (rx.has_after) {
		high = rx.after_seq;
		out->next_ns = reader_time(minus(rx.after_ns, -reach->base_ns));
	}
	while (!ret && low < high) {
		int64_t middle = low + (high - low) / 2;

		ret = reader_next(q, reach->pool, middle, high, &at, &at_ns, err);
		if (ret < 0)
			return ret;
		if (ret && at_ns <= ts_ns) {
			out->seq = at;
			out->ts_ns = at_ns;
			low = at + 1;
		} else {
			if (ret)
				out->next_ns = at_ns;
			high = middle;
		}
		ret = 0;
	}
	return ret;
}

int reader_seek(struct query *q, uint32_t pool, int64_t ts_ns, int64_t *seq, struct db_error *err)
{
	struct reader_neighbours found = {.seq = -1};
	struct reader_reach reach;
	int ret = reader_reach(q, pool, &reach, err);

	if (!ret)
		ret = reader_seek_within(q, &reach, ts_ns, &found, err);
	*seq = found.seq;
	return ret;
}
