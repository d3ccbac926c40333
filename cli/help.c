/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"

enum { WIDTH = 90, LEFT_MAX = 22 };

/* Words from column `at` on, lines broken before WIDTH and begun at `indent`; the line is ended. */
static void wrap(FILE *to, const char *text, int at, int indent)
{
	int blanks = 0;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (blanks && at + blanks + len > WIDTH) {
			fprintf(to, "\n%*s", indent, "");
			at = indent;
			blanks = 0;
		}
		fprintf(to, "%*s%.*s", blanks, "", len, text);
		at += blanks + len;
		blanks = (int)strspn(text + len, " ");
		text += len + blanks;
	}
	fputc('\n', to);
}

/* Paragraphs with an empty line between; those that begin with a blank stay as they are. */
static void print_text(const char *text)
{
	char paragraph[1024];

	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);

		snprintf(paragraph, sizeof(paragraph), "%.*s", (int)len, text);
		if (*text == ' ')
			puts(paragraph);
		else
			wrap(stdout, paragraph, 0, 0);
		text += len + (end ? 2 : 0);
		if (*text)
			putchar('\n');
	}
}

static int left_of(const struct cli_option *option, char *left, size_t size)
{
	return snprintf(left, size, "%s%s%s", option->name, option->value ? " " : "",
			option->value ? option->value : "");
}

static void print_options(const struct cli_option *options)
{
	int width = 0;
	char left[64];

	for (const struct cli_option *o = options; o->name; o++) {
		int len = left_of(o, left, sizeof(left));

		if (len > width && len <= LEFT_MAX)
			width = len;
	}
	for (const struct cli_option *o = options; o->name; o++) {
		int len = left_of(o, left, sizeof(left));

		if (len <= width)
			printf("  %-*s  ", width, left);
		else
			printf("  %s\n%*s", left, width + 4, "");
		wrap(stdout, o->help, width + 4, width + 4);
	}
}

static void print_synopsis(const struct cli_command *c)
{
	const char *form = c->synopsis;

	for (;;) {
		int len = (int)strcspn(form, "\n");

		printf("%s poolscope %s %.*s\n", form == c->synopsis ? "usage:" : "      ", c->name,
		       len, form);
		if (!form[len])
			return;
		form += len + 1;
	}
}

void cli_help(const struct cli_command *c)
{
	print_synopsis(c);
	printf("\n%s\n", c->summary);
	if (c->options) {
		putchar('\n');
		print_options(c->options);
	}
	if (c->text) {
		putchar('\n');
		print_text(c->text);
	}
	if (c->more)
		c->more();
	if (c->exit_status) {
		printf("\nExit status: ");
		wrap(stdout, c->exit_status, 13, 0);
	}
}

void cli_help_all(FILE *to)
{
	size_t nr;
	const struct cli_command *commands = cli_commands(&nr);

	fputs("usage: poolscope COMMAND [ARGUMENTS]\n\n", to);
	wrap(to, cli_about, 0, 0);
	fputc('\n', to);
	for (size_t i = 0; i < nr; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`poolscope COMMAND --help` says more.  Start with `poolscope demo`.\nExit "
	      "status: ",
	      to);
	wrap(to, cli_exit_statuses, 13, 0);
}
