/* SPDX-License-Identifier: MIT */
#ifndef TUNER_IMPUTE_H
#define TUNER_IMPUTE_H
/*
 * Hold times for packets that were never held: those that were RESOURCES or dropped get that of a
 * packet near them, and come back after it.
 *
 * Those around an imputed one (tuner/lenders.h) lend it their hold times by turns: one alone would
 * make hundreds that were dropped at one time come back at one time.
 */
#include "tuner/demand.h"
#include "tuner/holds.h"

/*
 * Makes the moves anew, with the returns of imputed packets among them; ticks of d move along.
 * Returns that are due at the time of an event stand before it, never within; those due after the
 * last event are left out.  d->quality.not_imputed counts those that nobody could lend to.
 * Memory: while it works, 16 bytes for each imputed packet that is out.
 *	holds  of all real packets, finished
 * Returns: 0 or m->error.
 */
int impute(struct demand *d, struct moves *m, const struct holds *holds);

#endif
