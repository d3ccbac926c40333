/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_RX_RING_H
#define MINIPORT_RX_RING_H
/*
 * The receive descriptor ring that driver and device share (docs/nic.md sections 3 to 5).
 *
 *	next <= head <= tail     run free; a slot is index & (slots - 1)
 *	[next, head)             filled by the device, not yet reaped; whole frames only
 *	[head, tail)             posted, the device's
 *
 * Lock: the pool's, for every call.
 */
#include "block.h"
#include "hw.h"
#include "ndis.h"
#include "pool.h"

struct rx_ring {
	struct hw_regs *regs;
	bool stopped; /* atomic: the device must not be started again */
	ULONG slots;  /* a power of two */
	ULONG next;   /* oldest slot not reaped */
	ULONG tail;   /* next slot to post */
	ULONG buffer_bytes;
	struct buffer **buffers; /* in each slot; NULL: its frame was lost */
	PVOID va;		 /* of the shared memory: descriptors, then the head word */
	NDIS_PHYSICAL_ADDRESS pa;
	ULONG length;
};

/*
 * Slots for at least nr_buffers, or as many as the device has, and their memory.
 * Place:   MiniportInitializeEx.  IRQL: PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS, _RESOURCES.
 */
NDIS_STATUS rx_ring_init(struct rx_ring *ring, NDIS_HANDLE adapter_handle, struct hw_regs *regs,
			 ULONG nr_buffers, ULONG buffer_bytes);
void rx_ring_release(struct rx_ring *ring, NDIS_HANDLE adapter_handle);

/* Tells the device, after its reset, where the ring is. */
void rx_ring_program(struct rx_ring *ring);
/* The device receives, unless rx_ring_stop() has come.  After a reset. */
void rx_ring_start(struct rx_ring *ring);
/*
 * No frame is stored from here on, until rx_ring_program().
 * Lock: none is needed; a withdrawal in progress does not start the device again.
 */
void rx_ring_stop(struct rx_ring *ring);
/* Posts spare buffers until the ring is full or none is left, and rings the doorbell. */
void rx_ring_fill(struct rx_ring *ring, struct pool *pool);
/*
 * Takes frames off the ring for one pool_take(): up to max of one buffer each, or for one
 * pool_take_frame(): one of several.  frames[i]->next says which.
 * Returns: how many; *errors grows by the frames beside them that the device lost: their buffers
 * are spare again.
 */
ULONG rx_ring_reap(struct rx_ring *ring, struct pool *pool, struct buffer **frames, ULONG max,
		   ULONG *errors);
/*
 * Takes the buffers of retired blocks off the ring while the device holds still.  A frame, or the
 * part of one, that waits in one of them is moved to another buffer.
 * Returns: frames for which there was none.
 */
ULONG rx_ring_withdraw(struct rx_ring *ring, struct pool *pool);
/*
 * Empties the ring; the device must have been stopped.
 * Returns: frames that were not reaped and are lost.
 */
ULONG rx_ring_empty(struct rx_ring *ring, struct pool *pool);

#endif
