/* SPDX-License-Identifier: MIT */
#include "db/track.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/audit.h"
#include "db/connect.h"
#include "db/rows.h"

#define SWEEP_EVERY 1024

void track_init(struct track *t, uint32_t pool)
{
	memset(t, 0, sizeof(*t));
	t->pool = pool;
	t->next_allocation = (int64_t)((uint64_t)pool << DB_SEQ_BITS);
	t->sweep_at = SWEEP_EVERY;
}

void track_release(struct track *t)
{
	window_release(&t->window);
	allocations_release(&t->allocations);
	hold_release(&t->hold);
	free(t->lead);
	free(t->hold_times);
}

/* What the callbacks of the roll-ups need to know. */
struct sink {
	struct rows *rows;
	const struct track *track;
	int what; /* ROWS_LEAD, ROWS_HOLD */
};

static void emit_level(const struct level_row *row, void *ctx)
{
	struct sink *sink = ctx;

	rows_level(sink->rows, sink->track->pool, row);
}

static void emit_latency(unsigned tier, int64_t bucket, const struct histogram *h, void *ctx)
{
	struct sink *sink = ctx;

	rows_latency(sink->rows, sink->track->pool, sink->what, tier, bucket, h);
}

static void emit_allocation(const struct allocation *a, void *ctx)
{
	struct sink *sink = ctx;

	rows_allocation(sink->rows, sink->track->pool, a);
}

static int add_latency(struct track *t, struct latency_rollup **rollup, int what, int64_t ts_ns,
		       int64_t value_ns, struct rows *rows)
{
	struct sink sink = {rows, t, what};

	if (!*rollup)
		*rollup = latency_rollup_open();
	if (!*rollup)
		return -ENOMEM;
	latency_rollup_add(*rollup, ts_ns, value_ns, emit_latency, &sink);
	return 0;
}

/* --- what each kind of event does to the totals and the level -------------------------------- */

/* Its layer below tells of the pool: all its blocks of number 0 are base blocks. */
static bool has_no_marks(const struct track *t)
{
	return t->has_marks && !pool_marks_known(&t->marks);
}

static void on_open(struct track *t, const struct pool_event *e)
{
	snprintf(t->name, sizeof(t->name), "%s", e->u.open.name ? e->u.open.name : "");
	t->opened = true;
	t->generation = e->u.open.generation;
	t->buffer_bytes = e->u.open.buffer_bytes;
	t->opened_ns = e->ts_ns;
	t->based = e->seq == 0;
	if (has_no_marks(t))
		t->now.available = t->now.total = POOL_UNKNOWN;
}

static void on_tick(struct track *t, const struct pool_event *e)
{
	audit_event(t, e);
	t->now.fallback = e->u.tick.fallback;
	t->now.pending = e->u.tick.pending;
	life_running(&t->life, t->last_ns, e->u.tick.running);
}

static void on_request(struct track *t, const struct pool_event *e)
{
	t->totals.requested++;
	t->pending++;
	t->step.counts[LEVEL_REQUESTED]++;
	if (!t->based) {
		t->pending = e->u.request.pending;
		t->now.total = e->u.request.total;
	}
}

static void not_pending_any_more(struct track *t)
{
	if (t->pending)
		t->pending--;
}

static void on_refused(struct track *t)
{
	t->totals.refused++;
	t->step.counts[LEVEL_FAILED]++;
	not_pending_any_more(t);
}

static void add_buffers(struct track *t, uint32_t buffers)
{
	if (buffers == POOL_UNKNOWN)
		t->now.total = POOL_UNKNOWN;
	else if (t->now.total != POOL_UNKNOWN)
		t->now.total += buffers;
}

static void on_complete(struct track *t, const struct pool_event *e)
{
	bool memory = e->u.complete.outcome != POOL_OUTCOME_NULL;

	if (e->u.complete.request) {
		not_pending_any_more(t);
		t->totals.completed += memory;
		t->totals.failed += !memory;
		t->step.counts[LEVEL_FAILED] += !memory;
	}
	if (e->u.complete.outcome == POOL_OUTCOME_USED) {
		add_buffers(t, e->u.complete.buffers);
		t->live_blocks++;
	}
}

