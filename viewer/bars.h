/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_BARS_H
#define VIEWER_BARS_H
/*
 * Bar charts as pure functions from values to cells: a bar a cell, side by side, on an axis of
 * their own that is no time.  Beside chart.h, whose scales and value axis they use.
 */
#include "viewer/chart.h"

struct bar {
	double value; /* 0: no bar; any other shows at least one level */
	uint8_t ink;  /* enum ink */
	uint8_t fill; /* enum chart_fill: where there is no colour */
};

/* Draws rect.w bars upwards from the bottom of rect. */
void bars_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
	       const struct scale *scale, const struct bar *bars);

/* A logarithmic axis from the 1, 2 or 5 times a power of ten at or below min to the one at or above
 * max, over a factor of ten at least. */
struct scale bars_scale(double min, double max);

/*
 * The labels of a logarithmic axis on row rect.y: powers of ten first, then 2 and 5 times those
 * where there is room.
 */
void bars_axis(struct canvas *canvas, struct rect rect, const struct scale *scale,
	       const char *(*format)(double value, char *text, size_t size));

/* For bars_axis(): a time in ns, "1 us" or "20 ms". */
const char *bars_time_label(double value, char *text, size_t size);

/* Names above bars: at which value what is. */
struct bar_mark {
	double value;
	uint8_t ink;
	char label[16];
};
/*
 * On row rect.y, a tick over the bar of each value with its label right of it, or left of it at the
 * right edge; from the first on, those that would touch an earlier one are left out.
 */
void bars_marks(struct canvas *canvas, struct rect rect, const struct scale *scale,
		const struct bar_mark *marks, size_t nr);

#endif
