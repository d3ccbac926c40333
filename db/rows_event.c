/* SPDX-License-Identifier: MIT */
/* Events to rows of their physical tables. */
#include <sqlite3.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/rows.h"

/* Ids in as few bytes as they need: 2 each, or 4 when one does not fit; says which by bit 1. */
static size_t pack_ids(const uint32_t *ids, uint32_t nr, uint8_t *out, unsigned *wide)
{
	uint8_t *at = out;
	uint32_t all = 0;

	for (uint32_t i = 0; i < nr; i++)
		all |= ids[i];
	*wide = all > 0xffff ? 2 : 0;
	for (uint32_t i = 0; i < nr; i++) {
		*at++ = (uint8_t)ids[i];
		*at++ = (uint8_t)(ids[i] >> 8);
		if (!*wide)
			continue;
		*at++ = (uint8_t)(ids[i] >> 16);
		*at++ = (uint8_t)(ids[i] >> 24);
	}
	return (size_t)(at - out);
}

static void rx_page(struct rows *r, int64_t id, const struct pool_event *e, unsigned what)
{
	int ret = r->error ? 0
			   : rx_pages_add(&r->pages, id, e->ts_ns - r->base_ns, what, e->available,
					  e->u.rx.buffers, e->u.rx.nr_buffers);

	if (ret)
		r->error = db_fail(&r->error_text, ret, "storing: %s", strerror(-ret));
}

static void rx_event(struct rows *r, int64_t id, const struct pool_event *e)
{
	bool is_return = e->kind == POOL_EVENT_RX_RETURN;
	bool one_frame = !is_return && e->u.rx.frames == 1 && e->u.rx.nr_buffers > 1;
	unsigned resources = is_return ? 0 : e->u.rx.resources, wide;
	unsigned what = is_return | resources << 2 | (unsigned)one_frame << 18;
	struct rx_row *row;
	size_t bytes;

	if (r->pages.fd >= 0) {
		rx_page(r, id, e, what);
		return;
	}
	row = rx_rows_add(&r->rx);
	bytes = pack_ids(e->u.rx.buffers, e->u.rx.nr_buffers, row->ids, &wide);
	row->id = id;
	row->ts = e->ts_ns - r->base_ns;
	row->what = what | wide;
	row->available = e->available;
	rx_rows_added(&r->rx, bytes);
	if (rx_rows_full(&r->rx))
		rows_flush(r);
}

static void bind_open(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_text(stmt, ":name", e->u.open.name ? e->u.open.name : "");
	bind_int(stmt, ":generation", e->u.open.generation);
	bind_count(stmt, ":buffer_bytes", e->u.open.buffer_bytes);
	bind_marks(stmt, &e->u.open.marks);
}

static void bind_tick(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_count(stmt, ":available", e->available);
	bind_count(stmt, ":total", e->u.tick.total);
	bind_int(stmt, ":pending", e->u.tick.pending);
	bind_int(stmt, ":fallback", e->u.tick.fallback);
	bind_int(stmt, ":running", e->u.tick.running);
	bind_totals(stmt, &e->u.tick.totals);
	bind_marks(stmt, &e->u.tick.marks);
}

static void bind_request(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":request", (int64_t)e->u.request.request);
	bind_int(stmt, ":length_bytes", e->u.request.length_bytes);
	bind_int(stmt, ":cached", e->u.request.cached);
	bind_int(stmt, ":irql", e->u.request.irql);
	bind_count(stmt, ":available", e->available);
	bind_count(stmt, ":total", e->u.request.total);
	bind_int(stmt, ":pending", e->u.request.pending);
}

static void bind_refused(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":request", (int64_t)e->u.refused.request);
	bind_int(stmt, ":status", e->u.refused.status);
}

static void bind_complete(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":request", (int64_t)e->u.complete.request);
	bind_int(stmt, ":block", e->u.complete.block);
	bind_int(stmt, ":va", (int64_t)e->u.complete.va);
	bind_int(stmt, ":pa", (int64_t)e->u.complete.pa);
	bind_int(stmt, ":length_bytes", e->u.complete.length_bytes);
	bind_int(stmt, ":irql", e->u.complete.irql);
	bind_int(stmt, ":outcome", e->u.complete.outcome);
	bind_count(stmt, ":buffers", e->u.complete.buffers);
	bind_count(stmt, ":available", e->available);
}

static void bind_free(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":block", e->u.free.block);
	bind_int(stmt, ":va", (int64_t)e->u.free.va);
	bind_int(stmt, ":pa", (int64_t)e->u.free.pa);
	bind_int(stmt, ":length_bytes", e->u.free.length_bytes);
	bind_int(stmt, ":reason", e->u.free.reason);
	bind_count(stmt, ":buffers", e->u.free.buffers);
	bind_count(stmt, ":available", e->available);
}

static void bind_drop(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":count", e->u.drop.count);
	bind_int(stmt, ":cause", e->u.drop.cause);
}

static void bind_fallback(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":is_on", e->u.fallback.on);
	bind_count(stmt, ":available", e->available);
}

static void bind_violation(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":rule", e->u.violation.rule);
	bind_int(stmt, ":object", (int64_t)e->u.violation.object);
}

static void bind_close(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_totals(stmt, &e->u.close.totals);
	bind_int(stmt, ":live_blocks", e->u.close.live_blocks);
	bind_count(stmt, ":live_buffers", e->u.close.live_buffers);
}

static const struct {
	enum statement statement;
	void (*bind)(sqlite3_stmt *, const struct pool_event *);
} event_rows[POOL_EVENT_NR_KINDS] = {
	[POOL_EVENT_POOL_OPEN] = {STMT_EV_OPEN, bind_open},
	[POOL_EVENT_TICK] = {STMT_EV_TICK, bind_tick},
	[POOL_EVENT_ALLOC_REQUEST] = {STMT_EV_REQUEST, bind_request},
	[POOL_EVENT_ALLOC_REFUSED] = {STMT_EV_REFUSED, bind_refused},
	[POOL_EVENT_ALLOC_COMPLETE] = {STMT_EV_COMPLETE, bind_complete},
	[POOL_EVENT_BLOCK_FREE] = {STMT_EV_FREE, bind_free},
	[POOL_EVENT_RX_DROP] = {STMT_EV_DROP, bind_drop},
	[POOL_EVENT_FALLBACK] = {STMT_EV_FALLBACK, bind_fallback},
	[POOL_EVENT_VIOLATION] = {STMT_EV_VIOLATION, bind_violation},
	[POOL_EVENT_POOL_CLOSE] = {STMT_EV_CLOSE, bind_close},
};

void rows_event(struct rows *r, uint32_t pool, const struct pool_event *event)
{
	int64_t id = (int64_t)((uint64_t)pool << DB_SEQ_BITS | event->seq);
	sqlite3_stmt *stmt;

	if (!r->has_base) {
		r->has_base = true;
		r->base_ns = event->ts_ns;
		rows_meta_int(r, "base_ns", r->base_ns);
	}
	if (event->kind == POOL_EVENT_RX_TAKE || event->kind == POOL_EVENT_RX_RETURN) {
		rx_event(r, id, event);
		return;
	}
	stmt = r->statements.stmt[event_rows[event->kind].statement];
	bind_int(stmt, ":id", id);
	bind_int(stmt, ":ts", event->ts_ns - r->base_ns);
	event_rows[event->kind].bind(stmt, event);
	rows_run(r, stmt);
}
