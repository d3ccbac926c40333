/* SPDX-License-Identifier: MIT */
/*
 * `poolscope completion`: the command table in the words of three shells.
 */
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"

static bool takes_path(const struct cli_option *o)
{
	static const char *const paths[] = {"FILE", "OUT", "DIR", "CSV"};

	for (size_t i = 0; o->value && i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!strcmp(o->value, paths[i]))
			return true;
	}
	return false;
}

/* --- bash ------------------------------------------------------------------------------------- */

static void bash_command(const struct cli_command *c)
{
	printf("\t%s)\n", c->name);
	if (c->options) {
		printf("\t\tcase $before in\n");
		for (const struct cli_option *o = c->options; o->name; o++) {
			if (o->words)
				printf("\t\t%s) words='%s' ;;\n", o->name, o->words);
			else if (takes_path(o))
				printf("\t\t%s) files=1 ;;\n", o->name);
			else if (o->value)
				printf("\t\t%s) return ;;\n", o->name);
		}
		printf("\t\t*)\n\t\t\tfiles=1\n\t\t\t[[ $word == -* ]] && files= words='");
		for (const struct cli_option *o = c->options; o->name; o++)
			printf("%s ", o->name);
		printf("--help'\n\t\t\t;;\n\t\tesac\n");
	} else if (c->words) {
		printf("\t\twords='%s --help'\n", c->words);
	} else {
		printf("\t\tfiles=1\n\t\t[[ $word == -* ]] && files= words=--help\n");
	}
	printf("\t\t;;\n");
}

static void write_bash(const struct cli_command *commands, size_t nr)
{
	printf("# poolscope(1) completion for bash; made by `poolscope completion bash`\n"
	       "_poolscope() {\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	       "\tlocal words= files= line\n"
	       "\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	       "\t\twords='");
	for (size_t i = 0; i < nr; i++)
		printf("%s ", commands[i].name);
	printf("help --help --version'\n"
	       "\telse\n"
	       "\t\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < nr; i++)
		bash_command(&commands[i]);
	printf("\thelp) words='");
	for (size_t i = 0; i < nr; i++)
		printf("%s ", commands[i].name);
	printf("' ;;\n"
	       "\t\tesac\n"
	       "\tfi\n"
	       "\tif [ -n \"$files\" ]; then\n"
	       "\t\tcompopt -o filenames 2>/dev/null\n"
	       "\t\twhile IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -f -- "
	       "\"$word\")\n"
	       "\telse\n"
	       "\t\twhile IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -W "
	       "\"$words\" -- \"$word\")\n"
	       "\tfi\n"
	       "}\n"
	       "complete -F _poolscope poolscope\n");
}

/* --- zsh -------------------------------------------------------------------------------------- */

/* Inside '...[HELP]...': quotes and brackets would end it. */
static void zsh_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr("[]:\\", *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_command(const struct cli_command *c)
{
	printf("\t%s)\n\t\t_arguments", c->name);
	for (const struct cli_option *o = c->options; o && o->name; o++) {
		printf(" \\\n\t\t\t'*%s[", o->name);
		zsh_text(o->help);
		putchar(']');
		if (o->words)
			printf(":%s:(%s)", o->value, o->words);
		else if (takes_path(o))
			printf(":%s:_files", o->value);
		else if (o->value)
			printf(":%s:", o->value);
		putchar('\'');
	}
	if (c->words)
		printf(" \\\n\t\t\t'1::(%s)'", c->words);
	else
		printf(" \\\n\t\t\t'*:file:_files'");
	printf("\n\t\t;;\n");
}

static void write_zsh(const struct cli_command *commands, size_t nr)
{
	printf("#compdef poolscope\n"
	       "# poolscope(1) completion for zsh; made by `poolscope completion zsh`\n"
	       "_poolscope() {\n"
	       "\tlocal -a commands\n"
	       "\tcommands=(\n");
	for (size_t i = 0; i < nr; i++) {
		printf("\t\t'%s:", commands[i].name);
		zsh_text(commands[i].summary);
		printf("'\n");
	}
	printf("\t)\n"
	       "\tif ((CURRENT == 2)); then\n"
	       "\t\t_describe command commands\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\tlocal command=${words[2]}\n"
	       "\tshift words\n"
	       "\t((CURRENT--))\n"
	       "\tcase $command in\n");
	for (size_t i = 0; i < nr; i++)
		zsh_command(&commands[i]);
	printf("\tesac\n"
	       "}\n"
	       "if [ \"$funcstack[1]\" = _poolscope ]; then\n"
	       "\t_poolscope \"$@\"\n"
	       "else\n"
	       "\tcompdef _poolscope poolscope\n"
	       "fi\n");
}

/* --- fish ------------------------------------------------------------------------------------- */

static void fish_text(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void fish_option(const struct cli_command *c, const struct cli_option *o)
{
	printf("complete -c poolscope -n '__fish_seen_subcommand_from %s' ", c->name);
	if (o->name[1] == '-')
		printf("-l %s", o->name + 2);
	else
		printf("-s %s", o->name + 1);
	if (o->words)
		printf(" -x -a '%s'", o->words);
	else if (takes_path(o))
		printf(" -r -F");
	else if (o->value)
		printf(" -x");
	printf(" -d ");
	fish_text(o->help);
	putchar('\n');
}

static void write_fish(const struct cli_command *commands, size_t nr)
{
	printf("# poolscope(1) completion for fish; made by `poolscope completion fish`\n"
	       "complete -c poolscope -n __fish_use_subcommand -f\n");
	for (size_t i = 0; i < nr; i++) {
		const struct cli_command *c = &commands[i];

		printf("complete -c poolscope -n __fish_use_subcommand -a %s -d ", c->name);
		fish_text(c->summary);
		putchar('\n');
		for (const struct cli_option *o = c->options; o && o->name; o++)
			fish_option(c, o);
		if (c->words)
			printf("complete -c poolscope -n '__fish_seen_subcommand_from %s' -f -a "
			       "'%s'\n",
			       c->name, c->words);
	}
}

int cli_completion_write(const char *shell)
{
	size_t nr;
	const struct cli_command *commands = cli_commands(&nr);

	if (!strcmp(shell, "bash"))
		write_bash(commands, nr);
	else if (!strcmp(shell, "zsh"))
		write_zsh(commands, nr);
	else if (!strcmp(shell, "fish"))
		write_fish(commands, nr);
	else
		return -EINVAL;
	return 0;
}

int cli_completion(int argc, char **argv)
{
	if (argc != 2)
		return cli_fail(CLI_USAGE, "completion: for which shell? give bash, zsh or fish");
	if (cli_completion_write(argv[1]))
		return cli_fail(CLI_USAGE, "completion: %s: give bash, zsh or fish", argv[1]);
	return CLI_OK;
}
