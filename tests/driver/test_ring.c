/* SPDX-License-Identifier: MIT */
/*
 * The receive ring of the reference driver, with a device that interrupts only when it is told to:
 * frames wait on the ring as long as a test wants.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/ndis6.h"
#include "driver/ndis/host.h"
#include "driver/nic/nic.h"
#include "driver/traffic/frame.h"
#include "tests/driver/recorder.h"

#define SEED 5u

static struct {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	uint64_t sent;
	pthread_mutex_t mutex;
	PNET_BUFFER_LIST kept;
	uint32_t nr_kept, resources, damaged;
	uint64_t next_sequence;
} fx;

/* Keeps everything; checks each byte. */
static void receive(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
		    ULONG flags)
{
	pthread_mutex_lock(&fx.mutex);
	for (PNET_BUFFER_LIST nbl = chain, next; nbl != NULL; nbl = next) {
		PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB(nbl);
		uint64_t sequence;

		next = NET_BUFFER_LIST_NEXT_NBL(nbl);
		if (!frame_check(NET_BUFFER_FIRST_MDL(nb)->MappedSystemVa,
				 NET_BUFFER_DATA_LENGTH(nb), SEED, &sequence) ||
		    sequence < fx.next_sequence)
			fx.damaged++;
		else
			fx.next_sequence = sequence + 1;
		if (NDIS_TEST_RECEIVE_CANNOT_PEND(flags)) {
			fx.resources++;
			continue;
		}
		NET_BUFFER_LIST_NEXT_NBL(nbl) = fx.kept;
		fx.kept = nbl;
		fx.nr_kept++;
	}
	pthread_mutex_unlock(&fx.mutex);
}

static void begin(void)
{
	static const struct {
		const char *keyword;
		ULONG value;
	} values[] = {{"PoolBase", 16},	 {"PoolBlock", 8},	{"PoolLow", 4},
		      {"PoolHigh", 20},	 {"PoolLimit", 24},	{"PoolReserve", 0},
		      {"PoolTickMs", 1}, {"PoolShrinkTicks", 2}};
	struct ndis_protocol protocol = {receive, NULL};
	struct ndis_host_config config = {.seed = 1, .lead = {.kind = DRAW_FIXED}};

	rec_reset();
	memset(&fx, 0, sizeof(fx));
	pthread_mutex_init(&fx.mutex, NULL);
	fx.exec = exec_real_open();
	config.exec = fx.exec;
	assert_int_equal(ndis_host_open(&config), 0);
	fx.space = dma_space_open();
	fx.nic = nic_open(fx.space);
	assert_int_equal(ndis_driver_load(DriverEntry, &fx.driver), NDIS_STATUS_SUCCESS);
	fx.adapter = ndis_adapter_open(fx.driver, fx.nic);
	for (size_t i = 0; i < ARRAYSIZE(values); i++)
		ndis_adapter_configure(fx.adapter, values[i].keyword, values[i].value);
	ndis_adapter_bind(fx.adapter, &protocol);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
}

static void return_kept(void)
{
	PNET_BUFFER_LIST chain;

	pthread_mutex_lock(&fx.mutex);
	chain = fx.kept;
	fx.kept = NULL;
	fx.nr_kept = 0;
	pthread_mutex_unlock(&fx.mutex);
	if (chain != NULL)
		NdisReturnNetBufferLists(fx.adapter, chain, 0);
}

static void end(void)
{
	char first[200] = "";
	uint64_t mismatches;

	return_kept();
	ndis_adapter_pause(fx.adapter);
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled);
	mismatches = rec_replay(first);
	if (mismatches != 0)
		print_message("%s\n", first);
	assert_int_equal(mismatches, 0);
	assert_int_equal(ndis_violations(), 0);
	assert_int_equal(dma_space_faults(fx.space), 0);
	assert_int_equal(fx.damaged, 0);
	ndis_adapter_close(fx.adapter);
	ndis_driver_unload(fx.driver);
	ndis_host_close();
	fx.nic->ops->close(fx.nic);
	dma_space_close(fx.space);
	exec_close(fx.exec);
	pthread_mutex_destroy(&fx.mutex);
}

/* Frames reach the ring; no interrupt follows until look() lets the device step. */
static void send(uint32_t n)
{
	uint8_t frame[600];

	while (n-- > 0) {
		frame_fill(frame, sizeof(frame), SEED, fx.sent++);
		fx.nic->ops->receive(fx.nic, frame, sizeof(frame));
	}
}

static void look(void)
{
	ndis_adapter_flush_interrupts(fx.adapter);
}

static size_t count_locked(enum poolscope_event kind)
{
	size_t n;

	pthread_mutex_lock(&recorder.mutex);
	n = rec_count(kind);
	pthread_mutex_unlock(&recorder.mutex);
	return n;
}

/* Looks again now and then until the record holds n events of a kind. */
static void await(enum poolscope_event kind, size_t n)
{
	static const uint32_t never;

	while (count_locked(kind) < n)
		exec_wait(fx.exec, &never, exec_now_ns(fx.exec) + 1000000);
}

/* 12 frames are out, a block of 8 has come: 24 buffers, 12 of them on the ring. */
static void grow(void)
{
	begin();
	send(12);
	look();
	await(POOLSCOPE_EV_ALLOC_COMPLETE, 2);
	assert_int_equal(fx.nr_kept, 12);
}

/* R35, R45: the block goes, the frames in its buffers do not */
static void frames_waiting_in_a_freed_block_are_moved(void **state)
{
	const struct rec_event *taken;

	grow();
	send(6); /* the 4 base buffers on the ring, and 2 of the new block */
	return_kept();
	await(POOLSCOPE_EV_BLOCK_FREE, 1);
	look();
	assert_int_equal(fx.nr_kept, 6);
	taken = rec_find(POOLSCOPE_EV_RX_TAKE, count_locked(POOLSCOPE_EV_RX_TAKE) - 1);
	for (uint32_t i = 0; i < taken->nr_ids; i++)
		assert_true(taken->ids[i] < 16);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 0);
}

static void frames_that_find_no_buffer_are_counted_as_dropped(void **state)
{
	grow();
	return_kept();
	send(24);
	await(POOLSCOPE_EV_BLOCK_FREE, 1);
	look();
	assert_int_equal(fx.nr_kept, 16);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 8);
}

/* P17 */
static void shrinking_needs_no_traffic(void **state)
{
	grow();
	return_kept();
	await(POOLSCOPE_EV_BLOCK_FREE, 1);
	/* What is left is whole and on the ring. */
	send(16);
	look();
	assert_int_equal(fx.nr_kept, 16);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 0);
}

/* R54, P28 */
static void paused_adapter_receives_nothing_and_restarts(void **state)
{
	begin();
	send(3);
	look();
	return_kept();
	ndis_adapter_pause(fx.adapter);
	send(5);
	look();
	assert_int_equal(fx.nr_kept, 0);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	send(4);
	look();
	assert_int_equal(fx.nr_kept, 4);
	end();
}

/* What a pause finds on the ring is lost, and known to be. */
static void frames_on_the_ring_at_pause_are_counted_as_dropped(void **state)
{
	begin();
	send(7);
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_waiting_in_a_freed_block_are_moved),
		cmocka_unit_test(frames_that_find_no_buffer_are_counted_as_dropped),
		cmocka_unit_test(shrinking_needs_no_traffic),
		cmocka_unit_test(paused_adapter_receives_nothing_and_restarts),
		cmocka_unit_test(frames_on_the_ring_at_pause_are_counted_as_dropped),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
