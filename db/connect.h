/* SPDX-License-Identifier: MIT */
#ifndef DB_CONNECT_H
#define DB_CONNECT_H
/*
 * Opening the file: what it must be before it is touched, and how SQLite is to treat it.  A
 * database is input like any other: its header is checked before SQLite sees it, and its schema is
 * not trusted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct sqlite3;

#define DB_APPLICATION_ID 1349480300 /* "Pool"; as in schema.sql */
#define DB_SCHEMA_VERSION 5
#define DB_LOCK_VERSION	  3  /* from which on writers hold the lock of db/lock.h */
#define DB_SEQ_BITS	  40 /* of an event's id */

extern const char db_schema_sql[];

/* A recording whose writer has not committed for this long is dead: it commits every half second.
 */
#define DB_DEAD_NS INT64_C(2500000000)

/* The one that writes. */
struct connection {
	struct sqlite3 *db;
	int lock;   /* descriptor; below 0: none */
	char *path; /* absolute */
	uint64_t device, inode;
	bool is_unnamed; /* until connect_finish(); see db/unnamed.h */
	int unnamed;	 /* then: its descriptor */
};

/* Is the file still the one of that name?  Returns: 0; -ENOENT with err filled. */
int connect_check(const struct connection *c, struct db_error *err);

/*
 * Creates the file with the schema in it: under a name of its own first, so that what is at path
 * stays whole until the new one is, and nobody ever sees half a schema. Returns: 0, -EEXIST, -EBUSY
 * (being recorded), -EACCES, -ENOENT, -ENOSPC, -EIO; err says it.
 */
int connect_create(const char *path, bool may_replace, struct connection *out,
		   struct db_error *err);

/*
 * Opens an existing file for writing, brought up to this schema; creates one that is not there.
 * is_old says which.
 * Returns: as connect_create(); -EPROTO the schema is newer, -EINVAL not a whole recording.
 */
int connect_append(const char *path, struct connection *out, bool *is_old, struct db_error *err);

/*
 * Creates a file that has no name before connect_finish(): nobody reads it until then, and a crash
 * leaves nothing of it.
 * Returns: as connect_create(); -EOPNOTSUPP that cannot be had here.
 */
int connect_create_unnamed(const char *path, struct connection *out, struct db_error *err);

/* Leaves one plain file that can be copied, and closes it.  Returns: 0 or -errno with err filled.
 */
int connect_finish(struct connection *c, struct db_error *err);

void connect_close(struct connection *c);

/* Sets pragmas and reads each back: SQLite ignores one it does not know. */
struct connect_pragma {
	const char *name, *value, *expect;
};
int connect_set_pragmas(struct sqlite3 *db, const struct connect_pragma *pragmas, size_t nr,
			struct db_error *err);

/*
 * Opens an existing recording for one small change by somebody who is not its writer; device and
 * inode say which file is meant.  The guard outlives the connection.
 * Returns: 0; -EBUSY it is being recorded; -EACCES, -EROFS it cannot be written; -ENOENT it is
 * another file, or none; as query_open().
 * Owns: *out is the caller's to close, whatever is returned.
 */
struct guard;
int connect_visit(const char *path, uint64_t device, uint64_t inode, struct guard *guard,
		  struct sqlite3 **out, struct db_error *err);

/* Does somebody write into the file that db reads?  committed_ns: its last sign of life. */
bool connect_is_written(const char *path, int64_t committed_ns);

/* Opens an existing file for reading.  Returns: as query_open(). */
int connect_read(const char *path, struct sqlite3 **out, struct db_error *err);

/* Runs one statement with one integer result.  Returns: 0 or -errno with err filled. */
int connect_get_int(struct sqlite3 *db, const char *sql, long long *value, struct db_error *err);

#endif
