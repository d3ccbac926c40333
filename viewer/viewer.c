/* SPDX-License-Identifier: MIT */
#include "viewer/viewer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "viewer/app.h"
#include "viewer/human.h"
#include "viewer/terminal.h"

#define LIVE_FRAME_MS 100
#define IDLE_FRAME_MS 1000 /* a finished file may still be recorded into anew */

static bool wants_color(enum viewer_color color)
{
	const char *no_color = getenv("NO_COLOR");

	if (color == VIEWER_COLOR_AUTO)
		return !no_color || !no_color[0];
	return color == VIEWER_COLOR_ALWAYS;
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

/* Keys are answered at once; the recording is looked at once a frame. */
static int loop(struct app *app, struct terminal *term, struct canvas *canvas)
{
	int64_t next_ms = now_ms();
	bool draw = true;

	while (!app->quit) {
		int64_t wait_ms;
		int key = 0;

		if (now_ms() >= next_ms) {
			draw |= app_refresh(app);
			next_ms = now_ms() + (app_is_live(app) ? LIVE_FRAME_MS : IDLE_FRAME_MS);
		}
		if (draw) {
			if (fit_canvas(term, canvas))
				return -ENOMEM;
			app_draw(app, canvas);
			terminal_show(term, canvas, app->redraw);
			app->redraw = draw = false;
		}
		wait_ms = next_ms - now_ms();
		switch (terminal_wait(term, wait_ms > 0 ? (int)wait_ms : 0, &key)) {
		case TERMINAL_EVENT_KEY:
			app_key(app, key);
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
		ret = terminal_open(wants_color(options->color), &term);
	if (ret)
		snprintf(err->text, sizeof(err->text), "cannot use the terminal: %s",
			 ret == -ENOTTY ? "it is none, or TERM is not known" : strerror(-ret));
	if (!ret) {
		app.look.color = terminal_colors(term) > 0;
		ret = loop(&app, term, &canvas);
	}
	terminal_close(term);
	if (options->on_quit)
		options->on_quit(options->ctx);
	canvas_release(&canvas);
	app_release(&app);
	return ret;
}

static int init_canvas(const struct viewer_options *options, struct canvas *canvas)
{
	return canvas_init(canvas, options->width > 0 ? options->width : 80,
			   options->height > 0 ? options->height : 24);
}

static int write_screen(const struct app *app, const struct canvas *canvas, FILE *out, bool color)
{
	return color && !app->ascii ? canvas_write_ansi(canvas, out)
				    : canvas_write_text(canvas, out);
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
		app_draw(&app, &canvas);
		ret = write_screen(&app, &canvas, out, options->color == VIEWER_COLOR_ALWAYS);
		canvas_release(&canvas);
	}
	app_release(&app);
	if (ret)
		snprintf(err->text, sizeof(err->text), "cannot write the screen: %s",
			 strerror(-ret));
	return ret;
}

/* --- scripts -----------------------------------------------------------------------------------
 */

static int save_screen(struct app *app, struct canvas *canvas, const char *path,
		       struct db_error *err)
{
	const char *dot = strrchr(path, '.');
	bool ansi = dot && strcmp(dot, ".ansi") == 0;
	bool color = app->look.color;
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
	int ret;

	if (!out) {
		ret = -errno;
		snprintf(err->text, sizeof(err->text), "cannot write %s: %s", path, strerror(-ret));
		return ret;
	}
	app->look.color = ansi;
	app_draw(app, canvas);
	app->look.color = color;
	ret = write_screen(app, canvas, out, ansi);
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
	if (strcmp(name, "save") == 0)
		return save_screen(app, canvas, value, err);
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
		app_draw(app, canvas);
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
	ret = init_canvas(options, &canvas);
	if (!ret)
		app_draw(&app, &canvas);
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
