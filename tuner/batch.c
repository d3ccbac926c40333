/* SPDX-License-Identifier: MIT */
#include "tuner/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Longer gaps are no interrupt's doing. */
#define GAP_MAX_NS INT64_C(10000000)
/* So many gaps say what is usual: the newest. */
#define GAPS_MAX   16384
#define GAPS_ROOM  (2 * GAPS_MAX) /* one is written before it is known to be one */
#define ROUNDS_MAX 48

/*
 * The newest gaps are at the end of a path: so many of its elements are looked at first, and so
 * many times as many whenever they were too few.
 */
#define LATE_FIRST ((size_t)4 * GAPS_MAX)
#define LATE_GROWS 4

/* The newest gaps before batches of several, and which batch stands before each. */
struct gaps {
	int64_t ns[GAPS_ROOM];
	size_t after[GAPS_ROOM];
	size_t nr, batches;
	/* The batch that is looked at, and the one before it: takes of one moment. */
	int64_t t_ns, last_ns;
	uint32_t takes;
};

/*
 * A moment is over.  Which batches are of several is as good as chance, so that nothing here
 * branches on it.
 */
static void end_batch(struct gaps *g)
{
	int64_t gap_ns = g->t_ns - g->last_ns;
	size_t at = g->nr % GAPS_ROOM;

	g->ns[at] = gap_ns;
	g->after[at] = g->batches - 1;
	g->nr += (g->batches > 0) & (g->takes > 1) & (gap_ns <= GAP_MAX_NS);
	g->batches += g->takes > 0;
	g->last_ns = g->t_ns;
}

static void look_for_gaps(struct gaps *g, const struct path_point *points, size_t nr)
{
	const struct path_point *takes[PATH_POINTS];
	size_t nr_takes = 0;

	for (size_t i = 0; i < nr; i++) {
		takes[nr_takes] = &points[i];
		nr_takes += path_is_take(&points[i]);
	}
	for (size_t i = 0; i < nr_takes; i++) {
		const struct path_point *p = takes[i];

		if (p->t_ns != g->t_ns) {
			end_batch(g);
			g->t_ns = p->t_ns;
			g->takes = 0;
		}
		g->takes += p->after - p->before;
	}
}

static void find_gaps(const struct demand *d, size_t left, struct gaps *g)
{
	struct path_point points[PATH_POINTS];
	struct path_walk w = path_begin_late(d, left);
	size_t nr;

	g->nr = g->batches = 0;
	g->t_ns = g->last_ns = g->takes = 0;
	while ((nr = path_read(&w, points)))
		look_for_gaps(g, points, nr);
	end_batch(g);
}

/* Of a moment that the late walk begins within, no gap is counted: it has no batch before it. */
static void find_newest_gaps(const struct demand *d, struct gaps *g)
{
	size_t all = path_length(d), left = LATE_FIRST;

	for (g->nr = 0; left < all / 2 && g->nr < GAPS_MAX; left *= LATE_GROWS)
		find_gaps(d, left, g);
	if (g->nr < GAPS_MAX)
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

/* Puts the newest at the front.  Returns: how many. */
static size_t keep_newest(struct gaps *g)
{
	size_t from = g->nr % GAPS_ROOM;

	if (g->nr < GAPS_MAX)
		return g->nr;
	g->batches -= g->after[(g->nr - GAPS_MAX) % GAPS_ROOM];
	if (from < GAPS_MAX) /* those are in two parts, each of which is whole */
		memcpy(g->ns + from, g->ns + from + GAPS_MAX, (GAPS_MAX - from) * sizeof(*g->ns));
	else
		memmove(g->ns, g->ns + from - GAPS_MAX, GAPS_MAX * sizeof(*g->ns));
	return GAPS_MAX;
}

/* The lower quartile: longer ones are the traffic's. */
static int64_t usual_gap(struct gaps *g)
{
	size_t nr = keep_newest(g);

	/* Now and then two packets come at the same nanosecond: no interrupt's doing. */
	return nr && nr * 100 >= g->batches ? select_rank(g->ns, nr, (nr - 1) / 4) : 0;
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
