/* SPDX-License-Identifier: MIT */
#include "viewer/viewer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "viewer/app.h"
#include "viewer/human.h"
#include "viewer/terminal.h"
#include "viewer/when.h"

/*
 * Live, a commit comes about every 100 ms: it is looked for more often than that, so that it is on
 * the screen at once, but the next screen is not drawn sooner than a good part of that time later.
 * Without news, the lag still grows.
 */
#define LIVE_LOOK_MS  25
#define LIVE_FRAME_MS 75
#define LIVE_STALE_MS 500
#define IDLE_FRAME_MS 1000 /* a finished file may still be recorded into anew */
#define PLAY_FRAME_MS 50

/* How many colours at most. */
static int wanted_colors(enum viewer_color color)
{
	const char *no_color = getenv("NO_COLOR");

	switch (color) {
	case VIEWER_COLOR_AUTO:
		return no_color && no_color[0] ? 0 : 256;
	case VIEWER_COLOR_NEVER:
	case VIEWER_COLOR_MONO:
		return 0;
	case VIEWER_COLOR_16:
		return 16;
	case VIEWER_COLOR_8:
		return 8;
	default:
		return 256;
	}
}

static int fit_canvas(struct terminal *term, struct canvas *canvas)
{
	int width, height;

	terminal_size(term, &width, &height);
	if (width == canvas->width && height == canvas->height)
		return 0;
	return canvas_resize(canvas, width, height);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Whether there is something new to be seen, and time for it. */
struct news {
	bool waits;
	int64_t look_ms;  /* when to look again */
	int64_t drawn_ms; /* the last screen */
};

static bool look_for_news(struct news *news, struct app *app)
{
	int64_t now = now_ms();

	if (now >= news->look_ms) {
		news->waits |= app_refresh(app);
		news->look_ms = now + (app_is_live(app) ? LIVE_LOOK_MS : IDLE_FRAME_MS);
	}
	if (!app_is_live(app))
		return news->waits;
	return now - news->drawn_ms >= (news->waits ? LIVE_FRAME_MS : LIVE_STALE_MS);
}

/* Keys are answered at once. */
static int loop(struct app *app, struct terminal *term, struct canvas *canvas)
{
	int64_t tick_ms = now_ms();
	struct news news = {.look_ms = tick_ms};
	bool draw = true, busy;

	while (!app->quit) {
		int64_t wait_ms;
		int64_t passed_ms = now_ms() - tick_ms;
		struct mouse mouse = {0};
		int key = 0;

		tick_ms += passed_ms;
		draw |= app_tick(app, passed_ms * 1000000);
		draw |= look_for_news(&news, app);
		if (draw) {
			if (fit_canvas(term, canvas))
				return -ENOMEM;
			terminal_set_mouse(term, app->mouse);
			terminal_set_theme(term, app->theme);
			app_draw(app, canvas);
			terminal_show(term, canvas, app->redraw);
			app->redraw = draw = news.waits = false;
			news.drawn_ms = now_ms();
		}
		busy = app_work(app);
		draw |= busy;
		wait_ms = busy ? 0 : news.look_ms - now_ms();
		if (app->play.on && wait_ms > PLAY_FRAME_MS)
			wait_ms = PLAY_FRAME_MS;
		switch (terminal_wait(term, wait_ms > 0 ? (int)wait_ms : 0, &key, &mouse)) {
		case TERMINAL_EVENT_KEY:
			app_key(app, key);
			draw = true;
			break;
		case TERMINAL_EVENT_MOUSE:
			app_mouse(app, &mouse);
			draw = true;
			break;
		case TERMINAL_EVENT_RESIZE:
			draw = true;
			app->redraw = true;
			break;
		case TERMINAL_EVENT_QUIT:
			app->quit = true;
			break;
		case TERMINAL_EVENT_TIMEOUT:
			break;
		}
	}
	return 0;
}

static bool key_waits(void *ctx)
{
	return terminal_has_input();
}

int viewer_run(const struct viewer_options *options, struct db_error *err)
{
	struct canvas canvas = {0};
	struct terminal *term = NULL;
	struct app app;
	/* The file first: its error must not flash by on another screen. */
	int ret = app_init(&app, options, err);

	if (ret)
		return ret;
	ret = canvas_init(&canvas, 80, 24);
	if (!ret)
		ret = terminal_open(&(struct terminal_options){wanted_colors(options->color),
							       options->theme, options->mouse},
				    &term);
	if (ret)
		snprintf(err->text, sizeof(err->text), "cannot use the terminal: %s",
			 ret == -ENOTTY ? "it is none, or TERM is not one that can "
					  "show it; --once prints a screen"
					: strerror(-ret));
	if (!ret) {
		app.look.color = terminal_colors(term) > 0;
		app.key_waits = key_waits;
		ret = loop(&app, term, &canvas);
	}
	terminal_close(term);
	if (options->on_quit)
		options->on_quit(options->ctx);
	canvas_release(&canvas);
	app_release(&app);
	return ret;
}

/* Without a terminal nobody waits for a key. */
static void finish_screen(struct app *app, struct canvas *canvas)
{
	app_draw(app, canvas);
	while (app_work(app))
		app_draw(app, canvas);
}

static int init_canvas(const struct viewer_options *options, struct canvas *canvas)
{
	return canvas_init(canvas, options->width > 0 ? options->width : 80,
			   options->height > 0 ? options->height : 24);
}

int viewer_once(const struct viewer_options *options, FILE *out, struct db_error *err)
{
	struct canvas canvas;
	struct app app;
	int ret = app_init(&app, options, err);

	if (ret)
		return ret;
	ret = init_canvas(options, &canvas);
	if (!ret) {
		finish_screen(&app, &canvas);
		ret = app_write_screen(&app, &canvas,
				       options->color == VIEWER_COLOR_ALWAYS ? ".ansi" : "", out);
		canvas_release(&canvas);
	}
	app_release(&app);
	if (ret)
		snprintf(err->text, sizeof(err->text), "cannot write the screen: %s",
			 strerror(-ret));
	return ret;
}

static int refuse(struct db_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct db_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -ERANGE;
}

int viewer_read_time(const char *path, const char *text, int64_t *ns, struct db_error *err)
{
	struct recording_span span;
	struct model model;
	int ret = model_open(&model, path, err);

	if (ret)
		return ret;
	span = model_span(&model);
	model_close(&model);
	if (when_parse(text, span, span.start_ns, ns))
		return refuse(err,
			      "'%s' is no time; give for example 1.5s (after the start), "
			      "12:30:01.25 or 25%%",
			      text);
	if (*ns < span.start_ns || *ns > span.end_ns)
		return refuse(err, "%s is not in the recording, which is from %s to %s", text,
			      human_time(span.start_ns, 3).s, human_time(span.end_ns, 3).s);
	return 0;
}

/* --- scripts -----------------------------------------------------------------------------------
 */

static int save_screen(struct app *app, struct canvas *canvas, const char *path,
		       struct db_error *err)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	int ret;

	if (!out) {
		ret = -errno;
		snprintf(err->text, sizeof(err->text), "cannot write %s: %s", path, strerror(-ret));
		return ret;
	}
	ret = app_write_screen(app, canvas, path, out);
	if (out != stdout && fclose(out) && !ret)
		ret = -EIO;
	if (ret)
		snprintf(err->text, sizeof(err->text), "cannot write %s: %s", path, strerror(-ret));
	return ret;
}

