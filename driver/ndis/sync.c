/* SPDX-License-Identifier: MIT */
/* IRQL, spin locks and events. */
#include <stdio.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"
#include "driver/ndis/watch.h"

static __thread KIRQL current_irql;

/* The executor has one thread: a lock that is held is one that nobody can release meanwhile. */
static bool one_thread;

/* Whether this thread let a halt go on under a lock of its own. */
static __thread bool lingers;

/* How long the halt may run ahead of a completion that still holds a lock; until it comes to that
 * lock, it has time enough on a machine that is busy with other things. */
#define LINGER_NS UINT64_C(200000000)

/* Somebody has found a lock taken since a completion began to linger. */
static uint32_t met = 1; /* atomic */

/* --- what a thread holds ---------------------------------------------------------------------- */

#define HELD_MAX 64

/* A spin lock that this thread holds. */
struct held {
	PNDIS_SPIN_LOCK lock;
	bool again; /* taken by one that has it: counted, and not taken */
};

/* In the order in which they were taken.  Those below the base are of a job that waits on this
 * thread while another runs on it. */
static __thread struct held held[HELD_MAX];
static __thread unsigned int nr_held, held_base;

unsigned int ndis_locks_held(void)
{
	return nr_held;
}

/* The one that was taken last of this lock; NULL: this thread has it not. */
static struct held *find_held(const NDIS_SPIN_LOCK *SpinLock)
{
	for (unsigned int i = nr_held; i > held_base; i--) {
		if (held[i - 1].lock == SpinLock)
			return &held[i - 1];
	}
	return NULL;
}

static void push_held(PNDIS_SPIN_LOCK SpinLock, bool again)
{
	/* Nobody holds that many; what is beyond is a loop that takes the same one. */
	if (nr_held == HELD_MAX)
		return;
	held[nr_held++] = (struct held){SpinLock, again};
}

static void drop_held(struct held *one)
{
	for (nr_held--; one < &held[nr_held]; one++)
		one[0] = one[1];
}

/* The memory is gone, and locks in it with it. */
void ndis_locks_forget(const void *memory, size_t bytes)
{
	for (unsigned int i = nr_held; i > held_base; i--) {
		if ((uintptr_t)held[i - 1].lock - (uintptr_t)memory >= bytes)
			continue;
		ndis_broken(NULL, 14, (uintptr_t)held[i - 1].lock,
			    "memory was freed with a spin lock in it that is held");
		drop_held(&held[i - 1]);
	}
}

/* A job that runs while another waits starts as a fresh thread does, outside of any adapter. */
static void suspend(struct exec_context *context)
{
	context->word[0] = current_irql | (uintptr_t)held_base << 8;
	context->word[1] = (uintptr_t)ndis_enter_adapter(NULL);
	context->word[2] = (uintptr_t)ndis_callback_begin(NULL);
	current_irql = PASSIVE_LEVEL;
	held_base = nr_held;
}

static void resume(const struct exec_context *context)
{
	current_irql = (KIRQL)(context->word[0] & 0xff);
	held_base = (unsigned int)(context->word[0] >> 8);
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

/* Whether this is the halt function of adapter. */
static bool is_halting(const struct ndis_adapter *adapter)
{
	return adapter != NULL && ndis_adapter_state(adapter) == NDIS_ADAPTER_HALTING &&
	       ndis_callback()->name == adapter->driver->face->halt_name;
}

static bool is_taken(PNDIS_SPIN_LOCK SpinLock)
{
	if (one_thread)
		return SpinLock->Held;
	if (pthread_mutex_trylock(&SpinLock->Mutex) != 0)
		return true;
	pthread_mutex_unlock(&SpinLock->Mutex);
	return false;
}

/* Who holds the lock need not linger any more. */
static void note_met(void)
{
	if (__atomic_exchange_n(&met, 1, __ATOMIC_ACQ_REL) == 0)
		exec_wake(ndis_host()->config.exec);
}

VOID NdisFreeSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	struct ndis_adapter *adapter = ndis_current_adapter();
	struct held *mine = find_held(SpinLock);

	if (mine != NULL) {
		ndis_broken(NULL, 14, (uintptr_t)SpinLock,
			    "NdisFreeSpinLock was given a lock that its caller holds");
		drop_held(mine);
		if (!one_thread)
			pthread_mutex_unlock(&SpinLock->Mutex);
	} else if (is_taken(SpinLock)) {
		ndis_broken(NULL, 52, (uintptr_t)SpinLock,
			    "NdisFreeSpinLock was given a lock that is held: by a completion, "
			    "whose last touch of the adapter is still to come");
		note_met();
		/* Now it comes before the memory goes. */
		if (is_halting(adapter))
			ndis_host_flush();
	}
	pthread_mutex_destroy(&SpinLock->Mutex);
}

