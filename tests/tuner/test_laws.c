/* SPDX-License-Identifier: MIT */
/*
 * What must hold of any right simulator: Erlang's formula, and relations between simulations that
 * are exact.  Relations that do not hold (fewer drops with a larger base, block or low) are not
 * asked for.
 */
#include <errno.h>

#include "tests/tuner/worlds.h"
#include "tuner/bands.h"
#include "tuner/lockstep.h"
#include "tuner/low.h"

#define MS INT64_C(1000000)

/* Blocking with an offered load on c servers, by its recursion. */
static double erlang_b(double load, int c)
{
	double b = 1;

	for (int i = 1; i <= c; i++)
		b = load * b / (i + load * b);
	return b;
}

enum hold { EXPONENTIAL, CONSTANT, PARETO, NR_HOLDS };

/* Hold times of mean 1 ms; that they are so different must not matter. */
static int64_t hold_ns(struct rng *rng, enum hold kind)
{
	if (kind == EXPONENTIAL)
		return (int64_t)rng_exp(rng, 1e6);
	if (kind == CONSTANT)
		return MS;
	return (int64_t)(6e5 / pow(1 - rng_unit(rng), 1 / 2.5)); /* mean 2.5 / 1.5 of its least */
}

#define PARTS	 40
#define PER_PART 5000

/* Poisson arrivals in parts that know nothing of each other: their spread is the standard error. */
static void check_erlang(double load, const int *sizes, int nr_sizes, enum hold kind, uint64_t seed)
{
	struct demand_row *rows = calloc(PER_PART, sizeof(*rows));
	double sum[4] = {0}, squares[4] = {0};
	struct rng rng;

	rng_init(&rng, seed, kind);
	for (int part = 0; part < PARTS; part++) {
		struct policy_marks marks[4] = {{0}};
		struct lead lead = lead_fixed(MS);
		struct sim_result alone, r[4];
		struct demand *d;
		double t = 0;

		for (int i = 0; i < PER_PART; i++) {
			t += rng_exp(&rng, 1e6 / load);
			rows[i] = (struct demand_row){(int64_t)t, hold_ns(&rng, kind)};
		}
		d = world_demand(rows, PER_PART);
		for (int k = 0; k < nr_sizes; k++)
			marks[k] = (struct policy_marks){.base = (uint32_t)sizes[k],
							 .block = 1,
							 .high = 2,
							 .limit = (uint32_t)sizes[k],
							 .max_pending = 1};
		assert_int_equal(sim_lockstep(d, marks, (size_t)nr_sizes, &lead, NULL, r), 0);
		for (int k = 0; k < nr_sizes; k++) {
			double share = (double)r[k].lost / PER_PART;

			assert_int_equal(sim_skip(d, &marks[k], &lead, NULL, &alone), 0);
			assert_int_equal(alone.lost, r[k].lost);
			assert_int_equal(demand_static_lost(d, marks[k].base), r[k].lost);
			sum[k] += share;
			squares[k] += share * share;
		}
		demand_close(d);
	}
	for (int k = 0; k < nr_sizes; k++) {
		double mean = sum[k] / PARTS, variance = squares[k] / PARTS - mean * mean;
		double error = sqrt(variance / (PARTS - 1));

		/* Each part begins empty: within its first few hold times fewer are lost. */
		double empty = erlang_b(load, sizes[k]) * 3 * load / PER_PART;

		assert_true(fabs(mean - erlang_b(load, sizes[k])) < 3 * error + empty);
		assert_true(error < 0.3 * erlang_b(load, sizes[k]));
	}
	free(rows);
}

static void static_pool_loses_what_erlang_says(void **state)
{
	static const int ten[] = {10, 15, 20}, fifty[] = {50, 60};

	assert_true(fabs(erlang_b(10, 10) - 0.214582) < 1e-6);
	assert_true(fabs(erlang_b(50, 60) - 0.0216685) < 1e-7);
	for (int kind = 0; kind < NR_HOLDS; kind++) {
		check_erlang(10, ten, 3, (enum hold)kind, 61);
		check_erlang(50, fifty, 2, (enum hold)kind, 62);
	}
}

/* One world and one setting, without ticks in it, to be changed in ways that must change nothing.
 */
struct world {
	struct demand_row rows[700];
	size_t nr;
	struct policy_marks marks;
	int64_t tau;
	struct sim_result r;
};

static struct sim_result simulate(const struct demand_row *rows, size_t nr,
				  const struct policy_marks *m, int64_t tau)
{
	struct demand *d = world_demand(rows, nr);
	struct lead lead = lead_fixed(tau);
	struct sim_result r;

	assert_int_equal(sim_skip(d, m, &lead, NULL, &r), 0);
	demand_close(d);
	return r;
}

static void make(struct world *w, struct rng *rng)
{
	w->nr = 1 + world_below(rng, 300);
	world_rows(rng, w->rows, w->nr, MS);
	w->marks = world_marks(rng, 40);
	w->marks.shrink_ticks = w->marks.probe_ticks = 0;
	w->tau = world_below(rng, 20) * MS;
	w->r = simulate(w->rows, w->nr, &w->marks, w->tau);
}

static void same_counts(const struct sim_result *a, const struct sim_result *b, uint64_t times)
{
	assert_int_equal(a->lost * times, b->lost);
	assert_int_equal(a->resources * times, b->resources);
	assert_int_equal(a->granted * times, b->granted);
	assert_int_equal(a->frees * times, b->frees);
}

