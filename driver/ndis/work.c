/* SPDX-License-Identifier: MIT */
/* Work items, waiting, and the time. */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "driver/ndis/internal.h"
#include "driver/ndis/watch.h"

/* --- work items ------------------------------------------------------------------------------- */

struct io_work_item {
	struct ndis_object object;
	struct exec_job job;
	struct ndis_adapter *adapter;
	NDIS_IO_WORKITEM_ROUTINE routine;
	PVOID context;
	uint32_t queued; /* atomic */
};

/* From the moment when a work item is queued until its function has returned, or it is cancelled;
 * adapter may be NULL. */
static void begin_work(struct ndis_adapter *adapter)
{
	if (adapter != NULL)
		__atomic_add_fetch(&adapter->working, 1, __ATOMIC_ACQ_REL);
}

static void end_work(struct ndis_adapter *adapter)
{
	if (adapter != NULL)
		__atomic_sub_fetch(&adapter->working, 1, __ATOMIC_ACQ_REL);
}

void ndis_work_wait(struct ndis_adapter *adapter)
{
	struct exec *exec = ndis_host()->config.exec;
	const uint32_t never = 0;

	while (__atomic_load_n(&adapter->working, __ATOMIC_ACQUIRE) != 0)
		exec_wait(exec, &never, exec_now_ns(exec) + 1000000);
}

static void run_io_item(struct exec_job *job)
{
	struct io_work_item *item = CONTAINING_RECORD(job, struct io_work_item, job);
	struct ndis_adapter *adapter = item->adapter, *before = ndis_enter_adapter(adapter);
	const char *outer = ndis_callback_begin("a work item");
	NDIS_IO_WORKITEM_ROUTINE routine = item->routine;
	PVOID context = item->context;

	/* The routine may queue the item again, or free it. */
	__atomic_store_n(&item->queued, 0, __ATOMIC_RELEASE);
	routine(context, item);
	ndis_callback_end(outer);
	end_work(adapter);
	ndis_leave_adapter(before);
}

NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle)
{
	struct io_work_item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		return NULL;
	if (ndis_object_kind(NdisObjectHandle) == NDIS_KIND_ADAPTER)
		item->adapter = NdisObjectHandle;
	item->job.run = run_io_item;
	ndis_object_add(&item->object, NDIS_KIND_WORK_ITEM);
	return item;
}

static struct io_work_item *io_item_from(NDIS_HANDLE handle, const char *where)
{
	enum ndis_kind kind = ndis_object_kind(handle);

	if (kind == NDIS_KIND_WORK_ITEM)
		return handle;
	ndis_broken(NULL, 13, (uintptr_t)handle, "%s was given %s; it wants a work item", where,
		    ndis_kind_name(kind));
	return NULL;
}

VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle)
{
	struct io_work_item *item = io_item_from(NdisIoWorkItemHandle, "NdisFreeIoWorkItem");

	if (item == NULL)
		return;
	if (__atomic_load_n(&item->queued, __ATOMIC_ACQUIRE) != 0) {
		ndis_broken(item->adapter, 18, (uintptr_t)item,
			    "NdisFreeIoWorkItem: the work item is queued; its function would run "
			    "on freed memory");
		ndis_work_item_cancel(&item->object);
	}
	ndis_object_remove(&item->object);
	free(item);
}

VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine,
			 PVOID WorkItemContext)
{
	struct io_work_item *item = io_item_from(NdisIoWorkItemHandle, "NdisQueueIoWorkItem");

	if (item == NULL)
		return;
	ndis_check_irql(item->adapter, DISPATCH_LEVEL, 14, "NdisQueueIoWorkItem");
	if (__atomic_exchange_n(&item->queued, 1, __ATOMIC_ACQ_REL) != 0) {
		ndis_broken(item->adapter, 13, (uintptr_t)item,
			    "NdisQueueIoWorkItem: the work item is queued already");
		return;
	}
	item->routine = Routine;
	item->context = WorkItemContext;
	begin_work(item->adapter);
	exec_submit(ndis_host()->work, &item->job, 0);
}

bool ndis_work_item_cancel(struct ndis_object *object)
{
	struct io_work_item *item = CONTAINING_RECORD(object, struct io_work_item, object);

	if (!exec_cancel(ndis_host()->work, &item->job))
		return false;
	end_work(item->adapter);
	return true;
}

/* What stands for an NDIS_WORK_ITEM on the lane: the routine may free its item. */
struct scheduled {
	struct exec_job job;
	struct scheduled *next; /* of all that are queued */
	struct ndis_adapter *adapter;
	PNDIS_WORK_ITEM item;
};

static pthread_mutex_t scheduled_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct scheduled *all_scheduled;

static void enter(struct scheduled *scheduled)
{
	pthread_mutex_lock(&scheduled_mutex);
	scheduled->next = all_scheduled;
	all_scheduled = scheduled;
	pthread_mutex_unlock(&scheduled_mutex);
}

