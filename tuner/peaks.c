/* SPDX-License-Identifier: MIT */
#include "tuner/peaks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define BLOCKS_LEAST 20
#define BLOCKS_MOST  128
#define ABOVE_LEAST  8
#define ABOVE_MOST   16

static size_t block_at(const struct demand *d, size_t step, size_t nr)
{
	int64_t span = demand_span_ns(d);
	double at = (double)(d->t_ns[step] - d->t_ns[0]) / (double)(span ? span : 1);
	size_t block = (size_t)(at * (double)nr);

	return block < nr ? block : nr - 1;
}

/* The first step of a later block. */
static size_t end_of_block(const struct demand *d, size_t from, size_t block, size_t nr)
{
	size_t low = from, high = d->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (block_at(d, middle, nr) <= block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The highest X of each block: of whole cells it is known. */
static void find_highest(const struct demand *d, uint32_t *highest, size_t nr)
{
	size_t i = 0;

	for (size_t block = 0; block < nr; block++) {
		size_t end = end_of_block(d, i, block, nr);

		while (i < end) {
			bool whole = i % DEMAND_CELL == 0 && i + DEMAND_CELL <= end;
			uint32_t x =
				whole ? d->extremes[0][i / DEMAND_CELL].max : demand_held(d, i + 1);

			highest[block] = x > highest[block] ? x : highest[block];
			i += whole ? DEMAND_CELL : 1;
		}
	}
}

static int from_highest(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Counts those that are truly above: equal ones would make the mean excess too small. */
static void set_threshold(struct peaks *p, const uint32_t *highest)
{
	size_t k = p->blocks / 12;
	double sum = 0;

	k = k < ABOVE_LEAST ? ABOVE_LEAST : k > ABOVE_MOST ? ABOVE_MOST : k;
	while (k + 1 < p->blocks && highest[ABOVE_LEAST - 1] == highest[k])
		k++;
	p->threshold = highest[k];
	for (; p->above < k && highest[p->above] > p->threshold; p->above++)
		sum += highest[p->above] - p->threshold;
	p->known = p->above >= ABOVE_LEAST;
	/* Buffers are whole: of a geometric tail with this mean, the scale is less. */
	p->excess =
		p->above && sum > (double)p->above ? 1 / log(sum / (sum - (double)p->above)) : 0.5;
}

int peaks_find(const struct demand *d, int64_t block_ns, struct peaks *out)
{
	int64_t span = demand_span_ns(d);
	uint32_t *highest;

	*out = (struct peaks){.max_held = d->max_held};
	out->blocks = (size_t)(span / (block_ns > 0 ? block_ns : 1));
	if (block_ns <= 0 || out->blocks > BLOCKS_MOST)
		out->blocks = BLOCKS_MOST;
	if (out->blocks < BLOCKS_LEAST)
		return 0;
	highest = calloc(out->blocks, sizeof(*highest));
	if (!highest)
		return -ENOMEM;
	find_highest(d, highest, out->blocks);
	qsort(highest, out->blocks, sizeof(*highest), from_highest);
	set_threshold(out, highest);
	free(highest);
	return 0;
}

uint32_t peaks_cushion(const struct peaks *p, double chance)
{
	double k = (double)p->above, x;

	if (!p->known)
		return (uint32_t)ceil(sqrt(p->max_held));
	x = p->threshold + k * p->excess * (pow(k / -log1p(-chance), 1 / k) - 1);
	x = ceil(x - p->max_held);
	return x < 1 ? 1 : x < p->max_held ? (uint32_t)x : p->max_held;
}
