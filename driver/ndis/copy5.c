/* SPDX-License-Identifier: MIT */
/* Copies of packets and of parts of them, and frames that the protocols copy (NDIS 5). */
#include <stdlib.h>

#include "driver/ndis/internal.h"

VOID NdisSetPacketPoolProtocolId(NDIS_HANDLE PacketPoolHandle, UINT ProtocolId)
{
	enum ndis_kind kind = ndis_object_kind(PacketPoolHandle);

	if (kind != NDIS_KIND_PACKET_POOL)
		ndis_broken(NULL, 50, (uintptr_t)PacketPoolHandle,
			    "NdisSetPacketPoolProtocolId was given %s", ndis_kind_name(kind));
}

VOID NdisCopyBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, NDIS_HANDLE PoolHandle,
		    PVOID MemoryDescriptor, UINT Offset, UINT Length)
{
	const NDIS_BUFFER *whole = MemoryDescriptor;

	*Buffer = NULL;
	*Status = NDIS_STATUS_FAILURE;
	if (Offset > whole->ByteCount || Length > whole->ByteCount - Offset)
		return;
	NdisAllocateBuffer(Status, Buffer, PoolHandle, (PUCHAR)whole->MappedSystemVa + Offset,
			   Length);
}

/* A place in a packet's buffers. */
struct place {
	PNDIS_BUFFER buffer;
	UINT offset;
};

/* To where bytes are, if any are left. */
static void settle(struct place *place)
{
	while (place->buffer != NULL && place->offset >= place->buffer->ByteCount) {
		place->offset -= place->buffer->ByteCount;
		place->buffer = place->buffer->Next;
	}
}

VOID NdisCopyFromPacketToPacket(PNDIS_PACKET Destination, UINT DestinationOffset, UINT BytesToCopy,
				PNDIS_PACKET Source, UINT SourceOffset, PUINT BytesCopied)
{
	struct place to = {Destination->Private.Head, DestinationOffset};
	struct place from = {Source->Private.Head, SourceOffset};
	UINT n;

	for (*BytesCopied = 0; *BytesCopied < BytesToCopy; *BytesCopied += n) {
		settle(&to);
		settle(&from);
		if (to.buffer == NULL || from.buffer == NULL)
			return;
		n = min(to.buffer->ByteCount - to.offset, from.buffer->ByteCount - from.offset);
		n = min(n, BytesToCopy - *BytesCopied);
		memmove((PUCHAR)to.buffer->MappedSystemVa + to.offset,
			(PUCHAR)from.buffer->MappedSystemVa + from.offset, n);
		to.offset += n;
		from.offset += n;
	}
}

VOID NdisMUpdateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, PVOID VirtualAddress,
			     NDIS_PHYSICAL_ADDRESS PhysicalAddress)
{
	static const char where[] = "NdisMUpdateSharedMemory";
	struct ndis_adapter *adapter = ndis_adapter_from(MiniportAdapterHandle, 24, where);

	if (adapter != NULL)
		ndis_check_irql(adapter, DISPATCH_LEVEL, 14, where);
}

/* --- frames that the protocols copy ----------------------------------------------------------- */

#define LINE 64

/* One packet over the frame's bytes, indicated RESOURCES: nobody has it afterwards. */
static void indicate_copy(NDIS_HANDLE handle, PUCHAR frame, UINT bytes, UINT header_bytes)
{
	NDIS_HANDLE packets, buffers = NULL;
	PNDIS_PACKET packet = NULL;
	PNDIS_BUFFER buffer = NULL;
	NDIS_STATUS status;

	NdisAllocatePacketPool(&status, &packets, 1, PROTOCOL_RESERVED_SIZE_IN_PACKET);
	if (status != NDIS_STATUS_SUCCESS)
		return;
	NdisAllocateBufferPool(&status, &buffers, 1);
	if (status == NDIS_STATUS_SUCCESS)
		NdisAllocatePacket(&status, &packet, packets);
	if (status == NDIS_STATUS_SUCCESS)
		NdisAllocateBuffer(&status, &buffer, buffers, frame, bytes);
	if (status == NDIS_STATUS_SUCCESS) {
		NdisChainBufferAtFront(packet, buffer);
		NDIS_SET_PACKET_HEADER_SIZE(packet, header_bytes);
		NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_RESOURCES);
		NdisMIndicateReceivePacket(handle, &packet, 1);
		NdisFreeBuffer(buffer);
	}
	if (packet != NULL)
		NdisFreePacket(packet);
	if (buffers != NULL)
		NdisFreeBufferPool(buffers);
	NdisFreePacketPool(packets);
}

VOID NdisMEthIndicateReceive(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportReceiveContext,
			     PVOID HeaderBuffer, UINT HeaderBufferSize, PVOID LookaheadBuffer,
			     UINT LookaheadBufferSize, UINT PacketSize)
{
	static const char where[] = "NdisMEthIndicateReceive";
	struct ndis_adapter *adapter = ndis5_adapter_from(MiniportAdapterHandle, 14, where);
	size_t bytes = (size_t)HeaderBufferSize + PacketSize;
	PUCHAR frame;

	if (adapter == NULL || !ndis_check_irql(adapter, DISPATCH_LEVEL, 14, where) ||
	    LookaheadBufferSize < PacketSize || bytes == 0 || bytes > UINT16_MAX)
		return;
	frame = aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE);
	if (frame == NULL)
		return;
	memcpy(frame, HeaderBuffer, HeaderBufferSize);
	memcpy(frame + HeaderBufferSize, LookaheadBuffer, PacketSize);
	indicate_copy(MiniportAdapterHandle, frame, (UINT)bytes, HeaderBufferSize);
	free(frame);
}

VOID NdisMEthIndicateReceiveComplete(NDIS_HANDLE MiniportAdapterHandle)
{
	static const char where[] = "NdisMEthIndicateReceiveComplete";
	struct ndis_adapter *adapter = ndis5_adapter_from(MiniportAdapterHandle, 14, where);

	if (adapter != NULL)
		ndis_check_irql(adapter, DISPATCH_LEVEL, 14, where);
}