static void leave(const struct scheduled *scheduled)
{
	struct scheduled **at = &all_scheduled;

	pthread_mutex_lock(&scheduled_mutex);
	while (*at != scheduled)
		at = &(*at)->next;
	*at = scheduled->next;
	pthread_mutex_unlock(&scheduled_mutex);
}

/* One of adapter's that was queued, and is not any more.  Returns: NULL when there is none. */
static struct scheduled *take_queued(const struct ndis_adapter *adapter)
{
	struct scheduled **at = &all_scheduled, *s;

	pthread_mutex_lock(&scheduled_mutex);
	while ((s = *at) != NULL &&
	       (s->adapter != adapter || !exec_cancel(ndis_host()->work, &s->job)))
		at = &s->next;
	if (s != NULL)
		*at = s->next;
	pthread_mutex_unlock(&scheduled_mutex);
	return s;
}

void ndis_work_report(struct ndis_adapter *adapter, const char *who)
{
	struct scheduled *s;

	while ((s = take_queued(adapter)) != NULL) {
		ndis_broken(adapter, 18, (uintptr_t)s->item,
			    "%s returned while a work item was queued", who);
		end_work(s->adapter);
		free(s);
	}
}

static void run_scheduled(struct exec_job *job)
{
	struct scheduled *scheduled = CONTAINING_RECORD(job, struct scheduled, job);
	struct ndis_adapter *adapter = scheduled->adapter, *before = ndis_enter_adapter(adapter);
	const char *outer = ndis_callback_begin("a work item");
	PNDIS_WORK_ITEM item = scheduled->item;

	leave(scheduled);
	free(scheduled);
	item->Routine(item, item->Context);
	ndis_callback_end(outer);
	end_work(adapter);
	ndis_leave_adapter(before);
}

VOID NdisInitializeWorkItem(PNDIS_WORK_ITEM WorkItem, NDIS_PROC Routine, PVOID Context)
{
	*WorkItem = (NDIS_WORK_ITEM){.Context = Context, .Routine = Routine};
}

NDIS_STATUS NdisScheduleWorkItem(PNDIS_WORK_ITEM WorkItem)
{
	struct scheduled *scheduled = calloc(1, sizeof(*scheduled));

	ndis_check_irql(NULL, DISPATCH_LEVEL, 14, "NdisScheduleWorkItem");
	if (scheduled == NULL)
		return NDIS_STATUS_FAILURE;
	scheduled->job.run = run_scheduled;
	scheduled->adapter = ndis_current_adapter();
	scheduled->item = WorkItem;
	begin_work(scheduled->adapter);
	enter(scheduled);
	exec_submit(ndis_host()->work, &scheduled->job, 0);
	return NDIS_STATUS_SUCCESS;
}

/* --- waiting ---------------------------------------------------------------------------------- */

VOID NdisMSleep(ULONG MicrosecondsToSleep)
{
	struct exec *exec = ndis_host()->config.exec;
	const uint32_t never = 0;
	const char *before;

	if (!ndis_check_irql(NULL, PASSIVE_LEVEL, 13, "NdisMSleep"))
		return;
	before = watch_waits("it is in NdisMSleep");
	exec_wait(exec, &never, exec_now_ns(exec) + MicrosecondsToSleep * UINT64_C(1000));
	watch_waits(before);
	ndis_waited_in_vain();
}

static uint64_t processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

VOID NdisStallExecution(UINT MicrosecondsToStall)
{
	uint64_t until_ns = processor_ns() + MicrosecondsToStall * UINT64_C(1000);

	while (processor_ns() < until_ns)
		;
}

/* --- the time --------------------------------------------------------------------------------- */

/* 100 ns between 1601-01-01 and 1970-01-01. */
#define EPOCH_1601 INT64_C(116444736000000000)

VOID NdisGetCurrentSystemTime(PLARGE_INTEGER pCurrentTime)
{
	const struct ndis_host *host = ndis_host();
	uint64_t since_ns = exec_now_ns(host->config.exec) - host->opened_ns;

	pCurrentTime->QuadPart = EPOCH_1601 + (host->opened_wall_ns + (int64_t)since_ns) / 100;
}

VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime)
{
	pSystemUpTime->QuadPart = (LONGLONG)(exec_now_ns(ndis_host()->config.exec) / 100);
}

VOID NdisGetSystemUpTime(PULONG pSystemUpTime)
{
	*pSystemUpTime = (ULONG)(exec_now_ns(ndis_host()->config.exec) / 1000000);
}

LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
	LARGE_INTEGER counter = {.QuadPart = (LONGLONG)exec_now_ns(ndis_host()->config.exec)};

	if (PerformanceFrequency != NULL)
		PerformanceFrequency->QuadPart = 1000000000;
	return counter;
}

CHAR NdisSystemProcessorCount(void)
{
	long nr = sysconf(_SC_NPROCESSORS_ONLN);

	return (CHAR)(nr < 1 ? 1 : nr > 64 ? 64 : nr);
}

/* Lanes are not bound to processors: a driver's tables by processor need one entry. */
ULONG NdisGetCurrentProcessorIndex(void)
{
	return 0;
}
