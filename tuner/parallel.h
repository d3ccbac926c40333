/* SPDX-License-Identifier: MIT */
#ifndef TUNER_PARALLEL_H
#define TUNER_PARALLEL_H
/*
 * Pieces of work that know nothing of each other, on all processors that the process may use.
 *
 * Which thread does which piece is chance; so that the answer is not, a piece writes to a place of
 * its own, and what comes of all is put together afterwards, in their order.
 */
#include <stdbool.h>
#include <stddef.h>

#define PARALLEL_MOST 64 /* threads */

/* The processors that this process may use; at least 1, at most PARALLEL_MOST. */
unsigned int parallel_threads(void);

/*
 * Calls one(i, ctx) for each i below nr, once, and returns when all have returned.  The caller's
 * thread works, too; where no others can be made, it does all.
 *
 *	threads  at most so many; 0: parallel_threads()
 */
void parallel_run(unsigned int threads, size_t nr, void (*one)(size_t i, void *ctx), void *ctx);

/*
 * one() in a thread of its own while two() runs, so that they may wait for each other.
 * Returns: false there is only one processor, or no thread to be had, and neither was called.
 */
bool parallel_beside(void (*one)(void *ctx), void (*two)(void *ctx), void *ctx);

#endif
