/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"
#include "cli/show.h"

int cli_replay(int argc, char **argv)
{
	return show_run("replay", true, argc, argv);
}
