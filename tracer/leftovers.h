/* SPDX-License-Identifier: MIT */
#ifndef TRACER_LEFTOVERS_H
#define TRACER_LEFTOVERS_H
/*
 * What recorders that were killed left on this machine: LTTng sessions, relay daemons, session
 * daemons that a recording started, folders, sockets.  Known from their trails (tracer/trail.h),
 * and from nothing else: a trail that its recorder still holds is passed over, a process must have
 * the number and the start time that were written down, and what no trail names is not ours.
 * The traced program itself is nobody's leftover: it goes on, untraced.
 */
#include <stdbool.h>

#include "db/store.h"

struct leftover {
	const char *what;     /* "session", "relay daemon", "session daemon", "folder", "trail" */
	const char *name;     /* its name, or its process id */
	const char *database; /* of which recording; NULL: of none in particular */
	bool removed;	      /* false: only listed, or it could not be removed */
};

/*
 * Calls say() for each thing; with remove, it has been removed by then.
 * Returns: how many there are, or -errno with err filled.
 */
int leftovers_each(bool remove, void (*say)(const struct leftover *l, void *ctx), void *ctx,
		   struct db_error *err);

/* Sessions named like ours that no trail knows: of another HOME, or of a trail that was deleted. */
int leftovers_unknown(void (*say)(const char *session, void *ctx), void *ctx);

#endif
