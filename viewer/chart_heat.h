/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_CHART_HEAT_H
#define VIEWER_CHART_HEAT_H
/*
 * A heat map as a pure function from counts to cells: how many values of a column lie in which row,
 * by shade.  The shade is logarithmic: one is seen, and a thousand times as many do not drown it.
 *
 * With colour there are two rows a cell, and with braille two columns: its dots say "some", the
 * colour how many.  Without, there is one row a cell, shaded by density.
 */
#include <stdint.h>

#include "viewer/chart.h"

#define HEAT_LEVELS 5 /* INK_HEAT_1 ... */

/* How many rows of data a map so high shows. */
int chart_heat_rows(const struct chart_look *look, int height);

/* The level of a count when the largest in sight is peak: 1 to HEAT_LEVELS, 0 for none. */
int chart_heat_level(uint32_t count, uint32_t peak);

/*
 * Draws counts into rect: chart_heat_rows() rows from the bottom up, each of chart_columns()
 * columns; count[row * nr_columns + column].
 */
void chart_heat(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		const uint32_t *count, uint32_t peak);

/* The sign of a level for a legend. */
void chart_heat_swatch(struct canvas *canvas, int x, int y, const struct chart_look *look,
		       int level);

#endif
