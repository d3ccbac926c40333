/* SPDX-License-Identifier: MIT */
/* The DMA address space and the simulated NIC, driven by its registers alone (docs/nic.md). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/miniport/hw.h"
#include "driver/nic/dma.h"
#include "driver/nic/nic.h"
#include "driver/nic/regs.h"
#include "driver/traffic/frame.h"

/* --- address space ---------------------------------------------------------------------------- */

static struct dma_fault last_fault;

static void keep_fault(void *ctx, const struct dma_fault *fault)
{
	last_fault = *fault;
}

static void access_by_bus_address_reaches_the_memory(void **state)
{
	struct dma_space *space = dma_space_open();
	uint8_t memory[8192] = {0}, back[4] = {0};
	bus_addr_t at;

	assert_int_equal(dma_space_map(space, memory, sizeof(memory), false, &at), 0);
	assert_int_equal(at.value % 4096, 0);
	assert_int_equal(dma_write(space, bus_addr_add(at, 5000), "abc", 4), 0);
	assert_string_equal((char *)memory + 5000, "abc");
	assert_int_equal(dma_read(space, bus_addr_add(at, 5000), back, 4), 0);
	assert_memory_equal(back, "abc", 4);
	assert_int_equal(dma_space_faults(space), 0);
	dma_space_close(space);
}

static void access_outside_one_mapping_faults_and_moves_nothing(void **state)
{
	struct dma_space *space = dma_space_open();
	uint8_t memory[4096], poison[16];
	bus_addr_t at;

	memset(memory, 0x11, sizeof(memory));
	memset(poison, 0xee, sizeof(poison));
	assert_int_equal(dma_space_map(space, memory, 100, false, &at), 0);
	assert_int_equal(dma_write(space, bus_addr_add(at, 90), poison, 11), -EFAULT);
	assert_int_equal(dma_write(space, bus_addr(at.value - 1), poison, 2), -EFAULT);
	assert_int_equal(dma_read(space, bus_addr(0), poison, 1), -EFAULT);
	assert_int_equal(dma_read(space, bus_addr_add(at, 8), poison, SIZE_MAX), -EFAULT);
	assert_int_equal(dma_write(space, bus_addr(UINT64_MAX), poison, 16), -EFAULT);
	assert_int_equal(dma_publish(space, bus_addr_add(at, 2), 1), -EFAULT);
	for (size_t i = 0; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0x11);
	assert_int_equal(poison[0], 0xee);
	assert_int_equal(dma_space_faults(space), 6);
	dma_space_close(space);
}

static void access_after_unmap_faults_and_says_so(void **state)
{
	struct dma_space *space = dma_space_open();
	uint8_t memory[64];
	bus_addr_t at, next;

	dma_space_on_fault(space, keep_fault, NULL);
	assert_int_equal(dma_space_map(space, memory, sizeof(memory), false, &at), 0);
	assert_int_equal(dma_space_unmap(space, at), 0);
	assert_int_equal(dma_space_unmap(space, at), -ENOENT);
	/* The next mapping does not hide the mistake by taking the address over. */
	assert_int_equal(dma_space_map(space, memory, sizeof(memory), false, &next), 0);
	assert_int_not_equal(next.value, at.value);
	memset(&last_fault, 0xff, sizeof(last_fault));
	assert_int_equal(dma_write(space, at, "x", 1), -EFAULT);
	assert_int_equal(last_fault.addr.value, at.value);
	assert_int_equal(last_fault.len_bytes, 1);
	assert_int_equal(last_fault.direction, DMA_WRITE);
	assert_true(last_fault.was_mapped);
	dma_write(space, bus_addr(0xff0000000000), "x", 1);
	assert_false(last_fault.was_mapped);
	dma_space_close(space);
}

static void device_of_32_lines_gets_addresses_below_4g(void **state)
{
	struct dma_space *space = dma_space_open();
	static uint8_t memory[1 << 20];
	bus_addr_t at;

	/* More than the window holds one after the other: it comes round. */
	for (int i = 0; i < 9000; i++) {
		assert_int_equal(dma_space_map(space, memory, sizeof(memory), true, &at), 0);
		assert_true(at.value + sizeof(memory) <= 0x100000000);
		assert_int_equal(dma_space_unmap(space, at), 0);
	}
	assert_int_equal(dma_space_map(space, memory, 0, true, &at), -EINVAL);
	assert_int_equal(dma_space_map(space, memory, (size_t)1 << 33, true, &at), -ENOSPC);
	dma_space_close(space);
}

