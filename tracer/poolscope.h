/* SPDX-License-Identifier: MIT */
#ifndef POOLSCOPE_H
#define POOLSCOPE_H
/*
 * Poolscope's instrumentation API: one call per pool event, for any driver, with or without NDIS.
 *
 *	#include "poolscope.h"          link with -lpoolscope (which needs liblttng-ust)
 *
 *	pool = poolscope_pool_open("rx0", 0, 2048, &marks);
 *	...under the pool's own lock...
 *	poolscope_alloc_request(pool, ...);   // just before asking for memory
 *	poolscope_rx_take(pool, ids, n, ...); // buffers go to the stack
 *	poolscope_tick(pool, &state);         // ten times a second
 *	poolscope_pool_close(pool, ...);
 *
 * Rules that hold for every call:
 *
 *	Thread:  any, at any IRQL; calls for one pool must be serialised by the caller, in the order
 *	         in which things happened: call under the lock that guards the pool.  The call gives
 *	         the event its `seq`, so the order of calls is the order of the record.
 *	         poolscope_violation() alone may come from any thread without that lock.
 *	Owns:    nothing passed in is kept; arrays and strings are read before the call returns.
 *	Errors:  none.  An event that cannot be stored is counted by LTTng and seen as a gap in
 *`seq`. Cost:    with tracing off one load and one branch; the arguments must be cheap and free of
 *	         side effects, they are evaluated either way.
 *
 * `available` is always the value after the event.  docs/events.md describes each event.
 *
 * Tracing switched on or off while the program runs takes effect at the next tick, for all events
 * of a pool at once: a late recording begins with a tick that says the pool's whole state.
 */
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * In any field of 32 bits: not known.  For a layer under a driver that sees requests and frames but
 * not the driver's thresholds or buffers; a pool whose marks are unknown has no policy to judge.
 * Databases hold NULL for it.
 */
#define POOLSCOPE_UNKNOWN UINT32_MAX

struct poolscope_pool; /* opaque; one per pool, from poolscope_pool_open() */

/* The watermarks in force; in buffers, but max_pending in requests and shrink_ticks in ticks. */
struct poolscope_marks {
	uint32_t base, block, low, high, limit, reserve, max_pending, shrink_ticks;
	uint32_t probe_ticks; /* ticks without need before a lead probe; 0: no probes */
};

/* Running totals since the pool was opened, kept by the driver whether or not it is traced. */
struct poolscope_totals {
	uint64_t requested; /* requests made */
	uint64_t refused;   /* of them not accepted */
	uint64_t completed; /* callbacks with memory */
	uint64_t failed;    /* callbacks without */
	uint64_t freed;	    /* dynamic blocks freed */
	uint64_t taken;	    /* buffers indicated, RESOURCES ones included */
	uint64_t returned;  /* buffers that came back through the return path */
	uint64_t resources; /* buffers indicated RESOURCES; held = taken - resources - returned */
	uint64_t dropped;   /* frames the device had no descriptor for */
};

struct poolscope_state {
	uint32_t available, total; /* buffers */
	uint32_t pending;	   /* requests */
	bool fallback;		   /* the RESOURCES state is on */
	bool running; /* the policy may request and free: not pausing, paused or halting */
	struct poolscope_totals totals;
	struct poolscope_marks marks;
};

enum poolscope_outcome {
	POOLSCOPE_USED,	       /* the memory joined the pool */
	POOLSCOPE_NULL,	       /* the callback brought no memory */
	POOLSCOPE_WRAP_FAILED, /* memory, but no descriptors for it: given back */
	POOLSCOPE_OVER_LIMIT,  /* memory beyond the limit: given back */
	POOLSCOPE_LATE,	       /* memory after the pool began to halt: given back */
	POOLSCOPE_PROBE,       /* memory of a lead probe: given back */
};

enum poolscope_free_reason {
	POOLSCOPE_FREE_SHRINK,
	POOLSCOPE_FREE_HALT,
	POOLSCOPE_FREE_LATE,
	POOLSCOPE_FREE_OVER_LIMIT,
	POOLSCOPE_FREE_WRAP_FAILED,
	POOLSCOPE_FREE_PROBE,
};

enum poolscope_drop_cause {
	POOLSCOPE_DROP_NO_DESCRIPTOR, /* the receive ring was empty */
	POOLSCOPE_DROP_FIFO,	      /* the device's own buffer overran */
};

