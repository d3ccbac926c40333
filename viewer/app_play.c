/* SPDX-License-Identifier: MIT */
/* Playing a recording, and stepping and jumping through its events; declared in app.h. */
#include "viewer/event_text.h"
#include "viewer/human.h"
#include "viewer/view.h"

#include <string.h>

void app_play(struct app *app, bool on)
{
	app->play.on = app->timeline.hide = on;
}

/*
 * Where playing begins: at the cursor; at the edge of what is seen when that is the past; else, at
 * the end of a recording, where the screen begins.
 */
static void start(struct app *app)
{
	struct recording_span span = model_span(&app->model);
	struct timeline_view view = app_window(app, app->time_columns);

	if (!app->timeline.has_cursor || app->timeline.cursor_ns >= span.end_ns)
		app_set_cursor(app, app->timeline.follow || view.shown_ns > span.end_ns
					    ? view.start_ns
					    : view.shown_ns);
	app_play(app, true);
}

static void toggle(struct app *app)
{
	if (app->play.on)
		app_play(app, false);
	else if (app_is_live(app) && app->timeline.follow)
		app_time_request(app, REQUEST_PAUSE);
	else if (app->model.status.end_ns)
		start(app);
}

bool app_tick(struct app *app, int64_t elapsed_ns)
{
	struct recording_span span = model_span(&app->model);

	if (!app->play.on)
		return false;
	if (!timeline_play(&app->timeline, span, app->time_columns,
			   play_elapsed(app->play.speed, elapsed_ns)))
		return true;
	app_play(app, false);
	if (app_is_live(app)) {
		app_time_request(app, REQUEST_LIVE);
		app_say(app, INK_GOOD, "caught up: this is live");
	} else {
		app_say(app, INK_TITLE, "the end of the recording");
	}
	return true;
}

static void change_speed(struct app *app, int by)
{
	char text[16];

	app->play.speed = play_speed_beside(app->play.speed, by);
	app_say(app, INK_TITLE, "speed %s", play_speed_text(app->play.speed, text, sizeof(text)));
}

/* --- from event to event ---------------------------------------------------------------------- */

static const char *kind_name(enum query_moment kind)
{
	switch (kind) {
	case QUERY_MOMENT_DROP:
		return "drop: ";
	case QUERY_MOMENT_FALLBACK:
		return "fallback: ";
	case QUERY_MOMENT_FAILURE:
		return "failure: ";
	case QUERY_MOMENT_LOW:
		return "low crossed: ";
	case QUERY_MOMENT_HIGH:
		return "high crossed: ";
	default:
		return "";
	}
}

/* The moment under the cursor from now on; what it is, and how far it is from the last one. */
static void stand_on(struct app *app, const struct query_moment_found *found, int64_t from_ns)
{
	const struct pool_event *event = &found->event;
	int64_t by_ns;
	char text[128];

	app_set_cursor(app, event->ts_ns);
	by_ns = app->timeline.cursor_ns - from_ns; /* an event's own time may be absurd */
	app->play.pool = app->pool;
	app->play.seq = (int64_t)event->seq;
	app->play.ts_ns = app->timeline.cursor_ns;
	app->selection = (struct selection){.kind = SELECTED_EVENT,
					    .pool = app->pool,
					    .what = event->seq,
					    .ts_ns = event->ts_ns};
	app_say(app, INK_TITLE, "%s#%llu %s, %s%s", kind_name(found->kind),
		(unsigned long long)event->seq, event_text(event, text, sizeof(text)),
		by_ns >= 0 ? "+" : "", human_duration(by_ns).s);
}

/* Without a cursor the whole screen lies before the hunter: it begins at its near edge. */
static int64_t hunt_from(const struct app *app, int by)
{
	struct timeline_view view = app_window(app, app->time_columns);

	if (app->timeline.has_cursor)
		return app->timeline.cursor_ns;
	return by > 0 ? view.start_ns : view.shown_ns;
}

static void hunt(struct app *app, unsigned kinds, const char *what, int by)
{
	const struct play *play = &app->play;
	int64_t from_ns = hunt_from(app, by);
	bool on_event = app->timeline.has_cursor && play->seq >= 0 && play->ts_ns == from_ns &&
			play->pool == app->pool;
	struct query_moment_found found;
	struct db_error err = {{0}};

	if (!app->model.query || !app_pool(app))
		return;
	app_play(app, false);
	if (query_moment(app->model.query, app->pool, kinds, from_ns, on_event ? play->seq : -1, by,
			 &found, &err))
		app_say(app, INK_ALARM, "%s", err.text);
	else if (!found.found)
		app_say(app, INK_WARN, "no %s %s this in pool %s", what,
			by > 0 ? "after" : "before", app_pool(app)->name);
	else
		stand_on(app, &found, from_ns);
}

static void jump(struct app *app, int by)
{
	unsigned kinds;
	const char *name = play_jump(app->play.jump, &kinds);

	hunt(app, kinds, name, by);
}

static void choose_jump(struct app *app)
{
	unsigned kinds;

	app->play.jump = (app->play.jump + 1) % PLAY_JUMPS;
	app_say(app, INK_TITLE, "] and [ go to the next and the previous %s",
		play_jump(app->play.jump, &kinds));
}

bool app_play_request(struct app *app, int request)
{
	switch (request) {
	case REQUEST_PLAY:
		toggle(app);
		return true;
	case REQUEST_SORT_LEFT: /* no list has taken it */
	case REQUEST_SLOWER:
		change_speed(app, -1);
		return true;
	case REQUEST_SORT_RIGHT:
	case REQUEST_FASTER:
		change_speed(app, 1);
		return true;
	case REQUEST_STEP:
		hunt(app, QUERY_MOMENT_EVENT, "event", 1);
		return true;
	case REQUEST_STEP_BACK:
		hunt(app, QUERY_MOMENT_EVENT, "event", -1);
		return true;
	case REQUEST_JUMP:
		jump(app, 1);
		return true;
	case REQUEST_JUMP_BACK:
		jump(app, -1);
		return true;
	case REQUEST_JUMP_KIND:
		choose_jump(app);
		return true;
	default:
		return false;
	}
}
