/* SPDX-License-Identifier: MIT */
/*
 * The simulators against a plain reference on tiny demands, exhaustively, and against each other on
 * larger ones.
 */
#include "tests/tuner/naive.h"
#include "tests/tuner/worlds.h"

#define MS INT64_C(1000000)

static void same_as_naive(const struct demand *d, const struct demand_row *rows, int nr,
			  const struct policy_marks *m, const struct lead *lead)
{
	struct sim_result naive = naive_run(rows, nr, m, lead), dense, skip;

	assert_int_equal(sim_dense(d, m, lead, NULL, &dense), 0);
	assert_int_equal(sim_skip(d, m, lead, NULL, &skip), 0);
	world_same(&dense, &skip);
	assert_true(fabs(naive.mean_buffers - dense.mean_buffers) < 1e-9 * dense.mean_buffers);
	naive.mean_buffers = dense.mean_buffers;
	world_same(&naive, &dense);
}

/* All marks of a small box, also some without room between the reserve and low. */
static void box(const struct demand *d, const struct demand_row *rows, int nr,
		const struct lead *lead)
{
	for (uint32_t k = 0; k < 4 * 3 * 4 * 3 * 4 * 2 * 3 * 2; k++) {
		uint32_t n = k;
		struct policy_marks m = {0};

		m.base = 1 + n % 4, n /= 4;
		m.block = 1 + n % 3, n /= 3;
		m.low = n % 4, n /= 4;
		m.high = m.low + m.block + 1 + n % 3, n /= 3;
		m.limit = m.base + m.block * (n % 4), n /= 4;
		m.reserve = n % 2, n /= 2;
		m.max_pending = 1 + n % 3, n /= 3;
		m.shrink_ticks = n % 2 * 2;
		same_as_naive(d, rows, nr, &m, lead);
	}
}

static void every_setting_of_a_small_box_is_as_the_words_say(void **state)
{
	struct demand_row rows[12];
	struct rng rng;

	rng_init(&rng, 6, 1);
	for (int world = 0; world < 12; world++) {
		int nr = 1 + (int)world_below(&rng, 12);
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, 20 * MS);
		struct demand *d;

		world_rows(&rng, rows, (size_t)nr, 20 * MS);
		d = world_demand(rows, (size_t)nr);
		box(d, rows, nr, &lead);
		demand_close(d);
	}
}

static void many_small_worlds_are_as_the_words_say(void **state)
{
	struct demand_row rows[NAIVE_PACKETS];
	struct rng rng;

	rng_init(&rng, 6, 2);
	for (int world = 0; world < 2500; world++) {
		int nr = 1 + (int)world_below(&rng, NAIVE_PACKETS);
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, 10 * MS);
		struct demand *d;

		world_rows(&rng, rows, (size_t)nr, 10 * MS);
		d = world_demand(rows, (size_t)nr);
		for (int i = 0; i < 8; i++) {
			struct policy_marks m = world_marks(&rng, d->max_held);

			same_as_naive(d, rows, nr, &m, &lead);
		}
		demand_close(d);
	}
}

static void skipping_equals_stepping(void **state)
{
	struct demand_row *rows = calloc(3000, sizeof(*rows));
	uint64_t stepped = 0, skipped = 0, losses = 0, frees = 0;
	struct rng rng;

	rng_init(&rng, 6, 3);
	for (int world = 0; world < 300; world++) {
		size_t nr = 1 + world_below(&rng, 3000);
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, 10 * MS);
		struct demand *d;

		world_rows(&rng, rows, nr, MS);
		d = world_demand(rows, nr);
		for (int i = 0; i < 20; i++) {
			struct policy_marks m = world_marks(&rng, d->max_held);
			struct sim_options o = {world_below(&rng, 4) ? UINT64_MAX
								     : world_below(&rng, 50)};
			struct sim_result dense, skip;

			assert_int_equal(sim_dense(d, &m, &lead, &o, &dense), 0);
			assert_int_equal(sim_skip(d, &m, &lead, &o, &skip), 0);
			world_same(&dense, &skip);
			stepped += skip.steps_done;
			skipped += dense.steps_done - skip.steps_done;
			losses += dense.lost + dense.resources;
			frees += dense.frees;
		}
		demand_close(d);
	}
	free(rows);
	/* The worlds are such that there is something to agree on. */
	assert_true(skipped > stepped / 4);
	assert_true(losses > 10000);
	assert_true(frees > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_of_a_small_box_is_as_the_words_say),
		cmocka_unit_test(many_small_worlds_are_as_the_words_say),
		cmocka_unit_test(skipping_equals_stepping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
