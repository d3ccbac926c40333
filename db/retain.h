/* SPDX-License-Identifier: MIT */
#ifndef DB_RETAIN_H
#define DB_RETAIN_H
/*
 * Limits on size and age: when a recording has grown beyond one, its oldest events go, in steps of
 * RETAIN_STEP numbers of one pool; roll-ups, allocations, losses and figures stay.  Their pages are
 * used again, so that the file stops growing.
 *
 * Before an event goes, a state that is newer must be on record (db/state.h).
 */
#define RETAIN_STEP 1024

struct writer;

/* In the open batch, before it is committed. */
void retain(struct writer *w);

#endif
