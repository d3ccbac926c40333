/* SPDX-License-Identifier: MIT */
/* The two executors: what holds for both, and what virtual time adds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int setup(struct exec *opened)
{
	exec = opened;
	lane = exec_lane_open(exec, "test");
	return exec == NULL || lane == NULL;
}

static int setup_real(void **state)
{
	return setup(exec_real_open());
}

static int setup_virtual(void **state)
{
	return setup(exec_virtual_open(1000 * MS));
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

/* --- virtual time ----------------------------------------------------------------------------- */

static void virtual_time_jumps_to_the_next_due_time(void **state)
{
	struct work w = work(NULL);

	assert_int_equal(exec_now_ns(exec), 1000 * MS);
	exec_submit(lane, &w.job, 1000 * MS + 3600 * 1000 * MS);
	wait_for(&w);
	assert_int_equal(w.ran_ns, 1000 * MS + 3600 * 1000 * MS);
	assert_int_equal(exec_now_ns(exec), w.ran_ns);
}

/* A thousand jobs of random times, some cancelled, some moved: the order is that of a sort. */
static void jobs_of_all_lanes_run_in_one_order(void **state)
{
	enum { N = 1000 };
	static struct work all[N];
	struct exec_lane *lanes[3] = {lane, exec_lane_open(exec, "b"), exec_lane_open(exec, "c")};
	unsigned int order = 0, left = 0;
	uint32_t chance = 1;

	for (unsigned int i = 0; i < N; i++) {
		all[i] = work(&order);
		chance = chance * 1664525 + 1013904223;
		all[i].lane = lanes[chance >> 30 & 1 ? 2 : i % 2];
		exec_submit(all[i].lane, &all[i].job, 1001 * MS + (chance >> 8) % 64);
		if (chance % 5 == 0)
			exec_submit(all[i].lane, &all[i].job, 1000 * MS);
		if (i > 10 && chance % 3 == 0)
			exec_cancel(all[i - 7].lane, &all[i - 7].job);
	}
	exec_wait(exec, &(const uint32_t){0}, 1002 * MS);
	for (unsigned int i = 0; i < N; i++) {
		left += all[i].times;
		for (unsigned int k = 0; k < i && all[i].times; k++) {
			bool before = all[k].job.due_ns <= all[i].job.due_ns;

			if (all[k].times && all[k].job.due_ns != all[i].job.due_ns)
				assert_int_equal(before, all[k].place < all[i].place);
		}
	}
	assert_int_equal(left, order);
	assert_true(left > N / 2 && left < N);
	exec_lane_close(lanes[1]);
	exec_lane_close(lanes[2]);
}

static void wait_a_while(struct exec_job *job)
{
	struct work *w = (struct work *)job;

	w->begun = exec_wait(exec, &w->may_end, exec_now_ns(exec) + 10 * MS) ? 2 : 1;
	run(job);
}

static void while_a_job_waits_other_lanes_go_on_and_its_own_does_not(void **state)
{
	struct exec_lane *second = exec_lane_open(exec, "second");
	unsigned int order = 0;
	struct work waits = work(&order), same = work(&order), other = work(&order);

	waits.job.run = wait_a_while;
	exec_submit(lane, &waits.job, 1001 * MS);
	exec_submit(lane, &same.job, 1002 * MS);
	exec_submit(second, &other.job, 1003 * MS);
	wait_for(&same);
	assert_int_equal(waits.begun, 1); /* its time ran out */
	assert_int_equal(other.place, 0);
	assert_int_equal(waits.place, 1);
	assert_int_equal(same.place, 2);
	assert_int_equal(other.ran_ns, 1003 * MS);
	assert_int_equal(same.ran_ns, 1011 * MS);
	exec_lane_close(second);
}

static void cancelled_while_put_off_does_not_run(void **state)
{
	struct work waits = work(NULL), same = work(NULL);

	waits.job.run = wait_a_while;
	exec_submit(lane, &waits.job, 1001 * MS);
	exec_submit(lane, &same.job, 1002 * MS);
	exec_wait(exec, &(const uint32_t){0}, 1001 * MS); /* the job's wait goes on to 1011 ms */
	assert_int_equal(waits.times, 1);
	assert_true(exec_cancel(lane, &same.job));
	exec_flush(lane);
	assert_int_equal(same.times, 0);
}

static void reach_by_steps(struct exec_job *job)
{
	struct work *w = (struct work *)job;

	while (w->times < 5) {
		if (!exec_reach(exec, 1001 * MS + w->times * MS)) {
			w->again++;
			exec_submit(w->lane, job, 1001 * MS + w->times * MS);
			return;
		}
		w->times++;
		w->ran_ns = exec_now_ns(exec);
	}
}

