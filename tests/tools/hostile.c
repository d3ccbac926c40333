/* SPDX-License-Identifier: MIT */
/*
 * hostile: an instrumented program that talks nonsense through poolscope.h, for tests.
 *
 * Returns nobody took, blocks nobody granted, more RESOURCES than buffers, ids, names and
 * enumerators out of range, totals near 2^64, events after the close, pools never closed, and 300
 * pools.
 */
#include <string.h>

#include "tracer/poolscope.h"

#define POOLS	 300
#define LONG_IDS 2000

static const struct poolscope_marks no_marks;
static const struct poolscope_marks wild_marks = {.base = UINT32_MAX,
						  .low = UINT32_MAX,
						  .high = 1,
						  .limit = 0,
						  .reserve = UINT32_MAX,
						  .shrink_ticks = UINT32_MAX};

static void say_buffers(struct poolscope_pool *pool)
{
	static uint32_t many[LONG_IDS];
	const uint32_t ids[] = {UINT32_MAX, 0, 0, 1u << 20, 7};

	memset(many, 0xfe, sizeof(many));
	poolscope_rx_return(pool, ids, 5, UINT32_MAX);
	poolscope_rx_take(pool, ids, 1, UINT16_MAX, 0);
	poolscope_rx_take(pool, ids, 0, 1, 3);
	poolscope_rx_take(pool, ids, 5, 2, UINT32_MAX);
	poolscope_rx_take(pool, many, LONG_IDS, 0, 0);
	poolscope_rx_drop(pool, UINT32_MAX, (enum poolscope_drop_cause)1);
}

static void say_blocks(struct poolscope_pool *pool)
{
	poolscope_block_free(pool, 99, NULL, UINT64_MAX, UINT32_MAX, POOLSCOPE_FREE_SHRINK,
			     UINT32_MAX, 0);
	poolscope_alloc_refused(pool, UINT64_MAX, UINT32_MAX);
	poolscope_alloc_complete(pool, 77, UINT32_MAX, (void *)UINTPTR_MAX, UINT64_MAX, UINT32_MAX,
				 255, POOLSCOPE_USED, UINT32_MAX, UINT32_MAX);
	poolscope_alloc_complete(pool, 0, 0, NULL, 0, 0, 0, POOLSCOPE_LATE, 0, 0);
	poolscope_alloc_request(pool, UINT64_MAX, UINT32_MAX, true, 255, UINT32_MAX, 0, UINT32_MAX);
	poolscope_alloc_request(pool, UINT64_MAX, 0, false, 0, 0, 0, 0);
	poolscope_block_free(pool, 0, NULL, 0, 0, POOLSCOPE_FREE_HALT, UINT32_MAX, 0);
}

static void say_state(struct poolscope_pool *pool, bool running)
{
	struct poolscope_state state = {.available = UINT32_MAX,
					.total = 1,
					.pending = UINT32_MAX,
					.running = running,
					.marks = wild_marks};

	memset(&state.totals, running ? 0xff : 0x80, sizeof(state.totals));
	poolscope_tick(pool, &state);
	poolscope_fallback(pool, running, 5);
	poolscope_violation(pool, UINT16_MAX, UINT64_MAX);
}

static void say_all(struct poolscope_pool *pool)
{
	for (int turn = 0; turn < 3; turn++) {
		say_buffers(pool);
		say_blocks(pool);
		say_state(pool, turn % 2);
	}
}

int main(void)
{
	static char long_name[1000];
	struct poolscope_totals totals;
	struct poolscope_pool *pool;

	memset(&totals, 0xff, sizeof(totals));
	memset(long_name, 'x', sizeof(long_name) - 1);
	pool = poolscope_pool_open("\xff\x1b[2J\n\t'\"", 255, UINT32_MAX, &no_marks);
	say_all(pool);
	pool = poolscope_pool_open(long_name, 6, 0, &wild_marks);
	say_all(pool);
	poolscope_pool_close(pool, &totals, UINT32_MAX, UINT32_MAX);
	for (int i = 2; i < POOLS; i++) {
		pool = poolscope_pool_open("", 0, 2048, i % 2 ? &wild_marks : &no_marks);
		say_buffers(pool);
		if (i % 3)
			poolscope_pool_close(pool, &totals, 0, 0);
	}
	return 0;
}
