/* SPDX-License-Identifier: MIT */
#ifndef TRACER_SESSION_H
#define TRACER_SESSION_H
/*
 * One LTTng tracing session, through liblttng-ctl: the only file that speaks to the session daemon.
 *
 * The session streams live to a relay daemon and traces only the processes that it was told of
 * (LTTng's process id tracker), so that recordings side by side do not mix.  Two channels: `alloc`
 * for all events but rx_*, and `rx`, so that a flood of packets never pushes an allocation out.
 *
 * Errors:  0 or -EIO with err filled.
 * Thread:  one at a time.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/store.h"

enum session_groups {
	SESSION_GROUP_ALLOC = 1, /* everything but rx_* */
	SESSION_GROUP_RX = 2,	 /* rx_*, and the life of pools: open, ticks, close */
};

struct trace_session {
	char name[64];
	struct lttng_handle *handle;
	struct lttng_process_attr_tracker_handle *tracker;
	bool created, active;
};

/* Creates the session, its channels and event rules; nothing is traced yet.  ports are relayd's. */
int session_open(struct trace_session *s, const char *name, unsigned groups, int control_port,
		 int data_port, struct db_error *err);

/*
 * The same for the two sessions of a flight recorder.  The first keeps the newest `bytes` a CPU of
 * receive events in memory (rounded up to a power of two; of the others a quarter of that), in
 * files below shm_path if that is not NULL.  The second streams only what a recorder must know at
 * once: rx_drop and violation, as far as the groups have them, so that nothing gets a seq that the
 * first does not keep.
 */
int session_open_flight(struct trace_session *s, const char *name, unsigned groups, uint64_t bytes,
			const char *shm_path, struct db_error *err);
int session_open_watch(struct trace_session *s, const char *name, unsigned groups, int control_port,
		       int data_port, struct db_error *err);

/*
 * Names of the events that session_open() enables for these groups, or with watch
 * session_open_watch(); NULL behind the last.
 */
#define SESSION_EVENTS_MAX 16
void session_events(unsigned groups, bool watch, const char *names[SESSION_EVENTS_MAX]);

/* Writes what a flight session holds as a CTF trace below dir; returns when it is there. */
int session_snapshot(struct trace_session *s, const char *dir, struct db_error *err);

/* Calls with the name of each session of the session daemon; with none when no daemon answers. */
void session_each(void (*each)(const char *name, void *ctx), void *ctx);

/* True when the session daemon has a session of this name. */
bool session_exists(const char *name);

/*
 * Takes up a session that session_open() made in a recorder that was killed, in whatever state it
 * is.  Returns: 0, or -EIO with err filled.
 */
int session_adopt(struct trace_session *s, const char *name, struct db_error *err);

/* Starts tracing: from now on a relay daemon knows the session, and processes can be added. */
int session_start(struct trace_session *s, struct db_error *err);

/* Traces this process (its id as it sees it itself) too; returns when its tracepoints are on. */
int session_add_process(struct trace_session *s, pid_t vpid, struct db_error *err);

/* Stops tracing; returns when all that was traced has reached the relay daemon. */
int session_stop(struct trace_session *s, struct db_error *err);

/* Destroys the session; live readers then see the end of each stream.  Safe after any failure. */
void session_close(struct trace_session *s);

/*
 * Where a live session that somebody else runs can be read: net://RELAY/host/SOMEBODY/NAME for
 * live_find(), with the traced host left open.  The session daemon does not know the relay daemon's
 * live port: it is live_port, or with 0 that of a relay daemon of this machine (tracer/live_port.h)
 * whose process may be looked into, or else the default one.
 * Errors:  -ENOENT there is no such session, or it is not live; -EIO no daemon answers.
 */
int session_live_url(const char *name, int live_port, char *url, size_t size, struct db_error *err);

#endif