static void reach_moves_the_clock_up_to_the_next_job_and_the_end_of_the_wait(void **state)
{
	struct exec_lane *second = exec_lane_open(exec, "second");
	struct work steps = work(NULL), other = work(NULL);

	steps.job.run = reach_by_steps;
	exec_submit(second, &other.job, 1003 * MS);
	exec_submit(lane, &steps.job, 0);
	exec_wait(exec, &(const uint32_t){0}, 1004 * MS);
	assert_int_equal(other.ran_ns, 1003 * MS);
	assert_int_equal(steps.times, 4);
	assert_int_equal(steps.again, 2); /* for the other job, and for the end */
	exec_wait(exec, &(const uint32_t){0}, 1005 * MS);
	assert_int_equal(steps.times, 5);
	assert_int_equal(steps.ran_ns, 1005 * MS);
	exec_lane_close(second);
}

static uintptr_t level; /* as an IRQL is: belongs to the thread that runs */

static void suspend(struct exec_context *context)
{
	context->word[0] = level;
	level = 0;
}

static void resume(const struct exec_context *context)
{
	level = context->word[0];
}

static void note_level(struct exec_job *job)
{
	((struct work *)job)->place = (unsigned int)level;
	level = 7;
	run(job);
}

static void waiting_puts_the_threads_own_state_aside(void **state)
{
	struct work w = work(NULL);

	w.job.run = note_level;
	exec->suspend = suspend;
	exec->resume = resume;
	level = 2;
	exec_submit(lane, &w.job, 1001 * MS);
	wait_for(&w);
	assert_int_equal(w.place, 0);
	assert_int_equal(level, 2);
}

/* --- what would hang -------------------------------------------------------------------------- */

static void flush_own_lane(struct exec_job *job)
{
	exec_flush(((struct work *)job)->lane);
}

static void close_own_lane(struct exec_job *job)
{
	exec_lane_close(((struct work *)job)->lane);
}

static void again_at_once(struct exec_job *job)
{
	exec_submit(((struct work *)job)->lane, job, 0);
}

/* Runs one job until the end of time, in a process of its own. */
static void assert_gives_up(void (*job)(struct exec_job *job), const char *says)
{
	char said[200] = "";
	int out[2], status;
	pid_t child;

	assert_int_equal(pipe(out), 0);
	child = fork();
	if (child == 0) {
		struct work w = work(NULL);

		signal(SIGABRT, SIG_DFL); /* not cmocka's: it would go on with the tests */
		dup2(out[1], STDERR_FILENO);
		w.job.run = job;
		exec_submit(lane, &w.job, 0);
		exec_wait(exec, &w.done, EXEC_NEVER);
		_exit(0);
	}
	close(out[1]);
	assert_true(read(out[0], said, sizeof(said) - 1) > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	close(out[0]);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(said, says));
}

static void what_would_hang_is_said(void **state)
{
	assert_gives_up(flush_own_lane, "test: the lane is waited for inside");
	assert_gives_up(close_own_lane, "test: the lane is closed inside");
	assert_gives_up(again_at_once, "test: its jobs run again and again");
	assert_gives_up(block_until_told, "a wait without end");
}

#define real_test(f)	cmocka_unit_test_setup_teardown(f, setup_real, teardown)
#define virtual_test(f) cmocka_unit_test_setup_teardown(f, setup_virtual, teardown)
#define both_tests(f)	real_test(f), virtual_test(f)

int main(void)
{
	const struct CMUnitTest tests[] = {
		both_tests(jobs_run_in_order_of_their_times),
		both_tests(queued_job_keeps_the_earlier_time_and_runs_once),
		both_tests(job_may_submit_itself),
		both_tests(cancelled_job_does_not_run),
		both_tests(flush_waits_for_what_is_due_and_not_for_the_rest),
		real_test(closing_a_lane_waits_for_its_running_job),
		both_tests(wait_ends_with_the_time),
		virtual_test(virtual_time_jumps_to_the_next_due_time),
		virtual_test(jobs_of_all_lanes_run_in_one_order),
		virtual_test(while_a_job_waits_other_lanes_go_on_and_its_own_does_not),
		virtual_test(cancelled_while_put_off_does_not_run),
		virtual_test(reach_moves_the_clock_up_to_the_next_job_and_the_end_of_the_wait),
		virtual_test(waiting_puts_the_threads_own_state_aside),
		virtual_test(what_would_hang_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
