/* SPDX-License-Identifier: MIT */
#include "db/recover.h"

#include <errno.h>
#include <sqlite3.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/state.h"
#include "db/trace.h"
#include "db/writer.h"

/* --- what the rows say ----------------------------------------------------------------------- */

static int damaged(struct db_error *err, const char *what)
{
	return db_fail(err, -EINVAL, "not a whole Poolscope recording: its %s", what);
}

/* Calls each() for every row. */
static int each_row(struct writer *w, const char *sql,
		    int (*each)(struct writer *, sqlite3_stmt *, struct db_error *),
		    struct db_error *err)
{
	sqlite3_stmt *stmt = NULL;
	int ret = 0, code = SQLITE_ROW;

	if (sqlite3_prepare_v2(w->rows.db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, w->rows.db, "reading");
	while (!ret && (code = sqlite3_step(stmt)) == SQLITE_ROW)
		ret = each(w, stmt, err);
	if (!ret && code != SQLITE_DONE)
		ret = db_fail_sqlite(err, w->rows.db, "reading");
	sqlite3_finalize(stmt);
	return ret;
}

static int on_trace(struct writer *w, sqlite3_stmt *stmt, struct db_error *err)
{
	const char *name = (const char *)sqlite3_column_text(stmt, 1);
	const char *host = (const char *)sqlite3_column_text(stmt, 2);
	uint32_t number;
	int ret = traces_add(w->traces, name ? name : "", host ? host : "", &number);

	if (ret)
		return db_fail(err, ret, "out of memory");
	if (number != sqlite3_column_int64(stmt, 0))
		return damaged(err, "traces are not numbered from 1");
	w->nr_traces = number;
	return 0;
}

static int on_base(struct writer *w, sqlite3_stmt *stmt, struct db_error *err)
{
	w->rows.has_base = true;
	w->rows.base_ns = sqlite3_column_int64(stmt, 0);
	return 0;
}

static int on_progress(struct writer *w, sqlite3_stmt *stmt, struct db_error *err)
{
	w->progress = (struct rows_progress){
		.events = (uint64_t)sqlite3_column_int64(stmt, 0),
		.lost_seq = (uint64_t)sqlite3_column_int64(stmt, 1),
		.lost_told = (uint64_t)sqlite3_column_int64(stmt, 2),
		.losses = (uint64_t)sqlite3_column_int64(stmt, 3),
		.start_ns = sqlite3_column_int64(stmt, 4),
		.end_ns = sqlite3_column_int64(stmt, 5),
	};
	return 0;
}

static int on_last_loss(struct writer *w, sqlite3_stmt *stmt, struct db_error *err)
{
	w->last_loss = sqlite3_column_int64(stmt, 0);
	return 0;
}

static int on_pool(struct writer *w, sqlite3_stmt *stmt, struct db_error *err)
{
	int64_t pool = sqlite3_column_int64(stmt, 0), trace = sqlite3_column_int64(stmt, 1);
	struct track *t;

	if (pool < 0 || pool >= INT64_C(1) << (62 - DB_SEQ_BITS) || trace < 1 ||
	    trace > w->nr_traces)
		return damaged(err, "pools have impossible numbers");
	t = writer_add_pool(w, (uint32_t)pool, (uint32_t)trace,
			    (uint32_t)sqlite3_column_int64(stmt, 2));
	if (!t)
		return db_fail(err, -ENOMEM, "out of memory");
	t->cold = true;
	t->closed_ns = sqlite3_column_int64(stmt, 3);
	t->events = (uint64_t)sqlite3_column_int64(stmt, 4);
	t->window.next = (uint64_t)sqlite3_column_int64(stmt, 5);
	t->window.joined = t->events != 0;
	t->lost_seq = (uint64_t)sqlite3_column_int64(stmt, 6);
	t->lost_told = (uint64_t)sqlite3_column_int64(stmt, 7);
	t->first_seq = (uint64_t)sqlite3_column_int64(stmt, 8);
	t->kept_seq = (uint64_t)sqlite3_column_int64(stmt, 9);
	t->state_seq = (uint64_t)sqlite3_column_int64(stmt, 10);
	t->identity = (struct verdict){(uint64_t)sqlite3_column_int64(stmt, 11),
				       (uint64_t)sqlite3_column_int64(stmt, 12),
				       sqlite3_column_int64(stmt, 13)};
	return 0;
}

int recover_file(struct writer *w, struct db_error *err)
{
	static const struct {
		const char *sql;
		int (*each)(struct writer *, sqlite3_stmt *, struct db_error *);
	} parts[] = {
		{"SELECT trace, name, host FROM trace ORDER BY trace", on_trace},
		{"SELECT value FROM meta WHERE key = 'base_ns'", on_base},
		{"SELECT events, lost_seq, lost_told, losses, start_ns, end_ns FROM progress",
		 on_progress},
		{"SELECT max(id) FROM loss", on_last_loss},
		{"SELECT pool, trace, number, closed_ns, events, next_seq, lost_seq, lost_told,"
		 " first_seq, kept_seq, (SELECT seq FROM state s WHERE s.pool = pool.pool),"
		 " identity_checked, identity_mismatches, identity_first_ns"
		 " FROM pool JOIN summary USING (pool)",
		 on_pool},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		int ret = each_row(w, parts[i].sql, parts[i].each, err);

		if (ret)
			return ret;
	}
	return 0;
}

/* --- what the events say --------------------------------------------------------------------- */

struct replay {
	struct writer *w;
	struct track *t;
	bool anew, begun;
	bool resync; /* what was before the first event is known, but not to the observer */
	uint64_t next;
};

static int step(const struct pool_event *e, void *ctx)
{
	struct replay *r = ctx;
	struct writer *w = r->w;
	struct window_gap gap = {0};

	if (r->begun)
		gap.lost = e->seq - r->next;
	else
		gap.joined = e->seq != 0;
	if (gap.lost && r->anew)
		writer_gap(w, r->t, e, gap.lost);
	writer_clock(w, r->t, e, r->anew);
	r->begun = true;
	r->next = e->seq + 1;
	if (track_event(r->t, e, &gap, &w->rows))
		return -ENOMEM;
	if (w->options.observe)
		w->options.observe(e, !gap.lost && !gap.joined && !r->resync, w->options.ctx);
	r->resync = false;
	return w->rows.error;
}

/* The events before this state are gone. */
static int load_state(struct writer *w, struct track *fresh, struct replay *replay,
		      struct db_error *err)
{
	int ret = state_load(&w->rows, fresh);

