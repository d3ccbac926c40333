/* SPDX-License-Identifier: MIT */
#include "tracer/recording.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tracer/metadata.h"
#include "tracer/process.h"
#include "tracer/recording_parts.h"
#include "tracer/snapshot.h"

int recording_fail(struct db_error *err, int code, const char *doing, const char *what)
{
	snprintf(err->text, sizeof(err->text), "%s %.300s: %s", doing, what, strerror(code));
	return -code;
}

bool recording_cancelled(const struct recording *r, struct db_error *err)
{
	if (!r->options.cancel || !*r->options.cancel)
		return false;
	snprintf(err->text, sizeof(err->text), "interrupted before it began");
	return true;
}

/* --- starting, one step a function ---------------------------------------------------------------
 */

/* A name of its own, written down before the folder is there. */
static int make_scratch(struct recording *r, struct db_error *err)
{
	const char *tmp = getenv("TMPDIR");
	struct timespec now;
	int ret;

	/* The folder holds a socket, whose path must be short: 108 bytes with all that follows. */
	if (!tmp || *tmp != '/' || strlen(tmp) > 60)
		tmp = "/tmp";
	for (int attempt = 0; attempt < 100; attempt++) {
		clock_gettime(CLOCK_REALTIME, &now);
		snprintf(r->trail.scratch, sizeof(r->trail.scratch), "%s/%s-%05lx", tmp,
			 r->session.name, now.tv_nsec / 1000 & 0xfffff);
		ret = trail_add(&r->trail, "scratch %s", r->trail.scratch);
		if (!ret && !mkdir(r->trail.scratch, 0700))
			return 0;
		if (ret || errno != EEXIST)
			break;
	}
	r->trail.scratch[0] = 0;
	return recording_fail(err, ret ? -ret : errno, "cannot create a folder in", tmp);
}

static int choose_trace_folder(struct recording *r, struct db_error *err)
{
	const char *keep = r->options.keep_trace;
	char *trace = r->trail.trace;
	struct stat st;

	if (!keep) {
		snprintf(trace, sizeof(r->trail.trace), "%s/trace", r->trail.scratch);
		return 0;
	}
	if (mkdir(keep, 0777) && errno != EEXIST)
		return recording_fail(err, errno, "cannot create", keep);
	if (stat(keep, &st) || !S_ISDIR(st.st_mode))
		return recording_fail(err, ENOTDIR, "cannot keep the trace in", keep);
	if (!realpath(keep, trace))
		return recording_fail(err, errno, "cannot use", keep);
	if (access(trace, W_OK | X_OK))
		return recording_fail(err, errno, "cannot write to", keep);
	return 0;
}

static int make_folders(struct recording *r, struct db_error *err)
{
	int ret = make_scratch(r, err);

	if (ret)
		return ret;
	snprintf(r->log, sizeof(r->log), "%s/daemons.log", r->trail.scratch);
	ret = choose_trace_folder(r, err);
	if (!ret && trail_add(&r->trail, "trace %s", r->trail.trace))
		ret = recording_fail(err, EIO, "cannot write", r->trail.path);
	return ret;
}

int recording_open_store(struct recording *r, bool append, struct db_error *err)
{
	const struct store_options options = {
		.command_line = r->options.command_line,
		.trace = r->session.name,
		.append = append,
		.max_bytes = r->options.max_bytes,
		.max_age_ns = r->options.max_age_ns,
		.observe = r->options.observe,
		.restart = r->options.restart,
		.before_commit = r->options.before_commit,
		.ctx = r->options.ctx,
	};

	return store_open(r->options.path, &options, &r->store, err);
}

/* The trail first: whatever is there afterwards is written down in it. */
static int open_files(struct recording *r, struct db_error *err)
{
	int ret = trail_open(&r->trail, r->options.path, r->session.name, err);

	if (!ret && r->options.flight_bytes)
		return trail_add(&r->trail, "flight");
	return ret ? ret : recording_open_store(r, false, err);
}