static void mappings_never_overlap(void **state)
{
	enum { N = 300 };
	struct dma_space *space = dma_space_open();
	static uint8_t memory[N][700];
	bus_addr_t at[N];
	uint32_t word;

	for (uint32_t round = 0; round < 4; round++) {
		for (uint32_t i = 0; i < N; i++) {
			if (round > 0 && i % 3 == round - 1)
				assert_int_equal(dma_space_unmap(space, at[i]), 0);
			if (round == 0 || i % 3 == round - 1)
				assert_int_equal(dma_space_map(space, memory[i], 1 + i * 2,
							       i % 2 == 0, &at[i]),
						 0);
		}
		for (uint32_t i = 2; i < N; i++)
			assert_int_equal(dma_write(space, at[i], &i, sizeof(i)), 0);
		for (uint32_t i = 2; i < N; i++) {
			memcpy(&word, memory[i], sizeof(word));
			assert_int_equal(word, i);
		}
	}
	dma_space_close(space);
}

/* --- the NIC ---------------------------------------------------------------------------------- */

#define SLOTS 8u

struct bench {
	struct dma_space *space;
	struct device *nic;
	struct nic_rx_desc ring[SLOTS];
	uint32_t head;
	uint8_t buffers[SLOTS][256];
	bus_addr_t ring_at, head_at, buffers_at;
	unsigned int raised;
};

static void count_raise(void *ctx)
{
	((struct bench *)ctx)->raised++;
}

#define WRITE(b, reg, value) (b)->nic->ops->write((b)->nic, offsetof(struct nic_regs, reg), value)
#define READ(b, reg)	     (b)->nic->ops->read((b)->nic, offsetof(struct nic_regs, reg))

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	b->space = dma_space_open();
	b->nic = nic_open(b->space);
	b->nic->line = (struct irq_line){count_raise, b};
	assert_int_equal(dma_space_map(b->space, b->ring, sizeof(b->ring), false, &b->ring_at), 0);
	assert_int_equal(dma_space_map(b->space, &b->head, sizeof(b->head), false, &b->head_at), 0);
	assert_int_equal(
		dma_space_map(b->space, b->buffers, sizeof(b->buffers), false, &b->buffers_at), 0);
	WRITE(b, rx_base_lo, (uint32_t)b->ring_at.value);
	WRITE(b, rx_base_hi, (uint32_t)(b->ring_at.value >> 32));
	WRITE(b, rx_wb_lo, (uint32_t)b->head_at.value);
	WRITE(b, rx_wb_hi, (uint32_t)(b->head_at.value >> 32));
	WRITE(b, rx_slots, SLOTS);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	b->nic->ops->close(b->nic);
	dma_space_close(b->space);
	free(b);
	return 0;
}

/* Posts n buffers from slot `from` on and lets the device receive. */
static void post(struct bench *b, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++)
		b->ring[i % SLOTS] = (struct nic_rx_desc){
			.buffer = b->buffers_at.value + i % SLOTS * sizeof(b->buffers[0]),
			.buffer_bytes = sizeof(b->buffers[0]),
		};
	WRITE(b, rx_tail, from + n);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
}

static bool receive(struct bench *b, const char *text)
{
	return b->nic->ops->receive(b->nic, text, (uint32_t)strlen(text) + 1);
}

static struct device_counts counts(struct bench *b)
{
	struct device_counts c;

	b->nic->ops->count(b->nic, &c);
	return c;
}

