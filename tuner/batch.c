/* SPDX-License-Identifier: MIT */
#include "tuner/batch.h"

#include <errno.h>
#include <stdlib.h>

/* Longer gaps are no interrupt's doing. */
#define GAP_MAX_NS INT64_C(10000000)
/* So many gaps say what is usual: the newest. */
#define GAPS_MAX   65536
#define ROUNDS_MAX 48

/* So many elements of a path are looked at first: the newest gaps are at its end. */
#define LATE_FIRST ((size_t)4 * GAPS_MAX)

/* The newest gaps before batches of several, and which batch stands before each. */
struct gaps {
	int64_t ns[GAPS_MAX];
	size_t after[GAPS_MAX];
	size_t nr, batches;
	/* The batch that is looked at, and the one before it: takes of one moment. */
	int64_t t_ns, last_ns;
	uint32_t takes;
};

/* A moment is over. */
static void end_batch(struct gaps *g)
{
	if (!g->takes)
		return;
	if (g->batches++ && g->takes > 1 && g->t_ns - g->last_ns <= GAP_MAX_NS) {
		g->ns[g->nr % GAPS_MAX] = g->t_ns - g->last_ns;
		g->after[g->nr++ % GAPS_MAX] = g->batches - 2;
	}
	g->last_ns = g->t_ns;
	g->takes = 0;
}

static void find_gaps(const struct demand *d, size_t left, struct gaps *g)
{
	struct path_point points[PATH_POINTS];
	struct path_walk w = path_begin_late(d, left);
	size_t nr;

	g->nr = g->batches = 0;
	g->t_ns = g->takes = 0;
	while ((nr = path_read(&w, points)))
		for (const struct path_point *p = points; p < points + nr; p++) {
			if (!path_is_take(p))
				continue;
			if (p->t_ns != g->t_ns)
				end_batch(g);
			g->t_ns = p->t_ns;
			g->takes += p->after - p->before;
		}
	end_batch(g);
}

/* Of a moment that the late walk begins within, no gap is counted: it has no batch before it. */
static void find_newest_gaps(const struct demand *d, struct gaps *g)
{
	size_t all = path_length(d);

	if (LATE_FIRST < all / 2) {
		find_gaps(d, LATE_FIRST, g);
		if (g->nr >= GAPS_MAX)
			return;
	}
	find_gaps(d, all, g);
}

static int64_t middle_of(int64_t a, int64_t b, int64_t c)
{
	if (a > b)
		return middle_of(b, a, c);
	return c < a ? a : c > b ? b : c;
}

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * What would stand at `rank` were they in order.  Values may be made up so that no pivot halves
 * them: then the rest is sorted.
 */
static int64_t select_rank(int64_t *values, size_t nr, size_t rank)
{
	size_t from = 0, to = nr;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		int64_t pivot =
			middle_of(values[from], values[from + (to - from) / 2], values[to - 1]);
		size_t below = from, above = to;

		for (size_t i = from; i < above;) {
			int64_t value = values[i];

			if (value < pivot) {
				values[i++] = values[below];
				values[below++] = value;
			} else if (value > pivot) {
				values[i] = values[--above];
				values[above] = value;
			} else {
				i++;
			}
		}
		if (rank < below)
			to = below;
		else if (rank >= above)
			from = above;
		else
			return pivot;
	}
	qsort(values + from, to - from, sizeof(*values), by_length);
	return values[rank];
}

/* The lower quartile: longer ones are the traffic's. */
static int64_t usual_gap(struct gaps *g)
{
	size_t nr = g->nr < GAPS_MAX ? g->nr : GAPS_MAX, moments = g->batches;

	if (g->nr >= GAPS_MAX)
		moments -= g->after[g->nr % GAPS_MAX];
	/* Now and then two packets come at the same nanosecond: no interrupt's doing. */
	return nr && nr * 100 >= moments ? select_rank(g->ns, nr, (nr - 1) / 4) : 0;
}

int batch_find_gap(const struct demand *d, struct batch *out)
{
	struct gaps *gaps = malloc(sizeof(*gaps));

	if (!gaps)
		return -ENOMEM;
	find_newest_gaps(d, gaps);
	out->ns = usual_gap(gaps);
	free(gaps);
	return 0;
}

/* --- what is in use ------------------------------------------------------------------------------
 */

/*
 * A moment is over.  Where a batch follows at once, its frames came in the time between: what comes
 * back at its own moment is too late for all of them, and what came back since the one before for
 * half of them.
 */
static void end_moment(struct batch_walk *w)
{
	bool follows = w->any && w->takes > 1 && w->t_ns - w->last_ns <= w->close_ns;
	uint32_t late = follows ? (w->x_last - w->x_until + 1) / 2 : 0;
	uint32_t x = (follows ? w->x_until + late : w->x_before) + w->takes;

	w->most = x > w->most ? x : w->most;
	w->any = true;
	w->last_ns = w->t_ns;
	w->x_last = w->x_after;
}

void batch_begin(struct batch_walk *w, int64_t gap_ns)
{
	*w = (struct batch_walk){.close_ns = gap_ns + gap_ns / 2};
}

int batch_look(void *walk, const struct path_point *points, size_t nr)
{
	struct batch_walk *w = walk;

	for (const struct path_point *p = points; p < points + nr; p++) {
		if (p->t_ns != w->t_ns) {
			if (w->takes)
				end_moment(w);
			w->takes = 0;
			w->t_ns = p->t_ns;
			w->x_until = p->before;
		}
		if (path_is_take(p)) {
			if (!w->takes)
				w->x_before = p->before;
			w->takes += p->after - p->before;
		}
		w->x_after = p->after;
	}
	return 0;
}

uint32_t batch_end(struct batch_walk *w, uint32_t max_held)
{
	if (w->takes)
		end_moment(w);
	return w->most > max_held ? w->most : max_held;
}

int batch_find(const struct demand *d, struct batch *out)
{
	struct batch_walk w;
	const struct path_looker looker = {batch_look, &w};
	int ret = batch_find_gap(d, out);

	if (ret)
		return ret;
	batch_begin(&w, out->ns);
	path_show(path_begin(d), &looker, 1); /* which fails for nothing */
	out->need = batch_end(&w, d->max_held);
	return 0;
}
