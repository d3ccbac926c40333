/* SPDX-License-Identifier: MIT */
/* An adapter's life: open, initialize, restart, pause, halt; its attributes and its DMA. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"
#include "driver/ndis/watch.h"

static __thread struct ndis_adapter *current;

struct ndis_adapter *ndis_enter_adapter(struct ndis_adapter *adapter)
{
	struct ndis_adapter *before = current;

	current = adapter;
	return before;
}

void ndis_leave_adapter(struct ndis_adapter *before)
{
	current = before;
}

struct ndis_adapter *ndis_current_adapter(void)
{
	return current;
}

struct ndis_adapter *ndis_adapter_from(NDIS_HANDLE handle, uint16_t rule, const char *where)
{
	enum ndis_kind kind = ndis_object_kind(handle);

	if (kind == NDIS_KIND_ADAPTER)
		return handle;
	ndis_broken(NULL, rule, (uintptr_t)handle, "%s was given %s; it wants the adapter handle",
		    where, ndis_kind_name(kind));
	return NULL;
}

struct ndis_adapter *ndis6_adapter_from(NDIS_HANDLE handle, uint16_t rule, const char *where)
{
	struct ndis_adapter *adapter = ndis_adapter_from(handle, rule, where);

	if (adapter == NULL || adapter->driver->face->generation == 6)
		return adapter;
	ndis_broken(adapter, rule, (uintptr_t)handle, "%s is not for miniports of NDIS 5", where);
	return NULL;
}

enum ndis_adapter_state ndis_adapter_state(const struct ndis_adapter *adapter)
{
	return __atomic_load_n(&adapter->state, __ATOMIC_ACQUIRE);
}

void ndis_adapter_set_state(struct ndis_adapter *adapter, enum ndis_adapter_state state)
{
	__atomic_store_n(&adapter->state, state, __ATOMIC_RELEASE);
}

/* --- open and close --------------------------------------------------------------------------- */

/* Which rule a driver breaks whose device reaches for memory that is not there. */
static uint16_t rule_of_fault(const struct ndis_adapter *adapter, const struct dma_fault *fault)
{
	uint64_t at = fault->addr.value;

	if (fault->was_mapped) /* freed under the device: in the halt's order, or before */
		return ndis_adapter_state(adapter) >= NDIS_ADAPTER_HALTING ? 48 : 35;
	if (at - (uint64_t)LEDGER_FAILED_PA < UINT32_MAX)
		return 8;
	if (at - (uint64_t)LEDGER_STALE_PA < UINT32_MAX)
		return 11;
	return 39;
}

/* With the address space's lock held. */
static void report_dma_fault(void *ctx, const struct dma_fault *fault)
{
	struct ndis_adapter *adapter = ctx;
	const char *did = fault->direction == DMA_READ ? "read" : "wrote";
	uint16_t rule = rule_of_fault(adapter, fault);
	char text[LEDGER_TEXT_BYTES];
	struct freed_block freed;

	if (fault->was_mapped && ledger_find_freed_at(adapter, fault->addr.value, &freed))
		ndis_broken(adapter, rule, freed.bus.value,
			    "the device %s %zu bytes at bus address 0x%" PRIx64 ", in %s", did,
			    fault->len_bytes, fault->addr.value,
			    ledger_describe_freed(&freed, text));
	else
		ndis_broken(adapter, rule, fault->addr.value,
			    "the device %s %zu bytes at bus address 0x%" PRIx64
			    ", which is not mapped%s",
			    did, fault->len_bytes, fault->addr.value,
			    fault->was_mapped ? " any more" : "");
}

static void set_resources(struct ndis_adapter *adapter, uint64_t number)
{
	CM_PARTIAL_RESOURCE_LIST *list = &adapter->resources;

	list->Version = 1;
	list->Revision = 1;
	list->Count = 2;
	list->PartialDescriptors[0].Type = CmResourceTypeMemory;
	list->PartialDescriptors[0].ShareDisposition = CmResourceShareDeviceExclusive;
	list->PartialDescriptors[0].u.Memory.Start.QuadPart =
		(LONGLONG)(0xfeb00000u + number % 256 * 0x10000u);
	list->PartialDescriptors[0].u.Memory.Length = adapter->device->ops->register_bytes;
	list->PartialDescriptors[1].Type = CmResourceTypeInterrupt;
	list->PartialDescriptors[1].ShareDisposition = CmResourceShareShared;
	list->PartialDescriptors[1].Flags = CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE;
	list->PartialDescriptors[1].u.Interrupt.Level = DEVICE_LEVEL;
	list->PartialDescriptors[1].u.Interrupt.Vector = (ULONG)(32 + number % 200);
	list->PartialDescriptors[1].u.Interrupt.Affinity = 1;
}

