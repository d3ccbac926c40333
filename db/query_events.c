/* SPDX-License-Identifier: MIT */
/* Events out of their tables, merged into (pool, seq) order. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/queue.h"
#include "db/reader.h"

#define TABLES (QUERY_NR - QUERY_EV_OPEN)

struct walk {
	struct query *q;
	int64_t base_ns;
	int64_t id[TABLES]; /* of the row each statement stands on; INT64_MAX: at its end */
	bool without_rx;
	char name[64];
	uint32_t *ids; /* QUEUE_IDS_MAX */
};

static uint32_t u32_at(sqlite3_stmt *stmt, int column)
{
	return (uint32_t)sqlite3_column_int64(stmt, column);
}

/* A count that may be unknown. */
static uint32_t count_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ? POOL_UNKNOWN
								: u32_at(stmt, column);
}

static uint64_t u64_at(sqlite3_stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt, column);
}

static void read_marks(sqlite3_stmt *stmt, int column, struct pool_marks *m)
{
	*m = (struct pool_marks){
		.base = count_at(stmt, column),
		.block = count_at(stmt, column + 1),
		.low = count_at(stmt, column + 2),
		.high = count_at(stmt, column + 3),
		.limit = count_at(stmt, column + 4),
		.reserve = count_at(stmt, column + 5),
		.max_pending = count_at(stmt, column + 6),
		.shrink_ticks = count_at(stmt, column + 7),
		.probe_ticks = u32_at(stmt, column + 8),
	};
	if (!pool_marks_known(m)) /* else NULL says that the recording is older than probes */
		m->probe_ticks = count_at(stmt, column + 8);
}

static void read_totals(sqlite3_stmt *stmt, int column, struct pool_totals *t)
{
	*t = (struct pool_totals){
		.requested = u64_at(stmt, column),
		.refused = u64_at(stmt, column + 1),
		.completed = u64_at(stmt, column + 2),
		.failed = u64_at(stmt, column + 3),
		.freed = u64_at(stmt, column + 4),
		.taken = u64_at(stmt, column + 5),
		.returned = u64_at(stmt, column + 6),
		.resources = u64_at(stmt, column + 7),
		.dropped = u64_at(stmt, column + 8),
	};
}

static void read_open(sqlite3_stmt *stmt, struct walk *w, struct pool_event *e)
{
	const char *name = (const char *)sqlite3_column_text(stmt, 2);

	strncpy(w->name, name ? name : "", sizeof(w->name) - 1);
	e->u.open.name = w->name;
	e->u.open.generation = (uint8_t)u32_at(stmt, 3);
	e->u.open.buffer_bytes = count_at(stmt, 4);
	read_marks(stmt, 5, &e->u.open.marks);
}

static void read_tick(sqlite3_stmt *stmt, struct pool_event *e)
{
	e->available = count_at(stmt, 2);
	e->u.tick.total = count_at(stmt, 3);
	e->u.tick.pending = u32_at(stmt, 4);
	e->u.tick.fallback = (uint8_t)u32_at(stmt, 5);
	e->u.tick.running = (uint8_t)u32_at(stmt, 6);
	read_totals(stmt, 7, &e->u.tick.totals);
	read_marks(stmt, 16, &e->u.tick.marks);
}

static void read_request(sqlite3_stmt *stmt, struct pool_event *e)
{
	e->u.request.request = u64_at(stmt, 2);
	e->u.request.length_bytes = u32_at(stmt, 3);
	e->u.request.cached = (uint8_t)u32_at(stmt, 4);
	e->u.request.irql = (uint8_t)u32_at(stmt, 5);
	e->available = count_at(stmt, 6);
	e->u.request.total = count_at(stmt, 7);
	e->u.request.pending = u32_at(stmt, 8);
}

static void read_complete(sqlite3_stmt *stmt, struct pool_event *e)
{
	e->u.complete.request = u64_at(stmt, 2);
	e->u.complete.block = u32_at(stmt, 3);
	e->u.complete.va = u64_at(stmt, 4);
	e->u.complete.pa = u64_at(stmt, 5);
	e->u.complete.length_bytes = u32_at(stmt, 6);
	e->u.complete.irql = (uint8_t)u32_at(stmt, 7);
	e->u.complete.outcome = (uint8_t)u32_at(stmt, 8);
	e->u.complete.buffers = count_at(stmt, 9);
	e->available = count_at(stmt, 10);
}

