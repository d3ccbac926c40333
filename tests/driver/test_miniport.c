/* SPDX-License-Identifier: MIT */
/*
 * The reference driver from end to end, in real threads: traffic, device, NDIS, miniport, stack;
 * all of it under both generations of NDIS.  Each run is replayed: the record must hold exactly the
 * requests and frees that the policy asks for.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "driver/nic/nic.h"
#include "tests/driver/machine_bench.h"

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

static struct machine_summary run_on(struct exec *exec, const struct machine_config *config,
				     uint64_t for_ns)
{
	struct machine_summary summary;

	assert_true(bench_live(exec, config, generation == 5 ? ndis5_driver_entry : DriverEntry,
			       for_ns, &summary));
	return summary;
}

static struct machine_summary run(const struct machine_config *config, uint64_t for_ns)
{
	return run_on(exec_real_open(), config, for_ns);
}

static void assert_identity(void)
{
	char first[200] = "";
	uint64_t mismatches = rec_replay(first);

	if (mismatches != 0)
		print_message("%s\n", first);
	assert_int_equal(mismatches, 0);
}

/* R50, R57, R58, R61 */
static void assert_books_balance(const struct machine_summary *s)
{
	const struct rec_event *close = rec_find(POOLSCOPE_EV_POOL_CLOSE, 0);
	const struct poolscope_totals *t;

	assert_true(machine_summary_ok(s));
	assert_non_null(close);
	t = &close->totals;
	assert_int_equal(t->requested, t->refused + t->completed + t->failed);
	assert_int_equal(t->freed, t->completed);
	assert_int_equal(t->taken, t->returned + t->resources);
	assert_int_equal(t->taken, s->stack.frames);
	assert_int_equal(t->requested, s->memory.requests);
	assert_int_equal(t->refused, s->memory.refused);
	assert_int_equal(s->memory.allocated, s->memory.freed);
	assert_int_equal(s->memory.bytes_live, 0);
	assert_int_equal(close->block, 0);
	assert_int_equal(close->buffers, 0);
	/* Each frame that was sent was received or is known to be lost. */
	assert_int_equal(s->wire.sent, t->taken + t->dropped + s->device.refused);
	assert_int_equal(recorder.violations, 0);
	assert_int_equal(rec_count(POOLSCOPE_EV_BLOCK_FREE), t->completed + 1);
}

static void steady_traffic_arrives_whole_and_in_order(void **state)
{
	struct machine_config c = bench_config("poisson:rate=20k", "fixed:500us", "fixed:1ms");
	struct machine_summary s;

	c.max_frames = 4000;
	s = run(&c, 0);
	assert_books_balance(&s);
	assert_identity();
	assert_int_equal(s.wire.sent, 4000);
	assert_int_equal(s.stack.payload_errors, 0);
}

static void bursts_make_the_pool_grow_and_shrink(void **state)
{
	struct machine_config c =
		bench_config("burst:rate=50k,on=50ms,off=100ms", "exp:mean=2ms", "exp:mean=1ms");
	struct machine_summary s = run(&c, 600000000);
	bool shrunk = false;

	assert_books_balance(&s);
	assert_identity();
	assert_true(s.memory.completed > 0);
	for (size_t i = 0; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		if (e->kind == POOLSCOPE_EV_BLOCK_FREE && e->how == POOLSCOPE_FREE_SHRINK) {
			shrunk = true;
			/* R29: before the free at least high were available. */
			assert_true(e->available + e->buffers >= c.marks.high);
			assert_int_not_equal(e->block, 0); /* R33, R34 */
		}
	}
	assert_true(shrunk);
}

/* R2, R4, R40, R41 */
static void refusals_and_failures_are_survived(void **state)
{
	struct machine_config c =
		bench_config("burst:rate=50k,on=50ms,off=100ms", "exp:mean=2ms", "exp:mean=1ms");
	struct machine_summary s;

	c.faults.refuse = 0.4;
	c.faults.null = 0.4;
	s = run(&c, 600000000);
	assert_books_balance(&s);
	assert_identity();
	assert_true(s.memory.refused > 0);
	assert_true(s.memory.completed_null > 0);
	assert_true(s.stack.resources > 0);
	assert_true(rec_count(POOLSCOPE_EV_FALLBACK) > 0);
}