struct ndis_adapter *ndis_adapter_open(struct ndis_driver *driver, struct device *device)
{
	struct ndis_host *host = ndis_host();
	struct ndis_adapter *adapter = calloc(1, sizeof(*adapter));

	if (adapter == NULL)
		return NULL;
	adapter->irq_lane = exec_lane_open(host->config.exec, "interrupt");
	if (adapter->irq_lane == NULL) {
		free(adapter);
		return NULL;
	}
	adapter->driver = driver;
	adapter->number = host->nr_adapters;
	adapter->device = device;
	set_resources(adapter, host->nr_adapters);
	ledger_init(&adapter->memory, host->config.seed, 0x100 + host->nr_adapters);
	pthread_mutex_init(&adapter->tracked.mutex, NULL);
	ndis_interrupt_init(adapter);
	ndis5_init(adapter);
	adapter->autopool = autopool_open(adapter);
	dma_space_on_fault(device->space, report_dma_fault, adapter);
	ndis_object_add(&adapter->object, NDIS_KIND_ADAPTER);
	adapter->next = host->adapters;
	host->adapters = adapter;
	host->nr_adapters++;
	return adapter;
}

/* What a miniport that did not clean up has left; it was reported at halt. */
static void forget_handles(struct ndis_adapter *adapter)
{
	if (adapter->dma != NULL)
		ndis_object_remove(&adapter->dma->object);
	if (adapter->interrupt != NULL)
		ndis_object_remove(&adapter->interrupt->object);
	free(adapter->dma);
	free(adapter->interrupt);
}

void ndis_adapter_close(struct ndis_adapter *adapter)
{
	struct ndis_adapter **at = &ndis_host()->adapters;

	while (*at != adapter)
		at = &(*at)->next;
	*at = adapter->next;
	adapter->device->line = (struct irq_line){NULL, NULL};
	dma_space_on_fault(adapter->device->space, NULL, NULL);
	ndis_removal_forget(adapter);
	ndis_work_wait(adapter);
	exec_lane_close(adapter->irq_lane);
	ndis_io_forget(adapter);
	ndis5_forget(adapter);
	autopool_close(adapter->autopool);
	forget_handles(adapter);
	ndis_object_remove(&adapter->object);
	pthread_mutex_destroy(&adapter->irq_mutex);
	ndis_tracked_forget(adapter);
	pthread_mutex_destroy(&adapter->tracked.mutex);
	ledger_destroy(&adapter->memory);
	free(adapter);
}

void ndis_adapter_bind(struct ndis_adapter *adapter, const struct ndis_protocol *protocol)
{
	adapter->protocol = *protocol;
}

/* --- states ----------------------------------------------------------------------------------- */

NDIS_STATUS ndis_adapter_initialize(struct ndis_adapter *adapter)
{
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct poolscope_pool *last = poolscope_pool_last();
	const char *outer;
	NDIS_STATUS status;

	ndis_adapter_set_state(adapter, NDIS_ADAPTER_INITIALIZING);
	autopool_begin(adapter->autopool);
	ndis_refusal_forget();
	outer = ndis_callback_begin(adapter->driver->face->initialize_name);
	status = adapter->driver->face->initialize(adapter);
	ndis_callback_end(outer);
	/* A pool that was opened meanwhile is the adapter's: violations go there. */
	if (poolscope_pool_last() != last)
		__atomic_store_n(&adapter->pool, poolscope_pool_last(), __ATOMIC_RELEASE);
	autopool_decide(adapter->autopool);
	ndis_leave_adapter(before);
	if (status == NDIS_STATUS_SUCCESS) {
		ndis_adapter_set_state(adapter, NDIS_ADAPTER_PAUSED);
		return status;
	}
	ndis_adapter_set_state(adapter, NDIS_ADAPTER_HALTED);
	ndis_left_by_halt(adapter, false);
	autopool_end(adapter->autopool);
	ndis_shared_memory_reclaim(adapter, false);
	/* A callback that the failing function has waited for may still be on its way out. */
	ndis_host_flush();
	return status;
}

