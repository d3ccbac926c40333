/* SPDX-License-Identifier: MIT */
/*
 * The NDIS 6 face: from DriverEntry to MiniportHaltEx.
 *
 *	DriverEntry               registers the functions below
 *	MiniportInitializeEx      registers, DMA, base block, ring, timer, interrupt: paused
 *	MiniportRestart           the device runs; the policy runs
 *	  receive.c               frames
 *	  MiniportReturn...       buffers come back
 *	  ...AllocateComplete     blocks come
 *	MiniportPause             the device stops; every frame comes back
 *	MiniportHaltEx            everything is given back
 */
#include "ndis6.h"

#define LARGEST_FRAME 65536u

static NDIS_HANDLE driver_handle;

/* --- what the pool needs of NDIS 6 ------------------------------------------------------------ */

static NDIS_STATUS request_memory(struct pool *pool, ULONG length, PVOID context)
{
	return NdisMAllocateSharedMemoryAsyncEx(adapter_of(pool)->six.dma, length,
						pool->config.cached, context);
}

static bool wrap_buffer(struct adapter *adapter, struct buffer *buffer)
{
	PMDL mdl = NdisAllocateMdl(adapter->handle, buffer->va, adapter->pool.config.buffer_bytes);
	PNET_BUFFER_LIST nbl;

	if (mdl == NULL)
		return false;
	nbl = NdisAllocateNetBufferAndNetBufferList(adapter->six.nbl_pool, 0, 0, mdl, 0, 0);
	if (nbl == NULL) {
		NdisFreeMdl(mdl);
		return false;
	}
	NET_BUFFER_LIST_MINIPORT_RESERVED(nbl)[0] = buffer;
	buffer->packet = nbl;
	return true;
}

static void unwrap_block(struct pool *pool, struct block *block)
{
	for (ULONG i = 0; i < block->nr_buffers; i++) {
		PNET_BUFFER_LIST nbl = block->buffers[i].packet;

		if (nbl == NULL)
			continue;
		NdisFreeMdl(NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB(nbl)));
		NdisFreeNetBufferList(nbl);
	}
}

/* All buffers of the block get a list, or none (R36). */
static bool wrap_block(struct pool *pool, struct block *block)
{
	for (ULONG i = 0; i < block->nr_buffers; i++) {
		if (!wrap_buffer(adapter_of(pool), &block->buffers[i])) {
			unwrap_block(pool, block);
			return false;
		}
	}
	return true;
}

static const struct pool_ops pool_ops = {
	.request = request_memory,
	.wrap = wrap_block,
	.unwrap = unwrap_block,
	.free_memory = adapter_free_memory,
	.withdraw = adapter_withdraw,
	.post = adapter_post,
};

/* --- frames ----------------------------------------------------------------------------------- */

static PMDL mdl_of(const struct buffer *buffer)
{
	return NET_BUFFER_FIRST_MDL(NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)buffer->packet));
}

/* The list of the first buffer, with the MDLs of all of them. */
static PNET_BUFFER_LIST prepare(struct buffer *frame)
{
	PNET_BUFFER_LIST nbl = frame->packet;
	ULONG length = 0;

	for (const struct buffer *b = frame; b != NULL; b = b->next) {
		NdisAdjustMdlLength(mdl_of(b), b->frame_bytes);
		NDIS_MDL_LINKAGE(mdl_of(b)) = b->next != NULL ? mdl_of(b->next) : NULL;
		length += b->frame_bytes;
	}
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(nbl)) = length;
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	return nbl;
}

static void indicate_chain(struct adapter *adapter, struct buffer *const *frames, ULONG n,
			   ULONG flags)
{
	PNET_BUFFER_LIST chain = NULL;

	for (ULONG i = n; i-- > 0;) {
		PNET_BUFFER_LIST nbl = prepare(frames[i]);

		NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
		chain = nbl;
	}
	NdisMIndicateReceiveNetBufferLists(adapter->handle, chain, NDIS_DEFAULT_PORT_NUMBER, n,
					   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | flags);
}

/*
 * RESOURCES covers a whole chain: such frames get an indication of their own (R43).  The flags are
 * made anew for each call: one kept from the last would be believed (P36).
 */
static void indicate(struct adapter *adapter, struct buffer *const *frames, ULONG n, ULONG lent)
{
	if (n > lent)
		indicate_chain(adapter, frames, n - lent, 0);
	if (lent > 0)
		indicate_chain(adapter, frames + n - lent, lent, NDIS_RECEIVE_FLAGS_RESOURCES);
}

/* Takes up to max lists off the chain: frames, by their first buffers. */
static ULONG unchain(PNET_BUFFER_LIST *chain, struct buffer **frames, ULONG max)
{
	ULONG n = 0;

	for (; *chain != NULL && n < max; *chain = NET_BUFFER_LIST_NEXT_NBL(*chain))
		frames[n++] = NET_BUFFER_LIST_MINIPORT_RESERVED(*chain)[0];
	return n;
}

