/* SPDX-License-Identifier: MIT */
#ifndef FAULTY6_POOL_H
#define FAULTY6_POOL_H
/*
 * The receive pool of faulty6.c, and its frames: buffers, growing, receiving.  Included there, and
 * nowhere else: it defines the functions.
 */
/* The version that faulty6.c is for, also when this is compiled alone. */
#ifndef NDIS60_MINIPORT
#define NDIS60_MINIPORT 1
#endif
#include <ndis.h>

#include "pitfalls.h"

#ifndef PITFALL
extern enum pitfall faulty_pitfall;
#define PITFALL faulty_pitfall
#endif
#define MISTAKE(which) (PITFALL == (which))

#define SLOTS	     64u
#define BUFFER_BYTES 1554u /* with the stride of P18: as one well-known driver has it */
#define STRIDE	     (MISTAKE(P18_BUFFERS_SHARE_A_LINE) ? BUFFER_BYTES : 1600u)
#define BUFFERS	     24u /* of a block */
#define BLOCK_BYTES  (BUFFERS * 1600u)
#define LOW	     16u /* on the ring: the other block is asked for */
#define RESERVE	     6u	 /* on the ring: frames are lent only */
#define BATCH	     16u
#define TAG	     0x746c6146u /* 'Falt' */

/* docs/nic.md, 2 and 4 */
struct regs {
	ULONG ctrl, status, cause, mask_set, mask_clear, drops[3];
	ULONG base_lo, base_hi, slots, tail, head, wb_lo, wb_hi;
};
struct slot {
	ULONG64 buffer;
	ULONG buffer_bytes;
	USHORT frame_bytes, flags;
};
struct ring {
	struct slot slots[SLOTS];
	ULONG head; /* the device writes it */
};

struct buffer {
	struct block *block;
	PUCHAR va;
	NDIS_PHYSICAL_ADDRESS pa;
	PMDL mdl;
	PNET_BUFFER_LIST nbl;
	BOOLEAN lost; /* P31 */
};

struct block {
	PVOID va; /* NULL: there is none */
	NDIS_PHYSICAL_ADDRESS pa;
	ULONG nr_wrapped;
	struct buffer buffers[BUFFERS];
};

struct adapter {
	NDIS_HANDLE handle, dma, interrupt, timer, nbl_pool;
	PVOID regs;
	NDIS_SPIN_LOCK lock;
	struct ring *ring;
	NDIS_PHYSICAL_ADDRESS ring_pa;
	struct buffer *posted[SLOTS];
	ULONG next, tail, out;
	struct block base, more;
	NDIS_EVENT idle;
	PNDIS_PHYSICAL_ADDRESS kept_pa;
	LONG refs; /* one for life, one for each request */
	ULONG ticks;
	LONG asked;
	BOOLEAN running, pausing, halting;
	BOOLEAN pending; /* P6 */
	BOOLEAN made_it; /* the mistake that is made once */
};

static VOID set_reg(struct adapter *a, ULONG offset, ULONG value)
{
	NdisWriteRegisterUlong((PUCHAR)a->regs + offset, value);
}

/* --- buffers ---------------------------------------------------------------------------------- */

/* With the lock held; the doorbell is the caller's. */
static VOID post(struct adapter *a, struct buffer *b)
{
	struct slot *slot = &a->ring->slots[a->tail % SLOTS];
	ULONG64 wrong = MISTAKE(DEVICE_TOLD_ANOTHER_ADDRESS) ? UINT64_C(1) << 44 : 0;

	*slot = (struct slot){(ULONG64)b->pa.QuadPart + wrong, BUFFER_BYTES, 0, 0};
	a->posted[a->tail++ % SLOTS] = b;
}

static VOID ring_doorbell(struct adapter *a)
{
	set_reg(a, FIELD_OFFSET(struct regs, tail), a->tail);
}

