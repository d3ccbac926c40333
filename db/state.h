/* SPDX-License-Identifier: MIT */
#ifndef DB_STATE_H
#define DB_STATE_H
/*
 * What the writer knows about a pool, kept in the file, for recordings whose old events are
 * dropped: from it and the events since, the pool can be followed further exactly, as from all its
 * events.
 *
 * A row is the writer's own memory and good for the program that wrote it; another version is told
 * apart by its layout, and damage by its lengths.
 */
#include <stdint.h>

struct rows;
struct track;

/* Writes the state before the next event; t->state_seq is then that event's seq. */
void state_save(struct rows *r, struct track *t);

/*
 * Fills a track as track_init() left it; number, trace and host are the caller's.
 * Returns: 0, -ENOENT there is none, -EPROTO of another version, -EINVAL damaged, -ENOMEM.
 */
int state_load(struct rows *r, struct track *t);

#endif
