/* SPDX-License-Identifier: MIT */
/* Axes and marks around a chart's area; declared in chart.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "viewer/chart.h"
#include "viewer/human.h"

#define MAX_TICKS 32

static int row_of(struct rect rect, const struct scale *scale, double value)
{
	int from_bottom = (int)floor(scale_fraction(scale, value) * rect.h);

	return rect.y + rect.h - 1 - (from_bottom < rect.h ? from_bottom : rect.h - 1);
}

static int highest_first(const void *a, const void *b)
{
	double x = ((const struct chart_mark *)a)->value, y = ((const struct chart_mark *)b)->value;

	return (x < y) - (x > y);
}

/*
 * A line over what the area put there: its background stays, and a block that fills most of the
 * cell counts as background.
 */
static void draw_line(struct canvas *canvas, struct rect rect, int row, uint8_t ink, int step)
{
	for (int x = rect.x; x < rect.x + rect.w; x += step) {
		struct cell *cell = canvas_at(canvas, x, row);
		struct style style = {.fg = ink, .attr = ATTR_BOLD};

		if (!cell)
			continue;
		style.bg = cell->ch >= L'▄' && cell->ch <= L'█' ? cell->style.fg : cell->style.bg;
		canvas_put(canvas, x, row, L'╌', style);
	}
}

/* A letter of a lane, which the line must not hide. */
static bool is_sign(wchar_t ch)
{
	return iswalnum((wint_t)ch) || (ch && wcschr(L"▲▼◆+*^?", ch));
}

void chart_instant(struct canvas *canvas, struct rect rect, int column, uint8_t ink, wchar_t sign)
{
	if (column < 0 || column >= rect.w)
		return;
	for (int y = rect.y; y < rect.y + rect.h; y++) {
		struct cell *cell = canvas_at(canvas, rect.x + column, y);
		struct style style = {.fg = ink, .attr = ATTR_BOLD};

		if (!cell)
			continue;
		if (is_sign(cell->ch)) {
			cell->style.attr |= ATTR_REVERSE;
			continue;
		}
		style.bg = cell->ch >= L'▄' && cell->ch <= L'█' ? cell->style.fg : cell->style.bg;
		canvas_put(canvas, rect.x + column, y, sign && y == rect.y ? sign : L'│', style);
	}
}

static bool on_scale(const struct scale *scale, double value)
{
	return value >= scale->bottom && value <= scale->top * 1.0000001;
}

/* Moves labels apart: down where the one above is too near, then up from the lower edge. */
static void spread(struct rect rect, int *rows, size_t nr)
{
	for (size_t i = 1; i < nr; i++)
		if (rows[i] <= rows[i - 1])
			rows[i] = rows[i - 1] + 1;
	for (size_t i = nr; i-- > 0;) {
		int lowest = rect.y + rect.h - (int)(nr - i);

		if (rows[i] > lowest)
			rows[i] = lowest;
	}
}

/* A label in the top row belongs to the line there: those of marks above the scale come after it.
 */
static void let_line_first(struct rect rect, const struct scale *scale, struct chart_mark *marks,
			   size_t nr)
{
	size_t above = 0;

	while (above < nr && !on_scale(scale, marks[above].value))
		above++;
	if (!above || above == nr || row_of(rect, scale, marks[above].value) > rect.y)
		return;
	for (size_t i = above; i > 0; i--) {
		struct chart_mark line = marks[i];

		marks[i] = marks[i - 1];
		marks[i - 1] = line;
	}
}

