/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_HW_H
#define MINIPORT_HW_H
/* The NIC as its driver sees it: docs/nic.md, whose sections are cited.  No logic. */
#include "ndis.h"

/* Section 2: the register block, in the adapter's memory resource. */
struct hw_regs {
	ULONG Ctrl;	  /* 2.1 */
	ULONG Status;	  /* 2.2 */
	ULONG Cause;	  /* 2.3, reading clears */
	ULONG MaskSet;	  /* 2.4 */
	ULONG MaskClear;  /* 2.4 */
	ULONG Drops;	  /* 2.5 */
	ULONG FifoDrops;  /* 2.5 */
	ULONG Faults;	  /* 2.6 */
	ULONG RxBaseLow;  /* 3.1 */
	ULONG RxBaseHigh; /* 3.1 */
	ULONG RxSlots;	  /* 3.1 */
	ULONG RxTail;	  /* 3.2 */
	ULONG RxHead;	  /* 3.3 */
	ULONG RxWbLow;	  /* 3.3 */
	ULONG RxWbHigh;	  /* 3.3 */
	ULONG CauseSet;	  /* 2.7 */
};
C_ASSERT(FIELD_OFFSET(struct hw_regs, RxBaseLow) == 0x20);
C_ASSERT(sizeof(struct hw_regs) == 0x40);

#define HW_CTRL_RX_ENABLE 0x00000001u
#define HW_CTRL_RX_HOLD	  0x00000002u
#define HW_CTRL_RESET	  0x80000000u

#define HW_STATUS_RX_IDLE 0x00000002u

/* 1.5: what every register reads as when the device was pulled out; a counter may be that, too. */
#define HW_GONE 0xffffffffu

#define HW_CAUSE_RX    0x00000001u
#define HW_CAUSE_DROP  0x00000002u
#define HW_CAUSE_FAULT 0x00000004u
#define HW_CAUSES      (HW_CAUSE_RX | HW_CAUSE_DROP | HW_CAUSE_FAULT)

#define HW_RX_SLOTS_MAX 4096u

/* Section 4: a receive descriptor, in shared memory. */
struct hw_rx_desc {
	ULONG64 Buffer;	   /* 4.1 */
	ULONG BufferBytes; /* 4.1 */
	USHORT FrameBytes; /* 4.2: of the frame in this buffer */
	USHORT Flags;	   /* 4.2 */
};
C_ASSERT(sizeof(struct hw_rx_desc) == 16);

#define HW_RX_DONE  0x0001u
#define HW_RX_ERROR 0x0002u
#define HW_RX_END   0x0004u

#define HW_RX_FRAME_SLOTS 256u	/* 4.3: most descriptors of one frame */
#define HW_FRAME_BYTES	  9216u /* 1.1 */

#endif
