/* SPDX-License-Identifier: MIT */
/* How much a recording proves, and the marks that come of it. */
#include "tests/tuner/worlds.h"

#include <errno.h>

#include "tuner/advice.h"
#include "tuner/expect.h"
#include "tuner/low.h"
#include "tuner/parallel.h"
#include "tuner/slice.h"

/* --- chances ------------------------------------------------------------------------------------
 */

/* How many blocks bound a chance, 95 % sure: the textbook's table of Wilks' numbers. */
static void wilks_table_is_reproduced(void **state)
{
	static const struct {
		double chance;
		uint64_t blocks[4]; /* with k = 0 to 3 worse ones */
	} table[] = {
		{0.10, {29, 46, 61, 76}},
		{0.05, {59, 93, 124, 153}},
		{0.02, {149, 236, 313, 386}},
		{0.01, {299, 473, 628, 773}},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (uint64_t k = 0; k < 4; k++) {
			uint64_t n = table[i].blocks[k];

			assert_true(binomial_bound(n, k, 0.95) <= table[i].chance);
			assert_true(binomial_bound(n - 1, k, 0.95) > table[i].chance);
		}
	assert_int_equal(binomial_trials(0.01, 0.95), 299);
	assert_true(binomial_bound(0, 0, 0.95) == 1);
	assert_true(binomial_bound(5, 5, 0.95) == 1);
}

/* Of 95 % bounds, at least 95 % hold. */
static void bounds_hold_as_often_as_they_say(void **state)
{
	unsigned int held = 0, runs = 4000;
	struct rng rng;

	rng_init(&rng, 5, 1);
	for (unsigned int run = 0; run < runs; run++) {
		double p = 0.02 + 0.3 * rng_unit(&rng);
		uint64_t n = 20 + rng_u64(&rng) % 100, k = 0;

		for (uint64_t i = 0; i < n; i++)
			k += (uint64_t)rng_chance(&rng, p);
		held += binomial_bound(n, k, 0.95) >= p;
	}
	assert_true(held >= runs * 94 / 100);
}

/* --- lead times ---------------------------------------------------------------------------------
 */

static void failed_requests_count_into_the_next_lead(void **state)
{
	struct demand_lead leads[] = {
		{0, 5, DEMAND_LEAD_CAME},      {100, 0, DEMAND_LEAD_REFUSED},
		{110, 7, DEMAND_LEAD_FAILED},  {120, 10, DEMAND_LEAD_CAME},
		{200, 3, DEMAND_LEAD_PENDING},
	};
	struct lead lead = {.kind = LEAD_NEAREST, .samples = leads, .nr_samples = 5};
	struct lead_sample s;

	assert_int_equal(lead_sample_make(NULL, &lead, true, &s), 0);
	assert_int_equal(s.nr, 3);
	assert_int_equal(s.failed, 2);
	assert_int_equal(s.pending, 1);
	assert_int_equal(s.ns[0], 3);
	assert_int_equal(s.ns[2], 30); /* from 100 to 130 */
	assert_int_equal(s.storm.failures, 2);
	assert_int_equal(s.storm.from_ns, 100);
	assert_int_equal(s.storm.ns, 30);
	assert_int_equal(s.storm.otherwise_ns, 5);
	assert_int_equal(lead_sample_quantile(&s, 0.5), 5);
	assert_int_equal(lead_sample_quantile(&s, 1), 30);
	lead_sample_release(&s);
}

/* --- blocks of time -----------------------------------------------------------------------------
 */

#define ROWS 4000

static struct demand *some_world(uint64_t seed)
{
	static struct demand_row rows[ROWS];
	struct rng rng;

	rng_init(&rng, seed, 3);
	world_rows(&rng, rows, ROWS, 20000);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].hold_ns == DEMAND_HELD_FOR_EVER)
			rows[i].hold_ns = 100000;
	return world_demand(rows, ROWS);
}