static void pool_that_never_gets_memory_lives_on_its_base(void **state)
{
	struct machine_config c = bench_config("poisson:rate=50k", "fixed:3ms", "fixed:1ms");
	struct machine_summary s;

	c.faults.null = 1;
	s = run(&c, 200000000);
	assert_books_balance(&s);
	assert_identity();
	assert_int_equal(s.memory.completed, 0);
	assert_int_equal(s.memory.allocated, 2); /* the base block and the ring */
}

/* R18, R49, R51: halt waits for what is on its way, and gives it back */
static void halt_waits_for_pending_requests(void **state)
{
	struct machine_config c = bench_config("poisson:rate=50k", "fixed:3ms", "fixed:400ms");
	struct machine_summary s = run(&c, 100000000);
	const struct rec_event *done = NULL;

	assert_books_balance(&s);
	assert_identity();
	assert_true(s.memory.completed > 0);
	for (size_t i = 0; (done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, i)) != NULL; i++) {
		if (done->request != 0) {
			assert_int_equal(done->how, POOLSCOPE_LATE);
			if (generation == 6)
				assert_int_equal(done->irql, PASSIVE_LEVEL); /* R12 */
		}
	}
}

static void max_pending_above_one_keeps_the_limit(void **state)
{
	struct machine_config c =
		bench_config("poisson:rate=100k", "fixed:8ms", "uniform:min=1ms,max=9ms");
	struct machine_summary s;

	c.marks.max_pending = 8;
	c.marks.limit = 300;
	s = run(&c, 200000000);
	assert_books_balance(&s);
	assert_identity();
	for (size_t i = 0; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		if (e->kind == POOLSCOPE_EV_ALLOC_REQUEST) /* R27 */
			assert_true(e->total + e->pending * c.marks.block <= c.marks.limit);
	}
}

static void record_begins_with_the_base_block_and_a_running_tick(void **state)
{
	struct machine_config c = bench_config("poisson:rate=1k", "fixed:1ms", "fixed:1ms");
	struct machine_summary s;

	c.max_frames = 10;
	s = run(&c, 0);
	assert_books_balance(&s);
	assert_int_equal(recorder.events[0].kind, POOLSCOPE_EV_POOL_OPEN);
	assert_int_equal(recorder.events[1].kind, POOLSCOPE_EV_ALLOC_COMPLETE);
	assert_int_equal(recorder.events[1].request, 0);
	assert_int_equal(recorder.events[1].block, 0);
	assert_int_equal(recorder.events[1].buffers, c.marks.base);
	assert_int_equal(recorder.events[2].kind, POOLSCOPE_EV_TICK);
	assert_true(recorder.events[2].on);
	assert_int_equal(recorder.events[recorder.nr_events - 1].kind, POOLSCOPE_EV_POOL_CLOSE);
}

/* R12, R13: blocks come at PASSIVE_LEVEL, and under NDIS 5 at DISPATCH_LEVEL as well. */
static void blocks_come_at_the_levels_of_the_generation(void **state)
{
	struct machine_config c =
		bench_config("burst:rate=50k,on=30ms,off=60ms", "exp:mean=2ms", "fixed:100us");
	const struct rec_event *done;
	bool seen[DISPATCH_LEVEL + 1] = {false};
	struct machine_summary s;

	c.marks.block = 8;
	c.marks.high = 64;
	s = run(&c, 300000000);
	assert_books_balance(&s);
	assert_identity();
	for (size_t i = 0; (done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, i)) != NULL; i++) {
		assert_in_range(done->irql, PASSIVE_LEVEL, DISPATCH_LEVEL);
		if (done->request != 0)
			seen[done->irql] = true;
	}
	assert_true(seen[PASSIVE_LEVEL]);
	assert_int_equal(seen[DISPATCH_LEVEL], generation == 5);
}

