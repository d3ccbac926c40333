/* SPDX-License-Identifier: MIT */
#include "viewer/app.h"

#include <errno.h>
#include <langinfo.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "viewer/view.h"

#define MESSAGE_NS (8 * INT64_C(1000000000)) /* how long one stays on a live screen */

static int64_t wall_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void choose_chars(struct app *app, enum viewer_chars chars)
{
	switch (chars) {
	case VIEWER_CHARS_BRAILLE:
		app->look.chars = CHART_BRAILLE;
		break;
	case VIEWER_CHARS_BLOCK:
		app->look.chars = CHART_BLOCK;
		break;
	case VIEWER_CHARS_ASCII:
		app->look.chars = CHART_ASCII;
		break;
	case VIEWER_CHARS_AUTO:
		app->look.chars = chart_chars_for(nl_langinfo(CODESET));
		break;
	}
	app->ascii = app->look.chars == CHART_ASCII;
}

/*
 * As if it were live: the window of a live screen, with the beginning at its left edge; a recording
 * that is shorter is seen as a whole.
 */
static void begin_replay(struct app *app)
{
	const struct viewer_options *options = app->options;
	struct recording_span span = model_span(&app->model);
	struct timeline live;

	timeline_init(&live, true);
	if (span.end_ns - span.start_ns > live.cell_ns * app->time_columns) {
		app->timeline = live;
		timeline_start(&app->timeline, span, app->time_columns);
	}
	timeline_set_cursor(&app->timeline, span, app->time_columns,
			    options->from_ns ? options->from_ns : span.start_ns);
	app_play(app, true);
}

/* A live recording opens at its newest seconds, a finished one as a whole. */
static void choose_window(struct app *app)
{
	timeline_init(&app->timeline, app_is_live(app));
	if (app->options->play && app->model.status.end_ns)
		begin_replay(app);
	if (app->model.nr_pools)
		app->pool = app->model.pools[0].pool;
}

/* Live, what a message covers must be seen again though no key comes: losses above all. */
static void forget_message(struct app *app)
{
	if (app_is_live(app) && !app->letter_for && app->now_ns - app->said_ns > MESSAGE_NS)
		app->message[0] = 0;
}

static void look_around(struct app *app)
{
	const struct viewer_options *options = app->options;

	app->now_ns = options->now_ns ? options->now_ns() : wall_clock_ns();
	app->running = options->still_running && options->still_running(options->ctx);
	forget_message(app);
}

/*
 * The demand of a pool is tens of megabytes, and read anew at a key.  By itself the C library soon
 * keeps blocks of such a size for later ones, which then do not fit: with a threshold that is said,
 * each goes back to the system.
 */
