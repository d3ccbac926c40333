/* SPDX-License-Identifier: MIT */
/*
 * A recording that was interrupted and is continued, told twice, or told with gaps that are filled
 * later, is equal to one that never was.
 */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/db/compare.h"

#define SECONDS 1.0
#define POOLS	2

/* What of a tape is told: all, but for the events that are lost on the way. */
static bool is_lost(size_t i)
{
	return i % 3000 > 2980 || i % 777 == 5;
}

static void tell(const struct compare_tape *t, size_t from, size_t to, bool lossy,
		 struct store *store)
{
	for (size_t i = from; i < to && i < t->nr; i++)
		if (!lossy || !is_lost(i))
			fixture_emit(&t->events[i], store);
}

static void store_whole(const char *path, const struct compare_tape *t, bool lossy)
{
	struct compare_store s;

	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, 0, t->nr, lossy, s.store);
	compare_close(&s);
}

/* --- killed and continued -------------------------------------------------------------------- */

/* Tells the tape from an event on, and after each flush how far it has come; until killed. */
static int child(const char *path, int end, uint64_t seed, size_t from)
{
	struct compare_tape *t = compare_tape(seed, POOLS, SECONDS);
	struct compare_store s;

	if (compare_open(path, NULL, &s))
		return 1;
	for (size_t i = from; i < t->nr; i++) {
		if (!is_lost(i) && store_append(s.store, &t->events[i]))
			return 1;
		if (i % 250)
			continue;
		if (store_flush(s.store) || write(end, &i, sizeof(i)) != sizeof(i))
			return 1;
	}
	_exit(0); /* as good as killed: nothing is closed */
}

