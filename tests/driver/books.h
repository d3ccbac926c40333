/* SPDX-License-Identifier: MIT */
#ifndef BOOKS_H
#define BOOKS_H
/*
 * A pool's books, kept from its events alone: after each event all sums must come out.  Rules
 * R57-R64, and with them the limit (R27), the marks (R28, R29), and whose a buffer is (R45, R61).
 *
 * Header only, as recorder.h.  Events are those of one pool, in order.
 */
#include <stdarg.h>

#include "tests/driver/recorder.h"

#define BOOKS_IDS   65536
#define BOOKS_SLOTS 4096

struct books {
	struct policy_marks marks;
	struct poolscope_totals totals;
	uint64_t used, wrap_failed, over_limit, late, probe; /* completions with memory */
	uint64_t blocks_allocated, blocks_freed, blocks_live;
	uint64_t bytes_live, bytes_pending, bytes_base, bytes_limit, bytes_peak;
	uint64_t samples; /* of lead times */
	uint64_t pending, total, held;
	uint64_t shrunk, low_requests, probes;
	uint64_t available; /* after the last event */
	bool several;	    /* there was a frame in several buffers */
	struct {
		uint64_t buffers, length;
		bool live, joined;
	} slots[BOOKS_SLOTS];
	uint64_t waiting[64]; /* request numbers that are pending */
	bool held_ids[BOOKS_IDS];
	uint64_t nr_events;
	char wrong[200]; /* the first thing that does not come out */
};

