/* SPDX-License-Identifier: MIT */
/* The demand path: from rows, and from recordings with all that can be wrong with them. */
#include <errno.h>

#include "tests/tuner/tape.h"
#include "tests/tuner/worlds.h"
#include "tuner/lockstep.h"

static void rows_are_taken_and_returned_in_order(void **state)
{
	/* 10: a take, and back at once; 20: the return before the take of the same time. */
	struct demand_row rows[] = {{0, 20}, {10, 0}, {20, 5}, {20, DEMAND_HELD_FOR_EVER}};
	static const bool takes[] = {true, true, false, false, true, true, false};
	static const int64_t t[] = {0, 10, 10, 20, 20, 20, 25};
	static const uint32_t held[] = {1, 2, 1, 0, 1, 2, 1};
	static const uint32_t slot[] = {0, 1, 1, 0, 0, 1, 0};
	struct demand *d = world_demand(rows, 4);

	assert_int_equal(d->nr, 7);
	for (size_t i = 0; i < d->nr; i++) {
		assert_int_equal(demand_is_take(d, i), takes[i]);
		assert_int_equal(d->t_ns[i], t[i]);
		assert_int_equal(demand_held(d, i + 1), held[i]);
		assert_int_equal(d->slot[i], slot[i]);
		assert_true(demand_is_end(d, i));
	}
	assert_int_equal(d->takes, 4);
	assert_int_equal(d->max_held, 2);
	assert_int_equal(d->quality.unreturned, 1);
	demand_close(d);
}

static void rows_out_of_order_are_sorted_and_counted(void **state)
{
	struct demand_row rows[] = {{30, 5}, {10, 5}, {20, 50}};
	struct demand *d = world_demand(rows, 3);

	assert_int_equal(d->quality.disordered, 1);
	assert_int_equal(d->t_ns[0], 10);
	assert_int_equal(d->t_ns[d->nr - 1], 70);
	demand_close(d);
}

static void impossible_rows_are_refused_by_number(void **state)
{
	struct demand_row rows[] = {{0, 5}, {1, 5}, {2, 5}};
	struct demand *d;
	size_t bad = 99;

	assert_int_equal(demand_from_rows(rows, 0, &d, &bad), -ENODATA);
	rows[2].hold_ns = -1;
	assert_int_equal(demand_from_rows(rows, 3, &d, &bad), -EINVAL);
	assert_int_equal(bad, 2);
	rows[2].hold_ns = INT64_MAX - 1;
	assert_int_equal(demand_from_rows(rows, 3, &d, &bad), -EINVAL);
	assert_int_equal(bad, 2);
	rows[1].arrival_ns = -5;
	assert_int_equal(demand_from_rows(rows, 3, &d, &bad), -EINVAL);
	assert_int_equal(bad, 1);
}

static void searches_find_the_first(void **state)
{
	struct demand_row *rows = calloc(3000, sizeof(*rows));
	struct rng rng;

	rng_init(&rng, 6, 20);
	for (int world = 0; world < 40; world++) {
		size_t nr = 1 + world_below(&rng, 3000);
		uint64_t words[64];
		struct demand *d;

		world_rows(&rng, rows, nr, 1000);
		d = world_demand(rows, nr);
		assert_true(d->checkpoint_words <= 64);
		for (int i = 0; i < 60; i++) {
			size_t from = world_below(&rng, (uint32_t)d->nr + 1), at;
			int64_t level = (int64_t)world_below(&rng, d->max_held + 3) - 1;
			int64_t t_ns =
				d->t_ns[world_below(&rng, (uint32_t)d->nr)] + world_below(&rng, 2);

			for (at = from; at < d->nr && demand_held(d, at + 1) < level;)
				at++;
			assert_int_equal(demand_next_ge(d, from, level), at);
			for (at = from; at < d->nr && demand_held(d, at + 1) > level;)
				at++;
			assert_int_equal(demand_next_le(d, from, level), at);
			for (at = from; at < d->nr && d->t_ns[at] < t_ns;)
				at++;
			assert_int_equal(demand_next_at(d, from, t_ns), at);
			demand_slots(d, from, words);
			at = 0;
			for (size_t k = 0; k < d->checkpoint_words; k++)
				at += (size_t)__builtin_popcountll(words[k]);
			assert_int_equal(at, demand_held(d, from));
		}
		demand_close(d);
	}
	free(rows);
}

