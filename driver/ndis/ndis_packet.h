/* SPDX-License-Identifier: MIT */
#ifndef NDIS_PACKET_H
#define NDIS_PACKET_H
/* Net buffer lists, net buffers, MDLs, and how they are indicated and returned (NDIS 6). */
#include "ndis_base.h"

/* Describes a piece of memory. */
typedef struct _MDL {
	struct _MDL *Next;
	SHORT Size;
	SHORT MdlFlags;
	PVOID MappedSystemVa;
	PVOID StartVa;
	ULONG ByteCount;
	ULONG ByteOffset;
} MDL, *PMDL;
#define MmGetMdlVirtualAddress(mdl)		    ((PVOID)((PUCHAR)(mdl)->StartVa + (mdl)->ByteOffset))
#define MmGetMdlByteCount(mdl)			    ((mdl)->ByteCount)
#define MmGetSystemAddressForMdlSafe(mdl, priority) ((mdl)->MappedSystemVa)
#define NdisAdjustMdlLength(mdl, length)	    ((mdl)->ByteCount = (length))
#define NDIS_MDL_LINKAGE(mdl)			    ((mdl)->Next)

/* IRQL: <= DISPATCH_LEVEL.  Returns: an MDL for Length bytes at VirtualAddress, or NULL. */
PMDL NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length);
VOID NdisFreeMdl(PMDL Mdl);
/* Where an MDL's bytes are, and how many.  IRQL: <= DISPATCH_LEVEL. */
#define NormalPagePriority	16
#define LowPagePriority		0
#define HighPagePriority	32
#define MdlMappingNoExecute	0x40000000
#define MmGetMdlByteOffset(mdl) ((mdl)->ByteOffset)
#define NdisQueryMdl(mdl, va, length, priority)                                                    \
	((void)(priority), (void)(*(PVOID *)(va) = (mdl)->MappedSystemVa),                         \
	 (void)(*(length) = (mdl)->ByteCount))
#define NdisGetNextMdl(mdl, next) ((void)(*(next) = (mdl)->Next))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size)                                                   \
	((ULONG)((((ULONG_PTR)(va)&4095u) + (size) + 4095u) >> 12))
/* Makes the caches agree with memory; the machine's always do. */
#define NdisFlushBuffer(Buffer, WriteToDevice) ((void)(Buffer), (void)(WriteToDevice))
#define NDIS_BUFFER_TO_SPAN_PAGES(mdl)                                                             \
	ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), (mdl)->ByteCount)

/* One frame: a chain of MDLs, and which bytes of it are the frame. */
typedef struct _NET_BUFFER {
	struct _NET_BUFFER *Next;
	PMDL CurrentMdl;
	ULONG CurrentMdlOffset;
	ULONG DataLength;
	PMDL MdlChain;
	ULONG DataOffset;
	USHORT ChecksumBias;
	USHORT Reserved;
	NDIS_HANDLE NdisPoolHandle;
	PVOID NdisReserved[2];
	PVOID ProtocolReserved[6];
	PVOID MiniportReserved[4];
	NDIS_PHYSICAL_ADDRESS DataPhysicalAddress;
} NET_BUFFER, *PNET_BUFFER;
#define NET_BUFFER_NEXT_NB(nb)		  ((nb)->Next)
#define NET_BUFFER_FIRST_MDL(nb)	  ((nb)->MdlChain)
#define NET_BUFFER_CURRENT_MDL(nb)	  ((nb)->CurrentMdl)
#define NET_BUFFER_CURRENT_MDL_OFFSET(nb) ((nb)->CurrentMdlOffset)
#define NET_BUFFER_DATA_LENGTH(nb)	  ((nb)->DataLength)
#define NET_BUFFER_DATA_OFFSET(nb)	  ((nb)->DataOffset)
#define NET_BUFFER_MINIPORT_RESERVED(nb)  ((nb)->MiniportReserved)
#define NET_BUFFER_PROTOCOL_RESERVED(nb)  ((nb)->ProtocolReserved)

