/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/ndis/faults.h"
#include "driver/spec/draw.h"
#include "driver/spec/spec.h"
#include "driver/traffic/frame.h"
#include "driver/traffic/traffic.h"

static char why[SPEC_WHY_BYTES];

static double value_of(const char *text, enum spec_unit unit)
{
	double value = -1;

	assert_int_equal(spec_value(text, unit, &value, why), 0);
	return value;
}

static void assert_refused(const char *text, enum spec_unit unit)
{
	double value;

	why[0] = '\0';
	assert_int_equal(spec_value(text, unit, &value, why), -EINVAL);
	assert_string_not_equal(why, "");
}

static void numbers_take_thousands(void **state)
{
	assert_true(value_of("200k", SPEC_NUMBER) == 200e3);
	assert_true(value_of("1.5M", SPEC_NUMBER) == 1.5e6);
	assert_true(value_of("7", SPEC_NUMBER) == 7);
}

static void durations_need_a_unit(void **state)
{
	assert_true(value_of("250ms", SPEC_DURATION) == 250e6);
	assert_true(value_of("2s", SPEC_DURATION) == 2e9);
	assert_true(value_of("300us", SPEC_DURATION) == 300e3);
	assert_true(value_of("0.5m", SPEC_DURATION) == 30e9);
	assert_refused("250", SPEC_DURATION);
	assert_refused("250k", SPEC_DURATION);
	assert_non_null(strstr(why, "unit"));
}

static void nonsense_numbers_are_refused(void **state)
{
	static const char *const bad[] = {"",	   "-1", "+1",	"0x10", "inf", "nan",
					  "1e400", "k",	 "1kk", "1 ",	"1q"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(bad[i], SPEC_NUMBER);
	assert_refused("1.1", SPEC_PROBABILITY);
}

static void first_value_may_come_without_its_key(void **state)
{
	struct draw draw;
	struct rng rng;

	rng_init(&rng, 1, 1);
	assert_int_equal(draw_parse("fixed:1ms", &draw, why), 0);
	assert_int_equal(draw_ns(&draw, &rng), 1000000);
	assert_int_equal(draw_parse("fixed:time=2ms", &draw, why), 0);
	assert_int_equal(draw_ns(&draw, &rng), 2000000);
}

static void error_names_position_and_valid_kinds(void **state)
{
	struct draw draw;

	assert_int_equal(draw_parse("lognormla:median=1ms", &draw, why), -EINVAL);
	assert_non_null(strstr(why, "position 1 "));
	assert_non_null(strstr(why, "lognormal"));
	assert_int_equal(draw_parse("uniform:min=1ms,mxa=2ms", &draw, why), -EINVAL);
	assert_non_null(strstr(why, "position 17 "));
	assert_non_null(strstr(why, "max"));
}

static void malformed_specs_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		":",
		"fixed",
		"fixed:",
		"fixed:1",
		"fixed:1ms,",
		"fixed:1ms,2ms",
		"fixed:time=1ms,time=2ms",
		"fixed 1ms",
		"uniform:min=2ms,max=1ms",
		"exp:mean",
		"exp:=1ms",
		"lognormal:median=0ms,p99=1ms",
		"lognormal:median=2ms,p99=1ms",
	};
	struct draw draw;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(draw_parse(bad[i], &draw, why), -EINVAL);
		assert_string_not_equal(why, "");
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void lognormal_keeps_its_median_and_p99(void **state)
{
	enum { N = 100001 };
	static uint64_t drawn[N];
	struct draw draw;
	struct rng rng;

	rng_init(&rng, 42, 3);
	assert_int_equal(draw_parse("lognormal:median=300us,p99=5ms", &draw, why), 0);
	for (int i = 0; i < N; i++)
		drawn[i] = draw_ns(&draw, &rng);
	qsort(drawn, N, sizeof(drawn[0]), by_value);
	assert_true(fabs((double)drawn[N / 2] / 300e3 - 1) < 0.03);
	assert_true(fabs((double)drawn[N / 100 * 99] / 5e6 - 1) < 0.08);
}

static void fail_options_add_up(void **state)
{
	struct ndis_faults faults = {0};

	assert_int_equal(ndis_faults_parse("refuse:p=0.1+null:0.2", &faults, why), 0);
	assert_true(faults.refuse == 0.1 && faults.null == 0.2);
	assert_int_equal(ndis_faults_parse("refuse:p=0.5", &faults, why), 0);
	assert_true(faults.refuse == 0.5 && faults.null == 0.2);
	assert_int_equal(ndis_faults_parse("refuse:p=0.1+", &faults, why), -EINVAL);
	assert_int_equal(ndis_faults_parse("explode:p=0.1", &faults, why), -EINVAL);
	assert_non_null(strstr(why, "refuse, null"));
}

static double mean_rate(const char *text, double seconds)
{
	struct traffic traffic;
	uint64_t n = 0;

	assert_int_equal(traffic_parse(text, 11, &traffic, why), 0);
	while (traffic_next_ns(&traffic) < (uint64_t)(seconds * 1e9))
		n++;
	return (double)n / seconds;
}

