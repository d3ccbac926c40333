/* SPDX-License-Identifier: MIT */
/*
 * The receive path: interrupt, DPC, indications, and the buffers' way back.
 *
 *	device stores frames -> ISR masks the interrupt -> DPC reaps a batch, tells the pool,
 *	indicates -> ... -> the stack returns lists -> the pool gets them back, the ring is filled
 */
#include "adapter.h"

bool receive_interrupt(struct adapter *adapter)
{
	ULONG cause;

	NdisReadRegisterUlong(&adapter->regs->Cause, &cause);
	if ((cause & HW_CAUSES) == 0 || cause == HW_GONE)
		return false;
	/* Quiet until the DPC has seen everything. */
	NdisWriteRegisterUlong(&adapter->regs->MaskClear, HW_CAUSES);
	return true;
}

static bool is_gone(struct adapter *adapter)
{
	ULONG status;

	NdisReadRegisterUlong(&adapter->regs->Status, &status);
	return status == HW_GONE;
}

void receive_note_drops(struct adapter *adapter)
{
	ULONG drops, fifo_drops;

	NdisReadRegisterUlong(&adapter->regs->Drops, &drops);
	NdisReadRegisterUlong(&adapter->regs->FifoDrops, &fifo_drops);
	/* It may go at any moment, also between the two. */
	if ((drops == HW_GONE || fifo_drops == HW_GONE) && is_gone(adapter))
		return;
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
	bool home = adapter->awaited && pool_is_home(&adapter->pool);

	if (home)
		adapter->awaited = false;
	pool_unlock(&adapter->pool);
	/* From here on the adapter may be halted and gone, unless somebody waits for this. */
	if (home)
		adapter->face->came_home(adapter);
}

/*
 * Takes frames off the ring, as many as one event can tell.  Each is told before the next is looked
 * at: the pool may give a block away after every event, and what still lies on the ring is moved.
 */
static ULONG take_some(struct adapter *adapter, struct buffer **frames, ULONG max, ULONG *errors)
{
	struct pool *pool = &adapter->pool;
	ULONG n = rx_ring_reap(&adapter->ring, pool, frames, max, errors);

	if (n == 1 && frames[0]->next != NULL)
		pool_take_frame(pool, frames[0]);
	else if (n > 0)
		pool_take(pool, frames, n);
	return n;
}

/* Takes one batch off the ring.  Returns: how many frames. */
static ULONG take_batch(struct adapter *adapter, struct buffer **batch)
{
	struct pool *pool = &adapter->pool;
	ULONG n = 0, some = 0, errors = 0;

	pool_lock(pool);
	if (pool->policy.running) {
		do {
			some = take_some(adapter, batch + n, RX_BATCH - n, &errors);
			n += some;
		} while (some > 0 && n < RX_BATCH);
		if (errors > 0) {
			pool_drop(pool, errors, POOLSCOPE_DROP_NO_DESCRIPTOR);
			rx_ring_fill(&adapter->ring, pool); /* no event does it */
		}
		receive_note_drops(adapter);
	}
	pool_unlock(pool);
	return n;
}

static void give_home(struct adapter *adapter, struct buffer *const *frames, ULONG n)
{
	pool_lock(&adapter->pool);
	pool_home(&adapter->pool, frames, n);
	receive_unlock(adapter);
}

/* How many frames go into one indication: some that may be kept, then *lent that may not. */
static ULONG group(struct buffer *const *frames, ULONG n, ULONG *lent)
{
	ULONG given = 0, all;

	while (given < n && !frames[given]->lent)
		given++;
	for (all = given; all < n && frames[all]->lent; all++)
		;
	*lent = all - given;
	return all;
}

/* Returns: whether there may be more. */
static bool receive_batch(struct adapter *adapter)
{
	struct buffer *batch[RX_BATCH];
	ULONG n = take_batch(adapter, batch);

	for (ULONG i = 0, some, lent; i < n; i += some) {
		some = group(batch + i, n - i, &lent);
		adapter->face->indicate(adapter, batch + i, some, lent);
		if (lent > 0)
			give_home(adapter, batch + i + some - lent, lent);
	}
	return n == RX_BATCH;
}

/* A stop that came meanwhile has masked the interrupt for good. */
void receive_unmask(struct adapter *adapter)
{
	pool_lock(&adapter->pool);
	if (adapter->pool.policy.running)
		NdisWriteRegisterUlong(&adapter->regs->MaskSet, HW_CAUSES);
	pool_unlock(&adapter->pool);
}

void receive_frames(struct adapter *adapter)
{
	for (ULONG i = 0; i < RX_BATCHES_A_DPC; i++) {
		if (!receive_batch(adapter)) {
			receive_unmask(adapter);
			return;
		}
	}
	adapter->face->run_again(adapter);
}
