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

static char why[SPEC_WHY_BYTES];
static const struct draw_load idle;

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
	assert_int_equal(draw_ns(&draw, &rng, &idle), 1000000);
	assert_int_equal(draw_parse("fixed:time=2ms", &draw, why), 0);
	assert_int_equal(draw_ns(&draw, &rng, &idle), 2000000);
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
		"pareto:min=0s",
		"pareto:min=2s,cap=1s",
		"pareto:min=1ms,alpha=0",
		"pareto:min=1ms,p=1.5",
		"load:per=1",
		"fixed:1ms+",
		"fixed:1ms+fixed",
		"fixed:1ms++fixed:1ms",
		"+fixed:1ms",
		"fixed:1ms+fixed:1ms+fixed:1ms+fixed:1ms+fixed:1ms",
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
		drawn[i] = draw_ns(&draw, &rng, &idle);
	qsort(drawn, N, sizeof(drawn[0]), by_value);
	assert_true(fabs((double)drawn[N / 2] / 300e3 - 1) < 0.03);
	assert_true(fabs((double)drawn[N / 100 * 99] / 5e6 - 1) < 0.08);
}

static void pareto_keeps_its_tail_its_cap_and_its_share(void **state)
{
	enum { N = 200000 };
	unsigned int above = 0, far = 0, capped = 0, most = 0;
	struct draw draw;
	struct rng rng;

	rng_init(&rng, 42, 4);
	assert_int_equal(draw_parse("pareto:min=1ms,alpha=1.5,cap=1s,p=0.5", &draw, why), 0);
	for (int i = 0; i < N; i++) {
		uint64_t ns = draw_ns(&draw, &rng, &idle);

		assert_true(ns == 0 || ns >= 1000000);
		above += ns > 0;
		far += ns > 4000000; /* (1/4)^1.5 = 1/8 */
		capped += ns == 1000000000;
		most += ns > 1000000000;
	}
	assert_true(fabs(above / (0.5 * N) - 1) < 0.02);
	assert_true(fabs(far / (0.5 * N / 8) - 1) < 0.05);
	assert_true(capped > 0 && most == 0);
}

static void parts_add_up_and_load_grows_with_what_is_under_way(void **state)
{
	const struct draw_load busy = {5, 2000000};
	struct draw draw;
	struct rng rng;

	rng_init(&rng, 1, 1);
	assert_int_equal(draw_parse("fixed:1e+6ns+load:base=3ms,per=200us,per_mb=1ms", &draw, why),
			 0);
	assert_int_equal(draw_ns(&draw, &rng, &idle), 4000000);
	assert_int_equal(draw_ns(&draw, &rng, &busy), 4000000 + 1000000 + 2000000);
	assert_int_equal(draw_parse("fixed:1ms+expo:2ms", &draw, why), -EINVAL);
	assert_non_null(strstr(why, "position 11 "));
	assert_non_null(strstr(why, "pareto, load"));
}

/* The share of bad time, and how often it turns bad, over 20000 s looked at each 10 ms. */
static void windows_have_their_lengths(void **state)
{
	enum { N = 2000000 };
	struct ndis_faults faults = {0};
	struct fault_windows windows = {0};
	unsigned int bad = 0, turns = 0;
	bool was = false;

	fault_windows_begin(&windows, &faults, 1, 1, 0);
	assert_false(fault_windows_bad(&windows, &faults, 1000000000));
	assert_int_equal(ndis_faults_parse("windows:good=3s,bad=1s,p=0.7", &faults, why), 0);
	assert_true(faults.bad == 0.7 && faults.late == 0.5);
	fault_windows_begin(&windows, &faults, 1, 1, 0);
	for (uint64_t i = 0; i < N; i++) {
		bool is = fault_windows_bad(&windows, &faults, i * 10000000);

		bad += is;
		turns += is && !was;
		was = is;
	}
	assert_true(fabs(bad / (0.25 * N) - 1) < 0.05);
	assert_true(fabs(turns / 5000.0 - 1) < 0.06);
	assert_int_equal(ndis_faults_parse("windows:bad=1us", &faults, why), -EINVAL);
}

static void every_fault_has_its_keys(void **state)
{
	struct ndis_faults f = {0};

	assert_int_equal(ndis_faults_parse("refuse:p=0.1,status=resources+null:p=0.2,pa=garbage+"
					   "delay:p=0.3,by=5ms+reorder:p=0.4+early:p=0.5+"
					   "wrap:p=0.6+base:n=3+storm+removal:after=2s",
					   &f, why),
			 0);
	assert_true(f.refuse == 0.1 && f.refuse_status == NDIS_STATUS_RESOURCES);
	assert_true(f.null == 0.2 && f.null_form == NDIS_NULL_GARBAGE);
	assert_true(f.delay == 0.3 && f.delay_ns == 5e6 && f.reorder == 0.4 && f.early == 0.5);
	assert_true(f.wrap == 0.6 && f.base == 3 && f.storm == 1 && f.removal_ns == 2e9);
	assert_int_equal(ndis_faults_parse("refuse:p=1,status=0xC0010011", &f, why), 0);
	assert_int_equal(f.refuse_status, NDIS_STATUS_ADAPTER_NOT_READY);
	assert_int_equal(ndis_faults_parse("refuse:p=1,status=0xC00100112", &f, why), -EINVAL);
	assert_int_equal(ndis_faults_parse("null:p=1,pa=0x1", &f, why), -EINVAL);
	assert_non_null(strstr(why, "at position 13 of"));
	assert_int_equal(ndis_faults_parse("refuse:p=1,status=0x0", &f, why), -EINVAL);
	assert_int_equal(ndis_faults_parse("base:n=5000000000", &f, why), -EINVAL);
}