/* What goes along with a list, out of band: indices of NET_BUFFER_LIST_INFO(). */
typedef enum _NDIS_NET_BUFFER_LIST_INFO {
	TcpIpChecksumNetBufferListInfo = 0,
	TcpOffloadBytesTransferred = 0,
	IPsecOffloadV1NetBufferListInfo = 1,
	IPsecOffloadV2NetBufferListInfo = 1,
	TcpLargeSendNetBufferListInfo = 2,
	TcpReceiveNoPush = 2,
	ClassificationHandleNetBufferListInfo = 3,
	Ieee8021QNetBufferListInfo = 4,
	NetBufferListCancelId = 5,
	MediaSpecificInformation = 6,
	NetBufferListFrameType = 7,
	NetBufferListProtocolId = 7,
	NetBufferListHashValue = 8,
	NetBufferListHashInfo = 9,
	WfpNetBufferListInfo = 10,
	MaxNetBufferListInfo = 11,
} NDIS_NET_BUFFER_LIST_INFO,
	*PNDIS_NET_BUFFER_LIST_INFO;

/* The word of TcpIpChecksumNetBufferListInfo. */
typedef struct _NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
	union {
		struct {
			ULONG IsIPv4 : 1;
			ULONG IsIPv6 : 1;
			ULONG TcpChecksum : 1;
			ULONG UdpChecksum : 1;
			ULONG IpHeaderChecksum : 1;
			ULONG Reserved : 11;
			ULONG TcpHeaderOffset : 10;
		} Transmit;
		struct {
			ULONG TcpChecksumFailed : 1;
			ULONG UdpChecksumFailed : 1;
			ULONG IpChecksumFailed : 1;
			ULONG TcpChecksumSucceeded : 1;
			ULONG UdpChecksumSucceeded : 1;
			ULONG IpChecksumSucceeded : 1;
			ULONG Loopback : 1;
			ULONG Reserved : 25;
		} Receive;
		PVOID Value;
	};
} NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO, *PNDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO;
/* The word of Ieee8021QNetBufferListInfo. */
typedef struct _NDIS_NET_BUFFER_LIST_8021Q_INFO {
	union {
		struct {
			UINT32 UserPriority : 3;
			UINT32 CanonicalFormatId : 1;
			UINT32 VlanId : 12;
			UINT32 Reserved : 16;
		} TagHeader;
		struct {
			UINT32 UserPriority : 3;
			UINT32 CanonicalFormatId : 1;
			UINT32 VlanId : 12;
			UINT32 WMMInfo : 4;
			UINT32 Reserved : 12;
		} WLanTagHeader;
		PVOID Value;
	};
} NDIS_NET_BUFFER_LIST_8021Q_INFO, *PNDIS_NET_BUFFER_LIST_8021Q_INFO;
static_assert(sizeof(NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO) == sizeof(PVOID) &&
		      sizeof(NDIS_NET_BUFFER_LIST_8021Q_INFO) == sizeof(PVOID),
	      "each is one word of a list's information");
#define NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl)	    NET_BUFFER_LIST_INFO(nbl, NetBufferListCancelId)
#define NDIS_SET_NET_BUFFER_LIST_CANCEL_ID(nbl, id) (NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(nbl) = (id))

/* What is indicated and returned: here one frame each. */
typedef struct _NET_BUFFER_LIST {
	struct _NET_BUFFER_LIST *Next;
	PNET_BUFFER FirstNetBuffer;
	PVOID Context;
	struct _NET_BUFFER_LIST *ParentNetBufferList;
	NDIS_HANDLE NdisPoolHandle;
	PVOID NdisReserved[2];
	PVOID ProtocolReserved[4];
	PVOID MiniportReserved[2];
	PVOID Scratch;
	NDIS_HANDLE SourceHandle;
	ULONG NblFlags;
	LONG ChildRefCount;
	ULONG Flags;
	NDIS_STATUS Status;
	PVOID NetBufferListInfo[MaxNetBufferListInfo];
} NET_BUFFER_LIST, *PNET_BUFFER_LIST;
#define NET_BUFFER_LIST_INFO(nbl, id)	       ((nbl)->NetBufferListInfo[(id)])
#define NET_BUFFER_LIST_NEXT_NBL(nbl)	       ((nbl)->Next)
#define NET_BUFFER_LIST_FIRST_NB(nbl)	       ((nbl)->FirstNetBuffer)
#define NET_BUFFER_LIST_FLAGS(nbl)	       ((nbl)->Flags)
#define NET_BUFFER_LIST_STATUS(nbl)	       ((nbl)->Status)
#define NET_BUFFER_LIST_MINIPORT_RESERVED(nbl) ((nbl)->MiniportReserved)
#define NET_BUFFER_LIST_PROTOCOL_RESERVED(nbl) ((nbl)->ProtocolReserved)