static int run_wait(struct app *app, const char *text)
{
	struct timespec pause;
	int64_t ns;

	if (human_parse_duration(text, &ns))
		return -EINVAL;
	pause.tv_sec = ns / 1000000000;
	pause.tv_nsec = ns % 1000000000;
	nanosleep(&pause, NULL);
	app_refresh(app);
	app_tick(app, ns);
	return 0;
}

/* Replay without the waiting. */
static int run_play(struct app *app, const char *text)
{
	int64_t ns;

	if (human_parse_duration(text, &ns))
		return -EINVAL;
	app_tick(app, ns);
	return 0;
}

/* X,Y from the top left, 0,0. */
static int run_mouse(struct app *app, const char *name, const char *value)
{
	static const char *const names[] = {"click",   "twice",	   "drag",
					    "release", "wheel-up", "wheel-down"};
	struct mouse mouse;
	char rest;

	if (sscanf(value, "%d,%d%c", &mouse.x, &mouse.y, &rest) != 2)
		return -EINVAL;
	for (int i = 0; i < 6; i++)
		if (strcmp(name, names[i]) == 0)
			mouse.kind = (enum mouse_kind)i;
	app_mouse(app, &mouse);
	return 0;
}

/* As if typed: a prompt's sign first, Enter is a key of its own. */
static int type_text(struct app *app, const char *text)
{
	wchar_t line[400];
	size_t nr = mbstowcs(line, text, 400);

	if (nr >= 400)
		return -EINVAL;
	for (size_t i = 0; i < nr; i++)
		app_key(app, (int)line[i]);
	return 0;
}

