/* SPDX-License-Identifier: MIT */
/*
 * The simulators against a plain reference on tiny demands, exhaustively, and against each other on
 * larger ones.
 */
#include <errno.h>

#include "tests/tuner/naive.h"
#include "tests/tuner/worlds.h"
#include "tuner/lockstep.h"
#include "tuner/lockstep_state.h"
#include "tuner/sim_state.h"

#define MS INT64_C(1000000)

static struct sim_result same_as_naive(const struct demand *d, const struct demand_row *rows,
				       int nr, const struct policy_marks *m,
				       const struct lead *lead)
{
	struct sim_result naive = naive_run(rows, nr, m, lead), dense, skip;

	assert_int_equal(sim_dense(d, m, lead, NULL, &dense), 0);
	assert_int_equal(sim_skip(d, m, lead, NULL, &skip), 0);
	world_same(&dense, &skip);
	assert_true(fabs(naive.mean_buffers - dense.mean_buffers) < 1e-9 * dense.mean_buffers);
	naive.mean_buffers = dense.mean_buffers;
	world_same(&naive, &dense);
	return dense;
}

#define BOX (4 * 3 * 4 * 3 * 4 * 2 * 3 * 2)

/* All marks of a small box, also some without room between the reserve and low. */
static struct policy_marks marks_of_box(uint32_t n)
{
	struct policy_marks m = {0};

	m.base = 1 + n % 4, n /= 4;
	m.block = 1 + n % 3, n /= 3;
	m.low = n % 4, n /= 4;
	m.high = m.low + m.block + 1 + n % 3, n /= 3;
	m.limit = m.base + m.block * (n % 4), n /= 4;
	m.reserve = n % 2, n /= 2;
	m.max_pending = 1 + n % 3, n /= 3;
	m.shrink_ticks = n % 2 * 2;
	return m;
}

static void box(const struct demand *d, const struct demand_row *rows, int nr,
		const struct lead *lead)
{
	static struct sim_result alone[BOX], together[BOX];
	static struct policy_marks marks[BOX];

	for (uint32_t n = 0; n < BOX; n++) {
		marks[n] = marks_of_box(n);
		alone[n] = same_as_naive(d, rows, nr, &marks[n], lead);
	}
	assert_int_equal(sim_lockstep(d, marks, BOX, lead, NULL, together), 0);
	for (uint32_t n = 0; n < BOX; n++)
		world_same(&alone[n], &together[n]);
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

/* On this machine's vectors, and as on machines that have none. */
static void same_side_by_side(const struct demand *d, const struct policy_marks *marks, size_t nr,
			      const struct lead *lead, const struct sim_options *o)
{
	lockstep_cell *cells[LOCKSTEP_CELLS];
	size_t nr_cells = lockstep_cells(cells);
	struct sim_result alone[40], together[40];

	for (size_t i = 0; i < nr; i++)
		assert_int_equal(sim_dense(d, &marks[i], lead, o, &alone[i]), 0);
	for (size_t c = 0; c < nr_cells; c++) {
		assert_int_equal(lockstep_by(cells[c], d, marks, nr, lead, o, together), 0);
		for (size_t i = 0; i < nr; i++)
			world_same(&alone[i], &together[i]);
	}
}

static void settings_side_by_side_are_as_they_are_alone(void **state)
{
	struct demand_row *rows = calloc(2000, sizeof(*rows));
	struct policy_marks marks[40];
	struct rng rng;

	rng_init(&rng, 6, 4);
	for (int world = 0; world < 150; world++) {
		size_t nr = 1 + world_below(&rng, 2000), nr_marks = 1 + world_below(&rng, 40);
		struct sim_options o = {world_below(&rng, 3) ? UINT64_MAX : world_below(&rng, 50)};
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, 10 * MS);
		struct demand *d;

		world_rows(&rng, rows, nr, MS);
		d = world_demand(rows, nr);
		for (size_t i = 0; i < nr_marks; i++)
			marks[i] = world_marks(&rng, d->max_held);
		same_side_by_side(d, marks, nr_marks, &lead, &o);
		demand_close(d);
	}
	free(rows);
}

