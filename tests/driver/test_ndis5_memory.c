/* SPDX-License-Identifier: MIT */
/* The NDIS 5 contract of shared memory (R-numbers), and where it differs from NDIS 6. */
#include "tests/driver/ndis5_bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
