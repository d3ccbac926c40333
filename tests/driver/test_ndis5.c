/* SPDX-License-Identifier: MIT */
/* The NDIS 5 contract of the host (R-numbers), and where it differs from NDIS 6. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/ndis/internal.h"
#include "driver/nic/nic.h"
#include "tests/driver/recorder.h"

#define REQUESTS 64
#define PACKETS	 20
#define BASE	 10000

#define DESERIALIZED (NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_DESERIALIZE)
#define SERIALIZED   NDIS_ATTRIBUTE_BUS_MASTER

/* What one completion brought. */
struct completion {
	unsigned int times;
	NDIS_HANDLE adapter_context;
	PVOID va, shown_pa;
	NDIS_PHYSICAL_ADDRESS pa;
	ULONG length;
	KIRQL irql;
	bool waited;
};

static struct fixture {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	ULONG attributes;
	pthread_mutex_t mutex;
	struct completion done[REQUESTS];
	unsigned int nr_done, nr_wanted;
	NDIS_EVENT all_done;
	bool waits; /* in its completion function, which may not */
	PVOID base_va;
	NDIS_PHYSICAL_ADDRESS base_pa;
	bool is_64_bit;
	NDIS_STATUS answer; /* to MiniportInitialize */
	UINT selected;	    /* medium; past the end: the right one */
	/* What the miniport saw. */
	unsigned int inits, halts, shutdowns, removals, hangs, resets, unloads;
	ULONG filter; /* atomic */
	NDIS_STATUS filter_answer;
	NDIS_STATUS reset_answer;
	bool says_nothing; /* of its attributes */
	bool is_hung;
	NDIS_EVENT was_reset;
	PNDIS_PACKET returned[PACKETS];
	unsigned int nr_returned;
	/* What the protocols got. */
	PNDIS_PACKET kept[PACKETS];
	unsigned int nr_kept, nr_copied, in_one_call;
	unsigned int give_back; /* so many of them at once, in the indication */
	/* What the miniport indicates. */
	NDIS_HANDLE packet_pool, buffer_pool;
	PNDIS_PACKET packets[PACKETS];
	UCHAR frames[PACKETS][64];
} fx;

/* --- the miniport ----------------------------------------------------------------------------- */

/* Seed 001 declares and defines it in just this way. */
W_ALLOCATE_COMPLETE_HANDLER MiniportAllocateComplete;

VOID MiniportAllocateComplete(_In_ NDIS_HANDLE MiniportAdapterContext, _In_ PVOID VirtualAddress,
			      _In_ PNDIS_PHYSICAL_ADDRESS PhysicalAddress, _In_ ULONG Length,
			      _In_ PVOID Context)
{
	struct completion *c = Context;
	NDIS_EVENT never;
	bool last;

	pthread_mutex_lock(&fx.mutex);
	c->times++;
	c->adapter_context = MiniportAdapterContext;
	c->va = VirtualAddress;
	c->shown_pa = PhysicalAddress;
	if (VirtualAddress != NULL)
		c->pa = *PhysicalAddress;
	c->length = Length;
	c->irql = KeGetCurrentIrql();
	if (fx.waits) {
		NdisInitializeEvent(&never);
		NdisWaitEvent(&never, 1);
	}
	last = ++fx.nr_done == fx.nr_wanted;
	pthread_mutex_unlock(&fx.mutex);
	if (last)
		NdisSetEvent(&fx.all_done);
}

static NDIS_STATUS initialize(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex,
			      PNDIS_MEDIUM MediumArray, UINT MediumArraySize, NDIS_HANDLE handle,
			      NDIS_HANDLE WrapperConfigurationContext)
{
	struct poolscope_marks marks = {.base = 1, .block = 1, .limit = 1};
	NDIS_RESOURCE_LIST resources;
	UINT bytes = 1;
	NDIS_STATUS status;

	fx.inits++;
	assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
	for (UINT i = 0; i < MediumArraySize; i++) {
		if ((MediumArray[i] == NdisMedium802_3) == (fx.selected != 0))
			*SelectedMediumIndex = i;
	}
	if (!fx.says_nothing)
		NdisMSetAttributesEx(handle, &fx, 0, fx.attributes, NdisInterfacePci);
	NdisMQueryAdapterResources(&status, WrapperConfigurationContext, &resources, &bytes);
	assert_int_equal(status, NDIS_STATUS_RESOURCES);
	assert_true(bytes <= sizeof(resources));
	NdisMQueryAdapterResources(&status, WrapperConfigurationContext, &resources, &bytes);
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	assert_int_equal(resources.PartialDescriptors[0].Type, CmResourceTypeMemory);
	if (fx.is_64_bit)
		NdisMInitializeScatterGatherDma(handle, TRUE, 65536);
	NdisMAllocateSharedMemory(handle, BASE, FALSE, &fx.base_va, &fx.base_pa);
	poolscope_pool_open("test", 5, 2048, &marks);
	return fx.answer;
}

static VOID halt(NDIS_HANDLE context)
{
	fx.halts++;
	assert_ptr_equal(context, &fx);
	if (fx.base_va != NULL)
		NdisMFreeSharedMemory(fx.adapter, BASE, FALSE, fx.base_va, fx.base_pa);
}

static VOID halt_of_nothing(NDIS_HANDLE context)
{
	assert_null(context); /* it never said one */
}

static NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length,
			 PULONG written, PULONG needed)
{
	return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length, PULONG read,
		       PULONG needed)
{
	ULONG filter;

	assert_int_equal(oid, OID_GEN_CURRENT_PACKET_FILTER);
	assert_int_equal(length, sizeof(fx.filter));
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	memcpy(&filter, buffer, sizeof(filter));
	__atomic_store_n(&fx.filter, filter, __ATOMIC_RELEASE);
	/* It may be done before the handler returns. */
	if (fx.filter_answer == NDIS_STATUS_PENDING)
		NdisMSetInformationComplete(fx.adapter, NDIS_STATUS_SUCCESS);
	return fx.filter_answer;
}

static NDIS_STATUS reset(PBOOLEAN addressing, NDIS_HANDLE context)
{
	fx.resets++;
	fx.filter = 0;
	*addressing = TRUE;
	NdisSetEvent(&fx.was_reset);
	return fx.reset_answer;
}

static BOOLEAN check_for_hang(NDIS_HANDLE context)
{
	bool hung = fx.is_hung;

	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	fx.hangs++;
	fx.is_hung = false;
	return hung;
}

static VOID shut_down(PVOID context)
{
	assert_ptr_equal(context, &fx);
	fx.shutdowns++;
}

