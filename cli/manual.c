/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"

/* Text for man(7): '-' is a minus, no line of the text is a request. */
static void put_n(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool line_begins = !i || text[i - 1] == '\n';

		if (line_begins && (c == '.' || c == '\''))
			fputs("\\&", stdout);
		if (c == '\\')
			fputs("\\e", stdout);
		else if (c == '-')
			fputs("\\-", stdout);
		else
			putchar(c);
	}
}

static void put(const char *text)
{
	put_n(text, strlen(text));
}

static void put_heading(const char *name)
{
	char title[64];

	snprintf(title, sizeof(title), "POOLSCOPE%s%s", name ? "-" : "", name ? name : "");
	for (char *p = title; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	printf(".TH %s 1 \"\" \"poolscope " POOLSCOPE_VERSION "\" \"Poolscope\"\n", title);
}

/* "Runs CMD traced." is "runs CMD traced" behind the name. */
static void put_summary(const char *summary)
{
	size_t len = strlen(summary);

	putchar(tolower((unsigned char)summary[0]));
	put_n(summary + 1, len - 1 - (summary[len - 1] == '.'));
	putchar('\n');
}

static void put_synopsis(const struct cli_command *c)
{
	for (const char *form = c->synopsis;;) {
		size_t len = strcspn(form, "\n");

		printf(".B poolscope %s\n", c->name);
		put_n(form, len);
		if (!form[len])
			break;
		printf("\n.br\n");
		form += len + 1;
	}
	putchar('\n');
}

static void put_options(const struct cli_option *options)
{
	puts(".SH OPTIONS");
	for (const struct cli_option *o = options; o->name; o++) {
		printf(".TP\n\\fB");
		put(o->name);
		printf("\\fR");
		if (o->value) {
			printf(" \\fI");
			put(o->value);
			printf("\\fR");
		}
		putchar('\n');
		put(o->help);
		putchar('\n');
	}
}

/* Paragraphs; those that begin with a blank are shown as they are. */
static void put_text(const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);

		puts(*text == ' ' ? ".PP\n.nf" : ".PP");
		put_n(text, len);
		puts(*text == ' ' ? "\n.fi" : "");
		text += len + (end ? 2 : 0);
	}
}

static void put_see_also(const struct cli_command *but)
{
	size_t nr;
	const struct cli_command *commands = cli_commands(&nr);

	puts(".SH SEE ALSO");
	if (but)
		fputs(".BR poolscope (1),\n", stdout);
	for (size_t i = 0; i < nr; i++) {
		if (&commands[i] != but)
			printf(".BR poolscope\\-%s (1),\n", commands[i].name);
	}
	puts(".BR refnic (1),\n.BR lttng (1),\n.BR babeltrace2 (1)");
}

static void put_command(const struct cli_command *c)
{
	put_heading(c->name);
	printf(".SH NAME\npoolscope\\-%s \\- ", c->name);
	put_summary(c->summary);
	puts(".SH SYNOPSIS");
	put_synopsis(c);
	puts(".SH DESCRIPTION");
	put(c->summary);
	putchar('\n');
	if (c->text)
		put_text(c->text);
	if (c->more) {
		puts(".PP\n.nf");
		c->more();
		puts(".fi");
	}
	if (c->options)
		put_options(c->options);
	if (c->manual) {
		puts(".SH KEYS\n.nf");
		c->manual();
		puts(".fi");
	}
	puts(".SH EXIT STATUS");
	put(c->exit_status ? c->exit_status : cli_exit_statuses);
	putchar('\n');
}

static void put_overview(void)
{
	size_t nr;
	const struct cli_command *commands = cli_commands(&nr);

	put_heading(NULL);
	puts(".SH NAME\npoolscope \\- how a driver's DMA buffer pool lives\n.SH SYNOPSIS\n"
	     ".B poolscope\n.I COMMAND\n[\\fIARGUMENTS\\fR]\n.SH DESCRIPTION");
	put(cli_about);
	puts("\nIt records that from LTTng tracepoints, shows it live in a terminal, and replays "
	     "it "
	     "afterwards.  Start with\n.BR \"poolscope demo\" .\n.SH COMMANDS");
	for (size_t i = 0; i < nr; i++) {
		printf(".TP\n.BR poolscope\\-%s (1)\n", commands[i].name);
		put(commands[i].summary);
		putchar('\n');
	}
	puts(".SH EXIT STATUS");
	put(cli_exit_statuses);
	puts("\n.SH ENVIRONMENT\n.TP\n.B NO_COLOR\nwhen it is set and not empty, no colours\n.TP\n"
	     ".B XDG_DATA_HOME\nwhere\n.B poolscope demo\nleaves its databases\n.TP\n.B TMPDIR\n"
	     "where what is needed for a while is kept (/tmp)\n.TP\n.B LTTNG_HOME\nwhere LTTng "
	     "looks for this user's session daemon");
}

void cli_manual(const struct cli_command *command)
{
	if (command)
		put_command(command);
	else
		put_overview();
	put_see_also(command);
}
