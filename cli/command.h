/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H
/*
 * The table of subcommands.  It alone makes `--help`, the manual pages and the shells' completions.
 *
 * Texts are plain words without line ends of their own; what prints them breaks the lines.  In
 * `text`, a paragraph ends with "\n\n", and lines that begin with a blank are kept as they are.
 */
#include <stddef.h>
#include <stdio.h>

struct cli_option {
	const char *name;  /* "--format", or "-o" */
	const char *value; /* what it takes, "FILE", "DIR", "N"; NULL: nothing */
	const char *help;
	const char *words; /* the values that there are, a blank between them; or NULL */
};

struct cli_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char
		*synopsis; /* arguments, as shown behind the name; several forms: a '\n' between */
	const char *summary;		  /* one sentence */
	const struct cli_option *options; /* ends at name NULL; or NULL */
	const char *text;		  /* what else is worth saying; or NULL */
	const char *exit_status;	  /* where it says more than the common list; or NULL */
	void (*more)(void);		  /* prints a list that the text speaks of last; or NULL */
	const char *words; /* what its first argument may be, a blank between them; NULL: a file */
	void (*manual)(void); /* prints what only the manual page has room for; or NULL */
};

/* All of them, in the order of the help. */
const struct cli_command *cli_commands(size_t *nr);
/* Returns: the command, or NULL. */
const struct cli_command *cli_command_find(const char *name);

/* What exit statuses mean for every command. */
extern const char cli_exit_statuses[];
/* What Poolscope is, in one sentence. */
extern const char cli_about[];

/* `poolscope --help` and `poolscope COMMAND --help`. */
void cli_help_all(FILE *to);
void cli_help(const struct cli_command *command);

/* A manual page in man(7): of a command, or with NULL of poolscope itself. */
void cli_manual(const struct cli_command *command);

/*
 * What makes a shell complete poolscope's command line, on stdout.
 * Returns: 0, or -EINVAL when the shell is not bash, zsh or fish.
 */
int cli_completion_write(const char *shell);

#endif
