/* SPDX-License-Identifier: MIT */
#include "tracer/recording.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracer/collector.h"
#include "tracer/daemons.h"
#include "tracer/poolscope/announce.h"
#include "tracer/process.h"
#include "tracer/session.h"
#include "tracer/welcome.h"

extern char **environ;

struct recording {
	struct recording_options options;
	char scratch[64];	  /* private folder: socket, logs, the trace unless it is kept */
	char trace_dir[PATH_MAX]; /* what the relay daemon writes to */
	char log[96];		  /* of both daemons */
	struct sessiond sessiond;
	struct relayd relayd;
	struct trace_session session;
	struct welcome welcome;
	struct store *store;
	struct collector *collector;
	pthread_t collector_thread;
	atomic_bool collector_done;
	int collector_ret;
	struct db_error collector_err;
	uint64_t seen; /* events that the collector handed over */
	pid_t program;
	int program_status;
	bool sessiond_held, session_opened, welcome_started, collector_started, program_ended;
	bool we_stopped_it;
	bool tracing_broke, relayd_died; /* while the session was still on */
};

static int fail_errno(struct db_error *err, int code, const char *doing, const char *what)
{
	snprintf(err->text, sizeof(err->text), "%s %s: %s", doing, what, strerror(code));
	return -code;
}

static bool cancelled(const struct recording *r, struct db_error *err)
{
	if (!r->options.cancel || !*r->options.cancel)
		return false;
	snprintf(err->text, sizeof(err->text), "interrupted before it began");
	return true;
}

/* --- starting, one step a function ---------------------------------------------------------------
 */

static int make_folders(struct recording *r, struct db_error *err)
{
	const char *tmp = getenv("TMPDIR");
	struct stat st;

	/* The folder holds a socket, whose path must be short. */
	if (!tmp || !*tmp || strlen(tmp) > 30)
		tmp = "/tmp";
	snprintf(r->scratch, sizeof(r->scratch), "%s/poolscope-XXXXXX", tmp);
	if (!mkdtemp(r->scratch)) {
		r->scratch[0] = 0;
		return fail_errno(err, errno, "cannot create a folder in", tmp);
	}
	snprintf(r->log, sizeof(r->log), "%s/daemons.log", r->scratch);
	if (!r->options.keep_trace) {
		snprintf(r->trace_dir, sizeof(r->trace_dir), "%s/trace", r->scratch);
		return 0;
	}
	if (mkdir(r->options.keep_trace, 0777) && errno != EEXIST)
		return fail_errno(err, errno, "cannot create", r->options.keep_trace);
	if (stat(r->options.keep_trace, &st) || !S_ISDIR(st.st_mode))
		return fail_errno(err, ENOTDIR, "cannot keep the trace in", r->options.keep_trace);
	if (!realpath(r->options.keep_trace, r->trace_dir))
		return fail_errno(err, errno, "cannot use", r->options.keep_trace);
	if (access(r->trace_dir, W_OK | X_OK))
		return fail_errno(err, errno, "cannot write to", r->options.keep_trace);
	return 0;
}

static int open_store(struct recording *r, struct db_error *err)
{
	const struct store_options options = {
		.command_line = r->options.command_line,
		.trace = r->session.name,
		.observe = r->options.observe,
		.restart = r->options.restart,
		.before_commit = r->options.before_commit,
		.ctx = r->options.ctx,
	};

	return store_open(r->options.path, &options, &r->store, err);
}

static int start_daemons(struct recording *r, struct db_error *err)
{
	int ret = sessiond_acquire(&r->sessiond, r->log, err);

	if (ret)
		return ret;
	r->sessiond_held = true;
	return relayd_start(&r->relayd, r->trace_dir, r->log, err);
}

static int add_process(pid_t vpid, void *ctx)
{
	struct recording *r = ctx;
	struct db_error err;

	return session_add_process(&r->session, vpid, &err);
}

static int start_session(struct recording *r, struct db_error *err)
{
	char name[sizeof(r->session.name)];
	int ret;

	snprintf(name, sizeof(name), "%s", r->session.name);
	r->session_opened = true;
	ret = session_open(&r->session, name, r->options.groups, r->relayd.control_port,
			   r->relayd.data_port, err);
	if (ret)
		return ret;
	ret = session_start(&r->session, err);
	if (ret)
		return ret;
	ret = welcome_start(&r->welcome, r->scratch, add_process, r, err);
	r->welcome_started = !ret;
	return ret;
}

