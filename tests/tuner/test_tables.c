/* SPDX-License-Identifier: MIT */
/*
 * The exact tables: each against the plain counting of what it says it counts, and against the
 * simulators.
 */
#include <errno.h>

#include "tests/tuner/worlds.h"
#include "tuner/atlas.h"
#include "tuner/bands.h"
#include "tuner/bound.h"
#include "tuner/low.h"
#include "tuner/what_if.h"

#define MS INT64_C(1000000)

struct world {
	struct demand_row rows[400];
	size_t nr;
	struct demand *d;
};

static void make(struct world *w, struct rng *rng)
{
	w->nr = 1 + world_below(rng, 400);
	world_rows(rng, w->rows, w->nr, MS);
	w->d = world_demand(w->rows, w->nr);
}

/* The largest X(u) - X(v), by looking at all v. */
static uint32_t plain_rise(const struct demand *d, int64_t tau)
{
	uint32_t most = 0;

	for (size_t u = 0; u < d->nr; u++) {
		if (!demand_is_take(d, u))
			continue;
		for (size_t v = u + 1; v-- > 0;) {
			/* The state after v steps ended when step v came. */
			if (v < u && d->t_ns[v] <= d->t_ns[u] - tau)
				break;
			if (demand_held(d, u + 1) > demand_held(d, v) + most)
				most = demand_held(d, u + 1) - demand_held(d, v);
		}
	}
	return most;
}

static void steepest_rise_is_that_of_the_path(void **state)
{
	static struct world w;
	struct rng rng;

	rng_init(&rng, 6, 10);
	for (int world = 0; world < 150; world++) {
		struct atlas a;

		make(&w, &rng);
		assert_int_equal(atlas_make(w.d, ATLAS_NEVER, true, &a), 0);
		for (int i = 0; i < 8; i++) {
			int64_t tau = i == 0 ? 0 : world_below(&rng, 100) * MS;
			struct low_burst b;

			assert_int_equal(low_burst(w.d, tau, &b), 0);
			assert_int_equal(b.rise, plain_rise(w.d, tau));
			assert_int_equal(b.rise, atlas_rise(&a, tau));
			/* And it is where it says. */
			assert_int_equal(b.rise,
					 demand_held(w.d, b.to + 1) - demand_held(w.d, b.from));
			assert_true(b.to_ns - b.from_ns <= tau);
			assert_true(demand_is_take(w.d, b.to));
			/* With requests enough it is all that low depends on. */
			assert_int_equal(atlas_low(&a, tau, b.rise, 1, 0), low_of(b.rise, 0));
			assert_int_equal(atlas_low(&a, tau, 1, b.rise, 3), low_of(b.rise, 3));
		}
		atlas_release(&a);
		demand_close(w.d);
	}
}

/* First passages from every level, one by one. */
static void atlas_counts_every_rise(void **state)
{
	static struct world w;
	static uint32_t hist[512][ATLAS_BUCKETS];
	struct rng rng;

	rng_init(&rng, 6, 11);
	for (int world = 0; world < 40; world++) {
		struct atlas a;
		size_t cells = sizeof(hist[0]) / sizeof(hist[0][0]);

		make(&w, &rng);
		assert_int_equal(atlas_make(w.d, ATLAS_NEVER, true, &a), 0);
		memset(hist, 0, sizeof(hist));
		/* A rise begins with each step up from a level... */
		for (size_t i = 0; i < w.d->nr; i++) {
			uint32_t from = demand_held(w.d, i), top = from;

			if (!demand_is_take(w.d, i))
				continue;
			/* ...and reaches what X reaches before it is down there again. */
			for (size_t k = i; k < w.d->nr && (k == i || demand_held(w.d, k) > from);
			     k++)
				if (demand_held(w.d, k + 1) > top)
					hist[++top - from]
					    [atlas_bucket(w.d->t_ns[k] - w.d->t_ns[i])]++;
		}
		for (uint32_t l = 1; l <= a.heights; l++)
			for (size_t b = 0; b < cells; b++)
				assert_int_equal(a.hist[l * cells + b], hist[l][b]);
		atlas_release(&a);
		demand_close(w.d);
	}
}

