/* SPDX-License-Identifier: MIT */
#ifndef NDIS_PAGES_H
#define NDIS_PAGES_H
/*
 * Pages for shared memory, at addresses that do not change from run to run: the same calls, counted
 * from a moment when nobody had any, give the same addresses, whatever the loader and malloc() do.
 * Recordings hold addresses, and those of two runs of a seed in virtual time are to be equal.
 *
 * Thread: any; the order of calls decides the addresses.
 */
#include <stddef.h>

#define PAGE_BYTES ((size_t)4096)

/*
 * Whole pages for at least bytes, what they hold is undefined.
 * Owns:    the caller, until pages_free() with the same bytes.
 * Returns: NULL when memory is out.
 */
void *pages_alloc(size_t bytes);
void pages_free(void *va, size_t bytes);

#endif
