/* SPDX-License-Identifier: MIT */
#ifndef DB_BOOKMARK_MAIL_H
#define DB_BOOKMARK_MAIL_H
/*
 * Changes of bookmarks on their way to a recorder: FILE-bookmarks, a line a change, in their order:
 *
 *	set a 1767225600250000000 0 1767225600990000000 pool why it matters
 *	unset a
 *
 * (letter, time, pool or -1, when it was set, view or '-', note).  Who writes or takes it holds its
 * lock; the recorder never waits for that.  Any line may be there: what is none is passed over.
 */
#include "db/bookmark.h"

/* One line and its end into text.  Control characters of the note become blanks. */
void mail_format(const struct bookmark *b, char *text, size_t size);
/* Returns: false when the line is none. */
bool mail_parse(const char *line, struct bookmark *b);

/* Adds a change.  Returns: 0, -EAGAIN somebody has the lock, -errno with err filled. */
int mail_put(const char *path, const struct bookmark *b, struct db_error *err);

/*
 * Opens what lies there, with its lock, and hands over its changes.
 * Returns: a descriptor for mail_close(); -1: there is nothing, or somebody has the lock.
 */
int mail_read(const char *path, void (*each)(const struct bookmark *b, void *ctx), void *ctx);
void mail_close(const char *path, int mail, bool remove);

#endif
