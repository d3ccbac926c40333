/* SPDX-License-Identifier: MIT */
#ifndef CLI_CRASH_H
#define CLI_CRASH_H
#include <stdbool.h>

/*
 * `import --crash DIR -o FILE`: what the buffers of a flight recorder with --crash-safe DIR held
 * when everything was killed, or the machine went down.  Several recordings below DIR become
 * several traces of one file.  Returns: the exit status.
 */
int crash_import(const char *dir, const char *path, const char *command_line, bool quiet);

#endif
