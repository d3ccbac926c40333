/* SPDX-License-Identifier: MIT */
/* The receive pool: its blocks, how it grows, its probe, and all together. */
#include "tests/driver/pool_bench.h"

/* --- blocks ----------------------------------------------------------------------------------- */

/* R38, R39 */
static void buffers_are_aligned_and_share_no_cache_line(void **state)
{
	static const ULONG sizes[] = {1, 60, 64, 65, 1554, 2048};
	_Alignas(4096) static uint8_t space[1 << 16];

	for (size_t s = 0; s < ARRAYSIZE(sizes); s++) {
		for (ULONG skew = 0; skew < 64; skew += 13) {
			ULONG length = block_length(9, sizes[s], 64);
			PVOID va = space + skew;
			NDIS_PHYSICAL_ADDRESS pa = {.QuadPart = 0x700000000 + skew};
			struct block *block = block_create(va, pa, length, 9, sizes[s], 64);

			assert_non_null(block);
			for (ULONG i = 0; i < 9; i++) {
				struct buffer *b = &block->buffers[i];
				ULONG64 offset = (ULONG64)(b->va - (PUCHAR)va);

				assert_int_equal((uintptr_t)b->va % 64, 0);
				assert_int_equal((ULONG64)b->pa.QuadPart % 64, 0);
				assert_int_equal(offset, (ULONG64)(b->pa.QuadPart - pa.QuadPart));
				assert_true(offset + sizes[s] <= length);
				if (i > 0)
					assert_true(b->va - block->buffers[i - 1].va >= 64);
			}
			block_destroy(block);
		}
	}
}

/* P19: many buffers of one allocation lose less than a line each, and less than one in all */
static void buffers_of_a_block_waste_no_pages(void **state)
{
	static const ULONG sizes[] = {1, 60, 64, 65, 1554, 2048};

	for (size_t s = 0; s < ARRAYSIZE(sizes); s++) {
		for (ULONG n = 1; n <= 128; n++)
			assert_true(block_length(n, sizes[s], 64) - n * sizes[s] <= 63 * (n + 1));
	}
}

/* R39 */
static void addresses_that_are_aligned_differently_cannot_be_carved(void **state)
{
	_Alignas(4096) static uint8_t space[8192];
	NDIS_PHYSICAL_ADDRESS pa = {.QuadPart = 0x700000008};

	assert_null(block_create(space, pa, sizeof(space), 4, 256, 64));
}

static void sizes_beyond_32_bits_are_refused(void **state)
{
	struct pool_config config = {.buffer_bytes = 65536, .align = 64, .marks = marks};
	struct pool pool;

	config.marks.base = 70000;
	config.marks.limit = 80000;
	assert_int_equal(pool_init(&pool, &config, &ops), NDIS_STATUS_INVALID_PARAMETER);
	assert_int_equal(block_length(UINT32_MAX, 2048, 64), 0);
	/* A table of 2^29 blocks, 8 bytes each, would have none. */
	config = (struct pool_config){.buffer_bytes = 2048, .align = 64, .marks = marks};
	config.marks.block = 1;
	config.marks.limit = 0x20000000 - 1;
	assert_int_equal(pool_init(&pool, &config, &ops), NDIS_STATUS_INVALID_PARAMETER);
}

/* --- growing ---------------------------------------------------------------------------------- */

static void low_pool_grows_by_one_block_with_the_next_ids(void **state)
{
	struct buffer *b[16];

	begin(&marks);
	take(b, 12);
	assert_int_equal(t.asked, 1);
	assert_false(answer(true));
	assert_int_equal(t.pool.policy.total, 24);
	assert_int_equal(t.pool.slots[1]->buffers[0].id, 16);
	assert_int_equal(t.pool.slots[1]->buffers[7].id, 23);
	give_back(b, 12);
	end();
	assert_int_equal(t.freed, 2);
}

/* R2, R4: whatever is not PENDING is a refusal */
static void any_other_status_is_a_refusal(void **state)
{
	static const NDIS_STATUS statuses[] = {NDIS_STATUS_FAILURE, NDIS_STATUS_RESOURCES,
					       NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_SUCCESS};
	struct buffer *b[16];

	for (size_t i = 0; i < ARRAYSIZE(statuses); i++) {
		begin(&marks);
		t.answer = statuses[i];
		take(b, 12);
		assert_int_equal(t.pool.policy.pending, 0);
		assert_int_equal(t.pool.totals.refused, 1);
		assert_int_equal(rec_find(POOLSCOPE_EV_ALLOC_REFUSED, 0)->status,
				 (uint32_t)statuses[i]);
		assert_true(t.pool.policy.fallback);
		give_back(b, 12);
		end();
	}
}