static void buckets_lie_one_after_the_other(void **state)
{
	for (uint32_t b = 0; b + 1 < ATLAS_BUCKETS; b++) {
		assert_int_equal(atlas_bucket(atlas_bucket_ns(b)), b);
		assert_int_equal(atlas_bucket(atlas_bucket_ns(b + 1) - 1), b);
	}
	assert_true(atlas_bucket(INT64_MAX) < ATLAS_BUCKETS);
}

static uint64_t lost(const struct demand *d, const struct policy_marks *m, int64_t tau)
{
	struct lead lead = lead_fixed(tau);
	struct sim_result r;

	assert_int_equal(sim_dense(d, m, &lead, NULL, &r), 0);
	return r.lost + r.resources;
}

/* Whatever the base above it, the block, high, and what happened before. */
static void robust_low_loses_nothing(void **state)
{
	static struct world w;
	struct rng rng;
	uint64_t lucky = 0, unlucky = 0;

	rng_init(&rng, 6, 12);
	for (int world = 0; world < 400; world++) {
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = {
			.kind = LEAD_LIST, .samples = samples, .nr_samples = WORLD_LEADS};
		int64_t tau = world_below(&rng, 60) * MS;
		struct atlas a;

		make(&w, &rng);
		assert_int_equal(atlas_make(w.d, ATLAS_NEVER, false, &a), 0);
		for (int i = 0; i < WORLD_LEADS; i++)
			samples[i] = (struct demand_lead){0, world_below(&rng, tau / MS + 1) * MS,
							  DEMAND_LEAD_CAME};
		for (int i = 0; i < 10; i++) {
			struct policy_marks m = world_marks(&rng, w.d->max_held);
			struct sim_result r;

			m.probe_ticks = 0;
			m.low = atlas_low(&a, tau, m.block, m.max_pending, m.reserve);
			m.base = m.low + 1 + world_below(&rng, 4);
			m.high = m.low + m.block + 1 + world_below(&rng, 9);
			m.limit = INT32_MAX;
			assert_int_equal(lost(w.d, &m, tau), 0);
			assert_int_equal(sim_dense(w.d, &m, &lead, NULL, &r), 0);
			assert_int_equal(r.lost + r.resources, 0);
			if (m.low-- == 0)
				continue;
			for (m.base = m.low + 1; m.base < m.low + 7; m.base++)
				lost(w.d, &m, tau) ? unlucky++ : lucky++;
		}
		atlas_release(&a);
		demand_close(w.d);
	}
	/* One less is luck, and luck fails. */
	assert_true(unlucky > 500);
	assert_true(lucky > 1000);
}

static void exact_low_is_the_least_without_frees(void **state)
{
	static struct world w;
	struct rng rng;
	int finite = 0;

	rng_init(&rng, 6, 13);
	for (int world = 0; world < 400; world++) {
		int64_t tau = world_below(&rng, 40) * MS, low;
		struct policy_marks m;
		struct low_burst b;

		make(&w, &rng);
		m = world_marks(&rng, w.d->max_held);
		m.limit = m.high = INT32_MAX;
		m.max_pending = UINT32_MAX;
		m.shrink_ticks = m.probe_ticks = 0;
		low = low_exact(w.d, tau, m.base, m.block, m.reserve);
		if (low == LOW_NONE) {
			m.low = 0;
			assert_int_equal(lost(w.d, &m, tau), 0);
		} else if (low == LOW_NEVER) {
			m.low = w.d->max_held + m.reserve + m.base;
			assert_true(lost(w.d, &m, tau) > 0);
		} else {
			assert_int_equal(low_burst(w.d, tau, &b), 0);
			m.low = low < 0 ? 0 : (uint32_t)low;
			assert_int_equal(lost(w.d, &m, tau), 0);
			/* It may be above the robust low only where that does not hold: at the
			 * start. */
			if (m.base > low_of(b.rise, m.reserve))
				assert_true(low <= low_of(b.rise, m.reserve));
			if (m.low-- > 0) {
				assert_true(lost(w.d, &m, tau) > 0);
				finite++;
			}
		}
		demand_close(w.d);
	}
	assert_true(finite > 30);
}