/* More than fit into one word of bits: some lanes have them, others do not. */
static void many_blocks_side_by_side_are_as_they_are_alone(void **state)
{
	struct demand_row *rows = calloc(3000, sizeof(*rows));
	struct policy_marks marks[40];
	uint64_t frees = 0;
	struct rng rng;

	rng_init(&rng, 6, 24);
	for (int world = 0; world < 30; world++) {
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, MS);
		struct sim_result r;
		struct demand *d;

		world_rows(&rng, rows, 3000, MS);
		for (size_t i = 0; i < 3000; i++)
			if (rows[i].hold_ns != DEMAND_HELD_FOR_EVER)
				rows[i].hold_ns *= 1 + world * 8;
		d = world_demand(rows, 3000);
		for (size_t i = 0; i < 40; i++) {
			marks[i] = world_marks(&rng, d->max_held);
			marks[i].block = 1 + world_below(&rng, 4);
			marks[i].base = 1 + world_below(&rng, 20);
			marks[i].max_pending = 1 + world_below(&rng, 100);
			marks[i].high = marks[i].low + marks[i].block + 1 + world_below(&rng, 10);
			marks[i].limit = marks[i].base + marks[i].block * (60 + 20 * (uint32_t)i);
		}
		same_side_by_side(d, marks, 40, &lead, NULL);
		assert_int_equal(sim_skip(d, &marks[39], &lead, NULL, &r), 0);
		frees += r.frees;
		demand_close(d);
	}
	free(rows);
	assert_true(frees > 1000);
}

struct told {
	uint64_t of[SIM_RESOURCES + 1];
	struct sim_event last;
};

static void hear(const struct sim_event *e, void *ctx)
{
	struct told *t = ctx;

	t->of[e->what]++;
	assert_true(e->t_ns >= t->last.t_ns);
	assert_true(e->held <= e->total);
	t->last = *e;
}

static void what_is_told_adds_up(void **state)
{
	struct demand_row rows[300];
	struct rng rng;

	rng_init(&rng, 6, 5);
	for (int world = 0; world < 200; world++) {
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, 10 * MS);
		struct sim_result dense, telling;
		struct policy_marks m;
		struct told told = {0};
		struct demand *d;

		world_rows(&rng, rows, 300, MS);
		d = world_demand(rows, 300);
		m = world_marks(&rng, d->max_held);
		assert_int_equal(sim_dense(d, &m, &lead, NULL, &dense), 0);
		assert_int_equal(sim_tell(d, &m, &lead, hear, &told, &telling), 0);
		world_same(&dense, &telling);
		assert_int_equal(told.of[SIM_REQUEST], dense.requests);
		assert_int_equal(told.of[SIM_REFUSED], dense.refused);
		assert_int_equal(told.of[SIM_GRANT], dense.granted);
		assert_int_equal(told.of[SIM_FAILED], dense.failed);
		assert_int_equal(told.of[SIM_FREE], dense.frees);
		assert_int_equal(told.of[SIM_LOST], dense.lost);
		assert_int_equal(told.of[SIM_RESOURCES], dense.resources);
		assert_true(told.of[SIM_DISCARD] <= dense.requests - dense.granted);
		demand_close(d);
	}
}

/* What is skipped over is nothing that would have been told. */
struct telling {
	struct sim_event event[4096];
	size_t nr, next;
};

static void keep(const struct sim_event *e, void *ctx)
{
	struct telling *t = ctx;

	if (t->nr < 4096)
		t->event[t->nr++] = *e;
}

