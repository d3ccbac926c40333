/* SPDX-License-Identifier: MIT */
/* The host's rules (R-numbers) for net buffer lists, seen by a small miniport of NDIS 6. */
#include "tests/driver/ndis6_bench.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indicated_chain_comes_back_through_the_return_function),
		cmocka_unit_test(resources_chain_is_the_miniports_again_at_once),
		cmocka_unit_test(returning_a_resources_chain_is_reported),
		cmocka_unit_test(returning_a_list_twice_is_reported),
		cmocka_unit_test(misuse_of_lists_is_reported),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
