/* SPDX-License-Identifier: MIT */
#include "tuner/bound.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Levels that rose, or fell, at one time are neighbours, and stay so until some of them fall or
 * rise again.  So those below X lie in runs by when they rose, the highest on top of a stack, and
 * those above it, as far as they ever rose, by when they fell, the lowest on top.  What happens to
 * a run is noted at its ends, and summed up over the levels when all is over.
 */
struct bound_run {
	int64_t t_ns;
	uint32_t from, to; /* levels from .. to - 1 */
};

static void note_rise(struct bound_walk *p, uint32_t from, uint32_t to, bool again, int64_t pause)
{
	struct bound_level *l = p->levels;

	if (again && pause <= p->pause_ns) {
		l[from].paused_ns += pause;
		l[to].paused_ns -= pause;
	} else {
		l[from].grants++;
		l[to].grants--;
	}
}

static void rise(struct bound_walk *p, uint32_t from, uint32_t to, int64_t t_ns)
{
	p->up[p->nr_up++] = (struct bound_run){t_ns, from, to};
	while (from < to && p->nr_down) {
		struct bound_run *r = &p->down[p->nr_down - 1];
		uint32_t end = r->to < to ? r->to : to;

		note_rise(p, from, end, true, t_ns - r->t_ns);
		r->from = from = end;
		p->nr_down -= r->from == r->to;
	}
	if (from < to) /* for the first time */
		note_rise(p, from, to, false, 0);
}

static void fall(struct bound_walk *p, uint32_t to, uint32_t from, int64_t t_ns)
{
	struct bound_level *l = p->levels;

	p->down[p->nr_down++] = (struct bound_run){t_ns, to, from};
	while (to < from) {
		struct bound_run *r = &p->up[p->nr_up - 1];
		uint32_t end = r->from > to ? r->from : to;

		l[end].above_ns += t_ns - r->t_ns;
		l[from].above_ns -= t_ns - r->t_ns;
		r->to = from = end;
		p->nr_up -= r->from == r->to;
	}
}

/* One more than there are levels: what ends at the highest is noted behind it. */
#define ROOM_FIRST 1024

static bool grow(void **array, size_t to, size_t size)
{
	void *grown = realloc(*array, to * size);

	if (grown)
		*array = grown;
	return grown;
}

static int make_room(struct bound_walk *p, uint32_t most)
{
	size_t room = p->room ? p->room : ROOM_FIRST;

	while (room <= most)
		room *= 2;
	if (!grow((void **)&p->levels, room, sizeof(*p->levels)) ||
	    !grow((void **)&p->up, room, sizeof(*p->up)) ||
	    !grow((void **)&p->down, room, sizeof(*p->down)))
		return -ENOMEM;
	memset(p->levels + p->room, 0, (room - p->room) * sizeof(*p->levels));
	p->room = room;
	return 0;
}

void bound_begin(struct bound_walk *p, int64_t pause_ns)
{
	*p = (struct bound_walk){.pause_ns = pause_ns};
}

int bound_look(void *walk, const struct path_point *points, size_t nr)
{
	struct bound_walk *p = walk;

	for (size_t i = 0; i < nr; i++) {
		const struct path_point *q = &points[i];

		if (!path_is_take(q))
			fall(p, q->after, q->before, q->t_ns);
		else if (q->after < p->room || !make_room(p, q->after))
			rise(p, q->before, q->after, q->t_ns);
		else
			return p->error = -ENOMEM;
	}
	p->above = points[nr - 1].after;
	return 0;
}

static int conclude(struct bound_walk *p, const struct demand *d, uint32_t max_held)
{
	struct bound_level *l;

	if (p->error || (max_held >= p->room && make_room(p, max_held)))
		return -ENOMEM;
	if (p->above)
		fall(p, 0, p->above, d->last_ns);
	l = p->levels;
	for (uint32_t i = 1; i < max_held; i++) {
		l[i].above_ns += l[i - 1].above_ns;
		l[i].paused_ns += l[i - 1].paused_ns;
		l[i].grants += l[i - 1].grants;
	}
	return 0;
}

int bound_end(struct bound_walk *p, const struct demand *d, uint32_t max_held,
	      struct bound_table *out)
{
	int ret = conclude(p, d, max_held);

	*out = (struct bound_table){.levels = p->levels,
				    .nr = max_held,
				    .above = p->above,
				    .span_ns = demand_span_ns(d)};
	free(p->up);
	free(p->down);
	*p = (struct bound_walk){0};
	return ret;
}

int bound_table_make(const struct demand *d, int64_t pause_ns, struct bound_table *out)
{
	struct bound_walk walk;
	const struct path_looker looker = {bound_look, &walk};

	bound_begin(&walk, pause_ns);
	path_show(path_begin(d), &looker, 1); /* what went wrong, the end says */
	return bound_end(&walk, d, d->max_held, out);
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
