/* SPDX-License-Identifier: MIT */
#include "tracer/attach.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tracer/collector.h"
#include "tracer/live.h"
#include "tracer/refill.h"

struct source {
	const char *url;
	struct store *store;
	pthread_mutex_t lock; /* of the next line, and the one after */
	struct collector *collector, *filling;
	bool leaving;
	struct refill refill;
	bool continued; /* the file may lack what came before */
	unsigned broke; /* how often */
	bool mended, unsure;
	uint32_t trace; /* any of its, for what is lost */
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

/* How often in a row a session that gives nothing is joined again, and the pause before it. */
enum { TRIES_MAX = 20 };
static const struct timespec pause_before = {.tv_nsec = 100000000};

/* A collector in place of the one that failed.  False: the session is gone, or we are to leave. */
static bool replace(struct source *s)
{
	struct collector *fresh = NULL;
	char url[LIVE_URL_MAX];
	struct db_error ignored;
	bool leaving;

	nanosleep(&pause_before, NULL);
	pthread_mutex_lock(&s->lock);
	collector_close(s->collector);
	s->collector = NULL;
	leaving = s->leaving;
	pthread_mutex_unlock(&s->lock);
	if (leaving || *store_error(s->store) || live_find(s->url, url, sizeof(url), &ignored) ||
	    collector_open_url(s->store, s->url, &fresh, &ignored))
		return false;
	pthread_mutex_lock(&s->lock);
	s->collector = fresh;
	leaving = s->leaving;
	pthread_mutex_unlock(&s->lock);
	return !leaving;
}

static void lost_rest(struct source *s)
{
	store_loss(s->store, s->trace, -1, 0, 0, 0, "truncated");
}

/* The collector that is to be cancelled when we leave; false: we do. */
static bool use(struct collector *c, void *ctx)
{
	struct source *s = ctx;
	bool leaving;

	pthread_mutex_lock(&s->lock);
	s->filling = c;
	leaving = s->leaving;
	pthread_mutex_unlock(&s->lock);
	return !leaving;
}

/*
 * The session has ended, or its relay daemon.  What is there is all there is, unless the connection
 * broke, an earlier collector did not come to its end, or pools are open: whether these said more,
 * only the relay daemon's folder can tell.
 */
static void complete(struct source *s)
{
	struct store_progress progress;
	struct db_error err;
	bool doubt;

	if (s->collector)
		s->trace = collector_trace(s->collector);
	store_flush(s->store);
	store_progress(s->store, &progress);
	doubt = s->broke || s->continued || progress.open_pools;
	if (refill_can(&s->refill) && !*store_error(s->store) &&
	    !refill_run(&s->refill, s->store, s->collector, doubt, use, s, &err) && !s->ret) {
		s->mended = doubt;
		return;
	}
	s->unsure = progress.open_pools && !s->ret;
	/* Where nothing can be read at the end, that a connection broke was said when it did. */
	if (refill_can(&s->refill) && doubt)
		lost_rest(s);
}

/*
 * Babeltrace gives up on a session whose metadata is not all there when its first packets are: then
 * it is joined again.  What was between is lost, unless it can be read at the end.
 */
static void *collect(void *arg)
{
	struct source *s = arg;
	bool joined = false;
	int tries = 0;

	do {
		struct collector_progress progress;

		s->ret = collector_run(s->collector, &s->err);
		if (!s->ret || s->ret == -ECANCELED)
			break;
		collector_progress(s->collector, &progress);
		joined |= progress.attached;
		s->trace = collector_trace(s->collector);
		s->broke++;
		if (joined && !refill_can(&s->refill))
			lost_rest(s);
		tries = progress.events ? 0 : tries + 1;
	} while (joined && tries < TRIES_MAX && replace(s));
	if (s->ret != -ECANCELED && (!s->ret || joined))
		complete(s);
	else if (s->broke && refill_can(&s->refill))
		lost_rest(s);
	atomic_store(&s->done, true);
	return NULL;
}

/* A signal that only ends a read in which Babeltrace waits for its relay daemon. */
static void wake(int sig)
{
	(void)sig;
}

static int start_source(struct source *s, struct store *store, const char *url, bool continued,
			struct db_error *err)
{
	struct db_error why;
	int ret;

	s->url = url;
	s->store = store;
	s->continued = continued;
	refill_init(&s->refill, url);
	pthread_mutex_init(&s->lock, NULL);
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
	struct collector_progress progress = {0};

	for (int i = 0; i < 5000; i++) {
		pthread_mutex_lock(&s->lock);
		if (s->collector)
			collector_progress(s->collector, &progress);
		pthread_mutex_unlock(&s->lock);
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

int attach_start(struct store *store, const char *const *urls, size_t nr, bool continued,
		 struct attach **out, struct db_error *err)
{
	struct sigaction action = {.sa_handler = wake};
	struct attach *a = calloc(1, sizeof(*a));
	struct attach_result ignored;
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
		ret = start_source(&a->sources[i], store, urls[i], continued, err);
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
	pthread_mutex_lock(&s->lock);
	s->leaving = true;
	if (s->collector)
		collector_cancel(s->collector);
	if (s->filling)
		collector_cancel(s->filling);
	pthread_mutex_unlock(&s->lock);
	while (!atomic_load(&s->done)) {
		pthread_kill(s->thread, SIGUSR1);
		nanosleep(&nap, NULL);
	}
	pthread_join(s->thread, NULL);
}

/* Counts how it ended. */
static void tell(const struct source *s, struct attach_result *out)
{
	if (!s->started)
		return;
	out->nr_mended += s->mended && (s->broke || s->continued);
	out->nr_unsure += s->unsure;
	if (!s->broke || s->mended)
		return;
	if (!out->nr_broken++)
		snprintf(out->err.text, sizeof(out->err.text), "%.200s: %s%.250s", s->url,
			 s->ret && s->ret != -ECANCELED ? "" : "broke and was joined again: ",
			 s->err.text);
}

void attach_stop(struct attach *a, struct attach_result *out)
{
	*out = (struct attach_result){0};
	for (size_t i = 0; i < a->nr; i++) {
		struct source *s = &a->sources[i];

		stop_source(s);
		tell(s, out);
		collector_close(s->collector);
		if (s->url)
			pthread_mutex_destroy(&s->lock);
	}
	free(a->sources);
	free(a);
}
