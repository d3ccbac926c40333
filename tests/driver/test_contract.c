/* SPDX-License-Identifier: MIT */
/*
 * The reference driver over long times and in bad ones, in virtual time and under both generations:
 * rules that show only then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "tests/driver/machine_bench.h"

static DRIVER_INITIALIZE *const faces[] = {ndis5_driver_entry, DriverEntry};

static struct machine_config config_for(const char *traffic, const char *hold, const char *lead)
{
	struct machine_config c = bench_config(traffic, hold, lead);

	c.marks.max_pending = 1;
	c.tick_ms = 10;
	return c;
}

static struct machine_summary run_on(struct exec *exec, const struct machine_config *config,
				     DRIVER_INITIALIZE *entry, uint64_t for_ns)
{
	struct machine_summary summary;

	assert_true(bench_live(exec, config, entry, for_ns, &summary));
	assert_ended_well(&summary);
	return summary;
}

static struct machine_summary run(const struct machine_config *config, DRIVER_INITIALIZE *entry,
				  uint64_t for_ns)
{
	return run_on(exec_virtual_open(0), config, entry, for_ns);
}

static bool is_shrink(const struct rec_event *e)
{
	return e->kind == POOLSCOPE_EV_BLOCK_FREE && e->how == POOLSCOPE_FREE_SHRINK;
}

/* Requests, and frees before the halt, from a tick on. */
static size_t changes_after(size_t ticks)
{
	size_t n = 0;

	for (size_t i = 0; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		if (e->kind == POOLSCOPE_EV_TICK && ticks > 0)
			ticks--;
		else if (ticks == 0)
			n += e->kind == POOLSCOPE_EV_ALLOC_REQUEST || is_shrink(e);
	}
	assert_int_equal(ticks, 0);
	return n;
}

/* R31, P21: some loads lie just below what a block would be asked for, some just above. */
static void steady_load_neither_allocates_nor_frees(void **state)
{
	static const char *const loads[] = {"constant:rate=5k", "constant:rate=9k",
					    "constant:rate=20k", "constant:rate=40k"};
	size_t grown = 0;

	for (size_t i = 0; i < ARRAYSIZE(loads) * ARRAYSIZE(faces); i++) {
		struct machine_config c =
			config_for(loads[i / ARRAYSIZE(faces)], "fixed:5ms", "fixed:3ms");

		run(&c, faces[i % ARRAYSIZE(faces)], 10 * SECOND);
		assert_int_equal(changes_after(100), 0);
		grown += rec_count(POOLSCOPE_EV_ALLOC_REQUEST);
	}
	assert_true(grown > 0);
}

/* P19: a request is for a block of buffers, and so is what comes. */
static void one_request_is_for_many_buffers(void **state)
{
	struct machine_config c = config_for("constant:rate=40k", "fixed:5ms", "fixed:3ms");

	run(&c, DriverEntry, SECOND / 5);
	assert_true(rec_count(POOLSCOPE_EV_ALLOC_REQUEST) > 0);
	for (size_t i = 0; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		if (e->kind == POOLSCOPE_EV_ALLOC_REQUEST)
			assert_true(e->length >= c.marks.block * 2048u);
		if (e->kind == POOLSCOPE_EV_ALLOC_COMPLETE && e->how == POOLSCOPE_USED)
			assert_true(e->buffers >= c.marks.block);
	}
}

/* R65: beyond the reserve buffers come back with the indication that lent them. */
static void reserve_is_never_given_away(void **state)
{
	for (size_t i = 0; i < ARRAYSIZE(faces); i++) {
		struct machine_config c =
			config_for("poisson:rate=60k", "exp:mean=20ms", "fixed:50ms");
		struct machine_summary s = run(&c, faces[i], SECOND / 2);

		assert_true(s.stack.resources > 0);
		for (size_t k = 0; k < recorder.nr_events; k++) {
			const struct rec_event *e = &recorder.events[k];

			if (e->kind == POOLSCOPE_EV_RX_TAKE)
				assert_true(e->available >= c.marks.reserve);
		}
	}
}

