/* SPDX-License-Identifier: MIT */
/* The end of a recording: what makes events is ended first, what keeps them last. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tracer/recording_parts.h"

/* How long a collector that does not get on is waited for. */
#define IDLE_MS_MAX 10000
static const struct timespec nap = {.tv_nsec = 5000000};

/*
 * Between the session's stop and its destruction: the collector must have heard of all its streams.
 * A relay daemon forgets those that end before a viewer has asked for them, and of those that it
 * is asked for too late it shows no metadata, for which Babeltrace would wait for ever.  When the
 * collector rests for the second time from now on it has asked for all that there is; once more,
 * since what it hears of streams first comes with their data.
 */
static void let_catch_up(struct recording *r)
{
	struct collector_progress now, before;
	int idle_ms = 0;
	uint64_t enough;

	atomic_store(&r->no_more, true);
	if (!recording_is_described(r))
		return; /* nobody said a word */
	collector_progress(r->collector, &before);
	enough = before.rests + 3;
	while (!atomic_load(&r->collector_done) && idle_ms < IDLE_MS_MAX &&
	       relayd_alive(&r->relayd)) {
		collector_progress(r->collector, &now);
		if (now.rests >= enough)
			return;
		idle_ms =
			now.events == before.events && now.rests == before.rests ? idle_ms + 5 : 0;
		before = now;
		nanosleep(&nap, NULL);
	}
}

/*
 * The session is destroyed, so the live source will see the end of each stream once it has read all
 * of them.  It is given up only when nothing at all has come for a while; then the relay daemon is
 * ended first, so that a read from it cannot hold the collector.
 */
static void drain_collector(struct recording *r)
{
	struct collector_progress progress;
	int idle_ms = 0;

	while (!atomic_load(&r->collector_done) && idle_ms < IDLE_MS_MAX &&
	       relayd_alive(&r->relayd)) {
		nanosleep(&nap, NULL);
		collector_progress(r->collector, &progress);
		idle_ms = progress.events == r->seen ? idle_ms + 5 : 0;
		r->seen = progress.events;
	}
	collector_cancel(r->collector);
	relayd_stop(&r->relayd);
	pthread_join(r->collector_thread, NULL);
	r->collector_started = false;
	collector_progress(r->collector, &progress);
	r->seen = progress.events;
	collector_close(r->collector);
	r->collector = NULL;
}

void recording_detach(struct recording *r)
{
	if (!r->collector_started)
		return;
	collector_cancel(r->collector);
	pthread_join(r->collector_thread, NULL);
	collector_close(r->collector);
	r->collector = NULL;
	r->collector_started = false;
	r->collector_ret = 0;
	atomic_store(&r->collector_done, false);
}

/*
 * What the live connection missed is in the relay daemon's own files.  Reads all of them; the store
 * knows by seq what it has already.
 */
