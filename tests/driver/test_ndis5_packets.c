/* SPDX-License-Identifier: MIT */
/* The NDIS 5 contract of packets and their indication (R-numbers). */
#include "tests/driver/ndis5_bench.h"

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
		cmocka_unit_test(ends_of_what_nobody_began_are_reported),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