static MINIPORT_RETURN_NET_BUFFER_LISTS return_lists;
static VOID return_lists(NDIS_HANDLE MiniportAdapterContext, PNET_BUFFER_LIST NetBufferLists,
			 ULONG ReturnFlags)
{
	struct adapter *adapter = MiniportAdapterContext;
	struct buffer *buffers[256];

	pool_lock(&adapter->pool);
	while (NetBufferLists != NULL) {
		ULONG n = unchain(&NetBufferLists, buffers, ARRAYSIZE(buffers));

		pool_return(&adapter->pool, buffers, n);
	}
	receive_unlock(adapter);
}

/* --- interrupt and time ----------------------------------------------------------------------- */

static MINIPORT_ISR isr;
static BOOLEAN isr(NDIS_HANDLE MiniportInterruptContext, PBOOLEAN QueueDefaultInterruptDpc,
		   PULONG TargetProcessors)
{
	*QueueDefaultInterruptDpc = receive_interrupt(MiniportInterruptContext);
	return *QueueDefaultInterruptDpc;
}

static MINIPORT_INTERRUPT_DPC interrupt_dpc;
static VOID interrupt_dpc(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
			  PVOID ReceiveThrottleParameters, PVOID NdisReserved2)
{
	receive_frames(MiniportInterruptContext);
}

static void run_again(struct adapter *adapter)
{
	NdisMQueueDpc(adapter->six.interrupt, 0, 0, NULL);
}

static void set_timer(struct adapter *adapter, ULONG period_ms)
{
	LARGE_INTEGER due = {.QuadPart = -(LONGLONG)period_ms * 10000};

	NdisSetTimerObject(adapter->six.timer, due, (LONG)period_ms, NULL);
}

static void cancel_timer(struct adapter *adapter)
{
	NdisCancelTimerObject(adapter->six.timer);
}

/* --- initialize ------------------------------------------------------------------------------- */

static NDIS_STATUS set_attributes(struct adapter *adapter)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES attributes = {
		.RegistrationAttributes = {
			.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES,
				   NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1,
				   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
			.MiniportAdapterContext = adapter,
			.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
					  NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
			.InterfaceType = NdisInterfacePci,
		}};

	return NdisMSetMiniportAttributes(adapter->handle, &attributes);
}

static NDIS_STATUS read_config(struct adapter *adapter)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT,
			   NDIS_CONFIGURATION_OBJECT_REVISION_1,
			   NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1},
		.NdisHandle = adapter->handle,
	};
	NDIS_HANDLE configuration;
	NDIS_STATUS status = NdisOpenConfigurationEx(&object, &configuration);

	if (status != NDIS_STATUS_SUCCESS)
		return status;
	status = config_read(configuration, &adapter->config);
	NdisCloseConfiguration(configuration);
	return status;
}

static NDIS_STATUS map_registers(struct adapter *adapter)
{
	return adapter_map_registers(adapter, adapter->six.resources);
}

static NDIS_STATUS register_dma(struct adapter *adapter)
{
	NDIS_SG_DMA_DESCRIPTION description = {
		.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
			   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
		.Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
		.MaximumPhysicalMapping = LARGEST_FRAME,
		.SharedMemAllocateCompleteHandler = adapter_allocate_complete,
	};

	return NdisMRegisterScatterGatherDma(adapter->handle, &description, &adapter->six.dma);
}

static NDIS_STATUS make_nbl_pool(struct adapter *adapter)
{
	NET_BUFFER_LIST_POOL_PARAMETERS parameters = {
		.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = ADAPTER_TAG,
	};

	adapter->six.nbl_pool = NdisAllocateNetBufferListPool(adapter->handle, &parameters);
	return adapter->six.nbl_pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS make_timer(struct adapter *adapter)
{
	NDIS_TIMER_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
			   NDIS_TIMER_CHARACTERISTICS_REVISION_1,
			   NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
		.AllocationTag = ADAPTER_TAG,
		.TimerFunction = adapter_tick,
		.FunctionContext = adapter,
	};

	return NdisAllocateTimerObject(adapter->handle, &characteristics, &adapter->six.timer);
}

static NDIS_STATUS register_interrupt(struct adapter *adapter)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1,
			   NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
		.InterruptHandler = isr,
		.InterruptDpcHandler = interrupt_dpc,
	};

	return NdisMRegisterInterruptEx(adapter->handle, adapter, &characteristics,
					&adapter->six.interrupt);
}