void chart_marks(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		 const struct scale *scale, struct chart_mark *marks, size_t nr)
{
	int rows[MAX_TICKS];

	if (nr > MAX_TICKS || rect.h < 1)
		return;
	qsort(marks, nr, sizeof(*marks), highest_first);
	let_line_first(rect, scale, marks, nr);
	for (size_t i = 0; i < nr; i++) {
		rows[i] = row_of(rect, scale, marks[i].value);
		/* Two lines in one row: the higher one, which the level meets first. */
		if (i && rows[i] == rows[i - 1] && on_scale(scale, marks[i - 1].value))
			continue;
		if (on_scale(scale, marks[i].value) && !marks[i].no_line)
			draw_line(canvas, rect, rows[i], marks[i].ink,
				  look->color && look->chars == CHART_BLOCK ? 1 : 2);
	}
	spread(rect, rows, nr);
	for (size_t i = 0; i < nr; i++) {
		struct style style = {.fg = marks[i].ink, .attr = ATTR_BOLD};
		int row = row_of(rect, scale, marks[i].value);
		bool above = !on_scale(scale, marks[i].value) || row < rows[i];

		/* A label that had to move says where its value lies. */
		canvas_textf(canvas, rect.x + rect.w, rows[i], style, "%s%s",
			     above	     ? "↑"
			     : row > rows[i] ? "↓"
					     : "◂",
			     marks[i].label);
	}
}

void chart_value_ticks(struct canvas *canvas, struct rect rect, const struct scale *scale,
		       const double *ticks, size_t nr,
		       const char *(*format)(double value, char *text, size_t size))
{
	struct style style = {.fg = INK_DIM};
	char text[40];
	int last = rect.y + rect.h + 1;

	for (int y = rect.y; y < rect.y + rect.h; y++)
		canvas_put(canvas, rect.x - 1, y, L'│', style);
	for (size_t i = 0; i < nr; i++) {
		int row = row_of(rect, scale, ticks[i]);

		if (row >= last)
			continue;
		last = row;
		canvas_put(canvas, rect.x - 1, row, L'┤', style);
		canvas_text_right(canvas, rect.x - 1, row, style, "%s",
				  format(ticks[i], text, sizeof(text)));
	}
}

void chart_value_axis(struct canvas *canvas, struct rect rect, const struct scale *scale,
		      const char *(*format)(double value, char *text, size_t size))
{
	double ticks[MAX_TICKS];
	size_t max_ticks = (size_t)rect.h / 4 + 1;
	size_t nr = scale_ticks(scale, max_ticks < MAX_TICKS ? max_ticks : MAX_TICKS, ticks);

	/* Too low for a step of the usual ones: an axis with a zero alone would say nothing. */
	if (nr == 1 && rect.h > 1 && !scale->logarithmic)
		ticks[nr++] = scale_round_below(scale->top);
	chart_value_ticks(canvas, rect, scale, ticks, nr, format);
}

/* Decimals of seconds that tell one step from the next. */
static int decimals_for(int64_t step_ns)
{
	int digits = 0;

	for (int64_t unit = 1000000000; digits < 9 && step_ns % unit; unit /= 10)
		digits++;
	return digits;
}

/* With the date where the axis has more than a day. */
static struct human time_label(int64_t ts_ns, int64_t step_ns, int64_t span_ns)
{
	const int64_t day_ns = INT64_C(86400000000000);

	if (span_ns <= day_ns)
		return human_time(ts_ns, decimals_for(step_ns));
	return human_date(ts_ns, step_ns >= day_ns);
}

void chart_time_axis(struct canvas *canvas, struct rect rect, int64_t start_ns, int64_t cell_ns)
{
	int64_t step_ns = scale_time_step(cell_ns * 10);
	struct style style = {.fg = INK_DIM};
	int64_t span_ns = cell_ns * rect.w, end_ns = start_ns + span_ns;
	int64_t first_ns;
	int width;

	/* Labels must not touch: take the next step while they would. */
	for (;;) {
		width = canvas_text_width(time_label(end_ns, step_ns, span_ns).s) + 3;
		if (step_ns / cell_ns >= width || step_ns > INT64_MAX / 4)
			break;
		step_ns = scale_time_step(step_ns + 1);
	}
	first_ns = (start_ns + step_ns - 1) / step_ns * step_ns;
	for (int64_t t = first_ns; t < end_ns; t += step_ns) {
		int x = rect.x + (int)((t - start_ns) / cell_ns);
		struct human label = time_label(t, step_ns, span_ns);

		canvas_put(canvas, x, rect.y, L'╷', style);
		/* A label cut by the edge says a wrong time. */
		if (x + 1 + canvas_text_width(label.s) <= rect.x + rect.w)
			canvas_text(canvas, x + 1, rect.y, style, label.s);
	}
}
