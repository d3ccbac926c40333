/* SPDX-License-Identifier: MIT */
/* What a reader sees while a recording grows, and after its writer was killed. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/db/fixture.h"

static void nap_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

/* --- SIGKILL --------------------------------------------------------------------------------- */

struct teller {
	struct store *store;
	int pipe;
	uint64_t nr;
};

/* Says how many events are safe after each flush. */
static void tell(const struct pool_event *e, void *ctx)
{
	struct teller *t = ctx;

	if (store_append(t->store, e))
		_exit(1);
	if (++t->nr % 5000)
		return;
	if (store_flush(t->store) || write(t->pipe, &t->nr, sizeof(t->nr)) != sizeof(t->nr))
		_exit(1);
}

/* A program of its own, not a fork of this one: a store has threads. */
static int child(const char *path, int pipe_end)
{
	struct store_options options = {.trace = "test"};
	struct teller t = {.pipe = pipe_end};
	struct db_error err;

	if (store_open(path, &options, &t.store, &err))
		return 1;
	fixture_life(1, 3600, tell, &t); /* until killed */
	return 0;
}

static uint64_t kill_after(const char *path, long ms)
{
	uint64_t safe = 0, said;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		char end[16];

		close(ends[0]);
		snprintf(end, sizeof(end), "%d", ends[1]);
		execl("/proc/self/exe", "test_crash", path, end, (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &safe, sizeof(safe)), sizeof(safe)); /* it is at work */
	nap_ms(ms);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(ends[0], &said, sizeof(said)) == sizeof(said))
		safe = said;
	close(ends[0]);
	return safe;
}

static void killed_writer_leaves_a_whole_file_with_all_committed_batches(void **state)
{
	for (long ms = 0; ms < 150; ms += 30) {
		char *path = fixture_path(), text[32];
		uint64_t safe = kill_after(path, ms);
		struct trace_status status = fixture_status(path);

		fixture_text(path, "PRAGMA integrity_check", text, sizeof(text));
		assert_string_equal(text, "ok");
		assert_true(status.events >= safe);
		assert_int_equal(fixture_int(path, "SELECT count(*) FROM event"), status.events);
		assert_int_equal(fixture_int(path, "SELECT max(seq) + 1 FROM event"),
				 status.events);
		assert_int_equal(fixture_int(path, "SELECT sum(events) FROM level"
						   " WHERE width_ns = 1 << 23"),
				 status.events);
		assert_int_equal(fixture_pool(path).audit_mismatches, 0);
		fixture_remove(path);
	}
}

static void dead_recorder_is_told_from_a_live_one(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct trace_status status;

	fixture_life(1, 0.1, fixture_emit, store);
	assert_int_equal(store_flush(store), 0);
	nap_ms(3000); /* idle, but alive: the heartbeat says so */
	status = fixture_status(path);
	assert_true(status.recording);
	assert_string_equal(status.ended, "recording");
	fixture_close(store);
	status = fixture_status(path);
	assert_false(status.recording);
	assert_string_equal(status.ended, "complete");
	fixture_remove(path);

	path = fixture_path();
	kill_after(path, 0);
	nap_ms(2600);
	status = fixture_status(path);
	assert_false(status.recording);
	assert_false(status.complete);
	assert_string_equal(status.ended, "recorder died");
	fixture_remove(path);
}

/* --- readers --------------------------------------------------------------------------------- */

struct race {
	const char *path;
	atomic_bool done;
	atomic_ulong looks;
	atomic_bool torn;
};

