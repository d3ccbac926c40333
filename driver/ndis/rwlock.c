/* SPDX-License-Identifier: MIT */
/* Locks with many readers. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

struct _NDIS_RW_LOCK_EX {
	NDIS_RW_LOCK lock;
};

VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock)
{
	pthread_rwlock_init(&Lock->Lock, NULL);
}

static void acquire(PNDIS_RW_LOCK lock, bool write, PLOCK_STATE_EX state, const char *where)
{
	ndis_check_irql(NULL, DISPATCH_LEVEL, 14, where);
	state->OldIrql = KeGetCurrentIrql();
	state->LockState = write;
	if (state->OldIrql < DISPATCH_LEVEL)
		KeRaiseIrql(DISPATCH_LEVEL, &state->OldIrql);
	if (write)
		pthread_rwlock_wrlock(&lock->Lock);
	else
		pthread_rwlock_rdlock(&lock->Lock);
}

VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState)
{
	acquire(Lock, fWrite, LockState, "NdisAcquireReadWriteLock");
}

VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState)
{
	KIRQL old = LockState->OldIrql;

	pthread_rwlock_unlock(&Lock->Lock);
	if (old < KeGetCurrentIrql())
		KeLowerIrql(old);
}

PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle)
{
	PNDIS_RW_LOCK_EX lock = malloc(sizeof(*lock));

	if (lock != NULL)
		NdisInitializeReadWriteLock(&lock->lock);
	return lock;
}

VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock)
{
	pthread_rwlock_destroy(&Lock->lock.Lock);
	free(Lock);
}

/* The flag only spares the change of level, which is found to be needless anyway. */
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
	LockState->Flags = Flags;
	acquire(&Lock->lock, false, LockState, "NdisAcquireRWLockRead");
}

VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags)
{
	LockState->Flags = Flags;
	acquire(&Lock->lock, true, LockState, "NdisAcquireRWLockWrite");
}

VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState)
{
	NdisReleaseReadWriteLock(&Lock->lock, LockState);
}

VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock)
{
	NdisAllocateSpinLock(SpinLock);
}

VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql)
{
	NdisAcquireSpinLock(SpinLock);
	*OldIrql = SpinLock->OldIrql;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
	SpinLock->OldIrql = NewIrql;
	NdisReleaseSpinLock(SpinLock);
}
