/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "viewer/scale.h"

static void linear_top_is_round_and_not_below_the_largest_value(void **state)
{
	assert_true(fabs(scale_linear(130).top - 150) < 1e-9);
	assert_true(fabs(scale_linear(500).top - 500) < 1e-9);
	assert_true(fabs(scale_linear(0).top - 1) < 1e-9);
	assert_true(fabs(scale_linear(NAN).top - 1) < 1e-9);
	for (double x = 1; x < 1e9; x *= 1.37)
		assert_true(scale_linear(x).top >= x * (1 - 1e-12));
}

static void logarithmic_bottom_is_below_the_smallest_value(void **state)
{
	struct scale scale = scale_log(1000, 5e6);

	assert_true(fabs(scale.bottom - 100) < 1e-9);
	assert_true(fabs(scale.top - 1e7) < 1e-3);
	assert_true(scale_fraction(&scale, 1000) > 0.1);
	assert_true(fabs(scale_fraction(&scale, 1e7) - 1) < 1e-9);
}

static void fractions_stay_between_bottom_and_top(void **state)
{
	struct scale linear = scale_linear(100), log = scale_log(10, 1000);

	assert_true(scale_fraction(&linear, -5) == 0);
	assert_true(scale_fraction(&linear, 1e9) == 1);
	assert_true(scale_fraction(&log, 0) == 0);
	assert_true(scale_fraction(&log, INFINITY) == 1);
	assert_true(scale_fraction(&linear, NAN) == 0);
}

static void ticks_are_round_and_no_more_than_asked(void **state)
{
	struct scale scale = {.top = 537.6};
	double ticks[8];

	assert_int_equal(scale_ticks(&scale, 4, ticks), 3);
	assert_true(ticks[0] == 0 && ticks[1] == 200 && ticks[2] == 400);
	for (size_t max = 0; max <= 8; max++)
		assert_true(scale_ticks(&scale, max, ticks) <= max);
}

static void a_round_value_below_is_one_two_or_five(void **state)
{
	assert_true(fabs(scale_round_below(67) - 50) < 1e-9);
	assert_true(fabs(scale_round_below(50) - 50) < 1e-9);
	assert_true(fabs(scale_round_below(49.9) - 20) < 1e-9);
	assert_true(fabs(scale_round_below(1) - 1) < 1e-9);
	assert_true(fabs(scale_round_below(1.9e7) - 1e7) < 1e-3);
}

static void small_pools_have_whole_ticks(void **state)
{
	struct scale scale = scale_linear(2);
	double ticks[8];
	size_t nr = scale_ticks(&scale, 8, ticks);

	for (size_t i = 0; i < nr; i++)
		assert_true(ticks[i] == floor(ticks[i]));
}

static void logarithmic_ticks_skip_decades_when_there_is_no_room(void **state)
{
	struct scale scale = scale_log(1e3 * 1.01, 1e9);
	double ticks[8];

	assert_int_equal(scale_ticks(&scale, 4, ticks), 4);
	assert_true(fabs(ticks[3] / 1e9 - 1) < 1e-9);
	assert_int_equal(scale_ticks(&scale, 1, ticks), 1);
}

static void widths_are_round_and_not_below_the_least(void **state)
{
	assert_int_equal(scale_round_width(1), 1);
	assert_int_equal(scale_round_width(3), 5);
	assert_int_equal(scale_round_width(500), 500);
	assert_int_equal(scale_round_width(501), 1000);
	assert_int_equal(scale_fine_width(5), 1000);
	assert_int_equal(scale_fine_width(425300000), 430000000);
	for (int64_t x = 1; x < INT64_MAX / 4; x = x * 3 / 2 + 1) {
		assert_true(scale_round_width(x) >= x);
		assert_true(scale_fine_width(x) >= x);
	}
}

static void time_steps_are_those_of_clocks(void **state)
{
	assert_int_equal(scale_time_step(400000000), 500000000);
	assert_int_equal(scale_time_step(6000000000), 10000000000);
	assert_int_equal(scale_time_step(31000000000), 60000000000);
	assert_int_equal(scale_time_step(7 * 3600 * 1000000000LL), 43200 * 1000000000LL);
	assert_int_equal(scale_time_step(30 * 3600 * 1000000000LL), 2 * 86400 * 1000000000LL);
	assert_true(scale_time_step(INT64_MAX / 2) >= INT64_MAX / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear_top_is_round_and_not_below_the_largest_value),
		cmocka_unit_test(logarithmic_bottom_is_below_the_smallest_value),
		cmocka_unit_test(fractions_stay_between_bottom_and_top),
		cmocka_unit_test(ticks_are_round_and_no_more_than_asked),
		cmocka_unit_test(a_round_value_below_is_one_two_or_five),
		cmocka_unit_test(small_pools_have_whole_ticks),
		cmocka_unit_test(logarithmic_ticks_skip_decades_when_there_is_no_room),
		cmocka_unit_test(widths_are_round_and_not_below_the_least),
		cmocka_unit_test(time_steps_are_those_of_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
