/* SPDX-License-Identifier: MIT */
#ifndef TRACER_DAEMONS_H
#define TRACER_DAEMONS_H
/*
 * The two LTTng daemons that a recording needs: a session daemon (one a user, shared with
 * everybody) and a relay daemon (private to the recording).
 *
 * Thread:  one at a time.
 * Errors:  0 or -EIO / -ENOENT (program not installed) with err filled.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/store.h"

/*
 * A private relay daemon on free ports of 127.0.0.1, writing below dir.  relayd_stop() ends it; it
 * outlives a recorder that was killed, and is known again by pid and start time.
 */
struct relayd {
	pid_t pid;
	uint64_t start_time;
	int control_port, data_port, live_port;
	/* Called before the daemon runs, so that it can be written down; 0: go on.  May be NULL. */
	int (*note)(const struct relayd *r, void *ctx);
	void *note_ctx;
};
int relayd_start(struct relayd *r, const char *output_dir, const char *log_path,
		 struct db_error *err);
/* True while the process is there. */
bool relayd_alive(const struct relayd *r);
void relayd_stop(struct relayd *r);

/*
 * The session daemon: taken as it is when this user can reach one, else started.  One that we
 * started serves all recordings of this user and is ended by the last of them, unless somebody else
 * has a session in it by then.
 */
struct sessiond {
	int lock_fd;  /* mutex around starting and ending */
	int users_fd; /* shared while a recording uses the daemon */
	char state_dir[256];
};
int sessiond_acquire(struct sessiond *d, const char *log_path, struct db_error *err);
/* Takes the daemon that answers, and starts none.  Returns: 0, -ESRCH none answers, or -EIO. */
int sessiond_join(struct sessiond *d, struct db_error *err);
void sessiond_release(struct sessiond *d);
/* Lets go of it without ending it. */
void sessiond_leave(struct sessiond *d);

/*
 * The folder, private to the user, where recordings say what they use: the daemon's two locks, and
 * a trail (tracer/trail.h) for each recording.
 */
int sessiond_state_dir(char *path, size_t size, struct db_error *err);

/*
 * The session daemon that a recording started, if no recording uses it and it has at most this many
 * sessions; 0 when there is none.
 */
pid_t sessiond_idle(int sessions);

#endif
