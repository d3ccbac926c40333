/* SPDX-License-Identifier: MIT */
#ifndef DB_RECOVER_H
#define DB_RECOVER_H
/*
 * What the writer knows about a pool, made anew from the events that are stored: the same code that
 * follows new events follows the old ones again, so that nothing can come out differently.
 *
 *	recover_file()    a file is continued: its pools are known, but cold
 *	recover_pool()    a cold pool gets something new: follow it up to here; its rows stay
 *	recover_rebuild() gaps were filled: follow it from the start, and write what follows from
 *that
 *
 * A pool that nothing new comes for is never read.
 */
#include <stdbool.h>

#include "db/store.h"

struct writer;
struct track;

/* Returns: 0 or -errno with err filled. */
int recover_file(struct writer *w, struct db_error *err);

/* Errors are the writer's, as those of rows. */
void recover_pool(struct writer *w, struct track *t);
void recover_rebuild(struct writer *w, struct track *t);

#endif
