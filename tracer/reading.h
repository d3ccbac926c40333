/* SPDX-License-Identifier: MIT */
#ifndef TRACER_READING_H
#define TRACER_READING_H
/*
 * A kept CTF trace into a store, as fast as the processors allow: large streams are cut into pieces
 * (tracer/cut.h), the others are shared out among several Babeltrace graphs
 * (tracer/stream_graph.h), threads decode all that in order of time (tracer/crew.h), and it is
 * merged on the thread that calls reading_run().  The store gets what one graph with a muxer
 * (collector_open_dirs()) would give it, in the same order.
 *
 * Thread:  reading_run() belongs to one thread, which is the store's producer; reading_cancel() and
 * reading_progress() may come from any.
 */
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct reading;

/* How large streams are cut. */
struct reading_cut {
	const char *scratch;  /* a folder for links, borrowed */
	uint64_t piece_bytes; /* what is decoded of a piece takes about twice that */
};
#define READING_PIECE_BYTES ((uint64_t)8 << 20)

/*
 * Opens folders that each hold a file `metadata`, all of the same UUID: they are read as one trace.
 *	cut  NULL: all streams stay whole
 * Errors:  -ENOENT Babeltrace's ctf plugin is missing; -EIO else; err filled.
 */
int reading_open(struct store *store, const char *const *dirs, size_t nr,
		 const struct reading_cut *cut, struct reading **out, struct db_error *err);

/*
 * Before the run: what is older or younger, by the trace's own clock, is passed over, as if it had
 * never been in the trace; what LTTng says of losses, too.
 */
void reading_keep(struct reading *r, uint64_t from_cycles, uint64_t to_cycles);

/*
 * Reads to the end, or until reading_cancel().
 * Returns: 0 at the end, -ECANCELED, or -EIO with err filled; all that lies before what cannot be
 * read is in the store then.
 */
int reading_run(struct reading *r, struct db_error *err);

/* Tells the store that what the trace still had to say is lost: it is cut off, or unreadable. */
void reading_lost_rest(struct reading *r);

/* Makes reading_run() return soon. */
void reading_cancel(struct reading *r);

/* events: handed to the store; foreign: skipped, of other providers. */
void reading_progress(struct reading *r, uint64_t *events, uint64_t *foreign);

/* Waits until the store has given everything back. */
void reading_close(struct reading *r);

#endif
