/* SPDX-License-Identifier: MIT */
#ifndef TRACER_LANE_H
#define TRACER_LANE_H
/*
 * Decoded streams on their way to where they are merged.  A lane is one stream, or a piece of one
 * that the next lane goes on with: a thread that decodes puts its events and losses in, in order,
 * and the merging thread looks at them there.
 * They are made once, as the items that the store takes (db/queue.h), in chunks that come back
 * when the store is done with them.
 *
 * Memory: LANES_BYTES in all, and LANE_CHUNKS_MIN chunks a lane beyond that, so that the lane which
 * the merge waits for can always go on while others are far ahead.  These are several times what
 * the writer waits for before it starts (QUEUE_WAKE_BYTES), or both sides would wait for its clock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/queue.h"
#include "db/store.h"

#define LANES_BYTES	((size_t)80 << 20)
#define LANE_CHUNKS_MIN 32
#define CHUNK_BYTES	((size_t)128 << 10)

struct chunk {
	struct chunk *next;
	struct lane *lane;
	size_t used, room;
	_Alignas(8) unsigned char bytes[];
};

struct lane {
	struct lanes *all;
	bool follows;		   /* the same stream goes on here from the lane before */
	struct chunk *fill;	   /* the decoding thread's */
	struct chunk *head, *tail; /* full ones; the lock is all->lock */
	atomic_uint nr_chunks;	   /* not given back yet */
	bool ended, failed;	   /* the same lock; failed: what follows could not be read */
	int64_t failed_ns;	   /* then; the time up to which it could be */
	struct db_error why;
};

struct lanes {
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	struct lane *list;
	size_t nr;
	struct lane *wanted; /* the merging thread waits for it; the lock is this one */
	atomic_size_t bytes; /* of all chunks that are out */
	struct chunk *spare;
	size_t nr_taken;     /* chunks that are to come back; the lock is this one, too */
	atomic_bool stopped; /* nobody merges any more */
};

/* Returns: 0 or -ENOMEM. */
int lanes_init(struct lanes *l, size_t nr);
/* When no thread decodes any more.  Waits until every chunk that was taken is back. */
void lanes_release(struct lanes *l);
/* Makes everybody return soon who waits here. */
void lanes_stop(struct lanes *l);

/* --- the decoding thread's */

/* Is there room for some more events?  What is put then is taken, even if it is more. */
bool lane_has_room(const struct lane *l);
/* An event that no row can hold becomes a loss.  Returns: 0 or -ENOMEM. */
int lane_put_event(struct lane *l, const struct pool_event *event);
int lane_put_loss(struct lane *l, const struct queue_loss *loss);
/* No more will come.  Again, or after lane_fail(), it does nothing. */
void lane_end(struct lane *l);
/* The same, because what follows cannot be read; last_ns: the time up to which it could be. */
void lane_fail(struct lane *l, const char *why, int64_t last_ns);

/* --- the merging thread's */

/*
 * Waits for the lane's next full chunk, and takes it.  NULL: it has ended, or lanes_stop().
 * Owns:    the caller, until chunk_give_back(), which any thread may call.
 */
struct chunk *lane_take(struct lane *l);
void chunk_give_back(struct chunk *c);

#endif
