/* SPDX-License-Identifier: MIT */
/* How a setting stands other leads than those it was chosen with, and its neighbours. */
#include <errno.h>
#include <stdlib.h>

#include "driver/spec/rng.h"
#include "tuner/plan.h"

/* Recorded leads change places: each moment gets the lead of another. */
static void draw_samples(const struct lead *lead, uint64_t seed, struct demand_lead *samples,
			 struct lead *out)
{
	struct rng rng;

	*out = *lead;
	if (lead->kind == LEAD_DRAWN)
		out->seed = lead->seed + 1 + seed;
	if (lead->kind != LEAD_NEAREST && lead->kind != LEAD_LIST)
		return;
	rng_init(&rng, seed, 11);
	for (size_t i = 0; i < lead->nr_samples; i++) {
		const struct demand_lead *other = &lead->samples[rng_u64(&rng) % lead->nr_samples];

		samples[i] = *other;
		samples[i].requested_ns = lead->samples[i].requested_ns;
	}
	out->samples = samples;
}

/* What never asks is the same with any leads. */
static bool is_fixed(const struct plan_setting *s)
{
	return s->marks.limit == s->marks.base;
}

int plan_stand_draws(const struct demand *d, const struct plan_request *q, const struct plan *plan,
		     struct plan_setting *s)
{
	struct demand_lead *samples = calloc(q->lead->nr_samples + 1, sizeof(*samples));
	struct sim_options options = {plan->missed_allowed};
	int ret = samples ? 0 : -ENOMEM;

	if (s->drawn || is_fixed(s)) {
		s->worst_missed = s->drawn ? s->worst_missed : s->sim.lost + s->sim.resources;
		s->drawn = true;
		free(samples);
		return 0;
	}
	s->worst_missed = s->sim.lost + s->sim.resources;
	for (uint64_t k = 0; !ret && k < PLAN_DRAWS; k++) {
		struct sim_result r;
		struct lead lead;

		draw_samples(q->lead, 1000 * q->seed + k, samples, &lead);
		ret = sim_skip(d, &s->marks, &lead, &options, &r);
		if (ret)
			break;
		if (r.lost + r.resources > s->worst_missed)
			s->worst_missed = r.lost + r.resources;
		if (s->worst_missed > plan->missed_allowed)
			break;
	}
	free(samples);
	s->drawn = !ret;
	return ret;
}

/* As many whole blocks above the base as the limit leaves room for, or one more. */
static uint32_t limit_of(const struct policy_marks *m)
{
	uint64_t room = m->limit > m->base ? m->limit - m->base : 1, limit;

	if (!m->block) /* refused anyway */
		return m->limit;
	limit = m->base + (room + m->block - 1) / m->block * m->block;
	return limit < INT32_MAX ? (uint32_t)limit : INT32_MAX;
}

/* base, block and low a little more or less; high and limit move along. */
static struct policy_marks neighbour(struct policy_marks m, int which)
{
	static const struct {
		int base, block, low;
	} moves[] = {{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0},
		     {0, 0, -1}, {0, 0, 1}, {1, 1, 0},	{-1, -1, 0}};
	uint32_t tenth = 1 + m.block / 10;
	bool fixed = m.limit == m.base;

	m.base += (uint32_t)(moves[which].base * (int)(1 + m.block / 3));
	m.block += (uint32_t)(moves[which].block * (int)tenth);
	m.low += (uint32_t)moves[which].low;
	m.high += (uint32_t)(moves[which].low + moves[which].block * (int)tenth);
	m.limit = fixed ? m.base : limit_of(&m);
	return m;
}

static int look_around(const struct demand *d, const struct plan_request *q,
		       const struct plan *plan, struct plan_setting *s)
{
	struct sim_options options = {plan->missed_allowed};

	for (int i = 0; i < 8; i++) {
		struct policy_marks m = neighbour(s->marks, i);
		struct sim_result r;
		char why[192];
		int ret;

		if (m.base > INT32_MAX || !policy_marks_ok(&m, why, sizeof(why)))
			continue;
		ret = sim_skip(d, &m, q->lead, &options, &r);
		if (ret)
			return ret;
		s->neighbours++;
		s->neighbours_lose += r.lost + r.resources > plan->missed_allowed;
	}
	return 0;
}

static int double_leads(const struct demand *d, const struct plan *plan, struct plan_setting *s)
{
	int64_t twice = plan->longest_ns > INT64_MAX / 4 ? plan->longest_ns : 2 * plan->longest_ns;
	struct lead lead = lead_fixed(twice);
	struct sim_result r = s->sim;
	int ret = is_fixed(s) ? 0 : sim_skip(d, &s->marks, &lead, NULL, &r);

	s->doubled_missed = ret ? 0 : r.lost + r.resources;
	return ret;
}

/*
 * The longest row of failures once more, beginning with the steepest rise that fits into it, in
 * each of so many parts of the recording.
 */
#define STORMS 16

static int stand_storm(const struct demand *d, const struct plan_request *q, size_t from, size_t to,
		       struct plan_setting *s)
{
	struct lead lead = *q->lead;
	struct low_burst burst;
	struct sim_result r;
	int ret = low_burst_in(d, from, to, q->leads->storm.ns, &burst);

	if (ret || !burst.rise)
		return ret;
	lead.storm_from_ns = burst.from_ns;
	lead.storm_ns = q->leads->storm.ns;
	ret = sim_skip(d, &s->marks, &lead, NULL, &r);
	if (!ret && (!s->storm_at_ns || r.lost + r.resources > s->storm_missed)) {
		s->storm_missed = r.lost + r.resources;
		s->storm_at_ns = burst.from_ns;
	}
	return ret;
}

static int stand_storms(const struct demand *d, const struct plan_request *q,
			struct plan_setting *s)
{
	int ret = 0;

	if (!q->leads->storm.failures || is_fixed(s))
		return 0;
	for (size_t i = 0; !ret && i < STORMS; i++) {
		size_t from = d->nr * i / STORMS, to = d->nr * (i + 1) / STORMS;

		if (from < to)
			ret = stand_storm(d, q, from, to, s);
	}
	return ret;
}

/* Keeping a block for so long costs as much as giving it back and asking again. */
static int64_t worth_ns(const struct policy_marks *m)
{
	double least = m->block < PLAN_SWITCH_LEAST ? PLAN_SWITCH_LEAST : m->block;

	return (int64_t)(PLAN_SWITCH_NS * least / m->block);
}

static int find_waste(const struct demand *d, const struct plan_request *q, const struct plan *plan,
		      struct plan_setting *s)
{
	if (!s->sim.frees)
		return 0;
	return waste_find(d, &s->marks, q->lead, worth_ns(&s->marks), plan->longest_ns, &s->waste);
}

int plan_settle(const struct demand *d, const struct plan_request *q, const struct plan *plan,
		struct plan_setting *s)
{
	int ret;

	if (s->settled)
		return 0;
	ret = s->sim.takes ? 0 : sim_skip(d, &s->marks, q->lead, NULL, &s->sim);
	if (!ret)
		ret = plan_stand_draws(d, q, plan, s);
	if (!ret)
		ret = look_around(d, q, plan, s);
	if (!ret)
		ret = double_leads(d, plan, s);
	if (!ret)
		ret = stand_storms(d, q, s);
	if (!ret)
		ret = find_waste(d, q, plan, s);
	s->settled = !ret;
	return ret;
}
