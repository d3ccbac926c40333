/* SPDX-License-Identifier: MIT */
/* Rows of ev_rx from the pages of the file: those that SQL gives, or a word that SQL be asked. */
#include "tests/db/rx_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "db/reader.h"

#define SHARED_AT (0x40000000 + 2) /* bytes that a reader of SQLite's locks */
#define SHARED_NR 510

/* --- both ways ---------------------------------------------------------------------------------
 */

static void expect_row(const struct rx_read_row *row, sqlite3_stmt *stmt)
{
	bool is_known = sqlite3_column_type(stmt, 3) != SQLITE_NULL;

	assert_int_equal(row->id, sqlite3_column_int64(stmt, 0));
	assert_int_equal(row->ts, sqlite3_column_int64(stmt, 1));
	assert_int_equal(row->what, (uint32_t)sqlite3_column_int64(stmt, 2));
	assert_int_equal(row->available,
			 is_known ? (uint32_t)sqlite3_column_int64(stmt, 3) : POOL_UNKNOWN);
	assert_int_equal(row->ids_bytes, sqlite3_column_bytes(stmt, 4));
	if (row->ids_bytes)
		assert_memory_equal(row->ids, sqlite3_column_blob(stmt, 4), row->ids_bytes);
}

/* Returns: how many rows there are. */
static int expect_same(sqlite3 *db, sqlite3_stmt *select, int64_t first, int64_t last)
{
	struct rx_read *r = rx_read_begin(db, root_of(db), first, last);
	struct rx_read_row row;
	int nr = 0;

	assert_non_null(r);
	sqlite3_bind_int64(select, 1, first);
	sqlite3_bind_int64(select, 2, last);
	for (; sqlite3_step(select) == SQLITE_ROW; nr++) {
		assert_int_equal(rx_read_next(r, &row), 1);
		expect_row(&row, select);
	}
	assert_int_equal(rx_read_next(r, &row), 0);
	sqlite3_reset(select);
	rx_read_end(r);
	return nr;
}

static int64_t draw_id(sqlite3 *db)
{
	static const int64_t ends[] = {0, 1, LAST_ID, INT64_C(1) << 40, (INT64_C(1) << 40) - 1};
	char text[100];
	int64_t id;

	if (!draw(5))
		return ends[draw(5)];
	if (!draw(5))
		return draw_number() & INT64_MAX;
	snprintf(text, sizeof(text), "SELECT coalesce((SELECT id FROM ev_rx LIMIT 1 OFFSET %u), 3)",
		 draw(2000));
	id = number(db, text) + draw(3) - 1;
	return id < 0 ? 0 : id;
}

static void expect_same_ranges(const char *path, int ranges)
{
	sqlite3 *db = open_file(path, SQLITE_OPEN_READONLY);
	sqlite3_stmt *select;

	sql(db, "BEGIN");
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT * FROM ev_rx WHERE id >= ? AND id <= ? ORDER BY id",
				   -1, &select, NULL),
		SQLITE_OK);
	assert_int_equal(expect_same(db, select, 0, LAST_ID),
			 number(db, "SELECT count(*) FROM ev_rx"));
	for (int i = 0; i < ranges; i++) {
		int64_t first = draw_id(db), last = draw_id(db);

		if (!draw(4))
			last = first < LAST_ID - 50 ? first + draw(50) : LAST_ID;
		expect_same(db, select, first, last);
	}
	sqlite3_finalize(select);
	sqlite3_close(db);
}

static void rows_are_those_that_sql_gives(void **state)
{
	(void)state;
	for (int page_bytes = 512; page_bytes <= 65536; page_bytes *= 2)
		for (int in_order = 0; in_order < 2; in_order++) {
			char *path = fixture_path();
			sqlite3 *db = make_file(path, page_bytes, in_order ? "WAL" : "DELETE");

			assert_int_equal(number(db, "PRAGMA page_size"), page_bytes);
			fill(db, 4000, in_order);
			sqlite3_close(db); /* the last one takes the log with it */
			expect_same_ranges(path, 60);
			fixture_remove(path);
		}
}

/* Where a row goes on in other pages depends on its size to the byte. */
static void rows_of_every_size_are_read(void **state)
{
	char *path = fixture_path();
	sqlite3 *db = make_file(path, 512, "DELETE");
	sqlite3_stmt *insert;

	(void)state;
	sqlite3_prepare_v2(db, "INSERT INTO ev_rx VALUES (?,?,?,?,?)", -1, &insert, NULL);
	sql(db, "BEGIN");
	for (uint32_t bytes = 0; bytes < 2200; bytes++)
		put(insert, bytes, bytes);
	sql(db, "COMMIT");
	sqlite3_finalize(insert);
	sqlite3_close(db);
	expect_same_ranges(path, 20);
	fixture_remove(path);
}

