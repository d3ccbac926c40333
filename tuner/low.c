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

int low_burst_in(const struct demand *d, size_t from, size_t to, int64_t tau_ns,
		 struct low_burst *out)
{
	struct window w = {.last = malloc((d->max_held + 1) * sizeof(*w.last)), .begin = from};
	uint32_t x = demand_held(d, from);

	*out = (struct low_burst){0};
	if (!w.last)
		return -ENOMEM;
	w.lowest = x;
	w.last[x] = from;
	for (size_t i = from; i < to; i++) {
		bool take = demand_is_take(d, i);

		if (take) {
			leave(&w, d, d->t_ns[i] - tau_ns, i);
			x++;
			if (x - w.lowest > out->rise) {
				out->rise = x - w.lowest;
				out->from = w.last[w.lowest];
				out->to = i;
			}
		} else {
			x--;
		}
		enter(&w, x, i + 1);
	}
	free(w.last);
	finish(d, out);
	return 0;
}

int low_burst(const struct demand *d, int64_t tau_ns, struct low_burst *out)
{
	return low_burst_in(d, 0, d->nr, tau_ns, out);
}

int64_t low_exact(const struct demand *d, int64_t tau_ns, uint32_t base, uint32_t block,
		  uint32_t reserve)
{
	int64_t need = LOW_NONE, x = 0, then = 0, peak = -1;
	size_t begin = 0;

	for (size_t i = 0; i < d->nr; i++) {
		int64_t short_of, low;

		if (!demand_is_take(d, i)) {
			x--;
			continue;
		}
		x++;
		short_of = x + reserve - base;
		for (; begin < i && d->t_ns[begin] <= d->t_ns[i] - tau_ns; begin++) {
			then += demand_is_take(d, begin) ? 1 : -1;
			peak = then > peak ? then : peak;
		}
		if (short_of <= 0)
			continue;
		if (peak < 0)
			return LOW_NEVER;
		low = ((short_of + block - 1) / block - 1) * block + base - peak;
		need = low > need ? low : need;
	}
	return need;
}

uint64_t low_ceiling(int64_t tau_ns, double bits_per_s, uint32_t frame_bytes)
{
	double frames = (double)tau_ns * 1e-9 * bits_per_s / (8.0 * (frame_bytes + 20.0));

	return frames > 0 ? (uint64_t)ceil(frames) : 0;
}