static void disconnect(struct adapter *adapter)
{
	if (adapter->six.interrupt != NULL)
		NdisMDeregisterInterruptEx(adapter->six.interrupt);
	if (adapter->six.timer != NULL)
		NdisFreeTimerObject(adapter->six.timer);
	adapter->six.interrupt = NULL;
	adapter->six.timer = NULL;
}

static void release(struct adapter *adapter)
{
	if (adapter->six.nbl_pool != NULL)
		NdisFreeNetBufferListPool(adapter->six.nbl_pool);
	if (adapter->six.dma != NULL)
		NdisMDeregisterScatterGatherDma(adapter->six.dma);
}

static void came_home(struct adapter *adapter)
{
	NdisMPauseComplete(adapter->handle);
}

static adapter_step *const steps[] = {set_attributes,	  read_config,	     map_registers,
				      register_dma,	  make_nbl_pool,     adapter_make_pool,
				      adapter_take_base,  adapter_make_ring, make_timer,
				      register_interrupt, adapter_fill_pool, NULL};

static const struct face face = {
	.generation = 6,
	.steps = steps,
	.pool_ops = &pool_ops,
	.set_timer = set_timer,
	.cancel_timer = cancel_timer,
	.indicate = indicate,
	.run_again = run_again,
	.came_home = came_home,
	.disconnect = disconnect,
	.release = release,
};

static MINIPORT_INITIALIZE initialize;
static NDIS_STATUS initialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	struct adapter *adapter = adapter_create(&face, NdisMiniportHandle);

	if (adapter == NULL)
		return NDIS_STATUS_RESOURCES;
	adapter->six.resources = MiniportInitParameters->AllocatedResources;
	return adapter_build(adapter);
}

/* --- restart, pause, shutdown, halt ----------------------------------------------------------- */

static MINIPORT_RESTART restart;
static NDIS_STATUS restart(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	adapter_start(MiniportAdapterContext);
	return NDIS_STATUS_SUCCESS;
}

static MINIPORT_PAUSE pause_adapter;
static NDIS_STATUS pause_adapter(NDIS_HANDLE MiniportAdapterContext,
				 PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	adapter_stop(MiniportAdapterContext);
	return adapter_await_home(MiniportAdapterContext) ? NDIS_STATUS_PENDING
							  : NDIS_STATUS_SUCCESS;
}

static MINIPORT_SHUTDOWN shutdown_adapter;
static VOID shutdown_adapter(NDIS_HANDLE MiniportAdapterContext,
			     NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	/* And nothing else, not even the lock (R55).  A DPC in progress may unmask the interrupt.
	 */
	adapter_stop_device(MiniportAdapterContext);
}

/* Restart and pause say when frames may flow; the filter has nothing to add here. */
static MINIPORT_OID_REQUEST oid_request;
static NDIS_STATUS oid_request(NDIS_HANDLE MiniportAdapterContext, PNDIS_OID_REQUEST OidRequest)
{
	if (OidRequest->RequestType != NdisRequestSetInformation ||
	    OidRequest->DATA.SET_INFORMATION.Oid != OID_GEN_CURRENT_PACKET_FILTER)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (OidRequest->DATA.SET_INFORMATION.InformationBufferLength != sizeof(ULONG)) {
		OidRequest->DATA.SET_INFORMATION.BytesNeeded = sizeof(ULONG);
		return NDIS_STATUS_INVALID_LENGTH;
	}
	OidRequest->DATA.SET_INFORMATION.BytesRead = sizeof(ULONG);
	return NDIS_STATUS_SUCCESS;
}

static MINIPORT_CANCEL_OID_REQUEST cancel_oid_request;
static VOID cancel_oid_request(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId)
{
	/* None is ever left pending. */
}

/* After a pause: every frame is home. */
static MINIPORT_HALT halt;
static VOID halt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	struct adapter *adapter = MiniportAdapterContext;

	if (HaltAction == NdisHaltDeviceSurpriseRemoved)
		adapter->removed = true;
	adapter_halt(adapter, NULL);
}

/* --- the driver ------------------------------------------------------------------------------- */

static MINIPORT_UNLOAD unload;
static VOID unload(PDRIVER_OBJECT DriverObject)
{
	NdisMDeregisterMiniportDriver(driver_handle);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject,
					    PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS,
			   NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1,
			   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1},
		.MajorNdisVersion = 6,
		.MinorNdisVersion = 0,
		.MajorDriverVersion = 1,
		.InitializeHandlerEx = initialize,
		.HaltHandlerEx = halt,
		.UnloadHandler = unload,
		.PauseHandler = pause_adapter,
		.RestartHandler = restart,
		.ReturnNetBufferListsHandler = return_lists,
		.OidRequestHandler = oid_request,
		.CancelOidRequestHandler = cancel_oid_request,
		.ShutdownHandlerEx = shutdown_adapter,
	};

	/* A NIC that receives only: it has no send functions. */
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &characteristics,
					   &driver_handle);
}
