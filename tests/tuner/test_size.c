/* SPDX-License-Identifier: MIT */
/* How large a pool may have to be, and when growth pays. */
#include "tests/tuner/worlds.h"

#include "driver/spec/rng.h"
#include "tuner/peaks.h"
#include "tuner/plan.h"

#define PACKETS 6000

/* Poisson arrivals, exponential holds: 20 held in the mean. */
static struct demand *memoryless(uint64_t seed)
{
	struct demand_row *rows = calloc(PACKETS, sizeof(*rows));
	struct demand *d;
	struct rng rng;
	double t = 0;

	assert_non_null(rows);
	rng_init(&rng, seed, 31);
	for (size_t i = 0; i < PACKETS; i++) {
		t += -log(1 - rng_unit(&rng)) * 1000;
		rows[i] = (struct demand_row){(int64_t)t,
					      (int64_t)(-log(1 - rng_unit(&rng)) * 20000)};
	}
	d = world_demand(rows, PACKETS);
	free(rows);
	return d;
}

static void another_recording_goes_above_about_as_often_as_said(void **state)
{
	unsigned int above[2] = {0}, worlds = 300;

	for (uint64_t seed = 0; seed < worlds; seed++) {
		struct demand *one = memoryless(2 * seed), *other = memoryless(2 * seed + 1);
		struct peaks p;

		assert_int_equal(peaks_find(one, 40000, &p), 0);
		assert_true(p.known);
		above[0] += other->max_held > one->max_held + peaks_cushion(&p, 0.1);
		above[1] += other->max_held > one->max_held + peaks_cushion(&p, 0.01);
		assert_true(peaks_cushion(&p, 0.01) >= peaks_cushion(&p, 0.1));
		demand_close(one);
		demand_close(other);
	}
	assert_in_range(above[0], 1, worlds * 15 / 100);
	assert_in_range(above[1], 0, worlds * 3 / 100);
}

static void few_peaks_say_nothing(void **state)
{
	struct demand_row rows[] = {{0, 5}, {1, 50}, {2, 50}, {300, 5}};
	struct demand *d = world_demand(rows, 4);
	struct peaks p;

	assert_int_equal(peaks_find(d, 100, &p), 0);
	assert_false(p.known);
	assert_int_equal(peaks_cushion(&p, 0.01), 2); /* the root of 3 */
	demand_close(d);
}

static void peaks_that_do_not_differ_say_nothing(void **state)
{
	struct demand_row rows[400];
	struct demand *d;
	struct peaks p;

	for (int i = 0; i < 400; i++)
		rows[i] = (struct demand_row){1000 * i, 3500};
	d = world_demand(rows, 400);
	assert_int_equal(peaks_find(d, 3500, &p), 0);
	assert_false(p.known);
	assert_int_equal(peaks_cushion(&p, 0.01), 2);
	demand_close(d);
}

/* Bursts of `high` packets at once every `every_ns`, held for hold_ns each; a few more or less. */
static struct demand *bursts(uint32_t high, int64_t every_ns, int64_t spread_ns, int64_t hold_ns)
{
	size_t nr = 60 * (size_t)high, k = 0;
	struct demand_row *rows = calloc(nr + 60 * 8, sizeof(*rows));
	struct demand *d;
	struct rng rng;

	assert_non_null(rows);
	rng_init(&rng, high, 5);
	for (int i = 0; i < 60; i++) {
		uint32_t now = high - world_below(&rng, 8);

		for (uint32_t j = 0; j < now; j++)
			rows[k++] =
				(struct demand_row){i * every_ns + j * spread_ns / now, hold_ns};
	}
	d = world_demand(rows, k);
	free(rows);
	return d;
}

static struct plan plan_of(const struct demand *d, int64_t lead_ns)
{
	struct lead lead = lead_fixed(lead_ns);
	struct lead_sample leads;
	struct plan_request q = {{.max_pending = 1, .reserve = 2}, &lead, &leads, 0, 1, 0};
	struct plan p;

	assert_int_equal(lead_sample_make(d, &lead, false, &leads), 0);
	assert_int_equal(plan_make(d, &q, &p), 0);
	lead_sample_release(&leads);
	assert_true(p.has[PLAN_SAFE] && p.has[PLAN_CUSHIONED]);
	/* Whatever it does, it is no larger than the fixed pool. */
	assert_int_equal(p.row[PLAN_CUSHIONED].marks.base, p.size);
	assert_int_equal(p.row[PLAN_SAFE].marks.limit, p.size);
	assert_true(p.row[PLAN_SAFE].sim.mean_buffers <= p.size);
	assert_true(p.row[PLAN_SAFE].sim.peak_buffers <= p.size);
	assert_int_equal(p.row[PLAN_SAFE].worst_missed, 0);
	return p;
}

static void growth_pays_where_bursts_are_slow_and_rare(void **state)
{
	/* 200 in 20 ms, held for 30 ms, once a second; memory comes in 1 ms. */
	struct demand *d = bursts(200, 1000000000, 20000000, 30000000);
	struct plan p = plan_of(d, 1000000);

	assert_int_equal(p.reason, PLAN_GROWS);
	assert_true(p.row[PLAN_SAFE].marks.base < p.size / 2);
	assert_true(p.row[PLAN_SAFE].sim.mean_buffers < p.size * 0.5);
	demand_close(d);
}

