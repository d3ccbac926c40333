/* SPDX-License-Identifier: MIT */
/*
 * A small receiving miniport of NDIS 6 that can make one mistake, named by PITFALL: a base block
 * and one more, a ring of 64 slots, indications, RESOURCES below a reserve, pause and halt.  Sound,
 * it keeps every rule.
 *
 * For the tests PITFALL is a variable; `cc -DPITFALL=P12_FREED_TWICE -shared` makes a driver of it
 * that refnic loads.
 */
#include "faulty6_pool.h"

static NDIS_HANDLE driver_handle;
static PVOID notes; /* the driver's own */
static NDIS_WORK_ITEM late_work;

/* --- running ---------------------------------------------------------------------------------- */

/* A block that is no longer needed goes by the clock, in some hands. */
static VOID shrink_wrongly(struct adapter *a)
{
	struct block *block = MISTAKE(P22_BASE_BLOCK_SHRUNK) ? &a->base : &a->more;

	if (!MISTAKE(P22_BASE_BLOCK_SHRUNK) && !MISTAKE(BLOCK_FREED_WITH_ITS_BUFFERS_POSTED))
		return;
	if (a->made_it || block->va == NULL || a->out != 0 || a->ticks < 8)
		return;
	a->made_it = TRUE;
	if (MISTAKE(P22_BASE_BLOCK_SHRUNK))
		set_reg(a, FIELD_OFFSET(struct regs, ctrl), 0); /* it knows that much */
	NdisMFreeSharedMemory(a->handle, BLOCK_BYTES, TRUE, block->va, block->pa);
	block->va = NULL;
}

static VOID lock_wrongly(struct adapter *a)
{
	if (MISTAKE(LOCK_RELEASED_TWICE) || MISTAKE(TIMER_RETURNS_WITH_A_LOCK))
		NdisDprAcquireSpinLock(&a->lock);
	if (MISTAKE(LOCK_RELEASED_TWICE)) {
		NdisDprReleaseSpinLock(&a->lock);
		NdisDprReleaseSpinLock(&a->lock);
	}
	if (MISTAKE(LOCK_TAKEN_TWICE)) {
		NdisAcquireSpinLock(&a->lock);
		NdisAcquireSpinLock(&a->lock);
		NdisReleaseSpinLock(&a->lock);
		NdisReleaseSpinLock(&a->lock);
	}
}

static NDIS_TIMER_FUNCTION tick;
static VOID tick(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2,
		 PVOID SystemSpecific3)
{
	struct adapter *a = FunctionContext;

	a->ticks++;
	shrink_wrongly(a);
	lock_wrongly(a);
	if (MISTAKE(REQUEST_WHILE_PAUSED) && !a->running && !a->halting)
		ask_for_more(a);
}

static MINIPORT_RESTART restart;
static NDIS_STATUS restart(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	struct adapter *a = MiniportAdapterContext;
	LARGE_INTEGER due = {.QuadPart = -50000};

	NdisAcquireSpinLock(&a->lock);
	a->running = TRUE;
	NdisReleaseSpinLock(&a->lock);
	set_reg(a, FIELD_OFFSET(struct regs, ctrl), 1);
	set_reg(a, FIELD_OFFSET(struct regs, mask_set), 1);
	NdisSetTimerObject(a->timer, due, 5, NULL);
	if (MISTAKE(RESTART_NEVER_COMPLETES))
		return NDIS_STATUS_PENDING;
	return NDIS_STATUS_SUCCESS;
}

