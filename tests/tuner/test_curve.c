/* SPDX-License-Identifier: MIT */
/* A simulation by columns of time. */
#include "tests/tuner/worlds.h"

#include "tuner/curve.h"

static struct policy_marks marks_of(uint32_t base, uint32_t block, uint32_t low, uint32_t high)
{
	return (struct policy_marks){.base = base,
				     .block = block,
				     .low = low,
				     .high = high,
				     .limit = 1000,
				     .max_pending = 1};
}

/* Three packets, a block asked for at the second one and there 5 ns later, then all returned. */
static void columns_hold_what_was_in_force(void **state)
{
	static const struct demand_row rows[] = {{10, 40}, {20, 30}, {30, 20}};
	struct demand *d = world_demand(rows, 3);
	struct policy_marks m = marks_of(4, 2, 2, 5);
	struct lead lead = lead_fixed(5);
	struct level_column c[7];
	struct sim_result r;

	memset(c, 0xa5, sizeof(c));
	assert_int_equal(sim_curve(d, &m, &lead, 0, 10, 7, c, &r), 0);
	assert_false(c[0].known); /* before the first step */
	assert_true(c[1].measured);
	assert_int_equal(c[1].available_min, 3);
	assert_int_equal(c[1].total_max, 4);
	assert_int_equal(c[2].requested, 1);
	assert_int_equal(c[2].available_min, 2);
	assert_int_equal(c[2].pending_max, 1);
	assert_int_equal(c[2].total_min, 4);
	assert_int_equal(c[2].total_max, 6); /* the block came at 25 */
	assert_int_equal(c[3].total_min, 6);
	assert_int_equal(c[3].available_max, 4); /* until the take at 30 */
	assert_int_equal(c[3].available_min, 3);
	assert_int_equal(c[4].available_min, 3);
	assert_int_equal(c[4].available_max, 3);
	assert_int_equal(c[4].held_max, 3);
	assert_int_equal(c[5].freed, 1);
	assert_int_equal(c[5].available_max, 4); /* 5 was high: the block went at once */
	assert_false(c[6].known);		 /* after the last */
	demand_close(d);
}

/* Two takes on one buffer. */
static void a_loss_lies_in_its_column(void **state)
{
	static const struct demand_row rows[] = {{0, 100}, {25, 100}};
	struct demand *d = world_demand(rows, 2);
	struct policy_marks m = marks_of(1, 1, 1, 3);
	struct lead lead = lead_fixed(1000);
	struct level_column c[4];
	struct sim_result r;

	m.limit = 1;
	assert_int_equal(sim_curve(d, &m, &lead, 0, 10, 4, c, &r), 0);
	assert_int_equal(c[2].dropped, 1);
	assert_int_equal(c[0].dropped + c[1].dropped + c[3].dropped, 0);
	assert_int_equal(r.lost, 1);
	assert_int_equal(r.first_loss_ns, 25);
	demand_close(d);
}

static void add(struct level_column *sum, const struct level_column *c)
{
	sum->requested += c->requested;
	sum->freed += c->freed;
	sum->failed += c->failed;
	sum->dropped += c->dropped;
	sum->resources += c->resources;
	if (c->total_max > sum->total_max)
		sum->total_max = c->total_max;
	if (c->held_max > sum->held_max)
		sum->held_max = c->held_max;
}

/* Whatever the columns, they hold all that happened, and the figures are sim_dense()'s. */
static void columns_add_up_to_the_whole_run(void **state)
{
	struct demand_row rows[300];
	struct level_column columns[64];

	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct sim_result dense, curve;
		struct level_column sum = {0};
		struct policy_marks m;
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead;
		struct demand *d;
		struct rng rng;
		size_t nr;
		int64_t unit_ns, width;

		rng_init(&rng, seed, 0);
		nr = 1 + world_below(&rng, 300);
		unit_ns = 1 + world_below(&rng, 1000000);
		world_rows(&rng, rows, nr, unit_ns);
		d = world_demand(rows, nr);
		m = world_marks(&rng, d->max_held);
		lead = world_lead(&rng, samples, unit_ns);
		nr = 1 + world_below(&rng, 64);
		width = demand_span_ns(d) / (int64_t)nr + 1;
		assert_int_equal(sim_dense(d, &m, &lead, NULL, &dense), 0);
		assert_int_equal(sim_curve(d, &m, &lead, d->t_ns[0], width, nr, columns, &curve),
				 0);
		world_same(&dense, &curve);
		for (size_t i = 0; i < nr; i++) {
			add(&sum, &columns[i]);
			assert_true(!columns[i].known ||
				    columns[i].available_min <= columns[i].available_max);
		}
		assert_int_equal(sum.requested, dense.requests);
		assert_int_equal(sum.freed, dense.frees);
		assert_int_equal(sum.dropped, dense.lost);
		assert_int_equal(sum.resources, dense.resources);
		assert_int_equal(sum.failed, dense.failed + dense.refused);
		assert_int_equal(sum.total_max, dense.peak_buffers);
		demand_close(d);
	}
}

