/* SPDX-License-Identifier: MIT */
#ifndef TRACER_DIRECT_H
#define TRACER_DIRECT_H
/*
 * The direct sink: the pool events of this very process, written to a database without LTTng.  For
 * virtual time, where LTTng's clock says nothing; for tests; for machines without daemons.
 *
 *	direct_open("x.db", &options, &direct, &err)
 *	...pools are opened, live, and are closed...
 *	direct_close(direct, STORE_END_COMPLETE, NULL, &err)
 *
 * The store behind it is the collector's: the same rows, roll-ups, audit.  An event costs more than
 * with LTTng, and a program that is faster than the store waits for it: nothing is ever lost.
 *
 * Thread: events come from any; opening and closing are the owner's.  One in a process at a time.
 */
#include <stdint.h>

#include "db/store.h"

struct direct; /* opaque */

struct direct_options {
	struct store_options store;
	/* The time of an event, in ns since the Unix epoch; NULL: the machine's. */
	int64_t (*now_ns)(void *clock);
	void *clock;
};

/*
 * Creates the database; pools that are opened from now on are recorded.
 * Owns:    the caller, until direct_close().
 * Errors:  as store_open().
 */
int direct_open(const char *path, const struct direct_options *options, struct direct **out,
		struct db_error *err);

/* Events and events lost, so far; final only for direct_close(). */
void direct_progress(struct direct *direct, struct store_progress *progress);

/*
 * Nothing is recorded any more; as store_close().
 * Returns: 0, or -EIO with err filled; direct is released either way.
 */
int direct_close(struct direct *direct, enum store_end end, const char *note, struct db_error *err);

#endif
