/* SPDX-License-Identifier: MIT */
#include "viewer/bars.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL_GAP 2 /* blanks between labels */

/* Glyphs of a cell that is filled up to a level, by the characters there are. */
static const wchar_t *const ramps[] = {
	[CHART_BRAILLE] = L" ⣀⣤⣶⣿",
	[CHART_BLOCK] = L" ▁▂▃▄▅▆▇█",
	[CHART_ASCII] = L" _#",
};
static const int levels_of[] = {[CHART_BRAILLE] = 4, [CHART_BLOCK] = 8, [CHART_ASCII] = 2};
static const wchar_t textures[] = {L'█', L'▒', L'░', L'╱'};
static const wchar_t ascii_textures[] = {L'#', L'=', L':', L'/'};

static wchar_t full_cell(const struct chart_look *look, const struct bar *bar)
{
	if (look->chars == CHART_ASCII)
		return ascii_textures[bar->fill];
	if (look->color || look->chars == CHART_BRAILLE)
		return ramps[look->chars][levels_of[look->chars]];
	return textures[bar->fill];
}

static void draw_bar(struct canvas *canvas, int x, struct rect rect, const struct chart_look *look,
		     const struct scale *scale, const struct bar *bar)
{
	int levels = levels_of[look->chars];
	int reach = (int)lround(scale_fraction(scale, bar->value) * levels * rect.h);

	if (!(bar->value > 0))
		return;
	reach = reach < 1 ? 1 : reach;
	for (int row = rect.y + rect.h - 1; reach > 0 && row >= rect.y; row--, reach -= levels)
		canvas_put(canvas, x, row,
			   reach >= levels ? full_cell(look, bar) : ramps[look->chars][reach],
			   (struct style){.fg = look->color ? bar->ink : INK_DEFAULT});
}

void bars_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
	       const struct scale *scale, const struct bar *bars)
{
	for (int x = 0; x < rect.w; x++)
		draw_bar(canvas, rect.x + x, rect, look, scale, &bars[x]);
}

/* The 1, 2 or 5 times a power of ten at or below x. */
static double step_below(double x)
{
	double power = pow(10, floor(log10(x) + 1e-9));
	double lead = x / power * 1.0000001;

	return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

static double step_above(double x)
{
	double below = step_below(x);
	double lead = below / pow(10, floor(log10(below) + 1e-9));

	if (below >= x * 0.9999999)
		return below;
	return below * (lead > 1.5 && lead < 3 ? 2.5 : 2);
}

struct scale bars_scale(double min, double max)
{
	struct scale scale = {.bottom = 1, .top = 10, .logarithmic = true};

	if (!(min > 0) || !(max >= min))
		return scale;
	scale.bottom = step_below(min);
	scale.top = step_above(max);
	/* One value stands in the middle of a decade, not at an edge. */
	while (scale.top / scale.bottom < 9.99) {
		scale.top = step_above(scale.top * 1.01);
		if (scale.top / scale.bottom < 9.99)
			scale.bottom = step_below(scale.bottom * 0.99);
	}
	return scale;
}

static int cell_of(struct rect rect, const struct scale *scale, double value)
{
	int cell = (int)floor(scale_fraction(scale, value) * rect.w);

	return rect.x + (cell < rect.w ? cell : rect.w - 1);
}

/* Nothing stands in [x, end) of the row yet, nor right beside it. */
static bool is_free(struct canvas *canvas, struct rect rect, int x, int end)
{
	for (int i = x - 1; i < end + LABEL_GAP - 1; i++) {
		struct cell *cell = canvas_at(canvas, i, rect.y);

		if (i >= rect.x && i < rect.x + rect.w && cell && cell->ch != L' ')
			return false;
	}
	return true;
}

static void put_tick(struct canvas *canvas, struct rect rect, const struct scale *scale,
		     double value, const char *label)
{
	struct style style = {.fg = INK_DIM};
	int x = cell_of(rect, scale, value), end = x + 1 + canvas_text_width(label);

	if (value > scale->top * 1.0000001 || end > rect.x + rect.w ||
	    !is_free(canvas, rect, x, end))
		return;
	canvas_put(canvas, x, rect.y, L'╵', style);
	canvas_text(canvas, x + 1, rect.y, style, label);
}

const char *bars_time_label(double value, char *text, size_t size)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	int unit = 0;

	while (unit < 3 && value > 999) {
		value /= 1000;
		unit++;
	}
	snprintf(text, size, "%.0f %s", value, units[unit]);
	return text;
}

void bars_axis(struct canvas *canvas, struct rect rect, const struct scale *scale,
	       const char *(*format)(double value, char *text, size_t size))
{
	static const double steps[] = {1, 2, 5};
	char text[40];

	for (int i = 0; i < 3; i++) {
		int power = (int)ceil(log10(scale->bottom / steps[i]) - 1e-9);
		int last = (int)floor(log10(scale->top / steps[i]) + 1e-9);

		for (; power <= last; power++) {
			double value = steps[i] * pow(10, power);

			put_tick(canvas, rect, scale, value, format(value, text, sizeof(text)));
		}
	}
}

void bars_marks(struct canvas *canvas, struct rect rect, const struct scale *scale,
		const struct bar_mark *marks, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		struct style style = {.fg = marks[i].ink, .attr = ATTR_BOLD};
		int width = canvas_text_width(marks[i].label);
		int x = cell_of(rect, scale, marks[i].value);
		bool left = x + 1 + width > rect.x + rect.w;
		int from = left ? x - width : x;

		if (from < rect.x || !is_free(canvas, rect, from, from + width + 1))
			continue;
		canvas_put(canvas, x, rect.y, L'╷', style);
		canvas_text(canvas, left ? from : x + 1, rect.y, style, marks[i].label);
	}
}
