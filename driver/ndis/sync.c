/* SPDX-License-Identifier: MIT */
/* IRQL, spin locks and events. */
#include <stdio.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"

static __thread KIRQL current_irql;

/* The executor has one thread: a lock that is held is one that nobody can release meanwhile. */
static bool one_thread;

/* A job that runs while another waits starts as a fresh thread does, outside of any adapter. */
static void suspend(struct exec_context *context)
{
	context->word[0] = current_irql;
	context->word[1] = (uintptr_t)ndis_enter_adapter(NULL);
	context->word[2] = (uintptr_t)ndis_callback_begin(NULL);
	current_irql = PASSIVE_LEVEL;
}

static void resume(const struct exec_context *context)
{
	current_irql = (KIRQL)context->word[0];
	ndis_leave_adapter((struct ndis_adapter *)context->word[1]);
	ndis_callback_end((const char *)context->word[2]);
}

void ndis_sync_begin(struct exec *exec)
{
	one_thread = exec->one_thread;
	exec->suspend = suspend;
	exec->resume = resume;
}

void ndis_sync_end(struct exec *exec)
{
	one_thread = false;
	exec->suspend = NULL;
	exec->resume = NULL;
}

KIRQL KeGetCurrentIrql(void)
{
	return current_irql;
}

VOID KeRaiseIrql(KIRQL NewIrql, PKIRQL OldIrql)
{
	*OldIrql = current_irql;
	if (NewIrql < current_irql)
		ndis_broken(NULL, 14, NewIrql, "KeRaiseIrql from %u to the lower IRQL %u",
			    current_irql, NewIrql);
	current_irql = NewIrql;
}

VOID KeLowerIrql(KIRQL NewIrql)
{
	if (NewIrql > current_irql)
		ndis_broken(NULL, 14, NewIrql, "KeLowerIrql from %u to the higher IRQL %u",
			    current_irql, NewIrql);
	current_irql = NewIrql;
}

VOID NdisAllocateSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	pthread_mutex_init(&SpinLock->Mutex, NULL);
	SpinLock->OldIrql = PASSIVE_LEVEL;
	SpinLock->Held = FALSE;
}

VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	pthread_mutex_destroy(&SpinLock->Mutex);
}

static void lock(PNDIS_SPIN_LOCK SpinLock)
{
	if (!one_thread) {
		pthread_mutex_lock(&SpinLock->Mutex);
		return;
	}
	if (SpinLock->Held) {
		fprintf(stderr, "ndis: deadlock: a spin lock is taken by one that holds it, or "
				"while its holder waits\n");
		abort();
	}
	SpinLock->Held = TRUE;
}

static void unlock(PNDIS_SPIN_LOCK SpinLock)
{
	if (one_thread)
		SpinLock->Held = FALSE;
	else
		pthread_mutex_unlock(&SpinLock->Mutex);
}

VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KIRQL old = current_irql;

	ndis_check_irql(NULL, DISPATCH_LEVEL, 14, "NdisAcquireSpinLock");
	if (old < DISPATCH_LEVEL)
		current_irql = DISPATCH_LEVEL;
	lock(SpinLock);
	SpinLock->OldIrql = old; /* the lock's holder's: written with the lock held */
}

VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KIRQL old = SpinLock->OldIrql;

	unlock(SpinLock);
	current_irql = old;
}

VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	if (current_irql != DISPATCH_LEVEL)
		ndis_broken(NULL, 14, current_irql,
			    "NdisDprAcquireSpinLock was called at IRQL %u, not at DISPATCH_LEVEL",
			    current_irql);
	lock(SpinLock);
}

VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	unlock(SpinLock);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): as published */
LONG NdisInterlockedIncrement(PLONG Addend)
{
	return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): as published */
LONG NdisInterlockedDecrement(PLONG Addend)
{
	return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST);
}

VOID NdisInitializeEvent(PNDIS_EVENT Event)
{
	__atomic_store_n(&Event->Signalled, 0, __ATOMIC_RELEASE);
}

VOID NdisSetEvent(PNDIS_EVENT Event)
{
	/* The waiter may free the event at once: nothing of it is used after the store (R52). */
	__atomic_store_n(&Event->Signalled, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
}

VOID NdisResetEvent(PNDIS_EVENT Event)
{
	__atomic_store_n(&Event->Signalled, 0, __ATOMIC_RELEASE);
}

/* A halt that waits in vain is told to whoever runs the host (R51). */
static void note_stall(void)
{
	struct ndis_adapter *adapter = ndis_current_adapter();
	const struct ndis_host_config *config = &ndis_host()->config;
	struct ndis_memory_counts counts;

	if (config->stalled == NULL || adapter == NULL ||
	    ndis_adapter_state(adapter) != NDIS_ADAPTER_HALTING)
		return;
	ndis_adapter_counts(adapter, &counts);
	config->stalled(counts.pending, exec_now_ns(config->exec) - adapter->halting_ns);
}

BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, ULONG MsToWait)
{
	struct exec *exec = ndis_host()->config.exec;
	uint64_t until = EXEC_NEVER;

	if (!ndis_check_irql(NULL, PASSIVE_LEVEL, 13, "NdisWaitEvent"))
		return __atomic_load_n(&Event->Signalled, __ATOMIC_ACQUIRE) != 0;
	if (MsToWait != 0)
		until = exec_now_ns(exec) + MsToWait * UINT64_C(1000000);
	if (exec_wait(exec, &Event->Signalled, until))
		return TRUE;
	note_stall();
	return FALSE;
}
