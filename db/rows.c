/* SPDX-License-Identifier: MIT */
#include "db/rows.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/track.h"

int rows_init(struct rows *r, struct sqlite3 *db, struct db_error *err)
{
	int ret;

	memset(r, 0, sizeof(*r));
	r->db = db;
	r->pages.fd = -1;
	r->scratch = malloc(HISTOGRAM_ENCODED_MAX);
	if (!r->scratch)
		return db_fail(err, -ENOMEM, "out of memory");
	ret = rx_rows_init(&r->rx, db, err);
	if (!ret) {
		ret = statements_prepare(&r->statements, db, err);
		if (ret)
			rx_rows_release(&r->rx);
	}
	if (ret)
		free(r->scratch);
	return ret;
}

void rows_release(struct rows *r)
{
	statements_release(&r->statements);
	rx_rows_release(&r->rx);
	rx_pages_release(&r->pages);
	free(r->scratch);
}

int rows_at_once(struct rows *r, int fd, struct db_error *err)
{
	return rx_pages_init(&r->pages, r->db, fd, err);
}

static void keep_error(struct rows *r, int error)
{
	if (error && !r->error)
		r->error = db_fail(&r->error_text, error, "storing: %s", strerror(-error));
}

void rows_finish(struct rows *r)
{
	if (r->pages.fd >= 0 && !r->error)
		keep_error(r, rx_pages_finish(&r->pages));
}

bool rows_are_many(const struct rows *r)
{
	return r->pages.fd >= 0 && rx_pages_full(&r->pages);
}

static sqlite3_stmt *stmt_of(struct rows *r, enum statement which)
{
	return r->statements.stmt[which];
}

void rows_run(struct rows *r, struct sqlite3_stmt *stmt)
{
	if (!r->error && statement_run(stmt))
		r->error = db_fail_sqlite(&r->error_text, r->db, "storing");
}

void rows_begin(struct rows *r)
{
	rows_run(r, stmt_of(r, STMT_BEGIN));
}

void rows_commit(struct rows *r)
{
	rows_flush(r);
	rows_run(r, stmt_of(r, STMT_COMMIT));
	if (!r->error && rows_are_many(r))
		keep_error(r, rx_pages_flush(&r->pages));
}

void rows_rollback(struct rows *r)
{
	rx_rows_clear(&r->rx);
	rows_forget_rx(r);
	if (!sqlite3_get_autocommit(r->db))
		statement_run(stmt_of(r, STMT_ROLLBACK));
}

void rows_meta_text(struct rows *r, const char *key, const char *value)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_META);

	bind_text(stmt, ":key", key);
	bind_text(stmt, ":value", value);
	rows_run(r, stmt);
}

void rows_meta_int(struct rows *r, const char *key, int64_t value)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_META);

	bind_text(stmt, ":key", key);
	bind_int(stmt, ":value", value);
	rows_run(r, stmt);
}

void rows_trace(struct rows *r, int64_t trace, const char *name, const char *host)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_TRACE);

	bind_int(stmt, ":trace", trace);
	bind_text(stmt, ":name", name);
	bind_text(stmt, ":host", host);
	rows_run(r, stmt);
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
	rows_run(r, stmt);
}

/* --- pools ----------------------------------------------------------------------------------- */

