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

#define ADAPTER_TAG 0x70634e50u /* 'PNcp' */

#define LARGEST_FRAME 65536u

static NDIS_HANDLE driver_handle;

static struct adapter *adapter_of(struct pool *pool)
{
	return CONTAINING_RECORD(pool, struct adapter, pool);
}

/* --- what the pool needs of NDIS 6 ------------------------------------------------------------ */

static NDIS_STATUS request_memory(struct pool *pool, ULONG length, PVOID context)
{
	return NdisMAllocateSharedMemoryAsyncEx(adapter_of(pool)->dma, length, TRUE, context);
}

static void free_memory(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length)
{
	/* The adapter handle, though the memory came through the DMA handle (R19). */
	NdisMFreeSharedMemory(adapter_of(pool)->handle, length, TRUE, va, pa);
}

static bool wrap_buffer(struct adapter *adapter, struct buffer *buffer)
{
	PMDL mdl = NdisAllocateMdl(adapter->handle, buffer->va, adapter->pool.config.buffer_bytes);
	PNET_BUFFER_LIST nbl;

	if (mdl == NULL)
		return false;
	nbl = NdisAllocateNetBufferAndNetBufferList(adapter->nbl_pool, 0, 0, mdl, 0, 0);
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

static ULONG withdraw(struct pool *pool)
{
	return rx_ring_withdraw(&adapter_of(pool)->ring, pool);
}

static void post(struct pool *pool)
{
	rx_ring_fill(&adapter_of(pool)->ring, pool);
}

static const struct pool_ops pool_ops = {
	.request = request_memory,
	.wrap = wrap_block,
	.unwrap = unwrap_block,
	.free_memory = free_memory,
	.withdraw = withdraw,
	.post = post,
};

/* --- frames ----------------------------------------------------------------------------------- */

static PNET_BUFFER_LIST prepare(struct buffer *buffer)
{
	PNET_BUFFER_LIST nbl = buffer->packet;
	PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl);

	NET_BUFFER_DATA_LENGTH(nb) = buffer->frame_bytes;
	NdisAdjustMdlLength(NET_BUFFER_FIRST_MDL(nb), buffer->frame_bytes);
	NET_BUFFER_LIST_STATUS(nbl) = NDIS_STATUS_SUCCESS;
	return nbl;
}

void ndis6_indicate(struct adapter *adapter, struct buffer *const *buffers, ULONG n, bool resources)
{
	/* Made anew for each call: a flag kept from the last one would be believed (P36). */
	ULONG flags = NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL;
	PNET_BUFFER_LIST chain = NULL;

	for (ULONG i = n; i-- > 0;) {
		PNET_BUFFER_LIST nbl = prepare(buffers[i]);

		NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
		chain = nbl;
	}
	if (resources)
		flags |= NDIS_RECEIVE_FLAGS_RESOURCES;
	NdisMIndicateReceiveNetBufferLists(adapter->handle, chain, NDIS_DEFAULT_PORT_NUMBER, n,
					   flags);
}

/* Takes up to max lists off the chain. */
static ULONG unchain(PNET_BUFFER_LIST *chain, struct buffer **buffers, ULONG max)
{
	ULONG n = 0;

	for (; *chain != NULL && n < max; *chain = NET_BUFFER_LIST_NEXT_NBL(*chain))
		buffers[n++] = NET_BUFFER_LIST_MINIPORT_RESERVED(*chain)[0];
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

/* --- memory and time -------------------------------------------------------------------------- */

static MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE allocate_complete;
static VOID allocate_complete(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
			      PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context)
{
	struct adapter *adapter = MiniportAdapterContext;

	if (pool_complete(&adapter->pool, Context, VirtualAddress, PhysicalAddress, Length))
		NdisSetEvent(&adapter->drained); /* the last touch: halt goes on (R52) */
}

static NDIS_TIMER_FUNCTION tick;
static VOID tick(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2,
		 PVOID SystemSpecific3)
{
	struct adapter *adapter = FunctionContext;

	pool_lock(&adapter->pool);
	if (adapter->pool.policy.running) {
		pool_tick(&adapter->pool);
		receive_note_drops(adapter);
	}
	pool_unlock(&adapter->pool);
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

static NDIS_STATUS map_registers(struct adapter *adapter, PNDIS_RESOURCE_LIST resources)
{
	PVOID regs;

	for (ULONG i = 0; i < resources->Count; i++) {
		PCM_PARTIAL_RESOURCE_DESCRIPTOR d = &resources->PartialDescriptors[i];
		NDIS_STATUS status;

		if (d->Type != CmResourceTypeMemory || d->u.Memory.Length < sizeof(struct hw_regs))
			continue;
		status = NdisMMapIoSpace(&regs, adapter->handle, d->u.Memory.Start,
					 d->u.Memory.Length);
		if (status != NDIS_STATUS_SUCCESS)
			return status;
		adapter->regs = regs;
		adapter->regs_bytes = d->u.Memory.Length;
		return NDIS_STATUS_SUCCESS;
	}
	return NDIS_STATUS_ADAPTER_NOT_FOUND;
}

static NDIS_STATUS register_dma(struct adapter *adapter)
{
	NDIS_SG_DMA_DESCRIPTION description = {
		.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, NDIS_SG_DMA_DESCRIPTION_REVISION_1,
			   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
		.Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
		.MaximumPhysicalMapping = LARGEST_FRAME,
		.SharedMemAllocateCompleteHandler = allocate_complete,
	};

	return NdisMRegisterScatterGatherDma(adapter->handle, &description, &adapter->dma);
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

	adapter->nbl_pool = NdisAllocateNetBufferListPool(adapter->handle, &parameters);
	return adapter->nbl_pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS make_timer(struct adapter *adapter)
{
	NDIS_TIMER_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS,
			   NDIS_TIMER_CHARACTERISTICS_REVISION_1,
			   NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1},
		.AllocationTag = ADAPTER_TAG,
		.TimerFunction = tick,
		.FunctionContext = adapter,
	};

	return NdisAllocateTimerObject(adapter->handle, &characteristics, &adapter->timer);
}

static NDIS_STATUS register_interrupt(struct adapter *adapter)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS characteristics = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, NDIS_MINIPORT_INTERRUPT_REVISION_1,
			   NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
		.InterruptHandler = receive_isr,
		.InterruptDpcHandler = receive_dpc,
	};

	return NdisMRegisterInterruptEx(adapter->handle, adapter, &characteristics,
					&adapter->interrupt);
}

