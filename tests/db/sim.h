/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DB_SIM_H
#define TESTS_DB_SIM_H
/*
 * A believable pool without a driver: a small deterministic simulation that says the events a
 *driver would say.  It decides by the policy's rules as the architecture states them, written anew
 *here, so that it also checks the policy.
 *
 *	sim_open(&sim, &config, emit, ctx);     // pool_open, the base block, the first tick
 *	sim_run(&sim, until_ns);                // traffic
 *	sim_close(&sim);                        // halt: drain, free, pool_close
 *
 * Header only, so that tests and tools link nothing more.
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "db/pool_event.h"

#define SIM_STEP_NS	INT64_C(250000)
#define SIM_TICK_NS	INT64_C(100000000)
#define SIM_BATCH	32 /* most buffers of one indication or return */
#define SIM_PENDING_MAX 8

struct sim_config {
	uint32_t pool;
	const char *name;
	struct pool_marks marks;
	uint64_t seed;
	int64_t start_ns;
	double rate;	/* frames a second while a burst is on */
	double hold_ns; /* mean */
	double lead_ns; /* mean */
	double refuse,
		fail; /* probability that a request is refused, or completes without memory */
};

typedef void (*sim_emit)(const struct pool_event *event, void *ctx);

struct sim_block {
	bool live;
	uint32_t held;
	uint64_t granted; /* order of grants */
};

struct sim {
	struct sim_config config;
	sim_emit emit;
	void *ctx;
	uint64_t random, seq, grants;
	int64_t now_ns, event_ns, next_tick_ns, phase_end_ns;
	bool burst, running, refused, fallback, said_fallback;
	uint32_t total, held, pending, quiet_ticks;
	struct pool_totals totals;
	struct {
		uint64_t request;
		int64_t due_ns;
	} waiting[SIM_PENDING_MAX];
	int64_t *due_ns;	  /* by buffer: when it comes back; 0 = home */
	struct sim_block *blocks; /* by number */
	uint32_t nr_blocks;
};

/* --- chance ------------------------------------------------------------------------------------
 */

static inline uint64_t sim_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline double sim_uniform(struct sim *s)
{
	return ((double)(sim_random(&s->random) >> 11) + 0.5) / 9007199254740992.0;
}

static inline double sim_exponential(struct sim *s, double mean)
{
	return -log(sim_uniform(s)) * mean;
}

/* --- events ------------------------------------------------------------------------------------
 */

static inline uint32_t sim_available(const struct sim *s)
{
	return s->total - s->held;
}

static inline struct pool_event sim_event(struct sim *s, enum pool_event_kind kind)
{
	s->event_ns = s->event_ns + 137 > s->now_ns ? s->event_ns + 137 : s->now_ns;
	return (struct pool_event){.ts_ns = s->event_ns,
				   .seq = s->seq++,
				   .pool = s->config.pool,
				   .kind = kind,
				   .available = sim_available(s)};
}

static inline void sim_say_fallback(struct sim *s)
{
	struct pool_event e;

	if (s->fallback == s->said_fallback)
		return;
	s->said_fallback = s->fallback;
	e = sim_event(s, POOL_EVENT_FALLBACK);
	e.u.fallback.on = s->fallback;
	s->emit(&e, s->ctx);
}

/* --- policy, in the words of the architecture ---------------------------------------------------
 */

static inline void sim_settle(struct sim *s, bool refusal)
{
	s->refused = refusal;
	if (sim_available(s) <= s->config.marks.low)
		s->quiet_ticks = 0;
	else
		s->fallback = false;
}

static inline void sim_failed(struct sim *s)
{
	s->quiet_ticks = 0;
	if (sim_available(s) <= s->config.marks.low)
		s->fallback = true;
}

