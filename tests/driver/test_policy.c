/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>

#include "driver/miniport/policy.h"

static const struct policy_marks marks = {.base = 100,
					  .block = 50,
					  .low = 20,
					  .high = 80,
					  .limit = 300,
					  .reserve = 4,
					  .max_pending = 1,
					  .shrink_ticks = 2};

static struct policy running_pool(const struct policy_marks *m)
{
	struct policy p;

	policy_init(&p, m);
	policy_base(&p, m->base);
	policy_set_running(&p, true);
	return p;
}

static void request(struct policy *p)
{
	assert_true(policy_wants_block(p));
	policy_requested(p);
}

static void grant(struct policy *p)
{
	request(p);
	policy_complete(p, POLICY_USED, p->marks.block);
}

/* R28 */
static void request_is_wanted_at_low_and_not_above(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 79);
	assert_int_equal(policy_available(&p), 21);
	assert_false(policy_wants_block(&p));
	policy_take(&p, 1);
	assert_true(policy_wants_block(&p));
}

static void pool_that_does_not_run_neither_grows_nor_frees(void **state)
{
	struct policy p = running_pool(&marks);

	policy_set_running(&p, false);
	policy_take(&p, 90);
	assert_false(policy_wants_block(&p));
	policy_return(&p, 90);
	for (int i = 0; i < 5; i++)
		policy_tick(&p);
	assert_false(policy_wants_free(&p));
}

/* R16 */
static void pending_buffers_count_as_coming(void **state)
{
	struct policy_marks m = marks;
	struct policy p;

	m.max_pending = 3;
	p = running_pool(&m);
	policy_take(&p, 90); /* V = 10; with 50 coming it is 60 > low */
	request(&p);
	assert_false(policy_wants_block(&p));
}

static void no_more_than_max_pending_requests_are_wanted(void **state)
{
	struct policy_marks m = marks;
	struct policy p;

	m.block = 5;
	m.max_pending = 2;
	p = running_pool(&m);
	policy_take(&p, 96);
	request(&p);
	request(&p);
	assert_false(policy_wants_block(&p));
}

/* R27, P7 */
static void limit_counts_pending_buffers(void **state)
{
	struct policy_marks m = marks;
	struct policy p;

	m.block = 10;
	m.limit = 115;
	m.max_pending = 5;
	p = running_pool(&m);
	policy_take(&p, 96);
	request(&p); /* 100 + 10 <= 115, 100 + 20 > 115 */
	assert_false(policy_wants_block(&p));
	policy_complete(&p, POLICY_USED, 10);
	policy_take(&p, 10);
	assert_false(policy_wants_block(&p));
}

/* P16 */
static void limit_equal_to_base_switches_growth_off(void **state)
{
	struct policy_marks m = marks;
	struct policy p;
	char why[200] = "";

	m.limit = m.base;
	assert_true(policy_marks_ok(&m, why, sizeof(why)));
	p = running_pool(&m);
	policy_take(&p, 96);
	assert_false(policy_wants_block(&p));
}

/* P27 */
static void refusal_waits_for_an_event_of_another_kind(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 90);
	request(&p);
	policy_refused(&p);
	assert_int_equal(p.pending, 0);
	assert_false(policy_wants_block(&p));
	policy_tick(&p);
	assert_true(policy_wants_block(&p)); /* R3: never for ever */
}

/* R40 */
static void refusal_at_low_switches_fallback_on(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 90);
	request(&p);
	policy_refused(&p);
	assert_true(p.fallback);
	assert_int_equal(policy_take(&p, 3), 3);
	assert_int_equal(policy_available(&p), 10);
}

static void failed_completion_at_low_switches_fallback_on(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 90);
	request(&p);
	policy_complete(&p, POLICY_FAILED, 0);
	assert_true(p.fallback);
}

static void failure_above_low_leaves_fallback_off(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 90);
	request(&p);
	policy_return(&p, 60);
	policy_complete(&p, POLICY_FAILED, 0);
	assert_false(p.fallback);
}

/* R41, P26 */
static void fallback_ends_once_available_is_above_low(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 90);
	request(&p);
	policy_refused(&p);
	policy_return(&p, 10); /* V = 20 = low: not yet */
	assert_true(p.fallback);
	policy_return(&p, 1);
	assert_false(p.fallback);
	assert_int_equal(policy_take(&p, 1), 0);
}

static void discarded_block_is_no_failure(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 90);
	request(&p);
	policy_complete(&p, POLICY_DISCARDED, 0);
	assert_false(p.fallback);
	assert_int_equal(p.total, 100);
	assert_int_equal(p.pending, 0);
}

/* R65 */
static void last_buffers_of_a_take_are_resources_below_the_reserve(void **state)
{
	struct policy p = running_pool(&marks);

	assert_int_equal(policy_take(&p, 100), 4);
	assert_int_equal(p.held, 96);
	assert_int_equal(policy_available(&p), 4);
	assert_int_equal(policy_take(&p, 4), 4);
	assert_int_equal(policy_available(&p), 4);
}

