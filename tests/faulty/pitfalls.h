/* SPDX-License-Identifier: MIT */
#ifndef FAULTY_PITFALLS_H
#define FAULTY_PITFALLS_H
/*
 * Pitfalls of drivers that ask for shared memory, and what the faulty miniports can do wrong, one
 * thing at a time.
 *
 *	P1   the halt does not wait for a completion, which enters what is freed
 *	P2   the event that lets the halt go on is set before the completion's last touch
 *	P3   a reference is taken off and compared in two steps: no signal, or two
 *	P4   a granted block whose descriptors cannot be had is lost
 *	P5   FAILURE alone is taken as a refusal: another status leaves a reference for ever
 *	P6   the books are kept after the call, when the completion has run already
 *	P7   the limit is compared with what has come, not with what is on its way
 *	P8   a request under a lock that the completion takes: safe, since it never runs inline
 *	P9   PhysicalAddress is read on failure, or its pointer is kept
 *	P10  a completion is given the handle in place of the context
 *	P11  memory is freed with another handle, length, cached flag, or a buffer's address
 *	P12  memory is freed twice, or a RESOURCES frame is also returned
 *	P13  the shutdown function frees
 *	P14  DMA is deregistered before the last free
 *	P15  freed memory comes back late: the peak is higher than the driver believes
 *	P16  growth is silently off, since the limit is the initial count
 *	P17  shrinking never happens, or not without traffic
 *	P18  buffers share a cache line
 *	P19  one small allocation for each buffer wastes a page each
 *	P20  one buffer that is held pins its whole block
 *	P21  blocks are freed and asked for again under a steady load
 *	P22  the initial block is freed before the halt
 *	P23  in an NDIS 5 array a packet behind a RESOURCES one is believed to come back
 *	P24  a packet's status is read after the indication
 *	P25  RESOURCES is said frame by frame in NDIS 6
 *	P26  the RESOURCES state is never left
 *	P27  a refused request is repeated at once, and again
 *	P28  a late success restarts receiving while the adapter is paused
 *	P29  requests without a completion function
 *	P30  the synchronous call is used while the adapter runs
 *	P31  the rest of a returned chain is dropped
 *	P32  the limit is computed before the real count is known, and the ring is never filled
 *	P33  ULONG has 64 bits, and a status is compared as such
 *	P34  registers are touched in the halt after a surprise removal
 *	P35  the initial count was reduced, and thresholds still use the configured one
 *	P36  the receive flags of one indication are kept for the next
 */

enum pitfall {
	SOUND, /* nothing: the miniport is a good one */
	P1_HALT_DOES_NOT_WAIT,
	P2_EVENT_UNDER_THE_LOCK,
	P3_COUNT_IN_TWO_STEPS,
	P4_UNWRAPPED_BLOCK_IS_LOST,
	P5_FAILURE_ALONE_IS_A_REFUSAL,
	P6_BOOKS_AFTER_THE_CALL,
	P7_LIMIT_WITHOUT_PENDING,
	P9_FAILURE_TOLD_BY_ADDRESS,
	P9_ADDRESS_POINTER_KEPT,
	P11_FREE_WITH_THE_DMA_HANDLE,
	P11_FREE_WITH_ANOTHER_LENGTH,
	P11_FREE_WITH_ANOTHER_CACHED,
	P11_FREE_OF_THE_FIRST_BUFFER,
	P12_FREED_TWICE,
	P12_LENT_FRAMES_RETURNED,
	P13_FREE_FROM_SHUTDOWN,
	P14_DMA_GOES_BEFORE_THE_MEMORY,
	P18_BUFFERS_SHARE_A_LINE,
	P22_BASE_BLOCK_SHRUNK,
	P25_RESOURCES_BY_LIST,
	P27_REFUSAL_STORM,
	P28_LATE_BLOCK_RESTARTS_RECEIVING,
	P29_REQUEST_WITHOUT_A_HANDLER,
	P30_SYNCHRONOUS_CALL_WHILE_RUNNING,
	P31_REST_OF_THE_CHAIN_DROPPED,
	P34_REGISTERS_AFTER_REMOVAL,
	P36_RECEIVE_FLAGS_KEPT,
	REFUSED_REQUEST_AWAITED,
	WAIT_IN_A_DPC,
	REQUEST_FROM_THE_ISR,
	REQUEST_WITH_THE_ADAPTER_HANDLE,
	REQUEST_BEFORE_DMA_IS_REGISTERED,
	PART_OF_A_BLOCK_FREED,
	BLOCK_FREED_WITH_ITS_BUFFERS_POSTED,
	BLOCK_FREED_WITH_ITS_FRAMES_OUT,
	FRAME_WRITTEN_WHILE_OUT,
	INTERRUPT_GOES_AFTER_THE_MEMORY,
	BASE_BLOCK_LEFT,
	FAILED_START_LEAVES_ITS_MEMORY,
	REQUEST_WHILE_PAUSED,
	DEVICE_TOLD_ANOTHER_ADDRESS,
	LOCK_RELEASED_TWICE,
	LOCK_TAKEN_TWICE,
	LOCK_FREED_WHILE_HELD,
	COMPLETION_RETURNS_WITH_A_LOCK,
	TIMER_RETURNS_WITH_A_LOCK,
	RETURN_FUNCTION_LEAVES_ITS_LEVEL,
	LIST_TWICE_IN_ITS_CHAIN,
	LIST_INDICATED_WHILE_OUT,
	TIMER_FREED_WHILE_SET,
	TIMER_LEFT_SET,
	POOL_LEFT,
	MDL_LEFT,
	MEMORY_LEFT,
	MEMORY_OF_THE_DRIVER_LEFT,
	REGISTERS_LEFT_MAPPED,
	WORK_ITEM_LEFT_QUEUED,
	IO_WORK_ITEM_LEFT_QUEUED,
	DRIVER_LEFT_REGISTERED,
	COMPLETION_NEVER_RETURNS,
	RESTART_NEVER_COMPLETES,
	DPC_NEVER_RETURNS,
	/* of the miniport of NDIS 5 */
	P23_SUCCESS_BEHIND_RESOURCES,
	P24_STATUS_READ_AFTERWARDS,
	WAIT_IN_A_COMPLETION,
	PACKETS_INDICATED_TWICE,
	PACKET_TWICE_IN_AN_ARRAY,
	COMPLETION_OF_NDIS5_RETURNS_WITH_A_LOCK,
	RESET_RETURNS_WITH_A_LOCK,
	PNP_EVENT_LEAVES_ITS_LEVEL,
	SHUTDOWN_LEAVES_ITS_LEVEL,
};

#endif
