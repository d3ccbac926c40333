/* SPDX-License-Identifier: MIT */
#ifndef NDIS_MEMORY_H
#define NDIS_MEMORY_H
/* Memory: the driver's own, and memory shared with a bus-master device.  Drivers include ndis.h. */
#include "ndis_base.h"
#include "ndis_sg.h"

#define NdisZeroMemory(to, length)	    memset((to), 0, (length))
#define NdisFillMemory(to, length, fill)    memset((to), (fill), (length))
#define NdisMoveMemory(to, from, length)    memmove((to), (from), (length))
#define NdisEqualMemory(one, other, length) (memcmp((one), (other), (length)) == 0)
#define NdisCopyMemory(to, from, length)    memcpy((to), (from), (length))
#define NdisRetrieveUlong(to, from)	    memcpy((to), (from), sizeof(ULONG))
#define NdisStoreUlong(to, value)	    memcpy((to), &(ULONG){(value)}, sizeof(ULONG))
#define RtlZeroMemory(to, length)	    NdisZeroMemory((to), (length))
#define RtlFillMemory(to, length, fill)	    NdisFillMemory((to), (length), (fill))
#define RtlCopyMemory(to, from, length)	    NdisCopyMemory((to), (from), (length))
#define RtlMoveMemory(to, from, length)	    NdisMoveMemory((to), (from), (length))
#define RtlEqualMemory(one, other, length)  NdisEqualMemory((one), (other), (length))
/* Ethernet addresses. */
#define ETH_LENGTH_OF_ADDRESS		   6
#define ETH_COPY_NETWORK_ADDRESS(to, from) memcpy((to), (from), ETH_LENGTH_OF_ADDRESS)
#define ETH_IS_BROADCAST(address)	   (memcmp((address), "\xff\xff\xff\xff\xff\xff", 6) == 0)
#define ETH_IS_MULTICAST(address)	   ((((const UCHAR *)(address))[0] & 1) != 0)
#define PAGE_SIZE			   4096
#define ROUND_TO_PAGES(bytes)		   (((bytes) + PAGE_SIZE - 1) & ~((SIZE_T)PAGE_SIZE - 1))

typedef enum _EX_POOL_PRIORITY {
	LowPoolPriority = 0,
	NormalPoolPriority = 16,
	HighPoolPriority = 32,
} EX_POOL_PRIORITY;

/*
 * Length bytes of the driver's own memory, contents undefined.
 *	Tag   four characters that name the allocation in a leak report
 * Owns:    the caller, until NdisFreeMemory() with the same Length (or 0).
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: the memory, or NULL.
 */
PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
					EX_POOL_PRIORITY Priority);
/* The same at normal priority.  Returns: NDIS_STATUS_SUCCESS; _RESOURCES and *VirtualAddress NULL.
 */
NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag);
/* The oldest form: MemoryFlags 0; HighestAcceptableAddress is all ones. */
NDIS_STATUS NdisAllocateMemory(PVOID *VirtualAddress, UINT Length, UINT MemoryFlags,
			       NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress);
VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags);

/* --- DMA registration ------------------------------------------------------------------------- */

/*
 * The completion of NdisMAllocateSharedMemoryAsyncEx(): exactly one call for each request that
 * returned NDIS_STATUS_PENDING, and none for any other.
 *
 *	MiniportAdapterContext  the adapter's context, not its handle (R7)
 *	VirtualAddress          the memory, or NULL: the allocation failed (R8)
 *	PhysicalAddress         its bus address; on failure not to be read, it may be NULL or point
 *	                        at anything; valid until the callback returns (R11)
 *	Length, Context         as requested, on failure too (R9, R10)
 *
 * Owns:    the miniport owns the memory until NdisMFreeSharedMemory().
 * IRQL:    PASSIVE_LEVEL (R12); it may run before the request's call has returned (R6), but never
 *          on the requesting thread (R5).  Requests complete in any order (R15).
 * Source:  seed 000; R1-R12, R15.
 */
typedef VOID MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE(NDIS_HANDLE MiniportAdapterContext,
						   PVOID VirtualAddress,
						   PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
						   ULONG Length, PVOID Context);
typedef MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER;

