/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TUNER_NAIVE_H
#define TESTS_TUNER_NAIVE_H
/*
 * The simulators' reference: the same question answered in the plainest way, from the words of
 * docs/tuning.md and docs/architecture.md, with none of the tuner's or the policy's code.  Every
 * buffer is an element of a list; what comes next is searched for among everything that may.
 */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "tuner/demand.h"
#include "tuner/lead.h"
#include "tuner/sim.h"

#define NAIVE_PACKETS 64
#define NAIVE_BUFFERS 512
#define NAIVE_BLOCKS  2048

struct naive {
	struct policy_marks m;
	const struct lead *lead;
	struct lead_cursor cursor;
	int64_t now, start, last_area;
	/* Blocks in the order of their grants; [0] is the base block. */
	struct {
		bool live;
		int size, held;
	} block[NAIVE_BLOCKS];
	int blocks;
	/* Of each packet its block; -1: it got no buffer to keep. */
	int where[NAIVE_PACKETS];
	int64_t back[NAIVE_PACKETS]; /* when it returns; INT64_MAX: does not, or has */
	struct {
		int64_t due;
		bool failed;
	} pending[NAIVE_BUFFERS];
	int q;
	bool fallback, refused, probing;
	uint32_t quiet, still;
	double area;
	struct sim_result r;
};

static inline uint32_t naive_total(const struct naive *n)
{
	uint32_t c = 0;

	for (int b = 0; b < n->blocks; b++)
		if (n->block[b].live)
			c += (uint32_t)n->block[b].size;
	return c;
}

static inline uint32_t naive_available(const struct naive *n)
{
	uint32_t v = naive_total(n);

	for (int b = 0; b < n->blocks; b++)
		if (n->block[b].live)
			v -= (uint32_t)n->block[b].held;
	return v;
}

static inline void naive_pass(struct naive *n, int64_t t)
{
	n->area += (double)naive_total(n) * (double)(t - n->now);
	n->now = t;
}

/* After every event: what its outcome says of the pool. */
static inline void naive_settle(struct naive *n, bool refusal)
{
	n->refused = refusal;
	if (naive_available(n) <= n->m.low) {
		n->quiet = n->still = 0;
		n->probing = false;
	} else {
		n->fallback = false;
	}
}

static inline void naive_failure(struct naive *n)
{
	n->quiet = n->still = 0;
	if (naive_available(n) <= n->m.low)
		n->fallback = true;
}

/* Returns: false when the call refused it. */
static inline bool naive_ask(struct naive *n, bool probe)
{
	struct lead_answer a = lead_ask(n->lead, &n->cursor, n->now);

	n->r.requests++;
	n->still = 0;
	if (a.kind == DEMAND_LEAD_REFUSED) {
		n->r.refused++;
		if (!probe)
			naive_failure(n);
		naive_settle(n, true);
		return false;
	}
	n->probing = probe;
	assert(n->q < NAIVE_BUFFERS);
	n->pending[n->q].due = a.due_ns;
	n->pending[n->q++].failed = a.kind == DEMAND_LEAD_FAILED;
	return true;
}

static inline void naive_act(struct naive *n)
{
	const struct policy_marks *m = &n->m;

	while (!n->refused && n->q < (int)m->max_pending &&
	       naive_available(n) + (int64_t)m->block * n->q <= m->low &&
	       naive_total(n) + (int64_t)m->block * (n->q + 1) <= m->limit)
		if (!naive_ask(n, false))
			break;
	while (naive_available(n) >= m->high && n->quiet >= m->shrink_ticks) {
		int newest = 0;

		for (int b = 1; b < n->blocks; b++)
			if (n->block[b].live && !n->block[b].held)
				newest = b;
		if (!newest)
			break;
		n->block[newest].live = false;
		n->r.frees++;
	}
	if (m->probe_ticks && n->still >= m->probe_ticks && !n->refused && !n->q &&
	    naive_available(n) > m->low && 4 * (naive_available(n) - m->low) > m->high - m->low &&
	    naive_total(n) + m->block <= m->limit)
		naive_ask(n, true);
}

