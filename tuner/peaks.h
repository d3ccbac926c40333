/* SPDX-License-Identifier: MIT */
#ifndef TUNER_PEAKS_H
#define TUNER_PEAKS_H
/*
 * How much higher than this one another recording of the same length may go.
 *
 * A fixed pool that just holds what was recorded is too small for every other recording of the same
 * traffic: which of the two has the higher peak is a matter of chance.  How much higher it may well
 * be is seen in the peaks themselves: the recording is cut into blocks of time, and the highest
 * held of each is noted.  Beyond a threshold that a twelfth of the blocks exceeds (8 at least, 16
 * at most), the excess falls off exponentially.  Were its scale known, then of k blocks above,
 *
 *	P(another recording goes above x) = 1 - exp(-k exp(-(x - threshold) / scale))
 *
 * But it is only known as the mean excess of those k, which may be too small by chance; so that
 * exp(-y / scale) is (1 + y / (k mean excess))^-k, which falls off more slowly.
 *
 * This is extrapolation, and no proof: tails that fall off more slowly (self-similar traffic) go
 * above more often.  docs/tuning.md says how often that was.
 * Source: peaks over a threshold, with a tail of shape 0; the predictive distribution of an
 * exponential with a scale-free prior.
 */
#include "tuner/path.h"

struct peaks {
	bool known;	    /* else there are fewer than 20 blocks, or they do not differ */
	size_t blocks;	    /* that the recording was cut into */
	size_t above;	    /* of them, above the threshold */
	uint32_t threshold; /* of X */
	double excess;	    /* mean of those above, in buffers */
	uint32_t max_held;
};

/*
 * block_ns: after this time, X has nothing to do with what it was; the p99.9 of the hold times.
 * O(the path).  Returns: 0 or -ENOMEM.
 */
int peaks_find(const struct demand *d, int64_t block_ns, struct peaks *out);

/* The same beside others: peaks_look() is shown the whole path (tuner/path.h). */
struct peaks_walk {
	const struct demand *d; /* only when it begins and ends */
	uint32_t *highest;	/* of each block of time */
	size_t nr, block;
	int64_t next_ns; /* when the next block begins */
};
/* Returns: 0 or -ENOMEM.  Either way it is to be ended. */
int peaks_begin(struct peaks_walk *w, const struct demand *d, int64_t block_ns);
int peaks_look(void *walk, const struct path_point *points, size_t nr);
void peaks_end(struct peaks_walk *w, uint32_t max_held, struct peaks *out);

/*
 * Buffers above max_held that another recording needs with a chance of at most this much.  When
 * nothing is known of the peaks: the standard deviation, were packets to come and go independently
 * of each other.
 */
uint32_t peaks_cushion(const struct peaks *p, double chance);

#endif
