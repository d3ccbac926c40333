/* SPDX-License-Identifier: MIT */
/* The host's rules (R-numbers), seen by a small miniport that the tests speak for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/ndis/host.h"
#include "driver/nic/nic.h"
#include "tests/driver/recorder.h"

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

static VOID complete(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
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

static NDIS_SG_DMA_DESCRIPTION description(void)
{
	return (NDIS_SG_DMA_DESCRIPTION){
		.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1,
			   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
		.Flags = NDIS_SG_DMA_64_BIT_ADDRESS,
		.MaximumPhysicalMapping = 65536,
		.SharedMemAllocateCompleteHandler = complete,
	};
}

static void set_attributes(NDIS_HANDLE handle, ULONG flags)
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

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE context,
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

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
	if (base_va != NULL)
		NdisMFreeSharedMemory(fx.adapter, 10000, TRUE, base_va, base_pa);
	if (fx.keeps_dma)
		return;
	NdisMDeregisterScatterGatherDma(fx.dma);
	if (fx.late_answer != 0)
		fx.late_answer = NdisMAllocateSharedMemoryAsyncEx(fx.dma, 64, TRUE, NULL);
}

static NDIS_STATUS pause_adapter(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	return NDIS_STATUS_SUCCESS;
}

static VOID return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		fx.returned[fx.nr_returned++] = chain;
}

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
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

static void begin_unstarted(const char *lead, const char *fail)
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

static void begin(const char *lead, const char *fail)
{
	begin_unstarted(lead, fail);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
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

static NDIS_STATUS ask(unsigned int i, ULONG length)
{
	return NdisMAllocateSharedMemoryAsyncEx(fx.dma, length, TRUE, &fx.done[i]);
}

static void ask_for(unsigned int n, ULONG length)
{
	fx.nr_wanted = n;
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(ask(i, length), NDIS_STATUS_PENDING);
	NdisWaitEvent(&fx.all_done, 0);
}

static void give_back(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (fx.done[i].va != NULL)
			NdisMFreeSharedMemory(fx.adapter, fx.done[i].length, TRUE, fx.done[i].va,
					      fx.done[i].pa);
	}
}

/* --- request and completion ------------------------------------------------------------------- */

