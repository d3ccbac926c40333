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
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct collector;

struct collector_progress {
	uint64_t events;  /* handed to the store */
	uint64_t foreign; /* skipped: of other providers */
	uint64_t rests;	  /* how often it had read all that a live session had */
	bool attached;	  /* the source has joined the session */
	bool ended;	  /* the end of the trace was seen */
};

/*
 * Builds the graph: source.ctf.lttng-live on url -> our sink.  It may join before the session has
 * any metadata: a gate (tracer/gate.h) keeps back what Babeltrace does not take.
 *	url  net://HOST[:PORT]/host/TRACED_HOST/SESSION of a relay daemon's live port
 * Errors:  -ENOENT Babeltrace's ctf plugin is missing; -EIO else; err filled.
 */
int collector_open_url(struct store *store, const char *url, struct collector **out,
		       struct db_error *err);

/*
 * The same on the live port of a relay daemon of this machine, without the gate: for whoever can
 * see the session's metadata, and uses collector_hold().
 */
int collector_open_live(struct store *store, int live_port, const char *session,
			struct collector **out, struct db_error *err);

/*
 * Builds the graph: source.ctf.fs on folders that each hold a file `metadata` -> muxer -> our sink.
 * Folders of one CTF trace (of the same UUID) are read as one.
 * Errors:  as collector_open_url().
 */
int collector_open_dirs(struct store *store, const char *const *dirs, size_t nr,
			struct collector **out, struct db_error *err);

/*
 * The same for every trace below dir.  For what the live connection missed: events that the store
 * has already are recognised by their seq.
 * Errors:  as collector_open_url(); -ENODATA when there is no trace below dir.
 */
int collector_open_trace(struct store *store, const char *dir, struct collector **out,
			 struct db_error *err);

/* Before the run: each event goes to see(), on the collector's thread, and not to the store. */
void collector_watch(struct collector *c, void (*see)(const struct pool_event *event, void *ctx),
		     void *ctx);

/*
 * Before the run: when it has joined the session, it rests until ready() says so, on the
 * collector's thread.  Babeltrace must not see metadata that is not all there (tracer/metadata.h).
 */
void collector_hold(struct collector *c, bool (*ready)(void *ctx), void *ctx);

/*
 * Before the run: what is older or younger, by the trace's own clock, is passed over, as if it had
 * never been in the trace.
 */
void collector_keep(struct collector *c, uint64_t from_cycles, uint64_t to_cycles);

/*
 * Reads until the trace ends or collector_cancel().
 * Returns: 0 at the end, -ECANCELED, or -EIO with err filled.
 */
int collector_run(struct collector *c, struct db_error *err);

/* Any of the traces that something has come of, as store_loss() takes it; 0: none. */
uint32_t collector_trace(const struct collector *c);

/* Has anything come of the trace with this UUID?  Thread: that of collector_run(), afterwards. */
bool collector_has_seen(const struct collector *c, const unsigned char uuid[16]);

/* Makes collector_run() return soon. */
void collector_cancel(struct collector *c);
void collector_progress(struct collector *c, struct collector_progress *out);
void collector_close(struct collector *c);

#endif
