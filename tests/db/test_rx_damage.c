/* SPDX-License-Identifier: MIT */
/* Pages of ev_rx that are damaged, or made to hurt: what is read of them comes to an end. */
#include "tests/db/rx_file.h"

#include <errno.h>
#include <fcntl.h>

/* Whatever is there, it ends, with ids that ascend, and pieces that can be read. */
static void expect_end(const char *path, uint64_t nr_max)
{
	sqlite3 *db = open_file(path, SQLITE_OPEN_READONLY);
	static uint8_t copy[IDS_MAX * 4 + 100];
	struct rx_read_row row;
	struct rx_read *r = NULL;
	int64_t before = -1;
	sqlite3_stmt *stmt;
	uint64_t nr = 0;

	sql(db, "BEGIN");
	if (sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'ev_rx'", -1,
			       &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		r = rx_read_begin(db, sqlite3_column_int64(stmt, 0), 0, LAST_ID);
	while (r && rx_read_next(r, &row) == 1) {
		assert_true(row.id > before);
		assert_true(row.ids_bytes <= sizeof(copy));
		memcpy(copy, row.ids, row.ids_bytes);
		before = row.id;
		assert_true(++nr <= nr_max);
	}
	rx_read_end(r);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* In the first bytes of a page there is most to break. */
static void damage(int fd, off_t bytes, int page_bytes)
{
	for (unsigned i = 1 + draw(6); i; i--) {
		off_t page = 1 + draw((uint32_t)(bytes / page_bytes) - 1);
		off_t at = page * page_bytes + draw(draw(2) ? 16 : (uint32_t)page_bytes);
		unsigned char byte[4] = {0};
		size_t nr = 1;

		if (draw(2)) {
			byte[0] = (unsigned char)draw(256);
		} else { /* what may be the number of a page */
			nr = 4;
			byte[3] = (unsigned char)draw(256);
			byte[2] = (unsigned char)draw(2);
		}
		assert_int_equal(pwrite(fd, byte, nr, at), nr);
	}
}

static void damaged_pages_do_no_harm(void **state)
{
	static const int sizes[] = {512, 1024, 4096, 65536};
	uint64_t nr;

	(void)state;
	for (int i = 0; i < 400; i++) {
		static char *path, *whole;
		static off_t bytes;
		static int page_bytes, fd;

		if (i % 100 == 0) {
			sqlite3 *db;

			page_bytes = sizes[i / 100];
			path = fixture_path();
			db = make_file(path, page_bytes, "DELETE");
			fill(db, 1500, draw(2));
			sqlite3_close(db);
			fd = open(path, O_RDWR);
			bytes = lseek(fd, 0, SEEK_END);
			whole = malloc((size_t)bytes);
			assert_int_equal(pread(fd, whole, (size_t)bytes, 0), bytes);
		}
		nr = (uint64_t)bytes; /* no row takes less than a byte */
		damage(fd, bytes, page_bytes);
		expect_end(path, nr);
		assert_int_equal(pwrite(fd, whole, (size_t)bytes, 0), bytes);
		if (i % 100 == 99) {
			free(whole);
			close(fd);
			fixture_remove(path);
		}
	}
}

/* Every child of the root is the root again. */
static void pages_in_circles_come_to_an_end(void **state)
{
	char *path = fixture_path();
	sqlite3 *db = make_file(path, 4096, "DELETE");
	unsigned char page[4096], *cell;
	int64_t root;
	int fd;

	(void)state;
	fill(db, 3000, true);
	root = root_of(db);
	sqlite3_close(db);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, page, sizeof(page), (root - 1) * 4096), sizeof(page));
	assert_int_equal(page[0], 5);
	for (int i = 0; i < (page[3] << 8 | page[4]); i++) {
		cell = page + (page[12 + 2 * i] << 8 | page[13 + 2 * i]);
		cell[2] = (unsigned char)(root >> 8);
		cell[3] = (unsigned char)root;
	}
	assert_int_equal(pwrite(fd, page, sizeof(page), (root - 1) * 4096), sizeof(page));
	close(fd);
	expect_end(path, 3000);
	fixture_remove(path);
}

static void write_pages(const char *path, const unsigned char *page, int64_t number)
{
	int fd = open(path, O_RDWR);

	assert_int_equal(pwrite(fd, page, 4096, (number - 1) * 4096), 4096);
	close(fd);
}

/* Each page leads to the next one 300 times, and the last one is empty: 300^5 ways to nothing. */
static void pages_that_lead_to_one_again_and_again_come_to_an_end(void **state)
{
	char *path = fixture_path();
	sqlite3 *db = make_file(path, 4096, "DELETE");
	int64_t root = root_of(db), first, next;

	(void)state;
	fill(db, 3000, true);
	first = number(db, "PRAGMA page_count") - 10;
	sqlite3_close(db);
	for (int level = 0; level < 6; level++) {
		unsigned char page[4096] = {level < 5 ? 5 : 13};
		unsigned nr = level < 5 ? 300 : 0, low = sizeof(page);

		next = first + level;
		page[3] = (unsigned char)(nr >> 8);
		page[4] = (unsigned char)nr;
		for (unsigned i = 0; i < nr; i++) {
			low -= 5;
			page[low + 2] = (unsigned char)(next >> 8);
			page[low + 3] = (unsigned char)next;
			page[low + 4] = 1; /* key */
			page[12 + 2 * i] = (unsigned char)(low >> 8);
			page[13 + 2 * i] = (unsigned char)low;
		}
		page[10] = (unsigned char)(next >> 8);
		page[11] = (unsigned char)next;
		write_pages(path, page, level ? next - 1 : root);
	}
	alarm(120); /* were it not so, it would take years */
	expect_end(path, 0);
	alarm(0);
	fixture_remove(path);
}

/* A record says how long its head is, and of what type its values are. */
static void a_record_that_does_not_add_up_is_left_to_sqlite(void **state)
{
	static const struct {
		int at, more;
	} changes[] = {{0, 1}, {0, -1}, {1, 1}, {2, 1}, {3, -1}, {4, 1}, {5, 2}, {5, -2}, {5, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		char *path = fixture_path();
		sqlite3 *db = make_file(path, 4096, "DELETE");
		unsigned char page[4096], *record;
		int64_t root = root_of(db);
		struct rx_read_row row;
		struct rx_read *r;
		int fd;

		sql(db, "INSERT INTO ev_rx VALUES (7, 1000, 300, 70000, x'010203040506')");
		sqlite3_close(db);
		fd = open(path, O_RDONLY);
		assert_int_equal(pread(fd, page, sizeof(page), (root - 1) * 4096), sizeof(page));
		close(fd);
		record = page + (page[8] << 8 | page[9]) + 2; /* after its size and the id */
		assert_int_equal(record[0], 6);
		assert_int_equal(record[5], 12 + 2 * 6);
		record[changes[i].at] = (unsigned char)(record[changes[i].at] + changes[i].more);
		write_pages(path, page, root);
		db = open_file(path, SQLITE_OPEN_READONLY);
		sql(db, "BEGIN");
		r = begin_all(db);
		assert_non_null(r);
		assert_int_equal(rx_read_next(r, &row), -EBADMSG);
		rx_read_end(r);
		sqlite3_close(db);
		fixture_remove(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_pages_do_no_harm),
		cmocka_unit_test(pages_in_circles_come_to_an_end),
		cmocka_unit_test(pages_that_lead_to_one_again_and_again_come_to_an_end),
		cmocka_unit_test(a_record_that_does_not_add_up_is_left_to_sqlite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
