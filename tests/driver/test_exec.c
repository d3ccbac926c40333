/* SPDX-License-Identifier: MIT */
/* The executor of real threads. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "driver/exec/exec.h"

#define MS UINT64_C(1000000)

struct work {
	struct exec_job job;
	struct exec *exec;
	struct exec_lane *lane;
	unsigned int times, again;
	unsigned int *order, place;
	uint64_t ran_ns;
	uint32_t begun, may_end; /* atomic */
	uint32_t done;		 /* atomic */
};

static void run(struct exec_job *job)
{
	struct work *w = (struct work *)job;

	w->times++;
	w->ran_ns = exec_now_ns(w->exec);
	if (w->order != NULL)
		w->place = (*w->order)++;
	if (w->times <= w->again) {
		exec_submit(w->lane, job, 0);
		return;
	}
	__atomic_store_n(&w->done, 1, __ATOMIC_RELEASE);
	exec_wake(w->exec);
}

static struct exec *exec;
static struct exec_lane *lane;

static int setup(void **state)
{
	exec = exec_real_open();
	lane = exec_lane_open(exec, "test");
	return exec == NULL || lane == NULL;
}

static int teardown(void **state)
{
	if (lane != NULL)
		exec_lane_close(lane);
	exec_close(exec);
	return 0;
}

static struct work work(unsigned int *order)
{
	return (struct work){.job = {.run = run}, .exec = exec, .lane = lane, .order = order};
}

static void wait_for(struct work *w)
{
	assert_true(exec_wait(exec, &w->done, EXEC_NEVER));
}

static void jobs_run_in_order_of_their_times(void **state)
{
	unsigned int order = 0;
	struct work a = work(&order), b = work(&order), c = work(&order);
	uint64_t now = exec_now_ns(exec);

	exec_submit(lane, &c.job, now + 9 * MS);
	exec_submit(lane, &a.job, now + 3 * MS);
	exec_submit(lane, &b.job, now + 3 * MS);
	wait_for(&c);
	assert_int_equal(a.place, 0);
	assert_int_equal(b.place, 1);
	assert_int_equal(c.place, 2);
	assert_true(a.ran_ns >= now + 3 * MS);
	assert_true(c.ran_ns >= now + 9 * MS);
}

static void queued_job_keeps_the_earlier_time_and_runs_once(void **state)
{
	struct work w = work(NULL);
	uint64_t now = exec_now_ns(exec);

	exec_submit(lane, &w.job, now + 3600 * 1000 * MS);
	exec_submit(lane, &w.job, now + MS);
	exec_submit(lane, &w.job, now + 7200 * 1000 * MS);
	wait_for(&w);
	exec_flush(lane);
	assert_int_equal(w.times, 1);
}

static void job_may_submit_itself(void **state)
{
	struct work w = work(NULL);

	w.again = 100;
	exec_submit(lane, &w.job, 0);
	wait_for(&w);
	assert_int_equal(w.times, 101);
}

static void cancelled_job_does_not_run(void **state)
{
	struct work w = work(NULL);

	exec_submit(lane, &w.job, exec_now_ns(exec) + 3600 * 1000 * MS);
	assert_true(exec_cancel(lane, &w.job));
	assert_false(exec_cancel(lane, &w.job));
	exec_flush(lane);
	assert_int_equal(w.times, 0);
}

static void flush_waits_for_what_is_due_and_not_for_the_rest(void **state)
{
	struct work now = work(NULL), later = work(NULL);

	now.again = 50;
	exec_submit(lane, &later.job, exec_now_ns(exec) + 3600 * 1000 * MS);
	exec_submit(lane, &now.job, 0);
	exec_flush(lane);
	assert_int_equal(now.times, 51);
	assert_int_equal(later.times, 0);
	assert_true(exec_cancel(lane, &later.job));
}

static void block_until_told(struct exec_job *job)
{
	struct work *w = (struct work *)job;

	__atomic_store_n(&w->begun, 1, __ATOMIC_RELEASE);
	exec_wake(exec);
	exec_wait(exec, &w->may_end, EXEC_NEVER);
	w->times++;
}

static void closing_a_lane_waits_for_its_running_job(void **state)
{
	struct work w = work(NULL), never = work(NULL), other = work(NULL);
	struct exec_lane *second = exec_lane_open(exec, "second");

	w.job.run = block_until_told;
	exec_submit(second, &w.job, 0);
	assert_true(exec_wait(exec, &w.begun, EXEC_NEVER));
	exec_submit(second, &never.job, exec_now_ns(exec) + 3600 * 1000 * MS);
	/* Lanes run beside each other: this one is free. */
	exec_submit(lane, &other.job, 0);
	wait_for(&other);
	__atomic_store_n(&w.may_end, 1, __ATOMIC_RELEASE);
	exec_wake(exec);
	exec_lane_close(second);
	assert_int_equal(w.times, 1);
	assert_int_equal(never.times, 0);
}

static void wait_ends_with_the_time(void **state)
{
	static const uint32_t never;
	uint64_t until = exec_now_ns(exec) + 2 * MS;

	assert_false(exec_wait(exec, &never, until));
	assert_true(exec_now_ns(exec) >= until);
}

#define exec_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		exec_test(jobs_run_in_order_of_their_times),
		exec_test(queued_job_keeps_the_earlier_time_and_runs_once),
		exec_test(job_may_submit_itself),
		exec_test(cancelled_job_does_not_run),
		exec_test(flush_waits_for_what_is_due_and_not_for_the_rest),
		exec_test(closing_a_lane_waits_for_its_running_job),
		exec_test(wait_ends_with_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