static BOOLEAN wrap(struct adapter *a, struct block *block, struct buffer *b)
{
	b->mdl = NdisAllocateMdl(a->handle, b->va, BUFFER_BYTES);
	if (b->mdl == NULL)
		return FALSE;
	b->nbl = NdisAllocateNetBufferAndNetBufferList(a->nbl_pool, 0, 0, b->mdl, 0, 0);
	if (b->nbl == NULL) {
		NdisFreeMdl(b->mdl);
		return FALSE;
	}
	NET_BUFFER_LIST_MINIPORT_RESERVED(b->nbl)[0] = b;
	block->nr_wrapped++;
	return TRUE;
}

static VOID unwrap(struct block *block)
{
	for (; block->nr_wrapped > 0; block->nr_wrapped--) {
		struct buffer *b = &block->buffers[block->nr_wrapped - 1];

		if (!b->lost)
			NdisFreeNetBufferList(b->nbl);
		if (!MISTAKE(MDL_LEFT))
			NdisFreeMdl(b->mdl);
	}
}

/* Returns: whether every buffer has its descriptors; otherwise none has. */
static BOOLEAN carve(struct adapter *a, struct block *block)
{
	for (ULONG i = 0; i < BUFFERS; i++) {
		struct buffer *b = &block->buffers[i];

		b->block = block;
		b->va = (PUCHAR)block->va + i * STRIDE;
		b->pa.QuadPart = block->pa.QuadPart + i * STRIDE;
		if (!wrap(a, block, b)) {
			unwrap(block);
			return FALSE;
		}
	}
	return TRUE;
}

static VOID post_block(struct adapter *a, struct block *block)
{
	for (ULONG i = 0; i < BUFFERS; i++)
		post(a, &block->buffers[i]);
	ring_doorbell(a);
}

static VOID free_memory(struct adapter *a, struct block *block)
{
	NDIS_HANDLE handle = a->handle;
	ULONG length = BLOCK_BYTES;
	BOOLEAN cached = TRUE;
	PUCHAR va = block->va;

	if (MISTAKE(P11_FREE_WITH_THE_DMA_HANDLE))
		handle = a->dma;
	if (MISTAKE(P11_FREE_WITH_ANOTHER_LENGTH))
		length = BUFFERS * STRIDE - 64;
	if (MISTAKE(P11_FREE_WITH_ANOTHER_CACHED))
		cached = FALSE;
	if (MISTAKE(P11_FREE_OF_THE_FIRST_BUFFER))
		va += 64;
	if (MISTAKE(PART_OF_A_BLOCK_FREED) && !a->made_it) {
		a->made_it = TRUE;
		NdisMFreeSharedMemory(a->handle, STRIDE, TRUE, va + STRIDE, block->buffers[1].pa);
	}
	if (MISTAKE(P9_ADDRESS_POINTER_KEPT) && block == &a->more)
		block->pa = *a->kept_pa;
	NdisMFreeSharedMemory(handle, length, cached, va, block->pa);
	if (MISTAKE(P12_FREED_TWICE) && block == &a->more)
		NdisMFreeSharedMemory(handle, length, cached, va, block->pa);
}

static VOID free_block(struct adapter *a, struct block *block)
{
	unwrap(block);
	if (block->va != NULL)
		free_memory(a, block);
	block->va = NULL;
}

/* --- growing ---------------------------------------------------------------------------------- */

/* The last reference lets the halt go on. */
static VOID put(struct adapter *a)
{
	if (NdisInterlockedDecrement(&a->refs) == 0)
		NdisSetEvent(&a->idle);
}

/* The block joins the ring, unless the adapter stops.  Lock held.  Returns: whether it did. */
static BOOLEAN join(struct adapter *a)
{
	if (!a->running && !MISTAKE(P28_LATE_BLOCK_RESTARTS_RECEIVING))
		return FALSE;
	if (a->running)
		post_block(a, &a->more);
	return TRUE;
}

static VOID indicate(struct adapter *a, PNET_BUFFER_LIST chain, ULONG n, ULONG flags)
{
	NdisMIndicateReceiveNetBufferLists(a->handle, chain, NDIS_DEFAULT_PORT_NUMBER, n,
					   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | flags);
}

