/* SPDX-License-Identifier: MIT */
/* The receive ring of the reference driver, and the stack above it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/driver/ring_bench.h"

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
	await_shrunk();
	look();
	assert_int_equal(fx.nr_kept, 6);
	taken = rec_find(POOLSCOPE_EV_RX_TAKE, rec_count(POOLSCOPE_EV_RX_TAKE) - 1);
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
	await_shrunk();
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
	await_shrunk();
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

/* --- what the device is told ------------------------------------------------------------------ */

/* R48 */
static void pause_stops_the_device_and_halt_resets_it(void **state)
{
	begin();
	assert_int_equal(fx.ctrl, NIC_CTRL_RX_ENABLE);
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(fx.ctrl, 0);
	assert_int_equal(real_ops->read(fx.nic, offsetof(struct nic_regs, mask_set)), 0);
	end_paused(NdisHaltDeviceDisabled);
	assert_int_equal(fx.ctrl, NIC_CTRL_RESET);
}

/* R56 */
static void no_register_is_touched_after_a_surprise_removal(void **state)
{
	uint32_t before;

	begin();
	send(3);
	look();
	return_kept();
	ndis_adapter_pause(fx.adapter);
	before = fx.accesses;
	end_paused(NdisHaltDeviceSurpriseRemoved);
	assert_int_equal(fx.accesses, before);
}

/* R56: until somebody says that it is gone, the driver reads ones */
static void registers_of_a_device_that_is_gone_are_no_counts(void **state)
{
	begin();
	send(3);
	look();
	return_kept();
	__atomic_store_n(&fx.goes_at_drops, true, __ATOMIC_SEQ_CST);
	await(POOLSCOPE_EV_TICK, rec_count(POOLSCOPE_EV_TICK) + 2);
	fx.nic->line.raise(fx.nic->line.ctx); /* somebody else's, on the same line */
	look();
	ndis_adapter_pause(fx.adapter);
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceSurpriseRemoved);
	assert_int_equal(rec_count(POOLSCOPE_EV_RX_DROP), 0);
	close_halted();
}

static void shut_down(void)
{
	__atomic_store_n(&fx.is_down, true, __ATOMIC_SEQ_CST);
	ndis_adapter_shut_down(fx.adapter, NdisShutdownPowerOff);
}

/* R48, R55: a shutdown takes no lock, and may come in the middle of a withdrawal */
static void withdrawal_does_not_start_a_device_that_was_shut_down(void **state)
{
	grow();
	__atomic_store_n(&fx.held, shut_down, __ATOMIC_SEQ_CST);
	return_kept();
	await(POOLSCOPE_EV_BLOCK_FREE, 1);
	/* The pool's lock is free again when the withdrawal is over. */
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(fx.ctrl, 0);
	assert_int_equal(fx.started_again, 0);
	__atomic_store_n(&fx.is_down, false, __ATOMIC_SEQ_CST);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(fx.ctrl, NIC_CTRL_RX_ENABLE);
	end();
}

/* --- what the device could not take ----------------------------------------------------------- */

static uint32_t dropped_because(enum poolscope_drop_cause cause)
{
	uint32_t n = 0;

	pthread_mutex_lock(&recorder.mutex);
	for (size_t i = 0; i < recorder.nr_events; i++) {
		if (recorder.events[i].kind == POOLSCOPE_EV_RX_DROP &&
		    recorder.events[i].how == (int)cause)
			n += recorder.events[i].buffers;
	}
	pthread_mutex_unlock(&recorder.mutex);
	return n;
}

static void overrun(void)
{
	send(NIC_FIFO_FRAMES + 2);
}

