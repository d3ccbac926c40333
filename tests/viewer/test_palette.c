/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "viewer/canvas.h"
#include "viewer/palette.h"

static void words_on_bars_are_never_in_the_colour_of_the_bar(void **state)
{
	static const int grounds[] = {INK_BAR, INK_SELECTED}, colors[] = {8, 16, 256};

	for (int theme = 0; theme < NR_THEMES; theme++) {
		for (int ink = 0; ink < NR_INKS; ink++) {
			for (int i = 0; i < 6; i++) {
				int f, b;

				palette_pair(theme, ink, grounds[i % 2], colors[i / 2], &f, &b);
				assert_true(f == -1 || f != b);
			}
		}
	}
}

static void an_alarm_on_a_blue_row_is_white(void **state)
{
	int f, b;

	palette_pair(THEME_DARK, INK_ALARM, INK_SELECTED, 8, &f, &b);
	assert_int_equal(b, 4);
	assert_int_equal(f, 7);
	palette_pair(THEME_DARK, INK_DIM, INK_SELECTED, 16, &f, &b);
	assert_int_equal(f, 15);
	palette_pair(THEME_DARK, INK_WARN, INK_SELECTED, 16, &f, &b);
	assert_int_equal(f, 11);
}

static void charts_keep_their_hues_on_blue(void **state)
{
	int f, b;

	palette_pair(THEME_DARK, INK_PENDING, INK_SWING, 8, &f, &b);
	assert_int_equal(f, 5);
	assert_int_equal(b, 4);
}

static void monochrome_terminals_get_their_own_colours(void **state)
{
	int f, b;

	palette_pair(THEME_DARK, INK_ALARM, INK_SELECTED, 0, &f, &b);
	assert_int_equal(f, -1);
	assert_int_equal(b, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_on_bars_are_never_in_the_colour_of_the_bar),
		cmocka_unit_test(an_alarm_on_a_blue_row_is_white),
		cmocka_unit_test(charts_keep_their_hues_on_blue),
		cmocka_unit_test(monochrome_terminals_get_their_own_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
