/* SPDX-License-Identifier: MIT */
#include "tuner/bands.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t *row(const struct bands *b, uint32_t to)
{
	return b->climbs + (size_t)to * (to + 1) / 2;
}

/* The lowest level since X last left each level downwards. */
struct dips {
	uint32_t *lowest;
	uint32_t seen; /* highest level so far */
};

static void step_up(struct bands *b, struct dips *dips, uint32_t to)
{
	if (to <= dips->seen)
		row(b, to)[dips->lowest[to]]++;
	else
		dips->seen = to;
	/* A dip below `to` is one below what is above it, as long as X has not been there. */
	if (to < b->levels && dips->lowest[to] < dips->lowest[to + 1])
		dips->lowest[to + 1] = dips->lowest[to];
}

static void walk(const struct demand *d, struct bands *b, struct dips *dips)
{
	uint32_t x = 0, level = 0;

	for (size_t i = 0; i < d->nr; i++) {
		uint32_t next;

		x += demand_is_take(d, i) ? 1 : -1;
		next = b->unit == 1 ? x : x / b->unit;
		if (next > level)
			step_up(b, dips, next);
		else if (next < level)
			dips->lowest[level] = next;
		level = next;
	}
}

/* Dips as deep as `from` or deeper; and the first climb, which is no dip. */
static void sum_up(struct bands *b)
{
	for (uint32_t to = 1; to <= b->levels; to++) {
		uint32_t sum = 1;

		for (uint32_t from = 0; from < to; from++) {
			sum += row(b, to)[from];
			row(b, to)[from] = sum;
		}
	}
}

int bands_make(const struct demand *d, struct bands *out)
{
	uint32_t unit = d->max_held / BANDS_LEVELS + 1, levels = d->max_held / unit;
	struct dips dips = {.lowest = calloc(levels + 1, sizeof(uint32_t))};

	*out = (struct bands){.levels = levels, .unit = unit};
	out->climbs = calloc((size_t)(levels + 1) * (levels + 2) / 2, sizeof(*out->climbs));
	if (!dips.lowest || !out->climbs) {
		free(dips.lowest);
		bands_release(out);
		return -ENOMEM;
	}
	for (uint32_t level = 0; level <= levels; level++)
		dips.lowest[level] = level;
	walk(d, out, &dips);
	sum_up(out);
	free(dips.lowest);
	return 0;
}

void bands_release(struct bands *b)
{
	free(b->climbs);
	*b = (struct bands){0};
}

uint32_t bands_climbs(const struct bands *b, int64_t from, int64_t to)
{
	to = to <= 0 ? 0 : to / b->unit;
	if (to > b->levels)
		return 0;
	if (from < 0 || to == 0)
		return 1; /* once there it stays */
	from /= b->unit;
	return from < to ? row(b, (uint32_t)to)[from] : row(b, (uint32_t)to)[to - 1];
}

uint64_t bands_grants(const struct bands *b, const struct policy_marks *m)
{
	uint64_t sum = 0;
	int64_t base = m->base;

	for (; base + m->block <= m->limit; base += m->block) {
		uint32_t climbs =
			bands_climbs(b, base + m->block - (int64_t)m->high, base - (int64_t)m->low);

		if (!climbs)
			break;
		sum += climbs;
	}
	return sum;
}
