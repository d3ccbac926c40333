/* SPDX-License-Identifier: MIT */
/* Prints what pieces of the trace in a folder are read with: piece DIR; status 1: its own metadata.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tracer/piece_metadata.h"

int main(int argc, char **argv)
{
	char *text = argc == 2 ? piece_metadata(argv[1]) : NULL;

	if (!text)
		return 1;
	fputs(text, stdout);
	free(text);
	return 0;
}
