/* SPDX-License-Identifier: MIT */
#ifndef CLI_TUNE_VERIFY_H
#define CLI_TUNE_VERIFY_H
/*
 * `tune --verify`: the reference driver, in virtual time, with the recorded packets and the
 * recommended marks; what it did beside what was predicted.
 *
 * Packets come and go as in the recording, whatever the driver does: what a sender would do who
 * notices losses is not in it.  Leads are drawn anew, from a distribution with the recorded median
 * and 99th percentile, and requests fail as often as they did.
 *
 * Each pair of predicted and measured is kept in the recording (meta, keys `tuning 1` and so on).
 */
#include "cli/tune.h"

struct tune_verdict {
	bool known;
	char lead[96]; /* as refnic was told */
	struct pool_summary measured;
	uint64_t frees; /* because there was too much, as predicted ones are */
	bool lost_inside, mean_inside, peak_inside, requests_inside, frees_inside;
	uint64_t kept, kept_inside; /* pairs of the recording's track record, this one included */
	char not_kept[128];	    /* why it could not be kept; "" */
};

/* Returns: 0; -errno and one line in why. */
int tune_verify(const struct tune_options *options, const struct tune_pool *pool,
		struct tune_verdict *out, char why[TUNE_WHY_BYTES]);

static inline bool tune_verdict_inside(const struct tune_verdict *v)
{
	return v->lost_inside && v->mean_inside && v->peak_inside && v->requests_inside &&
	       v->frees_inside;
}

#endif
