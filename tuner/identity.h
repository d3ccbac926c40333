/* SPDX-License-Identifier: MIT */
#ifndef TUNER_IDENTITY_H
#define TUNER_IDENTITY_H
/*
 * Identity replay: one pool's recorded events through the policy.  The events that happen to a pool
 * (take, return, completion, refusal, tick) are told to the same object code that the driver runs;
 * what the policy then decides must be what the record says next:
 *
 *	fallback, when its state changed | alloc_request, while it wants a block
 *	| block_free with reason shrink, of the newest dynamic block that is all home
 *
 * and the RESOURCES count of each rx_take must be the policy's.  0 mismatches says at once that the
 * driver does what the policy says, that the record is whole, and that a what-if may trust both.
 *
 * What cannot be known is not judged: nothing after a loss or before a late join until the next
 *tick, which says the pool's state; frees until it is known again which blocks there are and who
 *holds their buffers, and how long ago the last shortage was; and nothing at all in a recording
 *without receive events, or of a pool whose marks are unknown.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/pool_event.h"

struct identity;

struct identity_verdict {
	uint64_t checked;    /* decisions compared: takes, requests, frees, fallback changes */
	uint64_t mismatches; /* of them wrong, missing, or not the policy's */
	uint64_t unchecked;  /* frees that could not be judged */
	int64_t first_mismatch_ns;
};

struct identity *identity_open(void); /* NULL: out of memory */
void identity_close(struct identity *id);

/* The pool's next event in seq order; contiguous is false when events before it are missing. */
void identity_feed(struct identity *id, const struct pool_event *event, bool contiguous);

/* The verdict so far; all 0 while it is unknown. */
struct identity_verdict identity_verdict(const struct identity *id);

#endif
