/* SPDX-License-Identifier: MIT */
#ifndef NDIS5_PACKET_H
#define NDIS5_PACKET_H
/* Packets, buffer descriptors and their pools, and how packets are indicated and returned (NDIS 5).
 * Drivers include ndis.h. */
#include "ndis_base.h"
#include "ndis_packet.h"

/* --- Buffer descriptors ----------------------------------------------------------------------- */

typedef MDL NDIS_BUFFER, *PNDIS_BUFFER;

/*
 * A pool that holds up to NumberOfDescriptors buffer descriptors.
 * Owns:    the caller, until NdisFreeBufferPool(), when all its descriptors must be back (R50).
 * IRQL:    <= DISPATCH_LEVEL.
 * Status:  NDIS_STATUS_SUCCESS, _RESOURCES.
 */
VOID NdisAllocateBufferPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors);
VOID NdisFreeBufferPool(NDIS_HANDLE PoolHandle);

/*
 * A descriptor of Length bytes at VirtualAddress.
 * IRQL:    <= DISPATCH_LEVEL.
 * Status:  NDIS_STATUS_SUCCESS; _RESOURCES the pool is used up; _FAILURE no live pool.
 */
VOID NdisAllocateBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, NDIS_HANDLE PoolHandle,
			PVOID VirtualAddress, UINT Length);
VOID NdisFreeBuffer(PNDIS_BUFFER Buffer);

#define NdisAdjustBufferLength(Buffer, Length) ((Buffer)->ByteCount = (Length))
#define NdisBufferLength(Buffer)	       ((Buffer)->ByteCount)
#define NdisBufferVirtualAddress(Buffer)       ((Buffer)->MappedSystemVa)
#define NdisGetNextBuffer(Current, NextBuffer) (*(NextBuffer) = (Current)->Next)
#define NdisQueryBuffer(Buffer, VirtualAddress, Length)                                            \
	NdisQueryBufferSafe((Buffer), (VirtualAddress), (Length), 0)

/* VirtualAddress may be NULL: only the length is wanted. */
static inline VOID NdisQueryBufferSafe(PNDIS_BUFFER Buffer, PVOID *VirtualAddress, PUINT Length,
				       ULONG Priority)
{
	UNREFERENCED_PARAMETER(Priority);
	if (VirtualAddress != NULL)
		*VirtualAddress = Buffer->MappedSystemVa;
	*Length = Buffer->ByteCount;
}

/* How far its bytes begin within a page, and how many there are. */
static inline VOID NdisQueryBufferOffset(PNDIS_BUFFER Buffer, PUINT Offset, PUINT Length)
{
	*Offset = Buffer->ByteOffset;
	*Length = Buffer->ByteCount;
}

/* In how many pieces of physical memory it is at most: pages. */
static inline VOID NdisGetBufferPhysicalArraySize(PNDIS_BUFFER Buffer, PUINT ArraySize)
{
	*ArraySize = NDIS_BUFFER_TO_SPAN_PAGES(Buffer);
}

/*
 * A descriptor of Length bytes from Offset of what MemoryDescriptor describes.
 * Owns:    the caller, until NdisFreeBuffer(); the memory stays whose it was.
 * Status:  as NdisAllocateBuffer(); _FAILURE too if those bytes are not all described.
 */
VOID NdisCopyBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, NDIS_HANDLE PoolHandle,
		    PVOID MemoryDescriptor, UINT Offset, UINT Length);

/* --- Packets ---------------------------------------------------------------------------------- */

typedef struct _NDIS_PACKET_PRIVATE {
	UINT PhysicalCount;
	UINT TotalLength;
	PNDIS_BUFFER Head;
	PNDIS_BUFFER Tail;
	PVOID Pool;
	UINT Count;
	ULONG Flags;
	BOOLEAN ValidCounts; /* FALSE: lengths and counts are taken from the chain */
	UCHAR NdisPacketFlags;
	USHORT NdisPacketOobOffset;
} NDIS_PACKET_PRIVATE, *PNDIS_PACKET_PRIVATE;

/* One frame: a chain of buffer descriptors, with room for whoever owns it. */
typedef struct _NDIS_PACKET {
	NDIS_PACKET_PRIVATE Private;
	union {
		struct {
			UCHAR MiniportReserved[2 * sizeof(PVOID)];
			UCHAR WrapperReserved[2 * sizeof(PVOID)];
		};
		struct {
			UCHAR MiniportReservedEx[3 * sizeof(PVOID)];
			UCHAR WrapperReservedEx[sizeof(PVOID)];
		};
		UCHAR MacReserved[4 * sizeof(PVOID)];
	};
	ULONG_PTR Reserved[2];
	UCHAR ProtocolReserved[1]; /* as many as the pool was made with */
} NDIS_PACKET, *PNDIS_PACKET, **PPNDIS_PACKET;
static_assert(offsetof(NDIS_PACKET, MiniportReserved) % sizeof(PVOID) == 0,
	      "miniports keep pointers there");