static int note_relayd(const struct relayd *d, void *ctx)
{
	struct recording *r = ctx;

	return trail_add(&r->trail, "relayd %d %llu %d %d %d", (int)d->pid,
			 (unsigned long long)d->start_time, d->control_port, d->data_port,
			 d->live_port);
}

static int start_daemons(struct recording *r, struct db_error *err)
{
	int ret = sessiond_acquire(&r->sessiond, r->log, err);

	if (ret)
		return ret;
	r->sessiond_held = true;
	r->relayd.note = note_relayd;
	r->relayd.note_ctx = r;
	return relayd_start(&r->relayd, r->trail.trace, r->log, err);
}

static int add_to_sessions(struct recording *r, pid_t vpid, struct db_error *err)
{
	int ret = r->flight_opened ? session_add_process(&r->flight, vpid, err) : 0;

	return ret ? ret : session_add_process(&r->session, vpid, err);
}

static int add_process(pid_t vpid, void *ctx)
{
	struct recording *r = ctx;
	struct db_error err;
	int ret = trail_add(&r->trail, "process %d", (int)vpid);

	return ret ? ret : add_to_sessions(r, vpid, &err);
}

int recording_welcome(struct recording *r, uint32_t first_pool, struct db_error *err)
{
	int ret = welcome_start(&r->welcome, r->trail.scratch, first_pool, add_process, r, err);

	r->welcome_started = !ret;
	return ret;
}

/* The buffers that hold the newest events, in memory or in files that outlive everything. */
static int start_flight(struct recording *r, struct db_error *err)
{
	char name[sizeof(r->flight.name)], folder[PATH_MAX];
	const char *dir = r->options.crash_safe;
	int ret;

	if (dir && mkdir(dir, 0777) && errno != EEXIST)
		return recording_fail(err, errno, "cannot create", dir);
	if (dir && !realpath(dir, folder))
		return recording_fail(err, errno, "cannot use", dir);
	if (dir) {
		snprintf(r->buffers, sizeof(r->buffers), "%.4000s/%s", folder, r->session.name);
		if (mkdir(r->buffers, 0700))
			return recording_fail(err, errno, "cannot create", r->buffers);
	}
	snprintf(name, sizeof(name), "%.50s" RECORDING_FLIGHT, r->session.name);
	r->flight_opened = true;
	ret = session_open_flight(&r->flight, name, r->options.groups, r->options.flight_bytes,
				  dir ? r->buffers : NULL, err);
	return ret ? ret : session_start(&r->flight, err);
}

static int start_session(struct recording *r, struct db_error *err)
{
	const struct relayd *relayd = &r->relayd;
	bool flight = r->options.flight_bytes != 0;
	char name[sizeof(r->session.name)];
	int ret = flight ? start_flight(r, err) : 0;

	if (ret)
		return ret;
	snprintf(name, sizeof(name), "%s", r->session.name);
	r->session_opened = true;
	ret = (flight ? session_open_watch : session_open)(
		&r->session, name, r->options.groups, relayd->control_port, relayd->data_port, err);
	if (ret)
		return ret;
	ret = session_start(&r->session, err);
	return ret ? ret : recording_welcome(r, 0, err);
}

static void *collect(void *arg)
{
	struct recording *r = arg;

	r->collector_ret = collector_run(r->collector, &r->collector_err);
	atomic_store(&r->collector_done, true);
	return NULL;
}

bool recording_is_described(const struct recording *r)
{
	static const char *const no_event[] = {NULL};

	return metadata_is_complete(r->trail.trace, r->session.name, no_event);
}

/* On the collector's thread. */
static bool may_read(void *ctx)
{
	const char *names[SESSION_EVENTS_MAX];
	struct recording *r = ctx;

	session_events(r->options.groups, r->options.flight_bytes != 0, names);
	return atomic_load(&r->all_said) ||
	       metadata_is_complete(r->trail.trace, r->session.name, names) ||
	       (atomic_load(&r->no_more) && recording_is_described(r));
}

