/* SPDX-License-Identifier: MIT */
/* Rows of receive traffic on their way into their table: each under its own id, whatever the order.
 */
#include "tests/db/fixture.h"

#define NR_POOLS 3

static void tell(struct store *store, uint32_t pool, uint64_t seq, enum pool_event_kind kind)
{
	uint32_t id = (uint32_t)(seq % 1000);
	struct pool_event e = {.ts_ns = T0 + (int64_t)seq, .seq = seq, .pool = pool, .kind = kind};

	if (kind == POOL_EVENT_RX_DROP) {
		e.u.drop.count = 1;
	} else {
		e.available = pool * 1000 + id;
		e.u.rx.buffers = &id;
		e.u.rx.nr_buffers = 1;
	}
	assert_int_equal(store_append(store, &e), 0);
}

/* What a row says of itself follows from its id. */
static void check_rows(const char *path, int64_t nr)
{
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM ev_rx"), nr);
	assert_int_equal(fixture_int(path,
				     "SELECT count(*) FROM ev_rx WHERE"
				     " available <> (id >> 40) * 1000 + (id & 0xffffffffff) % 1000"
				     " OR ts - (SELECT min(ts) FROM ev_rx) <> (id & 0xffffffffff)"),
			 0);
}

/* Runs of every length, of pools in turn, broken by events of other kinds. */
static void rows_of_pools_in_turn_keep_their_ids(void **state)
{
	uint64_t seqs[NR_POOLS] = {0}, random = 1;
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	int64_t nr = 0;

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		uint32_t pool = i % NR_POOLS;
		unsigned run;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		run = (unsigned)(random >> 33) % 200;
		for (unsigned k = 0; k < run; k++, nr++)
			tell(store, pool, seqs[pool]++, POOL_EVENT_RX_TAKE);
		tell(store, pool, seqs[pool]++, POOL_EVENT_RX_DROP);
		if (i % 100 == 99)
			assert_int_equal(store_flush(store), 0);
	}
	fixture_close(store);
	check_rows(path, nr);
	fixture_remove(path);
}

/* Nothing is in the table that an id could follow. */
static void first_row_may_have_any_id(void **state)
{
	static const uint64_t firsts[] = {0, 1, 2, 100000};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		char *path = fixture_path();
		struct store *store = fixture_open(path);

		for (uint64_t seq = firsts[i]; seq < firsts[i] + 3000; seq++)
			tell(store, 0, seq, POOL_EVENT_RX_RETURN);
		fixture_close(store);
		assert_int_equal(fixture_int(path, "SELECT count(*) FROM ev_rx"), 3000);
		assert_int_equal(fixture_int(path, "SELECT min(id) FROM ev_rx"), firsts[i]);
		assert_int_equal(fixture_int(path, "SELECT max(id) FROM ev_rx"), firsts[i] + 2999);
		fixture_remove(path);
	}
}

/* Events that fill a gap come between rows that are there. */
static void late_rows_find_their_place(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	(void)state;
	for (uint64_t seq = 0; seq < 20000; seq++)
		if (seq < 5000 || seq >= 10000)
			tell(store, 0, seq, POOL_EVENT_RX_TAKE);
	assert_int_equal(store_flush(store), 0);
	for (uint64_t seq = 4000; seq < 11000; seq++)
		tell(store, 0, seq, POOL_EVENT_RX_TAKE);
	for (uint64_t seq = 20000; seq < 22000; seq++)
		tell(store, 0, seq, POOL_EVENT_RX_TAKE);
	fixture_close(store);
	check_rows(path, 22000);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 0);
	fixture_remove(path);
}

/* A file is data: a table of that name in it is not taken for the writer's own. */
static void table_of_the_file_is_not_read_instead(void **state)
{
	struct store_options options = {.trace = "test", .append = true};
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct db_error err = {""};
	sqlite3 *db;

	(void)state;
	tell(store, 0, 0, POOL_EVENT_RX_TAKE);
	fixture_close(store);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "CREATE TABLE rx_row (id, ts, what, available, ids);"
				      "INSERT INTO rx_row VALUES (77, 1, 1, 1, x'00')",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	if (store_open(path, &options, &store, &err))
		fail_msg("%s", err.text);
	for (uint64_t seq = 1; seq < 3000; seq++)
		tell(store, 0, seq, POOL_EVENT_RX_TAKE);
	fixture_close(store);
	check_rows(path, 3000);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_pools_in_turn_keep_their_ids),
		cmocka_unit_test(first_row_may_have_any_id),
		cmocka_unit_test(late_rows_find_their_place),
		cmocka_unit_test(table_of_the_file_is_not_read_instead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
