/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer/process.h"

static char log_path[64];

static int setup(void **state)
{
	int fd;

	strcpy(log_path, "/tmp/poolscope-test-XXXXXX");
	fd = mkstemp(log_path);
	close(fd);
	return fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	return unlink(log_path);
}

static pid_t start(char *const argv[], int (*born)(pid_t pid, void *ctx), void *ctx)
{
	const struct process_plan plan = {
		.argv = argv, .output = log_path, .daemon = true, .born = born, .ctx = ctx};

	return process_start(&plan);
}

static pid_t start_shell(const char *script)
{
	char *argv[] = {"sh", "-c", (char *)script, NULL};

	return start(argv, NULL, NULL);
}

/* Waits until the daemon has written to its log: it is then past everything that `sh` does first.
 */
static void wait_for_words(char *line, size_t size)
{
	for (*line = 0; !*line; usleep(1000))
		process_last_words(log_path, line, size);
}

static void a_program_that_is_not_there_says_so(void **state)
{
	char *argv[] = {"no-such-program-anywhere", NULL};

	assert_int_equal(start(argv, NULL, NULL), -ENOENT);
	assert_false(process_in_path("no-such-program-anywhere", NULL, 0));
}

static int write_down(pid_t pid, void *ctx)
{
	*(pid_t *)ctx = pid;
	return 0;
}

static int refuse(pid_t pid, void *ctx)
{
	*(pid_t *)ctx = pid;
	return -ENOSPC;
}

static void a_process_is_written_down_before_it_runs(void **state)
{
	char *argv[] = {"true", NULL};
	pid_t noted = 0, pid = start(argv, write_down, &noted);

	assert_true(pid > 0);
	assert_int_equal(noted, pid);
	assert_true(process_start_time(pid) > 0 || !process_alive(pid));
}

static void what_cannot_be_written_down_does_not_run(void **state)
{
	char *argv[] = {"sh", "-c", "echo ran", NULL};
	char line[64];
	pid_t noted = 0;

	assert_int_equal(start(argv, refuse, &noted), -ENOSPC);
	assert_true(noted > 0);
	assert_false(process_alive(noted));
	process_last_words(log_path, line, sizeof(line));
	assert_string_equal(line, "");
}

/* SIGKILL between birth and word of it. */
static int die(pid_t pid, void *ctx)
{
	pid_t *shared = ctx;

	*shared = pid;
	_exit(0);
}

static void a_process_whose_starter_dies_never_runs(void **state)
{
	char *argv[] = {"sh", "-c", "echo ran", NULL};
	pid_t *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char line[64];
	pid_t starter;

	assert_true(shared != MAP_FAILED);
	starter = fork();
	if (!starter) {
		start(argv, die, shared);
		_exit(1);
	}
	assert_int_equal(waitpid(starter, NULL, 0), starter);
	while (process_alive(*shared))
		usleep(1000);
	process_last_words(log_path, line, sizeof(line));
	assert_string_equal(line, "");
	munmap(shared, sizeof(*shared));
}

static void a_process_is_known_by_its_start_too(void **state)
{
	assert_true(process_is(getpid(), process_start_time(getpid())));
	assert_false(process_is(getpid(), process_start_time(getpid()) + 1));
	assert_false(process_is(getpid(), 0));
	assert_false(process_is(-1, 1));
}

static void a_program_inherits_nothing_that_came_later(void **state)
{
	struct process_fds fds;
	int before = dup(2), after;

	process_note_fds(&fds);
	after = dup(2);
	process_hide_fds(&fds);
	assert_false(fcntl(before, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(after, F_GETFD) & FD_CLOEXEC);
	close(before);
	close(after);
}

static void a_daemon_ends_when_told_to(void **state)
{
	char line[64];
	pid_t pid = start_shell("echo ready; sleep 60");

	assert_true(pid > 0);
	wait_for_words(line, sizeof(line));
	assert_true(process_alive(pid));
	assert_true(process_end(pid, SIGTERM, 5000));
	assert_false(process_alive(pid));
}

static void a_daemon_that_will_not_end_is_killed(void **state)
{
	char line[64];
	pid_t pid = start_shell("trap '' TERM; echo ready; while :; do sleep 1; done");

	wait_for_words(line, sizeof(line));
	assert_false(process_end(pid, SIGTERM, 100));
	assert_false(process_alive(pid));
}

/* Its parent never asks how it ended, as the first process of a container may not. */
static void a_process_that_nobody_waits_for_has_ended(void **state)
{
	char line[64];
	pid_t parent = start_shell("sh -c 'echo $$' & exec sleep 60");
	pid_t child;

	wait_for_words(line, sizeof(line));
	child = atoi(line);
	assert_true(child > 0);
	while (process_alive(child))
		usleep(1000);
	assert_int_equal(kill(child, 0), 0);
	assert_true(process_end(child, SIGTERM, 5000));
	process_end(parent, SIGTERM, 5000);
}

static void a_process_is_told_from_a_later_one_with_its_number(void **state)
{
	pid_t pid = start_shell("sleep 60");
	uint64_t start = process_start_time(pid);

	assert_true(start > 0);
	assert_int_equal(process_start_time(pid), start);
	assert_int_not_equal(process_start_time(1), start);
	process_end(pid, SIGKILL, 1000);
	assert_int_equal(process_start_time(pid), 0);
}

static void the_last_words_are_the_last_line_that_says_something(void **state)
{
	char line[64];
	pid_t pid = start_shell("echo first; echo 'Error: port is taken' >&2; echo; exit 1");

	while (process_alive(pid))
		usleep(1000);
	process_last_words(log_path, line, sizeof(line));
	assert_string_equal(line, "Error: port is taken");
	process_last_words("/nonexistent/log", line, sizeof(line));
	assert_string_equal(line, "");
}

/* Signals that this program ignores or blocks are none of its children's business. */
static void children_start_with_clean_signals(void **state)
{
	sigset_t set;
	char line[64];
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR2, SIG_IGN);
	pid = start_shell("echo ready; kill -USR2 $$; echo survived");
	while (process_alive(pid))
		usleep(1000);
	process_last_words(log_path, line, sizeof(line));
	assert_string_equal(line, "ready");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	signal(SIGUSR2, SIG_DFL);
}

static void programs_are_found_through_path(void **state)
{
	char path[256];

	assert_true(process_in_path("sh", path, sizeof(path)));
	assert_int_equal(access(path, X_OK), 0);
	assert_true(process_in_path("/bin/sh", NULL, 0));
	assert_false(process_in_path("", NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_program_that_is_not_there_says_so, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_daemon_ends_when_told_to, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_that_will_not_end_is_killed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_that_nobody_waits_for_has_ended, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_is_told_from_a_later_one_with_its_number,
						setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_last_words_are_the_last_line_that_says_something, setup, teardown),
		cmocka_unit_test_setup_teardown(children_start_with_clean_signals, setup, teardown),
		cmocka_unit_test_setup_teardown(a_process_is_written_down_before_it_runs, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_down_does_not_run, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_whose_starter_dies_never_runs, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_is_known_by_its_start_too, setup,
						teardown),
		cmocka_unit_test(a_program_inherits_nothing_that_came_later),
		cmocka_unit_test(programs_are_found_through_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
