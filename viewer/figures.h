/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_FIGURES_H
#define VIEWER_FIGURES_H
/* One pool's numbers: levels and latencies of the visible window, counts since the pool opened. */
#include "viewer/series.h"

#define FIGURES_ROWS 5

/* Five rows, 78 columns.  at: the state at the cursor, in the place of what is now; NULL: none. */
void figures_draw_top(struct canvas *canvas, int x, int y, const struct pool_summary *pool,
		      const struct series *series, const struct query_instant *at);
/* A column beside the charts. */
void figures_draw_side(struct canvas *canvas, struct rect rect, const struct pool_summary *pool,
		       const struct series *series, const struct query_instant *at);

/*
 * Alarm letters of a pool, gravest first: D drops, R RESOURCES, V violations, L loss, A audit or
 * identity mismatch, F in fallback now; "" when all is well.
 */
const char *figures_alarms(const struct trace_status *trace, const struct pool_summary *pool,
			   char text[8]);
/* How grave they are together, to sort by: a drop is worse than all others. */
int figures_gravity(const struct trace_status *trace, const struct pool_summary *pool);

#endif
