/* SPDX-License-Identifier: MIT */
#ifndef NIC_REGS_H
#define NIC_REGS_H
/*
 * The layout of the NIC: registers and descriptors, as docs/nic.md describes them (section numbers
 * below).  No logic.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Section 2: the register block. */
struct nic_regs {
	uint32_t ctrl;	     /* 2.1 */
	uint32_t status;     /* 2.2, read only */
	uint32_t cause;	     /* 2.3, reading clears */
	uint32_t mask_set;   /* 2.4, reading gives the mask */
	uint32_t mask_clear; /* 2.4 */
	uint32_t drops;	     /* 2.5, read only */
	uint32_t fifo_drops; /* 2.5, read only */
	uint32_t faults;     /* 2.6, read only */
	uint32_t rx_base_lo; /* 3.1 */
	uint32_t rx_base_hi;
	uint32_t rx_slots; /* 3.1 */
	uint32_t rx_tail;  /* 3.2, the doorbell */
	uint32_t rx_head;  /* 3.3, read only */
	uint32_t rx_wb_lo; /* 3.3 */
	uint32_t rx_wb_hi;
	uint32_t cause_set; /* 2.7, write only */
};
static_assert(offsetof(struct nic_regs, ctrl) == 0x00, "nic.md 2.1");
static_assert(offsetof(struct nic_regs, status) == 0x04, "nic.md 2.2");
static_assert(offsetof(struct nic_regs, cause) == 0x08, "nic.md 2.3");
static_assert(offsetof(struct nic_regs, mask_set) == 0x0c, "nic.md 2.4");
static_assert(offsetof(struct nic_regs, mask_clear) == 0x10, "nic.md 2.4");
static_assert(offsetof(struct nic_regs, drops) == 0x14, "nic.md 2.5");
static_assert(offsetof(struct nic_regs, fifo_drops) == 0x18, "nic.md 2.5");
static_assert(offsetof(struct nic_regs, faults) == 0x1c, "nic.md 2.6");
static_assert(offsetof(struct nic_regs, rx_base_lo) == 0x20, "nic.md 3.1");
static_assert(offsetof(struct nic_regs, rx_base_hi) == 0x24, "nic.md 3.1");
static_assert(offsetof(struct nic_regs, rx_slots) == 0x28, "nic.md 3.1");
static_assert(offsetof(struct nic_regs, rx_tail) == 0x2c, "nic.md 3.2");
static_assert(offsetof(struct nic_regs, rx_head) == 0x30, "nic.md 3.3");
static_assert(offsetof(struct nic_regs, rx_wb_lo) == 0x34, "nic.md 3.3");
static_assert(offsetof(struct nic_regs, rx_wb_hi) == 0x38, "nic.md 3.3");
static_assert(offsetof(struct nic_regs, cause_set) == 0x3c, "nic.md 2.7");
static_assert(sizeof(struct nic_regs) == 0x40, "nic.md 2");

#define NIC_REGISTER_BYTES 0x1000u

/* 2.1 */
#define NIC_CTRL_RX_ENABLE (1u << 0)
#define NIC_CTRL_RX_HOLD   (1u << 1)
#define NIC_CTRL_RESET	   (1u << 31)
/* 2.2 */
#define NIC_STATUS_LINK	   (1u << 0)
#define NIC_STATUS_RX_IDLE (1u << 1)
#define NIC_STATUS_FAULT   (1u << 2)
/* 2.3 */
#define NIC_CAUSE_RX	(1u << 0)
#define NIC_CAUSE_DROP	(1u << 1)
#define NIC_CAUSE_FAULT (1u << 2)

/* Section 3.1: least and most slots of the ring, a power of two. */
#define NIC_RX_SLOTS_MIN 8u
#define NIC_RX_SLOTS_MAX 4096u

/* Section 4: a receive descriptor. */
struct nic_rx_desc {
	uint64_t buffer;       /* 4.1: bus address, written by the driver */
	uint32_t buffer_bytes; /* 4.1: room, written by the driver */
	uint16_t frame_bytes;  /* 4.2: of the frame in this buffer, written by the device */
	uint16_t flags;	       /* 4.2: written by the device */
};
static_assert(offsetof(struct nic_rx_desc, buffer) == 0, "nic.md 4");
static_assert(offsetof(struct nic_rx_desc, buffer_bytes) == 8, "nic.md 4");
static_assert(offsetof(struct nic_rx_desc, frame_bytes) == 12, "nic.md 4");
static_assert(offsetof(struct nic_rx_desc, flags) == 14, "nic.md 4");
static_assert(sizeof(struct nic_rx_desc) == 16, "nic.md 4");

/* 4.2 */
#define NIC_RX_DONE  (1u << 0)
#define NIC_RX_ERROR (1u << 1)
#define NIC_RX_END   (1u << 2)

/* 4.3: most descriptors that one frame takes. */
#define NIC_RX_FRAME_SLOTS 256u

#endif