NDIS_STATUS ndis_adapter_restart(struct ndis_adapter *adapter)
{
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	const char *outer = ndis_callback_begin(adapter->driver->face->restart_name);
	NDIS_STATUS status;

	ndis_removal_plan(adapter);
	adapter->has_run = true;
	ndis_adapter_set_state(adapter, NDIS_ADAPTER_RUNNING);
	autopool_set_running(adapter->autopool, true);
	status = adapter->driver->face->restart(adapter);
	ndis_callback_end(outer);
	if (status != NDIS_STATUS_SUCCESS)
		ndis_adapter_set_state(adapter, NDIS_ADAPTER_PAUSED);
	ndis_leave_adapter(before);
	return status;
}

VOID NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(MiniportAdapterHandle, 54, "NdisMPauseComplete");

	if (adapter == NULL)
		return;
	__atomic_store_n(&adapter->pause_done, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
}

void ndis_adapter_pause(struct ndis_adapter *adapter)
{
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	const char *outer = ndis_callback_begin(adapter->driver->face->pause_name);

	ndis_adapter_set_state(adapter, NDIS_ADAPTER_PAUSING);
	autopool_set_running(adapter->autopool, false);
	adapter->driver->face->pause(adapter);
	ndis_callback_end(outer);
	ndis_adapter_set_state(adapter, NDIS_ADAPTER_PAUSED);
	ndis_leave_adapter(before);
}

void ndis_adapter_shut_down(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action)
{
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	const char *outer = ndis_callback_begin(adapter->driver->face->shut_down_name);

	adapter->driver->face->shut_down(adapter, action);
	ndis_callback_end(outer);
	ndis_leave_adapter(before);
}

void ndis_adapter_halt(struct ndis_adapter *adapter, NDIS_HALT_ACTION action)
{
	const char *halt = adapter->driver->face->halt_name;
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct ndis_memory_counts counts;
	const char *outer;
	uint32_t out;

	ndis_removal_forget(adapter);
	if (action == NdisHaltDeviceSurpriseRemoved) {
		ndis_adapter_vanish(adapter);
		__atomic_store_n(&adapter->gone, NDIS_REMOVED, __ATOMIC_RELEASE);
	}
	adapter->halting_ns = exec_now_ns(ndis_host()->config.exec);
	adapter->stalled_ns = adapter->halting_ns;
	adapter->idle_ns = 0;
	ndis_adapter_set_state(adapter, NDIS_ADAPTER_HALTING);
	ndis_requests_storm(adapter);
	ndis_adapter_counts(adapter, &counts);
	adapter->stalled_at = ndis_completions_begun(&counts);
	outer = ndis_callback_begin(halt);
	ndis_callback()->blocks = counts.blocks_live;
	adapter->driver->face->halt(adapter, action);
	ndis_callback_end(outer);
	ndis_adapter_set_state(adapter, NDIS_ADAPTER_HALTED);
	out = __atomic_load_n(&adapter->indicated, __ATOMIC_ACQUIRE);
	if (out != 0)
		ndis_broken(adapter, 50, out, "%s returned while the protocols had %u frames", halt,
			    out);
	if (adapter->dma != NULL)
		ndis_broken(adapter, 48, (uintptr_t)adapter->dma,
			    "%s left the scatter/gather DMA registered", halt);
	if (adapter->interrupt != NULL)
		ndis_broken(adapter, 48, (uintptr_t)adapter->interrupt,
			    "%s left the interrupt registered", halt);
	ndis_left_by_halt(adapter, true);
	autopool_end(adapter->autopool);
	ndis_shared_memory_reclaim(adapter, true);
	/* A callback that has let halt go on may still be on its way out of this layer. */
	ndis_host_flush();
	ndis_leave_adapter(before);
}

/* --- the same for a miniport of NDIS 6 -------------------------------------------------------- */

static NDIS_STATUS initialize6(struct ndis_adapter *adapter)
{
	NDIS_MINIPORT_INIT_PARAMETERS parameters = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS, 1, sizeof(parameters)},
		.AllocatedResources = &adapter->resources,
	};
	const struct ndis_driver *driver = adapter->driver;

	return driver->functions.InitializeHandlerEx(adapter, driver->context, &parameters);
}

static NDIS_STATUS restart6(struct ndis_adapter *adapter)
{
	NDIS_MINIPORT_RESTART_PARAMETERS parameters = {
		.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)},
	};
	NDIS_STATUS status;

	__atomic_store_n(&adapter->restart_done, 0, __ATOMIC_RELEASE);
	status = adapter->driver->functions.RestartHandler(adapter->context, &parameters);
	if (status == NDIS_STATUS_PENDING) {
		watch_waits("it returned PENDING, and NdisMRestartComplete was not called");
		exec_wait(ndis_host()->config.exec, &adapter->restart_done, EXEC_NEVER);
		watch_waits(NULL);
		status = adapter->restart_status;
	}
	/* The protocols are bound, and want frames. */
	if (status == NDIS_STATUS_SUCCESS)
		status = ndis6_set_filter(adapter,
					  NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST);
	return status;
}