static void blocks_cover_all_and_their_sums_are_the_whole(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct demand *d = some_world(seed);
		struct tally tally[EVIDENCE_BLOCKS_MAX];
		struct lead lead = lead_fixed(20000);
		struct evidence e;
		struct sim_result whole, sim;
		struct tally_sum sum;
		struct rng rng;

		rng_init(&rng, seed, 4);
		struct policy_marks m = world_marks(&rng, d->max_held);

		assert_int_equal(evidence_cut(d, 20000, 100000, &e), 0);
		assert_true(e.nr > 0 && e.block_ns >= e.wanted_ns);
		assert_int_equal(e.blocks[0].from, 0);
		assert_int_equal(e.blocks[e.nr - 1].to, d->nr);
		assert_int_equal(evidence_tally(d, &e, &m, &lead, tally, &whole), 0);
		assert_int_equal(sim_skip(d, &m, &lead, NULL, &sim), 0);
		sum = tally_sum(tally, 0, e.nr, 0);
		assert_int_equal(sum.takes, d->takes);
		assert_int_equal(sum.lost, sim.lost);
		assert_int_equal(sum.resources, sim.resources);
		assert_int_equal(sum.requests, sim.requests);
		assert_int_equal(sum.frees, sim.frees);
		assert_int_equal(sum.peak, sim.peak_buffers);
		assert_true(fabs(sum.mean_buffers - sim.mean_buffers) < 1e-6 * sim.mean_buffers);
		evidence_release(&e);
		demand_close(d);
	}
}

static void no_block_needs_more_than_the_whole(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct demand *d = some_world(seed);
		struct low_burst burst;
		struct evidence e;
		uint32_t most = 0;

		assert_int_equal(evidence_cut(d, 20000, 100000, &e), 0);
		assert_int_equal(low_burst(d, 20000, &burst), 0);
		for (size_t i = 0; i < e.nr; i++) {
			assert_true(e.blocks[i].rise <= burst.rise);
			most = e.blocks[i].max_held > most ? e.blocks[i].max_held : most;
		}
		assert_int_equal(most, d->max_held);
		assert_int_equal(evidence_exceeding(&e, 0, e.nr, low_of(burst.rise, 2), 2, 0), 0);
		evidence_release(&e);
		demand_close(d);
	}
}

static void steady_tallies_have_narrow_intervals_around_their_mean(void **state)
{
	struct tally t[50];
	struct interval i;

	for (size_t k = 0; k < 50; k++)
		t[k] = (struct tally){.buffer_ns = 7000, .ns = 100, .requests = k * 7919 % 11 < 5};
	i = tally_interval(t, 50, TALLY_BUFFERS, 1);
	assert_true(i.low == 70 && i.high == 70);
	i = tally_interval(t, 50, TALLY_REQUESTS, 1);
	assert_true(i.low >= 0 && i.low < 23 && i.high > 23);
}

/* --- memory -------------------------------------------------------------------------------------
 */

/* Sums of sluggish noises, each slower than the one before: alike at many time scales. */
static void make_series(struct rng *rng, int scales, double *x, size_t nr)
{
	double noise[8] = {0};

	for (size_t i = 0; i < nr; i++) {
		x[i] = 0;
		for (int k = 0; k < scales; k++) {
			double keep = k ? 1 - pow(0.25, k) : 0;

			noise[k] = keep * noise[k] + sqrt(1 - keep * keep) * rng_normal(rng);
			x[i] += noise[k];
		}
	}
}

static void long_memory_is_told_from_none(void **state)
{
	double with = 0, without = 0, wider_with = 0, wider_without = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		double x[90];
		struct memory m;
		struct rng rng;

		rng_init(&rng, seed, 12);
		make_series(&rng, 1, x, 90);
		m = memory_of(x, NULL, 90, tally_run(90));
		without += m.hurst / 20;
		wider_without += m.wider / 20;
		make_series(&rng, 5, x, 90);
		m = memory_of(x, NULL, 90, tally_run(90));
		with += m.hurst / 20;
		wider_with += m.wider / 20;
	}
	assert_true(without < 0.62 && wider_without < 1.4);
	assert_true(with > 0.8 && wider_with > 1.8);
}