/* P28: whatever came last goes up now, since there are buffers again. */
static VOID receive_again(struct adapter *a)
{
	PNET_BUFFER_LIST nbl = a->more.buffers[0].nbl;

	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) = 60;
	indicate(a, nbl, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
}

static VOID take_in(struct adapter *a, PVOID va, PNDIS_PHYSICAL_ADDRESS pa)
{
	struct block *block = &a->more;
	BOOLEAN used, running;

	block->va = va;
	block->pa = *pa;
	a->kept_pa = pa;
	if (!carve(a, block)) {
		if (!MISTAKE(P4_UNWRAPPED_BLOCK_IS_LOST))
			free_memory(a, block);
		block->va = NULL;
		return;
	}
	NdisAcquireSpinLock(&a->lock);
	used = join(a);
	running = a->running;
	NdisReleaseSpinLock(&a->lock);
	if (!used)
		free_block(a, block);
	else if (!running)
		receive_again(a);
}

static MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE allocate_complete;
static VOID allocate_complete(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
			      PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context)
{
	struct adapter *a = MiniportAdapterContext;

	if (VirtualAddress != NULL)
		take_in(a, VirtualAddress, PhysicalAddress);
	else if (MISTAKE(P9_FAILURE_TOLD_BY_ADDRESS) && PhysicalAddress->QuadPart != 0)
		/* "Some memory must have come: give it back." */
		NdisMFreeSharedMemory(a->handle, Length, TRUE, VirtualAddress, *PhysicalAddress);
	if (VirtualAddress == NULL || a->more.va == NULL)
		InterlockedExchange(&a->asked, FALSE); /* it may be asked for again */
	if (MISTAKE(P2_EVENT_UNDER_THE_LOCK)) {
		NdisAcquireSpinLock(&a->lock);
		put(a);
		NdisReleaseSpinLock(&a->lock);
		return;
	}
	if (MISTAKE(P6_BOOKS_AFTER_THE_CALL)) {
		a->pending = FALSE;
		NdisSetEvent(&a->idle);
		return;
	}
	if (MISTAKE(COMPLETION_NEVER_RETURNS)) {
		NdisReleaseSpinLock(&a->lock); /* so that something was found, too */
		for (;;)
			NdisStallExecution(1000);
	}
	if (MISTAKE(COMPLETION_RETURNS_WITH_A_LOCK))
		NdisAcquireSpinLock(&a->lock);
	put(a);
}

static NDIS_STATUS ask(struct adapter *a)
{
	NDIS_HANDLE handle = MISTAKE(REQUEST_WITH_THE_ADAPTER_HANDLE) ? a->handle : a->dma;

	return NdisMAllocateSharedMemoryAsyncEx(handle, BLOCK_BYTES, TRUE, &a->more);
}

static BOOLEAN is_refusal(NDIS_STATUS status)
{
	if (MISTAKE(P5_FAILURE_ALONE_IS_A_REFUSAL))
		return status == NDIS_STATUS_FAILURE;
	if (MISTAKE(REFUSED_REQUEST_AWAITED))
		return FALSE;
	return status != NDIS_STATUS_PENDING;
}

static VOID ask_for_more(struct adapter *a)
{
	if (InterlockedExchange(&a->asked, TRUE))
		return;
	if (MISTAKE(P6_BOOKS_AFTER_THE_CALL)) {
		/* The completion may have been by then. */
		a->pending = ask(a) == NDIS_STATUS_PENDING;
		return;
	}
	NdisInterlockedIncrement(&a->refs);
	if (!is_refusal(ask(a)))
		return;
	InterlockedExchange(&a->asked, FALSE);
	put(a);
	while (MISTAKE(P27_REFUSAL_STORM) && ask(a) != NDIS_STATUS_PENDING && a->ticks++ < 3000)
		;
}

/* P7: each frame asks, as long as the blocks that have come are within the limit. */
static VOID ask_beyond_the_limit(struct adapter *a)
{
	if (a->ticks++ > 8)
		return;
	NdisInterlockedIncrement(&a->refs);
	if (is_refusal(ask(a)))
		put(a);
}

