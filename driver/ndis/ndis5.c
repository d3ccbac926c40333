/* SPDX-License-Identifier: MIT */
/* Drivers of NDIS 5: how they register, and how their adapters are called. */
#include <stdlib.h>

#include "driver/ndis/internal.h"
#include "driver/ndis/watch.h"

/* MiniportCheckForHang is called this often unless the driver says otherwise. */
#define CHECK_FOR_HANG_NS UINT64_C(2000000000)

/* --- the wrapper ------------------------------------------------------------------------------ */

struct ndis5_wrapper {
	struct ndis_object object;
	struct ndis_driver *driver; /* what registered through it */
	PDRIVER_OBJECT driver_object;
	MINIPORT_UNLOAD *unload;
};

static struct ndis5_wrapper *wrapper_from(NDIS_HANDLE handle)
{
	return ndis_object_kind(handle) == NDIS_KIND_WRAPPER ? handle : NULL;
}

VOID NdisInitializeWrapper(PNDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific1,
			   PVOID SystemSpecific2, PVOID SystemSpecific3)
{
	struct ndis5_wrapper *wrapper = calloc(1, sizeof(*wrapper));

	*NdisWrapperHandle = wrapper;
	if (wrapper == NULL)
		return;
	wrapper->driver_object = SystemSpecific1;
	ndis_object_add(&wrapper->object, NDIS_KIND_WRAPPER);
}

static void forget_wrapper(struct ndis5_wrapper *wrapper)
{
	struct ndis_driver *driver = wrapper->driver;

	/* A driver that is loaded takes its wrapper along when it is unloaded. */
	bool goes = driver == NULL || !driver->is_loaded;

	ndis_object_remove(&wrapper->object);
	if (driver != NULL)
		ndis_driver_deregister(driver);
	if (goes)
		free(wrapper);
}

VOID NdisTerminateWrapper(NDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific)
{
	struct ndis5_wrapper *wrapper = wrapper_from(NdisWrapperHandle);

	if (wrapper != NULL)
		forget_wrapper(wrapper);
}

VOID NdisMRegisterUnloadHandler(NDIS_HANDLE NdisWrapperHandle, MINIPORT_UNLOAD *UnloadHandler)
{
	struct ndis5_wrapper *wrapper = wrapper_from(NdisWrapperHandle);

	if (wrapper != NULL)
		wrapper->unload = UnloadHandler;
}

/* Bytes of the characteristics of a version; 0: no such version. */
static size_t bytes_of_version(UCHAR major, UCHAR minor)
{
	if (major == 4 && minor == 0)
		return sizeof(NDIS40_MINIPORT_CHARACTERISTICS);
	if (major == 5 && minor == 0)
		return sizeof(NDIS50_MINIPORT_CHARACTERISTICS);
	if (major == 5 && minor == 1)
		return sizeof(NDIS51_MINIPORT_CHARACTERISTICS);
	return 0;
}

static bool are_complete(const NDIS51_MINIPORT_CHARACTERISTICS *c)
{
	return c->InitializeHandler != NULL && c->HaltHandler != NULL && c->ResetHandler != NULL &&
	       c->QueryInformationHandler != NULL && c->SetInformationHandler != NULL;
}

