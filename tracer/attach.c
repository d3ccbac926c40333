/* SPDX-License-Identifier: MIT */
#include "tracer/attach.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tracer/collector.h"

struct source {
	const char *url;
	struct collector *collector;
	pthread_t thread;
	bool started;
	atomic_bool done;
	int ret;
	struct db_error err;
};

struct attach {
	struct source *sources;
	size_t nr;
};

static void *collect(void *arg)
{
	struct source *s = arg;

	s->ret = collector_run(s->collector, &s->err);
	if (s->ret && s->ret != -ECANCELED)
		collector_lost_rest(s->collector);
	atomic_store(&s->done, true);
	return NULL;
}

/* A signal that only ends a read in which Babeltrace waits for its relay daemon. */
static void wake(int sig)
{
	(void)sig;
}

static int start_source(struct source *s, struct store *store, const char *url,
			struct db_error *err)
{
	struct db_error why;
	int ret;

	s->url = url;
	ret = collector_open_url(store, url, &s->collector, &why);
	if (!ret) {
		ret = -pthread_create(&s->thread, NULL, collect, s);
		s->started = !ret;
		if (ret)
			snprintf(why.text, sizeof(why.text), "cannot start a thread");
	}
	if (ret)
		snprintf(err->text, sizeof(err->text), "%.200s: %.300s", url, why.text);
	return ret ? -EIO : 0;
}

/* Waits until Babeltrace has asked the relay daemon for the session. */
static int wait_joined(struct source *s, struct db_error *err)
{
	const struct timespec nap = {.tv_nsec = 2000000};
	struct collector_progress progress;

	for (int i = 0; i < 5000; i++) {
		collector_progress(s->collector, &progress);
		if (progress.attached || (atomic_load(&s->done) && !s->ret))
			return 0;
		if (atomic_load(&s->done)) {
			snprintf(err->text, sizeof(err->text), "%.200s: %.300s", s->url,
				 s->err.text);
			return -EIO;
		}
		nanosleep(&nap, NULL);
	}
	snprintf(err->text, sizeof(err->text), "%.200s: the relay daemon does not answer", s->url);
	return -EIO;
}

int attach_start(struct store *store, const char *const *urls, size_t nr, struct attach **out,
		 struct db_error *err)
{
	struct sigaction action = {.sa_handler = wake};
	struct attach *a = calloc(1, sizeof(*a));
	struct db_error ignored;
	int ret = 0;

	if (a)
		a->sources = calloc(nr, sizeof(*a->sources));
	if (!a || !a->sources) {
		free(a);
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -EIO;
	}
	sigaction(SIGUSR1, &action, NULL);
	for (size_t i = 0; !ret && i < nr; i++) {
		a->nr = i + 1;
		ret = start_source(&a->sources[i], store, urls[i], err);
	}
	for (size_t i = 0; !ret && i < nr; i++)
		ret = wait_joined(&a->sources[i], err);
	if (ret)
		attach_stop(a, &ignored);
	else
		*out = a;
	return ret;
}

size_t attach_running(const struct attach *a)
{
	size_t nr = 0;

	for (size_t i = 0; i < a->nr; i++)
		nr += !atomic_load(&a->sources[i].done);
	return nr;
}

static void stop_source(struct source *s)
{
	const struct timespec nap = {.tv_nsec = 10000000};

	if (!s->started)
		return;
	collector_cancel(s->collector);
	while (!atomic_load(&s->done)) {
		pthread_kill(s->thread, SIGUSR1);
		nanosleep(&nap, NULL);
	}
	pthread_join(s->thread, NULL);
}

unsigned attach_stop(struct attach *a, struct db_error *err)
{
	unsigned nr_broken = 0;

	for (size_t i = 0; i < a->nr; i++) {
		struct source *s = &a->sources[i];

		stop_source(s);
		if (s->started && s->ret && s->ret != -ECANCELED && !nr_broken++)
			snprintf(err->text, sizeof(err->text), "%.200s: %.300s", s->url,
				 s->err.text);
		collector_close(s->collector);
	}
	free(a->sources);
	free(a);
	return nr_broken;
}