/* R6: with the completion before the request's call returns, in both kinds of time. */
static void completions_may_come_before_the_call_returns(void **state)
{
	for (size_t i = 0; i < 2 * ARRAYSIZE(faces); i++) {
		struct machine_config c =
			config_for("burst:rate=40k,on=20ms,off=60ms", "exp:mean=3ms", "fixed:1s");
		size_t used = 0;

		c.faults.early = 1;
		c.marks.max_pending = 4;
		run_on(i < ARRAYSIZE(faces) ? exec_virtual_open(0) : exec_real_open(), &c,
		       faces[i % ARRAYSIZE(faces)], SECOND / 4);
		for (size_t k = 0; k < recorder.nr_events; k++) {
			const struct rec_event *e = &recorder.events[k];

			used += e->kind == POOLSCOPE_EV_ALLOC_COMPLETE && e->request != 0 &&
				e->how == POOLSCOPE_USED;
		}
		/* After their lead time of 1 s they would have been too late to be used. */
		assert_true(used > 0);
	}
}

static struct {
	unsigned int times;
	uint32_t pending;
	uint64_t for_ns;
} stalls;

static void note_stall(const struct ndis_stall *stall)
{
	assert_true(stall->for_ns > stalls.for_ns);
	assert_int_equal(stall->completing, 0);
	stalls.times++;
	stalls.pending = stall->pending;
	stalls.for_ns = stall->for_ns;
}

/* R51, R49: ten seconds, with a word about it every two, and then the memory goes back. */
static void halt_waits_as_long_as_it_takes_and_says_so(void **state)
{
	for (size_t i = 0; i < ARRAYSIZE(faces); i++) {
		struct machine_config c = config_for("constant:rate=40k", "fixed:5ms", "fixed:10s");
		struct machine_summary s;

		memset(&stalls, 0, sizeof(stalls));
		c.stalled = note_stall;
		s = run(&c, faces[i], SECOND / 10);
		assert_in_range(stalls.times, 3, 5);
		assert_int_equal(stalls.pending, 1);
		assert_in_range(stalls.for_ns, 7 * SECOND, 10 * SECOND);
		assert_int_equal(s.memory.completed, 1);
		assert_int_equal(rec_find(POOLSCOPE_EV_BLOCK_FREE, 0)->how, POOLSCOPE_FREE_LATE);
	}
}

/*
 * P32, P35 (R23): half of the base block was to be had.  The pool is filled by that count, grows
 * from there, and shrinks to it again.
 */
static void smaller_base_block_is_what_the_pool_goes_by(void **state)
{
	for (size_t i = 0; i < ARRAYSIZE(faces); i++) {
		struct machine_config c =
			config_for("burst:rate=40k,on=50ms,off=200ms", "fixed:5ms", "fixed:3ms");
		size_t used = 0, shrunk = 0;

		c.faults.base = 1;
		run(&c, faces[i], SECOND);
		assert_int_equal(recorder.marks.base, c.marks.base / 2);
		assert_int_equal(rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 0)->buffers,
				 c.marks.base / 2);
		for (size_t k = 0; k < recorder.nr_events; k++) {
			const struct rec_event *e = &recorder.events[k];

			used += e->kind == POOLSCOPE_EV_ALLOC_COMPLETE && e->request != 0;
			shrunk += is_shrink(e);
		}
		assert_true(used > 1);
		assert_true(shrunk > 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_load_neither_allocates_nor_frees),
		cmocka_unit_test(one_request_is_for_many_buffers),
		cmocka_unit_test(reserve_is_never_given_away),
		cmocka_unit_test(completions_may_come_before_the_call_returns),
		cmocka_unit_test(halt_waits_as_long_as_it_takes_and_says_so),
		cmocka_unit_test(smaller_base_block_is_what_the_pool_goes_by),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
