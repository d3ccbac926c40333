/* SPDX-License-Identifier: MIT */
/* Lists and sums that a spin lock guards inside the call. */
#include "driver/ndis/internal.h"

PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					  PNDIS_SPIN_LOCK SpinLock)
{
	PLIST_ENTRY first;

	NdisAcquireSpinLock(SpinLock);
	first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
	InsertHeadList(ListHead, ListEntry);
	NdisReleaseSpinLock(SpinLock);
	return first;
}

PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					  PNDIS_SPIN_LOCK SpinLock)
{
	PLIST_ENTRY last;

	NdisAcquireSpinLock(SpinLock);
	last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
	InsertTailList(ListHead, ListEntry);
	NdisReleaseSpinLock(SpinLock);
	return last;
}

PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock)
{
	PLIST_ENTRY entry;

	NdisAcquireSpinLock(SpinLock);
	entry = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
	NdisReleaseSpinLock(SpinLock);
	return entry;
}

PSINGLE_LIST_ENTRY NdisInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
						PSINGLE_LIST_ENTRY ListEntry, PNDIS_SPIN_LOCK Lock)
{
	PSINGLE_LIST_ENTRY first;

	NdisAcquireSpinLock(Lock);
	first = ListHead->Next;
	PushEntryList(ListHead, ListEntry);
	NdisReleaseSpinLock(Lock);
	return first;
}

PSINGLE_LIST_ENTRY NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK Lock)
{
	PSINGLE_LIST_ENTRY entry;

	NdisAcquireSpinLock(Lock);
	entry = PopEntryList(ListHead);
	NdisReleaseSpinLock(Lock);
	return entry;
}

ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock)
{
	ULONG before;

	NdisAcquireSpinLock(SpinLock);
	before = *Addend;
	*Addend = before + Increment;
	NdisReleaseSpinLock(SpinLock);
	return before;
}

VOID NdisInterlockedAddLargeInteger(PLARGE_INTEGER Addend, ULONG Increment, PNDIS_SPIN_LOCK Lock)
{
	NdisAcquireSpinLock(Lock);
	Addend->QuadPart += Increment;
	NdisReleaseSpinLock(Lock);
}
