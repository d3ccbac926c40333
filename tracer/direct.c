/* SPDX-License-Identifier: MIT */
#include "tracer/direct.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tracer/poolscope/backend.h"

struct direct {
	struct store *store;
	int64_t (*now_ns)(void *clock);
	void *clock;
	int64_t epoch_ns; /* when the machine's monotonic clock was 0 */
};

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* As LTTng's: the date once, and from there a clock that nobody sets. */
static int64_t machine_now_ns(void *clock)
{
	return ((struct direct *)clock)->epoch_ns + read_clock(CLOCK_MONOTONIC);
}

/* --- from poolscope.h's structures to the store's --------------------------------------------- */

static struct pool_marks marks_of(const struct poolscope_marks *m)
{
	return (struct pool_marks){m->base,	   m->block,	    m->low,
				   m->high,	   m->limit,	    m->reserve,
				   m->max_pending, m->shrink_ticks, m->probe_ticks};
}

static struct pool_totals totals_of(const struct poolscope_totals *t)
{
	return (struct pool_totals){
		.requested = t->requested,
		.refused = t->refused,
		.completed = t->completed,
		.failed = t->failed,
		.freed = t->freed,
		.taken = t->taken,
		.returned = t->returned,
		.resources = t->resources,
		.dropped = t->dropped,
	};
}

static struct pool_event begin(const struct direct *d, enum pool_event_kind kind, uint32_t pool,
			       uint64_t seq)
{
	return (struct pool_event){
		.ts_ns = d->now_ns(d->clock), .seq = seq, .pool = pool, .kind = kind};
}

/* A store that has failed says so when it is closed. */
static void end(const struct direct *d, const struct pool_event *event)
{
	store_append(d->store, event);
}

/* --- the events ------------------------------------------------------------------------------- */

static void on_open(void *ctx, uint32_t pool, uint64_t seq, const char *name, uint8_t generation,
		    uint32_t buffer_bytes, const struct poolscope_marks *marks)
{
	struct pool_event e = begin(ctx, POOL_EVENT_POOL_OPEN, pool, seq);

	e.u.open.name = name;
	e.u.open.generation = generation;
	e.u.open.buffer_bytes = buffer_bytes;
	e.u.open.marks = marks_of(marks);
	end(ctx, &e);
}

static void on_tick(void *ctx, uint32_t pool, uint64_t seq, const struct poolscope_state *state)
{
	struct pool_event e = begin(ctx, POOL_EVENT_TICK, pool, seq);

	e.available = state->available;
	e.u.tick.total = state->total;
	e.u.tick.pending = state->pending;
	e.u.tick.fallback = state->fallback;
	e.u.tick.running = state->running;
	e.u.tick.totals = totals_of(&state->totals);
	e.u.tick.marks = marks_of(&state->marks);
	end(ctx, &e);
}

static void on_request(void *ctx, uint32_t pool, uint64_t seq, uint64_t request,
		       uint32_t length_bytes, uint8_t cached, uint8_t irql, uint32_t available,
		       uint32_t total, uint32_t pending)
{
	struct pool_event e = begin(ctx, POOL_EVENT_ALLOC_REQUEST, pool, seq);

	e.available = available;
	e.u.request.request = request;
	e.u.request.length_bytes = length_bytes;
	e.u.request.total = total;
	e.u.request.pending = pending;
	e.u.request.cached = cached;
	e.u.request.irql = irql;
	end(ctx, &e);
}

static void on_refused(void *ctx, uint32_t pool, uint64_t seq, uint64_t request, uint32_t status)
{
	struct pool_event e = begin(ctx, POOL_EVENT_ALLOC_REFUSED, pool, seq);

	e.u.refused.request = request;
	e.u.refused.status = status;
	end(ctx, &e);
}

static void on_complete(void *ctx, uint32_t pool, uint64_t seq,
			const struct poolscope_memory_args *m)
{
	struct pool_event e = begin(ctx, POOL_EVENT_ALLOC_COMPLETE, pool, seq);

	e.available = m->available;
	e.u.complete.request = m->request;
	e.u.complete.va = m->va;
	e.u.complete.pa = m->pa;
	e.u.complete.block = m->block;
	e.u.complete.length_bytes = m->length_bytes;
	e.u.complete.buffers = m->buffers;
	e.u.complete.irql = m->irql;
	e.u.complete.outcome = m->outcome;
	end(ctx, &e);
}

