/* SPDX-License-Identifier: MIT */
/* Requests that move in time; declared in app.h. */
#include "viewer/view.h"

/* Where things happen that need an instant: the cursor, or the newest that is seen. */
int64_t app_instant(const struct app *app)
{
	struct recording_span span = model_span(&app->model);
	struct timeline_view view = app_window(app, app->time_columns);

	if (app->timeline.has_cursor)
		return app->timeline.cursor_ns;
	return view.shown_ns < span.end_ns ? view.shown_ns : span.end_ns;
}

/* What moves under the reader's eyes cannot be measured: a cursor stops a live screen. */
void app_set_cursor(struct app *app, int64_t ts_ns)
{
	struct recording_span span = model_span(&app->model);

	if (app_is_live(app) && app->timeline.follow)
		timeline_pause(&app->timeline, span, app->time_columns);
	timeline_set_cursor(&app->timeline, span, app->time_columns, ts_ns);
}

/* Moves the window; the cursor goes along, so that it stays where it is on the screen. */
static void scroll(struct app *app, int by)
{
	struct recording_span span = model_span(&app->model);
	int columns = app->time_columns;
	struct timeline_view before = app_window(app, columns), after;

	timeline_move(&app->timeline, span, columns, by);
	after = app_window(app, columns);
	if (app->timeline.has_cursor)
		timeline_set_cursor(&app->timeline, span, columns,
				    app->timeline.cursor_ns + after.start_ns - before.start_ns);
}

static void step(struct app *app, int by)
{
	int columns = app->time_columns;

	if (app->timeline.has_cursor)
		timeline_move_cursor(&app->timeline, model_span(&app->model), columns, by);
	else
		scroll(app, by * (columns / 8 > 0 ? columns / 8 : 1));
}

static void toggle_cursor(struct app *app)
{
	struct timeline_view view = app_window(app, app->time_columns);

	if (app->timeline.has_cursor)
		app->timeline.has_cursor = app->timeline.hide;
	else
		app_set_cursor(app, view.start_ns + (view.shown_ns - view.start_ns) / 2);
}

/* The same mark twice at one place takes it away. */
static void toggle_mark(struct app *app, int which)
{
	struct timeline *timeline = &app->timeline;
	int64_t ts_ns = app_instant(app);

	if (timeline->has_mark[which] && timeline->mark_ns[which] == ts_ns) {
		timeline->has_mark[which] = false;
		return;
	}
	timeline->has_mark[which] = true;
	timeline->mark_ns[which] = ts_ns;
}

static void show_marks(struct app *app)
{
	struct timeline *timeline = &app->timeline;

	if (timeline->has_mark[0] && timeline->has_mark[1])
		timeline_show(timeline, model_span(&app->model), app->time_columns,
			      timeline->mark_ns[0], timeline->mark_ns[1]);
}

static void go_home(struct app *app)
{
	struct recording_span span = model_span(&app->model);

	timeline_start(&app->timeline, span, app->time_columns);
	if (app->timeline.has_cursor)
		timeline_set_cursor(&app->timeline, span, app->time_columns, span.start_ns);
}

static void go_live(struct app *app)
{
	app_play(app, false);
	app->timeline.has_cursor = false;
	timeline_follow(&app->timeline);
}

static void pause_or_follow(struct app *app)
{
	if (app->play.on)
		app_play(app, false);
	else if (app->timeline.follow)
		timeline_pause(&app->timeline, model_span(&app->model), app->time_columns);
	else
		go_live(app);
}

static bool cursor_request(struct app *app, int request)
{
	switch (request) {
	case REQUEST_CURSOR:
		toggle_cursor(app);
		return true;
	case REQUEST_MARK_A:
	case REQUEST_MARK_B:
		toggle_mark(app, request - REQUEST_MARK_A);
		return true;
	case REQUEST_ZOOM_MARKS:
		show_marks(app);
		return true;
	default:
		return false;
	}
}

bool app_time_request(struct app *app, int request)
{
	struct recording_span span = model_span(&app->model);
	int columns = app->time_columns;

	switch (request) {
	case REQUEST_EARLIER:
		step(app, -1);
		return true;
	case REQUEST_LATER:
		step(app, 1);
		return true;
	case REQUEST_SCROLL_EARLIER:
		scroll(app, -(columns / 8 > 0 ? columns / 8 : 1));
		return true;
	case REQUEST_SCROLL_LATER:
		scroll(app, columns / 8 > 0 ? columns / 8 : 1);
		return true;
	case REQUEST_PAGE_EARLIER:
		scroll(app, -columns);
		return true;
	case REQUEST_PAGE_LATER:
		scroll(app, columns);
		return true;
	case REQUEST_START:
		go_home(app);
		return true;
	case REQUEST_LIVE:
		go_live(app);
		return true;
	case REQUEST_PAUSE:
		pause_or_follow(app);
		return true;
	case REQUEST_ZOOM_IN:
		timeline_zoom(&app->timeline, span, columns, 1);
		return true;
	case REQUEST_ZOOM_OUT:
		timeline_zoom(&app->timeline, span, columns, -1);
		return true;
	case REQUEST_ZOOM_ALL:
		timeline_fit(&app->timeline);
		return true;
	default:
		return cursor_request(app, request);
	}
}
