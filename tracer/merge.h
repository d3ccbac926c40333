/* SPDX-License-Identifier: MIT */
#ifndef TRACER_MERGE_H
#define TRACER_MERGE_H
/*
 * Lanes (tracer/lane.h) into one order of time, and into the store: what Babeltrace's muxer does
 * with messages, with the events themselves where they lie.  Events of the same time go in order of
 * their lanes.
 *
 * Where a lane ends because it cannot be read any further, the merge ends, too, when everything
 * before has been stored: the same events are stored whichever thread was how far ahead.
 *
 * Thread:  one.
 */
#include <stdatomic.h>

#include "db/store.h"
#include "tracer/lane.h"
#include "tracer/owners.h"

/*
 * events counts what was handed to the store.  Returns: 0 at the end of all lanes; -ECANCELED when
 * they were stopped; -EIO with err filled: a lane failed, or the store.  All chunks that were taken
 * come back when the store is done with them, at store_drain() at the latest.
 */
int merge_lanes(struct lanes *lanes, struct owners *owners, struct store *store,
		atomic_ullong *events, struct db_error *err);

#endif
