/* SPDX-License-Identifier: MIT */
/* Both sides of the handshake between a recorder and the program that it traces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracer/poolscope/announce.h"
#include "tracer/welcome.h"

static char dir[64];
static int added[8], nr_added, refuse;

static int add_process(pid_t vpid, void *ctx)
{
	if (refuse)
		return -EIO;
	added[nr_added++] = (int)vpid;
	return 0;
}

static int setup(void **state)
{
	static struct welcome w;
	struct db_error err;

	nr_added = refuse = 0;
	strcpy(dir, "/tmp/poolscope-test-XXXXXX");
	if (!mkdtemp(dir) || welcome_start(&w, dir, 0, add_process, NULL, &err))
		return -1;
	setenv(POOLSCOPE_ANNOUNCE_ENV, w.path, 1);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	unsetenv(POOLSCOPE_ANNOUNCE_ENV);
	welcome_stop(*state);
	return rmdir(dir); /* fails when the socket was left behind */
}

static void each_process_gets_pool_numbers_of_its_own(void **state)
{
	assert_int_equal(poolscope_announce(), 0);
	assert_int_equal(poolscope_announce(), 1000);
	assert_int_equal(nr_added, 2);
	assert_int_equal(added[0], getpid());
}

static void a_process_that_cannot_be_traced_goes_on_untraced(void **state)
{
	refuse = 1;
	assert_int_equal(poolscope_announce(), 0);
	assert_int_equal(nr_added, 0);
}

static void strangers_on_the_socket_are_ignored(void **state)
{
	struct welcome *w = *state;
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char answer[8];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(addr.sun_path, w->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(write(fd, "GET / HTTP/1.0\r\n", 16), 16);
	/* Closed without a word; or reset, since not all of ours was read. */
	assert_true(read(fd, answer, sizeof(answer)) <= 0);
	close(fd);
	assert_int_equal(nr_added, 0);
	assert_int_equal(poolscope_announce(), 0);
	assert_int_equal(nr_added, 1);
}

static void without_a_recorder_nothing_is_announced(void **state)
{
	unsetenv(POOLSCOPE_ANNOUNCE_ENV);
	assert_int_equal(poolscope_announce(), 0);
	setenv(POOLSCOPE_ANNOUNCE_ENV, "/nonexistent/socket", 1);
	assert_int_equal(poolscope_announce(), 0);
	assert_int_equal(nr_added, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_process_gets_pool_numbers_of_its_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_process_that_cannot_be_traced_goes_on_untraced,
						setup, teardown),
		cmocka_unit_test_setup_teardown(strangers_on_the_socket_are_ignored, setup,
						teardown),
		cmocka_unit_test_setup_teardown(without_a_recorder_nothing_is_announced, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
