/* SPDX-License-Identifier: MIT */
#include "rx_ring.h"

#define RING_TAG       0x676e6952u /* 'Ring' */
#define RING_SLOTS_MIN 256u

C_ASSERT(HW_RX_FRAME_SLOTS <= FRAME_BUFFERS_MAX);

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

/* What the device stored in one go: slots first to last. */
struct span {
	ULONG first, last;
	bool lost; /* there is no frame in it */
};

/* Whole frames only are announced (nic.md 3.3): one that begins before head ends before it. */
static bool next_span(const struct rx_ring *ring, ULONG first, ULONG head, struct span *span)
{
	if (first == head)
		return false;
	span->first = span->last = first;
	while (!(desc_at(ring, span->last)->Flags & HW_RX_END) && span->last + 1 != head)
		span->last++;
	span->lost = (desc_at(ring, first)->Flags & HW_RX_ERROR) != 0 ||
		     span->last - first >= HW_RX_FRAME_SLOTS;
	return true;
}

/* The buffers of a span become spare. */
static void give_up(struct rx_ring *ring, struct pool *pool, const struct span *span)
{
	for (ULONG i = span->first; i != span->last + 1; i++) {
		struct buffer **at = buffer_at(ring, i);

		if (*at != NULL)
			pool_spare_put(pool, *at);
		*at = NULL;
	}
}

static struct buffer *make_frame(const struct rx_ring *ring, const struct span *span)
{
	struct buffer *frame = NULL;

	for (ULONG i = span->last + 1; i-- != span->first;) {
		struct buffer *buffer = *buffer_at(ring, i);

		buffer->frame_bytes = desc_at(ring, i)->FrameBytes;
		buffer->next = frame;
		frame = buffer;
	}
	return frame;
}

ULONG rx_ring_reap(struct rx_ring *ring, struct pool *pool, struct buffer **frames, ULONG max,
		   ULONG *errors)
{
	ULONG head = observe_head(ring);
	struct span span;
	ULONG n = 0;

	for (; n < max && next_span(ring, ring->next, head, &span); ring->next = span.last + 1) {
		bool several = span.last != span.first;

		if (span.lost) {
			++*errors;
			give_up(ring, pool, &span);
		} else if (*buffer_at(ring, span.first) == NULL) {
			continue; /* lost when its block was withdrawn */
		} else if (several && n > 0) {
			break; /* it is an event of its own */
		} else {
			frames[n++] = make_frame(ring, &span);
			if (several)
				max = 1;
		}
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

/* What slot index holds changes over to a buffer that stays.  Returns: false: there is none. */
static bool move_part(struct rx_ring *ring, struct pool *pool, ULONG index)
{
	struct buffer **at = buffer_at(ring, index);
	struct buffer *to;

	if (!(*at)->block->retired)
		return true;
	to = pool_spare_get(pool);
	if (to == NULL)
		return false;
	NdisMoveMemory(to->va, (*at)->va, desc_at(ring, index)->FrameBytes);
	*at = to;
	return true;
}

/* A frame moves as a whole or is lost as a whole.  Returns: whether it is lost. */
static bool move_frame(struct rx_ring *ring, struct pool *pool, const struct span *span)
{
	if (*buffer_at(ring, span->first) == NULL)
		return false; /* it is already */
	if (span->lost) {
		give_up(ring, pool, span);
		return false;
	}
	for (ULONG i = span->first; i != span->last + 1; i++) {
		if (!move_part(ring, pool, i)) {
			give_up(ring, pool, span);
			return true;
		}
	}
	return false;
}

ULONG rx_ring_withdraw(struct rx_ring *ring, struct pool *pool)
{
	ULONG lost = 0;
	ULONG head = hold(ring);
	struct span span;

	unpost(ring, pool, head);
	for (ULONG i = ring->next; next_span(ring, i, head, &span); i = span.last + 1)
		lost += move_frame(ring, pool, &span);
	while (post_one(ring, pool))
		;
	resume(ring);
	return lost;
}

ULONG rx_ring_empty(struct rx_ring *ring, struct pool *pool)
{
	ULONG head = observe_head(ring);
	struct span span;
	ULONG lost = 0;

	for (ULONG i = ring->next; next_span(ring, i, head, &span); i = span.last + 1) {
		lost += !span.lost && *buffer_at(ring, i) != NULL;
		give_up(ring, pool, &span);
	}
	unpost(ring, pool, head);
	ring->next = 0;
	ring->tail = 0;
	return lost;
}
