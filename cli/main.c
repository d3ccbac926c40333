/* SPDX-License-Identifier: MIT */
/*
 * poolscope: finds the subcommand and hands over.
 */
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/command.h"

static int usage(FILE *to)
{
	cli_help_all(to);
	return to == stdout ? CLI_OK : CLI_USAGE;
}

/*
 * Without HOME, as in some services and containers, LTTng's daemons live in the home of the
 * password file, where traced programs do not look for them.  All of ours shall mean the same
 * folder.
 */
static void find_home(void)
{
	const struct passwd *user =
		getenv("HOME") || getenv("LTTNG_HOME") ? NULL : getpwuid(getuid());

	if (user)
		setenv("HOME", user->pw_dir, 0);
}

static int help(const struct cli_command *command)
{
	cli_help(command);
	return CLI_OK;
}

/* `poolscope help [--man] [COMMAND]` */
static int about(int argc, char **argv)
{
	bool man = argc > 0 && !strcmp(argv[0], "--man");
	const struct cli_command *command = NULL;

	if (argc > man) {
		command = cli_command_find(argv[man]);
		if (!command)
			return cli_fail(CLI_USAGE, "help: no command '%s'; see: poolscope --help",
					argv[man]);
	}
	if (man)
		cli_manual(command);
	else if (command)
		cli_help(command);
	else
		cli_help_all(stdout);
	return CLI_OK;
}

int main(int argc, char **argv)
{
	const struct cli_command *command;

	find_home();
	setlocale(LC_CTYPE, ""); /* which characters the terminal can show */
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return usage(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("poolscope " POOLSCOPE_VERSION);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "help"))
		return about(argc - 2, argv + 2);
	command = cli_command_find(argv[1]);
	if (!command)
		return cli_fail(CLI_USAGE, "no command '%s'; see: poolscope --help", argv[1]);
	for (int i = 2; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return help(command);
	}
	return command->run(argc - 1, argv + 1);
}