/* One bit an event in poolscope_on. */
enum poolscope_event {
	POOLSCOPE_EV_POOL_OPEN,
	POOLSCOPE_EV_TICK,
	POOLSCOPE_EV_ALLOC_REQUEST,
	POOLSCOPE_EV_ALLOC_REFUSED,
	POOLSCOPE_EV_ALLOC_COMPLETE,
	POOLSCOPE_EV_BLOCK_FREE,
	POOLSCOPE_EV_RX_TAKE,
	POOLSCOPE_EV_RX_RETURN,
	POOLSCOPE_EV_RX_DROP,
	POOLSCOPE_EV_FALLBACK,
	POOLSCOPE_EV_VIOLATION,
	POOLSCOPE_EV_POOL_CLOSE,
};

/* Which events are wanted; written by the library alone, at pool_open and at ticks. */
extern uint32_t poolscope_on;

/*
 * The whole cost of a call while tracing is off.  With POOLSCOPE_NONE defined, all calls but open,
 * tick and close are left out of the program.
 */
static inline bool poolscope_wants(enum poolscope_event ev)
{
#ifdef POOLSCOPE_NONE
	return false;
#else
	return __builtin_expect(__atomic_load_n(&poolscope_on, __ATOMIC_RELAXED) & (1u << ev), 0);
#endif
}

/*
 * Registers a pool and says pool_open.
 *
 *	name          shown to people, at most 63 bytes are kept
 *	generation    5 or 6 for NDIS, 0 for any other driver
 *	buffer_bytes  room in one buffer
 *
 * Owns:    the caller gets the pool and gives it to poolscope_pool_close().
 * Returns: the pool, or NULL when memory is out; every other call accepts NULL and does nothing.
 */
struct poolscope_pool *poolscope_pool_open(const char *name, unsigned generation,
					   uint32_t buffer_bytes,
					   const struct poolscope_marks *marks);

/*
 * The pool that the calling thread opened last, or NULL.  For a layer under the driver that wants
 * to report a broken rule on the driver's pool.  Stays usable for poolscope_violation() after the
 * pool's close, until the program ends.
 */
struct poolscope_pool *poolscope_pool_last(void);

/* Says pool_close, after the last block is freed.  The caller may not use the pool afterwards. */
void poolscope_pool_close(struct poolscope_pool *pool, const struct poolscope_totals *totals,
			  uint32_t live_blocks, uint32_t live_buffers);

/* The heartbeat: ten times a second, and whenever `running` or the marks change. */
void poolscope_tick(struct poolscope_pool *pool, const struct poolscope_state *state);

/* Behind the inline calls; not for direct use. */
void poolscope_emit_alloc_request(struct poolscope_pool *pool, uint64_t request,
				  uint32_t length_bytes, bool cached, uint8_t irql,
				  uint32_t available, uint32_t total, uint32_t pending);
void poolscope_emit_alloc_refused(struct poolscope_pool *pool, uint64_t request, uint32_t status);
void poolscope_emit_alloc_complete(struct poolscope_pool *pool, uint64_t request, uint32_t block,
				   const void *va, uint64_t pa, uint32_t length_bytes, uint8_t irql,
				   enum poolscope_outcome outcome, uint32_t buffers,
				   uint32_t available);
void poolscope_emit_block_free(struct poolscope_pool *pool, uint32_t block, const void *va,
			       uint64_t pa, uint32_t length_bytes,
			       enum poolscope_free_reason reason, uint32_t buffers,
			       uint32_t available);
void poolscope_emit_rx_take(struct poolscope_pool *pool, const uint32_t *ids, uint32_t nr_ids,
			    uint16_t frames, uint16_t resources, uint32_t available);
void poolscope_emit_rx_return(struct poolscope_pool *pool, const uint32_t *ids, uint32_t nr_ids,
			      uint32_t available);
void poolscope_emit_rx_drop(struct poolscope_pool *pool, uint32_t count,
			    enum poolscope_drop_cause cause);
void poolscope_emit_fallback(struct poolscope_pool *pool, bool on, uint32_t available);
void poolscope_emit_violation(struct poolscope_pool *pool, uint16_t rule, uint64_t object);

/*
 * A request is about to be made.  request counts from 1 in each pool; pending counts this one.
 * irql: where the call is made (0 PASSIVE, 2 DISPATCH); 0 without NDIS.
 */
static inline void poolscope_alloc_request(struct poolscope_pool *pool, uint64_t request,
					   uint32_t length_bytes, bool cached, uint8_t irql,
					   uint32_t available, uint32_t total, uint32_t pending)
{
	if (poolscope_wants(POOLSCOPE_EV_ALLOC_REQUEST))
		poolscope_emit_alloc_request(pool, request, length_bytes, cached, irql, available,
					     total, pending);
}

