/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_KEYS_H
#define VIEWER_KEYS_H
/*
 * Key -> request.  The table here holds the keys of every view; a view adds its own (view.h).  Both
 * make the bindings, the help screen, docs/keys.md and the manual.
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
	KEY_CODE_SHIFT_LEFT,
	KEY_CODE_SHIFT_RIGHT,
	KEY_CODE_PAGE_UP,
	KEY_CODE_PAGE_DOWN,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_DELETE,
	KEY_CODE_TAB,
	KEY_CODE_BACK_TAB,
	KEY_CODE_ENTER,
	KEY_CODE_ESCAPE,
	KEY_CODE_BACKSPACE,
	KEY_CODE_F1,
	KEY_CODE_F2,
	KEY_CODE_F3,
	KEY_CODE_F4,
	KEY_CODE_F5,
	KEY_CODE_F6,
	KEY_CODE_F7,
	KEY_CODE_F8,
	KEY_CODE_F9,
	KEY_CODE_F10,
	KEY_CODE_REDRAW, /* Ctrl-L */
	KEY_CODE_QUIT,	 /* Ctrl-C */
	KEY_CODE_CTRL,	 /* KEY_CODE_CTRL + 'A' ... 'Z': the other Ctrl keys */
	KEY_CODE_END_OF_CODES = KEY_CODE_CTRL + 'Z' + 1,
};

enum request {
	REQUEST_NONE,
	/* views */
	REQUEST_VIEW_1, /* ... REQUEST_VIEW_1 + 8: the view of that digit */
	REQUEST_VIEW_9 = REQUEST_VIEW_1 + 8,
	REQUEST_NEXT_VIEW,
	REQUEST_PREVIOUS_VIEW,
	REQUEST_OPEN,
	REQUEST_BACK,
	/* lists */
	REQUEST_UP,
	REQUEST_DOWN,
	REQUEST_HALF_UP,
	REQUEST_HALF_DOWN,
	REQUEST_TOP,
	REQUEST_BOTTOM,
	REQUEST_SORT_LEFT,
	REQUEST_SORT_RIGHT,
	REQUEST_SORT_INVERT,
	REQUEST_SORT_MENU,
	REQUEST_FILTER,
	/* time */
	REQUEST_EARLIER,
	REQUEST_LATER,
	REQUEST_SCROLL_EARLIER,
	REQUEST_SCROLL_LATER,
	REQUEST_PAGE_EARLIER,
	REQUEST_PAGE_LATER,
	REQUEST_START,
	REQUEST_LIVE,
	REQUEST_GOTO,
	REQUEST_PAUSE,
	REQUEST_ZOOM_IN,
	REQUEST_ZOOM_OUT,
	REQUEST_ZOOM_ALL,
	/* the cursor and the marks */
	REQUEST_CURSOR,
	REQUEST_MARK_A,
	REQUEST_MARK_B,
	REQUEST_ZOOM_MARKS,
	REQUEST_BOOKMARK,
	REQUEST_GOTO_BOOKMARK,
	/* replay */
	REQUEST_PLAY,
	REQUEST_SLOWER,
	REQUEST_FASTER,
	REQUEST_STEP_BACK,
	REQUEST_STEP,
	REQUEST_JUMP_BACK,
	REQUEST_JUMP,
	REQUEST_JUMP_KIND,
	/* prompts */
	REQUEST_COMMAND,
	REQUEST_SQL,
	REQUEST_SEARCH,
	REQUEST_SEARCH_NEXT,
	REQUEST_SEARCH_PREVIOUS,
	/* program */
	REQUEST_HELP,
	REQUEST_SAVE,
	REQUEST_MOUSE,
	REQUEST_REDRAW,
	REQUEST_QUIT_VIEW,
	REQUEST_QUIT,
	/* From here on each view has its own; they mean nothing elsewhere. */
	REQUEST_OF_VIEW = 1000,
};

#define KEYS_MAX 4

/* All keys of one request, and what it does, in the order of the help screen. */
struct key_binding {
	int request; /* enum request, or REQUEST_OF_VIEW + n */
	const char *group;
	int keys[KEYS_MAX]; /* 0-terminated when fewer */
	const char *help;   /* at most 24 columns: the help screen has no more */
};

const struct key_binding *keys_table(size_t *nr);

/* Returns: the request of a key in such a table, or REQUEST_NONE. */
int keys_find(const struct key_binding *table, size_t nr, int key);
/* As keys_find() in keys_table(). */
int keys_request(int key);

/* Names as in scripts, help and documentation: "q", "Space", "Left", "F10", "Ctrl-L". */
const char *keys_name(int key, char *text, size_t size);
/* Returns: the key, or -1 when nothing has that name.  Upper and lower case differ only in letters.
 */
int keys_parse(const char *name);

/* All key names of a binding with a blank between them. */
const char *keys_names(const struct key_binding *binding, char *text, size_t size);

/* A table as rows of a Markdown table, a heading before each group. */
void keys_write_rows(const struct key_binding *table, size_t nr, FILE *out);

#endif
