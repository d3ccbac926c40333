/* SPDX-License-Identifier: MIT */
#ifndef NDIS_AUTOPOOL_H
#define NDIS_AUTOPOOL_H
/*
 * The pool that the host keeps for an adapter whose miniport registers none of its own, so that its
 * shared memory is recorded without a line of instrumentation.
 *
 * What the host cannot know is POOLSCOPE_UNKNOWN in the events: the marks, the room in a buffer,
 *how many buffers a block has, and with that available and total.  What it sees is said: requests,
 * refusals, completions, frees, frames that go up and come back, and the device's drop counters.
 *
 *	block    0 for memory allocated at initialise (there may be several, told apart by va); the
 *	         others have the lowest number that is free, from 1 on
 *	outcome  used, or null
 *	reason   halt while the adapter is initialized or halted, shrink at any other time
 *	ids      a number a frame, from its indication to its return; the newest free one is taken
 *
 * Whether there is such a pool is decided when the miniport makes its first asynchronous request or
 * its initialize function returns, whichever is first: a driver that says its own requests has
 * opened its pool before the first of them.  What was said until then is kept back, and said in its
 * order when the pool is opened.  Only memory allocated at initialise is said late by that, and
 *only by the time that initialise takes; lead times are never touched.
 *
 * Thread: any, unless a function says otherwise.  Each call costs one load where there is no pool.
 */
#include <stdbool.h>
#include <stdint.h>

struct autopool; /* opaque */
struct ndis_adapter;
struct shared_block;

/* Returns: NULL when memory is out, which every function below accepts: there is no pool then. */
struct autopool *autopool_open(struct ndis_adapter *adapter);
void autopool_close(struct autopool *pool);

/* Before and after the initialize function.  Thread: the one that it runs on. */
void autopool_begin(struct autopool *pool);
void autopool_decide(struct autopool *pool);
/* The adapter's states: says a tick. */
void autopool_set_running(struct autopool *pool, bool running);
/* After the halt function, or a failed initialize: says pool_close, with what is still live. */
void autopool_end(struct autopool *pool);

void autopool_base(struct autopool *pool, struct shared_block *block);
/* Returns: the request's number, for the calls that follow it. */
uint64_t autopool_request(struct autopool *pool, uint32_t length_bytes, bool cached);
void autopool_refused(struct autopool *pool, uint64_t request, uint32_t status);
/* block NULL: without memory.  irql: of the callback. */
void autopool_complete(struct autopool *pool, uint64_t request, struct shared_block *block,
		       uint32_t length_bytes, uint8_t irql);
void autopool_free(struct autopool *pool, const struct shared_block *block);

/* n frames are about to be indicated; writes the number of each.  All or none are RESOURCES. */
void autopool_take(struct autopool *pool, uint32_t *ids, uint32_t n, bool resources);
void autopool_return(struct autopool *pool, const uint32_t *ids, uint32_t n);

#endif