/* A pool whose buffers come and go like noise, under traffic that does not. */
static void memory_of_the_traffic_is_the_pools_too(void **state)
{
	double alone = 0, with = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		double pool[90], traffic[90];
		struct rng rng;

		rng_init(&rng, seed, 14);
		make_series(&rng, 1, pool, 90);
		make_series(&rng, 5, traffic, 90);
		alone += memory_of(pool, NULL, 90, tally_run(90)).hurst / 20;
		with += memory_of(pool, traffic, 90, tally_run(90)).hurst / 20;
	}
	assert_true(alone < 0.62 && with > alone + 0.1);
}

/* Up and down by turns: the next series may not be so tidy. */
static void traffic_that_makes_up_for_itself_is_not_believed(void **state)
{
	double x[40], level[40] = {0};
	struct memory m;

	for (int i = 0; i < 40; i++)
		x[i] = i % 2 ? 5 : 7;
	m = memory_of(x, level, 40, tally_run(40));
	assert_true(m.hurst >= 0.5 && m.hurst < 0.56 && m.wider >= 1);
}

/* Counts of 40 blocks that have so many in the mean, independent of each other. */
static double share_inside(double mean)
{
	double inside = 0;

	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct tally t[40] = {0};
		double next = 0;
		struct interval i;
		struct rng rng;

		rng_init(&rng, seed, 15);
		for (int k = 0; k < 80; k++) {
			uint64_t n = 0;

			for (double p = rng_unit(&rng); p > exp(-mean); n++)
				p *= rng_unit(&rng);
			if (k < 40)
				t[k].requests = n;
			else
				next += (double)n;
		}
		i = tally_interval(t, 40, TALLY_REQUESTS, seed);
		inside += next >= i.low - 0.5 && next <= i.high + 0.5; /* as it is printed */
	}
	return inside / 400;
}

static void small_counts_vary_by_their_root(void **state)
{
	/* Of few, whole numbers leave no more than that. */
	static const struct {
		double mean, most;
	} of[] = {{0.02, 1}, {0.1, 1}, {0.5, 1}, {3, 0.99}};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		double inside = share_inside(of[i].mean);

		if (inside < 0.93 || inside > of[i].most)
			fail_msg("%g a block: %g inside", of[i].mean, inside);
	}
}

static void series_that_say_nothing_have_no_memory(void **state)
{
	double level[40] = {0}, few[] = {1, 5, 2};
	struct memory m = memory_of(level, NULL, 40, 4);

	assert_true(m.hurst == 0.5 && m.wider == 1);
	m = memory_of(few, NULL, 3, 2);
	assert_true(m.hurst == 0.5 && m.wider == 1);
}

/* --- what to expect -----------------------------------------------------------------------------
 */

/* One packet is held for long; in each of 40 blocks of 10 ms, so many others come at once. */
static struct demand *peaks(const uint32_t *others)
{
	static struct demand_row rows[2000];
	size_t nr = 0;

	rows[nr++] = (struct demand_row){0, 400000000};
	for (uint32_t i = 0; i < 40; i++)
		for (uint32_t k = 0; k < others[i]; k++)
			rows[nr++] = (struct demand_row){i * 10000000 + 5000000, 1000000};
	return world_demand(rows, nr);
}

static struct expectation expect(const struct demand *d, const struct policy_marks *m)
{
	struct lead lead = lead_fixed(100000);
	struct tally tally[EVIDENCE_BLOCKS_MAX];
	struct expectation x;
	struct sim_result whole;
	struct evidence e;

	assert_int_equal(evidence_cut(d, 100000, 1000000, &e), 0);
	assert_int_equal(evidence_tally(d, &e, m, &lead, tally, &whole), 0);
	assert_int_equal(expect_make(d, &e, m, &lead, tally, &whole, 1, &x), 0);
	evidence_release(&e);
	return x;
}

static void pool_that_never_grew_may_do_so_next_time(void **state)
{
	struct policy_marks m = {
		.base = 26, .block = 8, .low = 4, .high = 13, .limit = 1000, .max_pending = 1};
	uint32_t others[40];
	struct expectation x;
	struct demand *d;

	/* It asks when 22 are held, and 20 were: five higher peaks are not out of the question. */
	for (uint32_t i = 0; i < 40; i++)
		others[i] = i % 20;
	d = peaks(others);
	x = expect(d, &m);
	assert_true(x.known && x.rare);
	assert_true(x.requests.low == 0 && x.requests.high >= 5 && x.requests.high < 20);
	assert_true(x.mean.low == 26 && x.mean.high > 26 && x.mean.high < 29);
	demand_close(d);
}

