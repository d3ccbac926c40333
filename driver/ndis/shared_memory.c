/* SPDX-License-Identifier: MIT */
/* Memory shared with the device: the ledger of what is live, and requests on their way. */
#include <inttypes.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"
#include "driver/ndis/pages.h"

#define CACHE_LINE_BYTES 64u
#define DMA_ALIGNMENT	 64u

/* What freshly granted memory holds: a driver that relies on zeroes shows itself. */
#define GRANTED_FILL 0xa5

/* Of chance: beside the adapters' own streams. */
#define WINDOWS_STREAM 0x10000u

/* An accepted request of NdisMAllocateSharedMemoryAsync() or ...Ex(). */
struct shared_request {
	struct exec_job job;
	struct shared_request *next;
	struct ndis_adapter *adapter;
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *complete;
	ULONG length;
	BOOLEAN cached;
	bool below_4g;
	bool fails;
	KIRQL irql; /* of the callback */
	PVOID context;
	uint64_t number; /* in the pool that the host keeps */
};

ULONG NdisGetSharedDataAlignment(void)
{
	return CACHE_LINE_BYTES;
}

ULONG NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle)
{
	return DMA_ALIGNMENT;
}

void ndis_shared_memory_init(struct ndis_adapter *adapter, uint64_t seed, uint64_t stream)
{
	pthread_mutex_init(&adapter->memory.mutex, NULL);
	rng_init(&adapter->memory.rng, seed, stream);
	fault_windows_begin(&adapter->memory.windows, &ndis_host()->config.faults, seed,
			    WINDOWS_STREAM + stream, exec_now_ns(ndis_host()->config.exec));
}

/* --- the ledger ------------------------------------------------------------------------------- */

static void *page_alloc(ULONG length)
{
	void *va = pages_alloc(length);

	if (va != NULL)
		memset(va, GRANTED_FILL, length);
	return va;
}

static void enter(struct shared_memory *memory, struct shared_block *block)
{
	struct ndis_memory_counts *counts = &memory->counts;

	pthread_mutex_lock(&memory->mutex);
	block->next = memory->live;
	memory->live = block;
	counts->allocated++;
	counts->blocks_live++;
	counts->bytes_live += block->length;
	if (counts->bytes_live > counts->bytes_peak)
		counts->bytes_peak = counts->bytes_live;
	if (!block->is_cached)
		counts->bytes_uncached += block->length;
	pthread_mutex_unlock(&memory->mutex);
}

/* Memory, its mapping on the bus and its place in the ledger.  Returns: NULL if any cannot be had.
 */
static struct shared_block *grant(struct ndis_adapter *adapter, ULONG length, BOOLEAN cached,
				  bool below_4g)
{
	struct shared_block *block = calloc(1, sizeof(*block));

	if (block == NULL)
		return NULL;
	block->length = length;
	block->cached = cached;
	block->is_cached = cached || adapter->driver->face->generation == 6;
	block->va = page_alloc(length);
	if (block->va == NULL)
		goto out_block;
	if (dma_space_map(adapter->device->space, block->va, length, below_4g, &block->bus) != 0)
		goto out_va;
	enter(&adapter->memory, block);
	return block;
out_va:
	pages_free(block->va, block->length);
out_block:
	free(block);
	return NULL;
}

static struct shared_block *take_out(struct shared_memory *memory, PVOID va)
{
	struct shared_block **at = &memory->live;
	struct shared_block *block;

	pthread_mutex_lock(&memory->mutex);
	while (*at != NULL && (*at)->va != va)
		at = &(*at)->next;
	block = *at;
	if (block != NULL) {
		*at = block->next;
		memory->counts.freed++;
		memory->counts.blocks_live--;
		memory->counts.bytes_live -= block->length;
		if (!block->is_cached)
			memory->counts.bytes_uncached -= block->length;
	}
	pthread_mutex_unlock(&memory->mutex);
	return block;
}

/* Unmapped before it is freed: from then on a device that still uses it faults. */
static void release(struct ndis_adapter *adapter, struct shared_block *block)
{
	dma_space_unmap(adapter->device->space, block->bus);
	pages_free(block->va, block->length);
	free(block);
}

/* NDIS 6 asks this when DMA is registered; NDIS 5 has nothing to register (R25). */
static bool is_bus_master(struct ndis_adapter *adapter, const char *where)
{
	if (adapter->driver->face->generation == 6 ||
	    (adapter->attributes & NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER))
		return true;
	ndis_broken(adapter, 25, adapter->attributes,
		    "%s was called for an adapter that was not said to be a bus master", where);
	return false;
}

/* --- the synchronous call --------------------------------------------------------------------- */

VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			       PVOID *VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
	struct ndis_adapter *adapter =
		ndis_adapter_from(MiniportAdapterHandle, 23, "NdisMAllocateSharedMemory");
	struct shared_block *block;

	*VirtualAddress = NULL;
	if (adapter == NULL ||
	    !ndis_check_irql(adapter, PASSIVE_LEVEL, 23, "NdisMAllocateSharedMemory"))
		return;
	if (ndis_adapter_state(adapter) != NDIS_ADAPTER_INITIALIZING)
		ndis_broken(adapter, 23, Length, "NdisMAllocateSharedMemory was called outside %s",
			    adapter->driver->face->initialize_name);
	if (Length == 0 || !is_bus_master(adapter, "NdisMAllocateSharedMemory"))
		return;
	block = grant(adapter, Length, Cached, ndis_adapter_below_4g(adapter));
	if (block == NULL)
		return;
	autopool_base(adapter->autopool, block);
	*VirtualAddress = block->va;
	PhysicalAddress->QuadPart = (LONGLONG)block->bus.value;
}

/* --- the asynchronous call -------------------------------------------------------------------- */

static void unlink_request(struct shared_memory *memory, struct shared_request *request)
{
	struct shared_request **at = &memory->pending;

	while (*at != request)
		at = &(*at)->next;
	*at = request->next;
	memory->counts.pending--;
}

/*
 * From here on the request is not pending: the miniport may let its halt go on from inside the
 * callback.  Returns: whether a failure shows a NULL PhysicalAddress.
 */
static bool settle(struct shared_memory *memory, struct shared_request *request, bool with_memory)
{
	bool odd;

	pthread_mutex_lock(&memory->mutex);
	unlink_request(memory, request);
	if (with_memory)
		memory->counts.completed++;
	else
		memory->counts.completed_null++;
	odd = memory->odd_failure;
	if (!with_memory)
		memory->odd_failure = !odd;
	pthread_mutex_unlock(&memory->mutex);
	return odd;
}

/* NDIS 6 calls back at PASSIVE_LEVEL, NDIS 5 at any level up to DISPATCH_LEVEL (R12). */
static void call_back(struct shared_request *request, PVOID va, PHYSICAL_ADDRESS *pa)
{
	const char *outer = ndis_callback_begin("the shared-memory completion function");
	KIRQL old;

	KeRaiseIrql(request->irql, &old);
	ndis5_serial_enter(request->adapter);
	request->complete(request->adapter->context, va, pa, request->length, request->context);
	ndis5_serial_leave(request->adapter);
	KeLowerIrql(old);
	ndis_callback_end(outer);
}

