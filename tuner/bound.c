/* SPDX-License-Identifier: MIT */
#include "tuner/bound.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static void rise(struct bound_level *l, int64_t t_ns, int64_t pause_ns)
{
	int64_t pause = t_ns - l->until_ns;

	l->now = true;
	l->since_ns = t_ns;
	if (l->grants && pause <= pause_ns)
		l->paused_ns += pause;
	else
		l->grants++;
}

static void fall(struct bound_level *l, int64_t t_ns)
{
	l->now = false;
	l->until_ns = t_ns;
	l->above_ns += t_ns - l->since_ns;
}

static void pass(const struct demand *d, int64_t pause_ns, struct bound_level *levels)
{
	uint32_t x = 0;

	for (size_t first = 0; first < d->nr; first += DEMAND_CELL) {
		size_t end = first + DEMAND_CELL < d->nr ? first + DEMAND_CELL : d->nr;
		uint64_t takes = d->cells[first / DEMAND_CELL].takes;

		for (size_t i = first; i < end; i++, takes >>= 1) {
			if (takes & 1)
				rise(&levels[x++], d->t_ns[i], pause_ns);
			else
				fall(&levels[--x], d->t_ns[i]);
		}
	}
}

int bound_table_make(const struct demand *d, int64_t pause_ns, struct bound_table *out)
{
	*out = (struct bound_table){.nr = d->max_held, .span_ns = demand_span_ns(d)};
	out->levels = calloc(d->max_held ? d->max_held : 1, sizeof(*out->levels));
	if (!out->levels)
		return -ENOMEM;
	pass(d, pause_ns, out->levels);
	for (uint32_t i = 0; i < out->nr; i++)
		if (out->levels[i].now) {
			fall(&out->levels[i], d->t_ns[d->nr - 1]);
			out->levels[i].now = true;
		}
	return 0;
}

void bound_table_release(struct bound_table *t)
{
	free(t->levels);
	*t = (struct bound_table){0};
}

int bound_of(const struct bound_table *t, uint32_t base, uint32_t block, uint32_t reserve,
	     struct bound *out)
{
	int64_t most = (int64_t)t->nr + reserve - base;
	uint32_t nr = most > 0 ? (uint32_t)((most + block - 1) / (block ? block : 1)) : 0;
	double had = 0; /* buffer-nanoseconds of dynamic blocks */

	*out = (struct bound){.mean_buffers = base, .peak_buffers = base + nr * block};
	if (!base || !block)
		return -EINVAL;
	for (uint32_t k = 0; k < nr; k++) {
		int64_t level = (int64_t)k * block + base - reserve;
		const struct bound_level *l = &t->levels[level < 0 ? 0 : level];

		/* What the reserve alone needs beside the base is there from the first step on. */
		had += (double)(level < 0 ? t->span_ns : l->above_ns + l->paused_ns) * block;
		out->grants += level < 0 ? 1 : l->grants;
		out->frees += level < 0 ? 0 : l->grants - l->now;
	}
	if (t->span_ns > 0)
		out->mean_buffers += had / (double)t->span_ns;
	return 0;
}

int bound_clairvoyant(const struct demand *d, uint32_t base, uint32_t block, uint32_t reserve,
		      double switch_cost, struct bound *out)
{
	double pause = block ? floor(switch_cost / block) : 0;
	struct bound_table t;
	int ret = bound_table_make(d, pause < 9e18 ? (int64_t)pause : INT64_MAX, &t);

	if (!ret)
		ret = bound_of(&t, base, block, reserve, out);
	bound_table_release(&t);
	return ret;
}
