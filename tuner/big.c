/* SPDX-License-Identifier: MIT */
#include "tuner/big.h"

#include <stdlib.h>
#include <sys/mman.h>

void *big_alloc(size_t bytes)
{
	size_t whole = (bytes + BIG_PAGE - 1) / BIG_PAGE * BIG_PAGE;
	void *memory;

	if (bytes < BIG_PAGE || whole < bytes)
		return malloc(bytes);
	memory = aligned_alloc(BIG_PAGE, whole);
	if (memory)
		madvise(memory, bytes / BIG_PAGE * BIG_PAGE, MADV_HUGEPAGE);
	return memory;
}
