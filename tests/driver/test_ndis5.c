/* SPDX-License-Identifier: MIT */
/* The NDIS 5 contract of registration, an adapter's life and interrupts (R-numbers). */
#include "tests/driver/ndis5_bench.h"

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
		cmocka_unit_test(interrupt_is_not_deregistered_by_its_dpc),
		cmocka_unit_test(handler_and_what_is_synchronized_with_it_do_not_overlap),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
