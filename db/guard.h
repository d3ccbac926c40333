/* SPDX-License-Identifier: MIT */
#ifndef DB_GUARD_H
#define DB_GUARD_H
/*
 * A database file is input like any other, and may be made to hurt: pages that lead in circles,
 * views in the place of tables, values out of all bounds.  What holds against that:
 *
 *   - SQLite's own defences and small limits, before anything of the file is used;
 *   - the tables that are read must be plain tables;
 *   - each query may take work and give rows in proportion to the size of the file, not more.
 *
 * Thread: the connection's.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h" /* struct db_error */

struct sqlite3;

struct guard {
	const char *path; /* borrowed; NULL: nothing is guarded */
	uint64_t bytes;	  /* of the file, as of sized_ns */
	int64_t sized_ns; /* CLOCK_MONOTONIC */
	uint64_t ticks;	  /* of work done by this query, GUARD_TICK_OPS each */
	uint64_t ticks_max;
	uint64_t rows, rows_max; /* given by it */
	int64_t deadline_ns;	 /* CLOCK_MONOTONIC, instead of ticks_max; 0: none */
	bool (*stop)(void *ctx); /* somebody waits: the statement ends; NULL: nobody can */
	void *stop_ctx;
	bool stopped; /* and it did */
};

#define GUARD_TICK_OPS	20000	   /* instructions of SQLite's machine */
#define GUARD_VALUE_MAX (16 << 20) /* bytes of one value */

/* Right after opening: limits and defences, and the guard that counts this connection's work.  The
 * guard outlives the connection, or another one takes its place. */
void guard_install(struct guard *g, const char *path, struct sqlite3 *db);

/* A new query begins: it has all its allowance. */
void guard_begin(struct guard *g);

/* One that may take this long instead, whatever its work; 0: for ever. */
void guard_begin_timed(struct guard *g, int64_t limit_ns);

/* A row came.  Returns: 0, or -EINVAL when no file of this size can hold so many. */
int guard_row(struct guard *g, struct db_error *err);

/* Are the tables there, and are they plain ones?  Returns: 0 or -errno. */
int guard_check_schema(struct sqlite3 *db, const char *path, struct db_error *err);

#endif
