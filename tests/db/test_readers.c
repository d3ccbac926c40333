/* SPDX-License-Identifier: MIT */
/* Readers of all kinds beside the writer, and what a long recording costs it. */
#include <malloc.h>

#include "tests/db/fixture.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 1
#else
#define OWN_MALLOC 0
#endif

static sqlite3 *open_reader(const char *path)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	return db;
}

static int64_t count(sqlite3 *db)
{
	sqlite3_stmt *stmt;
	int64_t nr;

	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM event", -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	nr = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return nr;
}

/* Were the writer to wait for this reader, the flush below would never come back. */
static void reader_that_holds_its_view_makes_nobody_wait(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct sim_config config = fixture_config(1);
	static struct sim sim;
	sqlite3 *holder, *fresh;
	struct store_progress progress;
	struct db_error err;
	int64_t held;

	sim_open(&sim, &config, fixture_emit, store);
	sim_run(&sim, T0 + 100 * MS);
	assert_int_equal(store_flush(store), 0);
	holder = open_reader(path);
	assert_int_equal(sqlite3_exec(holder, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
	held = count(holder);
	assert_true(held > 0);
	for (int i = 1; i <= 20; i++) {
		sim_run(&sim, T0 + (100 + 50 * i) * MS);
		assert_int_equal(store_flush(store), 0);
		store_progress(store, &progress);
		fresh = open_reader(path);
		assert_int_equal(count(fresh), progress.events);
		sqlite3_close(fresh);
		assert_int_equal(count(holder), held);
	}
	sim_close(&sim);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	assert_int_equal(count(holder), held);
	assert_int_equal(sqlite3_exec(holder, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_true(count(holder) > held + 100);
	sqlite3_close(holder);
	fixture_remove(path);
}

/* A copy of the file is the recording: nothing of it is in the WAL, though the reader keeps that.
 */
static void the_file_alone_is_whole_though_a_reader_has_it_open(void **state)
{
	char *path = fixture_path(), copy[96], command[256];
	struct store *store = fixture_open(path);
	struct sim_config config = fixture_config(1);
	static struct sim sim;
	struct db_error err;
	sqlite3 *reader, *alone;
	int64_t all;

	sim_open(&sim, &config, fixture_emit, store);
	sim_run(&sim, T0 + 100 * MS);
	assert_int_equal(store_flush(store), 0);
	reader = open_reader(path);
	assert_true(count(reader) > 0);
	sim_close(&sim);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	all = count(reader);
	snprintf(copy, sizeof(copy), "%s.copy", path);
	snprintf(command, sizeof(command), "cp '%s' '%s'", path, copy);
	assert_int_equal(system(command), 0);
	alone = open_reader(copy);
	assert_int_equal(count(alone), all);
	sqlite3_close(alone);
	sqlite3_close(reader);
	snprintf(command, sizeof(command), "rm -f '%s'*", copy);
	assert_int_equal(system(command), 0);
	fixture_remove(path);
}

/* What the program holds once the pool has lived until that time, less SQLite's bounded cache. */
static size_t bytes_at(struct sim *sim, struct store *store, int64_t ns, uint64_t *events)
{
	struct store_progress progress;

	sim_run(sim, ns);
	assert_int_equal(store_flush(store), 0);
	store_progress(store, &progress);
	*events = progress.events;
	assert_true(sqlite3_memory_used() < 20 << 20);
	return mallinfo2().uordblks - (size_t)sqlite3_memory_used();
}

static void memory_does_not_grow_with_the_length(void **state)
{
	struct sim_config config = fixture_config(2);
	static struct sim sim;
	struct store *store;
	uint64_t few, many;
	size_t early, late;
	char *path;

	if (OWN_MALLOC)
		skip();
	path = fixture_path();
	store = fixture_open(path);
	sim_open(&sim, &config, fixture_emit, store);
	early = bytes_at(&sim, store, T0 + 5000 * MS, &few);
	late = bytes_at(&sim, store, T0 + 60000 * MS, &many);
	print_message("# %zu bytes at %llu events, %zu at %llu\n", early, (unsigned long long)few,
		      late, (unsigned long long)many);
	assert_true(many > 8 * few);
	assert_true(late < early + many - few); /* not a byte an event */
	sim_close(&sim);
	fixture_close(store);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader_that_holds_its_view_makes_nobody_wait),
		cmocka_unit_test(the_file_alone_is_whole_though_a_reader_has_it_open),
		cmocka_unit_test(memory_does_not_grow_with_the_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
