/* SPDX-License-Identifier: MIT */
#include "viewer/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t shown_columns(const struct timeline_view *window, int64_t width_ns, size_t nr)
{
	size_t shown = (size_t)((window->shown_ns - window->start_ns) / width_ns);

	return shown < nr ? shown : nr;
}

int series_load(struct series *series, struct query *query, uint32_t pool,
		struct timeline_view window, int cells, enum chart_chars chars,
		struct db_error *err)
{
	int64_t width_ns;
	size_t shown;
	int ret;

	memset(series, 0, sizeof(*series));
	series->window = window;
	series->cells = cells;
	series->nr = (size_t)chart_columns(chars, cells);
	series->per_cell = (int)series->nr / cells;
	series->level = calloc(series->nr, sizeof(*series->level));
	series->lead = calloc(series->nr, sizeof(*series->lead));
	series->heat = calloc(series->nr, sizeof(*series->heat));
	if (!series->level || !series->lead || !series->heat)
		return -ENOMEM;
	width_ns = window.cell_ns / series->per_cell;
	shown = shown_columns(&window, width_ns, series->nr);
	ret = query_level_fine(query, pool, window.start_ns, width_ns, shown, series->level, err);
	if (!ret)
		ret = query_latency_fine(query, LATENCY_LEAD, pool, window.start_ns, width_ns,
					 shown, series->lead, series->heat, err);
	if (!ret)
		ret = query_latency_fine(query, LATENCY_LEAD, pool, window.start_ns,
					 window.shown_ns - window.start_ns, 1, &series->lead_all,
					 NULL, err);
	if (!ret)
		ret = query_latency_fine(query, LATENCY_HOLD, pool, window.start_ns,
					 window.shown_ns - window.start_ns, 1, &series->hold_all,
					 NULL, err);
	return ret;
}

void series_release(struct series *series)
{
	free(series->level);
	free(series->lead);
	free(series->heat);
	memset(series, 0, sizeof(*series));
}

#define TAKE_MIN(a, b) ((a) = (b) < (a) ? (b) : (a))
#define TAKE_MAX(a, b) ((a) = (b) > (a) ? (b) : (a))

static void merge(struct level_column *into, const struct level_column *from)
{
	into->loss |= from->loss;
	into->requested += from->requested;
	into->freed += from->freed;
	into->failed += from->failed;
	into->dropped += from->dropped;
	into->resources += from->resources;
	into->fallback |= from->fallback;
	into->low_crossings += from->low_crossings;
	into->high_crossings += from->high_crossings;
	into->known |= from->known;
	TAKE_MAX(into->pending_max, from->pending_max);
	if (!from->measured)
		return;
	if (!into->measured) {
		into->measured = true;
		into->available_min = from->available_min;
		into->total_min = from->total_min;
	}
	TAKE_MIN(into->available_min, from->available_min);
	TAKE_MIN(into->total_min, from->total_min);
	TAKE_MAX(into->available_max, from->available_max);
	TAKE_MAX(into->held_max, from->held_max);
	TAKE_MAX(into->total_max, from->total_max);
}

static struct level_column merge_range(const struct series *series, size_t first, size_t end)
{
	struct level_column all = {0};

	for (size_t i = first; i < end; i++)
		merge(&all, &series->level[i]);
	return all;
}

struct level_column series_cell(const struct series *series, int cell)
{
	size_t first = (size_t)cell * (size_t)series->per_cell;

	return merge_range(series, first, first + (size_t)series->per_cell);
}

uint64_t series_completed(const struct series *series, int cell)
{
	uint64_t n = 0;

	for (int i = 0; i < series->per_cell; i++)
		n += series->lead[cell * series->per_cell + i].count;
	return n;
}

struct level_column series_total(const struct series *series)
{
	return merge_range(series, 0, series->nr);
}