static void is_next(const struct sim_event *e, void *ctx)
{
	struct telling *t = ctx;
	const struct sim_event *kept = &t->event[t->next++];

	if (t->next > 4096)
		return;
	assert_true(t->next <= t->nr);
	assert_int_equal(e->what, kept->what);
	assert_int_equal(e->t_ns, kept->t_ns);
	assert_int_equal(e->steps, kept->steps);
	assert_int_equal(e->total, kept->total);
	assert_int_equal(e->held, kept->held);
	assert_int_equal(e->pending, kept->pending);
	assert_int_equal(e->due_ns, kept->due_ns);
}

static void the_same_is_told_as_step_by_step(void **state)
{
	static struct telling t;
	struct demand_row rows[300];
	struct rng rng;

	rng_init(&rng, 6, 15);
	for (int world = 0; world < 1000; world++) {
		struct demand_lead samples[WORLD_LEADS];
		struct lead lead = world_lead(&rng, samples, 10 * MS);
		struct sim_result r;
		struct policy_marks m;
		struct demand *d;
		struct sim s;

		world_rows(&rng, rows, 300, MS);
		d = world_demand(rows, 300);
		m = world_marks(&rng, d->max_held);
		t.nr = t.next = 0;
		assert_int_equal(sim_open(&s, d, &m, &lead, UINT64_MAX), 0);
		s.tell = keep;
		s.ctx = &t;
		sim_fall_out(&s);
		sim_run_dense(&s);
		sim_release(&s);
		assert_int_equal(sim_tell(d, &m, &lead, is_next, &t, &r), 0);
		assert_true(t.next == t.nr || t.next > 4096);
		demand_close(d);
	}
}

static void impossible_marks_are_refused(void **state)
{
	struct demand_row row = {5, 10};
	struct demand *d = world_demand(&row, 1);
	struct lead lead = lead_fixed(1);
	struct sim_result r;
	struct policy_marks good = {
		.base = 4, .block = 2, .low = 1, .high = 4, .limit = 8, .max_pending = 1};
	struct policy_marks bad[6] = {good, good, good, good, good, good};

	bad[0].base = 0;
	bad[1].block = 0;
	bad[2].high = 3;
	bad[3].limit = UINT32_MAX;
	bad[4].base = UINT32_MAX;
	bad[5] = (struct policy_marks){1, 1, INT32_MAX - 2, INT32_MAX, INT32_MAX, 0, UINT32_MAX};
	assert_int_equal(sim_dense(d, &good, &lead, NULL, &r), 0);
	assert_true(r.mean_buffers == 4);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(sim_dense(d, &bad[i], &lead, NULL, &r), -EINVAL);
		assert_int_equal(sim_skip(d, &bad[i], &lead, NULL, &r), -EINVAL);
		assert_int_equal(sim_lockstep(d, &bad[i], 1, &lead, NULL, &r), -EINVAL);
	}
	demand_close(d);
}

static void delays_need_ticks(void **state)
{
	/* Two packets, a year apart: nobody makes ticks for that. */
	struct demand_row rows[2] = {{0, 10}, {INT64_C(31536000000000000), 10}};
	struct demand *d = world_demand(rows, 2);
	struct lead lead = lead_fixed(1);
	struct policy_marks m = {
		.base = 4, .block = 2, .low = 1, .high = 4, .limit = 8, .max_pending = 1};
	struct sim_result r;

	assert_int_equal(sim_skip(d, &m, &lead, NULL, &r), 0);
	m.shrink_ticks = 1;
	assert_int_equal(sim_skip(d, &m, &lead, NULL, &r), -ENOTSUP);
	demand_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_of_a_small_box_is_as_the_words_say),
		cmocka_unit_test(many_small_worlds_are_as_the_words_say),
		cmocka_unit_test(skipping_equals_stepping),
		cmocka_unit_test(settings_side_by_side_are_as_they_are_alone),
		cmocka_unit_test(many_blocks_side_by_side_are_as_they_are_alone),
		cmocka_unit_test(what_is_told_adds_up),
		cmocka_unit_test(the_same_is_told_as_step_by_step),
		cmocka_unit_test(impossible_marks_are_refused),
		cmocka_unit_test(delays_need_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
