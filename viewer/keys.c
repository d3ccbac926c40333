/* SPDX-License-Identifier: MIT */
#include "viewer/keys.h"

#include <string.h>
#include <strings.h>

static const struct key_binding table[] = {
	{REQUEST_OVERVIEW, "Views", {'1'}, "all pools"},
	{REQUEST_POOL, "Views", {'2'}, "one pool over time"},
	{REQUEST_NEXT_VIEW, "Views", {KEY_CODE_TAB}, "next view"},
	{REQUEST_PREVIOUS_VIEW, "Views", {KEY_CODE_BACK_TAB}, "previous view"},
	{REQUEST_OPEN, "Views", {KEY_CODE_ENTER}, "open the selected pool"},
	{REQUEST_BACK, "Views", {KEY_CODE_ESCAPE, KEY_CODE_BACKSPACE}, "back"},
	{REQUEST_UP, "Pools", {KEY_CODE_UP, 'k'}, "the pool above"},
	{REQUEST_DOWN, "Pools", {KEY_CODE_DOWN, 'j'}, "the pool below"},
	{REQUEST_HELP, "Program", {'?', 'h', KEY_CODE_F1}, "this help"},
	{REQUEST_REDRAW, "Program", {KEY_CODE_REDRAW}, "draw the screen anew"},
	{REQUEST_QUIT_VIEW, "Program", {'q'}, "close view, then quit"},
	{REQUEST_QUIT, "Program", {'Q', KEY_CODE_F10, KEY_CODE_QUIT}, "quit at once"},
	{REQUEST_EARLIER, "Time", {KEY_CODE_LEFT}, "earlier; pauses"},
	{REQUEST_LATER, "Time", {KEY_CODE_RIGHT}, "later, up to live"},
	{REQUEST_PAGE_EARLIER, "Time", {KEY_CODE_PAGE_UP}, "one screen earlier"},
	{REQUEST_PAGE_LATER, "Time", {KEY_CODE_PAGE_DOWN}, "one screen later"},
	{REQUEST_START, "Time", {KEY_CODE_HOME}, "the beginning"},
	{REQUEST_LIVE, "Time", {KEY_CODE_END, 'Z'}, "the end: back to live"},
	{REQUEST_PAUSE, "Time", {'p', ' '}, "pause, or follow again"},
	{REQUEST_ZOOM_IN, "Zoom", {'+', '='}, "less time, more detail"},
	{REQUEST_ZOOM_OUT, "Zoom", {'-'}, "more time"},
	{REQUEST_ZOOM_ALL, "Zoom", {'0'}, "the whole recording"},
};

static const struct {
	int key;
	const char *name;
} names[] = {
	{KEY_CODE_UP, "Up"},
	{KEY_CODE_DOWN, "Down"},
	{KEY_CODE_LEFT, "Left"},
	{KEY_CODE_RIGHT, "Right"},
	{KEY_CODE_PAGE_UP, "PgUp"},
	{KEY_CODE_PAGE_DOWN, "PgDn"},
	{KEY_CODE_HOME, "Home"},
	{KEY_CODE_END, "End"},
	{KEY_CODE_TAB, "Tab"},
	{KEY_CODE_BACK_TAB, "Shift-Tab"},
	{KEY_CODE_ENTER, "Enter"},
	{KEY_CODE_ESCAPE, "Esc"},
	{KEY_CODE_BACKSPACE, "Backspace"},
	{KEY_CODE_F1, "F1"},
	{KEY_CODE_F10, "F10"},
	{KEY_CODE_REDRAW, "Ctrl-L"},
	{KEY_CODE_QUIT, "Ctrl-C"},
	{' ', "Space"},
};

const struct key_binding *keys_table(size_t *nr)
{
	*nr = sizeof(table) / sizeof(table[0]);
	return table;
}

enum request keys_request(int key)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (int k = 0; k < 4 && table[i].keys[k]; k++)
			if (table[i].keys[k] == key)
				return table[i].request;
	return REQUEST_NONE;
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
	for (int k = 0; k < 4 && binding->keys[k] && used < size; k++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", k ? " " : "",
					 keys_name(binding->keys[k], name, sizeof(name)));
	return text;
}

void keys_write_markdown(FILE *out)
{
	const char *group = "";
	char name[16];

	fprintf(out, "| key | does |\n| --- | --- |\n");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(group, table[i].group) != 0)
			fprintf(out, "| **%s** | |\n", table[i].group);
		group = table[i].group;
		fprintf(out, "|");
		for (int k = 0; k < 4 && table[i].keys[k]; k++)
			fprintf(out, " `%s`", keys_name(table[i].keys[k], name, sizeof(name)));
		fprintf(out, " | %s |\n", table[i].help);
	}
}
