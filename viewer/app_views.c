/* SPDX-License-Identifier: MIT */
/* Which view is shown, the way back, and when a view asks anew; declared in app.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/occupancy.h"
#include "viewer/view.h"

int app_views_init(struct app *app)
{
	for (int i = 1; i <= VIEW_MAX; i++) {
		const struct view_ops *ops = view_of(i);
		int ret;

		if (!ops || !ops->state_size)
			continue;
		app->state[i] = calloc(1, ops->state_size);
		if (!app->state[i])
			return -ENOMEM;
		ret = ops->init ? ops->init(app, app->state[i]) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

void app_views_release(struct app *app)
{
	for (int i = 1; i <= VIEW_MAX; i++) {
		const struct view_ops *ops = view_of(i);

		if (ops && ops->release && app->state[i])
			ops->release(app->state[i]);
		free(app->state[i]);
		app->state[i] = NULL;
	}
}

/* The overview is where everything begins: nothing is behind it. */
void app_switch(struct app *app, int view)
{
	app->help = false;
	app->nr_history = 0;
	if (view != VIEWER_VIEW_OVERVIEW)
		app->history[app->nr_history++] = (struct visit){.view = VIEWER_VIEW_OVERVIEW};
	app->view = view;
}

static void leave(struct app *app, int view, bool jumped)
{
	/* The oldest step is forgotten. */
	if (app->nr_history == APP_HISTORY)
		memmove(app->history, app->history + 1,
			(size_t)--app->nr_history * sizeof(app->history[0]));
	app->history[app->nr_history++] =
		(struct visit){.view = app->view, .jumped = jumped, .timeline = app->timeline};
	app->view = view;
}

void app_open(struct app *app, int view)
{
	if (view_of(view) && view != app->view)
		leave(app, view, false);
}

void app_goto(struct app *app, int64_t ts_ns, int view)
{
	if (!view_of(view))
		return;
	if (view != app->view)
		leave(app, view, true);
	app_set_cursor(app, ts_ns);
}

bool app_back(struct app *app)
{
	const struct visit *visit;

	if (app->help) {
		app->help = false;
		return true;
	}
	if (!app->nr_history)
		return false;
	visit = &app->history[--app->nr_history];
	app->view = visit->view;
	if (visit->jumped)
		timeline_go_back(&app->timeline, &visit->timeline);
	return true;
}

void app_reload(struct app *app)
{
	app->data++;
}

static void join(struct rect *all, struct rect part)
{
	int end = all->y + all->h;

	if (!all->h) {
		*all = part;
		return;
	}
	if (part.y + part.h > end)
		end = part.y + part.h;
	if (part.y < all->y)
		all->y = part.y;
	all->h = end - all->y;
}

void app_plot(struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct timeline *timeline = &app->timeline;
	struct timeline_view view = app_window(app, app->time_columns);

	int cursor = timeline->has_cursor ? timeline_column(&view, timeline->cursor_ns) : -1;
	bool first = !app->plot.h;

	for (int i = 0; i < TIMELINE_MARKS; i++)
		if (timeline->has_mark[i])
			chart_instant(canvas, rect, timeline_column(&view, timeline->mark_ns[i]),
				      INK_MARK, first ? L'A' + i : 0);
	/* Below the letters: a mark under the cursor is seen. */
	if (cursor >= 0)
		chart_instant(canvas, (struct rect){rect.x, rect.y + first, rect.w, rect.h - first},
			      cursor, INK_CURSOR, 0);
	join(&app->plot, rect);
}

static bool same_sight(const struct sight *a, const struct sight *b)
{
	return a->view == b->view && a->pool == b->pool && a->data == b->data &&
	       a->window.start_ns == b->window.start_ns && a->window.end_ns == b->window.end_ns &&
	       a->window.shown_ns == b->window.shown_ns && a->window.cell_ns == b->window.cell_ns &&
	       a->rect.w == b->rect.w && a->rect.h == b->rect.h &&
	       a->selection.kind == b->selection.kind && a->selection.pool == b->selection.pool &&
	       a->selection.what == b->selection.what && a->selection.ts_ns == b->selection.ts_ns;
}

void app_draw_view(struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct view_ops *ops = view_of(app->view);
	void *state = app->state[app->view];
	struct sight now;

	app->time_columns =
		ops->time_columns ? ops->time_columns(app, state, rect) : occupancy_cells(rect.w);
	now = (struct sight){.view = app->view,
			     .pool = app->pool,
			     .data = app->data,
			     .window = app_window(app, app->time_columns),
			     .rect = rect,
			     .selection = app->selection};
	app->plot = (struct rect){0};
	if (!same_sight(&now, &app->seen)) {
		app->seen = now;
		if (ops->refresh)
			ops->refresh(app, state, rect);
	}
	ops->draw(app, state, canvas, rect);
}