static void *collect(void *arg)
{
	struct recording *r = arg;

	r->collector_ret = collector_run(r->collector, &r->collector_err);
	atomic_store(&r->collector_done, true);
	return NULL;
}

static int attach_collector(struct recording *r, struct db_error *err)
{
	const struct timespec nap = {.tv_nsec = 2000000};
	struct collector_progress progress;
	int ret = collector_open_live(r->store, r->relayd.live_port, r->session.name, &r->collector,
				      err);

	if (ret)
		return ret;
	if (pthread_create(&r->collector_thread, NULL, collect, r))
		return fail_errno(err, errno, "cannot start", "the collector's thread");
	r->collector_started = true;
	for (int i = 0; i < 5000; i++) {
		collector_progress(r->collector, &progress);
		if (progress.attached)
			return 0;
		if (atomic_load(&r->collector_done)) {
			*err = r->collector_err;
			return -EIO;
		}
		if (cancelled(r, err))
			return -ECANCELED;
		nanosleep(&nap, NULL);
	}
	snprintf(err->text, sizeof(err->text), "the relay daemon does not answer Babeltrace");
	return -EIO;
}

/* The environment of ours plus POOLSCOPE_ANNOUNCE; freed by the caller (array and last string). */
static char **program_environment(const struct recording *r)
{
	static const char name[] = POOLSCOPE_ANNOUNCE_ENV "=";
	size_t nr = 0, kept = 0;
	char **env, *announce;

	while (environ[nr])
		nr++;
	env = calloc(nr + 2, sizeof(*env));
	if (!env || asprintf(&announce, "%s%s", name, r->welcome.path) < 0) {
		free(env);
		return NULL;
	}
	env[kept++] = announce;
	for (size_t i = 0; i < nr; i++) {
		if (strncmp(environ[i], name, sizeof(name) - 1))
			env[kept++] = environ[i];
	}
	return env;
}

static int start_program(struct recording *r, struct db_error *err)
{
	char **env = program_environment(r);

	if (!env) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	r->program = process_start(r->options.argv, env, r->options.program_output);
	free(env[0]);
	free(env);
	if (r->program > 0)
		return 0;
	return fail_errno(err, (int)-r->program, "cannot run", r->options.argv[0]);
}

static int (*const steps[])(struct recording *r, struct db_error *err) = {
	open_store, make_folders, start_daemons, start_session, attach_collector, start_program,
};

/* --- ending -------------------------------------------------------------------------------------
 */

/*
 * Ends the program: SIGTERM unless it was asked already (a second signal would cut a halt short
 * that is under way), SIGTERM after 5 s in any case, SIGKILL after 10 s or when the user loses
 * patience.
 */
static void stop_program(struct recording *r)
{
	const struct timespec nap = {.tv_nsec = 10000000};

	if (r->program <= 0)
		return;
	recording_poll(r);
	if (!r->program_ended && !r->we_stopped_it)
		kill(r->program, SIGTERM);
	r->we_stopped_it |= !r->program_ended;
	for (int waited_ms = 0; !r->program_ended; waited_ms += 10) {
		if (waited_ms == 5000)
			kill(r->program, SIGTERM);
		if (waited_ms == 10000 || (r->options.cancel && *r->options.cancel))
			kill(r->program, SIGKILL);
		nanosleep(&nap, NULL);
		recording_poll(r);
	}
}

/*
 * The session is destroyed, so the live source will see the end of each stream once it has read all
 * of them.  It is given up only when nothing at all has come for a while; then the relay daemon is
 * ended first, so that a read from it cannot hold the collector.
 */
