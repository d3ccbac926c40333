/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/flight.h"
#include "tuner/judge.h"
#include "cli/record.h"
#include "tracer/process.h"
#include "tracer/session.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	interrupted = info->si_code > 0 ? RECORD_SIGNAL_FROM_TERMINAL : RECORD_SIGNAL_FROM_PROCESS;
}

static void catch_signals(void)
{
	const int sigs[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++) {
		struct sigaction old;

		/* nohup(1) and a shell's background jobs ignore signals on purpose. */
		if (!sigaction(sigs[i], NULL, &old) &&
		    (old.sa_handler != SIG_IGN || sigs[i] == SIGINT))
			sigaction(sigs[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

const volatile sig_atomic_t *record_catch_signals(void)
{
	catch_signals();
	return &interrupted;
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int record_status_of(int ret)
{
	switch (ret) {
	case -EEXIST:
		return CLI_USAGE;
	case -EALREADY:
		return CLI_OK;
	default:
		return CLI_UNREADABLE;
	}
}

/* "alloc", "rx", "all", or a list with commas.  Returns 0 when a word is none of them. */
static unsigned parse_groups(const char *text)
{
	unsigned groups = 0;

	while (*text) {
		size_t len = strcspn(text, ",");

		if (len == 5 && !strncmp(text, "alloc", len))
			groups |= SESSION_GROUP_ALLOC;
		else if (len == 2 && !strncmp(text, "rx", len))
			groups |= SESSION_GROUP_RX;
		else if (len == 3 && !strncmp(text, "all", len))
			groups |= SESSION_GROUP_ALLOC | SESSION_GROUP_RX;
		else
			return 0;
		text += len + (text[len] == ',');
	}
	return groups;
}

char *record_command_line(int argc, char **argv)
{
	size_t len = sizeof("poolscope");
	char *line;

	for (int i = 0; i < argc; i++)
		len += strlen(argv[i]) + 1;
	line = malloc(len);
	if (!line)
		return NULL;
	strcpy(line, "poolscope");
	for (int i = 0; i < argc; i++) {
		strcat(line, " ");
		strcat(line, argv[i]);
	}
	return line;
}

struct record {
	struct recording_options options;
	int64_t for_ns;
	unsigned triggers; /* of --flight */
	bool quiet, resume;
};

/* Bytes, with K, M or G.  Returns: 0 when it is no such number, or not in those bounds. */
static uint64_t parse_size(const char *text, uint64_t smallest, uint64_t largest)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value > largest)
		return 0;
	value <<= *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
	end += *end == 'K' || *end == 'M' || *end == 'G';
	return *end || value < smallest || value > largest ? 0 : value;
}

/* The options of a flight recorder.  Returns: CLI_OK, or what to exit with. */
static int parse_flight(int opt, const char *value, struct record *record)
{
	switch (opt) {
	case 'C':
		record->options.crash_safe = value;
		return CLI_OK;
	case 'F':
		record->options.flight_bytes = parse_size(value, 64 << 10, UINT64_C(4) << 30);
		if (record->options.flight_bytes)
			return CLI_OK;
		return cli_fail(CLI_USAGE,
				"record: --flight %s: give the bytes a CPU, 64K to 4G, as in 8M",
				value);
	default:
		record->triggers = flight_triggers(value);
		if (record->triggers)
			return CLI_OK;
		return cli_fail(CLI_USAGE,
				"record: --trigger %s: no such trigger; there are drop, violation, "
				"crash, end, all",
				value);
	}
}

/* Limits of what is kept.  Returns: CLI_OK, or what to exit with. */
static int parse_limit(int opt, const char *value, struct recording_options *options)
{
	if (opt == 'S') {
		options->max_bytes = parse_size(value, 1 << 20, UINT64_C(1) << 50);
		return options->max_bytes ? CLI_OK
					  : cli_fail(CLI_USAGE,
						     "record: --max-size %s: give bytes, 1M or "
						     "more, as in 500M "
						     "or 20G",
						     value);
	}
	if (!cli_duration(value, &options->max_age_ns) && options->max_age_ns > 0)
		return CLI_OK;
	return cli_fail(CLI_USAGE,
			"record: --max-age %s: not a duration; give a number with a unit, as in "
			"10m or 2h",
			value);
}

/* --resume takes the rest from the recording that it goes on with. */
static int check_resume(const struct recording_options *options, bool more)
{
	if (more || options->groups || options->keep_trace || options->flight_bytes)
		return cli_fail(CLI_USAGE, "record: --resume FILE goes on as that recording began: "
					   "no program, -o, -e or --keep-trace");
	return CLI_OK;
}

static int parse(int argc, char **argv, struct record *record)
{
	static const struct option longs[] = {{"for", required_argument, NULL, 'f'},
					      {"keep-trace", required_argument, NULL, 'k'},
					      {"output", required_argument, NULL, 'o'},
					      {"events", required_argument, NULL, 'e'},
					      {"quiet", no_argument, NULL, 'q'},
					      {"flight", required_argument, NULL, 'F'},
					      {"crash-safe", required_argument, NULL, 'C'},
					      {"trigger", required_argument, NULL, 'T'},
					      {"resume", required_argument, NULL, 'r'},
					      {"max-size", required_argument, NULL, 'S'},
					      {"max-age", required_argument, NULL, 'A'},
					      {0}};
	struct recording_options *options = &record->options;
	const char *resume = NULL;
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, "+:o:e:q", longs, NULL)) != -1) {
		switch (opt) {
		case 'o':
			options->path = optarg;
			break;
		case 'k':
			options->keep_trace = optarg;
			break;
		case 'q':
			record->quiet = true;
			break;
		case 'r':
			resume = optarg;
			break;
		case 'S':
		case 'A':
			if (parse_limit(opt, optarg, options))
				return CLI_USAGE;
			break;
		case 'F':
		case 'C':
		case 'T':
			if (parse_flight(opt, optarg, record))
				return CLI_USAGE;
			break;
		case 'f':
			if (cli_duration(optarg, &record->for_ns) || record->for_ns <= 0)
				return cli_fail(CLI_USAGE,
						"record: --for %s: not a duration; give a number "
						"with a unit, as in 250ms or 2s",
						optarg);
			break;
		case 'e':
			options->groups = parse_groups(optarg);
			if (!options->groups)
				return cli_fail(
					CLI_USAGE,
					"record: -e %s: no such group; there are alloc, rx, "
					"all",
					optarg);
			break;
		case ':':
			return cli_fail(CLI_USAGE, "record: %s needs a value", argv[optind - 1]);
		default:
			return cli_unknown_option("record", argv);
		}
	}
	record->resume = resume != NULL;
	if (!options->flight_bytes && (options->crash_safe || record->triggers))
		return cli_fail(CLI_USAGE,
				"record: --crash-safe and --trigger go with --flight SIZE");
	if (options->flight_bytes && options->keep_trace)
		return cli_fail(CLI_USAGE, "record: --flight has no trace that could be kept");
	if (resume && check_resume(options, options->path || optind < argc))
		return CLI_USAGE;
	if (resume) {
		options->path = resume;
		return CLI_OK;
	}
	if (!options->path)
		return cli_fail(CLI_USAGE, "record: where to? give -o FILE");
	if (optind >= argc)
		return cli_fail(CLI_USAGE,
				"record: what to run? give it behind --, as in: poolscope "
				"record -o x.db -- build/refnic");
	options->argv = argv + optind;
	if (!process_in_path(argv[optind], NULL, 0))
		return cli_fail(CLI_USAGE, "record: %s: no such program", argv[optind]);
	return CLI_OK;
}

