/* SPDX-License-Identifier: MIT */
/* Marks that are tried on a demand. */
#include "tests/tuner/worlds.h"

#include <errno.h>

#include "viewer/trial.h"

#define COLUMNS 20

static struct level_column columns[COLUMNS];
static struct trial trial;

/* A demand with marks as a recording has them; NULL: nobody said any. */
static void begin(struct demand *d, const struct policy_marks *marks)
{
	struct atlas atlas;

	assert_int_equal(atlas_make(d, ATLAS_NEVER, false, &atlas), 0);
	if (marks) {
		d->marks = *marks;
		d->marks_known = true;
	}
	trial_take(&trial, d, &atlas);
}

static void begin_small(void)
{
	static const struct demand_row rows[] = {{0, 1000}, {100, 1000}, {200, 1000}, {5000, 10}};
	static const struct policy_marks marks = {8, 4, 2, 8, 64, 1, 1, 0, 0};

	begin(world_demand(rows, 4), &marks);
}

static void run(void)
{
	const struct demand *d = trial.demand;

	trial_run(&trial, d->t_ns[0], demand_span_ns(d) / COLUMNS + 1, COLUMNS, columns);
}

static void choose(enum trial_mark mark)
{
	while (trial.chosen != mark)
		trial_choose(&trial, 1);
}

static int end(void **state)
{
	trial_release(&trial);
	trial.chosen = TRIAL_BASE;
	return 0;
}

static void the_choice_goes_round(void **state)
{
	begin_small();
	trial_choose(&trial, -1);
	assert_int_equal(trial.chosen, TRIAL_SHRINK);
	trial_choose(&trial, 1);
	assert_int_equal(trial.chosen, TRIAL_BASE);
}

static void a_mark_stays_within_what_it_can_be(void **state)
{
	begin_small();
	for (int i = 0; i < NR_TRIAL_MARKS; i++) {
		enum trial_mark mark = (enum trial_mark)i;
		bool one = mark == TRIAL_BASE || mark == TRIAL_BLOCK || mark == TRIAL_PENDING;

		choose(mark);
		trial_move(&trial, -1000000);
		assert_int_equal(trial_value(&trial.marks, mark), one);
		trial_move(&trial, INT64_C(1) << 40);
		assert_int_equal(trial_value(&trial.marks, mark), TRIAL_MARK_MAX);
		trial_move(&trial, -7);
		assert_int_equal(trial_value(&trial.marks, mark), TRIAL_MARK_MAX - 7);
	}
}

static void marks_go_back_to_the_recorded(void **state)
{
	begin_small();
	choose(TRIAL_LOW);
	trial_move(&trial, 1);
	choose(TRIAL_HIGH);
	trial_move(&trial, 10);
	trial_reset(&trial);
	assert_int_equal(trial.marks.low, 3);
	assert_int_equal(trial.marks.high, 8);
	trial_reset_all(&trial);
	assert_memory_equal(&trial.marks, &trial.recorded, sizeof(trial.marks));
}

static void refused_marks_say_why(void **state)
{
	begin_small();
	choose(TRIAL_HIGH);
	trial_move(&trial, -2);
	run();
	assert_int_equal(trial.error, -EINVAL);
	assert_non_null(strstr(trial.why, "high 6"));
	for (int i = 0; i < COLUMNS; i++)
		assert_false(columns[i].known);
	/* The recorded ones are simulated all the same. */
	assert_int_equal(trial.before_error, 0);
	assert_int_equal(trial.before.takes, 4);
	trial_reset_all(&trial);
	run();
	assert_int_equal(trial.error, 0);
	assert_string_equal(trial.why, "");
	assert_true(columns[0].known);
}

static void recorded_marks_are_simulated_with_the_lead_tried(void **state)
{
	begin_small();
	run();
	assert_int_equal(trial.lead_ns, TRIAL_LEAD_NS); /* none was recorded */
	for (int i = 0; i < 30; i++) {
		int64_t before_ns = trial.lead_ns;

		trial_next_lead(&trial);
		assert_true(trial.lead_ns > before_ns || trial.lead_ns == 100000);
		assert_int_equal(trial.tau_ns, trial.lead_ns);
		run();
		assert_int_equal(trial.before_error, 0);
		assert_int_equal(trial.result.requests, trial.before.requests);
	}
}

