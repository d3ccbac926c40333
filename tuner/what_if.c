/* SPDX-License-Identifier: MIT */
#include "tuner/what_if.h"

#include <errno.h>
#include <stdio.h>

int tuner_what_if(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
		  struct tuner_answer *out)
{
	int ret;

	*out = (struct tuner_answer){.span_s = (double)demand_span_ns(d) * 1e-9};
	if (!policy_marks_ok(marks, out->why, sizeof(out->why)))
		return -EINVAL;
	ret = sim_skip(d, marks, lead, NULL, &out->sim);
	if (ret == -EINVAL)
		snprintf(out->why, sizeof(out->why),
			 "marks are at most %d, and lead to at most %u blocks: use larger blocks",
			 INT32_MAX, SIM_BLOCKS_MAX);
	if (ret == -ENOTSUP)
		snprintf(out->why, sizeof(out->why),
			 "no ticks were recorded: only marks with shrink-ticks 0 and probes off "
			 "can be tried");
	return ret;
}