static void read_free(sqlite3_stmt *stmt, struct pool_event *e)
{
	e->u.free.block = u32_at(stmt, 2);
	e->u.free.va = u64_at(stmt, 3);
	e->u.free.pa = u64_at(stmt, 4);
	e->u.free.length_bytes = u32_at(stmt, 5);
	e->u.free.reason = (uint8_t)u32_at(stmt, 6);
	e->u.free.buffers = count_at(stmt, 7);
	e->available = count_at(stmt, 8);
}

/* See ev_rx.what in schema.sql. */
static void read_rx(sqlite3_stmt *stmt, struct walk *w, struct pool_event *e)
{
	uint32_t what = u32_at(stmt, 2);
	const uint8_t *at = sqlite3_column_blob(stmt, 4);
	uint32_t bytes = (uint32_t)sqlite3_column_bytes(stmt, 4);
	uint32_t width = what & 2 ? 4 : 2;
	uint32_t nr = bytes / width;

	if (nr > QUEUE_IDS_MAX)
		nr = QUEUE_IDS_MAX;
	for (uint32_t i = 0; i < nr; i++, at += width)
		w->ids[i] = width == 2 ? at[0] | (uint32_t)at[1] << 8
				       : at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
						 (uint32_t)at[3] << 24;
	e->kind = what & 1 ? POOL_EVENT_RX_RETURN : POOL_EVENT_RX_TAKE;
	e->available = count_at(stmt, 3);
	e->u.rx.buffers = w->ids;
	e->u.rx.nr_buffers = nr;
	e->u.rx.frames = (uint16_t)(what & 1 ? 0 : what >> 18 & 1 ? 1 : nr);
	e->u.rx.resources = what & 1 ? 0 : (uint16_t)(what >> 2);
	if (e->u.rx.resources > nr)
		e->u.rx.resources = (uint16_t)nr;
}

static void read_close(sqlite3_stmt *stmt, struct pool_event *e)
{
	read_totals(stmt, 2, &e->u.close.totals);
	e->u.close.live_blocks = u32_at(stmt, 11);
	e->u.close.live_buffers = count_at(stmt, 12);
}

static void read_event(struct walk *w, enum query_statement table, struct pool_event *e)
{
	sqlite3_stmt *stmt = w->q->stmt[table];
	uint64_t id = u64_at(stmt, 0);

	memset(e, 0, sizeof(*e));
	e->pool = (uint32_t)(id >> DB_SEQ_BITS);
	e->seq = id & ((UINT64_C(1) << DB_SEQ_BITS) - 1);
	e->ts_ns = (int64_t)(u64_at(stmt, 1) + (uint64_t)w->base_ns);
	switch ((int)table) {
	case QUERY_EV_OPEN:
		e->kind = POOL_EVENT_POOL_OPEN;
		read_open(stmt, w, e);
		break;
	case QUERY_EV_TICK:
		e->kind = POOL_EVENT_TICK;
		read_tick(stmt, e);
		break;
	case QUERY_EV_REQUEST:
		e->kind = POOL_EVENT_ALLOC_REQUEST;
		read_request(stmt, e);
		break;
	case QUERY_EV_REFUSED:
		e->kind = POOL_EVENT_ALLOC_REFUSED;
		e->u.refused.request = u64_at(stmt, 2);
		e->u.refused.status = u32_at(stmt, 3);
		break;
	case QUERY_EV_COMPLETE:
		e->kind = POOL_EVENT_ALLOC_COMPLETE;
		read_complete(stmt, e);
		break;
	case QUERY_EV_FREE:
		e->kind = POOL_EVENT_BLOCK_FREE;
		read_free(stmt, e);
		break;
	case QUERY_EV_RX:
		read_rx(stmt, w, e);
		break;
	case QUERY_EV_DROP:
		e->kind = POOL_EVENT_RX_DROP;
		e->u.drop.count = u32_at(stmt, 2);
		e->u.drop.cause = (uint8_t)u32_at(stmt, 3);
		break;
	case QUERY_EV_FALLBACK:
		e->kind = POOL_EVENT_FALLBACK;
		e->u.fallback.on = (uint8_t)u32_at(stmt, 2);
		e->available = count_at(stmt, 3);
		break;
	case QUERY_EV_VIOLATION:
		e->kind = POOL_EVENT_VIOLATION;
		e->u.violation.rule = (uint16_t)u32_at(stmt, 2);
		e->u.violation.object = u64_at(stmt, 3);
		break;
	case QUERY_EV_CLOSE:
		e->kind = POOL_EVENT_POOL_CLOSE;
		read_close(stmt, e);
		break;
	}
}

