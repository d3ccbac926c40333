/* SPDX-License-Identifier: MIT */
#include "driver/ndis/autopool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"

#define TICK_NS UINT64_C(100000000)

enum phase {
	PHASE_NONE,    /* not the host's affair: the miniport has a pool, or there is none */
	PHASE_WAITING, /* it is not known yet whose affair it is */
	PHASE_OPEN,
};

/* An event of the memory. */
struct said {
	enum poolscope_event event;
	uint64_t request;
	PVOID va;
	uint64_t pa;
	uint32_t number, length, status, pending;
	uint8_t irql;
	bool cached, with_memory, halting;
};

struct autopool {
	struct ndis_adapter *adapter;
	enum phase phase; /* atomic; changes with the mutex held */
	/* The pool's lock: everything below, and the order of the events. */
	pthread_mutex_t mutex;
	pthread_t initializer;
	struct poolscope_pool *last; /* of the initializer's thread, before */
	struct poolscope_pool *pool;
	struct said *kept; /* until it is decided */
	size_t nr_kept, kept_room;
	struct poolscope_totals totals;
	uint32_t pending, live_blocks;
	bool running;
	bool *numbers; /* of blocks: which are used; [0] is always */
	uint32_t nr_numbers;
	uint32_t *free_ids;
	uint32_t nr_free_ids, ids_room, nr_ids;
	struct device_counts device; /* as last said */
	struct exec_job tick_job;
};

#define U POOLSCOPE_UNKNOWN
static const struct poolscope_marks unknown_marks = {U, U, U, U, U, U, U, U, U};
#undef U
static_assert(sizeof(unknown_marks) == 9 * sizeof(uint32_t), "a new mark is unknown, too");

static enum phase phase_of(const struct autopool *pool)
{
	return pool != NULL ? __atomic_load_n(&pool->phase, __ATOMIC_ACQUIRE) : PHASE_NONE;
}

static void set_phase(struct autopool *pool, enum phase phase)
{
	__atomic_store_n(&pool->phase, phase, __ATOMIC_RELEASE);
}

/* --- saying (all locked) ---------------------------------------------------------------------- */

static void say_complete(struct autopool *pool, const struct said *s)
{
	poolscope_alloc_complete(pool->pool, s->request, s->number, s->va, s->pa, s->length,
				 s->irql, s->with_memory ? POOLSCOPE_USED : POOLSCOPE_NULL,
				 s->with_memory ? POOLSCOPE_UNKNOWN : 0, POOLSCOPE_UNKNOWN);
}

static void say_now(struct autopool *pool, const struct said *s)
{
	switch (s->event) {
	case POOLSCOPE_EV_ALLOC_REQUEST:
		poolscope_alloc_request(pool->pool, s->request, s->length, s->cached, s->irql,
					POOLSCOPE_UNKNOWN, POOLSCOPE_UNKNOWN, s->pending);
		break;
	case POOLSCOPE_EV_ALLOC_REFUSED:
		poolscope_alloc_refused(pool->pool, s->request, s->status);
		break;
	case POOLSCOPE_EV_ALLOC_COMPLETE:
		say_complete(pool, s);
		break;
	case POOLSCOPE_EV_BLOCK_FREE:
		poolscope_block_free(pool->pool, s->number, s->va, s->pa, s->length,
				     s->halting ? POOLSCOPE_FREE_HALT : POOLSCOPE_FREE_SHRINK,
				     POOLSCOPE_UNKNOWN, POOLSCOPE_UNKNOWN);
		break;
	default:
		break;
	}
}

static void keep(struct autopool *pool, const struct said *s)
{
	if (pool->nr_kept == pool->kept_room) {
		size_t room = pool->kept_room != 0 ? 2 * pool->kept_room : 64;
		struct said *more = realloc(pool->kept, room * sizeof(*more));

		if (more == NULL)
			return; /* the record lacks it; the totals do not */
		pool->kept = more;
		pool->kept_room = room;
	}
	pool->kept[pool->nr_kept++] = *s;
}

