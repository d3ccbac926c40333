/* SPDX-License-Identifier: MIT */
#ifndef TRACER_COLLECTOR_H
#define TRACER_COLLECTOR_H
/*
 * A Babeltrace 2 graph in our own process: a live source, and a sink of ours that hands each
 * decoded event to the store.
 *
 * Thread:  collector_run() belongs to one thread, which is the store's producer; collector_cancel()
 * and collector_progress() may come from any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct collector;

struct collector_progress {
	uint64_t events;  /* handed to the store */
	uint64_t foreign; /* skipped: of other providers */
	bool attached;	  /* the source has joined the session */
	bool ended;	  /* the end of the trace was seen */
};

/*
 * Builds the graph: source.ctf.lttng-live on the relay daemon's live port -> our sink.
 * Errors:  -ENOENT Babeltrace's ctf plugin is missing; -EIO else; err filled.
 */
int collector_open_live(struct store *store, int live_port, const char *session,
			struct collector **out, struct db_error *err);

/*
 * Builds the graph: source.ctf.fs on every trace below dir -> muxer -> our sink.  For what the live
 * connection missed: events that the store has already are recognised by their seq.
 * Errors:  as collector_open_live(); -ENODATA when there is no trace below dir.
 */
int collector_open_trace(struct store *store, const char *dir, struct collector **out,
			 struct db_error *err);

/*
 * Reads until the trace ends or collector_cancel().
 * Returns: 0 at the end, -ECANCELED, or -EIO with err filled.
 */
int collector_run(struct collector *c, struct db_error *err);

/* Makes collector_run() return soon. */
void collector_cancel(struct collector *c);
void collector_progress(struct collector *c, struct collector_progress *out);
void collector_close(struct collector *c);

#endif
