/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_TERMINAL_H
#define VIEWER_TERMINAL_H
/*
 * The terminal: the only part that knows curses.  Puts a canvas on the screen, reads keys and the
 * mouse, and gives the terminal back as it was on every way out (viewer/restore.h); SIGTERM, SIGINT
 * and SIGHUP are reported as TERMINAL_EVENT_QUIT.
 *
 * Thread:  one terminal a process, used by one thread.
 */
#include <stdbool.h>

#include "viewer/canvas.h"
#include "viewer/mouse.h"

struct terminal;

struct terminal_options {
	int colors; /* use at most so many: 256, 16, 8, 0; what the terminal cannot do is left out
		     */
	int theme;  /* enum palette_theme */
	bool mouse;
};

/*
 * Takes the terminal.
 * Returns: 0; -ENOTTY standard input or output is no terminal, or TERM is not known or
 * cannot place the cursor; -ENOMEM.
 */
int terminal_open(const struct terminal_options *options, struct terminal **out);
void terminal_close(struct terminal *term);

/* From now on with or without the mouse; in another theme. */
void terminal_set_mouse(struct terminal *term, bool on);
void terminal_set_theme(struct terminal *term, int theme);

/* 256, 16, 8, or 0 for monochrome. */
int terminal_colors(const struct terminal *term);
void terminal_size(const struct terminal *term, int *width, int *height);

enum terminal_event {
	TERMINAL_EVENT_TIMEOUT,
	TERMINAL_EVENT_KEY,
	TERMINAL_EVENT_MOUSE,
	TERMINAL_EVENT_RESIZE,
	TERMINAL_EVENT_QUIT,
};
/*
 * Waits for something to happen; timeout_ms -1 = for ever.  *key is a key of keys.h, *mouse what
 * the mouse did.
 */
enum terminal_event terminal_wait(struct terminal *term, int timeout_ms, int *key,
				  struct mouse *mouse);

/* Would terminal_wait() have something at once?  What has come stays there. */
bool terminal_has_input(void);

/* Puts the canvas on the screen; only cells that changed are sent.  `anew` sends them all. */
void terminal_show(struct terminal *term, const struct canvas *canvas, bool anew);

#endif