static NDIS_STATUS make_pool(struct adapter *adapter, const struct adapter_config *config)
{
	ULONG dma_align = NdisMGetDmaAlignment(adapter->handle);
	ULONG line = NdisGetSharedDataAlignment();
	struct pool_config pool = {
		.name = "rx0",
		.generation = 6,
		.buffer_bytes = config->buffer_bytes,
		.align = dma_align > line ? dma_align : line,
		.marks = config->marks,
	};

	return pool_init(&adapter->pool, &pool, &pool_ops);
}

/* The base block: it stays until MiniportHaltEx (R34).  Opens the pool's record. */
static NDIS_STATUS fill_pool(struct adapter *adapter)
{
	ULONG length = pool_base_bytes(&adapter->pool);
	NDIS_PHYSICAL_ADDRESS pa;
	NDIS_STATUS status;
	PVOID va;

	NdisMAllocateSharedMemory(adapter->handle, length, TRUE, &va, &pa);
	if (va == NULL)
		return NDIS_STATUS_RESOURCES;
	status = pool_open(&adapter->pool, va, pa, length);
	if (status != NDIS_STATUS_SUCCESS)
		free_memory(&adapter->pool, va, pa, length);
	return status;
}

/* In this order; a step that fails leaves what came before to release(). */
static NDIS_STATUS build(struct adapter *adapter, PNDIS_RESOURCE_LIST resources)
{
	struct adapter_config config;
	NDIS_STATUS status = set_attributes(adapter);

	if (status == NDIS_STATUS_SUCCESS)
		status = config_read(adapter->handle, &config);
	if (status == NDIS_STATUS_SUCCESS)
		status = map_registers(adapter, resources);
	if (status == NDIS_STATUS_SUCCESS)
		status = register_dma(adapter);
	if (status == NDIS_STATUS_SUCCESS)
		status = make_nbl_pool(adapter);
	if (status == NDIS_STATUS_SUCCESS)
		status = make_pool(adapter, &config);
	if (status == NDIS_STATUS_SUCCESS)
		status = rx_ring_init(&adapter->ring, adapter->handle, adapter->regs,
				      config.marks.base, config.buffer_bytes);
	if (status == NDIS_STATUS_SUCCESS)
		status = make_timer(adapter);
	if (status == NDIS_STATUS_SUCCESS)
		status = register_interrupt(adapter);
	if (status == NDIS_STATUS_SUCCESS) {
		adapter->tick_ms = config.tick_ms;
		status = fill_pool(adapter);
	}
	return status;
}

/* Undoes build() from any point on; waits for nobody (R53). */
static void release(struct adapter *adapter)
{
	if (adapter->interrupt != NULL)
		NdisMDeregisterInterruptEx(adapter->interrupt);
	if (adapter->timer != NULL)
		NdisFreeTimerObject(adapter->timer);
	rx_ring_release(&adapter->ring, adapter->handle);
	pool_release(&adapter->pool);
	if (adapter->nbl_pool != NULL)
		NdisFreeNetBufferListPool(adapter->nbl_pool);
	if (adapter->dma != NULL)
		NdisMDeregisterScatterGatherDma(adapter->dma);
	if (adapter->regs != NULL)
		NdisMUnmapIoSpace(adapter->handle, adapter->regs, adapter->regs_bytes);
	NdisFreeMemory(adapter, 0, 0);
}

