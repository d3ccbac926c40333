/* SPDX-License-Identifier: MIT */
#ifndef TRACER_CREW_H
#define TRACER_CREW_H
/*
 * The threads that decode, and in which order they do it.  The work is in tasks, each a graph of
 * Babeltrace: over whole streams, or over a piece of one (tracer/cut.h), which is opened when its
 * turn comes.  A thread goes on with the task that the merge waits for, or else with the one that
 * is furthest behind in time; so what the merge needs next is decoded first, by as many threads as
 * there are, also where all events are in one stream.
 *
 * Thread:  all calls but those of the crew's own threads come from one.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "tracer/cut.h"
#include "tracer/lane.h"
#include "tracer/owners.h"
#include "tracer/stream_graph.h"

struct crew;

/*
 * What pieces need, borrowed until crew_destroy().
 *	path	 of the trace; scratch: a folder for them
 *	foreign  counts events of other providers
 */
struct crew_options {
	const char *path, *scratch;
	struct lanes *lanes;
	struct owners *owners;
	atomic_ullong *foreign;
};

struct crew *crew_create(const struct crew_options *options); /* NULL: out of memory */

/* Owns: the graph is the crew's from here on, also on error.  Returns: 0 or -ENOMEM. */
int crew_add_graph(struct crew *c, struct stream_graph *graph);
/*
 * A piece of that file into a lane of its own; all those of a stream in order.
 * Owns: name is borrowed.  Returns: 0 or -ENOMEM.
 */
int crew_add_piece(struct crew *c, const char *name, const struct cut_piece *piece,
		   struct lane *lane);

/* Before the start: as reading_keep(). */
void crew_keep(struct crew *c, uint64_t from_cycles, uint64_t to_cycles);

/* Returns: 0, or -EIO with err filled when not even one thread could be started. */
int crew_start(struct crew *c, unsigned nr_threads, struct db_error *err);
/* After lanes_stop(), or when all is decoded.  NULL does nothing. */
void crew_destroy(struct crew *c);

#endif
