/* SPDX-License-Identifier: MIT */
#include "tuner/batch.h"

#include <errno.h>
#include <stdlib.h>

/* Longer gaps are no interrupt's doing. */
#define GAP_MAX_NS INT64_C(10000000)
/* So many gaps say what is usual. */
#define GAPS_MAX 65536

/* Takes of one moment. */
struct one_batch {
	size_t next; /* step behind it */
	int64_t t_ns;
	uint32_t takes;
	uint32_t x_until;  /* before anything of that moment */
	uint32_t x_before; /* before the first take */
	uint32_t x_after;
};

/* The next batch from a step on, X before which is x.  Returns: false when there is none. */
static bool next_batch(const struct demand *d, size_t from, uint32_t x, struct one_batch *b)
{
	uint32_t until = x;
	size_t i = from;

	for (; i < d->nr && !demand_is_take(d, i); i++) {
		if (i == from || d->t_ns[i] != d->t_ns[i - 1])
			until = x;
		x--;
	}
	if (i == d->nr)
		return false;
	if (i == from || d->t_ns[i] != d->t_ns[i - 1])
		until = x;
	*b = (struct one_batch){.t_ns = d->t_ns[i], .x_until = until, .x_before = x};
	for (; i < d->nr && d->t_ns[i] == b->t_ns; i++) {
		bool take = demand_is_take(d, i);

		x += take ? 1 : -1;
		b->takes += take;
	}
	b->x_after = x;
	b->next = i;
	return true;
}

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The steps of one moment, going back from step `end`, and how many of them are takes. */
static size_t moment_before(const struct demand *d, size_t end, uint32_t *takes)
{
	size_t i = end;

	*takes = 0;
	do
		*takes += demand_is_take(d, --i);
	while (i && d->t_ns[i - 1] == d->t_ns[end - 1]);
	return i;
}

/* The lower quartile of the newest gaps before batches of several: longer ones are the traffic's.
 */
static int64_t usual_gap(const struct demand *d, int64_t *gaps)
{
	int64_t later_ns = INT64_MAX;
	uint32_t later_takes = 0, takes;
	size_t nr = 0, moments = 0;

	for (size_t at = d->nr; at && nr < GAPS_MAX;) {
		int64_t t_ns = d->t_ns[at - 1];

		at = moment_before(d, at, &takes);
		if (!takes)
			continue;
		moments++;
		if (later_takes > 1 && later_ns - t_ns <= GAP_MAX_NS)
			gaps[nr++] = later_ns - t_ns;
		later_ns = t_ns;
		later_takes = takes;
	}
	qsort(gaps, nr, sizeof(*gaps), by_length);
	/* Now and then two packets come at the same nanosecond: no interrupt's doing. */
	return nr * 100 >= moments && nr ? gaps[(nr - 1) / 4] : 0;
}

/*
 * Where a batch follows at once, its frames came in the time between: what comes back at its own
 * moment is too late for all of them, and what came back since the one before for half of them.
 */
static uint32_t most_in_use(const struct demand *d, int64_t gap_ns)
{
	struct one_batch b, last = {.t_ns = INT64_MIN / 2};
	uint32_t most = d->max_held;

	for (; next_batch(d, last.next, last.x_after, &b); last = b) {
		bool follows = b.takes > 1 && b.t_ns - last.t_ns <= gap_ns + gap_ns / 2;
		uint32_t late = follows ? (last.x_after - b.x_until + 1) / 2 : 0;
		uint32_t x = (follows ? b.x_until + late : b.x_before) + b.takes;

		most = x > most ? x : most;
	}
	return most;
}

int batch_find(const struct demand *d, struct batch *out)
{
	int64_t *gaps = malloc(GAPS_MAX * sizeof(*gaps));

	if (!gaps)
		return -ENOMEM;
	out->ns = usual_gap(d, gaps);
	out->need = most_in_use(d, out->ns);
	free(gaps);
	return 0;
}
