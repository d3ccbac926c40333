/* SPDX-License-Identifier: MIT */
#include "viewer/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/human.h"
#include "viewer/view.h"
#include "viewer/when.h"

static int run_goto(struct app *app, const char *argument)
{
	int64_t ts_ns;

	if (strcasecmp(argument, "live") == 0) {
		app_time_request(app, REQUEST_LIVE);
		return 0;
	}
	if (when_parse(argument, model_span(&app->model), app_instant(app), &ts_ns))
		return -EINVAL;
	app_remember(app);
	app_set_cursor(app, ts_ns);
	if (app->timeline.cursor_ns != ts_ns)
		app_say(app, INK_WARN, "not in the recording: this is its %s",
			app->timeline.cursor_ns < ts_ns ? "end" : "beginning");
	return 0;
}

static int run_zoom(struct app *app, const char *argument)
{
	int64_t ns;

	if (strcasecmp(argument, "all") == 0)
		timeline_fit(&app->timeline);
	else if (human_parse_duration(argument, &ns) || ns <= 0)
		return -EINVAL;
	else
		timeline_set_width(&app->timeline, model_span(&app->model), app->time_columns, ns);
	return 0;
}

static int run_view(struct app *app, const char *argument)
{
	int digit = viewer_view_named(argument);

	if (digit < 0)
		return -EINVAL;
	app_switch(app, digit);
	return 0;
}

static int run_pool(struct app *app, const char *argument)
{
	for (size_t i = 0; i < app->model.nr_pools; i++) {
		const struct pool_summary *pool = &app->model.pools[i];
		char number[16];

		snprintf(number, sizeof(number), "%u", pool->pool);
		if (strcmp(pool->name, argument) != 0 && strcmp(number, argument) != 0)
			continue;
		app->pool = pool->pool;
		return 0;
	}
	return -EINVAL;
}

static int run_speed(struct app *app, const char *argument)
{
	char *end;
	double speed = strtod(argument, &end);

	if (end == argument || (*end && strcmp(end, "x") != 0) ||
	    !(speed >= PLAY_SLOWEST && speed <= PLAY_FASTEST))
		return -EINVAL;
	app->play.speed = speed;
	return 0;
}

static int run_jump(struct app *app, const char *argument)
{
	unsigned kinds;

	for (int i = 0; i < PLAY_JUMPS; i++) {
		if (strcasecmp(play_jump(i, &kinds), argument) != 0)
			continue;
		app->play.jump = i;
		return 0;
	}
	return -EINVAL;
}

static int run_reopen(struct app *app, const char *argument)
{
	struct db_error err = {{0}};

	if (app_reopen(app, &err))
		app_say(app, INK_ALARM, "%s", err.text);
	return 0;
}

static int run_save(struct app *app, const char *argument)
{
	if (*argument)
		app_save_as(app, argument);
	else
		app_save(app);
	return 0;
}

static int run_theme(struct app *app, const char *argument)
{
	int theme = viewer_theme_named(argument);

	if (theme < 0)
		return -EINVAL;
	app->theme = theme;
	return 0;
}

static int run_sort(struct app *app, const char *argument)
{
	const struct view_ops *ops = view_of(app->view);
	struct table *table = ops->table ? ops->table(app->state[app->view]) : NULL;
	int column = table ? table_column_named(table, argument) : -1;

	if (!table) {
		app_say(app, INK_WARN, "this view has no list");
		return 0;
	}
	if (column < 0)
		return -EINVAL;
	table_sort_by(table, column);
	app_reload(app);
	return 0;
}

static int run_mark(struct app *app, const char *argument)
{
	int which = toupper((unsigned char)argument[0]) - 'A';
	const char *when = argument + 1 + strspn(argument + 1, " ");
	int64_t ts_ns = app_instant(app);

	if (which < 0 || which >= TIMELINE_MARKS || (argument[1] && argument[1] != ' ') ||
	    (*when && when_parse(when, model_span(&app->model), ts_ns, &ts_ns)))
		return -EINVAL;
	app->timeline.has_mark[which] = true;
	app->timeline.mark_ns[which] = ts_ns;
	return 0;
}

