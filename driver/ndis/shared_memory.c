/* SPDX-License-Identifier: MIT */
/* Memory shared with the device: the calls of drivers. */
#include <inttypes.h>

#include "driver/ndis/internal.h"

#define CACHE_LINE_BYTES 64u
#define DMA_ALIGNMENT	 64u

ULONG NdisGetSharedDataAlignment(void)
{
	return CACHE_LINE_BYTES;
}

ULONG NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle)
{
	return DMA_ALIGNMENT;
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

/* The first calls fail, if that was asked for. */
static bool base_fails(struct ndis_adapter *adapter)
{
	struct shared_memory *memory = &adapter->memory;
	bool fails;

	pthread_mutex_lock(&memory->mutex);
	fails = memory->base_failed < ndis_host()->config.faults.base;
	memory->base_failed += fails;
	pthread_mutex_unlock(&memory->mutex);
	return fails;
}

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
	if (Length == 0 || !is_bus_master(adapter, "NdisMAllocateSharedMemory") ||
	    base_fails(adapter))
		return;
	block = ledger_grant(adapter, Length, Cached, ndis_adapter_below_4g(adapter), 0);
	if (block == NULL)
		return;
	block->is_base = ndis_adapter_state(adapter) == NDIS_ADAPTER_INITIALIZING;
	autopool_base(adapter->autopool, block);
	*VirtualAddress = block->va;
	PhysicalAddress->QuadPart = (LONGLONG)block->bus.value;
}

/* --- the asynchronous call -------------------------------------------------------------------- */

/* The registration behind a DMA handle, if a request through it may be made at all. */
static struct ndis_dma *may_request(NDIS_HANDLE handle)
{
	static const char where[] = "NdisMAllocateSharedMemoryAsyncEx";
	enum ndis_kind kind = ndis_object_kind(handle);
	struct ndis_dma *dma = handle;

	if (kind != NDIS_KIND_DMA) {
		/* A live handle of another kind is one mistake, a request too early or late
		 * another. */
		ndis_broken(kind == NDIS_KIND_ADAPTER ? handle : NULL,
			    kind == NDIS_KIND_NONE ? 22 : 19, (uintptr_t)handle,
			    "%s was given %s; it wants the handle of a live "
			    "NdisMRegisterScatterGatherDma",
			    where, ndis_kind_name(kind));
		return NULL;
	}
	if (!ndis_check_irql(dma->adapter, DISPATCH_LEVEL, 14, where))
		return NULL;
	if (dma->complete == NULL) {
		ndis_broken(dma->adapter, 17, (uintptr_t)handle,
			    "%s was called, but no completion function is registered", where);
		return NULL;
	}
	return dma;
}

NDIS_STATUS NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle, ULONG Length,
					     BOOLEAN Cached, PVOID Context)
{
	struct ndis_dma *dma = may_request(MiniportDmaHandle);

	if (dma == NULL)
		return NDIS_STATUS_FAILURE;
	return ndis_request_memory(dma->adapter, dma->complete, Length, Cached, Context);
}

NDIS_STATUS NdisMAllocateSharedMemoryAsync(NDIS_HANDLE MiniportAdapterHandle, ULONG Length,
					   BOOLEAN Cached, PVOID Context)
{
	static const char where[] = "NdisMAllocateSharedMemoryAsync";
	struct ndis_adapter *adapter;
	W_ALLOCATE_COMPLETE_HANDLER *completion;

	adapter = ndis5_adapter_from(MiniportAdapterHandle, 19, where);
	if (adapter == NULL || !ndis_check_irql(adapter, DISPATCH_LEVEL, 14, where) ||
	    !is_bus_master(adapter, where))
		return NDIS_STATUS_FAILURE;
	completion = adapter->driver->functions5.AllocateCompleteHandler;
	if (completion == NULL) {
		ndis_broken(adapter, 17, (uintptr_t)adapter,
			    "%s was called, but the driver registered no MiniportAllocateComplete",
			    where);
		return NDIS_STATUS_FAILURE;
	}
	return ndis_request_memory(adapter, completion, Length, Cached, Context);
}

