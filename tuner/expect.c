/* SPDX-License-Identifier: MIT */
#include "tuner/expect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Above this share of stretches, or number, resamples do. */
#define RARE_SHARE 0.5
#define RARE_MOST  16
#define TAIL	   0.025
#define STRETCHES  12

/* Stretches of time, each a run of blocks: what is held at most, highest first. */
struct stretches {
	uint32_t *held;
	size_t nr;
};

static int by_height(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x > y ? -1 : x < y;
}

static int find_stretches(const struct evidence *e, struct stretches *s)
{
	size_t run = tally_run(e->nr);

	/* With too few of them nothing could be said of the rarest. */
	if (e->nr / run < STRETCHES)
		run = e->nr / STRETCHES ? e->nr / STRETCHES : 1;
	s->nr = (e->nr + run - 1) / run;
	s->held = calloc(s->nr, sizeof(*s->held));
	if (!s->held)
		return -ENOMEM;
	for (size_t i = 0; i < e->nr; i++)
		if (e->blocks[i].max_held > s->held[i / run])
			s->held[i / run] = e->blocks[i].max_held;
	qsort(s->held, s->nr, sizeof(*s->held), by_height);
	return 0;
}

static size_t reach(const struct stretches *s, uint32_t level)
{
	size_t k = 0;

	while (k < s->nr && s->held[k] >= level)
		k++;
	return k;
}

/* Heads before the n-th tails: the number that is exceeded with a chance of at most `tail`. */
static size_t heads(size_t n, double tail)
{
	double chance = pow(0.5, (double)n), sum = chance;
	size_t k = 0;

	while (n && sum < 1 - tail) {
		chance *= (double)(n + k) / (double)(k + 1) / 2;
		sum += chance;
		k++;
	}
	return n ? k : 0;
}

/* As if `fewer` were held of a pool (or more, when it is negative): what is above is as it was. */
static int simulate(const struct demand *d, const struct policy_marks *marks, int64_t fewer,
		    const struct lead *lead, struct sim_result *out)
{
	struct policy_marks m = *marks;

	if (fewer >= (int64_t)m.base)
		fewer = (int64_t)m.base - 1;
	m.base = (uint32_t)((int64_t)m.base - fewer);
	m.limit = (uint32_t)((int64_t)m.limit - fewer);
	return sim_skip(d, &m, lead, NULL, out);
}

/* Probes come all the time, and leads vary: that is what resamples know. */
static void widen(struct interval *i, double low, double high)
{
	i->low = fmin(i->low, low);
	i->high = fmax(i->high, high);
}

/* A pool of which k stretches reach the level at which it grows. */
static int expect_rare(const struct demand *d, const struct stretches *s, size_t k, uint32_t level,
		       const struct policy_marks *marks, const struct lead *lead,
		       struct expectation *out)
{
	size_t most = heads(k + 1, TAIL), least = heads(k, 1 - TAIL);
	uint32_t at_most = s->held[(most < s->nr ? most : s->nr) - 1];
	uint32_t at_least = least < s->nr ? s->held[least] + 1 : s->held[s->nr - 1];
	int64_t fewer = (int64_t)level - at_most, more = (int64_t)at_least - level;
	struct sim_result high, low;
	int ret = simulate(d, marks, fewer > 0 ? fewer : 0, lead, &high);

	if (!ret)
		ret = simulate(d, marks, more > 0 ? -more : 0, lead, &low);
	if (ret)
		return ret;
	widen(&out->mean, low.mean_buffers - (more > 0 ? (double)more : 0),
	      high.mean_buffers + (fewer > 0 ? (double)fewer : 0));
	widen(&out->requests, (double)low.requests, (double)high.requests);
	widen(&out->frees, (double)low.frees, (double)high.frees);
	return 0;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

int expect_make(const struct demand *d, const struct evidence *e, const struct policy_marks *marks,
		const struct lead *lead, const struct tally *tally, const struct sim_result *whole,
		uint64_t seed, struct expectation *out)
{
	uint32_t level = marks->base > marks->low ? marks->base - marks->low : 0;
	struct stretches s;
	size_t k;
	int ret;

	*out = (struct expectation){.known = e->nr >= EXPECT_BLOCKS};
	if (!out->known)
		return 0;
	ret = find_stretches(e, &s);
	if (ret)
		return ret;
	out->mean = tally_interval(tally, e->nr, TALLY_BUFFERS, seed);
	out->requests = tally_interval(tally, e->nr, TALLY_REQUESTS, seed);
	out->frees = tally_interval(tally, e->nr, TALLY_FREES, seed);
	k = reach(&s, level);
	out->rare = k <= RARE_MOST && (double)k <= RARE_SHARE * (double)s.nr;
	if (!out->rare && lead->kind == LEAD_NEAREST && lead->nr_samples < EXPECT_LEADS)
		out->known = false;
	else if (out->rare)
		ret = expect_rare(d, &s, k, level, marks, lead, out);
	else if (whole->granted && !whole->frees)
		widen(&out->mean, marks->base,
		      fmin(marks->limit, (double)whole->peak_buffers + marks->block));
	free(s.held);
	return ret;
}
