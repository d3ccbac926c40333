/* SPDX-License-Identifier: MIT */
#ifndef TUNER_RISES_H
#define TUNER_RISES_H
/*
 * The steepest rises of X within given times, which say how low is safe (tuner/low.h), from the
 * path alone: without where they are.
 */
#include "tuner/demand.h"

#define RISES_MOST 4

/*
 * rise[i] becomes low_burst()'s of tau_ns[i], for nr <= RISES_MOST times in descending order, in
 * one walk.  Returns: 0 or -ENOMEM.
 */
int rises_find(const struct demand *d, const int64_t *tau_ns, size_t nr, uint32_t *rise);

#endif