static void overrun_of_the_held_device_is_counted_as_dropped(void **state)
{
	static const uint32_t never;

	grow();
	__atomic_store_n(&fx.held, overrun, __ATOMIC_SEQ_CST);
	return_kept();
	/* The block is said to be free while the device is still held: its FIFO runs into the ring
	 * when it goes on, and what comes then is to be looked at too. */
	while (__atomic_load_n(&fx.held, __ATOMIC_SEQ_CST) != NULL ||
	       __atomic_load_n(&fx.ctrl, __ATOMIC_SEQ_CST) != NIC_CTRL_RX_ENABLE)
		exec_wait(fx.exec, &never, exec_now_ns(fx.exec) + 1000000);
	look();
	end();
	assert_int_equal(dropped_because(POOLSCOPE_DROP_FIFO), 2);
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.taken +
				 rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped,
			 12 + NIC_FIFO_FRAMES + 2);
}

/* The device says of n slots that wait on the ring that their frames were lost. */
static void spoil(uint32_t n)
{
	const struct rx_ring *ring = &((struct adapter *)fx.adapter->context)->ring;
	struct hw_rx_desc *descs = ring->va;

	for (uint32_t i = 0; i < n; i++) {
		struct hw_rx_desc *desc = &descs[(ring->next + i) & (ring->slots - 1)];

		assert_true(desc->Flags & HW_RX_DONE);
		desc->Flags |= HW_RX_ERROR;
		desc->FrameBytes = 0;
	}
}

/* nic.md 4.2: such slots are used up; their buffers must not be, and frames are what is counted */
static void slots_without_a_frame_are_dropped_and_posted_again(void **state)
{
	begin_with(16, 512);
	for (int round = 0; round < 3; round++) {
		send(8); /* two slots each */
		spoil(16);
		look();
		assert_int_equal(fx.nr_kept, 0);
	}
	send_long(16, 100);
	spoil(3);
	look();
	assert_int_equal(fx.nr_kept, 13);
	end();
	assert_int_equal(dropped_because(POOLSCOPE_DROP_NO_DESCRIPTOR), 3 * 8 + 3);
}

/*
 * R42, R43 (delta 11): frames beyond the reserve are RESOURCES, in the array of the others under
 * NDIS 5 (the host tells the protocols in two calls), in a chain of their own under NDIS 6.
 */
static void frames_below_the_reserve_are_resources_and_come_last(void **state)
{
	const struct rec_event *take;

	begin();
	set_reserve(3);
	send(16);
	look();
	assert_int_equal(fx.nr_kept, 13);
	assert_int_equal(fx.resources, 3);
	assert_int_equal(fx.calls, 2);
	end();
	take = rec_find(POOLSCOPE_EV_RX_TAKE, 0);
	assert_int_equal(take->nr_ids, 16);
	assert_int_equal(take->resources, 3);
	/* R44, R61 */
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.returned, 13);
}

/* R45, R46, R47: while the protocols have some frames, others come and go. */
static void buffers_go_round_while_others_are_held(void **state)
{
	begin();
	send(4);
	look();
	for (int round = 0; round < 50; round++) {
		void *first = fx.kept[0];

		send(3);
		look();
		assert_int_equal(fx.nr_kept, 7);
		assert_ptr_equal(fx.kept[0], first);
		fx.nr_kept = 4;
		kind()->give_back(fx.adapter, fx.kept + 4, 3);
	}
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.taken, 154);
}

/* MiniportReset: what waits on the ring is lost, and known to be; what is out stays out. */
static void reset_starts_the_device_anew(void **state)
{
	begin();
	send(2);
	look();
	send(5);
	adapter_reset(fx.adapter->context);
	assert_int_equal(fx.ctrl, NIC_CTRL_RX_ENABLE);
	send(3);
	look();
	assert_int_equal(fx.nr_kept, 5);
	end();
	assert_int_equal(rec_find(POOLSCOPE_EV_POOL_CLOSE, 0)->totals.dropped, 5);
}

/* R26: what memory is asked for is the record's, too; under NDIS 5 it is what comes. */
static void uncached_memory_is_asked_for_when_it_is_configured(void **state)
{
	struct ndis_memory_counts counts;

	cached = 0;
	grow();
	cached = 1;
	ndis_adapter_counts(fx.adapter, &counts);
	assert_true(counts.bytes_live > 0);
	if (generation == 5)
		assert_true(counts.bytes_uncached > 0 &&
			    counts.bytes_uncached < counts.bytes_live); /* the ring is cached */
	else
		assert_int_equal(counts.bytes_uncached, 0);
	end(); /* and is freed as such: nothing is broken (R20) */
	assert_false(rec_find(POOLSCOPE_EV_ALLOC_REQUEST, 0)->on);
}