static void pool_row(struct rows *r, const struct track *t)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_POOL);

	sqlite3_clear_bindings(stmt); /* what a late join does not know stays NULL */
	bind_int(stmt, ":pool", t->pool);
	bind_int(stmt, ":trace", t->trace);
	bind_text(stmt, ":host", t->host);
	bind_int(stmt, ":number", t->number);
	bind_text(stmt, ":name", t->name);
	if (t->opened) {
		bind_int(stmt, ":generation", t->generation);
		bind_count(stmt, ":buffer_bytes", t->buffer_bytes);
	}
	if (t->has_marks)
		bind_marks(stmt, &t->marks);
	bind_time(stmt, ":opened_ns", t->opened_ns);
	bind_time(stmt, ":closed_ns", t->closed_ns);
	rows_run(r, stmt);
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
	if (t->audit.mismatches) {
		bind_text(stmt, ":audit_what", t->audit_first.what);
		bind_int(stmt, ":audit_said", t->audit_first.said);
		bind_int(stmt, ":audit_counted", t->audit_first.counted);
	}
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
	bind_int(stmt, ":first_seq", (int64_t)t->first_seq);
	bind_int(stmt, ":kept_seq", (int64_t)t->kept_seq);
	bind_totals(stmt, &t->totals);
	bind_int(stmt, ":pending", (int64_t)t->pending);
	bind_int(stmt, ":live_blocks", (int64_t)t->live_blocks);
	bind_count(stmt, ":available", t->now.available);
	bind_count(stmt, ":total", t->now.total);
	bind_int(stmt, ":fallback", t->now.fallback);
	bind_life(stmt, &t->life);
	if (!t->has_marks || pool_marks_known(&t->marks)) {
		bind_int(stmt, ":low_crossings", (int64_t)t->low_crossings);
		bind_int(stmt, ":high_crossings", (int64_t)t->high_crossings);
	}
	bind_histogram(r, stmt, ":lead_histogram", ":lead_max_ns", t->lead);
	bind_histogram(r, stmt, ":hold_histogram", ":hold_max_ns", t->hold_times);
	bind_int(stmt, ":hold_unknown", (int64_t)t->hold.unknown);
	bind_int(stmt, ":violations", (int64_t)t->violations);
	bind_int(stmt, ":lost_seq", (int64_t)t->lost_seq);
	bind_int(stmt, ":lost_told", (int64_t)t->lost_told);
	bind_verdicts(stmt, t);
	rows_run(r, stmt);
}

void rows_pool(struct rows *r, const struct track *t)
{
	pool_row(r, t);
	summary_row(r, t);
}

/* --- allocations, roll-ups, losses ----------------------------------------------------------- */

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

	if (r->muted)
		return;
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
		bind_count(stmt, ":buffers", a->buffers);
	} else if (a->freed_ns) {
		bind_int(stmt, ":block", a->block);
	}
	bind_int(stmt, ":length_bytes", a->length_bytes);
	rows_run(r, stmt);
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

	if (r->muted)
		return;
	bind_int(stmt, ":pool", pool);
	bind_int(stmt, ":tier", row->tier);
	bind_int(stmt, ":bucket", row->bucket);
	if (row->covered_ns == INT64_C(1) << row->tier)
		bind_null(stmt, ":covered_ns");
	else
		bind_int(stmt, ":covered_ns", row->covered_ns);
	bind_count(stmt, ":available_min", row->available_min);
	if (row->available_max == POOL_UNKNOWN)
		bind_null(stmt, ":available_mean");
	else
		bind_real(stmt, ":available_mean", row->available_mean);
	bind_count(stmt, ":available_max", row->available_max);
	bind_count(stmt, ":held_max", row->held_max);
	bind_count(stmt, ":total_min", row->total_min);
	bind_count(stmt, ":total_max", row->total_max);
	bind_int(stmt, ":pending_max", row->pending_max);
	bind_count(stmt, ":available", row->end.available);
	bind_count(stmt, ":total", row->end.total);
	bind_int(stmt, ":pending", row->end.pending);
	bind_int(stmt, ":flags", row->flags);
	for (int i = 0; i < LEVEL_NR_COUNTS; i++)
		bind_int(stmt, counts[i], (int64_t)row->counts[i]);
	rows_run(r, stmt);
}

void rows_latency(struct rows *r, uint32_t pool, int what, unsigned tier, int64_t bucket,
		  const struct histogram *h)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_LATENCY);

	if (r->muted)
		return;
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
	rows_run(r, stmt);
}

void rows_held(struct rows *r, uint32_t pool, const struct held_mark *mark)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_HELD);

	if (r->muted)
		return;
	bind_int(stmt, ":pool", pool);
	bind_int(stmt, ":seq", (int64_t)mark->seq);
	bind_int(stmt, ":since_seq", (int64_t)mark->since_seq);
	bind_int(stmt, ":ts_ns", mark->ts_ns);
	if (mark->nr_bytes)
		bind_blob(stmt, ":ids", mark->ids, (int)mark->nr_bytes);
	else
		bind_null(stmt, ":ids");
	rows_run(r, stmt);
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
	bind_int(stmt, ":trace", loss->trace);
	rows_run(r, stmt);
}

/* --- what is on record already --------------------------------------------------------------- */

/* Steps once; the statement is to be reset.  False at the end, and after an error, which is kept.
 */