/* The worker's job: allocate, and call back. */
static void complete(struct exec_job *job)
{
	struct shared_request *request = CONTAINING_RECORD(job, struct shared_request, job);
	struct ndis_adapter *adapter = request->adapter;
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct shared_block *block = NULL;
	PHYSICAL_ADDRESS bus = {.QuadPart = (LONGLONG)0xdeadbeefdeadbeef};
	PHYSICAL_ADDRESS *shown = &bus;

	if (!request->fails)
		block = grant(adapter, request->length, request->cached, request->below_4g);
	if (block != NULL)
		bus.QuadPart = (LONGLONG)block->bus.value;
	if (settle(&adapter->memory, request, block != NULL) && block == NULL)
		shown = NULL; /* R8: on failure both forms occur, NULL and garbage */
	autopool_complete(adapter->autopool, request->number, block, request->length,
			  request->irql);
	call_back(request, block != NULL ? block->va : NULL, shown);
	bus.QuadPart = (LONGLONG)0xdeadbeefdeadbeef; /* R11 */
	ndis_leave_adapter(before);
	free(request);
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

/* (locked) From what is under way beside it. */
static int64_t draw_lead(struct shared_memory *memory)
{
	const struct draw_load load = {memory->counts.pending, memory->counts.bytes_live};

	return (int64_t)draw_ns(&ndis_host()->config.lead, &memory->rng, &load);
}

/* Draws whether the request is refused; otherwise enters it.  Returns: its lead time, or -1. */
static int64_t accept(struct shared_memory *memory, struct shared_request *request)
{
	int64_t lead_ns = -1;

	pthread_mutex_lock(&memory->mutex);
	memory->counts.requests++;
	if (request == NULL || draw_refusal(memory, request)) {
		memory->counts.refused++;
	} else {
		lead_ns = draw_lead(memory);
		request->next = memory->pending;
		memory->pending = request;
		memory->counts.pending++;
	}
	pthread_mutex_unlock(&memory->mutex);
	return lead_ns;
}

/* The registration behind a DMA handle, if a request through it may be made at all. */
static struct ndis_dma *may_request(NDIS_HANDLE handle)
{
	static const char where[] = "NdisMAllocateSharedMemoryAsyncEx";
	enum ndis_kind kind = ndis_object_kind(handle);
	struct ndis_dma *dma = handle;

	if (!ndis_check_irql(NULL, DISPATCH_LEVEL, 14, where))
		return NULL;
	if (kind != NDIS_KIND_DMA) {
		ndis_broken(NULL, 22, (uintptr_t)handle,
			    "%s was given %s; it wants the handle of a live "
			    "NdisMRegisterScatterGatherDma",
			    where, ndis_kind_name(kind));
		return NULL;
	}
	if (dma->complete == NULL) {
		ndis_broken(dma->adapter, 17, (uintptr_t)handle,
			    "%s was called, but no completion function is registered", where);
		return NULL;
	}
	return dma;
}

/* What is drawn for NDIS 5 alone.  A serialized miniport is called at DISPATCH_LEVEL only: that is
 * how it is kept alone. */
static KIRQL draw_irql(struct ndis_adapter *adapter)
{
	struct shared_memory *memory = &adapter->memory;
	bool high;

	if (adapter->driver->face->generation == 6)
		return PASSIVE_LEVEL;
	pthread_mutex_lock(&memory->mutex);
	high = rng_chance(&memory->rng, 0.5);
	pthread_mutex_unlock(&memory->mutex);
	return high || adapter->five.serialized ? DISPATCH_LEVEL : PASSIVE_LEVEL;
}

static struct shared_request *make_request(struct ndis_adapter *adapter,
					   MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *completion,
					   ULONG length, BOOLEAN cached, PVOID context)
{
	struct shared_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->job.run = complete;
	request->adapter = adapter;
	request->complete = completion;
	request->length = length;
	request->cached = cached;
	request->below_4g = ndis_adapter_below_4g(adapter);
	request->irql = draw_irql(adapter);
	request->context = context;
	return request;
}

/* What both calls do once the handle is known to be good. */
static NDIS_STATUS request_memory(struct ndis_adapter *adapter,
				  MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *completion, ULONG length,
				  BOOLEAN cached, PVOID context)
{
	struct ndis_host *host = ndis_host();
	struct shared_request *request;
	uint64_t number;
	int64_t lead_ns;

	if (length == 0)
		return NDIS_STATUS_FAILURE;
	request = make_request(adapter, completion, length, cached, context);
	number = autopool_request(adapter->autopool, length, cached);
	if (request != NULL)
		request->number = number;
	lead_ns = accept(&adapter->memory, request);
	if (lead_ns < 0) {
		autopool_refused(adapter->autopool, number, (uint32_t)NDIS_STATUS_FAILURE);
		free(request);
		return NDIS_STATUS_FAILURE;
	}
	/* Never on this thread (R5); the worker may be done before we return (R6). */
	exec_submit(host->worker, &request->job,
		    exec_now_ns(host->config.exec) + (uint64_t)lead_ns);
	return NDIS_STATUS_PENDING;
}

NDIS_STATUS NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle, ULONG Length,
					     BOOLEAN Cached, PVOID Context)
{
	struct ndis_dma *dma = may_request(MiniportDmaHandle);

	if (dma == NULL)
		return NDIS_STATUS_FAILURE;
	return request_memory(dma->adapter, dma->complete, Length, Cached, Context);
}

NDIS_STATUS NdisMAllocateSharedMemoryAsync(NDIS_HANDLE MiniportAdapterHandle, ULONG Length,
					   BOOLEAN Cached, PVOID Context)
{
	static const char where[] = "NdisMAllocateSharedMemoryAsync";
	struct ndis_adapter *adapter;
	W_ALLOCATE_COMPLETE_HANDLER *completion;

	if (!ndis_check_irql(NULL, DISPATCH_LEVEL, 14, where))
		return NDIS_STATUS_FAILURE;
	adapter = ndis5_adapter_from(MiniportAdapterHandle, 22, where);
	if (adapter == NULL || !is_bus_master(adapter, where))
		return NDIS_STATUS_FAILURE;
	completion = adapter->driver->functions5.AllocateCompleteHandler;
	if (completion == NULL) {
		ndis_broken(adapter, 17, (uintptr_t)adapter,
			    "%s was called, but the driver registered no MiniportAllocateComplete",
			    where);
		return NDIS_STATUS_FAILURE;
	}
	return request_memory(adapter, completion, Length, Cached, Context);
}

/* --- giving back ------------------------------------------------------------------------------ */

