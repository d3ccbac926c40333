/* SPDX-License-Identifier: MIT */
/*
 * The NDIS 5 face: from DriverEntry to MiniportHalt.
 *
 *	DriverEntry                  registers the functions below
 *	MiniportInitialize           attributes, registers, packets, base block, ring, interrupt
 *	MiniportSetInformation       a packet filter: the device runs, the policy runs
 *	  receive.c                  frames
 *	  MiniportReturnPacket       buffers come back
 *	  MiniportAllocateComplete   blocks come, at PASSIVE_LEVEL or at DISPATCH_LEVEL
 *	MiniportSetInformation       no filter: the device stops
 *	MiniportHalt                 every frame comes back, everything is given back
 *
 * The driver is deserialized: its own lock keeps its functions apart.
 */
#include "ndis5.h"

#define ETHERNET_HEADER_BYTES 14u
#define LARGEST_FRAME	      65536u

/* What MiniportReserved of a packet holds. */
static struct buffer **buffer_of(PNDIS_PACKET packet)
{
	return (struct buffer **)(PVOID)packet->MiniportReserved;
}

/* --- what the pool needs of NDIS 5 ------------------------------------------------------------ */

static NDIS_STATUS request_memory(struct pool *pool, ULONG length, PVOID context)
{
	return NdisMAllocateSharedMemoryAsync(adapter_of(pool)->handle, length, pool->config.cached,
					      context);
}

/* Buffer descriptors are what seed 001 asks of MiniportAllocateComplete. */
static bool wrap_buffer(struct adapter *adapter, struct buffer *buffer)
{
	PNDIS_BUFFER descriptor;
	PNDIS_PACKET packet;
	NDIS_STATUS status;

	NdisAllocatePacket(&status, &packet, adapter->five.packet_pool);
	if (status != NDIS_STATUS_SUCCESS)
		return false;
	NdisAllocateBuffer(&status, &descriptor, adapter->five.buffer_pool, buffer->va,
			   adapter->pool.config.buffer_bytes);
	if (status != NDIS_STATUS_SUCCESS) {
		NdisFreePacket(packet);
		return false;
	}
	NDIS_SET_PACKET_HEADER_SIZE(packet, ETHERNET_HEADER_BYTES);
	NdisChainBufferAtFront(packet, descriptor);
	*buffer_of(packet) = buffer;
	buffer->packet = packet;
	return true;
}

static void unwrap_block(struct pool *pool, struct block *block)
{
	for (ULONG i = 0; i < block->nr_buffers; i++) {
		PNDIS_PACKET packet = block->buffers[i].packet;
		PNDIS_BUFFER descriptor;

		if (packet == NULL)
			continue;
		NdisUnchainBufferAtFront(packet, &descriptor);
		NdisFreeBuffer(descriptor);
		NdisFreePacket(packet);
	}
}

/* All buffers of the block get a packet, or none (R36). */
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

static PNDIS_BUFFER descriptor_of(const struct buffer *buffer)
{
	return ((PNDIS_PACKET)buffer->packet)->Private.Head;
}

/*
 * The packet of the first buffer, with the descriptors of all of them.  Its status is set for each
 * indication, and not read again (R46).
 */
static PNDIS_PACKET prepare(struct buffer *frame, NDIS_STATUS status)
{
	PNDIS_PACKET packet = frame->packet;

	NdisAdjustBufferLength(descriptor_of(frame), frame->frame_bytes);
	for (const struct buffer *b = frame->next; b != NULL; b = b->next) {
		NdisAdjustBufferLength(descriptor_of(b), b->frame_bytes);
		NdisChainBufferAtBack(packet, descriptor_of(b));
	}
	NdisRecalculatePacketCounts(packet);
	NDIS_SET_PACKET_STATUS(packet, status);
	return packet;
}

