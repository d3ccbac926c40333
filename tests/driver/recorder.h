/* SPDX-License-Identifier: MIT */
#ifndef RECORDER_H
#define RECORDER_H
/*
 * A back end of poolscope.h that keeps every event in memory, for tests; and identity replay: the
 * recorded events, fed to the policy, must give the recorded requests and frees again.
 *
 * Included by one file of a program: it defines the functions of poolscope.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/miniport/policy.h"
#include "poolscope.h"

struct rec_event {
	enum poolscope_event kind;
	uint64_t request, pa;
	const void *va;
	uint32_t block, length, available, total, pending, status, buffers, frames, resources,
		nr_ids;
	uint8_t irql;
	int how; /* outcome, reason, cause */
	bool on; /* fallback, running, cached */
	uint32_t *ids;
	struct poolscope_totals totals;
};

struct recorder {
	pthread_mutex_t mutex;
	struct rec_event *events;
	size_t nr_events, room;
	struct policy_marks marks;
	uint64_t violations;
	bool open;
};

static struct recorder recorder = {.mutex = PTHREAD_MUTEX_INITIALIZER};
static struct poolscope_pool *const the_pool = (struct poolscope_pool *)&recorder;
static bool pool_was_opened;

/* Sees each event as it is said; for programs with one thread. */
static void (*rec_watch)(const struct rec_event *event);

uint32_t poolscope_on = UINT32_MAX;

static void rec_reset(void)
{
	pthread_mutex_lock(&recorder.mutex);
	for (size_t i = 0; i < recorder.nr_events; i++)
		free(recorder.events[i].ids);
	free(recorder.events);
	recorder.events = NULL;
	recorder.nr_events = recorder.room = 0;
	recorder.violations = 0;
	recorder.open = false;
	pool_was_opened = false;
	pthread_mutex_unlock(&recorder.mutex);
}

static void rec_add(struct rec_event event, const uint32_t *ids, uint32_t nr_ids)
{
	pthread_mutex_lock(&recorder.mutex);
	if (recorder.nr_events == recorder.room) {
		recorder.room = recorder.room ? recorder.room * 2 : 4096;
		recorder.events =
			realloc(recorder.events, recorder.room * sizeof(recorder.events[0]));
		if (recorder.events == NULL)
			abort();
	}
	event.nr_ids = nr_ids;
	if (nr_ids > 0) {
		event.ids = malloc(nr_ids * sizeof(*ids));
		if (event.ids == NULL)
			abort();
		memcpy(event.ids, ids, nr_ids * sizeof(*ids));
	}
	recorder.events[recorder.nr_events++] = event;
	if (rec_watch != NULL)
		rec_watch(&event);
	pthread_mutex_unlock(&recorder.mutex);
}

static inline size_t rec_count(enum poolscope_event kind)
{
	size_t n = 0;

	pthread_mutex_lock(&recorder.mutex);
	for (size_t i = 0; i < recorder.nr_events; i++)
		n += recorder.events[i].kind == kind;
	pthread_mutex_unlock(&recorder.mutex);
	return n;
}

/*
 * The n-th event of a kind, or NULL.  A copy, since events may be said meanwhile: it holds until
 * the caller's thread has asked for eight others.
 */
static inline const struct rec_event *rec_find(enum poolscope_event kind, size_t n)
{
	static _Thread_local struct rec_event copies[8];
	static _Thread_local unsigned next;
	const struct rec_event *found = NULL;

	pthread_mutex_lock(&recorder.mutex);
	for (size_t i = 0; i < recorder.nr_events && found == NULL; i++) {
		if (recorder.events[i].kind == kind && n-- == 0) {
			copies[next] = recorder.events[i];
			found = &copies[next];
			next = (next + 1) % 8;
		}
	}
	pthread_mutex_unlock(&recorder.mutex);
	return found;
}

/* --- poolscope.h ------------------------------------------------------------------------------ */

