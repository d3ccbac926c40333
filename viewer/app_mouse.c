/* SPDX-License-Identifier: MIT */
/* What the mouse does outside of what a view does with it; declared in app.h. */
#include <stdlib.h>

#include "viewer/view.h"

static bool inside(const struct rect *rect, const struct mouse *mouse)
{
	return mouse->x >= rect->x && mouse->x < rect->x + rect->w && mouse->y >= rect->y &&
	       mouse->y < rect->y + rect->h;
}

/* The column of the plot under the mouse, moved to its edge when it is beyond. */
static int column_at(const struct app *app, const struct mouse *mouse)
{
	int column = mouse->x - app->plot.x;

	if (column >= app->plot.w)
		column = app->plot.w - 1;
	return column < 0 ? 0 : column;
}

static int64_t time_at(const struct app *app, int column)
{
	struct timeline_view view = app_window(app, app->time_columns);

	return view.start_ns + view.cell_ns * column;
}

/* A drag over a chart sets A and B; a click the cursor. */
static void drag(struct app *app, int column)
{
	struct timeline *timeline = &app->timeline;
	int from = app->pressed < column ? app->pressed : column;
	int to = app->pressed < column ? column : app->pressed;

	if (from == to)
		return;
	timeline->has_mark[0] = timeline->has_mark[1] = true;
	timeline->mark_ns[0] = time_at(app, from);
	timeline->mark_ns[1] = time_at(app, to);
	app_say(app, INK_MARK, "A and B are set: V shows what lies between");
}

static bool plot_mouse(struct app *app, const struct mouse *mouse)
{
	struct recording_span span = model_span(&app->model);
	int column = column_at(app, mouse);

	if (mouse->kind == MOUSE_RELEASE || mouse->kind == MOUSE_DRAG) {
		if (app->pressed < 0)
			return false;
		drag(app, column);
		if (mouse->kind == MOUSE_RELEASE)
			app->pressed = -1;
		return true;
	}
	if (!inside(&app->plot, mouse))
		return false;
	switch (mouse->kind) {
	case MOUSE_WHEEL_UP:
		timeline_zoom_at(&app->timeline, span, app->time_columns, 1, column);
		return true;
	case MOUSE_WHEEL_DOWN:
		timeline_zoom_at(&app->timeline, span, app->time_columns, -1, column);
		return true;
	default:
		app->pressed = column;
		app_set_cursor(app, time_at(app, column));
		return true;
	}
}

static bool list_mouse(struct app *app, const struct mouse *mouse)
{
	const struct view_ops *ops = view_of(app->view);
	struct table *table = ops->table ? ops->table(app->state[app->view]) : NULL;
	enum table_news news;

	if (!table || !inside(&table->rect, mouse))
		return false;
	switch (mouse->kind) {
	case MOUSE_WHEEL_UP:
	case MOUSE_WHEEL_DOWN:
		news = table_request(table,
				     mouse->kind == MOUSE_WHEEL_UP ? REQUEST_UP : REQUEST_DOWN);
		break;
	case MOUSE_PRESS:
	case MOUSE_TWICE:
		news = table_click(table, mouse->x, mouse->y, mouse->kind == MOUSE_TWICE);
		break;
	default:
		return false;
	}
	app_table_news(app, news);
	return news != TABLE_IGNORED;
}

void app_mouse(struct app *app, const struct mouse *mouse)
{
	const struct view_ops *ops = view_of(app->view);
	int digit;

	app->message[0] = 0;
	app->letter_for = LETTER_NOT_ASKED;
	if (app->prompt.kind || app->too_small)
		return;
	if (mouse->kind == MOUSE_PRESS && mouse->y == 0) {
		digit = status_tab_at(app, mouse->x);
		if (digit == 0)
			app->help = !app->help;
		else if (digit > 0)
			app_switch(app, digit);
		return;
	}
	if (app->help || !app->model.nr_pools)
		return;
	if (ops->mouse && ops->mouse(app, app->state[app->view], mouse))
		return;
	if (!list_mouse(app, mouse))
		plot_mouse(app, mouse);
}
