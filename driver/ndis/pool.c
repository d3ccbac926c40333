/* SPDX-License-Identifier: MIT */
/* The driver's own memory under the kernel's names, and lookaside lists. */
#include "driver/ndis/internal.h"

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
	if (NumberOfBytes > UINT32_MAX)
		return NULL;
	return NdisAllocateMemoryWithTagPriority(NULL, (UINT)NumberOfBytes, Tag,
						 NormalPoolPriority);
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
	NdisFreeMemory(P, 0, 0);
}

/* --- lookaside lists -------------------------------------------------------------------------- */

#define MOST_WAITING 32

static VOID free_entry(PVOID Buffer)
{
	ExFreePoolWithTag(Buffer, 0);
}

VOID NdisInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
				       PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
				       ULONG Flags, ULONG Size, ULONG Tag, USHORT Depth)
{
	memset(Lookaside, 0, sizeof(*Lookaside));
	NdisAllocateSpinLock(&Lookaside->Lock);
	Lookaside->Depth = MOST_WAITING;
	Lookaside->Tag = Tag;
	/* An entry that waits is a link of the list. */
	Lookaside->Size = max((SIZE_T)Size, sizeof(SINGLE_LIST_ENTRY));
	Lookaside->Allocate = Allocate != NULL ? Allocate : ExAllocatePoolWithTag;
	Lookaside->FreeEntry = Free != NULL ? Free : free_entry;
}

static PVOID take_waiting(PNPAGED_LOOKASIDE_LIST list)
{
	PSINGLE_LIST_ENTRY entry;

	NdisAcquireSpinLock(&list->Lock);
	entry = PopEntryList(&list->Free);
	if (entry != NULL)
		list->Waiting--;
	NdisReleaseSpinLock(&list->Lock);
	return entry;
}

VOID NdisDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	PVOID entry;

	while ((entry = take_waiting(Lookaside)) != NULL)
		Lookaside->FreeEntry(entry);
	NdisFreeSpinLock(&Lookaside->Lock);
}

PVOID NdisAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
	PVOID entry = take_waiting(Lookaside);

	if (entry != NULL)
		return entry;
	return Lookaside->Allocate(NonPagedPool, Lookaside->Size, Lookaside->Tag);
}

VOID NdisFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
	bool waits;

	NdisAcquireSpinLock(&Lookaside->Lock);
	waits = Lookaside->Waiting < Lookaside->Depth;
	if (waits) {
		PushEntryList(&Lookaside->Free, Entry);
		Lookaside->Waiting++;
	}
	NdisReleaseSpinLock(&Lookaside->Lock);
	if (!waits)
		Lookaside->FreeEntry(Entry);
}