static VOID pnp_event(NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer, ULONG length)
{
	assert_int_equal(event, NdisDevicePnPEventSurpriseRemoved);
	assert_int_equal(fx.halts, 0);
	fx.removals++;
}

static VOID return_packet(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	assert_ptr_equal(context, &fx);
	fx.returned[fx.nr_returned++] = packet;
}

static VOID unload(PDRIVER_OBJECT object)
{
	fx.unloads++;
}

static NDIS51_MINIPORT_CHARACTERISTICS functions(void)
{
	return (NDIS51_MINIPORT_CHARACTERISTICS){
		.MajorNdisVersion = 5,
		.MinorNdisVersion = 1,
		.CheckForHangHandler = check_for_hang,
		.HaltHandler = halt,
		.InitializeHandler = initialize,
		.QueryInformationHandler = query,
		.ResetHandler = reset,
		.SetInformationHandler = set,
		.ReturnPacketHandler = return_packet,
		.AllocateCompleteHandler = MiniportAllocateComplete,
		.PnPEventNotifyHandler = pnp_event,
		.AdapterShutdownHandler = shut_down,
	};
}

static NDIS51_MINIPORT_CHARACTERISTICS registering;
static UINT registering_bytes;

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	NDIS_HANDLE wrapper;
	NDIS_STATUS status;

	NdisMInitializeWrapper(&wrapper, object, path, NULL);
	assert_non_null(wrapper);
	status = NdisMRegisterMiniport(wrapper, &registering, registering_bytes);
	if (status == NDIS_STATUS_SUCCESS)
		NdisMRegisterUnloadHandler(wrapper, unload);
	else
		NdisTerminateWrapper(wrapper, NULL);
	return status;
}

static NDIS_STATUS load(const NDIS51_MINIPORT_CHARACTERISTICS *c, UINT bytes,
			struct ndis_driver **driver)
{
	registering = *c;
	registering_bytes = bytes;
	return ndis_driver_load(entry, driver);
}

/* --- the protocols ---------------------------------------------------------------------------- */

static void receive_packets(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep)
{
	fx.in_one_call = n;
	if (cannot_keep) {
		fx.nr_copied += n;
		return;
	}
	for (UINT i = 0; i < n; i++)
		fx.kept[fx.nr_kept++] = packets[i];
	NdisReturnPackets(fx.kept, fx.give_back);
}

/* --- the fixture ------------------------------------------------------------------------------ */

static void begin_unstarted(ULONG attributes, const char *lead, const char *fail,
			    const NDIS51_MINIPORT_CHARACTERISTICS *c)
{
	struct ndis_protocol protocol = {.receive_packets = receive_packets};
	struct ndis_host_config config = {.seed = 3};
	char why[SPEC_WHY_BYTES];

	rec_reset();
	memset(&fx, 0, sizeof(fx));
	pthread_mutex_init(&fx.mutex, NULL);
	NdisInitializeEvent(&fx.all_done);
	NdisInitializeEvent(&fx.was_reset);
	fx.attributes = attributes;
	fx.is_64_bit = true;
	fx.selected = UINT32_MAX;
	fx.exec = exec_real_open();
	config.exec = fx.exec;
	assert_int_equal(draw_parse(lead, &config.lead, why), 0);
	if (fail != NULL)
		assert_int_equal(ndis_faults_parse(fail, &config.faults, why), 0);
	assert_int_equal(ndis_host_open(&config), 0);
	fx.space = dma_space_open();
	fx.nic = nic_open(fx.space);
	assert_int_equal(load(c, sizeof(*c), &fx.driver), NDIS_STATUS_SUCCESS);
	fx.adapter = ndis_adapter_open(fx.driver, fx.nic);
	assert_non_null(fx.adapter);
	ndis_adapter_bind(fx.adapter, &protocol);
}

static void begin(ULONG attributes, const char *lead, const char *fail)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	begin_unstarted(attributes, lead, fail, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_non_null(fx.base_va);
}

static void end_halted(void)
{
	ndis_adapter_close(fx.adapter);
	ndis_driver_unload(fx.driver);
	ndis_host_close();
	fx.nic->ops->close(fx.nic);
	dma_space_close(fx.space);
	exec_close(fx.exec);
	pthread_mutex_destroy(&fx.mutex);
}

static void end(void)
{
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled);
	end_halted();
}

static uint64_t times_broken(uint16_t rule)
{
	struct ndis_violation v;

	for (unsigned int i = 0; ndis_violation_at(i, &v); i++) {
		if (v.rule == rule)
			return v.count;
	}
	return 0;
}

static void assert_nothing_broken(void)
{
	struct ndis_violation v;

	for (unsigned int i = 0; ndis_violation_at(i, &v); i++)
		print_message("R%u: %s\n", v.rule, v.first);
	assert_int_equal(ndis_violations(), 0);
}

/* Exactly this rule was broken, once, and the pool was told. */
static void assert_only_broken(uint16_t rule)
{
	assert_int_equal(times_broken(rule), 1);
	assert_int_equal(ndis_violations(), 1);
	assert_int_equal(recorder.violations, 1);
}

static struct ndis_memory_counts counts(void)
{
	struct ndis_memory_counts c;

	ndis_adapter_counts(fx.adapter, &c);
	return c;
}

static NDIS_STATUS ask(unsigned int i, ULONG length, BOOLEAN cached)
{
	return NdisMAllocateSharedMemoryAsync(fx.adapter, length, cached, &fx.done[i]);
}

static void ask_for(unsigned int n, ULONG length)
{
	fx.nr_wanted = n;
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(ask(i, length, TRUE), NDIS_STATUS_PENDING);
	NdisWaitEvent(&fx.all_done, 0);
}

static void give_back(unsigned int n, BOOLEAN cached)
{
	for (unsigned int i = 0; i < n; i++) {
		if (fx.done[i].va != NULL)
			NdisMFreeSharedMemory(fx.adapter, fx.done[i].length, cached, fx.done[i].va,
					      fx.done[i].pa);
	}
}

/* --- registration ----------------------------------------------------------------------------- */

