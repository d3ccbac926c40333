/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_OCCUPANCY_H
#define VIEWER_OCCUPANCY_H
/*
 * One pool over time, in three pictures on one time axis.
 *
 * Occupancy stands on *available*: from the bottom up, buffers available all through the column,
 * those that came and went within it, those held, and on top of them requests that are pending.  So
 * the low and high marks, which are marks on available buffers, are plain horizontal lines: the
 * pool runs dry where the bottom area sinks through the low line; the upper edge is the pool's
 * size, and it steps up when a block arrives and down when one is freed; the pending band says that
 * one is on its way.
 *
 * All take the rectangle of the plot with its margins; the plot has occupancy_cells(rect.w) cells.
 */
#include "db/query.h"
#include "viewer/series.h"

#define OCCUPANCY_LEFT	8  /* columns of axis labels */
#define OCCUPANCY_RIGHT 13 /* columns of mark labels and counts */

int occupancy_cells(int width);

/* One row: what the areas are. */
void occupancy_legend(struct canvas *canvas, int x, int y, int width,
		      const struct chart_look *look);
void occupancy_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		    const struct series *series, const struct pool_summary *pool);

/* Parts of it, for charts that show more: the scale, and areas with the axis of values. */
struct scale occupancy_scale(const struct series *series, const struct pool_summary *pool,
			     int rows);
void occupancy_area(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		    const struct scale *scale, const struct series *series,
		    const struct pool_summary *pool);

/*
 * Lanes: signs where something happened.  LANES_MAX rows have a kind each: D drop; R RESOURCES, F
 * fallback; L loss; x failed; ▲ request; + completion; ▼ free; a digit is how many, * more than 9,
 * and the sum stands right.  LANES_FEW rows show the gravest of each cell: trouble, and what went
 * on with memory (◆: several kinds).
 */
#define LANES_MAX 7
#define LANES_FEW 2
void lanes_draw(struct canvas *canvas, struct rect rect, const struct series *series);
/* Over a drawn time axis: where events were lost, the axis itself says so. */
void lanes_mark_loss(struct canvas *canvas, struct rect rect, const struct series *series);

/*
 * Lead times: a heat map, by the time of completion.  Rows are powers of two, or parts of them
 * where there is room; the shade says how many requests completed so late.  p50, p99 and max of the
 * whole window stand at the right.
 */
void lead_legend(struct canvas *canvas, int x, int y, int width, const struct chart_look *look,
		 const struct series *series);
void lead_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
	       const struct series *series);

#endif