static void lock_mutex(pthread_mutex_t *mutex)
{
	const char *before;

	if (pthread_mutex_trylock(mutex) == 0)
		return;
	note_met();
	before = watch_waits("it waits for a spin lock");
	pthread_mutex_lock(mutex);
	watch_waits(before);
}

/* Returns: false when this thread has it already, and would wait for itself for ever. */
static bool lock(PNDIS_SPIN_LOCK SpinLock, const char *where)
{
	bool again = find_held(SpinLock) != NULL;

	if (again)
		ndis_broken(NULL, 14, (uintptr_t)SpinLock,
			    "%s was given a lock that its caller holds already: it would wait for "
			    "itself for ever",
			    where);
	else if (!one_thread)
		lock_mutex(&SpinLock->Mutex);
	push_held(SpinLock, again);
	if (again || !one_thread)
		return !again;
	if (SpinLock->Held) {
		fprintf(stderr, "ndis: deadlock: a spin lock is taken by one that holds it, or "
				"while its holder waits\n");
		abort();
	}
	SpinLock->Held = TRUE;
	return true;
}

/* The halt goes on, and may find the lock taken when it frees it (R52). */
static void linger(void)
{
	struct exec *exec = ndis_host()->config.exec;

	lingers = false;
	exec_wait(exec, &met, exec_now_ns(exec) + LINGER_NS);
}

/* Returns: whether the lock is free now; otherwise it was not held by this thread, or still is. */
static bool unlock(PNDIS_SPIN_LOCK SpinLock, const char *where)
{
	struct held *mine = find_held(SpinLock);
	bool again = mine != NULL && mine->again;

	if (mine == NULL) {
		ndis_broken(NULL, 14, (uintptr_t)SpinLock,
			    "%s was given a lock that its caller does not hold", where);
		return false;
	}
	drop_held(mine);
	if (again)
		return false;
	if (lingers)
		linger();
	if (one_thread)
		SpinLock->Held = FALSE;
	else
		pthread_mutex_unlock(&SpinLock->Mutex);
	return true;
}

void ndis_sync_returned(const char *name, KIRQL irql, unsigned int nr)
{
	unsigned int left = nr_held > nr ? nr_held - nr : 0;

	if (current_irql == irql && left == 0)
		return;
	if (left == 0)
		ndis_broken(NULL, 14, current_irql, "%s returned at IRQL %u; it was called at %u",
			    name, current_irql, irql);
	else
		ndis_broken(NULL, 14, left,
			    "%s returned holding %u spin lock%s, at IRQL %u; it was called at %u",
			    name, left, left == 1 ? "" : "s", current_irql, irql);
	/* Whoever waits for them goes on. */
	while (nr_held > nr)
		unlock(held[nr_held - 1].lock, name);
	current_irql = irql;
}

VOID NdisAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KIRQL old = current_irql;

	ndis_check_irql(NULL, DISPATCH_LEVEL, 14, "NdisAcquireSpinLock");
	if (old < DISPATCH_LEVEL)
		current_irql = DISPATCH_LEVEL;
	if (lock(SpinLock, "NdisAcquireSpinLock"))
		SpinLock->OldIrql = old; /* the lock's holder's: written with the lock held */
}

VOID NdisReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	KIRQL old = SpinLock->OldIrql;

	if (unlock(SpinLock, "NdisReleaseSpinLock"))
		current_irql = old;
}