static void the_version_decides_how_long_the_characteristics_are(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();
	struct ndis_driver *driver;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	assert_int_equal(load(&c, sizeof(NDIS50_MINIPORT_CHARACTERISTICS), &driver),
			 NDIS_STATUS_BAD_CHARACTERISTICS);
	assert_null(driver);
	c.MinorNdisVersion = 0;
	assert_int_equal(load(&c, sizeof(NDIS50_MINIPORT_CHARACTERISTICS), &driver),
			 NDIS_STATUS_SUCCESS);
	ndis_driver_unload(driver);
	assert_int_equal(fx.unloads, 1);
	c.MajorNdisVersion = 4;
	assert_int_equal(load(&c, sizeof(NDIS40_MINIPORT_CHARACTERISTICS), &driver),
			 NDIS_STATUS_SUCCESS);
	ndis_driver_unload(driver);
	c.MajorNdisVersion = 6;
	assert_int_equal(load(&c, sizeof(c), &driver), NDIS_STATUS_BAD_VERSION);
	c = functions();
	c.ResetHandler = NULL;
	assert_int_equal(load(&c, sizeof(c), &driver), NDIS_STATUS_BAD_CHARACTERISTICS);
	end();
	assert_nothing_broken();
}

static void functions_lie_in_their_published_order(void **state)
{
	assert_int_equal(offsetof(NDIS51_MINIPORT_CHARACTERISTICS, SendPacketsHandler),
			 offsetof(NDIS51_MINIPORT_CHARACTERISTICS, ReturnPacketHandler) +
				 sizeof(PVOID));
	assert_int_equal(offsetof(NDIS51_MINIPORT_CHARACTERISTICS, AllocateCompleteHandler),
			 offsetof(NDIS51_MINIPORT_CHARACTERISTICS, SendPacketsHandler) +
				 sizeof(PVOID));
	assert_int_equal(offsetof(NDIS51_MINIPORT_CHARACTERISTICS, CancelSendPacketsHandler),
			 sizeof(NDIS50_MINIPORT_CHARACTERISTICS));
	assert_int_equal(offsetof(NDIS50_MINIPORT_CHARACTERISTICS, CoCreateVcHandler),
			 sizeof(NDIS40_MINIPORT_CHARACTERISTICS));
}

/* --- an adapter's life ------------------------------------------------------------------------ */

static void filter_says_whether_frames_may_flow(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	assert_int_equal(fx.filter, 0);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_not_equal(fx.filter & NDIS_PACKET_TYPE_DIRECTED, 0);
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(fx.filter, 0);
	fx.filter_answer = NDIS_STATUS_PENDING; /* and complete */
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	fx.filter_answer = NDIS_STATUS_NOT_SUPPORTED; /* it receives as it is */
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	fx.filter_answer = NDIS_STATUS_FAILURE;
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_FAILURE);
	end();
	assert_int_equal(fx.halts, 1);
	assert_int_equal(fx.removals, 0);
	assert_nothing_broken();
}

/* R53 */
static void halt_is_not_called_after_a_failed_initialize(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	fx.answer = NDIS_STATUS_RESOURCES;
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_RESOURCES);
	assert_int_equal(fx.halts, 0);
	assert_int_equal(times_broken(53), 1); /* the base block: this miniport forgot it */
	assert_int_equal(counts().blocks_live, 0);
	end_halted();
}

static uint32_t completion_ended; /* atomic */

/* Lets the initialize function go on long before it ends itself. */
static VOID linger(NDIS_HANDLE context, PVOID va, PNDIS_PHYSICAL_ADDRESS pa, ULONG length,
		   PVOID event)
{
	NdisMFreeSharedMemory(fx.adapter, length, TRUE, va, *pa);
	NdisSetEvent(event);
	while (ndis_adapter_state(fx.adapter) == NDIS_ADAPTER_INITIALIZING)
		sched_yield();
	NdisStallExecution(20000);
	__atomic_store_n(&completion_ended, 1, __ATOMIC_RELEASE);
}

static NDIS_STATUS ask_and_fail(PNDIS_STATUS error, PUINT selected, PNDIS_MEDIUM media, UINT n,
				NDIS_HANDLE handle, NDIS_HANDLE configuration)
{
	NDIS_EVENT event;

	NdisInitializeEvent(&event);
	NdisMSetAttributesEx(handle, &fx, 0, fx.attributes, NdisInterfacePci);
	assert_int_equal(NdisMAllocateSharedMemoryAsync(handle, 4096, TRUE, &event),
			 NDIS_STATUS_PENDING);
	NdisWaitEvent(&event, 0);
	return NDIS_STATUS_FAILURE;
}

/* R53, R18: the adapter may be closed when it returns */
static void failed_initialize_outlasts_its_completions(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.InitializeHandler = ask_and_fail;
	c.AllocateCompleteHandler = linger;
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	completion_ended = 0;
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_FAILURE);
	assert_int_equal(__atomic_load_n(&completion_ended, __ATOMIC_ACQUIRE), 1);
	end_halted();
	assert_nothing_broken();
}

static void adapter_of_another_medium_is_halted_again(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	fx.selected = 0;
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_UNSUPPORTED_MEDIA);
	assert_int_equal(fx.halts, 1);
	assert_int_equal(counts().blocks_live, 0);
	end_halted();
	assert_nothing_broken();
}

/* R55, R56 */
static void shutdown_and_removal_are_told(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	ndis_adapter_shut_down(fx.adapter, NdisShutdownPowerOff);
	assert_int_equal(fx.shutdowns, 1);
	NdisMRegisterAdapterShutdownHandler(fx.adapter, &fx, shut_down);
	ndis_adapter_shut_down(fx.adapter, NdisShutdownPowerOff);
	assert_int_equal(fx.shutdowns, 2);
	NdisMDeregisterAdapterShutdownHandler(fx.adapter);
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceSurpriseRemoved);
	assert_int_equal(fx.removals, 1);
	end_halted();
}

static void hung_adapter_is_reset_and_gets_its_filter_again(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	NdisMSetAttributesEx(fx.adapter, &fx, 1, fx.attributes, NdisInterfacePci);
	fx.is_hung = true;
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_true(NdisWaitEvent(&fx.was_reset, 0));
	ndis_adapter_pause(fx.adapter); /* waits for the check that is running */
	assert_int_equal(fx.resets, 1);
	assert_true(fx.hangs >= 1);
	end();
	assert_nothing_broken();
}

static VOID end_the_reset(PVOID one, PVOID context, PVOID two, PVOID three)
{
	NdisMResetComplete(fx.adapter, NDIS_STATUS_SUCCESS, TRUE);
}

static void reset_that_ends_later_gives_the_filter_again(void **state)
{
	NDIS_MINIPORT_TIMER later;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	NdisMInitializeTimer(&later, fx.adapter, end_the_reset, NULL);
	fx.adapter->five.hang_ns = 1000000;
	fx.reset_answer = NDIS_STATUS_PENDING;
	fx.is_hung = true;
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_true(NdisWaitEvent(&fx.was_reset, 0));
	KeFlushQueuedDpcs();
	assert_int_equal(fx.filter, 0);
	NdisMSetTimer(&later, 0);
	while (__atomic_load_n(&fx.filter, __ATOMIC_ACQUIRE) == 0)
		NdisMSleep(100);
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(fx.filter, 0);
	end();
	assert_nothing_broken();
}