/* The time that the run lasts and the policy's clock go together. */
static void ticks_come_at_their_period(void **state)
{
	struct machine_config c = bench_config("poisson:rate=1k", "fixed:1ms", "fixed:1ms");
	struct machine_summary s;
	size_t ticks;

	c.tick_ms = 10;
	s = run(&c, 400000000);
	assert_books_balance(&s);
	ticks = rec_count(POOLSCOPE_EV_TICK);
	/* 40 and one each at restart and pause; fewer on a busy host, which is not caught up on. */
	assert_true(ticks >= 12 && ticks <= 60);
}

static void summary_is_not_ok_when_anything_is_wrong(void **state)
{
	const struct machine_summary good = {
		.wire.sent = 10,
		.device = {.stored = 4, .no_descriptor = 3, .fifo = 2, .refused = 1}};
	struct machine_summary bad[8];

	for (size_t i = 0; i < ARRAYSIZE(bad); i++)
		bad[i] = good;
	bad[0].violations = 1;
	bad[1].dma_faults = 1;
	bad[2].stack.payload_errors = 1;
	bad[3].memory.blocks_live = 1;
	bad[4].memory.pending = 1;
	bad[5].memory.indicated = 1;
	bad[6].wire.sent = 11;
	bad[7].device.stored = 5;
	assert_true(machine_summary_ok(&good));
	for (size_t i = 0; i < ARRAYSIZE(bad); i++)
		assert_false(machine_summary_ok(&bad[i]));
}

/* R18, R51, R52: at whatever moment the halt comes, it ends and nothing is left. */
static void halting_at_any_moment_leaves_nothing(void **state)
{
	struct machine_config c = bench_config("poisson:rate=100k", "exp:mean=1ms", "exp:mean=2ms");

	c.faults.refuse = 0.1;
	c.faults.null = 0.1;
	c.marks.max_pending = 4;
	for (uint64_t i = 0; i < 30; i++) {
		struct machine_summary s;

		c.seed = i;
		s = run(&c, 1000000 + i * 700000);
		assert_books_balance(&s);
		assert_identity();
	}
}

/* The identities hold where takes count buffers, and drops and sends count frames. */
static void assert_frames_are_whole(const struct machine_summary *s)
{
	const struct poolscope_totals *t = &rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals;
	uint64_t frames = 0;

	assert_true(machine_summary_ok(s));
	assert_int_equal(t->taken, t->returned + t->resources);
	for (size_t i = 0; i < recorder.nr_events; i++) {
		const struct rec_event *e = &recorder.events[i];

		if (e->kind != POOLSCOPE_EV_RX_TAKE)
			continue;
		frames += e->frames;
		if (e->frames != e->nr_ids)
			assert_true(e->resources == 0 || e->resources == e->nr_ids);
	}
	assert_int_equal(frames, s->stack.frames);
	assert_int_equal(s->wire.sent, frames + t->dropped + s->device.refused);
	assert_int_equal(recorder.violations, 0);
	assert_identity();
}

/* Long frames in long buffers, all sorts in short ones; growing and shrinking. */
static void frames_of_several_buffers_come_through_whole(void **state)
{
	static const struct {
		const char *traffic;
		uint32_t buffer_bytes;
	} runs[] = {
		{"burst:rate=4k,on=30ms,off=60ms,bytes=9018", 2048},
		{"burst:rate=10k,on=30ms,off=60ms,bytes=imix", 256},
		{"burst:rate=2k,on=30ms,off=60ms,bytes=9216", 512},
	};
	bool resources = false, shrunk = false;

	for (size_t i = 0; i < ARRAYSIZE(runs); i++) {
		struct machine_config c =
			bench_config(runs[i].traffic, "exp:mean=2ms", "exp:mean=3ms");
		struct machine_summary s;

		c.buffer_bytes = runs[i].buffer_bytes;
		c.faults.null = 0.2;
		s = run_on(exec_virtual_open(0), &c, 1000000000);
		assert_frames_are_whole(&s);
		assert_true(s.stack.frames > 0 && s.memory.completed > 0);
		resources |= s.stack.resources > 0;
		for (size_t k = 0; k < recorder.nr_events; k++)
			shrunk |= recorder.events[k].kind == POOLSCOPE_EV_BLOCK_FREE &&
				  recorder.events[k].how == POOLSCOPE_FREE_SHRINK;
	}
	assert_true(resources && shrunk);
}

