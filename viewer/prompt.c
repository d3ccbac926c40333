/* SPDX-License-Identifier: MIT */
#include "viewer/prompt.h"

#include <stdio.h>
#include <string.h>

#include "viewer/keys.h"

#define CTRL(letter) (KEY_CODE_CTRL + (letter))

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
	prompt->kind = kind;
	prompt->recalled = -1;
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	prompt->len = prompt->cursor = strlen(prompt->text);
}

/* A character of more than one byte is stepped over as one. */
static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct prompt *prompt, size_t at)
{
	while (at > 0 && continues(prompt->text[--at]))
		;
	return at;
}

static size_t after(const struct prompt *prompt, size_t at)
{
	if (at < prompt->len)
		at++;
	while (at < prompt->len && continues(prompt->text[at]))
		at++;
	return at;
}

static enum prompt_news cut(struct prompt *prompt, size_t from, size_t to)
{
	if (from == to)
		return PROMPT_SAME;
	memmove(prompt->text + from, prompt->text + to, prompt->len - to + 1);
	prompt->len -= to - from;
	prompt->cursor = from;
	return PROMPT_CHANGED;
}

static size_t encode(int key, char bytes[4])
{
	unsigned c = (unsigned)key;

	if (c < 0x80) {
		bytes[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		bytes[0] = (char)(0xc0 | c >> 6);
		bytes[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		bytes[0] = (char)(0xe0 | c >> 12);
		bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	bytes[0] = (char)(0xf0 | c >> 18);
	bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
	bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
	bytes[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static enum prompt_news insert(struct prompt *prompt, int key)
{
	char bytes[4];
	size_t nr;

	if (key < ' ' || (key >= 0x7f && key < 0xa0) || key >= KEY_CODE_NONE)
		return PROMPT_SAME;
	nr = encode(key, bytes);
	if (prompt->len + nr >= sizeof(prompt->text))
		return PROMPT_SAME;
	memmove(prompt->text + prompt->cursor + nr, prompt->text + prompt->cursor,
		prompt->len - prompt->cursor + 1);
	memcpy(prompt->text + prompt->cursor, bytes, nr);
	prompt->cursor += nr;
	prompt->len += nr;
	return PROMPT_CHANGED;
}

static enum prompt_news move(struct prompt *prompt, size_t to)
{
	prompt->cursor = to;
	return PROMPT_SAME;
}

static enum prompt_news cut_word(struct prompt *prompt)
{
	size_t from = prompt->cursor;

	while (from > 0 && prompt->text[from - 1] == ' ')
		from--;
	while (from > 0 && prompt->text[from - 1] != ' ')
		from--;
	return cut(prompt, from, prompt->cursor);
}

static enum prompt_news recall(struct prompt *prompt, int by)
{
	char(*history)[PROMPT_BYTES] = prompt->history[prompt->kind];
	int to = prompt->recalled + by;

	if (to < -1 || to >= PROMPT_HISTORY || (to >= 0 && !history[to][0]))
		return PROMPT_SAME;
	prompt_open(prompt, prompt->kind, to < 0 ? "" : history[to]);
	prompt->recalled = to;
	return PROMPT_CHANGED;
}

static enum prompt_news finish(struct prompt *prompt)
{
	char(*history)[PROMPT_BYTES] = prompt->history[prompt->kind];

	if (prompt->text[0] && strcmp(history[0], prompt->text) != 0) {
		memmove(history[1], history[0], (PROMPT_HISTORY - 1) * PROMPT_BYTES);
		memcpy(history[0], prompt->text, PROMPT_BYTES);
	}
	prompt->kind = PROMPT_NONE;
	return PROMPT_DONE;
}

static enum prompt_news give_up(struct prompt *prompt)
{
	prompt->kind = PROMPT_NONE;
	return PROMPT_GIVEN_UP;
}

enum prompt_news prompt_key(struct prompt *prompt, int key)
{
	switch (key) {
	case KEY_CODE_ENTER:
		return finish(prompt);
	case KEY_CODE_ESCAPE:
	case KEY_CODE_QUIT:
	case CTRL('G'):
		return give_up(prompt);
	case KEY_CODE_BACKSPACE:
		return prompt->len ? cut(prompt, before(prompt, prompt->cursor), prompt->cursor)
				   : give_up(prompt);
	case KEY_CODE_DELETE:
	case CTRL('D'):
		return cut(prompt, prompt->cursor, after(prompt, prompt->cursor));
	case CTRL('U'):
		return cut(prompt, 0, prompt->cursor);
	case CTRL('K'):
		return cut(prompt, prompt->cursor, prompt->len);
	case CTRL('W'):
		return cut_word(prompt);
	case KEY_CODE_LEFT:
		return move(prompt, before(prompt, prompt->cursor));
	case KEY_CODE_RIGHT:
		return move(prompt, after(prompt, prompt->cursor));
	case KEY_CODE_HOME:
	case CTRL('A'):
		return move(prompt, 0);
	case KEY_CODE_END:
	case CTRL('E'):
		return move(prompt, prompt->len);
	case KEY_CODE_UP:
	case CTRL('P'):
		return recall(prompt, 1);
	case KEY_CODE_DOWN:
	case CTRL('N'):
		return recall(prompt, -1);
	default:
		return insert(prompt, key);
	}
}

void prompt_draw(const struct prompt *prompt, struct canvas *canvas, int y)
{
	static const char *const signs[PROMPT_KINDS] = {"", ":", ";", "/", "filter: "};
	struct style style = {.fg = INK_TITLE, .bg = INK_BAR};
	size_t from = 0;
	char head[PROMPT_BYTES];
	struct cell *cell;
	int x, room;

	canvas_fill(canvas, (struct rect){0, y, canvas->width, 1}, style);
	x = canvas_text(canvas, 0, y,
			(struct style){.fg = INK_WARN, .bg = INK_BAR, .attr = ATTR_BOLD},
			signs[prompt->kind]);
	/* A long line is moved to the left until its cursor is seen. */
	room = canvas->width - x - 1;
	for (;;) {
		snprintf(head, sizeof(head), "%.*s", (int)(prompt->cursor - from),
			 prompt->text + from);
		if (canvas_text_width(head) <= room || from >= prompt->cursor)
			break;
		from = after(prompt, from);
	}
	canvas_text(canvas, x, y, style, prompt->text + from);
	cell = canvas_at(canvas, x + canvas_text_width(head), y);
	if (cell)
		cell->style.attr ^= ATTR_REVERSE;
}
