/* SPDX-License-Identifier: MIT */
/* Frames that lie in several buffers, from the device to the stack and back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/driver/ring_bench.h"

static const struct rec_event *last_take(void)
{
	return rec_find(POOLSCOPE_EV_RX_TAKE, rec_count(POOLSCOPE_EV_RX_TAKE) - 1);
}

/* Each such frame is an event of its own; the others are told together (docs/architecture.md). */
static void frames_of_one_and_of_several_buffers_keep_their_order(void **state)
{
	static const struct {
		uint32_t buffers, frames;
	} told[] = {{3, 3}, {3, 1}, {2, 1}, {2, 2}};

	begin_with(16, 256);
	send_long(3, 100);
	send_long(1, 768);
	send_long(1, 257);
	send_long(2, 256);
	look();
	assert_int_equal(fx.nr_kept, 7);
	for (size_t i = 0; i < ARRAYSIZE(told); i++) {
		const struct rec_event *take = rec_find(POOLSCOPE_EV_RX_TAKE, i);

		assert_int_equal(take->nr_ids, told[i].buffers);
		assert_int_equal(take->frames, told[i].frames);
	}
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.taken, 10);
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.returned, 10);
}

static void longest_frames_come_through_the_smallest_buffers(void **state)
{
	begin_with(512, 64);
	for (int round = 0; round < 4; round++) {
		send_long(3, FRAME_MAX_BYTES);
		look();
		assert_int_equal(fx.nr_kept, 3);
		assert_int_equal(last_take()->nr_ids, FRAME_MAX_BYTES / 64);
		return_kept();
	}
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 0);
}

/* A frame for which there are too few buffers is one drop, and leaves them to others. */
static void frame_that_does_not_fit_is_one_drop(void **state)
{
	begin_with(16, 256);
	send_long(1, 15 * 256);
	send_long(2, 512);
	send_long(1, 100);
	look();
	assert_int_equal(fx.nr_kept, 2);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 2);
}

/* R43: 13 buffers are available, 3 are given away before; 11 of 10 would go below the reserve of 0
 */
static void frame_is_resources_with_all_its_buffers_or_with_none(void **state)
{
	begin_with(16, 256);
	set_reserve(3);
	send_long(1, 8 * 256);
	send_long(1, 6 * 256); /* would leave 2 */
	send_long(1, 100);     /* leaves 7 */
	look();
	assert_int_equal(fx.nr_kept, 2);
	assert_int_equal(fx.resources, 1);
	assert_int_equal(rec_find(POOLSCOPE_EV_RX_TAKE, 1)->resources, 6);
	assert_int_equal(rec_find(POOLSCOPE_EV_RX_TAKE, 2)->resources, 0);
	end();
}

/* What one frame had joined serves single frames again. */
static void buffers_of_a_long_resources_frame_are_single_again(void **state)
{
	begin_with(16, 256);
	set_reserve(3);
	send_long(1, 14 * 256); /* would leave 2 */
	look();
	assert_int_equal(fx.resources, 1);
	send_long(16, 100);
	look();
	assert_int_equal(fx.nr_kept, 13);
	assert_int_equal(fx.resources, 1 + 3);
	end();
}

/* 12 buffers are out, 12 are on the ring, the last 8 of a block that came later. */
static void grow_small(void)
{
	begin_with(16, 256);
	send_long(3, 4 * 256);
	look();
	await(POOLSCOPE_EV_ALLOC_COMPLETE, 2);
	assert_int_equal(fx.nr_kept, 3);
}

/* R35, R45: a frame that lies partly in the block that goes stays whole */
static void frames_partly_in_a_freed_block_are_moved_whole(void **state)
{
	const struct rec_event *taken;

	grow_small();
	send_long(1, 600); /* 3 of the 4 base buffers on the ring */
	send_long(1, 600); /* the 4th, and 2 of the new block */
	send_long(1, 500); /* 2 of the new block */
	return_kept();
	await_shrunk();
	look();
	assert_int_equal(fx.nr_kept, 3);
	for (size_t i = 1; i <= 3; i++) {
		taken = rec_find(POOLSCOPE_EV_RX_TAKE, rec_count(POOLSCOPE_EV_RX_TAKE) - i);
		for (uint32_t j = 0; j < taken->nr_ids; j++)
			assert_true(taken->ids[j] < 16);
	}
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 0);
}

/* What cannot be moved whole is one drop, and what it had found goes to the next frame. */
static void frames_that_find_too_few_buffers_are_lost_whole(void **state)
{
	uint32_t kept;

	grow_small();
	return_kept();
	/* 24 buffers on the ring: 12 of the base block, the new block's 8, 4 of the base block. */
	send_long(3, 4 * 256);
	send_long(1, 5 * 256);
	send_long(1, 3 * 256);
	send_long(1, 4 * 256);
	await_shrunk();
	look();
	kept = fx.nr_kept;
	end();
	/* 8 buffers went: of what lay in 24 there is room for 16. */
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 6 - kept);
	assert_int_equal(kept, 4);
}

static void long_frames_on_the_ring_at_pause_are_counted_as_frames(void **state)
{
	begin_with(16, 256);
	send_long(3, 600);
	send_long(2, 100);
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	send_long(2, 2000);
	look();
	assert_int_equal(fx.nr_kept, 2);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_one_and_of_several_buffers_keep_their_order),
		cmocka_unit_test(longest_frames_come_through_the_smallest_buffers),
		cmocka_unit_test(frame_that_does_not_fit_is_one_drop),
		cmocka_unit_test(frame_is_resources_with_all_its_buffers_or_with_none),
		cmocka_unit_test(buffers_of_a_long_resources_frame_are_single_again),
		cmocka_unit_test(frames_partly_in_a_freed_block_are_moved_whole),
		cmocka_unit_test(frames_that_find_too_few_buffers_are_lost_whole),
		cmocka_unit_test(long_frames_on_the_ring_at_pause_are_counted_as_frames),
	};
	int failed = cmocka_run_group_tests_name("NDIS 6", tests, under_ndis6, NULL) +
		     cmocka_run_group_tests_name("NDIS 5", tests, under_ndis5, NULL);

	rec_reset();
	return failed;
}
