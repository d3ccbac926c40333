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
 * A process that is about to be another program.  It waits until born() has said in writing who it
 * is (0), and ends without a trace when born() fails or this process dies meanwhile: so whatever
 * runs is written down, at whatever instant the writer is killed.
 */
struct process_plan {
	char *const *argv;  /* argv[0] is looked for in PATH */
	char *const *envp;  /* NULL: ours */
	const char *output; /* file that stdout and stderr are appended to, with an empty standard
			       input; NULL: all three are ours */
	bool daemon;	    /* a session of its own, without our terminal */
	int (*born)(pid_t pid, void *ctx); /* may be NULL */
	void *ctx;
};

/* Returns: its pid, or -errno (-ENOENT: not installed; or what born() returned). */
pid_t process_start(const struct process_plan *plan);

/*
 * Which descriptors are open now: those that a program may inherit.  Libraries open some of their
 * own without close-on-exec (Babeltrace its connection to the relay daemon, which must end with us
 * and not with the program): process_hide_fds() marks all that have come since.
 */
#define PROCESS_FDS_MAX 1024
struct process_fds {
	bool open[PROCESS_FDS_MAX];
};
void process_note_fds(struct process_fds *fds);
void process_hide_fds(const struct process_fds *fds);

/*
 * Sends sig, waits up to timeout_ms for the end, then SIGKILL.  The process may be our child or
 * not. Returns: true when it ended without SIGKILL.
 */
bool process_end(pid_t pid, int sig, int timeout_ms);

/* A process that has ended and that its parent does not wait for is not alive. */
bool process_alive(pid_t pid);

/* True while that very process runs, and not another one with its number. */
bool process_is(pid_t pid, uint64_t start_time);

/* Start time in clock ticks since boot: with the pid, a process's identity.  0: no such process. */
uint64_t process_start_time(pid_t pid);

/* True when PATH has an executable of this name; path (may be NULL) gets where. */
bool process_in_path(const char *name, char *path, size_t path_size);

/* The last non-empty line of a log file, for error messages; "" when there is none. */
void process_last_words(const char *log_path, char *line, size_t line_size);

#endif
