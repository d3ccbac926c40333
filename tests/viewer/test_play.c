/* SPDX-License-Identifier: MIT */
/* Replay, the cursor and the marks: speeds, and what of the recording is seen when. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "db/query.h"
#include "viewer/play.h"
#include "viewer/timeline.h"

#define MS 1000000LL
#define S  (1000 * MS)

static struct timeline timeline;
static const struct recording_span span = {100 * S, 200 * S};

static struct timeline_view look(void)
{
	return timeline_look(&timeline, span, 60);
}

static void speeds_go_by_1_2_5_from_a_thousandth_to_ten_thousand(void **state)
{
	char text[16];
	double speed = 1;
	int steps = 0;

	for (; speed < PLAY_FASTEST; steps++)
		speed = play_speed_beside(speed, 1);
	assert_int_equal(steps, 12);
	assert_string_equal(play_speed_text(speed, text, sizeof(text)), "10000x");
	for (steps = 0; speed > PLAY_SLOWEST; steps++)
		speed = play_speed_beside(speed, -1);
	assert_int_equal(steps, 21);
	assert_string_equal(play_speed_text(speed, text, sizeof(text)), "0.001x");
	assert_true(play_speed_beside(3, 1) == 5);
	assert_true(play_speed_beside(3, -1) == 2);
	assert_true(play_speed_beside(1, -1) == 0.5);
	assert_true(play_speed_beside(PLAY_SLOWEST, -1) == PLAY_SLOWEST);
}

static void time_that_is_played_never_stands_still_nor_overflows(void **state)
{
	assert_int_equal(play_elapsed(1, 50 * MS), 50 * MS);
	assert_int_equal(play_elapsed(0.001, 50 * MS), 50000);
	assert_int_equal(play_elapsed(0.001, 0), 1);
	assert_true(play_elapsed(10000, INT64_MAX) > 0);
}

static void there_is_something_to_jump_to_of_every_kind(void **state)
{
	unsigned kinds, all, seen = 0;

	play_jump(0, &all);
	for (int i = 1; i < PLAY_JUMPS; i++) {
		assert_true(strlen(play_jump(i, &kinds)) > 0);
		assert_int_equal(kinds & ~all, 0);
		seen |= kinds;
	}
	assert_int_equal(seen, all);
	assert_int_equal(all & QUERY_MOMENT_EVENT, 0);
}

static void what_comes_after_the_cursor_has_not_happened_while_it_plays(void **state)
{
	timeline_init(&timeline, true);
	timeline_start(&timeline, span, 60);
	timeline_set_cursor(&timeline, span, 60, 105 * S);
	assert_true(look().shown_ns > 111 * S);
	timeline.hide = true;
	assert_int_equal(look().shown_ns, 105 * S + look().cell_ns);
	assert_int_equal(look().start_ns, 100 * S);
	timeline.hide = false;
	assert_true(look().shown_ns > 111 * S);
}

static void the_window_goes_along_with_what_is_played(void **state)
{
	timeline_init(&timeline, true);
	timeline_start(&timeline, span, 60);
	timeline_set_cursor(&timeline, span, 60, 100 * S);
	timeline.hide = true;
	assert_false(timeline_play(&timeline, span, 60, 10 * S));
	assert_int_equal(look().start_ns, 100 * S);
	assert_false(timeline_play(&timeline, span, 60, 30 * S));
	assert_int_equal(timeline.cursor_ns, 140 * S);
	assert_int_equal(look().end_ns, 140 * S + look().cell_ns);
	assert_true(timeline_play(&timeline, span, 60, INT64_MAX));
	assert_int_equal(timeline.cursor_ns, 200 * S);
}

static void a_whole_recording_stays_in_sight_while_it_is_played(void **state)
{
	timeline_init(&timeline, false);
	timeline_set_cursor(&timeline, span, 60, 100 * S);
	timeline.hide = true;
	for (int i = 0; i < 99; i++) {
		assert_false(timeline_play(&timeline, span, 60, S));
		assert_true(look().start_ns <= 100 * S && look().end_ns > 200 * S);
	}
}

static void a_screen_that_was_not_full_when_it_was_paused_fills_while_it_plays(void **state)
{
	const struct recording_span early = {100 * S, 103 * S}, later = {100 * S, 110 * S};

	timeline_init(&timeline, true);
	timeline_pause(&timeline, early, 60);
	timeline_set_cursor(&timeline, early, 60, 102 * S);
	timeline.hide = true;
	assert_false(timeline_play(&timeline, later, 60, 5 * S));
	assert_int_equal(timeline_look(&timeline, later, 60).start_ns, 100 * S);
	assert_int_equal(timeline_look(&timeline, later, 60).shown_ns, 107 * S + 200 * MS);
}

static void the_cursor_moves_by_columns_and_takes_the_window_along(void **state)
{
	timeline_init(&timeline, true);
	timeline_start(&timeline, span, 60);
	timeline_set_cursor(&timeline, span, 60, 105 * S + 7);
	timeline_move_cursor(&timeline, span, 60, -1);
	assert_int_equal(timeline.cursor_ns, 105 * S);
	timeline_move_cursor(&timeline, span, 60, 1);
	assert_int_equal(timeline.cursor_ns, 105 * S + 200 * MS);
	timeline_move_cursor(&timeline, span, 60, 100);
	assert_int_equal(timeline.cursor_ns, 125 * S + 200 * MS);
	assert_true(timeline_column(&(struct timeline_view){.start_ns = look().start_ns,
							    .end_ns = look().shown_ns,
							    .cell_ns = look().cell_ns},
				    timeline.cursor_ns) >= 0);
	timeline_move_cursor(&timeline, span, 60, 100000);
	assert_int_equal(timeline.cursor_ns, 200 * S);
	timeline_move_cursor(&timeline, span, 60, -100000);
	assert_int_equal(timeline.cursor_ns, 100 * S);
}

static void zooming_keeps_the_cursor_in_its_column(void **state)
{
	struct timeline_view view;
	int column;

	timeline_init(&timeline, true);
	timeline_start(&timeline, span, 60);
	timeline_set_cursor(&timeline, span, 60, 103 * S);
	view = look();
	column = timeline_column(&view, timeline.cursor_ns);
	timeline_zoom(&timeline, span, 60, 5);
	view = look();
	assert_int_equal(view.cell_ns, 5 * MS);
	assert_int_equal(timeline_column(&view, timeline.cursor_ns), column);
	timeline_zoom_at(&timeline, span, 60, 1, 10);
	assert_int_equal(timeline_column(&view, view.start_ns + 10 * view.cell_ns), 10);
}

static void the_time_between_two_marks_can_be_seen(void **state)
{
	timeline_init(&timeline, false);
	timeline_show(&timeline, span, 60, 150 * S, 120 * S);
	assert_true(look().start_ns <= 120 * S && look().shown_ns > 150 * S);
	assert_true(look().end_ns - look().start_ns < 40 * S);
	timeline_show(&timeline, span, 60, 150 * S, 150 * S);
	assert_true(look().start_ns <= 150 * S && look().shown_ns > 150 * S);
	timeline_set_width(&timeline, span, 60, 600 * MS);
	assert_int_equal(look().cell_ns, 10 * MS);
	timeline_set_width(&timeline, span, 60, INT64_MAX);
	assert_true(look().end_ns > 200 * S);
}

static void going_back_restores_the_window_and_keeps_cursor_and_marks(void **state)
{
	struct timeline before;

	timeline_init(&timeline, false);
	before = timeline;
	timeline_set_cursor(&timeline, span, 60, 150 * S);
	timeline_zoom(&timeline, span, 60, 4);
	timeline.has_mark[1] = true;
	assert_false(timeline.fit);
	timeline_go_back(&timeline, &before);
	assert_true(timeline.fit && timeline.has_cursor && timeline.has_mark[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speeds_go_by_1_2_5_from_a_thousandth_to_ten_thousand),
		cmocka_unit_test(time_that_is_played_never_stands_still_nor_overflows),
		cmocka_unit_test(there_is_something_to_jump_to_of_every_kind),
		cmocka_unit_test(what_comes_after_the_cursor_has_not_happened_while_it_plays),
		cmocka_unit_test(the_window_goes_along_with_what_is_played),
		cmocka_unit_test(a_whole_recording_stays_in_sight_while_it_is_played),
		cmocka_unit_test(
			a_screen_that_was_not_full_when_it_was_paused_fills_while_it_plays),
		cmocka_unit_test(the_cursor_moves_by_columns_and_takes_the_window_along),
		cmocka_unit_test(zooming_keeps_the_cursor_in_its_column),
		cmocka_unit_test(the_time_between_two_marks_can_be_seen),
		cmocka_unit_test(going_back_restores_the_window_and_keeps_cursor_and_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
