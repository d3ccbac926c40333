/* SPDX-License-Identifier: MIT */
/* The receive pool gives memory back, and takes and returns frames of several buffers. */
#include "tests/driver/pool_bench.h"

/* --- shrinking -------------------------------------------------------------------------------- */

/* Two dynamic blocks, everything at home. */
static void grow_by_two(struct buffer **b)
{
	take(b, 12);
	answer(true);
	take(b + 12, 8);
	answer(true);
	assert_int_equal(t.pool.policy.total, 32);
}

/* R29, R32, R33: the newest idle block goes first, the base block never */
static void idle_blocks_go_newest_first_after_the_ticks(void **state)
{
	struct buffer *b[32];

	begin(&marks);
	grow_by_two(b);
	give_back(b, 20);
	assert_int_equal(t.freed, 0);
	ticks(1);
	assert_int_equal(t.freed, 0);
	ticks(1);
	assert_int_equal(rec_find(POOLSCOPE_EV_BLOCK_FREE, 0)->block, 2);
	assert_int_equal(rec_find(POOLSCOPE_EV_BLOCK_FREE, 1)->block, 1);
	assert_int_equal(t.freed, 2);
	assert_int_equal(t.withdrawn, 1); /* both at once */
	assert_int_equal(t.pool.policy.total, 16);
	ticks(10);
	assert_int_equal(t.freed, 2);
	end();
}

/* R35, P20 */
static void block_with_a_held_buffer_stays(void **state)
{
	struct policy_marks m = marks;
	struct buffer *b[32], *held;

	m.limit = 32;
	begin(&m);
	grow_by_two(b);
	/* Something of block 2, the newest, is still out. */
	take(b + 20, 10);
	held = b[29];
	assert_int_equal(held->block->slot, 2);
	give_back(b, 29);
	ticks(3);
	assert_int_equal(t.freed, 1);
	assert_int_equal(rec_find(POOLSCOPE_EV_BLOCK_FREE, 0)->block, 1);
	give_back(&held, 1);
	assert_int_equal(t.freed, 2);
	end();
}

static void freed_number_is_used_again(void **state)
{
	struct buffer *b[32];

	begin(&marks);
	grow_by_two(b);
	give_back(b, 20);
	ticks(2);
	take(b, 12);
	answer(true);
	assert_non_null(t.pool.slots[1]);
	assert_int_equal(t.pool.slots[1]->buffers[0].id, 16);
	give_back(b, 12);
	end();
}

static void lowest_block_gives_its_buffers_first(void **state)
{
	struct buffer *b[32];

	begin(&marks);
	grow_by_two(b);
	give_back(b, 20);
	pool_lock(&t.pool);
	for (ULONG i = 0; i < 32; i++) {
		b[i] = pool_spare_get(&t.pool);
		assert_int_equal(b[i]->block->slot, i < 16 ? 0 : i < 24 ? 1 : 2);
	}
	assert_null(pool_spare_get(&t.pool));
	pool_spare_put(&t.pool, b[3]);
	assert_ptr_equal(pool_spare_get(&t.pool), b[3]);
	for (ULONG i = 0; i < 32; i++)
		pool_spare_put(&t.pool, b[i]);
	pool_unlock(&t.pool);
	end();
}

/* A RESOURCES buffer counts as available, but its memory must outlast the indication. */
static void memory_of_a_lent_buffer_is_freed_after_the_indication(void **state)
{
	struct policy_marks m = marks;
	struct buffer *b[32], *lent[8];
	ULONG n = 0;

	m.shrink_ticks = 0;
	begin(&m);
	take(b, 12);
	answer(true);
	t.answer = NDIS_STATUS_FAILURE;
	assert_int_equal(take(b + 12, 12), 2); /* V would be 0, reserve 2 */
	for (ULONG i = 22; i < 24; i++)
		lent[n++] = b[i];
	assert_int_equal(lent[0]->block->slot, 1);
	give_back(b, 22);
	/* Everything counts as home, so the block is given up ... */
	assert_int_equal(rec_count(POOLSCOPE_EV_BLOCK_FREE), 1);
	assert_false(pool_is_home(&t.pool));
	assert_int_equal(t.freed, 0);
	/* ... and its memory goes when the indication has returned. */
	home(lent, n);
	assert_int_equal(t.freed, 1);
	end();
}

static void frames_lost_by_a_withdrawal_are_drops(void **state)
{
	struct buffer *b[32];

	begin(&marks);
	take(b, 12);
	answer(true);
	give_back(b, 12);
	t.lost = 3;
	ticks(2);
	assert_int_equal(t.pool.totals.dropped, 3);
	assert_int_equal(rec_count(POOLSCOPE_EV_RX_DROP), 1);
	end();
}

/* --- frames of several buffers ---------------------------------------------------------------- */

static void frame_is_one_event_and_comes_home_whole(void **state)
{
	struct buffer *b[16], *frame;
	const struct rec_event *e;

	begin(&marks);
	assert_int_equal(take_frame(b, 5), 0);
	e = rec_find(POOLSCOPE_EV_RX_TAKE, 0);
	assert_int_equal(e->nr_ids, 5);
	assert_int_equal(e->frames, 1);
	assert_int_equal(e->resources, 0);
	assert_int_equal(take_frame(b + 5, 10), 10); /* 11 are available, 2 of them kept back */
	e = rec_find(POOLSCOPE_EV_RX_TAKE, 1);
	assert_int_equal(e->resources, 10);
	assert_int_equal(e->available, 11);
	assert_int_equal(t.pool.lent, 10);
	for (ULONG i = 6; i < 15; i++)
		b[i - 1]->next = b[i];
	home(b + 5, 1);
	assert_int_equal(t.pool.lent, 0);
	for (ULONG i = 1; i < 5; i++)
		b[i - 1]->next = b[i];
	frame = b[0];
	give_back(&frame, 1);
	assert_int_equal(rec_find(POOLSCOPE_EV_RX_RETURN, 0)->nr_ids, 5);
	assert_int_equal(t.pool.policy.held, 0);
	end();
}

/* However many buffers one frame has, no event of returns ends within it. */
static void long_chain_of_frames_is_told_in_whole_frames(void **state)
{
	enum { FRAMES = 5, EACH = 100 };
	struct policy_marks m = {.base = FRAMES * EACH,
				 .block = 1,
				 .low = 1,
				 .high = 3,
				 .limit = FRAMES * EACH,
				 .max_pending = 1};
	struct buffer *b[FRAMES][EACH], *frames[FRAMES];

	begin(&m);
	for (int i = 0; i < FRAMES; i++) {
		assert_int_equal(take_frame(b[i], EACH), 0);
		for (int k = 1; k < EACH; k++)
			b[i][k - 1]->next = b[i][k];
		frames[i] = b[i][0];
	}
	give_back(frames, FRAMES);
	assert_int_equal(rec_count(POOLSCOPE_EV_RX_RETURN), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(rec_find(POOLSCOPE_EV_RX_RETURN, i)->nr_ids % EACH, 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_blocks_go_newest_first_after_the_ticks),
		cmocka_unit_test(block_with_a_held_buffer_stays),
		cmocka_unit_test(freed_number_is_used_again),
		cmocka_unit_test(lowest_block_gives_its_buffers_first),
		cmocka_unit_test(memory_of_a_lent_buffer_is_freed_after_the_indication),
		cmocka_unit_test(frames_lost_by_a_withdrawal_are_drops),
		cmocka_unit_test(frame_is_one_event_and_comes_home_whole),
		cmocka_unit_test(long_chain_of_frames_is_told_in_whole_frames),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
