/* SPDX-License-Identifier: MIT */
#include "tuner/evidence.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "driver/spec/rng.h"
#include "tuner/low.h"

#define BLOCK_TIMES 10 /* the longest lead, or hold time */
#define RESAMPLES   2000
#define RUN_MAX	    11 /* blocks that are drawn together: the cube root of all */
/* After none: as many come next time as a coin falls heads before the first tails (98 %). */
#define NONE_MOST 5

/* --- chances -------------------------------------------------------------------------------------
 */

/* log of C(n,i) p^i (1-p)^(n-i), summed over i <= k. */
static double at_most(uint64_t n, uint64_t k, double p)
{
	double sum = 0;

	for (uint64_t i = 0; i <= k; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) + (double)i * log(p) +
			   (double)(n - i) * log1p(-p));
	return sum;
}

double binomial_bound(uint64_t n, uint64_t k, double confidence)
{
	double low = 0, high = 1;

	if (!n || k >= n)
		return 1;
	if (!k)
		return 1 - pow(1 - confidence, 1 / (double)n);
	for (int i = 0; i < 60; i++) {
		double p = (low + high) / 2;

		*(at_most(n, k, p) > 1 - confidence ? &low : &high) = p;
	}
	return high;
}

uint64_t binomial_trials(double p, double confidence)
{
	return (uint64_t)ceil(log(1 - confidence) / log1p(-p));
}

/* --- blocks of time ------------------------------------------------------------------------------
 */

static uint32_t highest(const struct demand *d, size_t from, size_t to)
{
	uint32_t most = demand_held(d, from);

	for (size_t i = from; i < to;) {
		bool whole = i % DEMAND_CELL == 0 && i + DEMAND_CELL <= to;
		uint32_t x = whole ? d->extremes[0][i / DEMAND_CELL].max : demand_held(d, i + 1);

		most = x > most ? x : most;
		i += whole ? DEMAND_CELL : 1;
	}
	return most;
}

/* Mann and Whitney: is the second half of the rises higher than the first? */
static double rank_test(const struct evidence_block *b, size_t nr)
{
	size_t first = nr / 2, second = nr - first;
	double u = 0, mean = (double)first * (double)second / 2;

	if (first < 4)
		return 0;
	for (size_t i = 0; i < first; i++)
		for (size_t k = first; k < nr; k++)
			u += b[k].rise > b[i].rise ? 1 : b[k].rise == b[i].rise ? 0.5 : 0;
	return (u - mean) / sqrt(mean * ((double)nr + 1) / 6);
}

static struct memory find_memory(const struct demand *d, const struct evidence *e)
{
	double takes[EVIDENCE_BLOCKS_MAX];

	for (size_t i = 0; i < e->nr; i++) {
		size_t from = e->blocks[i].from, to = e->blocks[i].to;

		takes[i] = (double)(to - from) / 2 +
			   ((double)demand_held(d, to) - (double)demand_held(d, from)) / 2;
	}
	return memory_of(takes, NULL, e->nr, tally_run(e->nr));
}

int evidence_cut(const struct demand *d, int64_t tau_ns, int64_t hold_ns, struct evidence *out)
{
	int64_t span = demand_span_ns(d), longest = tau_ns > hold_ns ? tau_ns : hold_ns;
	size_t at = 0;

	*out = (struct evidence){.from_ns = d->t_ns[0]};
	out->wanted_ns = longest > INT64_MAX / BLOCK_TIMES ? INT64_MAX : BLOCK_TIMES * longest;
	if (out->wanted_ns < 1000000)
		out->wanted_ns = 1000000;
	out->nr = (size_t)(span / out->wanted_ns);
	if (out->nr > EVIDENCE_BLOCKS_MAX)
		out->nr = EVIDENCE_BLOCKS_MAX;
	if (!out->nr)
		return 0;
	out->block_ns = span / (int64_t)out->nr;
	out->blocks = calloc(out->nr, sizeof(*out->blocks));
	if (!out->blocks)
		return -ENOMEM;
	for (size_t i = 0; i < out->nr; i++) {
		struct evidence_block *b = &out->blocks[i];
		struct low_burst burst;
		int ret;

		b->from = at;
		at = i + 1 < out->nr
			     ? demand_next_at(d, at, d->t_ns[0] + (int64_t)(i + 1) * out->block_ns)
			     : d->nr;
		b->to = at;
		b->max_held = highest(d, b->from, b->to);
		ret = b->from < b->to ? low_burst_in(d, b->from, b->to, tau_ns, &burst) : 0;
		if (ret)
			return ret;
		b->rise = b->from < b->to ? burst.rise : 0;
	}
	out->drift = rank_test(out->blocks, out->nr);
	out->memory = find_memory(d, out);
	return 0;
}