/* P27 */
static void refused_pool_asks_once_an_event(void **state)
{
	struct buffer *b[16];

	begin(&marks);
	t.answer = NDIS_STATUS_FAILURE;
	take(b, 12);
	ticks(5);
	assert_int_equal(t.pool.totals.requested, 6);
	give_back(b, 12);
	end();
}

static void failed_completion_starts_the_fallback(void **state)
{
	struct buffer *b[16];

	begin(&marks);
	take(b, 12);
	t.answer = NDIS_STATUS_FAILURE;
	answer(false);
	assert_true(t.pool.policy.fallback);
	assert_int_equal(t.pool.totals.failed, 1);
	assert_int_equal(take(b + 12, 2), 2);
	home(b + 12, 2);
	give_back(b, 12);
	assert_false(t.pool.policy.fallback);
	assert_int_equal(rec_count(POOLSCOPE_EV_FALLBACK), 2);
	end();
}

/* R36 */
static void memory_that_cannot_be_wrapped_is_given_back(void **state)
{
	struct buffer *b[16];
	const struct rec_event *done;

	begin(&marks);
	take(b, 12);
	t.wraps = false;
	t.answer = NDIS_STATUS_FAILURE;
	answer(true);
	assert_int_equal(t.freed, 1);
	assert_int_equal(t.pool.policy.total, 16);
	done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 1);
	assert_int_equal(done->how, POOLSCOPE_WRAP_FAILED);
	assert_int_equal(done->buffers, 0);
	assert_int_equal(rec_find(POOLSCOPE_EV_BLOCK_FREE, 0)->how, POOLSCOPE_FREE_WRAP_FAILED);
	give_back(b, 12);
	end();
}

/* R37, R49, R54 */
static void memory_that_comes_after_the_stop_is_given_back(void **state)
{
	struct buffer *b[16];

	begin(&marks);
	take(b, 12);
	give_back(b, 12);
	pool_lock(&t.pool);
	pool_set_running(&t.pool, false);
	assert_true(pool_drain(&t.pool));
	pool_unlock(&t.pool);
	assert_true(answer(true)); /* the last one lets the halt go on */
	assert_int_equal(t.freed, 1);
	assert_int_equal(rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 1)->how, POOLSCOPE_LATE);
	assert_int_equal(rec_find(POOLSCOPE_EV_BLOCK_FREE, 0)->how, POOLSCOPE_FREE_LATE);
	end();
}

/* R27 */
static void limit_holds_with_many_pending(void **state)
{
	struct policy_marks m = marks;
	struct buffer *b[40];

	m.max_pending = 10;
	m.low = 14;
	m.high = 30;
	m.block = 4;
	m.limit = 23;
	begin(&m);
	take(b, 14);
	assert_int_equal(t.asked, 1); /* 16 + 4 <= 23; one more would make 24 */
	answer(true);
	assert_int_equal(t.asked, 1);
	give_back(b, 14);
	end();
}

/* --- the lead probe --------------------------------------------------------------------------- */

static void block_of_a_probe_is_freed_as_soon_as_it_comes(void **state)
{
	struct policy_marks m = marks;
	const struct rec_event *done, *gone;

	m.probe_ticks = 3;
	begin(&m); /* with a tick */
	ticks(1);
	assert_int_equal(t.asked, 0);
	ticks(1);
	assert_int_equal(t.asked, 1);
	answer(true);
	done = rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 1);
	gone = rec_find(POOLSCOPE_EV_BLOCK_FREE, 0);
	assert_int_equal(done->how, POOLSCOPE_PROBE);
	assert_int_equal(done->buffers, 0);
	assert_int_equal(gone->how, POOLSCOPE_FREE_PROBE);
	assert_int_equal(gone->buffers, 0);
	assert_ptr_equal(gone->va, done->va);
	assert_int_equal(t.freed, 1);
	assert_int_equal(t.pool.policy.total, 16);
	assert_int_equal(t.pool.totals.completed, 1);
	assert_int_equal(t.pool.totals.freed, 1);
	ticks(3);
	assert_int_equal(t.asked, 2);
	answer(false);
	assert_false(t.pool.policy.fallback);
	assert_int_equal(t.pool.totals.failed, 1);
	end();
}

static void block_of_a_probe_that_is_needed_stays(void **state)
{
	struct policy_marks m = marks;
	struct buffer *b[16];

	m.probe_ticks = 1;
	begin(&m);
	assert_int_equal(t.asked, 1);
	take(b, 12);
	assert_int_equal(t.asked, 1);
	answer(true);
	assert_int_equal(t.pool.policy.total, 24);
	assert_int_equal(rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 1)->how, POOLSCOPE_USED);
	give_back(b, 12);
	end();
}

