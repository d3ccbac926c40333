/* SPDX-License-Identifier: MIT */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H
/* What `top` and `replay` share: the terminal UI over a recording, with the same options. */
#include <stdbool.h>

/* name: "top" or "replay".  replay: it begins by playing, and --speed and --from say how. */
/* All keys and commands of the terminal UI, for the manual pages: no line begins with a dot. */
void show_keys(void);

int show_run(const char *name, bool replay, int argc, char **argv);

#endif
