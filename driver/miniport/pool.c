/* SPDX-License-Identifier: MIT */
#include "pool.h"

#define POOL_TAG 0x6c6f6f50u /* 'Pool' */

/* Most ids in one event; a longer chain is told in pieces, none of which ends within a frame. */
#define IDS_MAX FRAME_BUFFERS_MAX

/* Most buffers: what is counted by them, such as slots of blocks, fits into 32 bits in bytes, too.
 */
#define POOL_LIMIT_MAX 0x10000000u

/* A request on its way: the Context of the asynchronous call. */
struct request {
	ULONG64 number;
};

/* --- what the record is told ------------------------------------------------------------------ */

static struct poolscope_marks scope_marks(const struct policy_marks *m)
{
	return (struct poolscope_marks){m->base,	m->block,	 m->low,
					m->high,	m->limit,	 m->reserve,
					m->max_pending, m->shrink_ticks, m->probe_ticks};
}

static void say_tick(struct pool *pool)
{
	struct poolscope_state state = {
		.available = policy_available(&pool->policy),
		.total = pool->policy.total,
		.pending = pool->policy.pending,
		.fallback = pool->policy.fallback,
		.running = pool->policy.running,
		.totals = pool->totals,
		.marks = scope_marks(&pool->policy.marks),
	};

	poolscope_tick(pool->scope, &state);
}

static void say_fallback(struct pool *pool)
{
	if (pool->policy.fallback == pool->said_fallback)
		return;
	pool->said_fallback = pool->policy.fallback;
	poolscope_fallback(pool->scope, pool->said_fallback, policy_available(&pool->policy));
}

static void say_free(struct pool *pool, const struct block *block,
		     enum poolscope_free_reason reason)
{
	ULONG left = block->announced ? block->nr_buffers : 0;

	poolscope_block_free(pool->scope, block->slot, block->va, (uint64_t)block->pa.QuadPart,
			     block->length, reason, left, policy_available(&pool->policy));
}

/* --- spare buffers ---------------------------------------------------------------------------- */

struct buffer *pool_spare_get(struct pool *pool)
{
	for (; pool->spare_hint < pool->nr_slots; pool->spare_hint++) {
		struct block *block = pool->slots[pool->spare_hint];

		if (block != NULL && block->spare != NULL) {
			struct buffer *buffer = block->spare;

			block->spare = buffer->next;
			buffer->next = NULL;
			return buffer;
		}
	}
	return NULL;
}

void pool_spare_put(struct pool *pool, struct buffer *buffer)
{
	struct block *block = buffer->block;

	if (block->retired)
		return;
	block_put(block, buffer);
	if (block->slot < pool->spare_hint)
		pool->spare_hint = block->slot;
}

/* --- growing ---------------------------------------------------------------------------------- */

static NDIS_STATUS ask(struct pool *pool, struct request *request)
{
	/* All that the completion needs is in place: it may run before the call returns (R6). */
	return request != NULL ? pool->ops->request(pool, pool->block_bytes, request)
			       : NDIS_STATUS_RESOURCES;
}

/* Returns: whether the request was accepted. */
static bool request_block(struct pool *pool, void (*tell)(struct policy *policy))
{
	struct request *request = NdisAllocateMemoryWithTagPriority(NULL, sizeof(*request),
								    POOL_TAG, NormalPoolPriority);
	ULONG64 number = ++pool->totals.requested;
	NDIS_STATUS status;

	if (request != NULL)
		request->number = number;
	tell(&pool->policy);
	poolscope_alloc_request(pool->scope, number, pool->block_bytes, pool->config.cached,
				KeGetCurrentIrql(), policy_available(&pool->policy),
				pool->policy.total, pool->policy.pending);
	status = ask(pool, request);
	if (status == NDIS_STATUS_PENDING)
		return true;
	/* Whatever else it is, it is a refusal: no completion will come (R2, R4). */
	policy_refused(&pool->policy);
	pool->totals.refused++;
	poolscope_alloc_refused(pool->scope, number, (uint32_t)status);
	say_fallback(pool);
	if (request != NULL)
		NdisFreeMemory(request, 0, 0);
	return false;
}