/* Of one frame all buffers are RESOURCES or none is, and the shrink delay starts anew. */
static void frame_of_several_buffers_is_resources_as_a_whole(void **state)
{
	struct policy p = running_pool(&marks);

	policy_tick(&p);
	assert_int_equal(p.quiet_ticks, 1);
	assert_true(policy_take_frame(&p, 97));
	assert_int_equal(p.held, 0);
	assert_int_equal(p.quiet_ticks, 0);
	assert_false(policy_take_frame(&p, 96));
	assert_int_equal(p.held, 96);
	assert_true(policy_take_frame(&p, 1));
	p.held = 0;
	p.fallback = true;
	assert_true(policy_take_frame(&p, 2));
	assert_int_equal(p.held, 0);
}

/* R29, R32 */
static void block_goes_at_high_after_the_shrink_ticks(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 80);
	grant(&p);
	policy_return(&p, 80);
	assert_int_equal(policy_available(&p), 150);
	assert_false(policy_wants_free(&p));
	policy_tick(&p);
	assert_false(policy_wants_free(&p));
	policy_tick(&p);
	assert_true(policy_wants_free(&p));
	policy_freed(&p, 50);
	policy_take(&p, 20); /* V = 80 = high */
	assert_true(policy_wants_free(&p));
	policy_take(&p, 1);
	assert_false(policy_wants_free(&p));
}

static void low_event_restarts_the_shrink_delay(void **state)
{
	struct policy p = running_pool(&marks);

	policy_tick(&p);
	policy_tick(&p);
	assert_true(policy_wants_free(&p));
	policy_take(&p, 80);
	policy_return(&p, 80);
	assert_false(policy_wants_free(&p));
}

/* R32: a failure is a shortage, wherever V is when it comes */
static void failure_restarts_the_shrink_delay(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 80);
	request(&p);
	policy_return(&p, 80);
	policy_tick(&p);
	policy_tick(&p);
	assert_true(policy_wants_free(&p));
	policy_complete(&p, POLICY_FAILED, 0);
	assert_false(p.fallback);
	assert_false(policy_wants_free(&p));
	policy_tick(&p);
	policy_tick(&p);
	assert_true(policy_wants_free(&p));
}

static void tick_at_low_does_not_count_as_quiet(void **state)
{
	struct policy p = running_pool(&marks);

	policy_take(&p, 85);
	for (int i = 0; i < 5; i++)
		policy_tick(&p);
	policy_return(&p, 85);
	assert_false(policy_wants_free(&p));
}

static void quiet_ticks_do_not_wrap(void **state)
{
	struct policy p = running_pool(&marks);

	p.quiet_ticks = UINT32_MAX;
	policy_tick(&p);
	assert_true(policy_wants_free(&p));
}

