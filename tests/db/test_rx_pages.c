/* SPDX-License-Identifier: MIT */
/* Table ev_rx made of pages: what SQL would have made. */
#include "tests/db/fixture.h"

#include <errno.h>
#include <fcntl.h>

#include "db/connect.h"
#include "db/rx_pages.h"

#define IDS_MAX 1000 /* of 4 bytes they fill a page */

/* The same rows twice: in ev_rx as pages, and in table other by SQL. */
struct bench {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *insert;
	struct rx_pages pages;
	int fd;
	uint64_t state;
};

static void sql(struct bench *b, const char *text)
{
	if (sqlite3_exec(b->db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(b->db));
}

static void begin(struct bench *b)
{
	struct db_error err = {""};

	*b = (struct bench){.path = fixture_path(), .state = 1};
	assert_int_equal(sqlite3_open(b->path, &b->db), SQLITE_OK);
	sql(b, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
	sql(b, db_schema_sql);
	sql(b, "CREATE TABLE other (id INTEGER PRIMARY KEY, ts, what, available, ids);"
	       "BEGIN");
	assert_int_equal(sqlite3_prepare_v2(b->db, "INSERT INTO other VALUES (?, ?, ?, ?, ?)", -1,
					    &b->insert, NULL),
			 SQLITE_OK);
	b->fd = open(b->path, O_RDWR | O_CLOEXEC);
	assert_true(b->fd >= 0);
	if (rx_pages_init(&b->pages, b->db, b->fd, &err))
		fail_msg("%s", err.text);
}

static void finish(struct bench *b)
{
	sql(b, "COMMIT");
	assert_int_equal(rx_pages_finish(&b->pages), 0);
}

static int64_t number(struct bench *b, const char *text)
{
	long long value = -1;
	struct db_error err = {""};

	if (connect_get_int(b->db, text, &value, &err))
		fail_msg("%s: %s", text, err.text);
	return value;
}

static void end(struct bench *b)
{
	sqlite3_finalize(b->insert);
	sqlite3_close(b->db);
	close(b->fd);
	rx_pages_release(&b->pages);
	fixture_remove(b->path);
}

static uint32_t draw(struct bench *b, uint32_t below)
{
	b->state = b->state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(b->state >> 33) % below;
}

/* Of any size: every number of bytes that SQLite knows comes up. */
static int64_t draw_number(struct bench *b)
{
	uint64_t bits = (uint64_t)draw(b, 1u << 31) << 31 | draw(b, 1u << 31);

	return (int64_t)(bits >> draw(b, 63)) * (draw(b, 2) ? 1 : -1);
}

static void put(struct bench *b, int64_t id, int64_t ts, uint32_t what, uint32_t available,
		const uint32_t *ids, uint32_t nr)
{
	bool wide = false;
	uint8_t bytes[4 * IDS_MAX];

	for (uint32_t i = 0; i < nr; i++)
		wide = wide || ids[i] > 0xffff;
	for (uint32_t i = 0; i < nr; i++) {
		memcpy(bytes + i * (wide ? 4 : 2), &ids[i], wide ? 4 : 2);
	}
	sqlite3_bind_int64(b->insert, 1, id);
	sqlite3_bind_int64(b->insert, 2, ts);
	sqlite3_bind_int64(b->insert, 3, what | (wide ? 2 : 0));
	if (available == POOL_UNKNOWN)
		sqlite3_bind_null(b->insert, 4);
	else
		sqlite3_bind_int64(b->insert, 4, available);
	sqlite3_bind_blob(b->insert, 5, bytes, (int)(nr * (wide ? 4 : 2)), SQLITE_STATIC);
	assert_int_equal(sqlite3_step(b->insert), SQLITE_DONE);
	sqlite3_reset(b->insert);
	assert_int_equal(rx_pages_add(&b->pages, id, ts, what, available, ids, nr), 0);
}

static void put_any(struct bench *b, int64_t id)
{
	uint32_t ids[IDS_MAX];
	uint32_t nr = draw(b, 20) ? draw(b, 5) : draw(b, IDS_MAX);
	uint32_t below = draw(b, 2) ? 65536 : 1u << 31;

	for (uint32_t i = 0; i < nr; i++)
		ids[i] = draw(b, below);
	put(b, id, draw_number(b), draw(b, 1u << 18) & ~2u,
	    draw(b, 10) ? draw(b, 1u << draw(b, 31)) : POOL_UNKNOWN, ids, nr);
}

static void expect_equal(struct bench *b)
{
	char text[64];

	assert_int_equal(number(b, "SELECT count(*) FROM ev_rx"),
			 number(b, "SELECT count(*) FROM other"));
	assert_int_equal(number(b, "SELECT count(*) FROM ev_rx JOIN other USING (id) WHERE"
				   " ev_rx.ts IS other.ts AND ev_rx.what IS other.what AND"
				   " ev_rx.available IS other.available AND ev_rx.ids IS other.ids"
				   " AND typeof(ev_rx.ids) = 'blob'"),
			 number(b, "SELECT count(*) FROM other"));
	assert_int_equal(number(b, "SELECT count(*) FROM (SELECT id FROM ev_rx) WHERE id NOT IN"
				   " (SELECT id FROM other)"),
			 0);
	fixture_text(b->path, "PRAGMA integrity_check", text, sizeof(text));
	assert_string_equal(text, "ok");
}

/* Pools in turn, the last one with the highest number; other tables grow between. */
static void rows_are_those_that_sql_makes(void **state)
{
	static const int64_t pools[] = {7, 0, 65535, 8388607};
	int64_t seq[4] = {0, 5, 1, 3};
	struct bench b;

	(void)state;
	begin(&b);
	for (int i = 0; i < 40000; i++) {
		unsigned p = draw(&b, 4);

		put_any(&b, pools[p] << DB_SEQ_BITS | seq[p]);
		seq[p] += 1 + draw(&b, 3);
		if (i % 5000)
			continue;
		sql(&b, "COMMIT");
		assert_int_equal(rx_pages_flush(&b.pages), 0);
		assert_int_equal(number(&b, "SELECT count(*) FROM ev_rx"), 0);
		sql(&b, "BEGIN");
	}
	finish(&b);
	assert_true(number(&b, "PRAGMA page_count") > 2 * 273); /* two levels at least */
	expect_equal(&b);
	sql(&b, "DELETE FROM ev_rx WHERE id % 3 = 0; DELETE FROM other WHERE id % 3 = 0;"
		"INSERT INTO ev_rx SELECT id + 1000000, ts, what, available, ids FROM other;"
		"INSERT INTO other SELECT id + 1000000, ts, what, available, ids FROM other");
	expect_equal(&b); /* and it can be written to like any other */
	end(&b);
}

/* No row, one, a page full, one more, two pages. */
static void small_tables_are_whole(void **state)
{
	(void)state;
	for (int nr = 0; nr < 700; nr = nr < 4 ? nr + 1 : nr * 5 / 4) {
		struct bench b;

		begin(&b);
		for (int i = 0; i < nr; i++)
			put(&b, i, i, 0, 1, (const uint32_t[]){1, 2}, 2);
		finish(&b);
		expect_equal(&b);
		end(&b);
	}
}

/* Whatever the file has before it: the page of SQLite's lock stays free. */
static void page_that_sqlite_locks_is_passed_over(void **state)
{
	const uint32_t lock_page = 0x40000000 / 4096 + 1;
	unsigned char size[4], page[4096];
	struct bench b;

	(void)state;
	for (uint32_t before = 0; before < 4; before++) {
		uint32_t last = lock_page - before;

		begin(&b);
		put_any(&b, 0);
		sql(&b, "COMMIT");
		for (int i = 0; i < 4; i++)
			size[i] = (unsigned char)(last >> (24 - 8 * i));
		assert_int_equal(ftruncate(b.fd, (off_t)last * 4096), 0);
		assert_int_equal(pwrite(b.fd, size, 4, 28), 4);
		assert_int_equal(pread(b.fd, size, 4, 24), 4);
		size[2] += 100; /* as another process would */
		assert_int_equal(pwrite(b.fd, size, 4, 24), 4);
		assert_int_equal(pwrite(b.fd, size, 4, 92), 4);
		sql(&b, "BEGIN; INSERT INTO meta VALUES ('a', 1)");
		for (int i = 1; i < 2000; i++)
			put_any(&b, i);
		finish(&b);
		assert_int_equal(number(&b, "SELECT count(*) FROM ev_rx"), 2000);
		assert_int_equal(number(&b, "SELECT count(*) FROM ev_rx JOIN other USING (id)"
					    " WHERE ev_rx.ids IS other.ids"),
				 2000);
		assert_int_equal(pread(b.fd, page, sizeof(page), 0x40000000), sizeof(page));
		for (size_t i = 0; i < sizeof(page); i++)
			assert_int_equal(page[i], 0);
		end(&b);
	}
}

static void what_no_page_takes_is_refused(void **state)
{
	static uint32_t ids[4096];
	struct bench b;

	(void)state;
	begin(&b);
	put_any(&b, 5);
	assert_int_equal(rx_pages_add(&b.pages, 5, 0, 0, 0, ids, 1), -EOPNOTSUPP);
	assert_int_equal(rx_pages_add(&b.pages, 4, 0, 0, 0, ids, 1), -EOPNOTSUPP);
	assert_int_equal(rx_pages_add(&b.pages, 6, 0, 0, 0, ids, 4096), -EOPNOTSUPP);
	for (int64_t pool = 1; pool < RX_PAGES_POOLS_MAX; pool++)
		assert_int_equal(rx_pages_add(&b.pages, pool << DB_SEQ_BITS, 0, 0, 0, ids, 1), 0);
	assert_int_equal(rx_pages_add(&b.pages, INT64_C(1) << 60, 0, 0, 0, ids, 1), -EOPNOTSUPP);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_those_that_sql_makes),
		cmocka_unit_test(small_tables_are_whole),
		cmocka_unit_test(page_that_sqlite_locks_is_passed_over),
		cmocka_unit_test(what_no_page_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