/* R37, R49, R54 */
static void block_of_a_probe_that_comes_after_the_stop_is_late(void **state)
{
	struct policy_marks m = marks;

	m.probe_ticks = 1;
	begin(&m);
	pool_lock(&t.pool);
	pool_set_running(&t.pool, false);
	assert_true(pool_drain(&t.pool));
	pool_unlock(&t.pool);
	assert_true(answer(true));
	assert_int_equal(rec_find(POOLSCOPE_EV_ALLOC_COMPLETE, 1)->how, POOLSCOPE_LATE);
	assert_int_equal(t.freed, 1);
	end();
}

/* --- all together ----------------------------------------------------------------------------- */

/* R57, R58, R60, R61 over random events, with identity at the end. */
static void random_events_keep_the_books_and_replay(void **state)
{
	uint64_t random = 88172645463325252u;

	for (int run = 0; run < 200; run++) {
		struct policy_marks m = {.base = 8 + run % 9,
					 .block = 1 + run % 7,
					 .low = 3 + run % 4,
					 .reserve = run % 3,
					 .max_pending = 1 + run % 4,
					 .shrink_ticks = run % 3,
					 .probe_ticks = run % 5};
		struct buffer *held[200];
		ULONG nr_held = 0;

		m.high = m.low + m.block + 1 + run % 5;
		m.limit = m.base + m.block * (run % 6 + 1);
		begin(&m);
		for (int step = 0; step < 300; step++) {
			struct policy *p = &t.pool.policy;
			ULONG n, resources;

			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			t.answer = random >> 40 & 3 ? NDIS_STATUS_PENDING : NDIS_STATUS_FAILURE;
			t.wraps = (random >> 44 & 7) != 0;
			if (t.asked == NR_REQUESTS && t.answered == NR_REQUESTS)
				t.asked = t.answered = 0;
			if (t.asked > NR_REQUESTS - 8)
				t.answer = NDIS_STATUS_FAILURE;
			switch (random % 5) {
			case 0:
			case 1:
				n = (ULONG)(random >> 20) % (policy_available(p) + 1);
				n = n > 16 ? 16 : n;
				if (n == 0)
					break;
				resources = random >> 60 & 1 ? take_frame(held + nr_held, n)
							     : take(held + nr_held, n);
				nr_held += n - resources;
				home(held + nr_held, resources);
				break;
			case 2:
				n = nr_held ? (ULONG)(random >> 20) % nr_held + 1 : 0;
				if (n == 0)
					break;
				nr_held -= n;
				give_back(held + nr_held, n);
				break;
			case 3:
				if (t.answered < t.asked)
					answer(random >> 50 & 3);
				break;
			default:
				ticks(1);
			}
			assert_int_equal(p->held, nr_held);
			assert_int_equal(p->pending, t.asked - t.answered);
			assert_true(p->total + p->pending * m.block <= m.limit);
			assert_int_equal(t.pool.totals.taken - t.pool.totals.resources -
						 t.pool.totals.returned,
					 nr_held);
		}
		if (nr_held > 0)
			give_back(held, nr_held);
		pool_lock(&t.pool);
		pool_set_running(&t.pool, false);
		pool_unlock(&t.pool);
		while (t.answered < t.asked)
			answer(run % 2);
		end();
		assert_int_equal(t.pool.totals.freed, t.pool.totals.completed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_aligned_and_share_no_cache_line),
		cmocka_unit_test(buffers_of_a_block_waste_no_pages),
		cmocka_unit_test(addresses_that_are_aligned_differently_cannot_be_carved),
		cmocka_unit_test(sizes_beyond_32_bits_are_refused),
		cmocka_unit_test(low_pool_grows_by_one_block_with_the_next_ids),
		cmocka_unit_test(any_other_status_is_a_refusal),
		cmocka_unit_test(refused_pool_asks_once_an_event),
		cmocka_unit_test(failed_completion_starts_the_fallback),
		cmocka_unit_test(memory_that_cannot_be_wrapped_is_given_back),
		cmocka_unit_test(memory_that_comes_after_the_stop_is_given_back),
		cmocka_unit_test(limit_holds_with_many_pending),
		cmocka_unit_test(block_of_a_probe_is_freed_as_soon_as_it_comes),
		cmocka_unit_test(block_of_a_probe_that_is_needed_stays),
		cmocka_unit_test(block_of_a_probe_that_comes_after_the_stop_is_late),
		cmocka_unit_test(random_events_keep_the_books_and_replay),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
