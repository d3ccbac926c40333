/* SPDX-License-Identifier: MIT */
/* The queries of docs/database.md, and SQL that must not be run. */
#include <errno.h>

#include "tests/db/fixture.h"

struct answer {
	int headers, rows, columns;
	char first[128];
};

static int take(int nr, const char *const *values, bool is_header, void *ctx)
{
	struct answer *a = ctx;

	a->headers += is_header;
	a->rows += !is_header;
	a->columns = nr;
	if (!is_header && a->rows == 1)
		snprintf(a->first, sizeof(a->first), "%s", values[0] ? values[0] : "NULL");
	return 0;
}

/* With a hole, so that queries about losses find something. */
static void emit_with_hole(const struct pool_event *e, void *store)
{
	if (e->seq < 3000 || e->seq >= 3020)
		fixture_emit(e, store);
}

static char *make_recording(void)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	fixture_life(1, 4, emit_with_hole, store);
	fixture_close(store);
	return path;
}

/* Runs what stands between ```sql and ```; returns how many there were. */
static int run_documented(struct query *q, FILE *doc)
{
	char line[512], sql[4096] = "";
	bool inside = false;
	int nr = 0;

	while (fgets(line, sizeof(line), doc)) {
		struct answer a = {0};
		struct db_error err = {""};

		if (!strcmp(line, "```sql\n")) {
			inside = true;
			sql[0] = '\0';
		} else if (inside && !strcmp(line, "```\n")) {
			inside = false;
			nr++;
			if (query_sql(q, sql, take, &a, &err))
				fail_msg("%s: %s", sql, err.text);
			assert_int_equal(a.headers, 1);
			if (!a.rows && !strstr(sql, "completed_ns IS NULL"))
				fail_msg("no rows: %s", sql);
		} else if (inside) {
			assert_true(strlen(sql) + strlen(line) < sizeof(sql));
			strcat(sql, line);
		}
	}
	return nr;
}

static void documented_queries_work(void **state)
{
	char *path = make_recording();
	struct query *q = fixture_query(path);
	FILE *doc = fopen("docs/database.md", "r");

	assert_non_null(doc); /* tests run in the source folder */
	assert_true(run_documented(q, doc) >= 10);
	fclose(doc);
	query_close(q);
	fixture_remove(path);
}

static void promised_names_exist(void **state)
{
	static const char *const queries[] = {
		"SELECT key, value FROM meta",
		"SELECT pool, name, generation, buffer_bytes, base, block, low, high, "
		"limit_buffers,"
		" reserve, max_pending, opened_ns, closed_ns FROM pool",
		"SELECT ts_ns, pool, seq, kind FROM event LIMIT 3",
		"SELECT pool, request, requested_ns, completed_ns, freed_ns, outcome, reason, "
		"block,"
		" length_bytes, buffers, lead_ns, life_ns FROM allocation",
		"SELECT pool, start_ns, width_ns, available_min, available_mean, available_max, "
		"held_max,"
		" total, pending_max, low_crossings, high_crossings FROM level",
		"SELECT pool, start_ns, width_ns, count, p50_ns, p90_ns, p99_ns, p999_ns, max_ns "
		"FROM"
		" lead",
		"SELECT pool, start_ns, width_ns, count, p50_ns, p90_ns, p99_ns, p999_ns, max_ns "
		"FROM"
		" hold",
		"SELECT pool, start_ns, end_ns, events, source FROM loss",
	};
	char *path = make_recording();
	struct query *q = fixture_query(path);

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct answer a = {0};
		struct db_error err = {""};

		if (query_sql(q, queries[i], take, &a, &err))
			fail_msg("%s: %s", queries[i], err.text);
		assert_true(a.rows > 0);
	}
	query_close(q);
	fixture_remove(path);
}

static void statements_run_one_after_the_other(void **state)
{
	char *path = make_recording();
	struct query *q = fixture_query(path);
	struct answer a = {0};
	struct db_error err;

	assert_int_equal(
		query_sql(q, "SELECT 7; -- a comment\n SELECT NULL, 2;\n  ", take, &a, &err), 0);
	assert_int_equal(a.headers, 2);
	assert_int_equal(a.rows, 2);
	assert_int_equal(a.columns, 2);
	assert_string_equal(a.first, "7");
	assert_int_equal(query_sql(q, "SELECT 1; SELEC 2", take, &a, &err), -EINVAL);
	assert_non_null(strstr(err.text, "SELEC"));
	query_close(q);
	fixture_remove(path);
}

/* With a sorter, the newest of ten million events would take minutes. */
static void events_in_the_order_of_ids_are_not_sorted(void **state)
{
	static const char *const plans[] = {
		"SELECT * FROM event ORDER BY id DESC LIMIT 1",
		"SELECT id, ts_ns, kind FROM event WHERE id >= 1000 AND available < 9 ORDER BY id",
	};
	char *path = make_recording();
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", plans[i]);
		sqlite3_stmt *stmt;
		int steps = 0;

		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
		for (; sqlite3_step(stmt) == SQLITE_ROW; steps++)
			assert_null(strstr((const char *)sqlite3_column_text(stmt, 3), "TEMP"));
		assert_true(steps > 11);
		sqlite3_finalize(stmt);
		sqlite3_free(sql);
	}
	sqlite3_close(db);
	fixture_remove(path);
}

static void nothing_but_reading_is_allowed(void **state)
{
	static const char *const refused[] = {
		"DELETE FROM loss",
		"INSERT INTO meta VALUES ('a', 'b')",
		"UPDATE pool SET name = 'x'",
		"DROP TABLE pool",
		"CREATE TABLE t (x)",
		"CREATE TEMP TABLE t (x)",
		"ATTACH '/tmp/poolscope-must-not-exist.db' AS other",
		"VACUUM INTO '/tmp/poolscope-must-not-exist.db'",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA user_version = 5",
		"PRAGMA writable_schema = ON",
		"BEGIN IMMEDIATE",
		"WITH a AS (SELECT 1) DELETE FROM pool",
	};
	char *path = make_recording();
	struct query *q = fixture_query(path);

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct answer a = {0};
		struct db_error err;

		assert_int_equal(query_sql(q, refused[i], take, &a, &err), -EACCES);
		assert_int_equal(a.rows, 0);
	}
	assert_int_not_equal(access("/tmp/poolscope-must-not-exist.db", F_OK), 0);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 1);
	query_close(q);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documented_queries_work),
		cmocka_unit_test(promised_names_exist),
		cmocka_unit_test(statements_run_one_after_the_other),
		cmocka_unit_test(events_in_the_order_of_ids_are_not_sorted),
		cmocka_unit_test(nothing_but_reading_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
