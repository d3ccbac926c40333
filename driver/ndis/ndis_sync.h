/* SPDX-License-Identifier: MIT */
#ifndef NDIS_SYNC_H
#define NDIS_SYNC_H
/* IRQL, spin locks, events and timers.  Drivers include ndis.h. */
#include <pthread.h>

#include "ndis_base.h"

/* --- IRQL ------------------------------------------------------------------------------------- */
/*
 * A thread's interrupt request level says what it may be interrupted by, and with that what it may
 * do: wait at PASSIVE_LEVEL only, call most of NDIS up to DISPATCH_LEVEL.  Here it is a number that
 * belongs to the thread; the host raises it around interrupt handlers, DPCs and timer functions,
 * spin locks raise it while they are held, and every function checks it.
 */
#define PASSIVE_LEVEL  0
#define APC_LEVEL      1
#define DISPATCH_LEVEL 2
#define DEVICE_LEVEL   5 /* where this host runs interrupt handlers */
#define HIGH_LEVEL     15

KIRQL KeGetCurrentIrql(void);
/* NewIrql must not be below the current level. */
VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql);
/* NewIrql must not be above the current level. */
VOID KeLowerIrql(KIRQL NewIrql);
#define NDIS_CURRENT_IRQL()	       KeGetCurrentIrql()
#define NDIS_RAISE_IRQL_TO_DISPATCH(p) KeRaiseIrql(DISPATCH_LEVEL, (p))
#define NDIS_LOWER_IRQL(old, current)  KeLowerIrql(old)

/* --- Spin locks ------------------------------------------------------------------------------- */

typedef struct _NDIS_SPIN_LOCK {
	pthread_mutex_t Mutex; /* threads of a process may be preempted: they wait, not spin */
	KIRQL OldIrql;
	BOOLEAN Held; /* with a single thread, in place of Mutex */
} NDIS_SPIN_LOCK, *PNDIS_SPIN_LOCK;

/* Makes a lock ready; NdisFreeSpinLock() ends it.  IRQL: any. */
VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock);
/* Takes the lock and raises to DISPATCH_LEVEL; not recursive.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
/* Gives the lock back, and the level that NdisAcquireSpinLock() found. */
VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);
/* The same for callers that are at DISPATCH_LEVEL already and stay there. */
VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock);
VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock);

/* The one or the other, by a flag such as NDIS_TEST_SEND_AT_DISPATCH_LEVEL(). */
#define NDIS_ACQUIRE_SPIN_LOCK(lock, at_dispatch)                                                  \
	((at_dispatch) ? NdisDprAcquireSpinLock(lock) : NdisAcquireSpinLock(lock))
#define NDIS_RELEASE_SPIN_LOCK(lock, at_dispatch)                                                  \
	((at_dispatch) ? NdisDprReleaseSpinLock(lock) : NdisReleaseSpinLock(lock))

/* KSPIN_LOCK, and the level that its holder found. */
typedef NDIS_SPIN_LOCK KSPIN_LOCK, *PKSPIN_LOCK;
VOID KeInitializeSpinLock(PKSPIN_LOCK SpinLock);
VOID KeAcquireSpinLock(PKSPIN_LOCK SpinLock, PKIRQL OldIrql);
VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);

/* --- Locks with many readers ------------------------------------------------------------------ */

/* What a holder keeps from acquiring to releasing. */
typedef struct _LOCK_STATE_EX {
	KIRQL OldIrql;
	UCHAR LockState;
	UCHAR Flags;
} LOCK_STATE_EX, *PLOCK_STATE_EX;
typedef LOCK_STATE_EX LOCK_STATE, *PLOCK_STATE;
typedef struct _NDIS_RW_LOCK_EX NDIS_RW_LOCK_EX, *PNDIS_RW_LOCK_EX;
#define NDIS_RWL_AT_DISPATCH_LEVEL 1

/*
 * A lock that readers share and a writer has alone; not recursive.
 * Owns:    the caller, until NdisFreeRWLock().
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: the lock, or NULL.
 */
