/* SPDX-License-Identifier: MIT */
#include "db/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/bookmark.h"
#include "db/connect.h"
#include "db/error.h"
#include "db/recover.h"
#include "db/retain.h"
#include "db/trace.h"

/* A pool keeps its number in the file if it is below this and nobody has it. */
#define NUMBER_KEPT_BELOW 65536u
/* Clocks of different processors may differ by less than this. */
#define CLOCK_STEP_NS INT64_C(1000000)
/* A gap that nothing more came for in this time is worth making its pool anew. */
#define FILL_QUIET_NS INT64_C(1000000000)

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
	rows_meta_text(&w->rows, "host", trace_this_host());
	rows_meta_text(&w->rows, "command", w->options.command_line);
	rows_meta_text(&w->rows, "trace", w->options.trace ? w->options.trace : "");
	rows_meta_int(&w->rows, "started_ns", clock_ns(CLOCK_REALTIME));
}

/* Who writes, and since when: what a second one is told, and a reader of a dead one. */
static void write_writer(struct writer *w)
{
	rows_meta_int(&w->rows, "schema", DB_SCHEMA_VERSION);
	rows_meta_text(&w->rows, "tool", "poolscope " POOLSCOPE_VERSION);
	rows_meta_int(&w->rows, "writer", getpid());
	rows_meta_int(&w->rows, "writer_since_ns", clock_ns(CLOCK_REALTIME));
	if (w->options.joined_ns)
		rows_meta_int(&w->rows, "joined_ns", w->options.joined_ns);
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
	w->now_ns = w->batch_since_ns = writer_now_ns();
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
	ret = reader_attach(&w->reader, db, err);
	if (ret)
		return ret;
	ret = rows_init(&w->rows, db, err);
	if (ret)
		reader_detach(&w->reader);
	return ret;
}