static MINIPORT_INITIALIZE initialize;
static NDIS_STATUS initialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
			      PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	struct adapter *adapter = NdisAllocateMemoryWithTagPriority(
		NdisMiniportHandle, sizeof(*adapter), ADAPTER_TAG, NormalPoolPriority);
	NDIS_STATUS status;

	if (adapter == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(adapter, sizeof(*adapter));
	adapter->handle = NdisMiniportHandle;
	NdisInitializeEvent(&adapter->drained);
	status = build(adapter, MiniportInitParameters->AllocatedResources);
	if (status != NDIS_STATUS_SUCCESS)
		release(adapter);
	return status;
}

/* --- restart, pause, shutdown ----------------------------------------------------------------- */

static MINIPORT_RESTART restart;
static NDIS_STATUS restart(NDIS_HANDLE MiniportAdapterContext,
			   PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	struct adapter *adapter = MiniportAdapterContext;
	LARGE_INTEGER due = {.QuadPart = -(LONGLONG)adapter->tick_ms * 10000};

	NdisWriteRegisterUlong(&adapter->regs->Ctrl, HW_CTRL_RESET);
	pool_lock(&adapter->pool);
	NdisReadRegisterUlong(&adapter->regs->Drops, &adapter->drops);
	NdisReadRegisterUlong(&adapter->regs->FifoDrops, &adapter->fifo_drops);
	rx_ring_program(&adapter->ring);
	pool_set_running(&adapter->pool, true); /* fills the ring */
	rx_ring_start(&adapter->ring);
	pool_unlock(&adapter->pool);
	NdisSetTimerObject(adapter->timer, due, (LONG)adapter->tick_ms, NULL);
	NdisWriteRegisterUlong(&adapter->regs->MaskSet, HW_CAUSES);
	return NDIS_STATUS_SUCCESS;
}

/* No frame is stored from here on.  With the pool locked, the interrupt stays masked, too. */
static void stop_device(struct adapter *adapter)
{
	NdisWriteRegisterUlong(&adapter->regs->MaskClear, HW_CAUSES);
	rx_ring_stop(&adapter->ring);
}

/* (pool locked) Whatever the device stored and nobody reaped is lost. */
static void empty_ring(struct adapter *adapter)
{
	ULONG lost = rx_ring_empty(&adapter->ring, &adapter->pool);

	receive_note_drops(adapter);
	if (lost > 0)
		pool_drop(&adapter->pool, lost, POOLSCOPE_DROP_NO_DESCRIPTOR);
}

static MINIPORT_PAUSE pause_adapter;
static NDIS_STATUS pause_adapter(NDIS_HANDLE MiniportAdapterContext,
				 PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	struct adapter *adapter = MiniportAdapterContext;
	bool is_home;

	NdisCancelTimerObject(adapter->timer);
	pool_lock(&adapter->pool);
	stop_device(adapter);
	empty_ring(adapter);
	/* Growth ends here; requests on their way may still complete, and are given back (R54). */
	pool_set_running(&adapter->pool, false);
	is_home = pool_is_home(&adapter->pool);
	adapter->pausing = !is_home;
	pool_unlock(&adapter->pool);
	return is_home ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

static MINIPORT_SHUTDOWN shutdown_adapter;
static VOID shutdown_adapter(NDIS_HANDLE MiniportAdapterContext,
			     NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	/* And nothing else, not even the lock (R55).  A DPC in progress may unmask the interrupt.
	 */
	stop_device(MiniportAdapterContext);
}

/* --- halt ------------------------------------------------------------------------------------- */

/* Samples of the interface wait again every 2 s; so a debugger finds the thread at work (R51). */
static void wait_for_requests(struct adapter *adapter)
{
	bool pending;

	pool_lock(&adapter->pool);
	pending = pool_drain(&adapter->pool);
	pool_unlock(&adapter->pool);
	while (pending && !NdisWaitEvent(&adapter->drained, 2000))
		;
}

/*
 * R48, step by step: no new requests (the pause saw to that, and to the frames) - the device's DMA
 * stops - the interrupt goes - every pending request completes - blocks are freed, dynamic ones
 * first - DMA and the rest.
 */
static MINIPORT_HALT halt;
static VOID halt(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction)
{
	struct adapter *adapter = MiniportAdapterContext;

	/* A device that was pulled out has no registers (R56). */
	if (HaltAction != NdisHaltDeviceSurpriseRemoved)
		NdisWriteRegisterUlong(&adapter->regs->Ctrl, HW_CTRL_RESET);
	NdisMDeregisterInterruptEx(adapter->interrupt);
	adapter->interrupt = NULL;
	NdisFreeTimerObject(adapter->timer);
	adapter->timer = NULL;
	wait_for_requests(adapter);
	pool_free_all(&adapter->pool);
	pool_close(&adapter->pool);
	release(adapter);
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
		.ShutdownHandlerEx = shutdown_adapter,
	};

	/* A NIC that receives only: it has no send and no OID functions. */
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &characteristics,
					   &driver_handle);
}