/* In one transaction all figures must be of the same moment. */
static void *look(void *arg)
{
	static const char sql[] =
		"SELECT p.events - (SELECT count(*) FROM event),"
		" p.events - (SELECT sum(events) FROM level WHERE width_ns = 1 << 38),"
		" p.events - s.events FROM progress p, summary s";
	struct race *race = arg;
	sqlite3 *db;
	sqlite3_stmt *stmt;

	sqlite3_open_v2(race->path, &db, SQLITE_OPEN_READONLY, NULL);
	sqlite3_busy_timeout(db, 1000);
	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	while (!atomic_load(&race->done)) {
		int code = sqlite3_step(stmt);

		if (code == SQLITE_ROW)
			race->torn |= sqlite3_column_int(stmt, 0) || sqlite3_column_int(stmt, 1) ||
				      sqlite3_column_int(stmt, 2);
		else
			race->torn |= code != SQLITE_DONE; /* no pool yet */
		race->looks += code == SQLITE_ROW;
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return NULL;
}

static void reader_sees_whole_batches_while_the_file_grows(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct race race = {.path = path};
	pthread_t thread;

	pthread_create(&thread, NULL, look, &race);
	for (int i = 0; i < 10; i++) {
		struct sim_config config = fixture_config((uint64_t)i);
		static struct sim sim;

		if (!i)
			sim_open(&sim, &config, fixture_emit, store);
		sim_run(&sim, T0 + (i + 1) * 300 * MS);
		assert_int_equal(store_flush(store), 0);
		if (i == 9)
			sim_close(&sim);
	}
	/* A busy machine may not have let the reader run yet; if it cannot read, it is torn. */
	while (!atomic_load(&race.looks) && !race.torn)
		nap_ms(1);
	atomic_store(&race.done, true);
	pthread_join(thread, NULL);
	fixture_close(store);
	assert_false(race.torn);
	assert_true(race.looks > 0);
	fixture_remove(path);
}

/* Reads the file in a transaction as soon as it has its name, over and over. */
static void *pounce(void *ctx)
{
	struct race *race = ctx;

	while (!atomic_load(&race->done)) {
		sqlite3 *db;

		if (sqlite3_open_v2(race->path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL,
				 NULL) == SQLITE_OK) {
			race->looks++;
			nap_ms(20);
		}
		sqlite3_close(db);
	}
	return NULL;
}

static void reader_that_comes_at_once_does_not_disturb_the_start(void **state)
{
	for (int i = 0; i < 20; i++) {
		char *path = fixture_path();
		struct race race = {.path = path};
		pthread_t thread;

		pthread_create(&thread, NULL, pounce, &race);
		fixture_close(fixture_open(path));
		atomic_store(&race.done, true);
		pthread_join(thread, NULL);
		fixture_remove(path);
	}
}

static void event_is_visible_within_a_batch_without_a_flush(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct query *q = fixture_query(path);
	struct trace_status status = {0};
	struct db_error err;

	fixture_life(1, 0.01, fixture_emit, store);
	for (int i = 0; i < 100 && !status.events; i++) {
		nap_ms(20);
		assert_int_equal(query_status(q, &status, &err), 0);
	}
	assert_true(status.events > 0);
	query_close(q);
	fixture_close(store);
	fixture_remove(path);
}

/* --- a disk that is full ------------------------------------------------------------ */

static void give(const struct pool_event *e, void *store)
{
	store_append(store, e);
}

/* A limit on the size of files is as good as a full disk, and needs no disk. */
static void full_disk_is_said_and_everything_until_then_stays(void **state)
{
	char *path = fixture_path(), text[32];
	struct store *store = fixture_open(path);
	struct rlimit before, small = {3 << 20, RLIM_INFINITY};
	struct db_error err = {""};
	uint64_t events;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	fixture_life(1, 1, give, store);
	assert_int_equal(store_flush(store), 0);
	events = fixture_status(path).events;
	setrlimit(RLIMIT_FSIZE, &small);
	fixture_life(2, 30, give, store); /* seq begins anew: duplicates, then more and more */
	assert_int_equal(store_flush(store), -EIO);
	assert_true(strlen(store_error(store)) > 0);
	assert_int_equal(store_append(store, &(struct pool_event){.ts_ns = T0}), -EIO);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), -EIO);
	assert_true(strlen(err.text) > 0);
	assert_true(fixture_status(path).events >= events);
	assert_string_equal(fixture_status(path).ended, "failed");
	fixture_text(path, "PRAGMA integrity_check", text, sizeof(text));
	assert_string_equal(text, "ok");
	fixture_remove(path);
}

/* --- files that are not what they should be -------------------------------------------------- */

static int open_code(const char *path, char *why)
{
	struct query *q;
	struct db_error err = {""};
	int ret = query_open(path, &q, &err);

	if (!ret)
		query_close(q);
	strcpy(why, err.text);
	assert_null(strchr(why, '\n'));
	return ret;
}

