/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_COMMAND_H
#define VIEWER_COMMAND_H
/*
 * The commands of the `:` prompt.  One table makes the commands, their help, docs/keys.md and the
 * manual.
 */
#include <stdio.h>

#include "viewer/app.h"

struct command {
	const char *name;
	const char *argument; /* "TIME"; "" takes none; in brackets: may be left out */
	const char *help;
	/* Returns: 0; -EINVAL: not with this argument.  What it has to say, it says with app_say().
	 */
	int (*run)(struct app *app, const char *argument);
};

const struct command *command_table(size_t *nr);
/* Runs a line; a name may be shortened as long as it is the only one.  Mistakes are said. */
void command_run(struct app *app, const char *line);
/* Rows of a Markdown table. */
void command_write_rows(FILE *out);

#endif
