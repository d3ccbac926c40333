/* SPDX-License-Identifier: MIT */
#include "tracer/import.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tracer/metadata.h"
#include "tracer/reading.h"
#include "tracer/salvage.h"
#include "tracer/snapshot.h"

/* One group on its way. */
struct job {
	struct store *store;
	struct import_state *state;
	const char *const *dirs;
	size_t nr;
	uint64_t events_before, foreign_before; /* of the groups before this one */
	struct reading *reading;
	struct salvage *salvages; /* one a folder, when the trace had to be mended */
	atomic_bool done;
	int ret;
	struct db_error err;
};

static void say_truncated(struct job *j, const char *fmt, const char *what)
{
	if (!atomic_load(&j->state->nr_truncated))
		snprintf(j->state->why, sizeof(j->state->why), fmt, j->dirs[0], what);
	atomic_fetch_add(&j->state->nr_truncated, 1);
}

static void close_salvages(struct job *j)
{
	for (size_t i = 0; j->salvages && i < j->nr; i++)
		salvage_close(&j->salvages[i]);
	free(j->salvages);
	j->salvages = NULL;
}

/*
 * Opens what is whole of the trace; 0 when that is less than all, -EIO when nothing was cut off, so
 * that Babeltrace's objection was another one, or when it still objects.
 */
static int open_mended(struct job *j)
{
	const char **dirs = calloc(j->nr, sizeof(*dirs));
	unsigned nr_damaged = 0;
	struct db_error err;
	int ret = -EIO;

	j->salvages = calloc(j->nr, sizeof(*j->salvages));
	for (size_t i = 0; dirs && j->salvages && i < j->nr; i++) {
		ret = salvage_open(j->dirs[i], j->state->scratch, &j->salvages[i], &err);
		if (ret)
			break;
		dirs[i] = j->salvages[i].dir;
		nr_damaged += j->salvages[i].nr_damaged;
	}
	if (!ret)
		ret = nr_damaged ? reading_open(j->store, dirs, j->nr, NULL, &j->reading, &err)
				 : -EIO;
	free(dirs);
	return ret;
}

static const char *first_damaged(const struct job *j)
{
	for (size_t i = 0; i < j->nr; i++)
		if (j->salvages[i].nr_damaged)
			return j->salvages[i].first;
	return "";
}

/* As snapshot_store() does it. */
static void keep_whole(struct job *j)
{
	reading_keep(j->reading, snapshot_window_of(j->dirs[0]).begin, UINT64_MAX);
}

static int open_group(struct job *j)
{
	const struct reading_cut cut = {j->state->scratch, READING_PIECE_BYTES};
	int ret = 0;

	for (size_t i = 0; !ret && i < j->nr; i++)
		ret = metadata_check(j->dirs[i], &j->err);
	if (!ret)
		ret = reading_open(j->store, j->dirs, j->nr, &cut, &j->reading, &j->err);
	if (ret != -EIO)
		return ret;
	ret = open_mended(j);
	if (!ret)
		say_truncated(j, "%s: %s is cut off or damaged; what is whole of it is stored",
			      first_damaged(j));
	return ret;
}

static void *read_group(void *arg)
{
	struct job *j = arg;

	j->ret = reading_run(j->reading, &j->err);
	atomic_store(&j->done, true);
	return NULL;
}

static void publish(struct job *j)
{
	uint64_t events, foreign;

	reading_progress(j->reading, &events, &foreign);
	atomic_store(&j->state->events, j->events_before + events);
	atomic_store(&j->state->foreign, j->foreign_before + foreign);
}

/* Reads on a thread of its own, while this one says how far it is. */
static int run_group(struct job *j)
{
	const struct timespec nap = {.tv_nsec = 5000000};
	pthread_t thread;

	if (pthread_create(&thread, NULL, read_group, j)) {
		snprintf(j->err.text, sizeof(j->err.text), "cannot start a thread");
		return -EIO;
	}
	while (!atomic_load(&j->done)) {
		nanosleep(&nap, NULL);
		publish(j);
		if (atomic_load(&j->state->cancelled))
			reading_cancel(j->reading);
	}
	pthread_join(thread, NULL);
	publish(j);
	return j->ret;
}

/* Returns: 0; -ECANCELED; -EIO with j->err: it could not be read, or not to its end. */
static int import_group(struct job *j)
{
	int ret = open_group(j);
	unsigned mended = !ret && j->salvages;

	if (!ret && j->state->flight)
		keep_whole(j);
	if (!ret)
		ret = run_group(j);
	if (j->reading && (mended || ret == -EIO))
		reading_lost_rest(j->reading);
	reading_close(j->reading);
	close_salvages(j);
	return ret;
}

int import_run(struct store *store, const struct trace_list *list, struct import_state *state,
	       struct db_error *err)
{
	unsigned nr_bad = 0, first = atomic_load(&state->group);
	int ret = 0;

	for (size_t i = first; ret != -ECANCELED && i < list->nr_groups; i++) {
		const struct trace_group *group = &list->groups[i];
		struct job job = {.store = store, .state = state, .nr = group->nr};

		job.dirs = (const char *const *)list->dirs + group->first;
		job.events_before = atomic_load(&state->events);
		job.foreign_before = atomic_load(&state->foreign);
		ret = import_group(&job);
		if (ret && ret != -ECANCELED) {
			if (*store_error(store)) {
				snprintf(err->text, sizeof(err->text), "%s", store_error(store));
				return -EIO;
			}
			if (!nr_bad++)
				snprintf(err->text, sizeof(err->text), "%.200s: %.300s",
					 job.dirs[0], job.err.text);
			say_truncated(&job, "%s: not whole: %.300s", job.err.text);
		}
		if (ret != -ECANCELED)
			atomic_store(&state->group, (unsigned)i + 1);
	}
	if (ret == -ECANCELED)
		return ret;
	/* Nothing may be left of the list: the last trace ended the process before this one. */
	if (nr_bad && nr_bad == list->nr_groups - first && !atomic_load(&state->events))
		return -EIO;
	return 0;
}
