/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_VIEWER_H
#define VIEWER_VIEWER_H
/*
 * The terminal UI over a Poolscope database.  Live and recorded are the same: the only difference
 * is whether the file still grows.
 *
 * Three ways to run the same screens: on the terminal (viewer_run), once as text (viewer_once), and
 * from a script of keys that saves screens (viewer_script), which needs no terminal.
 *
 * Returns everywhere: 0, or -errno with err filled: what query_open() says of the file; -ENOTTY no
 * usable terminal; -EINVAL a mistake in the script, with its line.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "db/store.h" /* struct db_error */

enum viewer_chars {
	VIEWER_CHARS_AUTO,
	VIEWER_CHARS_BRAILLE,
	VIEWER_CHARS_BLOCK,
	VIEWER_CHARS_ASCII
};
enum viewer_color { VIEWER_COLOR_AUTO, VIEWER_COLOR_ALWAYS, VIEWER_COLOR_NEVER };
/* A view's number is its digit on the keyboard; 0: the first. */
enum viewer_view {
	VIEWER_VIEW_OVERVIEW = 1,
	VIEWER_VIEW_POOL,
	VIEWER_VIEW_LATENCY,
	VIEWER_VIEW_OUTSTANDING,
	VIEWER_VIEW_EVENTS,
	VIEWER_VIEW_TUNE,
	VIEWER_VIEW_HEALTH,
};

/* The view of a name ("pool") or digit ("2"), or -1 when there is none. */
int viewer_view_named(const char *name);
/* Their names, lower case, with commas. */
const char *viewer_view_names(char *text, size_t size);

/* All zero is a good default; strings are borrowed for the call. */
struct viewer_options {
	const char *path;  /* the database */
	const char *title; /* shown instead of the file's name; may be NULL */
	enum viewer_chars chars;
	enum viewer_color color;
	enum viewer_view view; /* the first view */
	int width, height;     /* of once and script; 0 = 80 x 24 */

	/*
	 * For a program that records while it shows.  still_running() is asked before each frame,
	 * on the thread that called viewer_run(); while it says yes, a file that does not exist yet
	 * is waited for, and the recording counts as live.  on_quit() is called once, after the
	 * terminal has been restored and before viewer_run() returns.  Both may be NULL.
	 */
	bool (*still_running)(void *ctx);
	void (*on_quit)(void *ctx);
	void *ctx;

	/* The wall clock in ns, for tests; NULL = the real one. */
	int64_t (*now_ns)(void);
};

/*
 * Shows the database on the terminal until the user quits or SIGTERM, SIGINT or SIGHUP arrives. The
 * terminal is restored on every way out, a crash included; signal dispositions are put back.
 * Thread:  the main thread; other threads of the process must not write to the terminal meanwhile.
 */
int viewer_run(const struct viewer_options *options, struct db_error *err);

/* One screen as text; with colour only when options->color is ALWAYS. */
int viewer_once(const struct viewer_options *options, FILE *out, struct db_error *err);

/*
 * Runs a script, a command a line ('#' begins a comment):
 *
 *	key NAME         a key by its name in docs/keys.md: q, Left, Space
 *	type TEXT        keys as they stand there, blanks included: type :goto -5s
 *	size WxH         the screen from now on
 *	save FILE        the screen as text; with colours when FILE ends in .ansi; '-' = stdout
 *	wait DURATION    lets the recording go on, e.g. 100ms
 */
int viewer_script(const struct viewer_options *options, FILE *script, struct db_error *err);

#endif
