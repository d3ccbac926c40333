/* SPDX-License-Identifier: MIT */
#include "viewer/occupancy.h"

#include <stdlib.h>

#include "viewer/human.h"

enum { ZONE_AVAILABLE, ZONE_SWING, ZONE_HELD, ZONE_PENDING, NR_ZONES };

static const struct chart_zone zones[NR_ZONES] = {
	[ZONE_AVAILABLE] = {INK_AVAILABLE, FILL_SOLID},
	[ZONE_SWING] = {INK_SWING, FILL_DENSE},
	[ZONE_HELD] = {INK_HELD, FILL_SPARSE},
	[ZONE_PENDING] = {INK_PENDING, FILL_HATCH},
};
static const char *const zone_names[NR_ZONES] = {"available", "at times", "held", "pending"};

int occupancy_cells(int width)
{
	int cells = width - OCCUPANCY_LEFT - OCCUPANCY_RIGHT;

	return cells > 1 ? cells : 1;
}

static struct rect plot_of(struct rect rect)
{
	return (struct rect){rect.x + OCCUPANCY_LEFT, rect.y, occupancy_cells(rect.w), rect.h};
}

/* The driver does not say its buffers; requests that are pending are known all the same. */
static bool has_unknown_buffers(const struct pool_summary *pool)
{
	return pool->available_now == POOL_UNKNOWN;
}

static double pending_buffers(const struct level_column *column, const struct pool_summary *pool)
{
	return pool_marks_known(&pool->marks) ? (double)column->pending_max * pool->marks.block : 0;
}

static struct chart_column column_of(const struct level_column *column,
				     const struct pool_summary *pool)
{
	struct chart_column out = {.known = column->measured};

	if (has_unknown_buffers(pool)) {
		out.known = column->known;
		out.edge[ZONE_PENDING] = column->pending_max;
		return out;
	}
	out.edge[ZONE_AVAILABLE] = column->available_min;
	out.edge[ZONE_SWING] = column->available_max;
	out.edge[ZONE_HELD] = column->total_max;
	out.edge[ZONE_PENDING] = column->total_max + pending_buffers(column, pool);
	return out;
}

/*
 * The limit belongs into the picture when the pool is anywhere near it: then the scale stands
 * still. Far away it would press the picture flat, the sooner the fewer rows there are.
 */
struct scale occupancy_scale(const struct series *series, const struct pool_summary *pool, int rows)
{
	double near = rows < 14 ? 1.25 : 1.6;
	bool has_marks = pool_marks_known(&pool->marks);
	bool unknown = has_unknown_buffers(pool);
	double peak = has_marks ? pool->marks.high : 0;

	for (size_t i = 0; i < series->nr; i++) {
		const struct level_column *column = &series->level[i];
		double top = unknown ? column->pending_max
				     : column->total_max + pending_buffers(column, pool);

		if ((unknown ? column->known : column->measured) && top > peak)
			peak = top;
	}
	if (unknown)
		return scale_linear(peak + 1); /* with room for the words above it */
	if (has_marks && pool->marks.limit <= near * peak) {
		double limit = pool->marks.limit > peak ? pool->marks.limit : peak;

		return (struct scale){.top = limit > 0 ? limit * 1.05 : 1};
	}
	return scale_linear(peak);
}

static void add_mark(struct chart_mark *marks, size_t *nr, const char *name, uint32_t value,
		     uint8_t ink)
{
	struct chart_mark *mark;

	if (value == 0 || value == POOL_UNKNOWN)
		return;
	mark = &marks[(*nr)++];
	*mark = (struct chart_mark){.value = value, .ink = ink};
	snprintf(mark->label, sizeof(mark->label), "%s %.12s", name, human_count(value).s);
}

static const char *format_count(double value, char *text, size_t size)
{
	snprintf(text, size, "%s", human_count((uint64_t)value).s);
	return text;
}

/* Such a chart has no buffers in it: it says what it shows instead. */
static void say_unknown(struct canvas *canvas, struct rect plot, const struct pool_summary *pool)
{
	char words[3][128];

	if (!has_unknown_buffers(pool))
		return;
	snprintf(words[0], sizeof(words[0]),
		 "available is unknown: this driver does not say it; below: requests pending; held "
		 "now: %.12s",
		 human_count(pool->held).s);
	snprintf(words[1], sizeof(words[1]), "available is unknown; below: requests pending");
	snprintf(words[2], sizeof(words[2]), "available: unknown");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		int width = canvas_text_width(words[i]);

		if (width > plot.w)
			continue;
		canvas_text(canvas, plot.x + (plot.w - width) / 2, plot.y,
			    (struct style){.fg = INK_DIM}, words[i]);
		return;
	}
}

static int row_of(const struct scale *scale, int rows, uint32_t value)
{
	return (int)(scale_fraction(scale, value) * rows);
}

void occupancy_area(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		    const struct scale *scale, const struct series *series,
		    const struct pool_summary *pool)
{
	struct rect plot = plot_of(rect);
	struct chart_column *columns = calloc(series->nr, sizeof(*columns));

	if (!columns)
		return;
	for (size_t i = 0; i < series->nr; i++)
		columns[i] = column_of(&series->level[i], pool);
	chart_area(canvas, plot, look, scale, zones, NR_ZONES, columns);
	free(columns);
	chart_value_axis(canvas, plot, scale, format_count);
}

void occupancy_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		    const struct series *series, const struct pool_summary *pool)
{
	struct rect plot = plot_of(rect);
	struct scale scale = occupancy_scale(series, pool, rect.h);
	struct chart_mark marks[4];
	size_t nr_marks = 0;

	occupancy_area(canvas, rect, look, &scale, series, pool);
	say_unknown(canvas, plot, pool);
	add_mark(marks, &nr_marks, "limit", pool->marks.limit, INK_LIMIT);
	add_mark(marks, &nr_marks, "high", pool->marks.high, INK_HIGH);
	add_mark(marks, &nr_marks, "low", pool->marks.low, INK_LOW);
	/* In one row with the low mark it could not be told from it. */
	if (row_of(&scale, rect.h, pool->marks.reserve) < row_of(&scale, rect.h, pool->marks.low))
		add_mark(marks, &nr_marks, "reserve", pool->marks.reserve, INK_RESERVE);
	chart_marks(canvas, plot, look, &scale, marks, nr_marks);
}

void occupancy_legend(struct canvas *canvas, int x, int y, int width, const struct chart_look *look)
{
	int end = x + width;

	x = canvas_text(canvas, x, y, (struct style){.attr = ATTR_BOLD}, "buffers") + 3;
	for (int z = 0; z < NR_ZONES; z++) {
		if (x + 2 + canvas_text_width(zone_names[z]) > end)
			return;
		chart_swatch(canvas, x, y, look, &zones[z]);
		x = canvas_text(canvas, x + 2, y, (struct style){.fg = INK_DIM}, zone_names[z]) + 3;
	}
}