PNDIS_RW_LOCK_EX NdisAllocateRWLock(NDIS_HANDLE NdisHandle);
VOID NdisFreeRWLock(PNDIS_RW_LOCK_EX Lock);
/* Takes the lock and raises to DISPATCH_LEVEL.  Flags: NDIS_RWL_AT_DISPATCH_LEVEL, or 0. */
VOID NdisAcquireRWLockRead(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
VOID NdisAcquireRWLockWrite(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState, UCHAR Flags);
VOID NdisReleaseRWLock(PNDIS_RW_LOCK_EX Lock, PLOCK_STATE_EX LockState);

/* The same of NDIS 6.0 and before, in the caller's storage. */
typedef struct _NDIS_RW_LOCK {
	pthread_rwlock_t Lock;
} NDIS_RW_LOCK, *PNDIS_RW_LOCK;
VOID NdisInitializeReadWriteLock(PNDIS_RW_LOCK Lock);
VOID NdisAcquireReadWriteLock(PNDIS_RW_LOCK Lock, BOOLEAN fWrite, PLOCK_STATE LockState);
VOID NdisReleaseReadWriteLock(PNDIS_RW_LOCK Lock, PLOCK_STATE LockState);

LONG NdisInterlockedIncrement(PLONG Addend);
LONG NdisInterlockedDecrement(PLONG Addend);

/* --- Events ----------------------------------------------------------------------------------- */

typedef struct _NDIS_EVENT {
	ULONG Signalled;
} NDIS_EVENT, *PNDIS_EVENT;

VOID NdisInitializeEvent(PNDIS_EVENT Event);
/* The event's memory is not touched once a waiter can see it set.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisSetEvent(PNDIS_EVENT Event);
VOID NdisResetEvent(PNDIS_EVENT Event);
/*
 * Waits until the event is set; MsToWait 0 waits for ever.
 * IRQL:    PASSIVE_LEVEL; elsewhere it is violation R13.
 * Returns: TRUE if it is set, FALSE if the time ran out.
 */
BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, ULONG MsToWait);

/* --- Timers ----------------------------------------------------------------------------------- */

typedef VOID NDIS_TIMER_FUNCTION(PVOID SystemSpecific1, PVOID FunctionContext,
				 PVOID SystemSpecific2, PVOID SystemSpecific3);
typedef NDIS_TIMER_FUNCTION *PNDIS_TIMER_FUNCTION;

typedef struct _NDIS_TIMER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	ULONG AllocationTag;
	PNDIS_TIMER_FUNCTION TimerFunction;
	PVOID FunctionContext;
} NDIS_TIMER_CHARACTERISTICS, *PNDIS_TIMER_CHARACTERISTICS;
#define NDIS_TIMER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1                                               \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_TIMER_CHARACTERISTICS, FunctionContext)

/*
 * A timer whose function runs at DISPATCH_LEVEL.
 * Owns:    the caller, until NdisFreeTimerObject().
 * Returns: NDIS_STATUS_SUCCESS, _RESOURCES, _INVALID_PARAMETER.
 */
NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle,
				    PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
				    PNDIS_HANDLE pTimerObject);
/*
 * Frees a timer that is not set: one that is must be cancelled first (R18).  At PASSIVE_LEVEL it
 * waits for a function that is running; above, where the timer's own function may call it, it does
 * not. IRQL: <= DISPATCH_LEVEL.
 */
VOID NdisFreeTimerObject(NDIS_HANDLE TimerObject);
/*
 * Starts the timer: first after DueTime (negative: relative, in 100 ns; zero: now), then every
 * MillisecondsPeriod, if that is not 0.  FunctionContext NULL keeps the registered one.
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: TRUE if it was already waiting.
 */
BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
			   PVOID FunctionContext);
/* Returns: TRUE if the timer was waiting; FALSE if its function ran, or is running now. */
BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerObject);

/* --- Timers in the caller's storage (both generations) ---------------------------------------- */

/* Owns:    the storage is the caller's; the host keeps what it needs until it closes. */
typedef struct _NDIS_TIMER {
	NDIS_HANDLE Timer; /* the host's own */
} NDIS_TIMER, *PNDIS_TIMER;

/* IRQL: PASSIVE_LEVEL. */
VOID NdisInitializeTimer(PNDIS_TIMER Timer, PNDIS_TIMER_FUNCTION TimerFunction,
			 PVOID FunctionContext);
/* Runs the function once, after the time.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisSetTimer(PNDIS_TIMER Timer, UINT MillisecondsToDelay);
/* *TimerCancelled FALSE: the function ran, or is running now.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisCancelTimer(PNDIS_TIMER Timer, PBOOLEAN TimerCancelled);

/* Returns when every DPC that was queued on any processor has run.  IRQL: PASSIVE_LEVEL. */
VOID KeFlushQueuedDpcs(void);

#endif