static void time_has_no_scale(void **state)
{
	static struct world w;
	struct rng rng;

	rng_init(&rng, 6, 30);
	for (int world = 0; world < 400; world++) {
		struct sim_result r;

		make(&w, &rng);
		for (size_t i = 0; i < w.nr; i++) {
			w.rows[i].arrival_ns *= 7;
			if (w.rows[i].hold_ns != DEMAND_HELD_FOR_EVER)
				w.rows[i].hold_ns *= 7;
		}
		r = simulate(w.rows, w.nr, &w.marks, 7 * w.tau);
		same_counts(&w.r, &r, 1);
		assert_int_equal(w.r.requests, r.requests);
		assert_true(fabs(w.r.mean_buffers - r.mean_buffers) < 1e-9 * r.mean_buffers);
	}
}

/* The same again once everything is home and given back: it all happens once more. */
static void twice_the_traffic_is_twice_the_losses(void **state)
{
	static struct world w;
	struct rng rng;
	int compared = 0;

	rng_init(&rng, 6, 31);
	for (int world = 0; world < 600; world++) {
		struct demand_row last = {0, 1};
		int64_t later = INT64_C(40000000000);
		struct sim_result once, twice;

		make(&w, &rng);
		for (size_t i = 0; i < w.nr; i++)
			if (w.rows[i].hold_ns == DEMAND_HELD_FOR_EVER)
				w.rows[i].hold_ns = MS;
		/* Base above high: all dynamic blocks go. Above low: none is asked for when idle.
		 */
		w.marks.base = w.marks.high + 1;
		w.marks.limit = w.marks.base + 3 * w.marks.block;
		/* A packet long after, so that the pool comes to rest within the simulation. */
		last.arrival_ns = later / 2;
		w.rows[w.nr++] = last;
		once = simulate(w.rows, w.nr, &w.marks, w.tau);
		for (size_t i = 0; i < w.nr; i++) {
			w.rows[w.nr + i] = w.rows[i];
			w.rows[w.nr + i].arrival_ns += later;
		}
		twice = simulate(w.rows, 2 * w.nr, &w.marks, w.tau);
		same_counts(&once, &twice, 2);
		compared += once.granted > 0;
	}
	assert_true(compared > 50);
}

/* d packets that are always held, in a pool with d buffers more. */
static void what_is_always_held_only_moves_the_base(void **state)
{
	static struct world w;
	struct demand_row rows[620];
	struct rng rng;
	int compared = 0;

	rng_init(&rng, 6, 32);
	for (int world = 0; world < 400; world++) {
		uint32_t always = 1 + world_below(&rng, 20);
		struct policy_marks more;
		struct sim_result r;

		make(&w, &rng);
		more = w.marks;
		more.base += always;
		more.limit += always;
		/* They are there before the others come, and nothing is asked for because of them.
		 */
		if (w.marks.base <= w.marks.low)
			continue;
		compared++;
		for (uint32_t i = 0; i < always; i++)
			rows[i] = (struct demand_row){0, DEMAND_HELD_FOR_EVER};
		for (size_t i = 0; i < w.nr; i++) {
			rows[always + i] = w.rows[i];
			rows[always + i].arrival_ns += 1000 * MS;
		}
		r = simulate(rows, always + w.nr, &more, w.tau);
		same_counts(&w.r, &r, 1);
	}
	assert_true(compared > 50);
}

static void pool_that_never_frees_never_shrinks(void **state)
{
	static struct world w;
	struct rng rng;

	rng_init(&rng, 6, 33);
	for (int world = 0; world < 400; world++) {
		struct sim_result r;

		make(&w, &rng);
		w.marks.high = INT32_MAX;
		r = simulate(w.rows, w.nr, &w.marks, w.tau);
		assert_int_equal(r.frees, 0);
		assert_int_equal(r.peak_buffers, w.marks.base + r.granted * w.marks.block);
		assert_true(r.mean_buffers >= w.marks.base);
		assert_true(r.mean_buffers <= r.peak_buffers);
	}
}

/* exact low <= the least that passes <= robust low, whatever high is. */
static void least_low_lies_in_its_bracket(void **state)
{
	static struct world w;
	struct rng rng;
	int between = 0;

	rng_init(&rng, 6, 34);
	for (int world = 0; world < 300; world++) {
		uint32_t gap = 1 + world_below(&rng, 20), robust, least;
		struct low_burst b;
		struct demand *d;
		int64_t exact;

		make(&w, &rng);
		d = world_demand(w.rows, w.nr);
		assert_int_equal(low_burst(d, w.tau, &b), 0);
		w.marks.limit = INT32_MAX;
		w.marks.max_pending = UINT32_MAX;
		robust = low_of(b.rise, w.marks.reserve);
		w.marks.base = robust + 1 + world_below(&rng, 5);
		exact = low_exact(d, w.tau, w.marks.base, w.marks.block, w.marks.reserve);
		for (least = 0; least <= robust; least++) {
			struct sim_result r;

			w.marks.low = least;
			w.marks.high = least + w.marks.block + gap;
			r = simulate(w.rows, w.nr, &w.marks, w.tau);
			if (!r.lost && !r.resources)
				break;
		}
		assert_true(least <= robust);
		assert_true(exact <= (int64_t)least);
		between += exact >= 0 && exact < robust;
		demand_close(d);
	}
	assert_true(between > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static_pool_loses_what_erlang_says),
		cmocka_unit_test(time_has_no_scale),
		cmocka_unit_test(twice_the_traffic_is_twice_the_losses),
		cmocka_unit_test(what_is_always_held_only_moves_the_base),
		cmocka_unit_test(pool_that_never_frees_never_shrinks),
		cmocka_unit_test(least_low_lies_in_its_bracket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