VOID NdisDprAcquireSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	if (current_irql != DISPATCH_LEVEL)
		ndis_broken(NULL, 14, current_irql,
			    "NdisDprAcquireSpinLock was called at IRQL %u, not at DISPATCH_LEVEL",
			    current_irql);
	lock(SpinLock, "NdisDprAcquireSpinLock");
}

VOID NdisDprReleaseSpinLock(PNDIS_SPIN_LOCK SpinLock)
{
	unlock(SpinLock, "NdisDprReleaseSpinLock");
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

static void begin_linger(void)
{
	__atomic_store_n(&met, 0, __ATOMIC_RELEASE);
	lingers = true;
}

/* A completion that lets the halt go on, while it holds a lock, is going to touch that lock. */
static void note_locked_event(void)
{
	struct ndis_adapter *adapter = ndis_current_adapter();

	if (nr_held != 0 && !one_thread && ndis_verifies() && adapter != NULL &&
	    ndis_callback()->completes && ndis_adapter_state(adapter) == NDIS_ADAPTER_HALTING)
		begin_linger();
}

VOID NdisSetEvent(PNDIS_EVENT Event)
{
	/* The waiter may free the event at once: nothing of it is used after the store (R52). */
	__atomic_store_n(&Event->Signalled, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
	note_locked_event();
}

VOID NdisResetEvent(PNDIS_EVENT Event)
{
	__atomic_store_n(&Event->Signalled, 0, __ATOMIC_RELEASE);
}

/* A halt that waits in vain is told to whoever runs the host (R51). */
static void note_stall(struct ndis_adapter *adapter)
{
	const struct ndis_host_config *config = &ndis_host()->config;
	uint64_t now_ns = exec_now_ns(config->exec);
	struct ndis_memory_counts counts;
	struct ndis_stall stall;

	/* A halt may look often: it is told as often as one that waits patiently. */
	if (config->stalled == NULL || now_ns - adapter->stalled_ns < ndis_patience_ns())
		return;
	adapter->stalled_ns = now_ns;
	ndis_adapter_counts(adapter, &counts);
	stall = (struct ndis_stall){.for_ns = now_ns - adapter->halting_ns,
				    .pending = counts.pending,
				    .indicated = counts.indicated};
	/* None has begun since it was looked at last: those that run are stuck. */
	if (adapter->stalled_at == ndis_completions_begun(&counts))
		stall.completing = __atomic_load_n(&adapter->memory.calling, __ATOMIC_ACQUIRE);
	adapter->stalled_at = ndis_completions_begun(&counts);
	config->stalled(&stall);
}

bool ndis_waited_in_vain(void)
{
	struct ndis_adapter *adapter = ndis_current_adapter();

	if (!is_halting(adapter))
		return false;
	note_stall(adapter);
	return ndis_waits_for_nothing(adapter, "halt");
}

BOOLEAN NdisWaitEvent(PNDIS_EVENT Event, ULONG MsToWait)
{
	struct exec *exec = ndis_host()->config.exec;
	uint64_t until = EXEC_NEVER, slice;
	const char *before;
	bool is_set;

	if (!ndis_check_irql(NULL, PASSIVE_LEVEL, 13, "NdisWaitEvent"))
		return __atomic_load_n(&Event->Signalled, __ATOMIC_ACQUIRE) != 0;
	if (MsToWait != 0)
		until = exec_now_ns(exec) + MsToWait * UINT64_C(1000000);
	for (;;) {
		slice = until;
		if (until == EXEC_NEVER && is_halting(ndis_current_adapter()))
			slice = exec_now_ns(exec) + ndis_patience_ns();
		before = watch_waits("it is in NdisWaitEvent");
		is_set = exec_wait(exec, &Event->Signalled, slice);
		watch_waits(before);
		if (is_set)
			return TRUE;
		/* A halt that waits for nothing goes on, so that the rest can be seen. */
		if (ndis_waited_in_vain())
			return TRUE;
		if (until != EXEC_NEVER)
			return FALSE;
	}
}
