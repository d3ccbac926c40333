/* SPDX-License-Identifier: MIT */
#include "db/window.h"
#include "tests/db/fixture.h"

/* What came out, in order, and how much was given up. */
struct out {
	uint64_t seqs[16384], nr, lost, joins;
};

static void drain(struct window *w, int64_t now_ns, bool force, struct out *out)
{
	struct window_gap gap;
	struct pool_event *e;

	while ((e = window_pop(w, now_ns, force, &gap))) {
		out->lost += gap.lost;
		out->joins += gap.joined;
		out->seqs[out->nr++] = e->seq;
		free(e);
	}
}

static void offer(struct window *w, uint64_t seq, int64_t now_ns, struct out *out)
{
	struct pool_event e = {.ts_ns = T0, .seq = seq, .kind = POOL_EVENT_TICK};

	if (window_in_order(w, seq)) {
		out->seqs[out->nr++] = seq;
		window_advance(w);
	} else {
		assert_int_equal(window_hold(w, &e, now_ns), 0);
	}
	drain(w, now_ns, false, out);
}

static void shuffled_events_come_out_in_order(void **test_state)
{
	struct window w = {0};
	struct out *out = calloc(1, sizeof(*out));
	uint64_t order[8192], state = 3;

	for (uint64_t i = 0; i < 8192; i++)
		order[i] = i;
	for (uint64_t i = 0; i < 8192; i++) { /* nobody moves more than 64 places */
		uint64_t j = i - i % 64 + sim_random(&state) % 64, t = order[i];

		order[i] = order[j];
		order[j] = t;
	}
	for (int i = 0; i < 8192; i++)
		offer(&w, order[i], 0, out);
	assert_int_equal(out->nr, 8192);
	for (uint64_t i = 0; i < 8192; i++)
		assert_int_equal(out->seqs[i], i);
	assert_int_equal(out->lost, 0);
	window_release(&w);
	free(out);
}

static void gap_is_given_up_after_a_second(void **state)
{
	struct window w = {0};
	struct out out = {.nr = 0};

	offer(&w, 0, 0, &out);
	offer(&w, 4, 0, &out);
	drain(&w, WINDOW_NS - 1, false, &out);
	assert_int_equal(out.nr, 1);
	drain(&w, WINDOW_NS, false, &out);
	assert_int_equal(out.nr, 2);
	assert_int_equal(out.lost, 3);
	window_release(&w);
}

static void gap_is_given_up_when_the_window_is_full(void **state)
{
	struct window w = {0};
	struct out *out = calloc(1, sizeof(*out));

	offer(&w, 0, 0, out);
	for (uint64_t seq = 1000; seq < 1000 + WINDOW_EVENTS + 1; seq++)
		offer(&w, seq, 0, out);
	assert_int_equal(out->lost, 999);
	assert_int_equal(out->nr, 1 + WINDOW_EVENTS + 1);
	assert_int_equal(w.nr, 0);
	window_release(&w);
	free(out);
}

static void late_event_after_its_gap_was_given_up_is_a_duplicate(void **state)
{
	struct window w = {0};
	struct out out = {.nr = 0};

	offer(&w, 0, 0, &out);
	offer(&w, 2, 0, &out);
	drain(&w, 0, true, &out);
	offer(&w, 1, 0, &out);
	offer(&w, 2, 0, &out);
	assert_int_equal(out.nr, 2);
	assert_int_equal(out.lost, 1);
	window_release(&w);
}

static void same_seq_waiting_twice_comes_out_once(void **state)
{
	struct window w = {0};
	struct out out = {.nr = 0};

	offer(&w, 2, 0, &out);
	offer(&w, 2, 0, &out);
	offer(&w, 1, 0, &out);
	offer(&w, 0, 0, &out);
	assert_int_equal(out.nr, 3);
	assert_int_equal(out.lost + out.joins, 0);
	window_release(&w);
}

static void first_event_in_mid_life_is_a_late_join_and_no_loss(void **state)
{
	struct window w = {0};
	struct out out = {.nr = 0};

	offer(&w, 5000, 0, &out);
	offer(&w, 4999, 0, &out);
	drain(&w, WINDOW_NS, false, &out);
	offer(&w, 5001, WINDOW_NS, &out);
	assert_int_equal(out.nr, 3);
	assert_int_equal(out.seqs[0], 4999);
	assert_int_equal(out.lost, 0);
	assert_int_equal(out.joins, 1);
	window_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shuffled_events_come_out_in_order),
		cmocka_unit_test(gap_is_given_up_after_a_second),
		cmocka_unit_test(gap_is_given_up_when_the_window_is_full),
		cmocka_unit_test(late_event_after_its_gap_was_given_up_is_a_duplicate),
		cmocka_unit_test(same_seq_waiting_twice_comes_out_once),
		cmocka_unit_test(first_event_in_mid_life_is_a_late_join_and_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
