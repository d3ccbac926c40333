/* SPDX-License-Identifier: MIT */
#ifndef NDIS_POOL_H
#define NDIS_POOL_H
/* The driver's own memory under the kernel's names, and lookaside lists.  Drivers include ndis.h.
 */
#include "ndis_base.h"
#include "ndis_lists.h"
#include "ndis_sync.h"

typedef enum _POOL_TYPE {
	NonPagedPool = 0,
	PagedPool = 1,
	NonPagedPoolNx = 512,
} POOL_TYPE;

/*
 * As NdisAllocateMemoryWithTagPriority() and NdisFreeMemory(), in whose books it is.
 *	PoolType  ignored: all memory is resident here
 * Owns:    the caller, until ExFreePoolWithTag() or ExFreePool().
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: the memory, or NULL.
 */
PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
VOID ExFreePoolWithTag(PVOID P, ULONG Tag);
#define ExFreePool(P) ExFreePoolWithTag((P), 0)

/* --- Lookaside lists -------------------------------------------------------------------------- */

/* A driver's own functions behind a list; both or none. */
typedef PVOID ALLOCATE_FUNCTION(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
typedef ALLOCATE_FUNCTION *PALLOCATE_FUNCTION;
typedef VOID FREE_FUNCTION(PVOID Buffer);
typedef FREE_FUNCTION *PFREE_FUNCTION;

/* The driver's storage, the host's contents. */
typedef struct _NPAGED_LOOKASIDE_LIST {
	NDIS_SPIN_LOCK Lock;
	SINGLE_LIST_ENTRY Free; /* entries that wait for the next allocation */
	USHORT Waiting;
	USHORT Depth; /* the most that wait */
	ULONG Tag;
	SIZE_T Size;
	PALLOCATE_FUNCTION Allocate;
	PFREE_FUNCTION FreeEntry;
} NPAGED_LOOKASIDE_LIST, *PNPAGED_LOOKASIDE_LIST;

/*
 * Makes a list of entries of one size: what is freed waits, up to a number, for the next
 * allocation.
 *	Allocate, Free  NULL: the host's pool
 *	Flags, Depth    0, as published: reserved
 * Owns:    the caller, until NdisDeleteNPagedLookasideList(), when all its entries must be back.
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
				       PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
				       ULONG Flags, ULONG Size, ULONG Tag, USHORT Depth);
VOID NdisDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
/* IRQL: <= DISPATCH_LEVEL.  Returns: Size bytes, contents undefined, or NULL. */
PVOID NdisAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
VOID NdisFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry);

#endif