/* R1, R5, R7, R10, R12, R16, P10 */
static void pending_request_gets_exactly_one_completion(void **state)
{
	begin("uniform:min=0ms,max=3ms", NULL);
	ask_for(REQUESTS, 5000);
	ndis_host_flush();
	for (unsigned int i = 0; i < REQUESTS; i++) {
		assert_int_equal(fx.done[i].times, 1);
		assert_ptr_equal(fx.done[i].adapter_context, &fx);
		assert_non_null(fx.done[i].va);
		assert_int_equal(fx.done[i].length, 5000);
		assert_int_equal(fx.done[i].irql, PASSIVE_LEVEL);
		assert_false(fx.done[i].on_requesting_thread);
	}
	give_back(REQUESTS);
	assert_int_equal(counts().completed, REQUESTS);
	assert_int_equal(counts().pending, 0);
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* R5, P8: the completion wants a lock that the requesting thread holds. */
static void request_may_be_made_under_a_lock_that_its_completion_takes(void **state)
{
	static const char *const faults[] = {NULL, "early:p=1"};

	for (size_t i = 0; i < ARRAYSIZE(faults); i++) {
		begin("fixed:0ms", faults[i]);
		fx.nr_wanted = 1;
		pthread_mutex_lock(&fx.mutex);
		assert_int_equal(ask(0, 64), NDIS_STATUS_PENDING);
		assert_int_equal(fx.done[0].times, 0);
		pthread_mutex_unlock(&fx.mutex);
		NdisWaitEvent(&fx.all_done, 0);
		give_back(1);
		end();
		assert_int_equal(ndis_violations(), 0);
	}
}

/* R11: who kept the pointer finds another value than the block's. */
static void shown_address_is_spoilt_after_the_completion(void **state)
{
	enum { FEW = 4 };

	begin("fixed:0ms", NULL);
	ask_for(FEW, 64);
	ndis_host_flush();
	for (unsigned int i = 0; i < FEW; i++) {
		const NDIS_PHYSICAL_ADDRESS *kept = fx.done[i].shown_pa;

		assert_non_null(kept);
		assert_int_not_equal(kept->QuadPart, fx.done[i].pa.QuadPart);
	}
	give_back(FEW);
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* R59, P15: also at DISPATCH_LEVEL nothing is put off, so both sides count the same. */
static void freed_memory_is_back_when_the_call_returns(void **state)
{
	uint64_t before, peak;
	KIRQL old;

	begin("fixed:0ms", NULL);
	before = counts().bytes_live;
	ask_for(8, 5000);
	peak = counts().bytes_peak;
	assert_int_equal(peak, before + 8 * 5000);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	give_back(8);
	assert_int_equal(counts().bytes_live, before);
	KeLowerIrql(old);
	fx.nr_done = 0;
	NdisResetEvent(&fx.all_done);
	ask_for(8, 5000);
	assert_int_equal(counts().bytes_peak, peak);
	give_back(8);
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* R15 */
static void completions_come_in_any_order(void **state)
{
	bool out_of_order = false;

	begin("uniform:min=0ms,max=3ms", NULL);
	ask_for(REQUESTS, 64);
	for (unsigned int i = 1; i < REQUESTS; i++)
		out_of_order |= fx.done[i].order < fx.done[i - 1].order;
	assert_true(out_of_order);
	give_back(REQUESTS);
	end();
}

/* R2 */
static void refused_request_gets_no_completion(void **state)
{
	begin("fixed:0ms", "refuse:p=1");
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ask(0, 4096), NDIS_STATUS_FAILURE);
	ndis_host_flush();
	assert_int_equal(fx.done[0].times, 0);
	assert_int_equal(counts().pending, 0);
	assert_int_equal(counts().refused, 1000);
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* It is in the books as any refusal is (R57). */
static void request_for_no_bytes_is_refused_and_counted(void **state)
{
	begin("fixed:0ms", NULL);
	assert_int_equal(ask(0, 0), NDIS_STATUS_INVALID_PARAMETER);
	ndis_host_flush();
	assert_int_equal(fx.done[0].times, 0);
	assert_int_equal(counts().requests, 1);
	assert_int_equal(counts().refused, 1);
	assert_int_equal(counts().pending, 0);
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* R3 */
static void refusal_is_not_for_ever(void **state)
{
	unsigned int accepted = 0;

	begin("fixed:0ms", "refuse:p=0.5");
	fx.nr_wanted = REQUESTS;
	for (int i = 0; i < 100000 && accepted < REQUESTS; i++)
		accepted += ask(accepted, 64) == NDIS_STATUS_PENDING;
	assert_int_equal(accepted, REQUESTS);
	NdisWaitEvent(&fx.all_done, 0);
	give_back(REQUESTS);
	assert_true(counts().refused > 0);
	end();
}

/* R8, R9 */
static void failed_completion_shows_null_and_either_form_of_address(void **state)
{
	unsigned int nulls = 0;

	begin("fixed:0ms", "null:p=1");
	ask_for(REQUESTS, 777);
	for (unsigned int i = 0; i < REQUESTS; i++) {
		assert_int_equal(fx.done[i].times, 1);
		assert_null(fx.done[i].va);
		assert_int_equal(fx.done[i].length, 777);
		nulls += fx.done[i].shown_pa == NULL;
	}
	assert_int_equal(nulls, REQUESTS / 2);
	assert_int_equal(counts().completed_null, REQUESTS);
	assert_int_equal(counts().blocks_live, 1); /* the base block */
	end();
}

/* R14 */
static void request_above_dispatch_is_refused_and_reported(void **state)
{
	KIRQL old;

	begin("fixed:0ms", NULL);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	fx.nr_wanted = 1;
	assert_int_equal(ask(0, 64), NDIS_STATUS_PENDING);
	KeRaiseIrql(DEVICE_LEVEL, &old);
	assert_int_equal(ask(1, 64), NDIS_STATUS_FAILURE);
	KeLowerIrql(PASSIVE_LEVEL);
	NdisWaitEvent(&fx.all_done, 0);
	give_back(1);
	end();
	assert_only_broken(14);
}

/* R17 */
static void request_without_a_completion_function_is_refused_and_reported(void **state)
{
	begin_unstarted("fixed:0ms", NULL);
	fx.has_no_completion = true;
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(ask(0, 64), NDIS_STATUS_FAILURE);
	end();
	assert_only_broken(17);
}

/* R22 */
static void request_without_a_live_dma_handle_is_refused_and_reported(void **state)
{
	begin("fixed:0ms", NULL);
	assert_int_equal(NdisMAllocateSharedMemoryAsyncEx(NULL, 64, TRUE, NULL),
			 NDIS_STATUS_FAILURE);
	fx.late_answer = NDIS_STATUS_PENDING;
	end();
	assert_int_equal(fx.late_answer, NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(22), 2);
	assert_int_equal(ndis_violations(), 2);
}

/* R19 */
static void request_with_the_adapter_handle_is_refused_and_reported(void **state)
{
	begin("fixed:0ms", NULL);
	assert_int_equal(NdisMAllocateSharedMemoryAsyncEx(fx.adapter, 64, TRUE, NULL),
			 NDIS_STATUS_FAILURE);
	end();
	assert_only_broken(19);
}

/* R26 */
static void cached_makes_no_difference(void **state)
{
	for (BOOLEAN cached = FALSE; cached <= TRUE; cached++) {
		begin("fixed:0ms", "null:p=0.5");
		fx.nr_wanted = REQUESTS;
		for (unsigned int i = 0; i < REQUESTS; i++)
			assert_int_equal(
				NdisMAllocateSharedMemoryAsyncEx(fx.dma, 64, cached, &fx.done[i]),
				NDIS_STATUS_PENDING);
		NdisWaitEvent(&fx.all_done, 0);
		assert_int_equal(counts().bytes_uncached, 0);
		/* The seed is the same, and so is what fails. */
		static bool failed[REQUESTS];
		for (unsigned int i = 0; i < REQUESTS; i++) {
			if (cached)
				assert_int_equal(failed[i], fx.done[i].va == NULL);
			failed[i] = fx.done[i].va == NULL;
			if (fx.done[i].va != NULL)
				NdisMFreeSharedMemory(fx.adapter, 64, cached, fx.done[i].va,
						      fx.done[i].pa);
		}
		end();
		assert_int_equal(ndis_violations(), 0);
	}
}

static void granted_memory_is_what_the_device_reaches(void **state)
{
	begin("fixed:0ms", NULL);
	ask_for(1, 9000);
	assert_int_equal(dma_write(fx.space, bus_addr((uint64_t)fx.done[0].pa.QuadPart + 8990),
				   "written", 8),
			 0);
	assert_string_equal((char *)fx.done[0].va + 8990, "written");
	give_back(1);
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* --- giving back ------------------------------------------------------------------------------ */

/* R19 */
static void free_with_the_dma_handle_is_reported(void **state)
{
	begin("fixed:0ms", NULL);
	ask_for(1, 4096);
	NdisMFreeSharedMemory(fx.dma, 4096, TRUE, fx.done[0].va, fx.done[0].pa);
	end();
	assert_only_broken(19);
}

/* R20 */
static void free_with_another_argument_is_reported(void **state)
{
	NDIS_PHYSICAL_ADDRESS wrong;

	for (int argument = 0; argument < 4; argument++) {
		begin("fixed:0ms", NULL);
		ask_for(1, 10000);
		wrong = fx.done[0].pa;
		wrong.QuadPart += argument == 2 ? 64 : 0;
		NdisMFreeSharedMemory(fx.adapter, argument == 0 ? 9999 : 10000,
				      argument == 1 ? FALSE : TRUE,
				      (PUCHAR)fx.done[0].va + (argument == 3 ? 64 : 0), wrong);
		assert_int_equal(counts().blocks_live, 1); /* what was meant is clear */
		end();
		assert_only_broken(20);
	}
}

/* R21 */
static void double_partial_and_unknown_free_are_reported(void **state)
{
	NDIS_PHYSICAL_ADDRESS part;
	int local;

	begin("fixed:0ms", NULL);
	ask_for(1, 4096);
	give_back(1);
	give_back(1); /* twice */
	part = base_pa;
	part.QuadPart += 64;
	NdisMFreeSharedMemory(fx.adapter, 64, TRUE, (PUCHAR)base_va + 64, part);
	NdisMFreeSharedMemory(fx.adapter, 4, TRUE, &local, part);
	assert_int_equal(counts().blocks_live, 1);
	end();
	assert_int_equal(times_broken(21), 3);
	assert_int_equal(ndis_violations(), 3);
}

/* R24 */
static void free_above_dispatch_is_reported(void **state)
{
	KIRQL old;

	begin("fixed:0ms", NULL);
	KeRaiseIrql(DEVICE_LEVEL, &old);
	NdisMFreeSharedMemory(fx.adapter, 10000, TRUE, base_va, base_pa);
	KeLowerIrql(old);
	end();
	assert_only_broken(24);
}

/* R23 */
static void synchronous_call_outside_initialize_is_reported(void **state)
{
	NDIS_PHYSICAL_ADDRESS pa;
	PVOID va = &pa;
	KIRQL old;

	begin("fixed:0ms", NULL);
	NdisMAllocateSharedMemory(fx.adapter, 64, TRUE, &va, &pa);
	assert_int_equal(times_broken(23), 1);
	NdisMFreeSharedMemory(fx.adapter, 64, TRUE, va, pa);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	va = &pa; /* poisoned: the call must say NULL */
	NdisMAllocateSharedMemory(fx.adapter, 64, TRUE, &va, &pa);
	KeLowerIrql(old);
	assert_null(va);
	end();
	assert_int_equal(times_broken(23), 2);
}

/* --- registration ----------------------------------------------------------------------------- */

/* R25 */
static void dma_registration_checks_its_description(void **state)
{
	NDIS_SG_DMA_DESCRIPTION good = description(), d;
	NDIS_HANDLE handle;

	begin_unstarted("fixed:0ms", NULL);
	d = good;
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &handle),
			 NDIS_STATUS_NOT_SUPPORTED); /* nobody said bus master */
	set_attributes(fx.adapter, NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER);
	d.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &handle),
			 NDIS_STATUS_INVALID_PARAMETER);
	d = good;
	d.Header.Revision = 0;
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &handle),
			 NDIS_STATUS_BAD_VERSION);
	d = good;
	d.Header.Size = 35;
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &handle),
			 NDIS_STATUS_INVALID_PARAMETER);
	d = good;
	d.Header.Size = sizeof(d); /* as many drivers have it */
	d.ScatterGatherListSize = 0;
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &handle),
			 NDIS_STATUS_SUCCESS);
	assert_int_not_equal(d.ScatterGatherListSize, 0);
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &good, &fx.dma),
			 NDIS_STATUS_RESOURCES);
	NdisMDeregisterScatterGatherDma(handle);
	assert_int_equal(ndis_violations(), 0);
	end_halted();
}

