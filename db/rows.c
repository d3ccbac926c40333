/* SPDX-License-Identifier: MIT */
#include "db/rows.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/track.h"

#define SCRATCH_BYTES                                                                              \
	(HISTOGRAM_ENCODED_MAX > QUEUE_IDS_MAX * 4 ? HISTOGRAM_ENCODED_MAX                        \
						   : (size_t)QUEUE_IDS_MAX * 4)

int rows_init(struct rows *r, struct sqlite3 *db, struct db_error *err)
{
	int ret;

	memset(r, 0, sizeof(*r));
	r->db = db;
	r->next_allocation = 1;
	r->scratch = malloc(SCRATCH_BYTES);
	if (!r->scratch)
		return db_fail(err, -ENOMEM, "out of memory");
	ret = statements_prepare(&r->statements, db, err);
	if (ret)
		free(r->scratch);
	return ret;
}

void rows_release(struct rows *r)
{
	statements_release(&r->statements);
	free(r->scratch);
}

static sqlite3_stmt *stmt_of(struct rows *r, enum statement which)
{
	return r->statements.stmt[which];
}

static void run(struct rows *r, sqlite3_stmt *stmt)
{
	if (!r->error && statement_run(stmt))
		r->error = db_fail_sqlite(&r->error_text, r->db, "storing");
}

void rows_begin(struct rows *r)
{
	run(r, stmt_of(r, STMT_BEGIN));
}

void rows_commit(struct rows *r)
{
	run(r, stmt_of(r, STMT_COMMIT));
}

void rows_rollback(struct rows *r)
{
	if (!sqlite3_get_autocommit(r->db))
		statement_run(stmt_of(r, STMT_ROLLBACK));
}

void rows_meta_text(struct rows *r, const char *key, const char *value)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_META);

	bind_text(stmt, ":key", key);
	bind_text(stmt, ":value", value);
	run(r, stmt);
}

void rows_meta_int(struct rows *r, const char *key, int64_t value)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_META);

	bind_text(stmt, ":key", key);
	bind_int(stmt, ":value", value);
	run(r, stmt);
}

void rows_trace(struct rows *r, int64_t trace, const char *name)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_TRACE);

	bind_int(stmt, ":trace", trace);
	bind_text(stmt, ":name", name);
	run(r, stmt);
}

static void bind_time(sqlite3_stmt *stmt, const char *name, int64_t ns)
{
	if (ns)
		bind_int(stmt, name, ns);
	else
		bind_null(stmt, name);
}

void rows_progress(struct rows *r, const struct rows_progress *p)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_PROGRESS);

	bind_int(stmt, ":events", (int64_t)p->events);
	bind_int(stmt, ":lost_seq", (int64_t)p->lost_seq);
	bind_int(stmt, ":lost_told", (int64_t)p->lost_told);
	bind_int(stmt, ":losses", (int64_t)p->losses);
	bind_time(stmt, ":start_ns", p->start_ns);
	bind_time(stmt, ":end_ns", p->end_ns);
	bind_int(stmt, ":committed_ns", p->committed_ns);
	run(r, stmt);
}

/* --- pools ---------------------------------------------------------------------------------------- */

static void bind_marks(sqlite3_stmt *stmt, const struct pool_marks *m)
{
	bind_int(stmt, ":base", m->base);
	bind_int(stmt, ":block", m->block);
	bind_int(stmt, ":low", m->low);
	bind_int(stmt, ":high", m->high);
	bind_int(stmt, ":limit", m->limit);
	bind_int(stmt, ":reserve", m->reserve);
	bind_int(stmt, ":max_pending", m->max_pending);
	bind_int(stmt, ":shrink_ticks", m->shrink_ticks);
}

static void bind_totals(sqlite3_stmt *stmt, const struct pool_totals *t)
{
	bind_int(stmt, ":requested", (int64_t)t->requested);
	bind_int(stmt, ":refused", (int64_t)t->refused);
	bind_int(stmt, ":completed", (int64_t)t->completed);
	bind_int(stmt, ":failed", (int64_t)t->failed);
	bind_int(stmt, ":freed", (int64_t)t->freed);
	bind_int(stmt, ":taken", (int64_t)t->taken);
	bind_int(stmt, ":returned", (int64_t)t->returned);
	bind_int(stmt, ":resources", (int64_t)t->resources);
	bind_int(stmt, ":dropped", (int64_t)t->dropped);
}

