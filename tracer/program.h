/* SPDX-License-Identifier: MIT */
#ifndef TRACER_PROGRAM_H
#define TRACER_PROGRAM_H
/*
 * The program under trace: a child of ours, or, after its first recorder was killed, a process that
 * we know by pid and start time.
 *
 * Thread:  one at a time.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct program {
	pid_t pid; /* 0: never started */
	uint64_t start_time;
	int pidfd; /* of one that is not our child; else -1 */
	bool ended;
	bool asked;	   /* we asked it to end */
	bool status_known; /* only a child tells how it ended */
	int status;	   /* as from waitpid() */
};

/*
 * Starts argv[0] (looked for in PATH) with POOLSCOPE_ANNOUNCE in its environment.  output: file for
 * its stdout and stderr, or NULL for ours.  born() runs before it does anything; see
 * tracer/process.h.
 * Returns: 0 or -errno.
 */
int program_start(struct program *p, char *const *argv, const char *announce_path,
		  const char *output, int (*born)(pid_t pid, void *ctx), void *ctx);

/* Takes up a program that somebody else started; one that is gone counts as ended. */
void program_adopt(struct program *p, pid_t pid, uint64_t start_time);

/* Looks whether it has ended; never waits.  Returns: p->ended. */
bool program_poll(struct program *p);

/* Sends it a signal, if it still is the same process. */
void program_signal(struct program *p, int sig);

/*
 * Ends it: SIGTERM unless it was asked already (a second signal would cut a halt short that is
 * under way), SIGTERM after 5 s in any case, SIGKILL after 10 s or when the user loses patience
 * (*cancel).
 */
void program_stop(struct program *p, const volatile sig_atomic_t *cancel);

void program_release(struct program *p);

#endif
