/* SPDX-License-Identifier: MIT */
/*
 * `poolscope import`: the traces are found here, and read in a child process.  A trace is input
 * like any other, and Babeltrace, which decodes it, ends the process on some of it, or asks for
 * memory without end.  What was stored until then is kept, and the next trace goes on in another
 * child.
 */
#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/demand.h"
#include "cli/record.h"
#include "tracer/import.h"
#include "tracer/snapshot.h"
#include "tuner/judge.h"

/* More than any honest trace needs: Babeltrace maps a packet of each stream. */
#define MEMORY_LIMIT_BYTES ((rlim_t)2 << 30)
/* Longer than any honest packet takes to decode. */
#define STUCK_NS INT64_C(20000000000)

/* Where nobody can look, commits are for nobody. */
#define AT_ONCE_BATCH_MS 1000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

enum phase {
	PHASE_OPENING,
	PHASE_READING,
	PHASE_STORING, /* what is left */
	PHASE_DONE,
};

/* What both processes see. */
struct shared {
	struct import_state state;
	atomic_int phase;
	int ret; /* of the child; valid from PHASE_DONE on, with what follows */
	struct db_error err;
	bool again; /* the file could not be written at once: with a journal, then */
	uint64_t events_before, events, lost, open_pools;
};

static struct shared *shared;

struct import {
	const char *path;
	const char *crash; /* folder of buffers that outlived everything */
	int nr_crashed;	   /* recordings in it */
	char *command_line;
	struct demand_import demand;
	struct trace_list list;
	bool is_new, quiet;
	bool crashed; /* the child before this one ended in the middle */
	bool at_once; /* the file is new, and gets its name when it is whole */
};

static void on_signal(int sig)
{
	(void)sig;
	atomic_store(&shared->state.cancelled, true);
}

static int read_seed(const char *text, uint64_t *seed)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		return cli_fail(CLI_USAGE, "import: --seed %s: give a whole number", text);
	return CLI_OK;
}

/* Which of the ways to import is meant, and whether all that it needs is there. */
static int check_options(const struct import *i, bool traces, bool seed)
{
	const struct demand_import *d = &i->demand;
	int nr = traces + !!i->crash + !!d->csv + !!d->pcap;

	if (!i->path)
		return cli_fail(CLI_USAGE, "import: where to? give -o FILE");
	if (!nr)
		return cli_fail(CLI_USAGE, "import: what? give the folder of a CTF trace, or more");
	if (nr > 1)
		return cli_fail(CLI_USAGE, "import: one of traces, --crash DIR, --demand CSV and "
					   "--pcap FILE at a time");
	if (d->pcap && !d->hold)
		return cli_fail(CLI_USAGE,
				"import: a capture does not say how long packets are held; give "
				"--hold SPEC, e.g. --hold lognormal:median=50us,p99=2ms");
	if (!d->pcap && (d->hold || seed))
		return cli_fail(CLI_USAGE, "import: --hold and --seed go with --pcap FILE");
	return CLI_OK;
}

static int parse(int argc, char **argv, struct import *i)
{
	static const struct option longs[] = {
		{"output", required_argument, NULL, 'o'}, {"crash", required_argument, NULL, 'c'},
		{"demand", required_argument, NULL, 'd'}, {"pcap", required_argument, NULL, 'p'},
		{"hold", required_argument, NULL, 'h'},	  {"seed", required_argument, NULL, 's'},
		{"quiet", no_argument, NULL, 'q'},	  {0}};
	bool seed = false;
	int opt;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, ":o:q", longs, NULL)) != -1) {
		switch (opt) {
		case 'o':
			i->path = optarg;
			break;
		case 'c':
			i->crash = optarg;
			break;
		case 'd':
			i->demand.csv = optarg;
			break;
		case 'p':
			i->demand.pcap = optarg;
			break;
		case 'h':
			i->demand.hold = optarg;
			break;
		case 's':
			seed = true;
			if (read_seed(optarg, &i->demand.seed))
				return CLI_USAGE;
			break;
		case 'q':
			i->quiet = true;
			break;
		case ':':
			return cli_fail(CLI_USAGE, "import: %s needs a value", argv[optind - 1]);
		default:
			return cli_unknown_option("import", argv);
		}
	}
	return check_options(i, optind < argc, seed);
}

