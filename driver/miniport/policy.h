/* SPDX-License-Identifier: MIT */
#ifndef POLICY_H
#define POLICY_H
/*
 * The watermark policy of one receive pool: when to ask for a block, when to give one back, when to
 * stop giving buffers away.
 *
 * Pure: it allocates nothing, calls nothing, reads no clock but the tick, and the same object code
 * runs in the driver, in identity replay and in the tuner.  The owner tells it each pool event in
 * `seq` order, under the pool lock, and after each one asks it what to do:
 *
 *	policy_take(p, n);                      // or return, complete, refused, tick
 *	while (policy_wants_block(p)) {         // grow
 *		policy_requested(p);
 *		if (the request was refused) {
 *			policy_refused(p);
 *			break;
 *		}
 *	}
 *	while (policy_wants_free(p) && a dynamic block has all its buffers home)
 *		policy_freed(p, that block's buffers);   // the newest such block
 *	if (policy_wants_probe(p))              // ask only to see how long it takes
 *		policy_probed(p);               // and policy_refused(p), if it was
 *
 * Words: C total, X held, q pending requests, V = C - X available.  All counts are buffers, except
 * pending and max_pending, which are requests (each of marks.block buffers).
 *
 * Source: seeds' low and high marks (NdisMAllocateSharedMemoryAsync[Ex]), the RESOURCES state of
 * MiniportAllocateComplete; rules R27-R33, R40, R41; pitfalls P7, P16, P17, P27.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy_marks {
	uint32_t base;	      /* buffers of the base block, kept from initialise to halt */
	uint32_t block;	      /* buffers of one dynamic block */
	uint32_t low;	      /* V at or below: ask for a block */
	uint32_t high;	      /* V at or above: a dynamic block may go */
	uint32_t limit;	      /* most buffers, live plus pending */
	uint32_t reserve;     /* V that is never given away: such a take is RESOURCES */
	uint32_t max_pending; /* requests in flight at once; 1 is the classic driver, 0 no growth */
	uint32_t shrink_ticks; /* ticks without a low event before a block may go */
	uint32_t probe_ticks;  /* ticks without need of memory before a probe; 0: no probes */
};

struct policy {
	struct policy_marks marks;
	uint32_t total;	      /* C */
	uint32_t held;	      /* X */
	uint32_t pending;     /* q */
	uint32_t quiet_ticks; /* ticks since the last low event; saturates */
	uint32_t still_ticks; /* since the last low event, request or completion; saturates */
	/*
	 * The one pending request is a probe: its block is not for the pool.  As soon as the pool
	 * needs a block (V <= L) it is one like any other.
	 */
	bool probing;
	bool running;  /* false: pausing, paused or halting; neither grows nor frees */
	bool refused;  /* the last event was a refusal: no request until another kind (P27) */
	bool fallback; /* the RESOURCES state (R40, R41) */
};

/*
 * Says whether marks keep the rules: block >= 1, max_pending >= 1, reserve < low < high,
 * high >= low + block + 1 (R30), base >= 1, base + block <= limit, or limit == base: growth is off,
 * and said so (P16).  Sums are computed in 64 bits. Returns: true, or false and one line in why
 * (what is wrong and what would be right).
 */
bool policy_marks_ok(const struct policy_marks *m, char *why, size_t why_size);

/* An empty pool: C = X = q = 0, not running.  The base block is told with policy_base(). */
void policy_init(struct policy *p, const struct policy_marks *m);

void policy_base(struct policy *p, uint32_t buffers);
void policy_set_running(struct policy *p, bool running);

/*
 * n buffers are taken from the ring for one indication (n <= V).
 * Returns: how many of them, the last ones, are RESOURCES: those that would leave V < reserve, or
 * all while the fallback state is on.  They count as home at once: only the others become held.
 */
uint32_t policy_take(struct policy *p, uint32_t n);
/*
 * One frame that lies in n buffers is taken: all of them are RESOURCES if policy_take() would make
 * one so, else none.
 * Returns: whether they are RESOURCES.
 */
bool policy_take_frame(struct policy *p, uint32_t n);
void policy_return(struct policy *p, uint32_t n);

/* What became of a request that was accepted. */
enum policy_outcome {
	POLICY_USED,	  /* `buffers` joined the pool */
	POLICY_FAILED,	  /* no memory, or it could not be wrapped (R36) */
	POLICY_DISCARDED, /* given straight back: over the limit, late (R37, R49), or a probe's */
};
/* While p->probing it is the probe that completes, and memory that came is discarded. */
void policy_complete(struct policy *p, enum policy_outcome outcome, uint32_t buffers);
void policy_tick(struct policy *p);

/* Bookkeeping of the owner's own actions (not events that the policy acts after, but refused is).
 */
void policy_requested(struct policy *p);
void policy_probed(struct policy *p);
void policy_refused(struct policy *p);
void policy_freed(struct policy *p, uint32_t buffers);

/* running && !refused && q < max_pending && V + B*q <= L && C + B*(q+1) <= M  (R27, R28) */
bool policy_wants_block(const struct policy *p);
/* running && V >= H && shrink_ticks have passed since the last low event  (R29, R32) */
bool policy_wants_free(const struct policy *p);
/*
 * The lead probe: running && !refused && q == 0 && probe_ticks (not 0) have passed since the last
 * low event, request or completion && V is more than a quarter of the way from L to H above L &&
 * C + B <= M  (R27)
 */
bool policy_wants_probe(const struct policy *p);

static inline uint32_t policy_available(const struct policy *p)
{
	return p->total - p->held;
}

#endif