static inline bool sim_request(struct sim *s)
{
	struct pool_event e;
	uint64_t number = ++s->totals.requested;
	int slot = 0;

	s->pending++;
	e = sim_event(s, POOL_EVENT_ALLOC_REQUEST);
	e.u.request.request = number;
	e.u.request.length_bytes = s->config.marks.block * 2048;
	e.u.request.cached = 1;
	e.u.request.irql = 2;
	e.u.request.total = s->total;
	e.u.request.pending = s->pending;
	s->emit(&e, s->ctx);
	if (sim_uniform(s) < s->config.refuse) {
		s->pending--;
		s->totals.refused++;
		sim_failed(s);
		sim_settle(s, true);
		e = sim_event(s, POOL_EVENT_ALLOC_REFUSED);
		e.u.refused.request = number;
		e.u.refused.status = 0xc000009a;
		s->emit(&e, s->ctx);
		sim_say_fallback(s);
		return false;
	}
	while (s->waiting[slot].request)
		slot++;
	s->waiting[slot].request = number;
	s->waiting[slot].due_ns = s->now_ns + (int64_t)sim_exponential(s, s->config.lead_ns);
	return true;
}

static inline void sim_free(struct sim *s, uint32_t block, enum pool_free_reason reason)
{
	uint32_t nr = block ? s->config.marks.block : s->config.marks.base;
	struct pool_event e;

	s->blocks[block].live = false;
	s->total -= nr;
	s->totals.freed += block != 0;
	e = sim_event(s, POOL_EVENT_BLOCK_FREE);
	e.u.free.va = UINT64_C(0x7f0000000000) + block * UINT64_C(0x100000);
	e.u.free.pa = UINT64_C(0x10000000) + block * UINT64_C(0x100000);
	e.u.free.block = block;
	e.u.free.length_bytes = nr * 2048;
	e.u.free.buffers = nr;
	e.u.free.reason = (uint8_t)reason;
	s->emit(&e, s->ctx);
}

/* The newest dynamic block without held buffers; 0: none. */
static inline uint32_t sim_idle_block(const struct sim *s)
{
	uint32_t best = 0;

	for (uint32_t b = 1; b < s->nr_blocks; b++)
		if (s->blocks[b].live && !s->blocks[b].held &&
		    (!best || s->blocks[b].granted > s->blocks[best].granted))
			best = b;
	return best;
}

static inline void sim_act(struct sim *s)
{
	const struct pool_marks *m = &s->config.marks;
	uint32_t block;

	sim_say_fallback(s);
	while (s->running && !s->refused && s->pending < m->max_pending &&
	       sim_available(s) + m->block * s->pending <= m->low &&
	       s->total + m->block * (s->pending + 1) <= m->limit)
		if (!sim_request(s))
			break;
	while (s->running && sim_available(s) >= m->high && s->quiet_ticks >= m->shrink_ticks &&
	       (block = sim_idle_block(s)))
		sim_free(s, block, POOL_FREE_SHRINK);
}

/* --- what happens -------------------------------------------------------------------------------
 */

static inline void sim_tick(struct sim *s)
{
	struct pool_event e;

	s->quiet_ticks++;
	sim_settle(s, false);
	e = sim_event(s, POOL_EVENT_TICK);
	e.u.tick.total = s->total;
	e.u.tick.pending = s->pending;
	e.u.tick.fallback = s->fallback;
	e.u.tick.running = s->running;
	e.u.tick.totals = s->totals;
	e.u.tick.marks = s->config.marks;
	s->emit(&e, s->ctx);
	sim_act(s);
}

static inline void sim_join(struct sim *s, uint32_t block, uint64_t request, uint32_t nr)
{
	struct pool_event e;

	s->blocks[block] = (struct sim_block){.live = true, .granted = s->grants++};
	s->total += nr;
	sim_settle(s, false);
	e = sim_event(s, POOL_EVENT_ALLOC_COMPLETE);
	e.u.complete.request = request;
	e.u.complete.block = block;
	e.u.complete.va = UINT64_C(0x7f0000000000) + block * UINT64_C(0x100000);
	e.u.complete.pa = UINT64_C(0x10000000) + block * UINT64_C(0x100000);
	e.u.complete.length_bytes = nr * 2048;
	e.u.complete.buffers = nr;
	e.u.complete.outcome = POOL_OUTCOME_USED;
	s->emit(&e, s->ctx);
}