VOID NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(MiniportAdapterHandle, 54, "NdisMRestartComplete");

	if (adapter == NULL)
		return;
	adapter->restart_status = Status;
	__atomic_store_n(&adapter->restart_done, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
}

/* A pause that waits for what never comes is ended, so that the rest can be seen. */
static void wait_for_pause(struct ndis_adapter *adapter)
{
	struct exec *exec = ndis_host()->config.exec;

	watch_waits("it returned PENDING, and NdisMPauseComplete was not called");
	adapter->idle_ns = 0;
	while (!exec_wait(exec, &adapter->pause_done, exec_now_ns(exec) + ndis_patience_ns())) {
		if (ndis_waits_for_nothing(adapter, "pause"))
			return;
	}
}

static void pause6(struct ndis_adapter *adapter)
{
	NDIS_MINIPORT_PAUSE_PARAMETERS parameters = {
		.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)},
	};
	NDIS_STATUS status;
	uint32_t out;

	ndis6_set_filter(adapter, 0);
	__atomic_store_n(&adapter->pause_done, 0, __ATOMIC_RELEASE);
	status = adapter->driver->functions.PauseHandler(adapter->context, &parameters);
	if (status == NDIS_STATUS_PENDING)
		wait_for_pause(adapter);
	out = __atomic_load_n(&adapter->indicated, __ATOMIC_ACQUIRE);
	if (out != 0)
		ndis_broken(adapter, 54, out, "the pause ended with %u frames not returned", out);
}

static void halt6(struct ndis_adapter *adapter, NDIS_HALT_ACTION action)
{
	adapter->driver->functions.HaltHandlerEx(adapter->context, action);
}

static void shut_down6(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action)
{
	if (adapter->driver->functions.ShutdownHandlerEx != NULL)
		adapter->driver->functions.ShutdownHandlerEx(adapter->context, action);
}

const struct ndis_face ndis6_face = {
	.generation = 6,
	.initialize_name = "MiniportInitializeEx",
	.restart_name = "MiniportRestart",
	.pause_name = "MiniportPause",
	.halt_name = "MiniportHaltEx",
	.shut_down_name = "MiniportShutdownEx",
	.unload = ndis6_unload,
	.initialize = initialize6,
	.restart = restart6,
	.pause = pause6,
	.halt = halt6,
	.shut_down = shut_down6,
	.isr = ndis6_isr,
	.dpc = ndis6_dpc,
};

/* --- attributes and DMA ----------------------------------------------------------------------- */

