/* SPDX-License-Identifier: MIT */
#ifndef TUNER_BOUND_H
#define TUNER_BOUND_H
/*
 * The clairvoyant: the least memory with which a pool that knows the future loses nothing.
 *
 * It has each dynamic block exactly while the demand needs it, and over a pause it keeps the block
 * where that costs less than giving it back and asking again.  No marks can do better; how much of
 * what they use it would have used is their efficiency.
 */
#include "tuner/demand.h"

struct bound {
	double mean_buffers; /* time-weighted, from the first step to the last */
	uint32_t peak_buffers;
	uint64_t grants, frees;
};

/*
 * switch_cost: of one grant with its free, in buffer-nanoseconds: 0 gives a block back at once.
 * O(steps).  Returns: 0; -EINVAL base or block is 0; -ENOMEM.
 */
int bound_clairvoyant(const struct demand *d, uint32_t base, uint32_t block, uint32_t reserve,
		      double switch_cost, struct bound *out);

#endif
