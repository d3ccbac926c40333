/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
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

#include "cli/cli.h"
#include "tuner/judge.h"
#include "cli/record.h"
#include "cli/scenario.h"
#include "tracer/process.h"
#include "viewer/viewer.h"

struct demo {
	const struct scenario *scenario;
	char path[PATH_MAX]; /* the database */
	int64_t for_ns;
	char refnic[PATH_MAX];
	char refnic_log[64];
	struct recording *recording;
	struct recording_result result;
	struct db_error err;
	int finish_ret;
	pthread_t finisher;
	bool finishing;
	atomic_bool finished;
};

/* refnic beside this program (a build folder or an installation), else in PATH. */
static bool find_refnic(char *path, size_t size)
{
	char self[PATH_MAX - 16];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = 0;
		snprintf(path, size, "%.*s/refnic", (int)(strrchr(self, '/') - self), self);
		if (!access(path, X_OK))
			return true;
	}
	return process_in_path("refnic", path, size);
}

/* mkdir -p. */
static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int failed;

		*slash = 0;
		failed = mkdir(path, 0777) && errno != EEXIST;
		*slash = '/';
		if (failed)
			return -errno;
	}
	return 0;
}

/* A new file name in the user's data folder; the recording stays there. */
static int default_path(char *path, size_t size)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	char when[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	if (data && *data == '/')
		snprintf(path, size, "%s/poolscope/demo-%s-%d.db", data, when, (int)getpid());
	else if (home && *home == '/')
		snprintf(path, size, "%s/.local/share/poolscope/demo-%s-%d.db", home, when,
			 (int)getpid());
	else
		snprintf(path, size, "/tmp/poolscope-demo-%s-%d.db", when, (int)getpid());
	return make_folders(path);
}

static int parse(int argc, char **argv, struct demo *demo)
{
	static const struct option longs[] = {{"for", required_argument, NULL, 'f'},
					      {"scenario", required_argument, NULL, 's'},
					      {"output", required_argument, NULL, 'o'},
					      {0}};
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":o:", longs, NULL)) != -1) {
		switch (opt) {
		case 'o':
			snprintf(demo->path, sizeof(demo->path), "%s", optarg);
			break;
		case 'f':
			if (cli_duration(optarg, &demo->for_ns) || demo->for_ns <= 0)
				return cli_fail(
					CLI_USAGE,
					"demo: --for %s: not a duration; give a number with "
					"a unit, as in 500ms or 10s",
					optarg);
			break;
		case 's':
			demo->scenario = scenario_find(optarg);
			if (!demo->scenario)
				return cli_fail(
					CLI_USAGE,
					"demo: no scenario '%s'; --scenario list shows them",
					optarg);
			break;
		case ':':
			return cli_fail(CLI_USAGE, "demo: %s needs a value", argv[optind - 1]);
		default:
			return cli_unknown_option("demo", argv);
		}
	}
	if (optind < argc)
		return cli_fail(CLI_USAGE, "demo: what is '%s'? see: poolscope demo --help",
				argv[optind]);
	return CLI_OK;
}

static int start(struct demo *demo, const char *line, struct judge *judge,
		 const volatile sig_atomic_t *cancel)
{
	char duration[32];
	char *args[20] = {demo->refnic};
	size_t nr = 1;
	struct recording_options options = {
		.path = demo->path,
		.command_line = line,
		.argv = args,
		.program_output = demo->refnic_log,
		.cancel = cancel,
		.observe = judge_observe,
		.restart = judge_restart,
		.before_commit = judge_before_commit,
		.ctx = judge,
	};

	for (size_t i = 0; demo->scenario->args[i]; i++)
		args[nr++] = (char *)demo->scenario->args[i];
	if (demo->for_ns) {
		snprintf(duration, sizeof(duration), "%lldns", (long long)demo->for_ns);
		args[nr++] = "--for";
		args[nr++] = duration;
	}
	return recording_start(&options, &demo->recording, &demo->err);
}

static void *finish(void *arg)
{
	struct demo *demo = arg;

	demo->finish_ret = recording_finish(demo->recording, &demo->result, &demo->err);
	atomic_store(&demo->finished, true);
	return NULL;
}