static VOID refuse_the_filter(PVOID one, PVOID context, PVOID two, PVOID three)
{
	NdisMSetInformationComplete(fx.adapter, NDIS_STATUS_FAILURE);
}

static NDIS_MINIPORT_TIMER soon;

static NDIS_STATUS set_and_reset(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length,
				 PULONG read, PULONG needed)
{
	NdisMResetComplete(fx.adapter, NDIS_STATUS_SUCCESS, FALSE);
	NdisMSetTimer(&soon, 1);
	return NDIS_STATUS_PENDING;
}

static void end_of_a_reset_is_not_the_end_of_a_request(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.SetInformationHandler = set_and_reset;
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	NdisMInitializeTimer(&soon, fx.adapter, refuse_the_filter, NULL);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_FAILURE);
	end();
	assert_nothing_broken();
}

static BOOLEAN check_until_halted(NDIS_HANDLE context)
{
	NdisSetEvent(&fx.was_reset);
	while (ndis_adapter_state(fx.adapter) != NDIS_ADAPTER_HALTING)
		sched_yield();
	return FALSE;
}

static void check_that_runs_at_halt_is_the_last(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.CheckForHangHandler = check_until_halted;
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	fx.adapter->five.hang_ns = 1000000;
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_true(NdisWaitEvent(&fx.was_reset, 0));
	fx.adapter->five.hang_ns = UINT64_C(3600) * 1000000000;
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled);
	assert_false(fx.adapter->five.hang_job.queued);
	end_halted();
	assert_nothing_broken();
}

static void adapter_of_unknown_attributes_is_checked_like_others(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.HaltHandler = halt_of_nothing;
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	fx.says_nothing = true;
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	KeFlushQueuedDpcs();
	assert_int_equal(fx.hangs, 0); /* it is too early */
	ndis_adapter_pause(fx.adapter);
	end();
	assert_int_equal(times_broken(25), 1); /* its memory was asked for */
}

/* R18 */
static VOID on_timer(PVOID one, PVOID context, PVOID two, PVOID three)
{
	struct fixture *f = context;

	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	if (++f->nr_done == f->nr_wanted)
		NdisSetEvent(&f->all_done);
}

static void timers_run_once_or_again_and_again(void **state)
{
	NDIS_MINIPORT_TIMER timer;
	BOOLEAN cancelled;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	NdisMInitializeTimer(&timer, fx.adapter, on_timer, &fx);
	fx.nr_wanted = 1;
	NdisMSetTimer(&timer, 1);
	NdisWaitEvent(&fx.all_done, 0);
	KeFlushQueuedDpcs();
	NdisMCancelTimer(&timer, &cancelled);
	assert_false(cancelled);
	assert_int_equal(fx.nr_done, 1);
	NdisResetEvent(&fx.all_done);
	fx.nr_wanted = 4;
	NdisMSetPeriodicTimer(&timer, 1);
	NdisWaitEvent(&fx.all_done, 0);
	NdisMCancelTimer(&timer, &cancelled);
	KeFlushQueuedDpcs();
	NdisMSetTimer(&timer, 3600 * 1000);
	NdisMCancelTimer(&timer, &cancelled);
	assert_true(cancelled);
	NdisMSetTimer(&timer, 3600 * 1000);
	end();
	assert_int_equal(times_broken(18), 1); /* it was left set */
}

static void configuration_needs_the_context_of_initialize(void **state)
{
	NDIS_HANDLE configuration;
	NDIS_RESOURCE_LIST resources;
	UINT bytes = sizeof(resources);
	NDIS_STATUS status;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	NdisOpenConfiguration(&status, &configuration, fx.adapter);
	assert_int_equal(status, NDIS_STATUS_FAILURE);
	NdisMQueryAdapterResources(&status, fx.adapter, &resources, &bytes);
	assert_int_equal(status, NDIS_STATUS_FAILURE);
	end();
}

/* --- memory ----------------------------------------------------------------------------------- */

/* R1, R7, R10, R12, R16 (delta 1, 2, 4, 5, 7) */
static void pending_request_gets_exactly_one_completion_at_either_level(void **state)
{
	unsigned int at_dispatch = 0;

	begin(DESERIALIZED, "uniform:min=0ms,max=3ms", NULL);
	ask_for(REQUESTS, 5000);
	ndis_host_flush();
	for (unsigned int i = 0; i < REQUESTS; i++) {
		assert_int_equal(fx.done[i].times, 1);
		assert_ptr_equal(fx.done[i].adapter_context, &fx);
		assert_non_null(fx.done[i].va);
		assert_int_equal(fx.done[i].length, 5000);
		assert_true(fx.done[i].irql == PASSIVE_LEVEL || fx.done[i].irql == DISPATCH_LEVEL);
		at_dispatch += fx.done[i].irql == DISPATCH_LEVEL;
	}
	assert_true(at_dispatch > 0 && at_dispatch < REQUESTS);
	give_back(REQUESTS, TRUE);
	end();
	assert_nothing_broken();
}

/* R12: the same seed gives the same levels. */
static void levels_follow_from_the_seed(void **state)
{
	KIRQL first[REQUESTS];

	for (int run = 0; run < 2; run++) {
		begin(DESERIALIZED, "fixed:0ms", NULL);
		ask_for(REQUESTS, 64);
		for (unsigned int i = 0; i < REQUESTS; i++) {
			if (run == 1)
				assert_int_equal(fx.done[i].irql, first[i]);
			first[i] = fx.done[i].irql;
		}
		give_back(REQUESTS, TRUE);
		end();
	}
}

/* R12: a serialized miniport is kept alone at DISPATCH_LEVEL. */
static void serialized_miniport_is_completed_at_dispatch(void **state)
{
	begin(SERIALIZED, "fixed:0ms", NULL);
	ask_for(8, 64);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(fx.done[i].irql, DISPATCH_LEVEL);
	give_back(8, TRUE);
	end();
	assert_nothing_broken();
}

/* R13 */
static void waiting_in_a_completion_at_dispatch_is_reported(void **state)
{
	unsigned int at_dispatch = 0;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	fx.waits = true;
	ask_for(REQUESTS, 64);
	for (unsigned int i = 0; i < REQUESTS; i++)
		at_dispatch += fx.done[i].irql == DISPATCH_LEVEL;
	give_back(REQUESTS, TRUE);
	end();
	/* At PASSIVE_LEVEL it goes unnoticed: there it is allowed. */
	assert_int_equal(times_broken(13), at_dispatch);
	assert_int_equal(ndis_violations(), at_dispatch);
	assert_int_equal(recorder.violations, at_dispatch);
}

