/* SPDX-License-Identifier: MIT */
/* What senders may do about packets that are lost. */
#include "tests/tuner/worlds.h"

#include "tuner/advice_finish.h"
#include "tuner/feedback.h"

#define MS INT64_C(1000000)

/* A fixed pool of two: what a third packet does at the moment it comes is lost. */
static const struct policy_marks two = {2, 1, 0, 2, 2, 0, 1, 0, 0};
static const struct lead at_once = {.kind = LEAD_FIXED};

static void packet_that_is_lost_comes_once_more_or_makes_others_wait(void **state)
{
	struct demand_row rows[] = {{0, 50 * MS},	 {1 * MS, 50 * MS}, {2 * MS, 50 * MS},
				    {5 * MS, 10 * MS},	 {45 * MS, 9 * MS}, {200 * MS, 50 * MS},
				    {201 * MS, 50 * MS}, {300 * MS, 1 * MS}};
	struct demand *d = world_demand(rows, 8);
	struct feedback f;

	assert_int_equal(feedback_replay(d, &two, &at_once, &f), 0);
	/* At 2, 5 and 45 ms both are held. */
	assert_int_equal(f.of[FEEDBACK_LOST].takes, 8);
	assert_int_equal(f.of[FEEDBACK_LOST].lost, 3);
	/* Again at 202, 205 and 245 ms, when both are held once more: lost for good. */
	assert_int_equal(f.of[FEEDBACK_RETRY].takes, 11);
	assert_int_equal(f.of[FEEDBACK_RETRY].lost, 6);
	/*
	 * 5 ms becomes 15 ms and is lost as before; 45 ms becomes 55 ms, when both are home.  After
	 * that all are 20 ms late, and the last does not come before the end.
	 */
	assert_int_equal(f.of[FEEDBACK_BACK_OFF].takes, 7);
	assert_int_equal(f.of[FEEDBACK_BACK_OFF].lost, 2);
	demand_close(d);
}

static void pause_may_be_long_enough_for_a_buffer_to_come_home(void **state)
{
	struct demand_row rows[] = {
		{0, 10 * MS}, {1 * MS, 10 * MS}, {2 * MS, 5 * MS}, {5 * MS, 5 * MS}, {90 * MS, 1}};
	struct demand *d = world_demand(rows, 5);
	struct feedback f;

	assert_int_equal(feedback_replay(d, &two, &at_once, &f), 0);
	assert_int_equal(f.of[FEEDBACK_LOST].lost, 2);
	assert_int_equal(f.of[FEEDBACK_BACK_OFF].lost, 1);
	assert_int_equal(f.of[FEEDBACK_RETRY].lost, 2); /* the record ends before they come */
	assert_int_equal(f.of[FEEDBACK_RETRY].takes, 5);
	demand_close(d);
}

static void where_nothing_is_lost_all_three_are_the_same(void **state)
{
	static struct demand_row rows[400];
	struct rng rng;

	rng_init(&rng, 4, 33);
	for (int world = 0; world < 100; world++) {
		struct policy_marks m = {.base = 1, .block = 1, .high = 2, .limit = 1};
		struct feedback f;
		struct sim_result r;
		struct demand *d;

		world_rows(&rng, rows, 400, MS);
		d = world_demand(rows, 400);
		m.base = m.limit = d->max_held;
		m.high = 2;
		m.max_pending = 1;
		assert_int_equal(sim_dense(d, &m, &at_once, NULL, &r), 0);
		assert_int_equal(r.lost, 0);
		assert_int_equal(feedback_replay(d, &m, &at_once, &f), 0);
		for (int i = 0; i < FEEDBACK_KINDS; i++)
			world_same(&f.of[i], &r);
		/* One buffer fewer: the first of them loses as the demand itself does. */
		if (d->max_held > 1) {
			m.base = --m.limit;
			assert_int_equal(sim_dense(d, &m, &at_once, NULL, &r), 0);
			assert_int_equal(feedback_replay(d, &m, &at_once, &f), 0);
			world_same(&f.of[FEEDBACK_LOST], &r);
			assert_true(r.lost > 0);
			assert_true(f.of[FEEDBACK_RETRY].takes >= r.takes);
			assert_true(f.of[FEEDBACK_RETRY].takes <= r.takes + r.lost);
			assert_true(f.of[FEEDBACK_BACK_OFF].takes <= r.takes);
		}
		demand_close(d);
	}
}

