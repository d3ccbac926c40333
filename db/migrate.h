/* SPDX-License-Identifier: MIT */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H
/*
 * Brings a recording of an older schema up to this one, in place and in one transaction: the file
 * is of the old schema or of the new one, never between.  Tables get the columns they lack; views
 * are made anew from schema.sql, which stays the only schema.
 */
struct sqlite3;
struct db_error;

/*
 * db is open for writing.  A file that is of this schema by now, since somebody else was faster, is
 * left alone.
 * Returns: 0, -EIO, -EACCES (the file cannot be written), -EINVAL (tables are missing), -EBUSY; err
 * says it.
 */
int migrate(struct sqlite3 *db, struct db_error *err);

#endif