static void frames_of_several_buffers_come_through_in_real_threads(void **state)
{
	struct machine_config c = bench_config("burst:rate=5k,on=20ms,off=40ms,bytes=3000",
					       "exp:mean=2ms", "fixed:1ms");
	struct machine_summary s;

	c.buffer_bytes = 512;
	s = run(&c, 300000000);
	assert_frames_are_whole(&s);
	assert_true(s.stack.frames > 0);
}

/* Freeing looks at the frames that are out, while others become the driver's again. */
static void blocks_go_while_frames_come_back(void **state)
{
	struct machine_config c = bench_config("burst:rate=20k,on=1ms,off=3ms,bytes=4000",
					       "exp:mean=300us", "fixed:1us");
	struct machine_summary s;

	c.buffer_bytes = 256;
	c.tick_ms = 1;
	c.marks.shrink_ticks = 0;
	s = run(&c, 150000000);
	assert_frames_are_whole(&s);
	assert_true(rec_count(POOLSCOPE_EV_BLOCK_FREE) > 10);
}

/* --- the end of several adapters -------------------------------------------------------------- */

static struct {
	const struct device_ops *real;
	struct device_ops ops;
	pthread_t main;
	uint32_t received;   /* atomic: frames, of all devices */
	uint32_t when_quiet; /* as many when the first device was stepped for the last time */
	bool is_quiet;
} spied;

static bool spy_receive(struct device *device, const void *frame, uint32_t len_bytes)
{
	__atomic_add_fetch(&spied.received, 1, __ATOMIC_SEQ_CST);
	return spied.real->receive(device, frame, len_bytes);
}

/* The main thread steps a device only to see what is left in it. */
static void spy_step(struct device *device)
{
	spied.real->step(device);
	if (!pthread_equal(pthread_self(), spied.main) || spied.is_quiet)
		return;
	spied.is_quiet = true;
	spied.when_quiet = __atomic_load_n(&spied.received, __ATOMIC_SEQ_CST);
	NdisStallExecution(5000);
}

static struct device *spy_open(struct dma_space *space)
{
	struct device *device = nic_open(space);

	spied.real = device->ops;
	spied.ops = *device->ops;
	spied.ops.receive = spy_receive;
	spied.ops.step = spy_step;
	device->ops = &spied.ops;
	return device;
}

static void all_wires_are_still_before_the_first_adapter_is_emptied(void **state)
{
	static const struct device_model model = {NIC_FRAME_BYTES, spy_open};
	struct machine_config c = bench_config("constant:rate=100k", "fixed:100us", "fixed:1us");

	memset(&spied, 0, sizeof(spied));
	spied.main = pthread_self();
	c.adapters = 3;
	c.model = &model;
	run(&c, 20000000);
	assert_true(spied.is_quiet);
	assert_int_equal(spied.received, spied.when_quiet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steady_traffic_arrives_whole_and_in_order),
		cmocka_unit_test(bursts_make_the_pool_grow_and_shrink),
		cmocka_unit_test(refusals_and_failures_are_survived),
		cmocka_unit_test(pool_that_never_gets_memory_lives_on_its_base),
		cmocka_unit_test(halt_waits_for_pending_requests),
		cmocka_unit_test(max_pending_above_one_keeps_the_limit),
		cmocka_unit_test(record_begins_with_the_base_block_and_a_running_tick),
		cmocka_unit_test(blocks_come_at_the_levels_of_the_generation),
		cmocka_unit_test(ticks_come_at_their_period),
		cmocka_unit_test(summary_is_not_ok_when_anything_is_wrong),
		cmocka_unit_test(halting_at_any_moment_leaves_nothing),
		cmocka_unit_test(frames_of_several_buffers_come_through_whole),
		cmocka_unit_test(frames_of_several_buffers_come_through_in_real_threads),
		cmocka_unit_test(blocks_go_while_frames_come_back),
		cmocka_unit_test(all_wires_are_still_before_the_first_adapter_is_emptied),
	};
	int failed = cmocka_run_group_tests_name("NDIS 6", tests, under_ndis6, NULL) +
		     cmocka_run_group_tests_name("NDIS 5", tests, under_ndis5, NULL);

	rec_reset();
	return failed;
}
