/* SPDX-License-Identifier: MIT */
#ifndef TRACER_STREAM_GRAPH_H
#define TRACER_STREAM_GRAPH_H
/*
 * A Babeltrace graph over some of the streams of a CTF trace: source.ctf.fs, and on each port that
 * is wanted a sink of ours, which puts what it is given into a lane.  There is no muxer: each
 * stream is read on its own, and the streams of several graphs are merged afterwards
 * (tracer/merge.h).
 *
 * Thread:  one at a time; no two are opened or closed at once.
 */
#include <babeltrace2/babeltrace.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "tracer/lane.h"
#include "tracer/owners.h"

struct stream_graph;

/* Opens the folders.  Errors: -ENOENT, -EIO with err filled. */
int stream_graph_open(const char *const *dirs, size_t nr, struct stream_graph **out,
		      struct db_error *err);

/* The names of its ports: "TRACE | CLASS | INSTANCE" of a stream.  NULL: there is none of that
 * index. */
const char *stream_graph_port(const struct stream_graph *g, size_t i);

/*
 * Wants the stream of that port, which goes into the lane.
 *	foreign  counts events of other providers
 */
int stream_graph_want(struct stream_graph *g, const char *port, struct lane *lane,
		      struct owners *owners, atomic_ullong *foreign, struct db_error *err);

/* Before the start, of all streams: as reading_keep(). */
void stream_graph_keep(struct stream_graph *g, uint64_t from_cycles, uint64_t to_cycles);

/*
 * Reads for a while, some thousand events; errors are the lanes'.
 * Returns: is there more?
 */
bool stream_graph_run(struct stream_graph *g, struct lanes *lanes);
/* Would it get anywhere now?  Is that lane one of its own? */
bool stream_graph_has_room(const struct stream_graph *g);
bool stream_graph_has(const struct stream_graph *g, const struct lane *lane);
bool stream_graph_reads_any(const struct stream_graph *g);
/* How far the stream is that is furthest behind, by the trace's clock. */
uint64_t stream_graph_at(const struct stream_graph *g);

void stream_graph_close(struct stream_graph *g);

#endif