/* --- the child ----------------------------------------------------------------------------------
 */

static void confine(void)
{
	const struct rlimit memory = {MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES};
	const struct rlimit core = {0, 0};

	if (IS_SANITIZED)
		return;
	setrlimit(RLIMIT_AS, &memory);
	setrlimit(RLIMIT_CORE, &core);
	/* What a library says while it aborts: the parent has words of its own for it. */
	if (!freopen("/dev/null", "w", stderr))
		return;
}

static enum store_end judge_end(const struct import *i, const struct store_progress *p, int ret,
				char *note, size_t size)
{
	unsigned nr_truncated = atomic_load(&shared->state.nr_truncated);

	if (ret == -ECANCELED) {
		snprintf(note, size, "the import was interrupted");
		return STORE_END_STOPPED;
	}
	if (ret || nr_truncated) {
		snprintf(note, size, "imported; not whole: %.90s", shared->state.why);
		return STORE_END_FAILED;
	}
	if (i->crash) {
		snprintf(note, size,
			 "recovered from the buffers of a flight recorder that was killed");
		return STORE_END_PROGRAM_DIED;
	}
	if (p->open_pools) {
		snprintf(note, size, "imported; the trace ends with %llu pool%s open",
			 (unsigned long long)p->open_pools, p->open_pools == 1 ? "" : "s");
		return STORE_END_PROGRAM_DIED;
	}
	snprintf(note, size, "imported");
	return STORE_END_COMPLETE;
}

static int close_store(const struct import *i, struct store *store, int ret)
{
	bool at_once = store_is_at_once(store), failed = *store_error(store);
	struct store_progress progress;
	struct db_error err;
	enum store_end end;
	char note[128];

	atomic_store(&shared->phase, PHASE_STORING);
	store_drain(store);
	store_progress(store, &progress);
	shared->events = progress.events;
	shared->lost = progress.lost;
	/* What a flight recorder's buffers hold ends in the middle of everything. */
	shared->open_pools = i->crash ? 0 : progress.open_pools;
	if (i->crash)
		store_meta(store, "trigger", "crash of the recorder");
	end = judge_end(i, &progress, ret, note, sizeof(note));
	if (store_close(store, end, note, &err)) {
		failed = true;
		if (!ret || ret == -ECANCELED) {
			shared->err = err;
			ret = -EIO;
		}
	}
	shared->again = at_once && failed;
	return ret;
}

static int read_traces(const struct import *i)
{
	struct judge *judge = judge_open();
	const struct store_options options = {
		.command_line = i->command_line,
		.append = true,
		.at_once = i->at_once,
		.batch_ms = i->at_once ? AT_ONCE_BATCH_MS : 0,
		.all_named = true,
		.observe = judge_observe,
		.restart = judge_restart,
		.before_commit = judge_before_commit,
		.ctx = judge,
	};
	struct store_progress before;
	struct store *store;
	int ret = store_open(i->path, &options, &store, &shared->err);

	if (!ret) {
		store_progress(store, &before);
		if (!i->crashed)
			shared->events_before = before.events;
		if (i->crashed)
			store_loss(store, 0, -1, 0, 0, 0, "truncated");
		atomic_store(&shared->phase, PHASE_READING);
		ret = import_run(store, &i->list, &shared->state, &shared->err);
		ret = close_store(i, store, ret);
	}
	judge_close(judge);
	return ret;
}

static void child(const struct import *i)
{
	confine();
	shared->ret = read_traces(i);
	atomic_store(&shared->phase, PHASE_DONE);
	_exit(0);
}

/* --- the parent ----------------------------------------------------------------------------------
 */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void show_progress(const struct import *i, int64_t begun_ns)
{
	double s = (double)(now_ns() - begun_ns) / 1e9;
	double events = (double)atomic_load(&shared->state.events);

	fprintf(stderr, "\rpoolscope: trace %u of %zu, %.1f M events, %.1f M/s\033[K",
		atomic_load(&shared->state.group) + 1, i->list.nr_groups, events / 1e6,
		s > 0 ? events / 1e6 / s : 0);
}

