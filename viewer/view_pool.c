/* SPDX-License-Identifier: MIT */
/*
 * View 2: one pool over time.  Small screens have the figures above the charts, wide ones beside
 * them, so that the charts keep their height.
 */
#include <string.h>

#include "viewer/figures.h"
#include "viewer/human.h"
#include "viewer/occupancy.h"
#include "viewer/picture.h"
#include "viewer/view.h"

#define SIDE_WIDTH 38
#define SIDE_FROM  128 /* columns from which the figures stand beside the charts */

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

static int time_columns(const struct app *app, void *state, struct rect rect)
{
	return occupancy_cells(rect.w - (rect.w >= SIDE_FROM ? SIDE_WIDTH : 0));
}

static void release(void *picture)
{
	picture_release(picture);
}

static void refresh(struct app *app, void *picture, struct rect rect)
{
	picture_load(picture, app);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct picture *picture = opaque;
	const struct query_instant *at = picture_at_cursor(picture, app);
	bool side = rect.w >= SIDE_FROM;
	struct rect charts = rect;

	if (!pool)
		return;
	draw_pool_line(canvas, rect, pool);
	charts.y += side ? 1 : 1 + FIGURES_ROWS;
	charts.h -= side ? 1 : 1 + FIGURES_ROWS;
	charts.w -= side ? SIDE_WIDTH : 0;
	if (side && !picture->err.text[0])
		figures_draw_side(canvas,
				  (struct rect){charts.x + charts.w + 1, rect.y + 1, SIDE_WIDTH - 2,
						rect.h - 1},
				  pool, &picture->series, at);
	else if (!picture->err.text[0])
		figures_draw_top(canvas, 1, rect.y + 1, pool, &picture->series, at);
	picture_draw(picture, app, canvas, charts);
}

static bool request(struct app *app, void *picture, int request)
{
	return request == REQUEST_OPEN;
}

const struct view_ops view_pool = {
	.name = "Pool",
	.about = "one pool over time",
	.state_size = sizeof(struct picture),
	.release = release,
	.time_columns = time_columns,
	.refresh = refresh,
	.draw = draw,
	.request = request,
};
