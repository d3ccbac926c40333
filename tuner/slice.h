/* SPDX-License-Identifier: MIT */
#ifndef TUNER_SLICE_H
#define TUNER_SLICE_H
/*
 * A part of a demand, by time: to choose marks on the one part and to test them on the other.
 *
 * Packets that are taken in it are in it, with their returns as far as those are in it, too; what
 * was taken before is left out.  Ticks and requests of the time come along; marks, too.
 *
 * Owns: a slice from the first step on borrows from d, which outlives it.
 */
#include "tuner/demand.h"

/*
 * Steps from .. to - 1; O(its steps), and from the first one on hardly any memory.
 * Returns: 0; -ENODATA nothing is taken in it; -ENOMEM.
 */
int demand_slice(const struct demand *d, size_t from, size_t to, struct demand **out);

#endif
