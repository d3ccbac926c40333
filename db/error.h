/* SPDX-License-Identifier: MIT */
#ifndef DB_ERROR_H
#define DB_ERROR_H
/* How the files of db/ fill a struct db_error: one line for a person. */
#include "db/store.h"

struct sqlite3;

/*
 * Control characters become blanks: the text is one line whatever is quoted in it.
 * Returns: code, so that a failing function can end in one line.  err may be NULL.
 */
int db_fail(struct db_error *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same from SQLite's last error on db: "doing: its words"; the code is the errno nearest to it.
 */
int db_fail_sqlite(struct db_error *err, struct sqlite3 *db, const char *doing);

#endif