int writer_begin(struct writer *w, bool is_new, struct db_error *err)
{
	const char *name = w->options.trace ? w->options.trace : "";

	if (!w->options.all_named && traces_add(w->traces, name, w->options.host, &w->first_trace))
		return db_fail(err, -ENOMEM, "out of memory");
	begin_batch(w);
	if (is_new)
		write_meta(w);
	write_writer(w);
	writer_commit(w);
	if (w->rows.error)
		*err = w->rows.error_text;
	return w->rows.error;
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
	reader_detach(&w->reader);
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

struct track *writer_add_pool(struct writer *w, uint32_t pool, uint32_t trace, uint32_t number)
{
	struct track *t = make_room(w) ? malloc(sizeof(*t)) : NULL;

	if (!t)
		return NULL;
	track_init(t, pool);
	t->trace = trace;
	t->number = number;
	t->host = traces_get(w->traces, trace)->host;
	w->pools[w->nr_pools++] = t;
	return t;
}

static uint32_t free_number(struct writer *w, uint32_t number)
{
	uint32_t pool = number < NUMBER_KEPT_BELOW ? number : NUMBER_KEPT_BELOW;

	while (writer_pool(w, pool))
		pool++;
	return pool;
}

/* NULL: there are too many pools, or nobody gave that trace. */
static struct track *pool_of(struct writer *w, uint32_t trace, uint32_t number)
{
	if (w->last && w->last->number == number && w->last->trace == trace)
		return w->last;
	w->last = find(w, trace, number);
	if (!w->last && traces_get(w->traces, trace))
		w->last = writer_add_pool(w, free_number(w, number), trace, number);
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

void writer_gap(struct writer *w, const struct track *t, const struct pool_event *e, uint64_t lost)
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

void writer_clock(struct writer *w, struct track *t, const struct pool_event *e, bool write)
{
	struct queue_loss loss = {.trace = t->trace,
				  .pool = t->pool,
				  .start_ns = e->ts_ns,
				  .end_ns = t->last_ns,
				  .source = "clock"};
	bool was_back = t->clock_back;

	if (e->ts_ns >= t->last_ns)
		t->clock_back = false;
	else if (t->last_ns - e->ts_ns >= CLOCK_STEP_NS)
		t->clock_back = true;
	if (!write || was_back || !t->clock_back)
		return;
	rows_loss(&w->rows, &loss, (int64_t)e->seq);
	w->progress.losses++;
}

/* Stores an event, and counts it for the file. */
static void put_row(struct writer *w, const struct track *t, const struct pool_event *e)
{
	rows_event(&w->rows, t->pool, e);
	w->progress.events++;
	if (!w->progress.start_ns || e->ts_ns < w->progress.start_ns)
		w->progress.start_ns = e->ts_ns;
	if (e->ts_ns > w->progress.end_ns)
		w->progress.end_ns = e->ts_ns;
}

static void deliver(struct writer *w, struct track *t, struct pool_event *e,
		    const struct window_gap *gap)
{
	e->pool = t->pool;
	e->trace = t->trace;
	if (gap->lost)
		writer_gap(w, t, e, gap->lost);
	writer_clock(w, t, e, true);
	put_row(w, t, e);
	if (track_event(t, e, gap, &w->rows))
		fail(w, -ENOMEM, "out of memory");
	if (w->options.observe)
		w->options.observe(e, !gap->lost && !gap->joined, w->options.ctx);
}

/* Is a seq that was passed already one of those that are missing? */
static bool is_missing(struct writer *w, struct track *t, uint64_t seq)
{
	if (seq < t->first_seq)
		return true;
	if (seq < t->span.first || seq >= t->span.end) {
		t->span = rows_span(&w->rows, t->pool, seq);
		if (t->span.end > t->window.next)
			t->span.end = t->window.next;
	}
	return t->span.missing;
}

/*
 * An event that comes when its turn is over: it fills a gap, or is stored already.  Where old
 * events were dropped, nothing could be made anew from what is left: there gaps stay.
 */
static void put_late(struct writer *w, struct track *t, const struct pool_event *e)
{
	if (t->kept_seq || !is_missing(w, t, e->seq) || rows_has_event(&w->rows, t->pool, e->seq))
		return;
	put_row(w, t, e);
	t->filled++;
	w->filling = true;
	w->filled_ns = w->now_ns;
}

static void warm(struct writer *w, struct track *t)
{
	if (!t->cold)
		return;
	/* Followed from its rows it would be forgotten that some of them have filled gaps. */
	if (t->filled)
		recover_rebuild(w, t);
	else
		recover_pool(w, t);
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
	warm(w, t);
	t->lost_told += events;
	t->changed = true;
}

/*
 * Such an event leaves a gap where it would have been; one whose number makes no sense is known by
 * its time.
 */
static bool came_again(struct writer *w, struct track *t, const struct queue_loss *bad)
{
	if (t && bad->seq >= t->first_seq && bad->seq < t->window.next &&
	    is_missing(w, t, bad->seq))
		return true;
	return w->last_loss && rows_has_bad(&w->rows, bad, w->last_loss);
}

/* A program that talks nonsense does so all the time: one row a batch. */
static void on_bad(struct writer *w, struct track *t, const struct queue_loss *told)
{
	struct queue_loss *bad = t ? &t->bad : &w->bad;
	uint64_t before = bad->events;

	if (came_again(w, t, told))
		return;
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

static uint32_t trace_of(const struct writer *w, uint32_t said)
{
	return said ? said : w->first_trace;
}

static void on_event(struct writer *w, struct pool_event *e)
{
	static const struct window_gap none;
	uint32_t trace = trace_of(w, e->trace);
	struct queue_loss untold = {trace, -1, e->ts_ns, e->ts_ns, 1, UINT64_MAX, STORE_LOSS_BAD};
	struct track *t = pool_of(w, trace, e->pool);

	if (!t) {
		on_bad(w, NULL, &untold);
		return;
	}
	if (e->seq < t->window.next) {
		put_late(w, t, e);
		return;
	}
	warm(w, t);
	if (window_in_order(&t->window, e->seq)) {
		deliver(w, t, e, &none);
		window_advance(&t->window);
		return;
	}
	if (window_hold(&t->window, e, w->now_ns))
		fail(w, -ENOMEM, "out of memory");
	drain_window(w, t, w->now_ns, false);
}

static void on_loss(struct writer *w, const struct queue_loss *told)
{
	struct queue_loss loss = *told;
	uint32_t trace = trace_of(w, told->trace);
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
	if (rows_has_told(&w->rows, &loss))
		return;
	add_told(w, t, told->events);
	rows_loss(&w->rows, &loss, -1);
	w->progress.losses++;
}

void writer_item(struct writer *w, struct queue_item *item)
{
	begin_batch(w);
	if (item->kind == QUEUE_LOSS)
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

bool writer_is_filling(const struct writer *w)
{
	int64_t quiet_ns = w->rebuild_ns * 10 > FILL_QUIET_NS ? w->rebuild_ns * 10 : FILL_QUIET_NS;

	return w->filling && writer_now_ns() - w->filled_ns < quiet_ns;
}

/* What is derived from the events of pools whose gaps were filled, anew. */
static void rebuild(struct writer *w)
{
	int64_t since_ns = writer_now_ns();

	if (!w->filling)
		return;
	for (uint32_t i = 0; i < w->nr_pools && !w->rows.error; i++)
		if (w->pools[i]->filled)
			recover_rebuild(w, w->pools[i]);
	w->filling = false;
	w->rebuild_ns = writer_now_ns() - since_ns;
}

void writer_commit(struct writer *w)
{
	int mail;

	begin_batch(w);
	rebuild(w);
	if (w->options.before_commit)
		w->options.before_commit(w->store, w->options.ctx);
	save_traces(w);
	retain(w);
	save_bad(w, &w->bad);
	for (uint32_t i = 0; i < w->nr_pools; i++) {
		save_bad(w, &w->pools[i]->bad);
		track_save(w->pools[i], &w->rows);
	}
	w->progress.committed_ns = clock_ns(CLOCK_REALTIME);
	rows_progress(&w->rows, &w->progress);
	mail = w->rows.error || !w->path ? -1 : bookmark_take(w->path, w->rows.db);
	rows_commit(&w->rows);
	bookmark_taken(w->path, mail, !w->rows.error);
	w->in_batch = false;
}

void writer_meta(struct writer *w, const char *key, const char *text, int64_t number)
{
	begin_batch(w);
	if (text)
		rows_meta_text(&w->rows, key, text);
	else
		rows_meta_int(&w->rows, key, number);
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
