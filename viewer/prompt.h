/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_PROMPT_H
#define VIEWER_PROMPT_H
/*
 * A line of text being typed at the bottom of the screen, with editing and a history for each kind.
 * Pure: keys in, text out.
 */
#include <stdbool.h>
#include <stddef.h>

#include "viewer/canvas.h"

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND, /* : */
	PROMPT_SQL,	/* ; */
	PROMPT_SEARCH,	/* / */
	PROMPT_FILTER,	/* f */
	PROMPT_KINDS
};

#define PROMPT_BYTES   512
#define PROMPT_HISTORY 16

struct prompt {
	enum prompt_kind kind; /* PROMPT_NONE: nothing is typed */
	char text[PROMPT_BYTES];
	size_t len, cursor;					  /* bytes */
	char history[PROMPT_KINDS][PROMPT_HISTORY][PROMPT_BYTES]; /* the newest first */
	int recalled;						  /* -1: none */
};

enum prompt_news {
	PROMPT_SAME,
	PROMPT_CHANGED, /* the text is another */
	PROMPT_DONE,	/* Enter: text holds the line, kind is PROMPT_NONE again */
	PROMPT_GIVEN_UP,
};

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);
/* A key of keys.h. */
enum prompt_news prompt_key(struct prompt *prompt, int key);
/* The prompt's sign, the text and the cursor on row y. */
void prompt_draw(const struct prompt *prompt, struct canvas *canvas, int y);

#endif