static bool get_row(struct rows *r, sqlite3_stmt *stmt)
{
	int code = sqlite3_step(stmt);

	if (code != SQLITE_ROW && code != SQLITE_DONE && !r->error)
		r->error = db_fail_sqlite(&r->error_text, r->db, "reading");
	return code == SQLITE_ROW;
}

static bool has_row(struct rows *r, sqlite3_stmt *stmt)
{
	bool has = get_row(r, stmt);

	sqlite3_reset(stmt);
	return has;
}

static void learn_rx_max(struct rows *r)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_EV_RX_MAX);

	r->rx_max = get_row(r, stmt) ? sqlite3_column_int64(stmt, 0) : 0; /* NULL is 0 */
	sqlite3_reset(stmt);
	r->knows_rx_max = true;
}

void rows_forget_rx(struct rows *r)
{
	r->knows_rx_max = false;
}

void rows_flush(struct rows *r)
{
	bool append;

	if (r->rx.nr && !r->knows_rx_max)
		learn_rx_max(r);
	while (rx_rows_next(&r->rx, &r->rx_max, &append)) {
		rows_run(r, stmt_of(r, append ? STMT_EV_RX_APPEND : STMT_EV_RX));
		/* That SQLite numbers them as we do is not left to trust. */
		if (append && !r->error && sqlite3_last_insert_rowid(r->db) != r->rx_max)
			r->error = db_fail(&r->error_text, -EIO,
					   "storing: rows got other ids than theirs");
	}
}

struct rows_span rows_span(struct rows *r, uint32_t pool, uint64_t seq)
{
	sqlite3_stmt *before = stmt_of(r, STMT_GAP_BEFORE), *after = stmt_of(r, STMT_GAP_AFTER);
	struct rows_span span = {.end = UINT64_MAX};

	bind_int(before, ":pool", pool);
	bind_int(before, ":seq", (int64_t)seq);
	if (get_row(r, before)) {
		span.first = (uint64_t)sqlite3_column_int64(before, 0);
		span.end = span.first + (uint64_t)sqlite3_column_int64(before, 1);
		span.missing = seq < span.end;
	}
	sqlite3_reset(before);
	if (span.missing)
		return span;
	span.first = span.end == UINT64_MAX ? 0 : span.end;
	bind_int(after, ":pool", pool);
	bind_int(after, ":seq", (int64_t)seq);
	span.end = get_row(r, after) ? (uint64_t)sqlite3_column_int64(after, 0) : UINT64_MAX;
	sqlite3_reset(after);
	return span;
}

bool rows_has_event(struct rows *r, uint32_t pool, uint64_t seq)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_STORED);
	int64_t id = (int64_t)((uint64_t)pool << DB_SEQ_BITS | seq);

	if (r->pages.fd >= 0) {
		keep_error(r, -EOPNOTSUPP);
		return false;
	}
	if (rx_rows_may_have(&r->rx, id))
		rows_flush(r);
	bind_int(stmt, ":id", id);
	return has_row(r, stmt);
}

static void bind_whose(sqlite3_stmt *stmt, const struct queue_loss *loss)
{
	bind_int(stmt, ":trace", loss->trace);
	if (loss->pool >= 0)
		bind_int(stmt, ":pool", loss->pool);
	else
		bind_null(stmt, ":pool");
}

bool rows_has_bad(struct rows *r, const struct queue_loss *loss, int64_t until)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_BAD);

	bind_whose(stmt, loss);
	bind_int(stmt, ":ts_ns", loss->start_ns);
	bind_int(stmt, ":until", until);
	return has_row(r, stmt);
}

bool rows_has_told(struct rows *r, const struct queue_loss *loss)
{
	sqlite3_stmt *stmt = stmt_of(r, STMT_TOLD);

	bind_whose(stmt, loss);
	bind_int(stmt, ":start_ns", loss->start_ns);
	bind_int(stmt, ":end_ns", loss->end_ns);
	bind_int(stmt, ":events", (int64_t)loss->events);
	bind_text(stmt, ":source", loss->source);
	return has_row(r, stmt);
}

uint64_t rows_erase_derived(struct rows *r, uint32_t pool)
{
	for (int which = STMT_ERASE_ALLOC; which <= STMT_ERASE_GAPS; which++) {
		sqlite3_stmt *stmt = stmt_of(r, (enum statement)which);

		bind_int(stmt, ":pool", pool);
		rows_run(r, stmt);
	}
	return (uint64_t)sqlite3_changes(r->db);
}
