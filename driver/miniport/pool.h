/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_POOL_H
#define MINIPORT_POOL_H
/*
 * The receive pool of one adapter: its blocks and buffers, its policy, and its record.
 *
 * Whatever happens to the pool goes through one function here, under the pool's lock.  Each tells
 * the policy, tells the record (poolscope.h), and then does what the policy asks for.  The order is
 *
 *	the event | fallback, if it changed | alloc_request, each maybe refused | block_free
 *	| alloc_request of a probe, maybe refused
 *
 * and the device gets what is spare then.
 *
 * So the recorded events, fed to the same policy in their order, give the recorded requests and
 * frees again.
 *
 * How memory is asked for and packets are made differs between the generations of NDIS; the pool
 * knows it as pool_ops.
 *
 * Lock:  pool_lock() .. pool_unlock() around everything marked (locked).  Requests and frees are
 *	  made under it (R5: no completion runs on the requesting thread), so that their order in
 *	  the record is the order in which they were decided.
 */
#include <stdbool.h>

#include "block.h"
#include "ndis.h"
#include "policy.h"
#include "poolscope.h"

struct pool;

/* Most buffers of one frame. */
#define FRAME_BUFFERS_MAX 256

struct pool_ops {
	/* Asks for shared memory; context comes back to pool_complete(). (locked) */
	NDIS_STATUS (*request)(struct pool *pool, ULONG length, PVOID context);
	/* Makes and unmakes the packets of a block's buffers.  wrap: all or nothing. */
	bool (*wrap)(struct pool *pool, struct block *block);
	void (*unwrap)(struct pool *pool, struct block *block);
	void (*free_memory)(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length);
	/*
	 * Takes the buffers of retired blocks back from the device.  (locked)
	 * Returns: how many received frames found no other buffer and are lost.
	 */
	ULONG (*withdraw)(struct pool *pool);
	/* Gives the device what is spare; after every event while the pool runs.  (locked) */
	void (*post)(struct pool *pool);
};

struct pool_config {
	const char *name;
	unsigned int generation; /* of NDIS */
	ULONG buffer_bytes;
	ULONG align; /* of buffers; a power of two */
	bool cached; /* what memory is asked for */
	struct policy_marks marks;
};

struct pool {
	NDIS_SPIN_LOCK lock;
	const struct pool_ops *ops;
	struct pool_config config;
	ULONG block_bytes; /* length of a dynamic block's allocation */
	struct policy policy;
	struct poolscope_pool *scope;
	struct poolscope_totals totals;
	bool said_fallback;   /* what the record says */
	struct block *blocks; /* live ones, newest first; the base block is last */
	struct block **slots; /* the same by number */
	ULONG nr_slots;
	ULONG spare_hint;      /* no block below this slot has spare buffers */
	ULONG lent;	       /* buffers in RESOURCES indications */
	struct block *retired; /* given up, some buffers still lent */
	bool draining;	       /* a halt waits for the last completion */
};

/*
 * Prepares a pool without memory.
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS; _INVALID_PARAMETER sizes do not fit; _RESOURCES.
 */
NDIS_STATUS pool_init(struct pool *pool, const struct pool_config *config,
		      const struct pool_ops *ops);
/* Bytes of the base block's allocation. */
ULONG pool_base_bytes(const struct pool *pool);
/*
 * Makes do with half the base block, before there is one.  The marks stay valid: thresholds are
 * counts of their own, and growth that was off stays off (P35).
 * Returns: false, and nothing changed: less would not leave more than the reserve.
 */
bool pool_halve_base(struct pool *pool);
/*
 * Opens the record with the base block in it.
 * Owns:    the pool owns the memory until pool_free_all(); on failure the caller keeps it.
 * Returns: NDIS_STATUS_SUCCESS, _RESOURCES.
 */
NDIS_STATUS pool_open(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length);
/* Frees every block, dynamic ones first.  The device must be stopped and all buffers home. */
void pool_free_all(struct pool *pool);
/* Closes the record, if it is open. */
void pool_close(struct pool *pool);
/* What pool_init() took. */
void pool_release(struct pool *pool);

void pool_lock(struct pool *pool);
void pool_unlock(struct pool *pool);

/* --- events (all locked but pool_complete) ---------------------------------------------------- */

/* The pool begins or stops to grow and shrink; says a tick. */
void pool_set_running(struct pool *pool, bool running);
void pool_tick(struct pool *pool);
/*
 * Frames are about to be indicated: n of one buffer each, or one of several (of FRAME_BUFFERS_MAX
 * at most).  Those that are RESOURCES are marked `lent`: they are to be indicated with that flag,
 * and given to pool_home() when the indication has returned. Returns: how many of them, the last
 * ones, are; whether the one is.
 */
ULONG pool_take(struct pool *pool, struct buffer *const *frames, ULONG n);
bool pool_take_frame(struct pool *pool, struct buffer *frame);
void pool_home(struct pool *pool, struct buffer *const *frames, ULONG n);
/* Frames come back through the return path. */
void pool_return(struct pool *pool, struct buffer *const *frames, ULONG n);
/* n frames were lost. */
void pool_drop(struct pool *pool, ULONG n, enum poolscope_drop_cause cause);
/* Returns: whether requests are pending; then the last pool_complete() says so. (locked) */
bool pool_drain(struct pool *pool);
/*
 * A request completes; va NULL: without memory.  Takes the lock itself.
 * Returns: true if pool_drain() waits and this was the last request.  Otherwise the pool may be
 * gone already: nothing of it may be touched (R52).
 */
bool pool_complete(struct pool *pool, PVOID context, PVOID va, const NDIS_PHYSICAL_ADDRESS *pa,
		   ULONG length);

/* --- spare buffers (locked) ------------------------------------------------------------------- */

/*
 * The spare buffer of the lowest block, so that the others drain; a frame of one, until it is put
 * into a chain.  NULL: none is left.
 */
struct buffer *pool_spare_get(struct pool *pool);
/* A buffer that the device had and did not use.  One of a retired block is forgotten. */
void pool_spare_put(struct pool *pool, struct buffer *buffer);

/* Whether no buffer is with the stack, in either way. (locked) */
static inline bool pool_is_home(const struct pool *pool)
{
	return pool->policy.held == 0 && pool->lent == 0;
}

#endif