/* --- recordings ----------------------------------------------------------------------------------
 */

static const uint32_t ids[] = {0, 1, 2, 3, 4, 5, 6, 7};

static void event_of_several_buffers_is_one_for_the_policy(void **state)
{
	struct tape t = tape_open();
	struct demand *d;

	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 3, 0, 0);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids + 1, 2, 0, 500);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, 500);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->nr, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(demand_is_end(d, i), i == 2 || i >= 4);
	assert_int_equal(d->max_held, 3);
	assert_int_equal(d->t_ns[0], T0);
	assert_int_equal(demand_span_ns(d), 1000);
	assert_int_equal(d->quality.gaps + d->quality.unmatched_returns, 0);
	assert_true(d->ticks_known);
	demand_close(d);
}

static void resources_get_the_hold_time_of_a_neighbour(void **state)
{
	struct tape t = tape_open();
	struct demand *d;

	/* 0: held for 70; 1000: RESOURCES; 1100: held for 70, too. */
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 0);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, 70);
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 1, 930);
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 100);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, 70);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->nr, 6);
	assert_int_equal(d->quality.resources, 1);
	assert_true(demand_is_imputed(d, 2));
	assert_int_equal(d->t_ns[3] - T0, 1070); /* it returns before the next is taken */
	assert_false(demand_is_take(d, 3));
	assert_int_equal(d->max_held, 1);
	assert_int_equal(d->quality.unreturned, 0);
	demand_close(d);
}

static void drops_are_spread_and_counted(void **state)
{
	struct pool_event drop = {.kind = POOL_EVENT_RX_DROP, .u.drop = {4, 0}};
	struct tape t = tape_open();
	struct demand *d;

	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 0);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, 200);
	drop.u.drop.cause = POOL_DROP_NO_DESCRIPTOR;
	tape_say(&t, drop, 800);
	drop.u.drop.cause = POOL_DROP_FIFO;
	tape_say(&t, drop, 0);
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 1000);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, 200);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->quality.dropped, 4);
	assert_int_equal(d->quality.dropped_by_device, 4);
	assert_int_equal(d->takes, 6);
	assert_int_equal(d->nr, 12);
	/* At 400, 600, 800 and 1000, each held for 200 as those around them are. */
	for (size_t i = 2; i < 10; i += 2) {
		assert_true(demand_is_imputed(d, i));
		assert_int_equal(d->t_ns[i] - T0, 200 + 100 * i);
		assert_int_equal(d->t_ns[i + 1] - d->t_ns[i], 200);
	}
	assert_int_equal(d->max_held, 1);
	demand_close(d);
}

/* Were one of them the lender of all that were dropped, all would come back at once. */
static void those_around_lend_their_hold_times_by_turns(void **state)
{
	struct pool_event drop = {.kind = POOL_EVENT_RX_DROP,
				  .u.drop = {64, POOL_DROP_NO_DESCRIPTOR}};
	struct tape t = tape_open();
	uint64_t held[65] = {0};
	struct demand *d;

	/* The k-th of 64 is held for k; then 64 are dropped. */
	for (uint32_t k = 1; k <= 64; k++) {
		tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 1000);
		tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, k);
	}
	tape_say(&t, drop, 64000);
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 1000); /* never back, so it lends nothing */
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->quality.not_imputed, 0);
	for (size_t i = 128; i < d->nr; i++)
		if (demand_is_imputed(d, i)) {
			int64_t t_ns = d->t_ns[i];
			size_t back = i + 1;

			while (back < d->nr &&
			       (demand_is_take(d, back) || d->slot[back] != d->slot[i]))
				back++;
			assert_true(back < d->nr);
			assert_in_range(d->t_ns[back] - t_ns, 1, 64);
			held[d->t_ns[back] - t_ns]++;
		}
	for (size_t k = 1; k <= 64; k++)
		assert_int_equal(held[k], 1);
	demand_close(d);
}

