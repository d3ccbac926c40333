/* SPDX-License-Identifier: MIT */
/*
 * The reference driver under every fault point, in both generations: it must end with no violation
 * and nothing live, whatever goes wrong and whenever the halt comes.  In real threads, which is
 * what ThreadSanitizer is to see; short runs, many of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "tests/driver/machine_bench.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOW 4 /* times fewer runs under a sanitizer, which is as many times slower */
#else
#define SLOW 1
#endif

static unsigned int generation;

static int under_ndis5(void **state)
{
	generation = 5;
	return 0;
}

static int under_ndis6(void **state)
{
	generation = 6;
	return 0;
}

static struct machine_config config_for(const char *traffic, const char *fail)
{
	struct machine_config c = bench_config(traffic, "exp:mean=1ms", "exp:mean=500us");
	char why[SPEC_WHY_BYTES] = "";

	c.marks.max_pending = 4;
	c.tick_ms = 1;
	if (fail != NULL && ndis_faults_parse(fail, &c.faults, why) != 0)
		fail_msg("%s", why);
	return c;
}

/* Returns: whether it started. */
static bool run_on(struct exec *exec, const struct machine_config *c, uint64_t for_ns,
		   struct machine_summary *s)
{
	return bench_live(exec, c, generation == 5 ? ndis5_driver_entry : DriverEntry, for_ns, s);
}

static struct machine_summary run(const struct machine_config *c, uint64_t for_ns)
{
	struct machine_summary s;

	assert_true(run_on(exec_real_open(), c, for_ns, &s));
	assert_ended_well(&s);
	return s;
}

static struct machine_summary run_virtual(const struct machine_config *c, uint64_t for_ns)
{
	struct machine_summary s;

	assert_true(run_on(exec_virtual_open(EXEC_VIRTUAL_EPOCH_NS), c, for_ns, &s));
	assert_ended_well(&s);
	return s;
}

/* But storms, in which one request may keep all others away until the halt. */
#define MOST                                                                                       \
	"refuse:p=0.2,status=any+null:p=0.2+delay:p=0.2,by=1ms+reorder:p=0.3+early:p=0.2+"         \
	"wrap:p=0.3"
#define EVERYTHING MOST "+storm:p=0.3"

/* --- storms ----------------------------------------------------------------------------------- */

/* R4, R6, R8, R15, R36, R49, R50: all at once, in threads */
static void threads_under_every_fault_end_well(void **state)
{
	struct machine_config c = config_for("burst:rate=100k,on=1ms,off=1ms", EVERYTHING);

	for (c.seed = 0; c.seed < 40 / SLOW; c.seed++)
		run(&c, 10000000);
}

/* Whatever was asked for came, and came late; none of it joined the pool. */
static void assert_all_was_late(const struct machine_summary *s)
{
	const struct rec_event *done;
	size_t late = 0;

	for (size_t i = 0; (done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, i)) != NULL; i++)
		late += done->how == POOLSCOPE_LATE;
	assert_int_equal(late, s->memory.completed);
	assert_int_equal(s->memory.requests, s->memory.completed);
}

/* R18, R49, R51: what was held back comes all at once, while the halt waits */
static void completion_storm_at_halt_is_waited_for(void **state)
{
	struct machine_config c = config_for("poisson:rate=100k", "storm:p=1");
	struct machine_summary s = run_virtual(&c, 20000000);

	assert_all_was_late(&s);
	assert_true(s.memory.requests > 0);
	for (c.seed = 0; c.seed < 20 / SLOW + 2; c.seed++) {
		s = run(&c, 5000000);
		assert_all_was_late(&s);
	}
}

/* R18, R51, R52, P1: a thousand times, half of them in each generation, at any moment */
static void halting_a_thousand_times_leaves_nothing(void **state)
{
	struct machine_config c = config_for("poisson:rate=200k", EVERYTHING);
	char why[SPEC_WHY_BYTES];
	struct rng rng;

	assert_int_equal(draw_parse("exp:mean=100us", &c.hold, why), 0);
	c.marks.base = 16; /* still short of buffers */
	rng_init(&rng, 3, 3);
	for (c.seed = 0; c.seed < 500 / SLOW; c.seed++)
		run(&c, 1 + rng_u64(&rng) % 2000000);
}

/* R18, R51, R52: the same in virtual time, where every moment can be the one */
static void halting_at_every_moment_of_virtual_time_leaves_nothing(void **state)
{
	struct machine_config c = config_for("poisson:rate=200k", EVERYTHING);

	for (uint64_t i = 0; i < 1000 / SLOW; i++) {
		c.seed = i % 7;
		run_virtual(&c, 1 + i * 4001);
	}
}

