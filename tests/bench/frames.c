/* SPDX-License-Identifier: MIT */
/*
 * How long the viewer takes for a frame, its queries included: frames FILE [WxH]
 *
 * Each view is walked through the recording at every zoom, from the whole of it down to
 * microseconds: scrolled, with the cursor put and moved, and drawn anew as if there were more data.
 * What is measured is from the key to the canvas; the terminal is not in it.  A line a view: name,
 * frames, median, p99 and worst in ms of the clock, p99 and worst in ms of the processor (on a busy
 * machine only these say something about the program), and the key after which the worst was; the
 * first line is the time to open the file and draw the first screen.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "viewer/view.h"

#define MAX_FRAMES 20000

static double took_ms[MAX_FRAMES], busy_ms[MAX_FRAMES];
static int nr_frames;
static double worst_ms;
static char worst[64];

static double now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void frame(struct app *app, struct canvas *canvas, const char *name)
{
	double start = now_ms(CLOCK_MONOTONIC), busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	int key = keys_parse(name);

	if (key > 0)
		app_key(app, key);
	else
		app_reload(app);
	app_draw(app, canvas);
	took_ms[nr_frames] = now_ms(CLOCK_MONOTONIC) - start;
	busy_ms[nr_frames] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy;
	if (busy_ms[nr_frames] > worst_ms) {
		worst_ms = busy_ms[nr_frames];
		snprintf(worst, sizeof(worst), "%s at %.3g s wide", name,
			 (double)(app->seen.window.end_ns - app->seen.window.start_ns) / 1e9);
	}
	if (nr_frames + 1 < MAX_FRAMES)
		nr_frames++;
}

/* What a person does at one zoom. */
static void look_around(struct app *app, struct canvas *canvas)
{
	static const char *const keys[] = {"PgUp", "PgUp",  "Shift-Left", "c",	  "Left", "Left",
					   "A",	   "Right", "(new data)", "Down", "Up",	  "B",
					   "c",	   "PgDn",  "(new data)"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		frame(app, canvas, keys[i]);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void walk(struct app *app, struct canvas *canvas, int digit)
{
	char name[2] = {(char)('0' + digit)};

	nr_frames = 0;
	worst_ms = 0;
	frame(app, canvas, name);
	/* What is read beside the screen is there before the next key. */
	while (app_work(app))
		app_draw(app, canvas);
	frame(app, canvas, "0");
	for (int zoom = 0; zoom < 28; zoom++) {
		look_around(app, canvas);
		frame(app, canvas, "+");
	}
	frame(app, canvas, "End");
	qsort(took_ms, (size_t)nr_frames, sizeof(took_ms[0]), by_value);
	qsort(busy_ms, (size_t)nr_frames, sizeof(busy_ms[0]), by_value);
	printf("%s %d %.2f %.2f %.2f %.2f %.2f %s\n", view_of(digit)->name, nr_frames,
	       took_ms[nr_frames / 2], took_ms[nr_frames * 99 / 100], took_ms[nr_frames - 1],
	       busy_ms[nr_frames * 99 / 100], worst_ms, worst);
}

int main(int argc, char **argv)
{
	struct viewer_options options = {.color = VIEWER_COLOR_ALWAYS,
					 .view = VIEWER_VIEW_OVERVIEW};
	int width = 200, height = 50;
	struct canvas canvas;
	struct db_error err;
	struct rusage usage;
	struct app app;
	double start;

	setlocale(LC_ALL, "C.UTF-8");
	if (argc < 2 || (argc > 2 && sscanf(argv[2], "%dx%d", &width, &height) != 2)) {
		fprintf(stderr, "use: frames FILE [WxH]\n");
		return 2;
	}
	options.path = argv[1];
	start = now_ms(CLOCK_MONOTONIC);
	if (canvas_init(&canvas, width, height) || app_init(&app, &options, &err)) {
		fprintf(stderr, "frames: %s\n", err.text);
		return 3;
	}
	app_draw(&app, &canvas);
	printf("open %.2f\n", now_ms(CLOCK_MONOTONIC) - start);
	for (int digit = 1; digit <= VIEW_MAX; digit++)
		if (view_with_tab(digit))
			walk(&app, &canvas, digit);
	app_release(&app);
	canvas_release(&canvas);
	getrusage(RUSAGE_SELF, &usage);
	printf("memory %.1f\n", (double)usage.ru_maxrss / 1024);
	return 0;
}