static NTSTATUS incomplete_entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1, sizeof(c)},
		.MajorNdisVersion = 6,
		.InitializeHandlerEx = initialize,
	};
	NDIS_HANDLE handle;

	return NdisMRegisterMiniportDriver(object, path, NULL, &c, &handle);
}

static NTSTATUS old_entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1, sizeof(c)},
		.MajorNdisVersion = 5,
		.MinorNdisVersion = 1,
		.InitializeHandlerEx = initialize,
		.HaltHandlerEx = halt,
		.PauseHandler = pause_adapter,
		.RestartHandler = restart,
		.ReturnNetBufferListsHandler = return_lists,
	};
	NDIS_HANDLE handle;

	return NdisMRegisterMiniportDriver(object, path, NULL, &c, &handle);
}

static void driver_of_ndis_5_registers_elsewhere(void **state)
{
	struct ndis_driver *driver;

	begin("fixed:0ms", NULL);
	assert_int_equal(ndis_driver_load(old_entry, &driver), NDIS_STATUS_BAD_VERSION);
	assert_null(driver);
	end();
}

static void driver_without_its_functions_is_refused(void **state)
{
	struct ndis_driver *driver;

	begin("fixed:0ms", NULL);
	assert_int_equal(ndis_driver_load(incomplete_entry, &driver),
			 NDIS_STATUS_BAD_CHARACTERISTICS);
	assert_null(driver);
	end();
}