/* R2, R3 (delta 7, 18) */
static void refused_request_gets_no_completion(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", "refuse:p=1");
	for (int i = 0; i < 100; i++)
		assert_int_equal(ask(0, 4096, TRUE), NDIS_STATUS_FAILURE);
	ndis_host_flush();
	assert_int_equal(fx.done[0].times, 0);
	assert_int_equal(counts().refused, 100);
	end();
	assert_nothing_broken();
}

/* R8, R9 (delta 8) */
static void failed_completion_shows_null_and_either_form_of_address(void **state)
{
	unsigned int nulls = 0;

	begin(DESERIALIZED, "fixed:0ms", "null:p=1");
	ask_for(REQUESTS, 777);
	for (unsigned int i = 0; i < REQUESTS; i++) {
		assert_null(fx.done[i].va);
		assert_int_equal(fx.done[i].length, 777);
		nulls += fx.done[i].shown_pa == NULL;
	}
	assert_true(nulls > 0 && nulls < REQUESTS);
	end();
	assert_nothing_broken();
}

/* R14 (delta 6) */
static void request_above_dispatch_is_refused_and_reported(void **state)
{
	KIRQL old;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	KeRaiseIrql(DEVICE_LEVEL, &old);
	assert_int_equal(ask(0, 64, TRUE), NDIS_STATUS_FAILURE);
	KeLowerIrql(old);
	end();
	assert_int_equal(times_broken(14), 1);
	assert_int_equal(ndis_violations(), 1);
}

/* R17 (delta 4): the function is the driver's, not the adapter's. */
static void request_without_a_completion_function_is_refused_and_reported(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.AllocateCompleteHandler = NULL;
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(ask(0, 64, TRUE), NDIS_STATUS_FAILURE);
	end();
	assert_only_broken(17);
}

/* R19, R25 (delta 2, 3): no DMA handle is to be had, and the other generation's call wants one. */
static void the_generations_calls_are_told_apart(void **state)
{
	NDIS_SG_DMA_DESCRIPTION d = {.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1, sizeof(d)}};
	NDIS_HANDLE dma;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &dma),
			 NDIS_STATUS_NOT_SUPPORTED);
	assert_int_equal(NdisMAllocateSharedMemoryAsyncEx(fx.adapter, 64, TRUE, &fx.done[0]),
			 NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(19), 1);
	assert_int_equal(NdisMAllocateSharedMemoryAsync(NULL, 64, TRUE, &fx.done[0]),
			 NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(19), 2);
	end();
	assert_int_equal(fx.done[0].times, 0);
}