static void grow(struct pool *pool)
{
	while (policy_wants_block(&pool->policy)) {
		if (!request_block(pool, policy_requested))
			break;
	}
}

/* A block is asked for only to see how long it takes. */
static void probe(struct pool *pool)
{
	if (policy_wants_probe(&pool->policy))
		request_block(pool, policy_probed);
}

/* --- shrinking -------------------------------------------------------------------------------- */

static void destroy_block(struct pool *pool, struct block *block)
{
	pool->ops->unwrap(pool, block);
	block_destroy(block);
}

static void free_block(struct pool *pool, struct block *block)
{
	PVOID va = block->va;
	NDIS_PHYSICAL_ADDRESS pa = block->pa;
	ULONG length = block->length;

	destroy_block(pool, block);
	pool->ops->free_memory(pool, va, pa, length);
}

static struct block *newest_idle(const struct pool *pool)
{
	for (struct block *block = pool->blocks; block != NULL; block = block->next) {
		if (block->slot != 0 && block->held == 0)
			return block;
	}
	return NULL;
}

static void unlink_block(struct pool *pool, struct block *block)
{
	struct block **at = &pool->blocks;

	while (*at != block)
		at = &(*at)->next;
	*at = block->next;
	pool->slots[block->slot] = NULL;
}

/* The block leaves the pool and its record; its memory goes when nobody can reach it any more. */
static void retire(struct pool *pool, struct block *block, enum poolscope_free_reason reason)
{
	unlink_block(pool, block);
	block->retired = true;
	policy_freed(&pool->policy, block->nr_buffers);
	if (block->slot != 0)
		pool->totals.freed++;
	say_free(pool, block, reason);
	block->next = pool->retired;
	pool->retired = block;
}

/*
 * Retired blocks that no indication uses are freed; the device has given theirs back.  Under the
 * lock: once it is released with every buffer home, a halt may take the whole adapter away.
 */
static void free_retired(struct pool *pool)
{
	struct block **at = &pool->retired;

	while (*at != NULL) {
		struct block *block = *at;

		if (block->lent != 0) {
			at = &block->next;
			continue;
		}
		*at = block->next;
		free_block(pool, block);
	}
}

static void shrink(struct pool *pool)
{
	struct block *block;
	bool any = false;
	ULONG lost;

	while (policy_wants_free(&pool->policy) && (block = newest_idle(pool)) != NULL) {
		retire(pool, block, POOLSCOPE_FREE_SHRINK);
		any = true;
	}
	if (!any)
		return;
	lost = pool->ops->withdraw(pool);
	if (lost > 0)
		pool_drop(pool, lost, POOLSCOPE_DROP_NO_DESCRIPTOR);
	free_retired(pool);
}

static void post(struct pool *pool)
{
	if (pool->policy.running)
		pool->ops->post(pool);
}

/* What follows every event. */
static void act(struct pool *pool)
{
	say_fallback(pool);
	grow(pool);
	shrink(pool);
	probe(pool);
	post(pool);
}

/* --- events ----------------------------------------------------------------------------------- */

void pool_set_running(struct pool *pool, bool running)
{
	policy_set_running(&pool->policy, running);
	pool_tick(pool);
}

void pool_tick(struct pool *pool)
{
	policy_tick(&pool->policy);
	say_tick(pool);
	act(pool);
}

/* A buffer changes over to the stack. */
static void hand_over(struct pool *pool, struct buffer *buffer, bool resources)
{
	buffer->lent = resources;
	if (resources)
		buffer->block->lent++;
	else
		buffer->block->held++;
	pool->lent += resources;
	pool->totals.resources += resources;
	pool->totals.taken++;
}

