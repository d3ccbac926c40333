/* SPDX-License-Identifier: MIT */
/* Which folder a relay daemon of this machine writes a session to; this process plays one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tracer/live_port.h"
#include "tracer/refill.h"
#include "tracer/tcp.h"

static char base[64];
static int listening, port;
static int kept[8], nr_kept;

static int listen_here(void **state)
{
	snprintf(base, sizeof(base), "/tmp/test_refill.XXXXXX");
	assert_non_null(mkdtemp(base));
	listening = tcp_listen(&port);
	assert_true(listening >= 0);
	return 0;
}

static int forget(void **state)
{
	char command[128];

	while (nr_kept)
		close(kept[--nr_kept]);
	close(listening);
	snprintf(command, sizeof(command), "rm -r %s", base);
	return system(command);
}

/* Makes a folder below base, and keeps it open.  Returns: its whole path. */
static const char *keep(const char *one, const char *two)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", base, one);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", base, one, two);
	assert_int_equal(mkdir(path, 0700), 0);
	kept[nr_kept] = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(kept[nr_kept++] >= 0);
	return path;
}

static void is_found(const char *expected)
{
	char out[PATH_MAX];

	assert_int_equal(live_folder_of(port, "alpha", "app", out, sizeof(out)), 0);
	assert_string_equal(out, expected);
}

static void is_not_found(void)
{
	char out[PATH_MAX];

	assert_int_equal(live_folder_of(port, "alpha", "app", out, sizeof(out)), -ENOENT);
}

static void folder_that_the_listener_keeps_open_is_found(void **state)
{
	is_not_found();
	is_found(keep("alpha", "app-20261121-154733"));
}

static void folders_grouped_by_session_are_found_too(void **state)
{
	is_found(keep("app-20261121-154733", "alpha"));
}

static void folders_of_others_are_not_taken(void **state)
{
	keep("beta", "app-20261121-154733");
	keep("alpha", "app-2-20261121-154733");
	keep("alpha", "apps-20261121-154733");
	keep("alpha", "app-2026112-1547334");
	keep("alpha2", "app-20261121-154733");
	is_not_found();
	is_found(keep("alpha", "app-20261121-154734"));
}

static void of_two_that_fit_none_is_taken(void **state)
{
	keep("alpha", "app-20261121-154733");
	keep("alpha", "app-20261121-154734");
	is_not_found();
}

static void where_nobody_listens_there_is_none(void **state)
{
	keep("alpha", "app-20261121-154733");
	close(listening);
	is_not_found();
}

static bool can(const char *host)
{
	struct refill refill;
	char url[256];

	snprintf(url, sizeof(url), "net://%s:%d/host/alpha/app", host, port);
	refill_init(&refill, url);
	return refill_can(&refill);
}

static void only_a_relay_daemon_of_this_machine_is_looked_into(void **state)
{
	keep("alpha", "app-20261121-154733");
	assert_true(can("127.0.0.1"));
	assert_true(can("localhost"));
	assert_false(can("10.77.1.2"));
	assert_false(can("alpha"));
}

int main(void)
{
#define WITH_FOLDERS(test) cmocka_unit_test_setup_teardown(test, listen_here, forget)
	const struct CMUnitTest tests[] = {
		WITH_FOLDERS(folder_that_the_listener_keeps_open_is_found),
		WITH_FOLDERS(folders_grouped_by_session_are_found_too),
		WITH_FOLDERS(folders_of_others_are_not_taken),
		WITH_FOLDERS(of_two_that_fit_none_is_taken),
		WITH_FOLDERS(where_nobody_listens_there_is_none),
		WITH_FOLDERS(only_a_relay_daemon_of_this_machine_is_looked_into),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
