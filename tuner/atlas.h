/* SPDX-License-Identifier: MIT */
#ifndef TUNER_ATLAS_H
#define TUNER_ATLAS_H
/*
 * The burst atlas: for every height, how fast X ever rose by that much, and how often it did so in
 * what time.  One pass over a demand answers for every lead time at once, and for any distribution
 * of lead times later, without the demand.
 *
 * A rise of height l begins where X leaves a level a upwards and ends when it first reaches a + l;
 * its time is from the one step to the other.
 *
 * Thread: made once, then read by any.
 */
#include "tuner/demand.h"

#define ATLAS_BUCKETS_PER_OCTAVE 4
#define ATLAS_BUCKETS		 (62 * ATLAS_BUCKETS_PER_OCTAVE)
#define ATLAS_HEIGHTS		 4096 /* that the histogram covers */
#define ATLAS_NEVER		 INT64_MAX

struct atlas {
	uint32_t heights; /* heights 1 .. heights were reached */
	int64_t *
		min_rise; /* [height]: shortest time, ATLAS_NEVER; it never falls with the height */
	/* [height * ATLAS_BUCKETS + bucket], heights up to hist_heights; NULL without a histogram
	 */
	uint32_t *hist;
	uint32_t hist_heights;
	int64_t tau_max_ns; /* rises that take longer were not looked at */
};

/*
 * Cost: the steps, and for each take as many heights as were reached for the first time since X
 * last stood there, within tau_max: few in practice, D(tau_max) at worst.
 * tau_max_ns: ATLAS_NEVER for all.  Returns: 0 or -ENOMEM.
 */
int atlas_make(const struct demand *d, int64_t tau_max_ns, bool with_hist, struct atlas *out);
void atlas_release(struct atlas *a);

/* D(tau): the steepest rise within a lead time up to tau_max; as low_burst() has it. */
uint32_t atlas_rise(const struct atlas *a, int64_t tau_ns);

/*
 * The low that loses nothing with at most max_pending requests of `block` buffers at once and leads
 * up to tau (low.h); with enough of them it is D(tau) + reserve - 1.  Needs an atlas without
 * tau_max.
 */
uint32_t atlas_low(const struct atlas *a, int64_t tau_ns, uint32_t block, uint32_t max_pending,
		   uint32_t reserve);

/*
 * How many rises beat the lead and a low, were leads distributed like nr samples: a score to
 * compare lows by, no prediction.  Needs the histogram.
 */
double atlas_score(const struct atlas *a, const int64_t *leads_ns, size_t nr, uint32_t low,
		   uint32_t reserve);

/* The bucket of a time, and where it begins. */
uint32_t atlas_bucket(int64_t ns);
int64_t atlas_bucket_ns(uint32_t bucket);

#endif
