/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_LATENCY_CHART_H
#define VIEWER_LATENCY_CHART_H
/*
 * The distribution of lead or hold times: bars on a logarithmic axis with the quantiles marked, and
 * the table of quantiles.  Pure: from figures to cells.
 */
#include "db/query_lead.h"
#include "viewer/bars.h"

#define LATENCY_ROWS	    9  /* of the table: a head, seven quantiles and the count */
#define LATENCY_TABLE_WIDTH 28 /* of it, for two distributions */

struct latency_chart {
	const char *name; /* "lead" */
	const char *what; /* "request to completion" */
	const struct latency_window *window;
	bool other_scale; /* counts are linear up to a hundred and logarithmic above; or just not so
			   */
	bool loss;	  /* events of the window were lost */
};

/* Four rows at least: the name and the quantiles' marks, the bars, the axis. */
void latency_chart_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
			const struct latency_chart *chart);

/* Two columns, LATENCY_ROWS rows. */
void latency_chart_table(struct canvas *canvas, int x, int y, const struct latency_chart *lead,
			 const struct latency_chart *hold);

#endif