ULONG pool_take(struct pool *pool, struct buffer *const *frames, ULONG n)
{
	uint32_t ids[IDS_MAX];
	ULONG resources = policy_take(&pool->policy, n);

	for (ULONG i = 0; i < n; i++) {
		ids[i] = frames[i]->id;
		hand_over(pool, frames[i], i >= n - resources);
	}
	poolscope_rx_take(pool->scope, ids, n, (uint16_t)resources,
			  policy_available(&pool->policy));
	act(pool);
	return resources;
}

static ULONG buffers_of(const struct buffer *frame)
{
	ULONG n = 0;

	for (; frame != NULL; frame = frame->next)
		n++;
	return n;
}

bool pool_take_frame(struct pool *pool, struct buffer *frame)
{
	uint32_t ids[IDS_MAX];
	ULONG n = buffers_of(frame), i = 0;
	bool resources = policy_take_frame(&pool->policy, n);

	for (; frame != NULL; frame = frame->next) {
		ids[i++] = frame->id;
		hand_over(pool, frame, resources);
	}
	poolscope_rx_take_frame(pool->scope, ids, n, resources, policy_available(&pool->policy));
	act(pool);
	return resources;
}

void pool_home(struct pool *pool, struct buffer *const *frames, ULONG n)
{
	for (ULONG i = 0; i < n; i++) {
		for (struct buffer *buffer = frames[i], *next; buffer != NULL; buffer = next) {
			next = buffer->next;
			buffer->block->lent--;
			pool->lent--;
			pool_spare_put(pool, buffer);
		}
	}
	free_retired(pool);
	post(pool);
}

/* Returns: how many frames fitted into one event. */
static ULONG return_some(struct pool *pool, struct buffer *const *frames, ULONG n)
{
	uint32_t ids[IDS_MAX];
	ULONG nr_ids = 0, i;

	for (i = 0; i < n && nr_ids + buffers_of(frames[i]) <= IDS_MAX; i++) {
		for (struct buffer *buffer = frames[i], *next; buffer != NULL; buffer = next) {
			next = buffer->next;
			ids[nr_ids++] = buffer->id;
			buffer->block->held--;
			pool_spare_put(pool, buffer);
		}
	}
	policy_return(&pool->policy, nr_ids);
	pool->totals.returned += nr_ids;
	poolscope_rx_return(pool->scope, ids, nr_ids, policy_available(&pool->policy));
	act(pool);
	return i;
}

void pool_return(struct pool *pool, struct buffer *const *frames, ULONG n)
{
	while (n > 0) {
		ULONG some = return_some(pool, frames, n);

		frames += some;
		n -= some;
	}
}

void pool_drop(struct pool *pool, ULONG n, enum poolscope_drop_cause cause)
{
	pool->totals.dropped += n;
	poolscope_rx_drop(pool->scope, n, cause);
}

/* --- completion ------------------------------------------------------------------------------- */

static ULONG lowest_free_slot(const struct pool *pool)
{
	ULONG slot = 1;

	while (slot < pool->nr_slots && pool->slots[slot] != NULL)
		slot++;
	return slot;
}

static ULONG first_id(const struct pool *pool, ULONG slot)
{
	return slot == 0 ? 0 : pool->config.marks.base + (slot - 1) * pool->config.marks.block;
}

static void join(struct pool *pool, struct block *block, ULONG slot)
{
	block_number(block, slot, first_id(pool, slot));
	block->announced = true;
	block->next = pool->blocks;
	pool->blocks = block;
	pool->slots[slot] = block;
	if (slot < pool->spare_hint)
		pool->spare_hint = slot;
}

static enum poolscope_outcome judge(const struct pool *pool, const struct block *block,
				    const void *va)
{
	const struct policy_marks *m = &pool->policy.marks;

	if (va == NULL)
		return POOLSCOPE_NULL;
	if (!pool->policy.running)
		return POOLSCOPE_LATE; /* R37, R49, R54 */
	if (pool->policy.probing)
		return POOLSCOPE_PROBE;
	if ((ULONG64)pool->policy.total + m->block > m->limit)
		return POOLSCOPE_OVER_LIMIT;			       /* R37 */
	return block != NULL ? POOLSCOPE_USED : POOLSCOPE_WRAP_FAILED; /* R36 */
}