/* --- one by one ------------------------------------------------------------------------------- */

/* R5, R6, P8: the requesting thread holds the lock that the completion takes */
static void completion_before_the_call_returns_finds_everything_in_place(void **state)
{
	struct machine_config c = config_for("burst:rate=100k,on=1ms,off=1ms", "early:p=1");
	struct machine_summary s = run_virtual(&c, 20000000);

	assert_true(s.memory.completed > 0);
	assert_int_equal(s.memory.completed, s.memory.requests);
	s = run(&c, 20000000); /* where the completion is on a thread of its own */
	assert_int_equal(s.memory.completed, s.memory.requests);
}

/* R15 */
static void overtaken_completions_are_told_apart(void **state)
{
	struct machine_config c = config_for("poisson:rate=200k", "reorder:p=0.8");
	char why[SPEC_WHY_BYTES];
	const struct rec_event *done;
	uint64_t last = 0, overtaken = 0;

	/* Several are on their way at once, and none would overtake another by itself. */
	c.marks.block = 8;
	c.marks.low = 60;
	assert_int_equal(draw_parse("fixed:1ms", &c.lead, why), 0);
	run_virtual(&c, 50000000);
	for (size_t i = 0; (done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, i)) != NULL; i++) {
		overtaken += done->request < last;
		last = done->request;
	}
	assert_true(overtaken > 0);
}

/* R36, P4 */
static void blocks_without_descriptors_go_straight_back(void **state)
{
	struct machine_config c = config_for("poisson:rate=100k", "wrap:p=0.7");
	uint64_t unwrapped = 0;

	for (c.seed = 1; c.seed <= 10; c.seed++) {
		struct machine_summary s = run_virtual(&c, 50000000);

		assert_int_equal(s.memory.allocated, s.memory.freed);
		for (size_t i = 0; i < recorder.nr_events; i++) {
			const struct rec_event *e = &recorder.events[i];

			if (e->kind != POOLSCOPE_EV_ALLOC_COMPLETE ||
			    e->how != POOLSCOPE_WRAP_FAILED)
				continue;
			unwrapped++;
			assert_int_equal(e[1].kind, POOLSCOPE_EV_BLOCK_FREE);
			assert_int_equal(e[1].how, POOLSCOPE_FREE_WRAP_FAILED);
			assert_int_equal(e[1].pa, e->pa);
		}
	}
	assert_true(unwrapped > 5);
}

/* --- a base block that cannot be had ---------------------------------------------------------- */

/* R23, P35: half of it, and half of that; the marks in force are those that are told */
static void smaller_base_block_is_tried(void **state)
{
	struct machine_config c = config_for("burst:rate=100k,on=1ms,off=3ms", NULL);

	for (uint32_t n = 0; n <= 3; n++) {
		c.faults.base = n;
		run_virtual(&c, 40000000);
		assert_int_equal(recorder.marks.base, 64 >> n);
		assert_int_equal(rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 0)->buffers, 64 >> n);
		assert_int_equal(recorder.marks.limit, c.marks.limit);
		assert_true(policy_marks_ok(&recorder.marks, NULL, 0));
		/* It still grows and shrinks by its own marks. */
		assert_true(rec_count(POOLSCOPE_EV_ALLOC_REQUEST) > 0);
	}
}

/* P16, P35: a driver that was not to grow does not begin to, because its base is smaller */
static void growth_that_is_off_stays_off(void **state)
{
	struct machine_config c = config_for("poisson:rate=100k", "base:n=2");

	c.marks.limit = c.marks.base;
	run_virtual(&c, 20000000);
	assert_int_equal(recorder.marks.base, 16);
	assert_int_equal(recorder.marks.limit, 16);
	assert_int_equal(rec_count(POOLSCOPE_EV_ALLOC_REQUEST), 0);
}

/* R53: whichever allocation fails, nothing is left */
static void failed_start_leaves_nothing(void **state)
{
	struct machine_config c = config_for("poisson:rate=100k", NULL);
	struct machine_summary s;

	/* 64, 32, 16, 8 buffers; 4 would be no more than the reserve. */
	for (c.faults.base = 4; c.faults.base < 8; c.faults.base++) {
		assert_false(run_on(exec_virtual_open(EXEC_VIRTUAL_EPOCH_NS), &c, 1000000, &s));
		assert_true(machine_summary_ok(&s));
		assert_int_equal(s.memory.allocated, s.memory.freed);
	}
}

/* --- surprise removal ------------------------------------------------------------------------- */

