/* SPDX-License-Identifier: MIT */
/* Scatter/gather lists of net buffers. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

/* In SCATTER_GATHER_LIST.Reserved: whose memory the list is in. */
enum { LIST_IS_CALLERS = 1, LIST_IS_HOSTS = 2 };

/* Pieces of a frame: one for each MDL that has some of it. */
struct pieces {
	PMDL mdl;
	ULONG offset, left;
};

static struct pieces pieces_of(const NET_BUFFER *nb)
{
	return (struct pieces){nb->CurrentMdl, nb->CurrentMdlOffset, nb->DataLength};
}

/* Returns: bytes of the next piece, which begins at *va; 0: there is none. */
static ULONG next_piece(struct pieces *pieces, PUCHAR *va)
{
	ULONG n = 0;

	while (pieces->mdl != NULL && pieces->left > 0 && n == 0) {
		n = min(pieces->mdl->ByteCount - pieces->offset, pieces->left);
		*va = (PUCHAR)pieces->mdl->MappedSystemVa + pieces->offset;
		pieces->left -= n;
		pieces->offset = 0;
		pieces->mdl = pieces->mdl->Next;
	}
	return n;
}

static ULONG count_pieces(const NET_BUFFER *nb)
{
	struct pieces pieces = pieces_of(nb);
	ULONG count = 0;
	PUCHAR va;

	while (next_piece(&pieces, &va) != 0)
		count++;
	return count;
}

static void unmap(const struct ndis_dma *dma, PSCATTER_GATHER_LIST list)
{
	for (ULONG i = 0; i < list->NumberOfElements; i++)
		dma_space_unmap(dma->adapter->device->space,
				bus_addr((uint64_t)list->Elements[i].Address.QuadPart));
}

/* Returns: whether all pieces are mapped; none is otherwise. */
static bool map(const struct ndis_dma *dma, const NET_BUFFER *nb, PSCATTER_GATHER_LIST list)
{
	struct pieces pieces = pieces_of(nb);
	bus_addr_t at;
	PUCHAR va;
	ULONG n;

	list->NumberOfElements = 0;
	while ((n = next_piece(&pieces, &va)) != 0) {
		SCATTER_GATHER_ELEMENT *element = &list->Elements[list->NumberOfElements];

		if (dma_space_map(dma->adapter->device->space, va, n, dma->below_4g, &at) != 0) {
			unmap(dma, list);
			return false;
		}
		*element = (SCATTER_GATHER_ELEMENT){.Length = n};
		element->Address.QuadPart = (LONGLONG)at.value;
		list->NumberOfElements++;
	}
	return true;
}

/* The DMA registration behind a handle; anything else is reported, and gives NULL. */
static struct ndis_dma *dma_from(NDIS_HANDLE handle, const char *where)
{
	enum ndis_kind kind = ndis_object_kind(handle);

	if (kind == NDIS_KIND_DMA)
		return handle;
	ndis_broken(NULL, 22, (uintptr_t)handle, "%s was given %s; it wants the DMA handle", where,
		    ndis_kind_name(kind));
	return NULL;
}

static void give(const struct ndis_dma *dma, PSCATTER_GATHER_LIST list, PVOID context)
{
	const char *outer = ndis_callback_begin("MiniportProcessSGList");
	KIRQL old = KeGetCurrentIrql();

	if (old < DISPATCH_LEVEL)
		KeRaiseIrql(DISPATCH_LEVEL, &old);
	dma->process(NULL, NULL, list, context);
	if (old < DISPATCH_LEVEL)
		KeLowerIrql(old);
	ndis_callback_end(outer);
}

NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer,
					 PVOID Context, ULONG Flags, PVOID ScatterGatherListBuffer,
					 ULONG ScatterGatherListBufferSize)
{
	static const char where[] = "NdisMAllocateNetBufferSGList";
	struct ndis_dma *dma = dma_from(NdisMiniportDmaHandle, where);
	PSCATTER_GATHER_LIST list = ScatterGatherListBuffer;
	ULONG count = count_pieces(NetBuffer);
	size_t bytes = sizeof(*list) + count * sizeof(list->Elements[0]);
	bool is_callers;

	if (dma == NULL || dma->process == NULL || count == 0)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (!ndis_check_irql(dma->adapter, DISPATCH_LEVEL, 14, where))
		return NDIS_STATUS_INVALID_PARAMETER;
	is_callers = list != NULL && ScatterGatherListBufferSize >= bytes;
	if (!is_callers)
		list = malloc(bytes);
	if (list == NULL)
		return NDIS_STATUS_RESOURCES;
	list->Reserved = is_callers ? LIST_IS_CALLERS : LIST_IS_HOSTS;
	if (!map(dma, NetBuffer, list)) {
		if (list->Reserved == LIST_IS_HOSTS)
			free(list);
		return NDIS_STATUS_RESOURCES;
	}
	__atomic_add_fetch(&dma->sg_lists, 1, __ATOMIC_ACQ_REL);
	give(dma, list, Context);
	return NDIS_STATUS_SUCCESS;
}

VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST pSGL,
			      PNET_BUFFER NetBuffer)
{
	struct ndis_dma *dma = dma_from(NdisMiniportDmaHandle, "NdisMFreeNetBufferSGList");

	if (dma == NULL)
		return;
	unmap(dma, pSGL);
	__atomic_sub_fetch(&dma->sg_lists, 1, __ATOMIC_ACQ_REL);
	if (pSGL->Reserved == LIST_IS_HOSTS)
		free(pSGL);
}