static void small_tables_are_read_whole(void **state)
{
	(void)state;
	for (int nr = 0; nr < 300; nr = nr < 3 ? nr + 1 : nr * 2) {
		char *path = fixture_path();
		sqlite3 *db = make_file(path, 4096, "WAL");

		fill(db, nr, true);
		sqlite3_close(db);
		expect_same_ranges(path, 5);
		fixture_remove(path);
	}
}

/* --- what the file does not say ----------------------------------------------------------------
 */

static void a_log_with_content_is_left_to_sqlite(void **state)
{
	char *path = fixture_path();
	sqlite3 *writer = make_file(path, 4096, "WAL"), *db;

	(void)state;
	db = open_file(path, SQLITE_OPEN_READONLY);
	sql(db, "BEGIN");
	assert_null(begin_all(db));
	sql(db, "COMMIT");
	sql(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
	sql(db, "BEGIN");
	rx_read_end(begin_all(db));
	sql(db, "COMMIT; BEGIN");
	number(db, "SELECT count(*) FROM ev_rx");
	fill(writer, 10, true);
	assert_null(begin_all(db)); /* too late to know that the log was empty */
	sqlite3_close(db);
	sqlite3_close(writer);
	fixture_remove(path);
}

static void what_is_written_meanwhile_is_not_seen(void **state)
{
	char *path = fixture_path();
	sqlite3 *writer = make_file(path, 4096, "WAL"), *db;
	struct rx_read_row row;
	struct rx_read *r;
	int64_t nr;

	(void)state;
	fill(writer, 20000, true);
	sql(writer, "PRAGMA wal_checkpoint(TRUNCATE)");
	db = open_file(path, SQLITE_OPEN_READONLY);
	sql(db, "BEGIN");
	nr = number(db, "SELECT count(*) FROM ev_rx");
	r = begin_all(db);
	assert_non_null(r);
	for (int64_t i = 0; i < nr; i++) {
		assert_int_equal(rx_read_next(r, &row), 1);
		if (i % 2000 == 0) {
			sql(writer, "DELETE FROM ev_rx WHERE id % 3 = 1;"
				    "UPDATE ev_rx SET ts = 0, ids = x'0102030405060708'");
			sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
						  NULL);
			sqlite3_wal_checkpoint_v2(writer, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						  NULL);
		}
		assert_false(row.ids_bytes == 8 && !memcmp(row.ids, "\1\2\3\4\5\6\7\10", 8));
	}
	assert_int_equal(rx_read_next(r, &row), 0);
	rx_read_end(r);
	sqlite3_close(db);
	sqlite3_close(writer);
	fixture_remove(path);
}

static void other_connections_are_left_to_sqlite(void **state)
{
	char *path = fixture_path();
	sqlite3 *db = open_file(":memory:", SQLITE_OPEN_READWRITE);
	unsigned reserved = 32;

	(void)state;
	sql(db, db_schema_sql);
	assert_null(begin_all(db));
	sqlite3_close(db);

	db = make_file(path, 4096, "DELETE");
	assert_null(
		begin_all(db)); /* it can write, and its memory may have what the file has not */
	sqlite3_close(db);
	unlink(path);

	db = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
	sql(db, db_schema_sql);
	fill(db, 100, true);
	sqlite3_close(db);
	db = open_file(path, SQLITE_OPEN_READONLY);
	assert_null(begin_all(db));
	assert_int_equal(number(db, "SELECT count(*) > 50 FROM ev_rx"), 1);
	sqlite3_close(db);
	fixture_remove(path);
}

/* Is the byte range of SQLite's readers locked, as far as another process can tell? */
static bool is_locked(const char *path)
{
	int status;
	pid_t child = fork();

	if (!child) {
		struct flock lock = {.l_type = F_WRLCK, .l_start = SHARED_AT, .l_len = SHARED_NR};
		int fd = open(path, O_RDWR);

		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) ? 2 : lock.l_type != F_UNLCK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status);
}

static void locks_of_the_connection_stay(void **state)
{
	char *path = fixture_path();
	sqlite3 *db = make_file(path, 4096, "DELETE");
	struct rx_read *r;

	(void)state;
	fill(db, 1000, true);
	sqlite3_close(db);
	db = open_file(path, SQLITE_OPEN_READONLY);
	sql(db, "BEGIN");
	assert_false(is_locked(path));
	r = begin_all(db);
	assert_non_null(r);
	assert_true(is_locked(path));
	rx_read_end(r);
	assert_true(is_locked(path));
	sql(db, "COMMIT");
	assert_false(is_locked(path));
	sqlite3_close(db);
	fixture_remove(path);
}

/* --- events ------------------------------------------------------------------------------------
 */

struct digest {
	uint64_t value, nr;
	uint64_t stop_after; /* 0: never */
};

