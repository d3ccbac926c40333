/* SPDX-License-Identifier: MIT */
#ifndef NDIS_WATCH_H
#define NDIS_WATCH_H
/*
 * Functions of a miniport that do not come back.  Each thread says which it is in; one thread of
 * the watch's own looks a few times a second, on the machine's real clock, also when the driver's
 * time is virtual.  Being watched costs a few stores a call.
 */
#include <stdint.h>

/* From when on it is told. */
#define WATCH_PATIENCE_MS 1000

/*
 * Starts and ends looking.
 *	stuck  the function `name` has not ended for the time above, and what it waits for, or NULL;
 *	       once a call of it.  Thread: the watch's.
 * Returns: 0; -errno of what a thread needs.
 */
int watch_begin(void (*stuck)(const char *name, const char *waits));
void watch_end(void);

/* This thread enters a function of a miniport (NULL: is outside of any, on top of one that waits),
 * and leaves it; they nest. */
void watch_enter(const char *name);
void watch_leave(void);
/*
 * What the innermost one waits for from here on, as the end of a sentence: "it is in NdisMSleep".
 * NULL: it waits no more.  Kept by pointer.  Returns: what it was before.
 */
const char *watch_waits(const char *waits);

#endif