static MINIPORT_PAUSE pause_adapter;
static NDIS_STATUS pause_adapter(NDIS_HANDLE MiniportAdapterContext,
				 PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	struct adapter *a = MiniportAdapterContext;
	BOOLEAN waits;

	if (!MISTAKE(REQUEST_WHILE_PAUSED) && !MISTAKE(TIMER_FREED_WHILE_SET) &&
	    !MISTAKE(TIMER_LEFT_SET))
		NdisCancelTimerObject(a->timer);
	set_reg(a, FIELD_OFFSET(struct regs, ctrl), 0);
	NdisAcquireSpinLock(&a->lock);
	a->running = FALSE;
	waits = a->out != 0;
	a->pausing = waits;
	NdisReleaseSpinLock(&a->lock);
	return waits ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

static MINIPORT_SHUTDOWN shut_down;
static VOID shut_down(NDIS_HANDLE MiniportAdapterContext, NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	struct adapter *a = MiniportAdapterContext;

	set_reg(a, FIELD_OFFSET(struct regs, ctrl), 0);
	if (MISTAKE(P13_FREE_FROM_SHUTDOWN) && a->more.va != NULL) {
		free_memory(a, &a->more);
		a->more.va = NULL;
	}
}

/* --- halt ------------------------------------------------------------------------------------- */

/* P3: what a completion takes off between the reading and the writing is lost. */
static VOID put_in_two_steps(struct adapter *a)
{
	LONG refs = a->refs;

	NdisMSleep(50000);
	a->refs = refs - 1;
	if (a->refs == 0)
		NdisSetEvent(&a->idle);
}

static VOID wait_for_requests(struct adapter *a)
{
	if (MISTAKE(P1_HALT_DOES_NOT_WAIT))
		return;
	NdisInitializeEvent(&a->idle);
	if (MISTAKE(P6_BOOKS_AFTER_THE_CALL)) {
		if (a->pending)
			NdisWaitEvent(&a->idle, 0);
		return;
	}
	if (MISTAKE(P3_COUNT_IN_TWO_STEPS))
		put_in_two_steps(a);
	else
		put(a);
	NdisWaitEvent(&a->idle, 0);
}

static VOID release(struct adapter *a, BOOLEAN keeps_memory)
{
	NDIS_HANDLE dma = a->dma;

	if (MISTAKE(P14_DMA_GOES_BEFORE_THE_MEMORY) && dma != NULL) {
		NdisMDeregisterScatterGatherDma(dma);
		dma = NULL;
	}
	free_block(a, &a->more);
	if (keeps_memory)
		unwrap(&a->base);
	else
		free_block(a, &a->base);
	if (a->ring != NULL)
		NdisMFreeSharedMemory(a->handle, sizeof(*a->ring), TRUE, a->ring, a->ring_pa);
	if (a->nbl_pool != NULL && !MISTAKE(POOL_LEFT))
		NdisFreeNetBufferListPool(a->nbl_pool);
	if (dma != NULL)
		NdisMDeregisterScatterGatherDma(dma);
	if (a->regs != NULL && !MISTAKE(REGISTERS_LEFT_MAPPED))
		NdisMUnmapIoSpace(a->handle, a->regs, 4096);
	if (a->timer != NULL)
		NdisFreeTimerObject(a->timer);
	if (MISTAKE(LOCK_FREED_WHILE_HELD))
		NdisAcquireSpinLock(&a->lock);
	NdisFreeSpinLock(&a->lock);
	if (!MISTAKE(MEMORY_LEFT))
		NdisFreeMemory(a, 0, 0);
}

static VOID work(PNDIS_WORK_ITEM WorkItem, PVOID Context)
{
}

static VOID io_work(PVOID WorkItemContext, NDIS_HANDLE NdisIoWorkItemHandle)
{
}

/* Nobody waits for what is queued here.  The lane is kept busy, so that it is still queued. */
static VOID doze(PNDIS_WORK_ITEM WorkItem, PVOID Context)
{
	NdisMSleep(50000);
}

static VOID queue_wrongly(struct adapter *a)
{
	static NDIS_WORK_ITEM dozing;

	if (!MISTAKE(WORK_ITEM_LEFT_QUEUED) && !MISTAKE(IO_WORK_ITEM_LEFT_QUEUED))
		return;
	NdisInitializeWorkItem(&dozing, doze, NULL);
	NdisScheduleWorkItem(&dozing);
	NdisMSleep(1000);
	NdisInitializeWorkItem(&late_work, work, NULL);
	if (MISTAKE(WORK_ITEM_LEFT_QUEUED))
		NdisScheduleWorkItem(&late_work);
	else
		NdisQueueIoWorkItem(NdisAllocateIoWorkItem(a->handle), io_work, NULL);
}

static MINIPORT_HALT halt;
static VOID halt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	struct adapter *a = MiniportAdapterContext;
	NDIS_HANDLE interrupt = a->interrupt;

	a->halting = TRUE;
	if (HaltAction != NdisHaltDeviceSurpriseRemoved || MISTAKE(P34_REGISTERS_AFTER_REMOVAL))
		set_reg(a, FIELD_OFFSET(struct regs, ctrl), 0x80000000u);
	if (!MISTAKE(TIMER_FREED_WHILE_SET) && !MISTAKE(TIMER_LEFT_SET))
		NdisCancelTimerObject(a->timer);
	if (!MISTAKE(TIMER_LEFT_SET))
		NdisFreeTimerObject(a->timer);
	a->timer = NULL;
	if (!MISTAKE(INTERRUPT_GOES_AFTER_THE_MEMORY))
		NdisMDeregisterInterruptEx(interrupt);
	wait_for_requests(a);
	queue_wrongly(a);
	release(a, MISTAKE(BASE_BLOCK_LEFT));
	if (MISTAKE(INTERRUPT_GOES_AFTER_THE_MEMORY))
		NdisMDeregisterInterruptEx(interrupt);
}

/* --- beginning -------------------------------------------------------------------------------- */

static NDIS_STATUS set_attributes(struct adapter *a)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {
		.RegistrationAttributes = {
			.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
				   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
			.MiniportAdapterContext = a,
			.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
		}};

	return NdisMSetMiniportAttributes(a->handle, &attributes);
}

static NDIS_STATUS register_dma(struct adapter *a)
{
	NDIS_SG_DMA_DESCRIPTION d = {
		.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1,
			   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
		.Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
		.MaximumPhysicalMapping = BUFFER_BYTES,
		.SharedMemAllocateCompleteHandler =
			MISTAKE(P29_REQUEST_WITHOUT_A_HANDLER) ? NULL : allocate_complete,
	};

	if (MISTAKE(REQUEST_BEFORE_DMA_IS_REGISTERED))
		ask(a);
	return NdisMRegisterScatterGatherDma(a->handle, &d, &a->dma);
}

