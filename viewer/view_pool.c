/* SPDX-License-Identifier: MIT */
/*
 * View 2: one pool over time.  Small screens have the figures above the charts, wide ones beside
 * them, so that the charts keep their height.
 */
#include <string.h>

#include "viewer/figures.h"
#include "viewer/human.h"
#include "viewer/occupancy.h"
#include "viewer/view.h"

#define SIDE_WIDTH 38
#define SIDE_FROM  128 /* columns from which the figures stand beside the charts */
#define TALL_FROM  36  /* rows from which each kind of event has a lane of its own */

/* What the pool is, in the order of weight; what does not fit whole is left out. */
static void draw_pool_line(struct canvas *canvas, struct rect rect, const struct pool_summary *pool)
{
	const struct pool_marks *marks = &pool->marks;
	char facts[8][32] = {"pool"};
	int nr = 1, x;

	if (pool->generation)
		snprintf(facts[0], sizeof(facts[0]), "NDIS %u", pool->generation);
	if (pool->closed_ns)
		snprintf(facts[nr++], sizeof(facts[0]), " · closed");
	if (pool->buffer_bytes != POOL_UNKNOWN)
		snprintf(facts[nr++], sizeof(facts[0]), " · %u B", pool->buffer_bytes);
	if (pool_marks_known(marks)) {
		snprintf(facts[nr++], sizeof(facts[0]), " · base %u", marks->base);
		snprintf(facts[nr++], sizeof(facts[0]), " · block %u", marks->block);
		snprintf(facts[nr++], sizeof(facts[0]), " · reserve %u", marks->reserve);
		snprintf(facts[nr++], sizeof(facts[0]), " · max-pending %u", marks->max_pending);
		if (marks->probe_ticks)
			snprintf(facts[nr++], sizeof(facts[0]), " · probe %u ticks",
				 marks->probe_ticks);
	} else {
		snprintf(facts[nr++], sizeof(facts[0]), " · marks unknown");
	}
	x = canvas_text(canvas, 1, rect.y, (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD},
			pool->name) +
	    2;
	for (int i = 0; i < nr && x + canvas_text_width(facts[i]) <= rect.x + rect.w; i++)
		x = canvas_text(canvas, x, rect.y, (struct style){.fg = INK_DIM}, facts[i]);
}

/* Rows between the charts: what is left goes two thirds to occupancy, one third to lead time. */
static void draw_charts(struct app *app, struct canvas *canvas, struct rect rect,
			const struct series *series, const struct pool_summary *pool)
{
	int lanes = rect.h >= TALL_FROM ? LANES_MAX : 1;
	int room = rect.h - lanes - 3; /* two legends, the time axis */
	int lead = room / 3;
	struct rect part = {rect.x, rect.y, rect.w, 1};

	occupancy_legend(canvas, rect.x + OCCUPANCY_LEFT, part.y++, rect.w - OCCUPANCY_LEFT,
			 &app->look);
	part.h = room - lead;
	occupancy_draw(canvas, part, &app->look, series, pool);
	part.y += part.h;
	part.h = lanes;
	lanes_draw(canvas, part, series);
	app_plot(app, canvas,
		 (struct rect){rect.x + OCCUPANCY_LEFT, rect.y + 1, series->cells,
			       room - lead + lanes});
	part.y += lanes;
	lead_legend(canvas, rect.x + OCCUPANCY_LEFT, part.y++, &app->look);
	part.h = lead;
	lead_draw(canvas, part, &app->look, series);
	app_plot(app, canvas, (struct rect){rect.x + OCCUPANCY_LEFT, part.y, series->cells, lead});
	part.y += lead;
	chart_time_axis(canvas, (struct rect){rect.x + OCCUPANCY_LEFT, part.y, series->cells, 1},
			series->window.start_ns, series->window.cell_ns);
}

static int time_columns(const struct app *app, void *state, struct rect rect)
{
	return occupancy_cells(rect.w - (rect.w >= SIDE_FROM ? SIDE_WIDTH : 0));
}

static void draw(struct app *app, void *state, struct canvas *canvas, struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct db_error err = {{0}};
	struct rect charts = rect;
	struct series series;
	bool side = rect.w >= SIDE_FROM;

	if (!pool)
		return;
	draw_pool_line(canvas, rect, pool);
	charts.y += side ? 1 : 1 + FIGURES_ROWS;
	charts.h -= side ? 1 : 1 + FIGURES_ROWS;
	charts.w -= side ? SIDE_WIDTH : 0;
	if (series_load(&series, app->model.query, pool->pool, app_window(app, app->time_columns),
			app->time_columns, app->look.chars, &err)) {
		canvas_text(canvas, 1, rect.y + 2, (struct style){.fg = INK_ALARM}, err.text);
		series_release(&series);
		return;
	}
	if (side)
		figures_draw_side(canvas,
				  (struct rect){charts.x + charts.w + 1, rect.y + 1, SIDE_WIDTH - 2,
						rect.h - 1},
				  pool, &series);
	else
		figures_draw_top(canvas, 1, rect.y + 1, pool, &series);
	draw_charts(app, canvas, charts, &series, pool);
	series_release(&series);
}

static bool request(struct app *app, void *state, int request)
{
	return request == REQUEST_OPEN;
}

const struct view_ops view_pool = {
	.name = "Pool",
	.about = "one pool over time",
	.time_columns = time_columns,
	.draw = draw,
	.request = request,
};
