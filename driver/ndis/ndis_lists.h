/* SPDX-License-Identifier: MIT */
#ifndef NDIS_LISTS_H
#define NDIS_LISTS_H
/*
 * Linked lists, those that a lock guards inside the call, and single operations that are atomic.
 * Drivers include ndis.h.
 */
#include "ndis_base.h"
#include "ndis_sync.h"

typedef struct _LIST_ENTRY {
	struct _LIST_ENTRY *Flink;
	struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY;
typedef struct _SINGLE_LIST_ENTRY {
	struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

/* --- Lists that the caller guards ------------------------------------------------------------- */

static inline VOID InitializeListHead(PLIST_ENTRY ListHead)
{
	ListHead->Flink = ListHead->Blink = ListHead;
}
static inline BOOLEAN IsListEmpty(const LIST_ENTRY *ListHead)
{
	return (BOOLEAN)(ListHead->Flink == ListHead);
}
/* Returns: TRUE if the list is empty now. */
static inline BOOLEAN RemoveEntryList(PLIST_ENTRY Entry)
{
	PLIST_ENTRY next = Entry->Flink, before = Entry->Blink;

	before->Flink = next;
	next->Blink = before;
	return (BOOLEAN)(next == before);
}
static inline VOID InsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	Entry->Flink = ListHead->Flink;
	Entry->Blink = ListHead;
	ListHead->Flink->Blink = Entry;
	ListHead->Flink = Entry;
}
static inline VOID InsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY Entry)
{
	Entry->Flink = ListHead;
	Entry->Blink = ListHead->Blink;
	ListHead->Blink->Flink = Entry;
	ListHead->Blink = Entry;
}
/* The list must not be empty. */
static inline PLIST_ENTRY RemoveHeadList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY entry = ListHead->Flink;

	RemoveEntryList(entry);
	return entry;
}
static inline PLIST_ENTRY RemoveTailList(PLIST_ENTRY ListHead)
{
	PLIST_ENTRY entry = ListHead->Blink;

	RemoveEntryList(entry);
	return entry;
}
static inline VOID PushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY Entry)
{
	Entry->Next = ListHead->Next;
	ListHead->Next = Entry;
}
/* Returns: NULL: the list is empty. */
static inline PSINGLE_LIST_ENTRY PopEntryList(PSINGLE_LIST_ENTRY ListHead)
{
	PSINGLE_LIST_ENTRY entry = ListHead->Next;

	if (entry != NULL)
		ListHead->Next = entry->Next;
	return entry;
}

/* --- Lists that SpinLock guards ------------------------------------------------------------------
 *
 * Owns:    the caller must not hold SpinLock; nothing else may guard the list.
 * IRQL:    <= DISPATCH_LEVEL here, as for the lock.
 */

/* Returns: the entry that was first before, or NULL. */
PLIST_ENTRY NdisInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					  PNDIS_SPIN_LOCK SpinLock);
/* Returns: the entry that was last before, or NULL. */
PLIST_ENTRY NdisInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry,
					  PNDIS_SPIN_LOCK SpinLock);
/* Returns: the entry, or NULL: the list is empty. */
PLIST_ENTRY NdisInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PNDIS_SPIN_LOCK SpinLock);
/* Returns: the entry that was first before, or NULL. */
PSINGLE_LIST_ENTRY NdisInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead,
						PSINGLE_LIST_ENTRY ListEntry, PNDIS_SPIN_LOCK Lock);
PSINGLE_LIST_ENTRY NdisInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PNDIS_SPIN_LOCK Lock);

/* --- Atomic operations ---------------------------------------------------------------------------
 *
 * Each returns what its name's verb says: Increment, Decrement the new value, the others the old.
 * IRQL: any.
 */
/* Adds under SpinLock, which all users of *Addend must name. */
ULONG NdisInterlockedAddUlong(PULONG Addend, ULONG Increment, PNDIS_SPIN_LOCK SpinLock);
VOID NdisInterlockedAddLargeInteger(PLARGE_INTEGER Addend, ULONG Increment, PNDIS_SPIN_LOCK Lock);
#define InterlockedIncrement(p)	      __atomic_add_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedDecrement(p)	      __atomic_sub_fetch((p), 1, __ATOMIC_SEQ_CST)
#define InterlockedAdd(p, n)	      __atomic_add_fetch((p), (n), __ATOMIC_SEQ_CST)
#define InterlockedExchange(p, value) __atomic_exchange_n((p), (value), __ATOMIC_SEQ_CST)
#define InterlockedExchangeAdd(p, n)  __atomic_fetch_add((p), (n), __ATOMIC_SEQ_CST)
#define InterlockedOr(p, bits)	      __atomic_fetch_or((p), (bits), __ATOMIC_SEQ_CST)
#define InterlockedAnd(p, bits)	      __atomic_fetch_and((p), (bits), __ATOMIC_SEQ_CST)
#define InterlockedCompareExchange(p, value, comparand)                                            \
	__sync_val_compare_and_swap((p), (comparand), (value))
#define InterlockedExchangePointer(p, value) InterlockedExchange((p), (value))
#define InterlockedCompareExchangePointer(p, value, comparand)                                     \
	InterlockedCompareExchange((p), (value), (comparand))
/* The same of 64 bits: the type of what p points at says the width. */
#define InterlockedIncrement64(p)	InterlockedIncrement(p)
#define InterlockedDecrement64(p)	InterlockedDecrement(p)
#define InterlockedAdd64(p, n)		InterlockedAdd((p), (n))
#define InterlockedExchange64(p, value) InterlockedExchange((p), (value))
#define InterlockedExchangeAdd64(p, n)	InterlockedExchangeAdd((p), (n))
#define InterlockedOr64(p, bits)	InterlockedOr((p), (bits))
#define InterlockedAnd64(p, bits)	InterlockedAnd((p), (bits))
#define InterlockedCompareExchange64(p, value, comparand)                                          \
	InterlockedCompareExchange((p), (value), (comparand))
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