static void leads_longer_than_bursts_make_a_fixed_pool(void **state)
{
	/* The same bursts, in 1 ms: memory that is asked for comes too late. */
	struct demand *d = bursts(200, 1000000000, 1000000, 30000000);
	struct plan p = plan_of(d, 5000000);

	assert_int_equal(p.reason, PLAN_SLOW);
	assert_int_equal(p.row[PLAN_SAFE].marks.base, p.size);
	demand_close(d);
}

static void steady_demand_makes_a_fixed_pool(void **state)
{
	struct demand *d = memoryless(3);
	struct plan p = plan_of(d, 8000);

	assert_int_equal(p.reason, PLAN_STEADY);
	assert_int_equal(p.row[PLAN_SAFE].marks.base, p.size);
	demand_close(d);
}

/* --- requests that fail in a row ----------------------------------------------------------------
 */

static void storm_delays_the_first_request_in_it_and_those_that_follow(void **state)
{
	struct lead lead = {.fixed_ns = 10, .storm_from_ns = 100, .storm_ns = 50};
	struct lead_cursor c = {0};

	assert_int_equal(lead_ask(&lead, &c, 90).due_ns, 100);
	assert_int_equal(lead_ask(&lead, &c, 120).due_ns, 170);
	assert_int_equal(lead_ask(&lead, &c, 165).due_ns, 175);
	assert_int_equal(lead_ask(&lead, &c, 169).due_ns, 179);
	assert_int_equal(lead_ask(&lead, &c, 170).due_ns, 180);
	assert_int_equal(lead_ask(&lead, &c, 180).due_ns, 190); /* it does not come again */
	c = (struct lead_cursor){0};
	assert_int_equal(lead_ask(&lead, &c, 150).due_ns, 160); /* nobody asked in time */
	lead.kind = LEAD_NEAREST;
	lead.samples = &(struct demand_lead){0, 0, DEMAND_LEAD_REFUSED};
	lead.nr_samples = 1;
	c = (struct lead_cursor){0};
	assert_int_equal(lead_ask(&lead, &c, 90).kind, DEMAND_LEAD_REFUSED);
	assert_int_equal(lead_ask(&lead, &c, 110).kind, DEMAND_LEAD_CAME);
	assert_int_equal(lead_ask(&lead, &c, 120).due_ns, 160);
	assert_int_equal(lead_ask(&lead, &c, 170).kind, DEMAND_LEAD_REFUSED);
}

static void storm_is_tried_where_it_hurts_most(void **state)
{
	struct demand *d = bursts(200, 1000000000, 20000000, 30000000);
	struct lead lead = lead_fixed(1000000);
	struct lead_sample leads = {.storm = {3, 0, 15000000, 1000000}};
	struct plan_setting s = {.marks = {40, 220, 30, 260, 1000, 2, 1, 0, 0}};
	struct plan_request q = {s.marks, &lead, &leads, 0, 1, 0};
	struct plan plan = {.longest_ns = 1000000};
	struct sim_result r;
	uint64_t most = 0;

	assert_int_equal(plan_settle(d, &q, &plan, &s), 0);
	assert_int_equal(s.sim.lost + s.sim.resources, 0);
	lead.storm_ns = leads.storm.ns;
	for (size_t i = 0; i < d->nr; i += 40) {
		lead.storm_from_ns = d->t_ns[i];
		assert_int_equal(sim_dense(d, &s.marks, &lead, NULL, &r), 0);
		most = r.lost + r.resources > most ? r.lost + r.resources : most;
	}
	assert_true(s.storm_missed > 100);
	assert_in_range(s.storm_missed, most * 95 / 100, d->takes);
	/* What never asks does not mind; nor is there a storm where nothing failed. */
	s = (struct plan_setting){.marks = {300, 220, 30, 260, 300, 2, 1, 0, 0}};
	assert_int_equal(plan_settle(d, &q, &plan, &s), 0);
	assert_true(!s.storm_at_ns && !s.storm_missed);
	leads.storm.failures = 0;
	s = (struct plan_setting){.marks = {40, 220, 30, 260, 1000, 2, 1, 0, 0}};
	assert_int_equal(plan_settle(d, &q, &plan, &s), 0);
	assert_true(!s.storm_at_ns && !s.storm_missed);
	demand_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_recording_goes_above_about_as_often_as_said),
		cmocka_unit_test(few_peaks_say_nothing),
		cmocka_unit_test(peaks_that_do_not_differ_say_nothing),
		cmocka_unit_test(growth_pays_where_bursts_are_slow_and_rare),
		cmocka_unit_test(leads_longer_than_bursts_make_a_fixed_pool),
		cmocka_unit_test(steady_demand_makes_a_fixed_pool),
		cmocka_unit_test(storm_delays_the_first_request_in_it_and_those_that_follow),
		cmocka_unit_test(storm_is_tried_where_it_hurts_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
