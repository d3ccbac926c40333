/* SPDX-License-Identifier: MIT */
#include "block.h"

#define BLOCK_TAG 0x6b6c4250u /* 'PBlk' */

ULONG block_stride(ULONG buffer_bytes, ULONG align)
{
	return (buffer_bytes + align - 1) & ~(align - 1);
}

ULONG block_length(ULONG nr_buffers, ULONG buffer_bytes, ULONG align)
{
	ULONG64 length = (ULONG64)nr_buffers * block_stride(buffer_bytes, align) + align - 1;

	return length <= UINT32_MAX ? (ULONG)length : 0;
}

struct block *block_create(PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length, ULONG nr_buffers,
			   ULONG buffer_bytes, ULONG align)
{
	ULONG stride = block_stride(buffer_bytes, align);
	ULONG skip = (ULONG)(-(ULONG64)pa.QuadPart & (align - 1));
	size_t size = sizeof(struct block) + (size_t)nr_buffers * sizeof(struct buffer);
	struct block *block;

	/* One offset must suit both addresses (R39). */
	if ((((uintptr_t)va + skip) & (align - 1)) != 0 || size > UINT32_MAX)
		return NULL;
	block = NdisAllocateMemoryWithTagPriority(NULL, (UINT)size, BLOCK_TAG, NormalPoolPriority);
	if (block == NULL)
		return NULL;
	NdisZeroMemory(block, size);
	block->va = va;
	block->pa = pa;
	block->length = length;
	block->nr_buffers = nr_buffers;
	for (ULONG i = 0; i < nr_buffers; i++) {
		struct buffer *buffer = &block->buffers[i];

		buffer->block = block;
		buffer->va = (PUCHAR)va + skip + (size_t)i * stride;
		buffer->pa.QuadPart = pa.QuadPart + skip + (LONGLONG)i * stride;
	}
	return block;
}

void block_destroy(struct block *block)
{
	NdisFreeMemory(block, 0, 0);
}

void block_number(struct block *block, ULONG slot, ULONG first_id)
{
	block->slot = slot;
	block->spare = NULL;
	/* Backwards, so that the first buffer is the first to be used. */
	for (ULONG i = block->nr_buffers; i-- > 0;) {
		block->buffers[i].id = first_id + i;
		block_put(block, &block->buffers[i]);
	}
}
