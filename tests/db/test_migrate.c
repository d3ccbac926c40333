/* SPDX-License-Identifier: MIT */
/* Files of older schemas, made with the schema as it was, are brought up to this one. */
#include "tests/db/fixture.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "db/connect.h"

static const char rows[] =
	"INSERT INTO meta VALUES ('schema', 1), ('base_ns', 1767225600000000000),"
	" ('ended', 'complete');"
	"INSERT INTO trace VALUES (1, 'test');"
	"INSERT INTO progress VALUES (1, 4, 0, 0, 0, 1767225600000000000, 1767225600000000009, 0);"
	"INSERT INTO pool VALUES (0, 1, 0, 'rx0', 6, 2048, 16, 8, 4, 20, 40, 2, 1, 5,"
	" 1767225600000000000, NULL);"
	"INSERT INTO summary (pool, first_ns, last_ns, events, next_seq, requested, refused,"
	" completed, failed, freed, taken, returned, resources, dropped, pending, live_blocks,"
	" available, total, fallback, low_crossings, high_crossings, lead_max_ns, hold_max_ns,"
	" hold_unknown, violations, lost_seq, lost_told, audit_ticks, audit_mismatches,"
	" audit_first_ns, identity_checked, identity_mismatches, identity_first_ns)"
	" VALUES (0, 1767225600000000000, 1767225600000000009, 4, 4, 0,0,0,0,0,3,0,1,0,0,1,14,16,0,"
	" 0,0,0,0,0,0,0,0,0,0,0,0,0,0);"
	"INSERT INTO ev_open VALUES (0, 0, 'rx0', 6, 2048, 16, 8, 4, 20, 40, 2, 1, 5);"
	"INSERT INTO ev_tick VALUES (1, 5, 16, 16, 0, 0, 1, 0,0,0,0,0,0,0,0,0,"
	" 16, 8, 4, 20, 40, 2, 1, 5);"
	"INSERT INTO ev_rx VALUES (2, 7, 4, 14, x'000001000200');"
	"INSERT INTO ev_free VALUES (3, 9, 0, 1, 2, 3, 1, 16, 0);"
	"INSERT INTO alloc VALUES (1, 0, 7, 1, 3, 9, 4, 2, 1, 4096, 0);";

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

/* A file as version 1 of the schema had it. */
static char *old_file(void)
{
	static char schema[65536];
	char *path = fixture_path();
	FILE *f = fopen("tests/db/schema_1.sql", "r");
	size_t n;

	assert_non_null(f);
	n = fread(schema, 1, sizeof(schema) - 1, f);
	fclose(f);
	schema[n] = '\0';
	run_sql(path, schema);
	run_sql(path, rows);
	run_sql(path, "PRAGMA journal_mode = WAL");
	assert_int_equal(fixture_int(path, "PRAGMA user_version"), 1);
	return path;
}

static void text_of(const char *path, const char *sql, char *text)
{
	fixture_text(path, sql, text, 60000);
}

static void older_file_has_this_schema_once_it_was_read(void **state)
{
	static char old[60000], new[60000];
	static const char *const questions[] = {
		/* Tables: the same columns, wherever they stand. */
		"SELECT group_concat(t || '.' || c || ' ' || y, ', ') FROM (SELECT m.name AS t,"
		" i.name AS c, i.type AS y FROM sqlite_schema m, pragma_table_info(m.name) i"
		" WHERE m.type = 'table' ORDER BY 1, 2)",
		"SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema"
		" WHERE type = 'view' ORDER BY name)",
	};
	char *path = old_file(), *fresh = fixture_path();

	fixture_close(fixture_open(fresh));
	query_close(fixture_query(path));
	assert_int_equal(fixture_int(path, "PRAGMA user_version"), DB_SCHEMA_VERSION);
	assert_int_equal(fixture_int(path, "SELECT value FROM meta WHERE key = 'schema'"),
			 DB_SCHEMA_VERSION);
	for (size_t i = 0; i < 2; i++) {
		text_of(path, questions[i], old);
		text_of(fresh, questions[i], new);
		assert_string_equal(old, new);
	}
	fixture_remove(path);
	fixture_remove(fresh);
}

