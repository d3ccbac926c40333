/* SPDX-License-Identifier: MIT */
#include "viewer/chart.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#define MAX_COLUMNS_PER_CELL 2
#define MAX_LEVELS_PER_CELL  8
#define EMPTY		     (-1)

/* The levels of one cell, bottom first, each with the zone that it lies in. */
struct patch {
	int8_t zone[MAX_COLUMNS_PER_CELL][MAX_LEVELS_PER_CELL];
};

static int columns_per_cell(enum chart_chars chars)
{
	return chars == CHART_BRAILLE ? 2 : 1;
}

static int levels_per_cell(enum chart_chars chars)
{
	return chars == CHART_BRAILLE ? 4 : chars == CHART_BLOCK ? 8 : 2;
}

int chart_columns(enum chart_chars chars, int cells)
{
	return cells * columns_per_cell(chars);
}

enum chart_chars chart_chars_for(const char *codeset)
{
	return strcasecmp(codeset, "UTF-8") == 0 || strcasecmp(codeset, "UTF8") == 0 ? CHART_BLOCK
										     : CHART_ASCII;
}

/* Up to which level each zone reaches. */
static void column_levels(const struct scale *scale, const struct chart_column *column,
			  int nr_zones, int levels, int *reach)
{
	int below = 0;

	for (int z = 0; z < nr_zones; z++) {
		reach[z] = (int)lround(scale_fraction(scale, column->edge[z]) * levels);
		if (z == 0 && reach[z] == 0 && column->edge[z] > scale->bottom)
			reach[z] = 1;
		if (reach[z] < below)
			reach[z] = below;
		below = reach[z];
	}
}

static int zone_at(const int *reach, int nr_zones, int level)
{
	for (int z = 0; z < nr_zones; z++)
		if (level < reach[z])
			return z;
	return EMPTY;
}

/* Which zone has most levels in the cell, EMPTY only when nothing else is there. */
static int main_zone(const struct patch *patch, int nr_columns, int nr_levels)
{
	int count[CHART_MAX_ZONES] = {0};
	int best = EMPTY;

	for (int c = 0; c < nr_columns; c++)
		for (int l = 0; l < nr_levels; l++)
			if (patch->zone[c][l] != EMPTY)
				count[patch->zone[c][l]]++;
	for (int z = 0; z < CHART_MAX_ZONES; z++)
		if (count[z] > (best == EMPTY ? 0 : count[best]))
			best = z;
	return best;
}

/* Which dots of a fill are lit, by the dot's place on the whole screen so that patterns join. */
static bool dot_lit(uint8_t fill, int x, int y)
{
	switch (fill) {
	case FILL_SOLID:
		return true;
	case FILL_DENSE:
		return (x + y) % 2 == 0;
	case FILL_SPARSE:
		return y % 2 == 0 && (x + y / 2) % 2 == 0;
	default:
		return (x + y) % 4 == 0;
	}
}