/* The steps that it jumps over are in the columns all the same. */
static void columns_are_those_of_every_step(void **state)
{
	static struct demand_row rows[3000];
	struct level_column fast[50], dense[50];

	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct demand_lead samples[WORLD_LEADS];
		struct sim_result a, b;
		struct policy_marks m;
		struct demand *d;
		struct lead lead;
		int64_t unit_ns, width, start;
		struct rng rng;
		size_t nr;

		rng_init(&rng, seed, 0);
		nr = 1 + world_below(&rng, seed % 4 ? 300 : 3000);
		unit_ns = 1 + world_below(&rng, 100000);
		world_rows(&rng, rows, nr, unit_ns);
		d = world_demand(rows, nr);
		m = world_marks(&rng, d->max_held);
		lead = world_lead(&rng, samples, unit_ns);
		nr = 1 + world_below(&rng, 50);
		/* Windows within, around and beside it. */
		width = demand_span_ns(d) / (int64_t)nr / (1 + world_below(&rng, 6)) + 1;
		start = d->t_ns[0] - 3 * width +
			(demand_span_ns(d) + 6 * width) * world_below(&rng, 1000) / 1000;
		assert_int_equal(sim_curve(d, &m, &lead, start, width, nr, fast, &a), 0);
		assert_int_equal(sim_curve_dense(d, &m, &lead, start, width, nr, dense, &b), 0);
		world_same(&a, &b);
		assert_memory_equal(fast, dense, nr * sizeof(*fast));
		demand_close(d);
	}
}

/* A part of it, from before the beginning or from the middle: as that part of the whole. */
static void a_window_is_a_part_of_the_whole(void **state)
{
	struct level_column whole[40], part[40];
	struct demand_row rows[200];
	struct policy_marks m;
	struct sim_result r;
	struct lead lead = lead_fixed(20);
	struct demand *d;
	struct rng rng;
	int64_t width, start;

	rng_init(&rng, 7, 0);
	world_rows(&rng, rows, 200, 10);
	d = world_demand(rows, 200);
	m = world_marks(&rng, d->max_held);
	width = demand_span_ns(d) / 30 + 1;
	start = d->t_ns[0] - 5 * width;
	assert_int_equal(sim_curve(d, &m, &lead, start, width, 40, whole, &r), 0);
	for (int from = 1; from < 40; from += 6) {
		assert_int_equal(sim_curve(d, &m, &lead, start + from * width, width,
					   (size_t)(40 - from), part, &r),
				 0);
		for (int i = from; i < 40; i++) {
			assert_int_equal(whole[i].known, part[i - from].known);
			assert_int_equal(whole[i].available_min, part[i - from].available_min);
			assert_int_equal(whole[i].available_max, part[i - from].available_max);
			assert_int_equal(whole[i].total_max, part[i - from].total_max);
			assert_int_equal(whole[i].requested, part[i - from].requested);
		}
	}
	/* Long after the end there is nothing. */
	assert_int_equal(sim_curve(d, &m, &lead, start + 100 * width, width, 40, part, &r), 0);
	for (int i = 0; i < 40; i++)
		assert_false(part[i].known);
	demand_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_hold_what_was_in_force),
		cmocka_unit_test(a_loss_lies_in_its_column),
		cmocka_unit_test(columns_add_up_to_the_whole_run),
		cmocka_unit_test(columns_are_those_of_every_step),
		cmocka_unit_test(a_window_is_a_part_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