static NDIS_STATUS make_descriptors(struct adapter *a)
{
	NET_BUFFER_LIST_POOL_PARAMETERS pool = {
		.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
		.fAllocateNetBuffer = TRUE,
		.PoolTag = TAG,
	};
	NDIS_TIMER_CHARACTERISTICS timer = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1,
			   NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
		.TimerFunction = tick,
		.FunctionContext = a,
	};

	a->nbl_pool = NdisAllocateNetBufferListPool(a->handle, &pool);
	if (a->nbl_pool == NULL)
		return NDIS_STATUS_RESOURCES;
	return NdisAllocateTimerObject(a->handle, &timer, &a->timer);
}

static NDIS_STATUS make_memory(struct adapter *a)
{
	NdisMAllocateSharedMemory(a->handle, sizeof(*a->ring), TRUE, (PVOID *)&a->ring,
				  &a->ring_pa);
	if (a->ring == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(a->ring, sizeof(*a->ring));
	NdisMAllocateSharedMemory(a->handle, BLOCK_BYTES, TRUE, &a->base.va, &a->base.pa);
	if (a->base.va == NULL || !carve(a, &a->base))
		return NDIS_STATUS_RESOURCES;
	return NDIS_STATUS_SUCCESS;
}

/* docs/nic.md 5.1; receiving begins with the restart. */
static NDIS_STATUS start_device(struct adapter *a, PNDIS_RESOURCE_LIST resources)
{
	NDIS_STATUS status = NdisMMapIoSpace(&a->regs, a->handle,
					     resources->PartialDescriptors[0].u.Memory.Start, 4096);
	ULONG64 head = (ULONG64)a->ring_pa.QuadPart + FIELD_OFFSET(struct ring, head);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	set_reg(a, FIELD_OFFSET(struct regs, ctrl), 0x80000000u);
	set_reg(a, FIELD_OFFSET(struct regs, base_lo), a->ring_pa.LowPart);
	set_reg(a, FIELD_OFFSET(struct regs, base_hi), (ULONG)a->ring_pa.HighPart);
	set_reg(a, FIELD_OFFSET(struct regs, wb_lo), (ULONG)head);
	set_reg(a, FIELD_OFFSET(struct regs, wb_hi), (ULONG)(head >> 32));
	set_reg(a, FIELD_OFFSET(struct regs, slots), SLOTS);
	post_block(a, &a->base);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS connect_interrupt(struct adapter *a)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1,
			   NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
		.InterruptHandler = isr,
		.InterruptDpcHandler = dpc,
	};

	return NdisMRegisterInterruptEx(a->handle, a, &c, &a->interrupt);
}

static MINIPORT_INITIALIZE initialize;
static NDIS_STATUS initialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	struct adapter *a = NdisAllocateMemoryWithTagPriority(NdisMiniportHandle, sizeof(*a), TAG,
							      NormalPoolPriority);
	NDIS_STATUS status;

	if (a == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(a, sizeof(*a));
	a->handle = NdisMiniportHandle;
	a->refs = 1;
	NdisAllocateSpinLock(&a->lock);
	NdisInitializeEvent(&a->idle);
	status = set_attributes(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = register_dma(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = make_descriptors(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = make_memory(a);
	if (status == NDIS_STATUS_SUCCESS)
		status = start_device(a, MiniportInitParameters->AllocatedResources);
	if (status == NDIS_STATUS_SUCCESS)
		status = connect_interrupt(a);
	if (MISTAKE(FAILED_START_LEAVES_ITS_MEMORY)) {
		NdisMDeregisterInterruptEx(a->interrupt);
		status = NDIS_STATUS_HARD_ERRORS;
	}
	if (status != NDIS_STATUS_SUCCESS)
		release(a, MISTAKE(FAILED_START_LEAVES_ITS_MEMORY));
	return status;
}

static MINIPORT_UNLOAD unload;
static VOID unload(PDRIVER_OBJECT DriverObject)
{
	if (!MISTAKE(DRIVER_LEFT_REGISTERED))
		NdisMDeregisterMiniportDriver(driver_handle);
	if (!MISTAKE(MEMORY_OF_THE_DRIVER_LEFT))
		NdisFreeMemory(notes, 0, 0);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1,
			   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1},
		.MajorNdisVersion = 6,
		.InitializeHandlerEx = initialize,
		.HaltHandlerEx = halt,
		.UnloadHandler = unload,
		.PauseHandler = pause_adapter,
		.RestartHandler = restart,
		.ReturnNetBufferListsHandler = return_lists,
		.ShutdownHandlerEx = shut_down,
	};

	notes = NdisAllocateMemoryWithTagPriority(NULL, 100, TAG, NormalPoolPriority);
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &c, &driver_handle);
}