/* --- giving back ------------------------------------------------------------------------------ */

/* Whether a bus address comes from `poison`, with an offset that a driver may have added. */
static bool is_poison(uint64_t pa, int64_t poison)
{
	return pa - (uint64_t)poison < UINT32_MAX;
}

/* Whether exactly this was a block, and is none any more. */
static bool was_freed(struct ndis_adapter *adapter, PVOID va, uint64_t pa,
		      struct freed_block *freed)
{
	return ledger_find_freed_at(adapter, pa, freed) && freed->va == va &&
	       freed->bus.value == pa;
}

/* What is freed is no live block (R21), or was never memory at all (R8). */
static void unknown_free(struct ndis_adapter *adapter, PVOID va, uint64_t pa)
{
	char text[LEDGER_TEXT_BYTES];
	struct shared_block block;
	struct freed_block freed;

	if (va == NULL && is_poison(pa, LEDGER_FAILED_PA))
		ndis_broken(adapter, 8, pa,
			    "NdisMFreeSharedMemory was given what a failed completion showed as "
			    "PhysicalAddress");
	else if (!was_freed(adapter, va, pa, &freed) && ledger_find(adapter, va, &block))
		ndis_broken(adapter, 21, pa,
			    "NdisMFreeSharedMemory was given a part of %s; only whole blocks can "
			    "be freed",
			    ledger_describe(&block, text));
	else if (was_freed(adapter, va, pa, &freed) || ledger_find_freed(adapter, va, &freed))
		ndis_broken(adapter, 21, pa, "NdisMFreeSharedMemory was given %s, a second time",
			    ledger_describe_freed(&freed, text));
	else
		ndis_broken(adapter, 21, pa,
			    "NdisMFreeSharedMemory was given memory that was never allocated (va "
			    "%p, bus 0x%" PRIx64 ")",
			    va, pa);
}

static void compare(struct ndis_adapter *adapter, const struct shared_block *block, ULONG length,
		    BOOLEAN cached, uint64_t pa)
{
	char text[LEDGER_TEXT_BYTES];

	ledger_describe(block, text);
	if (block->length != length)
		ndis_broken(adapter, 20, block->bus.value,
			    "NdisMFreeSharedMemory was given Length %u for %s", length, text);
	if (!block->cached != !cached)
		ndis_broken(adapter, 20, block->bus.value,
			    "NdisMFreeSharedMemory was given Cached %u for %s, allocated with %u",
			    cached, text, block->cached);
	if (is_poison(pa, LEDGER_STALE_PA))
		ndis_broken(adapter, 11, block->bus.value,
			    "NdisMFreeSharedMemory was given what the PhysicalAddress pointer "
			    "held after its completion, for %s",
			    text);
	else if (block->bus.value != pa)
		ndis_broken(adapter, 20, block->bus.value,
			    "NdisMFreeSharedMemory was given PhysicalAddress 0x%" PRIx64 " for %s",
			    pa, text);
}

/* Whether this is the time for it.  Returns: whether frames in the block are out. */
static bool check_moment(struct ndis_adapter *adapter, const struct shared_block *block)
{
	enum ndis_adapter_state state = ndis_adapter_state(adapter);
	uint32_t out = ndis_frames_out(adapter, block);
	char text[LEDGER_TEXT_BYTES];

	ledger_describe(block, text);
	if (block->is_base && state > NDIS_ADAPTER_INITIALIZING && state < NDIS_ADAPTER_HALTING)
		ndis_broken(adapter, 34, block->bus.value, "%s was freed before the halt", text);
	if (out != 0)
		ndis_broken(adapter, 35, block->bus.value,
			    "%s was freed while the protocols have %u frame%s in it", text, out,
			    out == 1 ? "" : "s");
	/* Completions free what comes late at any time; the halt itself has its order. */
	if (ndis_callback()->name == adapter->driver->face->halt_name && adapter->interrupt != NULL)
		ndis_broken(adapter, 48, block->bus.value,
			    "%s was freed before the interrupt was deregistered", text);
	return out != 0;
}