static void books_wrong(struct books *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void books_wrong(struct books *b, const char *format, ...)
{
	va_list args;
	int at;

	if (b->wrong[0] != '\0')
		return;
	at = snprintf(b->wrong, sizeof(b->wrong), "event %llu: ", (unsigned long long)b->nr_events);
	va_start(args, format);
	vsnprintf(b->wrong + at, sizeof(b->wrong) - (size_t)at, format, args);
	va_end(args);
}

#define books_must(b, condition, rule)                                                             \
	do {                                                                                       \
		if (!(condition))                                                                  \
			books_wrong(b, "%s: not %s", rule, #condition);                            \
	} while (0)

static void books_open(struct books *b, const struct policy_marks *marks)
{
	memset(b, 0, sizeof(*b));
	b->marks = *marks;
}

/* --- requests --------------------------------------------------------------------------------- */

static void books_request(struct books *b, const struct rec_event *e)
{
	uint64_t slot = 0;

	b->totals.requested++;
	books_must(b, e->request == b->totals.requested, "R57");
	books_must(b, b->pending < b->marks.max_pending, "R27");
	/* A request without a low event is none that the receive path may make, but a probe. */
	b->low_requests += e->available <= b->marks.low;
	b->probes += e->available > b->marks.low;
	books_must(b, b->totals.requested == b->low_requests + b->probes, "R64");
	books_must(b, b->probes == 0 || b->marks.probe_ticks != 0, "R64");
	while (slot < 63 && b->waiting[slot] != 0)
		slot++;
	books_must(b, b->waiting[slot] == 0, "R57");
	b->waiting[slot] = e->request;
	b->pending++;
	b->bytes_pending += e->length;
	b->bytes_limit = b->bytes_base +
			 (uint64_t)(b->marks.limit - b->marks.base) / b->marks.block * e->length;
	books_must(b, e->pending == b->pending && e->total == b->total, "R57");
	books_must(b, b->total + b->marks.block * b->pending <= b->marks.limit, "R27");
}

/* A request ends: it must have been pending, and is so no more. */
static void books_settle(struct books *b, uint64_t request, uint32_t length)
{
	for (int i = 0; i < 64; i++) {
		if (b->waiting[i] == request) {
			b->waiting[i] = 0;
			b->pending--;
			b->bytes_pending -= length;
			return;
		}
	}
	books_wrong(b, "R63: request %llu ends and was not pending", (unsigned long long)request);
}

static void books_refused(struct books *b, const struct rec_event *e, uint32_t length)
{
	b->totals.refused++;
	books_settle(b, e->request, length);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void books_block_comes(struct books *b, const struct rec_event *e)
{
	books_must(b, e->block < BOOKS_SLOTS, "R58");
	if (e->block >= BOOKS_SLOTS)
		return;
	books_must(b, !b->slots[e->block].live, "R58");
	b->slots[e->block].live = true;
	b->slots[e->block].joined = e->how == POOLSCOPE_USED;
	b->slots[e->block].length = e->length;
	b->slots[e->block].buffers = e->buffers;
	b->blocks_allocated++;
	b->blocks_live++;
	b->bytes_live += e->length;
	if (b->bytes_live > b->bytes_peak)
		b->bytes_peak = b->bytes_live;
	b->total += e->buffers;
}

static void books_complete(struct books *b, const struct rec_event *e)
{
	if (e->request == 0) {
		books_must(b, e->block == 0 && e->how == POOLSCOPE_USED, "R34");
		b->bytes_base = e->length;
		b->bytes_limit = e->length;
		books_block_comes(b, e);
		return;
	}
	books_settle(b, e->request, e->length);
	b->samples++;
	if (e->how == POOLSCOPE_NULL) {
		b->totals.failed++;
		books_must(b, e->va == NULL && e->buffers == 0, "R57");
		return;
	}
	b->totals.completed++;
	b->used += e->how == POOLSCOPE_USED;
	b->wrap_failed += e->how == POOLSCOPE_WRAP_FAILED;
	b->over_limit += e->how == POOLSCOPE_OVER_LIMIT;
	b->late += e->how == POOLSCOPE_LATE;
	b->probe += e->how == POOLSCOPE_PROBE;
	books_must(b, b->probe <= b->probes, "R62");
	books_must(b, (e->buffers != 0) == (e->how == POOLSCOPE_USED), "R62");
	books_block_comes(b, e);
}

static void books_free(struct books *b, const struct rec_event *e)
{
	books_must(b, e->block < BOOKS_SLOTS && b->slots[e->block].live, "R21");
	if (e->block >= BOOKS_SLOTS || !b->slots[e->block].live)
		return;
	books_must(b, b->slots[e->block].length == e->length, "R20");
	books_must(b, b->slots[e->block].buffers == e->buffers, "R35");
	if (e->how == POOLSCOPE_FREE_SHRINK) {
		b->shrunk++;
		books_must(b, e->block != 0, "R34");
		books_must(b, b->available >= b->marks.high, "R29");
	}
	if (e->block != 0)
		b->totals.freed++;
	else
		books_must(b, e->how == POOLSCOPE_FREE_HALT && b->blocks_live == 1, "R34");
	b->slots[e->block].live = false;
	b->blocks_freed++;
	b->blocks_live--;
	b->bytes_live -= e->length;
	b->total -= e->buffers;
}

/* --- buffers ---------------------------------------------------------------------------------- */

static bool books_id_is_live(const struct books *b, uint32_t id)
{
	uint32_t slot = id < b->marks.base ? 0 : 1 + (id - b->marks.base) / b->marks.block;

	return id < BOOKS_IDS && slot < BOOKS_SLOTS && b->slots[slot].live && b->slots[slot].joined;
}

static void books_move(struct books *b, const struct rec_event *e, uint32_t first, uint32_t end,
		       bool to_stack)
{
	for (uint32_t i = first; i < end; i++) {
		uint32_t id = e->ids[i];

		books_must(b, books_id_is_live(b, id), "R35");
		if (id >= BOOKS_IDS)
			continue;
		books_must(b, b->held_ids[id] != to_stack, "R45, R61");
		b->held_ids[id] = to_stack;
	}
	if (to_stack)
		b->held += end - first;
	else
		b->held -= end - first;
}

static void books_take(struct books *b, const struct rec_event *e)
{
	books_must(b, e->nr_ids > 0 && e->resources <= e->nr_ids, "R61");
	books_move(b, e, 0, e->nr_ids - e->resources, true);
	for (uint32_t i = e->nr_ids - e->resources; i < e->nr_ids; i++)
		books_must(b, books_id_is_live(b, e->ids[i]) && !b->held_ids[e->ids[i]], "R44");
	b->several |= e->frames != e->nr_ids;
	b->totals.taken += e->nr_ids;
	b->totals.resources += e->resources;
	/* What is kept back is kept back: the reserve is not given away. */
	books_must(b, e->resources == e->nr_ids || e->available >= b->marks.reserve, "R40");
}

static void books_return(struct books *b, const struct rec_event *e)
{
	books_move(b, e, 0, e->nr_ids, false);
	b->totals.returned += e->nr_ids;
}

/* --- after every event ------------------------------------------------------------------------ */

static void books_tick(struct books *b, const struct rec_event *e)
{
	books_must(b, memcmp(&e->totals, &b->totals, sizeof(b->totals)) == 0, "R57");
	books_must(b, e->total == b->total && e->pending == b->pending, "R57");
}

static void books_sums(struct books *b, const struct rec_event *e)
{
	const struct poolscope_totals *t = &b->totals;
	bool has_available =
		e->kind != POOLSCOPE_EV_RX_DROP && e->kind != POOLSCOPE_EV_ALLOC_REFUSED &&
		e->kind != POOLSCOPE_EV_POOL_OPEN && e->kind != POOLSCOPE_EV_POOL_CLOSE;

	books_must(b, t->requested == t->refused + b->pending + t->completed + t->failed, "R57");
	books_must(b, b->blocks_allocated == b->blocks_live + b->blocks_freed, "R58");
	books_must(b, b->bytes_live + b->bytes_pending <= b->bytes_limit, "R59");
	books_must(b, b->bytes_peak >= b->bytes_live, "R59");
	if (has_available) {
		books_must(b, b->total == e->available + b->held, "R60");
		b->available = e->available;
	}
	books_must(b, t->taken - t->resources == t->returned + b->held, "R61");
	books_must(b, t->completed == b->used + b->wrap_failed + b->over_limit + b->late + b->probe,
		   "R62");
	books_must(b, b->samples == t->completed + t->failed, "R63");
	books_must(b, b->shrunk <= t->completed, "R64");
}

/* block_bytes: what a request asks for; its refusal does not say it again. */
static void books_event(struct books *b, const struct rec_event *e, uint32_t block_bytes)
{
	switch (e->kind) {
	case POOLSCOPE_EV_ALLOC_REQUEST:
		books_request(b, e);
		break;
	case POOLSCOPE_EV_ALLOC_REFUSED:
		books_refused(b, e, block_bytes);
		break;
	case POOLSCOPE_EV_ALLOC_COMPLETE:
		books_complete(b, e);
		break;
	case POOLSCOPE_EV_BLOCK_FREE:
		books_free(b, e);
		break;
	case POOLSCOPE_EV_RX_TAKE:
		books_take(b, e);
		break;
	case POOLSCOPE_EV_RX_RETURN:
		books_return(b, e);
		break;
	case POOLSCOPE_EV_RX_DROP:
		b->totals.dropped += e->buffers;
		break;
	case POOLSCOPE_EV_TICK:
		books_tick(b, e);
		break;
	case POOLSCOPE_EV_POOL_CLOSE:
		books_must(b, memcmp(&e->totals, &b->totals, sizeof(b->totals)) == 0, "R57");
		books_must(b, b->blocks_live == 0 && b->bytes_live == 0 && b->pending == 0, "R50");
		books_must(b, b->total == 0 && b->held == 0, "R50");
		break;
	default:
		break;
	}
	books_sums(b, e);
	b->nr_events++;
}

#endif