static void dpc_goes_on_after_its_budget(void **state)
{
	begin_with(2048, 2048);
	send(1500); /* 16 batches of 64 are 1024 */
	look();
	assert_int_equal(fx.nr_kept, 1500);
	end();
}

/* --- with the stack on top -------------------------------------------------------------------- */

static struct stack *begin_with_stack(const char *hold)
{
	struct ndis_protocol protocol = {.receive = pass_on, .receive_packets = pass_on_packets};
	char why[SPEC_WHY_BYTES];
	struct stack *stack;
	struct draw draw;

	begin_with(512, 2048);
	assert_int_equal(draw_parse(hold, &draw, why), 0);
	stack = stack_open(fx.exec, &draw, SEED);
	assert_non_null(stack);
	fx.stack = stack_protocol(stack);
	ndis_adapter_bind(fx.adapter, &protocol);
	return stack;
}

static uint64_t end_with_stack(struct stack *stack)
{
	struct stack_counts counts;

	uint64_t start_ns = exec_now_ns(fx.exec);

	stack_pause(stack, start_ns + 150000000);
	ndis_adapter_pause(fx.adapter);
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled); /* NDIS 5 waits here */
	assert_true(exec_now_ns(fx.exec) - start_ns < 20000000000);
	stack_count(stack, &counts);
	assert_int_equal(counts.held, 0);
	stack_close(stack);
	close_halted();
	return counts.payload_errors;
}

/* The damaged frame is noticed when it comes and once more when it goes. */
static void stack_notices_a_byte_that_the_wire_changed(void **state)
{
	struct stack *stack = begin_with_stack("fixed:1ms");
	uint8_t frame[100];

	send(2);
	frame_fill(frame, sizeof(frame), SEED, fx.sent++);
	frame[50] ^= 1;
	fx.nic->ops->receive(fx.nic, frame, sizeof(frame));
	send(2);
	look();
	assert_int_equal(end_with_stack(stack), 2);
}

static void stack_notices_a_byte_that_changed_while_it_held_the_frame(void **state)
{
	struct stack *stack = begin_with_stack("fixed:1h");

	send(3);
	look();
	fx.first_payload[40] ^= 1;
	fx.touched++; /* R45: the host sees it, too */
	assert_int_equal(end_with_stack(stack), 1);
}

/* A frame of 80 bytes that are all `letter`; known: it stands in the ledger. */
static void send_foreign(struct ledger *ledger, uint8_t letter, bool known)
{
	uint8_t frame[80];

	memset(frame, letter, sizeof(frame));
	if (known)
		ledger_enter(ledger, frame, sizeof(frame));
	assert_true(fx.nic->ops->receive(fx.nic, frame, sizeof(frame)));
}

/* Lost ones are none; what nobody sent, or what comes too late, is. */
static void stack_holds_foreign_frames_against_the_ledger(void **state)
{
	struct stack *stack = begin_with_stack("fixed:1ms");
	struct ledger *ledger = ledger_open();
	uint8_t lost[80] = {0};

	stack_expect(stack, ledger);
	send_foreign(ledger, 'a', true);
	ledger_enter(ledger, lost, sizeof(lost));
	send_foreign(ledger, 'b', true);
	look();
	send_foreign(ledger, 'c', false);
	send_foreign(ledger, 'a', false);
	look();
	send_foreign(ledger, 'd', true);
	look();
	assert_int_equal(end_with_stack(stack), 2);
	ledger_close(ledger);
}