struct poolscope_pool *poolscope_pool_open(const char *name, unsigned generation,
					   uint32_t buffer_bytes, const struct poolscope_marks *m)
{
	recorder.marks = (struct policy_marks){m->base,	       m->block,	m->low,
					       m->high,	       m->limit,	m->reserve,
					       m->max_pending, m->shrink_ticks, m->probe_ticks};
	recorder.open = true;
	pool_was_opened = true;
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_POOL_OPEN}, NULL, 0);
	return the_pool;
}

struct poolscope_pool *poolscope_pool_last(void)
{
	return pool_was_opened ? the_pool : NULL;
}

void poolscope_pool_close(struct poolscope_pool *pool, const struct poolscope_totals *totals,
			  uint32_t live_blocks, uint32_t live_buffers)
{
	recorder.open = false;
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_POOL_CLOSE,
				   .totals = *totals,
				   .block = live_blocks,
				   .buffers = live_buffers},
		NULL, 0);
}

void poolscope_tick(struct poolscope_pool *pool, const struct poolscope_state *s)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_TICK,
				   .available = s->available,
				   .total = s->total,
				   .pending = s->pending,
				   .on = s->running,
				   .totals = s->totals},
		NULL, 0);
}

void poolscope_emit_alloc_request(struct poolscope_pool *pool, uint64_t request,
				  uint32_t length_bytes, bool cached, uint8_t irql,
				  uint32_t available, uint32_t total, uint32_t pending)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_ALLOC_REQUEST,
				   .request = request,
				   .length = length_bytes,
				   .irql = irql,
				   .available = available,
				   .total = total,
				   .pending = pending,
				   .on = cached},
		NULL, 0);
}

void poolscope_emit_alloc_refused(struct poolscope_pool *pool, uint64_t request, uint32_t status)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_ALLOC_REFUSED,
				   .request = request,
				   .status = status},
		NULL, 0);
}

void poolscope_emit_alloc_complete(struct poolscope_pool *pool, uint64_t request, uint32_t block,
				   const void *va, uint64_t pa, uint32_t length_bytes, uint8_t irql,
				   enum poolscope_outcome outcome, uint32_t buffers,
				   uint32_t available)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_ALLOC_COMPLETE,
				   .request = request,
				   .block = block,
				   .va = va,
				   .pa = pa,
				   .length = length_bytes,
				   .irql = irql,
				   .how = (int)outcome,
				   .buffers = buffers,
				   .available = available},
		NULL, 0);
}

void poolscope_emit_block_free(struct poolscope_pool *pool, uint32_t block, const void *va,
			       uint64_t pa, uint32_t length_bytes,
			       enum poolscope_free_reason reason, uint32_t buffers,
			       uint32_t available)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_BLOCK_FREE,
				   .block = block,
				   .va = va,
				   .pa = pa,
				   .length = length_bytes,
				   .how = (int)reason,
				   .buffers = buffers,
				   .available = available},
		NULL, 0);
}

void poolscope_emit_rx_take(struct poolscope_pool *pool, const uint32_t *ids, uint32_t nr_ids,
			    uint16_t frames, uint16_t resources, uint32_t available)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_RX_TAKE,
				   .frames = frames,
				   .resources = resources,
				   .available = available},
		ids, nr_ids);
}

void poolscope_emit_rx_return(struct poolscope_pool *pool, const uint32_t *ids, uint32_t nr_ids,
			      uint32_t available)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_RX_RETURN, .available = available}, ids,
		nr_ids);
}

void poolscope_emit_rx_drop(struct poolscope_pool *pool, uint32_t count,
			    enum poolscope_drop_cause cause)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_RX_DROP,
				   .buffers = count,
				   .how = (int)cause},
		NULL, 0);
}

void poolscope_emit_fallback(struct poolscope_pool *pool, bool on, uint32_t available)
{
	rec_add((struct rec_event){.kind = POOLSCOPE_EV_FALLBACK, .on = on, .available = available},
		NULL, 0);
}

void poolscope_emit_violation(struct poolscope_pool *pool, uint16_t rule, uint64_t object)
{
	pthread_mutex_lock(&recorder.mutex);
	recorder.violations++;
	pthread_mutex_unlock(&recorder.mutex);
}

/* --- identity replay -------------------------------------------------------------------------- */