/* R30: one grant or one release must not cross both marks */
static void marks_that_break_a_rule_are_refused_with_a_reason(void **state)
{
	static const struct policy_marks bad[] = {
		{0, 50, 20, 80, 300, 4, 1, 2},	     {100, 0, 20, 80, 300, 4, 1, 2},
		{100, 50, 20, 80, 300, 4, 0, 2},     {100, 50, 4, 80, 300, 4, 1, 2},
		{100, 50, 80, 80, 300, 4, 1, 2},     {100, 50, 20, 70, 300, 4, 1, 2},
		{100, 50, 20, 80, 149, 4, 1, 2},     {100, 50, 20, 80, 99, 4, 1, 2},
		{UINT32_MAX, 2, 20, 80, 1, 4, 1, 2},
	};
	char why[200];

	assert_true(policy_marks_ok(&marks, why, sizeof(why)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_false(policy_marks_ok(&bad[i], why, sizeof(why)));
		assert_string_not_equal(why, "");
	}
}

static void sums_near_the_end_of_32_bits_do_not_wrap(void **state)
{
	struct policy_marks m = {.base = UINT32_MAX - 10,
				 .block = 20,
				 .low = UINT32_MAX - 40,
				 .high = UINT32_MAX - 5,
				 .limit = UINT32_MAX,
				 .reserve = 0,
				 .max_pending = 1};
	char why[200];
	struct policy p;

	assert_false(policy_marks_ok(&m, why, sizeof(why)));
	p = running_pool(&m);
	policy_take(&p, UINT32_MAX - 60);
	assert_false(policy_wants_block(&p));
}

/* --- the lead probe --------------------------------------------------------------------------- */

static struct policy probing_pool(uint32_t probe_ticks)
{
	struct policy_marks m = marks;

	m.probe_ticks = probe_ticks;
	return running_pool(&m);
}

static void pass(struct policy *p, uint32_t ticks)
{
	while (ticks-- > 0)
		policy_tick(p);
}

static void probe_comes_after_its_ticks_and_again_after_its_end(void **state)
{
	struct policy p = probing_pool(3);

	pass(&p, 2);
	assert_false(policy_wants_probe(&p));
	pass(&p, 1);
	assert_true(policy_wants_probe(&p));
	policy_probed(&p);
	assert_int_equal(p.pending, 1);
	pass(&p, 10);
	assert_false(policy_wants_probe(&p)); /* one at a time */
	assert_true(p.probing);
	policy_complete(&p, POLICY_DISCARDED, 0);
	assert_int_equal(p.total, 100);
	assert_false(p.probing);
	pass(&p, 2);
	assert_false(policy_wants_probe(&p));
	pass(&p, 1);
	assert_true(policy_wants_probe(&p));
}

static void without_the_mark_there_is_no_probe(void **state)
{
	struct policy p = probing_pool(0);

	pass(&p, 1000);
	assert_false(policy_wants_probe(&p));
}

/* 100 buffers, low 20, high 80: more than 35 must be available. */
static void pool_near_low_or_not_running_does_not_probe(void **state)
{
	struct policy p = probing_pool(1);

	policy_take(&p, 65);
	pass(&p, 1);
	assert_false(policy_wants_probe(&p));
	policy_return(&p, 1);
	assert_true(policy_wants_probe(&p));
	policy_set_running(&p, false);
	assert_false(policy_wants_probe(&p));
	policy_set_running(&p, true);
	policy_take(&p, 80); /* V = 16: a low event */
	policy_return(&p, 100);
	assert_false(policy_wants_probe(&p));
	pass(&p, 1);
	assert_true(policy_wants_probe(&p));
}

/* R27 */
static void probe_keeps_the_limit(void **state)
{
	struct policy p = probing_pool(1);

	p.total = 251;
	pass(&p, 1);
	assert_false(policy_wants_probe(&p));
	p.total = 250;
	assert_true(policy_wants_probe(&p));
	p.marks.limit = p.marks.base = 250; /* growth is off */
	assert_false(policy_wants_probe(&p));
}

/* Nobody needed the memory: neither is the fallback started nor the shrink delay. */
static void probe_without_memory_is_no_shortage(void **state)
{
	struct policy p = probing_pool(1);

	pass(&p, 5);
	policy_probed(&p);
	policy_complete(&p, POLICY_FAILED, 0);
	assert_false(p.fallback);
	assert_int_equal(p.quiet_ticks, 5);
	assert_int_equal(p.pending, 0);
	pass(&p, 1);
	policy_probed(&p);
	policy_refused(&p);
	assert_int_equal(p.quiet_ticks, 6);
	assert_int_equal(p.pending, 0);
	assert_false(policy_wants_probe(&p));
}

/* Once low is reached the request on its way is what the pool waits for: no second one, and used.
 */
static void probe_that_is_needed_meanwhile_is_an_ordinary_request(void **state)
{
	struct policy p = probing_pool(1);

	pass(&p, 1);
	policy_probed(&p);
	policy_take(&p, 79);
	assert_true(p.probing);
	policy_take(&p, 1);
	assert_false(p.probing);
	assert_false(policy_wants_block(&p)); /* max_pending is 1 */
	policy_complete(&p, POLICY_USED, 50);
	assert_int_equal(p.total, 150);
	policy_return(&p, 80);
	pass(&p, 1);
	policy_probed(&p);
	policy_take(&p, 140);
	policy_complete(&p, POLICY_FAILED, 0);
	assert_true(p.fallback);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_is_wanted_at_low_and_not_above),
		cmocka_unit_test(pool_that_does_not_run_neither_grows_nor_frees),
		cmocka_unit_test(pending_buffers_count_as_coming),
		cmocka_unit_test(no_more_than_max_pending_requests_are_wanted),
		cmocka_unit_test(limit_counts_pending_buffers),
		cmocka_unit_test(limit_equal_to_base_switches_growth_off),
		cmocka_unit_test(refusal_waits_for_an_event_of_another_kind),
		cmocka_unit_test(refusal_at_low_switches_fallback_on),
		cmocka_unit_test(failed_completion_at_low_switches_fallback_on),
		cmocka_unit_test(failure_above_low_leaves_fallback_off),
		cmocka_unit_test(fallback_ends_once_available_is_above_low),
		cmocka_unit_test(discarded_block_is_no_failure),
		cmocka_unit_test(last_buffers_of_a_take_are_resources_below_the_reserve),
		cmocka_unit_test(frame_of_several_buffers_is_resources_as_a_whole),
		cmocka_unit_test(block_goes_at_high_after_the_shrink_ticks),
		cmocka_unit_test(probe_comes_after_its_ticks_and_again_after_its_end),
		cmocka_unit_test(without_the_mark_there_is_no_probe),
		cmocka_unit_test(pool_near_low_or_not_running_does_not_probe),
		cmocka_unit_test(probe_keeps_the_limit),
		cmocka_unit_test(probe_without_memory_is_no_shortage),
		cmocka_unit_test(probe_that_is_needed_meanwhile_is_an_ordinary_request),
		cmocka_unit_test(low_event_restarts_the_shrink_delay),
		cmocka_unit_test(failure_restarts_the_shrink_delay),
		cmocka_unit_test(tick_at_low_does_not_count_as_quiet),
		cmocka_unit_test(quiet_ticks_do_not_wrap),
		cmocka_unit_test(marks_that_break_a_rule_are_refused_with_a_reason),
		cmocka_unit_test(sums_near_the_end_of_32_bits_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
