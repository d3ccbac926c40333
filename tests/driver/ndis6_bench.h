/* SPDX-License-Identifier: MIT */
#ifndef NDIS6_BENCH_H
#define NDIS6_BENCH_H
/*
 * A small miniport of NDIS 6 that the tests speak for, and the host under it.
 *
 *	begin(lead, fail);  ask_for(3, 2048);  give_back(3);  end();
 *
 * Included by one file of a program, as recorder.h is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/ndis/host.h"
#include "driver/nic/nic.h"
#include "tests/driver/recorder.h"
#include "tests/driver/verdicts.h"

#define REQUESTS 64

/* What one completion brought. */
struct completion {
	unsigned int times;
	NDIS_HANDLE adapter_context;
	PVOID va, shown_pa;
	NDIS_PHYSICAL_ADDRESS pa;
	ULONG length;
	KIRQL irql;
	bool on_requesting_thread;
	unsigned int order;
};

static struct fixture {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	NDIS_HANDLE dma;
	pthread_t main_thread;
	pthread_mutex_t mutex;
	struct completion done[REQUESTS];
	unsigned int nr_done;
	unsigned int nr_wanted;
	NDIS_EVENT all_done;
	PNET_BUFFER_LIST returned[8];
	unsigned int nr_returned;
	bool keeps_dma;
	bool fails_to_start;
	bool has_no_completion;	 /* registers none */
	NDIS_STATUS late_answer; /* to a request after the DMA handle went */
} fx;

/* --- the miniport ----------------------------------------------------------------------------- */

static inline VOID complete(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
			    PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context)
{
	struct completion *c = Context;
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
	c->on_requesting_thread = pthread_equal(pthread_self(), fx.main_thread);
	c->order = fx.nr_done++;
	last = fx.nr_done == fx.nr_wanted;
	pthread_mutex_unlock(&fx.mutex);
	if (last)
		NdisSetEvent(&fx.all_done);
}

static inline NDIS_SG_DMA_DESCRIPTION description(void)
{
	return (NDIS_SG_DMA_DESCRIPTION){
		.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1,
			   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
		.Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
		.MaximumPhysicalMapping = 65536,
		.SharedMemAllocateCompleteHandler = complete,
	};
}

static inline void set_attributes(NDIS_HANDLE handle, ULONG flags)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = {
		.RegistrationAttributes = {
			.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
				   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
			.MiniportAdapterContext = &fx,
			.AttributeFlags = flags,
		}};

	assert_int_equal(NdisMSetMiniportAttributes(handle, &a), NDIS_STATUS_SUCCESS);
}

static PVOID base_va;
static NDIS_PHYSICAL_ADDRESS base_pa;

static inline NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE context,
				     PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	struct poolscope_marks marks = {.base = 1, .block = 1, .limit = 1};
	NDIS_SG_DMA_DESCRIPTION d = description();

	if (fx.has_no_completion)
		d.SharedMemAllocateCompleteHandler = NULL;
	set_attributes(handle, NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER);
	assert_int_equal(NdisMRegisterScatterGatherDma(handle, &d, &fx.dma), NDIS_STATUS_SUCCESS);
	NdisMAllocateSharedMemory(handle, 10000, TRUE, &base_va, &base_pa);
	assert_non_null(base_va);
	if (fx.fails_to_start)
		return NDIS_STATUS_RESOURCES;
	poolscope_pool_open("test", 6, 2048, &marks);
	return NDIS_STATUS_SUCCESS;
}

static inline VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
	if (base_va != NULL)
		NdisMFreeSharedMemory(fx.adapter, 10000, TRUE, base_va, base_pa);
	if (fx.keeps_dma)
		return;
	NdisMDeregisterScatterGatherDma(fx.dma);
	if (fx.late_answer != 0)
		fx.late_answer = NdisMAllocateSharedMemoryAsyncEx(fx.dma, 64, TRUE, NULL);
}

static inline NDIS_STATUS pause_adapter(NDIS_HANDLE context,
					PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	return NDIS_STATUS_SUCCESS;
}

static inline NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	return NDIS_STATUS_SUCCESS;
}

static inline VOID return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		fx.returned[fx.nr_returned++] = chain;
}

static inline NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1, sizeof(c)},
		.MajorNdisVersion = 6,
		.InitializeHandlerEx = initialize,
		.HaltHandlerEx = halt,
		.PauseHandler = pause_adapter,
		.RestartHandler = restart,
		.ReturnNetBufferListsHandler = return_lists,
	};
	NDIS_HANDLE handle;

	return NdisMRegisterMiniportDriver(object, path, NULL, &c, &handle);
}

/* --- the fixture ------------------------------------------------------------------------------ */

static inline void begin_unstarted(const char *lead, const char *fail)
{
	struct ndis_host_config config = {.seed = 3};
	char why[SPEC_WHY_BYTES];

	rec_reset();
	memset(&fx, 0, sizeof(fx));
	pthread_mutex_init(&fx.mutex, NULL);
	NdisInitializeEvent(&fx.all_done);
	fx.main_thread = pthread_self();
	fx.exec = exec_real_open();
	config.exec = fx.exec;
	assert_int_equal(draw_parse(lead, &config.lead, why), 0);
	if (fail != NULL)
		assert_int_equal(ndis_faults_parse(fail, &config.faults, why), 0);
	assert_int_equal(ndis_host_open(&config), 0);
	fx.space = dma_space_open();
	fx.nic = nic_open(fx.space);
	assert_int_equal(ndis_driver_load(entry, &fx.driver), NDIS_STATUS_SUCCESS);
	fx.adapter = ndis_adapter_open(fx.driver, fx.nic);
	assert_non_null(fx.adapter);
}

static inline void begin(const char *lead, const char *fail)
{
	begin_unstarted(lead, fail);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
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

static inline NDIS_STATUS ask(unsigned int i, ULONG length)
{
	return NdisMAllocateSharedMemoryAsyncEx(fx.dma, length, TRUE, &fx.done[i]);
}

static inline void ask_for(unsigned int n, ULONG length)
{
	fx.nr_wanted = n;
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(ask(i, length), NDIS_STATUS_PENDING);
	NdisWaitEvent(&fx.all_done, 0);
}

static inline void give_back(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (fx.done[i].va != NULL)
			NdisMFreeSharedMemory(fx.adapter, fx.done[i].length, TRUE, fx.done[i].va,
					      fx.done[i].pa);
	}
}

#endif
