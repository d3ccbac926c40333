/* SPDX-License-Identifier: MIT */
/* Net buffers of their own, and moving about in a frame. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

struct net_buffer_pool {
	struct ndis_object object;
	struct ndis_adapter *adapter;
	uint32_t buffers; /* atomic: allocated and not freed */
};

NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle,
				      PNET_BUFFER_POOL_PARAMETERS Parameters)
{
	struct net_buffer_pool *pool;

	if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || Parameters->Header.Revision == 0)
		return NULL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	if (ndis_object_kind(NdisHandle) == NDIS_KIND_ADAPTER)
		pool->adapter = NdisHandle;
	ndis_object_add(&pool->object, NDIS_KIND_NET_BUFFER_POOL);
	return pool;
}

VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle)
{
	struct net_buffer_pool *pool = PoolHandle;
	uint32_t buffers;

	if (ndis_object_kind(PoolHandle) != NDIS_KIND_NET_BUFFER_POOL)
		return;
	buffers = __atomic_load_n(&pool->buffers, __ATOMIC_ACQUIRE);
	if (buffers != 0)
		ndis_broken(pool->adapter, 50, buffers,
			    "NdisFreeNetBufferPool: %u net buffers of the pool are not freed",
			    buffers);
	ndis_object_remove(&pool->object);
	free(pool);
}

PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset,
				  SIZE_T DataLength)
{
	struct net_buffer_pool *pool = PoolHandle;
	PNET_BUFFER nb;

	if (ndis_object_kind(PoolHandle) != NDIS_KIND_NET_BUFFER_POOL)
		return NULL;
	nb = calloc(1, sizeof(*nb));
	if (nb == NULL)
		return NULL;
	__atomic_add_fetch(&pool->buffers, 1, __ATOMIC_ACQ_REL);
	nb->NdisPoolHandle = PoolHandle;
	nb->MdlChain = nb->CurrentMdl = MdlChain;
	nb->DataLength = (ULONG)DataLength;
	NdisAdvanceNetBufferDataStart(nb, DataOffset, FALSE, NULL);
	nb->DataLength = (ULONG)DataLength;
	return nb;
}

VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer)
{
	struct net_buffer_pool *pool = NetBuffer->NdisPoolHandle;

	if (ndis_object_kind(pool) == NDIS_KIND_NET_BUFFER_POOL)
		__atomic_sub_fetch(&pool->buffers, 1, __ATOMIC_ACQ_REL);
	free(NetBuffer);
}

/* Where byte `offset` of the MDL chain lies: CurrentMdl and the offset in it. */
static void set_current(PNET_BUFFER nb)
{
	ULONG left = nb->DataOffset;
	PMDL mdl = nb->MdlChain;

	while (mdl != NULL && mdl->Next != NULL && left >= mdl->ByteCount) {
		left -= mdl->ByteCount;
		mdl = mdl->Next;
	}
	nb->CurrentMdl = mdl;
	nb->CurrentMdlOffset = left;
}

VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
				   PVOID FreeMdlHandler)
{
	NetBuffer->DataOffset += DataOffsetDelta;
	NetBuffer->DataLength -=
		DataOffsetDelta < NetBuffer->DataLength ? DataOffsetDelta : NetBuffer->DataLength;
	set_current(NetBuffer);
}

NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta,
					  ULONG DataBackFill, PVOID AllocateMdlHandler)
{
	if (DataOffsetDelta > NetBuffer->DataOffset)
		return NDIS_STATUS_RESOURCES;
	NetBuffer->DataOffset -= DataOffsetDelta;
	NetBuffer->DataLength += DataOffsetDelta;
	set_current(NetBuffer);
	return NDIS_STATUS_SUCCESS;
}

static void gather(const NET_BUFFER *nb, ULONG bytes, PUCHAR to)
{
	ULONG offset = nb->CurrentMdlOffset;

	for (PMDL mdl = nb->CurrentMdl; mdl != NULL && bytes > 0; mdl = mdl->Next) {
		ULONG n = mdl->ByteCount - offset < bytes ? mdl->ByteCount - offset : bytes;

		memcpy(to, (PUCHAR)mdl->MappedSystemVa + offset, n);
		to += n;
		bytes -= n;
		offset = 0;
	}
}

PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple,
			UINT AlignOffset)
{
	PMDL mdl = NetBuffer->CurrentMdl;
	ULONG offset = NetBuffer->CurrentMdlOffset;
	PUCHAR at;

	if (BytesNeeded == 0 || BytesNeeded > NetBuffer->DataLength || mdl == NULL)
		return NULL;
	at = (PUCHAR)mdl->MappedSystemVa + offset;
	if (mdl->ByteCount - offset >= BytesNeeded &&
	    (AlignMultiple <= 1 || (uintptr_t)at % AlignMultiple == AlignOffset))
		return at;
	if (Storage != NULL)
		gather(NetBuffer, BytesNeeded, Storage);
	return Storage;
}