static void traffic_keeps_its_mean_rate(void **state)
{
	assert_true(fabs(mean_rate("poisson:rate=50k", 12) / 50e3 - 1) < 0.02);
	assert_true(fabs(mean_rate("burst:rate=50k", 12) / 50e3 - 1) < 0.02);
	assert_true(fabs(mean_rate("burst:rate=50k,peak=500k,on=100ms", 12) / 50e3 - 1) < 0.02);
	assert_true(fabs(mean_rate("burst:rate=50k,idle=10k", 12) / 50e3 - 1) < 0.02);
}

static void burst_is_silent_while_off(void **state)
{
	struct traffic traffic;
	uint64_t at;

	assert_int_equal(traffic_parse("burst:rate=10k,on=10ms,off=30ms", 1, &traffic, why), 0);
	while ((at = traffic_next_ns(&traffic)) < 1000000000)
		assert_true(at % 40000000 < 10000000);
}

static void same_seed_draws_the_same_traffic(void **state)
{
	struct traffic a, b, c;
	bool differs = false;

	assert_int_equal(traffic_parse("burst:rate=10k", 5, &a, why), 0);
	assert_int_equal(traffic_parse("burst:rate=10k", 5, &b, why), 0);
	assert_int_equal(traffic_parse("burst:rate=10k", 6, &c, why), 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t at = traffic_next_ns(&a);

		assert_int_equal(at, traffic_next_ns(&b));
		differs |= at != traffic_next_ns(&c);
	}
	assert_true(differs);
}

static void impossible_traffic_is_refused(void **state)
{
	static const char *const bad[] = {
		"poisson",
		"poisson:rate=0",
		"poisson:rate=1e-10",
		"poisson:rate=1e-300",
		"poisson:rate=2G",
		"poisson:rate=1,bytes=59",
		"poisson:rate=1,bytes=60.5",
		"poisson:rate=1,bytes=2049",
		"burst:rate=10k,peak=5k",
		"burst:rate=10k,on=0s",
		"burst:rate=10k,idle=20k",
		"burst:rate=1k,peak=2k,off=1s",
		"burst:rate=1M,peak=1e15",
		"burst:rate=1k,on=1us,off=1000h",
	};
	struct traffic traffic;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(traffic_parse(bad[i], 1, &traffic, why), -EINVAL);
}

/* However slow: the next frame is found at once, and its time fits. */
static void slowest_traffic_ends_within_62_bits(void **state)
{
	static const char *const slow[] = {
		"poisson:rate=0.000001",
		"burst:rate=0.000001,on=1us,off=1us",
		"burst:rate=0.000001,on=1us,off=999h",
		"burst:rate=1,on=1000000h,off=1000000h",
		"burst:rate=1M,peak=1000000.001,on=1000000h,idle=999999.999",
		"burst:rate=1M,peak=1G,on=1000000h,idle=999999.999",
	};
	struct traffic traffic;

	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		uint64_t before = 0;

		assert_int_equal(traffic_parse(slow[i], 1, &traffic, why), 0);
		for (int n = 0; n < 20000; n++) {
			uint64_t at = traffic_next_ns(&traffic);

			assert_true(at >= before && at <= UINT64_C(1) << 62);
			before = at;
		}
	}
}

static void one_changed_byte_of_a_frame_is_noticed(void **state)
{
	uint8_t bytes[FRAME_MAX_BYTES];
	uint64_t sequence;

	for (uint32_t len = FRAME_MIN_BYTES; len < 90; len++) {
		frame_fill(bytes, len, 9, 1234);
		assert_true(frame_check(bytes, len, 9, &sequence));
		assert_int_equal(sequence, 1234);
		assert_false(frame_check(bytes, len - 1, 9, &sequence));
		assert_false(frame_check(bytes, len, 8, &sequence));
		for (uint32_t i = 0; i < len; i++) {
			bytes[i] ^= 0x10;
			assert_false(frame_check(bytes, len, 9, &sequence));
			bytes[i] ^= 0x10;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_take_thousands),
		cmocka_unit_test(durations_need_a_unit),
		cmocka_unit_test(nonsense_numbers_are_refused),
		cmocka_unit_test(first_value_may_come_without_its_key),
		cmocka_unit_test(error_names_position_and_valid_kinds),
		cmocka_unit_test(malformed_specs_are_refused),
		cmocka_unit_test(lognormal_keeps_its_median_and_p99),
		cmocka_unit_test(fail_options_add_up),
		cmocka_unit_test(traffic_keeps_its_mean_rate),
		cmocka_unit_test(burst_is_silent_while_off),
		cmocka_unit_test(same_seed_draws_the_same_traffic),
		cmocka_unit_test(impossible_traffic_is_refused),
		cmocka_unit_test(slowest_traffic_ends_within_62_bits),
		cmocka_unit_test(one_changed_byte_of_a_frame_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
