/* SPDX-License-Identifier: MIT */
#ifndef TRACER_IMPORT_H
#define TRACER_IMPORT_H
/*
 * Kept traces into a store, one after the other, in their own time order.
 *
 * What cannot be read is left out and said: a stream that is cut off gives what is whole of it, and
 * a trace in which Babeltrace finds nonsense ends there; either is a loss of source "truncated".
 * Babeltrace may end the process on hostile input (cli/import.c runs this in a child of its own).
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"
#include "tracer/trace_list.h"

/* Plain memory, so that it can be shared with another process. */
struct import_state {
	atomic_ullong events;	  /* read so far */
	atomic_ullong foreign;	  /* of other providers */
	atomic_uint group;	  /* of the list: in hand, or how many were read */
	atomic_bool cancelled;	  /* set by anybody: end soon */
	atomic_uint nr_truncated; /* traces that are not whole */
	bool flight; /* of a flight recorder that is dead: each begins where all its buffers do */
	char scratch[256]; /* folder for copies; whoever made it removes it, after a crash, too */
	char why[512];	   /* about the first of them; valid once nr_truncated is not 0 */
};

/*
 * Reads the groups of the list from state->group on.
 * Returns: 0 (also when traces were not whole), -ECANCELED, or -EIO with err filled: nothing of the
 * list could be read, or the store failed.
 */
int import_run(struct store *store, const struct trace_list *list, struct import_state *state,
	       struct db_error *err);

#endif