/* --- halt ------------------------------------------------------------------------------------- */

/* R50 */
static void memory_left_at_halt_is_reported_and_reclaimed(void **state)
{
	begin("fixed:0ms", NULL);
	ask_for(2, 64);
	fx.keeps_dma = true;
	end();
	assert_int_equal(times_broken(50), 2);
	assert_int_equal(times_broken(48), 1); /* DMA left registered */
}

/* R18 */
static void request_left_pending_at_halt_is_reported_and_never_completes(void **state)
{
	begin("fixed:1h", NULL);
	assert_int_equal(ask(0, 64), NDIS_STATUS_PENDING);
	fx.keeps_dma = true;
	end();
	assert_int_equal(times_broken(18), 1);
	assert_int_equal(fx.done[0].times, 0);
}

/* R53 */
static void failed_initialize_leaves_nothing_behind(void **state)
{
	begin_unstarted("fixed:0ms", NULL);
	fx.fails_to_start = true;
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_RESOURCES);
	assert_int_equal(times_broken(53), 1); /* the base block: this miniport forgot it */
	assert_int_equal(counts().blocks_live, 0);
	NdisMDeregisterScatterGatherDma(fx.dma);
	end_halted();
}

/* R35 */
static void device_access_to_freed_memory_is_reported(void **state)
{
	begin("fixed:0ms", NULL);
	ask_for(1, 4096);
	give_back(1);
	dma_write(fx.space, bus_addr((uint64_t)fx.done[0].pa.QuadPart), "late", 4);
	end();
	assert_only_broken(35);
}

