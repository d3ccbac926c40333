/* SPDX-License-Identifier: MIT */
#include "db/error.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>

/* SQLite quotes what it was given: an error stays one line, and no terminal obeys it. */
static void flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

int db_fail(struct db_error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	flatten(err->text);
	return code;
}

int db_fail_sqlite(struct db_error *err, struct sqlite3 *db, const char *doing)
{
	int primary = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
	const char *words = db ? sqlite3_errmsg(db) : "out of memory";

	switch (primary) {
	case SQLITE_FULL:
		return db_fail(err, -ENOSPC, "%s: the disk is full", doing);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return db_fail(err, -EACCES, "%s: %s", doing, words);
	case SQLITE_NOMEM:
		return db_fail(err, -ENOMEM, "%s: out of memory", doing);
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return db_fail(err, -EINVAL, "%s: the database is damaged (%s)", doing, words);
	case SQLITE_INTERRUPT: /* db/guard.h */
		return db_fail(err, -EINVAL,
			       "%s: the database is damaged: reading it takes longer than it can",
			       doing);
	default:
		return db_fail(err, -EIO, "%s: %s", doing, words);
	}
}