static void pool_that_grows_all_the_time_is_expected_to_go_on(void **state)
{
	struct policy_marks m = {
		.base = 8, .block = 20, .low = 4, .high = 25, .limit = 1000, .max_pending = 1};
	uint32_t others[40];
	struct expectation x;
	struct demand *d;

	for (uint32_t i = 0; i < 40; i++)
		others[i] = 10 + i % 2;
	d = peaks(others);
	x = expect(d, &m);
	assert_true(x.known && !x.rare);
	assert_true(x.requests.low >= 35 && x.requests.high <= 45);
	assert_true(x.frees.low >= 35 && x.frees.high <= 45);
	demand_close(d);
}

/* --- slices -------------------------------------------------------------------------------------
 */

static void slice_of_everything_is_the_same(void **state)
{
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct demand *d = some_world(seed), *s;

		assert_int_equal(demand_slice(d, 0, d->nr, &s), 0);
		assert_int_equal(s->nr, d->nr);
		assert_int_equal(s->max_held, d->max_held);
		assert_int_equal(s->nr_ticks, d->nr_ticks);
		assert_memory_equal(s->t_ns, d->t_ns, d->nr * sizeof(*d->t_ns));
		assert_memory_equal(s->slot, d->slot, d->nr * sizeof(*d->slot));
		demand_close(s);
		demand_close(d);
	}
}

static void same_path(const struct demand *a, const struct demand *b)
{
	assert_int_equal(a->nr, b->nr);
	assert_int_equal(a->takes, b->takes);
	assert_int_equal(a->max_held, b->max_held);
	assert_int_equal(a->nr_ticks, b->nr_ticks);
	assert_int_equal(a->quality.unreturned, b->quality.unreturned);
	assert_memory_equal(a->slot, b->slot, a->nr * sizeof(*a->slot));
	assert_memory_equal(a->hunt, b->hunt, a->max_held * sizeof(*a->hunt));
	for (size_t i = 0; i <= a->nr; i++)
		assert_int_equal(demand_held(a, i), demand_held(b, i));
	for (size_t i = 0; i < a->nr; i++)
		assert_int_equal(demand_is_end(a, i), demand_is_end(b, i));
	for (uint32_t level = 0; level <= a->max_held + 1; level++)
		for (size_t from = 0; from < a->nr; from += 61) {
			assert_int_equal(demand_next_ge(a, from, level),
					 demand_next_ge(b, from, level));
			assert_int_equal(demand_next_le(a, from, level),
					 demand_next_le(b, from, level));
		}
}

/* A slice from the start is what is known at its end: packets that are out never come back. */
static void slice_from_the_start_is_the_demand_of_that_time(void **state)
{
	static struct demand_row rows[ROWS];
	struct rng rng;

	rng_init(&rng, 8, 3);
	for (int world = 0; world < 60; world++) {
		size_t nr = 2 + world_below(&rng, ROWS - 2), kept = 0;
		struct demand *d, *s, *anew;
		int64_t until_ns;

		world_rows(&rng, rows, nr, world % 2 ? 20000 : 20000000);
		d = world_demand(rows, nr);
		until_ns = rows[world_below(&rng, (uint32_t)nr)].arrival_ns;
		assert_int_equal(demand_slice(d, 0, demand_next_at(d, 0, until_ns + 1), &s), 0);
		for (; kept < nr && rows[kept].arrival_ns <= until_ns; kept++)
			if (rows[kept].hold_ns > until_ns - rows[kept].arrival_ns)
				rows[kept].hold_ns = DEMAND_HELD_FOR_EVER;
		anew = world_demand(rows, kept);
		same_path(s, anew);
		for (int i = 0; i < 10; i++) {
			struct policy_marks m = world_marks(&rng, s->max_held);
			struct lead lead = lead_fixed(world_below(&rng, 1000000));
			struct sim_result skipped, dense;

			assert_int_equal(sim_skip(s, &m, &lead, NULL, &skipped), 0);
			assert_int_equal(sim_dense(anew, &m, &lead, NULL, &dense), 0);
			world_same(&skipped, &dense);
		}
		demand_close(anew);
		demand_close(s);
		demand_close(d);
	}
}

