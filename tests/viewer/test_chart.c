/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <string.h>
#include <time.h>

#include "tests/viewer/dump.h"
#include "viewer/chart.h"

static struct canvas canvas;
static const struct scale eight = {.top = 8};
static const struct chart_zone zones[] = {
	{INK_AVAILABLE, FILL_SOLID}, {INK_SWING, FILL_DENSE}, {INK_HELD, FILL_SPARSE}};
static const struct chart_look block = {CHART_BLOCK, false};
static const struct chart_look block_color = {CHART_BLOCK, true};
static const struct chart_look braille = {CHART_BRAILLE, false};
static const struct chart_look ascii = {CHART_ASCII, false};

static const char *dump(void)
{
	return dump_canvas(&canvas);
}

static void draw(int w, int h, const struct chart_look *look, const struct chart_column *columns)
{
	assert_int_equal(canvas_resize(&canvas, w, h), 0);
	chart_area(&canvas, (struct rect){0, 0, w, h}, look, &eight, zones, 3, columns);
}

static int teardown(void **state)
{
	canvas_release(&canvas);
	return 0;
}

static void block_area_has_eight_levels_a_cell(void **state)
{
	const struct chart_column columns[] = {
		{true, {1, 1, 1}}, {true, {4, 4, 4}}, {true, {8, 8, 8}}};

	draw(3, 1, &block, columns);
	assert_string_equal(dump(), "▁▄█\n");
}

static void unknown_columns_stay_blank(void **state)
{
	const struct chart_column columns[] = {
		{true, {8, 8, 8}}, {false, {8, 8, 8}}, {true, {8, 8, 8}}};

	draw(3, 1, &block, columns);
	assert_string_equal(dump(), "█ █\n");
}

static void nearly_empty_does_not_look_empty(void **state)
{
	const struct chart_column columns[] = {{true, {0.01, 0, 0}}, {true, {0, 0, 0}}};

	draw(2, 1, &block, columns);
	assert_string_equal(dump(), "▁\n");
}

static void zones_are_told_apart_without_colour(void **state)
{
	const struct chart_column columns[] = {{true, {2, 5, 8}}};

	assert_int_equal(canvas_resize(&canvas, 1, 8), 0);
	chart_area(&canvas, (struct rect){0, 0, 1, 8}, &block, &eight, zones, 3, columns);
	assert_string_equal(dump(), "░\n░\n░\n▒\n▒\n▒\n█\n█\n");
	canvas_clear(&canvas);
	chart_area(&canvas, (struct rect){0, 0, 1, 8}, &ascii, &eight, zones, 3, columns);
	assert_string_equal(dump(), ":\n:\n:\n=\n=\n=\n#\n#\n");
}

static void colour_boundary_shows_both_zones_in_one_cell(void **state)
{
	const struct chart_column columns[] = {{true, {3, 3, 8}}};

	draw(1, 1, &block_color, columns);
	assert_int_equal(canvas_at(&canvas, 0, 0)->ch, L'▃');
	assert_int_equal(canvas_at(&canvas, 0, 0)->style.fg, INK_AVAILABLE);
	assert_int_equal(canvas_at(&canvas, 0, 0)->style.bg, INK_HELD);
}

static void braille_has_two_columns_and_four_levels_a_cell(void **state)
{
	const struct chart_column columns[] = {{true, {2, 2, 2}}, {true, {8, 8, 8}}};

	assert_int_equal(chart_columns(CHART_BRAILLE, 1), 2);
	draw(1, 1, &braille, columns);
	assert_string_equal(dump(), "⣸\n");
}

static void edges_that_go_down_are_raised(void **state)
{
	const struct chart_column columns[] = {{true, {8, 2, 1}}};

	draw(1, 1, &block, columns);
	assert_string_equal(dump(), "█\n");
}

static void hostile_values_stay_inside(void **state)
{
	const struct chart_column columns[] = {{true, {-1e300, 1e300, __builtin_nan("")}},
					       {true, {__builtin_inf(), 0, 0}}};

	draw(2, 3, &block, columns);
	draw(2, 3, &ascii, columns);
	assert_int_equal(canvas_at(&canvas, 1, 0)->ch, L'#');
}

static void marks_are_lines_with_labels_in_their_order(void **state)
{
	struct chart_mark marks[] = {{1, INK_LOW, "low"}, {7.9, INK_LIMIT, "limit"}};

	assert_int_equal(canvas_resize(&canvas, 12, 4), 0);
	chart_marks(&canvas, (struct rect){0, 0, 4, 4}, &block_color, &eight, marks, 2);
	assert_string_equal(dump(), "╌╌╌╌◂limit\n\n\n╌╌╌╌◂low\n");
}

static void labels_that_would_collide_move_apart(void **state)
{
	struct chart_mark marks[] = {
		{0, INK_LOW, "a"}, {0.1, INK_HIGH, "b"}, {0.2, INK_LIMIT, "c"}};

	assert_int_equal(canvas_resize(&canvas, 6, 4), 0);
	chart_marks(&canvas, (struct rect){0, 0, 4, 4}, &block_color, &eight, marks, 3);
	assert_string_equal(dump(), "\n    ↓c\n    ↓b\n╌╌╌╌◂a\n");
}

static void a_line_in_the_top_row_keeps_its_label(void **state)
{
	struct chart_mark marks[] = {
		{900, INK_LIMIT, "limit"}, {7.9, INK_HIGH, "high"}, {0, INK_LOW, "low"}};

	assert_int_equal(canvas_resize(&canvas, 12, 4), 0);
	chart_marks(&canvas, (struct rect){0, 0, 4, 4}, &block_color, &eight, marks, 3);
	assert_string_equal(dump(), "╌╌╌╌◂high\n    ↑limit\n\n╌╌╌╌◂low\n");
}

