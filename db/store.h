/* SPDX-License-Identifier: MIT */
#ifndef DB_STORE_H
#define DB_STORE_H
/*
 * The writing side of a Poolscope database: events in, rows out.
 *
 * The producer, one thread a pool, calls store_append(); a writer thread of the store's own holds
 * the only writing connection and commits a batch at least every batch_ms.  A crash loses at most
 * that batch. Readers (db/query.h, or the stock sqlite3) never block the writer: the file is in WAL
 * mode.
 *
 * Per pool, events are stored in seq order: a short reorder window absorbs events that arrive
 * early, and a gap that outlives the window becomes a `loss` row with source 'seq' and the exact
 * count. (trace, pool, seq) is unique, so storing the same events again adds nothing.
 *
 * Events that come after their gap was given up fill it: they are stored, and everything that is
 * derived from their pool's events is made anew, at store_flush(), at the end, or once no such
 * event has come for a while.  Readers see all of that at once; until then nothing is committed.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/pool_event.h"

struct store;

/* One line for a person: what, where, what to do.  Filled whenever a db call fails. */
struct db_error {
	char text[512];
};

struct store_options {
	const char *command_line; /* kept in meta; may be NULL */
	const char *trace; /* name of the trace that events come from, e.g. the session's name */
	const char *host;  /* where they were made; NULL: this machine */
	bool all_named; /* every event and loss names a trace of store_trace()'s: trace is unused */
	int64_t joined_ns; /* meta 'joined_ns': what was before was not seen; 0: from the start */
	uint32_t batch_ms; /* 0 = 100 */
	/*
	 * Limits, 0 = none: beyond one, the oldest events are dropped, and meta 'events_from_ns'
	 * says from when on they are whole.  Roll-ups, allocations and all figures stay.  The size
	 * is that of the pages in use; age counts back from the newest event.
	 */
	uint64_t max_bytes;
	int64_t max_age_ns;
	bool may_replace; /* an existing Poolscope database at path may be replaced */
	bool append;	  /* an existing Poolscope database at path is continued */
	/*
	 * With append: a file that is not there yet has no name until store_close() gives it one,
	 * and no journal.  That is faster, but nobody can look into it before, and of a crash or an
	 * error nothing is left; then store_is_at_once() says whether to do it again the other way.
	 * Where the file system has no such files, or the file is there, this changes nothing.
	 */
	bool at_once;
	/*
	 * Called on the writer thread for each event, in seq order per pool, inside the batch that
	 * stores it; `contiguous` is false when events of that pool were lost just before it.
	 * event->pool is the pool's number in the file.
	 */
	void (*observe)(const struct pool_event *event, bool contiguous, void *ctx);
	/*
	 * Called on the writer thread: what was observed of a pool is void, and comes again from
	 * its first event on, since events came late and filled gaps.
	 */
	void (*restart)(uint32_t pool, void *ctx);
	/*
	 * Called on the writer thread before each commit; may call store_verdict().
	 */
	void (*before_commit)(struct store *store, void *ctx);
	void *ctx;
};

/*
 * Creates the database at path, or with `append` continues the one that is there: as if it had
 * never been interrupted, whatever ended it.  Events that are in it already add nothing, those that
 * fill its gaps are taken in.  A pool that goes on is first followed again from its stored events,
 * which takes a second for a million.
 * Errors:  -EEXIST a file is there that is not a Poolscope database, or one that is and
 * neither may_replace nor append; -EBUSY somebody writes into it; -EPROTO its schema is newer;
 * -EACCES/-ENOSPC/-EIO cannot be written; err says it in one line.  Nothing is overwritten on
 * error. Owns:    *out is released by store_close().
 */
int store_open(const char *path, const struct store_options *options, struct store **out,
	       struct db_error *err);

/*
 * Says that events of a further trace will come, or finds it again by its name: a file holds as
 * many as one likes.  Pools of different traces are different pools, whatever their numbers; in the
 * file a pool keeps its number where that is free, and gets the next free one where it is not.
 *	host   the machine that its events were made on; NULL: this one
 *	trace  set to what pool_event.trace and store_loss() take
 * Thread:  any.  Returns: 0, or -ENOMEM with err filled.
 */
int store_trace(struct store *store, const char *name, const char *host, uint32_t *trace,
		struct db_error *err);