static void lost_events_are_mended_and_counted(void **state)
{
	struct tape t = tape_open();
	struct demand *d;

	tape_rx(&t, POOL_EVENT_RX_RETURN, ids + 3, 1, 0, 0); /* taken before the record began */
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 2, 0, 100);
	t.seq++; /* a return is missing */
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids + 1, 2, 0, 100);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 3, 0, 100);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->quality.gaps, 1);
	assert_int_equal(d->quality.unmatched_returns, 1);
	assert_int_equal(d->quality.implied_returns, 1);
	assert_int_equal(d->quality.unreturned, 0);
	assert_int_equal(d->takes, 4);
	assert_int_equal(d->max_held, 3);
	demand_close(d);
}

/* As a file may say that is not right: it must not look like a pool of that many buffers. */
static void buffer_that_one_event_takes_twice_is_one(void **state)
{
	const uint32_t same[] = {5, 5, 5, 6, 5};
	struct tape t = tape_open();
	struct demand *d;

	tape_rx(&t, POOL_EVENT_RX_TAKE, same, 5, 0, 0);
	tape_rx(&t, POOL_EVENT_RX_RETURN, same, 1, 0, 100);
	tape_rx(&t, POOL_EVENT_RX_RETURN, same + 3, 1, 0, 100);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->takes, 2);
	assert_int_equal(d->max_held, 2);
	assert_int_equal(d->quality.implied_returns, 3);
	assert_int_equal(d->quality.unreturned, 0);
	demand_close(d);
}

/* What was missed before the marks changed is not the doing of those that came then. */
static void marks_that_change_are_told_apart(void **state)
{
	struct pool_event tick = {.kind = POOL_EVENT_TICK};
	struct pool_event drop = {.kind = POOL_EVENT_RX_DROP,
				  .u.drop = {3, POOL_DROP_NO_DESCRIPTOR}};
	struct tape t = tape_open();
	struct demand *d;

	tick.u.tick.marks = (struct pool_marks){8, 4, 2, 7, 32, 1, 1, 0, 0};
	tape_say(&t, tick, 0);
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 2, 1, 100);
	tape_say(&t, drop, 100);
	tick.u.tick.marks.low = 1;
	tape_say(&t, tick, 100);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, 100);
	tick.u.tick.marks.low = 2;
	tape_say(&t, tick, 100);
	tape_say(&t, tick, 100);
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 4, 2, 100);
	drop.u.drop.count = 1;
	tape_say(&t, drop, 100);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->quality.marks_changed, 2);
	assert_int_equal(d->change.at_ns, T0 + 500);
	assert_int_equal(d->change.before.low, 1);
	assert_int_equal(d->marks.low, 2);
	assert_int_equal(d->change.takes, 5);
	assert_int_equal(d->change.resources, 1);
	assert_int_equal(d->change.dropped, 3);
	assert_int_equal(d->takes, 10);
	assert_int_equal(d->quality.resources, 3);
	assert_int_equal(d->quality.dropped, 4);
	demand_close(d);
}

static void record_without_packets_says_so(void **state)
{
	struct pool_event tick = {.kind = POOL_EVENT_TICK};
	struct tape t = tape_open();
	struct demand *d;

	tape_say(&t, tick, 0);
	assert_int_equal(tape_read(&t, &d), -ENODATA);
}

