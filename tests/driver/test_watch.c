/* SPDX-License-Identifier: MIT */
/* Functions that do not come back are named: the innermost, once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "driver/ndis/watch.h"

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t more;
	const char *names[8], *waits[8];
	unsigned int n;
} told = {.mutex = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void stuck(const char *name, const char *waits)
{
	pthread_mutex_lock(&told.mutex);
	assert_true(told.n < 8);
	told.names[told.n] = name;
	told.waits[told.n++] = waits;
	pthread_cond_signal(&told.more);
	pthread_mutex_unlock(&told.mutex);
}

/* Returns when n have been told. */
static void await(unsigned int n)
{
	pthread_mutex_lock(&told.mutex);
	while (told.n < n)
		pthread_cond_wait(&told.more, &told.mutex);
	assert_int_equal(told.n, n);
	pthread_mutex_unlock(&told.mutex);
}

static int begin(void **state)
{
	told.n = 0;
	return watch_begin(stuck);
}

static int end(void **state)
{
	watch_end();
	return 0;
}

static void innermost_function_is_named_with_what_it_waits_for(void **state)
{
	watch_enter("outer");
	watch_enter("inner");
	watch_waits("it waits");
	await(1);
	watch_leave();
	await(2); /* now it is the outer one that does not come back */
	watch_leave();
	assert_string_equal(told.names[0], "inner");
	assert_string_equal(told.waits[0], "it waits");
	assert_string_equal(told.names[1], "outer");
	assert_null(told.waits[1]);
}

static void *other_thread(void *unused)
{
	watch_enter("on another thread");
	await(1);
	watch_leave();
	return NULL;
}

/* Calls that come back are not told, however many there are; neither is what nobody is in. */
static void only_what_does_not_return_is_told(void **state)
{
	pthread_t thread;
	bool is_over = false;

	assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
	while (!is_over) {
		watch_enter("a short one");
		watch_leave();
		pthread_mutex_lock(&told.mutex);
		is_over = told.n != 0;
		pthread_mutex_unlock(&told.mutex);
	}
	pthread_join(thread, NULL);
	assert_string_equal(told.names[0], "on another thread");
}

/* What a job that runs on the thread of one that waits is in: the waiting one is named. */
static void what_lies_under_other_jobs_is_named(void **state)
{
	watch_enter("waits");
	watch_enter(NULL);
	await(1);
	watch_leave();
	watch_leave();
	assert_string_equal(told.names[0], "waits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(innermost_function_is_named_with_what_it_waits_for,
						begin, end),
		cmocka_unit_test_setup_teardown(only_what_does_not_return_is_told, begin, end),
		cmocka_unit_test_setup_teardown(what_lies_under_other_jobs_is_named, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