static enum policy_outcome policy_outcome_of(enum poolscope_outcome outcome)
{
	switch (outcome) {
	case POOLSCOPE_USED:
		return POLICY_USED;
	case POOLSCOPE_NULL:
	case POOLSCOPE_WRAP_FAILED:
		return POLICY_FAILED;
	default:
		return POLICY_DISCARDED;
	}
}

static enum poolscope_free_reason reason_of(enum poolscope_outcome outcome)
{
	switch (outcome) {
	case POOLSCOPE_WRAP_FAILED:
		return POOLSCOPE_FREE_WRAP_FAILED;
	case POOLSCOPE_PROBE:
		return POOLSCOPE_FREE_PROBE;
	case POOLSCOPE_OVER_LIMIT:
		return POOLSCOPE_FREE_OVER_LIMIT;
	default:
		return POOLSCOPE_FREE_LATE;
	}
}

/* Carves and wraps granted memory, away from the lock.  Returns: NULL if it cannot be used. */
static struct block *make_block(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length,
				ULONG nr_buffers)
{
	struct block *block = block_create(va, pa, length, nr_buffers, pool->config.buffer_bytes,
					   pool->config.align);

	if (block == NULL)
		return NULL;
	if (!pool->ops->wrap(pool, block)) {
		block_destroy(block);
		return NULL;
	}
	return block;
}

/*
 * Memory that is not used goes straight back, before anything is asked for beside it: so the limit
 * holds for what is live and pending at every moment (R27, R36, R37).
 */
static void give_straight_back(struct pool *pool, struct block *block, ULONG slot,
			       enum poolscope_outcome outcome, PVOID va, NDIS_PHYSICAL_ADDRESS pa,
			       ULONG length)
{
	pool->totals.freed++;
	poolscope_block_free(pool->scope, slot, va, (uint64_t)pa.QuadPart, length,
			     reason_of(outcome), 0, policy_available(&pool->policy));
	if (block != NULL)
		destroy_block(pool, block);
	pool->ops->free_memory(pool, va, pa, length);
}

/* (locked) What comes joins the pool, or goes again. */
static void settle(struct pool *pool, struct block *block, ULONG64 number, PVOID va,
		   NDIS_PHYSICAL_ADDRESS pa, ULONG length, KIRQL irql)
{
	enum poolscope_outcome outcome = judge(pool, block, va);
	ULONG slot = lowest_free_slot(pool);
	ULONG joining = outcome == POOLSCOPE_USED ? block->nr_buffers : 0;

	if (va != NULL)
		pool->totals.completed++;
	else
		pool->totals.failed++;
	if (outcome == POOLSCOPE_USED)
		join(pool, block, slot);
	policy_complete(&pool->policy, policy_outcome_of(outcome), joining);
	poolscope_alloc_complete(pool->scope, number, va != NULL ? slot : 0, va,
				 (uint64_t)pa.QuadPart, length, irql, outcome, joining,
				 policy_available(&pool->policy));
	if (va != NULL && outcome != POOLSCOPE_USED)
		give_straight_back(pool, block, slot, outcome, va, pa, length);
	act(pool);
}

bool pool_drain(struct pool *pool)
{
	pool->draining = pool->policy.pending > 0;
	return pool->draining;
}

bool pool_complete(struct pool *pool, PVOID context, PVOID va, const NDIS_PHYSICAL_ADDRESS *pa,
		   ULONG length)
{
	struct request *request = context;
	KIRQL irql = KeGetCurrentIrql();
	/* On failure pa may be NULL or point at anything: it is not read (R8). */
	NDIS_PHYSICAL_ADDRESS at = {.QuadPart = va != NULL ? pa->QuadPart : 0};
	struct block *block = NULL;
	bool last;

	if (va != NULL)
		block = make_block(pool, va, at, length, pool->config.marks.block);
	pool_lock(pool);
	/* With all it frees under the lock: a halt that sees nothing pending frees the rest. */
	settle(pool, block, request->number, va, at, length, irql);
	last = pool->draining && pool->policy.pending == 0;
	pool_unlock(pool);
	NdisFreeMemory(request, 0, 0);
	return last;
}

