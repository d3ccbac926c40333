/* SPDX-License-Identifier: MIT */
/* The screen as files; declared in app.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "viewer/view.h"

/* A file that nobody has yet, for writing. */
static FILE *create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !out)
		close(fd);
	return out;
}

int app_write_screen(struct app *app, struct canvas *canvas, const char *path, FILE *out)
{
	const char *dot = strrchr(path, '.');
	bool ansi = dot && strcmp(dot, ".ansi") == 0;
	bool svg = dot && strcmp(dot, ".svg") == 0;
	bool color = app->look.color;
	int ret;

	/* Text must do without colours; a picture has them unless the user does not want any. */
	app->look.color = ansi || (svg && app->options->color != VIEWER_COLOR_NEVER &&
				   app->options->color != VIEWER_COLOR_MONO);
	app_draw(app, canvas);
	if (svg)
		ret = canvas_write_svg(canvas, out, app->look.color);
	else
		ret = ansi && !app->ascii ? canvas_write_ansi(canvas, out)
					  : canvas_write_text(canvas, out);
	app->look.color = color;
	return ret;
}

/* One of the two files.  Returns: 0, -EEXIST, -errno. */
static int save(struct app *app, const char *path)
{
	struct canvas canvas;
	FILE *out = create(path);
	int ret;

	if (!out)
		return -errno;
	ret = canvas_init(&canvas, app->width, app->height);
	if (!ret) {
		ret = app_write_screen(app, &canvas, path, out);
		canvas_release(&canvas);
	}
	if (fclose(out) && !ret)
		ret = -EIO;
	return ret;
}

void app_save_as(struct app *app, const char *name)
{
	char path[300];
	int ret;

	app->message[0] = 0;
	snprintf(path, sizeof(path), "%s.txt", name);
	ret = save(app, path);
	if (!ret) {
		snprintf(path, sizeof(path), "%s.svg", name);
		ret = save(app, path);
	}
	if (ret)
		app_say(app, INK_ALARM, "cannot write %s: %s", path, strerror(-ret));
	else
		app_say(app, INK_GOOD, "saved %s.txt and %s.svg", name, name);
}

void app_save(struct app *app)
{
	time_t now = app->now_ns / 1000000000;
	char when[32], name[64], path[80];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	snprintf(name, sizeof(name), "poolscope-%s", when);
	/* Twice within a second. */
	for (int i = 2; i < 100; i++) {
		snprintf(path, sizeof(path), "%s.txt", name);
		if (access(path, F_OK))
			break;
		snprintf(name, sizeof(name), "poolscope-%s-%d", when, i);
	}
	app_save_as(app, name);
}