/* What goes along with a packet, out of band. */
typedef struct _NDIS_PACKET_OOB_DATA {
	union {
		ULONGLONG TimeToSend;
		ULONGLONG TimeSent;
	};
	ULONGLONG TimeReceived;
	UINT HeaderSize;
	UINT SizeMediaSpecificInfo;
	PVOID MediaSpecificInformation;
	NDIS_STATUS Status;
} NDIS_PACKET_OOB_DATA, *PNDIS_PACKET_OOB_DATA;

#define NDIS_OOB_DATA_FROM_PACKET(Packet)                                                          \
	((PNDIS_PACKET_OOB_DATA)(PVOID)((PUCHAR)(Packet) + (Packet)->Private.NdisPacketOobOffset))
#define NDIS_GET_PACKET_HEADER_SIZE(Packet) (NDIS_OOB_DATA_FROM_PACKET(Packet)->HeaderSize)
#define NDIS_SET_PACKET_HEADER_SIZE(Packet, Size)                                                  \
	(NDIS_OOB_DATA_FROM_PACKET(Packet)->HeaderSize = (Size))
#define NDIS_GET_PACKET_TIME_RECEIVED(Packet) (NDIS_OOB_DATA_FROM_PACKET(Packet)->TimeReceived)
#define NDIS_SET_PACKET_TIME_RECEIVED(Packet, Time)                                                \
	(NDIS_OOB_DATA_FROM_PACKET(Packet)->TimeReceived = (Time))

/* More of it: one word for each kind. */
typedef enum _NDIS_PER_PACKET_INFO {
	TcpIpChecksumPacketInfo,
	IpSecPacketInfo,
	TcpLargeSendPacketInfo,
	ClassificationHandlePacketInfo,
	NdisReserved,
	ScatterGatherListPacketInfo,
	Ieee8021QInfo,
	OriginalPacketInfo,
	PacketCancelId,
	OriginalNetBufferList,
	CachedNetBufferList,
	ShortPacketPaddingInfo,
	MaxPerPacketInfo,
} NDIS_PER_PACKET_INFO,
	*PNDIS_PER_PACKET_INFO;
typedef struct _NDIS_PACKET_EXTENSION {
	PVOID NdisPacketInfo[MaxPerPacketInfo];
} NDIS_PACKET_EXTENSION, *PNDIS_PACKET_EXTENSION;
typedef struct _NDIS_PACKET_8021Q_INFO {
	union {
		struct {
			UINT32 UserPriority : 3;
			UINT32 CanonicalFormatId : 1;
			UINT32 VlanId : 12;
			UINT32 Reserved : 16;
		} TagHeader;
		PVOID Value;
	};
} NDIS_PACKET_8021Q_INFO, *PNDIS_PACKET_8021Q_INFO;
#define NDIS_PACKET_EXTENSION_FROM_PACKET(Packet)                                                  \
	((PNDIS_PACKET_EXTENSION)(PVOID)(NDIS_OOB_DATA_FROM_PACKET(Packet) + 1))
#define NDIS_PER_PACKET_INFO_FROM_PACKET(Packet, Id)                                               \
	(NDIS_PACKET_EXTENSION_FROM_PACKET(Packet)->NdisPacketInfo[(Id)])
#define NDIS_GET_ORIGINAL_PACKET(Packet)                                                           \
	((PNDIS_PACKET)NDIS_PER_PACKET_INFO_FROM_PACKET((Packet), OriginalPacketInfo))
#define NDIS_SET_ORIGINAL_PACKET(Packet, Original)                                                 \
	(NDIS_PER_PACKET_INFO_FROM_PACKET((Packet), OriginalPacketInfo) = (Original))
#define NDIS_GET_PACKET_CANCEL_ID(Packet)     NDIS_PER_PACKET_INFO_FROM_PACKET((Packet), PacketCancelId)
#define NDIS_SET_PACKET_CANCEL_ID(Packet, Id) (NDIS_GET_PACKET_CANCEL_ID(Packet) = (Id))

/*
 * NDIS_STATUS_SUCCESS or NDIS_STATUS_RESOURCES, to be set before each indication.  After it, only a
 * serialized miniport may read it: SUCCESS, the packet is home, or PENDING, it comes through
 * MiniportReturnPacket.  For a deserialized one it is overwritten, and reading it is reported
 * (R46).
 */
