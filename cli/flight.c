/* SPDX-License-Identifier: MIT */
#include "cli/flight.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/record.h"
#include "tuner/judge.h"

#define PAUSE_NS      INT64_C(1000000000) /* between two databases */
#define DATABASES_MAX 100		  /* of triggers that come by themselves */

static const struct {
	const char *name;
	enum flight_trigger trigger;
} names[] = {
	{"demand", FLIGHT_DEMAND}, {"drop", FLIGHT_DROP}, {"violation", FLIGHT_VIOLATION},
	{"crash", FLIGHT_CRASH},   {"end", FLIGHT_END},
};

/* What made a database necessary. */
struct cause {
	enum flight_trigger trigger; /* 0: nothing */
	int64_t ts_ns;
	int64_t pool; /* -1: of none */
	uint64_t seq; /* with a pool: the event itself */
};

struct recorder {
	const struct flight *flight;
	struct recording *recording;
	int control;	 /* listens */
	int64_t last_ns; /* CLOCK_MONOTONIC, of the last database */
	unsigned written, next_number;
	bool full_said, failed;
	pthread_mutex_t lock; /* what follows: the collector's thread writes it */
	struct cause waiting;
	unsigned long long passed_over;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

unsigned flight_triggers(const char *text)
{
	unsigned triggers = 0;

	while (*text) {
		size_t len = strcspn(text, ","), i = 1;
		size_t nr = sizeof(names) / sizeof(names[0]);

		while (i < nr &&
		       (strlen(names[i].name) != len || strncmp(text, names[i].name, len)))
			i++;
		if (i < nr)
			triggers |= names[i].trigger;
		else if (len == 3 && !strncmp(text, "all", len))
			triggers |= FLIGHT_DROP | FLIGHT_VIOLATION | FLIGHT_CRASH | FLIGHT_END;
		else
			return 0;
		text += len + (text[len] == ',');
	}
	return triggers;
}

static const char *name_of(enum flight_trigger trigger)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].trigger == trigger)
			return names[i].name;
	}
	return "nothing";
}

/*
 * On the collector's thread.  Of several that wait the newest counts, since the buffers may not
 * reach back to the others any more; a violation is not pushed out by drops.
 */
static void on_event(const struct pool_event *event, void *ctx)
{
	enum flight_trigger trigger =
		event->kind == POOL_EVENT_VIOLATION ? FLIGHT_VIOLATION : FLIGHT_DROP;
	struct recorder *f = ctx;

	if (!(f->flight->triggers & trigger))
		return;
	pthread_mutex_lock(&f->lock);
	f->passed_over += f->waiting.trigger != 0;
	if (f->waiting.trigger <= trigger)
		f->waiting = (struct cause){trigger, event->ts_ns, event->pool, event->seq};
	pthread_mutex_unlock(&f->lock);
}

static struct cause take_waiting(struct recorder *f)
{
	struct cause cause;

	pthread_mutex_lock(&f->lock);
	cause = f->waiting;
	f->waiting = (struct cause){0};
	pthread_mutex_unlock(&f->lock);
	return cause;
}

/* --- databases -------------------------------------------------------------------------------- */

/* FILE, or with a number before its ending: x.db, x-2.db. */
static void name_database(const struct recorder *f, unsigned number, char *path, size_t size)
{
	const char *base = f->flight->options.path;
	const char *slash = strrchr(base, '/'), *dot = strrchr(base, '.');
	int len = (int)strlen(base);

	if (dot && dot != base && (!slash || dot > slash + 1))
		len = (int)(dot - base);
	if (number == 1)
		snprintf(path, size, "%s", base);
	else
		snprintf(path, size, "%.*s-%u%s", len, base, number, base + len);
}

/* Opens the next free name. */
static int open_database(struct recorder *f, const struct store_options *options,
			 struct store **store, char *path, size_t size, struct db_error *err)
{
	int ret = -EEXIST;

	while (ret == -EEXIST && f->next_number < 1000000) {
		name_database(f, f->next_number++, path, size);
		ret = store_open(path, options, store, err);
	}
	return ret;
}

static void write_meta(struct recorder *f, struct store *store, const struct cause *cause)
{
	store_meta(store, "trigger", name_of(cause->trigger));
	store_meta_int(store, "trigger_ns", cause->ts_ns);
	if (cause->pool >= 0) {
		store_meta_int(store, "trigger_pool", cause->pool);
		store_meta_int(store, "trigger_seq", (int64_t)cause->seq);
	}
	store_meta_int(store, "flight_bytes", (int64_t)f->flight->options.flight_bytes);
	pthread_mutex_lock(&f->lock);
	store_meta_int(store, "triggers_passed_over", (int64_t)f->passed_over);
	f->passed_over = 0;
	pthread_mutex_unlock(&f->lock);
}

