/* SPDX-License-Identifier: MIT */
#include "tuner/bound.h"

#include <errno.h>
#include <stdlib.h>

/* One dynamic block: when it was last wanted, and whether it still is. */
struct wanted {
	int64_t since_ns, until_ns;
	bool ever, now;
};

struct clairvoyant {
	struct wanted *blocks;
	uint32_t block;
	double switch_cost;
	double had; /* buffer-nanoseconds of dynamic blocks */
	struct bound *out;
};

static void want(struct clairvoyant *c, uint32_t k, int64_t t_ns)
{
	struct wanted *w = &c->blocks[k];
	double pause = w->ever ? (double)(t_ns - w->until_ns) * c->block : 0;

	w->now = true;
	w->since_ns = t_ns;
	if (w->ever && pause <= c->switch_cost) {
		c->had += pause;
		return;
	}
	c->out->grants++;
	c->out->frees += w->ever;
	w->ever = true;
}

static void leave(struct clairvoyant *c, uint32_t k, int64_t t_ns)
{
	struct wanted *w = &c->blocks[k];

	w->now = false;
	w->until_ns = t_ns;
	c->had += (double)(t_ns - w->since_ns) * c->block;
}

int bound_clairvoyant(const struct demand *d, uint32_t base, uint32_t block, uint32_t reserve,
		      double switch_cost, struct bound *out)
{
	int64_t most = (int64_t)d->max_held + reserve - base, x = 0;
	uint32_t nr = most > 0 ? (uint32_t)((most + block - 1) / (block ? block : 1)) : 0;
	struct clairvoyant c = {.block = block, .switch_cost = switch_cost, .out = out};
	int64_t end_ns = d->t_ns[d->nr - 1], span = demand_span_ns(d);

	*out = (struct bound){.mean_buffers = base, .peak_buffers = base + nr * block};
	if (!base || !block)
		return -EINVAL;
	c.blocks = calloc(nr ? nr : 1, sizeof(*c.blocks));
	if (!c.blocks)
		return -ENOMEM;
	/* What the reserve alone needs beside the base is there from the first step on. */
	for (uint32_t k = 0; k < nr && (int64_t)k * block < (int64_t)reserve - base; k++)
		want(&c, k, d->t_ns[0]);
	for (size_t i = 0; i < d->nr; i++) {
		bool take = demand_is_take(d, i);
		/* The need that this step adds or removes, counted from 0 at the base's last
		 * buffer. */
		int64_t over = x + reserve - base - !take;

		x += take ? 1 : -1;
		if (over < 0 || over % block)
			continue;
		if (take)
			want(&c, (uint32_t)(over / block), d->t_ns[i]);
		else
			leave(&c, (uint32_t)(over / block), d->t_ns[i]);
	}
	for (uint32_t k = 0; k < nr; k++) {
		if (c.blocks[k].now)
			leave(&c, k, end_ns);
		else
			out->frees += c.blocks[k].ever;
	}
	if (span > 0)
		out->mean_buffers += c.had / (double)span;
	free(c.blocks);
	return 0;
}
