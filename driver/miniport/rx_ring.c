/* SPDX-License-Identifier: MIT */
#include "rx_ring.h"

#define RING_TAG       0x676e6952u /* 'Ring' */
#define RING_SLOTS_MIN 256u

static struct hw_rx_desc *desc_at(const struct rx_ring *ring, ULONG index)
{
	return (struct hw_rx_desc *)ring->va + (index & (ring->slots - 1));
}

static struct buffer **buffer_at(const struct rx_ring *ring, ULONG index)
{
	return &ring->buffers[index & (ring->slots - 1)];
}

/* The word that the device writes its head to (nic.md 3.3). */
static ULONG *head_word(const struct rx_ring *ring)
{
	return (ULONG *)(void *)((struct hw_rx_desc *)ring->va + ring->slots);
}

/* Acquire: frames and descriptors before the head are read after it. */
static ULONG observe_head(const struct rx_ring *ring)
{
	return __atomic_load_n(head_word(ring), __ATOMIC_ACQUIRE);
}

/* --- memory ----------------------------------------------------------------------------------- */

static ULONG slots_for(ULONG nr_buffers)
{
	ULONG slots = RING_SLOTS_MIN;

	while (slots < nr_buffers && slots < HW_RX_SLOTS_MAX)
		slots *= 2;
	return slots;
}

