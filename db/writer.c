/* SPDX-License-Identifier: MIT */
#include "db/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/trace.h"

/* A pool keeps its number in the file if it is below this and nobody has it. */
#define NUMBER_KEPT_BELOW 65536u
#define FIRST_TRACE	  1 /* what pool_event.trace 0 means */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t writer_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void write_meta(struct writer *w)
{
	const struct trace *first = traces_get(w->traces, 1);

	rows_meta_int(&w->rows, "schema", DB_SCHEMA_VERSION);
	rows_meta_text(&w->rows, "tool", "poolscope " POOLSCOPE_VERSION);
	rows_meta_text(&w->rows, "host", trace_this_host());
	rows_meta_text(&w->rows, "command", w->options.command_line);
	rows_meta_text(&w->rows, "trace", first->name);
	rows_meta_int(&w->rows, "started_ns", clock_ns(CLOCK_REALTIME));
	rows_meta_text(&w->rows, "ended", "recording");
	rows_meta_text(&w->rows, "note", NULL);
}

/* The rows of traces that came since the last batch. */
static void save_traces(struct writer *w)
{
	const struct trace *trace;

	while ((trace = traces_get(w->traces, w->nr_traces + 1))) {
		w->nr_traces++;
		rows_trace(&w->rows, w->nr_traces, trace->name, trace->host);
	}
}

static void begin_batch(struct writer *w)
{
	if (w->in_batch)
		return;
	w->in_batch = true;
	w->batch_since_ns = writer_now_ns();
	rows_begin(&w->rows);
}

int writer_init(struct writer *w, struct store *store, struct sqlite3 *db,
		const struct store_options *options, struct traces *traces, struct db_error *err)
{
	int ret;

	memset(w, 0, sizeof(*w));
	w->store = store;
	w->options = *options;
	w->traces = traces;
	ret = rows_init(&w->rows, db, err);
	if (ret)
		return ret;
	begin_batch(w);
	write_meta(w);
	writer_commit(w);
	if (!w->rows.error)
		return 0;
	*err = w->rows.error_text;
	ret = w->rows.error;
	writer_release(w);
	return ret;
}

void writer_release(struct writer *w)
{
	for (uint32_t i = 0; i < w->nr_pools; i++) {
		track_release(w->pools[i]);
		free(w->pools[i]);
	}
	free(w->pools);
	rows_rollback(&w->rows);
	rows_release(&w->rows);
}

static void fail(struct writer *w, int error, const char *why)
{
	if (!w->rows.error)
		w->rows.error = db_fail(&w->rows.error_text, error, "%s", why);
}

/* --- pools ----------------------------------------------------------------------------------- */

static struct track *find(struct writer *w, uint32_t trace, uint32_t number)
{
	for (uint32_t i = 0; i < w->nr_pools; i++)
		if (w->pools[i]->number == number && w->pools[i]->trace == trace)
			return w->pools[i];
	return NULL;
}

struct track *writer_pool(struct writer *w, uint32_t pool)
{
	for (uint32_t i = 0; i < w->nr_pools; i++)
		if (w->pools[i]->pool == pool)
			return w->pools[i];
	return NULL;
}

static bool make_room(struct writer *w)
{
	uint32_t room = w->pools_room ? w->pools_room * 2 : 16;
	struct track **grown;

	if (w->nr_pools < w->pools_room)
		return true;
	if (room > WRITER_POOLS_MAX)
		return false;
	grown = realloc(w->pools, room * sizeof(struct track *));
	if (!grown)
		return false;
	w->pools = grown;
	w->pools_room = room;
	return true;
}

/* NULL when there are too many already. */
static struct track *add_pool(struct writer *w, uint32_t trace, uint32_t number)
{
	uint32_t pool = number < NUMBER_KEPT_BELOW ? number : NUMBER_KEPT_BELOW;
	struct track *t;

	while (writer_pool(w, pool))
		pool++;
	t = make_room(w) ? malloc(sizeof(*t)) : NULL;
	if (!t)
		return NULL;
	track_init(t, pool);
	t->trace = trace;
	t->number = number;
	t->host = traces_get(w->traces, trace)->host;
	w->pools[w->nr_pools++] = t;
	return t;
}

/* NULL: there are too many pools, or nobody gave that trace. */
static struct track *pool_of(struct writer *w, uint32_t trace, uint32_t number)
{
	if (w->last && w->last->number == number && w->last->trace == trace)
		return w->last;
	w->last = find(w, trace, number);
	if (!w->last && traces_get(w->traces, trace))
		w->last = add_pool(w, trace, number);
	return w->last;
}

uint64_t writer_open_pools(const struct writer *w)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < w->nr_pools; i++)
		nr += !w->pools[i]->closed_ns;
	return nr;
}

/* --- events ---------------------------------------------------------------------------------- */

static void gap_row(struct writer *w, const struct track *t, const struct pool_event *e,
		    uint64_t lost)
{
	struct queue_loss loss = {.trace = t->trace,
				  .pool = t->pool,
				  .start_ns = t->last_ns,
				  .end_ns = e->ts_ns > t->last_ns ? e->ts_ns : t->last_ns,
				  .events = lost,
				  .source = "seq"};

	rows_loss(&w->rows, &loss, (int64_t)(e->seq - lost));
	w->progress.losses++;
	w->progress.lost_seq += lost;
}

