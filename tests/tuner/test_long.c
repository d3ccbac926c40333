/* SPDX-License-Identifier: MIT */
/*
 * Recordings that are long, or large in some other way: two threads share the work, memory is used
 * again, and there is more of something than there was room for at first.
 */
#include <errno.h>

#include "tests/tuner/first.h"
#include "tests/tuner/tape.h"
#include "tests/tuner/worlds.h"
#include "tuner/bound.h"
#include "tuner/low.h"
#include "tuner/rises.h"

static void plan_of(struct demand *d, struct plan *out)
{
	struct lead lead = lead_fixed(300000);
	struct lead_sample leads;
	struct plan_request q = {{.max_pending = 1}, &lead, &leads, 0, 1, 400000};

	assert_int_equal(lead_sample_make(d, &lead, false, &leads), 0);
	assert_int_equal(plan_first(d, &q, out), 0);
	lead_sample_release(&leads);
}

/* And what is known before there are any, which is found while packets are imputed. */
static struct demand *steps_of(struct query *q, struct plan *out)
{
	struct demand *d = NULL;
	struct db_error err;

	assert_int_equal(demand_read_path(q, 0, &d, &err), 0);
	assert_non_null(d->holds);
	plan_of(d, out);
	assert_null(d->holds);
	assert_int_equal(demand_make_steps(d), 0);
	return d;
}

/* So long that two threads share the work. */
static void steps_do_not_depend_on_who_makes_them(void **state)
{
	enum { EVENTS = 140000 };
	struct tape t = tape_open();
	static struct plan plan, again, whole;
	struct demand *one, *many;
	cpu_set_t all;
	struct query *q;
	struct rng rng;

	rng_init(&rng, 21, 13);
	for (int i = 0; i < EVENTS; i++) {
		uint32_t first = world_below(&rng, 40) * 8, some[8];
		uint16_t resources = world_below(&rng, 20) ? 0 : (uint16_t)world_below(&rng, 9);

		for (uint32_t k = 0; k < 8; k++)
			some[k] = first + k;
		tape_rx(&t, world_below(&rng, 2) ? POOL_EVENT_RX_TAKE : POOL_EVENT_RX_RETURN, some,
			8, 0, 1000);
		if (resources)
			tape_rx(&t, POOL_EVENT_RX_TAKE, some, resources, resources, 10);
	}
	q = tape_query(&t);
	many = steps_of(q, &plan);
	plan_of(many, &whole);
	all = world_one_processor();
	one = steps_of(q, &again);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_true(plan.robust_low > 0);
	same_first(&plan, &whole);
	same_first(&plan, &again);
	assert_memory_equal(&one->quality, &many->quality, sizeof(one->quality));
	assert_true(one->nr > 300000);
	assert_true(one->quality.resources > 1000);
	assert_int_equal(one->nr, many->nr);
	assert_int_equal(one->max_held, many->max_held);
	assert_memory_equal(one->t_ns, many->t_ns, one->nr * sizeof(*one->t_ns));
	assert_memory_equal(one->slot, many->slot, one->nr * sizeof(*one->slot));
	assert_memory_equal(one->cells, many->cells,
			    (one->nr / DEMAND_CELL + 1) * sizeof(*one->cells));
	assert_memory_equal(one->extremes[0], many->extremes[0],
			    (one->nr / DEMAND_CELL + 1) * sizeof(**one->extremes));
	assert_memory_equal(one->hunt, many->hunt, one->max_held * sizeof(*one->hunt));
	demand_close(one);
	demand_close(many);
	query_close(q);
	fixture_remove(t.path);
}

/* A summary that says of no losses is a mistake of the file's; what was lost is in the events. */
static void losses_that_the_summary_does_not_say_are_imputed(void **state)
{
	struct demand *d[2];
	struct db_error err;

	for (int i = 0; i < 2; i++) {
		struct tape t = tape_open();
		const uint32_t some[2] = {1, 2};
		struct query *q;
		sqlite3 *db;

		for (int k = 0; k < 50; k++) {
			tape_rx(&t, POOL_EVENT_RX_TAKE, some, 2, k % 3 == 1, 1000);
			tape_rx(&t, POOL_EVENT_RX_RETURN, some, 2, 0, 700);
		}
		fixture_close(t.store);
		assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
		if (i)
			assert_int_equal(
				sqlite3_exec(db, "UPDATE summary SET resources = 0, dropped = 0",
					     NULL, NULL, NULL),
				SQLITE_OK);
		sqlite3_close(db);
		q = fixture_query(t.path);
		assert_int_equal(demand_read(q, 0, &d[i], &err), 0);
		query_close(q);
		fixture_remove(t.path);
	}
	assert_int_equal(d[0]->quality.resources, 17);
	assert_int_equal(d[0]->quality.not_imputed, 0);
	assert_int_equal(d[1]->nr, d[0]->nr);
	assert_memory_equal(&d[1]->quality, &d[0]->quality, sizeof(d[0]->quality));
	assert_memory_equal(d[1]->t_ns, d[0]->t_ns, d[0]->nr * sizeof(*d[0]->t_ns));
	demand_close(d[0]);
	demand_close(d[1]);
}