/* Returns: up to where the tape is safe, as the child said. */
static size_t kill_child(const char *path, uint64_t seed, size_t from, long us)
{
	struct timespec nap = {0, us * 1000};
	char end[16], seed_text[32], from_text[32];
	size_t safe = from, said;
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	snprintf(end, sizeof(end), "%d", ends[1]);
	snprintf(seed_text, sizeof(seed_text), "%llu", (unsigned long long)seed);
	snprintf(from_text, sizeof(from_text), "%zu", from);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(ends[0]);
		execl("/proc/self/exe", "test_continue", path, end, seed_text, from_text,
		      (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	nanosleep(&nap, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	while (read(ends[0], &said, sizeof(said)) == sizeof(said))
		safe = said;
	close(ends[0]);
	return safe;
}

/* The first event of the tape that is not on record, or one somewhere before it. */
static size_t come_again(const char *path, const struct compare_tape *t, uint64_t *random)
{
	int64_t next[POOLS] = {0};
	size_t i = 0;

	if (access(path, F_OK))
		return 0;
	for (int pool = 0; pool < POOLS; pool++) {
		char sql[80];

		snprintf(sql, sizeof(sql), "SELECT next_seq FROM summary WHERE pool = %d", pool);
		next[pool] = fixture_int(path, sql);
	}
	while (i < t->nr && (int64_t)t->events[i].seq < next[t->events[i].pool])
		i++;
	return sim_random(random) % 2 ? i : i - sim_random(random) % (i + 1);
}

static unsigned kills_wanted(void)
{
	const char *text = getenv("CONTINUE_KILLS");

	return text ? (unsigned)atoi(text) : 10;
}

/* Several kills of one recording, each at any instant; then it is told to the end. */
static unsigned kill_and_continue(uint64_t seed, unsigned kills, uint64_t *random)
{
	char *path = fixture_path(), *whole = fixture_path(), text[32], what[64];
	struct compare_tape *t = compare_tape(seed, POOLS, SECONDS);
	struct compare_store s;
	size_t safe = 0;

	for (unsigned i = 0; i < kills; i++) {
		safe = kill_child(path, seed, come_again(path, t, random),
				  (long)(sim_random(random) % 120000));
		if (access(path, F_OK))
			continue; /* killed before there was anything */
		fixture_text(path, "PRAGMA integrity_check", text, sizeof(text));
		assert_string_equal(text, "ok");
	}
	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, come_again(path, t, random), t->nr, true, s.store);
	compare_close(&s);
	store_whole(whole, t, true);
	snprintf(what, sizeof(what), "seed %llu, %u kills, safe %zu", (unsigned long long)seed,
		 kills, safe);
	compare_equal(path, whole, what);
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
	return kills;
}

static void killed_at_any_instant_and_continued_is_as_if_never_interrupted(void **state)
{
	const char *text = getenv("CONTINUE_SEED");
	uint64_t random = text ? (uint64_t)atoll(text) : 7;
	unsigned left = kills_wanted();

	for (uint64_t seed = 1; left; seed++) {
		unsigned kills = left < 5 ? left : 5;

		left -= kill_and_continue(seed, kills, &random);
	}
}

static void recorder_that_died_between_pools_is_continued(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(3, POOLS, 0.5);
	struct compare_store s;

	for (size_t from = 0, step = t->nr / 7 + 1; from < t->nr; from += step) {
		assert_int_equal(compare_open(path, NULL, &s), 0);
		tell(t, from, from + step, true, s.store);
		assert_int_equal(store_flush(s.store), 0);
		compare_close(&s); /* closed in good order counts, too */
	}
	store_whole(whole, t, true);
	compare_equal(path, whole, "seven parts");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* --- again ----------------------------------------------------------------------------------- */

static void same_trace_twice_changes_nothing(void **state)
{
	char *path = fixture_path(), *once = fixture_path();
	struct compare_tape *t = compare_tape(4, POOLS, SECONDS);
	struct compare_store s;

	store_whole(once, t, true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(compare_open(path, NULL, &s), 0);
		tell(t, 0, t->nr, true, s.store);
		assert_int_equal(store_loss(s.store, 0, -1, T0, T0 + MS, 40, "lttng"), 0);
		if (i == 1)
			tell(t, 0, t->nr, true, s.store);
		compare_close(&s);
	}
	assert_int_equal(compare_open(once, NULL, &s), 0);
	assert_int_equal(store_loss(s.store, 0, -1, T0, T0 + MS, 40, "lttng"), 0);
	compare_close(&s);
	compare_equal(path, once, "three times");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(once);
}

static void bad_event_that_comes_again_is_counted_once(void **state)
{
	char *path = fixture_path();
	struct compare_tape *t = compare_tape(5, 1, 0.2);
	struct pool_event numbered = {.ts_ns = t->events[100].ts_ns, .seq = 100, .kind = 77};
	struct pool_event nonsense = {.ts_ns = t->events[50].ts_ns, .seq = 1, .kind = 78};
	struct compare_store s;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(compare_open(path, NULL, &s), 0);
		tell(t, 0, 100, false, s.store);
		fixture_emit(&numbered, s.store);
		fixture_emit(&nonsense, s.store);
		tell(t, 101, t->nr, false, s.store);
		compare_close(&s);
	}
	assert_int_equal(fixture_int(path, "SELECT sum(events) FROM loss WHERE source = 'bad'"), 2);
	assert_int_equal(fixture_status(path).lost, 2);
	compare_tape_free(t);
	fixture_remove(path);
}

/* --- gaps that are filled -------------------------------------------------------------------- */

static void full_trace_over_a_recording_with_gaps_leaves_no_gap(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(6, POOLS, SECONDS);

	store_whole(path, t, true);
	assert_true(fixture_status(path).lost > 10);
	store_whole(path, t, false);
	store_whole(whole, t, false);
	assert_int_equal(fixture_status(path).lost, 0);
	assert_true(fixture_status(path).complete);
	compare_equal(path, whole, "gaps filled");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* The gaps are filled before anything new makes the pool be followed again. */
static void recording_with_gaps_is_completed_and_goes_on(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(11, POOLS, SECONDS);
	struct compare_store s;

	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, 0, t->nr / 2, true, s.store);
	compare_close(&s);
	store_whole(path, t, false);
	store_whole(whole, t, false);
	assert_int_equal(fixture_status(path).lost, 0);
	compare_equal(path, whole, "completed and gone on with");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* What is still missing then is what both have lost: rows shrink, split and stay. */
static void gaps_filled_in_part_are_those_that_are_left(void **state)
{
	char *path = fixture_path(), *direct = fixture_path();
	struct compare_tape *t = compare_tape(7, 1, SECONDS);
	struct compare_store s;

	for (int round = 0; round < 2; round++) {
		assert_int_equal(compare_open(path, NULL, &s), 0);
		for (size_t i = 0; i < t->nr; i++) /* 100 of each 500 the first time; 20 inside */
			if (i % 500 < 400 || (round && (i % 500 < 440 || i % 500 >= 460)))
				fixture_emit(&t->events[i], s.store);
		compare_close(&s);
	}
	assert_int_equal(compare_open(direct, NULL, &s), 0);
	for (size_t i = 0; i < t->nr; i++)
		if (i % 500 < 440 || i % 500 >= 460)
			fixture_emit(&t->events[i], s.store);
	compare_close(&s);
	compare_equal(path, direct, "filled in part");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(direct);
}

/* What was before a late join is no loss, but it can be filled like one. */
static void late_join_is_completed_by_the_whole_trace(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(8, POOLS, 0.6);
	struct compare_store s;

	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, t->nr / 2, t->nr, false, s.store);
	compare_close(&s);
	store_whole(path, t, false);
	store_whole(whole, t, false);
	compare_equal(path, whole, "late join");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* In one and the same store, as when a live connection's gaps are read from the trace's folder. */
static void gaps_are_filled_while_the_recording_goes_on(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(9, POOLS, SECONDS);
	struct compare_store s;
	struct query *q;
	struct pool_summary *pools;
	struct db_error err;
	size_t nr;

	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, 0, t->nr / 2, true, s.store);
	assert_int_equal(store_flush(s.store), 0);
	tell(t, t->nr / 4, t->nr / 2, false, s.store);
	tell(t, t->nr / 2, t->nr * 3 / 4, true, s.store);
	assert_int_equal(store_flush(s.store), 0);
	q = fixture_query(path); /* no half pools: counts are those of the rows */
	assert_int_equal(query_pools(q, &pools, &nr, &err), 0);
	assert_int_equal(nr, POOLS);
	free(pools);
	query_close(q);
	assert_int_equal(fixture_int(path, "SELECT sum(events) - (SELECT count(*) FROM event)"
					   " FROM summary"),
			 0);
	tell(t, 0, t->nr, false, s.store);
	compare_close(&s);
	store_whole(whole, t, false);
	compare_equal(path, whole, "filled while it goes on");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* A gap that nobody else fills is there at once, without anybody asking. */
static void filled_gap_is_seen_after_a_quiet_second(void **state)
{
	char *path = fixture_path();
	struct compare_tape *t = compare_tape(10, 1, 0.2);
	struct compare_store s;
	struct timespec nap = {0, 50000000};

	store_whole(path, t, true);
	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, 0, t->nr, false, s.store);
	for (int i = 0; i < 200 && fixture_status(path).lost; i++)
		nanosleep(&nap, NULL);
	assert_int_equal(fixture_status(path).lost, 0);
	compare_close(&s);
	compare_tape_free(t);
	fixture_remove(path);
}

/* --- clocks ---------------------------------------------------------------------------------- */

/* Half a second back at event 2000, and right again when the old time is reached. */
static void clock_that_is_set_back_is_one_row_however_it_is_told(void **state)
{
	char *path = fixture_path(), *whole = fixture_path();
	struct compare_tape *t = compare_tape(12, 1, SECONDS);
	struct compare_store s;

	for (size_t i = 2000; i < t->nr; i++)
		t->events[i].ts_ns -= 500 * MS;
	store_whole(whole, t, false);
	assert_int_equal(fixture_int(whole, "SELECT count(*) FROM loss"), 1);
	assert_int_equal(fixture_int(whole, "SELECT first_seq FROM loss WHERE source = 'clock'"),
			 2000);
	assert_int_equal(fixture_int(whole, "SELECT end_ns FROM loss"), t->events[1999].ts_ns);
	assert_int_equal(fixture_int(whole, "SELECT start_ns FROM loss"), t->events[2000].ts_ns);
	assert_int_equal(fixture_status(whole).lost, 0);
	assert_false(fixture_status(whole).complete);
	assert_int_equal(compare_open(path, NULL, &s), 0);
	tell(t, 0, 2001, false, s.store);
	compare_close(&s);
	store_whole(path, t, true);
	store_whole(path, t, false);
	compare_equal(path, whole, "clock");
	compare_tape_free(t);
	fixture_remove(path);
	fixture_remove(whole);
}

/* --- two writers ----------------------------------------------------------------------------- */

static void second_writer_is_told_who_the_first_one_is(void **state)
{
	char *path = fixture_path(), pid[32];
	const struct store_options again = {.trace = "test", .append = true};
	const struct store_options replace = {.trace = "test", .may_replace = true};
	struct compare_store first;
	struct store *second;
	struct db_error err;

	snprintf(pid, sizeof(pid), "process %d since 2", (int)getpid());
	assert_int_equal(compare_open(path, NULL, &first), 0);
	assert_int_equal(store_open(path, &again, &second, &err), -EBUSY);
	assert_non_null(strstr(err.text, pid));
	assert_non_null(strstr(err.text, path));
	assert_int_equal(store_open(path, &replace, &second, &err), -EBUSY);
	assert_non_null(strstr(err.text, pid));
	compare_close(&first);
	assert_int_equal(store_open(path, &again, &second, &err), 0);
	fixture_close(second);
	fixture_remove(path);
}

/* However fresh its last commit is: the kernel knows that it is gone. */
static void dead_writer_is_no_writer(void **state)
{
	char *path = fixture_path();
	struct compare_store s;

	for (long us = 60000; !kill_child(path, 11, 0, us); us = us < 400000 ? us * 2 : us)
		;
	assert_int_equal(compare_open(path, NULL, &s), 0);
	compare_close(&s);
	fixture_remove(path);
}

static void newer_schema_is_not_continued(void **state)
{
	char *path = fixture_path();
	const struct store_options options = {.append = true};
	struct store *store;
	struct db_error err;
	sqlite3 *db;

	fixture_close(fixture_open(path));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	compare_run(db, "PRAGMA user_version = 1000");
	sqlite3_close(db);
	assert_int_equal(store_open(path, &options, &store, &err), -EPROTO);
	assert_non_null(strstr(err.text, "newer"));
	fixture_remove(path);
}

static void foreign_file_is_not_continued(void **state)
{
	char *path = fixture_path();
	const struct store_options options = {.append = true};
	struct store *store;
	struct db_error err;
	FILE *f = fopen(path, "w");

	fputs("dear diary", f);
	fclose(f);
	assert_int_equal(store_open(path, &options, &store, &err), -EEXIST);
	fixture_remove(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_instant_and_continued_is_as_if_never_interrupted),
		cmocka_unit_test(recorder_that_died_between_pools_is_continued),
		cmocka_unit_test(same_trace_twice_changes_nothing),
		cmocka_unit_test(bad_event_that_comes_again_is_counted_once),
		cmocka_unit_test(full_trace_over_a_recording_with_gaps_leaves_no_gap),
		cmocka_unit_test(recording_with_gaps_is_completed_and_goes_on),
		cmocka_unit_test(gaps_filled_in_part_are_those_that_are_left),
		cmocka_unit_test(late_join_is_completed_by_the_whole_trace),
		cmocka_unit_test(gaps_are_filled_while_the_recording_goes_on),
		cmocka_unit_test(filled_gap_is_seen_after_a_quiet_second),
		cmocka_unit_test(clock_that_is_set_back_is_one_row_however_it_is_told),
		cmocka_unit_test(second_writer_is_told_who_the_first_one_is),
		cmocka_unit_test(dead_writer_is_no_writer),
		cmocka_unit_test(newer_schema_is_not_continued),
		cmocka_unit_test(foreign_file_is_not_continued),
	};

	if (argc == 5)
		return child(argv[1], atoi(argv[2]), (uint64_t)atoll(argv[3]),
			     (size_t)atoll(argv[4]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