/* Watches one child.  Returns: its status as from waitpid(). */
static int watch(const struct import *i, pid_t pid, int64_t begun_ns)
{
	const struct timespec nap = {.tv_nsec = 10000000};
	bool show = !i->quiet && isatty(STDERR_FILENO);
	uint64_t seen = 0;
	int64_t moved_ns = now_ns(), shown_ns = moved_ns;
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		uint64_t events =
			atomic_load(&shared->state.events) + atomic_load(&shared->state.foreign);

		if (events != seen || atomic_load(&shared->phase) != PHASE_READING)
			moved_ns = now_ns();
		seen = events;
		if (now_ns() - moved_ns > STUCK_NS)
			kill(pid, SIGKILL);
		if (show && now_ns() - shown_ns > 200000000) {
			shown_ns = now_ns();
			show_progress(i, begun_ns);
		}
		nanosleep(&nap, NULL);
	}
	if (show)
		fputs("\r\033[K", stderr);
	return status;
}

/* A child ended in the middle of a group: that one is given up. */
static void note_crash(struct import *i, int status)
{
	unsigned group = atomic_load(&shared->state.group);
	const struct trace_group *g = &i->list.groups[group];

	assert(i->list.groups && group < i->list.nr_groups);
	if (!atomic_fetch_add(&shared->state.nr_truncated, 1))
		snprintf(shared->state.why, sizeof(shared->state.why),
			 "%.300s: Babeltrace gave up (%s); what it had read is stored",
			 i->list.dirs[g->first],
			 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit");
	atomic_store(&shared->state.group, group + 1);
	i->crashed = true;
}

/*
 * The file could not be written at once: the disk is full, say, or Babeltrace ended the process.
 * All of it is done again into a file that has its name and a journal, and so keeps what there was.
 */
static void start_again(struct import *i)
{
	struct import_state *state = &shared->state;

	i->at_once = false;
	i->is_new = access(i->path, F_OK);
	atomic_store(&state->events, 0);
	atomic_store(&state->foreign, 0);
	atomic_store(&state->group, 0);
	atomic_store(&state->nr_truncated, 0);
}

/* Returns: 0 or -errno with shared->err. */
static int import_all(struct import *i)
{
	int64_t begun_ns = now_ns();

	for (;;) {
		int status;
		pid_t pid;

		atomic_store(&shared->phase, PHASE_OPENING);
		fflush(NULL);
		pid = fork();
		if (!pid)
			child(i);
		if (pid < 0) {
			snprintf(shared->err.text, sizeof(shared->err.text), "cannot fork: %s",
				 strerror(errno));
			return -EIO;
		}
		status = watch(i, pid, begun_ns);
		if (i->at_once && (atomic_load(&shared->phase) != PHASE_DONE || shared->again) &&
		    !atomic_load(&shared->state.cancelled)) {
			start_again(i);
			continue;
		}
		if (atomic_load(&shared->phase) == PHASE_DONE)
			return shared->ret;
		if (atomic_load(&shared->phase) != PHASE_READING ||
		    atomic_load(&shared->state.group) >= i->list.nr_groups) {
			snprintf(shared->err.text, sizeof(shared->err.text),
				 "the process that reads died: %s",
				 WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit");
			return -EIO;
		}
		note_crash(i, status);
	}
}

static int make_scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	char *path = shared->state.scratch;

	if (!tmp || !*tmp || strlen(tmp) > sizeof(shared->state.scratch) - 32)
		tmp = "/tmp";
	snprintf(path, sizeof(shared->state.scratch), "%s/poolscope-import-XXXXXX", tmp);
	if (mkdtemp(path))
		return CLI_OK;
	return cli_fail(CLI_UNREADABLE, "import: cannot create a folder in %s: %s", tmp,
			strerror(errno));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_file(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	char name[4096];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++)
		if (snprintf(name, sizeof(name), "%s%s", path, tails[i]) < (int)sizeof(name))
			unlink(name);
}

/* The status that stat gives the file, too. */
static int status_of(int ret)
{
	bool whole = !atomic_load(&shared->state.nr_truncated) && !ret;

	if (whole && shared->open_pools)
		cli_fail(0, "import: the trace ends with %llu pool%s open: its program died",
			 (unsigned long long)shared->open_pools,
			 shared->open_pools == 1 ? "" : "s");
	return whole && !shared->lost && !shared->open_pools ? CLI_OK : CLI_LOSS;
}

static int report(const struct import *i, int ret)
{
	unsigned nr_truncated = atomic_load(&shared->state.nr_truncated);
	unsigned long long read = atomic_load(&shared->state.events);

	if (ret && ret != -ECANCELED)
		return cli_fail(ret == -EEXIST ? CLI_USAGE : CLI_UNREADABLE, "import: %s",
				shared->err.text);
	if (nr_truncated)
		cli_fail(0, "import: %s", shared->state.why);
	if (nr_truncated > 1)
		cli_fail(0, "import: %u more traces are not whole", nr_truncated - 1);
	if (ret == -ECANCELED)
		cli_fail(0, "import: interrupted; run it again for the rest");
	else if (!read && nr_truncated)
		return CLI_UNREADABLE;
	else if (!read)
		return cli_fail(CLI_UNREADABLE,
				"import: no event of provider poolscope is in the trace");
	if (shared->lost)
		cli_fail(0, "%llu events were lost; table `loss` of %s says when",
			 (unsigned long long)shared->lost, i->path);
	if (i->crash && !i->quiet)
		cli_fail(0,
			 "%llu events in %s, of %d recording%s; the buffers in %s are as they were",
			 (unsigned long long)shared->events, i->path, i->nr_crashed,
			 i->nr_crashed == 1 ? "" : "s", i->crash);
	else if (!i->quiet)
		cli_fail(0,
			 "%llu events in %s, %llu of them new; look at it with: poolscope top %s",
			 (unsigned long long)shared->events, i->path,
			 (unsigned long long)(shared->events - shared->events_before), i->path);
	return status_of(ret);
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* The traces that were named, or those that lttng-crash makes of the buffers. */
static int find_traces(struct import *i, const char *const *paths, size_t nr)
{
	const char *scratch = shared->state.scratch;
	struct db_error err;
	int ret = 0;

	if (i->crash && !i->is_new)
		return cli_fail(CLI_USAGE, "import: %s: is there already; choose another name",
				i->path);
	if (i->crash) {
		i->nr_crashed = snapshot_recover(i->crash, scratch, &err);
		ret = i->nr_crashed < 0 ? i->nr_crashed : 0;
		shared->state.flight = true;
		paths = &scratch;
		nr = 1;
	}
	if (!ret)
		ret = trace_list_find(&i->list, paths, nr, &err);
	return ret ? cli_fail(CLI_UNREADABLE, "import: %s", err.text) : CLI_OK;
}

static int import_list(struct import *i)
{
	int ret;

	catch_signals();
	ret = import_all(i);
	if (i->is_new && !atomic_load(&shared->state.events) && ret != -EEXIST)
		remove_file(i->path);
	return report(i, ret);
}

int cli_import(int argc, char **argv)
{
	struct import i = {.demand.seed = 1};
	int ret = parse(argc, argv, &i);

	if (ret || !i.path)
		return ret;
	if (i.demand.csv || i.demand.pcap) {
		i.command_line = record_command_line(argc, argv);
		i.demand.path = i.path;
		i.demand.quiet = i.quiet;
		i.demand.command_line = i.command_line;
		ret = demand_import(&i.demand);
		free(i.command_line);
		return ret;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return cli_fail(CLI_UNREADABLE, "import: out of memory");
	ret = make_scratch();
	if (ret)
		return ret;
	i.at_once = i.is_new = access(i.path, F_OK);
	i.command_line = record_command_line(argc, argv);
	ret = find_traces(&i, (const char *const *)argv + optind, (size_t)(argc - optind));
	if (!ret)
		ret = import_list(&i);
	nftw(shared->state.scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(i.command_line);
	trace_list_release(&i.list);
	munmap(shared, sizeof(*shared));
	return ret;
}
