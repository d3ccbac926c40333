/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_ADAPTER_H
#define MINIPORT_ADAPTER_H
/* One adapter: what MiniportInitializeEx makes and MiniportHaltEx takes apart. */
#include "hw.h"
#include "ndis.h"
#include "pool.h"
#include "rx_ring.h"

/* Most frames in one indication. */
#define RX_BATCH 64u
/* Indications in one DPC before others get their turn. */
#define RX_BATCHES_A_DPC 16u

struct adapter {
	NDIS_HANDLE handle;
	NDIS_HANDLE dma;
	NDIS_HANDLE nbl_pool;
	NDIS_HANDLE timer;
	NDIS_HANDLE interrupt;
	struct hw_regs *regs;
	ULONG regs_bytes;
	ULONG tick_ms;
	struct pool pool;
	struct rx_ring ring;
	NDIS_EVENT drained; /* the last pending request completed */
	/* Under the pool's lock: */
	bool pausing; /* a pause waits for the last buffer */
	ULONG drops;  /* the device's counters as read last */
	ULONG fifo_drops;
};

/* receive.c: the interrupt and what follows it */
MINIPORT_ISR receive_isr;
MINIPORT_INTERRUPT_DPC receive_dpc;
/* Reads the device's drop counters. (pool locked) */
void receive_note_drops(struct adapter *adapter);
/* Ends a pause when the last buffer is home.  Call with the lock held; it is released. */
void receive_unlock(struct adapter *adapter);

/* config.c: what an administrator may set */
struct adapter_config {
	struct policy_marks marks;
	ULONG tick_ms;
	ULONG buffer_bytes;
};
NDIS_STATUS config_read(NDIS_HANDLE adapter_handle, struct adapter_config *config);

#endif