static void on_free(struct track *t, const struct pool_event *e)
{
	bool is_base =
		e->u.free.block == 0 && (e->u.free.reason == POOL_FREE_HALT || has_no_marks(t));
	uint32_t gone = e->u.free.buffers < t->now.total ? e->u.free.buffers : t->now.total;

	if (e->u.free.reason == POOL_FREE_HALT)
		life_end(&t->life, t->last_ns);
	if (t->now.total != POOL_UNKNOWN)
		t->now.total -= gone;
	if (e->u.free.buffers && t->live_blocks)
		t->live_blocks--;
	if (!is_base) {
		t->totals.freed++;
		t->step.counts[LEVEL_FREED]++;
	}
}

static int on_take(struct track *t, const struct pool_event *e)
{
	uint32_t nr = e->u.rx.nr_buffers;
	uint32_t resources = e->u.rx.resources < nr ? e->u.rx.resources : nr;

	t->rx_seen = true;
	t->totals.taken += nr;
	t->totals.resources += resources;
	t->step.counts[LEVEL_TAKEN] += nr;
	t->step.counts[LEVEL_RESOURCES] += resources;
	return hold_take(&t->hold, t->last_ns, e->u.rx.buffers, nr - resources);
}

static int on_return(struct track *t, const struct pool_event *e, struct rows *rows)
{
	int ret = 0;

	t->rx_seen = true;
	t->totals.returned += e->u.rx.nr_buffers;
	t->step.counts[LEVEL_RETURNED] += e->u.rx.nr_buffers;
	for (uint32_t i = 0; i < e->u.rx.nr_buffers && !ret; i++) {
		int64_t held_ns = hold_return(&t->hold, t->last_ns, e->u.rx.buffers[i]);

		if (held_ns >= 0)
			ret = add_latency(t, &t->hold_times, ROWS_HOLD, t->last_ns, held_ns, rows);
	}
	return ret;
}

static void on_drop(struct track *t, const struct pool_event *e)
{
	t->rx_seen = true;
	t->totals.dropped += e->u.drop.count;
	t->step.counts[LEVEL_DROPPED] += e->u.drop.count;
}

static void on_close(struct track *t, const struct pool_event *e)
{
	audit_event(t, e);
	t->closed_ns = t->last_ns;
}

static int apply(struct track *t, const struct pool_event *e, struct rows *rows)
{
	switch (e->kind) {
	case POOL_EVENT_POOL_OPEN:
		on_open(t, e);
		return 0;
	case POOL_EVENT_TICK:
		on_tick(t, e);
		return 0;
	case POOL_EVENT_ALLOC_REQUEST:
		on_request(t, e);
		return 0;
	case POOL_EVENT_ALLOC_REFUSED:
		on_refused(t);
		return 0;
	case POOL_EVENT_ALLOC_COMPLETE:
		on_complete(t, e);
		return 0;
	case POOL_EVENT_BLOCK_FREE:
		on_free(t, e);
		return 0;
	case POOL_EVENT_RX_TAKE:
		return on_take(t, e);
	case POOL_EVENT_RX_RETURN:
		return on_return(t, e, rows);
	case POOL_EVENT_RX_DROP:
		on_drop(t, e);
		return 0;
	case POOL_EVENT_FALLBACK:
		t->now.fallback = e->u.fallback.on;
		return 0;
	case POOL_EVENT_VIOLATION:
		t->violations++;
		return 0;
	case POOL_EVENT_POOL_CLOSE:
		on_close(t, e);
		return 0;
	case POOL_EVENT_NR_KINDS:
		break;
	}
	return 0;
}

/* --- around it ----------------------------------------------------------------------------------
 */

static void learn_marks(struct track *t, const struct pool_event *e)
{
	if (e->kind != POOL_EVENT_POOL_OPEN && e->kind != POOL_EVENT_TICK)
		return;
	t->marks = e->kind == POOL_EVENT_TICK ? e->u.tick.marks : e->u.open.marks;
	t->has_marks = true;
}

static void count_crossings(struct track *t, uint32_t before, uint32_t after)
{
	if (!t->has_marks || has_no_marks(t) || !life_works(&t->life))
		return;
	if (before > t->marks.low && after <= t->marks.low) {
		t->low_crossings++;
		t->step.counts[LEVEL_LOW_CROSSINGS]++;
	}
	if (before < t->marks.high && after >= t->marks.high) {
		t->high_crossings++;
		t->step.counts[LEVEL_HIGH_CROSSINGS]++;
	}
}

