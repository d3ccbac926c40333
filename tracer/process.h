/* SPDX-License-Identifier: MIT */
#ifndef TRACER_PROCESS_H
#define TRACER_PROCESS_H
/*
 * Starting and ending other programs.
 *
 * Only processes that we started, or whose identity (pid and start time) we wrote down when we did,
 * are ever signalled.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Starts argv[0] (found through PATH) as a daemon of ours: a session of its own, no terminal,
 * standard input empty, both outputs appended to log_path. Returns: its pid, or -errno (-ENOENT:
 * not installed).
 */
pid_t process_start_daemon(char *const argv[], const char *log_path);

/* Starts argv[0] in the foreground, with stdout and stderr as ours or, when quiet_path, there. */
pid_t process_start(char *const argv[], char *const envp[], const char *quiet_path);

/*
 * Sends sig, waits up to timeout_ms for the end, then SIGKILL.  The process may be our child or
 * not. Returns: true when it ended without SIGKILL.
 */
bool process_end(pid_t pid, int sig, int timeout_ms);

/* A process that has ended and that its parent does not wait for is not alive. */
bool process_alive(pid_t pid);

/* Start time in clock ticks since boot: with the pid, a process's identity.  0: no such process. */
uint64_t process_start_time(pid_t pid);

/* True when PATH has an executable of this name; path (may be NULL) gets where. */
bool process_in_path(const char *name, char *path, size_t path_size);

/* The last non-empty line of a log file, for error messages; "" when there is none. */
void process_last_words(const char *log_path, char *line, size_t line_size);

#endif