#define NDIS_SET_PACKET_STATUS(Packet, Value) (NDIS_OOB_DATA_FROM_PACKET(Packet)->Status = (Value))
#define NDIS_GET_PACKET_STATUS(Packet)	      NdisGetPacketStatus(Packet)
NDIS_STATUS NdisGetPacketStatus(const NDIS_PACKET *Packet); /* this host's: the checked read */

/*
 * A pool that holds up to NumberOfDescriptors (+ NumberOfOverflowDescriptors) packets.
 * Owns:    the caller, until NdisFreePacketPool(), when all its packets must be back (R50).
 * IRQL:    <= DISPATCH_LEVEL.
 * Status:  NDIS_STATUS_SUCCESS, _RESOURCES.
 */
VOID NdisAllocatePacketPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors,
			    UINT ProtocolReservedLength);
VOID NdisAllocatePacketPoolEx(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle,
			      UINT NumberOfDescriptors, UINT NumberOfOverflowDescriptors,
			      UINT ProtocolReservedLength);
VOID NdisFreePacketPool(NDIS_HANDLE PoolHandle);
/* ProtocolReservedLength that is enough for any protocol. */
#define PROTOCOL_RESERVED_SIZE_IN_PACKET (4 * sizeof(PVOID))
/* Says whose packets the pool has, NDIS_PROTOCOL_ID_...; of no consequence here. */
VOID NdisSetPacketPoolProtocolId(NDIS_HANDLE PacketPoolHandle, UINT ProtocolId);
/* How many packets of the pool are in use. */
UINT NdisPacketPoolUsage(NDIS_HANDLE PoolHandle);

/*
 * A packet without buffers.
 * IRQL:    <= DISPATCH_LEVEL (NdisDpr...: at it).
 * Status:  NDIS_STATUS_SUCCESS; _RESOURCES the pool is used up; _FAILURE no live pool.
 */
VOID NdisAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET *Packet, NDIS_HANDLE PoolHandle);
/* The buffers chained to it stay the caller's. */
VOID NdisFreePacket(PNDIS_PACKET Packet);
#define NdisDprAllocatePacket(Status, Packet, PoolHandle)                                          \
	NdisAllocatePacket((Status), (Packet), (PoolHandle))
#define NdisDprFreePacket(Packet) NdisFreePacket(Packet)

#define NdisGetPacketFlags(Packet)	  ((Packet)->Private.Flags)
#define NdisSetPacketFlags(Packet, Flag)  ((Packet)->Private.Flags |= (Flag))
#define NdisClearPacketFlags(Packet, Fl)  ((Packet)->Private.Flags &= ~(Fl))
#define NdisRecalculatePacketCounts(Pack) ((Pack)->Private.ValidCounts = FALSE)

/* A chain of buffers, linked by Next and ended by NULL, in front of or behind what is there. */
static inline VOID NdisChainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER Buffer)
{
	PNDIS_BUFFER last = Buffer;

	while (last->Next != NULL)
		last = last->Next;
	if (Packet->Private.Head == NULL)
		Packet->Private.Tail = last;
	last->Next = Packet->Private.Head;
	Packet->Private.Head = Buffer;
	Packet->Private.ValidCounts = FALSE;
}

static inline VOID NdisChainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER Buffer)
{
	PNDIS_BUFFER last = Buffer;

	while (last->Next != NULL)
		last = last->Next;
	if (Packet->Private.Head == NULL)
		Packet->Private.Head = Buffer;
	else
		Packet->Private.Tail->Next = Buffer;
	Packet->Private.Tail = last;
	Packet->Private.ValidCounts = FALSE;
}

/* *Buffer is what was taken off, NULL if there was none. */
static inline VOID NdisUnchainBufferAtFront(PNDIS_PACKET Packet, PNDIS_BUFFER *Buffer)
{
	*Buffer = Packet->Private.Head;
	if (*Buffer == NULL)
		return;
	Packet->Private.Head = (*Buffer)->Next;
	if (Packet->Private.Head == NULL)
		Packet->Private.Tail = NULL;
	(*Buffer)->Next = NULL;
	Packet->Private.ValidCounts = FALSE;
}

static inline VOID NdisUnchainBufferAtBack(PNDIS_PACKET Packet, PNDIS_BUFFER *Buffer)
{
	PNDIS_BUFFER *at = &Packet->Private.Head, before = NULL;

	*Buffer = Packet->Private.Tail;
	if (*Buffer == NULL)
		return;
	for (; *at != *Buffer; at = &(*at)->Next)
		before = *at;
	*at = NULL;
	Packet->Private.Tail = before;
	Packet->Private.ValidCounts = FALSE;
}

