/* SPDX-License-Identifier: MIT */
/*
 * How long the viewer takes for a frame, its queries included: frames FILE [WxH [WALKS]]
 *
 * Each view is walked through the recording at every zoom, from the whole of it down to
 * microseconds: scrolled, with the cursor put and moved, and drawn anew as if there were more data.
 * What is measured is from the key to the canvas; the terminal is not in it.  Every walk begins
 * with the file opened anew and does the same, so a frame's time is its median over the walks: what
 * the machine did meanwhile differs from walk to walk, what the program does not.
 *
 * The first line is the time to open the file and draw the first screen, the median and the worst.
 * Then a line a view: name, frames, median, p99 and worst in ms of the clock, p99 and worst in ms
 * of the processor, the worst of any single walk by the clock, and the key after which the worst
 * was.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "viewer/view.h"

#define MAX_FRAMES 600 /* of a view */
#define MAX_WALKS  15

/* The frames of one view. */
struct timing {
	double took_ms[MAX_FRAMES][MAX_WALKS], busy_ms[MAX_FRAMES][MAX_WALKS];
	char key[MAX_FRAMES][48];
	int nr;
};

static struct timing timings[VIEW_MAX + 1];
static double open_ms[MAX_WALKS];

static double now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

struct walker {
	struct app *app;
	struct canvas *canvas;
	struct timing *timing;
	int walk; /* which */
	int next; /* frame */
};

static void frame(struct walker *w, const char *name)
{
	double start = now_ms(CLOCK_MONOTONIC), busy = now_ms(CLOCK_PROCESS_CPUTIME_ID);
	struct app *app = w->app;
	int key = keys_parse(name);

	if (key > 0)
		app_key(app, key);
	else
		app_reload(app);
	app_draw(app, w->canvas);
	if (w->next == MAX_FRAMES)
		return;
	w->timing->took_ms[w->next][w->walk] = now_ms(CLOCK_MONOTONIC) - start;
	w->timing->busy_ms[w->next][w->walk] = now_ms(CLOCK_PROCESS_CPUTIME_ID) - busy;
	snprintf(w->timing->key[w->next], sizeof(w->timing->key[0]), "%s at %.3g s wide", name,
		 (double)(app->seen.window.end_ns - app->seen.window.start_ns) / 1e9);
	w->timing->nr = ++w->next;
}

/* What a person does at one zoom. */
static void look_around(struct walker *w)
{
	static const char *const keys[] = {"PgUp", "PgUp",  "Shift-Left", "c",	  "Left", "Left",
					   "A",	   "Right", "(new data)", "Down", "Up",	  "B",
					   "c",	   "PgDn",  "(new data)"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		frame(w, keys[i]);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void walk(struct walker *w, int digit)
{
	char name[2] = {(char)('0' + digit)};

	w->timing = &timings[digit];
	w->next = 0;
	frame(w, name);
	/* What is read beside the screen is there before the next key. */
	while (app_work(w->app))
		app_draw(w->app, w->canvas);
	frame(w, "0");
	for (int zoom = 0; zoom < 28; zoom++) {
		look_around(w);
		frame(w, "+");
	}
	frame(w, "End");
}

static int walk_all(const struct viewer_options *options, struct canvas *canvas, int walk_nr)
{
	double start = now_ms(CLOCK_MONOTONIC);
	struct db_error err;
	struct app app;
	struct walker w = {.app = &app, .canvas = canvas, .walk = walk_nr};

	if (app_init(&app, options, &err)) {
		fprintf(stderr, "frames: %s\n", err.text);
		return 3;
	}
	app_draw(&app, canvas);
	open_ms[walk_nr] = now_ms(CLOCK_MONOTONIC) - start;
	for (int digit = 1; digit <= VIEW_MAX; digit++)
		if (view_with_tab(digit))
			walk(&w, digit);
	app_release(&app);
	return 0;
}

static double median(double *values, int nr)
{
	qsort(values, (size_t)nr, sizeof(values[0]), by_value);
	return values[nr / 2];
}

static void say(const struct timing *t, const char *name, int walks)
{
	static double took[MAX_FRAMES], busy[MAX_FRAMES];
	double single = 0, worst = -1;
	const char *where = "";
	double values[MAX_WALKS];

	for (int i = 0; i < t->nr; i++) {
		for (int k = 0; k < walks; k++)
			if (t->took_ms[i][k] > single)
				single = t->took_ms[i][k];
		memcpy(values, t->took_ms[i], sizeof(values));
		took[i] = median(values, walks);
		memcpy(values, t->busy_ms[i], sizeof(values));
		busy[i] = median(values, walks);
		if (busy[i] > worst) {
			worst = busy[i];
			where = t->key[i];
		}
	}
	qsort(took, (size_t)t->nr, sizeof(took[0]), by_value);
	qsort(busy, (size_t)t->nr, sizeof(busy[0]), by_value);
	printf("%s %d %.2f %.2f %.2f %.2f %.2f %.2f %s\n", name, t->nr, took[t->nr / 2],
	       took[t->nr * 99 / 100], took[t->nr - 1], busy[t->nr * 99 / 100], worst, single,
	       where);
}

int main(int argc, char **argv)
{
	struct viewer_options options = {.color = VIEWER_COLOR_ALWAYS,
					 .view = VIEWER_VIEW_OVERVIEW};
	int width = 200, height = 50, walks = 5;
	struct canvas canvas;
	struct rusage usage;

	setlocale(LC_ALL, "C.UTF-8");
	if (argc < 2 || argc > 4 || (argc > 2 && sscanf(argv[2], "%dx%d", &width, &height) != 2) ||
	    (argc > 3 && sscanf(argv[3], "%d", &walks) != 1) || walks < 1 || walks > MAX_WALKS) {
		fprintf(stderr, "use: frames FILE [WxH [WALKS]], at most %d walks\n", MAX_WALKS);
		return 2;
	}
	options.path = argv[1];
	if (canvas_init(&canvas, width, height)) {
		fprintf(stderr, "frames: out of memory\n");
		return 3;
	}
	for (int i = 0; i < walks; i++) {
		int ret = walk_all(&options, &canvas, i);

		if (ret)
			return ret;
	}
	printf("open %.2f", median(open_ms, walks));
	printf(" %.2f\n", open_ms[walks - 1]);
	for (int digit = 1; digit <= VIEW_MAX; digit++)
		if (view_with_tab(digit))
			say(&timings[digit], view_of(digit)->name, walks);
	canvas_release(&canvas);
	getrusage(RUSAGE_SELF, &usage);
	printf("memory %.1f\n", (double)usage.ru_maxrss / 1024);
	return 0;
}