	replay->begun = replay->resync = true;
	replay->next = fresh->window.next;
	if (ret == -EPROTO)
		return db_fail(
			err, ret,
			"pool %u cannot be continued: its old events were dropped, by another "
			"version of Poolscope; record to another file",
			fresh->pool);
	return ret ? db_fail(err, ret, "pool %u cannot be continued: its state is damaged",
			     fresh->pool)
		   : 0;
}

/* Follows the pool from its first stored event into a new track, which takes t's place. */
static void follow(struct writer *w, struct track *t, bool anew)
{
	struct track fresh;
	struct replay replay = {.w = w, .t = &fresh, .anew = anew};
	struct db_error why = {"out of memory"};
	int ret = 0;

	track_init(&fresh, t->pool);
	fresh.trace = t->trace;
	fresh.number = t->number;
	fresh.host = t->host;
	if (t->kept_seq)
		ret = load_state(w, &fresh, &replay, &why);
	fresh.lost_told = t->lost_told;
	fresh.kept_seq = t->kept_seq;
	fresh.bad = t->bad;
	if (!w->options.observe)
		fresh.identity = t->identity;
	if (w->options.restart)
		w->options.restart(t->pool, w->options.ctx);
	rows_flush(&w->rows);
	w->rows.muted = !anew;
	if (!ret)
		ret = reader_events(&w->reader, t->pool, replay.next, step, &replay, &why);
	w->rows.muted = false;
	if (ret && !w->rows.error)
		w->rows.error = db_fail(&w->rows.error_text, ret, "%s", why.text);
	fresh.window = t->window;
	t->window = (struct window){0};
	track_release(t);
	*t = fresh;
}

void recover_pool(struct writer *w, struct track *t)
{
	follow(w, t, false);
}

void recover_rebuild(struct writer *w, struct track *t)
{
	w->progress.lost_seq -= t->lost_seq;
	w->progress.losses -= rows_erase_derived(&w->rows, t->pool);
	follow(w, t, true);
	t->changed = true;
}
