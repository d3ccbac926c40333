/* SPDX-License-Identifier: MIT */
#ifndef DB_BOOKMARK_H
#define DB_BOOKMARK_H
/*
 * Bookmarks: instants of a recording that somebody gave a letter, kept in the file.
 *
 * A file has one writer.  While it is being recorded that is the recorder: a change is then left
 * for it in a file of its own beside the recording (FILE-bookmarks, a line a change), and goes in
 * with the recorder's next commit.  So nobody who looks at a recording ever has the lock that the
 * recorder needs.  When nobody records, whoever changes a bookmark writes it himself.
 *
 * Thread: any; a query's own.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h" /* struct db_error */

struct query;
struct sqlite3;

#define BOOKMARKS	   26  /* a to z */
#define BOOKMARK_NOTE_MAX  128 /* bytes, and one that ends it */
#define BOOKMARK_VIEW_MAX  16
#define BOOKMARK_MAIL_NAME "-bookmarks"

struct bookmark {
	char letter;
	bool gone;		      /* a change: it is taken away */
	int64_t ts_ns;		      /* since the Unix epoch */
	int64_t pool;		      /* that was looked at; -1: none */
	int64_t set_ns;		      /* when it was set, by the wall clock */
	char view[BOOKMARK_VIEW_MAX]; /* that was looked at, by its name in lower case; may be "" */
	char note[BOOKMARK_NOTE_MAX]; /* "": none; one line */
};

/*
 * The file's bookmarks in the order of their letters.  What is none (a hostile file's) is left out;
 * text comes as it is, and may be no UTF-8.
 * Returns: 0 with *nr filled, or as db/query.h.
 */
int query_bookmarks(struct query *q, struct bookmark out[BOOKMARKS], size_t *nr,
		    struct db_error *err);

/* Which file is meant: whoever looks at one still looks at it when another has its name. */
struct bookmark_file {
	const char *path;
	uint64_t device, inode;
};

/*
 * Sets a bookmark, or takes it away.  The file is open for a moment only.
 * Returns: 0 it is in the file; 1 it lies beside the file for whoever records it, and
 * query_bookmarks() will say when it is there; -EAGAIN the recorder is taking what lies there: ask
 * again soon; -errno it is not kept, with err filled: -EACCES, -EROFS, -ENOSPC cannot be written,
 * -ENOENT the name is another file's now.
 */
int bookmark_change(const struct bookmark_file *file, const struct bookmark *b,
		    struct db_error *err);

/*
 * Puts in what lies beside the file, when nobody records it: a recorder that died did not.
 * Returns: 0, also when nothing lies there; -EBUSY somebody is in the way, it stays there; else as
 * bookmark_change().
 */
int bookmark_settle(const struct bookmark_file *file, struct db_error *err);

/* --- for the writer --------------------------------------------------------------------------- */

/*
 * What was left beside the file, taken into the open transaction of db.
 * Returns: a descriptor for bookmark_taken() once that is committed, or -1 when there is nothing.
 */
int bookmark_take(const char *path, struct sqlite3 *db);
/* committed: it is in the file, and need not lie there any longer. */
void bookmark_taken(const char *path, int mail, bool committed);

#endif
