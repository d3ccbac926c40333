/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_APP_H
#define VIEWER_APP_H
/*
 * The UI between keys and canvas, without a terminal: a key becomes a request, the request changes
 * this state or goes to the view, and app_draw() draws the state.
 *
 * One range of time, one pool and one selection are shared by all views: whoever goes from a list
 * to a chart sees there what was selected here.
 */
#include "viewer/bookmarks.h"
#include "viewer/canvas.h"
#include "viewer/chart.h"
#include "viewer/cost.h"
#include "viewer/keys.h"
#include "viewer/model.h"
#include "viewer/mouse.h"
#include "viewer/play.h"
#include "viewer/prompt.h"
#include "viewer/viewer.h"
#include "viewer/table.h"
#include "viewer/timeline.h"

#define APP_MIN_WIDTH  76
#define APP_MIN_HEIGHT 20
#define APP_VIEWS      10 /* digits */
#define APP_HISTORY    16

/* What a list has under its bar, for the view that is opened from there. */
struct selection {
	enum {
		SELECTED_NOTHING,
		SELECTED_EVENT,	  /* what: seq */
		SELECTED_REQUEST, /* what: the request's number */
		SELECTED_BLOCK,	  /* what: the block's number */
		SELECTED_BUFFER,  /* what: the buffer's id */
	} kind;
	uint32_t pool;
	uint64_t what;
	int64_t ts_ns; /* when it began to matter; 0: not known */
};

/* A step on the way to the present view. */
struct visit {
	int view;
	bool jumped; /* the way on led to another time: going back restores this one */
	struct timeline timeline;
};

/* Where one was: for the way back from a bookmark. */
struct place {
	bool known;
	int view;
	uint32_t pool;
	struct timeline timeline;
};

/* The next key is a letter, and what for. */
enum letter_for { LETTER_NOT_ASKED, LETTER_TO_SET, LETTER_TO_GO };

/* What the view's data depend on: when it differs, the view is refreshed. */
struct sight {
	int view;
	uint32_t pool;
	uint64_t data; /* counts changes of the recording, and what the views themselves ask for */
	struct timeline_view window;
	struct rect rect;
	struct selection selection;
};

struct app {
	const struct viewer_options *options;
	struct model model;
	struct timeline timeline;
	struct play play;
	struct chart_look look;
	bool running; /* still_running() said so */
	bool ascii;
	int view; /* its digit: enum viewer_view */
	void *state[APP_VIEWS];
	struct visit history[APP_HISTORY];
	int nr_history;
	bool help;
	int help_page;
	bool quit;
	bool redraw;	   /* the whole terminal, once */
	bool mouse;	   /* as the user wants it: the terminal follows */
	int width, height; /* of the screen as last drawn */
	bool too_small;	   /* and nothing but that could be said */
	int theme;	   /* enum palette_theme */
	int pressed;	   /* the column of the plot where the button went down; -1: none */
	int time_columns;  /* cells of the time axis */
	uint32_t pool;	   /* the selected pool's number */
	struct selection selection;
	struct prompt prompt;
	struct bookmarks bookmarks;
	enum letter_for letter_for;
	struct place before; /* before the last jump to a bookmark or a time */
	char message[256];   /* until the next key, live for some seconds at most; "": none */
	int64_t said_ns;     /* when */
	uint8_t message_ink;
	int tab_x[APP_VIEWS + 1]; /* where the tabs begin, as last drawn; [0]: the help's */
	struct rect plot;	  /* of the charts over time, as last drawn: for the mouse */
	uint64_t data;		  /* see struct sight */
	struct sight seen;
	int64_t now_ns;
	bool (*key_waits)(void *ctx); /* has somebody pressed a key?  NULL: nobody can */
	void *key_ctx;
	struct cost cost;
};

/*
 * Returns: 0 or -errno with err filled.  With options->still_running saying yes, a missing file is
 * no error: app_refresh() tries again.
 */
int app_init(struct app *app, const struct viewer_options *options, struct db_error *err);
void app_release(struct app *app);

/* Asks the recording what is new.  Returns: true when the screen must be drawn again. */
bool app_refresh(struct app *app);
/* Shows the file that has the name now.  Returns: as model_open(); on error all stays as it was. */
int app_reopen(struct app *app, struct db_error *err);
/* The recording still grows: refresh soon. */
bool app_is_live(const struct app *app);

