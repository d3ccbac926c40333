/* SPDX-License-Identifier: MIT */
#include "tuner/atlas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 0 ns is in bucket 0; from 4 ns on, four buckets a doubling. */
uint32_t atlas_bucket(int64_t ns)
{
	uint32_t octave;

	if (ns < ATLAS_BUCKETS_PER_OCTAVE)
		return ns < 0 ? 0 : (uint32_t)ns;
	octave = 63 - (uint32_t)__builtin_clzll((uint64_t)ns);
	return (octave - 1) * ATLAS_BUCKETS_PER_OCTAVE + ((uint32_t)(ns >> (octave - 2)) & 3);
}

int64_t atlas_bucket_ns(uint32_t bucket)
{
	uint32_t octave = bucket / ATLAS_BUCKETS_PER_OCTAVE + 1;

	if (bucket < ATLAS_BUCKETS_PER_OCTAVE)
		return bucket;
	return (int64_t)(4 + bucket % ATLAS_BUCKETS_PER_OCTAVE) << (octave - 2);
}

/* The last step up from a level: when it was, and its number. */
struct up {
	int64_t t_ns;
	uint64_t nr; /* 0: there was none */
};

static int allocate(const struct demand *d, bool with_hist, struct atlas *a)
{
	a->heights = d->max_held;
	a->hist_heights = d->max_held < ATLAS_HEIGHTS ? d->max_held : ATLAS_HEIGHTS;
	a->min_rise = calloc((size_t)d->max_held + 1, sizeof(*a->min_rise));
	if (with_hist)
		a->hist = calloc((a->hist_heights + 1) * (size_t)ATLAS_BUCKETS, sizeof(*a->hist));
	if (!a->min_rise || (with_hist && !a->hist))
		return -ENOMEM;
	for (uint32_t l = 1; l <= d->max_held; l++)
		a->min_rise[l] = ATLAS_NEVER;
	return 0;
}

/* X has just stepped up from `x`: the rises that end here. */
static void note_rises(struct atlas *a, const struct up *up, uint32_t x, uint64_t before,
		       int64_t t_ns)
{
	for (uint32_t l = 1; l <= x + 1; l++) {
		const struct up *from = &up[x + 1 - l];
		int64_t took = t_ns - from->t_ns;

		/* This height was reached from there already. */
		if (from->nr <= before || took >= a->tau_max_ns)
			return;
		if (took < a->min_rise[l])
			a->min_rise[l] = took;
		if (a->hist && l <= a->hist_heights)
			a->hist[(size_t)l * ATLAS_BUCKETS + atlas_bucket(took)]++;
	}
}

int atlas_make(const struct demand *d, int64_t tau_max_ns, bool with_hist, struct atlas *out)
{
	struct up *up = calloc(d->max_held + 1, sizeof(*up));
	uint64_t nr = 0;
	uint32_t x = 0;
	int ret;

	*out = (struct atlas){.tau_max_ns = tau_max_ns};
	ret = up ? allocate(d, with_hist, out) : -ENOMEM;
	for (size_t i = 0; !ret && i < d->nr; i++) {
		uint64_t before;

		if (!demand_is_take(d, i)) {
			x--;
			continue;
		}
		before = up[x].nr;
		up[x] = (struct up){d->t_ns[i], ++nr};
		note_rises(out, up, x, before, d->t_ns[i]);
		x++;
	}
	free(up);
	if (ret)
		atlas_release(out);
	return ret;
}

void atlas_release(struct atlas *a)
{
	free(a->min_rise);
	free(a->hist);
	*a = (struct atlas){0};
}

/* Shorter heights are risen through first, so min_rise never falls. */
uint32_t atlas_rise(const struct atlas *a, int64_t tau_ns)
{
	uint32_t low = a->heights ? 1 : 0, high = a->heights;

	/* One buffer is risen by in no time, and nothing comes sooner than that. */
	while (low < high) {
		uint32_t middle = high - (high - low) / 2;

		if (a->min_rise[middle] < tau_ns)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

uint32_t atlas_low(const struct atlas *a, int64_t tau_ns, uint32_t block, uint32_t max_pending,
		   uint32_t reserve)
{
	int64_t most = 0;

	if (tau_ns <= 0) /* what is asked for comes before the next take */
		return a->heights || !reserve ? reserve : reserve - 1;
	for (uint32_t l = 1; l <= a->heights && a->min_rise[l] != ATLAS_NEVER; l++) {
		/* Whole leads that the rise takes at least; what they bring is not missing. */
		int64_t leads = a->min_rise[l] / tau_ns, come;

		if (__builtin_mul_overflow(leads, (int64_t)block * max_pending, &come))
			come = INT64_MAX;
		if (come < (int64_t)l && (int64_t)l - come > most)
			most = (int64_t)l - come;
	}
	return most + reserve ? (uint32_t)(most + reserve - 1) : 0;
}

/* How many of the samples are longer. */
static double share_longer(const int64_t *leads_ns, size_t nr, int64_t ns)
{
	size_t longer = 0;

	for (size_t i = 0; i < nr; i++)
		longer += leads_ns[i] > ns;
	return (double)longer / (double)nr;
}

double atlas_score(const struct atlas *a, const int64_t *leads_ns, size_t nr, uint32_t low,
		   uint32_t reserve)
{
	int64_t height = (int64_t)low + 2 - reserve;
	double score = 0;

	if (!nr || !a->hist || height < 1 || height > a->hist_heights)
		return 0;
	for (uint32_t b = 0; b < ATLAS_BUCKETS; b++) {
		uint32_t rises = a->hist[(size_t)height * ATLAS_BUCKETS + b];

		if (rises)
			score += rises * share_longer(leads_ns, nr, atlas_bucket_ns(b));
	}
	return score;
}