static inline void naive_complete(struct naive *n)
{
	bool failed = n->pending[0].failed, probe = n->probing;

	naive_pass(n, n->pending[0].due);
	for (int i = 1; i < n->q; i++)
		n->pending[i - 1] = n->pending[i];
	n->q--;
	n->probing = false;
	n->still = 0;
	if (failed) {
		n->r.failed++;
		if (!probe)
			naive_failure(n);
	} else if (!probe) {
		while (n->blocks > 1 && !n->block[n->blocks - 1].live)
			n->blocks--;
		assert(n->blocks < NAIVE_BLOCKS);
		n->block[n->blocks].live = true;
		n->block[n->blocks].held = 0;
		n->block[n->blocks++].size = (int)n->m.block;
		n->r.granted++;
		if (naive_total(n) > n->r.peak_buffers)
			n->r.peak_buffers = naive_total(n);
	}
	naive_settle(n, false);
	naive_act(n);
}

static inline void naive_lose(struct naive *n, uint64_t *what)
{
	++*what;
	if (n->r.lost + n->r.resources == 1)
		n->r.first_loss_ns = n->now;
}

static inline void naive_take(struct naive *n, int packet, int64_t hold)
{
	n->where[packet] = -1;
	n->back[packet] = hold == DEMAND_HELD_FOR_EVER ? INT64_MAX : n->now + hold;
	n->r.takes++;
	if (!naive_available(n)) {
		naive_lose(n, &n->r.lost);
		return;
	}
	if (n->fallback || naive_available(n) - 1 < n->m.reserve) {
		naive_lose(n, &n->r.resources);
	} else {
		for (int b = 0; b < n->blocks && n->where[packet] < 0; b++)
			if (n->block[b].live && n->block[b].held < n->block[b].size)
				n->where[packet] = b;
		n->block[n->where[packet]].held++;
	}
	naive_settle(n, false);
	naive_act(n);
}

static inline void naive_return(struct naive *n, int packet)
{
	n->back[packet] = INT64_MAX;
	if (n->where[packet] < 0)
		return; /* it never had a buffer: time goes on to here, that is all */
	n->block[n->where[packet]].held--;
	naive_settle(n, false);
	naive_act(n);
}

/* Rows in order of arrival. */
static inline struct sim_result naive_run(const struct demand_row *rows, int nr,
					  const struct policy_marks *m, const struct lead *lead)
{
	struct naive *n = calloc(1, sizeof(*n));
	struct sim_result r;
	int64_t tick;
	int next = 0;

	n->m = *m;
	n->lead = lead;
	n->now = n->start = rows[0].arrival_ns;
	tick = n->now + DEMAND_TICK_NS;
	n->block[0].live = true;
	n->block[0].size = (int)m->base;
	n->blocks = 1;
	n->r.peak_buffers = m->base;
	n->r.first_loss_ns = -1;
	for (int i = 0; i < nr; i++)
		n->back[i] = INT64_MAX;
	for (;;) {
		int64_t t = next < nr ? rows[next].arrival_ns : INT64_MAX;
		int first = -1;

		for (int i = 0; i < next; i++)
			if (n->back[i] <= t && n->back[i] < INT64_MAX) {
				t = n->back[i] < t || first < 0 ? n->back[i] : t;
				first = first < 0 || n->back[i] < n->back[first] ? i : first;
			}
		if (first < 0 && next == nr)
			break;
		/* Completions and ticks up to that time come before it. */
		if (n->q && n->pending[0].due <= t && n->pending[0].due <= tick) {
			naive_complete(n);
			continue;
		}
		if (tick <= t) {
			naive_pass(n, tick);
			tick += DEMAND_TICK_NS;
			n->quiet++;
			n->still++;
			naive_settle(n, false);
			naive_act(n);
			continue;
		}
		naive_pass(n, t);
		if (first >= 0)
			naive_return(n, first);
		else
			naive_take(n, next, rows[next].hold_ns), next++;
	}
	n->r.mean_buffers =
		n->now > n->start ? n->area / (double)(n->now - n->start) : naive_total(n);
	r = n->r;
	free(n);
	return r;
}

#endif