/* R56, P34 */
static void device_that_is_pulled_out_leaves_nothing_behind(void **state)
{
	struct machine_config c = config_for("poisson:rate=100k", EVERYTHING);

	for (uint32_t i = 1; i <= 20; i++) {
		c.seed = i;
		c.faults.removal_ns = i * 431000.0;
		run_virtual(&c, 0); /* which ends it */
	}
	for (uint32_t i = 1; i <= 20 / SLOW + 1; i++) {
		c.faults.removal_ns = i * 300000.0;
		run(&c, 0);
	}
}

/* --- a steady load ---------------------------------------------------------------------------- */

/* R31, P21: after it has found its size, the pool neither asks nor frees */
static void steady_load_neither_allocates_nor_frees(void **state)
{
	struct machine_config c = config_for("constant:rate=100k", NULL);
	char why[SPEC_WHY_BYTES];
	size_t half;

	/* 100 frames held at any time: more than the base, fewer than the high mark leaves. */
	assert_int_equal(draw_parse("fixed:1ms", &c.hold, why), 0);
	run_virtual(&c, 400000000);
	half = recorder.nr_events / 2;
	assert_true(rec_count(POOLSCOPE_EV_ALLOC_REQUEST) > 0);
	for (size_t i = half; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		assert_int_not_equal(e->kind, POOLSCOPE_EV_ALLOC_REQUEST);
		assert_false(e->kind == POOLSCOPE_EV_BLOCK_FREE && e->how == POOLSCOPE_FREE_SHRINK);
	}
}

/* R3, P32: refused and refused again, the pool still gets as large as it needs to be */
static void pool_reaches_its_size_in_the_end(void **state)
{
	struct machine_config c = config_for("constant:rate=100k", "refuse:p=0.9");
	char why[SPEC_WHY_BYTES];
	const struct rec_event *last = NULL;

	assert_int_equal(draw_parse("fixed:1ms", &c.hold, why), 0);
	run_virtual(&c, 400000000);
	for (size_t i = 0; i < recorder.nr_events; i++) {
		if (recorder.events[i].kind == POOLSCOPE_EV_TICK && recorder.events[i].on)
			last = &recorder.events[i];
	}
	assert_non_null(last);
	assert_true(last->totals.refused > 0);
	assert_true(last->available > c.marks.low && last->total > 100 + c.marks.low);
}

/* R62, R63, R64: completions are used, unwrapped, over or late; each belongs to a request */
static void every_completion_is_accounted_for(void **state)
{
	struct machine_config c = config_for("burst:rate=100k,on=2ms,off=2ms", MOST);
	struct machine_summary s = run_virtual(&c, 100000000);
	uint64_t how[POOLSCOPE_LATE + 1] = {0}, samples = 0, shrunk = 0;

	for (size_t i = 0; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		if (e->kind == POOLSCOPE_EV_ALLOC_COMPLETE && e->request != 0) {
			samples++;
			how[e->how]++;
		}
		shrunk += e->kind == POOLSCOPE_EV_BLOCK_FREE && e->how == POOLSCOPE_FREE_SHRINK;
	}
	assert_int_equal(samples, s.memory.completed + s.memory.completed_null);
	assert_int_equal(how[POOLSCOPE_NULL], s.memory.completed_null);
	assert_int_equal(s.memory.completed, how[POOLSCOPE_USED] + how[POOLSCOPE_WRAP_FAILED] +
						     how[POOLSCOPE_OVER_LIMIT] +
						     how[POOLSCOPE_LATE]);
	assert_true(shrunk <= s.memory.completed);
	assert_true(how[POOLSCOPE_USED] > 0 && how[POOLSCOPE_WRAP_FAILED] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_under_every_fault_end_well),
		cmocka_unit_test(completion_storm_at_halt_is_waited_for),
		cmocka_unit_test(halting_a_thousand_times_leaves_nothing),
		cmocka_unit_test(halting_at_every_moment_of_virtual_time_leaves_nothing),
		cmocka_unit_test(completion_before_the_call_returns_finds_everything_in_place),
		cmocka_unit_test(overtaken_completions_are_told_apart),
		cmocka_unit_test(blocks_without_descriptors_go_straight_back),
		cmocka_unit_test(smaller_base_block_is_tried),
		cmocka_unit_test(growth_that_is_off_stays_off),
		cmocka_unit_test(failed_start_leaves_nothing),
		cmocka_unit_test(device_that_is_pulled_out_leaves_nothing_behind),
		cmocka_unit_test(steady_load_neither_allocates_nor_frees),
		cmocka_unit_test(pool_reaches_its_size_in_the_end),
		cmocka_unit_test(every_completion_is_accounted_for),
	};
	int failed = cmocka_run_group_tests_name("NDIS 6", tests, under_ndis6, NULL) +
		     cmocka_run_group_tests_name("NDIS 5", tests, under_ndis5, NULL);

	rec_reset();
	return failed;
}
