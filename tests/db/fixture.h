/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H
/*
 * What the database's tests share: a file name of their own, a store that must open, events written
 * by hand, and answers to one-line SQL.  Header only, so that a test links nothing more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/query.h"
#include "db/store.h"
#include "tests/db/sim.h"

#define T0 INT64_C(1767225600000000000)
#define MS INT64_C(1000000)

/* A name nobody has, in a folder of the test's own. */
static inline char *fixture_path(void)
{
	char folder[] = "/tmp/poolscope-test-XXXXXX";
	char *path = malloc(64);

	assert_non_null(mkdtemp(folder));
	snprintf(path, 64, "%s/test.db", folder);
	return path;
}

static inline void fixture_remove(char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", "-bookmarks"};
	char name[96];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
}

static inline struct store *fixture_open(const char *path)
{
	struct store_options options = {.trace = "test", .may_replace = true};
	struct store *store;
	struct db_error err = {""};
	int ret = store_open(path, &options, &store, &err);

	if (ret)
		fail_msg("%s", err.text);
	return store;
}

static inline void fixture_close(struct store *store)
{
	struct db_error err;

	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
}

static inline void fixture_emit(const struct pool_event *event, void *store)
{
	assert_int_equal(store_append(store, event), 0);
}

static inline struct query *fixture_query(const char *path)
{
	struct query *q;
	struct db_error err = {""};

	if (query_open(path, &q, &err))
		fail_msg("%s", err.text);
	return q;
}

/* The one pool's figures. */
static inline struct pool_summary fixture_pool(const char *path)
{
	struct query *q = fixture_query(path);
	struct pool_summary *pools, pool;
	struct db_error err;
	size_t nr;

	assert_int_equal(query_pools(q, &pools, &nr, &err), 0);
	assert_true(nr >= 1);
	pool = pools[0];
	free(pools);
	query_close(q);
	return pool;
}

static inline struct trace_status fixture_status(const char *path)
{
	struct query *q = fixture_query(path);
	struct trace_status status;
	struct db_error err;

	assert_int_equal(query_status(q, &status, &err), 0);
	query_close(q);
	return status;
}

/* The first value of a statement, as the stock SQLite sees the file; NULL becomes -1. */
static inline int64_t fixture_int(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t value = -1;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

static inline void fixture_text(const char *path, const char *sql, char *out, size_t room)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	snprintf(out, room, "%s",
		 sqlite3_column_text(stmt, 0) ? (const char *)sqlite3_column_text(stmt, 0)
					      : "NULL");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static const struct pool_marks fixture_marks = {256, 64, 96, 192, 1024, 16, 2, 3};

static inline struct sim_config fixture_config(uint64_t seed)
{
	return (struct sim_config){.name = "rx0",
				   .marks = fixture_marks,
				   .seed = seed,
				   .start_ns = T0,
				   .rate = 80000,
				   .hold_ns = 4e6,
				   .lead_ns = 2e6,
				   .refuse = 0.2,
				   .fail = 0.2};
}

/* A whole life of a pool, told to emit. */
static inline void fixture_life(uint64_t seed, double seconds, sim_emit emit, void *ctx)
{
	struct sim_config config = fixture_config(seed);
	struct sim sim;

	sim_open(&sim, &config, emit, ctx);
	sim_run(&sim, T0 + (int64_t)(seconds * 1e9));
	sim_close(&sim);
}

#endif