/* R4: by turns, and FAILURE as at first */
static void refusals_have_the_status_that_was_asked_for(void **state)
{
	struct ndis_faults f = {0};
	bool odd = false, plain = false;
	struct rng rng;

	rng_init(&rng, 1, 1);
	assert_int_equal(ndis_faults_refusal(&f, &rng), NDIS_STATUS_FAILURE);
	assert_int_equal(ndis_faults_parse("refuse:p=1,status=any", &f, why), 0);
	for (int i = 0; i < 200; i++) {
		NDIS_STATUS status = ndis_faults_refusal(&f, &rng);

		assert_true(status < 0); /* each is an error */
		plain |= status == NDIS_STATUS_FAILURE;
		odd |= status != NDIS_STATUS_FAILURE;
	}
	assert_true(plain && odd);
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
	assert_non_null(strstr(
		why, "refuse, null, delay, reorder, early, wrap, base, storm, removal, windows"));
}

enum { TEXT_FILE, TEXT_NUMBER, TEXT_OTHER };

static const struct spec_kind text_kinds[] = {
	{"text",
	 {[TEXT_FILE] = {"file", SPEC_TEXT, true},
	  [TEXT_NUMBER] = {"n", SPEC_NUMBER, false, 7, "many"},
	  [TEXT_OTHER] = {"other", SPEC_TEXT, false}}},
};

static int parse_text(const char *text, struct spec *spec)
{
	why[0] = '\0';
	return spec_parse(text, text_kinds, 1, spec, why);
}

static void texts_end_at_a_comma_unless_quoted(void **state)
{
	struct spec spec;

	assert_int_equal(parse_text("text:/a b/c+d.pcap,n=3", &spec), 0);
	assert_string_equal(spec_text(&spec, TEXT_FILE), "/a b/c+d.pcap");
	assert_string_equal(spec_text(&spec, TEXT_OTHER), "");
	assert_true(spec.value[TEXT_NUMBER] == 3);
	assert_int_equal(parse_text("text:file=\"a,b=\\\"\\\\\",other=x", &spec), 0);
	assert_string_equal(spec_text(&spec, TEXT_FILE), "a,b=\"\\");
	assert_string_equal(spec_text(&spec, TEXT_OTHER), "x");
	assert_true(spec.value[TEXT_NUMBER] == 7);
}

static void word_stands_for_its_number(void **state)
{
	struct spec spec;

	assert_int_equal(parse_text("text:f,n=many", &spec), 0);
	assert_true(spec.value[TEXT_NUMBER] == SPEC_WORD);
	assert_int_equal(parse_text("text:f,n=manyx", &spec), -EINVAL);
	assert_non_null(strstr(why, "position 10 "));
	assert_non_null(strstr(why, "'many'"));
}

static void malformed_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"text",	     "text:",	    "text:file=", "text:file=,n=1",	   "text:\"a",
		"text:\"\"", "text:\"a\"b", "text:\"a\\", "text:a,other=b,file=c", "text:a,n=-1",
		"text:a,n=",
	};
	char long_one[SPEC_TEXT_BYTES + 16] = "text:";
	struct spec spec;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse_text(bad[i], &spec), -EINVAL);
		assert_non_null(strstr(why, "position"));
	}
	memset(long_one + 5, 'x', SPEC_TEXT_BYTES - 1);
	assert_int_equal(parse_text(long_one, &spec), 0);
	assert_int_equal(strlen(spec_text(&spec, TEXT_FILE)), SPEC_TEXT_BYTES - 1);
	long_one[5 + SPEC_TEXT_BYTES - 1] = 'x';
	assert_int_equal(parse_text(long_one, &spec), -EINVAL);
	assert_non_null(strstr(why, "too long"));
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
		cmocka_unit_test(pareto_keeps_its_tail_its_cap_and_its_share),
		cmocka_unit_test(parts_add_up_and_load_grows_with_what_is_under_way),
		cmocka_unit_test(windows_have_their_lengths),
		cmocka_unit_test(every_fault_has_its_keys),
		cmocka_unit_test(refusals_have_the_status_that_was_asked_for),
		cmocka_unit_test(fail_options_add_up),
		cmocka_unit_test(texts_end_at_a_comma_unless_quoted),
		cmocka_unit_test(word_stands_for_its_number),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(one_changed_byte_of_a_frame_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
