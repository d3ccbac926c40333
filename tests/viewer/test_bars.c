/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>
#include <string.h>

#include "tests/viewer/dump.h"
#include "viewer/bars.h"

static struct canvas canvas;
static const struct scale four = {.top = 4};
static const struct chart_look block = {CHART_BLOCK, false};
static const struct chart_look block_color = {CHART_BLOCK, true};
static const struct chart_look braille = {CHART_BRAILLE, false};
static const struct chart_look ascii = {CHART_ASCII, false};

static const char *dump(void)
{
	return dump_canvas(&canvas);
}

static void draw(int w, int h, const struct chart_look *look, const struct bar *bars)
{
	assert_int_equal(canvas_resize(&canvas, w, h), 0);
	bars_draw(&canvas, (struct rect){0, 0, w, h}, look, &four, bars);
}

static int teardown(void **state)
{
	canvas_release(&canvas);
	return 0;
}

static const struct bar steps[] = {{0, INK_P50, FILL_SOLID}, {0.01, INK_P50, FILL_SOLID},
				   {2, INK_P50, FILL_SOLID}, {3, INK_P50, FILL_SOLID},
				   {4, INK_P50, FILL_SOLID}, {9, INK_P50, FILL_SOLID}};

static void bars_reach_to_their_values(void **state)
{
	draw(6, 2, &block, steps);
	assert_string_equal(dump(), "   ▄██\n ▁████\n");
	draw(6, 2, &braille, steps);
	assert_string_equal(dump(), "   ⣤⣿⣿\n ⣀⣿⣿⣿⣿\n");
	draw(6, 2, &ascii, steps);
	assert_string_equal(dump(), "   _##\n _####\n");
}

static void parts_are_told_apart_without_colour(void **state)
{
	const struct bar bars[] = {
		{4, INK_P50, FILL_SOLID}, {4, INK_P99, FILL_DENSE}, {4, INK_MAX, FILL_SPARSE}};

	draw(3, 1, &block, bars);
	assert_string_equal(dump(), "█▒░\n");
	draw(3, 1, &ascii, bars);
	assert_string_equal(dump(), "#=:\n");
	draw(3, 1, &block_color, bars);
	assert_string_equal(dump(), "███\n");
	assert_int_equal(canvas_at(&canvas, 1, 0)->style.fg, INK_P99);
}

static void scale_is_round_and_holds_its_values(void **state)
{
	const double pairs[][2] = {{1, 1},	 {100, 100},	{137, 42e6},
				   {2e3, 2.1e3}, {9.99e5, 1e6}, {1, 1e12}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct scale scale = bars_scale(pairs[i][0], pairs[i][1]);
		double lead = scale.bottom / pow(10, floor(log10(scale.bottom) + 1e-9));

		assert_true(scale.bottom <= pairs[i][0] * 1.000001);
		assert_true(scale.top >= pairs[i][1] * 0.999999);
		assert_true(scale.top / scale.bottom >= 9.9);
		assert_true(fabs(lead - 1) < 1e-6 || fabs(lead - 2) < 1e-6 ||
			    fabs(lead - 5) < 1e-6);
		/* Not wider than it need be: a factor of 5 to either side at most, or ten in all.
		 */
		assert_true(scale.top / scale.bottom <= 26 * pairs[i][1] / pairs[i][0] ||
			    scale.top / scale.bottom <= 101);
	}
	/* Nonsense is an axis, too. */
	assert_true(bars_scale(0, 0).top > bars_scale(-1, NAN).bottom);
}

static void axis_labels_powers_of_ten_first(void **state)
{
	const struct scale scale = {.bottom = 1000, .top = 1e6, .logarithmic = true};

	assert_int_equal(canvas_resize(&canvas, 60, 1), 0);
	bars_axis(&canvas, (struct rect){0, 0, 60, 1}, &scale, bars_time_label);
	assert_string_equal(dump(),
			    "╵1 us ╵2 us  ╵5 us  ╵10 us       ╵50 us ╵100 us      ╵500 us\n");
	assert_int_equal(canvas_resize(&canvas, 24, 1), 0);
	bars_axis(&canvas, (struct rect){0, 0, 24, 1}, &scale, bars_time_label);
	assert_string_equal(dump(), "╵1 us   ╵10 us  ╵100 us\n");
}

static void marks_that_would_touch_are_left_out(void **state)
{
	const struct scale scale = {.bottom = 1, .top = 1e4, .logarithmic = true};
	const struct bar_mark marks[] = {{100, INK_TITLE, "p99"},
					 {90, INK_TITLE, "p90"},
					 {2, INK_TITLE, "p50"},
					 {9999, INK_ALARM, "max"}};

	assert_int_equal(canvas_resize(&canvas, 40, 1), 0);
	bars_marks(&canvas, (struct rect){0, 0, 40, 1}, &scale, marks, 4);
	assert_string_equal(dump(), "   ╷p50             ╷p99            max╷\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_reach_to_their_values),
		cmocka_unit_test(parts_are_told_apart_without_colour),
		cmocka_unit_test(scale_is_round_and_holds_its_values),
		cmocka_unit_test(axis_labels_powers_of_ten_first),
		cmocka_unit_test(marks_that_would_touch_are_left_out),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, teardown);
}