/* R25 */
static void memory_for_what_is_no_bus_master_is_refused_and_reported(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	begin_unstarted(NDIS_ATTRIBUTE_DESERIALIZE, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_null(fx.base_va);
	assert_int_equal(times_broken(25), 1);
	assert_int_equal(ask(0, 64, TRUE), NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(25), 2);
	assert_int_equal(NdisMInitializeScatterGatherDma(fx.adapter, TRUE, 65536),
			 NDIS_STATUS_NOT_SUPPORTED);
	end();
}

/* R26 (delta 9): honoured, and seen in the ledger. */
static void uncached_memory_is_another_kind(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	assert_int_equal(counts().bytes_uncached, BASE);
	fx.nr_wanted = 2;
	assert_int_equal(ask(0, 4096, FALSE), NDIS_STATUS_PENDING);
	assert_int_equal(ask(1, 8192, TRUE), NDIS_STATUS_PENDING);
	NdisWaitEvent(&fx.all_done, 0);
	assert_int_equal(counts().bytes_uncached, BASE + 4096);
	assert_int_equal(counts().bytes_live, BASE + 4096 + 8192);
	give_back(1, FALSE);
	assert_int_equal(counts().bytes_uncached, BASE);
	assert_int_equal(ndis_violations(), 0);
	/* R20: it is freed as what it is. */
	NdisMFreeSharedMemory(fx.adapter, 8192, FALSE, fx.done[1].va, fx.done[1].pa);
	end();
	assert_only_broken(20);
}

static void memory_lies_where_the_dma_reaches(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	for (int is_64_bit = 0; is_64_bit <= 1; is_64_bit++) {
		begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
		fx.is_64_bit = is_64_bit;
		assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
		assert_int_equal(fx.base_pa.HighPart == 0, !is_64_bit);
		ask_for(1, 4096);
		assert_int_equal(fx.done[0].pa.HighPart == 0, !is_64_bit);
		give_back(1, TRUE);
		end();
		assert_nothing_broken();
	}
}

/* R18 */
static void request_left_pending_at_halt_is_reported_and_never_completes(void **state)
{
	begin(DESERIALIZED, "fixed:1h", NULL);
	assert_int_equal(ask(0, 64, TRUE), NDIS_STATUS_PENDING);
	end();
	assert_only_broken(18);
	assert_int_equal(fx.done[0].times, 0);
}

/* --- packets and buffers ---------------------------------------------------------------------- */

static void make_packets(void)
{
	NDIS_STATUS status;

	NdisAllocatePacketPool(&status, &fx.packet_pool, PACKETS, 4 * sizeof(PVOID));
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	NdisAllocateBufferPool(&status, &fx.buffer_pool, PACKETS);
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	for (unsigned int i = 0; i < PACKETS; i++) {
		PNDIS_BUFFER buffer;

		NdisAllocatePacket(&status, &fx.packets[i], fx.packet_pool);
		assert_int_equal(status, NDIS_STATUS_SUCCESS);
		NdisAllocateBuffer(&status, &buffer, fx.buffer_pool, fx.frames[i],
				   sizeof(fx.frames[i]));
		assert_int_equal(status, NDIS_STATUS_SUCCESS);
		NdisChainBufferAtFront(fx.packets[i], buffer);
		NDIS_SET_PACKET_HEADER_SIZE(fx.packets[i], 14);
		NDIS_SET_PACKET_STATUS(fx.packets[i], NDIS_STATUS_SUCCESS);
	}
}

static void free_packets(void)
{
	for (unsigned int i = 0; i < PACKETS; i++) {
		PNDIS_BUFFER buffer;

		NdisUnchainBufferAtBack(fx.packets[i], &buffer);
		NdisFreeBuffer(buffer);
		NdisFreePacket(fx.packets[i]);
	}
	NdisFreePacketPool(fx.packet_pool);
	NdisFreeBufferPool(fx.buffer_pool);
}

static void pools_have_ends(void **state)
{
	PNDIS_PACKET packet;
	PNDIS_BUFFER buffer;
	NDIS_STATUS status;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	assert_int_equal(NdisPacketPoolUsage(fx.packet_pool), PACKETS);
	packet = fx.packets[0]; /* poisoned: the calls must say NULL */
	NdisAllocatePacket(&status, &packet, fx.packet_pool);
	assert_int_equal(status, NDIS_STATUS_RESOURCES);
	assert_null(packet);
	buffer = fx.packets[0]->Private.Head;
	NdisAllocateBuffer(&status, &buffer, fx.buffer_pool, fx.frames[0], 64);
	assert_int_equal(status, NDIS_STATUS_RESOURCES);
	assert_null(buffer);
	NdisAllocatePacket(&status, &packet, fx.buffer_pool);
	assert_int_equal(status, NDIS_STATUS_FAILURE);
	assert_int_equal(ndis_violations(), 0);
	NdisFreePacketPool(fx.buffer_pool); /* the wrong kind */
	assert_int_equal(times_broken(50), 1);
	free_packets();
	end();
	assert_int_equal(ndis_violations(), 1);
}

/* R50 */
static void pool_freed_before_its_packets_is_reported(void **state)
{
	static PNDIS_PACKET left; /* nobody can free it any more */
	PNDIS_PACKET packet;
	NDIS_HANDLE pool;
	NDIS_STATUS status;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	NdisAllocatePacketPoolEx(&status, &pool, 1, 1, 0);
	NdisAllocatePacket(&status, &left, pool);
	NdisAllocatePacket(&status, &packet, pool); /* the overflow */
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	NdisFreePacket(packet);
	NdisFreePacketPool(pool);
	end();
	assert_int_equal(times_broken(50), 1);
}

static void buffers_are_chained_and_counted(void **state)
{
	PNDIS_BUFFER b[3], first, next;
	UINT count, length, first_length;
	NDIS_HANDLE pool, packets;
	PNDIS_PACKET packet;
	NDIS_STATUS status;
	PVOID va;

	begin(DESERIALIZED, "fixed:0ms", NULL);
	NdisAllocatePacketPool(&status, &packets, 1, 16);
	NdisAllocatePacket(&status, &packet, packets);
	NdisAllocateBufferPool(&status, &pool, 3);
	for (unsigned int i = 0; i < 3; i++)
		NdisAllocateBuffer(&status, &b[i], pool, fx.frames[i], 10 * (i + 1));
	NdisChainBufferAtBack(packet, b[1]);
	NdisChainBufferAtFront(packet, b[0]);
	NdisChainBufferAtBack(packet, b[2]);
	NdisQueryPacket(packet, NULL, &count, &first, &length);
	assert_int_equal(count, 3);
	assert_int_equal(length, 60);
	assert_ptr_equal(first, b[0]);
	NdisGetNextBuffer(first, &next);
	assert_ptr_equal(next, b[1]);
	NdisAdjustBufferLength(b[1], 5);
	NdisQueryPacketLength(packet, &length);
	assert_int_equal(length, 45);
	NdisGetFirstBufferFromPacket(packet, &first, &va, &first_length, &length);
	assert_ptr_equal(va, fx.frames[0]);
	assert_int_equal(first_length, 10);
	NdisQueryBuffer(b[2], &va, &length);
	assert_ptr_equal(va, fx.frames[2]);
	assert_int_equal(length, 30);
	NdisUnchainBufferAtBack(packet, &next);
	assert_ptr_equal(next, b[2]);
	NdisUnchainBufferAtFront(packet, &next);
	assert_ptr_equal(next, b[0]);
	NdisUnchainBufferAtBack(packet, &next);
	assert_ptr_equal(next, b[1]);
	NdisUnchainBufferAtFront(packet, &next);
	assert_null(next);
	memset(packet->ProtocolReserved, 0xff, 16);
	assert_int_equal(NDIS_GET_PACKET_HEADER_SIZE(packet), 0); /* lies behind it */
	for (unsigned int i = 0; i < 3; i++)
		NdisFreeBuffer(b[i]);
	NdisFreePacket(packet);
	NdisFreePacketPool(packets);
	NdisFreeBufferPool(pool);
	end();
	assert_nothing_broken();
}

/* --- indications ------------------------------------------------------------------------------ */

/* R45, R47 */
static void indicated_packets_come_back_one_by_one(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	fx.give_back = 3; /* while the indication runs */
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 5);
	assert_int_equal(fx.nr_kept, 5);
	assert_int_equal(fx.in_one_call, 5);
	assert_int_equal(fx.nr_returned, 3);
	assert_int_equal(counts().indicated, 2);
	NdisReturnPackets(fx.kept + 3, 2);
	assert_int_equal(fx.nr_returned, 5);
	assert_int_equal(counts().indicated, 0);
	free_packets();
	end();
	assert_nothing_broken();
}

/* R42, R44 (delta 11): from the first RESOURCES packet on, all are the driver's at once. */
static void resources_packets_come_last_and_are_home_when_the_call_returns(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	for (unsigned int i = 7; i < PACKETS; i++)
		NDIS_SET_PACKET_STATUS(fx.packets[i], NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, PACKETS);
	assert_int_equal(fx.nr_kept, 7);
	assert_int_equal(fx.nr_copied, PACKETS - 7);
	assert_int_equal(counts().indicated, 7);
	assert_int_equal(fx.nr_returned, 0);
	NdisReturnPackets(fx.kept, 7);
	assert_int_equal(fx.nr_returned, 7);
	free_packets();
	end();
	assert_nothing_broken();
}

/* R42, P23 */
static void success_after_resources_is_reported_and_stays_home(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	NDIS_SET_PACKET_STATUS(fx.packets[7], NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 9);
	assert_int_equal(fx.nr_kept, 7);
	assert_int_equal(fx.nr_copied, 2);
	NdisReturnPackets(fx.kept, 7);
	free_packets();
	end();
	assert_only_broken(42);
}

static PNDIS_PACKET lent;

static void return_what_is_lent(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep)
{
	lent = packets[0];
	NdisReturnPackets(packets, 1);
}

/* R44 */
static void returning_a_resources_packet_is_reported(void **state)
{
	struct ndis_protocol wrong = {.receive_packets = return_what_is_lent};

	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	ndis_adapter_bind(fx.adapter, &wrong);
	NDIS_SET_PACKET_STATUS(fx.packets[0], NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 1);
	assert_ptr_equal(lent, fx.packets[0]);
	assert_int_equal(fx.nr_returned, 0);
	free_packets();
	end();
	assert_only_broken(44);
}

