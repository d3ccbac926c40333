/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_BOOKMARKS_H
#define VIEWER_BOOKMARKS_H
/*
 * The bookmarks that are seen: those of the file, and on top of them what was changed here and is
 * not in the file yet, or cannot get there and holds for this run.
 */
#include "db/bookmark.h"

struct query;

enum bookmark_where {
	BOOKMARK_NONE,
	BOOKMARK_IN_FILE,
	BOOKMARK_ON_ITS_WAY, /* the recorder has not taken it yet; maybe that it is gone */
	BOOKMARK_HERE_ONLY,  /* the file cannot take it */
};

struct bookmarks {
	struct bookmark of[BOOKMARKS]; /* by letter; `gone`: taken away, and the file says no yet */
	uint8_t where[BOOKMARKS];      /* enum bookmark_where */
	bool unsent[BOOKMARKS];	       /* on its way, and to be sent again */
	int64_t set_ns;		       /* of the newest change: no two have the same */
	bool settled;		       /* what lay beside the file was looked at */
};

/* The bookmark of a letter, or NULL. */
const struct bookmark *bookmarks_find(const struct bookmarks *set, int letter);

/*
 * Asks the file.  recording: somebody writes into it, and will take what lies beside it.
 * Returns: true when something is different.
 */
bool bookmarks_refresh(struct bookmarks *set, struct query *q, const struct bookmark_file *file,
		       bool recording);

/*
 * Sets a bookmark, or takes it away, here and in the file.
 * Returns: where it is now; BOOKMARK_HERE_ONLY with why filled.
 */
enum bookmark_where bookmarks_change(struct bookmarks *set, const struct bookmark_file *file,
				     const struct bookmark *change, struct db_error *why);

/* Sends what could not be sent, for the last time: waits up to a second for the recorder. */
void bookmarks_finish(struct bookmarks *set, const struct bookmark_file *file);

#endif