/* --- frames ----------------------------------------------------------------------------------- */

static PNET_BUFFER_LIST kept[8];
static unsigned int nr_kept;

static void keep_chain(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
		       ULONG flags)
{
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		kept[nr_kept++] = chain;
}

static NDIS_HANDLE nbl_pool;
static MDL mdl;

static PNET_BUFFER_LIST make_chain(unsigned int n)
{
	NET_BUFFER_LIST_POOL_PARAMETERS p = {.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(p)},
					     .fAllocateNetBuffer = TRUE};
	struct ndis_protocol protocol = {keep_chain, NULL};
	PNET_BUFFER_LIST chain = NULL;

	nr_kept = 0;
	ndis_adapter_bind(fx.adapter, &protocol);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	nbl_pool = NdisAllocateNetBufferListPool(fx.adapter, &p);
	for (; n > 0; n--) {
		PNET_BUFFER_LIST nbl =
			NdisAllocateNetBufferAndNetBufferList(nbl_pool, 0, 0, &mdl, 0, 60);

		NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
		chain = nbl;
	}
	return chain;
}

static void free_kept(void)
{
	for (unsigned int i = 0; i < nr_kept; i++)
		NdisFreeNetBufferList(kept[i]);
	NdisFreeNetBufferListPool(nbl_pool);
}

/* R45, R47 */
static void indicated_chain_comes_back_through_the_return_function(void **state)
{
	begin("fixed:0ms", NULL);
	NdisMIndicateReceiveNetBufferLists(fx.adapter, make_chain(3), 0, 3, 0);
	assert_int_equal(nr_kept, 3);
	assert_int_equal(counts().indicated, 3);
	NET_BUFFER_LIST_NEXT_NBL(kept[0]) = NULL;
	NdisReturnNetBufferLists(fx.adapter, kept[0], 0);
	assert_int_equal(counts().indicated, 2);
	NdisReturnNetBufferLists(fx.adapter, kept[1], 0);
	assert_int_equal(fx.nr_returned, 3);
	assert_int_equal(counts().indicated, 0);
	free_kept();
	end();
	assert_int_equal(ndis_violations(), 0);
}

/* R44 */
static void resources_chain_is_the_miniports_again_at_once(void **state)
{
	begin("fixed:0ms", NULL);
	NdisMIndicateReceiveNetBufferLists(fx.adapter, make_chain(2), 0, 2,
					   NDIS_RECEIVE_FLAGS_RESOURCES);
	assert_int_equal(counts().indicated, 0);
	assert_int_equal(fx.nr_returned, 0);
	free_kept(); /* allowed: it is at home */
	end();
	assert_int_equal(ndis_violations(), 0);
}