static void both_sides_agree_on_the_layout(void **state)
{
	assert_int_equal(sizeof(struct hw_regs), sizeof(struct nic_regs));
	assert_int_equal(sizeof(struct hw_rx_desc), sizeof(struct nic_rx_desc));
	assert_int_equal(offsetof(struct hw_regs, Cause), offsetof(struct nic_regs, cause));
	assert_int_equal(offsetof(struct hw_regs, MaskSet), offsetof(struct nic_regs, mask_set));
	assert_int_equal(offsetof(struct hw_regs, MaskClear),
			 offsetof(struct nic_regs, mask_clear));
	assert_int_equal(offsetof(struct hw_regs, Drops), offsetof(struct nic_regs, drops));
	assert_int_equal(offsetof(struct hw_regs, FifoDrops),
			 offsetof(struct nic_regs, fifo_drops));
	assert_int_equal(offsetof(struct hw_regs, RxTail), offsetof(struct nic_regs, rx_tail));
	assert_int_equal(offsetof(struct hw_regs, RxHead), offsetof(struct nic_regs, rx_head));
	assert_int_equal(offsetof(struct hw_regs, RxWbHigh), offsetof(struct nic_regs, rx_wb_hi));
	assert_int_equal(offsetof(struct hw_regs, CauseSet), offsetof(struct nic_regs, cause_set));
	assert_int_equal(offsetof(struct hw_rx_desc, FrameBytes),
			 offsetof(struct nic_rx_desc, frame_bytes));
	assert_int_equal(HW_CTRL_RX_HOLD, NIC_CTRL_RX_HOLD);
	assert_int_equal(HW_CTRL_RX_ENABLE, NIC_CTRL_RX_ENABLE);
	assert_int_equal(HW_CTRL_RESET, NIC_CTRL_RESET);
	assert_int_equal(HW_STATUS_RX_IDLE, NIC_STATUS_RX_IDLE);
	assert_int_equal(HW_CAUSES, NIC_CAUSE_RX | NIC_CAUSE_DROP | NIC_CAUSE_FAULT);
	assert_int_equal(HW_RX_DONE, NIC_RX_DONE);
	assert_int_equal(HW_RX_ERROR, NIC_RX_ERROR);
	assert_int_equal(HW_RX_END, NIC_RX_END);
	assert_int_equal(HW_RX_FRAME_SLOTS, NIC_RX_FRAME_SLOTS);
	assert_int_equal(HW_FRAME_BYTES, NIC_FRAME_BYTES);
	assert_int_equal(FRAME_MAX_BYTES, NIC_FRAME_BYTES);
	assert_int_equal(HW_RX_SLOTS_MAX, NIC_RX_SLOTS_MAX);
}

static void frame_is_stored_announced_and_interrupts(void **state)
{
	struct bench *b = *state;

	post(b, 0, 2);
	WRITE(b, mask_set, NIC_CAUSE_RX);
	assert_true(receive(b, "hello"));
	assert_string_equal((char *)b->buffers[0], "hello");
	assert_int_equal(b->ring[0].frame_bytes, 6);
	assert_int_equal(b->ring[0].flags, NIC_RX_DONE | NIC_RX_END);
	assert_int_equal(b->head, 1);
	assert_int_equal(READ(b, rx_head), 1);
	assert_int_equal(b->raised, 0); /* moderated until the next step */
	b->nic->ops->step(b->nic);
	assert_int_equal(b->raised, 1);
	assert_int_equal(READ(b, cause), NIC_CAUSE_RX);
	assert_int_equal(READ(b, cause), 0);
}

static void masked_cause_raises_the_line_when_unmasked(void **state)
{
	struct bench *b = *state;

	post(b, 0, 1);
	receive(b, "x");
	b->nic->ops->step(b->nic);
	assert_int_equal(b->raised, 0);
	WRITE(b, mask_set, NIC_CAUSE_RX);
	assert_int_equal(b->raised, 1);
	WRITE(b, mask_clear, NIC_CAUSE_RX);
	b->nic->ops->step(b->nic);
	assert_int_equal(b->raised, 1);
}

/* nic.md 2.7 */
static void cause_that_is_set_interrupts_as_if_it_had_happened(void **state)
{
	struct bench *b = *state;

	WRITE(b, cause_set, NIC_CAUSE_RX);
	assert_int_equal(b->raised, 0);
	WRITE(b, mask_set, NIC_CAUSE_RX);
	assert_int_equal(b->raised, 1);
	assert_int_equal(READ(b, cause), NIC_CAUSE_RX);
	WRITE(b, cause_set, 0xffffffff);
	assert_int_equal(b->raised, 2);
	assert_int_equal(READ(b, cause), NIC_CAUSE_RX | NIC_CAUSE_DROP | NIC_CAUSE_FAULT);
	assert_int_equal(READ(b, cause_set), 0);
}

static void empty_ring_drops_and_counts(void **state)
{
	struct bench *b = *state;

	post(b, 0, 1);
	assert_true(receive(b, "a"));
	assert_false(receive(b, "b"));
	assert_int_equal(READ(b, drops), 1);
	assert_int_equal(counts(b).no_descriptor, 1);
	assert_int_equal(b->head, 1);
	assert_true(READ(b, cause) & NIC_CAUSE_DROP);
}

