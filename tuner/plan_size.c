/* SPDX-License-Identifier: MIT */
/* How large a pool has to be, whatever it is made of. */
#include <errno.h>
#include <math.h>

#include "tuner/impute.h"
#include "tuner/plan.h"

uint32_t plan_static_held(const struct demand *d, uint64_t missed_allowed)
{
	uint32_t c = d->max_held;
	uint64_t lost = 0;

	if (!missed_allowed) /* the highest slot was used */
		return c;
	while (c > 1 && lost + d->hunt[c - 1] <= missed_allowed)
		lost += d->hunt[--c];
	return c;
}

void plan_size_up(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	uint32_t held = plan_static_held(d, out->missed_allowed), need;

	out->in_use = held + (out->batch.need - d->max_held);
	out->size_static = held + q->like.reserve;
	need = out->in_use + q->like.reserve;
	out->size = need + peaks_cushion(&out->peaks, PLAN_CHANCE_SAFE);
	out->size_balanced = need + peaks_cushion(&out->peaks, PLAN_CHANCE_BALANCED);
}

uint64_t plan_missed_allowed(const struct demand *d, const struct plan_request *q)
{
	return (uint64_t)floor(q->loss * (double)d->takes);
}

int plan_size(struct demand *d, const struct plan_request *q, struct plan *out)
{
	int ret;

	*out = (struct plan){.missed_allowed = plan_missed_allowed(d, q)};
	if (d->path && out->missed_allowed)
		return -ENODATA;
	ret = impute(d);
	if (!ret)
		ret = batch_find(d, &out->batch);
	if (!ret)
		ret = peaks_find(d, q->hold_ns, &out->peaks);
	if (!ret)
		plan_size_up(d, q, out);
	return ret;
}
