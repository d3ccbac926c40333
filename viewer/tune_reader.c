/* SPDX-License-Identifier: MIT */
#include "viewer/tune_reader.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct tune_reader {
	char *path;
	uint32_t pool;
	struct demand_watch watch;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done; /* under lock; from then on `reading` is the caller's side's */
	struct tune_reading reading;
};

static void read_demand(struct tune_reader *r)
{
	struct tune_reading *reading = &r->reading;
	struct query *query;

	if (query_open(r->path, &query, &reading->err))
		return;
	if (demand_read_some(query, r->pool, &r->watch, &reading->demand, &reading->err))
		reading->demand = NULL;
	query_close(query);
	reading->cut = r->watch.cut;
	if (!reading->demand || !atlas_make(reading->demand, ATLAS_NEVER, false, &reading->atlas))
		return;
	demand_close(reading->demand);
	reading->demand = NULL;
	snprintf(reading->err.text, sizeof(reading->err.text), "out of memory");
}

static void *run(void *ctx)
{
	struct tune_reader *r = ctx;

	read_demand(r);
	pthread_mutex_lock(&r->lock);
	r->done = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Signals are the screen's business. */
static int start(struct tune_reader *r)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&r->thread, NULL, run, r);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

struct tune_reader *tune_reader_open(const char *path, uint32_t pool, uint64_t steps_max)
{
	struct tune_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->path = strdup(path);
	r->pool = pool;
	r->watch.steps_max = steps_max ? steps_max : TUNE_STEPS_MAX;
	r->watch.newest = true;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	if (r->path && !start(r))
		return r;
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r->path);
	free(r);
	return NULL;
}

uint64_t tune_reader_steps(const struct tune_reader *r)
{
	return r->watch.steps;
}

static struct timespec after_ms(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool tune_reader_wait(struct tune_reader *r, int wait_ms, struct tune_reading *out)
{
	struct timespec end = after_ms(wait_ms);
	bool done;

	pthread_mutex_lock(&r->lock);
	while (!r->done && pthread_cond_timedwait(&r->changed, &r->lock, &end) != ETIMEDOUT)
		;
	done = r->done;
	if (done) {
		*out = r->reading;
		r->reading = (struct tune_reading){0};
	}
	pthread_mutex_unlock(&r->lock);
	return done;
}

void tune_reader_close(struct tune_reader *r)
{
	if (!r)
		return;
	r->watch.stop = true;
	pthread_join(r->thread, NULL);
	demand_close(r->reading.demand);
	atlas_release(&r->reading.atlas);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r->path);
	free(r);
}