static void say(struct autopool *pool, const struct said *s)
{
	if (phase_of(pool) == PHASE_WAITING)
		keep(pool, s);
	else
		say_now(pool, s);
}

static void forget_kept(struct autopool *pool)
{
	free(pool->kept);
	pool->kept = NULL;
	pool->nr_kept = pool->kept_room = 0;
}

static void say_tick(struct autopool *pool)
{
	const struct poolscope_state state = {
		.available = POOLSCOPE_UNKNOWN,
		.total = POOLSCOPE_UNKNOWN,
		.pending = pool->pending,
		.running = pool->running,
		.totals = pool->totals,
		.marks = unknown_marks,
	};

	poolscope_tick(pool->pool, &state);
}

static void say_drops(struct autopool *pool, const struct device_counts *now)
{
	uint64_t ring = now->no_descriptor - pool->device.no_descriptor;
	uint64_t fifo = now->fifo - pool->device.fifo;

	pool->totals.dropped += ring + fifo;
	if (ring != 0)
		poolscope_rx_drop(pool->pool, (uint32_t)ring, POOLSCOPE_DROP_NO_DESCRIPTOR);
	if (fifo != 0)
		poolscope_rx_drop(pool->pool, (uint32_t)fifo, POOLSCOPE_DROP_FIFO);
	pool->device = *now;
}

/* The device's lock is taken before the pool's, never inside it. */
static struct device_counts count_device(const struct autopool *pool)
{
	struct device *device = pool->adapter->device;
	struct device_counts counts;

	device->ops->count(device, &counts);
	return counts;
}

/* --- the pool's life -------------------------------------------------------------------------- */

static void tick_again(struct autopool *pool)
{
	struct ndis_host *host = ndis_host();

	exec_submit(host->timers, &pool->tick_job, exec_now_ns(host->config.exec) + TICK_NS);
}

static void tick_run(struct exec_job *job)
{
	struct autopool *pool = CONTAINING_RECORD(job, struct autopool, tick_job);
	struct device_counts counts = count_device(pool);

	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) == PHASE_OPEN) {
		say_drops(pool, &counts);
		say_tick(pool);
		tick_again(pool);
	}
	pthread_mutex_unlock(&pool->mutex);
}

struct autopool *autopool_open(struct ndis_adapter *adapter)
{
	struct autopool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->adapter = adapter;
	pool->tick_job.run = tick_run;
	pthread_mutex_init(&pool->mutex, NULL);
	return pool;
}

void autopool_close(struct autopool *pool)
{
	if (pool == NULL)
		return;
	forget_kept(pool);
	free(pool->numbers);
	free(pool->free_ids);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

void autopool_begin(struct autopool *pool)
{
	struct device_counts counts;

	if (pool == NULL || pool->adapter->driver->has_pool)
		return;
	counts = count_device(pool);
	pthread_mutex_lock(&pool->mutex);
	pool->device = counts;
	pool->initializer = pthread_self();
	pool->last = poolscope_pool_last();
	pool->totals = (struct poolscope_totals){0};
	pool->pending = pool->live_blocks = 0;
	pool->running = false;
	set_phase(pool, PHASE_WAITING);
	pthread_mutex_unlock(&pool->mutex);
}

/* The miniport's name, and which adapter it is from the second one on. */
static void name_pool(const struct autopool *pool, char *name, size_t size)
{
	const struct ndis_adapter *adapter = pool->adapter;

	if (adapter->number == 0)
		snprintf(name, size, "%s", adapter->driver->name);
	else
		snprintf(name, size, "%.50s-%" PRIu64, adapter->driver->name, adapter->number);
}

/* Opens the pool, and says what was kept back. (locked) */
static void open_pool(struct autopool *pool)
{
	const struct ndis_driver *driver = pool->adapter->driver;
	char name[80];

	name_pool(pool, name, sizeof(name));
	pool->pool = poolscope_pool_open(name, driver->face->generation, POOLSCOPE_UNKNOWN,
					 &unknown_marks);
	set_phase(pool, PHASE_OPEN);
	for (size_t i = 0; i < pool->nr_kept; i++)
		say_now(pool, &pool->kept[i]);
	forget_kept(pool);
	__atomic_store_n(&pool->adapter->pool, pool->pool, __ATOMIC_RELEASE);
	tick_again(pool);
}

static void decide(struct autopool *pool)
{
	if (poolscope_pool_last() == pool->last) {
		open_pool(pool);
		return;
	}
	forget_kept(pool);
	set_phase(pool, PHASE_NONE);
}

void autopool_decide(struct autopool *pool)
{
	if (phase_of(pool) != PHASE_WAITING)
		return;
	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) == PHASE_WAITING)
		decide(pool);
	pthread_mutex_unlock(&pool->mutex);
}