static void begin_life(struct track *t, const struct pool_event *e)
{
	bool base = e->kind == POOL_EVENT_ALLOC_COMPLETE && !e->u.complete.request;

	if (t->life.begun || !t->now.total || t->now.total == POOL_UNKNOWN)
		return;
	if (!base && e->kind != POOL_EVENT_TICK)
		return;
	life_begin(&t->life, t->last_ns, t->now.available, t->now.total);
	if (e->kind == POOL_EVENT_TICK)
		life_running(&t->life, t->last_ns, e->u.tick.running);
}

/* The level is shown from where it is known on: not before a base block or a tick has said it. */
static void step_level(struct track *t, const struct pool_event *e, struct rows *rows)
{
	struct sink sink = {rows, t, 0};

	if (!t->level.known && (!t->based || e->kind == POOL_EVENT_POOL_OPEN))
		return;
	t->step.state = t->now;
	level_step(&t->level, t->last_ns, &t->step, emit_level, &sink);
	memset(&t->step, 0, sizeof(t->step));
}

static void begin_after_gap(struct track *t, const struct window_gap *gap)
{
	if (!gap->lost && !gap->joined)
		return;
	t->lost_seq += gap->lost;
	t->step.counts[LEVEL_LOST] += gap->lost;
	t->based = false;
	hold_forget(&t->hold, t->last_ns);
}

static int follow_allocation(struct track *t, const struct pool_event *e, struct rows *rows)
{
	struct sink sink = {rows, t, 0};
	int64_t lead_ns;
	int ret = allocations_event(&t->allocations, e, &t->next_allocation, &lead_ns);

	if (!ret && lead_ns >= 0)
		ret = add_latency(t, &t->lead, ROWS_LEAD, t->last_ns, lead_ns, rows);
	if (t->allocations.nr >= t->sweep_at) {
		allocations_sweep(&t->allocations, emit_allocation, &sink);
		t->sweep_at = t->allocations.nr * 2 + SWEEP_EVERY;
	}
	return ret;
}

static int mark_held(struct track *t, const struct pool_event *e, struct rows *rows)
{
	struct held_mark mark;
	int ret = held_event(&t->held, e->seq, t->last_ns, &t->hold, &mark);

	if (ret <= 0)
		return ret;
	rows_held(rows, t->pool, &mark);
	free(mark.ids);
	return 0;
}

int track_event(struct track *t, const struct pool_event *e, const struct window_gap *gap,
		struct rows *rows)
{
	uint32_t before = t->now.available;
	int ret;

	/* Derived figures never go back in time, even where a clock did. */
	t->last_ns = e->ts_ns > t->last_ns ? e->ts_ns : t->last_ns;
	if (!t->events++) {
		t->first_ns = e->ts_ns;
		t->first_seq = e->seq;
	}
	t->changed = true;
	t->step.counts[LEVEL_EVENTS]++;
	begin_after_gap(t, gap);
	learn_marks(t, e);
	ret = apply(t, e, rows);
	if (!ret)
		ret = follow_allocation(t, e, rows);
	if (pool_event_says_available(e->kind))
		t->now.available = e->available;
	if (e->kind != POOL_EVENT_TICK)
		t->now.pending = (uint32_t)t->pending;
	count_crossings(t, before, t->now.available);
	life_step(&t->life, t->last_ns, t->now.available, t->now.total);
	begin_life(t, e);
	step_level(t, e, rows);
	return ret ? ret : mark_held(t, e, rows);
}

void track_save(struct track *t, struct rows *rows)
{
	struct sink sink = {rows, t, ROWS_LEAD};

	if (!t->changed)
		return;
	level_emit_open(&t->level, emit_level, &sink);
	if (t->lead)
		latency_rollup_emit_open(t->lead, emit_latency, &sink);
	sink.what = ROWS_HOLD;
	if (t->hold_times)
		latency_rollup_emit_open(t->hold_times, emit_latency, &sink);
	allocations_sweep(&t->allocations, emit_allocation, &sink);
	t->sweep_at = t->allocations.nr * 2 + SWEEP_EVERY;
	rows_pool(rows, t);
	t->changed = false;
}
