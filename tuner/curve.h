/* SPDX-License-Identifier: MIT */
#ifndef TUNER_CURVE_H
#define TUNER_CURVE_H
/*
 * A simulation as a chart shows it: what the pool would have looked like in each column of time.
 */
#include "db/query.h"
#include "tuner/sim.h"

/*
 * As sim_dense(), and fills nr columns of width_ns from start_ns on: extremes of available, held,
 * total and pending after each event and what the policy did then, and how often what happened
 * (dropped: lost).  Columns before the first step
 * and after the last are not known; available_mean, crossings and loss stay 0.
 * Returns: as sim_dense().
 */
int sim_curve(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	      int64_t start_ns, int64_t width_ns, size_t nr, struct level_column *out,
	      struct sim_result *result);

/* The same, step by step: what a test compares with. */
int sim_curve_dense(const struct demand *d, const struct policy_marks *marks,
		    const struct lead *lead, int64_t start_ns, int64_t width_ns, size_t nr,
		    struct level_column *out, struct sim_result *result);

#endif