static void draw_braille(struct canvas *canvas, int x, int y, const struct patch *patch,
			 const struct chart_zone *zones, bool color)
{
	/* Bits of the braille block, by column and level from the bottom. */
	static const uint8_t bit[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	int main = main_zone(patch, 2, 4);
	unsigned dots = 0;

	if (main == EMPTY)
		return;
	for (int c = 0; c < 2; c++) {
		for (int l = 0; l < 4; l++) {
			int z = patch->zone[c][l];

			if (z != EMPTY &&
			    dot_lit(color ? FILL_SOLID : zones[z].fill, 2 * x + c, 4 * y + 3 - l))
				dots |= bit[c][l];
		}
	}
	canvas_put(canvas, x, y, (wchar_t)(0x2800 + dots), (struct style){.fg = zones[main].ink});
}

/* A cell can show two zones, one above the other: the bottom and the top one, or the larger middle.
 */
static int split_of(const int8_t *zone, int *below, int *above)
{
	int first = 1, last = 1;

	while (first < 8 && zone[first] == zone[0])
		first++;
	while (last < 8 && zone[7 - last] == zone[7])
		last++;
	*below = zone[0];
	*above = zone[7];
	if (first == 8)
		return 8;
	if (8 - first - last >
	    0) { /* three or more: the middle takes the smaller neighbour's place */
		if (first < last)
			*below = zone[first];
		else
			*above = zone[first];
		return first < last ? 8 - last : first;
	}
	return first;
}

static const wchar_t eighths[] = L" ▁▂▃▄▅▆▇█";
static const wchar_t textures[] = {L'█', L'▒', L'░', L'╱'};

static void draw_block(struct canvas *canvas, int x, int y, const struct patch *patch,
		       const struct chart_zone *zones, bool color)
{
	int below, above;
	int split = split_of(patch->zone[0], &below, &above);

	if (below == EMPTY)
		return;
	if (color) {
		uint8_t bg = above == EMPTY ? INK_DEFAULT : zones[above].ink;

		/* Whole cells are blanks on a background, so that a mark can be drawn on them. */
		if (split == 8)
			canvas_put(canvas, x, y, L' ', (struct style){.bg = zones[below].ink});
		else
			canvas_put(canvas, x, y, eighths[split],
				   (struct style){.fg = zones[below].ink, .bg = bg});
		return;
	}
	if (zones[below].fill == FILL_SOLID)
		canvas_put(canvas, x, y, eighths[split], (struct style){0});
	else if (split >= 4)
		canvas_put(canvas, x, y, textures[zones[below].fill], (struct style){0});
	else if (above != EMPTY)
		canvas_put(canvas, x, y, textures[zones[above].fill], (struct style){0});
}

static void draw_ascii(struct canvas *canvas, int x, int y, const struct patch *patch,
		       const struct chart_zone *zones)
{
	static const char full[] = {'#', '=', ':', '/'};
	static const char half[] = {'_', '_', '.', '.'};
	int below = patch->zone[0][0], above = patch->zone[0][1];

	if (below == EMPTY)
		return;
	canvas_put(canvas, x, y, above == EMPTY ? half[zones[below].fill] : full[zones[below].fill],
		   (struct style){.fg = zones[below].ink});
}

static void draw_patch(struct canvas *canvas, int x, int y, const struct chart_look *look,
		       const struct patch *patch, const struct chart_zone *zones)
{
	if (look->chars == CHART_BRAILLE)
		draw_braille(canvas, x, y, patch, zones, look->color);
	else if (look->chars == CHART_BLOCK)
		draw_block(canvas, x, y, patch, zones, look->color);
	else
		draw_ascii(canvas, x, y, patch, zones);
}

void chart_area(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		const struct scale *scale, const struct chart_zone *zones, int nr_zones,
		const struct chart_column *columns)
{
	int per_cell = columns_per_cell(look->chars), levels = levels_per_cell(look->chars);

	for (int x = 0; x < rect.w; x++) {
		int reach[MAX_COLUMNS_PER_CELL][CHART_MAX_ZONES] = {{0}};

		for (int c = 0; c < per_cell; c++)
			if (columns[x * per_cell + c].known)
				column_levels(scale, &columns[x * per_cell + c], nr_zones,
					      levels * rect.h, reach[c]);
		for (int y = 0; y < rect.h; y++) {
			struct patch patch;

			for (int c = 0; c < per_cell; c++)
				for (int l = 0; l < levels; l++)
					patch.zone[c][l] = (int8_t)zone_at(
						reach[c], nr_zones, (rect.h - 1 - y) * levels + l);
			draw_patch(canvas, rect.x + x, rect.y + y, look, &patch, zones);
		}
	}
}

void chart_swatch(struct canvas *canvas, int x, int y, const struct chart_look *look,
		  const struct chart_zone *zone)
{
	struct patch patch = {{{0}}};

	/* A block in the zone's ink, not a blank on it: a legend is text. */
	if (look->chars == CHART_BLOCK && look->color)
		canvas_put(canvas, x, y, L'█', (struct style){.fg = zone->ink});
	else
		draw_patch(canvas, x, y, look, &patch, zone);
}

void chart_spark(struct canvas *canvas, int x, int y, int width, const struct chart_look *look,
		 const double *values, double max, const bool *alert, struct style style,
		 uint8_t alert_ink)
{
	static const char ramp[] = "_.,-~=+*#";
	/* A block stays below the full height: rows of a list are told apart. */
	int top = look->chars == CHART_ASCII ? 8 : 7;
	uint8_t ink = style.fg;

	for (int i = 0; i < width; i++) {
		int level = max > 0 ? (int)lround(values[i] / max * top) : 0;

		if (values[i] < 0)
			continue;
		level = level > top ? top : level;
		/* Empty shows as a line, not as nothing: nothing means unknown. */
		level = level < 1 ? 1 : level;
		style.fg = alert[i] ? alert_ink : ink;
		style.attr = alert[i] ? ATTR_BOLD : 0;
		canvas_put(canvas, x + i, y,
			   look->chars == CHART_ASCII ? (wchar_t)ramp[level - (values[i] <= 0)]
						      : eighths[level],
			   style);
	}
}
