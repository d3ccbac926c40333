/* SPDX-License-Identifier: MIT */
#ifndef DB_WRITER_H
#define DB_WRITER_H
/*
 * What happens to what the producer hands over, without threads: events into seq order, to rows and
 * to the pool they belong to; losses to rows; everything in batches.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/queue.h"
#include "db/reader.h"
#include "db/rows.h"
#include "db/store.h"
#include "db/track.h"

/* Pools of one recording; each costs memory for its open roll-ups, also when it is closed. */
#define WRITER_POOLS_MAX 65536

struct traces;

struct writer {
	struct store *store; /* for the callbacks */
	const char *path;    /* of the file; borrowed; NULL: it has no name yet */
	struct store_options options;
	struct rows rows;
	struct traces *traces;
	uint32_t nr_traces;   /* of them that have their rows */
	int64_t last_loss;    /* row of the newest loss when the file was opened; 0: it is new */
	uint32_t first_trace; /* what pool_event.trace 0 means */
	struct query reader;  /* of what is stored */
	struct track **pools;
	uint32_t nr_pools, pools_room;
	struct track *last;    /* events of a pool come in runs */
	struct queue_loss bad; /* as in struct track, of pools that are not known */
	struct rows_progress progress;
	bool in_batch;
	/* CLOCK_MONOTONIC */
	int64_t now_ns, batch_since_ns;
	/* Events came that fill gaps: their pools are to be made anew before the next commit. */
	bool filling;
	int64_t filled_ns, rebuild_ns; /* when the last one came; how long the last rebuild took */
};

/* Returns: 0 or -errno with err filled; then there is nothing to release. */
int writer_init(struct writer *w, struct store *store, struct sqlite3 *db,
		const struct store_options *options, struct traces *traces, struct db_error *err);
/* Says in meta that it is being recorded, by whom; is_new: and all that is known from the start. */
int writer_begin(struct writer *w, bool is_new, struct db_error *err);
void writer_release(struct writer *w);

/* One item from the queue, into the open batch (begun when there is none). */
void writer_item(struct writer *w, struct queue_item *item);

/* Gives up what has waited too long for its predecessors; with force, whatever waits. */
void writer_expire(struct writer *w, bool force);

/* Are gaps being filled, so that a commit now would make their pools anew for little? */
bool writer_is_filling(const struct writer *w);

/* Ends the batch: pools made anew, figures, heartbeat, commit. */
void writer_commit(struct writer *w);

/* Into the open batch (begun when there is none); text NULL: the number. */
void writer_meta(struct writer *w, const char *key, const char *text, int64_t number);

/* Writes how the recording ended, and commits. */
void writer_finish(struct writer *w, enum store_end end, const char *note);

/* After an error: drops the open batch and says in meta why the recording ended, if that still
 * works. */
void writer_give_up(struct writer *w);

/* Known to be lost in all: exact from seq, or more where the tracer said so. */
uint64_t writer_lost(const struct writer *w);
uint64_t writer_open_pools(const struct writer *w);
/* A pool of that number in the file, which nobody has.  NULL: too many, or out of memory. */
struct track *writer_add_pool(struct writer *w, uint32_t pool, uint32_t trace, uint32_t number);
/* The row of a gap that ends before e. */
void writer_gap(struct writer *w, const struct track *t, const struct pool_event *e, uint64_t lost);
/* Notes that a pool's clock went back; write: in a row of loss, too. */
void writer_clock(struct writer *w, struct track *t, const struct pool_event *e, bool write);
/* The pool of that number in the file; NULL: there is none. */
struct track *writer_pool(struct writer *w, uint32_t pool);

int64_t writer_now_ns(void); /* CLOCK_MONOTONIC */

#endif
