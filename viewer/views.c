/* SPDX-License-Identifier: MIT */
/* Which views there are; declared in view.h. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "viewer/command.h"
#include "viewer/palette.h"
#include "viewer/view.h"

static const struct view_ops *const views[VIEW_MAX + 1] = {
	[VIEWER_VIEW_OVERVIEW] = &view_overview,   [VIEWER_VIEW_POOL] = &view_pool,
	[VIEWER_VIEW_LATENCY] = &view_latency,	   [VIEWER_VIEW_OUTSTANDING] = &view_outstanding,
	[VIEWER_VIEW_EVENTS] = &view_events,	   [VIEWER_VIEW_TUNE] = &view_tune,
	[VIEWER_VIEW_HEALTH] = &view_health,	   [VIEWER_VIEW_SQL] = &view_sql,
	[VIEWER_VIEW_BOOKMARKS] = &view_bookmarks,
};

const struct view_ops *view_of(int digit)
{
	return digit >= 1 && digit <= VIEW_MAX ? views[digit] : NULL;
}

const struct view_ops *view_with_tab(int digit)
{
	const struct view_ops *ops = view_of(digit);

	return ops && !ops->no_tab ? ops : NULL;
}

int view_next(int digit, int by)
{
	do {
		digit += by;
		if (digit < 1)
			digit = VIEW_MAX;
		if (digit > VIEW_MAX)
			digit = 1;
	} while (!view_with_tab(digit));
	return digit;
}

int view_request_of(int digit, int key)
{
	const struct view_ops *ops = view_of(digit);
	int request = ops ? keys_find(ops->keys, ops->nr_keys, key) : REQUEST_NONE;

	if (request != REQUEST_NONE)
		return request;
	if (key >= '1' && key <= '9' && view_with_tab(key - '0'))
		return REQUEST_VIEW_1 + key - '1';
	return keys_request(key);
}

void view_write_keys(FILE *out)
{
	size_t nr;
	const struct key_binding *table = keys_table(&nr);

	fprintf(out, "| key | does |\n| --- | --- |\n");
	for (int i = 1; i <= VIEW_MAX; i++)
		if (view_with_tab(i))
			fprintf(out, "| `%d` | %s: %s |\n", i, views[i]->name, views[i]->about);
	keys_write_rows(table, nr, out);
	for (int i = 1; i <= VIEW_MAX; i++)
		if (views[i])
			keys_write_rows(views[i]->keys, views[i]->nr_keys, out);
	fprintf(out, "| **After `:`** | |\n");
	command_write_rows(out);
}

int viewer_view_named(const char *name)
{
	for (int i = 1; i <= VIEW_MAX; i++)
		if (view_with_tab(i) &&
		    (strcasecmp(views[i]->name, name) == 0 || (name[0] == '0' + i && !name[1])))
			return i;
	return -1;
}

const char *viewer_view_names(char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (int i = 1; i <= VIEW_MAX && used < size; i++)
		if (view_with_tab(i))
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 views[i]->name);
	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return text;
}

int viewer_theme_named(const char *name)
{
	return palette_theme_named(name);
}

const char *viewer_theme_names(char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (int i = 0; i < NR_THEMES && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 palette_theme_name(i));
	return text;
}

static void write_table(const struct key_binding *table, size_t nr, FILE *out)
{
	const char *group = "";
	char names[64];

	for (size_t i = 0; i < nr; i++) {
		if (strcmp(group, table[i].group) != 0)
			fprintf(out, "\n  %s\n", table[i].group);
		group = table[i].group;
		fprintf(out, "    %-14s %s\n", keys_names(&table[i], names, sizeof(names)),
			table[i].help);
	}
}

void viewer_write_keys(FILE *out)
{
	size_t nr, nr_commands;
	const struct key_binding *table = keys_table(&nr);
	const struct command *commands = command_table(&nr_commands);
	char text[64];

	fprintf(out, "  Views\n");
	for (int i = 1; i <= VIEW_MAX; i++)
		if (view_with_tab(i))
			fprintf(out, "    %-14d %s: %s\n", i, views[i]->name, views[i]->about);
	write_table(table, nr, out);
	for (int i = 1; i <= VIEW_MAX; i++)
		if (views[i])
			write_table(views[i]->keys, views[i]->nr_keys, out);
	fprintf(out, "\n  After :\n");
	for (size_t i = 0; i < nr_commands; i++) {
		snprintf(text, sizeof(text), ":%s %s", commands[i].name, commands[i].argument);
		fprintf(out, "    %-22s %s\n", text, commands[i].help);
	}
}
