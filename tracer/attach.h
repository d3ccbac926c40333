/* SPDX-License-Identifier: MIT */
#ifndef TRACER_ATTACH_H
#define TRACER_ATTACH_H
/*
 * Joins live sessions that somebody else runs, here or on other machines, and stores what comes
 * into one file.  Each is read on a thread of its own; one that breaks does not end the others,
 * and is joined again while its relay daemon still has it.
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
 *	urls  as live_find() gives them; borrowed until attach_stop()
 * Returns: 0 once all sources answer; -EIO with err filled, which names the one that does not.
 */
int attach_start(struct store *store, const char *const *urls, size_t nr, struct attach **out,
		 struct db_error *err);

/* How many sessions are still read. */
size_t attach_running(const struct attach *a);

/*
 * Leaves the sessions that still run, and releases a.
 * Returns: how many broke off; err is about the first of them.
 */
unsigned attach_stop(struct attach *a, struct db_error *err);

#endif
