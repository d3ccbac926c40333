/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TUNER_WORLDS_H
#define TESTS_TUNER_WORLDS_H
/*
 * Small made-up demands for the tuner's tests, all from a seed.  Header only, so that a test links
 * nothing more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spec/rng.h"
#include "tuner/demand.h"
#include "tuner/sim.h"

static inline uint32_t world_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)(rng_u64(rng) % n);
}

/* From here on one of the processors is all there is.  Returns: those there were. */
static inline cpu_set_t world_one_processor(void)
{
	cpu_set_t all, one;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	for (int cpu = 0; !CPU_COUNT(&one); cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	return all;
}

static inline struct demand *world_demand(const struct demand_row *rows, size_t nr)
{
	struct demand *d = NULL;
	size_t bad;

	assert_int_equal(demand_from_rows(rows, nr, &d, &bad), 0);
	return d;
}

/*
 * Bursts: packets at the same moment or some units later, pauses between; most are held for a
 * short time, some for long.
 */
static inline void world_rows(struct rng *rng, struct demand_row *rows, size_t nr, int64_t unit_ns)
{
	uint32_t burst = 1 + world_below(rng, 6), pause = 1 + world_below(rng, 40);
	uint32_t hold = 1 + world_below(rng, 12), tail = 1 + world_below(rng, 200);
	int64_t t = world_below(rng, 3);

	for (size_t i = 0; i < nr; i++) {
		uint32_t held = world_below(rng, hold);

		if (!world_below(rng, 8))
			held += world_below(rng, tail);
		rows[i] = (struct demand_row){t * unit_ns, held * unit_ns};
		if (!world_below(rng, 500))
			rows[i].hold_ns = DEMAND_HELD_FOR_EVER;
		t += world_below(rng, burst) ? world_below(rng, 2) : world_below(rng, pause);
	}
}

/* Marks of a pool that such demands make work. */
static inline struct policy_marks world_marks(struct rng *rng, uint32_t max_held)
{
	struct policy_marks m = {
		.base = 1 + world_below(rng, max_held + 2),
		.block = 1 + world_below(rng, world_below(rng, 2) ? 3 : 1 + max_held / 2),
		.reserve = world_below(rng, 3) ? 0 : world_below(rng, 4),
		.max_pending = world_below(rng, 2) ? 1 : 1 + world_below(rng, 12),
		.shrink_ticks = world_below(rng, 2) ? 0 : 1 + world_below(rng, 5),
		.probe_ticks = world_below(rng, 4) ? 0 : 1 + world_below(rng, 6),
	};

	m.low = m.reserve + 1 + world_below(rng, 1 + max_held / 2);
	m.high = m.low + m.block + 1 + world_below(rng, 1 + max_held / 2);
	m.limit = world_below(rng, 3) ? m.base + m.block * (1 + world_below(rng, 2 * max_held))
				      : m.base + world_below(rng, 2) * m.block;
	return m;
}

#define WORLD_LEADS 12

/* Leads of any kind; samples has room for WORLD_LEADS. */
static inline struct lead world_lead(struct rng *rng, struct demand_lead *samples, int64_t unit_ns)
{
	struct lead lead = {.kind = world_below(rng, 2) ? LEAD_NEAREST : LEAD_LIST,
			    .samples = samples,
			    .nr_samples = 1 + world_below(rng, WORLD_LEADS)};
	bool failures = !world_below(rng, 3);
	int64_t t = 0;

	if (!world_below(rng, 4)) {
		lead.storm_from_ns = world_below(rng, 2000) * unit_ns;
		lead.storm_ns = world_below(rng, 300) * unit_ns;
	}
	if (!world_below(rng, 3))
		return lead_fixed(world_below(rng, 30) * unit_ns);
	if (!world_below(rng, 3)) {
		struct draw draw;
		char why[SPEC_WHY_BYTES];

		assert_int_equal(draw_parse("lognormal:median=20ms,p99=300ms", &draw, why), 0);
		return lead_drawn(&draw, rng_u64(rng));
	}
	for (size_t i = 0; i < lead.nr_samples; i++) {
		enum demand_lead_kind kind = DEMAND_LEAD_CAME;

		if (failures && !world_below(rng, 3))
			kind = world_below(rng, 2) ? DEMAND_LEAD_FAILED : DEMAND_LEAD_REFUSED;
		t += world_below(rng, 300) * unit_ns;
		samples[i] = (struct demand_lead){
			t, (world_below(rng, 40) + (kind == DEMAND_LEAD_FAILED)) * unit_ns, kind};
	}
	return lead;
}

/* All figures but those that say how they were come by. */
static inline void world_same(const struct sim_result *a, const struct sim_result *b)
{
	assert_int_equal(a->takes, b->takes);
	assert_int_equal(a->lost, b->lost);
	assert_int_equal(a->resources, b->resources);
	assert_int_equal(a->requests, b->requests);
	assert_int_equal(a->refused, b->refused);
	assert_int_equal(a->failed, b->failed);
	assert_int_equal(a->granted, b->granted);
	assert_int_equal(a->frees, b->frees);
	assert_int_equal(a->peak_buffers, b->peak_buffers);
	assert_true(a->mean_buffers == b->mean_buffers);
	assert_int_equal(a->first_loss_ns, b->first_loss_ns);
	assert_int_equal(a->stopped, b->stopped);
}

#endif