static inline void sim_fail(struct sim *s, uint64_t request)
{
	struct pool_event e;

	s->totals.failed++;
	sim_failed(s);
	sim_settle(s, false);
	e = sim_event(s, POOL_EVENT_ALLOC_COMPLETE);
	e.u.complete.request = request;
	e.u.complete.outcome = POOL_OUTCOME_NULL;
	s->emit(&e, s->ctx);
}

/* Memory that comes when the pool no longer runs is given straight back. */
static inline void sim_late(struct sim *s, uint64_t request)
{
	struct pool_event e;

	s->totals.completed++;
	s->totals.freed++;
	sim_settle(s, false);
	e = sim_event(s, POOL_EVENT_ALLOC_COMPLETE);
	e.u.complete.request = request;
	e.u.complete.block = 1;
	e.u.complete.outcome = POOL_OUTCOME_LATE;
	s->emit(&e, s->ctx);
	e = sim_event(s, POOL_EVENT_BLOCK_FREE);
	e.u.free.block = 1;
	e.u.free.reason = POOL_FREE_LATE;
	s->emit(&e, s->ctx);
}

static inline void sim_complete(struct sim *s, uint64_t request)
{
	uint32_t block = 1;

	s->pending--;
	if (sim_uniform(s) < s->config.fail) {
		sim_fail(s, request);
	} else if (!s->running) {
		sim_late(s, request);
	} else {
		while (s->blocks[block].live)
			block++;
		s->totals.completed++;
		sim_join(s, block, request, s->config.marks.block);
	}
	sim_act(s);
}

static inline struct sim_block *sim_block_of(struct sim *s, uint32_t id)
{
	const struct pool_marks *m = &s->config.marks;

	return &s->blocks[id < m->base ? 0 : 1 + (id - m->base) / m->block];
}

static inline void sim_take(struct sim *s, uint32_t want)
{
	uint32_t ids[SIM_BATCH], nr = 0, spare = 0, resources;
	struct pool_event e;

	for (uint32_t id = 0; id < s->config.marks.limit && nr < want; id++)
		if (!s->due_ns[id] && sim_block_of(s, id)->live)
			ids[nr++] = id;
	if (sim_available(s) > s->config.marks.reserve)
		spare = sim_available(s) - s->config.marks.reserve;
	resources = s->fallback ? nr : nr > spare ? nr - spare : 0;
	for (uint32_t i = 0; i < nr - resources; i++) {
		s->due_ns[ids[i]] = s->now_ns + 1 + (int64_t)sim_exponential(s, s->config.hold_ns);
		sim_block_of(s, ids[i])->held++;
	}
	s->held += nr - resources;
	s->totals.taken += nr;
	s->totals.resources += resources;
	if (resources)
		s->quiet_ticks = 0;
	sim_settle(s, false);
	if (nr) {
		e = sim_event(s, POOL_EVENT_RX_TAKE);
		e.u.rx.buffers = ids;
		e.u.rx.nr_buffers = nr;
		e.u.rx.resources = (uint16_t)resources;
		s->emit(&e, s->ctx);
		sim_act(s);
	}
	if (nr < want) {
		e = sim_event(s, POOL_EVENT_RX_DROP);
		e.u.drop.count = want - nr;
		s->totals.dropped += want - nr;
		s->emit(&e, s->ctx);
	}
}

static inline void sim_say_return(struct sim *s, const uint32_t *ids, uint32_t nr)
{
	struct pool_event e;

	if (!nr)
		return;
	s->held -= nr;
	s->totals.returned += nr;
	sim_settle(s, false);
	e = sim_event(s, POOL_EVENT_RX_RETURN);
	e.u.rx.buffers = ids;
	e.u.rx.nr_buffers = nr;
	s->emit(&e, s->ctx);
	sim_act(s);
}

