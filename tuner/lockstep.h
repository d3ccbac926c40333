/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LOCKSTEP_H
#define TUNER_LOCKSTEP_H
/*
 * Many settings over the same steps at once, for demands on which they lose so much that nothing
 * can be skipped (tuner/sim.h has the rules and the figures).
 *
 * Sixteen settings are lanes of one vector.  Where a packet gets a buffer of the base block and the
 * policy has nothing to decide, a lane counts and no more; whatever else happens is done in full,
 * for that lane alone, by the same code as in sim_dense().
 */
#include "tuner/sim.h"

#define LOCKSTEP_LANES 16

/*
 * Simulates nr settings; out[i] is what sim_dense() would give for marks[i], but for steps_done.
 * Returns: 0, or as sim_dense() for the first of marks that is refused; then out is not all filled.
 */
int sim_lockstep(const struct demand *d, const struct policy_marks *marks, size_t nr,
		 const struct lead *lead, const struct sim_options *options,
		 struct sim_result *out);

#endif