NDIS_STATUS NdisMRegisterMiniport(NDIS_HANDLE NdisWrapperHandle, PVOID MiniportCharacteristics,
				  UINT CharacteristicsLength)
{
	struct ndis5_wrapper *wrapper = wrapper_from(NdisWrapperHandle);
	const NDIS40_MINIPORT_CHARACTERISTICS *c = MiniportCharacteristics;
	struct ndis_driver *driver;
	size_t bytes;

	if (wrapper == NULL || wrapper->driver != NULL)
		return NDIS_STATUS_FAILURE;
	if (CharacteristicsLength < sizeof(*c))
		return ndis_refuse(NDIS_STATUS_BAD_CHARACTERISTICS,
				   "NdisMRegisterMiniport: CharacteristicsLength %u is too small",
				   CharacteristicsLength);
	bytes = bytes_of_version(c->MajorNdisVersion, c->MinorNdisVersion);
	if (bytes == 0)
		return ndis_refuse(NDIS_STATUS_BAD_VERSION,
				   "NdisMRegisterMiniport: version %u.%u is none of 4.0, 5.0, 5.1",
				   c->MajorNdisVersion, c->MinorNdisVersion);
	if (CharacteristicsLength < bytes)
		return ndis_refuse(NDIS_STATUS_BAD_CHARACTERISTICS,
				   "NdisMRegisterMiniport: CharacteristicsLength %u is less than "
				   "version %u.%u has",
				   CharacteristicsLength, c->MajorNdisVersion, c->MinorNdisVersion);
	driver = calloc(1, sizeof(*driver));
	if (driver == NULL)
		return NDIS_STATUS_RESOURCES;
	memcpy(&driver->functions5, c, bytes);
	if (!are_complete(&driver->functions5)) {
		free(driver);
		return ndis_refuse(NDIS_STATUS_BAD_CHARACTERISTICS,
				   "NdisMRegisterMiniport: a handler that every miniport has is "
				   "NULL");
	}
	driver->face = &ndis5_face;
	driver->wrapper = wrapper;
	wrapper->driver = driver;
	ndis_object_add(&driver->object, NDIS_KIND_DRIVER);
	ndis_driver_register(driver);
	return NDIS_STATUS_SUCCESS;
}

static void unload(struct ndis_driver *driver)
{
	struct ndis5_wrapper *wrapper = driver->wrapper;

	if (wrapper->unload != NULL)
		wrapper->unload(wrapper->driver_object);
	ndis_object_remove(&wrapper->object);
}

/* --- calls into a miniport -------------------------------------------------------------------- */

struct ndis_adapter *ndis5_adapter_from(NDIS_HANDLE handle, uint16_t rule, const char *where)
{
	struct ndis_adapter *adapter = ndis_adapter_from(handle, rule, where);

	if (adapter == NULL || adapter->driver->face->generation == 5)
		return adapter;
	ndis_broken(adapter, rule, (uintptr_t)handle, "%s is not for miniports of NDIS 6", where);
	return NULL;
}

static void check_for_hang(struct exec_job *job);
static void after_reset(struct exec_job *job);

void ndis5_init(struct ndis_adapter *adapter)
{
	pthread_mutexattr_t attr;

	adapter->five.hang_job.run = check_for_hang;
	adapter->five.hang_ns = CHECK_FOR_HANG_NS;
	adapter->five.reset_job.run = after_reset;

	/* A serialized miniport may be called again by what it calls itself. */
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&adapter->five.serial, &attr);
	pthread_mutexattr_destroy(&attr);
	pthread_mutex_init(&adapter->five.isr, NULL);
}

void ndis5_forget(struct ndis_adapter *adapter)
{
	struct ndis5_timer *timer;

	while ((timer = adapter->five.timers) != NULL) {
		adapter->five.timers = timer->next;
		NdisCancelTimerObject(timer->handle);
		NdisFreeTimerObject(timer->handle);
		free(timer);
	}
	pthread_mutex_destroy(&adapter->five.serial);
	pthread_mutex_destroy(&adapter->five.isr);
}

void ndis5_serial_enter(struct ndis_adapter *adapter)
{
	if (adapter != NULL && adapter->five.serialized)
		pthread_mutex_lock(&adapter->five.serial);
}

void ndis5_serial_leave(struct ndis_adapter *adapter)
{
	if (adapter != NULL && adapter->five.serialized)
		pthread_mutex_unlock(&adapter->five.serial);
}

/* At DISPATCH_LEVEL, and alone in a serialized miniport. */
static KIRQL begin_call(struct ndis_adapter *adapter)
{
	KIRQL old = KeGetCurrentIrql();

	if (old < DISPATCH_LEVEL)
		KeRaiseIrql(DISPATCH_LEVEL, &old);
	ndis5_serial_enter(adapter);
	return old;
}

static void end_call(struct ndis_adapter *adapter, KIRQL old)
{
	ndis5_serial_leave(adapter);
	KeLowerIrql(old);
}

