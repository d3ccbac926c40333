/* SPDX-License-Identifier: MIT */
#include "tuner/demand.h"

#include <stdlib.h>
#include <string.h>

#include "tuner/holds.h"
#include "tuner/moves.h"

void demand_close(struct demand *d)
{
	if (!d)
		return;
	for (int level = 0; level < DEMAND_LEVELS; level++)
		free(d->extremes[level]);
	if (!d->borrowed) {
		free(d->t_ns);
		free(d->slot);
		free(d->checkpoints);
	}
	free(d->cells);
	free(d->hunt);
	free(d->ticks);
	free(d->leads);
	if (d->path)
		moves_release(d->path);
	free(d->path);
	if (d->holds)
		holds_release(d->holds);
	free(d->holds);
	free(d);
}

/* --- searching -----------------------------------------------------------------------------------
 */

/* What is searched for: X beyond a level, upwards or downwards. */
struct quest {
	int64_t level;
	bool up;
};

static bool has(const struct demand_extremes *e, const struct quest *q)
{
	return q->up ? e->max >= q->level : e->min <= q->level;
}

/* Of four steps, bit i set when the i-th is a take: the highest and lowest X, seen from before. */
static const int8_t highest_of[16] = {-1, 1, 0, 2, -1, 1, 1, 3, -1, 1, 0, 2, 0, 2, 2, 4};
static const int8_t lowest_of[16] = {-4, -2, -2, 0, -2, 0, -1, 1, -3, -1, -1, 1, -2, 0, -1, 1};

static bool four_have(unsigned int four, int64_t x, const struct quest *q)
{
	return q->up ? x + highest_of[four] >= q->level : x + lowest_of[four] <= q->level;
}

/* The first step of a cell, from its step `in` on; DEMAND_CELL when there is none. */
static unsigned int search_cell(const struct demand *d, size_t cell, unsigned int in,
				const struct quest *q)
{
	size_t left = d->nr - cell * DEMAND_CELL;
	unsigned int end = left < DEMAND_CELL ? (unsigned int)left : DEMAND_CELL;
	int64_t x = demand_held(d, cell * DEMAND_CELL + in);
	uint64_t takes = d->cells[cell].takes >> in;

	for (; in + 4 <= end && !four_have(takes & 15, x, q); in += 4, takes >>= 4)
		x += 2 * __builtin_popcount(takes & 15) - 4;
	for (; in < end; in++, takes >>= 1) {
		x += (int64_t)(takes & 1) * 2 - 1;
		if (q->up ? x >= q->level : x <= q->level)
			return in;
	}
	return DEMAND_CELL;
}

/* The first cell from `cell` on that has it; nr_extremes[0] when there is none. */
static size_t search_cells(const struct demand *d, size_t cell, const struct quest *q)
{
	size_t i = cell;
	int level = 0;

	/* Up and to the right, until something has it. */
	while (i < d->nr_extremes[level] && !has(&d->extremes[level][i], q)) {
		i++;
		while (i % DEMAND_FAN == 0 && level + 1 < d->nr_levels) {
			i /= DEMAND_FAN;
			level++;
		}
	}
	if (i >= d->nr_extremes[level])
		return d->nr_extremes[0];
	/* And down again to the first below it. */
	for (; level > 0; level--) {
		i *= DEMAND_FAN;
		while (!has(&d->extremes[level - 1][i], q))
			i++;
	}
	return i;
}

static size_t search(const struct demand *d, size_t from, struct quest q)
{
	size_t cell = from / DEMAND_CELL;
	unsigned int in;

	if (from >= d->nr)
		return d->nr;
	if (has(&d->extremes[0][cell], &q)) {
		in = search_cell(d, cell, from % DEMAND_CELL, &q);
		if (in < DEMAND_CELL)
			return cell * DEMAND_CELL + in;
	}
	cell = search_cells(d, cell + 1, &q);
	if (cell * DEMAND_CELL >= d->nr)
		return d->nr;
	return cell * DEMAND_CELL + search_cell(d, cell, 0, &q);
}

size_t demand_next_ge(const struct demand *d, size_t from, int64_t level)
{
	return search(d, from, (struct quest){level, true});
}

size_t demand_next_le(const struct demand *d, size_t from, int64_t level)
{
	return search(d, from, (struct quest){level, false});
}

size_t demand_next_at(const struct demand *d, size_t from, int64_t t_ns)
{
	size_t low = from, high, stride = 1;

	/* What is searched for is mostly near. */
	for (high = from; high < d->nr && d->t_ns[high] < t_ns; stride *= 2) {
		low = high + 1;
		high += stride;
	}
	if (high > d->nr)
		high = d->nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (d->t_ns[middle] < t_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void widen(struct demand_extremes *e, uint32_t min, uint32_t max)
{
	e->min = min < e->min ? min : e->min;
	e->max = max > e->max ? max : e->max;
}

/* Steps of one cell. */
static void widen_by_steps(struct demand_extremes *e, const struct demand *d, size_t from,
			   size_t stop)
{
	uint32_t x = demand_held(d, from);
	uint64_t takes = d->cells[from / DEMAND_CELL].takes >> from % DEMAND_CELL;

	for (; from < stop; from++, takes >>= 1) {
		x += (uint32_t)(takes & 1) * 2 - 1;
		widen(e, x, x);
	}
}

/* Whole cells, the largest groups of them that lie within. */
static void widen_by_cells(struct demand_extremes *e, const struct demand *d, size_t cell,
			   size_t stop)
{
	while (cell < stop) {
		size_t at = cell, nr = 1;
		int level = 0;

		while (level + 1 < d->nr_levels && at % DEMAND_FAN == 0 &&
		       cell + nr * DEMAND_FAN <= stop) {
			at /= DEMAND_FAN;
			nr *= DEMAND_FAN;
			level++;
		}
		widen(e, d->extremes[level][at].min, d->extremes[level][at].max);
		cell += nr;
	}
}

struct demand_extremes demand_range(const struct demand *d, size_t from, size_t stop)
{
	struct demand_extremes e = {UINT32_MAX, 0};
	size_t first = (from + DEMAND_CELL - 1) / DEMAND_CELL, last = stop / DEMAND_CELL;

	if (first > last) {
		widen_by_steps(&e, d, from, stop);
		return e;
	}
	widen_by_steps(&e, d, from, first * DEMAND_CELL);
	widen_by_cells(&e, d, first, last);
	widen_by_steps(&e, d, last * DEMAND_CELL, stop);
	return e;
}

void demand_slots(const struct demand *d, size_t steps, uint64_t *words)
{
	size_t from = steps / d->checkpoint_steps;

	memcpy(words, d->checkpoints + from * d->checkpoint_words,
	       d->checkpoint_words * sizeof(*words));
	for (size_t i = from * d->checkpoint_steps; i < steps; i++)
		words[d->slot[i] / 64] ^= UINT64_C(1) << d->slot[i] % 64;
}

uint64_t demand_static_lost(const struct demand *d, uint32_t buffers)
{
	uint64_t lost = 0;

	for (uint32_t slot = buffers; slot < d->max_held; slot++)
		lost += d->hunt[slot];
	return lost;
}