static void pool_row(struct rows *r, const struct track *t)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_POOL);

	sqlite3_clear_bindings(stmt); /* what a late join does not know stays NULL */
	bind_int(stmt, ":pool", t->pool);
	bind_int(stmt, ":trace", 1);
	bind_int(stmt, ":number", t->number);
	bind_text(stmt, ":name", t->name);
	if (t->opened) {
		bind_int(stmt, ":generation", t->generation);
		bind_int(stmt, ":buffer_bytes", t->buffer_bytes);
	}
	if (t->has_marks)
		bind_marks(stmt, &t->marks);
	bind_time(stmt, ":opened_ns", t->opened_ns);
	bind_time(stmt, ":closed_ns", t->closed_ns);
	run(r, stmt);
}

static void bind_life(sqlite3_stmt *stmt, const struct life *life)
{
	const struct life_figures *f = life_get(life);

	if (!f)
		return;
	bind_int(stmt, ":available_min", f->available.min);
	bind_real(stmt, ":available_mean", life_mean(f, &f->available));
	bind_int(stmt, ":available_max", f->available.max);
	bind_int(stmt, ":total_min", f->total.min);
	bind_real(stmt, ":total_mean", life_mean(f, &f->total));
	bind_int(stmt, ":total_max", f->total.max);
}

static void bind_histogram(struct rows *r, sqlite3_stmt *stmt, const char *bins, const char *max,
			   const struct latency_rollup *l)
{
	bind_int(stmt, max, l ? l->life.max_ns : 0);
	if (l)
		bind_blob(stmt, bins, r->scratch, (int)histogram_encode(&l->life, r->scratch));
}

static void bind_verdicts(sqlite3_stmt *stmt, const struct track *t)
{
	bind_int(stmt, ":audit_ticks", (int64_t)t->audit.checked);
	bind_int(stmt, ":audit_mismatches", (int64_t)t->audit.mismatches);
	bind_int(stmt, ":audit_first_ns", t->audit.first_mismatch_ns);
	bind_int(stmt, ":identity_checked", (int64_t)t->identity.checked);
	bind_int(stmt, ":identity_mismatches", (int64_t)t->identity.mismatches);
	bind_int(stmt, ":identity_first_ns", t->identity.first_mismatch_ns);
}

static void summary_row(struct rows *r, const struct track *t)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_SUMMARY);

	sqlite3_clear_bindings(stmt);
	bind_int(stmt, ":pool", t->pool);
	bind_int(stmt, ":first_ns", t->first_ns);
	bind_int(stmt, ":last_ns", t->last_ns);
	bind_int(stmt, ":events", (int64_t)t->events);
	bind_int(stmt, ":next_seq", (int64_t)t->window.next);
	bind_totals(stmt, &t->totals);
	bind_int(stmt, ":pending", (int64_t)t->pending);
	bind_int(stmt, ":live_blocks", (int64_t)t->live_blocks);
	bind_int(stmt, ":available", t->now.available);
	bind_int(stmt, ":total", t->now.total);
	bind_int(stmt, ":fallback", t->now.fallback);
	bind_life(stmt, &t->life);
	bind_int(stmt, ":low_crossings", (int64_t)t->low_crossings);
	bind_int(stmt, ":high_crossings", (int64_t)t->high_crossings);
	bind_histogram(r, stmt, ":lead_histogram", ":lead_max_ns", t->lead);
	bind_histogram(r, stmt, ":hold_histogram", ":hold_max_ns", t->hold_times);
	bind_int(stmt, ":hold_unknown", (int64_t)t->hold.unknown);
	bind_int(stmt, ":violations", (int64_t)t->violations);
	bind_int(stmt, ":lost_seq", (int64_t)t->lost_seq);
	bind_int(stmt, ":lost_told", (int64_t)t->lost_told);
	bind_verdicts(stmt, t);
	run(r, stmt);
}