void autopool_set_running(struct autopool *pool, bool running)
{
	if (phase_of(pool) != PHASE_OPEN)
		return;
	pthread_mutex_lock(&pool->mutex);
	pool->running = running;
	say_tick(pool);
	pthread_mutex_unlock(&pool->mutex);
}

void autopool_end(struct autopool *pool)
{
	struct device_counts counts;

	if (phase_of(pool) != PHASE_OPEN)
		return;
	counts = count_device(pool);
	pthread_mutex_lock(&pool->mutex);
	say_drops(pool, &counts);
	poolscope_pool_close(pool->pool, &pool->totals, pool->live_blocks, POOLSCOPE_UNKNOWN);
	set_phase(pool, PHASE_NONE);
	pthread_mutex_unlock(&pool->mutex);
	exec_cancel(ndis_host()->timers, &pool->tick_job);
	exec_flush(ndis_host()->timers);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* The lowest free number of a block; 0 is the base blocks'. */
static uint32_t number_get(struct autopool *pool)
{
	uint32_t n = 1;

	while (n < pool->nr_numbers && pool->numbers[n])
		n++;
	if (n >= pool->nr_numbers) {
		uint32_t room = pool->nr_numbers != 0 ? 2 * pool->nr_numbers : 64;
		bool *more = realloc(pool->numbers, room * sizeof(*more));

		if (more == NULL)
			return POOLSCOPE_UNKNOWN;
		memset(more + pool->nr_numbers, 0, (room - pool->nr_numbers) * sizeof(*more));
		pool->numbers = more;
		pool->nr_numbers = room;
	}
	pool->numbers[n] = true;
	return n;
}

static void number_put(struct autopool *pool, uint32_t n)
{
	if (n < pool->nr_numbers)
		pool->numbers[n] = false;
}

void autopool_base(struct autopool *pool, struct shared_block *block)
{
	struct said s = {.event = POOLSCOPE_EV_ALLOC_COMPLETE,
			 .va = block->va,
			 .pa = block->bus.value,
			 .length = block->length,
			 .irql = PASSIVE_LEVEL,
			 .with_memory = true};

	if (phase_of(pool) == PHASE_NONE)
		return;
	pthread_mutex_lock(&pool->mutex);
	block->number = 0;
	pool->live_blocks++;
	say(pool, &s);
	pthread_mutex_unlock(&pool->mutex);
}

uint64_t autopool_request(struct autopool *pool, uint32_t length_bytes, bool cached)
{
	struct said s = {.event = POOLSCOPE_EV_ALLOC_REQUEST,
			 .length = length_bytes,
			 .cached = cached,
			 .irql = KeGetCurrentIrql()};

	if (phase_of(pool) == PHASE_NONE)
		return 0;
	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) == PHASE_WAITING && pthread_equal(pool->initializer, pthread_self()))
		decide(pool);
	if (phase_of(pool) != PHASE_NONE) {
		s.request = ++pool->totals.requested;
		s.pending = ++pool->pending;
		say(pool, &s);
	}
	pthread_mutex_unlock(&pool->mutex);
	return s.request;
}

void autopool_refused(struct autopool *pool, uint64_t request, uint32_t status)
{
	struct said s = {.event = POOLSCOPE_EV_ALLOC_REFUSED, .request = request, .status = status};

	if (request == 0)
		return;
	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) != PHASE_NONE) {
		pool->totals.refused++;
		pool->pending--;
		say(pool, &s);
	}
	pthread_mutex_unlock(&pool->mutex);
}

