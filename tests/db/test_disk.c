/* SPDX-License-Identifier: MIT */
/* Disks that are full or read-only, and files that go away: said, and what was stored stays. */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/db/compare.h"

#define NOT_ALLOWED 77

/* Runs a part of this program in a process that alone sees a file system of 2 MiB at folder. */
static int on_small_disk(const char *part)
{
	char folder[] = "/tmp/poolscope-test-XXXXXX";
	int status;
	pid_t pid;

	assert_non_null(mkdtemp(folder));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl("/proc/self/exe", "test_disk", part, folder, (char *)NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	rmdir(folder);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void expect_on_small_disk(const char *part)
{
	int status = on_small_disk(part);

	if (status == NOT_ALLOWED) {
		print_message("no file system can be mounted here: skipped\n");
		skip();
	}
	assert_int_equal(status, 0);
}

/* In a child: which check failed. */
#define CHECK(number, what)                                                                        \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                 \
			return number;                                                             \
		}                                                                                  \
	} while (0)

static int64_t number(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return value;
}

static int fill_the_disk(const char *folder)
{
	const struct store_options options = {.trace = "test", .append = true};
	struct compare_tape *t = compare_tape(1, 1, 20);
	struct db_error err = {""};
	struct store *store;
	char path[96], extra[96];
	int64_t events = 0;
	size_t i = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/full.db", folder);
	snprintf(extra, sizeof(extra), "%s/extra", folder);
	f = fopen(extra, "w"); /* to be given back later */
	for (int k = 0; k < 700000; k++)
		fputc('x', f);
	fclose(f);
	CHECK(1, store_open(path, &options, &store, &err) == 0);
	for (; i < t->nr && !store_append(store, &t->events[i]); i++)
		if (i % 1000 == 0 && !store_flush(store))
			events = (int64_t)i;
	CHECK(2, i < t->nr && events > 1000);
	CHECK(3, strstr(store_error(store), "disk is full"));
	CHECK(4, store_close(store, STORE_END_COMPLETE, NULL, &err) == -EIO);
	CHECK(5, strstr(err.text, "disk is full"));
	/* Whatever was committed is there, and the file is whole. */
	CHECK(6, number(path, "SELECT max(seq) + 1 FROM event") >= events);
	CHECK(7, number(path, "SELECT events = (SELECT count(*) FROM event) FROM progress") == 1);
	CHECK(8, number(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1);
	/* Once there is room it goes on. */
	unlink(extra);
	CHECK(9, store_open(path, &options, &store, &err) == 0);
	events = number(path, "SELECT events FROM progress");
	for (i = 0; i < (size_t)events + 500; i++)
		CHECK(10, store_append(store, &t->events[i]) == 0);
	CHECK(11, store_close(store, STORE_END_STOPPED, NULL, &err) == 0);
	CHECK(12, number(path, "SELECT count(*) FROM event") == events + 500);
	CHECK(13, number(path, "SELECT count(*) FROM loss") == 0);
	compare_tape_free(t);
	return 0;
}

static void full_disk_is_said_and_the_recording_can_be_continued(void **state)
{
	expect_on_small_disk("full");
}

/* Wherever in the file the last free block is, there is room to say why it ended. */
static int fill_it_anywhere(const char *folder)
{
	const struct store_options options = {.trace = "test", .may_replace = true};
	struct compare_tape *t = compare_tape(1, 1, 20);
	struct store_progress progress;
	struct db_error err = {""};
	struct store *store;
	char path[96], extra[96];

	snprintf(path, sizeof(path), "%s/full.db", folder);
	snprintf(extra, sizeof(extra), "%s/extra", folder);
	for (int round = 0; round < 12; round++) {
		FILE *f = fopen(extra, "w");

		for (int k = 0; k < 900000 + 4096 * round; k++)
			fputc('x', f);
		fclose(f);
		CHECK(1, store_open(path, &options, &store, &err) == 0);
		for (size_t i = 0; i < t->nr && !store_append(store, &t->events[i]); i++)
			if (i % 1000 == 0)
				store_flush(store);
		store_drain(store);
		store_progress(store, &progress);
		CHECK(2, store_close(store, STORE_END_COMPLETE, NULL, &err) == -EIO);
		CHECK(3,
		      number(path, "SELECT value = 'failed' FROM meta WHERE key = 'ended'") == 1);
		CHECK(4, number(path, "SELECT value LIKE '%disk is full%' FROM meta"
				      " WHERE key = 'note'") == 1);
		CHECK(5, number(path, "SELECT count(*) FROM event") == (int64_t)progress.events);
		CHECK(6, progress.events > 0);
		for (const char *const *tail = (const char *const[]){"", "-wal", "-shm", NULL};
		     *tail; tail++) {
			char name[110];

			snprintf(name, sizeof(name), "%s%s", path, *tail);
			unlink(name);
		}
	}
	unlink(extra);
	compare_tape_free(t);
	return 0;
}

static void full_disk_leaves_room_to_say_so_in_the_file(void **state)
{
	expect_on_small_disk("anywhere");
}

static int be_read_only(const char *folder)
{
	const struct store_options append = {.trace = "test", .append = true};
	struct db_error err = {""};
	struct store *store;
	struct query *q;
	char path[96], fresh[96];

	snprintf(path, sizeof(path), "%s/old.db", folder);
	snprintf(fresh, sizeof(fresh), "%s/fresh.db", folder);
	CHECK(1, store_open(path, &append, &store, &err) == 0);
	CHECK(2, store_close(store, STORE_END_COMPLETE, NULL, &err) == 0);
	CHECK(3, mount("none", folder, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(4, store_open(fresh, &append, &store, &err) == -EROFS && strstr(err.text, fresh));
	CHECK(5, store_open(path, &append, &store, &err) == -EROFS && strstr(err.text, path));
	CHECK(6, query_open(path, &q, &err) == 0); /* it can be read, though */
	query_close(q);
	return 0;
}

static void read_only_disk_is_said_before_anything_is_recorded(void **state)
{
	expect_on_small_disk("read-only");
}

/* --- a file that goes away ------------------------------------------------------------------- */

static void wait_for_error(struct store *store)
{
	const struct timespec nap = {0, 20000000};

	for (int i = 0; i < 500 && !*store_error(store); i++)
		nanosleep(&nap, NULL);
}

static void file_that_is_removed_ends_the_recording(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct db_error err = {""};

	fixture_life(1, 0.1, fixture_emit, store);
	assert_int_equal(store_flush(store), 0);
	unlink(path);
	wait_for_error(store);
	assert_non_null(strstr(store_error(store), path));
	assert_non_null(strstr(store_error(store), "removed"));
	assert_int_equal(store_append(store, &(struct pool_event){.ts_ns = T0}), -EIO);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), -EIO);
	assert_non_null(strstr(err.text, "removed"));
	fixture_remove(path);
}

/* Also when it happens just before the end; what took its place is left alone. */
static void file_that_was_replaced_is_not_touched(void **state)
{
	char *path = fixture_path(), line[16] = "";
	struct store *store = fixture_open(path);
	struct db_error err = {""};
	FILE *f;

	fixture_life(1, 0.1, fixture_emit, store);
	unlink(path);
	f = fopen(path, "w");
	fputs("dear diary", f);
	fclose(f);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), -EIO);
	assert_non_null(strstr(err.text, "replaced"));
	f = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_string_equal(line, "dear diary");
	fixture_remove(path);
}

/* Returns: 0, the check that failed, or NOT_ALLOWED. */
static int child(const char *part, const char *folder)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", folder, "tmpfs", 0, "size=2m"))
		return NOT_ALLOWED;
	if (!strcmp(part, "anywhere"))
		return fill_it_anywhere(folder);
	return strcmp(part, "full") ? be_read_only(folder) : fill_the_disk(folder);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_disk_is_said_and_the_recording_can_be_continued),
		cmocka_unit_test(full_disk_leaves_room_to_say_so_in_the_file),
		cmocka_unit_test(read_only_disk_is_said_before_anything_is_recorded),
		cmocka_unit_test(file_that_is_removed_ends_the_recording),
		cmocka_unit_test(file_that_was_replaced_is_not_touched),
	};

	if (argc == 3)
		return child(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
