/* SPDX-License-Identifier: MIT */
#ifndef TUNER_EXPECT_H
#define TUNER_EXPECT_H
/*
 * What a setting will do in another recording as long, with 95 %: both recordings are chance.
 *
 *  - A pool that grows in most stretches of time: resamples of its tallies (tally_interval()).
 *  - A pool that grows in few or none, because its base block holds nearly all that was ever held:
 *    then resamples say nothing of the next peak.  But whoever sees k of G stretches go above a
 * level will see so many in the next recording as coins fall heads before the (k + 1)-th tails (for
 * a level that k + 1 of them just reach), whatever the traffic.  What so many do is seen in this
 *    recording, with a level that so many reach: a simulation with as many buffers fewer.
 *  - A pool that grew and never shrank: when it grew was chance, and it had not settled.  Its mean
 * is only said to be between its base and one block more than its peak.
 *
 * Source: exceedances of order statistics (Gumbel and von Schelling), negative binomial for equal
 * lengths.
 */
#include "tuner/evidence.h"

#define EXPECT_BLOCKS 10
#define EXPECT_LEADS  20

struct expectation {
	struct interval mean, requests, frees;
	bool rare; /* the second kind */
	/* false: there are too few blocks, or of a pool that grows too few recorded leads */
	bool known;
};

/* tally, whole: of these marks, from evidence_tally().  Returns: 0, or what sim_skip() returns. */
int expect_make(const struct demand *d, const struct evidence *e, const struct policy_marks *marks,
		const struct lead *lead, const struct tally *tally, const struct sim_result *whole,
		uint64_t seed, struct expectation *out);

#endif
