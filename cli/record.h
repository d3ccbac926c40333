/* SPDX-License-Identifier: MIT */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H
/* What `record` and `demo` share. */
#include <signal.h>
#include <stdbool.h>

#include "tracer/recording.h"

/* Catches SIGINT, SIGTERM and SIGHUP; the flag holds the last one that came. */
const volatile sig_atomic_t *record_catch_signals(void);

/* The exit status for a failed recording_start(). */
int record_status_of(int ret);

/* "poolscope ARG...", allocated; NULL when memory is out. */
char *record_command_line(int argc, char **argv);

/* Says on stderr how a recording ended.  Returns: the exit status, CLI_OK or CLI_LOSS. */
int record_report(const struct recording_result *result, const char *path, bool quiet);

#endif
