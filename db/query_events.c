/* SPDX-License-Identifier: MIT */
/* Events out of their tables, merged into (pool, seq) order. */
#include <endian.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/queue.h"
#include "db/reader.h"
#include "db/rx_read.h"

#define TABLES (QUERY_EACH_RX - QUERY_EV_OPEN)
#define RX     (QUERY_EV_RX - QUERY_EV_OPEN)
/* For a few rows SQLite has its pages at hand: it looked for them before. */
#define RX_READ_LEAST 1024

struct walk {
	struct query *q;
	int64_t base_ns;
	int64_t id[TABLES]; /* of the row each statement stands on; INT64_MAX: at its end */
	int next;	    /* of all but ev_rx the table with the lowest, which is next_id */
	int64_t next_id, rx_id;
	char name[64];
	uint32_t *ids; /* QUEUE_IDS_MAX */
	struct pool_event rx;
	int (*each)(const struct pool_event *, void *ctx);
	void *ctx;
	int ret; /* why it ended: each()'s, or -errno */
	struct db_error *err;
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

/* Two bytes each, or four. */
static void read_ids(const uint8_t *at, uint32_t width, uint32_t nr, uint32_t *ids)
{
	if (width == 2)
		for (uint32_t i = 0; i < nr; i++)
			ids[i] = at[2 * i] | (uint32_t)at[2 * i + 1] << 8;
	else
		for (uint32_t i = 0; i < nr; i++, at += 4)
			ids[i] = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
				 (uint32_t)at[3] << 24;
}

/*
 * Of two bytes, four at a time, and so some past the end in both: most rows have a few, and to stop
 * at each number of them costs more than the rest.
 */
static void read_short_ids(const uint8_t *at, uint32_t nr, uint32_t *ids)
{
	_Static_assert(QUEUE_IDS_MAX % 4 == 0, "there is room for the last four");
	for (uint32_t i = 0; i < nr; i += 4) {
		uint64_t four;

		memcpy(&four, at + 2 * i, sizeof(four));
		four = le64toh(four);
		ids[i] = (uint16_t)four;
		ids[i + 1] = (uint16_t)(four >> 16);
		ids[i + 2] = (uint16_t)(four >> 32);
		ids[i + 3] = (uint16_t)(four >> 48);
	}
}

static void set_place(const struct walk *w, uint64_t id, int64_t ts, struct pool_event *e)
{
	e->pool = (uint32_t)(id >> DB_SEQ_BITS);
	e->seq = id & ((UINT64_C(1) << DB_SEQ_BITS) - 1);
	e->ts_ns = (int64_t)((uint64_t)ts + (uint64_t)w->base_ns);
}

/* See ev_rx.what in schema.sql. */
static void read_rx(const struct rx_read_row *row, struct walk *w, struct pool_event *e)
{
	uint32_t what = row->what;
	uint32_t width = what & 2 ? 4 : 2;
	uint32_t nr = row->ids_bytes / width;

	if (nr > QUEUE_IDS_MAX)
		nr = QUEUE_IDS_MAX;
	if (width == 2 && row->ids_margin)
		read_short_ids(row->ids, nr, w->ids);
	else
		read_ids(row->ids, width, nr, w->ids);
	set_place(w, (uint64_t)row->id, row->ts, e);
	e->kind = what & 1 ? POOL_EVENT_RX_RETURN : POOL_EVENT_RX_TAKE;
	e->available = row->available;
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

	memset(e, 0, sizeof(*e));
	set_place(w, u64_at(stmt, 0), sqlite3_column_int64(stmt, 1), e);
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

static int out_of_order(const struct walk *w, struct db_error *err)
{
	return db_fail(err, -EINVAL, "%s: the database is damaged: events out of order",
		       w->q->path);
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
		return out_of_order(w, err);
	return ret < 0 ? ret : 0;
}

static void find_next(struct walk *w)
{
	w->next = 0;
	for (int i = 1; i < TABLES; i++)
		if (w->id[i] < w->id[w->next])
			w->next = i;
	w->next_id = w->id[w->next];
}

static int start(struct walk *w, int64_t first, int64_t last, struct db_error *err)
{
	long long base = 0;
	int ret = connect_get_int(
		w->q->db, "SELECT coalesce((SELECT value FROM meta WHERE key = 'base_ns'), 0)",
		&base, err);

	w->base_ns = base;
	w->rx_id = -1;
	for (int i = 0; i < TABLES && !ret; i++) {
		w->id[i] = i == RX ? INT64_MAX : -1;
		if (i == RX)
			continue;
		reader_bind(w->q, (enum query_statement)(QUERY_EV_OPEN + i), 2,
			    (int64_t[]){first, last});
		ret = advance(w, i, err);
	}
	find_next(w);
	return ret;
}

/* Events of the other tables that come before an id. */
static int walk_until(struct walk *w, int64_t id)
{
	struct pool_event event;

	while (!w->ret && w->next_id < id) {
		read_event(w, (enum query_statement)(QUERY_EV_OPEN + w->next), &event);
		w->ret = w->each(&event, w->ctx);
		if (!w->ret)
			w->ret = advance(w, w->next, w->err);
		find_next(w);
	}
	return w->ret;
}

/* A row of ev_rx, wherever it came from. */
static int take_rx(struct walk *w, const struct rx_read_row *row)
{
	if (row->id <= w->rx_id)
		w->ret = out_of_order(w, w->err);
	w->rx_id = row->id;
	if (!w->ret)
		w->ret = guard_row(&w->q->guard, w->err);
	if (!w->ret && w->next_id < row->id)
		walk_until(w, row->id);
	if (!w->ret) {
		read_rx(row, w, &w->rx);
		w->ret = w->each(&w->rx, w->ctx);
	}
	return w->ret;
}

/*
 * SQLite calls it for each row of ev_rx, which takes half the time of handing over rows.  They come
 * by id, since a table of ids alone has no other order; were it otherwise, it would be noticed. The
 * first argument is the walk; no other statement can make such a value.
 */
static void each_rx(sqlite3_context *context, int nr, sqlite3_value **value)
{
	struct walk *w = sqlite3_value_pointer(value[0], "walk");
	bool is_known = sqlite3_value_type(value[4]) != SQLITE_NULL;
	struct rx_read_row row;

	if (!w) {
		sqlite3_result_error(context, "poolscope_each is of no use in a query", -1);
		return;
	}
	row.id = sqlite3_value_int64(value[1]);
	row.ts = sqlite3_value_int64(value[2]);
	row.what = (uint32_t)sqlite3_value_int64(value[3]);
	row.available = is_known ? (uint32_t)sqlite3_value_int64(value[4]) : POOL_UNKNOWN;
	row.ids = sqlite3_value_blob(value[5]);
	row.ids_bytes = (uint32_t)sqlite3_value_bytes(value[5]);
	row.ids_margin = false;
	if (take_rx(w, &row))
		sqlite3_result_error_code(context, SQLITE_ABORT);
}

static void each_rx_end(sqlite3_context *context)
{
}

void reader_prepare(struct sqlite3 *db)
{
	/* Whether that worked, the statements tell that need it. */
	sqlite3_create_function(db, "poolscope_each", 6, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
				NULL, each_rx, each_rx_end);
}

/* Are the table's columns those that db/rx_read.h knows, in that order? */
static bool is_usual_table(struct walk *w)
{
	static const char *const names[] = {"id", "ts", "what", "available", "ids"};
	const int nr = sizeof(names) / sizeof(names[0]);
	sqlite3_stmt *stmt = w->q->stmt[QUERY_EV_RX];

	if (sqlite3_column_count(stmt) != nr)
		return false;
	for (int i = 0; i < nr; i++)
		if (strcmp(sqlite3_column_name(stmt, i), names[i]) != 0)
			return false;
	return true;
}

/*
 * Rows of ev_rx straight from the pages of the file, as far as that goes: mostly all of them.
 *	root  where they are; not at its end, so that the transaction stays open
 * Returns: whether SQLite is to read what comes after w->rx_id.
 */
static bool walk_pages(struct walk *w, sqlite3_stmt *root, int64_t first, int64_t last)
{
	struct rx_read_row row;
	struct rx_read *r = NULL;
	int ret = -1;

	if (is_usual_table(w) && sqlite3_step(root) == SQLITE_ROW)
		r = rx_read_begin(w->q->db, sqlite3_column_int64(root, 0), first, last);
	if (r)
		while ((ret = rx_read_next(r, &row)) > 0 && !take_rx(w, &row))
			;
	rx_read_end(r);
	return ret < 0;
}

/* The same by SQLite. */
static void walk_table(struct walk *w, int64_t first, int64_t last)
{
	sqlite3_stmt *stmt = reader_bind(w->q, QUERY_EACH_RX, 2, (int64_t[]){first, last});
	struct db_error err;
	int ret;

	sqlite3_bind_pointer(stmt, 3, w, "walk", NULL);
	ret = reader_step(w->q, stmt, &err);
	sqlite3_reset(stmt);
	sqlite3_bind_null(stmt, 3);
	/* What each_rx() had to say comes first: its statement failed for that. */
	if (!w->ret && ret < 0)
		w->ret = db_fail(w->err, ret, "%s", err.text);
}

static void walk_rx(struct walk *w, int64_t first, int64_t last)
{
	sqlite3_stmt *root = reader_bind(w->q, QUERY_RX_ROOT, 0, NULL);

	if (last - first < RX_READ_LEAST || walk_pages(w, root, first, last))
		walk_table(w, w->rx_id < first ? first : w->rx_id + 1, last);
	sqlite3_reset(root);
}

/* Events by id, from first to last. */
static int walk(struct query *q, int64_t first, int64_t last, bool without_rx,
		int (*each)(const struct pool_event *, void *ctx), void *ctx, struct db_error *err)
{
	struct walk w = {.q = q,
			 .ids = malloc(QUEUE_IDS_MAX * sizeof(uint32_t)),
			 .each = each,
			 .ctx = ctx,
			 .err = err};

	if (!w.ids)
		return db_fail(err, -ENOMEM, "out of memory");
	w.ret = start(&w, first, last, err);
	if (!w.ret && !without_rx)
		walk_rx(&w, first, last);
	if (!w.ret)
		walk_until(&w, INT64_MAX);
	for (int i = 0; i < TABLES; i++)
		sqlite3_reset(q->stmt[QUERY_EV_OPEN + i]);
	free(w.ids);
	return w.ret;
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
