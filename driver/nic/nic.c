/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver/nic/nic.h"
#include "driver/nic/regs.h"

struct fifo_frame {
	uint32_t len_bytes;
	uint8_t bytes[NIC_FRAME_BYTES];
};

struct nic {
	struct device device;
	pthread_mutex_t mutex;
	struct nic_regs regs; /* what the driver wrote last, where that is of use */
	uint32_t mask;	      /* causes that raise the line */
	uint32_t cause;
	uint32_t head; /* next slot that the device fills; runs free, as rx_tail does */
	struct device_counts counts;
	uint32_t fifo_head, fifo_tail; /* run free */
	struct fifo_frame fifo[NIC_FIFO_FRAMES];
};

static void lock(struct nic *nic)
{
	if (!nic->device.alone)
		pthread_mutex_lock(&nic->mutex);
}

static void unlock(struct nic *nic)
{
	if (!nic->device.alone)
		pthread_mutex_unlock(&nic->mutex);
}

static bus_addr_t ring_base(const struct nic *nic)
{
	return bus_addr((uint64_t)nic->regs.rx_base_hi << 32 | nic->regs.rx_base_lo);
}

static bus_addr_t write_back(const struct nic *nic)
{
	return bus_addr((uint64_t)nic->regs.rx_wb_hi << 32 | nic->regs.rx_wb_lo);
}

/* 2.3: the line is high while an enabled cause stands. */
static void drive_line(struct nic *nic)
{
	if ((nic->cause & nic->mask) != 0 && nic->device.line.raise != NULL)
		nic->device.line.raise(nic->device.line.ctx);
}

/* 2.6: the access failed; the frame or the descriptor is lost, the device goes on. */
static void note_fault(struct nic *nic)
{
	nic->counts.faults++;
	nic->cause |= NIC_CAUSE_FAULT;
}

static bus_addr_t slot_at(const struct nic *nic, uint32_t index)
{
	return bus_addr_add(ring_base(nic),
			    (index & (nic->regs.rx_slots - 1)) * sizeof(struct nic_rx_desc));
}

/*
 * 5.2: reads the descriptors whose buffers hold len_bytes together.
 * Returns: how many; 0: the frame is lost, and was counted.
 */
static uint32_t gather(struct nic *nic, uint32_t len_bytes, struct nic_rx_desc *descs)
{
	uint64_t room = 0;
	uint32_t n = 0;

	do {
		if (nic->head + n == nic->regs.rx_tail || n == NIC_RX_FRAME_SLOTS) {
			nic->counts.no_descriptor++;
			nic->cause |= NIC_CAUSE_DROP;
			return 0;
		}
		if (dma_read(nic->device.space, slot_at(nic, nic->head + n), &descs[n],
			     sizeof(descs[n])) != 0) {
			note_fault(nic);
			nic->counts.refused++;
			return 0;
		}
		descs[n].frame_bytes = 0;
		room += descs[n++].buffer_bytes;
	} while (room < len_bytes);
	return n;
}

/* 4.1: each buffer is filled before the next; descs learn how much went into theirs. */
static bool scatter(struct nic *nic, const uint8_t *frame, uint32_t len_bytes,
		    struct nic_rx_desc *descs)
{
	for (uint32_t i = 0; len_bytes > 0; i++) {
		uint32_t piece =
			len_bytes < descs[i].buffer_bytes ? len_bytes : descs[i].buffer_bytes;

		if (piece > 0 &&
		    dma_write(nic->device.space, bus_addr(descs[i].buffer), frame, piece) != 0)
			return false;
		descs[i].frame_bytes = (uint16_t)piece;
		frame += piece;
		len_bytes -= piece;
	}
	return true;
}

/* 4.2: what a slot holds. */
static void write_back_slot(struct nic *nic, uint32_t index, uint16_t frame_bytes, uint16_t flags)
{
	uint16_t done[2] = {frame_bytes, flags};

	if (dma_write(nic->device.space,
		      bus_addr_add(slot_at(nic, index), offsetof(struct nic_rx_desc, frame_bytes)),
		      done, sizeof(done)) != 0)
		note_fault(nic);
}

/* 3.3: the frame's slots, then the head that announces them all at once. */
static void announce(struct nic *nic, const struct nic_rx_desc *descs, uint32_t n, bool good)
{
	for (uint32_t i = 0; i < n; i++) {
		uint16_t flags =
			NIC_RX_DONE | (i == n - 1 ? NIC_RX_END : 0u) | (good ? 0u : NIC_RX_ERROR);

		write_back_slot(nic, nic->head + i, good ? descs[i].frame_bytes : 0, flags);
	}
	nic->head += n;
	if (dma_publish(nic->device.space, write_back(nic), nic->head) != 0)
		note_fault(nic);
	nic->cause |= NIC_CAUSE_RX;
}