/* R61 */
static void returning_a_packet_twice_is_reported(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 1);
	NdisReturnPackets(fx.kept, 1);
	NdisReturnPackets(fx.kept, 1);
	assert_int_equal(fx.nr_returned, 1);
	free_packets();
	end();
	assert_only_broken(61);
}

/* R45 */
static void packet_that_is_out_can_neither_be_indicated_nor_freed(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 1);
	NDIS_SET_PACKET_STATUS(fx.packets[0], NDIS_STATUS_SUCCESS);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 1);
	assert_int_equal(times_broken(45), 1);
	free_packets();
	assert_int_equal(times_broken(45), 2);
	end();
}

/* R46, P24 */
static void status_is_of_no_use_to_a_deserialized_miniport_afterwards(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	NDIS_SET_PACKET_STATUS(fx.packets[1], NDIS_STATUS_RESOURCES);
	assert_int_equal(NDIS_GET_PACKET_STATUS(fx.packets[1]), NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 2);
	assert_int_equal(ndis_violations(), 0);
	for (int i = 0; i < 2; i++) {
		NDIS_STATUS status = NDIS_GET_PACKET_STATUS(fx.packets[i]);

		assert_int_not_equal(status, NDIS_STATUS_SUCCESS);
		assert_int_not_equal(status, NDIS_STATUS_PENDING);
		assert_int_not_equal(status, NDIS_STATUS_RESOURCES);
		assert_int_equal(NDIS_OOB_DATA_FROM_PACKET(fx.packets[i])->Status, status);
	}
	assert_int_equal(times_broken(46), 2);
	/* Nor does it stay for the next time. */
	NdisReturnPackets(fx.kept, 1);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 1);
	assert_int_equal(times_broken(46), 3);
	NdisReturnPackets(fx.kept + 1, 1);
	free_packets();
	end();
}

/* R46: the status says what became of each. */
static void status_tells_a_serialized_miniport_who_has_the_packet(void **state)
{
	begin(SERIALIZED, "fixed:0ms", NULL);
	make_packets();
	fx.give_back = 2; /* while the indication runs: home without being returned */
	NDIS_SET_PACKET_STATUS(fx.packets[3], NDIS_STATUS_RESOURCES);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 4);
	assert_int_equal(NDIS_GET_PACKET_STATUS(fx.packets[0]), NDIS_STATUS_SUCCESS);
	assert_int_equal(NDIS_GET_PACKET_STATUS(fx.packets[1]), NDIS_STATUS_SUCCESS);
	assert_int_equal(NDIS_GET_PACKET_STATUS(fx.packets[2]), NDIS_STATUS_PENDING);
	assert_int_equal(fx.nr_returned, 0);
	assert_int_equal(counts().indicated, 1);
	NdisReturnPackets(fx.kept + 2, 1);
	assert_int_equal(fx.nr_returned, 1);
	assert_ptr_equal(fx.returned[0], fx.packets[2]);
	free_packets();
	end();
	assert_nothing_broken();
}

/* R42, R44 */
static void indication_of_nothing_or_without_a_return_function_is_reported(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.ReturnPacketHandler = NULL;
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	make_packets();
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 0);
	assert_int_equal(times_broken(42), 1);
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 1);
	assert_int_equal(times_broken(44), 1);
	assert_int_equal(fx.nr_kept, 0);
	free_packets();
	end();
}

/* R50 */
static void packets_out_at_halt_are_reported(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, 2);
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled);
	assert_only_broken(50);
	NdisReturnPackets(fx.kept, 2);
	free_packets();
	end_halted();
}

/* Callbacks of a serialized miniport do not overlap, whichever threads they come from. */
static uint32_t inside, overlaps;

static VOID alone(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	if (__atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST) != 1)
		__atomic_add_fetch(&overlaps, 1, __ATOMIC_SEQ_CST);
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	for (int i = 0; i < 100; i++)
		sched_yield();
	__atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
}

static void *return_half(void *which)
{
	NdisReturnPackets(fx.kept + (uintptr_t)which * PACKETS / 2, PACKETS / 2);
	return NULL;
}

