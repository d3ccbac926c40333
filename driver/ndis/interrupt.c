/* SPDX-License-Identifier: MIT */
/* A device's interrupt: its line, the service routine, its DPC. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

/* The device pulls its line; called with the device's lock held. */
static void raise_line(void *ctx)
{
	struct ndis_adapter *adapter = ctx;

	if (ndis_adapter_is_gone(adapter))
		return;
	pthread_mutex_lock(&adapter->irq_mutex);
	if (adapter->interrupt != NULL) {
		__atomic_store_n(&adapter->irq_waiting, 1, __ATOMIC_RELEASE);
		exec_submit(adapter->irq_lane, &adapter->irq_job, 0);
	}
	pthread_mutex_unlock(&adapter->irq_mutex);
}

/* The registration stays alive while this lane runs: deregistration flushes the lane. */
static struct ndis_interrupt *begin_service(struct ndis_adapter *adapter)
{
	struct ndis_interrupt *interrupt;

	pthread_mutex_lock(&adapter->irq_mutex);
	interrupt = adapter->interrupt;
	__atomic_store_n(&adapter->irq_serving, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&adapter->irq_waiting, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&adapter->irq_mutex);
	return interrupt;
}

static void run_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context)
{
	const char *outer;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	outer = ndis_callback_begin("MiniportInterruptDPC");
	interrupt->adapter->driver->face->dpc(interrupt, dpc_context);
	ndis_callback_end(outer);
	KeLowerIrql(old);
}

bool ndis6_isr(struct ndis_interrupt *interrupt)
{
	BOOLEAN queue_dpc = FALSE;
	ULONG processors = 0;

	pthread_mutex_lock(&interrupt->adapter->five.isr);
	interrupt->isr(interrupt->context, &queue_dpc, &processors);
	pthread_mutex_unlock(&interrupt->adapter->five.isr);
	return queue_dpc;
}

BOOLEAN ndis_synchronize(NDIS_HANDLE handle, BOOLEAN (*function)(PVOID context), PVOID context,
			 const char *where)
{
	struct ndis_interrupt *interrupt = handle;
	BOOLEAN answer;
	KIRQL old;

	if (ndis_object_kind(handle) != NDIS_KIND_INTERRUPT) {
		ndis_broken(NULL, 48, (uintptr_t)handle, "%s was given no live interrupt", where);
		return FALSE;
	}
	if (!ndis_check_irql(interrupt->adapter, DEVICE_LEVEL, 14, where))
		return FALSE;
	KeRaiseIrql(DEVICE_LEVEL, &old);
	pthread_mutex_lock(&interrupt->adapter->five.isr);
	answer = function(context);
	pthread_mutex_unlock(&interrupt->adapter->five.isr);
	KeLowerIrql(old);
	return answer;
}

void ndis6_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context)
{
	interrupt->dpc(interrupt->context, dpc_context, NULL, NULL);
}

/* The handler at the device's level, then what it deferred at DISPATCH_LEVEL. */
static void irq_run(struct exec_job *job)
{
	struct ndis_adapter *adapter = CONTAINING_RECORD(job, struct ndis_adapter, irq_job);
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct ndis_interrupt *interrupt = begin_service(adapter);
	const char *outer;
	bool queue_dpc;
	KIRQL old;

	if (interrupt != NULL) {
		KeRaiseIrql(DEVICE_LEVEL, &old);
		outer = ndis_callback_begin("MiniportInterrupt");
		queue_dpc = adapter->driver->face->isr(interrupt);
		ndis_callback_end(outer);
		KeLowerIrql(old);
		if (queue_dpc)
			run_dpc(interrupt, NULL);
	}
	__atomic_store_n(&adapter->irq_serving, 0, __ATOMIC_RELEASE);
	ndis_leave_adapter(before);
}

static void dpc_run(struct exec_job *job)
{
	struct ndis_adapter *adapter = CONTAINING_RECORD(job, struct ndis_adapter, dpc_job);
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct ndis_interrupt *interrupt = begin_service(adapter);

	if (interrupt != NULL)
		run_dpc(interrupt, interrupt->dpc_context);
	__atomic_store_n(&adapter->irq_serving, 0, __ATOMIC_RELEASE);
	ndis_leave_adapter(before);
}

void ndis_interrupt_init(struct ndis_adapter *adapter)
{
	pthread_mutex_init(&adapter->irq_mutex, NULL);
	adapter->irq_job.run = irq_run;
	adapter->dpc_job.run = dpc_run;
	/* The line is wired for good; what it reaches is registered later. */
	adapter->device->line = (struct irq_line){raise_line, adapter};
}

