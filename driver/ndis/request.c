/* SPDX-License-Identifier: MIT */
/* Asynchronous requests on their way, and what goes wrong with them on purpose. */
#include <inttypes.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"

/* How long a call waits for a completion that is to come before it returns. */
#define EARLY_NS 200000u
/* Descriptors that a completion gets before they run out. */
#define WRAP_MAX 64u
/* More refusals than this in one callback, with no frame indicated between, are a storm (R28): a
 * driver may ask once a frame, and takes its frames in batches. */
#define REFUSALS_MAX 1000u

/* What a call that waits for its completion shares with it; the last of both frees it. */
struct early {
	uint32_t ended; /* atomic */
	uint32_t users; /* atomic */
};

/* An accepted request of NdisMAllocateSharedMemoryAsync() or ...Ex(). */
struct shared_request {
	struct exec_job job;
	struct shared_request *next;
	struct ndis_adapter *adapter;
	struct exec_lane *lane;
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *complete;
	uint64_t number;      /* of the adapter's requests, from 1 */
	uint64_t pool_number; /* in the pool that the host keeps */
	uint64_t due_ns;
	ULONG length;
	BOOLEAN cached;
	bool below_4g;
	KIRQL irql; /* of the callback */
	PVOID context;
	/* Drawn: */
	bool fails;
	bool is_null;	 /* and shows no PhysicalAddress then */
	bool gives_way;	 /* to one that is due later */
	bool is_held;	 /* until the halt */
	bool is_limited; /* its callback gets no more than these: */
	uint32_t descriptors;
	struct early *early; /* the call waits; or NULL */
};

/* --- the books -------------------------------------------------------------------------------- */

/* (locked) */
static void unlink_request(struct shared_memory *memory, struct shared_request *request)
{
	struct shared_request **at = &memory->pending;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	memory->counts.pending--;
	memory->counts.bytes_pending -= request->length;
}

/*
 * From here on the request is not pending: the miniport may let its halt go on from inside the
 * callback.  Returns: what PhysicalAddress points at.
 */
static PHYSICAL_ADDRESS *settle(struct shared_memory *memory, struct shared_request *request,
				const struct shared_block *block)
{
	PHYSICAL_ADDRESS *shown;

	pthread_mutex_lock(&memory->mutex);
	unlink_request(memory, request);
	shown = &memory->shown[memory->next_shown++ % LEDGER_SHOWN];
	if (block != NULL) {
		memory->counts.completed++;
		shown->QuadPart = (LONGLONG)block->bus.value;
	} else {
		memory->counts.completed_null++;
		shown->QuadPart = LEDGER_FAILED_PA;
	}
	pthread_mutex_unlock(&memory->mutex);
	/* R8: on failure both forms occur, NULL and garbage. */
	return block == NULL && request->is_null ? NULL : shown;
}

/* Whoever keeps the pointer finds this (R11). */
static void spoil(struct shared_memory *memory, PHYSICAL_ADDRESS *shown)
{
	pthread_mutex_lock(&memory->mutex);
	if (shown != NULL)
		shown->QuadPart = LEDGER_STALE_PA;
	pthread_mutex_unlock(&memory->mutex);
}

/* --- completion ------------------------------------------------------------------------------- */

/* Its completion could not have the descriptors that it wanted: who leaves the block breaks R36. */
static void note_unwrapped(struct shared_memory *memory, uint64_t number)
{
	pthread_mutex_lock(&memory->mutex);
	for (struct shared_block *b = memory->live; b != NULL; b = b->next) {
		if (b->request == number)
			b->is_unwrapped = true;
	}
	pthread_mutex_unlock(&memory->mutex);
}

/* NDIS 6 calls back at PASSIVE_LEVEL, NDIS 5 at any level up to DISPATCH_LEVEL (R12). */
static void call_back(struct shared_request *request, PVOID va, PHYSICAL_ADDRESS *pa)
{
	const char *outer;
	KIRQL old;

	KeRaiseIrql(request->irql, &old);
	outer = ndis_callback_begin("the shared-memory completion function");
	ndis_callback()->completes = true;
	ndis_callback()->limited = va != NULL && request->is_limited;
	ndis_callback()->descriptors = request->descriptors;
	ndis5_serial_enter(request->adapter);
	request->complete(request->adapter->context, va, pa, request->length, request->context);
	ndis5_serial_leave(request->adapter);
	if (ndis_callback()->starved)
		note_unwrapped(&request->adapter->memory, request->number);
	ndis_callback_end(outer);
	KeLowerIrql(old);
}

