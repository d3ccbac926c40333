/* SPDX-License-Identifier: MIT */
/* What is kept of a path by event, and what it is made with. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver/spec/rng.h"
#include "tuner/departures.h"
#include "tuner/moves.h"

enum { MOVES = 3 * MOVES_PIECE + 77 };

/* Some pauses take one word for time or several, some go back. */
static int64_t some_pause(struct rng *rng)
{
	uint64_t kind = rng_u64(rng) % 1000;

	if (kind < 3)
		return (int64_t)(rng_u64(rng) >> 18);
	if (kind < 6)
		return INT64_C(1) << 32;
	return kind < 20 ? -(int64_t)(rng_u64(rng) % 5000) : (int64_t)(rng_u64(rng) % 100000);
}

static void what_is_added_is_read_again(void **state)
{
	struct move *added = calloc(MOVES, sizeof(*added)), move;
	struct moves m = MOVES_NONE;
	struct moves_reader r;
	uint64_t steps = 0;
	int64_t t_ns = 0;
	struct rng rng;
	size_t i = 0;

	assert_non_null(added);
	rng_init(&rng, 21, 1);
	for (i = 0; i < MOVES; i++) {
		uint32_t nr = 1 + (uint32_t)(rng_u64(&rng) % (i % 100 ? 20 : 3000));
		bool imputed = rng_u64(&rng) % 4 == 0, end = rng_u64(&rng) % 2;
		bool take = m.x < nr || rng_u64(&rng) % 2;

		t_ns += some_pause(&rng);
		if (take)
			moves_take(&m, t_ns, nr, imputed ? MOVE_IMPUTED : 0);
		else
			moves_return(&m, t_ns, nr,
				     (imputed ? MOVE_IMPUTED : 0) | (end ? MOVE_END : 0));
		if (end)
			moves_end(&m);
		t_ns = t_ns < m.clock_ns ? m.clock_ns : t_ns;
		steps += nr;
		added[i] = (struct move){t_ns, nr,
					 (take ? MOVE_TAKE : 0) | (imputed ? MOVE_IMPUTED : 0) |
						 (end ? MOVE_END : 0)};
	}
	assert_int_equal(m.error, 0);
	assert_int_equal(m.steps, steps);
	assert_int_equal(m.first_ns, added[0].t_ns);
	assert_int_equal(m.last_ns, added[MOVES - 1].t_ns);
	r = moves_read(&m);
	for (i = 0; moves_next(&r, &move); i += !added[i].nr) { /* of many, some at a time */
		bool last = move.nr == added[i].nr;

		assert_true(i < MOVES);
		assert_true(move.nr && move.nr <= added[i].nr);
		assert_int_equal(move.t_ns, added[i].t_ns);
		assert_int_equal(move.flags, added[i].flags & (last ? ~0U : ~(uint32_t)MOVE_END));
		added[i].nr -= move.nr;
	}
	assert_int_equal(i, MOVES);
	moves_release(&m);
	free(added);
}

/* Nothing waits for memory that another list no longer needs. */
static void pieces_that_were_read_are_used_again(void **state)
{
	struct moves from = MOVES_NONE, to = MOVES_NONE;
	void *first, *second;

	for (size_t i = 0; i < 2 * MOVES_PIECE + 1; i++)
		moves_take(&from, (int64_t)i, 1, 0);
	first = from.pieces.piece[0];
	second = from.pieces.piece[1];
	moves_forget(&from.pieces, MOVES_PIECE - 1, MOVES_PIECE, &to);
	assert_int_equal(to.spare.nr, 0);
	moves_forget(&from.pieces, MOVES_PIECE, MOVES_PIECE, &to);
	moves_forget(&from.pieces, 2 * MOVES_PIECE, MOVES_PIECE, &to);
	assert_int_equal(to.spare.nr, 2);
	assert_null(from.pieces.piece[0]);
	assert_null(from.pieces.piece[1]);
	assert_non_null(from.pieces.piece[2]);
	for (size_t i = 0; i < MOVES_PIECE + 1; i++)
		moves_take(&to, (int64_t)i, 1, 0);
	assert_int_equal(to.spare.nr, 0);
	assert_ptr_equal(to.pieces.piece[0], second);
	assert_ptr_equal(to.pieces.piece[1], first);
	moves_release(&from);
	moves_release(&to);
}