static void deliver(struct writer *w, struct track *t, struct pool_event *e,
		    const struct window_gap *gap)
{
	e->pool = t->pool;
	e->trace = t->trace;
	if (gap->lost)
		gap_row(w, t, e, gap->lost);
	rows_event(&w->rows, t->pool, e);
	if (track_event(t, e, gap, &w->rows))
		fail(w, -ENOMEM, "out of memory");
	w->progress.events++;
	if (!w->progress.start_ns || e->ts_ns < w->progress.start_ns)
		w->progress.start_ns = e->ts_ns;
	if (e->ts_ns > w->progress.end_ns)
		w->progress.end_ns = e->ts_ns;
	if (w->options.observe)
		w->options.observe(e, !gap->lost && !gap->joined, w->options.ctx);
}

static void drain_window(struct writer *w, struct track *t, int64_t now_ns, bool force)
{
	struct window_gap gap;
	struct pool_event *e;

	while ((e = window_pop(&t->window, now_ns, force, &gap))) {
		deliver(w, t, e, &gap);
		free(e);
	}
}

static void add_told(struct writer *w, struct track *t, uint64_t events)
{
	w->progress.lost_told += events;
	if (!t)
		return;
	t->lost_told += events;
	t->changed = true;
}

/* A program that talks nonsense does so all the time: one row a batch. */
static void on_bad(struct writer *w, struct track *t, const struct queue_loss *told)
{
	struct queue_loss *bad = t ? &t->bad : &w->bad;
	uint64_t before = bad->events;

	add_told(w, t, told->events);
	if (!before)
		*bad = *told;
	bad->events = before + told->events;
	bad->start_ns = told->start_ns < bad->start_ns ? told->start_ns : bad->start_ns;
	bad->end_ns = told->end_ns > bad->end_ns ? told->end_ns : bad->end_ns;
}

static void save_bad(struct writer *w, struct queue_loss *bad)
{
	if (!bad->events)
		return;
	rows_loss(&w->rows, bad, -1);
	w->progress.losses++;
	bad->events = 0;
}

static uint32_t trace_of(uint32_t said)
{
	return said ? said : FIRST_TRACE;
}

static void on_event(struct writer *w, struct pool_event *e)
{
	static const struct window_gap none;
	struct queue_loss untold = {-1, trace_of(e->trace), e->ts_ns, e->ts_ns, 1, STORE_LOSS_BAD};
	struct track *t = pool_of(w, trace_of(e->trace), e->pool);

	if (!t) {
		on_bad(w, NULL, &untold);
		return;
	}
	if (window_in_order(&t->window, e->seq)) {
		deliver(w, t, e, &none);
		window_advance(&t->window);
		return;
	}
	if (window_hold(&t->window, e, w->batch_since_ns))
		fail(w, -ENOMEM, "out of memory");
	drain_window(w, t, w->batch_since_ns, false);
}

static void on_loss(struct writer *w, const struct queue_loss *told)
{
	struct queue_loss loss = *told;
	uint32_t trace = trace_of(told->trace);
	struct track *t = told->pool >= 0 ? find(w, trace, (uint32_t)told->pool) : NULL;
	int64_t now_ns = w->progress.end_ns ? w->progress.end_ns : clock_ns(CLOCK_REALTIME);

	loss.trace = trace;
	loss.pool = t ? (int64_t)t->pool : -1;
	loss.start_ns = told->start_ns ? told->start_ns : now_ns;
	loss.end_ns = told->end_ns ? told->end_ns : now_ns;
	if (!strcmp(told->source, STORE_LOSS_BAD)) {
		on_bad(w, t, &loss);
		return;
	}
	add_told(w, t, told->events);
	rows_loss(&w->rows, &loss, -1);
	w->progress.losses++;
}

void writer_item(struct writer *w, struct queue_item *item)
{
	begin_batch(w);
	if (item->is_loss)
		on_loss(w, &item->u.loss);
	else
		on_event(w, &item->u.event);
}

void writer_expire(struct writer *w, bool force)
{
	int64_t now_ns = writer_now_ns();

	for (uint32_t i = 0; i < w->nr_pools; i++) {
		if (!w->pools[i]->window.nr)
			continue;
		begin_batch(w);
		drain_window(w, w->pools[i], now_ns, force);
	}
}

/* --- batches --------------------------------------------------------------------------------- */

uint64_t writer_lost(const struct writer *w)
{
	return w->progress.lost_seq > w->progress.lost_told ? w->progress.lost_seq
							    : w->progress.lost_told;
}

void writer_commit(struct writer *w)
{
	begin_batch(w);
	if (w->options.before_commit)
		w->options.before_commit(w->store, w->options.ctx);
	save_traces(w);
	save_bad(w, &w->bad);
	for (uint32_t i = 0; i < w->nr_pools; i++) {
		save_bad(w, &w->pools[i]->bad);
		track_save(w->pools[i], &w->rows);
	}
	w->progress.committed_ns = clock_ns(CLOCK_REALTIME);
	rows_progress(&w->rows, &w->progress);
	rows_commit(&w->rows);
	w->in_batch = false;
}

void writer_finish(struct writer *w, enum store_end end, const char *note)
{
	static const char *const names[] = {
		[STORE_END_COMPLETE] = "complete",
		[STORE_END_STOPPED] = "stopped",
		[STORE_END_PROGRAM_DIED] = "program died",
		[STORE_END_FAILED] = "failed",
	};

	begin_batch(w);
	rows_meta_text(&w->rows, "ended", names[end]);
	rows_meta_text(&w->rows, "note", note);
	writer_commit(w);
}

void writer_give_up(struct writer *w)
{
	rows_rollback(&w->rows);
	w->rows.error = 0;
	rows_begin(&w->rows);
	rows_meta_text(&w->rows, "ended", "failed");
	rows_meta_text(&w->rows, "note", w->rows.error_text.text);
	rows_commit(&w->rows);
}
