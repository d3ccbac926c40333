/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LENDERS_H
#define TUNER_LENDERS_H
/*
 * How long the packets were held that are near imputed ones.
 *
 * Takes are counted in order, those of imputed packets aside; and lenders are the takes that have a
 * return.  Of an imputed packet that stands behind so many takes, the LENDERS around it lend.  Only
 * near such packets anything is kept: so near that it is enough whichever takes have no return.
 */
#include "tuner/moves.h"

#define LENDERS 64 /* a power of two */

struct lenders {
	size_t nr;     /* of all */
	size_t around; /* as many as lend to one: LENDERS, or a smaller power of two; 0: none */
	struct stretch {
		uint64_t from, to; /* takes from .. to - 1 */
		size_t at;	   /* of the first in hold_ns[] */
	} * stretch;
	size_t nr_stretches;
	int64_t *hold_ns;
	uint64_t *without; /* takes that have no return, in order */
	size_t nr_without;
	size_t passed, here; /* of without and of the stretches, by lenders_hold() */
};

/* Of moves none of which was given back.  Returns: 0 or -ENOMEM. */
int lenders_find(const struct moves *m, struct lenders *out);
void lenders_release(struct lenders *l);

/*
 * What the turn-th of the lenders around (turn < around) lends to an imputed packet that stands
 * behind so many takes; asked for in ascending order of these.
 */
int64_t lenders_hold(struct lenders *l, uint64_t takes, size_t turn);

#endif