void autopool_complete(struct autopool *pool, uint64_t request, struct shared_block *block,
		       uint32_t length_bytes, uint8_t irql)
{
	struct said s = {.event = POOLSCOPE_EV_ALLOC_COMPLETE,
			 .request = request,
			 .length = length_bytes,
			 .irql = irql,
			 .with_memory = block != NULL};

	if (request == 0)
		return;
	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) != PHASE_NONE) {
		pool->pending--;
		if (block != NULL) {
			block->number = s.number = number_get(pool);
			s.va = block->va;
			s.pa = block->bus.value;
			pool->live_blocks++;
			pool->totals.completed++;
		} else {
			pool->totals.failed++;
		}
		say(pool, &s);
	}
	pthread_mutex_unlock(&pool->mutex);
}

static bool is_halting(const struct ndis_adapter *adapter)
{
	enum ndis_adapter_state state = ndis_adapter_state(adapter);

	return state == NDIS_ADAPTER_HALTING || state == NDIS_ADAPTER_INITIALIZING;
}

void autopool_free(struct autopool *pool, const struct shared_block *block)
{
	struct said s = {.event = POOLSCOPE_EV_BLOCK_FREE,
			 .va = block->va,
			 .pa = block->bus.value,
			 .number = block->number,
			 .length = block->length};

	if (phase_of(pool) == PHASE_NONE)
		return;
	s.halting = is_halting(pool->adapter);
	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) != PHASE_NONE) {
		pool->live_blocks--;
		pool->totals.freed += block->number != 0;
		say(pool, &s);
		if (block->number != 0)
			number_put(pool, block->number);
	}
	pthread_mutex_unlock(&pool->mutex);
}

/* --- frames ----------------------------------------------------------------------------------- */

static uint32_t id_get(struct autopool *pool)
{
	return pool->nr_free_ids > 0 ? pool->free_ids[--pool->nr_free_ids] : pool->nr_ids++;
}

/* There is room for every number that was ever given out, or it is not used again. */
static void id_put(struct autopool *pool, uint32_t id)
{
	if (pool->nr_free_ids == pool->ids_room) {
		uint32_t room = pool->ids_room != 0 ? 2 * pool->ids_room : 256;
		uint32_t *more = realloc(pool->free_ids, room * sizeof(*more));

		if (more == NULL)
			return;
		pool->free_ids = more;
		pool->ids_room = room;
	}
	pool->free_ids[pool->nr_free_ids++] = id;
}

/* The last of a list first, so that the next frames get the numbers in their order. */
static void ids_put(struct autopool *pool, const uint32_t *ids, uint32_t n)
{
	while (n-- > 0)
		id_put(pool, ids[n]);
}

void autopool_take(struct autopool *pool, uint32_t *ids, uint32_t n, bool resources)
{
	if (phase_of(pool) != PHASE_OPEN)
		return;
	pthread_mutex_lock(&pool->mutex);
	for (uint32_t i = 0; i < n; i++)
		ids[i] = id_get(pool);
	if (phase_of(pool) == PHASE_OPEN) {
		pool->totals.taken += n;
		pool->totals.resources += resources ? n : 0;
		poolscope_rx_take(pool->pool, ids, n, (uint16_t)(resources ? n : 0),
				  POOLSCOPE_UNKNOWN);
	}
	if (resources)
		ids_put(pool, ids, n);
	pthread_mutex_unlock(&pool->mutex);
}

void autopool_return(struct autopool *pool, const uint32_t *ids, uint32_t n)
{
	if (phase_of(pool) != PHASE_OPEN)
		return;
	pthread_mutex_lock(&pool->mutex);
	if (phase_of(pool) == PHASE_OPEN) {
		pool->totals.returned += n;
		poolscope_rx_return(pool->pool, ids, n, POOLSCOPE_UNKNOWN);
	}
	ids_put(pool, ids, n);
	pthread_mutex_unlock(&pool->mutex);
}
