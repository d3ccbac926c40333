/* SPDX-License-Identifier: MIT */
/* Limits on size and age: the oldest events go, everything that was derived from them stays. */
#include <errno.h>
#include <sys/stat.h>

#include "tests/db/compare.h"

#define MIB (1 << 20)

static const struct store_options small = {.trace = "test", .max_bytes = 2 * MIB, .batch_ms = 10};
static const struct store_options tiny = {.trace = "test", .max_bytes = MIB / 2, .batch_ms = 10};
static const struct store_options none = {.trace = "test"};

static void tell(const struct compare_tape *t, size_t from, size_t to, struct store *store)
{
	for (size_t i = from; i < to && i < t->nr; i++) {
		fixture_emit(&t->events[i], store);
		if (i % 5000 == 0)
			assert_int_equal(store_flush(store), 0);
	}
}

static void store_parts(const char *path, const struct compare_tape *t, size_t parts,
			const struct store_options *options)
{
	struct compare_store s;

	for (size_t i = 0; i < parts; i++) {
		assert_int_equal(compare_open(path, options, &s), 0);
		tell(t, t->nr * i / parts, t->nr * (i + 1) / parts, s.store);
		compare_close(&s);
	}
}

static int64_t used_bytes(const char *path)
{
	return fixture_int(path, "SELECT (page_count - freelist_count) * page_size FROM"
				 " pragma_page_count, pragma_freelist_count, pragma_page_size");
}

/* Everything but the events themselves, and what says which of them are kept. */
static void same_figures(const char *path, const char *other, bool identity, const char *what)
{
	static const char *const kept =
		"UPDATE summary SET kept_seq = 0;"
		"DELETE FROM state; DELETE FROM ev_open; DELETE FROM ev_tick;"
		"DELETE FROM ev_request; DELETE FROM ev_refused;"
		"DELETE FROM ev_complete; DELETE FROM ev_free;"
		"DELETE FROM ev_rx; DELETE FROM ev_drop;"
		"DELETE FROM ev_fallback; DELETE FROM ev_violation;"
		"DELETE FROM ev_close;";
	const char *paths[] = {path, other};

	for (int i = 0; i < 2; i++) {
		sqlite3 *db;

		assert_int_equal(sqlite3_open(paths[i], &db), SQLITE_OK);
		compare_run(db, kept);
		if (!identity)
			compare_run(db, "UPDATE summary SET identity_checked = 0");
		sqlite3_close(db);
	}
	compare_equal(path, other, what);
}

static void file_stops_growing_and_the_figures_tell_of_everything(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(1, 2, 6);
	struct trace_status status;
	struct stat st;
	int64_t from_ns;

	store_parts(path, t, 1, &small);
	store_parts(whole, t, 1, &none);
	assert_true(used_bytes(whole) > 5 * MIB / 2);
	assert_true(used_bytes(path) <= 2 * MIB);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 5 * MIB / 2); /* pages are used again */
	status = fixture_status(path);
	assert_int_equal(status.events, t->nr);
	assert_true(status.complete);
	assert_true(fixture_int(path, "SELECT count(*) FROM event") < (int64_t)t->nr);
	/* From when on events are whole. */
	from_ns = status.events_from_ns;
	assert_true(from_ns > T0);
	for (size_t i = 0, left = 0; i < t->nr; i++) {
		left += t->events[i].ts_ns >= from_ns;
		if (i + 1 == t->nr) {
			char sql[100];

			snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE ts_ns >= %lld",
				 (long long)from_ns);
			assert_int_equal(fixture_int(path, sql), left);
		}
	}
	assert_int_equal(fixture_status(whole).events_from_ns, 0);
	same_figures(path, whole, true, "limited");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