/* Lets a request that is due later go first.  Returns: whether there is one. */
static bool give_way(struct shared_request *request)
{
	struct shared_memory *memory = &request->adapter->memory;
	uint64_t later_ns = 0;

	if (!request->gives_way)
		return false;
	request->gives_way = false;
	pthread_mutex_lock(&memory->mutex);
	for (const struct shared_request *r = memory->pending; r != NULL; r = r->next) {
		if (r != request && !r->is_held && r->lane == request->lane &&
		    r->due_ns >= request->due_ns && (later_ns == 0 || r->due_ns < later_ns))
			later_ns = r->due_ns;
	}
	if (later_ns != 0)
		request->due_ns = later_ns + 1;
	pthread_mutex_unlock(&memory->mutex);
	if (later_ns != 0)
		exec_submit(request->lane, &request->job, request->due_ns);
	return later_ns != 0;
}

static void early_put(struct early *early)
{
	if (__atomic_sub_fetch(&early->users, 1, __ATOMIC_ACQ_REL) == 0)
		free(early);
}

/* The last of a request: a call that waits for it may go on. */
static void finish(struct shared_request *request)
{
	struct early *early = request->early;

	free(request);
	if (early == NULL)
		return;
	__atomic_store_n(&early->ended, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
	early_put(early);
}

static void complete_now(struct shared_request *request)
{
	struct ndis_adapter *adapter = request->adapter;
	struct shared_memory *memory = &adapter->memory;
	struct shared_block *block = NULL;
	PHYSICAL_ADDRESS *shown;

	__atomic_add_fetch(&memory->calling, 1, __ATOMIC_ACQ_REL);
	if (!request->fails)
		block = ledger_grant(adapter, request->length, request->cached, request->below_4g,
				     request->number);
	shown = settle(memory, request, block);
	autopool_complete(adapter->autopool, request->pool_number, block, request->length,
			  request->irql);
	call_back(request, block != NULL ? block->va : NULL, shown);
	spoil(memory, shown);
	__atomic_sub_fetch(&memory->calling, 1, __ATOMIC_ACQ_REL);
}

/* The job of a lane: allocate, and call back. */
static void complete(struct exec_job *job)
{
	struct shared_request *request = CONTAINING_RECORD(job, struct shared_request, job);
	struct shared_memory *memory = &request->adapter->memory;
	struct ndis_adapter *before;

	if (give_way(request))
		return;
	before = ndis_enter_adapter(request->adapter);
	if (ndis_adapter_state(request->adapter) == NDIS_ADAPTER_HALTED) {
		/* There is nobody left to call; it was reported as pending. */
		pthread_mutex_lock(&memory->mutex);
		unlink_request(memory, request);
		pthread_mutex_unlock(&memory->mutex);
	} else {
		complete_now(request);
	}
	ndis_leave_adapter(before);
	finish(request);
}

/* --- accepting -------------------------------------------------------------------------------- */

/* (locked) A serialized miniport is called at DISPATCH_LEVEL only: that is how it is kept alone. */
static KIRQL draw_irql(const struct ndis_adapter *adapter, struct rng *rng)
{
	if (adapter->driver->face->generation == 6)
		return PASSIVE_LEVEL;
	return rng_chance(rng, 0.5) || adapter->five.serialized ? DISPATCH_LEVEL : PASSIVE_LEVEL;
}

/* (locked) Draws what becomes of a request: refused, or accepted and perhaps failing. */
static bool draw_refusal(struct shared_memory *memory, struct shared_request *request)
{
	const struct ndis_host_config *config = &ndis_host()->config;
	const struct ndis_faults *faults = &config->faults;
	bool bad = fault_windows_bad(&memory->windows, faults, exec_now_ns(config->exec)) &&
		   rng_chance(&memory->rng, faults->bad);
	bool late = bad && rng_chance(&memory->rng, faults->late);

	if ((bad && !late) || rng_chance(&memory->rng, faults->refuse))
		return true;
	request->fails = late || rng_chance(&memory->rng, faults->null);
	return false;
}

/* (locked) What happens to this request, and when. */
static void draw(struct shared_memory *memory, struct shared_request *request)
{
	const struct ndis_host_config *config = &ndis_host()->config;
	const struct ndis_faults *faults = &config->faults;
	const struct draw_load load = {memory->counts.pending, memory->counts.bytes_live};
	struct rng *rng = &memory->rng;

	request->irql = draw_irql(request->adapter, rng);
	request->due_ns = draw_ns(&config->lead, rng, &load);
	if (rng_chance(rng, faults->delay))
		request->due_ns += (uint64_t)faults->delay_ns;
	request->gives_way = rng_chance(rng, faults->reorder);
	request->is_limited = rng_chance(rng, faults->wrap);
	if (request->is_limited)
		request->descriptors = (uint32_t)(rng_u64(rng) % WRAP_MAX);
	if (request->fails) {
		request->is_null = faults->null_form == NDIS_NULL_NULL ||
				   (faults->null_form == NDIS_NULL_BOTH && memory->odd_failure);
		memory->odd_failure = !memory->odd_failure;
	}
}

/* (locked) Whether the request completes before its call returns, or only when the halt begins. */
static void draw_extremes(struct ndis_adapter *adapter, struct shared_request *request)
{
	const struct ndis_faults *faults = &ndis_host()->config.faults;
	struct shared_memory *memory = &adapter->memory;
	bool stormy = rng_chance(&memory->rng, faults->storm);

	if (stormy && ndis_adapter_state(adapter) < NDIS_ADAPTER_HALTING) {
		request->is_held = true;
	} else if (rng_chance(&memory->rng, faults->early)) {
		request->early = calloc(1, sizeof(*request->early));
		if (request->early == NULL)
			return;
		request->early->users = 2;
		request->due_ns = 0;
		request->lane = ndis_host()->early;
		memory->early++;
	}
}

/* (locked) */
static void enter(struct shared_memory *memory, struct shared_request *request)
{
	request->next = memory->pending;
	memory->pending = request;
	memory->counts.pending++;
	memory->counts.bytes_pending += request->length;
}

/*
 * Draws whether the request is refused; otherwise enters it.
 *	was   the request as it was entered: from then on it may be gone at any time
 * Returns: NDIS_STATUS_PENDING, or what it is refused with.
 */
static NDIS_STATUS accept(struct ndis_adapter *adapter, struct shared_request *request,
			  struct shared_request *was)
{
	const struct ndis_host_config *config = &ndis_host()->config;
	struct shared_memory *memory = &adapter->memory;
	NDIS_STATUS status = NDIS_STATUS_PENDING;

	pthread_mutex_lock(&memory->mutex);
	memory->counts.requests++;
	if (request != NULL && request->length == 0) {
		status = NDIS_STATUS_INVALID_PARAMETER;
		memory->counts.refused++;
	} else if (request == NULL || draw_refusal(memory, request)) {
		status = ndis_faults_refusal(&config->faults, &memory->rng);
		memory->counts.refused++;
		memory->refused_oddly += status != NDIS_STATUS_FAILURE;
	} else {
		request->number = memory->counts.requests;
		draw(memory, request);
		draw_extremes(adapter, request);
		request->due_ns += exec_now_ns(config->exec);
		enter(memory, request);
		*was = *request;
	}
	pthread_mutex_unlock(&memory->mutex);
	return status;
}

/* Gives the completion of a request the time to run before the request's call returns (R6).  It may
 * want a lock that the caller holds: then the call returns first. */
static void wait_for(struct early *early)
{
	struct exec *exec = ndis_host()->config.exec;

	/* With one thread it runs inside of the wait, and must find no lock taken. */
	if (!exec->one_thread || ndis_locks_held() == 0)
		exec_wait(exec, &early->ended, exec_now_ns(exec) + EARLY_NS);
	early_put(early);
}

static struct shared_request *make(struct ndis_adapter *adapter,
				   MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *completion, ULONG length,
				   BOOLEAN cached, PVOID context)
{
	struct shared_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->job.run = complete;
	request->adapter = adapter;
	request->lane = ndis_host()->worker;
	request->complete = completion;
	request->length = length;
	request->cached = cached;
	request->below_4g = ndis_adapter_below_4g(adapter);
	request->context = context;
	return request;
}

/* --- what a request shows of its miniport ----------------------------------------------------- */

static void check_limit(struct ndis_adapter *adapter, ULONG length)
{
	struct shared_memory *memory = &adapter->memory;
	uint64_t live, pending, limit;

	pthread_mutex_lock(&memory->mutex);
	live = memory->counts.bytes_live;
	pending = memory->counts.bytes_pending;
	limit = memory->limit_bytes;
	pthread_mutex_unlock(&memory->mutex);
	if (limit != 0 && live + pending + length > limit)
		ndis_broken(adapter, 27, length,
			    "a request for %u bytes beside %" PRIu64 " live and %" PRIu64
			    " pending goes beyond the limit of %" PRIu64,
			    length, live, pending, limit);
}

/* NDIS 5 has no pause, and its halt begins beside everything else. */
static void check_state(struct ndis_adapter *adapter, ULONG length)
{
	enum ndis_adapter_state state = ndis_adapter_state(adapter);

	if (adapter->driver->face->generation != 6)
		return;
	if (state == NDIS_ADAPTER_PAUSED && adapter->has_run)
		ndis_broken(adapter, 54, length,
			    "a request for %u bytes was made while the adapter was paused", length);
	else if (state == NDIS_ADAPTER_HALTING)
		ndis_broken(adapter, 48, length,
			    "a request for %u bytes was made after the halt began", length);
}

static void note_refusal(struct ndis_adapter *adapter)
{
	struct ndis_callback *in = ndis_callback();

	if (in->name != NULL && ++in->refused == REFUSALS_MAX + 1)
		ndis_broken(adapter, 28, in->refused,
			    "%u requests in a row were refused, and the miniport asks again at "
			    "once",
			    in->refused);
}

NDIS_STATUS ndis_request_memory(struct ndis_adapter *adapter,
				MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *completion, ULONG length,
				BOOLEAN cached, PVOID context)
{
	struct shared_request was = {0}, *request;
	NDIS_STATUS status;
	uint64_t number;

	check_limit(adapter, length);
	check_state(adapter, length);
	request = make(adapter, completion, length, cached, context);
	number = autopool_request(adapter->autopool, length, cached);
	if (request != NULL)
		request->pool_number = number;
	status = accept(adapter, request, &was);
	if (status != NDIS_STATUS_PENDING) {
		autopool_refused(adapter->autopool, number, (uint32_t)status);
		free(request);
		note_refusal(adapter);
		return status;
	}
	assert(was.lane != NULL);
	ndis_callback()->requests++;
	/* Never on this thread (R5); it may be done before we return (R6). */
	if (!was.is_held)
		exec_submit(was.lane, &request->job, was.due_ns);
	if (was.early != NULL)
		wait_for(was.early);
	return status;
}

/* --- halt ------------------------------------------------------------------------------------- */

/* (locked) One that was held back, not held any more; NULL: there is none left. */
static struct shared_request *next_held(struct shared_memory *memory)
{
	struct shared_request *r = memory->pending;

	while (r != NULL && !r->is_held)
		r = r->next;
	if (r != NULL)
		r->is_held = false;
	return r;
}

void ndis_requests_storm(struct ndis_adapter *adapter)
{
	struct shared_memory *memory = &adapter->memory;
	struct ndis_host *host = ndis_host();
	struct shared_request *request;
	unsigned int n = 0;

	do {
		pthread_mutex_lock(&memory->mutex);
		request = next_held(memory);
		if (request != NULL)
			request->lane = host->storm[n++ % NDIS_STORM_LANES];
		pthread_mutex_unlock(&memory->mutex);
		if (request != NULL)
			exec_submit(request->lane, &request->job, 0);
	} while (request != NULL);
}

/* The request has no job: nothing will complete it. */
static void drop(struct shared_memory *memory, struct shared_request *request)
{
	pthread_mutex_lock(&memory->mutex);
	unlink_request(memory, request);
	pthread_mutex_unlock(&memory->mutex);
	finish(request);
}

/* Copies the first pending one to was, and says that it is left.  Returns: whether there is one. */
static struct shared_request *first_pending(struct shared_memory *memory,
					    struct shared_request *was)
{
	struct shared_request *request;

	pthread_mutex_lock(&memory->mutex);
	request = memory->pending;
	if (request != NULL)
		*was = *request;
	pthread_mutex_unlock(&memory->mutex);
	return request;
}

void ndis_requests_drop(struct ndis_adapter *adapter)
{
	struct shared_memory *memory = &adapter->memory;
	struct shared_request *request, was;

	while ((request = first_pending(memory, &was)) != NULL) {
		ndis_broken(adapter, 18, was.number,
			    "%s returned while request %" PRIu64 " for %u bytes was pending",
			    adapter->driver->face->halt_name, was.number, was.length);
		if (was.is_held || exec_cancel(was.lane, &request->job))
			drop(memory, request);
		else
			exec_flush(was.lane);
	}
}
