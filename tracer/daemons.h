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
#include <sys/types.h>

#include "db/store.h"

/*
 * A private relay daemon on free ports of 127.0.0.1, writing below dir.  It outlives nothing:
 * relayd_stop ends it.
 */
struct relayd {
	pid_t pid;
	int control_port, data_port, live_port;
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
void sessiond_release(struct sessiond *d);

#endif
