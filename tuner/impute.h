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
#include "tuner/flow.h"

/*
 * Makes the moves of a path anew, with the returns of imputed packets among them; ticks move along.
 * Returns that are due at the time of an event stand before it, never within; those due after the
 * last event are left out.  quality.not_imputed counts those that nobody could lend to.
 * Of a demand whose packets all have their returns, nothing.
 * Memory: while it works, 16 bytes for each imputed packet that is out.
 * Returns: 0 or -ENOMEM, and then nothing but demand_close() is left to be done with it.
 */
int impute(struct demand *d);

/*
 * The same while another thread reads the new moves, and before that the old ones:
 *
 *	impute_begin(d, &flow);		// 0 or -ENOMEM, and then nothing happened
 *
 *	impute_flow(d, &flow);		flow_attend(&flow);	// when it has done with d->path
 *					path_begin_flow(&flow), and so on
 *
 *	flow_release(&flow);		// when both have done
 *
 * d->path is the new moves once impute_flow() returns; max_held is known then, and takes and times
 * are as they were.
 */
int impute_begin(const struct demand *d, struct flow *flow);
int impute_flow(struct demand *d, struct flow *flow);

#endif