/* A believable pool's life: what is read must be what its driver counted. */
static void whole_recording_is_read_as_it_was(void **state)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		char *path = fixture_path();
		struct store *store = fixture_open(path);
		struct pool_summary *pools;
		struct db_error err;
		struct demand *d;
		struct query *q;
		size_t nr;

		fixture_life(seed, 3, fixture_emit, store);
		fixture_close(store);
		q = fixture_query(path);
		assert_int_equal(query_pools(q, &pools, &nr, &err), 0);
		assert_int_equal(demand_read(q, pools[0].pool, &d, &err), 0);
		assert_int_equal(d->takes - d->quality.dropped, pools[0].totals.taken);
		assert_int_equal(d->quality.resources, pools[0].totals.resources);
		assert_int_equal(d->quality.dropped, pools[0].totals.dropped);
		assert_int_equal(d->quality.gaps, 0);
		assert_int_equal(d->quality.implied_returns, 0);
		assert_int_equal(d->nr_leads, pools[0].totals.requested);
		assert_true(d->marks_known);
		assert_int_equal(d->marks.high, pools[0].marks.high);
		assert_int_equal(d->quality.marks_changed, 0);
		demand_close(d);
		free(pools);
		query_close(q);
		fixture_remove(path);
	}
}

static size_t takes_since(const struct demand *d, int64_t t_ns)
{
	size_t takes = 0;

	for (size_t i = demand_next_at(d, 0, t_ns); i < d->nr; i++)
		takes += demand_is_take(d, i);
	return takes;
}

/* As much of it as was wanted, and not much less: what is newest, with the leads of all. */
static void newest_part_is_the_end_of_the_whole(void **state)
{
	static const uint64_t parts[] = {2, 5, 20};
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct demand *whole, *d;
	struct db_error err;
	struct query *q;

	fixture_life(4, 3, fixture_emit, store);
	fixture_close(store);
	q = fixture_query(path);
	assert_int_equal(demand_read(q, 0, &whole, &err), 0);
	for (int i = 0; i < 3; i++) {
		struct demand_watch watch = {.steps_max = whole->nr / parts[i], .newest = true};

		assert_int_equal(demand_read_some(q, 0, &watch, &d, &err), 0);
		assert_true(watch.cut);
		assert_true(d->nr <= watch.steps_max && d->nr > watch.steps_max / 2);
		assert_int_equal(d->takes, takes_since(whole, d->t_ns[0]));
		assert_int_equal(d->nr_leads, whole->nr_leads);
		for (size_t k = 0; k < d->nr_leads; k++)
			assert_int_equal(d->leads[k].requested_ns + d->leads[k].lead_ns,
					 whole->leads[k].requested_ns + whole->leads[k].lead_ns);
		assert_memory_equal(&d->marks, &whole->marks, sizeof(d->marks));
		assert_int_equal(d->quality.gaps, 0);
		assert_int_equal(d->quality.marks_changed, 0);
		demand_close(d);
	}
	demand_close(whole);
	query_close(q);
	fixture_remove(path);
}

static void what_fits_is_read_from_its_first_event_on(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct demand_watch watch = {.newest = true};
	struct demand *whole, *d;
	struct db_error err;
	struct query *q;

	fixture_life(4, 3, fixture_emit, store);
	fixture_close(store);
	q = fixture_query(path);
	assert_int_equal(demand_read(q, 0, &whole, &err), 0);
	watch.steps_max = 2 * whole->nr;
	assert_int_equal(demand_read_some(q, 0, &watch, &d, &err), 0);
	assert_false(watch.cut);
	assert_int_equal(d->nr, whole->nr);
	assert_memory_equal(d->t_ns, whole->t_ns, d->nr * sizeof(*d->t_ns));
	demand_close(d);
	demand_close(whole);
	query_close(q);
	fixture_remove(path);
}