/* 5.2: one frame into the buffers of the next descriptors. */
static bool store(struct nic *nic, const void *frame, uint32_t len_bytes)
{
	struct nic_rx_desc descs[NIC_RX_FRAME_SLOTS];
	uint32_t n = gather(nic, len_bytes, descs);
	bool good;

	if (n == 0)
		return false;
	good = scatter(nic, frame, len_bytes, descs);
	if (good) {
		nic->counts.stored++;
	} else {
		note_fault(nic);
		nic->counts.refused++;
	}
	announce(nic, descs, n, good);
	return good;
}

/* 5.3: while the ring is held, frames wait in the device. */
static bool hold_back(struct nic *nic, const void *frame, uint32_t len_bytes)
{
	struct fifo_frame *slot = &nic->fifo[nic->fifo_tail % NIC_FIFO_FRAMES];

	if (nic->fifo_tail - nic->fifo_head == NIC_FIFO_FRAMES) {
		nic->counts.fifo++;
		nic->cause |= NIC_CAUSE_DROP;
		return false;
	}
	slot->len_bytes = len_bytes;
	memcpy(slot->bytes, frame, len_bytes);
	nic->fifo_tail++;
	return true;
}

static void drain_fifo(struct nic *nic)
{
	if (nic->fifo_head == nic->fifo_tail)
		return;
	while (nic->fifo_head != nic->fifo_tail) {
		struct fifo_frame *slot = &nic->fifo[nic->fifo_head % NIC_FIFO_FRAMES];

		store(nic, slot->bytes, slot->len_bytes);
		nic->fifo_head++;
	}
	drive_line(nic);
}

/* The frames that wait are lost. */
static void empty_fifo(struct nic *nic)
{
	nic->counts.refused += nic->fifo_tail - nic->fifo_head;
	nic->counts.unheard += nic->fifo_tail - nic->fifo_head;
	nic->fifo_head = nic->fifo_tail;
}

static bool nic_receive(struct device *device, const void *frame, uint32_t len_bytes)
{
	struct nic *nic = (struct nic *)device;
	bool kept = false;

	lock(nic);
	if (!(nic->regs.ctrl & NIC_CTRL_RX_ENABLE)) {
		nic->counts.refused++;
		nic->counts.unheard++;
	} else if (len_bytes > NIC_FRAME_BYTES) {
		nic->counts.refused++;
	} else if (nic->regs.ctrl & NIC_CTRL_RX_HOLD) {
		kept = hold_back(nic, frame, len_bytes);
	} else {
		kept = store(nic, frame, len_bytes);
	}
	unlock(nic);
	return kept;
}

static void nic_step(struct device *device)
{
	struct nic *nic = (struct nic *)device;

	lock(nic);
	drive_line(nic);
	unlock(nic);
}

/* 2.1: everything as at power on; counters of the outside world stay. */
static void reset(struct nic *nic)
{
	memset(&nic->regs, 0, sizeof(nic->regs));
	nic->mask = 0;
	nic->cause = 0;
	nic->head = 0;
	empty_fifo(nic);
}

static uint32_t read_cause(struct nic *nic)
{
	uint32_t cause = nic->cause;

	nic->cause = 0;
	return cause;
}

static uint32_t read_status(const struct nic *nic)
{
	/* The model does one thing at a time: between two accesses no descriptor is in work. */
	bool idle = !(nic->regs.ctrl & NIC_CTRL_RX_ENABLE) || (nic->regs.ctrl & NIC_CTRL_RX_HOLD);

	return NIC_STATUS_LINK | (idle ? NIC_STATUS_RX_IDLE : 0) |
	       (nic->counts.faults > 0 ? NIC_STATUS_FAULT : 0);
}

