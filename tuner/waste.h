/* SPDX-License-Identifier: MIT */
#ifndef TUNER_WASTE_H
#define TUNER_WASTE_H
/*
 * Frees that were not worth it: the two signs of marks that are too near each other.
 *
 *  - wasted: a block is asked for again before keeping the freed one would have cost as much as
 *    the free and the grant (PLAN_SWITCH_NS; longer for small blocks, whose request costs as much
 *    as that of a large one).  Each request makes at most one free wasted, the latest;
 *  - quick: low is reached within one lead of the last free, so that what was just given away is
 *    missing at the worst time.
 *
 * Probes are asked for without need, and count as neither.
 * Source: ski rental (renting as long as it costs what buying does); the counters of Linux' memory
 * zones for watermarks that are hit again at once.
 */
#include "tuner/sim.h"

struct waste {
	uint64_t wasted; /* of the frees */
	uint64_t quick;	 /* requests */
};

/*
 * within_ns: what keeping a block has to save at least; lead_ns: one lead.
 * O(actions of the policy).  Returns: 0, or what sim_tell() returns.
 */
int waste_find(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	       int64_t within_ns, int64_t lead_ns, struct waste *out);

#endif
