/* SPDX-License-Identifier: MIT */
/* Files that get their name when they are whole. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "db/window.h"
#include "tests/db/compare.h"

static struct store *open_at_once(const char *path)
{
	const struct store_options options = {.trace = "test", .append = true, .at_once = true};
	struct store *store;
	struct db_error err = {""};

	if (store_open(path, &options, &store, &err))
		fail_msg("%s", err.text);
	return store;
}

/* How many names there are in the folder of path. */
static int names_beside(const char *path)
{
	char folder[64];
	struct dirent *entry;
	DIR *d;
	int nr = 0;

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	d = opendir(folder);
	assert_non_null(d);
	while ((entry = readdir(d)))
		nr += entry->d_name[0] != '.';
	closedir(d);
	return nr;
}

static void file_has_no_name_before_it_is_whole(void **state)
{
	char *path = fixture_path(), *usual = fixture_path();
	struct store *store = open_at_once(path), *other;
	char text[32];

	(void)state;
	assert_true(store_is_at_once(store));
	fixture_life(1, 0.5, fixture_emit, store);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(names_beside(path), 0);
	fixture_close(store);
	assert_int_equal(names_beside(path), 1);
	other = fixture_open(usual);
	fixture_life(1, 0.5, fixture_emit, other);
	fixture_close(other);
	fixture_text(path, "PRAGMA integrity_check", text, sizeof(text));
	assert_string_equal(text, "ok");
	fixture_text(path, "PRAGMA journal_mode", text, sizeof(text));
	assert_string_equal(text, "delete");
	compare_equal(path, usual, "without a journal and with one");
	fixture_remove(path);
	fixture_remove(usual);
}

/* A program of its own, not a fork of this one: a store has threads.  It says when to kill it. */
static int be_killed(const char *path)
{
	struct store *store = open_at_once(path);

	fixture_life(1, 0.5, fixture_emit, store);
	if (!store_flush(store) && write(STDOUT_FILENO, "", 1) == 1)
		pause();
	return 1;
}

static void of_a_killed_writer_nothing_is_left(void **state)
{
	char *path = fixture_path();
	int status, told[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(told), 0);
	pid = fork();
	if (!pid) {
		dup2(told[1], STDOUT_FILENO);
		execl("/proc/self/exe", "test_unnamed", path, (char *)NULL);
		_exit(1);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(names_beside(path), 0);
	close(told[0]);
	fixture_remove(path);
}

/* As an event that comes when its gap was told already. */
static void what_does_not_fit_is_an_error_and_leaves_nothing(void **state)
{
	static uint32_t ids[2100];
	struct pool_event e = {.ts_ns = T0, .kind = POOL_EVENT_RX_RETURN, .u.rx.buffers = ids};
	char *path = fixture_path();
	struct db_error err = {""};
	struct store *store;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		store = open_at_once(path);
		for (e.seq = 0; e.seq <= WINDOW_EVENTS + 2; e.seq += e.seq ? 1 : 2) {
			e.u.rx.nr_buffers = i && e.seq == 7 ? 2100 : 1;
			assert_int_equal(store_append(store, &e), 0);
		}
		e.seq = 1;
		if (!i)
			assert_int_equal(store_append(store, &e), 0);
		assert_int_equal(store_drain(store), -EIO);
		assert_true(*store_error(store));
		assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), -EIO);
		assert_int_equal(names_beside(path), 0);
	}
	fixture_remove(path);
}

static void name_that_was_taken_meanwhile_is_not_touched(void **state)
{
	char *path = fixture_path(), line[16] = "";
	struct store *store = open_at_once(path);
	struct db_error err = {""};
	FILE *f = fopen(path, "w");

	(void)state;
	fputs("dear diary", f);
	fclose(f);
	fixture_life(1, 0.1, fixture_emit, store);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), -EIO);
	assert_non_null(strstr(err.text, path));
	assert_non_null(strstr(err.text, "somebody else"));
	f = fopen(path, "r");
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_string_equal(line, "dear diary");
	assert_int_equal(names_beside(path), 1);
	fixture_remove(path);
}

static void file_that_is_there_is_continued_as_ever(void **state)
{
	char *path = fixture_path();
	struct store *store = open_at_once(path);

	(void)state;
	fixture_life(1, 0.1, fixture_emit, store);
	fixture_close(store);
	store = open_at_once(path);
	assert_false(store_is_at_once(store));
	fixture_life(1, 0.1, fixture_emit, store);
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM pool"), 1);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 0);
	fixture_remove(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_has_no_name_before_it_is_whole),
		cmocka_unit_test(of_a_killed_writer_nothing_is_left),
		cmocka_unit_test(what_does_not_fit_is_an_error_and_leaves_nothing),
		cmocka_unit_test(name_that_was_taken_meanwhile_is_not_touched),
		cmocka_unit_test(file_that_is_there_is_continued_as_ever),
	};

	if (argc > 1)
		return be_killed(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
