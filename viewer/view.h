/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_VIEW_H
#define VIEWER_VIEW_H
/*
 * A view is a table of functions and a state; app.c knows views only by this.  To add one: write
 * view_NAME.c, declare its table below, and give it its digit in views.c.  A view that is not in
 * that table does not exist: no digit, no tab, no line in the help.
 *
 * For each screen the app works out the visible time (`time_columns`), calls `refresh` when what is
 * to be seen has changed, and then `draw`.  So `refresh` asks the database and `draw` does not: a
 * key that only moves the cursor costs no query.
 */
#include "viewer/app.h"
#include "viewer/keys.h"
#include "viewer/table.h"

struct view_ops {
	const char *name;  /* in the title bar, after its digit */
	const char *about; /* one line: for the help, the manual and the digit's key */

	/* It has neither tab nor key: a command opens it. */
	bool no_tab;

	/*
	 * The state, zeroed when the app starts and handed to every call below.  `release` frees
	 * what it holds; both may be NULL.  init returns 0 or -errno.
	 */
	size_t state_size;
	int (*init)(struct app *app, void *state);
	void (*release)(void *state);

	/* Its own keys, looked up before those of all views; shown by the help. */
	const struct key_binding *keys;
	size_t nr_keys;

	/* Cells of the time axis when drawn into rect; NULL: those of the occupancy chart. */
	int (*time_columns)(const struct app *app, void *state, struct rect rect);
	/*
	 * Data, window, pool, selection or size changed, or the view has just come up: ask the
	 * database anew.  app_window() is the time to ask for.  May be NULL.
	 */
	void (*refresh)(struct app *app, void *state, struct rect rect);
	void (*draw)(struct app *app, void *state, struct canvas *canvas, struct rect rect);
	/*
	 * A request: enum request, or one of its own.  It is asked first, so that it can give a
	 * key of all views another meaning.  Returns: true when that was all; false: the app does
	 * what it does for every view.  May be NULL.
	 */
	bool (*request)(struct app *app, void *state, int request);

	/*
	 * A line of text: a search (/), a filter (f) or SQL (;).  While it is typed, `typing` is
	 * true for each change; text NULL: given up.  n and N come to `request`.  Returns: false
	 * when the view cannot do that; the app then says so.
	 */
	bool (*prompt)(struct app *app, void *state, enum prompt_kind kind, const char *text,
		       bool typing);

	/* The mouse, anywhere in the view, before anybody else.  Returns: true when that was all.
	 */
	bool (*mouse)(struct app *app, void *state, const struct mouse *mouse);

	/* Its list, which gets what moves and sorts; NULL: none, Up and Down change the pool. */
	struct table *(*table)(void *state);
	/*
	 * Long work in pieces of some ms: called again and again while no key comes.  Returns:
	 * false when there is nothing to do; true: draw, and call again.  stop() gives up what a
	 * key may interrupt; the key then does what it does.  Both may be NULL.
	 */
	bool (*work)(struct app *app, void *state);
	void (*stop)(struct app *app, void *state);
	/* Another row is under the bar: say what it is in app->pool and app->selection. */
	void (*select)(struct app *app, void *state);
};

extern const struct view_ops view_overview, view_pool;
extern const struct view_ops view_latency, view_outstanding, view_health;
extern const struct view_ops view_events, view_tune, view_sql, view_bookmarks;

/* The view of a digit (1 to VIEW_MAX), or NULL. */
#define VIEW_MAX 9
const struct view_ops *view_of(int digit);
/* The same, of those that have a tab. */
const struct view_ops *view_with_tab(int digit);
/* The one after (by 1) or before (by -1), round and round. */
int view_next(int digit, int by);
/* What a key asks for in a view. */
int view_request_of(int digit, int key);
/* All keys, view by view, as a Markdown table: docs/keys.md. */
void view_write_keys(FILE *out);

/* The help screen lies over any view. */
void help_draw(struct app *app, struct canvas *canvas, struct rect rect);

#endif