NDIS_STATUS rx_ring_init(struct rx_ring *ring, NDIS_HANDLE adapter_handle, struct hw_regs *regs,
			 ULONG nr_buffers, ULONG buffer_bytes)
{
	UINT bytes;

	ring->regs = regs;
	ring->slots = slots_for(nr_buffers);
	ring->buffer_bytes = buffer_bytes;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): it is an array of pointers */
	bytes = (UINT)(ring->slots * sizeof(*ring->buffers));
	ring->buffers = NdisAllocateMemoryWithTagPriority(adapter_handle, bytes, RING_TAG,
							  NormalPoolPriority);
	if (ring->buffers == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(ring->buffers, bytes);
	/* The head word lies on a line of its own: the device writes it all the time. */
	ring->length =
		ring->slots * (ULONG)sizeof(struct hw_rx_desc) + NdisGetSharedDataAlignment();
	NdisMAllocateSharedMemory(adapter_handle, ring->length, TRUE, &ring->va, &ring->pa);
	if (ring->va == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(ring->va, ring->length);
	return NDIS_STATUS_SUCCESS;
}

void rx_ring_release(struct rx_ring *ring, NDIS_HANDLE adapter_handle)
{
	if (ring->va != NULL)
		NdisMFreeSharedMemory(adapter_handle, ring->length, TRUE, ring->va, ring->pa);
	if (ring->buffers != NULL)
		NdisFreeMemory(ring->buffers, 0, 0);
	ring->va = NULL;
	ring->buffers = NULL;
}

/* nic.md 5.1 */
void rx_ring_program(struct rx_ring *ring)
{
	struct hw_regs *regs = ring->regs;
	NDIS_PHYSICAL_ADDRESS head = ring->pa;

	head.QuadPart += (LONGLONG)(ring->slots * sizeof(struct hw_rx_desc));
	__atomic_store_n(&ring->stopped, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(head_word(ring), 0, __ATOMIC_RELEASE);
	NdisWriteRegisterUlong(&regs->RxBaseLow, ring->pa.LowPart);
	NdisWriteRegisterUlong(&regs->RxBaseHigh, (ULONG)ring->pa.HighPart);
	NdisWriteRegisterUlong(&regs->RxWbLow, head.LowPart);
	NdisWriteRegisterUlong(&regs->RxWbHigh, (ULONG)head.HighPart);
	NdisWriteRegisterUlong(&regs->RxSlots, ring->slots);
	NdisWriteRegisterUlong(&regs->RxTail, 0);
}

void rx_ring_start(struct rx_ring *ring)
{
	if (!__atomic_load_n(&ring->stopped, __ATOMIC_SEQ_CST))
		NdisWriteRegisterUlong(&ring->regs->Ctrl, HW_CTRL_RX_ENABLE);
	/* A stop that came between the look and the write has been overwritten. */
	if (__atomic_load_n(&ring->stopped, __ATOMIC_SEQ_CST))
		NdisWriteRegisterUlong(&ring->regs->Ctrl, 0);
}

void rx_ring_stop(struct rx_ring *ring)
{
	__atomic_store_n(&ring->stopped, true, __ATOMIC_SEQ_CST);
	NdisWriteRegisterUlong(&ring->regs->Ctrl, 0);
}

/* --- posting and reaping ---------------------------------------------------------------------- */

static bool post_one(struct rx_ring *ring, struct pool *pool)
{
	struct buffer *buffer;
	struct hw_rx_desc *desc = desc_at(ring, ring->tail);

	if (ring->tail - ring->next == ring->slots)
		return false;
	buffer = pool_spare_get(pool);
	if (buffer == NULL)
		return false;
	desc->Buffer = (ULONG64)buffer->pa.QuadPart;
	desc->BufferBytes = ring->buffer_bytes;
	desc->FrameBytes = 0;
	desc->Flags = 0;
	*buffer_at(ring, ring->tail) = buffer;
	ring->tail++;
	return true;
}

void rx_ring_fill(struct rx_ring *ring, struct pool *pool)
{
	ULONG before = ring->tail;

	while (post_one(ring, pool))
		;
	/* Doorbell last: the device may read a slot the moment it rings. */
	if (ring->tail != before)
		NdisWriteRegisterUlong(&ring->regs->RxTail, ring->tail);
}

ULONG rx_ring_reap(struct rx_ring *ring, struct pool *pool, struct buffer **buffers, ULONG max,
		   ULONG *errors)
{
	ULONG head = observe_head(ring);
	ULONG n = 0;

	*errors = 0;
	for (; ring->next != head && n < max; ring->next++) {
		const struct hw_rx_desc *desc = desc_at(ring, ring->next);
		struct buffer *buffer = *buffer_at(ring, ring->next);

		if (buffer == NULL)
			continue; /* lost when its block was withdrawn */
		if (desc->Flags & HW_RX_ERROR) {
			++*errors;
			pool_spare_put(pool, buffer);
			continue;
		}
		buffer->frame_bytes = desc->FrameBytes;
		buffers[n++] = buffer;
	}
	return n;
}

/* --- withdrawing ------------------------------------------------------------------------------ */

/* nic.md 5.3: from here to resume() the device touches no descriptor.  Returns: its head. */
static ULONG hold(struct rx_ring *ring)
{
	ULONG status;

	NdisWriteRegisterUlong(&ring->regs->Ctrl, HW_CTRL_RX_ENABLE | HW_CTRL_RX_HOLD);
	do
		NdisReadRegisterUlong(&ring->regs->Status, &status);
	while (!(status & HW_STATUS_RX_IDLE));
	return observe_head(ring);
}

static void resume(struct rx_ring *ring)
{
	NdisWriteRegisterUlong(&ring->regs->RxTail, ring->tail);
	rx_ring_start(ring);
}

/* Buffers that the device has not used yet; those of retired blocks are forgotten. */
static void unpost(struct rx_ring *ring, struct pool *pool, ULONG head)
{
	for (ULONG i = head; i != ring->tail; i++)
		pool_spare_put(pool, *buffer_at(ring, i));
	ring->tail = head;
}

/* The frame in slot index changes over to a buffer that stays.  Returns: whether it is lost. */
static bool move_frame(struct rx_ring *ring, struct pool *pool, ULONG index)
{
	struct buffer *from = *buffer_at(ring, index);
	struct buffer *to;

	if (from == NULL || !from->block->retired)
		return false;
	to = pool_spare_get(pool);
	*buffer_at(ring, index) = to;
	if (to == NULL)
		return !(desc_at(ring, index)->Flags & HW_RX_ERROR);
	NdisMoveMemory(to->va, from->va, desc_at(ring, index)->FrameBytes);
	return false;
}

ULONG rx_ring_withdraw(struct rx_ring *ring, struct pool *pool)
{
	ULONG lost = 0;
	ULONG head = hold(ring);

	unpost(ring, pool, head);
	for (ULONG i = ring->next; i != head; i++)
		lost += move_frame(ring, pool, i);
	while (post_one(ring, pool))
		;
	resume(ring);
	return lost;
}

ULONG rx_ring_empty(struct rx_ring *ring, struct pool *pool)
{
	ULONG head = observe_head(ring);
	ULONG lost = 0;

	for (ULONG i = ring->next; i != head; i++) {
		struct buffer *buffer = *buffer_at(ring, i);

		if (buffer == NULL)
			continue;
		lost += !(desc_at(ring, i)->Flags & HW_RX_ERROR);
		pool_spare_put(pool, buffer);
	}
	unpost(ring, pool, head);
	ring->next = 0;
	ring->tail = 0;
	return lost;
}