static const char *whole_label(double value, char *text, size_t size)
{
	snprintf(text, size, "%.0f", value);
	return text;
}

static void an_axis_of_few_rows_says_more_than_zero(void **state)
{
	struct scale scale = {.top = 67};

	assert_int_equal(canvas_resize(&canvas, 6, 3), 0);
	chart_value_axis(&canvas, (struct rect){3, 0, 3, 3}, &scale, whole_label);
	assert_string_equal(dump(), "50┤\n  │\n 0┤\n");
}

static void a_mark_above_the_scale_is_named_but_not_drawn(void **state)
{
	struct chart_mark marks[] = {{900, INK_LIMIT, "limit 900"}};

	assert_int_equal(canvas_resize(&canvas, 16, 2), 0);
	chart_marks(&canvas, (struct rect){0, 0, 4, 2}, &block_color, &eight, marks, 1);
	assert_string_equal(dump(), "    ↑limit 900\n\n");
}

static void a_mark_keeps_the_colour_of_the_area_under_it(void **state)
{
	const struct chart_column columns[] = {{true, {8, 8, 8}}};
	struct chart_mark marks[] = {{4, INK_LOW, "low"}};

	draw(1, 1, &block_color, columns);
	chart_marks(&canvas, (struct rect){0, 0, 1, 1}, &block_color, &eight, marks, 1);
	assert_int_equal(canvas_at(&canvas, 0, 0)->style.bg, INK_AVAILABLE);
	assert_int_equal(canvas_at(&canvas, 0, 0)->style.fg, INK_LOW);
}

static void time_labels_stand_at_round_times_and_are_never_cut(void **state)
{
	assert_int_equal(canvas_resize(&canvas, 40, 1), 0);
	chart_time_axis(&canvas, (struct rect){0, 0, 40, 1}, 1700000000000000000, 200000000);
	assert_string_equal(dump(), "╷22:13:20                ╷22:13:25\n");
	assert_int_equal(canvas_resize(&canvas, 30, 1), 0);
	chart_time_axis(&canvas, (struct rect){0, 0, 30, 1}, 1700000000000000000, 200000000);
	assert_string_equal(dump(), "╷22:13:20                ╷\n");
}

static void time_labels_of_days_have_a_date(void **state)
{
	assert_int_equal(canvas_resize(&canvas, 60, 1), 0);
	chart_time_axis(&canvas, (struct rect){0, 0, 60, 1}, 1700000000000000000, 1800000000000);
	assert_string_equal(dump(), "   ╷11-15 00:00            ╷11-15 12:00            ╷\n");
	assert_int_equal(canvas_resize(&canvas, 59, 1), 0);
	chart_time_axis(&canvas, (struct rect){0, 0, 59, 1}, 1700000000000000000, 43200000000000);
	assert_string_equal(dump(),
			    "        ╷2023-11-19         ╷2023-11-29         ╷2023-12-09\n");
}

static void time_labels_have_the_digits_that_tell_them_apart(void **state)
{
	assert_int_equal(canvas_resize(&canvas, 40, 1), 0);
	chart_time_axis(&canvas, (struct rect){0, 0, 40, 1}, 1700000000000000000, 1000);
	assert_string_equal(dump(), "╷22:13:20.00000     ╷22:13:20.00002\n");
}

static void sparkline_tells_empty_from_unknown(void **state)
{
	const double values[] = {-1, 0, 4, 8};
	const bool alert[] = {false, true, false, false};

	assert_int_equal(canvas_resize(&canvas, 4, 1), 0);
	chart_spark(&canvas, 0, 0, 4, &block, values, 8, alert, (struct style){.fg = INK_AVAILABLE},
		    INK_LOW);
	assert_string_equal(dump(), " ▁▄▇\n");
	assert_int_equal(canvas_at(&canvas, 1, 0)->style.fg, INK_LOW);
	assert_int_equal(canvas_at(&canvas, 2, 0)->style.fg, INK_AVAILABLE);
}

static void charset_follows_the_codeset(void **state)
{
	assert_int_equal(chart_chars_for("UTF-8"), CHART_BLOCK);
	assert_int_equal(chart_chars_for("ANSI_X3.4-1968"), CHART_ASCII);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_area_has_eight_levels_a_cell),
		cmocka_unit_test(unknown_columns_stay_blank),
		cmocka_unit_test(nearly_empty_does_not_look_empty),
		cmocka_unit_test(zones_are_told_apart_without_colour),
		cmocka_unit_test(colour_boundary_shows_both_zones_in_one_cell),
		cmocka_unit_test(braille_has_two_columns_and_four_levels_a_cell),
		cmocka_unit_test(edges_that_go_down_are_raised),
		cmocka_unit_test(hostile_values_stay_inside),
		cmocka_unit_test(marks_are_lines_with_labels_in_their_order),
		cmocka_unit_test(labels_that_would_collide_move_apart),
		cmocka_unit_test(a_line_in_the_top_row_keeps_its_label),
		cmocka_unit_test(an_axis_of_few_rows_says_more_than_zero),
		cmocka_unit_test(a_mark_above_the_scale_is_named_but_not_drawn),
		cmocka_unit_test(a_mark_keeps_the_colour_of_the_area_under_it),
		cmocka_unit_test(time_labels_stand_at_round_times_and_are_never_cut),
		cmocka_unit_test(time_labels_of_days_have_a_date),
		cmocka_unit_test(time_labels_have_the_digits_that_tell_them_apart),
		cmocka_unit_test(sparkline_tells_empty_from_unknown),
		cmocka_unit_test(charset_follows_the_codeset),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, teardown);
}
