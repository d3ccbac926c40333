/* SPDX-License-Identifier: MIT */
/* Timers: their functions run on a lane of their own, at DISPATCH_LEVEL. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

struct timer {
	struct ndis_object object;
	struct exec_job job, end_job;
	pthread_mutex_t mutex; /* guards period and armed against the function's own thread */
	struct ndis_adapter *adapter;
	PNDIS_TIMER_FUNCTION function;
	PVOID context;
	uint64_t period_ns, due_ns;
	bool armed;
};

static struct timer *timer_from(NDIS_HANDLE handle)
{
	return ndis_object_kind(handle) == NDIS_KIND_TIMER ? handle : NULL;
}

/* Disarms a timer of one shot, sets a periodic one again.  Returns: whether the function is due. */
static bool fire(struct timer *timer)
{
	bool due;

	pthread_mutex_lock(&timer->mutex);
	due = timer->armed;
	if (due && timer->period_ns != 0) {
		uint64_t now = exec_now_ns(ndis_host()->config.exec);

		/* Periods that were missed are not made up for. */
		timer->due_ns += timer->period_ns;
		if (timer->due_ns <= now)
			timer->due_ns = now + timer->period_ns;
		exec_submit(ndis_host()->timers, &timer->job, timer->due_ns);
	} else {
		timer->armed = false;
	}
	pthread_mutex_unlock(&timer->mutex);
	return due;
}

static void timer_run(struct exec_job *job)
{
	struct timer *timer = CONTAINING_RECORD(job, struct timer, job);
	struct ndis_adapter *before;
	const char *outer;
	KIRQL old;

	if (!fire(timer))
		return;
	before = ndis_enter_adapter(timer->adapter);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	outer = ndis_callback_begin("a timer function");
	ndis5_serial_enter(timer->adapter);
	timer->function(NULL, timer->context, NULL, NULL);
	ndis5_serial_leave(timer->adapter);
	ndis_callback_end(outer);
	KeLowerIrql(old);
	ndis_leave_adapter(before);
}

static void destroy(struct timer *timer)
{
	pthread_mutex_destroy(&timer->mutex);
	free(timer);
}

static void end_run(struct exec_job *job)
{
	destroy(CONTAINING_RECORD(job, struct timer, end_job));
}

NDIS_STATUS NdisAllocateTimerObject(NDIS_HANDLE NdisHandle,
				    PNDIS_TIMER_CHARACTERISTICS TimerCharacteristics,
				    PNDIS_HANDLE pTimerObject)
{
	struct timer *timer;

	if (TimerCharacteristics->Header.Type != NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS ||
	    TimerCharacteristics->TimerFunction == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	timer = calloc(1, sizeof(*timer));
	if (timer == NULL)
		return NDIS_STATUS_RESOURCES;
	if (ndis_object_kind(NdisHandle) == NDIS_KIND_ADAPTER)
		timer->adapter = NdisHandle;
	timer->function = TimerCharacteristics->TimerFunction;
	timer->context = TimerCharacteristics->FunctionContext;
	timer->job.run = timer_run;
	timer->end_job.run = end_run;
	pthread_mutex_init(&timer->mutex, NULL);
	ndis_object_add(&timer->object, NDIS_KIND_TIMER);
	*pTimerObject = timer;
	return NDIS_STATUS_SUCCESS;
}

BOOLEAN NdisSetTimerObject(NDIS_HANDLE TimerObject, LARGE_INTEGER DueTime, LONG MillisecondsPeriod,
			   PVOID FunctionContext)
{
	struct timer *timer = timer_from(TimerObject);
	uint64_t now = exec_now_ns(ndis_host()->config.exec);
	bool was_armed;

	if (timer == NULL)
		return FALSE;
	pthread_mutex_lock(&timer->mutex);
	was_armed = timer->armed;
	exec_cancel(ndis_host()->timers, &timer->job);
	if (FunctionContext != NULL)
		timer->context = FunctionContext;
	timer->period_ns = (uint64_t)MillisecondsPeriod * 1000000u;
	/* Absolute times are not known to this machine: they are due at once. */
	timer->due_ns = now;
	if (DueTime.QuadPart < 0)
		timer->due_ns += (uint64_t)-DueTime.QuadPart * 100u;
	timer->armed = true;
	exec_submit(ndis_host()->timers, &timer->job, timer->due_ns);
	pthread_mutex_unlock(&timer->mutex);
	return was_armed;
}

BOOLEAN NdisCancelTimerObject(NDIS_HANDLE TimerObject)
{
	struct timer *timer = timer_from(TimerObject);
	bool was_waiting;

	if (timer == NULL)
		return FALSE;
	pthread_mutex_lock(&timer->mutex);
	timer->armed = false;
	was_waiting = exec_cancel(ndis_host()->timers, &timer->job);
	pthread_mutex_unlock(&timer->mutex);
	return was_waiting;
}

bool ndis_timer_disarm(NDIS_HANDLE handle)
{
	struct timer *timer = timer_from(handle);
	bool was_armed;

	if (timer == NULL)
		return false;
	pthread_mutex_lock(&timer->mutex);
	was_armed = timer->armed;
	timer->armed = false;
	exec_cancel(ndis_host()->timers, &timer->job);
	pthread_mutex_unlock(&timer->mutex);
	return was_armed;
}

VOID NdisFreeTimerObject(NDIS_HANDLE TimerObject)
{
	struct timer *timer = timer_from(TimerObject);

	if (timer == NULL)
		return;
	if (ndis_timer_disarm(TimerObject))
		ndis_broken(timer->adapter, 18, (uintptr_t)timer,
			    "NdisFreeTimerObject: the timer is set; it is to be cancelled first");
	ndis_object_remove(&timer->object);
	if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
		exec_flush(ndis_host()->timers);
		destroy(timer);
	} else {
		/* Maybe from its own function, which nobody can wait for then: when that has ended.
		 */
		exec_submit(ndis_host()->timers, &timer->end_job, 0);
	}
}