/* Moves a table's statement on.  Returns: 0 or -errno. */
static int advance(struct walk *w, int table, struct db_error *err)
{
	sqlite3_stmt *stmt = w->q->stmt[QUERY_EV_OPEN + table];
	int ret = reader_step(w->q, stmt, err);

	int64_t before = w->id[table];

	w->id[table] = ret > 0 ? sqlite3_column_int64(stmt, 0) : INT64_MAX;
	/* Pages that lead in circles would give the same rows for ever. */
	if (ret > 0 && w->id[table] <= before)
		return db_fail(err, -EINVAL, "%s: the database is damaged: events out of order",
			       w->q->path);
	return ret < 0 ? ret : 0;
}

static int next_table(const struct walk *w)
{
	int best = 0;

	for (int i = 1; i < TABLES; i++)
		if (w->id[i] < w->id[best])
			best = i;
	return w->id[best] == INT64_MAX ? -1 : best;
}

static int start(struct walk *w, int64_t first, int64_t last, struct db_error *err)
{
	long long base = 0;
	int ret = connect_get_int(
		w->q->db, "SELECT coalesce((SELECT value FROM meta WHERE key = 'base_ns'), 0)",
		&base, err);

	w->base_ns = base;
	for (int i = 0; i < TABLES && !ret; i++) {
		w->id[i] = INT64_MAX;
		if (w->without_rx && QUERY_EV_OPEN + i == QUERY_EV_RX)
			continue;
		w->id[i] = -1;
		reader_bind(w->q, (enum query_statement)(QUERY_EV_OPEN + i), 2,
			    (int64_t[]){first, last});
		ret = advance(w, i, err);
	}
	return ret;
}

/* Events by id, from first to last. */
static int walk(struct query *q, int64_t first, int64_t last, bool without_rx,
		int (*each)(const struct pool_event *, void *ctx), void *ctx, struct db_error *err)
{
	struct walk w = {
		.q = q, .without_rx = without_rx, .ids = malloc(QUEUE_IDS_MAX * sizeof(uint32_t))};
	struct pool_event event;
	int table, ret;

	if (!w.ids)
		return db_fail(err, -ENOMEM, "out of memory");
	ret = start(&w, first, last, err);
	while (!ret && (table = next_table(&w)) >= 0) {
		read_event(&w, (enum query_statement)(QUERY_EV_OPEN + table), &event);
		ret = each(&event, ctx);
		if (!ret)
			ret = advance(&w, table, err);
	}
	for (int i = 0; i < TABLES; i++)
		sqlite3_reset(q->stmt[QUERY_EV_OPEN + i]);
	free(w.ids);
	return ret;
}

int query_events(struct query *q, int64_t pool, int (*each)(const struct pool_event *, void *ctx),
		 void *ctx, struct db_error *err)
{
	if (pool < 0)
		return walk(q, 0, INT64_MAX - 1, false, each, ctx, err);
	if (pool >= INT64_C(1) << (62 - DB_SEQ_BITS))
		return 0;
	return walk(q, pool << DB_SEQ_BITS, ((pool + 1) << DB_SEQ_BITS) - 1, false, each, ctx, err);
}

int reader_events(struct query *q, uint32_t pool, uint64_t from_seq,
		  int (*each)(const struct pool_event *, void *ctx), void *ctx,
		  struct db_error *err)
{
	int64_t first = (int64_t)((uint64_t)pool << DB_SEQ_BITS);

	return walk(q, first + (int64_t)from_seq, first + (INT64_C(1) << DB_SEQ_BITS) - 1, false,
		    each, ctx, err);
}

int reader_between(struct query *q, uint32_t pool, int64_t from_seq, int64_t to_seq,
		   bool without_rx, int (*each)(const struct pool_event *, void *ctx), void *ctx,
		   struct db_error *err)
{
	int64_t first = (int64_t)((uint64_t)pool << DB_SEQ_BITS);

	return walk(q, first + from_seq, first + to_seq, without_rx, each, ctx, err);
}