static void keep_no_large_blocks(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

int app_init(struct app *app, const struct viewer_options *options, struct db_error *err)
{
	int ret;

	keep_no_large_blocks();
	memset(app, 0, sizeof(*app));
	app->options = options;
	cost_init(&app->cost);
	app->view = view_of((int)options->view) ? (int)options->view : VIEWER_VIEW_OVERVIEW;
	app->time_columns = 60;
	app->mouse = options->mouse;
	app->theme = options->theme;
	app->pressed = -1;
	app->play = (struct play){.speed = options->speed > 0 ? options->speed : 1, .seq = -1};
	choose_chars(app, options->chars);
	app->look.color = options->color == VIEWER_COLOR_ALWAYS;
	look_around(app);
	ret = model_open(&app->model, options->path, err);
	if (ret && !app->running)
		return ret;
	choose_window(app);
	app_bookmarks_refresh(app);
	ret = app_views_init(app);
	if (!ret)
		return 0;
	snprintf(err->text, sizeof(err->text), "cannot show the recording: %s", strerror(-ret));
	app_release(app);
	return ret;
}

void app_release(struct app *app)
{
	app_views_release(app);
	app_bookmarks_finish(app);
	model_close(&app->model);
}

bool app_is_live(const struct app *app)
{
	return app->running || app->model.status.recording;
}

bool app_refresh(struct app *app)
{
	bool was_running = app->running;
	bool changed;

	look_around(app);
	if (!app->model.query) {
		struct db_error err = {{0}};

		if (model_open(&app->model, app->options->path, &err)) {
			snprintf(app->model.trouble, sizeof(app->model.trouble), "%s",
				 app->running ? "" : err.text);
			return was_running != app->running;
		}
		choose_window(app);
		app_bookmarks_refresh(app);
		app->data++;
		return true;
	}
	changed = model_refresh(&app->model, app->options->path);
	changed |= app_bookmarks_refresh(app);
	if (changed)
		app->data++;
	if (!model_pool(&app->model, app->pool) && app->model.nr_pools)
		app->pool = app->model.pools[0].pool;
	return changed || was_running != app->running;
}

int app_reopen(struct app *app, struct db_error *err)
{
	struct model model;
	int ret = model_open(&model, app->options->path, err);

	if (ret)
		return ret;
	app_bookmarks_finish(app);
	model_close(&app->model);
	app->model = model;
	app->play.seq = -1;
	app->selection = (struct selection){.kind = SELECTED_NOTHING};
	app->bookmarks = (struct bookmarks){.settled = false};
	app->before.known = false;
	choose_window(app);
	app_bookmarks_refresh(app);
	app_reload(app);
	return 0;
}

const struct pool_summary *app_pool(const struct app *app)
{
	return model_pool(&app->model, app->pool);
}

struct timeline_view app_window(const struct app *app, int columns)
{
	return timeline_look(&app->timeline, model_span(&app->model), columns);
}

void app_select(struct app *app, int by)
{
	const struct model *model = &app->model;

	for (size_t i = 0; i < model->nr_pools; i++) {
		if (model->pools[i].pool != app->pool)
			continue;
		if ((by < 0 && i > 0) || (by > 0 && i + 1 < model->nr_pools))
			app->pool = model->pools[by < 0 ? i - 1 : i + 1].pool;
		return;
	}
}

/* The help lies over the view: its pages take the keys that move. */
static bool help_request(struct app *app, int request)
{
	if (!app->help)
		return false;
	switch (request) {
	case REQUEST_UP:
	case REQUEST_PAGE_EARLIER:
		app->help_page -= app->help_page > 0;
		return true;
	case REQUEST_DOWN:
	case REQUEST_PAGE_LATER:
		app->help_page++; /* as far as there are pages: help_draw() */
		return true;
	default:
		return false;
	}
}

static void program_request(struct app *app, int request)
{
	if (request >= REQUEST_VIEW_1 && request <= REQUEST_VIEW_9) {
		app_switch(app, request - REQUEST_VIEW_1 + 1);
		return;
	}
	switch (request) {
	case REQUEST_NEXT_VIEW:
		app_switch(app, view_next(app->view, 1));
		break;
	case REQUEST_PREVIOUS_VIEW:
		app_switch(app, view_next(app->view, -1));
		break;
	case REQUEST_UP:
		app_select(app, -1);
		break;
	case REQUEST_DOWN:
		app_select(app, 1);
		break;
	case REQUEST_HELP:
		app->help = !app->help;
		app->help_page = 0;
		break;
	case REQUEST_BACK:
		app_back(app);
		break;
	case REQUEST_QUIT_VIEW:
		app->quit = !app_back(app);
		break;
	case REQUEST_QUIT:
		app->quit = true;
		break;
	case REQUEST_SAVE:
		app_save(app);
		break;
	case REQUEST_MOUSE:
		app->mouse = !app->mouse;
		app_say(app, INK_TITLE,
			app->mouse ? "mouse on: Shift selects text"
				   : "mouse off: it is the terminal's");
		break;
	case REQUEST_REDRAW:
		app->redraw = true;
		break;
	default:
		break;
	}
}

void app_table_news(struct app *app, enum table_news news)
{
	const struct view_ops *ops = view_of(app->view);
	void *state = app->state[app->view];

	if (news == TABLE_SORTED)
		app_reload(app);
	if ((news == TABLE_MOVED || news == TABLE_OPENED) && ops->select)
		ops->select(app, state);
	if (news == TABLE_OPENED && ops->request)
		ops->request(app, state, REQUEST_OPEN);
}

static bool list_request(struct app *app, int request)
{
	const struct view_ops *ops = view_of(app->view);
	enum table_news news;

	if (app->help || !ops->table)
		return false;
	/* While it plays, < and > are the speed. */
	if (app->play.on && (request == REQUEST_SORT_LEFT || request == REQUEST_SORT_RIGHT))
		return false;
	news = table_request(ops->table(app->state[app->view]), request);
	app_table_news(app, news);
	return news != TABLE_IGNORED;
}

bool app_work(struct app *app)
{
	const struct view_ops *ops = view_of(app->view);

	if (!ops->work || app->help || app->too_small || !app->model.query || !app->model.nr_pools)
		return false;
	return ops->work(app, app->state[app->view]);
}

void app_key(struct app *app, int key)
{
	const struct view_ops *ops = view_of(app->view);
	int request = view_request_of(app->view, key);

	app->message[0] = 0;
	if (ops->stop)
		ops->stop(app, app->state[app->view]);
	if (app->prompt.kind) {
		app_prompt_key(app, key);
		return;
	}
	if (app->letter_for) {
		app_bookmark_letter(app, key);
		return;
	}
	if (request == REQUEST_NONE)
		return;
	if (help_request(app, request))
		return;
	if (!app->help && ops->request && ops->request(app, app->state[app->view], request))
		return;
	if (list_request(app, request) || app_prompt_request(app, request) ||
	    app_bookmark_request(app, request))
		return;
	if (!app_time_request(app, request) && !app_play_request(app, request))
		program_request(app, request);
}

void app_say(struct app *app, uint8_t ink, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(app->message, sizeof(app->message), format, args);
	va_end(args);
	app->message_ink = ink;
	app->said_ns = app->now_ns;
}

static void draw_message(struct canvas *canvas, const char *text)
{
	int width = canvas_text_width(text);

	canvas_text(canvas, width < canvas->width ? (canvas->width - width) / 2 : 0,
		    canvas->height / 2, (struct style){.attr = ATTR_BOLD}, text);
}

void app_draw(struct app *app, struct canvas *canvas)
{
	struct rect body = {0, 1, canvas->width, canvas->height - 2};
	char text[80];

	cost_begin(&app->cost);
	canvas->ascii = app->ascii;
	canvas->theme = app->theme;
	canvas_clear(canvas);
	app->width = canvas->width;
	app->height = canvas->height;
	app->too_small = canvas->width < APP_MIN_WIDTH || canvas->height < APP_MIN_HEIGHT;
	if (app->too_small) {
		snprintf(text, sizeof(text), "terminal too small: %d x %d needed", APP_MIN_WIDTH,
			 APP_MIN_HEIGHT);
		draw_message(canvas, text);
		return;
	}
	status_draw_title(app, canvas);
	if (app->help)
		help_draw(app, canvas, body);
	else if (app->model.nr_pools == 0)
		draw_message(canvas, app_is_live(app) ? "waiting for the first event"
						      : "this recording has no pool");
	else
		app_draw_view(app, canvas, body);
	status_draw(app, canvas);
	cost_end(&app->cost);
}
