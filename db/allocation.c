/* SPDX-License-Identifier: MIT */
#include "db/allocation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add(struct allocations *a, int64_t *next_id, struct allocation **out)
{
	struct allocation *row;

	if (a->nr == a->room) {
		size_t room = a->room ? a->room * 2 : 64;
		struct allocation *grown = realloc(a->rows, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		a->rows = grown;
		a->room = room;
	}
	row = &a->rows[a->nr++];
	*row = (struct allocation){.id = (*next_id)++,
				   .request = UINT64_MAX,
				   .outcome = ALLOCATION_UNKNOWN,
				   .reason = ALLOCATION_UNKNOWN,
				   .changed = true};
	*out = row;
	return 0;
}

static bool is_live(const struct allocation *row)
{
	return row->completed_ns && !row->over;
}

/* The newest match: numbers of requests are unique, those of blocks are used again. */
static struct allocation *find_request(struct allocations *a, uint64_t request)
{
	for (size_t i = a->nr; i-- > 0;)
		if (a->rows[i].request == request && !a->rows[i].completed_ns)
			return &a->rows[i];
	return NULL;
}

/* Memory that never joined the pool has no number of its own: its reason tells it from a block. */
static bool reason_fits(const struct allocation *row, uint8_t reason)
{
	bool joined = reason == POOL_FREE_SHRINK || reason == POOL_FREE_HALT;

	return (row->outcome == POOL_OUTCOME_USED) == joined;
}

/* Blocks of one number are told apart by their addresses, where the record has them right. */
static struct allocation *find_block(struct allocations *a, const struct pool_event *e)
{
	struct allocation *found = NULL;

	for (size_t i = a->nr; i-- > 0;) {
		struct allocation *row = &a->rows[i];

		if (!is_live(row) || row->block != e->u.free.block ||
		    !reason_fits(row, e->u.free.reason))
			continue;
		if (row->va == e->u.free.va)
			return row;
		if (!found)
			found = row;
	}
	return found;
}

static int request(struct allocations *a, const struct pool_event *e, int64_t *next_id)
{
	struct allocation *row;

	if (add(a, next_id, &row))
		return -ENOMEM;
	row->request = e->u.request.request;
	row->requested_ns = e->ts_ns;
	row->length_bytes = e->u.request.length_bytes;
	return 0;
}

static int find_or_add(struct allocations *a, uint64_t number, int64_t *next_id,
		       struct allocation **out)
{
	*out = number ? find_request(a, number) : NULL;
	if (!*out && add(a, next_id, out))
		return -ENOMEM;
	(*out)->request = number;
	(*out)->changed = true;
	return 0;
}

static int refused(struct allocations *a, const struct pool_event *e, int64_t *next_id)
{
	struct allocation *row;

	if (find_or_add(a, e->u.refused.request, next_id, &row))
		return -ENOMEM;
	row->completed_ns = e->ts_ns;
	row->outcome = ALLOCATION_REFUSED;
	row->over = true;
	return 0;
}

static int complete(struct allocations *a, const struct pool_event *e, int64_t *next_id,
		    int64_t *lead_ns)
{
	struct allocation *row;

	if (find_or_add(a, e->u.complete.request, next_id, &row))
		return -ENOMEM;
	row->completed_ns = e->ts_ns;
	row->outcome = e->u.complete.outcome;
	row->block = e->u.complete.block;
	row->va = e->u.complete.va;
	row->length_bytes = e->u.complete.length_bytes;
	row->buffers = e->u.complete.buffers;
	row->over = row->outcome == POOL_OUTCOME_NULL;
	if (row->requested_ns)
		*lead_ns = e->ts_ns > row->requested_ns ? e->ts_ns - row->requested_ns : 0;
	return 0;
}

static int freed(struct allocations *a, const struct pool_event *e, int64_t *next_id)
{
	struct allocation *row = find_block(a, e);

	if (!row) {
		if (add(a, next_id, &row))
			return -ENOMEM;
		row->block = e->u.free.block;
		row->length_bytes = e->u.free.length_bytes;
		row->buffers = e->u.free.buffers;
	}
	row->freed_ns = e->ts_ns;
	row->reason = e->u.free.reason;
	row->changed = row->over = true;
	return 0;
}

int allocations_event(struct allocations *a, const struct pool_event *event, int64_t *next_id,
		      int64_t *lead_ns)
{
	*lead_ns = -1;
	switch (event->kind) {
	case POOL_EVENT_ALLOC_REQUEST:
		return request(a, event, next_id);
	case POOL_EVENT_ALLOC_REFUSED:
		return refused(a, event, next_id);
	case POOL_EVENT_ALLOC_COMPLETE:
		return complete(a, event, next_id, lead_ns);
	case POOL_EVENT_BLOCK_FREE:
		return freed(a, event, next_id);
	default:
		return 0;
	}
}

void allocations_sweep(struct allocations *a, void (*emit)(const struct allocation *, void *ctx),
		       void *ctx)
{
	size_t excess = a->nr > ALLOCATIONS_MAX ? a->nr - ALLOCATIONS_MAX : 0;
	size_t kept = 0;

	for (size_t i = 0; i < a->nr; i++) {
		struct allocation *row = &a->rows[i];

		if (row->changed)
			emit(row, ctx);
		row->changed = false;
		if (!row->over && i >= excess)
			a->rows[kept++] = *row;
	}
	a->nr = kept;
}

void allocations_release(struct allocations *a)
{
	free(a->rows);
	*a = (struct allocations){0};
}
