/* SPDX-License-Identifier: MIT */
/* The executor of real threads: one thread a lane, the monotonic clock. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "driver/exec/exec.h"

struct real {
	struct exec exec;
	pthread_mutex_t mutex; /* of wait and wake */
	pthread_cond_t woken;
};

struct real_lane {
	struct exec_lane lane;
	char name[16];
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t work;	/* the queue or closing changed */
	pthread_cond_t idle;	/* a job ended */
	struct exec_job *queue; /* by due time; equal times in order of submission */
	bool running;
	bool closing;
};

static uint64_t real_now_ns(struct exec *exec)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct timespec at_ns(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u),
				 .tv_nsec = (long)(ns % 1000000000u)};
}

static void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

static void unlink_job(struct real_lane *lane, struct exec_job *job)
{
	struct exec_job **at = &lane->queue;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	job->queued = false;
}

static void link_job(struct real_lane *lane, struct exec_job *job, uint64_t due_ns)
{
	struct exec_job **at = &lane->queue;

	while (*at != NULL && (*at)->due_ns <= due_ns)
		at = &(*at)->next;
	job->due_ns = due_ns;
	job->queued = true;
	job->next = *at;
	*at = job;
}

static bool job_is_due(struct real_lane *lane)
{
	return lane->queue != NULL && lane->queue->due_ns <= real_now_ns(lane->lane.exec);
}

static void run_first(struct real_lane *lane)
{
	struct exec_job *job = lane->queue;

	unlink_job(lane, job);
	lane->running = true;
	pthread_mutex_unlock(&lane->mutex);
	job->run(job); /* may free the job */
	pthread_mutex_lock(&lane->mutex);
	lane->running = false;
	pthread_cond_broadcast(&lane->idle);
}

static void *lane_main(void *arg)
{
	struct real_lane *lane = arg;

	/* Device and interrupt work in steps of about 100 us; the default slack would add 50. */
	prctl(PR_SET_TIMERSLACK, 1000ul);
	pthread_mutex_lock(&lane->mutex);
	while (!lane->closing) {
		if (job_is_due(lane)) {
			run_first(lane);
		} else if (lane->queue != NULL) {
			struct timespec due = at_ns(lane->queue->due_ns);

			pthread_cond_timedwait(&lane->work, &lane->mutex, &due);
		} else {
			pthread_cond_wait(&lane->work, &lane->mutex);
		}
	}
	pthread_mutex_unlock(&lane->mutex);
	return NULL;
}

static int start_thread(struct real_lane *lane)
{
	/* What a thread does to itself is told to it: blocked, it would end the process unheard. */
	static const int own_faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
	sigset_t all, before;
	int error;

	/* Signals are the main thread's business. */
	sigfillset(&all);
	for (size_t i = 0; i < sizeof(own_faults) / sizeof(own_faults[0]); i++)
		sigdelset(&all, own_faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&lane->thread, NULL, lane_main, lane);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		pthread_setname_np(lane->thread, lane->name);
	return error;
}

static struct exec_lane *real_lane_open(struct exec *exec, const char *name)
{
	struct real_lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return NULL;
	lane->lane.exec = exec;
	snprintf(lane->name, sizeof(lane->name), "%s", name);
	pthread_mutex_init(&lane->mutex, NULL);
	cond_init(&lane->work);
	cond_init(&lane->idle);
	if (start_thread(lane) != 0) {
		free(lane);
		return NULL;
	}
	return &lane->lane;
}

static void real_lane_close(struct exec_lane *base)
{
	struct real_lane *lane = (struct real_lane *)base;

	pthread_mutex_lock(&lane->mutex);
	lane->closing = true;
	pthread_cond_broadcast(&lane->work);
	pthread_mutex_unlock(&lane->mutex);
	pthread_join(lane->thread, NULL);
	while (lane->queue != NULL)
		unlink_job(lane, lane->queue);
	pthread_cond_destroy(&lane->work);
	pthread_cond_destroy(&lane->idle);
	pthread_mutex_destroy(&lane->mutex);
	free(lane);
}

static void real_submit(struct exec_lane *base, struct exec_job *job, uint64_t due_ns)
{
	struct real_lane *lane = (struct real_lane *)base;

	pthread_mutex_lock(&lane->mutex);
	if (!job->queued || due_ns < job->due_ns) {
		if (job->queued)
			unlink_job(lane, job);
		link_job(lane, job, due_ns);
		if (lane->queue == job)
			pthread_cond_signal(&lane->work);
	}
	pthread_mutex_unlock(&lane->mutex);
}

static bool real_cancel(struct exec_lane *base, struct exec_job *job)
{
	struct real_lane *lane = (struct real_lane *)base;
	bool was_queued;

	pthread_mutex_lock(&lane->mutex);
	was_queued = job->queued;
	if (was_queued)
		unlink_job(lane, job);
	pthread_mutex_unlock(&lane->mutex);
	return was_queued;
}

static void real_flush(struct exec_lane *base)
{
	struct real_lane *lane = (struct real_lane *)base;

	pthread_mutex_lock(&lane->mutex);
	while (lane->running || job_is_due(lane))
		pthread_cond_wait(&lane->idle, &lane->mutex);
	pthread_mutex_unlock(&lane->mutex);
}

static bool real_wait(struct exec *exec, const uint32_t *flag, uint64_t until_ns)
{
	struct real *real = (struct real *)exec;
	struct timespec until = at_ns(until_ns);
	bool set;

	pthread_mutex_lock(&real->mutex);
	while (!(set = __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0)) {
		if (until_ns == EXEC_NEVER)
			pthread_cond_wait(&real->woken, &real->mutex);
		else if (pthread_cond_timedwait(&real->woken, &real->mutex, &until) != 0)
			break;
	}
	pthread_mutex_unlock(&real->mutex);
	return set || __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

static void real_wake(struct exec *exec)
{
	struct real *real = (struct real *)exec;

	/* The lock keeps the wake-up from falling between a waiter's look and its sleep. */
	pthread_mutex_lock(&real->mutex);
	pthread_cond_broadcast(&real->woken);
	pthread_mutex_unlock(&real->mutex);
}

static bool real_reach(struct exec *exec, uint64_t at_ns)
{
	return real_now_ns(exec) >= at_ns;
}

static void real_close(struct exec *exec)
{
	struct real *real = (struct real *)exec;

	pthread_cond_destroy(&real->woken);
	pthread_mutex_destroy(&real->mutex);
	free(real);
}

static const struct exec_ops real_ops = {
	.now_ns = real_now_ns,
	.lane_open = real_lane_open,
	.lane_close = real_lane_close,
	.submit = real_submit,
	.cancel = real_cancel,
	.flush = real_flush,
	.wait = real_wait,
	.wake = real_wake,
	.reach = real_reach,
	.close = real_close,
};

struct exec *exec_real_open(void)
{
	struct real *real = calloc(1, sizeof(*real));

	if (real == NULL)
		return NULL;
	real->exec.ops = &real_ops;
	pthread_mutex_init(&real->mutex, NULL);
	cond_init(&real->woken);
	return &real->exec;
}
