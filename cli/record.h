/* SPDX-License-Identifier: MIT */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H
/* What `record` and `demo` share. */
#include <signal.h>
#include <stdbool.h>

#include "tracer/recording.h"

/* What a signal asked for; 0 when none came. */
enum record_signal {
	RECORD_SIGNAL_FROM_TERMINAL = 1, /* the program got it, too */
	RECORD_SIGNAL_FROM_PROCESS,	 /* kill(1): only we got it */
};

/* Catches SIGINT, SIGTERM and SIGHUP from now on; the flag holds the last one's enum record_signal.
 */
const volatile sig_atomic_t *record_catch_signals(void);

/*
 * Until the program ends or for_ns (0 = no limit) are over.  The first signal is passed on to the
 * program unless it has it already; a second one ends the wait, and recording_finish() ends the
 * program.
 */
void record_wait(struct recording *r, int64_t for_ns);

/* The exit status for a failed recording_start(). */
int record_status_of(int ret);

/* "poolscope ARG...", allocated; NULL when memory is out. */
char *record_command_line(int argc, char **argv);

/*
 * Returns: whether the program ended by itself and says that it failed; it is told, and more.  128
 * and the number of a signal is how some say that they were stopped.
 */
bool record_has_failed(const struct recording_result *result, const char *more);

/* Says on stderr how a recording ended.  Returns: the exit status:
 * CLI_OK, CLI_LOSS, or CLI_CHECK_FAILED when the program ended with another status than 0. */
int record_report(const struct recording_result *result, const char *path, bool quiet);

#endif