void evidence_release(struct evidence *e)
{
	free(e->blocks);
	*e = (struct evidence){0};
}

size_t evidence_exceeding(const struct evidence *e, size_t from, size_t to, int64_t low,
			  uint32_t reserve, uint32_t covered)
{
	size_t nr = 0;

	for (size_t i = from; i < to; i++)
		nr += low_of(e->blocks[i].rise, reserve) > low &&
		      (uint64_t)e->blocks[i].max_held + reserve > covered;
	return nr;
}

/* --- tallies -------------------------------------------------------------------------------------
 */

struct tallying {
	const struct evidence *e;
	struct tally *t;
	uint32_t total;
	int64_t at_ns; /* booked up to there */
};

static size_t block_of(const struct evidence *e, int64_t t_ns)
{
	size_t i = (size_t)((t_ns - e->from_ns) / e->block_ns);

	return i < e->nr ? i : e->nr - 1;
}

/* Books the total from at_ns to t_ns, a block at a time. */
static void book_until(struct tallying *y, int64_t t_ns)
{
	while (y->at_ns < t_ns) {
		size_t i = block_of(y->e, y->at_ns);
		int64_t end = y->e->from_ns + (int64_t)(i + 1) * y->e->block_ns;
		struct tally *t = &y->t[i];

		if (i + 1 == y->e->nr || end > t_ns)
			end = t_ns;
		t->buffer_ns += (double)y->total * (double)(end - y->at_ns);
		t->ns += (double)(end - y->at_ns);
		t->peak = y->total > t->peak ? y->total : t->peak;
		y->at_ns = end;
	}
}

static void tally_event(const struct sim_event *event, void *ctx)
{
	struct tallying *y = ctx;
	struct tally *t = &y->t[block_of(y->e, event->t_ns)];

	book_until(y, event->t_ns);
	y->total = event->total;
	t->peak = y->total > t->peak ? y->total : t->peak;
	t->lost += event->what == SIM_LOST;
	t->resources += event->what == SIM_RESOURCES;
	t->requests += event->what == SIM_REQUEST;
	t->frees += event->what == SIM_FREE;
}

int evidence_tally(const struct demand *d, const struct evidence *e,
		   const struct policy_marks *marks, const struct lead *lead, struct tally *out,
		   struct sim_result *whole)
{
	struct tallying y = {e, out, marks->base, e->from_ns};
	int ret;

	for (size_t i = 0; i < e->nr; i++) {
		size_t from = e->blocks[i].from, to = e->blocks[i].to;
		uint64_t before = (from + demand_held(d, from)) / 2;

		out[i] = (struct tally){.takes = (to + demand_held(d, to)) / 2 - before};
	}
	ret = sim_tell(d, marks, lead, tally_event, &y, whole);
	book_until(&y, d->t_ns[d->nr - 1]);
	return ret;
}

struct tally_sum tally_sum(const struct tally *t, size_t from, size_t to, double loss)
{
	struct tally_sum s = {0};
	double area = 0, ns = 0;