static void static_pools_lose_what_the_hunt_says(void **state)
{
	static struct world w;
	struct rng rng;

	rng_init(&rng, 6, 14);
	for (int world = 0; world < 100; world++) {
		make(&w, &rng);
		for (uint32_t c = 1; c <= w.d->max_held + 1; c++) {
			struct policy_marks m = {.base = c, .block = 1, .high = 2, .limit = c};

			assert_int_equal(demand_static_lost(w.d, c), lost(w.d, &m, 0));
		}
		assert_int_equal(demand_static_lost(w.d, w.d->max_held), 0);
		demand_close(w.d);
	}
}

/* Climbs from one level to another, one after the other. */
static uint32_t plain_climbs(const struct demand *d, int64_t from, int64_t to)
{
	uint32_t climbs = 0;
	bool below = true;

	for (size_t i = 0; i < d->nr; i++) {
		int64_t x = demand_held(d, i + 1);

		if (below && x >= to) {
			climbs++;
			below = false;
		} else if (!below && x <= from) {
			below = true;
		}
	}
	return climbs;
}

static void bands_count_every_climb(void **state)
{
	static struct world w;
	struct rng rng;

	rng_init(&rng, 6, 15);
	for (int world = 0; world < 60; world++) {
		struct bands b;

		make(&w, &rng);
		assert_int_equal(bands_make(w.d, &b), 0);
		for (int64_t to = 1; to <= w.d->max_held + 1; to++)
			for (int64_t from = -1; from < to; from++)
				assert_int_equal(bands_climbs(&b, from, to),
						 plain_climbs(w.d, from, to));
		bands_release(&b);
		demand_close(w.d);
	}
}

static void no_pool_grows_more_often_than_its_bands(void **state)
{
	static struct world w;
	struct rng rng;
	uint64_t grown = 0;

	rng_init(&rng, 6, 16);
	for (int world = 0; world < 300; world++) {
		struct bands b;

		make(&w, &rng);
		assert_int_equal(bands_make(w.d, &b), 0);
		for (int i = 0; i < 10; i++) {
			struct policy_marks m = world_marks(&rng, w.d->max_held);
			struct lead lead = lead_fixed(world_below(&rng, 20) * MS);
			struct sim_result r;

			m.probe_ticks = 0;
			assert_int_equal(sim_skip(w.d, &m, &lead, NULL, &r), 0);
			if (r.lost + r.resources)
				continue; /* then X is not the demand */
			assert_true(r.granted <= bands_grants(&b, &m));
			grown += r.granted;
		}
		bands_release(&b);
		demand_close(w.d);
	}
	assert_true(grown > 1000);
}

