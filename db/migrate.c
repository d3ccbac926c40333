/* SPDX-License-Identifier: MIT */
#include "db/migrate.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"

/* The number of a pool's first event, of those in one table. */
#define FIRST_IN(table)                                                                            \
	"SELECT min(id) & 0xffffffffff AS first FROM " table                                       \
	" WHERE id BETWEEN pool << 40 AND (pool << 40) + 0xffffffffff"
#define OR_IN(table) " UNION ALL " FIRST_IN(table)

/* Lead probes: a mark more. */
static const char probes[] = "ALTER TABLE pool ADD COLUMN probe_ticks INTEGER;"
			     "ALTER TABLE ev_open ADD COLUMN probe_ticks INTEGER;"
			     "ALTER TABLE ev_tick ADD COLUMN probe_ticks INTEGER;";

/*
 * Traces of several hosts; what the audit found first; where a pool's record begins; allocations
 * numbered by pool.
 */
static const char traces[] =
	"ALTER TABLE trace ADD COLUMN host TEXT;"
	"ALTER TABLE pool ADD COLUMN host TEXT;"
	"ALTER TABLE summary ADD COLUMN audit_what TEXT;"
	"ALTER TABLE summary ADD COLUMN audit_said INTEGER;"
	"ALTER TABLE summary ADD COLUMN audit_counted INTEGER;"
	"ALTER TABLE summary ADD COLUMN first_seq INTEGER;"
	"ALTER TABLE summary ADD COLUMN kept_seq INTEGER;"
	"ALTER TABLE loss ADD COLUMN trace INTEGER;"
	"CREATE TABLE state (pool INTEGER PRIMARY KEY, seq INTEGER NOT NULL,"
	" layout TEXT NOT NULL, state BLOB NOT NULL);"
	"CREATE INDEX loss_gap ON loss (pool, first_seq) WHERE source = 'seq';"
	"UPDATE trace SET host = (SELECT value FROM meta WHERE key = 'host');"
	"UPDATE pool SET host = (SELECT host FROM trace WHERE trace.trace = pool.trace);"
	"UPDATE loss SET trace = 1 WHERE source <> 'seq' OR pool IS NOT NULL;"
	"CREATE TEMP TABLE numbered AS SELECT id AS old,"
	" (pool << 40) + row_number() OVER (PARTITION BY pool ORDER BY id) - 1 AS new FROM alloc;"
	"UPDATE alloc SET id = -1 - id;"
	"UPDATE alloc SET id = (SELECT new FROM numbered WHERE old = -1 - alloc.id);"
	"DROP TABLE temp.numbered;"
	"UPDATE summary SET kept_seq = 0, first_seq = (SELECT min(first) FROM (";

static const char first_of[] = FIRST_IN("ev_open") OR_IN("ev_tick") OR_IN("ev_request")
	OR_IN("ev_refused") OR_IN("ev_complete") OR_IN("ev_free") OR_IN("ev_rx") OR_IN("ev_drop")
		OR_IN("ev_fallback") OR_IN("ev_violation") OR_IN("ev_close") "));";

/* Ways to what is outstanding.  Events that were stored before have no marks: see query_held(). */
static const char outstanding[] =
	"CREATE INDEX alloc_done ON alloc (pool, completed);"
	"CREATE INDEX alloc_block ON alloc (pool, block, completed) WHERE outcome = 0;"
	"CREATE TABLE held (pool INTEGER NOT NULL, seq INTEGER NOT NULL, since_seq INTEGER NOT "
	"NULL,"
	" ts_ns INTEGER NOT NULL, ids BLOB, PRIMARY KEY (pool, seq)) WITHOUT ROWID;";

static const char bookmarks[] =
	"CREATE TABLE bookmark (letter TEXT PRIMARY KEY, ts_ns INTEGER NOT NULL, pool INTEGER,"
	" view TEXT, note TEXT, set_ns INTEGER) WITHOUT ROWID;";

/* What the tables of each schema lack of the next one. */
static const char *const steps[DB_SCHEMA_VERSION][2] = {
	[1] = {probes, ""},
	[2] = {traces, first_of},
	[3] = {outstanding, ""},
	[4] = {bookmarks, ""},
};

/* Where the views begin in schema.sql. */
static const char views_marker[] = "\n-- What users may rely on.\n";

static int run(sqlite3 *db, const char *sql, struct db_error *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	if ((sqlite3_errcode(db) & 0xff) == SQLITE_READONLY)
		return db_fail(err, -EACCES, "it cannot be written: copy it to where it can");
	if ((sqlite3_errcode(db) & 0xff) == SQLITE_ERROR)
		return db_fail(err, -EINVAL, "not a whole Poolscope recording: %s",
			       sqlite3_errmsg(db));
	return db_fail_sqlite(err, db, "bringing the schema up to date");
}

/* The statements that drop every view; to be freed.  NULL: out of memory, or not readable. */
static char *drop_views(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	char *sql = sqlite3_mprintf("%s", "");

	if (sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'view'", -1, &stmt,
			       NULL) != SQLITE_OK) {
		sqlite3_free(sql);
		return NULL;
	}
	while (sql && sqlite3_step(stmt) == SQLITE_ROW)
		sql = sqlite3_mprintf("%zDROP VIEW \"%w\";", sql, sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return sql;
}

static int renew_views(sqlite3 *db, struct db_error *err)
{
	char *sql = drop_views(db);
	int ret = sql ? run(db, sql, err) : db_fail(err, -EIO, "its views cannot be read");

	sqlite3_free(sql);
	return ret ? ret : run(db, strstr(db_schema_sql, views_marker), err);
}

static int set_version(sqlite3 *db, struct db_error *err)
{
	char *sql = sqlite3_mprintf("UPDATE meta SET value = %d WHERE key = 'schema';"
				    "PRAGMA user_version = %d",
				    DB_SCHEMA_VERSION, DB_SCHEMA_VERSION);
	int ret = sql ? run(db, sql, err) : db_fail(err, -ENOMEM, "out of memory");

	sqlite3_free(sql);
	return ret;
}

/* A step may come in two parts. */
static int run_step(sqlite3 *db, const char *const *parts, struct db_error *err)
{
	char *sql = sqlite3_mprintf("%s%s", parts[0], parts[1]);
	int ret = sql ? run(db, sql, err) : db_fail(err, -ENOMEM, "out of memory");

	sqlite3_free(sql);
	return ret;
}

static int bring_up(sqlite3 *db, struct db_error *err)
{
	long long version = 0;
	int ret = connect_get_int(db, "PRAGMA user_version", &version, err);

	if (ret || version >= DB_SCHEMA_VERSION)
		return ret;
	if (version < 1)
		return db_fail(err, -EINVAL, "not a whole Poolscope recording");
	for (; version < DB_SCHEMA_VERSION && !ret; version++)
		ret = run_step(db, steps[version], err);
	if (!ret)
		ret = renew_views(db, err);
	return ret ? ret : set_version(db, err);
}

int migrate(struct sqlite3 *db, struct db_error *err)
{
	int ret = run(db, "BEGIN IMMEDIATE", err);

	if (ret)
		return ret;
	ret = bring_up(db, err);
	if (!ret)
		ret = run(db, "COMMIT", err);
	if (ret)
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return ret;
}
