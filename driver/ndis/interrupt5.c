/* SPDX-License-Identifier: MIT */
/* The interrupt and the timers of a miniport of NDIS 5. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

/* --- interrupts ------------------------------------------------------------------------------- */

bool ndis5_isr(struct ndis_interrupt *interrupt)
{
	const NDIS51_MINIPORT_CHARACTERISTICS *f = &interrupt->adapter->driver->functions5;
	pthread_mutex_t *mutex = &interrupt->adapter->five.isr;
	BOOLEAN recognized = TRUE, queue = TRUE;

	pthread_mutex_lock(mutex);
	if (interrupt->request_isr)
		f->ISRHandler(&recognized, &queue, interrupt->context);
	else
		f->DisableInterruptHandler(interrupt->context);
	pthread_mutex_unlock(mutex);
	return recognized && queue;
}

BOOLEAN NdisMSynchronizeWithInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt,
				      NDIS5_SYNCHRONIZE_FUNCTION *SynchronizeFunction,
				      PVOID SynchronizeContext)
{
	return ndis_synchronize(Interrupt->Host, SynchronizeFunction, SynchronizeContext,
				"NdisMSynchronizeWithInterrupt");
}

void ndis5_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context)
{
	struct ndis_adapter *adapter = interrupt->adapter;
	const NDIS51_MINIPORT_CHARACTERISTICS *f = &adapter->driver->functions5;

	ndis5_serial_enter(adapter);
	f->HandleInterruptHandler(interrupt->context);
	if (f->EnableInterruptHandler != NULL)
		f->EnableInterruptHandler(interrupt->context);
	ndis5_serial_leave(adapter);
}

NDIS_STATUS NdisMRegisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt,
				   NDIS_HANDLE MiniportAdapterHandle, UINT InterruptVector,
				   UINT InterruptLevel, BOOLEAN RequestIsr, BOOLEAN SharedInterrupt,
				   NDIS_INTERRUPT_MODE InterruptMode)
{
	struct ndis_adapter *adapter =
		ndis5_adapter_from(MiniportAdapterHandle, 48, "NdisMRegisterInterrupt");
	const NDIS51_MINIPORT_CHARACTERISTICS *f;
	struct ndis_interrupt *interrupt;

	if (adapter == NULL || adapter->interrupt != NULL)
		return NDIS_STATUS_FAILURE;
	f = &adapter->driver->functions5;
	if (f->HandleInterruptHandler == NULL ||
	    (RequestIsr ? f->ISRHandler == NULL : f->DisableInterruptHandler == NULL))
		return NDIS_STATUS_FAILURE;
	interrupt = calloc(1, sizeof(*interrupt));
	if (interrupt == NULL)
		return NDIS_STATUS_RESOURCES;
	interrupt->adapter = adapter;
	interrupt->context = adapter->context;
	interrupt->request_isr = RequestIsr;
	Interrupt->Host = interrupt;
	ndis_interrupt_connect(interrupt);
	return NDIS_STATUS_SUCCESS;
}

VOID NdisMDeregisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt)
{
	if (ndis_interrupt_disconnect(Interrupt->Host, "NdisMDeregisterInterrupt"))
		Interrupt->Host = NULL;
}

/* --- timers ----------------------------------------------------------------------------------- */

VOID NdisMInitializeTimer(PNDIS_MINIPORT_TIMER Timer, NDIS_HANDLE MiniportAdapterHandle,
			  PNDIS_TIMER_FUNCTION TimerFunction, PVOID FunctionContext)
{
	NDIS_TIMER_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
			   NDIS_TIMER_CHARACTERISTICS_REVISION_1,
			   NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
		.TimerFunction = TimerFunction,
		.FunctionContext = FunctionContext,
	};
	struct ndis_adapter *adapter =
		ndis5_adapter_from(MiniportAdapterHandle, 18, "NdisMInitializeTimer");
	struct ndis5_timer *timer = adapter != NULL ? calloc(1, sizeof(*timer)) : NULL;

	Timer->Host = NULL;
	if (timer == NULL)
		return;
	if (NdisAllocateTimerObject(adapter, &characteristics, &timer->handle) !=
	    NDIS_STATUS_SUCCESS) {
		free(timer);
		return;
	}
	Timer->Host = timer->handle;
	((struct ndis_object *)timer->handle)->is_told = true; /* drivers have no call to free it */
	timer->next = adapter->five.timers;
	adapter->five.timers = timer;
}

VOID NdisMSetTimer(PNDIS_MINIPORT_TIMER Timer, UINT MillisecondsToDelay)
{
	LARGE_INTEGER due = {.QuadPart = -(LONGLONG)MillisecondsToDelay * 10000};

	NdisSetTimerObject(Timer->Host, due, 0, NULL);
}

VOID NdisMSetPeriodicTimer(PNDIS_MINIPORT_TIMER Timer, UINT MillisecondsPeriod)
{
	LARGE_INTEGER due = {.QuadPart = -(LONGLONG)MillisecondsPeriod * 10000};

	NdisSetTimerObject(Timer->Host, due, (LONG)MillisecondsPeriod, NULL);
}

VOID NdisMCancelTimer(PNDIS_MINIPORT_TIMER Timer, PBOOLEAN TimerCancelled)
{
	*TimerCancelled = NdisCancelTimerObject(Timer->Host);
}