static void numbers_beyond_reason_cost_no_more_than_others(void **state)
{
	struct pool_event drop = {.kind = POOL_EVENT_RX_DROP, .u.drop = {UINT32_MAX, 0}};
	struct pool_event request = {.kind = POOL_EVENT_ALLOC_REQUEST};
	struct tape t = tape_open();
	struct demand *d;

	for (int i = 0; i < 5000; i++) {
		request.u.request.request++;
		tape_say(&t, request, 1);
	}
	tape_rx(&t, POOL_EVENT_RX_TAKE, ids, 1, 0, 0);
	drop.u.drop.cause = POOL_DROP_NO_DESCRIPTOR;
	tape_say(&t, drop, 0);
	tape_say(&t, drop, INT64_MAX / 16);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, INT64_MAX / 16);
	tape_rx(&t, POOL_EVENT_RX_RETURN, ids, 1, 0, -1000);
	assert_int_equal(tape_read(&t, &d), 0);
	assert_int_equal(d->quality.dropped, 2 * (uint64_t)UINT32_MAX);
	assert_true(d->takes < 5000000);
	assert_true(demand_span_ns(d) > 0);
	assert_true(d->nr_leads < 5000);
	demand_close(d);
}

static void absurd_recordings_do_no_harm(void **state)
{
	struct rng rng;

	rng_init(&rng, 6, 21);
	for (int world = 0; world < 30; world++) {
		struct tape t = tape_open();
		struct lead lead = lead_fixed(1000);
		struct sim_result dense, skip, lanes;
		struct demand *d;

		for (int i = 0; i < 400; i++) {
			struct pool_event e = {.kind = world_below(&rng, POOL_EVENT_NR_KINDS)};
			uint32_t some[4];

			for (int k = 0; k < 4; k++)
				some[k] = world_below(&rng, 2) ? world_below(&rng, 40)
							       : (uint32_t)rng_u64(&rng);
			if (e.kind == POOL_EVENT_POOL_OPEN || e.kind == POOL_EVENT_POOL_CLOSE)
				e.kind = POOL_EVENT_RX_TAKE;
			if (e.kind == POOL_EVENT_RX_TAKE || e.kind == POOL_EVENT_RX_RETURN) {
				e.u.rx.buffers = some;
				e.u.rx.nr_buffers = world_below(&rng, 5);
				e.u.rx.frames = (uint16_t)e.u.rx.nr_buffers;
				e.u.rx.resources =
					e.kind == POOL_EVENT_RX_TAKE
						? (uint16_t)world_below(&rng, e.u.rx.nr_buffers + 1)
						: 0;
			}
			if (e.kind == POOL_EVENT_RX_DROP)
				e.u.drop.count = world_below(&rng, 50);
			t.seq += !world_below(&rng, 30);
			tape_say(&t, e, (int64_t)world_below(&rng, 4) * 50000000);
		}
		if (tape_read(&t, &d))
			continue;
		for (int i = 0; i < 20; i++) {
			struct policy_marks m = world_marks(&rng, d->max_held);

			assert_int_equal(sim_dense(d, &m, &lead, NULL, &dense), 0);
			assert_int_equal(sim_skip(d, &m, &lead, NULL, &skip), 0);
			assert_int_equal(sim_lockstep(d, &m, 1, &lead, NULL, &lanes), 0);
			world_same(&dense, &skip);
			world_same(&dense, &lanes);
		}
		demand_close(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_taken_and_returned_in_order),
		cmocka_unit_test(rows_out_of_order_are_sorted_and_counted),
		cmocka_unit_test(impossible_rows_are_refused_by_number),
		cmocka_unit_test(searches_find_the_first),
		cmocka_unit_test(event_of_several_buffers_is_one_for_the_policy),
		cmocka_unit_test(resources_get_the_hold_time_of_a_neighbour),
		cmocka_unit_test(those_around_lend_their_hold_times_by_turns),
		cmocka_unit_test(drops_are_spread_and_counted),
		cmocka_unit_test(lost_events_are_mended_and_counted),
		cmocka_unit_test(buffer_that_one_event_takes_twice_is_one),
		cmocka_unit_test(marks_that_change_are_told_apart),
		cmocka_unit_test(record_without_packets_says_so),
		cmocka_unit_test(whole_recording_is_read_as_it_was),
		cmocka_unit_test(newest_part_is_the_end_of_the_whole),
		cmocka_unit_test(what_fits_is_read_from_its_first_event_on),
		cmocka_unit_test(numbers_beyond_reason_cost_no_more_than_others),
		cmocka_unit_test(absurd_recordings_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