/* The same with a row of times for every block. */
static void clairvoyant_has_what_is_needed_and_no_more(void **state)
{
	static struct world w;
	struct rng rng;

	rng_init(&rng, 6, 17);
	for (int world = 0; world < 200; world++) {
		uint32_t base, block, reserve = world_below(&rng, 3);
		double area = 0;
		struct bound b;

		make(&w, &rng);
		base = 1 + world_below(&rng, w.d->max_held + 1);
		block = 1 + world_below(&rng, 5);
		assert_int_equal(bound_clairvoyant(w.d, base, block, reserve, 0, &b), 0);
		for (size_t i = 0; i + 1 < w.d->nr; i++) {
			int64_t over = (int64_t)demand_held(w.d, i + 1) + reserve - base;
			int64_t total = base + (over > 0 ? (over + block - 1) / block * block : 0);

			area += (double)total * (double)(w.d->t_ns[i + 1] - w.d->t_ns[i]);
		}
		if (demand_span_ns(w.d))
			assert_true(fabs(area / (double)demand_span_ns(w.d) - b.mean_buffers) <
				    1e-6);
		demand_close(w.d);
	}
	/* Two packets with a pause of 10: a block of 1 is kept when that is cheaper. */
	w.d = world_demand((struct demand_row[]){{0, 30}, {0, 5}, {15, 5}}, 3);
	for (int cost = 9; cost <= 10; cost++) {
		struct bound b;

		assert_int_equal(bound_clairvoyant(w.d, 1, 1, 0, cost, &b), 0);
		assert_int_equal(b.grants, cost == 9 ? 2 : 1);
		assert_int_equal(b.frees, cost == 9 ? 2 : 1);
		assert_true(fabs(b.mean_buffers * 30 - (30 + (cost == 9 ? 10 : 20))) < 1e-6);
	}
	demand_close(w.d);
}

/* The steepest rise of a part, by looking at every state of every window. */
static struct low_burst plain_burst(const struct demand *d, size_t from, size_t to, int64_t tau_ns)
{
	struct low_burst b = {0};
	size_t begin = from;

	for (size_t i = from; i < to; i++) {
		while (begin < i && d->t_ns[begin] <= d->t_ns[i] - tau_ns)
			begin++;
		for (size_t k = begin; k <= i && demand_is_take(d, i); k++)
			if ((int64_t)demand_held(d, i + 1) - demand_held(d, k) >= b.rise + 1) {
				b.rise = demand_held(d, i + 1) - demand_held(d, k);
				b.from = k;
				b.to = i;
			}
	}
	return b;
}

static int64_t plain_exact(const struct demand *d, int64_t tau_ns, uint32_t base, uint32_t block,
			   uint32_t reserve)
{
	int64_t need = LOW_NONE, peak = -1;
	size_t begin = 0;

	for (size_t i = 0; i < d->nr; i++) {
		int64_t short_of = (int64_t)demand_held(d, i + 1) + reserve - base, low;

		for (; begin < i && d->t_ns[begin] <= d->t_ns[i] - tau_ns; begin++)
			if ((int64_t)demand_held(d, begin + 1) > peak)
				peak = demand_held(d, begin + 1);
		if (!demand_is_take(d, i) || short_of <= 0)
			continue;
		if (peak < 0)
			return LOW_NEVER;
		low = ((short_of + block - 1) / block - 1) * block + base - peak;
		need = low > need ? low : need;
	}
	return need;
}

/* Whole cells are skipped; what is found is what looking at all of them finds. */
static void lows_of_long_demands_are_those_of_every_window(void **state)
{
	static struct demand_row rows[2000];
	struct rng rng;

	rng_init(&rng, 6, 31);
	for (int world = 0; world < 60; world++) {
		size_t nr = 500 + world_below(&rng, 1500), from = 0, to;
		struct demand *d;

		world_rows(&rng, rows, nr, 1000);
		d = world_demand(rows, nr);
		to = d->nr;
		for (int i = 0; i < 12; i++) {
			int64_t tau = (int64_t)world_below(&rng, i % 2 ? 20000 : 600000);
			uint32_t base = 1 + world_below(&rng, d->max_held + 2);
			uint32_t block = 1 + world_below(&rng, 20), r = world_below(&rng, 3);
			struct low_burst found, plain = plain_burst(d, from, to, tau);

			assert_int_equal(low_burst_in(d, from, to, tau, &found), 0);
			assert_int_equal(found.rise, plain.rise);
			assert_int_equal(found.to, plain.to);
			if (found.rise)
				assert_int_equal(demand_held(d, found.to + 1) -
							 demand_held(d, found.from),
						 found.rise);
			assert_int_equal(low_exact(d, tau, base, block, r),
					 plain_exact(d, tau, base, block, r));
			from = world_below(&rng, (uint32_t)d->nr);
			to = from + world_below(&rng, (uint32_t)(d->nr - from)) + 1;
		}
		demand_close(d);
	}
}