/* The call did not return PENDING: nothing will complete.  status as returned. */
static inline void poolscope_alloc_refused(struct poolscope_pool *pool, uint64_t request,
					   uint32_t status)
{
	if (poolscope_wants(POOLSCOPE_EV_ALLOC_REFUSED))
		poolscope_emit_alloc_refused(pool, request, status);
}

/*
 * The request's one completion, from inside the callback.  The base block is announced the same
 *way, with request 0.
 *
 *	block    the block's number, free for reuse after its block_free: 0 is the base block with
 *	         buffer ids 0 .. base - 1; block k >= 1 has ids base + (k - 1) * marks.block onward
 *	buffers  how many joined the pool; 0 unless outcome is POOLSCOPE_USED
 */
static inline void poolscope_alloc_complete(struct poolscope_pool *pool, uint64_t request,
					    uint32_t block, const void *va, uint64_t pa,
					    uint32_t length_bytes, uint8_t irql,
					    enum poolscope_outcome outcome, uint32_t buffers,
					    uint32_t available)
{
	if (poolscope_wants(POOLSCOPE_EV_ALLOC_COMPLETE))
		poolscope_emit_alloc_complete(pool, request, block, va, pa, length_bytes, irql,
					      outcome, buffers, available);
}

/* A block is about to be freed; buffers leave the pool with it (0 when they never joined). */
static inline void poolscope_block_free(struct poolscope_pool *pool, uint32_t block, const void *va,
					uint64_t pa, uint32_t length_bytes,
					enum poolscope_free_reason reason, uint32_t buffers,
					uint32_t available)
{
	if (poolscope_wants(POOLSCOPE_EV_BLOCK_FREE))
		poolscope_emit_block_free(pool, block, va, pa, length_bytes, reason, buffers,
					  available);
}

/*
 * nr_ids buffers, each with a frame, are about to be given to the stack; the last `resources` of
 * them as RESOURCES: those are home again when the indication returns, get no rx_return, and count
 * as available throughout.
 */
static inline void poolscope_rx_take(struct poolscope_pool *pool, const uint32_t *ids,
				     uint32_t nr_ids, uint16_t resources, uint32_t available)
{
	if (poolscope_wants(POOLSCOPE_EV_RX_TAKE))
		poolscope_emit_rx_take(pool, ids, nr_ids,
				       nr_ids < UINT16_MAX ? (uint16_t)nr_ids : UINT16_MAX,
				       resources, available);
}

/*
 * The same for one frame that lies in several buffers: all of them are RESOURCES or none.  A frame
 * of several buffers is an event of its own.
 */
static inline void poolscope_rx_take_frame(struct poolscope_pool *pool, const uint32_t *ids,
					   uint32_t nr_ids, bool resources, uint32_t available)
{
	if (poolscope_wants(POOLSCOPE_EV_RX_TAKE))
		poolscope_emit_rx_take(pool, ids, nr_ids, 1, resources ? (uint16_t)nr_ids : 0,
				       available);
}

/* Buffers came back, in one call of the return path. */
static inline void poolscope_rx_return(struct poolscope_pool *pool, const uint32_t *ids,
				       uint32_t nr_ids, uint32_t available)
{
	if (poolscope_wants(POOLSCOPE_EV_RX_RETURN))
		poolscope_emit_rx_return(pool, ids, nr_ids, available);
}

/* The device reports count more frames lost. */
static inline void poolscope_rx_drop(struct poolscope_pool *pool, uint32_t count,
				     enum poolscope_drop_cause cause)
{
	if (poolscope_wants(POOLSCOPE_EV_RX_DROP))
		poolscope_emit_rx_drop(pool, count, cause);
}

/* The RESOURCES state went on or off. */
static inline void poolscope_fallback(struct poolscope_pool *pool, bool on, uint32_t available)
{
	if (poolscope_wants(POOLSCOPE_EV_FALLBACK))
		poolscope_emit_fallback(pool, on, available);
}

/*
 * A rule of the interface was broken.  rule: its number, R1 = 1 (docs/ndis-rules.md); object: what
 * it was broken on, such as an address or a request number.  Any thread; no lock needed.
 */
static inline void poolscope_violation(struct poolscope_pool *pool, uint16_t rule, uint64_t object)
{
	if (poolscope_wants(POOLSCOPE_EV_VIOLATION))
		poolscope_emit_violation(pool, rule, object);
}

#ifdef __cplusplus
}
#endif
#endif
