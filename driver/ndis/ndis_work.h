/* SPDX-License-Identifier: MIT */
#ifndef NDIS_WORK_H
#define NDIS_WORK_H
/* Work at PASSIVE_LEVEL, waiting, and the time.  Drivers include ndis.h. */
#include "ndis_base.h"

/* --- Work items ------------------------------------------------------------------------------- */

typedef VOID NDIS_IO_WORKITEM(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle);
typedef NDIS_IO_WORKITEM *NDIS_IO_WORKITEM_ROUTINE;
typedef NDIS_IO_WORKITEM NDIS_IO_WORKITEM_FUNCTION;

/*
 * A work item (NDIS 6).
 * Owns:    the caller, until NdisFreeIoWorkItem().
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: its handle, or NULL.
 */
NDIS_HANDLE NdisAllocateIoWorkItem(NDIS_HANDLE NdisObjectHandle);
/* Not while it is queued; from inside its own function it is allowed.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisFreeIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle);
/*
 * Runs Routine once, at PASSIVE_LEVEL on a system thread.  An item that is queued already must not
 * be queued again.
 * Owns:    the host has the item until Routine runs.
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisQueueIoWorkItem(NDIS_HANDLE NdisIoWorkItemHandle, NDIS_IO_WORKITEM_ROUTINE Routine,
			 PVOID WorkItemContext);

struct _NDIS_WORK_ITEM;
typedef VOID NDIS_PROC_FUNCTION(struct _NDIS_WORK_ITEM *WorkItem, PVOID Context);
typedef NDIS_PROC_FUNCTION *NDIS_PROC;

/* A work item in the driver's own storage (both generations). */
typedef struct _NDIS_WORK_ITEM {
	PVOID Context;
	NDIS_PROC Routine;
	PVOID WrapperReserved[8];
} NDIS_WORK_ITEM, *PNDIS_WORK_ITEM;

VOID NdisInitializeWorkItem(PNDIS_WORK_ITEM WorkItem, NDIS_PROC Routine, PVOID Context);
/*
 * Runs the item's routine once, at PASSIVE_LEVEL on a system thread; the routine may free the item.
 * Owns:    the host has the item until the routine runs.
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS.
 */
NDIS_STATUS NdisScheduleWorkItem(PNDIS_WORK_ITEM WorkItem);

/* --- Waiting ---------------------------------------------------------------------------------- */

/* Waits, and lets others run.  IRQL: PASSIVE_LEVEL (violation R13 elsewhere, and no wait). */
VOID NdisMSleep(ULONG MicrosecondsToSleep);
/*
 * Burns the time of this processor; at most 50 microseconds are good manners.  In virtual time it
 * takes none.  IRQL: any.
 */
VOID NdisStallExecution(UINT MicrosecondsToStall);
#define KeStallExecutionProcessor(MicroSeconds) NdisStallExecution(MicroSeconds)

/* --- The time --------------------------------------------------------------------------------- */

/* In 100 ns since 1601-01-01 UTC.  IRQL: any. */
VOID NdisGetCurrentSystemTime(PLARGE_INTEGER pCurrentTime);
#define KeQuerySystemTime(CurrentTime) NdisGetCurrentSystemTime(CurrentTime)
/* Since the machine started: in ms, and in 100 ns.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisGetSystemUpTime(PULONG pSystemUpTime);
VOID NdisGetSystemUpTimeEx(PLARGE_INTEGER pSystemUpTime);
/* A counter, and how often it counts a second (may be NULL).  IRQL: any. */
LARGE_INTEGER KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency);
/* Processors of the machine.  IRQL: any. */
CHAR NdisSystemProcessorCount(void);
ULONG NdisGetCurrentProcessorIndex(void);

#endif
