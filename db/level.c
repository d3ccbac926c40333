/* SPDX-License-Identifier: MIT */
#include "db/level.h"

#include <string.h>

#include "db/pool_event.h"

const uint8_t tier_shift[TIER_NR] = {23, 26, 29, 32, 35, 38};

size_t tier_cover(int64_t first, int64_t end, struct tier_range *out)
{
	size_t nr = 0;

	for (int i = 0; i < TIER_NR && first < end; i++) {
		bool widest = i == TIER_NR - 1;
		int step = widest ? 0 : tier_shift[i + 1] - tier_shift[i];
		int64_t ratio = INT64_C(1) << step;
		int64_t inner_first = (first + ratio - 1) >> step, inner_end = end >> step;

		if (widest || inner_first >= inner_end) {
			out[nr++] = (struct tier_range){i, first, end - 1};
			break;
		}
		if (first < inner_first << step)
			out[nr++] = (struct tier_range){i, first, (inner_first << step) - 1};
		if (inner_end << step < end)
			out[nr++] = (struct tier_range){i, inner_end << step, end - 1};
		first = inner_first;
		end = inner_end;
	}
	return nr;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t held_of(const struct level_state *s)
{
	if (s->total == POOL_UNKNOWN || s->available == POOL_UNKNOWN)
		return POOL_UNKNOWN;
	return s->total > s->available ? s->total - s->available : 0;
}

static int64_t end_of(const struct level_row *row)
{
	return (int64_t)((uint64_t)(row->bucket + 1) << row->tier);
}

static void include_state(struct level_row *row, const struct level_state *s)
{
	row->available_min = min_u32(row->available_min, s->available);
	row->available_max = max_u32(row->available_max, s->available);
	row->held_max = max_u32(row->held_max, held_of(s));
	row->total_min = min_u32(row->total_min, s->total);
	row->total_max = max_u32(row->total_max, s->total);
	row->pending_max = max_u32(row->pending_max, s->pending);
	if (s->fallback)
		row->flags |= LEVEL_FALLBACK;
}

/* Adds a finished bucket to the wider one that contains it; the integral is kept apart from this.
 */
static void include_row(struct level_row *row, const struct level_row *part)
{
	row->available_min = min_u32(row->available_min, part->available_min);
	row->available_max = max_u32(row->available_max, part->available_max);
	row->held_max = max_u32(row->held_max, part->held_max);
	row->total_min = min_u32(row->total_min, part->total_min);
	row->total_max = max_u32(row->total_max, part->total_max);
	row->pending_max = max_u32(row->pending_max, part->pending_max);
	row->flags |= part->flags & (LEVEL_FALLBACK | LEVEL_LOSS);
	for (int i = 0; i < LEVEL_NR_COUNTS; i++)
		row->counts[i] += part->counts[i];
}

/* The integral of available at a time not before the newest event. */
static unsigned __int128 integral_at(const struct level *l, int64_t ns)
{
	return l->integral + (unsigned __int128)l->now.available * (uint64_t)(ns - l->last_ns);
}

/* A row whose bucket is known up to until_ns, with what follows from that. */
static struct level_row finished(const struct level *l, const struct level_bucket *b,
				 int64_t until_ns)
{
	struct level_row row = b->row;
	int64_t start = end_of(&row) - (INT64_C(1) << row.tier);
	double area = (double)(integral_at(l, until_ns) - b->integral_at_start);

	if (start < l->since_ns)
		start = l->since_ns;
	row.covered_ns = until_ns - start;
	row.available_mean = row.covered_ns ? area / (double)row.covered_ns : l->now.available;
	row.end = l->now;
	if (l->now.fallback)
		row.flags |= LEVEL_FALLBACK_END;
	return row;
}

static void open_bucket(const struct level *l, struct level_bucket *b, uint8_t tier, int64_t ts_ns)
{
	int64_t start;

	memset(b, 0, sizeof(*b));
	b->row.tier = tier;
	b->row.bucket = ts_ns >> tier;
	b->row.available_min = b->row.total_min = UINT32_MAX;
	start = end_of(&b->row) - (INT64_C(1) << tier);
	if (start > l->last_ns) {
		b->integral_at_start = integral_at(l, start);
		include_state(&b->row, &l->now); /* the level at its start */
	} else {
		b->integral_at_start = l->integral;
	}
}

/* Closes the buckets that end at or before ts_ns, narrow ones first. */
static void close_buckets(struct level *l, int64_t ts_ns, bool loss, level_emit emit, void *ctx)
{
	for (int i = 0; i < TIER_NR; i++) {
		struct level_bucket *b = &l->open[i];
		struct level_row row;

		if (ts_ns < end_of(&b->row))
			return;
		if (loss)
			b->row.flags |= LEVEL_LOSS | LEVEL_LOSS_AFTER;
		row = finished(l, b, end_of(&b->row));
		emit(&row, ctx);
		if (i + 1 < TIER_NR)
			include_row(&l->open[i + 1].row, &row);
	}
}

static void begin(struct level *l, int64_t ts_ns, const struct level_state *state)
{
	l->known = true;
	l->since_ns = l->last_ns = ts_ns;
	l->now = *state;
	for (int i = 0; i < TIER_NR; i++)
		open_bucket(l, &l->open[i], tier_shift[i], ts_ns);
}

void level_step(struct level *l, int64_t ts_ns, const struct level_step *step, level_emit emit,
		void *ctx)
{
	struct level_row *row = &l->open[0].row;

	if (!l->known)
		begin(l, ts_ns, &step->state);
	if (ts_ns >= end_of(row)) {
		close_buckets(l, ts_ns, step->counts[LEVEL_LOST] != 0, emit, ctx);
		for (int i = 0; i < TIER_NR && ts_ns >= end_of(&l->open[i].row); i++)
			open_bucket(l, &l->open[i], tier_shift[i], ts_ns);
	}
	l->integral = integral_at(l, ts_ns);
	l->last_ns = ts_ns;
	l->now = step->state;
	include_state(row, &l->now);
	for (int i = 0; i < LEVEL_NR_COUNTS; i++)
		row->counts[i] += step->counts[i];
	if (step->counts[LEVEL_LOST])
		row->flags |= LEVEL_LOSS;
}

void level_emit_open(const struct level *l, level_emit emit, void *ctx)
{
	struct level_row part;

	if (!l->known)
		return;
	for (int i = 0; i < TIER_NR; i++) {
		struct level_row row = finished(l, &l->open[i], l->last_ns);

		if (i)
			include_row(&row, &part);
		emit(&row, ctx);
		part = row;
	}
}
