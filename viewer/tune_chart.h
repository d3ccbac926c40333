/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_TUNE_CHART_H
#define VIEWER_TUNE_CHART_H
/*
 * Occupancy as recorded, and over it as it would have been with other marks: two lines, the total
 * (upper) and the fewest available of each column (lower), and the marks that are tried.  Where
 * nothing is recorded of the pool itself, the areas are the predicted ones, too.
 */
#include "viewer/series.h"
#include "viewer/trial.h"

/* One row: what the areas and lines are. */
void tune_chart_legend(struct canvas *canvas, int x, int y, int width,
		       const struct chart_look *look);

/* As occupancy_draw(); predicted has recorded's columns, all unknown when there is no prediction.
 */
void tune_chart_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		     const struct series *recorded, const struct series *predicted,
		     const struct pool_summary *pool, const struct trial *trial);

#endif
