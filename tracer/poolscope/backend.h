/* SPDX-License-Identifier: MIT */
#ifndef POOLSCOPE_BACKEND_H
#define POOLSCOPE_BACKEND_H
/*
 * Where pool events go in place of LTTng, when a program wants them elsewhere: the same events,
 * with the same pool numbers, seq and order.  While none is attached nothing is spent on it:
 * poolscope_on says so in the one look that every call takes.
 */
#include "tracer/poolscope.h"

/* What alloc_complete and block_free say. */
struct poolscope_memory_args {
	uint64_t request, va, pa;
	uint32_t block, length_bytes, buffers, available;
	uint8_t irql, outcome, reason;
};

/*
 * One function an event, with what its tracepoint has (docs/events.md); pointers lead to memory of
 * the caller's.
 * Thread: any; for one pool one at a time, in the order of seq, under the pool's lock.
 */
struct poolscope_backend {
	void (*pool_open)(void *ctx, uint32_t pool, uint64_t seq, const char *name,
			  uint8_t generation, uint32_t buffer_bytes,
			  const struct poolscope_marks *marks);
	void (*tick)(void *ctx, uint32_t pool, uint64_t seq, const struct poolscope_state *state);
	void (*alloc_request)(void *ctx, uint32_t pool, uint64_t seq, uint64_t request,
			      uint32_t length_bytes, uint8_t cached, uint8_t irql,
			      uint32_t available, uint32_t total, uint32_t pending);
	void (*alloc_refused)(void *ctx, uint32_t pool, uint64_t seq, uint64_t request,
			      uint32_t status);
	void (*alloc_complete)(void *ctx, uint32_t pool, uint64_t seq,
			       const struct poolscope_memory_args *memory);
	void (*block_free)(void *ctx, uint32_t pool, uint64_t seq,
			   const struct poolscope_memory_args *memory);
	void (*rx_take)(void *ctx, uint32_t pool, uint64_t seq, const uint32_t *ids,
			uint32_t nr_ids, uint16_t frames, uint16_t resources, uint32_t available);
	void (*rx_return)(void *ctx, uint32_t pool, uint64_t seq, const uint32_t *ids,
			  uint32_t nr_ids, uint32_t available);
	void (*rx_drop)(void *ctx, uint32_t pool, uint64_t seq, uint32_t count, uint8_t cause);
	void (*fallback)(void *ctx, uint32_t pool, uint64_t seq, uint8_t on, uint32_t available);
	void (*violation)(void *ctx, uint32_t pool, uint64_t seq, uint16_t rule, uint64_t object);
	void (*pool_close)(void *ctx, uint32_t pool, uint64_t seq,
			   const struct poolscope_totals *totals, uint32_t live_blocks,
			   uint32_t live_buffers);
};

/*
 * Pools that are opened from now on say their events to backend, all of them, and nothing to LTTng;
 * their numbers count from 0.  There is one back end at a time.
 * Owns:    backend and ctx stay the caller's, until poolscope_detach().
 */
void poolscope_attach(const struct poolscope_backend *backend, void *ctx);
/* No call comes any more; pools that are still open say nothing from here on. */
void poolscope_detach(void);

#endif
