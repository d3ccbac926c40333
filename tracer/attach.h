/* SPDX-License-Identifier: MIT */
#ifndef TRACER_ATTACH_H
#define TRACER_ATTACH_H
/*
 * Joins live sessions that somebody else runs, here or on other machines, and stores what comes
 * into one file.  Each is read on a thread of its own; one that breaks does not end the others,
 * and is joined again while its relay daemon still has it.
 * What a connection missed is read, when its session has ended, from the folder of its relay
 * daemon, where that is on this machine (tracer/refill.h).
 * Nothing is asked of a session: it is neither started, nor stopped, nor destroyed.
 *
 * Thread:  one for all calls.
 */
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"

struct attach;

/*
 * Joins the sessions.
 *	urls       as live_find() gives them; borrowed until attach_stop()
 *	continued  the store's file was there already, and may lack something
 * Returns: 0 once all sources answer; -EIO with err filled, which names the one that does not.
 */
int attach_start(struct store *store, const char *const *urls, size_t nr, bool continued,
		 struct attach **out, struct db_error *err);

/* How many sessions are still read. */
size_t attach_running(const struct attach *a);

/* How the sessions ended. */
struct attach_result {
	unsigned nr_broken; /* broke off, and what they missed is lost; err is about the first */
	unsigned nr_mended; /* broke off, or were joined again, and nothing is missing now */
	unsigned nr_unsure; /* ended with pools open, and nobody knows whether they said more */
	struct db_error err;
};

/* Leaves the sessions that still run, and releases a. */
void attach_stop(struct attach *a, struct attach_result *out);

#endif
