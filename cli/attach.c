/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/record.h"
#include "tracer/attach.h"
#include "tracer/live.h"
#include "tracer/session.h"
#include "tuner/judge.h"

#define MAX_SOURCES 64

struct sources {
	const char *path;
	bool quiet;
	int64_t for_ns;
	int live_port; /* of --session; 0: to be found */
	size_t nr;
	struct {
		const char *said; /* as given */
		bool is_name;
	} said[MAX_SOURCES];
	char urls[MAX_SOURCES][LIVE_URL_MAX];
	const char *list[MAX_SOURCES];
};

static int add_source(struct sources *s, const char *said, bool is_name)
{
	if (s->nr == MAX_SOURCES)
		return cli_fail(CLI_USAGE, "attach: at most %d sessions", MAX_SOURCES);
	s->said[s->nr].said = said;
	s->said[s->nr++].is_name = is_name;
	return CLI_OK;
}

static int parse_port(const char *text, int *port)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < 1 || value > 65535)
		return cli_fail(CLI_USAGE, "attach: --live-port %s: not a port, 1 to 65535", text);
	*port = (int)value;
	return CLI_OK;
}

static int parse_option(int opt, char **argv, struct sources *s)
{
	switch (opt) {
	case 'o':
		s->path = optarg;
		return CLI_OK;
	case 'q':
		s->quiet = true;
		return CLI_OK;
	case 's':
	case 'u':
		return add_source(s, optarg, opt == 's');
	case 'p':
		return parse_port(optarg, &s->live_port);
	case 'f':
		if (!cli_duration(optarg, &s->for_ns) && s->for_ns > 0)
			return CLI_OK;
		return cli_fail(CLI_USAGE,
				"attach: --for %s: not a duration; give a number with a unit, as "
				"in 250ms or 2s",
				optarg);
	case ':':
		return cli_fail(CLI_USAGE, "attach: %s needs a value", argv[optind - 1]);
	default:
		return cli_unknown_option("attach", argv);
	}
}

static int parse(int argc, char **argv, struct sources *s)
{
	static const struct option longs[] = {{"for", required_argument, NULL, 'f'},
					      {"output", required_argument, NULL, 'o'},
					      {"session", required_argument, NULL, 's'},
					      {"url", required_argument, NULL, 'u'},
					      {"live-port", required_argument, NULL, 'p'},
					      {"quiet", no_argument, NULL, 'q'},
					      {0}};
	int opt, ret = CLI_OK;

	opterr = 0;
	optind = 1;
	while (!ret && (opt = getopt_long(argc, argv, ":o:q", longs, NULL)) != -1)
		ret = parse_option(opt, argv, s);
	if (ret)
		return ret;
	if (!s->path)
		return cli_fail(CLI_USAGE, "attach: where to? give -o FILE");
	if (optind < argc)
		return cli_fail(CLI_USAGE, "attach: %s: give sessions with --session or --url",
				argv[optind]);
	if (!s->nr)
		return cli_fail(CLI_USAGE, "attach: to what? give --session NAME, or --url "
					   "net://HOST/host/HOST/SESSION");
	return CLI_OK;
}

