/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_KEYS_H
#define VIEWER_KEYS_H
/*
 * Key -> request.  One table makes the bindings, the help screen and docs/keys.md.
 *
 * A key is a character, or one of the codes below for what has none.
 */
#include <stddef.h>
#include <stdio.h>

enum key {
	KEY_CODE_NONE = 0x110000, /* past the last character */
	KEY_CODE_UP,
	KEY_CODE_DOWN,
	KEY_CODE_LEFT,
	KEY_CODE_RIGHT,
	KEY_CODE_PAGE_UP,
	KEY_CODE_PAGE_DOWN,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_TAB,
	KEY_CODE_BACK_TAB,
	KEY_CODE_ENTER,
	KEY_CODE_ESCAPE,
	KEY_CODE_BACKSPACE,
	KEY_CODE_F1,
	KEY_CODE_F10,
	KEY_CODE_REDRAW, /* Ctrl-L */
	KEY_CODE_QUIT,	 /* Ctrl-C */
};

enum request {
	REQUEST_NONE,
	REQUEST_OVERVIEW,
	REQUEST_POOL,
	REQUEST_NEXT_VIEW,
	REQUEST_PREVIOUS_VIEW,
	REQUEST_OPEN,
	REQUEST_BACK,
	REQUEST_UP,
	REQUEST_DOWN,
	REQUEST_EARLIER,
	REQUEST_LATER,
	REQUEST_PAGE_EARLIER,
	REQUEST_PAGE_LATER,
	REQUEST_START,
	REQUEST_LIVE,
	REQUEST_ZOOM_IN,
	REQUEST_ZOOM_OUT,
	REQUEST_ZOOM_ALL,
	REQUEST_PAUSE,
	REQUEST_HELP,
	REQUEST_REDRAW,
	REQUEST_QUIT_VIEW,
	REQUEST_QUIT,
};

/* All keys of one request, and what it does, in the order of the help screen. */
struct key_binding {
	enum request request;
	const char *group;
	int keys[4]; /* 0-terminated when fewer */
	const char *help;
};

const struct key_binding *keys_table(size_t *nr);

/* Returns: the request, or REQUEST_NONE. */
enum request keys_request(int key);

/* Names as in scripts, help and documentation: "q", "Space", "Left", "F10", "Ctrl-L". */
const char *keys_name(int key, char *text, size_t size);
/* Returns: the key, or -1 when nothing has that name.  Upper and lower case differ only in letters.
 */
int keys_parse(const char *name);

/* All key names of a binding with a blank between them. */
const char *keys_names(const struct key_binding *binding, char *text, size_t size);

/* The table as Markdown, for docs/keys.md. */
void keys_write_markdown(FILE *out);

#endif