/* X climbs step by step, and stays: to more levels than there is room for at first. */
static void figures_of_a_long_climb_are_right(void **state)
{
	enum { SLOW = 700, STEPS = 5000, STEP_NS = 1000, SLOW_NS = 10000000, PAUSE_NS = 10 };
	struct demand_row *rows = calloc(STEPS, sizeof(*rows));
	const int64_t tau[2] = {INT64_C(3000) * STEP_NS, INT64_C(100) * STEP_NS};
	struct bound_table table;
	struct demand *d;
	uint32_t rise[2];
	int64_t t_ns = 0;

	for (size_t i = 0; i < STEPS; i++) {
		rows[i] = (struct demand_row){t_ns, DEMAND_HELD_FOR_EVER};
		t_ns += i < SLOW ? SLOW_NS : STEP_NS;
	}
	d = world_demand(rows, STEPS);
	assert_int_equal(d->max_held, STEPS);
	assert_int_equal(rises_find(d, tau, 2, rise), 0);
	for (int i = 0; i < 2; i++) {
		struct low_burst burst;

		assert_int_equal(low_burst(d, tau[i], &burst), 0);
		assert_int_equal(rise[i], burst.rise);
	}
	assert_int_equal(bound_table_make(d, PAUSE_NS, &table), 0);
	assert_int_equal(table.nr, STEPS);
	for (uint32_t i = 0; i < table.nr; i++) {
		assert_int_equal(table.levels[i].above_ns,
				 rows[STEPS - 1].arrival_ns - rows[i].arrival_ns);
		assert_int_equal(table.levels[i].grants, 1);
		assert_int_equal(table.levels[i].paused_ns, 0);
	}
	bound_table_release(&table);
	demand_close(d);
	free(rows);
}

/* It is kept as several moves, and who was held for no time at all comes back after all of it. */
static void an_event_of_many_resources_is_one(void **state)
{
	enum { MANY = 300 };
	struct tape t = tape_open();
	uint32_t some[MANY];
	struct demand *d = NULL;

	for (uint32_t i = 0; i < MANY; i++)
		some[i] = i;
	for (int i = 0; i < 100; i++) {
		tape_rx(&t, POOL_EVENT_RX_TAKE, some, 1, 0, 1000);
		tape_rx(&t, POOL_EVENT_RX_RETURN, some, 1, 0, 0);
	}
	tape_rx(&t, POOL_EVENT_RX_TAKE, some, MANY, MANY, 1000);
	tape_rx(&t, POOL_EVENT_RX_TAKE, some, 1, 0, 1000);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->max_held, MANY);
	assert_int_equal(d->quality.unreturned, 1);
	demand_close(d);
}

static void say_much(struct tape *t)
{
	enum { EVENTS = 800000, BUFFERS = 3000 };
	const struct pool_event drop = {.kind = POOL_EVENT_RX_DROP,
					.u.drop = {7, POOL_DROP_NO_DESCRIPTOR}};
	uint32_t some[2], at = 0;
	struct rng rng;

	rng_init(&rng, 21, 14);
	for (int i = 0; i < EVENTS; i++) {
		bool take = world_below(&rng, 2);

		for (uint32_t k = 0; k < 2; k++)
			some[k] = (take ? at++ : at - 1 - world_below(&rng, 40)) % BUFFERS;
		tape_rx(t, take ? POOL_EVENT_RX_TAKE : POOL_EVENT_RX_RETURN, some, 2,
			take && !world_below(&rng, 8) ? 2 : 0,
			world_below(&rng, 100000) ? world_below(&rng, 3000) : 20000000000000);
		if (!world_below(&rng, 40))
			tape_say(t, drop, 10);
	}
}

/* So many that pieces are used again for what comes of them, while another thread reads that. */
static void first_figures_come_while_packets_are_imputed(void **state)
{
	static struct plan plan, whole;
	struct tape t = tape_open();
	struct demand *d = NULL;
	struct db_error err;
	struct query *q;

	say_much(&t);
	q = tape_query(&t);
	assert_int_equal(demand_read_path(q, 0, &d, &err), 0);
	assert_true(path_length(d) > MOVES_PIECE);
	plan_of(d, &plan);
	assert_null(d->holds);
	assert_true(path_length(d) > 2 * MOVES_PIECE);
	assert_int_equal(demand_make_steps(d), 0);
	plan_of(d, &whole);
	same_first(&plan, &whole);
	demand_close(d);
	query_close(q);
	fixture_remove(t.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_do_not_depend_on_who_makes_them),
		cmocka_unit_test(losses_that_the_summary_does_not_say_are_imputed),
		cmocka_unit_test(figures_of_a_long_climb_are_right),
		cmocka_unit_test(an_event_of_many_resources_is_one),
		cmocka_unit_test(first_figures_come_while_packets_are_imputed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