int recording_attach(struct recording *r, struct db_error *err)
{
	const struct timespec nap = {.tv_nsec = 2000000};
	struct collector_progress progress;
	int ret = collector_open_live(r->store, r->relayd.live_port, r->session.name, &r->collector,
				      err);

	if (ret)
		return ret;
	if (r->options.flight_bytes)
		collector_watch(r->collector, r->options.watch, r->options.ctx);
	if (!r->resumed)
		collector_hold(r->collector, may_read, r);
	if (pthread_create(&r->collector_thread, NULL, collect, r))
		return recording_fail(err, errno, "cannot start", "the collector's thread");
	r->collector_started = true;
	for (int i = 0; i < 5000; i++) {
		collector_progress(r->collector, &progress);
		if (progress.attached)
			return 0;
		if (atomic_load(&r->collector_done)) {
			*err = r->collector_err;
			return -EIO;
		}
		if (recording_cancelled(r, err))
			return -ECANCELED;
		nanosleep(&nap, NULL);
	}
	snprintf(err->text, sizeof(err->text), "the relay daemon does not answer Babeltrace");
	return -EIO;
}

/*
 * The program is traced before it is born, so that a recorder that is killed before it could
 * welcome it misses nothing.
 */
static int note_program(pid_t pid, void *ctx)
{
	struct recording *r = ctx;
	struct db_error err;
	int ret = trail_add(&r->trail, "program %d %llu", (int)pid,
			    (unsigned long long)process_start_time(pid));

	return ret ? ret : add_to_sessions(r, pid, &err);
}

static int start_program(struct recording *r, struct db_error *err)
{
	int ret;

	process_hide_fds(&r->inherited);
	ret = program_start(&r->program, r->options.argv, r->welcome.path,
			    r->options.program_output, note_program, r);

	return ret ? recording_fail(err, -ret, "cannot run", r->options.argv[0]) : 0;
}

static int (*const steps[])(struct recording *r, struct db_error *err) = {
	open_files, make_folders, start_daemons, start_session, recording_attach, start_program,
};

static void remove_database(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		char name[PATH_MAX];

		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
}

int recording_start(const struct recording_options *options, struct recording **out,
		    struct db_error *err)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct db_error ignored;
	int ret = 0;

	if (!r) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	r->options = *options;
	if (!r->options.groups)
		r->options.groups = SESSION_GROUP_ALLOC | SESSION_GROUP_RX;
	r->relayd.pid = -1;
	r->trail.fd = -1;
	process_note_fds(&r->inherited);
	snprintf(r->session.name, sizeof(r->session.name), "poolscope-%ld-%d", (long)time(NULL),
		 (int)getpid());
	for (size_t i = 0; !ret && i < sizeof(steps) / sizeof(steps[0]); i++) {
		ret = recording_cancelled(r, err) ? -ECANCELED : steps[i](r, err);
	}
	if (!ret) {
		*out = r;
		return 0;
	}
	recording_stop(r, &ignored);
	if (r->store) {
		store_close(r->store, STORE_END_FAILED, err->text, &ignored);
		remove_database(options->path);
	}
	recording_clear(r);
	free(r);
	return ret;
}

static int write_snapshot(struct recording *r, const char *dir, struct store *store,
			  struct db_error *err)
{
	bool goes_on = !program_poll(&r->program);
	int ret = session_snapshot(&r->flight, dir, err);

	return ret ? ret : snapshot_store(store, dir, goes_on, err);
}

int recording_snapshot(struct recording *r, struct store *store, struct db_error *err)
{
	char dir[128];
	int ret;

	snprintf(dir, sizeof(dir), "%s/snapshot", r->trail.scratch);
	if (mkdir(dir, 0700) && errno != EEXIST)
		return recording_fail(err, errno, "cannot create", dir);
	ret = write_snapshot(r, dir, store, err);
	recording_remove_folder(dir);
	return ret;
}

const char *recording_folder(const struct recording *r)
{
	return r->trail.scratch;
}