static uint32_t read_locked(struct nic *nic, uint32_t offset)
{
	switch (offset) {
	case offsetof(struct nic_regs, ctrl):
		return nic->regs.ctrl;
	case offsetof(struct nic_regs, status):
		return read_status(nic);
	case offsetof(struct nic_regs, cause):
		return read_cause(nic);
	case offsetof(struct nic_regs, mask_set):
		return nic->mask;
	case offsetof(struct nic_regs, drops):
		return (uint32_t)nic->counts.no_descriptor;
	case offsetof(struct nic_regs, fifo_drops):
		return (uint32_t)nic->counts.fifo;
	case offsetof(struct nic_regs, faults):
		return (uint32_t)nic->counts.faults;
	case offsetof(struct nic_regs, rx_head):
		return nic->head;
	case offsetof(struct nic_regs, rx_tail):
		return nic->regs.rx_tail;
	case offsetof(struct nic_regs, rx_slots):
		return nic->regs.rx_slots;
	default:
		return 0; /* 2: other offsets read as zero */
	}
}

static void write_ctrl(struct nic *nic, uint32_t value)
{
	bool was_held = nic->regs.ctrl & NIC_CTRL_RX_HOLD;

	if (value & NIC_CTRL_RESET) {
		reset(nic);
		return;
	}
	nic->regs.ctrl = value & (NIC_CTRL_RX_ENABLE | NIC_CTRL_RX_HOLD);
	if (nic->regs.rx_slots == 0)
		nic->regs.ctrl &= ~NIC_CTRL_RX_ENABLE; /* 5.1: no ring, no receiving */
	if (!(nic->regs.ctrl & NIC_CTRL_RX_ENABLE))
		empty_fifo(nic); /* 5.4 */
	else if (was_held && !(value & NIC_CTRL_RX_HOLD))
		drain_fifo(nic);
}

static void write_slots(struct nic *nic, uint32_t value)
{
	bool ok = value >= NIC_RX_SLOTS_MIN && value <= NIC_RX_SLOTS_MAX &&
		  (value & (value - 1)) == 0;

	nic->regs.rx_slots = ok ? value : 0; /* 3.1 */
}

static void write_locked(struct nic *nic, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case offsetof(struct nic_regs, ctrl):
		write_ctrl(nic, value);
		break;
	case offsetof(struct nic_regs, mask_set):
		nic->mask |= value;
		drive_line(nic);
		break;
	case offsetof(struct nic_regs, mask_clear):
		nic->mask &= ~value;
		break;
	case offsetof(struct nic_regs, cause_set):
		nic->cause |= value & (NIC_CAUSE_RX | NIC_CAUSE_DROP | NIC_CAUSE_FAULT);
		drive_line(nic);
		break;
	case offsetof(struct nic_regs, rx_base_lo):
		nic->regs.rx_base_lo = value;
		break;
	case offsetof(struct nic_regs, rx_base_hi):
		nic->regs.rx_base_hi = value;
		break;
	case offsetof(struct nic_regs, rx_slots):
		write_slots(nic, value);
		break;
	case offsetof(struct nic_regs, rx_tail):
		nic->regs.rx_tail = value;
		break;
	case offsetof(struct nic_regs, rx_wb_lo):
		nic->regs.rx_wb_lo = value;
		break;
	case offsetof(struct nic_regs, rx_wb_hi):
		nic->regs.rx_wb_hi = value;
		break;
	default:
		break; /* 2: writing elsewhere does nothing */
	}
}

static uint32_t nic_read(struct device *device, uint32_t offset)
{
	struct nic *nic = (struct nic *)device;
	uint32_t value;

	lock(nic);
	value = read_locked(nic, offset);
	unlock(nic);
	return value;
}

static void nic_write(struct device *device, uint32_t offset, uint32_t value)
{
	struct nic *nic = (struct nic *)device;

	lock(nic);
	write_locked(nic, offset, value);
	unlock(nic);
}

static void nic_count(struct device *device, struct device_counts *counts)
{
	struct nic *nic = (struct nic *)device;

	lock(nic);
	*counts = nic->counts;
	unlock(nic);
}

static void nic_close(struct device *device)
{
	struct nic *nic = (struct nic *)device;

	pthread_mutex_destroy(&nic->mutex);
	free(nic);
}

static const struct device_ops nic_ops = {
	.name = "poolscope reference NIC",
	.register_bytes = NIC_REGISTER_BYTES,
	.reaches_64_bit = true,
	.read = nic_read,
	.write = nic_write,
	.receive = nic_receive,
	.step = nic_step,
	.count = nic_count,
	.close = nic_close,
};

struct device *nic_open(struct dma_space *space)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (nic == NULL)
		return NULL;
	nic->device.ops = &nic_ops;
	nic->device.space = space;
	pthread_mutex_init(&nic->mutex, NULL);
	return &nic->device;
}

const struct device_model nic_model = {.frame_bytes = NIC_FRAME_BYTES, .open = nic_open};