/* The block that is meant: also when its address is that of a buffer in it (R20). */
static struct shared_block *take_out_meant(struct ndis_adapter *adapter, PVOID va, ULONG length,
					   uint64_t pa)
{
	char text[LEDGER_TEXT_BYTES];
	struct shared_block block;
	struct freed_block freed;

	if (!ledger_find(adapter, va, &block))
		return NULL;
	if (block.va == va) {
		/* Memory comes again at the same place: a second free must not hit the new block.
		 */
		if (block.bus.value != pa && was_freed(adapter, va, pa, &freed))
			return NULL;
		return ledger_take_out(adapter, va);
	}
	if (block.length != length)
		return NULL;
	ndis_broken(adapter, 20, block.bus.value,
		    "NdisMFreeSharedMemory was given va %p, which is inside of %s", va,
		    ledger_describe(&block, text));
	return ledger_take_out(adapter, block.va);
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
	uint64_t pa = (uint64_t)PhysicalAddress.QuadPart;
	struct shared_block *block;
	bool in_use;

	if (adapter == NULL ||
	    !ndis_check_irql(adapter, DISPATCH_LEVEL, 24, "NdisMFreeSharedMemory"))
		return;
	ndis_check_shutdown(adapter, "NdisMFreeSharedMemory");
	block = take_out_meant(adapter, VirtualAddress, Length, pa);
	if (block == NULL) {
		unknown_free(adapter, VirtualAddress, pa);
		return;
	}
	/* A wrong argument is reported; what was meant is clear, and the run goes on. */
	compare(adapter, block, Length, Cached, pa);
	in_use = check_moment(adapter, block);
	autopool_free(adapter->autopool, block);
	ledger_release(adapter, block, in_use);
	ndis_callback()->frees++;
}

/* --- after halt ------------------------------------------------------------------------------- */

/* What it means that the miniport has left this block. */
static uint16_t rule_of_leak(const struct shared_block *block, bool has_started)
{
	if (!has_started)
		return 53;
	if (block->is_unwrapped)
		return 36;
	return block->is_late ? 37 : 50;
}

void ndis_shared_memory_reclaim(struct ndis_adapter *adapter, bool has_started)
{
	struct shared_memory *memory = &adapter->memory;
	const struct ndis_face *face = adapter->driver->face;
	char text[LEDGER_TEXT_BYTES];

	ndis_requests_drop(adapter);
	while (memory->live != NULL) {
		struct shared_block *block = ledger_take_out(adapter, memory->live->va);
		uint16_t rule = rule_of_leak(block, has_started);

		ndis_broken(adapter, rule, block->bus.value, "%s left %s%s",
			    has_started ? face->halt_name : face->initialize_name,
			    ledger_describe(block, text),
			    rule == 36	 ? ", whose completion had no descriptors"
			    : rule == 37 ? ", which came after the pause"
					 : "");
		ledger_release(adapter, block, ndis_frames_out(adapter, block) != 0);
	}
}

void ndis_adapter_set_limit(struct ndis_adapter *adapter, uint64_t bytes)
{
	pthread_mutex_lock(&adapter->memory.mutex);
	adapter->memory.limit_bytes = bytes;
	pthread_mutex_unlock(&adapter->memory.mutex);
}

void ndis_adapter_counts(struct ndis_adapter *adapter, struct ndis_memory_counts *counts)
{
	pthread_mutex_lock(&adapter->memory.mutex);
	*counts = adapter->memory.counts;
	pthread_mutex_unlock(&adapter->memory.mutex);
	counts->indicated = __atomic_load_n(&adapter->indicated, __ATOMIC_ACQUIRE);
}
