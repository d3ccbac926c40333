/* SPDX-License-Identifier: MIT */
/* The host of drivers in virtual time: levels, locks and clocks when all threads are one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/ndis/host.h"
#include "driver/ndis/pages.h"

static struct exec *exec;
static struct exec_lane *lane;

static int setup(void **state)
{
	struct ndis_host_config config = {0};

	exec = exec_virtual_open(EXEC_VIRTUAL_EPOCH_NS);
	lane = exec_lane_open(exec, "test");
	config.exec = exec;
	return ndis_host_open(&config);
}

static int teardown(void **state)
{
	ndis_host_close();
	exec_lane_close(lane);
	exec_close(exec);
	return 0;
}

static KIRQL seen;

static void see_level(struct exec_job *job)
{
	KIRQL old;

	seen = KeGetCurrentIrql();
	/* And leaves its own behind, as no job should. */
	KeRaiseIrql(HIGH_LEVEL, &old);
}

static void a_job_inside_a_wait_has_a_level_of_its_own(void **state)
{
	struct exec_job job = {.run = see_level};
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	seen = 99;
	exec_submit(lane, &job, 0);
	exec_flush(lane);
	assert_int_equal(seen, PASSIVE_LEVEL);
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	KeLowerIrql(old);
}

static void locks_are_taken_and_given_back(void **state)
{
	NDIS_SPIN_LOCK a, b;

	NdisAllocateSpinLock(&a);
	NdisAllocateSpinLock(&b);
	for (int i = 0; i < 2; i++) {
		NdisAcquireSpinLock(&a);
		assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
		NdisDprAcquireSpinLock(&b);
		NdisDprReleaseSpinLock(&b);
		NdisReleaseSpinLock(&a);
		assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
	}
	NdisFreeSpinLock(&a);
	NdisFreeSpinLock(&b);
}

static NDIS_SPIN_LOCK the_lock;

static void take_lock(struct exec_job *job)
{
	NdisAcquireSpinLock(&the_lock);
}

/* With threads the job would wait for the lock, and the holder for the job. */
static void a_lock_that_nobody_can_release_is_said(void **state)
{
	struct exec_job job = {.run = take_lock};
	char said[200] = "";
	int out[2], status;
	pid_t child;

	assert_int_equal(pipe(out), 0);
	child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL); /* not cmocka's: it would go on with the tests */
		dup2(out[1], STDERR_FILENO);
		NdisAllocateSpinLock(&the_lock);
		NdisAcquireSpinLock(&the_lock);
		exec_submit(lane, &job, 0);
		exec_flush(lane);
		_exit(0);
	}
	close(out[1]);
	assert_true(read(out[0], said, sizeof(said) - 1) > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(out[0]);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(said, "deadlock"));
}

/* 1 January 2000 in units of 100 ns since 1601. */
#define YEAR_2000 INT64_C(125911584000000000)

static void the_wall_clock_is_virtual(void **state)
{
	LARGE_INTEGER now;

	NdisGetCurrentSystemTime(&now);
	assert_int_equal(now.QuadPart, YEAR_2000);
	exec_wait(exec, &(const uint32_t){0}, exec_now_ns(exec) + 3600 * UINT64_C(1000000000));
	NdisGetCurrentSystemTime(&now);
	assert_int_equal(now.QuadPart, YEAR_2000 + 3600 * INT64_C(10000000));
}

/* --- pages ------------------------------------------------------------------------------------ */

static void the_same_calls_give_the_same_pages(void **state)
{
	void *first[4] = {0}, *second[4] = {0};

	for (int round = 0; round < 2; round++) {
		void **va = round == 0 ? first : second;

		va[0] = pages_alloc(1);
		va[1] = pages_alloc(3 * PAGE_BYTES);
		va[2] = pages_alloc(8 << 20);
		pages_free(va[1], 3 * PAGE_BYTES);
		va[3] = pages_alloc(2 * PAGE_BYTES + 1);
		assert_ptr_equal(va[3], va[1]); /* the piece of that size, again */
		for (int i = 0; i < 4; i++) {
			assert_non_null(va[i]);
			assert_int_equal((uintptr_t)va[i] % PAGE_BYTES, 0);
		}
		memset(va[2], round, 8 << 20);
		pages_free(va[0], 1);
		pages_free(va[2], 8 << 20);
		pages_free(va[3], 3 * PAGE_BYTES);
	}
	assert_memory_equal(first, second, sizeof(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_job_inside_a_wait_has_a_level_of_its_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(locks_are_taken_and_given_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lock_that_nobody_can_release_is_said, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_wall_clock_is_virtual, setup, teardown),
		cmocka_unit_test(the_same_calls_give_the_same_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
