/* SPDX-License-Identifier: MIT */
#ifndef DB_FILE_H
#define DB_FILE_H
/*
 * What lies at a path, before SQLite may look at it as a database.
 *
 * Thread:  any.
 */
#include "db/store.h"

struct sqlite3;

enum file_kind { FILE_ABSENT, FILE_EMPTY, FILE_OURS, FILE_FOREIGN };

/* Says what lies at path, from its first bytes.  Returns: 0; -errno with err filled: unreadable. */
int file_inspect(const char *path, enum file_kind *kind, struct db_error *err);

/*
 * Opens it with SQLite's flags; never as a URI, nor in memory: `file:a.db` and `:memory:` are names
 * of files like any other. Owns: *out is the caller's to close, whatever is returned.  Returns:
 * SQLite's code.
 */
int file_open(const char *path, int flags, struct sqlite3 **out);

#endif