static void age_counts_back_from_the_newest_event(void **state)
{
	const struct store_options second = {.trace = "test", .max_age_ns = 2000 * MS};
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(2, 2, 8);
	int64_t age_ns;

	store_parts(path, t, 1, &second);
	store_parts(whole, t, 1, &none);
	age_ns = fixture_int(path, "SELECT max(ts_ns) - min(ts_ns) FROM event");
	assert_true(age_ns >= 1000 * MS);
	assert_true(age_ns < 6000 * MS);
	same_figures(path, whole, true, "aged");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* Its old events are gone, and yet all figures go on as if they were there. */
static void limited_recording_is_continued_exactly(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(3, 2, 6);
	struct compare_store s;

	store_parts(path, t, 5, &small);
	assert_true(fixture_int(path, "SELECT min(kept_seq) FROM summary") > 0);
	assert_true(fixture_int(path, "SELECT min(identity_checked) FROM summary") > 1000);
	/* What comes again is not stored again, however long it has been gone. */
	assert_int_equal(compare_open(path, &small, &s), 0);
	tell(t, 0, t->nr, s.store);
	compare_close(&s);
	assert_int_equal(fixture_status(path).events, t->nr);
	store_parts(whole, t, 1, &none);
	/* Identity replay begins anew at the next tick: some decisions are not compared. */
	assert_int_equal(fixture_int(path, "SELECT max(identity_mismatches) FROM summary"), 0);
	same_figures(path, whole, false, "continued");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* The limit comes when the recording is long already. */
static void limit_holds_for_a_file_that_had_none(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(4, 2, 6);
	struct compare_store s;

	assert_int_equal(compare_open(path, &none, &s), 0);
	tell(t, 0, t->nr * 9 / 10, s.store);
	compare_close(&s);
	assert_int_equal(compare_open(path, &small, &s), 0);
	tell(t, t->nr * 9 / 10, t->nr, s.store);
	compare_close(&s);
	assert_true(used_bytes(path) <= 2 * MIB);
	store_parts(whole, t, 1, &none);
	same_figures(path, whole, false, "limited later");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* Damaged, or of another program: said, never believed. */
static void state_that_is_not_ours_is_refused(void **state)
{
	static const char *const damages[] = {
		"UPDATE state SET layout = '9.9.9 1 1'",
		"UPDATE state SET state = substr(state, 1, 1000)",
		"UPDATE state SET state = zeroblob(10)",
		"UPDATE state SET state = substr(state, 1, length(state) - 3)",
		"DELETE FROM state",
	};
	struct compare_tape *t = compare_tape(5, 1, 6);

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		char *path = fixture_path();
		struct compare_store s;
		struct db_error err = {""};
		struct pool_event next = t->events[t->nr - 1];
		sqlite3 *db;

		assert_int_equal(compare_open(path, &tiny, &s), 0);
		tell(t, 0, t->nr - 1, s.store);
		compare_close(&s);
		assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
		compare_run(db, damages[i]);
		sqlite3_close(db);
		assert_int_equal(compare_open(path, &tiny, &s), 0);
		assert_int_equal(store_append(s.store, &next), 0);
		assert_int_equal(store_close(s.store, STORE_END_COMPLETE, NULL, &err), -EIO);
		assert_non_null(strstr(err.text, "pool 0 cannot be continued"));
		judge_close(s.judge);
		fixture_remove(path);
	}
	compare_tape_free(t);
}

/* Whatever bytes are wrong: an error or some figures, never a crash. */
static void damaged_state_does_not_crash_the_writer(void **test_state)
{
	char *path = fixture_path(), sql[200];
	struct compare_tape *t = compare_tape(6, 1, 6);
	struct compare_store s;
	struct db_error err;
	uint64_t random = 5;
	sqlite3 *db;

	assert_int_equal(compare_open(path, &tiny, &s), 0);
	tell(t, 0, t->nr - 400, s.store);
	compare_close(&s);
	for (int i = 0; i < 150; i++) {
		size_t at = t->nr - 400 + (size_t)i * 2;
		int byte = (int)(sim_random(&random) % 9000);

		assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
		/* One byte of what was there becomes another. */
		if (!i)
			compare_run(db, "CREATE TABLE whole AS SELECT state FROM state");
		compare_run(db, "UPDATE state SET state = (SELECT state FROM whole)");
		snprintf(sql, sizeof(sql),
			 "UPDATE state SET state = CAST(substr(state, 1, %d) || x'%02x' ||"
			 " substr(state, %d) AS BLOB) WHERE length(state) > %d",
			 byte, (int)(sim_random(&random) & 0xff), byte + 2, byte + 2);
		compare_run(db, sql);
		sqlite3_close(db);
		assert_int_equal(compare_open(path, &tiny, &s), 0);
		store_append(s.store, &t->events[at]);
		store_append(s.store, &t->events[at + 1]);
		store_close(s.store, STORE_END_STOPPED, NULL, &err);
		judge_close(s.judge);
	}
	compare_tape_free(t);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_stops_growing_and_the_figures_tell_of_everything),
		cmocka_unit_test(age_counts_back_from_the_newest_event),
		cmocka_unit_test(limited_recording_is_continued_exactly),
		cmocka_unit_test(limit_holds_for_a_file_that_had_none),
		cmocka_unit_test(state_that_is_not_ours_is_refused),
		cmocka_unit_test(damaged_state_does_not_crash_the_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
