/* SPDX-License-Identifier: MIT */
/* An adapter is built, starts, and ticks. */
#include <stdio.h>

#include "adapter.h"

/* --- building --------------------------------------------------------------------------------- */

struct adapter *adapter_create(const struct face *face, NDIS_HANDLE handle)
{
	struct adapter *adapter = NdisAllocateMemoryWithTagPriority(
		handle, sizeof(*adapter), ADAPTER_TAG, NormalPoolPriority);

	if (adapter == NULL)
		return NULL;
	NdisZeroMemory(adapter, sizeof(*adapter));
	adapter->face = face;
	adapter->handle = handle;
	NdisInitializeEvent(&adapter->drained);
	return adapter;
}

NDIS_STATUS adapter_build(struct adapter *adapter)
{
	NDIS_STATUS status = NDIS_STATUS_SUCCESS;

	for (adapter_step *const *step = adapter->face->steps;
	     *step != NULL && status == NDIS_STATUS_SUCCESS; step++)
		status = (*step)(adapter);
	if (status != NDIS_STATUS_SUCCESS)
		adapter_release(adapter);
	return status;
}

NDIS_STATUS adapter_map_registers(struct adapter *adapter, const NDIS_RESOURCE_LIST *resources)
{
	PVOID regs;

	for (ULONG i = 0; i < resources->Count; i++) {
		const CM_PARTIAL_RESOURCE_DESCRIPTOR *d = &resources->PartialDescriptors[i];
		NDIS_STATUS status;

		if (d->Type != CmResourceTypeMemory || d->u.Memory.Length < sizeof(struct hw_regs))
			continue;
		status = NdisMMapIoSpace(&regs, adapter->handle, d->u.Memory.Start,
					 d->u.Memory.Length);
		if (status != NDIS_STATUS_SUCCESS)
			return status;
		adapter->regs = regs;
		adapter->regs_bytes = d->u.Memory.Length;
		return NDIS_STATUS_SUCCESS;
	}
	return NDIS_STATUS_ADAPTER_NOT_FOUND;
}

NDIS_STATUS adapter_make_pool(struct adapter *adapter)
{
	ULONG dma_align = NdisMGetDmaAlignment(adapter->handle);
	ULONG line = NdisGetSharedDataAlignment();
	struct pool_config pool = {
		.name = adapter->pool_name,
		.generation = adapter->face->generation,
		.buffer_bytes = adapter->config.buffer_bytes,
		.align = dma_align > line ? dma_align : line,
		.cached = adapter->config.cached != 0,
		.marks = adapter->config.marks,
	};

	snprintf(adapter->pool_name, sizeof(adapter->pool_name), "rx%u",
		 (unsigned int)adapter->config.number);
	return pool_init(&adapter->pool, &pool, adapter->face->pool_ops);
}

NDIS_STATUS adapter_make_ring(struct adapter *adapter)
{
	return rx_ring_init(&adapter->ring, adapter->handle, adapter->regs,
			    adapter->config.marks.base, adapter->config.buffer_bytes);
}

NDIS_STATUS adapter_take_base(struct adapter *adapter)
{
	struct pool *pool = &adapter->pool;

	do {
		adapter->base.length = pool_base_bytes(pool);
		NdisMAllocateSharedMemory(adapter->handle, adapter->base.length,
					  pool->config.cached, &adapter->base.va,
					  &adapter->base.pa);
	} while (adapter->base.va == NULL && pool_halve_base(pool));
	return adapter->base.va != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

NDIS_STATUS adapter_fill_pool(struct adapter *adapter)
{
	NDIS_STATUS status =
		pool_open(&adapter->pool, adapter->base.va, adapter->base.pa, adapter->base.length);

	if (status == NDIS_STATUS_SUCCESS)
		adapter->base.va = NULL;
	return status;
}

/* --- what the pool needs of NDIS -------------------------------------------------------------- */

void adapter_free_memory(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length)
{
	/* The adapter's handle in both generations, however the memory was had (R19). */
	NdisMFreeSharedMemory(adapter_of(pool)->handle, length, pool->config.cached, va, pa);
}

ULONG adapter_withdraw(struct pool *pool)
{
	return rx_ring_withdraw(&adapter_of(pool)->ring, pool);
}

void adapter_post(struct pool *pool)
{
	rx_ring_fill(&adapter_of(pool)->ring, pool);
}

/* Holds for DISPATCH_LEVEL, where NDIS 5 may call it: it waits for nothing (R13). */
VOID adapter_allocate_complete(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
			       PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context)
{
	struct adapter *adapter = MiniportAdapterContext;

	if (pool_complete(&adapter->pool, Context, VirtualAddress, PhysicalAddress, Length))
		NdisSetEvent(&adapter->drained); /* the last touch: halt goes on (R52) */
}

/* --- running ---------------------------------------------------------------------------------- */

/* (pool locked) The device forgets what it did, and is told where the ring is. */
static void prepare_device(struct adapter *adapter)
{
	NdisWriteRegisterUlong(&adapter->regs->Ctrl, HW_CTRL_RESET);
	rx_ring_program(&adapter->ring);
}

void adapter_start(struct adapter *adapter)
{
	pool_lock(&adapter->pool);
	prepare_device(adapter);
	NdisReadRegisterUlong(&adapter->regs->Drops, &adapter->drops);
	NdisReadRegisterUlong(&adapter->regs->FifoDrops, &adapter->fifo_drops);
	pool_set_running(&adapter->pool, true); /* fills the ring */
	rx_ring_start(&adapter->ring);
	pool_unlock(&adapter->pool);
	adapter->face->set_timer(adapter, adapter->config.tick_ms);
	NdisWriteRegisterUlong(&adapter->regs->MaskSet, HW_CAUSES);
}

void adapter_reset(struct adapter *adapter)
{
	pool_lock(&adapter->pool);
	if (adapter->pool.policy.running) {
		adapter_stop_device(adapter);
		adapter_empty_ring(adapter);
		prepare_device(adapter);
		rx_ring_fill(&adapter->ring, &adapter->pool);
		rx_ring_start(&adapter->ring);
		NdisWriteRegisterUlong(&adapter->regs->MaskSet, HW_CAUSES);
	}
	pool_unlock(&adapter->pool);
}

VOID adapter_tick(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2,
		  PVOID SystemSpecific3)
{
	struct adapter *adapter = FunctionContext;

	pool_lock(&adapter->pool);
	if (adapter->pool.policy.running) {
		pool_tick(&adapter->pool);
		receive_note_drops(adapter);
	}
	pool_unlock(&adapter->pool);
}