typedef struct _NET_BUFFER_LIST_POOL_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	UCHAR ProtocolId;
	BOOLEAN fAllocateNetBuffer;
	USHORT ContextSize;
	ULONG PoolTag;
	ULONG DataSize;
} NET_BUFFER_LIST_POOL_PARAMETERS, *PNET_BUFFER_LIST_POOL_PARAMETERS;
#define NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1                                     \
	RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_LIST_POOL_PARAMETERS, DataSize)
#define NDIS_PROTOCOL_ID_DEFAULT 0

/*
 * A pool of net buffer lists.
 * Owns:    the caller, until NdisFreeNetBufferListPool(), when all its lists must be back.
 * IRQL:    PASSIVE_LEVEL.
 * Returns: the pool's handle, or NULL.
 */
NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
					  PNET_BUFFER_LIST_POOL_PARAMETERS Parameters);
VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle);

/*
 * A list with one net buffer over MdlChain; the pool must have been made with fAllocateNetBuffer.
 * Owns:    the caller, until NdisFreeNetBufferList(); the MDLs stay the caller's.
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: the list, or NULL.
 */
PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
						       USHORT ContextBackFill, PMDL MdlChain,
						       ULONG DataOffset, SIZE_T DataLength);
VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList);
/* A list without a net buffer; otherwise as above. */
PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
					   USHORT ContextBackFill);
#define NdisGetPoolFromNetBufferList(nbl) ((nbl)->NdisPoolHandle)
#define NdisGetPoolFromNetBuffer(nb)	  ((nb)->NdisPoolHandle)

/* --- Net buffers of their own -------------------------------------------------------------------
 */

typedef struct _NET_BUFFER_POOL_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG PoolTag;
	ULONG DataSize;
} NET_BUFFER_POOL_PARAMETERS, *PNET_BUFFER_POOL_PARAMETERS;
#define NET_BUFFER_POOL_PARAMETERS_REVISION_1 1
#define NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1                                          \
	RTL_SIZEOF_THROUGH_FIELD(NET_BUFFER_POOL_PARAMETERS, DataSize)

/*
 * A pool of net buffers.
 * Owns:    the caller, until NdisFreeNetBufferPool(), when all its buffers must be back.
 * IRQL:    PASSIVE_LEVEL.
 * Returns: the pool's handle, or NULL.
 */
NDIS_HANDLE NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle,
				      PNET_BUFFER_POOL_PARAMETERS Parameters);
VOID NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle);
/*
 * A net buffer over MdlChain, of which DataLength bytes from DataOffset are the frame.
 * Owns:    the caller, until NdisFreeNetBuffer(); the MDLs stay the caller's.
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: the net buffer, or NULL.
 */
PNET_BUFFER NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain, ULONG DataOffset,
				  SIZE_T DataLength);
VOID NdisFreeNetBuffer(PNET_BUFFER NetBuffer);

/*
 * Takes bytes from the front of a frame, or gives them back: moves the start of the data, along the
 * MDL chain where it must.
 *	FreeMdl          Advance: frees MDLs that a retreat had added; this host adds none
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: Retreat: NDIS_STATUS_SUCCESS; _RESOURCES there is no room before the data.
 */
VOID NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, BOOLEAN FreeMdl,
				   PVOID FreeMdlHandler);
NDIS_STATUS NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta,
					  ULONG DataBackFill, PVOID AllocateMdlHandler);