static int mix(const struct pool_event *e, void *ctx)
{
	struct digest *d = ctx;
	bool rx = e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN;
	const uint64_t values[] = {e->pool, e->seq, (uint64_t)e->ts_ns, e->kind, e->available};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		d->value = (d->value ^ values[i]) * UINT64_C(0x100000001b3);
	for (uint32_t i = 0; rx && i < e->u.rx.nr_buffers; i++)
		d->value = (d->value ^ e->u.rx.buffers[i]) * UINT64_C(0x100000001b3);
	if (rx)
		d->value ^= e->u.rx.frames + ((uint64_t)e->u.rx.resources << 20);
	return ++d->nr == d->stop_after ? 77 : 0;
}

/* A connection that can write is always read by SQLite. */
static void expect_same_events(const char *path)
{
	struct query *q = fixture_query(path), by_sql;
	struct rx_read *r;
	sqlite3 *db = open_file(path, SQLITE_OPEN_READWRITE);
	struct db_error err = {""};

	assert_int_equal(reader_attach(&by_sql, db, &err), 0);
	assert_int_equal(query_begin(q, &err), 0);
	number(q->db, "SELECT count(*) FROM meta");
	r = begin_all(q->db);
	assert_non_null(r); /* else there is nothing to compare */
	rx_read_end(r);
	for (int i = 0; i < 40; i++) {
		uint64_t stop = i % 3 ? 0 : 1 + draw(3000);
		struct digest a = {.stop_after = stop}, b = {.stop_after = stop};
		uint32_t pool = draw(2) ? 0 : 1u << draw(23);
		int64_t from = draw(6000), to = from + draw(6000);
		int ret;

		if (i < 3) {
			ret = query_events(&by_sql, -1, mix, &a, &err);
			assert_int_equal(query_events(q, -1, mix, &b, &err), ret);
		} else {
			ret = reader_between(&by_sql, pool, from, to, false, mix, &a, &err);
			assert_int_equal(reader_between(q, pool, from, to, false, mix, &b, &err),
					 ret);
		}
		assert_true(ret == 0 || ret == 77);
		assert_int_equal(a.nr, b.nr);
		assert_int_equal(a.value, b.value);
	}
	reader_detach(&by_sql);
	sqlite3_close(db);
	query_close(q);
}

/* Row by row, as pages, and with the oldest ones dropped again and again. */
static void events_of_a_recording_are_the_same(void **state)
{
	static const struct store_options ways[] = {
		{.trace = "test"},
		{.trace = "test", .append = true, .at_once = true},
		{.trace = "test", .max_age_ns = 500 * MS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		char *path = fixture_path();
		struct store_options options = ways[i];
		struct store *store;
		struct db_error err = {""};

		assert_int_equal(store_open(path, &options, &store, &err), 0);
		fixture_life(3, 2, fixture_emit, store);
		fixture_close(store);
		assert_int_equal(fixture_int(path, "SELECT count(*) FROM meta"
						   " WHERE key = 'events_from_ns'"),
				 options.max_age_ns > 0);
		expect_same_events(path);
		fixture_remove(path);
	}
}

/* Rows that SQL took from somebody: SQLite reads on where the first of them is. */
static void rows_of_another_form_are_left_to_sqlite(void **state)
{
	static const char *const odd[] = {
		"UPDATE ev_rx SET ids = 'text' WHERE id = ?",
		"UPDATE ev_rx SET ts = 1.5 WHERE id = ?",
		"UPDATE ev_rx SET ts = 'now' WHERE id = ?",
		"UPDATE ev_rx SET what = x'01' WHERE id = ?",
		"UPDATE ev_rx SET available = 'some' WHERE id = ?",
		"UPDATE ev_rx SET ids = zeroblob(300000) WHERE id = ?",
		"ALTER TABLE ev_rx ADD COLUMN more INTEGER DEFAULT ?",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char *path = fixture_path(), text[100];
		struct store *store = fixture_open(path);
		sqlite3 *db;

		fixture_life(i, 1, fixture_emit, store);
		fixture_close(store);
		db = open_file(path, SQLITE_OPEN_READWRITE);
		snprintf(text, sizeof(text), "%.*s%d", (int)strcspn(odd[i], "?"), odd[i], 2000);
		sql(db, text);
		sqlite3_close(db);
		expect_same_events(path);
		fixture_remove(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_that_sql_gives),
		cmocka_unit_test(rows_of_every_size_are_read),
		cmocka_unit_test(small_tables_are_read_whole),
		cmocka_unit_test(a_log_with_content_is_left_to_sqlite),
		cmocka_unit_test(what_is_written_meanwhile_is_not_seen),
		cmocka_unit_test(other_connections_are_left_to_sqlite),
		cmocka_unit_test(locks_of_the_connection_stay),
		cmocka_unit_test(events_of_a_recording_are_the_same),
		cmocka_unit_test(rows_of_another_form_are_left_to_sqlite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
