/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_SERIES_H
#define VIEWER_SERIES_H
/* What one pool's charts show for one window: exactly as many columns as are drawn. */
#include "db/query.h"
#include "viewer/chart.h"
#include "viewer/timeline.h"

struct series {
	struct timeline_view window;
	int cells;    /* of the time axis */
	int per_cell; /* columns in each */
	size_t nr;    /* columns: cells * per_cell */
	struct level_column *level;
	struct latency *lead;
	struct latency_cells *heat;	   /* of lead */
	struct latency lead_all, hold_all; /* of the whole window */
};

/* Returns: 0, -ENOMEM, or what the query says.  Owns: released by series_release(), always. */
int series_load(struct series *series, struct query *query, uint32_t pool,
		struct timeline_view window, int cells, enum chart_chars chars,
		struct db_error *err);
void series_release(struct series *series);

/* A cell's columns as one: extremes and sums. */
struct level_column series_cell(const struct series *series, int cell);
/* Requests that completed in a cell's columns, with memory or without. */
uint64_t series_completed(const struct series *series, int cell);
/* The whole window as one. */
struct level_column series_total(const struct series *series);

#endif
