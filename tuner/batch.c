/* SPDX-License-Identifier: MIT */
#include "tuner/batch.h"

#include <errno.h>
#include <stdlib.h>

#include "tuner/path.h"

/* Longer gaps are no interrupt's doing. */
#define GAP_MAX_NS INT64_C(10000000)
/* So many gaps say what is usual: the newest. */
#define GAPS_MAX   65536
#define ROUNDS_MAX 48

/* Takes of one moment. */
struct one_batch {
	int64_t t_ns;
	uint32_t takes;
	uint32_t x_until;  /* before anything of that moment */
	uint32_t x_before; /* before the first take */
	uint32_t x_after;
};

/* Batches along the path; the walk stands on what was not looked at yet. */
struct batches {
	struct path_walk w;
	bool more;
};

static struct batches begin(const struct demand *d)
{
	struct batches b = {.w = path_begin(d)};

	b.more = path_next(&b.w);
	return b;
}

/* Returns: false there are no more. */
static bool next_batch(struct batches *walk, struct one_batch *b)
{
	struct path_walk *w = &walk->w;

	do {
		*b = (struct one_batch){.t_ns = w->t_ns, .x_until = w->before};
		for (; walk->more && w->t_ns == b->t_ns; walk->more = path_next(w)) {
			if (w->take && !b->takes)
				b->x_before = w->before;
			if (w->take)
				b->takes += w->nr;
			b->x_after = w->after;
		}
	} while (!b->takes && walk->more);
	return b->takes;
}

/* The newest gaps before batches of several, and which batch stands before each. */
struct gaps {
	int64_t ns[GAPS_MAX];
	size_t after[GAPS_MAX];
	size_t nr, batches;
};

static void find_gaps(const struct demand *d, struct gaps *g)
{
	struct batches walk = begin(d);
	struct one_batch b, last = {0};

	for (; next_batch(&walk, &b); last = b)
		if (g->batches++ && b.takes > 1 && b.t_ns - last.t_ns <= GAP_MAX_NS) {
			g->ns[g->nr % GAPS_MAX] = b.t_ns - last.t_ns;
			g->after[g->nr++ % GAPS_MAX] = g->batches - 2;
		}
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

/*
 * Where a batch follows at once, its frames came in the time between: what comes back at its own
 * moment is too late for all of them, and what came back since the one before for half of them.
 */
static uint32_t most_in_use(const struct demand *d, int64_t gap_ns)
{
	struct batches walk = begin(d);
	struct one_batch b, last = {0};
	uint32_t most = d->max_held;
	bool any = false;

	for (; next_batch(&walk, &b); last = b, any = true) {
		bool follows = any && b.takes > 1 && b.t_ns - last.t_ns <= gap_ns + gap_ns / 2;
		uint32_t late = follows ? (last.x_after - b.x_until + 1) / 2 : 0;
		uint32_t x = (follows ? b.x_until + late : b.x_before) + b.takes;

		most = x > most ? x : most;
	}
	return most;
}

int batch_find_gap(const struct demand *d, struct batch *out)
{
	struct gaps *gaps = malloc(sizeof(*gaps));

	if (!gaps)
		return -ENOMEM;
	gaps->nr = gaps->batches = 0;
	find_gaps(d, gaps);
	out->ns = usual_gap(gaps);
	free(gaps);
	return 0;
}

void batch_find_need(const struct demand *d, struct batch *out)
{
	out->need = most_in_use(d, out->ns);
}

int batch_find(const struct demand *d, struct batch *out)
{
	int ret = batch_find_gap(d, out);

	if (!ret)
		batch_find_need(d, out);
	return ret;
}
