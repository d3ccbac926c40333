/* SPDX-License-Identifier: MIT */
/* The host's rules (R-numbers) for all but memory and frames, seen by a small miniport of NDIS 6.
 */
#include "tests/driver/ndis6_bench.h"

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
		cmocka_unit_test(dma_registration_checks_its_description),
		cmocka_unit_test(driver_of_ndis_5_registers_elsewhere),
		cmocka_unit_test(driver_without_its_functions_is_refused),
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
