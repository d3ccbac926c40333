/* SPDX-License-Identifier: MIT */
#include "tracer/poolscope.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/poolscope/announce.h"
#include "tracer/poolscope/backend.h"
#include "tracer/poolscope/provider.h"

uint32_t poolscope_on;

struct poolscope_pool {
	struct poolscope_pool *next; /* in all_pools; closed pools stay, for late violations */
	uint32_t id;
	uint32_t wanted; /* events that this pool gives a seq to; changes at open and at ticks only
			  */
	uint64_t seq;	 /* of the next event */
	const struct poolscope_backend *backend; /* NULL: LTTng */
	void *backend_ctx;
	/*
	 * The caller's pool lock serialises all events but violations, which come from layers that
	 * do not know that lock.  Nearly always free: one exchange, no waiting.
	 */
	atomic_flag busy;
	char name[64];
};

static struct {
	pthread_mutex_t lock;
	pthread_once_t once;
	uint32_t next_id;
	struct poolscope_pool *all;
	const struct poolscope_backend *backend; /* of pools that are opened now */
	void *backend_ctx;
	uint32_t backend_next_id;
} pools = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

static _Thread_local struct poolscope_pool *last_pool;

#define EVENTS(X)                                                                                  \
	X(POOL_OPEN, pool_open)                                                                    \
	X(TICK, tick)                                                                              \
	X(ALLOC_REQUEST, alloc_request)                                                            \
	X(ALLOC_REFUSED, alloc_refused)                                                            \
	X(ALLOC_COMPLETE, alloc_complete)                                                          \
	X(BLOCK_FREE, block_free)                                                                  \
	X(RX_TAKE, rx_take)                                                                        \
	X(RX_RETURN, rx_return)                                                                    \
	X(RX_DROP, rx_drop)                                                                        \
	X(FALLBACK, fallback)                                                                      \
	X(VIOLATION, violation)                                                                    \
	X(POOL_CLOSE, pool_close)

/* What LTTng has switched on in this process, as bits of enum poolscope_event. */
static uint32_t lttng_wants(void)
{
	uint32_t on = 0;

#define ONE(NAME, name)                                                                            \
	if (lttng_ust_tracepoint_enabled(poolscope, name))                                         \
		on |= 1u << POOLSCOPE_EV_##NAME;
	EVENTS(ONE)
#undef ONE
	return on;
}

#define EVERYTHING UINT32_MAX

static void pool_refresh(struct poolscope_pool *pool)
{
	bool attached = __atomic_load_n(&pools.backend, __ATOMIC_RELAXED) != NULL;

	pool->wanted = pool->backend != NULL ? EVERYTHING : lttng_wants();
	/* With both kinds of pools the calls of either go on to be judged here. */
	__atomic_store_n(&poolscope_on, attached ? EVERYTHING : pool->wanted, __ATOMIC_RELAXED);
}

static void pool_enter(struct poolscope_pool *pool)
{
	while (atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire))
		;
}