static void drain_collector(struct recording *r)
{
	const struct timespec nap = {.tv_nsec = 5000000};
	struct collector_progress progress;
	int idle_ms = 0;

	while (!atomic_load(&r->collector_done) && idle_ms < 10000 && relayd_alive(&r->relayd)) {
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

/*
 * What the live connection missed is in the relay daemon's own files.  Reads all of them; the store
 * knows by seq what it has already.
 */
static int fill_from_trace(struct recording *r, struct db_error *err)
{
	struct collector *c;
	int ret = collector_open_trace(r->store, r->trace_dir, &c, err);

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

/* Everything but the store, in reverse order of starting; safe at any stage. */
static int take_down(struct recording *r, struct db_error *err)
{
	int ret = 0;

	/* Before the session is stopped, nothing but a failure ends the trace. */
	r->tracing_broke = r->collector_started &&
			   (atomic_load(&r->collector_done) || !relayd_alive(&r->relayd));
	r->relayd_died = !relayd_alive(&r->relayd);
	stop_program(r);
	if (r->welcome_started)
		welcome_stop(&r->welcome);
	if (r->session_opened) {
		ret = session_stop(&r->session, err);
		session_close(&r->session);
	}
	if (r->collector_started) {
		drain_collector(r);
		/* A live connection that broke, and not the store. */
		if ((r->collector_ret || r->tracing_broke) && !*store_error(r->store)) {
			struct db_error why;
			bool filled = !fill_from_trace(r, &why);

			/* A program that was killed before it said a word leaves nothing to read.
			 */
			if (filled || !r->seen)
				r->collector_ret = 0;
		}
	}
	relayd_stop(&r->relayd);
	if (r->sessiond_held)
		sessiond_release(&r->sessiond);
	if (r->scratch[0])
		nftw(r->scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return ret;
}

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
	snprintf(r->session.name, sizeof(r->session.name), "poolscope-%ld-%d", (long)time(NULL),
		 (int)getpid());
	for (size_t i = 0; !ret && i < sizeof(steps) / sizeof(steps[0]); i++) {
		ret = cancelled(r, err) ? -ECANCELED : steps[i](r, err);
	}
	if (!ret) {
		*out = r;
		return 0;
	}
	take_down(r, &ignored);
	if (r->store) {
		store_close(r->store, STORE_END_FAILED, err->text, &ignored);
		remove_database(options->path);
	}
	free(r);
	return ret;
}

enum recording_state recording_poll(struct recording *r)
{
	if (!r->program_ended && waitpid(r->program, &r->program_status, WNOHANG) == r->program)
		r->program_ended = true;
	if (atomic_load(&r->collector_done) || !relayd_alive(&r->relayd))
		return RECORDING_BROKEN;
	return r->program_ended ? RECORDING_PROGRAM_ENDED : RECORDING_RUNNING;
}

void recording_interrupt(struct recording *r, bool tell)
{
	r->we_stopped_it = true;
	if (tell && !r->program_ended)
		kill(r->program, SIGINT);
}

/* Judges how it ended, for people (note) and for the database (end). */
static void judge_end(struct recording *r, int ret, struct recording_result *result)
{
	struct store_progress progress;
	int status = r->program_status;

	store_drain(r->store);
	store_progress(r->store, &progress);
	result->events = progress.events;
	result->lost = progress.lost;
	result->program_status = status;
	if (WIFSIGNALED(status) && !(r->we_stopped_it && WTERMSIG(status) != SIGKILL)) {
		result->end = STORE_END_PROGRAM_DIED;
		snprintf(result->note, sizeof(result->note),
			 "the program was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	} else if (progress.open_pools) {
		result->end = r->we_stopped_it ? STORE_END_STOPPED : STORE_END_PROGRAM_DIED;
		snprintf(result->note, sizeof(result->note),
			 "the program ended with %llu pool%s open",
			 (unsigned long long)progress.open_pools,
			 progress.open_pools == 1 ? "" : "s");
	} else {
		result->end = STORE_END_COMPLETE;
		snprintf(result->note, sizeof(result->note), "the program %s, exit status %d",
			 r->we_stopped_it ? "was stopped" : "ended", WEXITSTATUS(status));
	}
	if (ret) {
		result->end = STORE_END_FAILED;
		snprintf(result->note, sizeof(result->note), "the recording broke off");
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
	ret = take_down(r, err);
	ret = first_failure(r, ret, err);
	judge_end(r, ret, result);
	if (r->options.keep_trace)
		snprintf(result->trace_path, sizeof(result->trace_path), "%s", r->trace_dir);
	if (store_close(r->store, result->end, result->note, &close_err) && !ret) {
		*err = close_err;
		ret = -EIO;
	}
	free(r);
	return ret;
}
