/* SPDX-License-Identifier: MIT */
/* Lead times over time, as a heat map; declared in occupancy.h. */
#include <math.h>
#include <stdlib.h>

#include "viewer/chart_heat.h"
#include "viewer/human.h"
#include "viewer/occupancy.h"

#define CELLS_PER_OCTAVE 4
#define MAX_TICKS	 24
/* What is shown while no request has completed: 131 us to 16.8 ms. */
#define EMPTY_FIRST (17 * CELLS_PER_OCTAVE)
#define EMPTY_LAST  (24 * CELLS_PER_OCTAVE)

/* Which cells of the series lie in which row. */
struct map {
	int first; /* cell of the lowest row */
	int a_row; /* cells in each */
	int nr;	   /* rows */
	uint32_t peak;
	uint32_t *count;
};

/* The lower bound of a cell, as query.h says. */
static double cell_ns(int cell)
{
	int octave = (int)floor((double)cell / CELLS_PER_OCTAVE);
	int part = cell - octave * CELLS_PER_OCTAVE;

	return ldexp(1 + part / (double)CELLS_PER_OCTAVE, octave);
}

/* The cells in use, widened to whole powers of two: the axis must not move with every request. */
static void used_cells(const struct series *series, int *first, int *end)
{
	int low = LATENCY_CELLS, high = -1;

	for (size_t i = 0; i < series->nr; i++) {
		const uint32_t *count = series->heat[i].count;

		for (int c = 0; c < LATENCY_CELLS && series->lead[i].count; c++) {
			if (!count[c])
				continue;
			low = c < low ? c : low;
			high = c > high ? c : high;
		}
	}
	if (high < 0) {
		low = EMPTY_FIRST;
		high = EMPTY_LAST - 1;
	}
	*first = low / CELLS_PER_OCTAVE * CELLS_PER_OCTAVE;
	*end = (high / CELLS_PER_OCTAVE + 1) * CELLS_PER_OCTAVE;
}

/* The finest rows that fit; what is left over goes above and below, more of it above. */
static void choose_rows(struct map *map, const struct series *series)
{
	int end, spare;

	used_cells(series, &map->first, &end);
	map->a_row = 1;
	while (map->a_row * map->nr < end - map->first)
		map->a_row *= 2;
	spare = map->nr - (end - map->first + map->a_row - 1) / map->a_row;
	map->first -= spare / 2 * map->a_row;
}

static void add_column(struct map *map, const struct series *series, size_t i)
{
	for (int c = 0; c < LATENCY_CELLS; c++) {
		uint32_t n = series->heat[i].count[c];
		int row = (c - map->first) / map->a_row;
		uint32_t *sum;

		if (!n || c < map->first || row >= map->nr)
			continue;
		sum = &map->count[(size_t)row * series->nr + i];
		*sum = n < UINT32_MAX - *sum ? *sum + n : UINT32_MAX;
		map->peak = *sum > map->peak ? *sum : map->peak;
	}
}

static int map_init(struct map *map, const struct series *series, int nr_rows)
{
	*map = (struct map){.nr = nr_rows};
	map->count = calloc((size_t)nr_rows * series->nr + 1, sizeof(*map->count));
	if (!map->count)
		return -1;
	choose_rows(map, series);
	for (size_t i = 0; i < series->nr; i++)
		if (series->lead[i].count)
			add_column(map, series, i);
	return 0;
}

/* "1 ms", not "1.00 ms": ticks are round. */
static const char *format_duration(double value, char *text, size_t size)
{
	static const char *const units[] = {"ns", "us", "ms", "s", "ks", "Ms"};
	int unit = 0;

	while (value >= 999.5 && unit < 5) {
		value /= 1000;
		unit++;
	}
	snprintf(text, size, "%.0f %s", value, units[unit]);
	return text;
}

static size_t ticks_of(const struct scale *scale, int step, double *ticks)
{
	static const double steps[] = {1, 2, 5};
	double power = pow(10, floor(log10(scale->bottom)));
	size_t nr = 0;

	while (power < scale->top) {
		for (int i = 0; i < 3 && nr < MAX_TICKS; i += step)
			if (steps[i] * power >= scale->bottom * 0.999 &&
			    steps[i] * power < scale->top)
				ticks[nr++] = steps[i] * power;
		power *= 10;
	}
	return nr;
}

/* 1, 2, 5 in each power of ten where there are rows for that many labels; else 1 alone, as long as
 * that is two labels: one does not make a scale. */
static size_t choose_ticks(const struct scale *scale, int rows, double *ticks)
{
	double decades = log10(scale->top / scale->bottom);
	size_t nr = ticks_of(scale, rows / decades >= 6 ? 1 : 3, ticks);

	return nr < 2 ? ticks_of(scale, 1, ticks) : nr;
}

static void draw_quantiles(struct canvas *canvas, struct rect plot, const struct chart_look *look,
			   const struct scale *scale, const struct latency *lead)
{
	struct chart_mark marks[] = {
		{(double)lead->p50_ns, INK_P50, "p50", true},
		{(double)lead->p99_ns * 1.0000005, INK_P50, "p99", true},
		/* Above p99 where they are the same. */
		{(double)lead->max_ns * 1.000001, INK_P50, "max", true},
	};
	const int64_t values[] = {lead->p50_ns, lead->p99_ns, lead->max_ns};

	if (!lead->count)
		return;
	for (int i = 0; i < 3; i++)
		snprintf(marks[i].label + 3, sizeof(marks[i].label) - 3, " %.16s",
			 human_duration(values[i]).s);
	chart_marks(canvas, plot, look, scale, marks, 3);
}

void lead_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
	       const struct series *series)
{
	struct rect plot = {rect.x + OCCUPANCY_LEFT, rect.y, occupancy_cells(rect.w), rect.h};
	struct scale scale = {.logarithmic = true};
	double ticks[MAX_TICKS];
	struct map map;

	if (rect.h < 1 || map_init(&map, series, chart_heat_rows(look, rect.h)))
		return;
	scale.bottom = cell_ns(map.first);
	scale.top = cell_ns(map.first + map.nr * map.a_row);
	chart_heat(canvas, plot, look, map.count, map.peak);
	free(map.count);
	chart_value_ticks(canvas, plot, &scale, ticks, choose_ticks(&scale, rect.h, ticks),
			  format_duration);
	draw_quantiles(canvas, plot, look, &scale, &series->lead_all);
}

void lead_legend(struct canvas *canvas, int x, int y, int width, const struct chart_look *look,
		 const struct series *series)
{
	struct style dim = {.fg = INK_DIM};
	int end = x + width;

	x = canvas_text(canvas, x, y, (struct style){.attr = ATTR_BOLD}, "lead time") + 3;
	x = canvas_text(canvas, x, y, dim, "few ");
	for (int level = 1; level <= HEAT_LEVELS; level++)
		chart_heat_swatch(canvas, x++, y, look, level);
	x = canvas_text(canvas, x, y, dim, " many") + 3;
	if (x + 24 <= end)
		canvas_textf(canvas, x, y, dim, "of %s completed",
			     human_count(series->lead_all.count).s);
}
