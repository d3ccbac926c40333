/* SPDX-License-Identifier: MIT */
/*
 * The receive path: interrupt, DPC, indications, and the buffers' way back.
 *
 *	device stores frames -> ISR masks the interrupt -> DPC reaps a batch, tells the pool,
 *	indicates -> ... -> the stack returns lists -> the pool gets them back, the ring is filled
 */
#include "adapter.h"
#include "ndis6.h"

BOOLEAN receive_isr(NDIS_HANDLE MiniportInterruptContext, PBOOLEAN QueueDefaultInterruptDpc,
		    PULONG TargetProcessors)
{
	struct adapter *adapter = MiniportInterruptContext;
	ULONG cause;

	NdisReadRegisterUlong(&adapter->regs->Cause, &cause);
	if ((cause & HW_CAUSES) == 0)
		return FALSE;
	/* Quiet until the DPC has seen everything. */
	NdisWriteRegisterUlong(&adapter->regs->MaskClear, HW_CAUSES);
	*QueueDefaultInterruptDpc = TRUE;
	return TRUE;
}

void receive_note_drops(struct adapter *adapter)
{
	ULONG drops, fifo_drops;

	NdisReadRegisterUlong(&adapter->regs->Drops, &drops);
	NdisReadRegisterUlong(&adapter->regs->FifoDrops, &fifo_drops);
	/* The counters wrap: differences count. */
	if (drops != adapter->drops)
		pool_drop(&adapter->pool, drops - adapter->drops, POOLSCOPE_DROP_NO_DESCRIPTOR);
	if (fifo_drops != adapter->fifo_drops)
		pool_drop(&adapter->pool, fifo_drops - adapter->fifo_drops, POOLSCOPE_DROP_FIFO);
	adapter->drops = drops;
	adapter->fifo_drops = fifo_drops;
}

void receive_unlock(struct adapter *adapter)
{
	NDIS_HANDLE handle = adapter->handle;
	bool paused = adapter->pausing && pool_is_home(&adapter->pool);

	if (paused)
		adapter->pausing = false;
	pool_unlock(&adapter->pool);
	/* From here on the adapter may be halted and gone, unless the pause waits for this. */
	if (paused)
		NdisMPauseComplete(handle);
}

/*
 * Takes one batch off the ring.  Returns: how many; *resources of them, the last ones, must be back
 * when the indication returns.
 */
static ULONG take_batch(struct adapter *adapter, struct buffer **batch, ULONG *resources)
{
	struct pool *pool = &adapter->pool;
	ULONG n = 0, errors;

	*resources = 0;
	pool_lock(pool);
	if (pool->policy.running) {
		n = rx_ring_reap(&adapter->ring, pool, batch, RX_BATCH, &errors);
		if (errors > 0)
			pool_drop(pool, errors, POOLSCOPE_DROP_NO_DESCRIPTOR);
		if (n > 0)
			*resources = pool_take(pool, batch, n);
		else if (errors > 0)
			rx_ring_fill(&adapter->ring, pool); /* no event does it */
		receive_note_drops(adapter);
	}
	pool_unlock(pool);
	return n;
}

static void give_home(struct adapter *adapter, struct buffer *const *buffers, ULONG n)
{
	pool_lock(&adapter->pool);
	pool_home(&adapter->pool, buffers, n);
	receive_unlock(adapter);
}

/* Returns: whether there may be more. */
static bool receive_batch(struct adapter *adapter)
{
	struct buffer *batch[RX_BATCH];
	ULONG resources;
	ULONG n = take_batch(adapter, batch, &resources);
	ULONG given = n - resources;

	/* The flag covers a whole chain: RESOURCES frames get an indication of their own (R43). */
	if (given > 0)
		ndis6_indicate(adapter, batch, given, false);
	if (resources > 0) {
		ndis6_indicate(adapter, batch + given, resources, true);
		give_home(adapter, batch + given, resources);
	}
	return n == RX_BATCH;
}

/* A pause that came meanwhile has masked the interrupt for good. */
static void unmask(struct adapter *adapter)
{
	pool_lock(&adapter->pool);
	if (adapter->pool.policy.running)
		NdisWriteRegisterUlong(&adapter->regs->MaskSet, HW_CAUSES);
	pool_unlock(&adapter->pool);
}

VOID receive_dpc(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
		 PVOID ReceiveThrottleParameters, PVOID NdisReserved2)
{
	struct adapter *adapter = MiniportInterruptContext;

	for (ULONG i = 0; i < RX_BATCHES_A_DPC; i++) {
		if (!receive_batch(adapter)) {
			unmask(adapter);
			return;
		}
	}
	NdisMQueueDpc(adapter->interrupt, 0, 0, NULL);
}
