/* SPDX-License-Identifier: MIT */
#ifndef TRACER_RECORDING_H
#define TRACER_RECORDING_H
/*
 * One live recording from beginning to end: daemons, session, collector, the program, and all of it
 * taken down again in reverse order, on success, on failure and on Ctrl-C.
 *
 *	recording_start()   session daemon -> relay daemon -> session -> collector attached ->
 *program recording_poll()    now and then, until it says that it is over recording_finish() program
 *ended -> session stopped and drained -> daemons ended -> store closed
 *
 * The collector attaches before the program starts: Babeltrace's live source reads streams from
 *their beginning only when they appear after it has attached.
 *
 * Thread:  one for all calls, but store readers may be anywhere.  Threads of its own: the
 *collector, the store's writer, the welcome socket.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct recording;

struct recording_options {
	const char *path;	    /* of the database; nothing may be there yet */
	const char *command_line;   /* kept in the database */
	unsigned groups;	    /* SESSION_GROUP_*, 0 = all */
	const char *keep_trace;	    /* folder for the CTF trace; NULL: removed at the end */
	char *const *argv;	    /* the program; argv[0] is looked for in PATH */
	const char *program_output; /* file for its stdout and stderr; NULL: ours */
	const volatile sig_atomic_t *cancel; /* set by a signal handler: give up starting */
	/*
	 * Flight recorder, when not 0: nothing is stored while it runs; the newest events, this
	 * many bytes of them a CPU, stay in memory until recording_snapshot() is called.
	 */
	uint64_t flight_bytes;
	const char *crash_safe; /* folder for the buffers of a flight recorder; NULL: memory */
	/* Sees rx_drop and violation events of a flight recorder soon; on a thread of its own. */
	void (*watch)(const struct pool_event *event, void *ctx);
	/* See struct store_options. */
	uint64_t max_bytes;
	int64_t max_age_ns;
	void (*observe)(const struct pool_event *event, bool contiguous, void *ctx);
	void (*restart)(uint32_t pool, void *ctx);
	void (*before_commit)(struct store *store, void *ctx);
	void *ctx;
};

enum recording_state {
	RECORDING_RUNNING,
	RECORDING_PROGRAM_ENDED, /* call recording_finish() */
	RECORDING_BROKEN,	 /* a daemon or the collector failed: call recording_finish() */
};

struct recording_result {
	enum store_end end;
	char note[128];	    /* how the program ended */
	int program_status; /* as from waitpid(); 0 when it never ran, or is not known */
	uint64_t events, lost;
	char trace_path[4096]; /* where the kept trace is; "" when not kept */
};

/*
 * Errors:  -EEXIST/-EACCES/... as store_open(); -ENOENT a program or package is missing;
 * -ECANCELED; -EIO.  err says it in one line, and everything started is ended again; a database
 * that was created for nothing is removed.
 */
int recording_start(const struct recording_options *options, struct recording **out,
		    struct db_error *err);

/*
 * Takes up a recording of options->path whose recorder was killed: finds session, relay daemon and
 * program again, goes on live if the program still runs (it is not our child any more), and lets
 * recording_finish() fill in what was missed from the relay daemon's trace.  argv, groups and
 * keep_trace are those of the killed recorder.
 * Errors:  -ENOENT no recording of it was left unfinished here; -EBUSY its recorder lives;
 * -ENODATA nothing of it is left (the machine was started anew); -EALREADY it was finished, and
 * what was left of it is removed now; others as store_open().  Nothing is ended on an error.
 */
int recording_resume(const struct recording_options *options, struct recording **out,
		     struct db_error *err);

enum recording_state recording_poll(struct recording *r);

/* Of a flight recorder: what it holds now goes into the store.  0 or -errno with err filled. */
int recording_snapshot(struct recording *r, struct store *store, struct db_error *err);

/* Where `poolscope snapshot` finds the recorder: a folder private to the user. */
const char *recording_folder(const struct recording *r);

/*
 * Ends the program as recording_finish() does; all that a flight recorder had to watch for has been
 * seen then.  Returns: how it ended, as from waitpid().
 */
int recording_end_program(struct recording *r);

/*
 * Asks the program to end (SIGINT, as Ctrl-C does); recording_poll() sees when it has.  tell: false
 * when the program knows already, since a terminal gives Ctrl-C to all of its foreground programs;
 * a second SIGINT would make many of them give up their orderly end.
 */
void recording_interrupt(struct recording *r, bool tell);

/*
 * Ends the program if it still runs (SIGTERM, after 10 s SIGKILL), waits until everything traced is
 * stored, takes all down, releases r.
 * Returns: 0, or -EIO with err filled when something on the way failed; what was stored stays.
 */
int recording_finish(struct recording *r, struct recording_result *result, struct db_error *err);

/* Removes a folder and all that is in it, following no link. */
void recording_remove_folder(const char *path);

#endif
