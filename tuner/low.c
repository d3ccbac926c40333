/* SPDX-License-Identifier: MIT */
#include "tuner/low.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/*
 * The lowest state of a window that moves along the path.  Steps are of one, so of all levels
 * between the window's lowest state and X each has a last time at which X stood there, and these
 * times rise with the level: where the lowest one leaves the window, the next level is the lowest.
 */
struct window {
	size_t *last;	 /* for each level: steps before its last state */
	uint32_t lowest; /* level */
	size_t begin;	 /* states before these many steps are outside */
};

static void enter(struct window *w, uint32_t x, size_t steps)
{
	w->last[x] = steps;
	if (x < w->lowest)
		w->lowest = x;
}

/* States that ended before t_ns leave. */
static void leave(struct window *w, const struct demand *d, int64_t t_ns, size_t steps)
{
	while (w->begin < steps && d->t_ns[w->begin] <= t_ns)
		w->begin++;
	while (w->last[w->lowest] < w->begin)
		w->lowest++;
}

/* --- cells ---------------------------------------------------------------------------------------
 *
 * Few cells can hold the steepest rise: no rise that ends in a cell is more than its highest X
 * above the lowest X in it and in the window before it.  Those that cannot are skipped.
 */

/* The lowest X in the cells of a window that moves along: each is lower than all behind it. */
struct cells_low {
	size_t *cell;
	size_t head, tail; /* of cell[] */
	size_t oldest;
};

static uint32_t lowest_in(const struct demand *d, size_t cell)
{
	uint32_t before = d->cells[cell].before, min = d->extremes[0][cell].min;

	return before < min ? before : min;
}

/* The cell joins, and those whose last state ended before t_ns leave.  Returns: the lowest X. */
static uint32_t slide(struct cells_low *c, const struct demand *d, size_t cell, int64_t t_ns)
{
	uint32_t low = lowest_in(d, cell);

	while (c->tail > c->head && lowest_in(d, c->cell[c->tail - 1]) >= low)
		c->tail--;
	c->cell[c->tail++] = cell;
	while (c->oldest < cell && d->t_ns[(c->oldest + 1) * DEMAND_CELL - 1] <= t_ns)
		c->oldest++;
	while (c->cell[c->head] < c->oldest)
		c->head++;
	return lowest_in(d, c->cell[c->head]);
}

/* The window as it is before step i, without what was before it. */
static void start_at(struct window *w, const struct demand *d, size_t begin, size_t i)
{
	uint32_t x = demand_held(d, begin);

	w->begin = begin;
	w->lowest = x;
	w->last[x] = begin;
	for (size_t k = begin; k < i; k++) {
		x += demand_is_take(d, k) ? 1 : -1;
		enter(w, x, k + 1);
	}
}

/* Steps i .. to - 1, one by one. */
static void pass(struct window *w, const struct demand *d, size_t i, size_t to, int64_t tau_ns,
		 struct low_burst *out)
{
	uint32_t x = demand_held(d, i);

	for (; i < to; i++) {
		if (demand_is_take(d, i)) {
			leave(w, d, d->t_ns[i] - tau_ns, i);
			x++;
			if (x - w->lowest > out->rise) {
				out->rise = x - w->lowest;
				out->from = w->last[w->lowest];
				out->to = i;
			}
		} else {
			x--;
		}
		enter(w, x, i + 1);
	}
}

static void finish(const struct demand *d, struct low_burst *b)
{
	if (!b->rise)
		return;
	b->from_ns = d->t_ns[b->from];
	b->to_ns = d->t_ns[b->to];
	b->held = demand_held(d, b->to + 1);
	for (size_t i = b->from; i <= b->to; i++)
		b->imputed += demand_is_imputed(d, i);
}