/* The viewer asks this before each frame.  The recording is wound up beside it, not in its way. */
static bool still_running(void *ctx)
{
	struct demo *demo = ctx;

	if (!demo->finishing && recording_poll(demo->recording) != RECORDING_RUNNING)
		demo->finishing = !pthread_create(&demo->finisher, NULL, finish, demo);
	return !atomic_load(&demo->finished);
}

static int show_live(struct demo *demo)
{
	const struct viewer_options options = {.path = demo->path,
					       .title = "demo",
					       .view = VIEWER_VIEW_POOL,
					       .still_running = still_running,
					       .ctx = demo};
	struct db_error err;
	int ret = viewer_run(&options, &err);

	if (ret)
		cli_fail(CLI_UNREADABLE, "demo: %s", err.text);
	if (demo->finishing) {
		pthread_join(demo->finisher, NULL);
	} else {
		recording_interrupt(demo->recording, true);
		finish(demo);
	}
	return ret ? CLI_UNREADABLE : CLI_OK;
}

static void wait_for_end(struct demo *demo)
{
	record_wait(demo->recording, 0);
	finish(demo);
}

/* The NIC checks each payload, each rule and each DMA; when it found something, it says so last. */
static int judge_program(const struct demo *demo)
{
	char words[256];
	int status = demo->result.program_status;

	if (!WIFEXITED(status) || !WEXITSTATUS(status))
		return CLI_OK;
	process_last_words(demo->refnic_log, words, sizeof(words));
	return cli_fail(CLI_CHECK_FAILED, "demo: refnic ended with status %d: %s",
			WEXITSTATUS(status), words);
}

static int wind_up(struct demo *demo, bool terminal)
{
	int ret;

	if (demo->finish_ret)
		cli_fail(CLI_LOSS, "demo: %s", demo->err.text);
	ret = record_report(&demo->result, demo->path, true);
	if (!ret || ret == CLI_CHECK_FAILED)
		ret = judge_program(demo);
	if (!terminal) {
		char *stat_argv[] = {"stat", demo->path, NULL};
		int stat_ret = cli_stat(2, stat_argv);

		putchar('\n');
		ret = ret ? ret : stat_ret;
	}
	printf("The recording is in  %s\nLook at it again:    %s top %s\n", demo->path,
	       program_invocation_name, demo->path);
	return ret;
}

static int prepare(struct demo *demo, bool terminal)
{
	int fd;

	if (!find_refnic(demo->refnic, sizeof(demo->refnic)))
		return cli_fail(CLI_UNREADABLE,
				"demo: refnic is neither beside poolscope nor in PATH; build it "
				"with: make");
	if (!demo->path[0] && default_path(demo->path, sizeof(demo->path)))
		return cli_fail(CLI_UNREADABLE,
				"demo: cannot create the folder of %s: %s; give -o FILE",
				demo->path, strerror(errno));
	if (!terminal && !demo->for_ns)
		demo->for_ns = 10000000000;
	strcpy(demo->refnic_log, "/tmp/poolscope-refnic-XXXXXX");
	fd = mkstemp(demo->refnic_log);
	if (fd < 0)
		return cli_fail(CLI_UNREADABLE, "demo: cannot write to /tmp: %s", strerror(errno));
	close(fd);
	return CLI_OK;
}

int cli_demo(int argc, char **argv)
{
	static struct demo demo; /* large, and there is one demo a process */
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	const volatile sig_atomic_t *interrupted;
	struct judge *judge;
	char *line;
	int ret;

	if (argc == 3 && !strcmp(argv[1], "--scenario") && !strcmp(argv[2], "list")) {
		scenario_list();
		return CLI_OK;
	}
	demo.scenario = scenario_find(NULL);
	ret = parse(argc, argv, &demo);
	if (!ret)
		ret = prepare(&demo, terminal);
	if (ret)
		return ret;
	interrupted = record_catch_signals();
	judge = judge_open();
	line = record_command_line(argc, argv);
	ret = start(&demo, line, judge, interrupted);
	if (ret) {
		ret = cli_fail(record_status_of(ret), "demo: %s", demo.err.text);
	} else {
		if (terminal)
			ret = show_live(&demo);
		else
			wait_for_end(&demo);
		ret = ret ? ret : wind_up(&demo, terminal);
	}
	unlink(demo.refnic_log);
	judge_close(judge);
	free(line);
	return ret;
}
