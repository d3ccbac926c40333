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
enum viewer_color {
	VIEWER_COLOR_AUTO,
	VIEWER_COLOR_ALWAYS,
	VIEWER_COLOR_NEVER,
	VIEWER_COLOR_256, /* at most so many, for terminals that say more than they can */
	VIEWER_COLOR_16,
	VIEWER_COLOR_8,
	VIEWER_COLOR_MONO,
};
/* A view's number is its digit on the keyboard; 0: the first. */
enum viewer_view {
	VIEWER_VIEW_OVERVIEW = 1,
	VIEWER_VIEW_POOL,
	VIEWER_VIEW_LATENCY,
	VIEWER_VIEW_OUTSTANDING,
	VIEWER_VIEW_EVENTS,
	VIEWER_VIEW_TUNE,
	VIEWER_VIEW_HEALTH,
	VIEWER_VIEW_SQL,
	VIEWER_VIEW_BOOKMARKS, /* no key: `:bookmarks` */
};

/* The view of a name ("pool") or digit ("2"), or -1 when there is none. */
int viewer_view_named(const char *name);
/* Their names, lower case, with commas. */
const char *viewer_view_names(char *text, size_t size);

/* All keys and commands, view by view, as plain text; every line begins with blanks. */
void viewer_write_keys(FILE *out);

/* The number of a theme ("safe"), or -1; and their names with commas. */
int viewer_theme_named(const char *name);
const char *viewer_theme_names(char *text, size_t size);

/*
 * Reads an instant as the `:goto` command does (viewer/when.h), in the recording of a file.
 * Returns: 0; -ERANGE no time, or not in the recording; what query_open() says.
 */
int viewer_read_time(const char *path, const char *text, int64_t *ns, struct db_error *err);

/* All zero is a good default; strings are borrowed for the call. */
struct viewer_options {
	const char *path;  /* the database */
	const char *title; /* shown instead of the file's name; may be NULL */
	enum viewer_chars chars;
	enum viewer_color color;
	int theme;	       /* viewer_theme_named(); 0: dark */
	bool mouse;	       /* take the mouse from the terminal */
	enum viewer_view view; /* the first view */
	bool play;	       /* begin by playing ... */
	double speed;	       /* ... at this speed, 0.001 to 10000; 0 = 1 ... */
	int64_t from_ns;       /* ... from this instant; 0 = the beginning */
	int width, height;     /* of once and script; 0 = 80 x 24 */
	uint64_t tune_steps;   /* the most that view 6 tries marks on, for tests; 0: what fits */

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
 *	click X,Y        and twice, drag, release, wheel-up, wheel-down: the mouse, from 0,0
 *	size WxH         the screen from now on
 *	save FILE        the screen as text, .ansi with colours, .svg a picture; '-' = stdout
 *	wait DURATION    lets the recording go on, e.g. 100ms
 *	play DURATION    lets replay go on by so much, at once
 */
int viewer_script(const struct viewer_options *options, FILE *script, struct db_error *err);

#endif
