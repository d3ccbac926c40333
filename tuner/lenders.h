/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LENDERS_H
#define TUNER_LENDERS_H
/*
 * Who lends hold times to imputed packets.
 *
 * Takes are counted in order, those of imputed packets aside; and lenders are the takes that have a
 * return.  Of an imputed packet that stands behind so many takes, the LENDERS around it lend.
 */
#include "tuner/holds.h"

#define LENDERS 64 /* a power of two */

struct lenders {
	const struct holds *holds;
	size_t nr;     /* of all */
	size_t around; /* as many as lend to one: LENDERS, or a smaller power of two; 0: none */
	size_t outs;   /* takes without a return before where was asked last */
	/* Takes whose holds were looked at, and those of the last of their lenders. */
	uint32_t seen;
	size_t told, seen_longs;
	int64_t hold_ns[2 * LENDERS];
};

/* Holds that are finished, and stay. */
struct lenders lenders_of(const struct holds *h);

/*
 * What the turn-th of the lenders around (turn < around) lends to an imputed packet that stands
 * behind so many takes; asked for in ascending order of these.
 */
int64_t lenders_hold(struct lenders *l, uint32_t takes, size_t turn);

#endif