static void write_file(const char *path, const void *bytes, size_t nr)
{
	FILE *f = fopen(path, "w");

	assert_int_equal(fwrite(bytes, 1, nr, f), nr);
	fclose(f);
}

static void alter(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void wrong_files_get_one_clear_line(void **state)
{
	char *path = fixture_path(), why[512];

	assert_int_equal(open_code(path, why), -ENOENT);
	assert_non_null(strstr(why, "no such file"));
	write_file(path, "hello", 5);
	assert_int_equal(open_code(path, why), -EINVAL);
	assert_non_null(strstr(why, "not a Poolscope recording"));
	unlink(path);
	alter(path, "CREATE TABLE t (x)");
	assert_int_equal(open_code(path, why), -EINVAL);
	assert_int_equal(open_code("/tmp", why), -EINVAL);
	/* The right numbers on the wrong tables. */
	alter(path, "PRAGMA application_id = 1349480300; PRAGMA user_version = 1");
	assert_int_equal(open_code(path, why), -EINVAL);
	fixture_remove(path);
}

static void newer_schema_is_refused(void **state)
{
	char *path = fixture_path(), why[512];

	fixture_close(fixture_open(path));
	alter(path, "PRAGMA user_version = 1000");
	assert_int_equal(open_code(path, why), -EPROTO);
	assert_non_null(strstr(why, "newer"));
	fixture_remove(path);
}

/* Whatever bytes are wrong: an error or an answer, never a crash. */
static void damaged_file_does_not_crash_the_reader(void **test_state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	uint64_t state = 11;
	struct stat st;

	fixture_life(1, 0.2, fixture_emit, store);
	fixture_close(store);
	assert_int_equal(stat(path, &st), 0);
	for (int i = 0; i < 150; i++) {
		FILE *f = fopen(path, "r+");
		struct pool_summary *pools;
		struct level_column c[50];
		struct latency l[50];
		struct db_error err;
		struct query *q;
		size_t nr;

		for (int k = 0; k < 4; k++) {
			fseek(f, (long)(100 + sim_random(&state) % (uint64_t)(st.st_size - 100)),
			      SEEK_SET);
			fputc((int)(sim_random(&state) & 0xff), f);
		}
		fclose(f);
		if (query_open(path, &q, &err))
			break; /* so damaged that it says so */
		if (!query_pools(q, &pools, &nr, &err))
			free(pools);
		query_level(q, 0, T0, 4 * MS, 50, c, &err);
		query_latency(q, LATENCY_HOLD, 0, T0, 20 * MS, 50, l, &err);
		query_close(q);
	}
	fixture_remove(path);
}

static void finished_recording_is_one_file_and_opens_in_a_folder_without_write_access(void **state)
{
	char *path = fixture_path(), wal[96], mode[16];
	struct store *store = fixture_open(path);

	fixture_life(1, 0.1, fixture_emit, store);
	fixture_close(store);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	assert_int_not_equal(access(wal, F_OK), 0);
	fixture_text(path, "PRAGMA journal_mode", mode, sizeof(mode));
	assert_string_equal(mode, "delete");
	*strrchr(path, '/') = '\0';
	chmod(path, 0555);
	path[strlen(path)] = '/';
	assert_true(fixture_status(path).complete);
	*strrchr(path, '/') = '\0';
	chmod(path, 0755);
	path[strlen(path)] = '/';
	fixture_remove(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_writer_leaves_a_whole_file_with_all_committed_batches),
		cmocka_unit_test(dead_recorder_is_told_from_a_live_one),
		cmocka_unit_test(reader_sees_whole_batches_while_the_file_grows),
		cmocka_unit_test(reader_that_comes_at_once_does_not_disturb_the_start),
		cmocka_unit_test(event_is_visible_within_a_batch_without_a_flush),
		cmocka_unit_test(full_disk_is_said_and_everything_until_then_stays),
		cmocka_unit_test(wrong_files_get_one_clear_line),
		cmocka_unit_test(newer_schema_is_refused),
		cmocka_unit_test(damaged_file_does_not_crash_the_reader),
		cmocka_unit_test(
			finished_recording_is_one_file_and_opens_in_a_folder_without_write_access),
	};

	if (argc == 3)
		return child(argv[1], atoi(argv[2]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