static void keep_and_return(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
			    ULONG flags)
{
	keep_chain(ctx, binding, chain, count, flags);
	NdisReturnNetBufferLists(binding, chain, 0);
}

/* R44 */
static void returning_a_resources_chain_is_reported(void **state)
{
	struct ndis_protocol wrong = {keep_and_return, NULL};
	PNET_BUFFER_LIST chain;

	begin("fixed:0ms", NULL);
	chain = make_chain(1);
	ndis_adapter_bind(fx.adapter, &wrong);
	NdisMIndicateReceiveNetBufferLists(fx.adapter, chain, 0, 1, NDIS_RECEIVE_FLAGS_RESOURCES);
	free_kept();
	end();
	assert_only_broken(44);
}

/* R61 */
static void returning_a_list_twice_is_reported(void **state)
{
	begin("fixed:0ms", NULL);
	NdisMIndicateReceiveNetBufferLists(fx.adapter, make_chain(1), 0, 1, 0);
	NdisReturnNetBufferLists(fx.adapter, kept[0], 0);
	NdisReturnNetBufferLists(fx.adapter, kept[0], 0);
	assert_int_equal(fx.nr_returned, 1); /* the miniport does not get it a second time */
	free_kept();
	end();
	assert_only_broken(61);
}

/* R43, R45 */
static void misuse_of_lists_is_reported(void **state)
{
	begin("fixed:0ms", NULL);
	NdisMIndicateReceiveNetBufferLists(fx.adapter, make_chain(1), 0, 2, 0);
	assert_int_equal(times_broken(43), 1); /* a wrong count */
	NdisMIndicateReceiveNetBufferLists(fx.adapter, kept[0], 0, 1, 0);
	assert_int_equal(times_broken(45), 1); /* indicated while it is out */
	nr_kept = 1;
	free_kept();
	assert_int_equal(times_broken(45), 2); /* freed while it is out */
	end();
}

/* --- the interface as published --------------------------------------------------------------- */

/* Seed 000 declares and defines a completion function in just this way. */
MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE MySharedMemoryAllocateComplete;

_Use_decl_annotations_ VOID MySharedMemoryAllocateComplete(NDIS_HANDLE MiniportAdapterContext,
							   PVOID VirtualAddress,
							   PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
							   ULONG Length, PVOID Context)
{
}

static void published_names_have_their_published_values(void **state)
{
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE_HANDLER handler = MySharedMemoryAllocateComplete;
	NDIS_PHYSICAL_ADDRESS pa = NDIS_PHYSICAL_ADDRESS_CONST(0x89abcdef, 0x1234567);

	assert_non_null(handler);
	assert_int_equal(pa.QuadPart, 0x0123456789abcdef);
	NdisSetPhysicalAddressHigh(pa, 1);
	assert_int_equal(NdisGetPhysicalAddressLow(pa), 0x89abcdef);
	assert_int_equal(pa.QuadPart, 0x189abcdef);
	assert_int_equal(NDIS_STATUS_PENDING, 0x103);
	assert_int_equal((uint32_t)NDIS_STATUS_FAILURE, 0xC0000001);
	assert_int_equal((uint32_t)NDIS_STATUS_RESOURCES, 0xC000009A);
	assert_int_equal((uint32_t)NDIS_STATUS_NOT_SUPPORTED, 0xC00000BB);
	assert_int_equal((uint32_t)NDIS_STATUS_BAD_VERSION, 0xC0010004);
	assert_int_equal((uint32_t)NDIS_STATUS_PAUSED, 0xC023002A);
	assert_int_equal(sizeof(NDIS_STATUS), 4);
	assert_int_equal(sizeof(ULONG), 4); /* P33 */
	assert_int_equal(NDIS_RECEIVE_FLAGS_RESOURCES, 2);
	assert_int_equal(NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 0x83);
	assert_int_equal(NdisHaltDeviceSurpriseRemoved, 3);
}

/* --- IRQL, events, timers --------------------------------------------------------------------- */

/* R13 */
static void waiting_at_dispatch_is_reported_and_does_not_block(void **state)
{
	NDIS_EVENT event;
	KIRQL old;

	begin("fixed:0ms", NULL);
	NdisInitializeEvent(&event);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	assert_false(NdisWaitEvent(&event, 0));
	KeLowerIrql(old);
	end();
	assert_int_equal(times_broken(13), 1);
}