typedef struct _NDIS_SG_DMA_DESCRIPTION {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags; /* NDIS_SG_DMA_64_BIT_ADDRESS */
	ULONG MaximumPhysicalMapping;
	MINIPORT_PROCESS_SG_LIST_HANDLER ProcessSGListHandler;
	/* NULL: the miniport never calls NdisMAllocateSharedMemoryAsyncEx() (R17). */
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER SharedMemAllocateCompleteHandler;
	ULONG ScatterGatherListSize; /* written by NDIS: bytes of one scatter/gather list */
} NDIS_SG_DMA_DESCRIPTION, *PNDIS_SG_DMA_DESCRIPTION;
#define NDIS_SG_DMA_DESCRIPTION_REVISION_1 1
#define NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1                                                  \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_SG_DMA_DESCRIPTION, ScatterGatherListSize)
#define NDIS_SG_DMA_64_BIT_ADDRESS 0x00000001
static_assert(offsetof(NDIS_SG_DMA_DESCRIPTION, Flags) == 4, "ndis.md 2.3");
static_assert(offsetof(NDIS_SG_DMA_DESCRIPTION, MaximumPhysicalMapping) == 8, "ndis.md 2.3");
static_assert(offsetof(NDIS_SG_DMA_DESCRIPTION, ProcessSGListHandler) == 16, "ndis.md 2.3");
static_assert(offsetof(NDIS_SG_DMA_DESCRIPTION, SharedMemAllocateCompleteHandler) == 24,
	      "ndis.md 2.3");
static_assert(offsetof(NDIS_SG_DMA_DESCRIPTION, ScatterGatherListSize) == 32, "ndis.md 2.3");
static_assert(NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1 == 36, "ndis.md 2.3");
static_assert(sizeof(NDIS_SG_DMA_DESCRIPTION) == 40, "ndis.md 2.3");

/*
 * Says that the adapter is a bus master, and which functions its DMA completes with.
 *
 *	DmaDescription  Header: Type NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, Revision >= 1, Size >= 36
 *
 * Place:   MiniportInitializeEx, after NdisMSetMiniportAttributes() said BUS_MASTER and before the
 *          first shared memory.
 * Owns:    the caller gets a DMA handle, until NdisMDeregisterScatterGatherDma().
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS; _NOT_SUPPORTED not a bus master; _BAD_VERSION revision 0;
 *          _INVALID_PARAMETER type, size or flags unknown; _RESOURCES registered already, or no
 *          memory.
 * Source:  R22, R25.
 */
NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle,
					  PNDIS_SG_DMA_DESCRIPTION DmaDescription,
					  PNDIS_HANDLE NdisMiniportDmaHandle);
/* Place: MiniportHaltEx, after the last shared memory is freed (R48).  IRQL: PASSIVE_LEVEL. */
VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle);

/* Bytes that DMA buffers should be aligned on; a power of two.  IRQL: PASSIVE_LEVEL. */
ULONG NdisMGetDmaAlignment(NDIS_HANDLE MiniportAdapterHandle);
/* Bytes of a cache line: data used by several processors should be this far apart (R38). */
ULONG NdisGetSharedDataAlignment(void);

/* --- Shared memory ---------------------------------------------------------------------------- */

/*
 * Memory that the driver reaches at *VirtualAddress and its device at *PhysicalAddress, at once.
 *
 * Place:   MiniportInitializeEx only; a smaller retry after a failure is allowed (R23).
 * Owns:    the caller, until NdisMFreeSharedMemory().
 * IRQL:    PASSIVE_LEVEL.
 * Returns: nothing; failure is *VirtualAddress NULL.
 * Source:  R23.
 */
VOID NdisMAllocateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			       PVOID *VirtualAddress, PNDIS_PHYSICAL_ADDRESS PhysicalAddress);

/*
 * Asks for Length bytes more; they come in the completion function of the DMA registration.
 *
 *	MiniportDmaHandle  from NdisMRegisterScatterGatherDma(), not the adapter's handle
 *	Cached             ignored (R26)
 *	Context            given back to the completion; all that it needs must be in place before
 *	                   this call (R6)
 *
 * IRQL:    <= DISPATCH_LEVEL (R14); the completion does not run on this thread, so a lock that it
 *          takes may be held here (R5).
 * Returns: NDIS_STATUS_PENDING  accepted: exactly one completion follows (R1);
 *          NDIS_STATUS_FAILURE  refused: none follows (R2), the same call may succeed later (R3).
 *          Take everything but PENDING as a refusal (R4).
 * Source:  seed 003; R1-R6, R14, R17, R22.
 */
NDIS_STATUS NdisMAllocateSharedMemoryAsyncEx(NDIS_HANDLE MiniportDmaHandle, ULONG Length,
					     BOOLEAN Cached, PVOID Context);

/*
 * Gives shared memory back, whichever way it was had.  All four values must be those of the
 * allocation; a part cannot be freed.
 *
 *	MiniportAdapterHandle  the adapter's handle, though the memory came through the DMA handle
 *
 * Place:   not MiniportShutdownEx.
 * IRQL:    <= DISPATCH_LEVEL.
 * Source:  R19, R20, R21, R24.
 */
VOID NdisMFreeSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, BOOLEAN Cached,
			   PVOID VirtualAddress, NDIS_PHYSICAL_ADDRESS PhysicalAddress);

#endif