void ndis_interrupt_connect(struct ndis_interrupt *interrupt)
{
	struct ndis_adapter *adapter = interrupt->adapter;

	ndis_object_add(&interrupt->object, NDIS_KIND_INTERRUPT);
	pthread_mutex_lock(&adapter->irq_mutex);
	adapter->interrupt = interrupt;
	pthread_mutex_unlock(&adapter->irq_mutex);
}

bool ndis_interrupt_disconnect(NDIS_HANDLE handle, const char *where)
{
	struct ndis_interrupt *interrupt = handle;
	struct ndis_adapter *adapter;

	if (ndis_object_kind(handle) != NDIS_KIND_INTERRUPT) {
		ndis_broken(NULL, 48, (uintptr_t)handle, "%s was given no live interrupt", where);
		return true;
	}
	adapter = interrupt->adapter;
	/* Above it may be the DPC itself that calls, and would wait for its own end. */
	if (!ndis_check_irql(adapter, PASSIVE_LEVEL, 48, where))
		return false;
	ndis_check_shutdown(adapter, where);
	pthread_mutex_lock(&adapter->irq_mutex);
	adapter->interrupt = NULL;
	__atomic_store_n(&adapter->irq_waiting, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&adapter->irq_mutex);
	exec_flush(adapter->irq_lane);
	ndis_object_remove(&interrupt->object);
	free(interrupt);
	return true;
}

NDIS_STATUS NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle,
				     NDIS_HANDLE MiniportInterruptContext,
				     PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Characteristics,
				     PNDIS_HANDLE NdisInterruptHandle)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(MiniportAdapterHandle, 48, "NdisMRegisterInterruptEx");
	struct ndis_interrupt *interrupt;

	if (adapter == NULL || adapter->interrupt != NULL ||
	    Characteristics->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT ||
	    Characteristics->InterruptHandler == NULL ||
	    Characteristics->InterruptDpcHandler == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	interrupt = calloc(1, sizeof(*interrupt));
	if (interrupt == NULL)
		return NDIS_STATUS_RESOURCES;
	interrupt->adapter = adapter;
	interrupt->context = MiniportInterruptContext;
	interrupt->isr = Characteristics->InterruptHandler;
	interrupt->dpc = Characteristics->InterruptDpcHandler;
	Characteristics->InterruptType = NDIS_CONNECT_LINE_BASED;
	*NdisInterruptHandle = interrupt;
	ndis_interrupt_connect(interrupt);
	return NDIS_STATUS_SUCCESS;
}

VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle)
{
	ndis_interrupt_disconnect(NdisInterruptHandle, "NdisMDeregisterInterruptEx");
}

ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors,
		    PVOID MiniportDpcContext)
{
	struct ndis_interrupt *interrupt = NdisInterruptHandle;
	struct ndis_adapter *adapter;

	if (ndis_object_kind(NdisInterruptHandle) != NDIS_KIND_INTERRUPT) {
		ndis_broken(NULL, 48, (uintptr_t)interrupt,
			    "NdisMQueueDpc was given no live interrupt handle");
		return 0;
	}
	adapter = interrupt->adapter;
	pthread_mutex_lock(&adapter->irq_mutex);
	if (adapter->interrupt == interrupt) {
		interrupt->dpc_context = MiniportDpcContext;
		__atomic_store_n(&adapter->irq_waiting, 1, __ATOMIC_RELEASE);
		exec_submit(adapter->irq_lane, &adapter->dpc_job, 0);
	}
	pthread_mutex_unlock(&adapter->irq_mutex);
	return 1;
}

BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
					MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
					PVOID SynchronizeContext)
{
	return ndis_synchronize(NdisInterruptHandle, SynchronizeFunction, SynchronizeContext,
				"NdisMSynchronizeWithInterruptEx");
}

bool ndis_adapter_in_interrupt(struct ndis_adapter *adapter)
{
	return __atomic_load_n(&adapter->irq_waiting, __ATOMIC_ACQUIRE) != 0 ||
	       __atomic_load_n(&adapter->irq_serving, __ATOMIC_ACQUIRE) != 0;
}

void ndis_adapter_flush_interrupts(struct ndis_adapter *adapter)
{
	do {
		adapter->device->ops->step(adapter->device);
		exec_flush(adapter->irq_lane);
	} while (ndis_adapter_in_interrupt(adapter));
}