/* So much time has gone by: replay moves on.  Returns: true when the screen must be drawn again. */
bool app_tick(struct app *app, int64_t elapsed_ns);

/* Goes on with what takes long, for some ms.  Returns: true when it must be drawn, and called
 * again. */
bool app_work(struct app *app);

void app_key(struct app *app, int key);
void app_mouse(struct app *app, const struct mouse *mouse);
void app_draw(struct app *app, struct canvas *canvas);

/* --- for the views --------------------------------------------------------------------------- */

const struct pool_summary *app_pool(const struct app *app);
/* The visible time in so many columns: app->time_columns where the view shares the time axis. */
struct timeline_view app_window(const struct app *app, int columns);
/* One line of news at the bottom of the screen, until the next key. */
void app_say(struct app *app, uint8_t ink, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Lets the user type; the text comes to the view's prompt(). */
void app_ask(struct app *app, enum prompt_kind kind, const char *text);
/* Steps to the pool before (-1) or after (1). */
void app_select(struct app *app, int by);
/* The view's own data are to be asked for anew before the next screen: its filter changed. */
void app_reload(struct app *app);

/* The instant under the cursor; without one, the newest that is seen. */
int64_t app_instant(const struct app *app);
/* Puts the cursor at an instant, and the window where it is seen; a live screen is paused. */
void app_set_cursor(struct app *app, int64_t ts_ns);

/* Shows another view; Esc comes back to this one, in the time that is then shown. */
void app_open(struct app *app, int view);
/* The same at a moment: the cursor is put there; Esc also comes back to the time shown now. */
void app_goto(struct app *app, int64_t ts_ns, int view);

/*
 * To be called after each chart over time was drawn, with its plot (app->time_columns wide): puts
 * the cursor and the marks over it, and tells the mouse where time is.
 */
void app_plot(struct app *app, struct canvas *canvas, struct rect rect);

/* The labels of a time axis, and the bookmarks on it. */
void app_axis(const struct app *app, struct canvas *canvas, struct rect axis,
	      const struct timeline_view *window);

/* --- parts of the app ------------------------------------------------------------------------ */

/* The bars at the top and the bottom of the screen (status.c). */
void status_draw_title(struct app *app, struct canvas *canvas);
void status_draw(struct app *app, struct canvas *canvas);
/* The tab at a column of the title: a view's digit, 0 the help, -1 none. */
int status_tab_at(const struct app *app, int x);

/* What happened in the list of the view that is shown. */
void app_table_news(struct app *app, enum table_news news);

/* A key while a line is typed, and what opens a prompt (app_prompt.c). */
void app_prompt_key(struct app *app, int key);
bool app_prompt_request(struct app *app, int request);

/* Moving in time (app_time.c).  Returns: true when the request was one of those. */
bool app_time_request(struct app *app, int request);

/* Replay (app_play.c). */
bool app_play_request(struct app *app, int request);
void app_play(struct app *app, bool on);

/* Bookmarks (app_bookmarks.c): m and ', and the letter after them. */
bool app_bookmark_request(struct app *app, int request);
void app_bookmark_letter(struct app *app, int key);
/* At the instant of app_instant(), in the pool and view that are shown. */
void app_bookmark_set(struct app *app, char letter, const char *note);
/* Returns: false when there is none. */
bool app_bookmark_unset(struct app *app, char letter);
/* Goes there; '' and Esc come back. */
void app_bookmark_goto(struct app *app, char letter);
/* What '' comes back to is here. */
void app_remember(struct app *app);
/* The file is closed next. */
void app_bookmarks_finish(struct app *app);
/* Asks the file for its bookmarks.  Returns: true when the screen must be drawn again. */
bool app_bookmarks_refresh(struct app *app);

/* The screen into files that do not exist yet: NAME.txt and NAME.svg (app_save.c). */
void app_save(struct app *app);
void app_save_as(struct app *app, const char *name);
/* Draws and writes it, as the path's ending says: .ansi, .svg, else text.  Returns: 0 or -errno. */
int app_write_screen(struct app *app, struct canvas *canvas, const char *path, FILE *out);

/* Between views (app_views.c). */
int app_views_init(struct app *app);
void app_views_release(struct app *app);
/* Leaves to a view by its digit or by Tab, without a way back. */
void app_switch(struct app *app, int view);
/* Returns: false when there is nothing to go back to. */
bool app_back(struct app *app);
void app_draw_view(struct app *app, struct canvas *canvas, struct rect rect);

#endif