static void serialized_miniport_is_in_one_function_at_a_time(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();
	pthread_t other;

	c.ReturnPacketHandler = alone;
	begin_unstarted(SERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	make_packets();
	overlaps = 0;
	NdisMIndicateReceivePacket(fx.adapter, fx.packets, PACKETS);
	assert_int_equal(pthread_create(&other, NULL, return_half, (void *)1), 0);
	return_half((void *)0);
	pthread_join(other, NULL);
	assert_int_equal(overlaps, 0);
	free_packets();
	end();
	assert_nothing_broken();
}

/* --- interrupts and the rest ------------------------------------------------------------------ */

static struct {
	NDIS_MINIPORT_INTERRUPT interrupt;
	uint32_t isrs, handled, enabled, inside, overlaps; /* atomic */
} irq;

static void pass_alone(void)
{
	if (__atomic_add_fetch(&irq.inside, 1, __ATOMIC_SEQ_CST) != 1)
		__atomic_add_fetch(&irq.overlaps, 1, __ATOMIC_SEQ_CST);
	assert_int_equal(KeGetCurrentIrql(), DEVICE_LEVEL);
	for (int i = 0; i < 20; i++)
		sched_yield();
	__atomic_sub_fetch(&irq.inside, 1, __ATOMIC_SEQ_CST);
}

static VOID isr(PBOOLEAN recognized, PBOOLEAN queue, NDIS_HANDLE context)
{
	uint32_t n = __atomic_add_fetch(&irq.isrs, 1, __ATOMIC_SEQ_CST);

	assert_ptr_equal(context, &fx);
	pass_alone();
	*recognized = n % 2 == 0; /* every other one is somebody else's */
	*queue = TRUE;
}

static VOID handle_interrupt(NDIS_HANDLE context)
{
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	__atomic_add_fetch(&irq.handled, 1, __ATOMIC_SEQ_CST);
}

static VOID enable_interrupt(NDIS_HANDLE context)
{
	__atomic_add_fetch(&irq.enabled, 1, __ATOMIC_SEQ_CST);
}

static BOOLEAN synchronized(PVOID context)
{
	pass_alone();
	return context == &irq;
}

static VOID leave_from_the_dpc(NDIS_HANDLE context)
{
	NdisMDeregisterInterrupt(&irq.interrupt);
	__atomic_add_fetch(&irq.handled, 1, __ATOMIC_SEQ_CST);
}

/* R48: it would wait for its own end */
static void interrupt_is_not_deregistered_by_its_dpc(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.ISRHandler = isr;
	c.HandleInterruptHandler = leave_from_the_dpc;
	memset(&irq, 0, sizeof(irq));
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(NdisMRegisterInterrupt(&irq.interrupt, fx.adapter, 0, 0, TRUE, TRUE,
						NdisInterruptLevelSensitive),
			 NDIS_STATUS_SUCCESS);
	for (int i = 0; i < 2; i++) { /* every other one is ours */
		fx.nic->line.raise(fx.nic->line.ctx);
		ndis_adapter_flush_interrupts(fx.adapter);
	}
	assert_int_equal(irq.handled, 1);
	assert_only_broken(48);
	NdisMDeregisterInterrupt(&irq.interrupt);
	end();
	assert_int_equal(ndis_violations(), 1);
}

static void handler_and_what_is_synchronized_with_it_do_not_overlap(void **state)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	c.ISRHandler = isr;
	c.HandleInterruptHandler = handle_interrupt;
	c.EnableInterruptHandler = enable_interrupt;
	memset(&irq, 0, sizeof(irq));
	begin_unstarted(DESERIALIZED, "fixed:0ms", NULL, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(NdisMRegisterInterrupt(&irq.interrupt, fx.adapter, 0, 0, TRUE, TRUE,
						NdisInterruptLevelSensitive),
			 NDIS_STATUS_SUCCESS);
	for (int i = 0; i < 200; i++) {
		fx.nic->line.raise(fx.nic->line.ctx);
		assert_true(NdisMSynchronizeWithInterrupt(&irq.interrupt, synchronized, &irq));
	}
	ndis_adapter_flush_interrupts(fx.adapter); /* one was served at least */
	NdisMDeregisterInterrupt(&irq.interrupt);  /* waits for what runs */
	assert_int_equal(irq.overlaps, 0);
	assert_true(irq.isrs >= 1);
	assert_int_equal(irq.handled, irq.isrs / 2);
	assert_int_equal(irq.enabled, irq.handled);
	assert_false(NdisMSynchronizeWithInterrupt(&irq.interrupt, synchronized, &irq));
	end();
	assert_int_equal(times_broken(48), 1); /* there is no interrupt any more */
	assert_int_equal(ndis_violations(), 1);
}

/* R61 */
static void ends_of_what_nobody_began_are_reported(void **state)
{
	begin(DESERIALIZED, "fixed:0ms", NULL);
	make_packets();
	NdisMIndicateStatus(fx.adapter, NDIS_STATUS_SUCCESS, NULL, 0);
	NdisMIndicateStatusComplete(fx.adapter);
	NdisMSendResourcesAvailable(fx.adapter);
	assert_int_equal(ndis_violations(), 0);
	NdisMSendComplete(fx.adapter, fx.packets[0], NDIS_STATUS_SUCCESS);
	NdisMQueryInformationComplete(fx.adapter, NDIS_STATUS_SUCCESS);
	assert_int_equal(times_broken(61), 2);
	free_packets();
	end();
	assert_int_equal(ndis_violations(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_decides_how_long_the_characteristics_are),
		cmocka_unit_test(functions_lie_in_their_published_order),
		cmocka_unit_test(filter_says_whether_frames_may_flow),
		cmocka_unit_test(halt_is_not_called_after_a_failed_initialize),
		cmocka_unit_test(failed_initialize_outlasts_its_completions),
		cmocka_unit_test(adapter_of_another_medium_is_halted_again),
		cmocka_unit_test(shutdown_and_removal_are_told),
		cmocka_unit_test(hung_adapter_is_reset_and_gets_its_filter_again),
		cmocka_unit_test(reset_that_ends_later_gives_the_filter_again),
		cmocka_unit_test(end_of_a_reset_is_not_the_end_of_a_request),
		cmocka_unit_test(check_that_runs_at_halt_is_the_last),
		cmocka_unit_test(adapter_of_unknown_attributes_is_checked_like_others),
		cmocka_unit_test(timers_run_once_or_again_and_again),
		cmocka_unit_test(configuration_needs_the_context_of_initialize),
		cmocka_unit_test(pending_request_gets_exactly_one_completion_at_either_level),
		cmocka_unit_test(levels_follow_from_the_seed),
		cmocka_unit_test(serialized_miniport_is_completed_at_dispatch),
		cmocka_unit_test(waiting_in_a_completion_at_dispatch_is_reported),
		cmocka_unit_test(refused_request_gets_no_completion),
		cmocka_unit_test(failed_completion_shows_null_and_either_form_of_address),
		cmocka_unit_test(request_above_dispatch_is_refused_and_reported),
		cmocka_unit_test(request_without_a_completion_function_is_refused_and_reported),
		cmocka_unit_test(the_generations_calls_are_told_apart),
		cmocka_unit_test(memory_for_what_is_no_bus_master_is_refused_and_reported),
		cmocka_unit_test(uncached_memory_is_another_kind),
		cmocka_unit_test(memory_lies_where_the_dma_reaches),
		cmocka_unit_test(request_left_pending_at_halt_is_reported_and_never_completes),
		cmocka_unit_test(pools_have_ends),
		cmocka_unit_test(pool_freed_before_its_packets_is_reported),
		cmocka_unit_test(buffers_are_chained_and_counted),
		cmocka_unit_test(indicated_packets_come_back_one_by_one),
		cmocka_unit_test(resources_packets_come_last_and_are_home_when_the_call_returns),
		cmocka_unit_test(success_after_resources_is_reported_and_stays_home),
		cmocka_unit_test(returning_a_resources_packet_is_reported),
		cmocka_unit_test(returning_a_packet_twice_is_reported),
		cmocka_unit_test(packet_that_is_out_can_neither_be_indicated_nor_freed),
		cmocka_unit_test(status_is_of_no_use_to_a_deserialized_miniport_afterwards),
		cmocka_unit_test(status_tells_a_serialized_miniport_who_has_the_packet),
		cmocka_unit_test(indication_of_nothing_or_without_a_return_function_is_reported),
		cmocka_unit_test(packets_out_at_halt_are_reported),
		cmocka_unit_test(serialized_miniport_is_in_one_function_at_a_time),
		cmocka_unit_test(interrupt_is_not_deregistered_by_its_dpc),
		cmocka_unit_test(handler_and_what_is_synchronized_with_it_do_not_overlap),
		cmocka_unit_test(ends_of_what_nobody_began_are_reported),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
