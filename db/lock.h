/* SPDX-License-Identifier: MIT */
#ifndef DB_LOCK_H
#define DB_LOCK_H
/*
 * One writer a file, and whether it is alive: a lock that the kernel drops with the process.
 *
 * It lies on the -wal file, which exists as long as somebody writes and which SQLite itself never
 * locks; a second descriptor of the database file could not be closed without dropping SQLite's own
 * locks.
 */
#include <stdbool.h>

/*
 * path: the database, open for writing in WAL mode.
 * Returns: a descriptor that holds the lock until it is closed; -EBUSY somebody else has it;
 * -ENOTSUP it cannot be had on this file system; -errno.
 */
int lock_take(const char *path);

enum lock_state { LOCK_FREE, LOCK_HELD, LOCK_UNKNOWN };
/* Does anybody hold it?  Takes nothing. */
enum lock_state lock_look(const char *path);

#endif
