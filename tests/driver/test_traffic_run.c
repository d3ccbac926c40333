/* SPDX-License-Identifier: MIT */
/*
 * Traffic, lead times and failures through the whole machine, in virtual time: each run follows
 * from its seed, and is replayed against the policy.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/miniport/ndis6.h"
#include "tests/driver/machine_bench.h"

static struct machine_summary run(const struct machine_config *config, uint64_t for_ns)
{
	struct machine_summary summary;

	assert_true(bench_live(exec_virtual_open(SECOND), config, DriverEntry, for_ns, &summary));
	assert_ended_well(&summary);
	return summary;
}

static uint64_t dropped(const struct machine_summary *s)
{
	return s->device.no_descriptor + s->device.fifo;
}

/* What a flow that does not listen would send goes on: half of it is lost. */
static void closed_loop_settles_where_little_is_lost(void **state)
{
	struct machine_config open = bench_config("constant:rate=40k", "fixed:10ms", "fixed:1ms");
	struct machine_config loop =
		bench_config("tcp:rate=40k,rtt=5ms,flows=8", "fixed:10ms", "fixed:1ms");
	struct machine_summary all, some;

	open.marks.reserve = loop.marks.reserve = 0; /* nothing is copied */
	open.marks.limit = loop.marks.limit = 192;   /* 192 buffers for 10 ms: 19200 a second */
	all = run(&open, 2 * SECOND);
	some = run(&loop, 2 * SECOND);
	assert_int_equal(all.wire.sent / 1000, 80);
	assert_true(dropped(&all) > all.wire.sent / 3);
	assert_true(some.wire.sent < all.wire.sent / 2 && some.wire.sent > all.wire.sent / 20);
	assert_true(dropped(&some) < some.wire.sent / 5);
}

static void closed_loop_without_drops_keeps_its_rate(void **state)
{
	struct machine_config c =
		bench_config("tcp:rate=20k,rtt=5ms,flows=8", "fixed:500us", "fixed:1ms");
	struct machine_summary s;

	c.marks = (struct policy_marks){512, 128, 128, 512, 1024, 8, 1, 2};
	s = run(&c, 4 * SECOND);
	assert_int_equal(dropped(&s), 0);
	assert_in_range(s.wire.sent, 79000, 81000);
}

static void microbursts_reach_the_low_mark(void **state)
{
	struct machine_config c =
		bench_config("incast:rate=20k,senders=64,frames=1", "fixed:1ms", "fixed:500us");
	struct machine_summary s = run(&c, SECOND);

	assert_true(s.memory.completed > 0);
	assert_int_equal(s.wire.sent % 64, 0);
}

/* In bad windows every request fails, at once or late; in good ones none does. */
static void failure_windows_are_survived(void **state)
{
	struct machine_config c = bench_config("burst:rate=50k,on=50ms,off=100ms", "exp:mean=2ms",
					       "exp:mean=500us+load:per=200us");
	struct machine_summary s;
	char why[SPEC_WHY_BYTES];

	assert_int_equal(
		ndis_faults_parse("windows:good=40ms,bad=40ms,p=1,late=0.5", &c.faults, why), 0);
	s = run(&c, 2 * SECOND);
	assert_true(s.memory.refused > 0);
	assert_true(s.memory.completed_null > 0);
	assert_true(s.memory.completed > 0);
}

/* Alone a request is served at once, beside another it is not within the run. */
static void lead_time_grows_with_what_is_pending(void **state)
{
	struct machine_config c =
		bench_config("constant:rate=200k", "fixed:50ms", "load:base=1ms,per=10s");
	unsigned int soon = 0, late = 0;
	const struct rec_event *done;

	c.marks.max_pending = 4;
	c.marks.block = 8; /* low is three blocks: so many are asked for at once */
	run(&c, SECOND);
	for (size_t i = 0; (done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, i)) != NULL; i++) {
		soon += done->request != 0 && done->how != POOLSCOPE_LATE;
		late += done->how == POOLSCOPE_LATE;
	}
	assert_int_equal(soon, 1);
	assert_int_equal(late, 3);
}

/* --- frames from outside ---------------------------------------------------------------------- */

static char path[] = "/tmp/poolscope-test-run-XXXXXX";

/* A capture of nr frames, gap_us apart. */
static void write_capture(unsigned int nr, uint32_t gap_us)
{
	const uint32_t header[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	FILE *file = fopen(path, "wb");
	uint8_t frame[1514];

	assert_non_null(file);
	assert_int_equal(fwrite(header, sizeof(header), 1, file), 1);
	for (unsigned int i = 0; i < nr; i++) {
		uint32_t len = 60 + i * 97 % 1455;
		uint32_t packet[] = {i * gap_us / 1000000, i * gap_us % 1000000, len, len};

		for (uint32_t at = 0; at < len; at++)
			frame[at] = (uint8_t)(i * 3 + at * 11);
		assert_int_equal(fwrite(packet, sizeof(packet), 1, file), 1);
		assert_int_equal(fwrite(frame, len, 1, file), 1);
	}
	assert_int_equal(fclose(file), 0);
}

static struct machine_config replay_config(const char *hold)
{
	char text[128];

	snprintf(text, sizeof(text), "pcap:%s,loop=2", path);
	return bench_config(text, hold, "fixed:1ms");
}

static void capture_arrives_to_the_last_byte_in_virtual_time(void **state)
{
	struct machine_config c = replay_config("fixed:2ms");
	struct machine_summary s;

	write_capture(2000, 100);
	s = run(&c, 0);
	assert_int_equal(s.wire.sent, 4000);
	assert_int_equal(s.stack.frames, 4000);
	assert_int_equal(s.stack.payload_errors, 0);
	assert_string_equal(s.traffic_fault, "");
}

static void lost_frames_of_a_capture_are_passed_over(void **state)
{
	struct machine_config c = replay_config("fixed:30ms");
	struct machine_summary s;

	write_capture(2000, 20);
	s = run(&c, 0);
	assert_true(dropped(&s) > 100);
	assert_int_equal(s.stack.frames + dropped(&s), 4000);
	assert_int_equal(s.stack.payload_errors, 0);
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	unlink(path);
	rec_reset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_loop_settles_where_little_is_lost),
		cmocka_unit_test(closed_loop_without_drops_keeps_its_rate),
		cmocka_unit_test(microbursts_reach_the_low_mark),
		cmocka_unit_test(failure_windows_are_survived),
		cmocka_unit_test(lead_time_grows_with_what_is_pending),
		cmocka_unit_test(capture_arrives_to_the_last_byte_in_virtual_time),
		cmocka_unit_test(lost_frames_of_a_capture_are_passed_over),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