/* Returns: -EINVAL for what is not a command; err is filled only by commands that fail. */
static int run_command(struct app *app, struct canvas *canvas, const char *name, const char *value,
		       struct db_error *err)
{
	int width, height, key;
	char rest;

	if (strcmp(name, "key") == 0) {
		key = keys_parse(value);
		if (key < 0)
			return -EINVAL;
		app_key(app, key);
		return 0;
	}
	if (strcmp(name, "type") == 0)
		return type_text(app, value);
	if (strcmp(name, "size") == 0) {
		if (sscanf(value, "%dx%d%c", &width, &height, &rest) != 2 || width < 1 ||
		    height < 1)
			return -EINVAL;
		return canvas_resize(canvas, width, height);
	}
	if (strcmp(name, "click") == 0 || strcmp(name, "twice") == 0 || strcmp(name, "drag") == 0 ||
	    strcmp(name, "release") == 0 || strcmp(name, "wheel-up") == 0 ||
	    strcmp(name, "wheel-down") == 0)
		return run_mouse(app, name, value);
	if (strcmp(name, "save") == 0)
		return save_screen(app, canvas, value, err);
	if (strcmp(name, "play") == 0)
		return run_play(app, value);
	if (strcmp(name, "wait") == 0)
		return run_wait(app, value);
	return -EINVAL;
}

static int run_line(struct app *app, struct canvas *canvas, char *line, struct db_error *err)
{
	char name[16], value[400];
	int ret;

	line[strcspn(line, "#\r\n")] = 0;
	switch (sscanf(line, "%15s %399[^\n]", name, value)) {
	case 2:
		ret = run_command(app, canvas, name, value, err);
		break;
	case 1:
		ret = -EINVAL;
		break;
	default:
		return 0;
	}
	/* As on a terminal, each command sees the screen that the one before left. */
	if (!ret)
		finish_screen(app, canvas);
	return ret;
}

int viewer_script(const struct viewer_options *options, FILE *script, struct db_error *err)
{
	struct canvas canvas;
	char line[512];
	struct app app;
	int ret = app_init(&app, options, err);

	if (ret)
		return ret;
	app.cost.off = true; /* what it saves must not differ from one time to the next */
	ret = init_canvas(options, &canvas);
	if (!ret)
		finish_screen(&app, &canvas);
	for (int number = 1; !ret && !app.quit && fgets(line, sizeof(line), script); number++) {
		err->text[0] = 0;
		ret = run_line(&app, &canvas, line, err);
		if (ret && !err->text[0])
			snprintf(err->text, sizeof(err->text), "script line %d: cannot do: %.400s",
				 number, line);
	}
	canvas_release(&canvas);
	app_release(&app);
	return ret;
}