/* --- what is said of it ------------------------------------------------------------------------
 */

/* Two settings that differ by little, so that little decides which is the leaner one. */
static void make_rows(struct advice *a, const struct demand *d, const struct lead *lead,
		      struct rng *rng)
{
	struct policy_marks m = world_marks(rng, d->max_held);

	for (int i = 0; i < 2; i++) {
		struct advice_row *row = &a->row[i ? PLAN_STATIC : PLAN_SAFE];

		row->s = (struct plan_setting){.marks = m};
		row->s.marks.shrink_ticks = row->s.marks.probe_ticks = 0;
		row->s.marks.block += (uint32_t)i;
		row->s.marks.high += 2 * row->s.marks.block + (uint32_t)(1 - i);
		assert_int_equal(sim_dense(d, &row->s.marks, lead, NULL, &row->s.sim), 0);
		row->known = true;
		row->grade = 'B';
		row->mean = (struct interval){row->s.sim.mean_buffers, row->s.sim.mean_buffers};
	}
}

/* Buffers by which the first is the larger one. */
static double larger(const struct advice *a, int kind)
{
	return a->row[PLAN_SAFE].feedback.of[kind].mean_buffers -
	       a->row[PLAN_STATIC].feedback.of[kind].mean_buffers;
}

static void grade_falls_where_senders_decide_which_is_leaner(void **state)
{
	static struct demand_row rows[600];
	unsigned int fell = 0, stayed = 0;
	struct rng rng;

	rng_init(&rng, 12, 34);
	for (int world = 0; world < 5000; world++) {
		struct lead lead = lead_fixed(world_below(&rng, 30) * MS);
		struct lead_sample leads = {.nr = 0};
		struct plan_request q = {.lead = &lead, .leads = &leads};
		struct advice *a = calloc(1, sizeof(*a));
		const struct advice_row *x = &a->row[PLAN_SAFE], *y = &a->row[PLAN_STATIC];
		struct demand *d;

		world_rows(&rng, rows, 600, MS);
		d = world_demand(rows, 600);
		make_rows(a, d, &lead, &rng);
		if (x->s.sim.lost && y->s.sim.lost) {
			bool same;

			assert_int_equal(advice_finish(d, &q, a), 0);
			assert_true(x->replayed && y->replayed);
			for (int i = 0; i < FEEDBACK_KINDS; i++)
				assert_true(x->feedback.of[i].mean_buffers >= x->mean.low - 1e-9 &&
					    x->feedback.of[i].mean_buffers <= x->mean.high + 1e-9);
			same = larger(a, 0) * larger(a, 1) >= 0 && larger(a, 0) * larger(a, 2) >= 0;
			assert_int_equal(x->grade, same ? 'B' : 'C');
			assert_int_equal(y->grade, same ? 'B' : 'C');
			fell += !same;
			stayed += same;
		}
		free(a);
		demand_close(d);
	}
	if (fell < 2 || stayed < 100)
		fail_msg("%u fell, %u stayed", fell, stayed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_that_is_lost_comes_once_more_or_makes_others_wait),
		cmocka_unit_test(pause_may_be_long_enough_for_a_buffer_to_come_home),
		cmocka_unit_test(where_nothing_is_lost_all_three_are_the_same),
		cmocka_unit_test(grade_falls_where_senders_decide_which_is_leaner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