/* How the record ends: with the program, or because it was looked at. */
static enum store_end end_of(const struct cause *cause, uint64_t open_pools, char *note,
			     size_t size)
{
	if (cause->trigger == FLIGHT_END && !open_pools) {
		snprintf(note, size, "flight recorder: the program ended");
		return STORE_END_COMPLETE;
	}
	snprintf(note, size, "flight recorder: %s%s", cause->trigger == FLIGHT_DEMAND ? "on " : "",
		 name_of(cause->trigger));
	return cause->trigger == FLIGHT_CRASH ? STORE_END_PROGRAM_DIED : STORE_END_STOPPED;
}

/* Fills, marks and closes an open database; *events: how many are in it. */
static int fill_database(struct recorder *f, struct store *store, const struct cause *cause,
			 uint64_t *events, struct db_error *err)
{
	int ret = recording_snapshot(f->recording, store, err);
	struct store_progress progress;
	struct db_error close_err;
	enum store_end end;
	char note[128];

	store_drain(store);
	write_meta(f, store, cause);
	store_progress(store, &progress);
	*events = progress.events;
	end = end_of(cause, progress.open_pools, note, sizeof(note));
	if (ret)
		end = STORE_END_FAILED;
	if (store_close(store, end, ret ? err->text : note, &close_err) && !ret) {
		*err = close_err;
		ret = -EIO;
	}
	return ret;
}

/* Returns: 0 and the path, or -errno with err filled. */
static int write_database(struct recorder *f, const struct cause *cause, char *path, size_t size,
			  struct db_error *err)
{
	struct judge *judge = judge_open();
	const struct store_options options = {
		.command_line = f->flight->options.command_line,
		.all_named = true,
		.observe = judge_observe,
		.restart = judge_restart,
		.before_commit = judge_before_commit,
		.ctx = judge,
	};
	struct store *store;
	uint64_t events = 0;
	int ret = open_database(f, &options, &store, path, size, err);

	if (!ret) {
		ret = fill_database(f, store, cause, &events, err);
		if (!ret && !f->flight->quiet)
			fprintf(stderr, "poolscope: %s: %llu events in %s\n",
				name_of(cause->trigger), (unsigned long long)events, path);
	}
	judge_close(judge);
	f->last_ns = clock_ns(CLOCK_MONOTONIC);
	f->written += !ret;
	return ret;
}

/* One that nobody waits for: what fails is said, and the recorder goes on. */
static void serve(struct recorder *f, const struct cause *cause)
{
	struct db_error err = {{0}};
	char path[PATH_MAX];

	if (f->written >= DATABASES_MAX && cause->trigger < FLIGHT_CRASH) {
		if (!f->full_said)
			fprintf(stderr,
				"poolscope: %d databases are written; from now on only on demand "
				"and at the end\n",
				DATABASES_MAX);
		f->full_said = true;
		return;
	}
	if (write_database(f, cause, path, sizeof(path), &err)) {
		f->failed = true;
		cli_fail(CLI_UNREADABLE, "record: %s: %s", name_of(cause->trigger), err.text);
	}
}

/* --- orders ----------------------------------------------------------------------------------- */

static int listen_for_orders(struct recorder *f, struct db_error *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const char *folder = recording_folder(f->recording);
	char name[sizeof(addr.sun_path)];

	/* It gets its name when it listens: nobody who sees it is turned away. */
	snprintf(name, sizeof(name), "%.98s/" FLIGHT_SOCKET, folder);
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.98s/" FLIGHT_SOCKET "~", folder);
	f->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->control >= 0 && !bind(f->control, (struct sockaddr *)&addr, sizeof(addr)) &&
	    !listen(f->control, 16) && !rename(addr.sun_path, name))
		return 0;
	snprintf(err->text, sizeof(err->text), "cannot listen on %s: %s", addr.sun_path,
		 strerror(errno));
	return -EIO;
}