/* --- receiving -------------------------------------------------------------------------------- */

struct chain {
	PNET_BUFFER_LIST first, *last;
	ULONG n;
};

static VOID append(struct chain *chain, PNET_BUFFER_LIST nbl)
{
	if (chain->n++ == 0)
		chain->last = &chain->first;
	*chain->last = nbl;
	NET_BUFFER_LIST_NEXT_NBL(nbl) = NULL;
	chain->last = &NET_BUFFER_LIST_NEXT_NBL(nbl);
}

/* Filled slots: those that may be kept, and those that are only lent.  Lock held. */
static VOID reap(struct adapter *a, struct chain *kept, struct chain *lent)
{
	ULONG head = __atomic_load_n(&a->ring->head, __ATOMIC_ACQUIRE);

	for (; a->next != head && kept->n + lent->n < BATCH; a->next++) {
		const struct slot *slot = &a->ring->slots[a->next % SLOTS];
		struct buffer *b = a->posted[a->next % SLOTS];

		NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(b->nbl)) = slot->frame_bytes;
		NdisAdjustMdlLength(b->mdl, slot->frame_bytes);
		NET_BUFFER_LIST_STATUS(b->nbl) = NDIS_STATUS_SUCCESS;
		if (slot->flags & 2)
			post(a, b);
		else if (lent->n > 0 || a->tail - a->next - 1 < RESERVE)
			append(lent, b->nbl);
		else
			append(kept, b->nbl);
	}
	if (MISTAKE(P25_RESOURCES_BY_LIST) && kept->n > 0) {
		NET_BUFFER_LIST_STATUS(kept->first) = NDIS_STATUS_RESOURCES;
	}
	a->out += kept->n;
}

static VOID post_chain(struct adapter *a, PNET_BUFFER_LIST nbl)
{
	for (; nbl != NULL; nbl = NET_BUFFER_LIST_NEXT_NBL(nbl)) {
		post(a, NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0]);
	}
	ring_doorbell(a);
}

/* What can go wrong with frames that the protocols have. */
static VOID mistreat(struct adapter *a, PNET_BUFFER_LIST nbl)
{
	struct buffer *b = NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0];

	if (MISTAKE(LIST_INDICATED_WHILE_OUT))
		indicate(a, nbl, 1, 0);
	if (MISTAKE(FRAME_WRITTEN_WHILE_OUT) && !a->made_it) {
		b->va[12] ^= 1;
		a->made_it = TRUE;
	}
	if (MISTAKE(BLOCK_FREED_WITH_ITS_FRAMES_OUT) && !a->made_it && a->more.va != NULL &&
	    b->block == &a->more) {
		a->made_it = TRUE;
		NdisMFreeSharedMemory(a->handle, BLOCK_BYTES, TRUE, a->more.va, a->more.pa);
		a->more.va = NULL;
	}
}

/* Lent frames are ours again when their indication has returned. */
static VOID take_home(struct adapter *a, const struct chain *lent)
{
	NdisDprAcquireSpinLock(&a->lock);
	if (MISTAKE(P12_LENT_FRAMES_RETURNED))
		a->out += lent->n; /* as if they had been kept: */
	else
		post_chain(a, lent->first);
	NdisDprReleaseSpinLock(&a->lock);
	if (MISTAKE(P12_LENT_FRAMES_RETURNED))
		NdisReturnNetBufferLists(a->handle, lent->first, 0);
}