VOID KeFlushQueuedDpcs(void)
{
	if (!ndis_check_irql(NULL, PASSIVE_LEVEL, 13, "KeFlushQueuedDpcs"))
		return;
	exec_flush(ndis_host()->timers);
	for (struct ndis_adapter *a = ndis_host()->adapters; a != NULL; a = a->next)
		exec_flush(a->irq_lane);
}

/* --- timers in the caller's storage ----------------------------------------------------------- */

/* Drivers have no call to free these: they are the host's until it closes. */
struct kept {
	struct kept *next;
	NDIS_HANDLE timer;
};
static pthread_mutex_t kept_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct kept *kept_timers;

static void keep(NDIS_HANDLE timer)
{
	struct kept *kept = malloc(sizeof(*kept));

	if (kept == NULL)
		return; /* leaked, and of no other consequence */
	kept->timer = timer;
	((struct ndis_object *)timer)->is_told = true; /* and is not missed */
	pthread_mutex_lock(&kept_mutex);
	kept->next = kept_timers;
	kept_timers = kept;
	pthread_mutex_unlock(&kept_mutex);
}

/* The timers' lane is closed: none runs, and none is queued. */
void ndis_timers_forget(void)
{
	while (kept_timers != NULL) {
		struct kept *kept = kept_timers;
		struct timer *timer = kept->timer;

		kept_timers = kept->next;
		ndis_object_remove(&timer->object);
		destroy(timer);
		free(kept);
	}
}

VOID NdisInitializeTimer(PNDIS_TIMER Timer, PNDIS_TIMER_FUNCTION TimerFunction,
			 PVOID FunctionContext)
{
	NDIS_TIMER_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, sizeof(characteristics)},
		.TimerFunction = TimerFunction,
		.FunctionContext = FunctionContext,
	};

	Timer->Timer = NULL;
	if (NdisAllocateTimerObject(ndis_current_adapter(), &characteristics, &Timer->Timer) ==
	    NDIS_STATUS_SUCCESS)
		keep(Timer->Timer);
}

VOID NdisSetTimer(PNDIS_TIMER Timer, UINT MillisecondsToDelay)
{
	LARGE_INTEGER due = {.QuadPart = -(LONGLONG)MillisecondsToDelay * 10000};

	NdisSetTimerObject(Timer->Timer, due, 0, NULL);
}

VOID NdisCancelTimer(PNDIS_TIMER Timer, PBOOLEAN TimerCancelled)
{
	*TimerCancelled = NdisCancelTimerObject(Timer->Timer);
}