static void stack_notices_a_changed_byte_of_a_foreign_frame(void **state)
{
	struct stack *stack = begin_with_stack("fixed:1h");
	struct ledger *ledger = ledger_open();

	stack_expect(stack, ledger);
	send_foreign(ledger, 'a', true);
	send_foreign(ledger, 'b', true);
	look();
	fx.first_payload[79] ^= 1;
	assert_int_equal(end_with_stack(stack), 1);
	ledger_close(ledger);
}

static struct {
	unsigned int nr;
	uint8_t letters[8];
} reflected;

static bool note_reflection(void *ctx, const uint8_t *bytes, uint32_t len_bytes)
{
	assert_int_equal(len_bytes, 80);
	if (reflected.nr < sizeof(reflected.letters))
		reflected.letters[reflected.nr] = bytes[79];
	reflected.nr++;
	return true;
}

/* Frames that are due together go back in the order in which they came. */
static void stack_reflects_in_order_when_the_hold_time_is_over(void **state)
{
	struct stack *stack = begin_with_stack("fixed:1h");
	struct ledger *ledger = ledger_open();
	struct stack_counts counts;

	reflected.nr = 0;
	stack_expect(stack, ledger);
	stack_reflect_to(stack, note_reflection, NULL);
	for (uint8_t i = 0; i < 8; i++)
		send_foreign(ledger, (uint8_t)('B' + 2 * i), true); /* not to a group */
	look();
	stack_count(stack, &counts);
	assert_int_equal(counts.held, 8);
	assert_int_equal(counts.reflected, 0);
	assert_int_equal(end_with_stack(stack), 0);
	assert_int_equal(reflected.nr, 8);
	assert_memory_equal(reflected.letters, "BDFHJLNP", 8);
	ledger_close(ledger);
}

/* Also when the last thing that the stack did was to give back a frame in time. */
static void stack_lets_go_of_everything_when_the_grace_is_over(void **state)
{
	struct stack *stack = begin_with_stack("lognormal:median=5ms,p99=1000000h");

	send(6);
	look();
	assert_int_equal(end_with_stack(stack), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_waiting_in_a_freed_block_are_moved),
		cmocka_unit_test(frames_that_find_no_buffer_are_counted_as_dropped),
		cmocka_unit_test(shrinking_needs_no_traffic),
		cmocka_unit_test(paused_adapter_receives_nothing_and_restarts),
		cmocka_unit_test(frames_on_the_ring_at_pause_are_counted_as_dropped),
		cmocka_unit_test(pause_stops_the_device_and_halt_resets_it),
		cmocka_unit_test(no_register_is_touched_after_a_surprise_removal),
		cmocka_unit_test(registers_of_a_device_that_is_gone_are_no_counts),
		cmocka_unit_test(withdrawal_does_not_start_a_device_that_was_shut_down),
		cmocka_unit_test(overrun_of_the_held_device_is_counted_as_dropped),
		cmocka_unit_test(slots_without_a_frame_are_dropped_and_posted_again),
		cmocka_unit_test(frames_below_the_reserve_are_resources_and_come_last),
		cmocka_unit_test(buffers_go_round_while_others_are_held),
		cmocka_unit_test(reset_starts_the_device_anew),
		cmocka_unit_test(uncached_memory_is_asked_for_when_it_is_configured),
		cmocka_unit_test(dpc_goes_on_after_its_budget),
		cmocka_unit_test(stack_notices_a_byte_that_the_wire_changed),
		cmocka_unit_test(stack_notices_a_byte_that_changed_while_it_held_the_frame),
		cmocka_unit_test(stack_holds_foreign_frames_against_the_ledger),
		cmocka_unit_test(stack_notices_a_changed_byte_of_a_foreign_frame),
		cmocka_unit_test(stack_reflects_in_order_when_the_hold_time_is_over),
		cmocka_unit_test(stack_lets_go_of_everything_when_the_grace_is_over),
	};
	int failed = cmocka_run_group_tests_name("NDIS 6", tests, under_ndis6, NULL) +
		     cmocka_run_group_tests_name("NDIS 5", tests, under_ndis5, NULL);

	rec_reset();
	return failed;
}