/* New writing works on both, and so does reading: columns are where the programs expect them. */
static void older_file_says_what_it_said(void **state)
{
	char *path = old_file(), text[200];
	struct pool_summary pool = fixture_pool(path);

	assert_int_equal(pool.marks.base, 16);
	assert_int_equal(pool.marks.shrink_ticks, 5);
	assert_int_equal(pool.marks.probe_ticks, 0);
	assert_int_equal(pool.opened_ns, T0);
	assert_int_equal(pool.closed_ns, 0);
	fixture_text(path,
		     "SELECT buffers || frames || resources || available FROM event"
		     " WHERE kind = 'rx_take'",
		     text, sizeof(text));
	assert_string_equal(text, "[0,1,2]3114");
	fixture_text(path, "SELECT outcome || reason || lead_ns FROM allocation", text,
		     sizeof(text));
	assert_string_equal(text, "latelate2");
	fixture_remove(path);
}

static int collect(const struct pool_event *e, void *ctx)
{
	uint32_t *seen = ctx;

	seen[e->kind]++;
	if (e->kind == POOL_EVENT_TICK)
		assert_int_equal(e->u.tick.marks.probe_ticks, 0);
	if (e->kind == POOL_EVENT_RX_TAKE)
		assert_int_equal(e->u.rx.frames, 3);
	return 0;
}

static void events_of_an_older_file_can_be_read(void **state)
{
	uint32_t seen[POOL_EVENT_NR_KINDS] = {0};
	char *path = old_file();
	struct query *q = fixture_query(path);
	struct db_error err;

	assert_int_equal(query_events(q, -1, collect, seen, &err), 0);
	assert_int_equal(seen[POOL_EVENT_POOL_OPEN], 1);
	assert_int_equal(seen[POOL_EVENT_TICK], 1);
	assert_int_equal(seen[POOL_EVENT_RX_TAKE], 1);
	query_close(q);
	fixture_remove(path);
}

/* One that an older program still writes would be pulled from under it. */
static void older_file_that_is_being_recorded_is_left_alone(void **state)
{
	char *path = old_file(), sql[200];
	struct timespec now;
	struct db_error err;
	struct query *q;

	clock_gettime(CLOCK_REALTIME, &now);
	/* As far in the future as a slow test may need. */
	snprintf(sql, sizeof(sql),
		 "UPDATE meta SET value = 'recording' WHERE key = 'ended';"
		 "UPDATE progress SET committed_ns = %lld",
		 (long long)(now.tv_sec + 3600) * 1000000000);
	run_sql(path, sql);
	assert_int_equal(query_open(path, &q, &err), -EBUSY);
	assert_non_null(strstr(err.text, "older Poolscope"));
	assert_int_equal(fixture_int(path, "PRAGMA user_version"), 1);
	fixture_remove(path);
}

/* All or nothing: a step that fails leaves the file as it was. */
static void failed_migration_changes_nothing(void **state)
{
	static char before[60000], after[60000];
	static const char everything[] = "SELECT group_concat(sql, ';') FROM sqlite_schema";
	char *path = old_file();
	struct db_error err;
	struct query *q;

	run_sql(path, "DROP VIEW event; DROP TABLE ev_tick");
	text_of(path, everything, before);
	assert_true(query_open(path, &q, &err) < 0);
	assert_non_null(strstr(err.text, "older Poolscope"));
	text_of(path, everything, after);
	assert_string_equal(before, after);
	assert_int_equal(fixture_int(path, "PRAGMA user_version"), 1);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(older_file_has_this_schema_once_it_was_read),
		cmocka_unit_test(older_file_says_what_it_said),
		cmocka_unit_test(events_of_an_older_file_can_be_read),
		cmocka_unit_test(older_file_that_is_being_recorded_is_left_alone),
		cmocka_unit_test(failed_migration_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