static void spin_lock_raises_to_dispatch_and_restores(void **state)
{
	NDIS_SPIN_LOCK outer, inner;

	NdisAllocateSpinLock(&outer);
	NdisAllocateSpinLock(&inner);
	assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
	NdisAcquireSpinLock(&outer);
	NdisAcquireSpinLock(&inner);
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisReleaseSpinLock(&inner);
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisReleaseSpinLock(&outer);
	assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
	NdisFreeSpinLock(&outer);
	NdisFreeSpinLock(&inner);
}

static void wait_ends_when_the_time_is_over_or_the_event_is_set(void **state)
{
	NDIS_EVENT event;

	begin("fixed:0ms", NULL);
	NdisInitializeEvent(&event);
	assert_false(NdisWaitEvent(&event, 1));
	NdisSetEvent(&event);
	assert_true(NdisWaitEvent(&event, 0));
	NdisResetEvent(&event);
	assert_false(NdisWaitEvent(&event, 1));
	end();
}

static struct {
	LONG ticks;
	KIRQL irql;
	NDIS_EVENT third;
} timed;

static VOID on_timer(PVOID one, PVOID context, PVOID two, PVOID three)
{
	timed.irql = KeGetCurrentIrql();
	if (NdisInterlockedIncrement(&timed.ticks) == 3)
		NdisSetEvent(&timed.third);
}

static void timer_repeats_at_dispatch_until_it_is_cancelled(void **state)
{
	NDIS_TIMER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, sizeof(c)},
		.TimerFunction = on_timer,
	};
	LARGE_INTEGER due = {.QuadPart = -10000};
	NDIS_HANDLE timer;
	LONG ticks;

	begin("fixed:0ms", NULL);
	timed.ticks = 0;
	NdisInitializeEvent(&timed.third);
	assert_int_equal(NdisAllocateTimerObject(fx.adapter, &c, &timer), NDIS_STATUS_SUCCESS);
	assert_false(NdisSetTimerObject(timer, due, 1, NULL));
	assert_true(NdisWaitEvent(&timed.third, 0));
	NdisCancelTimerObject(timer);
	KeFlushQueuedDpcs();
	ticks = timed.ticks;
	assert_true(ticks >= 3);
	assert_int_equal(timed.irql, DISPATCH_LEVEL);
	assert_false(NdisCancelTimerObject(timer));
	NdisFreeTimerObject(timer);
	assert_int_equal(timed.ticks, ticks);
	end();
	assert_int_equal(ndis_violations(), 0);
}

static VOID free_the_timer(PVOID one, PVOID context, PVOID two, PVOID three)
{
	NDIS_HANDLE *timer = context;

	NdisCancelTimerObject(*timer);
	NdisFreeTimerObject(*timer);
	NdisFreeTimerObject(*timer); /* it is none any more */
	NdisSetEvent(&timed.third);
}

/* It may be called at up to DISPATCH_LEVEL, where nobody can wait for the function to end. */
static void timer_may_be_freed_by_its_own_function(void **state)
{
	NDIS_TIMER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS, 1, sizeof(c)},
		.TimerFunction = free_the_timer,
	};
	LARGE_INTEGER now = {.QuadPart = 0};
	NDIS_HANDLE timer;

	begin("fixed:0ms", NULL);
	c.FunctionContext = &timer;
	NdisInitializeEvent(&timed.third);
	assert_int_equal(NdisAllocateTimerObject(fx.adapter, &c, &timer), NDIS_STATUS_SUCCESS);
	NdisSetTimerObject(timer, now, 1, NULL);
	assert_true(NdisWaitEvent(&timed.third, 0));
	KeFlushQueuedDpcs();
	assert_false(NdisSetTimerObject(timer, now, 0, NULL));
	end();
	assert_int_equal(ndis_violations(), 0);
}

