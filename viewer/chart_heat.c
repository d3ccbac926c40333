/* SPDX-License-Identifier: MIT */
#include "viewer/chart_heat.h"

#include <math.h>

static const wchar_t shades[HEAT_LEVELS + 1] = L" ░░▒▓█";
static const char ascii_shades[HEAT_LEVELS + 1] = " .:+*#";

int chart_heat_rows(const struct chart_look *look, int height)
{
	if (height < 0)
		return 0;
	if (!look->color || look->chars == CHART_ASCII)
		return height;
	return 2 * height;
}

int chart_heat_level(uint32_t count, uint32_t peak)
{
	/* Where all counts are small, one is more than the faintest. */
	double lowest = 3 - log2(peak > 1 ? peak : 1) / 2, level;

	if (!count)
		return 0;
	lowest = lowest > 1 ? lowest : 1;
	level = peak > 1 ? lowest + (HEAT_LEVELS - lowest) * log(count) / log(peak) : lowest;
	return level < HEAT_LEVELS ? (int)(level + 1e-9) : HEAT_LEVELS;
}

static uint8_t ink_of(int level)
{
	return level ? (uint8_t)(INK_HEAT_1 + level - 1) : INK_DEFAULT;
}

/* The map, and where in it a cell's data are. */
struct map {
	const uint32_t *count;
	uint32_t peak;
	int nr_columns;
};

static int level_at(const struct map *map, int row, int column)
{
	return chart_heat_level(map->count[row * map->nr_columns + column], map->peak);
}

/* A cell is two rows: one in its ink, the other in its background. */
static void draw_halves(struct canvas *canvas, int x, int y, int upper, int lower)
{
	if (upper && upper == lower)
		canvas_put(canvas, x, y, L' ', (struct style){.bg = ink_of(upper)});
	else if (upper && lower)
		canvas_put(canvas, x, y, L'▄', (struct style){ink_of(lower), ink_of(upper), 0});
	else if (upper)
		canvas_put(canvas, x, y, L'▀', (struct style){.fg = ink_of(upper)});
	else if (lower)
		canvas_put(canvas, x, y, L'▄', (struct style){.fg = ink_of(lower)});
}

/* Bits of the braille block, by column and row from the bottom. */
static const uint8_t dot[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};

/* Two dots for each row and column that has any; the colour is that of the most. */
static void draw_dots(struct canvas *canvas, int x, int y, const struct map *map, int row,
		      int column)
{
	unsigned dots = 0;
	int most = 0;

	for (int c = 0; c < 2; c++) {
		for (int r = 0; r < 2; r++) {
			int level = level_at(map, row + r, column + c);

			dots |= level ? dot[c][2 * r] | dot[c][2 * r + 1] : 0u;
			most = level > most ? level : most;
		}
	}
	if (most)
		canvas_put(canvas, x, y, (wchar_t)(0x2800 + dots),
			   (struct style){.fg = ink_of(most)});
}

/* The more, the more dots. */
static void draw_density(struct canvas *canvas, int x, int y, int left, int right)
{
	static const uint8_t rows[HEAT_LEVELS + 1] = {0, 1, 1, 2, 3, 4};
	unsigned dots = 0;

	for (int r = 0; r < 4; r++)
		dots |= (r < rows[left] ? dot[0][r] : 0u) | (r < rows[right] ? dot[1][r] : 0u);
	if (dots)
		canvas_put(canvas, x, y, (wchar_t)(0x2800 + dots), (struct style){0});
}

static void draw_cell(struct canvas *canvas, int x, int y, const struct chart_look *look,
		      const struct map *map, int row, int column)
{
	int level = level_at(map, row, column);

	if (look->chars == CHART_BRAILLE && look->color)
		draw_dots(canvas, x, y, map, row, column);
	else if (look->chars == CHART_BRAILLE)
		draw_density(canvas, x, y, level, level_at(map, row, column + 1));
	else if (look->chars == CHART_BLOCK && look->color)
		draw_halves(canvas, x, y, level_at(map, row + 1, column), level);
	else if (level)
		canvas_put(canvas, x, y,
			   look->chars == CHART_ASCII ? (wchar_t)ascii_shades[level]
						      : shades[level],
			   (struct style){.fg = ink_of(level)});
}

void chart_heat(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		const uint32_t *count, uint32_t peak)
{
	struct map map = {count, peak, chart_columns(look->chars, rect.w)};
	int per_cell = chart_columns(look->chars, 1);
	int rows = chart_heat_rows(look, 1);

	for (int y = 0; y < rect.h; y++)
		for (int x = 0; x < rect.w; x++)
			draw_cell(canvas, rect.x + x, rect.y + y, look, &map,
				  (rect.h - 1 - y) * rows, x * per_cell);
}

void chart_heat_swatch(struct canvas *canvas, int x, int y, const struct chart_look *look,
		       int level)
{
	if (look->chars == CHART_ASCII)
		canvas_put(canvas, x, y, (wchar_t)ascii_shades[level],
			   (struct style){.fg = ink_of(level)});
	else if (look->color)
		canvas_put(canvas, x, y, look->chars == CHART_BRAILLE ? L'⣿' : L'█',
			   (struct style){.fg = ink_of(level)});
	else if (look->chars == CHART_BRAILLE)
		draw_density(canvas, x, y, level, level);
	else
		canvas_put(canvas, x, y, shades[level], (struct style){0});
}
