/* SPDX-License-Identifier: MIT */
#ifndef TRACER_RECORDING_PARTS_H
#define TRACER_RECORDING_PARTS_H
/*
 * What the three files of a recording share: its start (recording.c), its being taken up again
 * after its recorder was killed (recording_resume.c), and its end (recording_end.c).
 */
#include <pthread.h>
#include <stdatomic.h>

#include "tracer/collector.h"
#include "tracer/daemons.h"
#include "tracer/process.h"
#include "tracer/program.h"
#include "tracer/recording.h"
#include "tracer/session.h"
#include "tracer/trail.h"
#include "tracer/welcome.h"

struct recording {
	struct recording_options options;
	struct trail trail; /* whose scratch folder holds socket, logs, and the trace unless it is
			       kept; and where the relay daemon writes to */
	char log[128];	    /* of both daemons */
	struct sessiond sessiond;
	struct relayd relayd;
	struct trace_session session; /* of a flight recorder: the one that only watches */
	struct trace_session flight;
	char buffers[PATH_MAX]; /* of a flight recorder, when they are files; "" */
	struct welcome welcome;
	struct store *store;
	struct collector *collector;
	pthread_t collector_thread;
	atomic_bool collector_done;
	atomic_bool no_more;  /* tracing is stopped: what metadata there is, is all of it */
	atomic_bool all_said; /* the session is destroyed, too: it is to be read whatever it is */
	int collector_ret;
	struct db_error collector_err;
	uint64_t seen; /* events that the collector handed over */
	struct program program;
	struct process_fds inherited; /* what the program may have open, too */
	bool sessiond_held, session_opened, flight_opened, welcome_started, collector_started;
	bool stopped, was_live; /* the live part is over; there was one */
	int stop_ret;
	struct db_error stop_err;
	bool resumed;	  /* the live connection has missed something */
	bool untraceable; /* the daemons died with the recorder: the program goes on alone */
	bool tracing_broke, relayd_died; /* while the session was still on */
};

/* A flight recorder has two sessions; the second's name is the first's and this. */
#define RECORDING_FLIGHT "-flight"

int recording_fail(struct db_error *err, int code, const char *doing, const char *what);

/* Steps that both a start and a resumption take.  0 or -errno with err filled. */
int recording_open_store(struct recording *r, bool append, struct db_error *err);
int recording_welcome(struct recording *r, uint32_t first_pool, struct db_error *err);
int recording_attach(struct recording *r, struct db_error *err);
void recording_detach(struct recording *r); /* after an attempt that failed */
/* Does the relay daemon's metadata of the live session declare any stream? */
bool recording_is_described(const struct recording *r);
bool recording_cancelled(const struct recording *r, struct db_error *err);

/* Ends what makes events and collects the last of them; safe at any stage. */
int recording_stop(struct recording *r, struct db_error *err);

/* After the store is closed: daemons, folders, trail. */
void recording_clear(struct recording *r);

#endif