static inline void sim_return_due(struct sim *s)
{
	uint32_t ids[SIM_BATCH], nr = 0;

	for (uint32_t id = 0; id < s->config.marks.limit; id++) {
		if (!s->due_ns[id] || s->due_ns[id] > s->now_ns)
			continue;
		s->due_ns[id] = 0;
		sim_block_of(s, id)->held--;
		ids[nr++] = id;
		if (nr == SIM_BATCH) {
			sim_say_return(s, ids, nr);
			nr = 0;
		}
	}
	sim_say_return(s, ids, nr);
}

static inline void sim_arrivals(struct sim *s)
{
	double left = s->config.rate * (double)SIM_STEP_NS / 1e9;
	uint32_t nr = 0;

	if (s->now_ns >= s->phase_end_ns) {
		s->burst = !s->burst;
		s->phase_end_ns = s->now_ns + (int64_t)sim_exponential(s, s->burst ? 400e6 : 600e6);
	}
	if (!s->burst)
		left /= 20;
	for (left -= sim_exponential(s, 1); left > 0; left -= sim_exponential(s, 1))
		nr++;
	for (; nr; nr -= nr < SIM_BATCH ? nr : SIM_BATCH)
		sim_take(s, nr < SIM_BATCH ? nr : SIM_BATCH);
}

static inline void sim_completions(struct sim *s)
{
	for (int i = 0; i < SIM_PENDING_MAX; i++) {
		uint64_t request = s->waiting[i].request;

		if (!request || s->waiting[i].due_ns > s->now_ns)
			continue;
		s->waiting[i].request = 0;
		sim_complete(s, request);
	}
}

static inline void sim_open(struct sim *s, const struct sim_config *config, sim_emit emit,
			    void *ctx)
{
	const struct pool_marks *m = &config->marks;
	struct pool_event e;

	*s = (struct sim){.config = *config, .emit = emit, .ctx = ctx, .random = config->seed};
	s->now_ns = s->event_ns = config->start_ns;
	s->next_tick_ns = s->now_ns + SIM_TICK_NS;
	s->nr_blocks = 1 + (m->limit - m->base) / m->block;
	s->due_ns = calloc(m->limit + m->block, sizeof(*s->due_ns));
	s->blocks = calloc(s->nr_blocks + 1, sizeof(*s->blocks));
	e = sim_event(s, POOL_EVENT_POOL_OPEN);
	e.u.open.name = config->name;
	e.u.open.generation = 6;
	e.u.open.buffer_bytes = 2048;
	e.u.open.marks = *m;
	s->emit(&e, s->ctx);
	sim_join(s, 0, 0, m->base);
	s->running = true;
	sim_tick(s);
}

static inline void sim_run(struct sim *s, int64_t until_ns)
{
	while (s->now_ns < until_ns) {
		s->now_ns += SIM_STEP_NS;
		sim_completions(s);
		sim_return_due(s);
		sim_arrivals(s);
		if (s->now_ns >= s->next_tick_ns) {
			s->next_tick_ns += SIM_TICK_NS;
			sim_tick(s);
		}
	}
}

/* Lets go of the simulation without a halt, as a killed driver would. */
static inline void sim_drop(struct sim *s)
{
	free(s->due_ns);
	free(s->blocks);
}

static inline void sim_close(struct sim *s)
{
	struct pool_event e;
	uint32_t block;

	s->running = false;
	sim_tick(s);
	while (s->held || s->pending) {
		s->now_ns += SIM_STEP_NS;
		sim_completions(s);
		sim_return_due(s);
	}
	while ((block = sim_idle_block(s)))
		sim_free(s, block, POOL_FREE_HALT);
	sim_free(s, 0, POOL_FREE_HALT);
	e = sim_event(s, POOL_EVENT_POOL_CLOSE);
	e.u.close.totals = s->totals;
	s->emit(&e, s->ctx);
	sim_drop(s);
}

#endif