static void on_free(void *ctx, uint32_t pool, uint64_t seq, const struct poolscope_memory_args *m)
{
	struct pool_event e = begin(ctx, POOL_EVENT_BLOCK_FREE, pool, seq);

	e.available = m->available;
	e.u.free.va = m->va;
	e.u.free.pa = m->pa;
	e.u.free.block = m->block;
	e.u.free.length_bytes = m->length_bytes;
	e.u.free.buffers = m->buffers;
	e.u.free.reason = m->reason;
	end(ctx, &e);
}

static void on_take(void *ctx, uint32_t pool, uint64_t seq, const uint32_t *ids, uint32_t nr_ids,
		    uint16_t frames, uint16_t resources, uint32_t available)
{
	struct pool_event e = begin(ctx, POOL_EVENT_RX_TAKE, pool, seq);

	e.available = available;
	e.u.rx.buffers = ids;
	e.u.rx.nr_buffers = nr_ids;
	e.u.rx.frames = frames;
	e.u.rx.resources = resources;
	end(ctx, &e);
}

static void on_return(void *ctx, uint32_t pool, uint64_t seq, const uint32_t *ids, uint32_t nr_ids,
		      uint32_t available)
{
	struct pool_event e = begin(ctx, POOL_EVENT_RX_RETURN, pool, seq);

	e.available = available;
	e.u.rx.buffers = ids;
	e.u.rx.nr_buffers = nr_ids;
	end(ctx, &e);
}

static void on_drop(void *ctx, uint32_t pool, uint64_t seq, uint32_t count, uint8_t cause)
{
	struct pool_event e = begin(ctx, POOL_EVENT_RX_DROP, pool, seq);

	e.u.drop.count = count;
	e.u.drop.cause = cause;
	end(ctx, &e);
}

static void on_fallback(void *ctx, uint32_t pool, uint64_t seq, uint8_t on, uint32_t available)
{
	struct pool_event e = begin(ctx, POOL_EVENT_FALLBACK, pool, seq);

	e.available = available;
	e.u.fallback.on = on;
	end(ctx, &e);
}

static void on_violation(void *ctx, uint32_t pool, uint64_t seq, uint16_t rule, uint64_t object)
{
	struct pool_event e = begin(ctx, POOL_EVENT_VIOLATION, pool, seq);

	e.u.violation.rule = rule;
	e.u.violation.object = object;
	end(ctx, &e);
}

static void on_close(void *ctx, uint32_t pool, uint64_t seq, const struct poolscope_totals *totals,
		     uint32_t live_blocks, uint32_t live_buffers)
{
	struct pool_event e = begin(ctx, POOL_EVENT_POOL_CLOSE, pool, seq);

	e.u.close.totals = totals_of(totals);
	e.u.close.live_blocks = live_blocks;
	e.u.close.live_buffers = live_buffers;
	end(ctx, &e);
}

static const struct poolscope_backend backend = {
	.pool_open = on_open,
	.tick = on_tick,
	.alloc_request = on_request,
	.alloc_refused = on_refused,
	.alloc_complete = on_complete,
	.block_free = on_free,
	.rx_take = on_take,
	.rx_return = on_return,
	.rx_drop = on_drop,
	.fallback = on_fallback,
	.violation = on_violation,
	.pool_close = on_close,
};

/* --- beginning and end ------------------------------------------------------------------------ */

int direct_open(const char *path, const struct direct_options *options, struct direct **out,
		struct db_error *err)
{
	struct direct *d = calloc(1, sizeof(*d));
	int ret;

	*out = NULL;
	if (d == NULL) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	d->epoch_ns = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
	d->now_ns = options->now_ns != NULL ? options->now_ns : machine_now_ns;
	d->clock = options->now_ns != NULL ? options->clock : d;
	ret = store_open(path, &options->store, &d->store, err);
	if (ret) {
		free(d);
		return ret;
	}
	poolscope_attach(&backend, d);
	*out = d;
	return 0;
}

void direct_progress(struct direct *d, struct store_progress *progress)
{
	store_progress(d->store, progress);
}

int direct_close(struct direct *d, enum store_end how, const char *note, struct db_error *err)
{
	int ret;

	poolscope_detach();
	ret = store_close(d->store, how, note, err);
	free(d);
	return ret;
}
