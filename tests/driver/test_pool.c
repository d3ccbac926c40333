/* SPDX-License-Identifier: MIT */
/* The receive pool and the ring, without NDIS memory and without threads. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/pool.h"
#include "tests/driver/recorder.h"

#define NR_REQUESTS 64

/* The other side of pool_ops. */
static struct {
	struct pool pool;
	PVOID contexts[NR_REQUESTS];
	unsigned int asked, answered;
	NDIS_STATUS answer; /* to requests */
	bool wraps;
	unsigned int wrapped, unwrapped, freed, withdrawn;
	ULONG lost; /* what withdraw says */
} t;

static NDIS_STATUS request(struct pool *pool, ULONG length, PVOID context)
{
	assert_int_equal(length, pool->block_bytes);
	if (t.answer == NDIS_STATUS_PENDING)
		t.contexts[t.asked++] = context;
	return t.answer;
}

static bool wrap(struct pool *pool, struct block *block)
{
	t.wrapped += t.wraps;
	return t.wraps;
}

static void unwrap(struct pool *pool, struct block *block)
{
	t.unwrapped++;
}

static void free_memory(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length)
{
	t.freed++;
	free(va);
}

static ULONG withdraw(struct pool *pool)
{
	t.withdrawn++;
	return t.lost;
}

static void post(struct pool *pool)
{
	assert_true(pool->policy.running);
}

static const struct pool_ops ops = {request, wrap, unwrap, free_memory, withdraw, post};

static NDIS_PHYSICAL_ADDRESS bus_of(PVOID va)
{
	return (NDIS_PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)(uintptr_t)va + 0x4000000000};
}

static PVOID memory(ULONG length)
{
	return aligned_alloc(4096, (length + 4095) & ~4095u);
}

static void begin(const struct policy_marks *marks)
{
	struct pool_config config = {
		.name = "test", .generation = 6, .buffer_bytes = 100, .align = 64, .marks = *marks};
	PVOID va;

	rec_reset();
	memset(&t, 0, sizeof(t));
	t.answer = NDIS_STATUS_PENDING;
	t.wraps = true;
	assert_int_equal(pool_init(&t.pool, &config, &ops), NDIS_STATUS_SUCCESS);
	va = memory(pool_base_bytes(&t.pool));
	assert_int_equal(pool_open(&t.pool, va, bus_of(va), pool_base_bytes(&t.pool)),
			 NDIS_STATUS_SUCCESS);
	pool_lock(&t.pool);
	pool_set_running(&t.pool, true);
	pool_unlock(&t.pool);
}

static void assert_identity(void)
{
	char first[200] = "";
	uint64_t mismatches = rec_replay(first);

	if (mismatches != 0)
		print_message("%s\n", first);
	assert_int_equal(mismatches, 0);
}

static void end(void)
{
	pool_lock(&t.pool);
	pool_set_running(&t.pool, false);
	assert_true(pool_is_home(&t.pool));
	pool_unlock(&t.pool);
	pool_free_all(&t.pool);
	pool_close(&t.pool);
	pool_release(&t.pool);
	assert_int_equal(t.wrapped, t.unwrapped);
	assert_identity();
}

/* One event each, with the lock as the driver holds it. */
static void take_spare(struct buffer **buffers, ULONG n)
{
	for (ULONG i = 0; i < n; i++) {
		buffers[i] = pool_spare_get(&t.pool);
		assert_non_null(buffers[i]);
	}
}

static ULONG take(struct buffer **buffers, ULONG n)
{
	ULONG resources;

	pool_lock(&t.pool);
	take_spare(buffers, n);
	resources = pool_take(&t.pool, buffers, n);
	pool_unlock(&t.pool);
	return resources;
}

/* One frame in n buffers.  Returns: how many of them are RESOURCES. */
static ULONG take_frame(struct buffer **buffers, ULONG n)
{
	bool resources;

	pool_lock(&t.pool);
	take_spare(buffers, n);
	for (ULONG i = 1; i < n; i++)
		buffers[i - 1]->next = buffers[i];
	resources = pool_take_frame(&t.pool, buffers[0]);
	pool_unlock(&t.pool);
	for (ULONG i = 0; i < n; i++) {
		assert_int_equal(buffers[i]->lent, resources);
		buffers[i]->next = NULL; /* the tests know them one by one */
	}
	return resources ? n : 0;
}

static void give_back(struct buffer **buffers, ULONG n)
{
	pool_lock(&t.pool);
	pool_return(&t.pool, buffers, n);
	pool_unlock(&t.pool);
}

static void home(struct buffer **buffers, ULONG n)
{
	pool_lock(&t.pool);
	pool_home(&t.pool, buffers, n);
	pool_unlock(&t.pool);
}

static void ticks(int n)
{
	pool_lock(&t.pool);
	while (n-- > 0)
		pool_tick(&t.pool);
	pool_unlock(&t.pool);
}

/* Answers the oldest request. */
static bool answer(bool with_memory)
{
	NDIS_PHYSICAL_ADDRESS pa = {.QuadPart = 0x666}, *garbage = (void *)16;
	PVOID va = with_memory ? memory(t.pool.block_bytes) : NULL;

	assert_true(t.answered < t.asked);
	if (with_memory)
		pa = bus_of(va);
	/* R8: on failure the pointer must not be followed. */
	return pool_complete(&t.pool, t.contexts[t.answered++], va, with_memory ? &pa : garbage,
			     t.pool.block_bytes);
}

static const struct policy_marks marks = {.base = 16,
					  .block = 8,
					  .low = 4,
					  .high = 20,
					  .limit = 40,
					  .reserve = 2,
					  .max_pending = 1,
					  .shrink_ticks = 2};

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
		cmocka_unit_test(idle_blocks_go_newest_first_after_the_ticks),
		cmocka_unit_test(block_with_a_held_buffer_stays),
		cmocka_unit_test(freed_number_is_used_again),
		cmocka_unit_test(lowest_block_gives_its_buffers_first),
		cmocka_unit_test(memory_of_a_lent_buffer_is_freed_after_the_indication),
		cmocka_unit_test(frames_lost_by_a_withdrawal_are_drops),
		cmocka_unit_test(frame_is_one_event_and_comes_home_whole),
		cmocka_unit_test(long_chain_of_frames_is_told_in_whole_frames),
		cmocka_unit_test(block_of_a_probe_is_freed_as_soon_as_it_comes),
		cmocka_unit_test(block_of_a_probe_that_is_needed_stays),
		cmocka_unit_test(block_of_a_probe_that_comes_after_the_stop_is_late),
		cmocka_unit_test(random_events_keep_the_books_and_replay),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