struct replay {
	struct policy policy;
	bool said_fallback;
	size_t at;
	uint32_t nr_slots;
	bool *live;	/* by slot */
	uint32_t *held; /* by slot */
	uint64_t *age;	/* by slot: number of its completion */
	uint64_t completions;
	uint64_t mismatches;
	char first[200];
};

static void rep_differs(struct replay *r, const char *what)
{
	if (r->mismatches++ == 0)
		snprintf(r->first, sizeof(r->first), "event %zu: %s", r->at, what);
}

static uint32_t rep_slot(const struct replay *r, uint32_t id)
{
	const struct policy_marks *m = &r->policy.marks;

	return id < m->base ? 0 : 1 + (id - m->base) / m->block;
}

/* The next event that the policy has to do with. */
static const struct rec_event *rep_peek(struct replay *r)
{
	for (; r->at < recorder.nr_events; r->at++) {
		const struct rec_event *e = &recorder.events[r->at];

		if (e->kind == POOLSCOPE_EV_RX_DROP || e->kind == POOLSCOPE_EV_POOL_OPEN)
			continue;
		if (e->kind == POOLSCOPE_EV_BLOCK_FREE && e->how != POOLSCOPE_FREE_SHRINK &&
		    e->how != POOLSCOPE_FREE_HALT)
			continue;
		return e;
	}
	return NULL;
}

static const struct rec_event *rep_want(struct replay *r, enum poolscope_event kind,
					const char *what)
{
	const struct rec_event *e = rep_peek(r);

	if (e == NULL || e->kind != kind) {
		rep_differs(r, what);
		return NULL;
	}
	r->at++;
	return e;
}

static void rep_fallback(struct replay *r)
{
	const struct rec_event *e;

	if (r->policy.fallback == r->said_fallback)
		return;
	r->said_fallback = r->policy.fallback;
	e = rep_want(r, POOLSCOPE_EV_FALLBACK, "a fallback event is missing");
	if (e != NULL && e->on != r->said_fallback)
		rep_differs(r, "fallback says the opposite");
}

static void rep_grow(struct replay *r)
{
	while (policy_wants_block(&r->policy)) {
		const struct rec_event *next;

		policy_requested(&r->policy);
		next = rep_want(r, POOLSCOPE_EV_ALLOC_REQUEST, "a request is missing");
		if (next == NULL)
			return;
		if (next->available != policy_available(&r->policy) ||
		    next->total != r->policy.total || next->pending != r->policy.pending)
			rep_differs(r, "a request's numbers differ");
		next = rep_peek(r);
		if (next != NULL && next->kind == POOLSCOPE_EV_ALLOC_REFUSED) {
			r->at++;
			policy_refused(&r->policy);
			rep_fallback(r);
			return;
		}
	}
}

static void rep_probe(struct replay *r)
{
	const struct rec_event *next;

	if (!policy_wants_probe(&r->policy))
		return;
	policy_probed(&r->policy);
	next = rep_want(r, POOLSCOPE_EV_ALLOC_REQUEST, "a probe is missing");
	if (next == NULL)
		return;
	if (next->total + next->pending * r->policy.marks.block > r->policy.marks.limit)
		rep_differs(r, "a probe goes beyond the limit"); /* R27 */
	next = rep_peek(r);
	if (next != NULL && next->kind == POOLSCOPE_EV_ALLOC_REFUSED) {
		r->at++;
		policy_refused(&r->policy);
		rep_fallback(r);
	}
}

static int rep_newest_idle(const struct replay *r)
{
	int best = -1;

	for (uint32_t slot = 1; slot < r->nr_slots; slot++) {
		if (r->live[slot] && r->held[slot] == 0 &&
		    (best < 0 || r->age[slot] > r->age[best]))
			best = (int)slot;
	}
	return best;
}

static void rep_shrink(struct replay *r)
{
	int slot;

	while (policy_wants_free(&r->policy) && (slot = rep_newest_idle(r)) > 0) {
		const struct rec_event *e;

		policy_freed(&r->policy, r->policy.marks.block);
		r->live[slot] = false;
		e = rep_want(r, POOLSCOPE_EV_BLOCK_FREE, "a free is missing");
		if (e == NULL)
			return;
		if ((int)e->block != slot || e->how != POOLSCOPE_FREE_SHRINK)
			rep_differs(r, "another block is freed");
		if (e->available != policy_available(&r->policy))
			rep_differs(r, "a free's available differs");
	}
}