/* The driver frees something that is not a whole live block (R21). */
static void unknown_free(struct ndis_adapter *adapter, PVOID va, uint64_t pa)
{
	struct shared_memory *memory = &adapter->memory;
	const char *what = "memory that is not live: never allocated, or freed before";

	pthread_mutex_lock(&memory->mutex);
	for (const struct shared_block *b = memory->live; b != NULL; b = b->next) {
		if ((uint8_t *)va > (uint8_t *)b->va &&
		    (uint8_t *)va < (uint8_t *)b->va + b->length)
			what = "a part of a block; only whole blocks can be freed";
	}
	pthread_mutex_unlock(&memory->mutex);
	ndis_broken(adapter, 21, pa,
		    "NdisMFreeSharedMemory was given %s (bus address 0x%" PRIx64 ")", what, pa);
}

static void compare(struct ndis_adapter *adapter, const struct shared_block *block, ULONG length,
		    BOOLEAN cached, uint64_t pa)
{
	if (block->length != length)
		ndis_broken(adapter, 20, block->bus.value,
			    "NdisMFreeSharedMemory: Length %u, but %u bytes were allocated", length,
			    block->length);
	if (!block->cached != !cached)
		ndis_broken(adapter, 20, block->bus.value,
			    "NdisMFreeSharedMemory: Cached %u, but the allocation said %u", cached,
			    block->cached);
	if (block->bus.value != pa)
		ndis_broken(adapter, 20, block->bus.value,
			    "NdisMFreeSharedMemory: PhysicalAddress 0x%" PRIx64
			    ", but the block is at 0x%" PRIx64,
			    pa, block->bus.value);
}

/* The adapter a free is meant for, even when the wrong kind of handle is given (R19). */
static struct ndis_adapter *adapter_for_free(NDIS_HANDLE handle)
{
	enum ndis_kind kind = ndis_object_kind(handle);

	if (kind == NDIS_KIND_ADAPTER)
		return handle;
	ndis_broken(kind == NDIS_KIND_DMA ? ((struct ndis_dma *)handle)->adapter : NULL, 19,
		    (uintptr_t)handle,
		    "NdisMFreeSharedMemory was given %s; it wants the adapter handle",
		    ndis_kind_name(kind));
	return kind == NDIS_KIND_DMA ? ((struct ndis_dma *)handle)->adapter : NULL;
}

VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			   PVOID VirtualAddress, NDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
	struct ndis_adapter *adapter = adapter_for_free(MiniportAdapterHandle);
	struct shared_block *block;

	if (adapter == NULL ||
	    !ndis_check_irql(adapter, DISPATCH_LEVEL, 24, "NdisMFreeSharedMemory"))
		return;
	block = take_out(&adapter->memory, VirtualAddress);
	if (block == NULL) {
		unknown_free(adapter, VirtualAddress, (uint64_t)PhysicalAddress.QuadPart);
		return;
	}
	/* A wrong argument is reported; what was meant is clear, and the run goes on. */
	compare(adapter, block, Length, Cached, (uint64_t)PhysicalAddress.QuadPart);
	autopool_free(adapter->autopool, block);
	release(adapter, block);
}

/* --- after halt ------------------------------------------------------------------------------- */

static struct shared_request *first_pending(struct shared_memory *memory)
{
	struct shared_request *request;

	pthread_mutex_lock(&memory->mutex);
	request = memory->pending;
	pthread_mutex_unlock(&memory->mutex);
	return request;
}

static void drop_pending(struct ndis_adapter *adapter)
{
	struct shared_memory *memory = &adapter->memory;
	struct shared_request *request;

	while ((request = first_pending(memory)) != NULL) {
		ndis_broken(adapter, 18, (uintptr_t)request->context,
			    "%s returned while a request for %u bytes was pending",
			    adapter->driver->face->halt_name, request->length);
		if (exec_cancel(ndis_host()->worker, &request->job)) {
			pthread_mutex_lock(&memory->mutex);
			unlink_request(memory, request);
			pthread_mutex_unlock(&memory->mutex);
			free(request);
		} else {
			exec_flush(ndis_host()->worker);
		}
	}
}

void ndis_shared_memory_reclaim(struct ndis_adapter *adapter)
{
	struct shared_memory *memory = &adapter->memory;

	drop_pending(adapter);
	while (memory->live != NULL) {
		struct shared_block *block = take_out(memory, memory->live->va);

		ndis_broken(adapter, 50, block->bus.value,
			    "%s left %u bytes at bus address 0x%" PRIx64 " allocated",
			    adapter->driver->face->halt_name, block->length, block->bus.value);
		release(adapter, block);
	}
}

void ndis_adapter_counts(struct ndis_adapter *adapter, struct ndis_memory_counts *counts)
{
	pthread_mutex_lock(&adapter->memory.mutex);
	*counts = adapter->memory.counts;
	pthread_mutex_unlock(&adapter->memory.mutex);
	counts->indicated = __atomic_load_n(&adapter->indicated, __ATOMIC_ACQUIRE);
}