void rows_pool(struct rows *r, const struct track *t)
{
	pool_row(r, t);
	summary_row(r, t);
}

/* --- allocations, roll-ups, losses ---------------------------------------------------------------- */

static void bind_relative(struct rows *r, sqlite3_stmt *stmt, const char *name, int64_t ns)
{
	if (ns)
		bind_int(stmt, name, ns - r->base_ns);
	else
		bind_null(stmt, name);
}

void rows_allocation(struct rows *r, uint32_t pool, const struct allocation *a)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_ALLOC);

	sqlite3_clear_bindings(stmt);
	bind_int(stmt, ":id", a->id);
	bind_int(stmt, ":pool", pool);
	if (a->request != UINT64_MAX)
		bind_int(stmt, ":request", (int64_t)a->request);
	bind_relative(r, stmt, ":requested", a->requested_ns);
	bind_relative(r, stmt, ":completed", a->completed_ns);
	bind_relative(r, stmt, ":freed", a->freed_ns);
	if (a->outcome != ALLOCATION_UNKNOWN)
		bind_int(stmt, ":outcome", a->outcome);
	if (a->reason != ALLOCATION_UNKNOWN)
		bind_int(stmt, ":reason", a->reason);
	if (a->completed_ns && a->outcome != ALLOCATION_REFUSED) {
		bind_int(stmt, ":block", a->block);
		bind_int(stmt, ":buffers", a->buffers);
	} else if (a->freed_ns) {
		bind_int(stmt, ":block", a->block);
	}
	bind_int(stmt, ":length_bytes", a->length_bytes);
	run(r, stmt);
}

void rows_level(struct rows *r, uint32_t pool, const struct level_row *row)
{
	static const char *const counts[LEVEL_NR_COUNTS] = {
		[LEVEL_LOW_CROSSINGS] = ":low_crossings",
		[LEVEL_HIGH_CROSSINGS] = ":high_crossings",
		[LEVEL_REQUESTED] = ":requested",
		[LEVEL_FREED] = ":freed",
		[LEVEL_FAILED] = ":failed",
		[LEVEL_DROPPED] = ":dropped",
		[LEVEL_RESOURCES] = ":resources",
		[LEVEL_TAKEN] = ":taken",
		[LEVEL_RETURNED] = ":returned",
		[LEVEL_EVENTS] = ":events",
		[LEVEL_LOST] = ":lost",
	};
	sqlite3_stmt *stmt = stmt_of(r, STMT_LEVEL);

	bind_int(stmt, ":pool", pool);
	bind_int(stmt, ":tier", row->tier);
	bind_int(stmt, ":bucket", row->bucket);
	if (row->covered_ns == INT64_C(1) << row->tier)
		bind_null(stmt, ":covered_ns");
	else
		bind_int(stmt, ":covered_ns", row->covered_ns);
	bind_int(stmt, ":available_min", row->available_min);
	bind_real(stmt, ":available_mean", row->available_mean);
	bind_int(stmt, ":available_max", row->available_max);
	bind_int(stmt, ":held_max", row->held_max);
	bind_int(stmt, ":total_min", row->total_min);
	bind_int(stmt, ":total_max", row->total_max);
	bind_int(stmt, ":pending_max", row->pending_max);
	bind_int(stmt, ":available", row->end.available);
	bind_int(stmt, ":total", row->end.total);
	bind_int(stmt, ":pending", row->end.pending);
	bind_int(stmt, ":flags", row->flags);
	for (int i = 0; i < LEVEL_NR_COUNTS; i++)
		bind_int(stmt, counts[i], (int64_t)row->counts[i]);
	run(r, stmt);
}

void rows_latency(struct rows *r, uint32_t pool, int what, unsigned tier, int64_t bucket,
		  const struct histogram *h)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_LATENCY);

	bind_int(stmt, ":pool", pool);
	bind_int(stmt, ":what", what);
	bind_int(stmt, ":tier", tier);
	bind_int(stmt, ":bucket", bucket);
	bind_int(stmt, ":count", (int64_t)h->count);
	bind_int(stmt, ":p50_ns", histogram_quantile(h, 500));
	bind_int(stmt, ":p90_ns", histogram_quantile(h, 900));
	bind_int(stmt, ":p99_ns", histogram_quantile(h, 990));
	bind_int(stmt, ":p999_ns", histogram_quantile(h, 999));
	bind_int(stmt, ":max_ns", h->max_ns);
	bind_blob(stmt, ":histogram", r->scratch, (int)histogram_encode(h, r->scratch));
	run(r, stmt);
}