static void rep_complete(struct replay *r, const struct rec_event *e)
{
	enum policy_outcome outcome = e->how == POOLSCOPE_USED ? POLICY_USED
				      : e->how == POOLSCOPE_NULL || e->how == POOLSCOPE_WRAP_FAILED
					      ? POLICY_FAILED
					      : POLICY_DISCARDED;

	if (e->va != NULL && r->policy.running && (e->how == POOLSCOPE_PROBE) != r->policy.probing)
		rep_differs(r, "a probe's block is used, or another is taken for one");
	if (e->how == POOLSCOPE_USED) {
		if (r->live[e->block])
			rep_differs(r, "a live block's number is used again");
		r->live[e->block] = true;
		r->held[e->block] = 0;
		r->age[e->block] = ++r->completions;
	}
	if (e->request == 0)
		policy_base(&r->policy, e->buffers);
	else
		policy_complete(&r->policy, outcome, e->buffers);
}

static void rep_move(struct replay *r, const struct rec_event *e, uint32_t nr, int32_t by)
{
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t slot = rep_slot(r, e->ids[i]);

		if (slot >= r->nr_slots || !r->live[slot])
			rep_differs(r, "a buffer of a block that is not live");
		else
			r->held[slot] += (uint32_t)by;
	}
}

static uint32_t rep_take(struct replay *r, const struct rec_event *e)
{
	if (e->frames == e->nr_ids)
		return policy_take(&r->policy, e->nr_ids);
	if (e->frames != 1)
		rep_differs(r, "a take of neither one frame nor one a buffer");
	return policy_take_frame(&r->policy, e->nr_ids) ? e->nr_ids : 0;
}

static void rep_event(struct replay *r, const struct rec_event *e)
{
	switch (e->kind) {
	case POOLSCOPE_EV_ALLOC_COMPLETE:
		rep_complete(r, e);
		break;
	case POOLSCOPE_EV_RX_TAKE:
		if (rep_take(r, e) != e->resources)
			rep_differs(r, "another number of RESOURCES buffers");
		rep_move(r, e, e->nr_ids - e->resources, 1);
		break;
	case POOLSCOPE_EV_RX_RETURN:
		rep_move(r, e, e->nr_ids, -1);
		policy_return(&r->policy, e->nr_ids);
		break;
	case POOLSCOPE_EV_TICK:
		policy_set_running(&r->policy, e->on);
		policy_tick(&r->policy);
		break;
	case POOLSCOPE_EV_BLOCK_FREE: /* at halt */
		policy_freed(&r->policy, e->buffers);
		break;
	case POOLSCOPE_EV_POOL_CLOSE:
		return;
	default:
		rep_differs(r, "an action that the policy did not ask for");
		return;
	}
	if (e->available != policy_available(&r->policy))
		rep_differs(r, "available differs");
	if (r->policy.total > r->policy.marks.limit)
		rep_differs(r, "the limit is exceeded"); /* R27 */
	rep_fallback(r);
	rep_grow(r);
	rep_shrink(r);
	rep_probe(r);
}

/* Returns: mismatches; the first one in words. */
static inline uint64_t rec_replay(char first[200])
{
	const struct policy_marks *m = &recorder.marks;
	struct replay r = {.nr_slots = 2 + (m->limit - m->base) / m->block};
	const struct rec_event *e;

	policy_init(&r.policy, m);
	r.live = calloc(r.nr_slots, sizeof(*r.live));
	r.held = calloc(r.nr_slots, sizeof(*r.held));
	r.age = calloc(r.nr_slots, sizeof(*r.age));
	while ((e = rep_peek(&r)) != NULL) {
		r.at++;
		rep_event(&r, e);
	}
	free(r.live);
	free(r.held);
	free(r.age);
	memcpy(first, r.first, sizeof(r.first));
	return r.mismatches;
}

#endif