static void ring_indices_run_free_over_the_end(void **state)
{
	struct bench *b = *state;
	char text[16];

	post(b, 0, SLOTS);
	for (uint32_t i = 0; i < 5 * SLOTS; i++) {
		snprintf(text, sizeof(text), "frame %u", i);
		assert_true(receive(b, text));
		assert_string_equal((char *)b->buffers[i % SLOTS], text);
		post(b, i + SLOTS, 1);
	}
	assert_int_equal(b->head, 5 * SLOTS);
}

static void fill(uint8_t *frame, uint32_t len_bytes)
{
	for (uint32_t i = 0; i < len_bytes; i++)
		frame[i] = (uint8_t)(i * 7 + i / 256);
}

/* 4.1, 4.2: also over the ring's end, into buffers of different rooms */
static void frame_longer_than_a_buffer_goes_into_several(void **state)
{
	struct bench *b = *state;
	uint8_t frame[600];

	fill(frame, sizeof(frame));
	post(b, 0, SLOTS);
	for (uint32_t i = 0; i < SLOTS - 1; i++)
		assert_true(receive(b, "x"));
	post(b, SLOTS, 3);
	b->ring[0].buffer_bytes = 100;
	assert_true(b->nic->ops->receive(b->nic, frame, sizeof(frame)));
	assert_memory_equal(b->buffers[SLOTS - 1], frame, 256);
	assert_memory_equal(b->buffers[0], frame + 256, 100);
	assert_memory_equal(b->buffers[1], frame + 356, 244);
	assert_int_equal(b->ring[SLOTS - 1].frame_bytes, 256);
	assert_int_equal(b->ring[0].frame_bytes, 100);
	assert_int_equal(b->ring[1].frame_bytes, 244);
	assert_int_equal(b->ring[SLOTS - 1].flags, NIC_RX_DONE);
	assert_int_equal(b->ring[0].flags, NIC_RX_DONE);
	assert_int_equal(b->ring[1].flags, NIC_RX_DONE | NIC_RX_END);
	assert_int_equal(b->head, SLOTS + 2);
	assert_int_equal(counts(b).stored, SLOTS);
	assert_true(receive(b, "next"));
	assert_string_equal((char *)b->buffers[2], "next");
}

static void frame_that_fills_its_buffers_takes_no_more(void **state)
{
	struct bench *b = *state;
	uint8_t frame[512];

	fill(frame, sizeof(frame));
	post(b, 0, 3);
	assert_true(b->nic->ops->receive(b->nic, frame, sizeof(frame)));
	assert_int_equal(b->head, 2);
	assert_int_equal(b->ring[1].flags, NIC_RX_DONE | NIC_RX_END);
	assert_int_equal(b->ring[2].flags, 0);
}

/* 5.2: nothing of it is written, and a shorter one still fits */
static void frame_that_does_not_fit_is_dropped_whole(void **state)
{
	struct bench *b = *state;
	uint8_t frame[600];

	fill(frame, sizeof(frame));
	post(b, 0, 2);
	assert_false(b->nic->ops->receive(b->nic, frame, sizeof(frame)));
	assert_int_equal(READ(b, drops), 1);
	assert_int_equal(counts(b).no_descriptor, 1);
	assert_int_equal(b->head, 0);
	assert_int_equal(b->ring[0].flags, 0);
	assert_int_equal(b->buffers[0][1], 0);
	assert_true(receive(b, "short"));
	assert_string_equal((char *)b->buffers[0], "short");
}

/* 4.2: a frame that an access spoilt half way is lost, and its slots say so */
static void bad_second_buffer_spoils_all_slots_of_the_frame(void **state)
{
	struct bench *b = *state;
	uint8_t frame[600];

	fill(frame, sizeof(frame));
	post(b, 0, 4);
	b->ring[1].buffer = 0x1234;
	assert_false(b->nic->ops->receive(b->nic, frame, sizeof(frame)));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(b->ring[i].flags,
				 NIC_RX_DONE | NIC_RX_ERROR | (i == 2 ? NIC_RX_END : 0));
		assert_int_equal(b->ring[i].frame_bytes, 0);
	}
	assert_int_equal(b->head, 3);
	assert_int_equal(counts(b).refused, 1);
	assert_int_equal(READ(b, faults), 1);
	assert_true(receive(b, "next"));
	assert_string_equal((char *)b->buffers[3], "next");
}

