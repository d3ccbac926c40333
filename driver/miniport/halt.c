/* SPDX-License-Identifier: MIT */
/* An adapter stops, waits for what is out, and is given back. */
#include "adapter.h"

void adapter_stop_device(struct adapter *adapter)
{
	if (adapter->removed)
		return;
	NdisWriteRegisterUlong(&adapter->regs->MaskClear, HW_CAUSES);
	rx_ring_stop(&adapter->ring);
}

void adapter_empty_ring(struct adapter *adapter)
{
	ULONG lost = rx_ring_empty(&adapter->ring, &adapter->pool);

	if (!adapter->removed)
		receive_note_drops(adapter);
	if (lost > 0)
		pool_drop(&adapter->pool, lost, POOLSCOPE_DROP_NO_DESCRIPTOR);
}

void adapter_stop(struct adapter *adapter)
{
	adapter->face->cancel_timer(adapter);
	pool_lock(&adapter->pool);
	if (adapter->pool.policy.running) {
		/* With the pool locked, the interrupt stays masked, too. */
		adapter_stop_device(adapter);
		adapter_empty_ring(adapter);
		/* Growth ends here; requests on their way may still complete, and are given back
		 * (R54). */
		pool_set_running(&adapter->pool, false);
	}
	pool_unlock(&adapter->pool);
}

bool adapter_await_home(struct adapter *adapter)
{
	bool awaited;

	pool_lock(&adapter->pool);
	awaited = !pool_is_home(&adapter->pool);
	adapter->awaited = awaited;
	pool_unlock(&adapter->pool);
	return awaited;
}

/* Samples of the interface wait again every 2 s; so a debugger finds the thread at work (R51). */
static void wait_for_requests(struct adapter *adapter)
{
	bool pending;

	pool_lock(&adapter->pool);
	pending = pool_drain(&adapter->pool);
	pool_unlock(&adapter->pool);
	while (pending && !NdisWaitEvent(&adapter->drained, 2000))
		;
}

/*
 * R48, step by step: no new requests (adapter_stop() saw to that) - the device's DMA stops - the
 * interrupt goes - every pending request completes - every frame comes home - blocks are freed,
 * dynamic ones first - DMA and the rest.
 */
void adapter_halt(struct adapter *adapter, void (*wait_home)(struct adapter *adapter))
{
	/* A device that was pulled out has no registers (R56). */
	if (!adapter->removed)
		NdisWriteRegisterUlong(&adapter->regs->Ctrl, HW_CTRL_RESET);
	adapter->face->disconnect(adapter);
	wait_for_requests(adapter);
	if (wait_home != NULL)
		wait_home(adapter);
	pool_free_all(&adapter->pool);
	pool_close(&adapter->pool);
	adapter_release(adapter);
}

void adapter_release(struct adapter *adapter)
{
	adapter->face->disconnect(adapter);
	rx_ring_release(&adapter->ring, adapter->handle);
	if (adapter->base.va != NULL)
		adapter_free_memory(&adapter->pool, adapter->base.va, adapter->base.pa,
				    adapter->base.length);
	pool_release(&adapter->pool);
	adapter->face->release(adapter);
	if (adapter->regs != NULL)
		NdisMUnmapIoSpace(adapter->handle, adapter->regs, adapter->regs_bytes);
	NdisFreeMemory(adapter, 0, 0);
}