static void more_steps_than_there_can_be_are_refused(void **state)
{
	struct moves m = MOVES_NONE;

	m.steps = DEMAND_STEPS_MAX - 7;
	moves_take(&m, 1, 7, 0);
	assert_int_equal(m.error, 0);
	moves_return(&m, 2, 1, 0);
	assert_int_equal(m.error, -EFBIG);
	assert_int_equal(m.steps, DEMAND_STEPS_MAX);
	moves_release(&m);
	moves_take(&m, 0, UINT32_MAX, 0);
	assert_int_equal(m.error, -EFBIG);
	moves_release(&m);
}

/* Only what was returned is noted, and yet who takes again gets the same handles. */
static uint32_t handles_come_again(unsigned int takes_of_1000)
{
	enum { TIMES = 400000 };
	uint32_t *given = calloc(TIMES, sizeof(*given)), *out = calloc(TIMES, sizeof(*out));
	bool *took = calloc(TIMES, sizeof(*took));
	struct packets_reader r = {0};
	struct packets p = {{0}};
	uint32_t nr = 0;
	struct rng rng;

	rng_init(&rng, 21, 2);
	for (size_t i = 0; i < TIMES; i++) {
		took[i] = !nr || rng_u64(&rng) % 1000 < takes_of_1000;
		if (took[i]) {
			out[nr++] = given[i] = packets_take(&p);
		} else {
			uint32_t which = (uint32_t)(rng_u64(&rng) % nr);

			given[i] = out[which];
			out[which] = out[--nr];
			assert_int_equal(packets_return(&p, given[i]), 0);
		}
	}
	r.packets = &p;
	for (size_t i = 0; i < TIMES; i++)
		assert_int_equal(took[i] ? packets_taken(&r) : packets_returned(&r), given[i]);
	assert_int_equal(r.handles.made, p.handles.made);
	nr = p.handles.made;
	handles_release(&r.handles);
	packets_release(&p);
	free(given);
	free(took);
	free(out);
	return nr;
}

/* Few at a time, and so many that they need more than 16 bits. */
static void handles_come_again_as_they_were(void **state)
{
	assert_in_range(handles_come_again(502), 100, 20000);
	assert_in_range(handles_come_again(700), 70000, 200000);
}

static int by_time(const void *a, const void *b)
{
	const struct departure *x = a, *y = b;

	if (x->t_ns != y->t_ns)
		return x->t_ns < y->t_ns ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void departures_are_in_order(void **state)
{
	enum { PACKETS = 5000 };
	struct departure all[PACKETS], never = {DEPARTS_NEVER, 1, 2};
	struct departures d = {0};
	struct rng rng;

	rng_init(&rng, 21, 3);
	assert_int_equal(departures_add(&d, never), 0);
	assert_int_equal(d.nr, 0);
	for (uint32_t i = 0; i < PACKETS; i++) {
		all[i] = (struct departure){(int64_t)(rng_u64(&rng) % 700), i, 3 * i};
		assert_int_equal(departures_add(&d, all[i]), 0);
	}
	qsort(all, PACKETS, sizeof(*all), by_time);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct departure one = departures_pop(&d);

		assert_memory_equal(&one, &all[i], sizeof(one));
	}
	assert_int_equal(d.nr, 0);
	departures_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_is_read_again),
		cmocka_unit_test(pieces_that_were_read_are_used_again),
		cmocka_unit_test(more_steps_than_there_can_be_are_refused),
		cmocka_unit_test(handles_come_again_as_they_were),
		cmocka_unit_test(departures_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
