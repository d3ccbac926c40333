/* SPDX-License-Identifier: MIT */
/* The host's rules (R-numbers) for shared memory, seen by a small miniport of NDIS 6. */
#include "tests/driver/ndis6_bench.h"

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
		cmocka_unit_test(memory_left_at_halt_is_reported_and_reclaimed),
		cmocka_unit_test(request_left_pending_at_halt_is_reported_and_never_completes),
		cmocka_unit_test(failed_initialize_leaves_nothing_behind),
		cmocka_unit_test(device_access_to_freed_memory_is_reported),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
