/* SPDX-License-Identifier: MIT */
#include "cli/show.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "viewer/viewer.h"

struct show {
	struct viewer_options viewer;
	const char *name; /* of the command */
	const char *script;
	const char *from;
	bool once;
};

/* One of some words.  Returns: its place, or -1 after the complaint. */
static int choose(const struct show *show, const char *option, const char *text,
		  const char *const *words, int nr)
{
	char list[200] = "";
	size_t used = 0;

	for (int i = 0; i < nr; i++) {
		if (!strcmp(text, words[i]))
			return i;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 i ? ", " : "", words[i]);
	}
	cli_fail(CLI_USAGE, "%s: %s %s: give one of %s", show->name, option, text, list);
	return -1;
}

static int parse_chars(struct show *show, const char *text)
{
	static const char *const words[] = {"auto", "braille", "block", "ascii"};
	int chars = choose(show, "--chars", text, words, 4);

	show->viewer.chars = (enum viewer_chars)chars;
	return chars < 0 ? CLI_USAGE : CLI_OK;
}

static int parse_color(struct show *show, const char *text)
{
	static const char *const words[] = {"auto", "always", "never", "256", "16", "8", "mono"};
	int color = choose(show, "--color", text, words, 7);

	show->viewer.color = (enum viewer_color)color;
	return color < 0 ? CLI_USAGE : CLI_OK;
}

static int parse_theme(struct show *show, const char *text)
{
	int theme = viewer_theme_named(text);
	char names[100];

	if (theme < 0)
		return cli_fail(CLI_USAGE, "%s: --theme %s: give one of %s", show->name, text,
				viewer_theme_names(names, sizeof(names)));
	show->viewer.theme = theme;
	return CLI_OK;
}

static int parse_size(struct show *show, const char *text)
{
	struct viewer_options *viewer = &show->viewer;
	char rest;

	if (sscanf(text, "%4dx%4d%c", &viewer->width, &viewer->height, &rest) != 2 ||
	    viewer->width < 1 || viewer->height < 1)
		return cli_fail(CLI_USAGE, "%s: --size %s: give WIDTHxHEIGHT, for example 120x40",
				show->name, text);
	return CLI_OK;
}

static int parse_view(struct show *show, const char *text)
{
	int digit = viewer_view_named(text);
	char names[256];

	if (digit <= 0)
		return cli_fail(CLI_USAGE, "%s: --view %s: give %s", show->name, text,
				viewer_view_names(names, sizeof(names)));
	show->viewer.view = (enum viewer_view)digit;
	return CLI_OK;
}

static int parse_speed(struct show *show, const char *text)
{
	char *end;
	double speed = strtod(text, &end);

	if (end == text || (*end && strcmp(end, "x") != 0) || !(speed >= 0.001 && speed <= 10000))
		return cli_fail(CLI_USAGE, "%s: --speed %s: give a number from 0.001 to 10000",
				show->name, text);
	show->viewer.speed = speed;
	return CLI_OK;
}

static int parse_option(struct show *show, int opt, const char *value, char **argv)
{
	switch (opt) {
	case '1':
		show->once = true;
		return CLI_OK;
	case 'x':
		show->script = value;
		return CLI_OK;
	case 'c':
		return parse_chars(show, value);
	case 'C':
		return parse_color(show, value);
	case 't':
		return parse_theme(show, value);
	case 's':
		return parse_size(show, value);
	case 'v':
		return parse_view(show, value);
	case 'm':
	case 'M':
		show->viewer.mouse = opt == 'm';
		return CLI_OK;
	case 'S':
		return parse_speed(show, value);
	case 'f':
		show->from = value;
		return CLI_OK;
	case ':':
		return cli_fail(CLI_USAGE, "%s: %s needs a value; see poolscope %s --help",
				show->name, argv[optind - 1], show->name);
	default:
		return cli_unknown_option(show->name, argv);
	}
}

/* Those of replay come first, so that `top` begins behind them. */
static const struct option longs[] = {
	{"speed", required_argument, NULL, 'S'}, {"from", required_argument, NULL, 'f'},
	{"once", no_argument, NULL, '1'},	 {"script", required_argument, NULL, 'x'},
	{"chars", required_argument, NULL, 'c'}, {"color", required_argument, NULL, 'C'},
	{"theme", required_argument, NULL, 't'}, {"size", required_argument, NULL, 's'},
	{"view", required_argument, NULL, 'v'},	 {"mouse", no_argument, NULL, 'm'},
	{"no-mouse", no_argument, NULL, 'M'},	 {0}};
#define OF_REPLAY 2

static int parse(struct show *show, int argc, char **argv)
{
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":", longs + (show->viewer.play ? 0 : OF_REPLAY),
				  NULL)) != -1) {
		int status = parse_option(show, opt, optarg, argv);

		if (status != CLI_OK)
			return status;
	}
	if (optind == argc)
		return cli_fail(CLI_USAGE,
				"%s: give the recording: poolscope %s FILE (poolscope demo and "
				"poolscope record make one)",
				show->name, show->name);
	if (optind + 1 < argc)
		return cli_fail(CLI_USAGE, "%s: %s: one recording at a time", show->name,
				argv[optind + 1]);
	show->viewer.path = argv[optind];
	return CLI_OK;
}

/* --from needs the recording: a clock's time is of its day. */
static int read_from(struct show *show)
{
	struct db_error err = {{0}};
	int ret = show->from ? viewer_read_time(show->viewer.path, show->from,
						&show->viewer.from_ns, &err)
			     : 0;

	if (!ret)
		return CLI_OK;
	return cli_fail(ret == -ERANGE ? CLI_USAGE : CLI_UNREADABLE, "%s: %s%s", show->name,
			ret == -ERANGE ? "--from: " : "", err.text);
}

static int run_script(const struct show *show, struct db_error *err)
{
	FILE *script = strcmp(show->script, "-") == 0 ? stdin : fopen(show->script, "r");
	int ret;

	if (!script) {
		ret = -errno;
		snprintf(err->text, sizeof(err->text), "%s: %s", show->script, strerror(-ret));
		return ret;
	}
	ret = viewer_script(&show->viewer, script, err);
	if (script != stdin)
		fclose(script);
	return ret;
}

int show_run(const char *name, bool replay, int argc, char **argv)
{
	struct show show = {.name = name, .viewer.play = replay};
	struct db_error err = {{0}};
	int ret = parse(&show, argc, argv);

	if (ret == CLI_OK)
		ret = read_from(&show);
	if (ret != CLI_OK)
		return ret;
	if (show.script)
		ret = run_script(&show, &err);
	else if (show.once || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		ret = viewer_once(&show.viewer, stdout, &err);
	else
		ret = viewer_run(&show.viewer, &err);
	if (ret)
		return cli_fail(CLI_UNREADABLE, "%s: %s", name, err.text);
	return CLI_OK;
}

void show_keys(void)
{
	viewer_write_keys(stdout);
}