void record_wait(struct recording *r, int64_t for_ns)
{
	const struct timespec nap = {.tv_nsec = 10000000};
	int64_t deadline = for_ns ? now_ns() + for_ns : INT64_MAX;
	bool asked = false;

	while (recording_poll(r) == RECORDING_RUNNING && now_ns() < deadline) {
		if (interrupted) {
			bool tell = interrupted == RECORD_SIGNAL_FROM_PROCESS;

			interrupted = 0;
			if (asked)
				return;
			recording_interrupt(r, tell);
			asked = true;
		}
		nanosleep(&nap, NULL);
	}
}

bool record_has_failed(const struct recording_result *result, const char *more)
{
	int status = result->program_status;

	if (!WIFEXITED(status) || WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 128 + SIGINT ||
	    WEXITSTATUS(status) == 128 + SIGTERM)
		return false;
	fprintf(stderr, "poolscope: the program ended with exit status %d%s\n", WEXITSTATUS(status),
		more);
	return true;
}

int record_report(const struct recording_result *result, const char *path, bool quiet)
{
	bool failed;

	if (result->end != STORE_END_COMPLETE)
		fprintf(stderr, "poolscope: %s; %s is whole up to then\n", result->note, path);
	if (result->lost)
		fprintf(stderr, "poolscope: %llu events were lost; table `loss` of %s says when\n",
			(unsigned long long)result->lost, path);
	failed = record_has_failed(
		result, result->events ? "" : ", and no event came; what it said is above");
	if (!result->events && !failed)
		fprintf(stderr, "poolscope: no event came; does the program use poolscope.h?\n");
	if (!quiet) {
		fprintf(stderr, "poolscope: %llu events in %s; look at it with: poolscope top %s\n",
			(unsigned long long)result->events, path, path);
		if (result->trace_path[0])
			fprintf(stderr, "poolscope: the CTF trace is in %s\n", result->trace_path);
	}
	if (result->lost || result->end != STORE_END_COMPLETE)
		return CLI_LOSS;
	return failed ? CLI_CHECK_FAILED : CLI_OK;
}

static int run(struct record *record)
{
	struct recording_options *options = &record->options;
	struct recording_result result;
	struct recording *recording;
	struct db_error err = {{0}};
	int ret = record->resume ? recording_resume(options, &recording, &err)
				 : recording_start(options, &recording, &err);

	if (ret)
		return cli_fail(record_status_of(ret), "record: %s", err.text);
	record_wait(recording, record->for_ns);
	if (recording_finish(recording, &result, &err))
		cli_fail(CLI_LOSS, "record: %s", err.text);
	return record_report(&result, options->path, record->quiet);
}

int cli_record(int argc, char **argv)
{
	struct record record = {.options.cancel = &interrupted};
	struct judge *judge;
	char *line;
	int ret;

	ret = parse(argc, argv, &record);
	if (ret)
		return ret;
	catch_signals();
	line = record_command_line(argc, argv);
	record.options.command_line = line;
	if (record.options.flight_bytes) {
		struct flight flight = {record.options, record.triggers, record.for_ns,
					record.quiet, &interrupted};

		ret = flight_run(&flight);
		free(line);
		return ret;
	}
	judge = judge_open();
	record.options.observe = judge_observe;
	record.options.restart = judge_restart;
	record.options.before_commit = judge_before_commit;
	record.options.ctx = judge;
	ret = run(&record);
	judge_close(judge);
	free(line);
	return ret;
}