/* Returns: whether there was something. */
static BOOLEAN receive_some(struct adapter *a)
{
	struct chain kept = {NULL, NULL, 0}, lent = {NULL, NULL, 0};
	ULONG flags =
		MISTAKE(P36_RECEIVE_FLAGS_KEPT) && a->made_it ? NDIS_RECEIVE_FLAGS_RESOURCES : 0;
	BOOLEAN short_of;

	NdisDprAcquireSpinLock(&a->lock);
	if (a->running)
		reap(a, &kept, &lent);
	short_of = a->running && a->tail - a->next <= LOW;
	NdisDprReleaseSpinLock(&a->lock);
	if (short_of && MISTAKE(P7_LIMIT_WITHOUT_PENDING))
		ask_beyond_the_limit(a);
	else if (short_of)
		ask_for_more(a);
	if (kept.n > 0) {
		if (MISTAKE(LIST_TWICE_IN_ITS_CHAIN))
			*kept.last = kept.first;
		indicate(a, kept.first, kept.n, flags);
		mistreat(a, kept.first);
	}
	if (lent.n > 0) {
		indicate(a, lent.first, lent.n, NDIS_RECEIVE_FLAGS_RESOURCES);
		if (MISTAKE(P36_RECEIVE_FLAGS_KEPT))
			a->made_it = TRUE;
		take_home(a, &lent);
	}
	return kept.n + lent.n > 0;
}

static VOID try_in_a_dpc(struct adapter *a)
{
	NDIS_PHYSICAL_ADDRESS pa;
	PVOID va;

	if (a->made_it)
		return;
	if (MISTAKE(WAIT_IN_A_DPC)) {
		a->made_it = TRUE;
		NdisWaitEvent(&a->idle, 1);
	}
	while (MISTAKE(DPC_NEVER_RETURNS))
		NdisStallExecution(1000);
	if (MISTAKE(P30_SYNCHRONOUS_CALL_WHILE_RUNNING)) {
		a->made_it = TRUE;
		NdisMAllocateSharedMemory(a->handle, BLOCK_BYTES, TRUE, &va, &pa);
	}
}

static MINIPORT_INTERRUPT_DPC dpc;
static VOID dpc(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
		PULONG NdisReserved1, PULONG NdisReserved2)
{
	struct adapter *a = MiniportInterruptContext;

	try_in_a_dpc(a);
	while (receive_some(a))
		;
}

static MINIPORT_ISR isr;
static BOOLEAN isr(NDIS_HANDLE MiniportInterruptContext, PBOOLEAN QueueDefaultInterruptDpc,
		   PULONG TargetProcessors)
{
	struct adapter *a = MiniportInterruptContext;
	ULONG cause;

	if (MISTAKE(REQUEST_FROM_THE_ISR) && !a->made_it) {
		a->made_it = TRUE;
		ask(a);
	}
	NdisReadRegisterUlong((PUCHAR)a->regs + FIELD_OFFSET(struct regs, cause), &cause);
	*QueueDefaultInterruptDpc = (cause & 1) != 0;
	return cause != 0;
}

/* P31: nobody will find them again. */
static VOID drop_rest(PNET_BUFFER_LIST first)
{
	for (PNET_BUFFER_LIST nbl = NET_BUFFER_LIST_NEXT_NBL(first); nbl != NULL;
	     nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		((struct buffer *)NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0])->lost = TRUE;
	NET_BUFFER_LIST_NEXT_NBL(first) = NULL;
}

static MINIPORT_RETURN_NET_BUFFER_LISTS return_lists;
static VOID return_lists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
			 ULONG ReturnFlags)
{
	struct adapter *a = MiniportAdapterContext;
	BOOLEAN paused;
	KIRQL old;

	NdisAcquireSpinLock(&a->lock);
	for (PNET_BUFFER_LIST nbl = NetBufferLists; nbl != NULL;
	     nbl = NET_BUFFER_LIST_NEXT_NBL(nbl))
		a->out--;
	if (MISTAKE(P31_REST_OF_THE_CHAIN_DROPPED))
		drop_rest(NetBufferLists);
	post_chain(a, NetBufferLists);
	paused = a->pausing && a->out == 0;
	if (paused)
		a->pausing = FALSE;
	NdisReleaseSpinLock(&a->lock);
	if (MISTAKE(RETURN_FUNCTION_LEAVES_ITS_LEVEL))
		KeRaiseIrql(DISPATCH_LEVEL, &old);
	if (paused)
		NdisMPauseComplete(a->handle);
}

#endif
