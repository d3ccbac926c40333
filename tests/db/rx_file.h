/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DB_RX_FILE_H
#define TESTS_DB_RX_FILE_H
/* Files with rows of ev_rx of all kinds, made by SQL, for the tests of db/rx_read.h. */
#include "tests/db/fixture.h"

#include "db/connect.h"
#include "db/rx_read.h"

#define IDS_MAX 65536
#define LAST_ID (INT64_MAX - 1)

static uint64_t rx_file_random = 1;

static inline uint32_t draw(uint32_t below)
{
	rx_file_random = rx_file_random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(rx_file_random >> 33) % below;
}

/* Of any size: every number of bytes that SQLite knows comes up. */
static inline int64_t draw_number(void)
{
	uint64_t bits = (uint64_t)draw(1u << 31) << 32 | draw(1u << 31);

	return (int64_t)(bits >> draw(63)) * (draw(2) ? 1 : -1);
}

/* --- a file of the test's own ------------------------------------------------------------------
 */

static inline sqlite3 *open_file(const char *path, int flags)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, flags, NULL), SQLITE_OK);
	return db;
}

static inline void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

static inline int64_t number(sqlite3 *db, const char *text)
{
	long long value = -1;
	struct db_error err = {""};

	if (connect_get_int(db, text, &value, &err))
		fail_msg("%s: %s", text, err.text);
	return value;
}

/* The schema, in a file that is open for writing. */
static inline sqlite3 *make_file(const char *path, int page_bytes, const char *mode)
{
	sqlite3 *db = open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	char text[100];

	snprintf(text, sizeof(text), "PRAGMA page_size = %d; PRAGMA journal_mode = %s", page_bytes,
		 mode);
	sql(db, text);
	sql(db, db_schema_sql);
	return db;
}

static inline void put(sqlite3_stmt *insert, int64_t id, uint32_t nr_bytes)
{
	static uint8_t ids[IDS_MAX * 4];

	for (uint32_t i = 0; i < nr_bytes; i += 1 + draw(9))
		ids[i] = (uint8_t)draw(256);
	sqlite3_bind_int64(insert, 1, id);
	sqlite3_bind_int64(insert, 2, draw_number());
	sqlite3_bind_int64(insert, 3, draw(1u << 19));
	if (draw(10))
		sqlite3_bind_int64(insert, 4, draw(1u << draw(32)));
	else
		sqlite3_bind_null(insert, 4);
	sqlite3_bind_blob(insert, 5, ids, (int)nr_bytes, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
	sqlite3_reset(insert);
}

static inline uint32_t draw_bytes(void)
{
	return draw(100) ? draw(20) : draw(10) ? draw(4000) : draw(IDS_MAX * 4 + 1);
}

/* Rows of several pools, in their order or in none, and some deleted: as after months of use. */
static inline void fill(sqlite3 *db, int nr, bool in_order)
{
	static const int64_t pools[] = {0, 1, 7, 65535, 4194303};
	int64_t seq[5] = {0, 5, 1, 3, (INT64_C(1) << 40) - 4 * nr};
	sqlite3_stmt *insert;

	assert_int_equal(sqlite3_prepare_v2(db, "INSERT OR IGNORE INTO ev_rx VALUES (?,?,?,?,?)",
					    -1, &insert, NULL),
			 SQLITE_OK);
	sql(db, "BEGIN");
	for (int i = 0; i < nr; i++) {
		unsigned p = draw(5);
		int64_t at = in_order ? (seq[p] += 1 + draw(3)) : draw((uint32_t)nr * 2);

		put(insert, pools[p] << DB_SEQ_BITS | at, draw_bytes());
		if (i % 1000 == 999)
			sql(db, "COMMIT; BEGIN");
	}
	sql(db, "COMMIT");
	sqlite3_finalize(insert);
	sql(db, "DELETE FROM ev_rx WHERE id % 7 = 0;"
		"DELETE FROM ev_rx WHERE id >= 1 << 40 AND id < (1 << 40) + 300");
}

static inline int64_t root_of(sqlite3 *db)
{
	return number(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'ev_rx'");
}

static inline struct rx_read *begin_all(sqlite3 *db)
{
	return rx_read_begin(db, root_of(db), 0, LAST_ID);
}

#endif
