/* SPDX-License-Identifier: MIT */
#ifndef DB_UNNAMED_H
#define DB_UNNAMED_H
/*
 * A database that has no name until it is whole: what is worth nothing unfinished needs no journal,
 * and a process that is killed leaves nothing behind.
 *
 * SQLite opens it as /proc/self/fd/N, under a VFS of ours that is the usual one but takes names as
 * they are: the usual one resolves links, and this one leads to no name.
 */
#include <stdbool.h>

#include "db/store.h"

struct sqlite3;

/*
 * Opens an empty one in the folder of path, without a journal and without syncs.
 *	fd  holds it; to be closed after db
 * Returns: 0; -EOPNOTSUPP the file system or the system has no such files, with nothing open;
 * -errno with err filled.
 */
int unnamed_open(const char *path, int *fd, struct sqlite3 **db, struct db_error *err);

/* What was written lately goes on its way to the disk, so that unnamed_link() has little to wait
 * for. */
void unnamed_hurry(int fd);

/*
 * Gives it its name, when all of it is on the disk and db is closed.
 * Returns: 0; -EEXIST somebody else made a file of that name; -errno; err says it.
 */
int unnamed_link(int fd, const char *path, struct db_error *err);

#endif