static void pool_leave(struct poolscope_pool *pool)
{
	atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

/*
 * Emits one event with the next seq.  Only an event that LTTng takes now gets a seq, so that a
 * recording of some groups, or one that was stopped, has no gaps of its own making.
 */
#define EMIT(pool, NAME, name, ...)                                                                \
	do {                                                                                       \
		if (!(pool))                                                                       \
			break;                                                                     \
		pool_enter(pool);                                                                  \
		if ((pool)->backend)                                                               \
			(pool)->backend->name((pool)->backend_ctx, (pool)->id, (pool)->seq++,      \
					      __VA_ARGS__);                                        \
		else if (((pool)->wanted & (1u << POOLSCOPE_EV_##NAME)) &&                         \
			 lttng_ust_tracepoint_enabled(poolscope, name))                            \
			lttng_ust_do_tracepoint(poolscope, name, (pool)->id, (pool)->seq++,        \
						__VA_ARGS__);                                      \
		pool_leave(pool);                                                                  \
	} while (0)

static void pools_first_use(void)
{
	pools.next_id = poolscope_announce();
}

void poolscope_attach(const struct poolscope_backend *backend, void *ctx)
{
	pthread_mutex_lock(&pools.lock);
	__atomic_store_n(&pools.backend, backend, __ATOMIC_RELAXED);
	pools.backend_ctx = ctx;
	pools.backend_next_id = 0;
	pthread_mutex_unlock(&pools.lock);
	__atomic_store_n(&poolscope_on, EVERYTHING, __ATOMIC_RELAXED);
}

void poolscope_detach(void)
{
	pthread_mutex_lock(&pools.lock);
	__atomic_store_n(&pools.backend, NULL, __ATOMIC_RELAXED);
	for (struct poolscope_pool *pool = pools.all; pool; pool = pool->next) {
		pool_enter(pool);
		if (pool->backend)
			pool->wanted = 0;
		pool->backend = NULL;
		pool_leave(pool);
	}
	pthread_mutex_unlock(&pools.lock);
	__atomic_store_n(&poolscope_on, lttng_wants(), __ATOMIC_RELAXED);
}

/* Its number, and where its events go. */
static void enter_pool(struct poolscope_pool *pool)
{
	pthread_mutex_lock(&pools.lock);
	pool->backend = pools.backend;
	pool->backend_ctx = pools.backend_ctx;
	pool->id = pool->backend ? pools.backend_next_id++ : pools.next_id++;
	pool->next = pools.all;
	pools.all = pool;
	pthread_mutex_unlock(&pools.lock);
}

struct poolscope_pool *poolscope_pool_open(const char *name, unsigned generation,
					   uint32_t buffer_bytes,
					   const struct poolscope_marks *marks)
{
	struct poolscope_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	if (!__atomic_load_n(&pools.backend, __ATOMIC_RELAXED))
		pthread_once(&pools.once, pools_first_use);
	strncpy(pool->name, name, sizeof(pool->name) - 1);
	atomic_flag_clear(&pool->busy);
	enter_pool(pool);
	last_pool = pool;
	pool_refresh(pool);
	EMIT(pool, POOL_OPEN, pool_open, pool->name, (uint8_t)generation, buffer_bytes, marks);
	return pool;
}

struct poolscope_pool *poolscope_pool_last(void)
{
	return last_pool;
}

void poolscope_pool_close(struct poolscope_pool *pool, const struct poolscope_totals *totals,
			  uint32_t live_blocks, uint32_t live_buffers)
{
	EMIT(pool, POOL_CLOSE, pool_close, totals, live_blocks, live_buffers);
}

void poolscope_tick(struct poolscope_pool *pool, const struct poolscope_state *state)
{
	if (!pool)
		return;
	pool_enter(pool);
	pool_refresh(pool);
	pool_leave(pool);
	EMIT(pool, TICK, tick, state);
}

void poolscope_emit_alloc_request(struct poolscope_pool *pool, uint64_t request,
				  uint32_t length_bytes, bool cached, uint8_t irql,
				  uint32_t available, uint32_t total, uint32_t pending)
{
	EMIT(pool, ALLOC_REQUEST, alloc_request, request, length_bytes, cached, irql, available,
	     total, pending);
}

void poolscope_emit_alloc_refused(struct poolscope_pool *pool, uint64_t request, uint32_t status)
{
	EMIT(pool, ALLOC_REFUSED, alloc_refused, request, status);
}

void poolscope_emit_alloc_complete(struct poolscope_pool *pool, uint64_t request, uint32_t block,
				   const void *va, uint64_t pa, uint32_t length_bytes, uint8_t irql,
				   enum poolscope_outcome outcome, uint32_t buffers,
				   uint32_t available)
{
	const struct poolscope_memory_args m = {
		.request = request,
		.block = block,
		.va = (uintptr_t)va,
		.pa = pa,
		.length_bytes = length_bytes,
		.irql = irql,
		.outcome = (uint8_t)outcome,
		.buffers = buffers,
		.available = available,
	};

	EMIT(pool, ALLOC_COMPLETE, alloc_complete, &m);
}

void poolscope_emit_block_free(struct poolscope_pool *pool, uint32_t block, const void *va,
			       uint64_t pa, uint32_t length_bytes,
			       enum poolscope_free_reason reason, uint32_t buffers,
			       uint32_t available)
{
	const struct poolscope_memory_args m = {
		.block = block,
		.va = (uintptr_t)va,
		.pa = pa,
		.length_bytes = length_bytes,
		.reason = (uint8_t)reason,
		.buffers = buffers,
		.available = available,
	};

	EMIT(pool, BLOCK_FREE, block_free, &m);
}

void poolscope_emit_rx_take(struct poolscope_pool *pool, const uint32_t *ids, uint32_t nr_ids,
			    uint16_t frames, uint16_t resources, uint32_t available)
{
	EMIT(pool, RX_TAKE, rx_take, ids, nr_ids, frames, resources, available);
}

void poolscope_emit_rx_return(struct poolscope_pool *pool, const uint32_t *ids, uint32_t nr_ids,
			      uint32_t available)
{
	EMIT(pool, RX_RETURN, rx_return, ids, nr_ids, available);
}

void poolscope_emit_rx_drop(struct poolscope_pool *pool, uint32_t count,
			    enum poolscope_drop_cause cause)
{
	EMIT(pool, RX_DROP, rx_drop, count, (uint8_t)cause);
}

void poolscope_emit_fallback(struct poolscope_pool *pool, bool on, uint32_t available)
{
	EMIT(pool, FALLBACK, fallback, on, available);
}

void poolscope_emit_violation(struct poolscope_pool *pool, uint16_t rule, uint64_t object)
{
	EMIT(pool, VIOLATION, violation, rule, object);
}
