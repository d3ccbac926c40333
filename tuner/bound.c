/* SPDX-License-Identifier: MIT */
#include "tuner/bound.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tuner/path.h"

/*
 * Levels that rose, or fell, at one time are neighbours, and stay so until some of them fall or
 * rise again.  So those below X lie in runs by when they rose, the highest on top of a stack, and
 * those above it, as far as they ever rose, by when they fell, the lowest on top.  What happens to
 * a run is noted at its ends, and summed up over the levels when all is over.
 */
struct run {
	int64_t t_ns;
	uint32_t from, to; /* levels from .. to - 1 */
};

struct passing {
	struct bound_table *table;
	int64_t pause_ns;
	struct run *up, *down;
	size_t nr_up, nr_down;
};

static void note_rise(struct passing *p, uint32_t from, uint32_t to, bool again, int64_t pause)
{
	struct bound_level *l = p->table->levels;

	if (again && pause <= p->pause_ns) {
		l[from].paused_ns += pause;
		l[to].paused_ns -= pause;
	} else {
		l[from].grants++;
		l[to].grants--;
	}
}

static void rise(struct passing *p, uint32_t from, uint32_t to, int64_t t_ns)
{
	p->up[p->nr_up++] = (struct run){t_ns, from, to};
	while (from < to && p->nr_down) {
		struct run *r = &p->down[p->nr_down - 1];
		uint32_t end = r->to < to ? r->to : to;

		note_rise(p, from, end, true, t_ns - r->t_ns);
		r->from = from = end;
		p->nr_down -= r->from == r->to;
	}
	if (from < to) /* for the first time */
		note_rise(p, from, to, false, 0);
}

static void fall(struct passing *p, uint32_t to, uint32_t from, int64_t t_ns)
{
	struct bound_level *l = p->table->levels;

	p->down[p->nr_down++] = (struct run){t_ns, to, from};
	while (to < from) {
		struct run *r = &p->up[p->nr_up - 1];
		uint32_t end = r->from > to ? r->from : to;

		l[end].above_ns += t_ns - r->t_ns;
		l[from].above_ns -= t_ns - r->t_ns;
		r->to = from = end;
		p->nr_up -= r->from == r->to;
	}
}

static void pass(struct passing *p, const struct demand *d)
{
	struct path_walk w = path_begin(d);
	struct bound_level *l = p->table->levels;

	while (path_next(&w)) {
		if (w.take)
			rise(p, w.before, w.after, w.t_ns);
		else
			fall(p, w.after, w.before, w.t_ns);
	}
	p->table->above = w.after;
	if (w.after)
		fall(p, 0, w.after, d->last_ns);
	for (uint32_t i = 1; i < p->table->nr; i++) {
		l[i].above_ns += l[i - 1].above_ns;
		l[i].paused_ns += l[i - 1].paused_ns;
		l[i].grants += l[i - 1].grants;
	}
}

int bound_table_make(const struct demand *d, int64_t pause_ns, struct bound_table *out)
{
	/* One more than there are levels: what ends at the highest is noted behind it. */
	size_t room = (size_t)d->max_held + 1;
	struct passing p = {.table = out,
			    .pause_ns = pause_ns,
			    .up = calloc(room, sizeof(*p.up)),
			    .down = calloc(room, sizeof(*p.down))};

	int ret = p.up && p.down ? 0 : -ENOMEM;

	*out = (struct bound_table){.nr = d->max_held, .span_ns = demand_span_ns(d)};
	if (!ret)
		out->levels = calloc(room, sizeof(*out->levels));
	if (out->levels)
		pass(&p, d);
	else
		ret = -ENOMEM;
	free(p.up);
	free(p.down);
	return ret;
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
		out->frees += level < 0 ? 0 : l->grants - (level < t->above);
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