static void configuration_is_found_by_its_keyword(void **state)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, sizeof(object)}};
	NDIS_STRING here = NDIS_STRING_CONST("PoolLow"), absent = NDIS_STRING_CONST("PoolLo");
	PNDIS_CONFIGURATION_PARAMETER value;
	NDIS_HANDLE configuration;
	NDIS_STATUS status;

	begin("fixed:0ms", NULL);
	assert_int_equal(ndis_adapter_configure(fx.adapter, "PoolLow", 17), 0);
	object.NdisHandle = fx.adapter;
	assert_int_equal(NdisOpenConfigurationEx(&object, &configuration), NDIS_STATUS_SUCCESS);
	NdisReadConfiguration(&status, &value, configuration, &here, NdisParameterInteger);
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	assert_int_equal(value->ParameterData.IntegerData, 17);
	NdisReadConfiguration(&status, &value, configuration, &absent, NdisParameterInteger);
	assert_int_equal(status, NDIS_STATUS_FAILURE);
	NdisCloseConfiguration(configuration);
	end();
}

/* R56 */
static void register_outside_every_window_reads_as_ones_and_is_reported(void **state)
{
	ULONG memory = 0, value;

	begin("fixed:0ms", NULL);
	NdisReadRegisterUlong(&memory, &value);
	assert_int_equal(value, 0xffffffffu);
	end();
	assert_int_equal(times_broken(56), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pending_request_gets_exactly_one_completion),
		cmocka_unit_test(request_may_be_made_under_a_lock_that_its_completion_takes),
		cmocka_unit_test(shown_address_is_spoilt_after_the_completion),
		cmocka_unit_test(freed_memory_is_back_when_the_call_returns),
		cmocka_unit_test(completions_come_in_any_order),
		cmocka_unit_test(refused_request_gets_no_completion),
		cmocka_unit_test(request_for_no_bytes_is_refused_and_counted),
		cmocka_unit_test(refusal_is_not_for_ever),
		cmocka_unit_test(failed_completion_shows_null_and_either_form_of_address),
		cmocka_unit_test(request_above_dispatch_is_refused_and_reported),
		cmocka_unit_test(request_without_a_completion_function_is_refused_and_reported),
		cmocka_unit_test(request_without_a_live_dma_handle_is_refused_and_reported),
		cmocka_unit_test(request_with_the_adapter_handle_is_refused_and_reported),
		cmocka_unit_test(cached_makes_no_difference),
		cmocka_unit_test(granted_memory_is_what_the_device_reaches),
		cmocka_unit_test(free_with_the_dma_handle_is_reported),
		cmocka_unit_test(free_with_another_argument_is_reported),
		cmocka_unit_test(double_partial_and_unknown_free_are_reported),
		cmocka_unit_test(free_above_dispatch_is_reported),
		cmocka_unit_test(synchronous_call_outside_initialize_is_reported),
		cmocka_unit_test(dma_registration_checks_its_description),
		cmocka_unit_test(driver_of_ndis_5_registers_elsewhere),
		cmocka_unit_test(driver_without_its_functions_is_refused),
		cmocka_unit_test(memory_left_at_halt_is_reported_and_reclaimed),
		cmocka_unit_test(request_left_pending_at_halt_is_reported_and_never_completes),
		cmocka_unit_test(failed_initialize_leaves_nothing_behind),
		cmocka_unit_test(device_access_to_freed_memory_is_reported),
		cmocka_unit_test(indicated_chain_comes_back_through_the_return_function),
		cmocka_unit_test(resources_chain_is_the_miniports_again_at_once),
		cmocka_unit_test(returning_a_resources_chain_is_reported),
		cmocka_unit_test(returning_a_list_twice_is_reported),
		cmocka_unit_test(misuse_of_lists_is_reported),
		cmocka_unit_test(published_names_have_their_published_values),
		cmocka_unit_test(waiting_at_dispatch_is_reported_and_does_not_block),
		cmocka_unit_test(spin_lock_raises_to_dispatch_and_restores),
		cmocka_unit_test(wait_ends_when_the_time_is_over_or_the_event_is_set),
		cmocka_unit_test(timer_repeats_at_dispatch_until_it_is_cancelled),
		cmocka_unit_test(timer_may_be_freed_by_its_own_function),
		cmocka_unit_test(configuration_is_found_by_its_keyword),
		cmocka_unit_test(register_outside_every_window_reads_as_ones_and_is_reported),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
