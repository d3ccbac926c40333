/* SPDX-License-Identifier: MIT */
/* What a recording writes down of itself, and who may read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/recording.h"
#include "tracer/trail.h"

static char dir[64];
static int nr_seen;
static char seen[PATH_MAX];

static int setup(void **state)
{
	strcpy(dir, "/tmp/poolscope-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	setenv("XDG_RUNTIME_DIR", dir, 1);
	nr_seen = 0;
	*seen = 0;
	return chdir(dir);
}

static int teardown(void **state)
{
	recording_remove_folder(dir);
	return chdir("/");
}

static void see(struct trail *t, void *ctx)
{
	nr_seen++;
	snprintf(seen, sizeof(seen), "%s", t->database);
}

/* As a SIGKILL leaves it: the lock is gone, the file is not. */
static void leave(struct trail *t)
{
	trail_release(t);
}

static void what_was_written_down_is_found_again(void **state)
{
	struct trail t, found;
	struct db_error err;
	char expected[128];

	assert_int_equal(trail_open(&t, "x.db", "poolscope-1-2", &err), 0);
	assert_int_equal(trail_add(&t, "scratch %s", "/tmp/with a space"), 0);
	assert_int_equal(trail_add(&t, "trace %s", "/tmp/with a space/trace"), 0);
	assert_int_equal(trail_add(&t, "relayd %d %llu %d %d %d", 12, 99ull, 1, 2, 3), 0);
	assert_int_equal(trail_add(&t, "relayd %d %llu %d %d %d", 13, 100ull, 4, 5, 6), 0);
	assert_int_equal(trail_add(&t, "program %d %llu", 14, 101ull), 0);
	assert_int_equal(trail_add(&t, "process %d", 14), 0);
	assert_int_equal(trail_add(&t, "process %d", 15), 0);
	leave(&t);

	assert_int_equal(trail_find(&found, "./x.db", &err), 0);
	snprintf(expected, sizeof(expected), "%s/x.db", dir);
	assert_string_equal(found.database, expected);
	assert_string_equal(found.session, "poolscope-1-2");
	assert_string_equal(found.scratch, "/tmp/with a space");
	assert_string_equal(found.trace, "/tmp/with a space/trace");
	assert_int_equal(found.relayd, 13); /* the last one counts */
	assert_int_equal(found.relayd_start, 100);
	assert_int_equal(found.ports[2], 6);
	assert_int_equal(found.program, 14);
	assert_int_equal(found.processes, 2);
	assert_int_equal(found.recorder, getpid());
	assert_false(found.stored);
	trail_remove(&found);
	assert_int_equal(trail_find(&found, "x.db", &err), -ENOENT);
}

static void trail_of_a_living_recorder_is_not_taken(void **state)
{
	struct trail t, found;
	struct db_error err;

	assert_int_equal(trail_open(&t, "x.db", "poolscope-1-2", &err), 0);
	assert_int_equal(trail_find(&found, "x.db", &err), -EBUSY);
	assert_int_equal(trail_each_left(see, NULL, &err), 0);
	assert_int_equal(trail_each_alive(see, NULL, &err), 1);
	assert_int_equal(nr_seen, 1);
	leave(&t);
	assert_int_equal(trail_each_alive(see, NULL, &err), 0);
	assert_int_equal(trail_each_left(see, NULL, &err), 1);
	assert_int_equal(nr_seen, 2);
}

/* Killed while it wrote: half a line says nothing. */
static void half_a_line_does_not_count(void **state)
{
	struct trail t, found;
	struct db_error err;

	assert_int_equal(trail_open(&t, "x.db", "poolscope-1-2", &err), 0);
	assert_int_equal(trail_add(&t, "program %d %llu", 14, 101ull), 0);
	assert_int_equal(write(t.fd, "relayd 12 99 1 2 3", 18), 18);
	leave(&t);
	assert_int_equal(trail_find(&found, "x.db", &err), 0);
	assert_int_equal(found.program, 14);
	assert_int_equal(found.relayd, 0);
	trail_remove(&found);
}

static void newest_trail_of_a_file_is_the_one(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct trail t, found;
	struct db_error err;

	assert_int_equal(trail_open(&t, "x.db", "poolscope-1-2", &err), 0);
	assert_int_equal(futimens(t.fd, old), 0);
	leave(&t);
	assert_int_equal(trail_open(&t, "x.db", "poolscope-3-4", &err), 0);
	leave(&t);
	assert_int_equal(trail_find(&found, "x.db", &err), 0);
	assert_string_equal(found.session, "poolscope-3-4");
	trail_remove(&found);
	assert_int_equal(trail_find(&found, "x.db", &err), 0);
	assert_string_equal(found.session, "poolscope-1-2");
	trail_remove(&found);
}

static void nonsense_in_a_trail_does_no_harm(void **state)
{
	static const char nonsense[] = "relayd\nrelayd x\nprogram 99999999999999999999 1\n\n \n"
				       "session\nscratch\ndatabase \nstored?\n";
	struct trail t, found;
	struct db_error err;
	char line[600];

	assert_int_equal(trail_open(&t, "x.db", "poolscope-1-2", &err), 0);
	memset(line, 'a', sizeof(line));
	assert_int_equal(write(t.fd, nonsense, sizeof(nonsense) - 1), sizeof(nonsense) - 1);
	for (int i = 0; i < 20; i++) /* longer than any line is read */
		assert_int_equal(write(t.fd, line, sizeof(line)), sizeof(line));
	leave(&t);
	assert_int_equal(trail_each_left(see, NULL, &err), 1);
	assert_int_equal(trail_find(&found, "x.db", &err), -ENOENT);
}

static void path_without_its_folder_is_refused(void **state)
{
	char absolute[PATH_MAX];
	struct db_error err = {{0}};

	assert_int_equal(trail_absolute("/nonexistent/x.db", absolute, sizeof(absolute), &err),
			 -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x.db"));
	assert_int_equal(trail_absolute("/x.db", absolute, sizeof(absolute), &err), 0);
	assert_string_equal(absolute, "/x.db");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_written_down_is_found_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(trail_of_a_living_recorder_is_not_taken, setup,
						teardown),
		cmocka_unit_test_setup_teardown(half_a_line_does_not_count, setup, teardown),
		cmocka_unit_test_setup_teardown(newest_trail_of_a_file_is_the_one, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_in_a_trail_does_no_harm, setup, teardown),
		cmocka_unit_test_setup_teardown(path_without_its_folder_is_refused, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
