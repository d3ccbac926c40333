/* SPDX-License-Identifier: MIT */
#ifndef TRACER_TRAIL_H
#define TRACER_TRAIL_H
/*
 * What a recording has on this machine, written down before it has it: a text file beside the
 * session daemon's locks, one line a thing, only ever appended to.  While the recorder lives it
 * holds the file's lock; a trail that can be locked is that of a recorder that was killed.  So
 * `record --resume` finds what it needs, and `doctor --clean` what it may remove, after a SIGKILL
 *at any instant.
 *
 *	database /home/me/x.db
 *	session poolscope-1700000000-4711
 *	scratch /tmp/poolscope-1700000000-4711
 *	trace /tmp/poolscope-1700000000-4711/trace
 *	relayd 4712 8812345 40001 40002 40003	pid, start time, ports: control, data, live
 *	program 4713 8812399			pid, start time
 *	process 4713				announced itself
 *	recorder 4711				who writes this
 *	flight					a flight recorder: nothing to take up
 *	stored					the database is finished; what is left is rubbish
 *
 * Thread:  trail_add() any; else one at a time.
 * Errors:  0 or -errno with err filled.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/store.h"

struct trail {
	int fd; /* locked while this is open; -1 */
	char path[PATH_MAX];
	char database[PATH_MAX]; /* absolute */
	char session[64];
	char scratch[108];
	char trace[PATH_MAX];
	pid_t recorder, relayd, program;
	uint64_t relayd_start, program_start;
	int ports[3];
	unsigned processes; /* that announced themselves */
	bool stored, flight;
};

/* Absolute form of a path that need not exist; its folder must. */
int trail_absolute(const char *path, char *absolute, size_t size, struct db_error *err);

/* Begins the trail of a recording; the name of its session is that of the file. */
int trail_open(struct trail *t, const char *database, const char *session, struct db_error *err);

/* Appends one line (without its end), which is there when this returns. */
int trail_add(struct trail *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * The newest trail of this database, read and locked.
 * Returns: 0, -ENOENT there is none, -EBUSY its recorder lives.
 */
int trail_find(struct trail *t, const char *database, struct db_error *err);

/*
 * Calls each() with every trail of this user that no recorder holds; it is locked meanwhile, and
 * each() may remove it.  Returns: how many there were, or -errno.
 */
int trail_each_left(void (*each)(struct trail *t, void *ctx), void *ctx, struct db_error *err);

/* Calls each() with every trail whose recorder lives.  Returns: how many, or -errno. */
int trail_each_alive(void (*each)(struct trail *t, void *ctx), void *ctx, struct db_error *err);

/* Everything is taken down: the trail ends. */
void trail_remove(struct trail *t);

/* Lets go of the trail and leaves it there. */
void trail_release(struct trail *t);

#endif