NDIS_STATUS NdisMSetMiniportAttributes(NDIS_HANDLE NdisMiniportAdapterHandle,
				       PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(NdisMiniportAdapterHandle, 25, "NdisMSetMiniportAttributes");

	if (adapter == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	if (MiniportAttributes->Header.Revision == 0)
		return ndis_refuse(NDIS_STATUS_BAD_VERSION,
				   "NdisMSetMiniportAttributes: Header.Revision is 0");
	switch (MiniportAttributes->Header.Type) {
	case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES:
		adapter->context =
			MiniportAttributes->RegistrationAttributes.MiniportAdapterContext;
		adapter->attributes = MiniportAttributes->RegistrationAttributes.AttributeFlags;
		return NDIS_STATUS_SUCCESS;
	case NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES:
		if (MiniportAttributes->Header.Size <
		    NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1)
			return ndis_refuse(NDIS_STATUS_INVALID_PARAMETER,
					   "NdisMSetMiniportAttributes: Header.Size is %u, less "
					   "than that of revision 1",
					   MiniportAttributes->Header.Size);
		return NDIS_STATUS_SUCCESS; /* checked; the stack here asks for none of them */
	default:
		return ndis_refuse(NDIS_STATUS_INVALID_PARAMETER,
				   "NdisMSetMiniportAttributes: Header.Type is 0x%x, neither "
				   "registration nor general attributes",
				   MiniportAttributes->Header.Type);
	}
}

/* R25 */
static NDIS_STATUS check_description(const struct ndis_adapter *adapter,
				     const NDIS_SG_DMA_DESCRIPTION *d)
{
	static const char where[] = "NdisMRegisterScatterGatherDma";

	if (d->Header.Type != NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION)
		return ndis_refuse(NDIS_STATUS_INVALID_PARAMETER,
				   "%s: Header.Type is not NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION",
				   where);
	if (d->Header.Revision < NDIS_SG_DMA_DESCRIPTION_REVISION_1)
		return ndis_refuse(NDIS_STATUS_BAD_VERSION, "%s: Header.Revision is %u", where,
				   d->Header.Revision);
	if (d->Header.Size < NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1)
		return ndis_refuse(NDIS_STATUS_INVALID_PARAMETER,
				   "%s: Header.Size is %u, less than that of revision 1", where,
				   d->Header.Size);
	if ((d->Flags & ~(ULONG)NDIS_SG_DMA_64_BIT_ADDRESS) != 0)
		return ndis_refuse(NDIS_STATUS_INVALID_PARAMETER,
				   "%s: Flags 0x%x has more than NDIS_SG_DMA_64_BIT_ADDRESS", where,
				   d->Flags);
	if (adapter->driver->face->generation != 6)
		return ndis_refuse(NDIS_STATUS_NOT_SUPPORTED, "%s: it is for miniports of NDIS 6",
				   where);
	if (!(adapter->attributes & NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER))
		return ndis_refuse(NDIS_STATUS_NOT_SUPPORTED,
				   "%s: the adapter is no bus master until "
				   "NdisMSetMiniportAttributes has said so",
				   where);
	if (adapter->dma != NULL)
		return ndis_refuse(NDIS_STATUS_RESOURCES, "%s: DMA is registered already", where);
	return NDIS_STATUS_SUCCESS;
}

bool ndis_adapter_below_4g(const struct ndis_adapter *adapter)
{
	if (adapter->driver->face->generation == 5)
		return !adapter->five.reaches_64_bit;
	return adapter->dma == NULL || adapter->dma->below_4g;
}

NDIS_STATUS NdisMRegisterScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle,
					  PNDIS_SG_DMA_DESCRIPTION DmaDescription,
					  PNDIS_HANDLE NdisMiniportDmaHandle)
{
	static const char where[] = "NdisMRegisterScatterGatherDma";
	struct ndis_adapter *adapter = ndis_adapter_from(MiniportAdapterHandle, 25, where);
	struct ndis_dma *dma;
	NDIS_STATUS status;

	if (adapter == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	ndis_check_irql(adapter, PASSIVE_LEVEL, 25, where);
	status = check_description(adapter, DmaDescription);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	dma = calloc(1, sizeof(*dma));
	if (dma == NULL)
		return NDIS_STATUS_RESOURCES;
	dma->adapter = adapter;
	dma->complete = DmaDescription->SharedMemAllocateCompleteHandler;
	dma->process = DmaDescription->ProcessSGListHandler;
	dma->below_4g = !(DmaDescription->Flags & NDIS_SG_DMA_64_BIT_ADDRESS) ||
			!adapter->device->ops->reaches_64_bit;
	/* One element of 24 bytes a page, and a header of 16: what a list for the mapping takes. */
	DmaDescription->ScatterGatherListSize =
		16 + 24 * (DmaDescription->MaximumPhysicalMapping / 4096 + 2);
	adapter->dma = dma;
	ndis_object_add(&dma->object, NDIS_KIND_DMA);
	*NdisMiniportDmaHandle = dma;
	return NDIS_STATUS_SUCCESS;
}

VOID NdisMDeregisterScatterGatherDma(NDIS_HANDLE NdisMiniportDmaHandle)
{
	struct ndis_dma *dma = NdisMiniportDmaHandle;
	enum ndis_kind kind = ndis_object_kind(NdisMiniportDmaHandle);
	struct ndis_memory_counts counts;

	if (kind != NDIS_KIND_DMA) {
		ndis_broken(NULL, 22, (uintptr_t)dma,
			    "NdisMDeregisterScatterGatherDma was given %s", ndis_kind_name(kind));
		return;
	}
	ndis_check_shutdown(dma->adapter, "NdisMDeregisterScatterGatherDma");
	ndis_adapter_counts(dma->adapter, &counts);
	if (counts.blocks_live != 0 || counts.pending != 0)
		ndis_broken(dma->adapter, 48, counts.blocks_live,
			    "DMA was deregistered with %u blocks live and %u requests pending",
			    counts.blocks_live, counts.pending);
	if (__atomic_load_n(&dma->sg_lists, __ATOMIC_ACQUIRE) != 0)
		ndis_broken(dma->adapter, 48, dma->sg_lists,
			    "DMA was deregistered with %u scatter/gather lists not freed",
			    dma->sg_lists);
	ndis_object_remove(&dma->object);
	dma->adapter->dma = NULL;
	free(dma);
}
