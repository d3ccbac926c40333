/* SPDX-License-Identifier: MIT */
#include "viewer/picture.h"

#include <errno.h>
#include <stdio.h>

#include "viewer/occupancy.h"
#include "viewer/readout.h"

#define TALL_FROM 36 /* rows from which each kind of event has a lane of its own */

void picture_load(struct picture *picture, struct app *app)
{
	picture_release(picture);
	if (series_load(&picture->series, app->model.query, app->pool,
			app_window(app, app->time_columns), app->time_columns, app->look.chars,
			&picture->err) == -ENOMEM)
		snprintf(picture->err.text, sizeof(picture->err.text), "out of memory");
}

void picture_release(struct picture *picture)
{
	series_release(&picture->series);
	picture->has_instant = false;
	picture->err.text[0] = 0;
}

const struct query_instant *picture_at_cursor(struct picture *picture, struct app *app)
{
	int64_t ts_ns = app_instant(app);

	if (!app->timeline.has_cursor || picture->err.text[0]) {
		picture->has_instant = false;
		return NULL;
	}
	if (!picture->has_instant || picture->instant_ns != ts_ns) {
		picture->instant_ns = ts_ns;
		picture->has_instant = query_instant(app->model.query, app->pool, ts_ns,
						     &picture->instant, &picture->err) == 0;
	}
	return picture->has_instant ? &picture->instant : NULL;
}

/* Which rows the parts have. */
struct layout {
	struct rect occupancy, lanes, lead, axis, second; /* second: the legend of lead */
	bool has_lead;
};

/* What is left goes two thirds to occupancy, one third to lead times. */
static struct layout lay_out(const struct series *series, struct rect rect)
{
	struct layout l = {.has_lead = rect.h >= PICTURE_LEAD_ROWS};
	int lanes = rect.h >= TALL_FROM ? LANES_MAX : LANES_FEW;
	int room = rect.h - lanes - (l.has_lead ? 3 : 2); /* the legends, the time axis */
	int lead = l.has_lead ? (room + 1) / 3 : 0;
	int y = rect.y + 1;

	l.occupancy = (struct rect){rect.x, y, rect.w, room - lead};
	l.lanes = (struct rect){rect.x, y += room - lead, rect.w, lanes};
	l.second = (struct rect){rect.x, y += lanes, rect.w, 1};
	l.lead = (struct rect){rect.x, y + 1, rect.w, lead};
	l.axis = (struct rect){rect.x + OCCUPANCY_LEFT, rect.y + rect.h - 1, series->cells, 1};
	return l;
}

/* The rows of the legends, or what was so at the cursor in their place: nothing moves then. */
static void draw_legends(const struct picture *picture, struct app *app, struct canvas *canvas,
			 struct rect first, const struct layout *l)
{
	const struct pool_summary *pool = app_pool(app);
	struct rect second = l->second;

	if (!picture->has_instant) {
		occupancy_legend(canvas, first.x + OCCUPANCY_LEFT, first.y,
				 first.w - OCCUPANCY_LEFT, &app->look);
		if (l->has_lead)
			lead_legend(canvas, second.x + OCCUPANCY_LEFT, second.y,
				    second.w - OCCUPANCY_LEFT, &app->look, &picture->series);
		return;
	}
	first.x++;
	first.w -= 2;
	second.x++;
	second.w -= 2;
	readout_values(canvas, first, picture->instant_ns, &picture->instant, pool->marks.block);
	if (l->has_lead)
		readout_events(canvas, second, picture->instant_ns, &picture->instant);
}

void picture_draw(const struct picture *picture, struct app *app, struct canvas *canvas,
		  struct rect rect)
{
	const struct series *series = &picture->series;
	const struct pool_summary *pool = app_pool(app);
	struct rect first = {rect.x, rect.y, rect.w, 1};
	struct layout l = lay_out(series, rect);

	if (picture->err.text[0]) {
		canvas_text_n(canvas, rect.x + 1, rect.y, rect.w - 2,
			      (struct style){.fg = INK_ALARM}, picture->err.text);
		return;
	}
	if (!pool)
		return;
	draw_legends(picture, app, canvas, first, &l);
	occupancy_draw(canvas, l.occupancy, &app->look, series, pool);
	lanes_draw(canvas, l.lanes, series);
	app_plot(app, canvas,
		 (struct rect){l.axis.x, l.occupancy.y, l.axis.w, l.occupancy.h + l.lanes.h});
	if (l.has_lead) {
		lead_draw(canvas, l.lead, &app->look, series);
		app_plot(app, canvas, (struct rect){l.axis.x, l.lead.y, l.axis.w, l.lead.h});
	}
	app_axis(app, canvas, l.axis, &series->window);
	lanes_mark_loss(canvas, l.axis, series);
}
