/* SPDX-License-Identifier: MIT */
#ifndef DB_ALLOCATION_H
#define DB_ALLOCATION_H
/*
 * The allocations of a pool that are not over: requests in flight and live blocks.  Each is a row
 * of table alloc, written when it changed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/pool_event.h"

#define ALLOCATION_REFUSED (-1) /* beside enum pool_outcome */
#define ALLOCATION_UNKNOWN (-2) /* not over, or its end is not in the record */
/* Most that are followed; beyond, the oldest is taken as lost from sight. */
#define ALLOCATIONS_MAX 16384

struct allocation {
	int64_t id;				      /* the row */
	uint64_t request;			      /* UINT64_MAX: not in the record */
	int64_t requested_ns, completed_ns, freed_ns; /* 0: not (yet) */
	uint64_t va;
	uint32_t block, length_bytes, buffers;
	int outcome, reason; /* ALLOCATION_UNKNOWN: not (yet) */
	bool changed, over;
};

struct allocations {
	struct allocation *rows; /* in order of id */
	size_t nr, room;
};

/*
 * Takes an event of kind alloc_* or block_free into account.
 *	next_id  the row number that a new allocation gets; goes up
 *	lead_ns  set to the request's lead time when the event completes one that was seen, else -1
 * Returns: 0 or -ENOMEM.
 */
int allocations_event(struct allocations *a, const struct pool_event *event, int64_t *next_id,
		      int64_t *lead_ns);

/* Gives away what changed since the last call, and forgets what is over. */
void allocations_sweep(struct allocations *a, void (*emit)(const struct allocation *, void *ctx),
		       void *ctx);
void allocations_release(struct allocations *a);

#endif
