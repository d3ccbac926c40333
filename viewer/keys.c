/* SPDX-License-Identifier: MIT */
#include "viewer/keys.h"

#include <string.h>
#include <strings.h>

#define CTRL(letter) (KEY_CODE_CTRL + (letter))

static const struct key_binding table[] = {
	{REQUEST_NEXT_VIEW, "Ways", {KEY_CODE_TAB}, "next view"},
	{REQUEST_PREVIOUS_VIEW, "Ways", {KEY_CODE_BACK_TAB}, "previous view"},
	{REQUEST_OPEN, "Ways", {KEY_CODE_ENTER}, "open what is selected"},
	{REQUEST_BACK, "Ways", {KEY_CODE_ESCAPE, KEY_CODE_BACKSPACE}, "back"},
	{REQUEST_UP, "Lists", {KEY_CODE_UP, 'k'}, "the row or pool above"},
	{REQUEST_DOWN, "Lists", {KEY_CODE_DOWN, 'j'}, "the row or pool below"},
	{REQUEST_HALF_UP, "Lists", {CTRL('U')}, "half a page up"},
	{REQUEST_HALF_DOWN, "Lists", {CTRL('D')}, "half a page down"},
	{REQUEST_TOP, "Lists", {'g'}, "the first row"},
	{REQUEST_BOTTOM, "Lists", {'G'}, "the last row"},
	{REQUEST_SORT_LEFT, "Lists", {'<'}, "sort by the column left"},
	{REQUEST_SORT_RIGHT, "Lists", {'>'}, "sort by the column right"},
	{REQUEST_SORT_INVERT, "Lists", {'I'}, "turn the order round"},
	{REQUEST_SORT_MENU, "Lists", {KEY_CODE_F6}, "sort by a name"},
	{REQUEST_FILTER, "Lists", {'f', KEY_CODE_F4}, "filter"},
	{REQUEST_SEARCH, "Lists", {'/'}, "search"},
	{REQUEST_SEARCH_NEXT, "Lists", {'n', KEY_CODE_F3}, "the next that was found"},
	{REQUEST_SEARCH_PREVIOUS, "Lists", {'N'}, "the one before"},
	{REQUEST_EARLIER, "Time", {KEY_CODE_LEFT}, "earlier, or the cursor"},
	{REQUEST_LATER, "Time", {KEY_CODE_RIGHT}, "later, or the cursor"},
	{REQUEST_SCROLL_EARLIER, "Time", {KEY_CODE_SHIFT_LEFT}, "an eighth earlier"},
	{REQUEST_SCROLL_LATER, "Time", {KEY_CODE_SHIFT_RIGHT}, "an eighth later"},
	{REQUEST_PAGE_EARLIER, "Time", {KEY_CODE_PAGE_UP}, "one screen earlier"},
	{REQUEST_PAGE_LATER, "Time", {KEY_CODE_PAGE_DOWN}, "one screen later"},
	{REQUEST_START, "Time", {KEY_CODE_HOME}, "the beginning"},
	{REQUEST_LIVE, "Time", {KEY_CODE_END, 'Z'}, "the end: back to live"},
	{REQUEST_GOTO, "Time", {'b'}, "go to a time"},
	{REQUEST_PAUSE, "Time", {'p'}, "pause, or follow again"},
	{REQUEST_ZOOM_IN, "Zoom", {'+', '='}, "less time, more detail"},
	{REQUEST_ZOOM_OUT, "Zoom", {'-'}, "more time"},
	{REQUEST_ZOOM_ALL, "Zoom", {'0'}, "the whole recording"},
	{REQUEST_CURSOR, "Cursor", {'c'}, "cursor on, off"},
	{REQUEST_MARK_A, "Cursor", {'A'}, "mark A at the cursor"},
	{REQUEST_MARK_B, "Cursor", {'B'}, "mark B: B-A is shown"},
	{REQUEST_ZOOM_MARKS, "Cursor", {'V'}, "see the time of A to B"},
	{REQUEST_BOOKMARK, "Cursor", {'m'}, "bookmark: then a letter"},
	{REQUEST_GOTO_BOOKMARK, "Cursor", {'\''}, "go to one; '' goes back"},
	{REQUEST_PLAY, "Replay", {' '}, "play, or pause"},
	{REQUEST_SLOWER, "Replay", {'{'}, "slower; while it plays <"},
	{REQUEST_FASTER, "Replay", {'}'}, "faster; while it plays >"},
	{REQUEST_STEP_BACK, "Replay", {','}, "the event before"},
	{REQUEST_STEP, "Replay", {'.'}, "the next event"},
	{REQUEST_JUMP_BACK, "Replay", {'['}, "the trouble before"},
	{REQUEST_JUMP, "Replay", {']'}, "the next trouble"},
	{REQUEST_JUMP_KIND, "Replay", {'J'}, "which trouble that is"},
	{REQUEST_COMMAND, "Program", {':'}, "a command"},
	{REQUEST_SQL, "Program", {';'}, "read-only SQL"},
	{REQUEST_HELP, "Program", {'?', 'h', KEY_CODE_F1}, "this help"},
	{REQUEST_SAVE, "Program", {'S'}, "save it as text and SVG"},
	{REQUEST_MOUSE, "Program", {KEY_CODE_F2}, "mouse on, off"},
	{REQUEST_REDRAW, "Program", {KEY_CODE_REDRAW}, "draw the screen anew"},
	{REQUEST_QUIT_VIEW, "Program", {'q'}, "close view, then quit"},
	{REQUEST_QUIT, "Program", {'Q', KEY_CODE_F10, KEY_CODE_QUIT}, "quit at once"},
};