/* Each session's whole URL, asked for before a file is made. */
static int find_sources(struct sources *s)
{
	struct db_error err;

	for (size_t i = 0; i < s->nr; i++) {
		char url[LIVE_URL_MAX];
		int ret = 0;

		if (s->said[i].is_name)
			ret = session_live_url(s->said[i].said, s->live_port, url, sizeof(url),
					       &err);
		if (!ret)
			ret = live_find(s->said[i].is_name ? url : s->said[i].said, s->urls[i],
					sizeof(s->urls[i]), &err);
		if (ret == -ECONNREFUSED && s->said[i].is_name)
			return cli_fail(CLI_UNREADABLE,
					"attach: session %s: %s Give it with --live-port PORT",
					s->said[i].said, err.text);
		if (ret)
			return cli_fail(ret == -EINVAL ? CLI_USAGE : CLI_UNREADABLE, "attach: %s",
					err.text);
		s->list[i] = s->urls[i];
	}
	return CLI_OK;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Until all sessions have ended, a signal, --for, or the store failed.  True: we end it. */
static bool wait_end(const struct sources *s, const struct attach *a, struct store *store,
		     const volatile sig_atomic_t *interrupted)
{
	const struct timespec nap = {.tv_nsec = 10000000};
	int64_t deadline_ns = s->for_ns ? clock_ns(CLOCK_MONOTONIC) + s->for_ns : INT64_MAX;

	while (attach_running(a) && !*interrupted && clock_ns(CLOCK_MONOTONIC) < deadline_ns &&
	       !*store_error(store))
		nanosleep(&nap, NULL);
	return attach_running(a) != 0;
}

/* Says how it ended, to the file and to the user; releases the store. */
static int finish(const struct sources *s, struct store *store, bool stopped,
		  const struct attach_result *result)
{
	struct store_progress progress;
	enum store_end end = STORE_END_COMPLETE;
	struct db_error err;
	char note[128];

	store_drain(store);
	store_progress(store, &progress);
	snprintf(note, sizeof(note), "the session%s ended", s->nr == 1 ? "" : "s");
	if (result->nr_broken) {
		end = STORE_END_FAILED;
		snprintf(note, sizeof(note), "a connection broke: %.90s", result->err.text);
	} else if (stopped) {
		end = STORE_END_STOPPED;
		snprintf(note, sizeof(note), "attach was ended; the session goes on");
	} else if (progress.open_pools) {
		end = STORE_END_PROGRAM_DIED;
		snprintf(note, sizeof(note), "the session ended with %llu pool%s open",
			 (unsigned long long)progress.open_pools,
			 progress.open_pools == 1 ? "" : "s");
	}
	if (store_close(store, end, note, &err))
		return cli_fail(CLI_UNREADABLE, "attach: %s", err.text);
	if (result->nr_broken)
		cli_fail(0, "attach: %s", result->err.text);
	if (result->nr_unsure)
		cli_fail(0, "attach: the session ended with pools open; what they said last may be "
			    "missing: import the relay daemon's folder into the file");
	if (result->nr_mended && !s->quiet)
		cli_fail(0, "what the connection missed was read from the relay daemon's folder");
	if (progress.lost)
		cli_fail(0, "%llu events were lost; table `loss` of %s says when",
			 (unsigned long long)progress.lost, s->path);
	if (!progress.events)
		cli_fail(0, "no event came; does the session trace poolscope:*?");
	if (!s->quiet)
		cli_fail(0, "%llu events in %s; look at it with: poolscope top %s",
			 (unsigned long long)progress.events, s->path, s->path);
	/* As stat says of the file. */
	return end == STORE_END_FAILED || end == STORE_END_PROGRAM_DIED || progress.lost ? CLI_LOSS
											 : CLI_OK;
}

static int collect(const struct sources *s, const struct store_options *options)
{
	const volatile sig_atomic_t *interrupted = record_catch_signals();
	struct db_error err = {{0}}, ignored;
	struct attach_result result;
	bool is_new = access(s->path, F_OK);
	struct attach *attach;
	struct store *store;
	bool stopped;
	int ret = store_open(s->path, options, &store, &err);

	if (ret)
		return cli_fail(record_status_of(ret), "attach: %s", err.text);
	ret = attach_start(store, s->list, s->nr, !is_new, &attach, &err);
	if (ret) {
		store_close(store, STORE_END_FAILED, err.text, &ignored);
		if (is_new)
			unlink(s->path);
		return cli_fail(CLI_UNREADABLE, "attach: %s", err.text);
	}
	if (!s->quiet)
		cli_fail(0, "joined %s%s; Ctrl-C leaves", s->list[0],
			 s->nr > 1 ? " and the others" : "");
	stopped = wait_end(s, attach, store, interrupted);
	attach_stop(attach, &result);
	return finish(s, store, stopped, &result);
}

int cli_attach(int argc, char **argv)
{
	static struct sources sources;
	struct store_options options = {.append = true,
					.all_named = true,
					.observe = judge_observe,
					.restart = judge_restart,
					.before_commit = judge_before_commit};
	struct judge *judge;
	char *line;
	int ret = parse(argc, argv, &sources);

	if (!ret)
		ret = find_sources(&sources);
	if (ret)
		return ret;
	judge = judge_open();
	line = record_command_line(argc, argv);
	options.command_line = line;
	options.ctx = judge;
	options.joined_ns = clock_ns(CLOCK_REALTIME);
	ret = collect(&sources, &options);
	judge_close(judge);
	free(line);
	return ret;
}
