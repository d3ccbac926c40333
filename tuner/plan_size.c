/* SPDX-License-Identifier: MIT */
/* How large a pool has to be, whatever it is made of. */
#include <math.h>

#include "tuner/plan.h"

uint32_t plan_static_held(const struct demand *d, uint64_t missed_allowed)
{
	uint32_t c = d->max_held;
	uint64_t lost = 0;

	while (c > 1 && lost + d->hunt[c - 1] <= missed_allowed)
		lost += d->hunt[--c];
	return c;
}

int plan_size_up(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	uint32_t need;
	int ret = peaks_find(d, q->hold_ns, &out->peaks);

	if (ret)
		return ret;
	out->in_use = plan_static_held(d, out->missed_allowed) + (out->batch.need - d->max_held);
	out->size_static = plan_static_held(d, out->missed_allowed) + q->like.reserve;
	need = out->in_use + q->like.reserve;
	out->size = need + peaks_cushion(&out->peaks, PLAN_CHANCE_SAFE);
	out->size_balanced = need + peaks_cushion(&out->peaks, PLAN_CHANCE_BALANCED);
	return 0;
}

int plan_size(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	int ret;

	*out = (struct plan){.missed_allowed = (uint64_t)floor(q->loss * (double)d->takes)};
	ret = batch_find(d, &out->batch);
	return ret ? ret : plan_size_up(d, q, out);
}
