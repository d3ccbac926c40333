/* SPDX-License-Identifier: MIT */
#ifndef TRAFFIC_H
#define TRAFFIC_H
/*
 * When frames arrive on the wire:
 *
 *	poisson:rate=200k            memoryless, rate frames a second
 *	burst:rate=100k              on and off in turn; rate is the mean over both
 *		on=400ms,off=800ms   how long each lasts
 *		peak=300k            the rate while on; without it the one that gives the mean
 *		idle=0               the rate while off
 *
 * Both take bytes= (length of a frame, 512).  Times count from the start of the traffic, and end at
 * 2^62 ns: what would come later comes then.  Rates lie between 1e-6 and 1e9.
 */
#include "driver/spec/rng.h"
#include "driver/spec/spec.h"

enum traffic_kind { TRAFFIC_POISSON, TRAFFIC_BURST };

struct traffic {
	enum traffic_kind kind;
	uint32_t len_bytes;
	double rate;	      /* poisson: frames a nanosecond */
	double peak, idle;    /* burst: the same, while on and while off */
	double on_ns, off_ns; /* burst */
	double at_ns;	      /* when the last frame came */
	struct rng rng;
};

/* Returns: 0; -EINVAL and one line in why. */
int traffic_parse(const char *text, uint64_t seed, struct traffic *traffic,
		  char why[SPEC_WHY_BYTES]);

/* The next frame's time; frames come in order, without end. */
uint64_t traffic_next_ns(struct traffic *traffic);

#endif
