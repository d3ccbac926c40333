/* SPDX-License-Identifier: MIT */
#ifndef TUNER_WHAT_IF_H
#define TUNER_WHAT_IF_H
/*
 * What one setting would have done: the answer behind a slider, in at most a tenth of a second for
 * a million steps.
 *
 * It is exact as long as the packets would have come and gone as they did: always, where neither
 * the recording nor the setting lost any; else a sender that noticed would have acted otherwise.
 */
#include "tuner/sim.h"

struct tuner_answer {
	struct sim_result sim;
	double span_s;
	char why[192]; /* what is wrong with the marks, and what would be right */
};

/*
 * Returns: 0; -EINVAL marks that the driver would refuse, or a mark above 2^31 - 1, with `why`
 * filled; -ENOTSUP the marks have delays in ticks and the demand has no ticks, with `why` filled;
 * -ENOMEM.
 */
int tuner_what_if(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
		  struct tuner_answer *out);

#endif