/* The packet is home: it has its own buffer's descriptor again, and no other. */
static void take_apart(PNDIS_PACKET packet)
{
	PNDIS_BUFFER next = packet->Private.Head->Next;

	packet->Private.Head->Next = NULL;
	packet->Private.Tail = packet->Private.Head;
	while (next != NULL) {
		PNDIS_BUFFER descriptor = next;

		next = descriptor->Next;
		descriptor->Next = NULL;
	}
}

/*
 * RESOURCES is said packet by packet, in one array.  What follows the first such packet is the
 * driver's again, whatever it says: they come last (R42).
 */
static void indicate(struct adapter *adapter, struct buffer *const *frames, ULONG n, ULONG lent)
{
	PNDIS_PACKET packets[RX_BATCH];

	for (ULONG i = 0; i < n; i++)
		packets[i] = prepare(frames[i],
				     i < n - lent ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(adapter->handle, packets, n);
	for (ULONG i = n - lent; i < n; i++)
		take_apart(packets[i]);
}

static W_RETURN_PACKET_HANDLER return_packet;
static VOID return_packet(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet)
{
	struct adapter *adapter = MiniportAdapterContext;

	take_apart(Packet);
	pool_lock(&adapter->pool);
	pool_return(&adapter->pool, buffer_of(Packet), 1);
	receive_unlock(adapter);
}

/* --- interrupt and time ----------------------------------------------------------------------- */

static W_ISR_HANDLER isr;
static VOID isr(PBOOLEAN InterruptRecognized, PBOOLEAN QueueMiniportHandleInterrupt,
		NDIS_HANDLE MiniportAdapterContext)
{
	*InterruptRecognized = receive_interrupt(MiniportAdapterContext);
	*QueueMiniportHandleInterrupt = *InterruptRecognized;
}

static W_HANDLE_INTERRUPT_HANDLER handle_interrupt;
static VOID handle_interrupt(NDIS_HANDLE MiniportAdapterContext)
{
	receive_frames(MiniportAdapterContext);
}

/* NDIS 5 queues no DPC on demand: the device is asked for another interrupt. */
static void run_again(struct adapter *adapter)
{
	NdisWriteRegisterUlong(&adapter->regs->CauseSet, HW_CAUSE_RX);
	receive_unmask(adapter);
}

static void set_timer(struct adapter *adapter, ULONG period_ms)
{
	NdisMSetPeriodicTimer(&adapter->five.timer, period_ms);
}

static void cancel_timer(struct adapter *adapter)
{
	BOOLEAN cancelled;

	NdisMCancelTimer(&adapter->five.timer, &cancelled);
}

/* --- initialize ------------------------------------------------------------------------------- */

static NDIS_STATUS set_attributes(struct adapter *adapter)
{
	NdisMSetAttributesEx(adapter->handle, adapter, 0,
			     NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_DESERIALIZE,
			     NdisInterfacePci);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS read_config(struct adapter *adapter)
{
	NDIS_HANDLE configuration;
	NDIS_STATUS status;

	NdisOpenConfiguration(&status, &configuration, adapter->five.context);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	status = config_read(configuration, &adapter->config);
	NdisCloseConfiguration(configuration);
	return status;
}

static NDIS_STATUS map_registers(struct adapter *adapter)
{
	NDIS_RESOURCE_LIST resources;
	UINT bytes = sizeof(resources);
	NDIS_STATUS status;

	NdisMQueryAdapterResources(&status, adapter->five.context, &resources, &bytes);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	return adapter_map_registers(adapter, &resources);
}

static NDIS_STATUS prepare_dma(struct adapter *adapter)
{
	return NdisMInitializeScatterGatherDma(adapter->handle, TRUE, LARGEST_FRAME);
}

/* As many as there may be buffers; and as many again, for blocks that are on their way out. */
static NDIS_STATUS make_packet_pools(struct adapter *adapter)
{
	ULONG limit = adapter->config.marks.limit;
	NDIS_STATUS status;

	NdisAllocatePacketPoolEx(&status, &adapter->five.packet_pool, limit, limit, 0);
	if (status == NDIS_STATUS_SUCCESS)
		NdisAllocateBufferPool(&status, &adapter->five.buffer_pool, 2 * limit);
	return status;
}

static NDIS_STATUS make_timer(struct adapter *adapter)
{
	NdisMInitializeTimer(&adapter->five.timer, adapter->handle, adapter_tick, adapter);
	adapter->five.has_timer = true;
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS register_interrupt(struct adapter *adapter)
{
	/* Vector and level are the bus's affair: this machine's list has one interrupt. */
	NDIS_STATUS status = NdisMRegisterInterrupt(&adapter->five.interrupt, adapter->handle, 0, 0,
						    TRUE, TRUE, NdisInterruptLevelSensitive);

	adapter->five.has_interrupt = status == NDIS_STATUS_SUCCESS;
	return status;
}

static void disconnect(struct adapter *adapter)
{
	if (adapter->five.has_interrupt)
		NdisMDeregisterInterrupt(&adapter->five.interrupt);
	adapter->five.has_interrupt = false;
	if (!adapter->five.has_timer)
		return;
	adapter->five.has_timer = false;
	cancel_timer(adapter);
	/* Whatever cancelling said: the function of a periodic timer may be running. */
	KeFlushQueuedDpcs();
}

static void release(struct adapter *adapter)
{
	if (adapter->five.buffer_pool != NULL)
		NdisFreeBufferPool(adapter->five.buffer_pool);
	if (adapter->five.packet_pool != NULL)
		NdisFreePacketPool(adapter->five.packet_pool);
}

static void came_home(struct adapter *adapter)
{
	NdisSetEvent(&adapter->five.home); /* the last touch: halt goes on (R52) */
}

static adapter_step *const steps[] = {set_attributes,	  read_config,	     map_registers,
				      prepare_dma,	  make_packet_pools, adapter_make_pool,
				      adapter_take_base,  adapter_make_ring, make_timer,
				      register_interrupt, adapter_fill_pool, NULL};

static const struct face face = {
	.generation = 5,
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

static bool select_medium(PUINT selected, const NDIS_MEDIUM *media, UINT n)
{
	for (UINT i = 0; i < n; i++) {
		if (media[i] != NdisMedium802_3)
			continue;
		*selected = i;
		return true;
	}
	return false;
}

static W_INITIALIZE_HANDLER initialize;
static NDIS_STATUS initialize(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex,
			      PNDIS_MEDIUM MediumArray, UINT MediumArraySize,
			      NDIS_HANDLE MiniportAdapterHandle,
			      NDIS_HANDLE WrapperConfigurationContext)
{
	struct adapter *adapter;

	if (!select_medium(SelectedMediumIndex, MediumArray, MediumArraySize))
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	adapter = adapter_create(&face, MiniportAdapterHandle);
	if (adapter == NULL)
		return NDIS_STATUS_RESOURCES;
	adapter->five.context = WrapperConfigurationContext;
	NdisInitializeEvent(&adapter->five.home);
	return adapter_build(adapter);
}

/* --- information, reset, shutdown, halt ------------------------------------------------------- */

static W_QUERY_INFORMATION_HANDLER query_information;
static NDIS_STATUS query_information(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid,
				     PVOID InformationBuffer, ULONG InformationBufferLength,
				     PULONG BytesWritten, PULONG BytesNeeded)
{
	*BytesWritten = 0;
	*BytesNeeded = 0;
	return NDIS_STATUS_NOT_SUPPORTED; /* a NIC that receives, and tells nothing of itself */
}

/* The filter says whether anybody wants frames; which ones is left to the protocols. */
static W_SET_INFORMATION_HANDLER set_information;
static NDIS_STATUS set_information(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid,
				   PVOID InformationBuffer, ULONG InformationBufferLength,
				   PULONG BytesRead, PULONG BytesNeeded)
{
	struct adapter *adapter = MiniportAdapterContext;
	ULONG filter;

	*BytesRead = 0;
	*BytesNeeded = 0;
	if (Oid != OID_GEN_CURRENT_PACKET_FILTER)
		return NDIS_STATUS_NOT_SUPPORTED;
	if (InformationBufferLength != sizeof(filter)) {
		*BytesNeeded = sizeof(filter);
		return NDIS_STATUS_INVALID_LENGTH;
	}
	NdisMoveMemory(&filter, InformationBuffer, sizeof(filter));
	*BytesRead = sizeof(filter);
	/* Only requests and MiniportHalt change it, and NDIS makes them one at a time. */
	if (filter == 0)
		adapter_stop(adapter);
	else if (!adapter->pool.policy.running)
		adapter_start(adapter);
	return NDIS_STATUS_SUCCESS;
}

static W_RESET_HANDLER reset;
static NDIS_STATUS reset(PBOOLEAN AddressingReset, NDIS_HANDLE MiniportAdapterContext)
{
	*AddressingReset = FALSE; /* the device has no filters to set again */
	adapter_reset(MiniportAdapterContext);
	return NDIS_STATUS_SUCCESS;
}

static W_MINIPORT_SHUTDOWN_HANDLER shut_down;
static VOID shut_down(PVOID ShutdownContext)
{
	/* And nothing else, not even the lock (R55).  A DPC in progress may unmask the interrupt.
	 */
	adapter_stop_device(ShutdownContext);
}

static W_PNPEVENT_NOTIFY_HANDLER pnp_event;
static VOID pnp_event(NDIS_HANDLE MiniportAdapterContext, NDIS_DEVICE_PNP_EVENT DevicePnPEvent,
		      PVOID InformationBuffer, ULONG InformationBufferLength)
{
	struct adapter *adapter = MiniportAdapterContext;

	if (DevicePnPEvent == NdisDevicePnPEventSurpriseRemoved)
		adapter->removed = true;
}

/* NDIS 5 knows no pause: frames may be out when the halt comes. */
static void wait_home(struct adapter *adapter)
{
	if (!adapter_await_home(adapter))
		return;
	while (!NdisWaitEvent(&adapter->five.home, 2000))
		;
}

static W_HALT_HANDLER halt;
static VOID halt(NDIS_HANDLE MiniportAdapterContext)
{
	adapter_stop(MiniportAdapterContext);
	adapter_halt(MiniportAdapterContext, wait_home);
}

/* --- the driver ------------------------------------------------------------------------------- */

_Use_decl_annotations_ NTSTATUS ndis5_driver_entry(PDRIVER_OBJECT DriverObject,
						   PUNICODE_STRING RegistryPath)
{
	NDIS51_MINIPORT_CHARACTERISTICS characteristics = {
		.MajorNdisVersion = 5,
		.MinorNdisVersion = 1,
		.HaltHandler = halt,
		.HandleInterruptHandler = handle_interrupt,
		.InitializeHandler = initialize,
		.ISRHandler = isr,
		.QueryInformationHandler = query_information,
		.ResetHandler = reset,
		.SetInformationHandler = set_information,
		.ReturnPacketHandler = return_packet,
		.AllocateCompleteHandler = adapter_allocate_complete,
		.PnPEventNotifyHandler = pnp_event,
		.AdapterShutdownHandler = shut_down,
	};
	NDIS_HANDLE wrapper;
	NDIS_STATUS status;

	NdisMInitializeWrapper(&wrapper, DriverObject, RegistryPath, NULL);
	if (wrapper == NULL)
		return NDIS_STATUS_RESOURCES;
	/* A NIC that receives only: it has no send functions. */
	status = NdisMRegisterMiniport(wrapper, &characteristics, sizeof(characteristics));
	if (status != NDIS_STATUS_SUCCESS)
		NdisTerminateWrapper(wrapper, NULL);
	return status;
}
