/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_BLOCK_H
#define MINIPORT_BLOCK_H
/*
 * One shared-memory allocation, carved into receive buffers.
 *
 * Each buffer starts on a multiple of max(cache line, DMA alignment), in virtual and in bus
 * addresses, and so does its neighbour: no two share a line (R38).  A buffer's offset is the same
 * in both (R39).
 */
#include <stdbool.h>

#include "ndis.h"

struct block;

/*
 * A buffer holds a frame, or, with others, a part of one.  A frame is handed about as its first
 * buffer; the others follow by `next`.
 */
struct buffer {
	ULONG id;	   /* unique in its pool while its block lives */
	ULONG frame_bytes; /* of a frame, in this buffer */
	struct block *block;
	PUCHAR va;
	NDIS_PHYSICAL_ADDRESS pa;
	PVOID packet;	     /* what the NDIS side wraps it in: a net buffer list */
	struct buffer *next; /* of its frame; or on its block's spare list */
	bool lent;	     /* its frame is RESOURCES, and has not come home */
};

struct block {
	struct block *next; /* in its pool: the next older one */
	ULONG slot;	    /* its number; 0 is the base block */
	PVOID va;	    /* of the allocation, not of the first buffer */
	NDIS_PHYSICAL_ADDRESS pa;
	ULONG length;
	ULONG nr_buffers;
	ULONG held;	/* buffers that the stack has */
	ULONG lent;	/* buffers in a RESOURCES indication that has not returned */
	bool retired;	/* given up: its buffers are not spare any more */
	bool announced; /* alloc_complete was said */
	struct buffer *spare;
	struct buffer buffers[];
};

/* The distance between buffers of buffer_bytes when they start on multiples of align. */
ULONG block_stride(ULONG buffer_bytes, ULONG align);
/* What to ask for, so that nr_buffers fit wherever the allocation starts; 0: more than 32 bits. */
ULONG block_length(ULONG nr_buffers, ULONG buffer_bytes, ULONG align);

/*
 * Carves an allocation of block_length() bytes.
 * Owns:    the caller, until block_destroy(); the allocation stays the caller's.
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: the block, numbered by block_number() later; NULL when memory is out, or when the two
 *          addresses of the allocation are not aligned alike.
 */
struct block *block_create(PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length, ULONG nr_buffers,
			   ULONG buffer_bytes, ULONG align);
void block_destroy(struct block *block);

/* Gives the block its slot, and its buffers the ids first_id onward; all become spare. */
void block_number(struct block *block, ULONG slot, ULONG first_id);

static inline void block_put(struct block *block, struct buffer *buffer)
{
	buffer->next = block->spare;
	block->spare = buffer;
}

#endif
