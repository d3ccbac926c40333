/* SPDX-License-Identifier: MIT */
/*
 * View 2: one pool over time.  Small screens have the figures above the charts, wide ones beside
 * them, so that the charts keep their height.
 */
#include <string.h>

#include "viewer/figures.h"
#include "viewer/human.h"
#include "viewer/occupancy.h"
#include "viewer/readout.h"
#include "viewer/view.h"

#define SIDE_WIDTH 38
#define SIDE_FROM  128 /* columns from which the figures stand beside the charts */
#define TALL_FROM  36  /* rows from which each kind of event has a lane of its own */

struct pool_state {
	struct series series;
	bool has_instant; /* there is a cursor, and what was so there is known */
	int64_t instant_ns;
	struct query_instant instant;
	struct db_error err; /* of the last refresh; empty: none */
};

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

/* The two rows of legends, or what was so at the cursor in their place: nothing moves then. */
static void draw_legends(struct app *app, const struct pool_state *state, struct canvas *canvas,
			 struct rect rect, int lead_y, const struct pool_summary *pool)
{
	int64_t ts_ns = app_instant(app);

	if (!state->has_instant) {
		occupancy_legend(canvas, rect.x + OCCUPANCY_LEFT, rect.y, rect.w - OCCUPANCY_LEFT,
				 &app->look);
		lead_legend(canvas, rect.x + OCCUPANCY_LEFT, lead_y, rect.w - OCCUPANCY_LEFT,
			    &app->look, &state->series);
		return;
	}
	readout_values(canvas, (struct rect){rect.x + 1, rect.y, rect.w - 2, 1}, ts_ns,
		       &state->instant, pool->marks.block);
	readout_events(canvas, (struct rect){rect.x + 1, lead_y, rect.w - 2, 1}, ts_ns,
		       &state->instant);
}

/* Rows between the charts: what is left goes two thirds to occupancy, one third to lead time. */
static void draw_charts(struct app *app, const struct pool_state *state, struct canvas *canvas,
			struct rect rect, const struct pool_summary *pool)
{
	const struct series *series = &state->series;
	int lanes = rect.h >= TALL_FROM ? LANES_MAX : LANES_FEW;
	int room = rect.h - lanes - 3; /* two legends, the time axis */
	int lead = (room + 1) / 3;
	struct rect part = {rect.x, rect.y + 1, rect.w, room - lead};
	struct rect axis = {rect.x + OCCUPANCY_LEFT, rect.y + rect.h - 1, series->cells, 1};

	draw_legends(app, state, canvas, rect, part.y + part.h + lanes, pool);
	occupancy_draw(canvas, part, &app->look, series, pool);
	part.y += part.h;
	part.h = lanes;
	lanes_draw(canvas, part, series);
	app_plot(app, canvas,
		 (struct rect){axis.x, rect.y + 1, series->cells, room - lead + lanes});
	part.y += lanes + 1;
	part.h = lead;
	lead_draw(canvas, part, &app->look, series);
	app_plot(app, canvas, (struct rect){axis.x, part.y, series->cells, lead});
	chart_time_axis(canvas, axis, series->window.start_ns, series->window.cell_ns);
	lanes_mark_loss(canvas, axis, series);
}

static int time_columns(const struct app *app, void *state, struct rect rect)
{
	return occupancy_cells(rect.w - (rect.w >= SIDE_FROM ? SIDE_WIDTH : 0));
}

static void release(void *opaque)
{
	struct pool_state *state = opaque;

	series_release(&state->series);
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct pool_state *state = opaque;

	state->has_instant = false;
	state->err.text[0] = 0;
	series_release(&state->series);
	series_load(&state->series, app->model.query, app->pool, app_window(app, app->time_columns),
		    app->time_columns, app->look.chars, &state->err);
}

/* Only where the cursor is another one, or there is more to know: halving a file costs too. */
static void look_at_cursor(struct app *app, struct pool_state *state)
{
	int64_t ts_ns = app_instant(app);

	if (!app->timeline.has_cursor) {
		state->has_instant = false;
		return;
	}
	if (state->has_instant && state->instant_ns == ts_ns)
		return;
	state->instant_ns = ts_ns;
	state->has_instant = query_instant(app->model.query, app->pool, ts_ns, &state->instant,
					   &state->err) == 0;
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct pool_state *state = opaque;
	const struct query_instant *at = NULL;
	struct rect charts = rect;
	bool side = rect.w >= SIDE_FROM;

	if (!pool)
		return;
	draw_pool_line(canvas, rect, pool);
	if (!state->err.text[0])
		look_at_cursor(app, state);
	if (state->err.text[0]) {
		canvas_text_n(canvas, 1, rect.y + 2, rect.w - 2, (struct style){.fg = INK_ALARM},
			      state->err.text);
		return;
	}
	if (state->has_instant)
		at = &state->instant;
	charts.y += side ? 1 : 1 + FIGURES_ROWS;
	charts.h -= side ? 1 : 1 + FIGURES_ROWS;
	charts.w -= side ? SIDE_WIDTH : 0;
	if (side)
		figures_draw_side(canvas,
				  (struct rect){charts.x + charts.w + 1, rect.y + 1, SIDE_WIDTH - 2,
						rect.h - 1},
				  pool, &state->series, at);
	else
		figures_draw_top(canvas, 1, rect.y + 1, pool, &state->series, at);
	draw_charts(app, state, canvas, charts, pool);
}

static bool request(struct app *app, void *state, int request)
{
	return request == REQUEST_OPEN;
}

const struct view_ops view_pool = {
	.name = "Pool",
	.about = "one pool over time",
	.state_size = sizeof(struct pool_state),
	.release = release,
	.time_columns = time_columns,
	.refresh = refresh,
	.draw = draw,
	.request = request,
};