static int run_unmark(struct app *app, const char *argument)
{
	int mark = argument[0] - 'A';

	if (!*argument)
		memset(app->timeline.has_mark, 0, sizeof(app->timeline.has_mark));
	else if (mark >= 0 && mark < TIMELINE_MARKS && !argument[1])
		app->timeline.has_mark[mark] = false;
	else if (argument[0] < 'a' || argument[0] > 'z' || argument[1])
		return -EINVAL;
	else if (!app_bookmark_unset(app, *argument))
		app_say(app, INK_WARN, "no bookmark %c: :bookmarks lists them", *argument);
	return 0;
}

static int run_bookmark(struct app *app, const char *argument)
{
	if (argument[0] < 'a' || argument[0] > 'z' || (argument[1] && argument[1] != ' '))
		return -EINVAL;
	app_bookmark_set(app, argument[0], argument + 1 + strspn(argument + 1, " "));
	return 0;
}

static int run_bookmarks(struct app *app, const char *argument)
{
	app->help = false;
	app_open(app, VIEWER_VIEW_BOOKMARKS);
	return 0;
}

static int run_help(struct app *app, const char *argument)
{
	app->help = true;
	app->help_page = 0;
	return 0;
}

static int run_quit(struct app *app, const char *argument)
{
	app->quit = true;
	return 0;
}

static const struct command table[] = {
	{"bookmark", "LETTER [NOTE]", "give the cursor's instant a letter", run_bookmark},
	{"bookmarks", "", "list the instants that have a letter", run_bookmarks},
	{"goto", "TIME", "put the cursor at a time", run_goto},
	{"help", "", "the keys", run_help},
	{"jump", "KIND", "what ] and [ look for: trouble, drop, fallback, failure, crossing",
	 run_jump},
	{"mark", "A|B [TIME]", "set a mark, at the cursor or at a time", run_mark},
	{"pool", "NAME|NUMBER", "select a pool", run_pool},
	{"quit", "", "quit", run_quit},
	{"reopen", "", "show the file that has the name now", run_reopen},
	{"save", "[NAME]", "save the screen as NAME.txt and NAME.svg", run_save},
	{"sort", "COLUMN", "sort the list by a column; once more: the other way round", run_sort},
	{"speed", "X", "of replay, 0.001 to 10000", run_speed},
	{"theme", "NAME", "dark, safe, light or gray", run_theme},
	{"unmark", "[LETTER]", "take a bookmark away, or mark A or B; without a letter both marks",
	 run_unmark},
	{"view", "NAME|DIGIT", "show a view", run_view},
	{"zoom", "DURATION|all", "show so much time", run_zoom},
};
#define NR_COMMANDS (sizeof(table) / sizeof(table[0]))

const struct command *command_table(size_t *nr)
{
	*nr = NR_COMMANDS;
	return table;
}

/* The command of a name or of its only beginning. */
static const struct command *find(const char *name, size_t len)
{
	const struct command *found = NULL;
	int nr = 0;

	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (strncmp(table[i].name, name, len) != 0)
			continue;
		if (!table[i].name[len])
			return &table[i];
		found = &table[i];
		nr++;
	}
	return nr == 1 ? found : NULL;
}

void command_run(struct app *app, const char *line)
{
	const struct command *command;
	char argument[256];
	size_t len;

	line += strspn(line, " ");
	len = strcspn(line, " ");
	if (!len)
		return;
	command = find(line, len);
	if (!command) {
		app_say(app, INK_WARN, "no command '%.*s': ? lists them", (int)len, line);
		return;
	}
	snprintf(argument, sizeof(argument), "%s", line + len + strspn(line + len, " "));
	for (size_t end = strlen(argument); end > 0 && argument[end - 1] == ' '; end--)
		argument[end - 1] = 0;
	if ((!*argument && *command->argument && *command->argument != '[') ||
	    (*argument && !*command->argument) || command->run(app, argument))
		app_say(app, INK_WARN, ":%s %s - %s", command->name, command->argument,
			command->help);
}

void command_write_rows(FILE *out)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		fprintf(out, "| `:%s", table[i].name);
		if (*table[i].argument)
			putc(' ', out);
		for (const char *c = table[i].argument; *c; c++)
			fprintf(out, *c == '|' ? "\\|" : "%c", *c);
		fprintf(out, "` | %s |\n", table[i].help);
	}
}
