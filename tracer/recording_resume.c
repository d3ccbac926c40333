/* SPDX-License-Identifier: MIT */
/* A recording whose recorder was killed, taken up from the trail that it left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tracer/recording_parts.h"

/* A recorder that was killed a moment ago may still be dying. */
static int find_trail(struct recording *r, struct db_error *err)
{
	const struct timespec nap = {.tv_nsec = 20000000};
	int ret = -EBUSY;

	for (int i = 0; i < 100 && ret == -EBUSY && !recording_cancelled(r, err); i++) {
		ret = trail_find(&r->trail, r->options.path, err);
		if (ret == -EBUSY)
			nanosleep(&nap, NULL);
	}
	return ret;
}

static void read_trail(struct recording *r)
{
	const struct trail *t = &r->trail;

	snprintf(r->session.name, sizeof(r->session.name), "%s", t->session);
	snprintf(r->log, sizeof(r->log), "%s/daemons.log", t->scratch);
	r->relayd = (struct relayd){.pid = t->relayd,
				    .start_time = t->relayd_start,
				    .control_port = t->ports[0],
				    .data_port = t->ports[1],
				    .live_port = t->ports[2]};
	program_adopt(&r->program, t->program, t->program_start);
}

/* The session, if a session daemon still has it. */
static int take_session(struct recording *r, struct db_error *err)
{
	int ret = sessiond_join(&r->sessiond, err);

	if (ret)
		return ret == -ESRCH ? 0 : ret;
	r->sessiond_held = true;
	if (!session_exists(r->trail.session))
		return 0;
	r->session_opened = true;
	return session_adopt(&r->session, r->trail.session, err);
}

static bool anything_left(const struct recording *r)
{
	struct stat st;

	return r->session_opened || relayd_alive(&r->relayd) ||
	       (r->trail.trace[0] && !stat(r->trail.trace, &st));
}

/*
 * Goes on live while the program runs.  Without the live connection nothing is lost: all that the
 * relay daemon has is read at the end.
 */
static void go_live(struct recording *r)
{
	/* A process that announced itself just when the recorder died may have its numbers. */
	uint32_t first_pool = (r->trail.processes + 1) * WELCOME_POOLS;
	const struct timespec nap = {.tv_nsec = 100000000};
	struct db_error ignored = {{0}};

	if (r->program.ended || r->untraceable)
		return;
	recording_welcome(r, first_pool, &ignored);
	/* The relay daemon has one reader a session, and may not yet know that the last is gone. */
	for (int i = 0; i < 20 && !r->collector_started; i++) {
		if (!recording_attach(r, &ignored))
			return;
		recording_detach(r);
		nanosleep(&nap, NULL);
	}
}

static int take_up(struct recording *r, struct db_error *err)
{
	int ret = find_trail(r, err);

	if (ret)
		return ret;
	if (r->trail.flight) {
		snprintf(err->text, sizeof(err->text),
			 "%s: was a flight recorder, which has nothing to go on with; poolscope "
			 "doctor --clean takes its session down",
			 r->options.path);
		return -ENODATA;
	}
	read_trail(r);
	if (r->trail.stored) {
		recording_stop(r, err);
		recording_clear(r);
		snprintf(err->text, sizeof(err->text),
			 "%s was finished; what its recorder left behind is removed",
			 r->options.path);
		return -EALREADY;
	}
	ret = take_session(r, err);
	if (ret)
		return ret;
	r->untraceable = !r->program.ended && (!r->session_opened || !relayd_alive(&r->relayd));
	if (!anything_left(r)) {
		recording_clear(r);
		snprintf(err->text, sizeof(err->text),
			 "%s: nothing of its recording is left to take up: neither its program nor "
			 "its trace; the file stays as it is",
			 r->options.path);
		return -ENODATA;
	}
	return recording_open_store(r, true, err);
}

int recording_resume(const struct recording_options *options, struct recording **out,
		     struct db_error *err)
{
	struct recording *r = calloc(1, sizeof(*r));
	int ret;

	if (!r) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	r->options = *options;
	r->trail.fd = -1;
	r->relayd.pid = -1;
	r->resumed = true;
	ret = take_up(r, err);
	if (!ret) {
		go_live(r);
		*out = r;
		return 0;
	}
	/* Nothing is ended: it can be tried again. */
	if (r->sessiond_held)
		sessiond_leave(&r->sessiond);
	program_release(&r->program);
	trail_release(&r->trail);
	free(r);
	return ret;
}