/*
 * Hands one event to the writer.  Copies it (name and buffer ids too).  Blocks while the queue is
 * full: memory is bounded whatever the rate.
 *
 * What a program says never ends its recording.  Values are stored as they are, however absurd; an
 * event that no row can hold is counted in a loss of source STORE_LOSS_BAD instead:
 *   - a kind that does not exist,
 *   - seq of 2^40 or more, or ts_ns not between 1 and 2^62,
 *   - more than 65536 buffer ids,
 *   - a trace that store_trace() did not give,
 *   - a pool beyond the 65536th of the recording.
 * A name ends after 63 bytes.
 * Thread:  any; events of one pool one at a time.  Returns: 0; -EIO once the writer has failed
 * (disk full): the error text is store_error().
 */
int store_append(struct store *store, const struct pool_event *event);

/*
 * Hands over many events and losses at once, without a copy: db/queue.h says how they are made.
 * Owns:    0: the writer until batch->done(), which comes once, also when it fails; -EIO: the
 * caller. Thread:  the producer; batch->done() is called on another.  Returns: as store_append().
 */
struct queue_batch;
int store_append_batch(struct store *store, struct queue_batch *batch);

#define STORE_LOSS_BAD "bad" /* source of events that cannot be stored */

/*
 * Says that events were lost other than by seq: source "lttng", "truncated" or STORE_LOSS_BAD;
 * trace as in pool_event, pool -1 = unknown.  Times of 0 mean the newest event's.  Losses of source
 * STORE_LOSS_BAD become one row a pool and batch.
 */
int store_loss(struct store *store, uint32_t trace, int64_t pool, int64_t start_ns, int64_t end_ns,
	       uint64_t events, const char *source);

/*
 * Commits what was appended so far; returns when it is visible to readers.  Pools whose gaps were
 * filled are derived anew first.
 */
int store_flush(struct store *store);

/*
 * What was appended so far is looked at now: batches come back soon, though nothing need be
 * committed.  Returns at once.
 */
void store_hurry(struct store *store);

/*
 * Says that no more events will come: stores whatever still waits for its predecessors, and
 * commits. From then on store_progress() is final, and store_close() only adds how it ended.  The
 * callbacks run on the calling thread; store_append() and store_loss() return -EIO afterwards.
 * Thread:  the producer.  Returns: 0 or -EIO, as store_append().
 */
int store_drain(struct store *store);

/*
 * Records how many decisions of a pool (its number in the file) were checked by identity replay and
 * how many disagreed. Thread:  the writer's, from before_commit.
 */
void store_verdict(struct store *store, uint32_t pool, uint64_t checked, uint64_t mismatches,
		   int64_t first_mismatch_ns);

/*
 * Adds a word of its own to meta; keys that the store writes itself are not for this.
 * Thread:  the producer, after store_drain().
 */
void store_meta(struct store *store, const char *key, const char *value);
void store_meta_int(struct store *store, const char *key, int64_t value);

/* What the store has done so far; any thread. */
struct store_progress {
	uint64_t events;       /* stored */
	uint64_t lost;	       /* by seq and by lttng messages, not counted twice */
	int64_t last_event_ns; /* newest stored; 0 when none */
	int64_t committed_ns;  /* wall time of the last commit */
	uint64_t open_pools;   /* pools opened and not closed */
};
void store_progress(struct store *store, struct store_progress *out);
const char *store_error(struct store *store);

/* Has its file no name yet? */
bool store_is_at_once(const struct store *store);

/*
 * How a recording ended, kept in meta 'ended'; 'recording' while it runs, so that a reader can tell
 * a recording whose collector died.
 */
enum store_end {
	STORE_END_COMPLETE,	/* every pool closed, the program ended by itself */
	STORE_END_STOPPED,	/* stopped by the user or by --for */
	STORE_END_PROGRAM_DIED, /* the program was killed by a signal, or left pools open */
	STORE_END_FAILED,	/* the collector itself failed */
};

/*
 * Stores what is left, writes the end state and note (may be NULL; e.g. "killed by SIGKILL"), and
 * releases the store.  Returns: 0, or -EIO with err filled; the store is released either way.
 */
int store_close(struct store *store, enum store_end end, const char *note, struct db_error *err);

#endif
