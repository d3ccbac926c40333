/* SPDX-License-Identifier: MIT */
#include "tuner/peaks.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tuner/path.h"

#define BLOCKS_LEAST 20
#define BLOCKS_MOST  128
#define ABOVE_LEAST  8
#define ABOVE_MOST   16

/* In which of nr blocks of time. */
static size_t block_at(const struct demand *d, int64_t t_ns, size_t nr)
{
	int64_t span = demand_span_ns(d);
	double at = (double)(t_ns - d->first_ns) / (double)(span ? span : 1);
	size_t block = (size_t)(at * (double)nr);

	return block < nr ? block : nr - 1;
}

/* When the block after this one begins; INT64_MAX: there is none. */
static int64_t next_block_at(const struct demand *d, size_t block, size_t nr)
{
	int64_t low = d->first_ns, high = d->last_ns;

	if (block_at(d, high, nr) <= block)
		return INT64_MAX;
	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (block_at(d, middle, nr) <= block)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The highest X of each block, after any of its steps. */
int peaks_look(void *ctx, const struct path_point *p, size_t nr)
{
	struct peaks_walk *w = ctx;

	for (size_t i = 0; i < nr; i++) {
		uint32_t x = path_is_take(&p[i]) ? p[i].after : p[i].before - 1;

		if (p[i].t_ns >= w->next_ns) {
			w->block = block_at(w->d, p[i].t_ns, w->nr);
			w->next_ns = next_block_at(w->d, w->block, w->nr);
		}
		if (x > w->highest[w->block])
			w->highest[w->block] = x;
	}
	return 0;
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

int peaks_begin(struct peaks_walk *w, const struct demand *d, int64_t block_ns)
{
	int64_t span = demand_span_ns(d);
	size_t nr = (size_t)(span / (block_ns > 0 ? block_ns : 1));

	*w = (struct peaks_walk){.d = d, .nr = nr};
	if (block_ns <= 0 || nr > BLOCKS_MOST)
		w->nr = BLOCKS_MOST;
	w->highest = calloc(w->nr + 1, sizeof(*w->highest));
	if (!w->highest)
		return -ENOMEM;
	w->next_ns = w->nr ? next_block_at(d, 0, w->nr) : INT64_MAX;
	return 0;
}

void peaks_end(struct peaks_walk *w, uint32_t max_held, struct peaks *out)
{
	*out = (struct peaks){.blocks = w->nr, .max_held = max_held};
	if (w->highest && w->nr >= BLOCKS_LEAST) {
		qsort(w->highest, w->nr, sizeof(*w->highest), from_highest);
		set_threshold(out, w->highest);
	}
	free(w->highest);
	w->highest = NULL;
}

int peaks_find(const struct demand *d, int64_t block_ns, struct peaks *out)
{
	struct peaks_walk w;
	const struct path_looker looker = {peaks_look, &w};
	int ret = peaks_begin(&w, d, block_ns);

	if (!ret)
		ret = path_show(path_begin(d), &looker, 1);
	peaks_end(&w, d->max_held, out);
	return ret;
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
