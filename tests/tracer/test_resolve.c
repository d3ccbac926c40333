/* SPDX-License-Identifier: MIT */
/* Addresses that two threads ask for at once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>

#include "tracer/resolve.h"

#define TIMES 2000

/* Returns: how many answers were not the address asked for. */
static void *ask(void *address)
{
	static const unsigned char loopback[3] = {127, 0, 0};
	const char *text = address;
	uintptr_t wrong = 0;

	for (int i = 0; i < TIMES; i++) {
		struct hostent *host = gethostbyname(text);

		wrong += !host || memcmp(host->h_addr_list[0], loopback, 3) != 0 ||
			 host->h_addr_list[0][3] != text[strlen(text) - 1] - '0';
	}
	return (void *)wrong;
}

static void each_thread_has_its_own_answer(void **state)
{
	char *addresses[] = {"127.0.0.1", "127.0.0.2"};
	pthread_t threads[2];
	void *wrong;

	assert_true(resolve_is_per_thread());
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, addresses[i]), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_int_equal((uintptr_t)wrong, 0);
	}
}

static void what_is_no_host_is_none(void **state)
{
	assert_null(gethostbyname("no such host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_has_its_own_answer),
		cmocka_unit_test(what_is_no_host_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