static void ramp_rises_by_its_rate(void **state)
{
	struct demand_row *rows = calloc(1000, sizeof(*rows));
	struct demand *d;
	struct low_burst b;

	for (int64_t i = 0; i < 1000; i++)
		rows[i] = (struct demand_row){i * 10, DEMAND_HELD_FOR_EVER};
	d = world_demand(rows, 1000);
	for (int64_t tau = 0; tau < 400; tau += 7) {
		low_burst(d, tau, &b);
		/* Takes in a window of tau that is open at its beginning. */
		assert_int_equal(b.rise, tau ? (tau + 9) / 10 : 1);
	}
	demand_close(d);
	free(rows);
}

static void square_wave_climbs_once_a_period(void **state)
{
	struct demand_row *rows = calloc(1000, sizeof(*rows));
	struct bands b;
	struct demand *d;

	/* 50 periods of 20 packets, all there for the first half. */
	for (int64_t i = 0; i < 1000; i++)
		rows[i] = (struct demand_row){i / 20 * 1000, 500};
	d = world_demand(rows, 1000);
	assert_int_equal(bands_make(d, &b), 0);
	for (int64_t width = 1; width <= 20; width++)
		assert_int_equal(bands_climbs(&b, 20 - width, 20), 50);
	assert_int_equal(bands_climbs(&b, -1, 20), 1);
	assert_int_equal(bands_climbs(&b, 3, 21), 0);
	assert_int_equal(d->max_held, 20);
	bands_release(&b);
	demand_close(d);
	free(rows);
}

static void ceiling_is_the_wires(void **state)
{
	assert_int_equal(low_ceiling(MS, 1e9, 64), 1489);
	assert_int_equal(low_ceiling(MS, 1e9, 1518), 82);
	assert_int_equal(low_ceiling(MS, 10e9, 64), 14881);
	assert_int_equal(low_ceiling(MS, 100e9, 1518), 8128);
	assert_int_equal(low_ceiling(0, 1e9, 64), 0);
}

static void wrong_marks_are_explained(void **state)
{
	struct demand *d = world_demand((struct demand_row[]){{0, 10}, {5, 10}}, 2);
	struct lead lead = lead_fixed(1);
	struct policy_marks m = {
		.base = 4, .block = 2, .low = 1, .high = 4, .limit = 8, .max_pending = 1};
	struct tuner_answer a;

	assert_int_equal(tuner_what_if(d, &m, &lead, &a), 0);
	assert_int_equal(a.sim.takes, 2);
	assert_int_equal(a.sim.peak_buffers, 4);
	m.high = 3;
	assert_int_equal(tuner_what_if(d, &m, &lead, &a), -EINVAL);
	assert_non_null(strstr(a.why, "high 3"));
	m.high = 4;
	m.limit = UINT32_MAX;
	assert_int_equal(tuner_what_if(d, &m, &lead, &a), -EINVAL);
	assert_non_null(strstr(a.why, "at most"));
	demand_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steepest_rise_is_that_of_the_path),
		cmocka_unit_test(atlas_counts_every_rise),
		cmocka_unit_test(buckets_lie_one_after_the_other),
		cmocka_unit_test(robust_low_loses_nothing),
		cmocka_unit_test(exact_low_is_the_least_without_frees),
		cmocka_unit_test(static_pools_lose_what_the_hunt_says),
		cmocka_unit_test(bands_count_every_climb),
		cmocka_unit_test(no_pool_grows_more_often_than_its_bands),
		cmocka_unit_test(clairvoyant_has_what_is_needed_and_no_more),
		cmocka_unit_test(lows_of_long_demands_are_those_of_every_window),
		cmocka_unit_test(ramp_rises_by_its_rate),
		cmocka_unit_test(square_wave_climbs_once_a_period),
		cmocka_unit_test(ceiling_is_the_wires),
		cmocka_unit_test(wrong_marks_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
