/* SPDX-License-Identifier: MIT */
#ifndef TRACER_REFILL_H
#define TRACER_REFILL_H
/*
 * What a live connection missed, from the folder that a relay daemon of this machine wrote.
 *
 * A relay daemon does not hand everything on.  When a process with buffers of its own ends, it
 * forgets what no viewer has asked for until then: the last packets, or all of a short program. And
 * a connection that broke, or a collector that was killed, has missed what came meanwhile.  The
 * folder has all of it, and what is there already adds nothing.
 */
#include <limits.h>
#include <stdbool.h>

#include "db/store.h"
#include "tracer/collector.h"

struct refill {
	char folder[PATH_MAX]; /* "": the relay daemon is on another machine, or not to be looked
				  into */
};

/* Looks for the folder, while the relay daemon has the session.  url: as live_find() gives it. */
void refill_init(struct refill *f, const char *url);

/* Is there a folder? */
bool refill_can(const struct refill *f);

/*
 * Reads the traces below the folder: all of them, or only those that `live` has not seen.
 *	use  called with each collector before it runs, and with NULL before it is closed, so that
 *	     another thread can cancel it; returns false to go no further
 * Thread:  that of the live collector, which has ended.
 * Returns: 0; -ECANCELED; -EIO with err filled: a part could not be read.
 */
int refill_run(const struct refill *f, struct store *store, const struct collector *live, bool all,
	       bool (*use)(struct collector *c, void *ctx), void *ctx, struct db_error *err);

#endif
