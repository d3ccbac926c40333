/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "viewer/timeline.h"

#define MS 1000000LL
#define S  (1000 * MS)

static struct timeline timeline;

static struct recording_span until(int64_t end_ns)
{
	return (struct recording_span){100 * S, end_ns};
}

static void columns_begin_at_multiples_of_their_width_while_time_goes_on(void **state)
{
	struct timeline_view before, after;

	timeline_init(&timeline, true);
	before = timeline_look(&timeline, until(200 * S + 50 * MS), 60);
	after = timeline_look(&timeline, until(200 * S + 150 * MS), 60);
	assert_int_equal(before.start_ns, after.start_ns);
	assert_int_equal(before.start_ns % before.cell_ns, 0);
	assert_true(after.end_ns > 200 * S + 150 * MS);
	after = timeline_look(&timeline, until(200 * S + 250 * MS), 60);
	assert_int_equal(after.start_ns - before.start_ns, before.cell_ns);
}

static void a_short_recording_grows_from_the_left(void **state)
{
	struct timeline_view view;

	timeline_init(&timeline, true);
	view = timeline_look(&timeline, until(101 * S), 60);
	assert_int_equal(view.start_ns, 100 * S);
}

static void a_finished_recording_is_shown_whole(void **state)
{
	for (int64_t end = 100 * S; end < 2000000 * S; end += (end - 99 * S) * 2 / 3) {
		for (int columns = 1; columns < 300; columns += 37) {
			struct timeline_view view;

			timeline_init(&timeline, false);
			view = timeline_look(&timeline, until(end), columns);
			assert_true(view.start_ns <= 100 * S);
			assert_true(view.end_ns > end);
		}
	}
}

static void moving_back_stops_following_and_to_the_end_follows_again(void **state)
{
	timeline_init(&timeline, true);
	timeline_move(&timeline, until(200 * S), 60, -5);
	assert_false(timeline.follow);
	assert_int_equal(timeline_look(&timeline, until(300 * S), 60).end_ns,
			 200 * S + 200 * MS - S);
	timeline_move(&timeline, until(200 * S), 60, 60);
	assert_true(timeline.follow);
}

static void moving_stops_at_the_beginning(void **state)
{
	timeline_init(&timeline, true);
	timeline_move(&timeline, until(200 * S), 60, -100000);
	assert_int_equal(timeline_look(&timeline, until(200 * S), 60).start_ns, 100 * S);
	timeline_follow(&timeline);
	timeline_start(&timeline, until(200 * S), 60);
	assert_int_equal(timeline_look(&timeline, until(200 * S), 60).start_ns, 100 * S);
}

static void a_paused_screen_stands_still_even_when_it_was_not_full(void **state)
{
	struct timeline_view paused, later;

	timeline_init(&timeline, true);
	timeline_pause(&timeline, until(103 * S), 60);
	paused = timeline_look(&timeline, until(103 * S), 60);
	later = timeline_look(&timeline, until(110 * S), 60);
	assert_int_equal(paused.start_ns, later.start_ns);
	assert_int_equal(paused.shown_ns, later.shown_ns);
	assert_true(later.shown_ns <= 103 * S + 200 * MS);
	timeline_pause(&timeline, until(110 * S), 60);
	assert_true(timeline.follow);
}

static void a_narrower_screen_is_never_beyond_the_end(void **state)
{
	struct recording_span span = until(110 * S);
	struct timeline_view view;

	timeline_init(&timeline, false);
	timeline_set_cursor(&timeline, span, 200, 109 * S);
	for (int i = 0; i < 4; i++) /* around the cursor: blank right of the end */
		timeline_zoom(&timeline, span, 200, -1);
	for (int columns = 200; columns > 0; columns--) {
		view = timeline_look(&timeline, span, columns);
		assert_true(view.start_ns <= span.end_ns);
		assert_int_equal(view.end_ns - view.start_ns, view.cell_ns * columns);
	}
}

static void zooming_in_and_out_comes_back(void **state)
{
	int64_t cell_ns;

	timeline_init(&timeline, true);
	cell_ns = timeline.cell_ns;
	timeline_zoom(&timeline, until(200 * S), 60, 4);
	assert_int_equal(timeline.cell_ns, 10 * MS);
	assert_true(timeline.follow);
	timeline_zoom(&timeline, until(200 * S), 60, -4);
	assert_int_equal(timeline.cell_ns, cell_ns);
	timeline_zoom(&timeline, until(200 * S), 60, 1000);
	assert_int_equal(timeline.cell_ns, 1000);
	timeline_zoom(&timeline, until(200 * S), 60, -1000);
	assert_true(timeline.cell_ns > 0);
}

static void zooming_a_paused_screen_keeps_its_middle(void **state)
{
	struct timeline_view before, after;
	int64_t middle;

	timeline_init(&timeline, true);
	timeline_move(&timeline, until(400 * S), 60, -600);
	before = timeline_look(&timeline, until(400 * S), 60);
	timeline_zoom(&timeline, until(400 * S), 60, 1);
	after = timeline_look(&timeline, until(400 * S), 60);
	middle = before.start_ns + (before.end_ns - before.start_ns) / 2;
	assert_true(after.start_ns < middle && after.end_ns > middle);
	assert_in_range(after.start_ns + (after.end_ns - after.start_ns) / 2 - middle +
				after.cell_ns,
			0, 2 * after.cell_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_begin_at_multiples_of_their_width_while_time_goes_on),
		cmocka_unit_test(a_short_recording_grows_from_the_left),
		cmocka_unit_test(a_finished_recording_is_shown_whole),
		cmocka_unit_test(moving_back_stops_following_and_to_the_end_follows_again),
		cmocka_unit_test(moving_stops_at_the_beginning),
		cmocka_unit_test(a_paused_screen_stands_still_even_when_it_was_not_full),
		cmocka_unit_test(a_narrower_screen_is_never_beyond_the_end),
		cmocka_unit_test(zooming_in_and_out_comes_back),
		cmocka_unit_test(zooming_a_paused_screen_keeps_its_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