static void recorded_leads_come_round_again(void **state)
{
	static const struct demand_row rows[] = {{0, 1000}, {100, 1000}};
	struct demand *d = world_demand(rows, 2);

	d->leads = calloc(1, sizeof(*d->leads));
	d->leads[0] = (struct demand_lead){50, 777, DEMAND_LEAD_CAME};
	d->nr_leads = 1;
	begin(d, NULL);
	assert_int_equal(trial.lead_ns, 0);
	assert_int_equal(trial.tau_ns, 777);
	trial_next_lead(&trial);
	assert_int_equal(trial.tau_ns, 100000);
	for (int i = 0; i < 13; i++)
		trial_next_lead(&trial);
	assert_int_equal(trial.tau_ns, 777);
}

static void options_are_those_of_the_driver(void **state)
{
	char text[200];

	begin_small();
	trial_options(&trial, text, sizeof(text));
	assert_string_equal(text, "--base 8 --block 4 --low 2 --high 8 --limit 64 --reserve 1 "
				  "--max-pending 1 --shrink-ticks 0");
	trial.marks.probe_ticks = 20;
	trial_options(&trial, text, sizeof(text));
	assert_non_null(strstr(text, " --lead-probe 2000ms"));
}

static void nothing_is_tried_without_a_demand(void **state)
{
	trial_next_lead(&trial);
	trial_run(&trial, 0, 1, COLUMNS, columns);
	assert_null(trial.demand);
}

/* On any demand, with fixed leads: the start, and any marks with the robust low. */
static void the_robust_low_loses_nothing(void **state)
{
	struct demand_row rows[300];

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct policy_marks m;
		struct demand *d;
		struct rng rng;
		size_t nr;
		char why[192];

		rng_init(&rng, seed, 0);
		nr = 1 + world_below(&rng, 300);
		world_rows(&rng, rows, nr, 10000);
		d = world_demand(rows, nr);
		m = world_marks(&rng, d->max_held);
		begin(d, seed % 3 ? &m : NULL);
		for (uint32_t i = world_below(&rng, 13); i; i--)
			trial_next_lead(&trial);
		trial_take_robust_low(&trial);
		if (!policy_marks_ok(&trial.marks, why, sizeof(why)))
			fail_msg("seed %u: %s", (unsigned)seed, why);
		run();
		assert_int_equal(trial.error, 0);
		if (trial.result.lost || trial.result.resources)
			fail_msg("seed %u: low %u loses %u and %u", (unsigned)seed, trial.marks.low,
				 (unsigned)trial.result.lost, (unsigned)trial.result.resources);
	}
}

static void a_start_keeps_the_rules_and_loses_nothing(void **state)
{
	struct demand_row rows[300];

	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct rng rng;
		size_t nr;

		rng_init(&rng, seed, 1);
		nr = 1 + world_below(&rng, 300);
		world_rows(&rng, rows, nr, 20000);
		begin(world_demand(rows, nr), NULL);
		assert_true(trial.guessed);
		run();
		if (trial.error)
			fail_msg("seed %u: %s", (unsigned)seed, trial.why);
		assert_int_equal(trial.result.lost + trial.result.resources, 0);
	}
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_choice_goes_round),
		TEST(a_mark_stays_within_what_it_can_be),
		TEST(marks_go_back_to_the_recorded),
		TEST(refused_marks_say_why),
		TEST(recorded_marks_are_simulated_with_the_lead_tried),
		TEST(recorded_leads_come_round_again),
		TEST(options_are_those_of_the_driver),
		TEST(nothing_is_tried_without_a_demand),
		TEST(the_robust_low_loses_nothing),
		TEST(a_start_keeps_the_rules_and_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
