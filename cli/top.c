/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/show.h"

int cli_top(int argc, char **argv)
{
	return show_run("top", false, argc, argv);
}