void rows_loss(struct rows *r, const struct queue_loss *loss, int64_t first_seq)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_LOSS);

	sqlite3_clear_bindings(stmt);
	if (loss->pool >= 0)
		bind_int(stmt, ":pool", loss->pool);
	bind_int(stmt, ":start_ns", loss->start_ns);
	bind_int(stmt, ":end_ns", loss->end_ns);
	bind_int(stmt, ":events", (int64_t)loss->events);
	bind_text(stmt, ":source", loss->source);
	if (first_seq >= 0)
		bind_int(stmt, ":first_seq", first_seq);
	run(r, stmt);
}

/* --- events --------------------------------------------------------------------------------------- */

/* Ids in as few bytes as they need: 2 each, or 4 when one does not fit; says which by bit 1. */
static int pack_ids(const uint32_t *ids, uint32_t nr, uint8_t *out, int *wide)
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
	return (int)(at - out);
}

static void rx_event(struct rows *r, int64_t id, const struct pool_event *e)
{
	const struct statements *s = &r->statements;
	sqlite3_stmt *stmt = s->stmt[STMT_EV_RX];
	bool is_return = e->kind == POOL_EVENT_RX_RETURN;
	int wide;
	int bytes = pack_ids(e->u.rx.buffers, e->u.rx.nr_buffers, r->scratch, &wide);

	sqlite3_bind_int64(stmt, s->rx.id, id);
	sqlite3_bind_int64(stmt, s->rx.ts, e->ts_ns - r->base_ns);
	sqlite3_bind_int(stmt, s->rx.what, is_return | wide | (is_return ? 0 : e->u.rx.resources << 2));
	sqlite3_bind_int64(stmt, s->rx.available, e->available);
	sqlite3_bind_blob(stmt, s->rx.ids, r->scratch, bytes, SQLITE_STATIC);
	run(r, stmt);
}

static void bind_open(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_text(stmt, ":name", e->u.open.name ? e->u.open.name : "");
	bind_int(stmt, ":generation", e->u.open.generation);
	bind_int(stmt, ":buffer_bytes", e->u.open.buffer_bytes);
	bind_marks(stmt, &e->u.open.marks);
}

static void bind_tick(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":available", e->available);
	bind_int(stmt, ":total", e->u.tick.total);
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
	bind_int(stmt, ":available", e->available);
	bind_int(stmt, ":total", e->u.request.total);
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
	bind_int(stmt, ":buffers", e->u.complete.buffers);
	bind_int(stmt, ":available", e->available);
}

static void bind_free(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":block", e->u.free.block);
	bind_int(stmt, ":va", (int64_t)e->u.free.va);
	bind_int(stmt, ":pa", (int64_t)e->u.free.pa);
	bind_int(stmt, ":length_bytes", e->u.free.length_bytes);
	bind_int(stmt, ":reason", e->u.free.reason);
	bind_int(stmt, ":buffers", e->u.free.buffers);
	bind_int(stmt, ":available", e->available);
}

static void bind_drop(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":count", e->u.drop.count);
	bind_int(stmt, ":cause", e->u.drop.cause);
}

static void bind_fallback(sqlite3_stmt *stmt, const struct pool_event *e)
{
	bind_int(stmt, ":is_on", e->u.fallback.on);
	bind_int(stmt, ":available", e->available);
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
	bind_int(stmt, ":live_buffers", e->u.close.live_buffers);
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
	stmt = stmt_of(r, event_rows[event->kind].statement);
	bind_int(stmt, ":id", id);
	bind_int(stmt, ":ts", event->ts_ns - r->base_ns);
	event_rows[event->kind].bind(stmt, event);
	run(r, stmt);
}