void ndis5_return(struct ndis_adapter *adapter, PNDIS_PACKET packet)
{
	KIRQL old = KeGetCurrentIrql();
	const char *outer;

	if (adapter->five.serialized)
		old = begin_call(adapter);
	outer = ndis_callback_begin("MiniportReturnPacket");
	adapter->driver->functions5.ReturnPacketHandler(adapter->context, packet);
	ndis_callback_end(outer);
	if (adapter->five.serialized)
		end_call(adapter, old);
}

/* --- a life ----------------------------------------------------------------------------------- */

static NDIS_STATUS initialize(struct ndis_adapter *adapter)
{
	NDIS_MEDIUM media[] = {NdisMediumFddi, NdisMedium802_3, NdisMedium802_5};
	UINT selected = UINT32_MAX;
	NDIS_STATUS open_error = NDIS_STATUS_SUCCESS, status;

	ndis_object_add(&adapter->five.wrapper_context, NDIS_KIND_WRAPPER_CONTEXT);
	status = adapter->driver->functions5.InitializeHandler(&open_error, &selected, media,
							       ARRAYSIZE(media), adapter,
							       &adapter->five.wrapper_context);
	ndis_object_remove(&adapter->five.wrapper_context);
	if (status != NDIS_STATUS_SUCCESS || selected >= ARRAYSIZE(media) ||
	    media[selected] == NdisMedium802_3)
		return status;
	/* It runs, as something that this machine has no wire for. */
	adapter->driver->functions5.HaltHandler(adapter->context);
	return NDIS_STATUS_UNSUPPORTED_MEDIA;
}

VOID NdisMSetInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
	struct ndis_adapter *adapter =
		ndis5_adapter_from(MiniportAdapterHandle, 18, "NdisMSetInformationComplete");

	if (adapter == NULL)
		return;
	adapter->five.answer = Status;
	__atomic_store_n(&adapter->five.answered, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
}

/* A driver may know of no filter: then it receives as it is. */
static NDIS_STATUS set_filter(struct ndis_adapter *adapter, ULONG filter)
{
	ULONG read = 0, needed = 0;
	const char *outer;
	NDIS_STATUS status;
	KIRQL old;

	__atomic_store_n(&adapter->five.answered, 0, __ATOMIC_RELEASE);
	old = begin_call(adapter);
	outer = ndis_callback_begin("MiniportSetInformation");
	status = adapter->driver->functions5.SetInformationHandler(
		adapter->context, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter), &read,
		&needed);
	ndis_callback_end(outer);
	end_call(adapter, old);
	if (status == NDIS_STATUS_PENDING) {
		watch_waits("a request for the packet filter was left PENDING, and "
			    "NdisMSetInformationComplete was not called");
		exec_wait(ndis_host()->config.exec, &adapter->five.answered, EXEC_NEVER);
		watch_waits(NULL);
		status = adapter->five.answer;
	}
	if (status == NDIS_STATUS_NOT_SUPPORTED || status == NDIS_STATUS_INVALID_OID)
		return NDIS_STATUS_SUCCESS;
	return status;
}

static NDIS_STATUS restart(struct ndis_adapter *adapter)
{
	struct ndis_host *host = ndis_host();
	NDIS_STATUS status;

	adapter->five.filter = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST;
	status = set_filter(adapter, adapter->five.filter);
	if (status == NDIS_STATUS_SUCCESS && adapter->driver->functions5.CheckForHangHandler)
		exec_submit(host->timers, &adapter->five.hang_job,
			    exec_now_ns(host->config.exec) + adapter->five.hang_ns);
	return status;
}

/* The adapter runs no more: nobody looks after it, and nobody will. */
static void stop_checking(struct ndis_adapter *adapter)
{
	struct exec_lane *timers = ndis_host()->timers;

	/* Twice: a check that was running may have submitted the next, which sees the state. */
	for (int i = 0; i < 2; i++) {
		exec_cancel(timers, &adapter->five.hang_job);
		exec_cancel(timers, &adapter->five.reset_job);
		exec_flush(timers);
	}
}