	for (size_t i = from; i < to; i++) {
		s.takes += t[i].takes;
		s.lost += t[i].lost;
		s.resources += t[i].resources;
		s.requests += t[i].requests;
		s.frees += t[i].frees;
		s.peak = t[i].peak > s.peak ? t[i].peak : s.peak;
		s.bad += (double)(t[i].lost + t[i].resources) > loss * (double)t[i].takes;
		area += t[i].buffer_ns;
		ns += t[i].ns;
	}
	s.mean_buffers = ns > 0 ? area / ns : 0;
	return s;
}

/* --- intervals -----------------------------------------------------------------------------------
 */

static double value_of(const struct tally *t, enum tally_what what)
{
	return what == TALLY_BUFFERS	? t->buffer_ns
	       : what == TALLY_REQUESTS ? (double)t->requests
					: (double)t->frees;
}

/* upto[i]: the sum over the blocks before i, going on around the corner at the end. */
static void add_up(const struct tally *t, size_t nr, size_t run, enum tally_what what, double *upto)
{
	upto[0] = 0;
	for (size_t i = 0; i < nr + run; i++)
		upto[i + 1] = upto[i] + value_of(&t[i % nr], what);
}

/* The sum of nr blocks drawn in runs, around the corner at the end. */
static double resample(const double *upto, size_t nr, size_t run, struct rng *rng)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i += run) {
		size_t at = (size_t)(rng_u64(rng) % nr), len = nr - i < run ? nr - i : run;

		sum += upto[at + len] - upto[at];
	}
	return sum;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* How much wider than the normal distribution's the 95 % of Student's is; nr - 1 degrees. */
static double student(size_t nr)
{
	double f = nr > 2 ? (double)nr - 1 : 1, z = 1.96;

	if (nr <= 2)
		return 12.706 / z;
	return 1 + (z * z + 1) / (4 * f) + (5 * pow(z, 4) + 16 * z * z + 3) / (96 * f * f);
}

size_t tally_run(size_t nr)
{
	return (size_t)ceil(cbrt((double)nr));
}

/*
 * The larger a count, the more it varies: its square root varies by the same wherever it is.  Half
 * as wide as this is what it says where the count is.
 */
static struct interval of_count(double count, double half)
{
	double bend = half * half / (4 * count);

	return (struct interval){half < 2 * count ? count - half + bend : 0, count + half + bend};
}

struct interval tally_interval(const struct tally *t, size_t nr, enum tally_what what,
			       uint64_t seed)
{
	double sum = 0, ns = 0, difference[RESAMPLES], wider = student(nr), low, high;
	double values[EVIDENCE_BLOCKS_MAX], takes[EVIDENCE_BLOCKS_MAX];
	double upto[EVIDENCE_BLOCKS_MAX + RUN_MAX + 1];
	size_t run = tally_run(nr);
	struct rng rng;

	assert(nr > 0 && nr <= EVIDENCE_BLOCKS_MAX && run <= RUN_MAX);
	for (size_t i = 0; i < nr; i++) {
		values[i] = value_of(&t[i], what);
		takes[i] = (double)t[i].takes;
		sum += values[i];
		ns += t[i].ns;
	}
	if (what != TALLY_BUFFERS && sum == 0)
		return (struct interval){0, NONE_MOST};
	wider *= memory_of(values, takes, nr, run).wider;
	add_up(t, nr, run, what, upto);
	rng_init(&rng, seed, 7);
	for (size_t i = 0; i < RESAMPLES; i++) {
		double one = resample(upto, nr, run, &rng);

		difference[i] = one - resample(upto, nr, run, &rng);
	}
	qsort(difference, RESAMPLES, sizeof(*difference), by_value);
	low = wider * difference[RESAMPLES / 40];
	high = wider * difference[RESAMPLES - 1 - RESAMPLES / 40];
	if (what != TALLY_BUFFERS)
		return of_count(sum, (high - low) / 2);
	return (struct interval){fmax(0, (sum + low) / ns), (sum + high) / ns};
}