/*
 * BytesNeeded bytes from the start of the frame, in one piece.
 *	Storage  room for them, used when the frame has them in several MDLs; may be NULL
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: where they are; NULL: the frame is shorter, or they are in pieces and Storage is NULL.
 */
PVOID NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage, UINT AlignMultiple,
			UINT AlignOffset);

/*
 * Ends sends that MiniportSendNetBufferLists was given.  The stack of this host sends nothing, so
 * no list can be completed: the call is reported (R45). IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle,
				     PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags);
#define NDIS_SEND_FLAGS_DISPATCH_LEVEL		0x00000001
#define NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK	0x00000002
#define NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL 0x00000001
/* Flags of sends, and of their completions and of returns: whether one stands, and setting it. */
#define NDIS_TEST_SEND_FLAG(flags, flag) (((flags) & (flag)) != 0)
#define NDIS_SET_SEND_FLAG(flags, flag)	 ((flags) |= (flag))
#define NDIS_TEST_SEND_AT_DISPATCH_LEVEL(flags)                                                    \
	NDIS_TEST_SEND_FLAG((flags), NDIS_SEND_FLAGS_DISPATCH_LEVEL)
#define NDIS_TEST_SEND_CHECK_FOR_LOOPBACK(flags)                                                   \
	NDIS_TEST_SEND_FLAG((flags), NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK)
#define NDIS_TEST_SEND_COMPLETE_FLAG(flags, flag) (((flags) & (flag)) != 0)
#define NDIS_SET_SEND_COMPLETE_FLAG(flags, flag)  ((flags) |= (flag))
#define NDIS_TEST_SEND_COMPLETE_AT_DISPATCH_LEVEL(flags)                                           \
	NDIS_TEST_SEND_COMPLETE_FLAG((flags), NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL)
#define NDIS_TEST_RETURN_FLAG(flags, flag) (((flags) & (flag)) != 0)
#define NDIS_SET_RETURN_FLAG(flags, flag)  ((flags) |= (flag))
#define NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(flags)                                                  \
	NDIS_TEST_RETURN_FLAG((flags), NDIS_RETURN_FLAGS_DISPATCH_LEVEL)

#define NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL    0x00000001
#define NDIS_RECEIVE_FLAGS_RESOURCES	     0x00000002
#define NDIS_RECEIVE_FLAGS_SINGLE_ETHER_TYPE 0x00000100
#define NDIS_RECEIVE_FLAGS_SINGLE_VLAN	     0x00000200
#define NDIS_RECEIVE_FLAGS_PERFECT_FILTERED  0x00000400
#define NDIS_RETURN_FLAGS_DISPATCH_LEVEL     0x00000001
#define NDIS_TEST_RECEIVE_FLAG(flags, flag)  (((flags) & (flag)) != 0)
#define NDIS_SET_RECEIVE_FLAG(flags, flag)   ((flags) |= (flag))
#define NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(flags)                                                 \
	NDIS_TEST_RECEIVE_FLAG((flags), NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL)
#define NDIS_TEST_RECEIVE_CANNOT_PEND(flags) (((flags)&NDIS_RECEIVE_FLAGS_RESOURCES) != 0)
#define NDIS_TEST_RECEIVE_CAN_PEND(flags)    (((flags)&NDIS_RECEIVE_FLAGS_RESOURCES) == 0)

/*
 * Gives a chain of received frames to the protocols above.
 *
 *	NumberOfNetBufferLists  how many the chain has
 *	ReceiveFlags            RESOURCES covers the whole chain (R43)
 *
 * Owns:    without RESOURCES the protocols own the lists until MiniportReturnNetBufferLists, which
 *          can run on another thread, or on this one before this call returns (R47); with it the
 *          miniport owns them again when this call returns, and nothing else is called (R44).
 * IRQL:    <= DISPATCH_LEVEL; no lock may be held that the return function takes.
 * Source:  R43-R45, R47.
 */
VOID NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle,
					PNET_BUFFER_LIST NetBufferLists,
					NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
					ULONG ReceiveFlags);

/* The protocols' side: gives a chain back; it may mix lists of several indications. */
VOID NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists,
			      ULONG ReturnFlags);

#endif