/* Empties the packet of buffers; they must have been taken care of. */
static inline VOID NdisReinitializePacket(PNDIS_PACKET Packet)
{
	Packet->Private.Head = Packet->Private.Tail = NULL;
	Packet->Private.ValidCounts = FALSE;
}

/* What is in a packet; each pointer may be NULL. */
static inline VOID NdisQueryPacket(PNDIS_PACKET Packet, PUINT PhysicalBufferCount,
				   PUINT BufferCount, PNDIS_BUFFER *FirstBuffer,
				   PUINT TotalPacketLength)
{
	UINT count = 0, length = 0;

	for (PNDIS_BUFFER b = Packet->Private.Head; b != NULL; b = b->Next) {
		count++;
		length += b->ByteCount;
	}
	if (PhysicalBufferCount != NULL)
		*PhysicalBufferCount = count;
	if (BufferCount != NULL)
		*BufferCount = count;
	if (FirstBuffer != NULL)
		*FirstBuffer = Packet->Private.Head;
	if (TotalPacketLength != NULL)
		*TotalPacketLength = length;
}
#define NdisQueryPacketLength(Packet, Length) NdisQueryPacket((Packet), NULL, NULL, NULL, (Length))

static inline VOID NdisGetFirstBufferFromPacket(PNDIS_PACKET Packet, PNDIS_BUFFER *FirstBuffer,
						PVOID *FirstBufferVA, PUINT FirstBufferLength,
						PUINT TotalBufferLength)
{
	NdisQueryPacket(Packet, NULL, NULL, FirstBuffer, TotalBufferLength);
	*FirstBufferVA = *FirstBuffer != NULL ? (*FirstBuffer)->MappedSystemVa : NULL;
	*FirstBufferLength = *FirstBuffer != NULL ? (*FirstBuffer)->ByteCount : 0;
}
#define NdisGetFirstBufferFromPacketSafe(Packet, Buffer, Va, Length, Total, Priority)              \
	NdisGetFirstBufferFromPacket((Packet), (Buffer), (Va), (Length), (Total))

/*
 * Copies bytes from one packet's buffers to another's; nothing is added to either.
 *	*BytesCopied  fewer than BytesToCopy where one of them ends
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisCopyFromPacketToPacket(PNDIS_PACKET Destination, UINT DestinationOffset, UINT BytesToCopy,
				PNDIS_PACKET Source, UINT SourceOffset, PUINT BytesCopied);
#define NdisCopyFromPacketToPacketSafe(Destination, To, Bytes, Source, From, Copied, Priority)     \
	NdisCopyFromPacketToPacket((Destination), (To), (Bytes), (Source), (From), (Copied))

/* --- Indicating and returning ----------------------------------------------------------------- */

/*
 * Gives an array of received packets to the protocols above.  The Status of each says who has it
 * during the call and afterwards:
 *
 *	NDIS_STATUS_SUCCESS    deserialized miniport: the protocols', until MiniportReturnPacket is
 *	                       called for it, by any thread, maybe before this call returns (R45,
 *R47); serialized: see NDIS_SET_PACKET_STATUS NDIS_STATUS_RESOURCES  the protocols copy it; it, and
 *every later packet of the array, is the miniport's when this call returns, and
 *MiniportReturnPacket is not called (R42, R44)
 *
 * IRQL:    <= DISPATCH_LEVEL; no lock may be held that the return function takes.
 * Source:  seed 001; R40-R42, R44-R47.
 */
VOID NdisMIndicateReceivePacket(NDIS_HANDLE MiniportAdapterHandle, PPNDIS_PACKET ReceivePackets,
				UINT NumberOfPackets);

/*
 * Gives one frame to the protocols, which copy it in this call, as with NDIS_STATUS_RESOURCES.
 *	MiniportReceiveContext  ignored: MiniportTransferData is not called
 *	LookAheadBuffer         what follows the header; only LookaheadBufferSize == PacketSize, the
 *	                        whole frame, is taken: a frame that is not all there is dropped
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisMEthIndicateReceive(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportReceiveContext,
			     PVOID HeaderBuffer, UINT HeaderBufferSize, PVOID LookaheadBuffer,
			     UINT LookaheadBufferSize, UINT PacketSize);
/* The end of a run of those. */
VOID NdisMEthIndicateReceiveComplete(NDIS_HANDLE MiniportAdapterHandle);

/* The protocols' side: gives packets back, whichever adapters and indications they are from. */
VOID NdisReturnPackets(PNDIS_PACKET *PacketsToReturn, UINT NumberOfPackets);

#endif
