/* SPDX-License-Identifier: MIT */
#ifndef POOL_BENCH_H
#define POOL_BENCH_H
/*
 * The receive pool alone: the other side of pool_ops is the test, which answers requests when it
 * wants to; no NDIS memory, no threads.
 *
 *	begin(&marks);  take(b, 12);  answer(true);  give_back(b, 12);  end();
 *
 * Included by one file of a program, as recorder.h is.
 */
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

static inline NDIS_STATUS request(struct pool *pool, ULONG length, PVOID context)
{
	assert_int_equal(length, pool->block_bytes);
	if (t.answer == NDIS_STATUS_PENDING)
		t.contexts[t.asked++] = context;
	return t.answer;
}

static inline bool wrap(struct pool *pool, struct block *block)
{
	t.wrapped += t.wraps;
	return t.wraps;
}

static inline void unwrap(struct pool *pool, struct block *block)
{
	t.unwrapped++;
}

static inline void free_memory(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length)
{
	t.freed++;
	free(va);
}

static inline ULONG withdraw(struct pool *pool)
{
	t.withdrawn++;
	return t.lost;
}

static inline void post(struct pool *pool)
{
	assert_true(pool->policy.running);
}

static const struct pool_ops ops = {request, wrap, unwrap, free_memory, withdraw, post};

static inline NDIS_PHYSICAL_ADDRESS bus_of(PVOID va)
{
	return (NDIS_PHYSICAL_ADDRESS){.QuadPart = (LONGLONG)(uintptr_t)va + 0x4000000000};
}

static inline PVOID memory(ULONG length)
{
	return aligned_alloc(4096, (length + 4095) & ~4095u);
}

static inline void begin(const struct policy_marks *marks)
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

static inline void assert_identity(void)
{
	char first[200] = "";
	uint64_t mismatches = rec_replay(first);

	if (mismatches != 0)
		print_message("%s\n", first);
	assert_int_equal(mismatches, 0);
}

static inline void end(void)
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
static inline void take_spare(struct buffer **buffers, ULONG n)
{
	for (ULONG i = 0; i < n; i++) {
		buffers[i] = pool_spare_get(&t.pool);
		assert_non_null(buffers[i]);
	}
}

static inline ULONG take(struct buffer **buffers, ULONG n)
{
	ULONG resources;

	pool_lock(&t.pool);
	take_spare(buffers, n);
	resources = pool_take(&t.pool, buffers, n);
	pool_unlock(&t.pool);
	return resources;
}

/* One frame in n buffers.  Returns: how many of them are RESOURCES. */
static inline ULONG take_frame(struct buffer **buffers, ULONG n)
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

static inline void give_back(struct buffer **buffers, ULONG n)
{
	pool_lock(&t.pool);
	pool_return(&t.pool, buffers, n);
	pool_unlock(&t.pool);
}

static inline void home(struct buffer **buffers, ULONG n)
{
	pool_lock(&t.pool);
	pool_home(&t.pool, buffers, n);
	pool_unlock(&t.pool);
}

static inline void ticks(int n)
{
	pool_lock(&t.pool);
	while (n-- > 0)
		pool_tick(&t.pool);
	pool_unlock(&t.pool);
}

/* Answers the oldest request. */
static inline bool answer(bool with_memory)
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

#endif
