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
#include "tuner/demand.h"

struct batch {
	int64_t ns;    /* usual time between interrupts that take several frames; 0: one by one */
	uint32_t need; /* buffers that are in use at most, if returns are late for the next batch */
};

/* O(the path).  Returns: 0 or -ENOMEM. */
int batch_find_gap(const struct demand *d, struct batch *out);
/* ns is known. */
void batch_find_need(const struct demand *d, struct batch *out);
/* Both. */
int batch_find(const struct demand *d, struct batch *out);

#endif