static void search(struct window *w, struct cells_low *c, const struct demand *d, size_t from,
		   size_t to, int64_t tau_ns, struct low_burst *out)
{
	size_t at = from; /* the window knows all before it */

	c->oldest = from / DEMAND_CELL;
	for (size_t cell = c->oldest; cell * DEMAND_CELL < to; cell++) {
		size_t first = cell * DEMAND_CELL, end = first + DEMAND_CELL, begin;
		int64_t gone_ns;

		first = first > from ? first : from;
		end = end < to ? end : to;
		gone_ns = d->t_ns[first] - tau_ns;
		if (d->extremes[0][cell].max <= slide(c, d, cell, gone_ns) + out->rise)
			continue;
		begin = c->oldest * DEMAND_CELL > from ? c->oldest * DEMAND_CELL : from;
		if (begin > at) /* it is less to begin anew */
			start_at(w, d, begin, first);
		else
			pass(w, d, at, first, tau_ns, out);
		pass(w, d, first, end, tau_ns, out);
		at = end;
	}
}

int low_burst_in(const struct demand *d, size_t from, size_t to, int64_t tau_ns,
		 struct low_burst *out)
{
	struct window w = {.last = malloc((d->max_held + 1) * sizeof(*w.last)), .begin = from};
	struct cells_low c = {.cell = malloc(((to - from) / DEMAND_CELL + 2) * sizeof(*c.cell))};
	int ret = w.last && c.cell ? 0 : -ENOMEM;

	*out = (struct low_burst){0};
	if (!ret && from < to) {
		start_at(&w, d, from, from);
		search(&w, &c, d, from, to, tau_ns, out);
		finish(d, out);
	}
	free(w.last);
	free(c.cell);
	return ret;
}

int low_burst(const struct demand *d, int64_t tau_ns, struct low_burst *out)
{
	return low_burst_in(d, 0, d->nr, tau_ns, out);
}

/* The highest X that was there early enough: whole cells at a time. */
struct earlier {
	size_t begin; /* steps up to there */
	int64_t peak; /* X after any of them; -1: there is none */
};

static void go_on(struct earlier *e, const struct demand *d, int64_t t_ns, size_t i)
{
	while (e->begin < i && d->t_ns[e->begin] <= t_ns) {
		size_t next = e->begin + 1;
		int64_t x;

		if (e->begin % DEMAND_CELL == 0 && e->begin + DEMAND_CELL <= i &&
		    d->t_ns[e->begin + DEMAND_CELL - 1] <= t_ns) {
			x = d->extremes[0][e->begin / DEMAND_CELL].max;
			next = e->begin + DEMAND_CELL;
		} else {
			x = demand_held(d, next);
		}
		e->begin = next;
		e->peak = x > e->peak ? x : e->peak;
	}
}

int64_t low_exact(const struct demand *d, int64_t tau_ns, uint32_t base, uint32_t block,
		  uint32_t reserve)
{
	struct earlier e = {.peak = -1};
	int64_t need = LOW_NONE, enough = (int64_t)base - reserve;
	/* Only where X is more than the base block has is a block needed. */
	size_t i = demand_next_ge(d, 0, enough + 1);

	while (i < d->nr) {
		int64_t x = demand_held(d, i + 1), short_of = x - enough, low;

		if (short_of <= 0) {
			i = demand_next_ge(d, i + 1, enough + 1);
			continue;
		}
		if (demand_is_take(d, i)) {
			go_on(&e, d, d->t_ns[i] - tau_ns, i);
			if (e.peak < 0)
				return LOW_NEVER;
			low = ((short_of + block - 1) / block - 1) * block + base - e.peak;
			need = low > need ? low : need;
		}
		i++;
	}
	return need;
}

uint64_t low_ceiling(int64_t tau_ns, double bits_per_s, uint32_t frame_bytes)
{
	double frames = (double)tau_ns * 1e-9 * bits_per_s / (8.0 * (frame_bytes + 20.0));

	return frames > 0 ? (uint64_t)ceil(frames) : 0;
}