static void slice_leaves_out_what_was_taken_before(void **state)
{
	struct demand_row rows[] = {{0, 50}, {10, 5}, {20, 100}, {30, 10}};
	struct demand *d = world_demand(rows, 4), *s;

	/* Steps: +0 +10 -15 +20 +30 -40 -50 -120; from +20 on, without the return at 50. */
	assert_int_equal(demand_slice(d, 3, 7, &s), 0);
	assert_int_equal(s->nr, 3);
	assert_int_equal(s->takes, 2);
	assert_int_equal(s->max_held, 2);
	assert_int_equal(s->t_ns[2], 40);
	demand_close(s);
	assert_int_equal(demand_slice(d, 6, 8, &s), -ENODATA);
	demand_close(d);
}

/* --- between interrupts -------------------------------------------------------------------------
 */

static void late_returns_do_not_help_the_batch_that_follows(void **state)
{
	/* Three at 0, one back at 5, three at 10: all six are in use.  At 900 they are long home.
	 */
	struct demand_row rows[] = {{0, 5},   {0, 50},	{0, 50},  {10, 50}, {10, 50},
				    {10, 50}, {900, 5}, {900, 5}, {900, 5}};
	struct demand *d = world_demand(rows, 9);
	struct batch b;

	assert_int_equal(batch_find(d, &b), 0);
	assert_int_equal(d->max_held, 5);
	assert_int_equal(b.need, 6);
	demand_close(d);
}

static void packets_one_by_one_have_no_batches(void **state)
{
	struct demand_row rows[] = {{0, 5}, {3, 5}, {6, 5}, {9, 5}};
	struct demand *d = world_demand(rows, 4);
	struct batch b;

	assert_int_equal(batch_find(d, &b), 0);
	assert_int_equal(b.ns, 0);
	assert_int_equal(b.need, d->max_held);
	demand_close(d);
}

/* --- plans --------------------------------------------------------------------------------------
 */

static struct advice *advise(const struct demand *d, struct lead lead, double loss)
{
	struct advice_request q = {.lead = lead, .loss = loss, .seed = 1, .hold_ns = 100000};
	struct advice *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	assert_int_equal(advice_make(d, &q, a), 0);
	return a;
}

static void what_is_recommended_meets_the_target(void **state)
{
	static const double losses[] = {0, 0.02};

	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct demand *d = some_world(seed);
		double loss = losses[seed % 2];
		struct advice *a = advise(d, lead_fixed(1000 * (int64_t)seed), loss);
		uint64_t allowed = (uint64_t)(loss * (double)d->takes);

		for (int i = 0; i < PLAN_NR; i++) {
			const struct advice_row *row = &a->row[i];
			struct sim_result r;
			char why[192];

			assert_true(row->known);
			assert_true(policy_marks_ok(&row->s.marks, why, sizeof(why)));
			struct lead lead = lead_fixed(1000 * (int64_t)seed);

			assert_int_equal(sim_dense(d, &row->s.marks, &lead, NULL, &r), 0);
			assert_true(r.lost + r.resources <= allowed);
			assert_true(r.mean_buffers == row->s.sim.mean_buffers);
			assert_true(row->mean.low <= row->mean.high);
		}
		assert_true(a->row[PLAN_LEAN].s.cost <= a->row[PLAN_BALANCED].s.cost);
		assert_true(a->row[PLAN_BALANCED].s.cost <= a->row[PLAN_SAFE].s.cost);
		assert_true(loss > 0 ||
			    a->plan.clairvoyant_mean <= a->row[PLAN_BALANCED].s.sim.mean_buffers);
		advice_release(a);
		free(a);
		demand_close(d);
	}
}

