/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <lttng/lttng.h>

#include "tracer/daemons.h"
#include "tracer/process.h"

/*
 * What recordings of one user agree on: a folder with two lock files, and `sessiond`, which holds
 * pid and start time of a session daemon that a recording started.  The folder is keyed by
 * LTTNG_HOME or HOME, since that is what tells one user's session daemons apart.
 */
int sessiond_state_dir(char *path, size_t size, struct db_error *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	const char *home = getenv("LTTNG_HOME");
	unsigned long key = 5381;
	struct stat st;

	if (!home || !*home)
		home = getenv("HOME");
	for (const char *c = home ? home : ""; *c; c++)
		key = key * 33 + (unsigned char)*c;
	if (runtime && *runtime && !access(runtime, W_OK))
		snprintf(path, size, "%s/poolscope-%lx", runtime, key & 0xffffffff);
	else
		snprintf(path, size, "/tmp/poolscope-%u-%lx", (unsigned)getuid(), key & 0xffffffff);
	if (mkdir(path, 0700) && errno != EEXIST) {
		snprintf(err->text, sizeof(err->text), "cannot create %s: %s", path,
			 strerror(errno));
		return -EIO;
	}
	/* In /tmp anybody could have made it first: it must be ours, and a real folder. */
	if (lstat(path, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
		snprintf(err->text, sizeof(err->text), "%s is not a folder of ours; remove it",
			 path);
		return -EIO;
	}
	return 0;
}

static int open_in(const char *dir, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static int remember(pid_t pid, void *ctx)
{
	const struct sessiond *d = ctx;
	int fd = open_in(d->state_dir, "sessiond");

	if (fd < 0)
		return -EIO;
	if (!ftruncate(fd, 0))
		dprintf(fd, "%d %llu\n", (int)pid, (unsigned long long)process_start_time(pid));
	close(fd);
	return 0;
}

/* Returns: the pid of the daemon that a recording started, if that very process still runs; else 0.
 */
static pid_t recall(const struct sessiond *d)
{
	char path[300];
	int pid = 0;
	unsigned long long start = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sessiond", d->state_dir);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%d %llu", &pid, &start) != 2)
		pid = 0;
	fclose(f);
	return process_is(pid, start) ? pid : 0;
}

static int wait_alive(pid_t pid, const char *log_path, struct db_error *err)
{
	const struct timespec nap = {.tv_nsec = 10000000};
	char words[300];

	for (int i = 0; i < 1500; i++) {
		if (lttng_session_daemon_alive() == 1)
			return 0;
		if (!process_alive(pid))
			break;
		nanosleep(&nap, NULL);
	}
	process_last_words(log_path, words, sizeof(words));
	snprintf(err->text, sizeof(err->text), "lttng-sessiond does not start: %s",
		 *words ? words : "no answer within 15 s");
	return -EIO;
}

static int start_daemon(struct sessiond *d, const char *log_path, struct db_error *err)
{
	char *argv[] = {"lttng-sessiond", "--no-kernel", NULL};
	const struct process_plan plan = {
		.argv = argv, .output = log_path, .daemon = true, .born = remember, .ctx = d};
	pid_t pid = process_start(&plan);
	int ret;

	if (pid == -ENOENT) {
		snprintf(err->text, sizeof(err->text),
			 "lttng-sessiond is not installed; install it with: apt-get install "
			 "lttng-tools");
		return -ENOENT;
	}
	if (pid < 0) {
		snprintf(err->text, sizeof(err->text), "cannot start lttng-sessiond: %s",
			 strerror((int)-pid));
		return -EIO;
	}
	ret = wait_alive(pid, log_path, err);
	if (ret)
		process_end(pid, SIGTERM, 5000);
	return ret;
}

/* flock() that a signal does not cut short; for the two locks, which are never held for long. */
static void lock(int fd, int how)
{
	while (flock(fd, how) && errno == EINTR)
		;
}

/*
 * Takes the daemon that answers, or starts one.  A daemon that is just ending answers no more but
 * still forbids a second one: that takes a moment.
 */
static int find_or_start(struct sessiond *d, const char *log_path, struct db_error *err)
{
	const struct timespec nap = {.tv_nsec = 250000000};
	int ret = 0;

	for (int attempt = 0; attempt < 20; attempt++) {
		if (lttng_session_daemon_alive() == 1)
			return 0;
		ret = start_daemon(d, log_path, err);
		if (ret != -EIO)
			return ret;
		nanosleep(&nap, NULL);
	}
	return ret;
}

/* Opens both locks and takes a share of the second, the first being held. */
static int enter(struct sessiond *d, struct db_error *err)
{
	int ret;

	d->lock_fd = d->users_fd = -1;
	ret = sessiond_state_dir(d->state_dir, sizeof(d->state_dir), err);
	if (ret)
		return ret;
	d->lock_fd = open_in(d->state_dir, "lock");
	d->users_fd = open_in(d->state_dir, "users");
	if (d->lock_fd < 0 || d->users_fd < 0) {
		snprintf(err->text, sizeof(err->text), "cannot write in %s: %s", d->state_dir,
			 strerror(errno));
		sessiond_release(d);
		return -EIO;
	}
	lock(d->lock_fd, LOCK_EX);
	lock(d->users_fd, LOCK_SH);
	return 0;
}

int sessiond_acquire(struct sessiond *d, const char *log_path, struct db_error *err)
{
	int ret = enter(d, err);

	if (ret)
		return ret;
	ret = find_or_start(d, log_path, err);
	lock(d->lock_fd, LOCK_UN);
	if (ret)
		sessiond_release(d);
	return ret;
}

int sessiond_join(struct sessiond *d, struct db_error *err)
{
	int ret = enter(d, err);

	if (ret)
		return ret;
	ret = lttng_session_daemon_alive() == 1 ? 0 : -ESRCH;
	lock(d->lock_fd, LOCK_UN);
	if (ret)
		sessiond_release(d);
	return ret;
}

static int count_sessions(void)
{
	struct lttng_session *sessions = NULL;
	int nr = lttng_list_sessions(&sessions);

	free(sessions);
	return nr;
}

/* The first lock being held: the daemon that a recording started, if nobody needs it now. */
static pid_t idle(const struct sessiond *d, int sessions)
{
	pid_t ours = recall(d);

	return ours && !flock(d->users_fd, LOCK_EX | LOCK_NB) && count_sessions() <= sessions ? ours
											      : 0;
}

pid_t sessiond_idle(int sessions)
{
	struct db_error ignored;
	struct sessiond d;
	pid_t pid;

	if (enter(&d, &ignored))
		return 0;
	pid = idle(&d, sessions);
	close(d.users_fd);
	close(d.lock_fd);
	return pid;
}

void sessiond_release(struct sessiond *d)
{
	pid_t ours;

	if (d->lock_fd >= 0 && d->users_fd >= 0) {
		lock(d->lock_fd, LOCK_EX);
		ours = idle(d, 0);
		if (ours)
			process_end(ours, SIGTERM, 10000);
	}
	sessiond_leave(d);
}

void sessiond_leave(struct sessiond *d)
{
	if (d->users_fd >= 0)
		close(d->users_fd);
	if (d->lock_fd >= 0)
		close(d->lock_fd);
	d->lock_fd = d->users_fd = -1;
}