/* There is no pause in NDIS 5: the protocols close, and the last one takes the filter away. */
static void pause_adapter(struct ndis_adapter *adapter)
{
	stop_checking(adapter);
	adapter->five.filter = 0;
	set_filter(adapter, 0);
}

static void halt(struct ndis_adapter *adapter, NDIS_HALT_ACTION action)
{
	const NDIS51_MINIPORT_CHARACTERISTICS *f = &adapter->driver->functions5;

	stop_checking(adapter);
	if (action == NdisHaltDeviceSurpriseRemoved && f->PnPEventNotifyHandler != NULL) {
		const char *outer = ndis_callback_begin("MiniportPnPEventNotify");

		f->PnPEventNotifyHandler(adapter->context, NdisDevicePnPEventSurpriseRemoved, NULL,
					 0);
		ndis_callback_end(outer);
	}
	f->HaltHandler(adapter->context);
	for (struct ndis5_timer *t = adapter->five.timers; t != NULL; t = t->next) {
		if (NdisCancelTimerObject(t->handle))
			ndis_broken(adapter, 18, (uintptr_t)t,
				    "MiniportHalt returned while a timer was set");
	}
}

static void shut_down(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action)
{
	const NDIS51_MINIPORT_CHARACTERISTICS *f = &adapter->driver->functions5;

	if (adapter->five.shutdown != NULL)
		adapter->five.shutdown(adapter->five.shutdown_context);
	else if (f->AdapterShutdownHandler != NULL)
		f->AdapterShutdownHandler(adapter->context);
}

VOID NdisMRegisterAdapterShutdownHandler(NDIS_HANDLE MiniportHandle, PVOID ShutdownContext,
					 ADAPTER_SHUTDOWN_HANDLER ShutdownHandler)
{
	struct ndis_adapter *adapter =
		ndis5_adapter_from(MiniportHandle, 55, "NdisMRegisterAdapterShutdownHandler");

	if (adapter == NULL)
		return;
	adapter->five.shutdown = ShutdownHandler;
	adapter->five.shutdown_context = ShutdownContext;
}

VOID NdisMDeregisterAdapterShutdownHandler(NDIS_HANDLE MiniportHandle)
{
	NdisMRegisterAdapterShutdownHandler(MiniportHandle, NULL, NULL);
}

/* --- hanging and reset ------------------------------------------------------------------------ */

/* The device has forgotten its filter. */
static void restore_filter(struct ndis_adapter *adapter)
{
	const char *outer = ndis_callback_begin("MiniportSetInformation");
	ULONG read = 0, needed = 0;

	adapter->driver->functions5.SetInformationHandler(
		adapter->context, OID_GEN_CURRENT_PACKET_FILTER, &adapter->five.filter,
		sizeof(adapter->five.filter), &read, &needed);
	ndis_callback_end(outer);
}

static void reset(struct ndis_adapter *adapter)
{
	const char *outer = ndis_callback_begin("MiniportReset");
	BOOLEAN addressing = FALSE;
	NDIS_STATUS status =
		adapter->driver->functions5.ResetHandler(&addressing, adapter->context);

	ndis_callback_end(outer);
	if (status == NDIS_STATUS_SUCCESS && addressing)
		restore_filter(adapter);
}

static void after_reset(struct exec_job *job)
{
	struct ndis_adapter *adapter = CONTAINING_RECORD(job, struct ndis_adapter, five.reset_job);
	struct ndis_adapter *before;
	KIRQL old;

	if (ndis_adapter_state(adapter) != NDIS_ADAPTER_RUNNING)
		return;
	before = ndis_enter_adapter(adapter);
	old = begin_call(adapter);
	restore_filter(adapter);
	end_call(adapter, old);
	ndis_leave_adapter(before);
}

/* The end of a reset that was left PENDING; whoever says so may hold locks of the miniport's. */
VOID NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status,
			BOOLEAN AddressingReset)
{
	struct ndis_adapter *adapter =
		ndis5_adapter_from(MiniportAdapterHandle, 18, "NdisMResetComplete");

	if (adapter != NULL && Status == NDIS_STATUS_SUCCESS && AddressingReset &&
	    ndis_adapter_state(adapter) == NDIS_ADAPTER_RUNNING)
		exec_submit(ndis_host()->timers, &adapter->five.reset_job, 0);
}