static void safe_stands_what_low_promises(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct demand *d = some_world(seed);
		struct advice *a = advise(d, lead_fixed(5000), 0);
		const struct plan_setting *s = &a->row[PLAN_SAFE].s;

		/* Needs no luck: whatever the base from low + 1 on. */
		for (uint32_t more = 0; !s->covers && more < 10; more++) {
			struct policy_marks m = s->marks;
			struct lead lead = lead_fixed(5000);
			struct sim_result r;

			m.base = m.low + 1 + more;
			m.limit = INT32_MAX;
			assert_int_equal(sim_skip(d, &m, &lead, NULL, &r), 0);
			assert_int_equal(r.lost + r.resources, 0);
		}
		advice_release(a);
		free(a);
		demand_close(d);
	}
}

static void front_has_no_setting_that_another_beats(void **state)
{
	struct demand *d = some_world(3);
	struct advice *a = advise(d, lead_fixed(5000), 0);

	assert_true(a->plan.nr_front > 0);
	for (size_t i = 1; i < a->plan.nr_front; i++) {
		assert_true(a->plan.front[i].sim.mean_buffers >=
			    a->plan.front[i - 1].sim.mean_buffers);
		assert_true(a->plan.front[i].sim.frees < a->plan.front[i - 1].sim.frees);
	}
	advice_release(a);
	free(a);
	demand_close(d);
}

static void grades_follow_what_is_known(void **state)
{
	struct demand *d = some_world(4);
	struct advice *a = advise(d, lead_fixed(5000), 0);

	assert_int_equal(a->row[PLAN_SAFE].grade, 'B'); /* no driver ran */
	advice_release(a);
	free(a);
	d->quality.dropped = d->takes / 100;
	a = advise(d, lead_fixed(5000), 0);
	assert_int_equal(a->row[PLAN_SAFE].grade, 'C');
	advice_release(a);
	free(a);
	demand_close(d);
}

/* --- threads ------------------------------------------------------------------------------------
 */

struct pieces {
	_Atomic unsigned int done[1000];
};

static void do_piece(size_t i, void *ctx)
{
	struct pieces *p = ctx;

	p->done[i]++;
}

static void each_piece_of_work_is_done_once(void **state)
{
	for (unsigned int threads = 0; threads <= 8; threads++) {
		static struct pieces p;

		memset(&p, 0, sizeof(p));
		parallel_run(threads, 1000, do_piece, &p);
		for (size_t i = 0; i < 1000; i++)
			assert_int_equal(p.done[i], 1);
		parallel_run(threads, 0, do_piece, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wilks_table_is_reproduced),
		cmocka_unit_test(bounds_hold_as_often_as_they_say),
		cmocka_unit_test(failed_requests_count_into_the_next_lead),
		cmocka_unit_test(blocks_cover_all_and_their_sums_are_the_whole),
		cmocka_unit_test(no_block_needs_more_than_the_whole),
		cmocka_unit_test(steady_tallies_have_narrow_intervals_around_their_mean),
		cmocka_unit_test(long_memory_is_told_from_none),
		cmocka_unit_test(memory_of_the_traffic_is_the_pools_too),
		cmocka_unit_test(traffic_that_makes_up_for_itself_is_not_believed),
		cmocka_unit_test(small_counts_vary_by_their_root),
		cmocka_unit_test(series_that_say_nothing_have_no_memory),
		cmocka_unit_test(pool_that_never_grew_may_do_so_next_time),
		cmocka_unit_test(pool_that_grows_all_the_time_is_expected_to_go_on),
		cmocka_unit_test(each_piece_of_work_is_done_once),
		cmocka_unit_test(slice_of_everything_is_the_same),
		cmocka_unit_test(slice_from_the_start_is_the_demand_of_that_time),
		cmocka_unit_test(slice_leaves_out_what_was_taken_before),
		cmocka_unit_test(late_returns_do_not_help_the_batch_that_follows),
		cmocka_unit_test(packets_one_by_one_have_no_batches),
		cmocka_unit_test(what_is_recommended_meets_the_target),
		cmocka_unit_test(safe_stands_what_low_promises),
		cmocka_unit_test(front_has_no_setting_that_another_beats),
		cmocka_unit_test(grades_follow_what_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