static int fill_from_trace(struct recording *r, struct db_error *err)
{
	struct collector *c;
	int ret = collector_open_trace(r->store, r->trail.trace, &c, err);

	if (ret)
		return ret;
	ret = collector_run(c, err);
	collector_close(c);
	return ret;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void recording_remove_folder(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Whatever the live connection did not bring. */
static void complete(struct recording *r)
{
	bool broke = r->collector_ret || r->tracing_broke;
	struct db_error why;
	bool filled;

	/* A live connection that broke, and not the store. */
	if (!r->store || !(broke || r->resumed) || *store_error(r->store))
		return;
	filled = !fill_from_trace(r, &why);
	/* A program that was killed before it said a word leaves nothing to read. */
	if (filled || !r->seen)
		r->collector_ret = 0;
}

/* Ends what is live; what came until then has been collected when this returns.  Once. */
static void stop_live(struct recording *r)
{
	if (r->stopped)
		return;
	r->stopped = true;
	r->was_live = r->collector_started;
	/* Before the session is stopped, nothing but a failure ends the trace. */
	r->tracing_broke =
		r->was_live && (atomic_load(&r->collector_done) || !relayd_alive(&r->relayd));
	r->relayd_died = !relayd_alive(&r->relayd);
	if (!r->untraceable)
		program_stop(&r->program, r->options.cancel);
	if (r->welcome_started)
		welcome_stop(&r->welcome);
	if (r->session_opened) {
		r->stop_ret = session_stop(&r->session, &r->stop_err);
		if (r->was_live)
			let_catch_up(r);
		session_close(&r->session);
	}
	atomic_store(&r->all_said, true);
	if (r->was_live)
		drain_collector(r);
}

int recording_end_program(struct recording *r)
{
	stop_live(r);
	return r->program.status;
}

int recording_stop(struct recording *r, struct db_error *err)
{
	struct db_error ignored = {{0}};

	stop_live(r);
	if (r->flight_opened) {
		session_stop(&r->flight, &ignored);
		session_close(&r->flight);
	}
	if (r->was_live || r->resumed)
		complete(r);
	relayd_stop(&r->relayd);
	if (r->stop_ret)
		*err = r->stop_err;
	return r->stop_ret;
}

void recording_clear(struct recording *r)
{
	program_release(&r->program);
	if (r->sessiond_held)
		sessiond_release(&r->sessiond);
	if (r->buffers[0])
		recording_remove_folder(r->buffers);
	if (r->trail.scratch[0])
		recording_remove_folder(r->trail.scratch);
	trail_remove(&r->trail);
}

enum recording_state recording_poll(struct recording *r)
{
	bool ended = program_poll(&r->program);

	if (r->untraceable || !relayd_alive(&r->relayd) ||
	    (r->collector_started && atomic_load(&r->collector_done)))
		return RECORDING_BROKEN;
	return ended ? RECORDING_PROGRAM_ENDED : RECORDING_RUNNING;
}

void recording_interrupt(struct recording *r, bool tell)
{
	r->program.asked = true;
	if (tell)
		program_signal(&r->program, SIGINT);
}

/* How the program ended, for people (note) and for the database (end). */
static void judge_program(const struct recording *r, uint64_t open_pools,
			  struct recording_result *result)
{
	const struct program *p = &r->program;
	const char *how = p->status_known ? ""
					  : "; how it ended is known to nobody, its recorder"
					    " having been killed";

	if (r->untraceable) {
		result->end = STORE_END_FAILED;
		snprintf(result->note, sizeof(result->note),
			 "LTTng's daemons died with the recorder; the program goes on unrecorded");
	} else if (p->pid <= 0) {
		result->end = STORE_END_FAILED;
		snprintf(result->note, sizeof(result->note),
			 "the recorder was killed before the program began");
	} else if (WIFSIGNALED(p->status) && !(p->asked && WTERMSIG(p->status) != SIGKILL)) {
		result->end = STORE_END_PROGRAM_DIED;
		snprintf(result->note, sizeof(result->note),
			 "the program was killed by signal %d (%s)", WTERMSIG(p->status),
			 strsignal(WTERMSIG(p->status)));
	} else if (open_pools) {
		result->end = p->asked ? STORE_END_STOPPED : STORE_END_PROGRAM_DIED;
		snprintf(result->note, sizeof(result->note),
			 "the program ended with %llu pool%s open%s",
			 (unsigned long long)open_pools, open_pools == 1 ? "" : "s", how);
	} else if (!p->status_known) {
		result->end = STORE_END_COMPLETE;
		snprintf(result->note, sizeof(result->note), "the program %s%s",
			 p->asked ? "was stopped" : "ended", how);
	} else {
		result->end = STORE_END_COMPLETE;
		snprintf(result->note, sizeof(result->note), "the program %s, exit status %d",
			 p->asked ? "was stopped" : "ended", WEXITSTATUS(p->status));
	}
}

static void judge_end(struct recording *r, int ret, struct recording_result *result)
{
	struct store_progress progress = {0};

	if (r->store) {
		store_drain(r->store);
		store_progress(r->store, &progress);
	}
	result->events = progress.events;
	result->lost = progress.lost;
	result->program_status = r->program.status;
	judge_program(r, progress.open_pools, result);
	if (ret) {
		/* That the program was killed is said nevertheless: it may be why. */
		size_t len = result->end == STORE_END_PROGRAM_DIED ? strlen(result->note) : 0;

		result->end = STORE_END_FAILED;
		snprintf(result->note + len, sizeof(result->note) - len,
			 "%sthe recording broke off", len ? "; " : "");
	}
}

static int first_failure(struct recording *r, int ret, struct db_error *err)
{
	if (r->collector_ret) {
		if (r->collector_ret == -ECANCELED)
			snprintf(err->text, sizeof(err->text),
				 "the trace did not end within 10 s; its last part may be missing");
		else
			*err = r->collector_err;
		return -EIO;
	}
	if (r->tracing_broke) {
		snprintf(err->text, sizeof(err->text), "the %s died; what it had is stored",
			 r->relayd_died ? "relay daemon" : "consumer or session daemon");
		return -EIO;
	}
	return ret;
}

int recording_finish(struct recording *r, struct recording_result *result, struct db_error *err)
{
	struct db_error close_err;
	int ret;

	memset(result, 0, sizeof(*result));
	ret = recording_stop(r, err);
	ret = first_failure(r, ret, err);
	judge_end(r, ret, result);
	if (strncmp(r->trail.trace, r->trail.scratch, strlen(r->trail.scratch)) != 0)
		snprintf(result->trace_path, sizeof(result->trace_path), "%s", r->trail.trace);
	if (r->store && store_close(r->store, result->end, result->note, &close_err) && !ret) {
		*err = close_err;
		ret = -EIO;
	}
	/* From here on only rubbish is left; the database needs it no more. */
	trail_add(&r->trail, "stored");
	recording_clear(r);
	free(r);
	return ret;
}