/* 4.3 */
static void frame_takes_no_more_than_256_descriptors(void **state)
{
	enum { MANY = 512 };
	static struct nic_rx_desc ring[MANY];
	static uint8_t memory[MANY];
	struct bench *b = *state;
	uint8_t frame[NIC_RX_FRAME_SLOTS + 1];
	bus_addr_t ring_at, at;

	fill(frame, sizeof(frame));
	assert_int_equal(dma_space_map(b->space, ring, sizeof(ring), false, &ring_at), 0);
	assert_int_equal(dma_space_map(b->space, memory, sizeof(memory), false, &at), 0);
	for (uint32_t i = 0; i < MANY; i++)
		ring[i] = (struct nic_rx_desc){.buffer = at.value + i, .buffer_bytes = 1};
	WRITE(b, rx_base_lo, (uint32_t)ring_at.value);
	WRITE(b, rx_base_hi, (uint32_t)(ring_at.value >> 32));
	WRITE(b, rx_slots, MANY);
	WRITE(b, rx_tail, MANY);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
	assert_false(b->nic->ops->receive(b->nic, frame, NIC_RX_FRAME_SLOTS + 1));
	assert_int_equal(READ(b, drops), 1);
	assert_true(b->nic->ops->receive(b->nic, frame, NIC_RX_FRAME_SLOTS));
	assert_int_equal(b->head, NIC_RX_FRAME_SLOTS);
	assert_memory_equal(memory, frame, NIC_RX_FRAME_SLOTS);
}

/* 1.1 */
static void frames_of_the_greatest_length_are_taken_and_longer_ones_are_not(void **state)
{
	struct bench *b = *state;
	static uint8_t frame[NIC_FRAME_BYTES + 1], big[SLOTS][2048];
	bus_addr_t at;

	fill(frame, sizeof(frame));
	assert_int_equal(dma_space_map(b->space, big, sizeof(big), false, &at), 0);
	post(b, 0, SLOTS);
	for (uint32_t i = 0; i < SLOTS; i++) {
		b->ring[i].buffer = at.value + i * sizeof(big[0]);
		b->ring[i].buffer_bytes = sizeof(big[0]);
	}
	assert_false(b->nic->ops->receive(b->nic, frame, NIC_FRAME_BYTES + 1));
	assert_int_equal(counts(b).refused, 1);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE | NIC_CTRL_RX_HOLD); /* through the FIFO, too */
	assert_true(b->nic->ops->receive(b->nic, frame, NIC_FRAME_BYTES));
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
	assert_int_equal(b->head, 5);
	assert_memory_equal(big, frame, NIC_FRAME_BYTES);
	assert_int_equal(b->ring[4].frame_bytes, NIC_FRAME_BYTES - 4 * sizeof(big[0]));
}

static void bad_buffer_address_faults_and_the_device_goes_on(void **state)
{
	struct bench *b = *state;

	post(b, 0, 2);
	b->ring[0].buffer = 0x1234;
	assert_false(receive(b, "lost"));
	assert_int_equal(READ(b, faults), 1);
	assert_true(READ(b, status) & NIC_STATUS_FAULT);
	assert_true(READ(b, cause) & NIC_CAUSE_FAULT);
	assert_int_equal(dma_space_faults(b->space), 1);
	assert_true(receive(b, "good"));
	assert_string_equal((char *)b->buffers[1], "good");
}

static void unmapped_ring_faults_and_does_not_crash(void **state)
{
	struct bench *b = *state;

	post(b, 0, 2);
	dma_space_unmap(b->space, b->ring_at);
	assert_false(receive(b, "lost"));
	assert_int_equal(b->head, 0);
	assert_int_equal(READ(b, faults), 1);
}

static void held_ring_is_not_touched_and_frames_wait(void **state)
{
	struct bench *b = *state;

	post(b, 0, 2);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE | NIC_CTRL_RX_HOLD);
	assert_true(READ(b, status) & NIC_STATUS_RX_IDLE);
	assert_true(receive(b, "one"));
	assert_true(receive(b, "two"));
	assert_int_equal(b->head, 0);
	assert_int_equal(b->ring[0].flags, 0);
	/* The driver exchanges a buffer meanwhile. */
	b->ring[0].buffer = b->buffers_at.value + 5 * sizeof(b->buffers[0]);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
	assert_int_equal(b->head, 2);
	assert_string_equal((char *)b->buffers[5], "one");
	assert_string_equal((char *)b->buffers[1], "two");
}

