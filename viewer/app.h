/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_APP_H
#define VIEWER_APP_H
/*
 * The UI between keys and canvas, without a terminal: a key becomes a request, the request changes
 * this state or goes to the view, and app_draw() draws the state.
 */
#include "viewer/canvas.h"
#include "viewer/chart.h"
#include "viewer/keys.h"
#include "viewer/model.h"
#include "viewer/viewer.h"
#include "viewer/timeline.h"

#define APP_MIN_WIDTH  76
#define APP_MIN_HEIGHT 20

struct app {
	const struct viewer_options *options;
	struct model model;
	struct timeline timeline;
	struct chart_look look;
	bool timeline_set; /* the window was chosen once the recording was known */
	bool running;	   /* still_running() said so */
	bool ascii;
	int view;      /* enum viewer_view */
	int came_from; /* the view below, -1 none */
	bool help;
	bool quit;
	bool redraw;	  /* the whole terminal, once */
	int time_columns; /* cells of the time axis as last drawn */
	uint32_t pool;	  /* the selected pool's number */
	int64_t now_ns;
};

/*
 * Returns: 0 or -errno with err filled.  With options->still_running saying yes, a missing file is
 * no error: app_refresh() tries again.
 */
int app_init(struct app *app, const struct viewer_options *options, struct db_error *err);
void app_release(struct app *app);

/* Asks the recording what is new.  Returns: true when the screen must be drawn again. */
bool app_refresh(struct app *app);
/* The recording still grows: refresh soon. */
bool app_is_live(const struct app *app);

void app_key(struct app *app, int key);
void app_draw(struct app *app, struct canvas *canvas);

/* For the views. */
const struct pool_summary *app_pool(const struct app *app);
struct timeline_view app_window(const struct app *app, int columns);
/* Steps to the pool before (-1) or after (1). */
void app_select(struct app *app, int by);

/* The bars at the top and the bottom of the screen (status.c). */
void status_draw_title(struct app *app, struct canvas *canvas);
void status_draw(struct app *app, struct canvas *canvas);

#endif
