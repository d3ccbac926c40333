/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "viewer/viewer.h"

struct top {
	struct viewer_options viewer;
	const char *script;
	bool once;
};

static int choose(const char *text, const char *const *names, int nr)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}

static int parse_chars(struct top *top, const char *text)
{
	static const char *const names[] = {"auto", "braille", "block", "ascii"};
	int chars = choose(text, names, 4);

	if (chars < 0)
		return cli_fail(CLI_USAGE, "top: --chars %s: give auto, braille, block or ascii",
				text);
	top->viewer.chars = (enum viewer_chars)chars;
	return CLI_OK;
}

static int parse_color(struct top *top, const char *text)
{
	static const char *const names[] = {"auto", "always", "never"};
	int color = choose(text, names, 3);

	if (color < 0)
		return cli_fail(CLI_USAGE, "top: --color %s: give auto, always or never", text);
	top->viewer.color = (enum viewer_color)color;
	return CLI_OK;
}

static int parse_size(struct top *top, const char *text)
{
	char rest;

	if (sscanf(text, "%4dx%4d%c", &top->viewer.width, &top->viewer.height, &rest) != 2 ||
	    top->viewer.width < 1 || top->viewer.height < 1)
		return cli_fail(CLI_USAGE, "top: --size %s: give WIDTHxHEIGHT, for example 120x40",
				text);
	return CLI_OK;
}

static int parse_view(struct top *top, const char *text)
{
	int digit = viewer_view_named(text);
	char names[256];

	if (digit <= 0)
		return cli_fail(CLI_USAGE, "top: --view %s: give %s", text,
				viewer_view_names(names, sizeof(names)));
	top->viewer.view = (enum viewer_view)digit;
	return CLI_OK;
}

static int parse_option(struct top *top, int opt, const char *value, char **argv)
{
	switch (opt) {
	case '1':
		top->once = true;
		return CLI_OK;
	case 'x':
		top->script = value;
		return CLI_OK;
	case 'c':
		return parse_chars(top, value);
	case 'C':
		return parse_color(top, value);
	case 's':
		return parse_size(top, value);
	case 'v':
		return parse_view(top, value);
	case ':':
		return cli_fail(CLI_USAGE, "top: %s needs a value; see poolscope top --help",
				argv[optind - 1]);
	default:
		return cli_unknown_option("top", argv);
	}
}

static int parse(int argc, char **argv, struct top *top)
{
	static const struct option longs[] = {{"once", no_argument, NULL, '1'},
					      {"script", required_argument, NULL, 'x'},
					      {"chars", required_argument, NULL, 'c'},
					      {"color", required_argument, NULL, 'C'},
					      {"size", required_argument, NULL, 's'},
					      {"view", required_argument, NULL, 'v'},
					      {0}};
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		int status = parse_option(top, opt, optarg, argv);

		if (status != CLI_OK)
			return status;
	}
	if (optind == argc)
		return cli_fail(CLI_USAGE, "top: give the recording: poolscope top FILE "
					   "(poolscope demo and poolscope record make one)");
	if (optind + 1 < argc)
		return cli_fail(CLI_USAGE, "top: %s: one recording at a time", argv[optind + 1]);
	top->viewer.path = argv[optind];
	return CLI_OK;
}

static int run_script(const struct top *top, struct db_error *err)
{
	FILE *script = strcmp(top->script, "-") == 0 ? stdin : fopen(top->script, "r");
	int ret;

	if (!script) {
		ret = -errno;
		snprintf(err->text, sizeof(err->text), "%s: %s", top->script, strerror(-ret));
		return ret;
	}
	ret = viewer_script(&top->viewer, script, err);
	if (script != stdin)
		fclose(script);
	return ret;
}

int cli_top(int argc, char **argv)
{
	struct top top = {0};
	struct db_error err = {{0}};
	int ret = parse(argc, argv, &top);

	if (ret != CLI_OK)
		return ret;
	if (top.script)
		ret = run_script(&top, &err);
	else if (top.once || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		ret = viewer_once(&top.viewer, stdout, &err);
	else
		ret = viewer_run(&top.viewer, &err);
	if (ret)
		return cli_fail(CLI_UNREADABLE, "top: %s", err.text);
	return CLI_OK;
}