static void check_for_hang(struct exec_job *job)
{
	struct ndis_adapter *adapter = CONTAINING_RECORD(job, struct ndis_adapter, five.hang_job);
	struct ndis_host *host = ndis_host();
	struct ndis_adapter *before;
	const char *outer;
	KIRQL old;

	if (ndis_adapter_state(adapter) != NDIS_ADAPTER_RUNNING)
		return;
	before = ndis_enter_adapter(adapter);
	old = begin_call(adapter);
	outer = ndis_callback_begin("MiniportCheckForHang");
	if (adapter->driver->functions5.CheckForHangHandler(adapter->context))
		reset(adapter);
	ndis_callback_end(outer);
	end_call(adapter, old);
	ndis_leave_adapter(before);
	exec_submit(host->timers, job, exec_now_ns(host->config.exec) + adapter->five.hang_ns);
}

/* --- attributes ------------------------------------------------------------------------------- */

VOID NdisMSetAttributesEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportAdapterContext,
			  UINT CheckForHangTimeInSeconds, ULONG AttributeFlags,
			  NDIS_INTERFACE_TYPE AdapterType)
{
	struct ndis_adapter *adapter =
		ndis5_adapter_from(MiniportAdapterHandle, 25, "NdisMSetAttributesEx");

	if (adapter == NULL)
		return;
	adapter->context = MiniportAdapterContext;
	adapter->attributes = AttributeFlags & NDIS_ATTRIBUTE_BUS_MASTER
				      ? NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER
				      : 0;
	adapter->five.serialized = !(AttributeFlags & NDIS_ATTRIBUTE_DESERIALIZE);
	adapter->five.hang_ns = CheckForHangTimeInSeconds != 0
					? CheckForHangTimeInSeconds * UINT64_C(1000000000)
					: CHECK_FOR_HANG_NS;
}

static NDIS_STATUS set_dma(NDIS_HANDLE handle, bool is_64_bit, const char *where)
{
	struct ndis_adapter *adapter = ndis5_adapter_from(handle, 25, where);

	if (adapter == NULL)
		return NDIS_STATUS_FAILURE;
	if (!(adapter->attributes & NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER))
		return NDIS_STATUS_NOT_SUPPORTED;
	adapter->five.reaches_64_bit = is_64_bit && adapter->device->ops->reaches_64_bit;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMInitializeScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, BOOLEAN Dma64BitSize,
					    ULONG MaximumPhysicalMapping)
{
	return set_dma(MiniportAdapterHandle, Dma64BitSize, "NdisMInitializeScatterGatherDma");
}

NDIS_STATUS NdisMAllocateMapRegisters(NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
				      NDIS_DMA_SIZE DmaSize, ULONG PhysicalMapRegistersNeeded,
				      ULONG MaximumPhysicalMapping)
{
	return set_dma(MiniportAdapterHandle, DmaSize == NDIS_DMA_64BITS,
		       "NdisMAllocateMapRegisters");
}

/* The map registers of this machine are its bus's own: there is nothing to give back. */
VOID NdisMFreeMapRegisters(NDIS_HANDLE MiniportAdapterHandle)
{
	ndis5_adapter_from(MiniportAdapterHandle, 48, "NdisMFreeMapRegisters");
}

const struct ndis_face ndis5_face = {
	.generation = 5,
	.initialize_name = "MiniportInitialize",
	.restart_name = "MiniportSetInformation",
	.pause_name = "MiniportSetInformation",
	.halt_name = "MiniportHalt",
	.shut_down_name = "MiniportShutdown",
	.unload = unload,
	.initialize = initialize,
	.restart = restart,
	.pause = pause_adapter,
	.halt = halt,
	.shut_down = shut_down,
	.isr = ndis5_isr,
	.dpc = ndis5_dpc,
};
