/* SPDX-License-Identifier: MIT */
#ifndef NDIS5_BENCH_H
#define NDIS5_BENCH_H
/*
 * A small miniport of NDIS 5 that the tests speak for, the protocols above and the host under it.
 *
 *	begin(DESERIALIZED, lead, fail);  ask_for(3, 2048);  give_back(3, TRUE);  end();
 *
 * Included by one file of a program, as recorder.h is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/ndis/internal.h"
#include "driver/nic/nic.h"
#include "tests/driver/recorder.h"
#include "tests/driver/verdicts.h"

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

static inline NDIS_STATUS initialize(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex,
				     PNDIS_MEDIUM MediumArray, UINT MediumArraySize,
				     NDIS_HANDLE handle, NDIS_HANDLE WrapperConfigurationContext)
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

static inline VOID halt(NDIS_HANDLE context)
{
	fx.halts++;
	assert_ptr_equal(context, &fx);
	if (fx.base_va != NULL)
		NdisMFreeSharedMemory(fx.adapter, BASE, FALSE, fx.base_va, fx.base_pa);
}

static inline VOID halt_of_nothing(NDIS_HANDLE context)
{
	assert_null(context); /* it never said one */
}

static inline NDIS_STATUS query(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length,
				PULONG written, PULONG needed)
{
	return NDIS_STATUS_NOT_SUPPORTED;
}

static inline NDIS_STATUS set(NDIS_HANDLE context, NDIS_OID oid, PVOID buffer, ULONG length,
			      PULONG read, PULONG needed)
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

static inline NDIS_STATUS reset(PBOOLEAN addressing, NDIS_HANDLE context)
{
	fx.resets++;
	fx.filter = 0;
	*addressing = TRUE;
	NdisSetEvent(&fx.was_reset);
	return fx.reset_answer;
}

static inline BOOLEAN check_for_hang(NDIS_HANDLE context)
{
	bool hung = fx.is_hung;

	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	fx.hangs++;
	fx.is_hung = false;
	return hung;
}

static inline VOID shut_down(PVOID context)
{
	assert_ptr_equal(context, &fx);
	fx.shutdowns++;
}

static inline VOID pnp_event(NDIS_HANDLE context, NDIS_DEVICE_PNP_EVENT event, PVOID buffer,
			     ULONG length)
{
	assert_int_equal(event, NdisDevicePnPEventSurpriseRemoved);
	assert_int_equal(fx.halts, 0);
	fx.removals++;
}

static inline VOID return_packet(NDIS_HANDLE context, PNDIS_PACKET packet)
{
	assert_ptr_equal(context, &fx);
	fx.returned[fx.nr_returned++] = packet;
}

static inline VOID unload(PDRIVER_OBJECT object)
{
	fx.unloads++;
}

static inline NDIS51_MINIPORT_CHARACTERISTICS functions(void)
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

static inline NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
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

static inline NDIS_STATUS load(const NDIS51_MINIPORT_CHARACTERISTICS *c, UINT bytes,
			       struct ndis_driver **driver)
{
	registering = *c;
	registering_bytes = bytes;
	return ndis_driver_load(entry, driver);
}

/* --- the protocols ---------------------------------------------------------------------------- */

static inline void receive_packets(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep)
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

static inline void begin_unstarted(ULONG attributes, const char *lead, const char *fail,
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

static inline void begin(ULONG attributes, const char *lead, const char *fail)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = functions();

	begin_unstarted(attributes, lead, fail, &c);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_non_null(fx.base_va);
}

static inline void end_halted(void)
{
	ndis_adapter_close(fx.adapter);
	ndis_driver_unload(fx.driver);
	ndis_host_close();
	fx.nic->ops->close(fx.nic);
	dma_space_close(fx.space);
	exec_close(fx.exec);
	pthread_mutex_destroy(&fx.mutex);
}

static inline void end(void)
{
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled);
	end_halted();
}

/* Exactly this rule was broken, once, and the pool was told. */
static inline void assert_only_broken(uint16_t rule)
{
	assert_int_equal(times_broken(rule), 1);
	assert_int_equal(ndis_violations(), 1);
	assert_int_equal(recorder.violations, 1);
}

static inline struct ndis_memory_counts counts(void)
{
	struct ndis_memory_counts c;

	ndis_adapter_counts(fx.adapter, &c);
	return c;
}

static inline NDIS_STATUS ask(unsigned int i, ULONG length, BOOLEAN cached)
{
	return NdisMAllocateSharedMemoryAsync(fx.adapter, length, cached, &fx.done[i]);
}

static inline void ask_for(unsigned int n, ULONG length)
{
	fx.nr_wanted = n;
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(ask(i, length, TRUE), NDIS_STATUS_PENDING);
	NdisWaitEvent(&fx.all_done, 0);
}

static inline void give_back(unsigned int n, BOOLEAN cached)
{
	for (unsigned int i = 0; i < n; i++) {
		if (fx.done[i].va != NULL)
			NdisMFreeSharedMemory(fx.adapter, fx.done[i].length, cached, fx.done[i].va,
					      fx.done[i].pa);
	}
}

#endif
