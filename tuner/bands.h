/* SPDX-License-Identifier: MIT */
#ifndef TUNER_BANDS_H
#define TUNER_BANDS_H
/*
 * How often a pool would grow and free, for every distance of its marks at once.
 *
 * With leads of 0 and frees that are never held up, a pool is a row of relays, one a dynamic block:
 * block k (from 0) is there from when X reaches base + k x block - low until X falls to
 * base + (k + 1) x block - high.  Each grows as often as X climbs from the one to the other, and
 * that can be counted for all pairs of levels in one pass.  Leads delay, and frees wait for blocks
 * to come home, so that a real pool grows no more often than this.
 *
 * Above BANDS_LEVELS buffers, levels are taken `unit` at a time, and counts are those of X divided
 * by unit and rounded down.
 * Thread: made once, then read by any.
 */
#include "driver/miniport/policy.h"
#include "tuner/demand.h"

#define BANDS_LEVELS 2048

struct bands {
	uint32_t levels; /* highest, in units */
	uint32_t unit;
	/* Row `to` has to + 1 elements: climbs from a level at or below `from` up to `to`. */
	uint32_t *climbs;
};

/* O(steps).  Returns: 0 or -ENOMEM. */
int bands_make(const struct demand *d, struct bands *out);
void bands_release(struct bands *b);

/* Climbs of X from at or below one level up to another; from < to. */
uint32_t bands_climbs(const struct bands *b, int64_t from, int64_t to);

/* What marks would ask for at most, with probes off: the sum over their blocks. */
uint64_t bands_grants(const struct bands *b, const struct policy_marks *m);

#endif