static const struct {
	int key;
	const char *name;
} names[] = {
	{KEY_CODE_UP, "Up"},
	{KEY_CODE_DOWN, "Down"},
	{KEY_CODE_LEFT, "Left"},
	{KEY_CODE_RIGHT, "Right"},
	{KEY_CODE_SHIFT_LEFT, "Shift-Left"},
	{KEY_CODE_SHIFT_RIGHT, "Shift-Right"},
	{KEY_CODE_PAGE_UP, "PgUp"},
	{KEY_CODE_PAGE_DOWN, "PgDn"},
	{KEY_CODE_HOME, "Home"},
	{KEY_CODE_END, "End"},
	{KEY_CODE_DELETE, "Delete"},
	{KEY_CODE_TAB, "Tab"},
	{KEY_CODE_BACK_TAB, "Shift-Tab"},
	{KEY_CODE_ENTER, "Enter"},
	{KEY_CODE_ESCAPE, "Esc"},
	{KEY_CODE_BACKSPACE, "Backspace"},
	{KEY_CODE_F1, "F1"},
	{KEY_CODE_F2, "F2"},
	{KEY_CODE_F3, "F3"},
	{KEY_CODE_F4, "F4"},
	{KEY_CODE_F5, "F5"},
	{KEY_CODE_F6, "F6"},
	{KEY_CODE_F7, "F7"},
	{KEY_CODE_F8, "F8"},
	{KEY_CODE_F9, "F9"},
	{KEY_CODE_F10, "F10"},
	{KEY_CODE_REDRAW, "Ctrl-L"},
	{KEY_CODE_QUIT, "Ctrl-C"},
	{CTRL('A'), "Ctrl-A"},
	{CTRL('D'), "Ctrl-D"},
	{CTRL('E'), "Ctrl-E"},
	{CTRL('G'), "Ctrl-G"},
	{CTRL('K'), "Ctrl-K"},
	{CTRL('N'), "Ctrl-N"},
	{CTRL('P'), "Ctrl-P"},
	{CTRL('U'), "Ctrl-U"},
	{CTRL('W'), "Ctrl-W"},
	{' ', "Space"},
	{'#', "Hash"}, /* begins a comment in a script */
};

const struct key_binding *keys_table(size_t *nr)
{
	*nr = sizeof(table) / sizeof(table[0]);
	return table;
}

int keys_find(const struct key_binding *bindings, size_t nr, int key)
{
	for (size_t i = 0; i < nr; i++)
		for (int k = 0; k < KEYS_MAX && bindings[i].keys[k]; k++)
			if (bindings[i].keys[k] == key)
				return bindings[i].request;
	return REQUEST_NONE;
}

int keys_request(int key)
{
	return keys_find(table, sizeof(table) / sizeof(table[0]), key);
}

const char *keys_name(int key, char *text, size_t size)
{
	snprintf(text, size, key > ' ' && key < 0x7f ? "%c" : "?", key);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].key == key)
			snprintf(text, size, "%s", names[i].name);
	return text;
}

int keys_parse(const char *name)
{
	if (name[0] > ' ' && name[0] < 0x7f && !name[1])
		return name[0];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(names[i].name, name) == 0)
			return names[i].key;
	return -1;
}

const char *keys_names(const struct key_binding *binding, char *text, size_t size)
{
	size_t used = 0;
	char name[16];

	text[0] = 0;
	for (int k = 0; k < KEYS_MAX && binding->keys[k] && used < size; k++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", k ? " " : "",
					 keys_name(binding->keys[k], name, sizeof(name)));
	return text;
}

void keys_write_rows(const struct key_binding *bindings, size_t nr, FILE *out)
{
	const char *group = "";
	char name[16];

	for (size_t i = 0; i < nr; i++) {
		if (strcmp(group, bindings[i].group) != 0)
			fprintf(out, "| **%s** | |\n", bindings[i].group);
		group = bindings[i].group;
		fprintf(out, "|");
		for (int k = 0; k < KEYS_MAX && bindings[i].keys[k]; k++)
			fprintf(out, bindings[i].keys[k] == '|' ? " `\\%s`" : " `%s`",
				keys_name(bindings[i].keys[k], name, sizeof(name)));
		fprintf(out, " | %s |\n", bindings[i].help);
	}
}
