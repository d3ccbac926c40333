/* SPDX-License-Identifier: MIT */
/* One instant of a pool: the events around it, and the state between them. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

static int64_t id_of(uint32_t pool, int64_t seq)
{
	return (int64_t)((uint64_t)pool << DB_SEQ_BITS) + seq;
}

static void lose_memory(struct level_state *level, const struct pool_event *e)
{
	if (e->u.free.buffers == POOL_UNKNOWN)
		level->total = POOL_UNKNOWN;
	else if (level->total != POOL_UNKNOWN)
		level->total -= e->u.free.buffers < level->total ? e->u.free.buffers : level->total;
}

static void gain_memory(struct level_state *level, const struct pool_event *e)
{
	if (e->u.complete.request && level->pending)
		level->pending--;
	if (e->u.complete.outcome != POOL_OUTCOME_USED)
		return;
	if (e->u.complete.buffers == POOL_UNKNOWN)
		level->total = POOL_UNKNOWN;
	else if (level->total != POOL_UNKNOWN)
		level->total += e->u.complete.buffers;
}

void reader_follow(struct level_state *level, const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_POOL_OPEN:
		*level = (struct level_state){0};
		if (!pool_marks_known(&e->u.open.marks))
			level->available = level->total = POOL_UNKNOWN;
		return;
	case POOL_EVENT_TICK:
		level->total = e->u.tick.total;
		level->pending = e->u.tick.pending;
		level->fallback = e->u.tick.fallback;
		break;
	case POOL_EVENT_ALLOC_REQUEST:
		level->total = e->u.request.total;
		level->pending = e->u.request.pending;
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		level->pending -= level->pending > 0;
		return;
	case POOL_EVENT_ALLOC_COMPLETE:
		gain_memory(level, e);
		break;
	case POOL_EVENT_BLOCK_FREE:
		lose_memory(level, e);
		break;
	case POOL_EVENT_FALLBACK:
		level->fallback = e->u.fallback.on;
		break;
	case POOL_EVENT_RX_TAKE:
	case POOL_EVENT_RX_RETURN:
		break;
	default:
		return; /* it does not say how many are available */
	}
	level->available = e->available;
}

/* --- the state after an event ------------------------------------------------------------------
 */

static int follow(const struct pool_event *e, void *ctx)
{
	reader_follow(ctx, e);
	return 0;
}

int reader_last(struct query *q, enum query_statement which, uint32_t pool, int64_t seq, int column,
		int64_t *value, struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(q, which, 2, (int64_t[]){id_of(pool, 0), id_of(pool, seq)});
	int ret = reader_step(q, stmt, err);

	if (ret > 0 && sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		ret = 0;
	if (ret > 0)
		*value = sqlite3_column_type(stmt, column) == SQLITE_NULL
				 ? (int64_t)POOL_UNKNOWN
				 : sqlite3_column_int64(stmt, column);
	sqlite3_reset(stmt);
	return ret;
}

/*
 * The driver says total and pending in each tick and request; from there on only what came and went
 * is followed.  The rx events, which are nearly all, change nothing but what is available.
 */
static int state_after(struct query *q, uint32_t pool, int64_t seq, struct level_state *level,
		       struct db_error *err)
{
	int64_t from = 0, value = 0;
	int ret;

	*level = (struct level_state){POOL_UNKNOWN, POOL_UNKNOWN, 0, false};
	ret = reader_last(q, QUERY_SAID, pool, seq, 0, &from, err);
	if (ret < 0)
		return ret;
	from -= ret ? id_of(pool, 0) : 0;
	ret = reader_between(q, pool, from, seq, true, follow, level, err);
	if (ret)
		return ret;
	ret = reader_last(q, QUERY_AVAILABLE, pool, seq, 1, &value, err);
	if (ret < 0)
		return ret;
	level->available = ret ? (uint32_t)value : POOL_UNKNOWN;
	ret = reader_last(q, QUERY_FALLBACK, pool, seq, 1, &value, err);
	if (ret > 0)
		level->fallback = value == 1;
	return ret < 0 ? ret : 0;
}

int reader_copy_event(const struct pool_event *e, void *ctx)
{
	struct pool_event *copy = ctx;

	*copy = *e;
	copy->ts_ns = reader_time(e->ts_ns);
	if (e->kind == POOL_EVENT_POOL_OPEN)
		copy->u.open.name = NULL;
	if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN)
		copy->u.rx.buffers = NULL;
	return 0;
}

static int neighbours(struct query *q, uint32_t pool, int64_t seq, struct query_instant *out,
		      struct db_error *err)
{
	struct reader_reach reach;
	int64_t after, ts_ns;
	int ret = reader_reach(q, pool, &reach, err);

	if (!ret && seq >= 0) {
		out->has_before = true;
		ret = reader_between(q, pool, seq, seq, false, reader_copy_event, &out->before,
				     err);
	}
	if (ret || seq + 1 >= reach.end)
		return ret;
	ret = reader_next(q, pool, seq + 1, reach.end, &after, &ts_ns, err);
	if (ret <= 0)
		return ret;
	out->has_after = true;
	if (out->has_before)
		out->lost = (uint64_t)(after - seq - 1);
	return reader_between(q, pool, after, after, false, reader_copy_event, &out->after, err);
}

static void show_state(struct query_instant *out, const struct level_state *level)
{
	out->known = out->before.kind != POOL_EVENT_POOL_OPEN &&
		     out->before.kind != POOL_EVENT_POOL_CLOSE;
	out->available = level->available;
	out->total = level->total;
	out->held = POOL_UNKNOWN;
	if (level->total != POOL_UNKNOWN && level->available != POOL_UNKNOWN)
		out->held = level->total > level->available ? level->total - level->available : 0;
	out->pending = level->pending;
	out->fallback = level->fallback;
}

int query_instant(struct query *q, uint32_t pool, int64_t ts_ns, struct query_instant *out,
		  struct db_error *err)
{
	struct level_state level;
	int64_t seq;
	int ret = reader_seek(q, pool, ts_ns, &seq, err);

	memset(out, 0, sizeof(*out));
	out->available = out->held = out->total = POOL_UNKNOWN;
	if (!ret)
		ret = neighbours(q, pool, seq, out, err);
	if (ret || !out->has_before)
		return ret;
	ret = state_after(q, pool, seq, &level, err);
	if (!ret)
		show_state(out, &level);
	return ret;
}
