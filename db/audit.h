/* SPDX-License-Identifier: MIT */
#ifndef DB_AUDIT_H
#define DB_AUDIT_H
/*
 * The driver's own figures in a tick (or its totals in pool_close) against those derived from the
 * events.
 *
 * A tick after a late join or a gap is the new base and is not compared.  While no receive event
 * has been seen, that group may not be recorded: then only what the alloc group tells is compared,
 * and the rest is taken over from the tick.
 */
#include "db/track.h"

/* Compares (where there is a base) and rebases (where there is none).  event: tick or pool_close.
 */
void audit_event(struct track *t, const struct pool_event *event);

#endif