/* --- the lock --------------------------------------------------------------------------------- */

void pool_lock(struct pool *pool)
{
	NdisAcquireSpinLock(&pool->lock);
}

void pool_unlock(struct pool *pool)
{
	NdisReleaseSpinLock(&pool->lock);
}

/* --- beginning and end ------------------------------------------------------------------------ */

NDIS_STATUS pool_init(struct pool *pool, const struct pool_config *config,
		      const struct pool_ops *ops)
{
	const struct policy_marks *m = &config->marks;
	/* Room for a smaller base, too: see pool_halve_base(). */
	ULONG blocks = m->limit > m->base ? m->limit / m->block : 0;
	UINT bytes;

	NdisZeroMemory(pool, sizeof(*pool));
	pool->config = *config;
	pool->ops = ops;
	pool->block_bytes = block_length(m->block, config->buffer_bytes, config->align);
	if (pool->block_bytes == 0 || pool_base_bytes(pool) == 0 || m->limit > POOL_LIMIT_MAX)
		return NDIS_STATUS_INVALID_PARAMETER;
	pool->nr_slots = blocks + 1;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers */
	bytes = (UINT)(pool->nr_slots * sizeof(*pool->slots));
	pool->slots = NdisAllocateMemoryWithTagPriority(NULL, bytes, POOL_TAG, NormalPoolPriority);
	if (pool->slots == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(pool->slots, bytes);
	NdisAllocateSpinLock(&pool->lock);
	policy_init(&pool->policy, m);
	return NDIS_STATUS_SUCCESS;
}

ULONG pool_base_bytes(const struct pool *pool)
{
	return block_length(pool->config.marks.base, pool->config.buffer_bytes, pool->config.align);
}

bool pool_halve_base(struct pool *pool)
{
	struct policy_marks *m = &pool->config.marks;
	ULONG half = m->base / 2;

	if (half <= m->reserve)
		return false;
	if (m->limit == m->base)
		m->limit = half; /* growth is off, and stays so (P16) */
	m->base = half;
	policy_init(&pool->policy, m);
	return true;
}

NDIS_STATUS pool_open(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length)
{
	struct poolscope_marks marks = scope_marks(&pool->config.marks);
	struct block *base = make_block(pool, va, pa, length, pool->config.marks.base);

	if (base == NULL)
		return NDIS_STATUS_RESOURCES;
	pool->scope = poolscope_pool_open(pool->config.name, pool->config.generation,
					  pool->config.buffer_bytes, &marks);
	pool_lock(pool);
	join(pool, base, 0);
	policy_base(&pool->policy, base->nr_buffers);
	poolscope_alloc_complete(pool->scope, 0, 0, va, (uint64_t)pa.QuadPart, length,
				 PASSIVE_LEVEL, POOLSCOPE_USED, base->nr_buffers,
				 policy_available(&pool->policy));
	pool_unlock(pool);
	return NDIS_STATUS_SUCCESS;
}

void pool_free_all(struct pool *pool)
{
	pool_lock(pool);
	while (pool->blocks != NULL)
		retire(pool, pool->blocks, POOLSCOPE_FREE_HALT);
	free_retired(pool);
	pool_unlock(pool);
}

void pool_close(struct pool *pool)
{
	if (pool->scope != NULL)
		poolscope_pool_close(pool->scope, &pool->totals, 0, pool->policy.total);
	pool->scope = NULL;
}

void pool_release(struct pool *pool)
{
	if (pool->slots == NULL)
		return;
	NdisFreeSpinLock(&pool->lock);
	NdisFreeMemory(pool->slots, 0, 0);
	pool->slots = NULL;
}
