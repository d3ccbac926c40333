/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LOW_H
#define TUNER_LOW_H
/*
 * Where low must be, exactly.
 *
 * D(tau), the steepest rise, is the most that X ever rose within one lead time tau: the largest
 * X(u) - X(v) over takes u and states v that were in force at t(u) - tau or later.  Then
 *
 *	low = D(tau) + reserve - 1
 *
 * loses nothing, with any base above it, any block, any high and whatever happened before, as long
 * as no lead is longer than tau and the limit does not bind.  One less is lost whenever a pool
 * stands at low + 1 as the steepest burst begins: a smaller low that passes does so by luck.
 *
 * Fewer requests at once than that needs: max_pending blocks come at most in each lead time, so a
 * rise that takes longer than k leads has had k x max_pending blocks by then.
 *
 * Why a window begins after the events at its left end: a completion comes before a take of the
 * same time.
 * Source: the vertical deviation between a rise curve and a staircase of supply.
 */
#include "tuner/demand.h"

/* The burst that decides. */
struct low_burst {
	uint32_t rise; /* D(tau), in buffers; 0: nothing was ever taken */
	size_t from;   /* steps before the rise: X is lowest after them */
	size_t to;     /* the take at which it is reached */
	int64_t from_ns, to_ns;
	uint32_t held;	  /* X after it */
	uint64_t imputed; /* takes in it that nobody recorded as held */
};

/* O(steps).  Returns: 0 or -ENOMEM. */
int low_burst(const struct demand *d, int64_t tau_ns, struct low_burst *out);
/* The same for the steps from..to - 1 alone, X beginning where it stood: a block of evidence. */
int low_burst_in(const struct demand *d, size_t from, size_t to, int64_t tau_ns,
		 struct low_burst *out);

/* The low that a rise needs. */
static inline uint32_t low_of(uint32_t rise, uint32_t reserve)
{
	return rise + reserve ? rise + reserve - 1 : 0;
}

/*
 * The smallest low with which this very pool (base, block, reserve), growing without limit and
 * never freeing, loses nothing when every lead is tau: what a smaller one needs is luck with the
 * frees.  O(steps).
 */
#define LOW_NONE (-1) /* the base is enough: any low will do */
#define LOW_NEVER                                                                                  \
	INT64_MAX /* no low is enough: what is short comes before the first completion             \
		   */
int64_t low_exact(const struct demand *d, int64_t tau_ns, uint32_t base, uint32_t block,
		  uint32_t reserve);

/*
 * What the wire allows: buffers of one frame each that can arrive in tau at a rate, with 20 bytes
 * between frames on the wire.  frame_bytes counts header and checksum: 64 to 1518, or more.
 */
uint64_t low_ceiling(int64_t tau_ns, double bits_per_s, uint32_t frame_bytes);

#endif
