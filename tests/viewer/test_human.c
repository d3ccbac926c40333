/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "viewer/human.h"

static void counts_are_exact_until_they_are_long(void **state)
{
	assert_string_equal(human_count(0).s, "0");
	assert_string_equal(human_count(9999).s, "9999");
	assert_string_equal(human_count(10000).s, "10.0 k");
	assert_string_equal(human_count(34512).s, "34.5 k");
	assert_string_equal(human_count(999499).s, "999 k");
	assert_string_equal(human_count(999500).s, "1.00 M");
	assert_string_equal(human_count(UINT64_MAX).s, "18.4 E");
}

static void durations_have_three_digits_and_a_unit(void **state)
{
	assert_string_equal(human_duration(0).s, "0 ns");
	assert_string_equal(human_duration(850).s, "850 ns");
	assert_string_equal(human_duration(1200000).s, "1.20 ms");
	assert_string_equal(human_duration(9996000).s, "10.0 ms");
	assert_string_equal(human_duration(99960000).s, "100 ms");
	assert_string_equal(human_duration(999600000).s, "1.00 s");
	assert_string_equal(human_duration(12300000000).s, "12.3 s");
	assert_string_equal(human_duration(125000000000).s, "2 min 05 s");
	assert_string_equal(human_duration(3900000000000).s, "1 h 05 min");
	assert_string_equal(human_duration(345599000000000).s, "95 h 59 min");
	assert_string_equal(human_duration(374400000000000).s, "4 d 08 h");
	assert_string_equal(human_duration(-1200000).s, "-1.20 ms");
	assert_string_equal(human_duration(INT64_MIN).s, human_duration(INT64_MIN + 1).s);
}

static void rates_never_show_less_than_nothing(void **state)
{
	assert_string_equal(human_rate(0).s, "0");
	assert_string_equal(human_rate(-3).s, "0");
	assert_string_equal(human_rate(12.34).s, "12.3");
	assert_string_equal(human_rate(1e30).s, "1.00 E");
}

static void times_are_clock_times_or_seconds_of_virtual_time(void **state)
{
	assert_string_equal(human_time(1700000000250000000, 3).s, "22:13:20.250");
	assert_string_equal(human_time(1700000000250000000, 0).s, "22:13:20");
	assert_string_equal(human_time(5250000000, 2).s, "5.25 s");
}

static void a_duration_without_a_unit_is_refused(void **state)
{
	int64_t ns = 77;

	assert_int_equal(human_parse_duration("100", &ns), -EINVAL);
	assert_int_equal(human_parse_duration("ms", &ns), -EINVAL);
	assert_int_equal(human_parse_duration("-1s", &ns), -EINVAL);
	assert_int_equal(human_parse_duration("1e30s", &ns), -EINVAL);
	assert_int_equal(human_parse_duration("nans", &ns), -EINVAL);
	assert_int_equal(ns, 77);
	assert_int_equal(human_parse_duration("1.5ms", &ns), 0);
	assert_int_equal(ns, 1500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_exact_until_they_are_long),
		cmocka_unit_test(durations_have_three_digits_and_a_unit),
		cmocka_unit_test(rates_never_show_less_than_nothing),
		cmocka_unit_test(times_are_clock_times_or_seconds_of_virtual_time),
		cmocka_unit_test(a_duration_without_a_unit_is_refused),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