/* `poolscope snapshot` waits at the other end: "ok PATH" or "error TEXT". */
static void obey(struct recorder *f)
{
	const struct cause cause = {
		.trigger = FLIGHT_DEMAND, .ts_ns = clock_ns(CLOCK_REALTIME), .pool = -1};
	int fd = accept4(f->control, NULL, NULL, SOCK_CLOEXEC);
	char path[PATH_MAX], real[PATH_MAX];
	struct db_error err = {{0}};

	if (fd < 0)
		return;
	if (write_database(f, &cause, path, sizeof(path), &err))
		dprintf(fd, "error %s\n", err.text);
	else
		dprintf(fd, "ok %s\n", realpath(path, real) ? real : path);
	close(fd);
}

/* --- the run ---------------------------------------------------------------------------------- */

/* Passes on what a signal asked for, once.  Returns: true when the user has lost patience. */
static bool pass_on(struct recorder *f, bool *asked)
{
	bool tell = *f->flight->interrupted == RECORD_SIGNAL_FROM_PROCESS;

	if (!*f->flight->interrupted)
		return false;
	*f->flight->interrupted = 0;
	if (*asked)
		return true;
	recording_interrupt(f->recording, tell);
	*asked = true;
	return false;
}

static void watch(struct recorder *f, bool *asked)
{
	int64_t deadline =
		f->flight->for_ns ? clock_ns(CLOCK_MONOTONIC) + f->flight->for_ns : INT64_MAX;
	struct pollfd fd = {.fd = f->control, .events = POLLIN};

	while (recording_poll(f->recording) == RECORDING_RUNNING) {
		int64_t now = clock_ns(CLOCK_MONOTONIC);

		if (now >= deadline || pass_on(f, asked))
			return;
		if (poll(&fd, 1, 10) == 1)
			obey(f);
		if (now - f->last_ns >= PAUSE_NS) {
			struct cause cause = take_waiting(f);

			if (cause.trigger)
				serve(f, &cause);
		}
	}
}

/* The buffers outlive the program: what it did last is still there. */
static void last_words(struct recorder *f, bool asked)
{
	bool by_itself = recording_poll(f->recording) == RECORDING_PROGRAM_ENDED && !asked;
	int status = recording_end_program(f->recording);
	struct cause cause = take_waiting(f);

	if (cause.trigger)
		serve(f, &cause);
	cause = (struct cause){.ts_ns = clock_ns(CLOCK_REALTIME), .pool = -1};
	if (by_itself && WIFSIGNALED(status) && (f->flight->triggers & FLIGHT_CRASH))
		cause.trigger = FLIGHT_CRASH;
	else if (f->flight->triggers & FLIGHT_END)
		cause.trigger = FLIGHT_END;
	if (cause.trigger)
		serve(f, &cause);
}

static int wind_up(struct recorder *f)
{
	struct recording_result result;
	struct db_error err = {{0}};
	int ret = recording_finish(f->recording, &result, &err);

	if (ret)
		cli_fail(CLI_LOSS, "record: %s", err.text);
	if (result.end != STORE_END_COMPLETE)
		fprintf(stderr, "poolscope: %s\n", result.note);
	if (!f->written && !f->flight->quiet)
		fprintf(stderr, "poolscope: nothing triggered the flight recorder, so there is no "
				"database\n");
	if (f->failed)
		return CLI_UNREADABLE;
	if (ret || result.end != STORE_END_COMPLETE)
		return CLI_LOSS;
	return record_has_failed(&result, "") ? CLI_CHECK_FAILED : CLI_OK;
}

int flight_run(struct flight *flight)
{
	struct recorder f = {
		.flight = flight, .control = -1, .next_number = 1, .last_ns = -PAUSE_NS};
	struct db_error err = {{0}};
	bool asked = false;
	int ret;

	if (!flight->triggers)
		flight->triggers = FLIGHT_DROP | FLIGHT_VIOLATION | FLIGHT_CRASH;
	if (!access(flight->options.path, F_OK))
		return cli_fail(CLI_USAGE, "record: %s: is there already; choose another name",
				flight->options.path);
	pthread_mutex_init(&f.lock, NULL);
	flight->options.watch = on_event;
	flight->options.ctx = &f;
	ret = recording_start(&flight->options, &f.recording, &err);
	if (ret) {
		ret = cli_fail(record_status_of(ret), "record: %s", err.text);
	} else {
		if (listen_for_orders(&f, &err))
			cli_fail(CLI_UNREADABLE, "record: no orders can be taken: %s", err.text);
		watch(&f, &asked);
		last_words(&f, asked);
		ret = wind_up(&f);
	}
	if (f.control >= 0)
		close(f.control);
	pthread_mutex_destroy(&f.lock);
	return ret;
}