static void overrun_of_the_held_device_is_counted_apart(void **state)
{
	struct bench *b = *state;

	post(b, 0, SLOTS);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE | NIC_CTRL_RX_HOLD);
	for (uint32_t i = 0; i < NIC_FIFO_FRAMES; i++)
		assert_true(receive(b, "x"));
	assert_false(receive(b, "x"));
	assert_int_equal(READ(b, fifo_drops), 1);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
	assert_int_equal(counts(b).stored, SLOTS);
	assert_int_equal(READ(b, drops), NIC_FIFO_FRAMES - SLOTS);
}

static void frames_that_waited_interrupt_when_the_hold_ends(void **state)
{
	struct bench *b = *state;

	post(b, 0, 2);
	WRITE(b, mask_set, NIC_CAUSE_RX);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE | NIC_CTRL_RX_HOLD);
	receive(b, "one");
	receive(b, "two");
	assert_int_equal(b->raised, 0);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
	assert_int_equal(b->raised, 1);
}

/* 5.4 */
static void frames_that_wait_are_lost_when_receiving_stops(void **state)
{
	struct bench *b = *state;

	post(b, 0, 4);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE | NIC_CTRL_RX_HOLD);
	receive(b, "one");
	receive(b, "two");
	WRITE(b, ctrl, NIC_CTRL_RX_HOLD);
	assert_int_equal(counts(b).refused, 2);
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
	assert_int_equal(b->head, 0);
	assert_int_equal(counts(b).stored, 0);
	assert_int_equal(READ(b, drops), 0);
	assert_int_equal(READ(b, fifo_drops), 0);
}

static void nothing_is_stored_while_receiving_is_off(void **state)
{
	struct bench *b = *state;

	assert_false(receive(b, "early"));
	post(b, 0, 2);
	WRITE(b, ctrl, NIC_CTRL_RESET);
	assert_false(receive(b, "late"));
	WRITE(b, ctrl, NIC_CTRL_RX_ENABLE); /* no ring since the reset: 5.1 */
	assert_false(receive(b, "no ring"));
	assert_int_equal(counts(b).refused, 3);
	assert_int_equal(counts(b).faults, 0);
}

static void odd_ring_sizes_leave_receiving_off(void **state)
{
	static const uint32_t bad[] = {0, 4, 9, 12, 8192, UINT32_MAX};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		WRITE(b, rx_slots, bad[i]);
		WRITE(b, ctrl, NIC_CTRL_RX_ENABLE);
		assert_int_equal(READ(b, rx_slots), 0);
		assert_int_equal(READ(b, ctrl), 0);
	}
}

#define nic_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_by_bus_address_reaches_the_memory),
		cmocka_unit_test(access_outside_one_mapping_faults_and_moves_nothing),
		cmocka_unit_test(access_after_unmap_faults_and_says_so),
		cmocka_unit_test(device_of_32_lines_gets_addresses_below_4g),
		cmocka_unit_test(mappings_never_overlap),
		cmocka_unit_test(both_sides_agree_on_the_layout),
		nic_test(frame_is_stored_announced_and_interrupts),
		nic_test(masked_cause_raises_the_line_when_unmasked),
		nic_test(cause_that_is_set_interrupts_as_if_it_had_happened),
		nic_test(empty_ring_drops_and_counts),
		nic_test(ring_indices_run_free_over_the_end),
		nic_test(frame_longer_than_a_buffer_goes_into_several),
		nic_test(frame_that_fills_its_buffers_takes_no_more),
		nic_test(frame_that_does_not_fit_is_dropped_whole),
		nic_test(bad_second_buffer_spoils_all_slots_of_the_frame),
		nic_test(frame_takes_no_more_than_256_descriptors),
		nic_test(frames_of_the_greatest_length_are_taken_and_longer_ones_are_not),
		nic_test(bad_buffer_address_faults_and_the_device_goes_on),
		nic_test(unmapped_ring_faults_and_does_not_crash),
		nic_test(held_ring_is_not_touched_and_frames_wait),
		nic_test(overrun_of_the_held_device_is_counted_apart),
		nic_test(frames_that_waited_interrupt_when_the_hold_ends),
		nic_test(frames_that_wait_are_lost_when_receiving_stops),
		nic_test(nothing_is_stored_while_receiving_is_off),
		nic_test(odd_ring_sizes_leave_receiving_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
