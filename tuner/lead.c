/* SPDX-License-Identifier: MIT */
#include "tuner/lead.h"

#include <errno.h>

int lead_recorded(const struct demand *d, struct lead *out)
{
	*out = (struct lead){.kind = LEAD_NEAREST, .samples = d->leads, .nr_samples = d->nr_leads};
	return d->nr_leads ? 0 : -ENODATA;
}

bool lead_has_length(const struct lead *lead)
{
	bool any = lead->kind == LEAD_FIXED || lead->kind == LEAD_DRAWN;

	for (size_t i = 0; i < lead->nr_samples && !any; i++)
		any = lead->samples[i].kind == DEMAND_LEAD_CAME ||
		      lead->samples[i].kind == DEMAND_LEAD_PENDING;
	return any;
}

static int64_t drawn(const struct lead *lead, uint64_t stream)
{
	static const struct draw_load idle = {1, 0};
	struct rng rng;
	uint64_t ns;

	rng_init(&rng, lead->seed, stream);
	ns = draw_ns(&lead->draw, &rng, &idle);
	return ns > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)ns;
}

struct lead lead_drawn(const struct draw *draw, uint64_t seed)
{
	struct lead lead = {.kind = LEAD_DRAWN, .draw = *draw, .seed = seed};
	double sum = 0;

	for (uint64_t i = 0; i < 1000; i++)
		sum += (double)drawn(&lead, i << 32);
	lead.cell_ns = sum / 1000 < 1000 ? 1000 : (int64_t)(sum / 1000);
	return lead;
}

int64_t lead_longest(const struct lead *lead)
{
	int64_t longest = 0;

	if (lead->kind == LEAD_FIXED)
		return lead->fixed_ns;
	if (lead->kind == LEAD_DRAWN)
		return INT64_MAX;
	for (size_t i = 0; i < lead->nr_samples; i++)
		if (lead->samples[i].lead_ns > longest)
			longest = lead->samples[i].lead_ns;
	return longest;
}

/* Of samples that were asked for at one moment, the one for the `same`-th request of a moment. */
static const struct demand_lead *one_of(const struct lead *lead, size_t i, uint64_t same)
{
	const struct demand_lead *s = lead->samples;

	while (i && s[i - 1].requested_ns == s[i].requested_ns)
		i--;
	while (same-- && i + 1 < lead->nr_samples && s[i + 1].requested_ns == s[i].requested_ns)
		i++;
	return &s[i];
}

static size_t nearest(const struct lead *lead, int64_t t_ns)
{
	const struct demand_lead *s = lead->samples;
	size_t low = 0, high = lead->nr_samples;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s[middle].requested_ns < t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == lead->nr_samples)
		return low - 1;
	if (low && t_ns - s[low - 1].requested_ns <= s[low].requested_ns - t_ns)
		return low - 1;
	return low;
}

static struct lead_answer said(const struct demand_lead *sample, int64_t t_ns)
{
	struct lead_answer a = {sample->kind, t_ns};
	int64_t lead_ns = sample->lead_ns;

	if (a.kind == DEMAND_LEAD_PENDING)
		a.kind = DEMAND_LEAD_CAME;
	if (a.kind == DEMAND_LEAD_FAILED && lead_ns < LEAD_FAILS_AFTER_NS)
		lead_ns = LEAD_FAILS_AFTER_NS;
	if (a.kind == DEMAND_LEAD_REFUSED)
		lead_ns = 0;
	if (__builtin_add_overflow(t_ns, lead_ns, &a.due_ns))
		a.due_ns = INT64_MAX;
	return a;
}

static struct lead_answer answer(const struct lead *lead, const struct lead_cursor *c, int64_t t_ns)
{
	struct demand_lead one = {.kind = DEMAND_LEAD_CAME, .lead_ns = lead->fixed_ns};

	if (lead->kind == LEAD_NEAREST)
		return said(one_of(lead, nearest(lead, t_ns), c->same), t_ns);
	if (lead->kind == LEAD_LIST)
		return said(&lead->samples[c->nr % lead->nr_samples], t_ns);
	if (lead->kind == LEAD_DRAWN)
		one.lead_ns = drawn(lead, (uint64_t)(t_ns / lead->cell_ns));
	return said(&one, t_ns);
}

/* What a storm refuses is asked for again until it is over: memory comes at its end. */
static struct lead_answer weathered(const struct lead *lead, struct lead_cursor *c,
				    struct lead_answer a, int64_t t_ns)
{
	if (lead->storm_ns && !c->storm_end_ns && t_ns >= lead->storm_from_ns &&
	    t_ns - lead->storm_from_ns < lead->storm_ns)
		c->storm_end_ns = t_ns + lead->storm_ns;
	if (t_ns >= c->storm_end_ns)
		return a;
	return (struct lead_answer){DEMAND_LEAD_CAME,
				    a.due_ns > c->storm_end_ns ? a.due_ns : c->storm_end_ns};
}

struct lead_answer lead_ask(const struct lead *lead, struct lead_cursor *c, int64_t t_ns)
{
	struct lead_answer a;

	c->same = c->nr && t_ns == c->last_ns ? c->same + 1 : 0;
	c->last_ns = t_ns;
	a = weathered(lead, c, answer(lead, c, t_ns), t_ns);
	c->nr++;
	if (a.kind == DEMAND_LEAD_REFUSED)
		return a;
	if (a.due_ns < c->last_due_ns)
		a.due_ns = c->last_due_ns;
	c->last_due_ns = a.due_ns;
	return a;
}
