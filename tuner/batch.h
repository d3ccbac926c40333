/* SPDX-License-Identifier: MIT */
#ifndef TUNER_BATCH_H
#define TUNER_BATCH_H
/*
 * What a recording does not show: frames lie in the ring, each in a buffer, until the next
 * interrupt takes them all.
 *
 * X counts them from then on.  So a block that comes between two interrupts is too late for some of
 * them, as if its lead had been longer by that time; and what comes back between two interrupts
 * comes too late for some, too.  When in between they came is not known.
 */
#include "tuner/path.h"

struct batch {
	int64_t ns;    /* usual time between interrupts that take several frames; 0: one by one */
	uint32_t need; /* buffers that are in use at most, if returns are late for the next batch */
};

/* O(the path).  Returns: 0 or -ENOMEM. */
int batch_find(const struct demand *d, struct batch *out);

/* The first of both alone; of takes and the time, so that returns may still be missing.  Returns: 0
 * or -ENOMEM. */
int batch_find_gap(const struct demand *d, struct batch *out);

/* The second beside others: batch_look() is shown the whole path (tuner/path.h). */
struct batch_walk {
	int64_t close_ns; /* longer gaps are the traffic's */
	int64_t t_ns, last_ns;
	uint32_t x_until;  /* before anything of this moment */
	uint32_t x_before; /* before its first take */
	uint32_t x_after, x_last;
	uint32_t takes, most;
	bool any;
};
void batch_begin(struct batch_walk *walk, int64_t gap_ns);
int batch_look(void *walk, const struct path_point *points, size_t nr);
uint32_t batch_end(struct batch_walk *walk, uint32_t max_held); /* returns: need */

#endif
