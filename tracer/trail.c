/* SPDX-License-Identifier: MIT */
#include "tracer/trail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/daemons.h"

static const char suffix[] = ".trail";

static int fail_errno(struct db_error *err, int code, const char *doing, const char *what)
{
	snprintf(err->text, sizeof(err->text), "%s %.300s: %s", doing, what, strerror(code));
	return -code;
}

int trail_absolute(const char *path, char *absolute, size_t size, struct db_error *err)
{
	const char *name = strrchr(path, '/');
	char folder[PATH_MAX], real[PATH_MAX];

	name = name ? name + 1 : path;
	if ((size_t)(name - path) >= sizeof(folder))
		return fail_errno(err, ENAMETOOLONG, "cannot use", path);
	snprintf(folder, sizeof(folder), "%.*s", (int)(name - path), path);
	if (!realpath(*folder ? folder : ".", real))
		return fail_errno(err, errno, "cannot write", path);
	if (snprintf(absolute, size, "%s/%s", strcmp(real, "/") != 0 ? real : "", name) >=
	    (int)size)
		return fail_errno(err, ENAMETOOLONG, "cannot use", path);
	return 0;
}

static int lock_file(int fd)
{
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int trail_add(struct trail *t, const char *fmt, ...)
{
	char line[PATH_MAX + 64];
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (len < 0 || len >= (int)sizeof(line) - 1)
		return -ENAMETOOLONG;
	line[len++] = '\n';
	/* One write: a line is there or not, and half of one has no end. */
	return write(t->fd, line, (size_t)len) == len ? 0 : -EIO;
}

int trail_open(struct trail *t, const char *database, const char *session, struct db_error *err)
{
	char dir[256];
	int ret;

	*t = (struct trail){.fd = -1};
	snprintf(t->session, sizeof(t->session), "%s", session);
	ret = trail_absolute(database, t->database, sizeof(t->database), err);
	if (!ret)
		ret = sessiond_state_dir(dir, sizeof(dir), err);
	if (ret)
		return ret;
	snprintf(t->path, sizeof(t->path), "%s/%s%s", dir, session, suffix);
	t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return fail_errno(err, errno, "cannot write", t->path);
	ret = lock_file(t->fd);
	if (!ret)
		ret = trail_add(t, "database %s", t->database);
	if (!ret)
		ret = trail_add(t, "session %s", t->session);
	if (!ret)
		ret = trail_add(t, "recorder %d", (int)getpid());
	if (ret) {
		trail_remove(t);
		return fail_errno(err, -ret, "cannot write", t->path);
	}
	return 0;
}

static void read_line(struct trail *t, const char *line)
{
	const char *value = strchr(line, ' ');
	unsigned long long start = 0;
	int pid = 0, *p = t->ports;

	value = value ? value + 1 : "";
	if (!strncmp(line, "database ", 9)) {
		snprintf(t->database, sizeof(t->database), "%s", value);
	} else if (!strncmp(line, "session ", 8)) {
		snprintf(t->session, sizeof(t->session), "%s", value);
	} else if (!strncmp(line, "scratch ", 8)) {
		snprintf(t->scratch, sizeof(t->scratch), "%s", value);
	} else if (!strncmp(line, "trace ", 6)) {
		snprintf(t->trace, sizeof(t->trace), "%s", value);
	} else if (sscanf(line, "relayd %d %llu %d %d %d", &pid, &start, &p[0], &p[1], &p[2]) ==
		   5) {
		t->relayd = pid;
		t->relayd_start = start;
	} else if (sscanf(line, "program %d %llu", &pid, &start) == 2) {
		t->program = pid;
		t->program_start = start;
	} else if (!strncmp(line, "process ", 8)) {
		t->processes++;
	} else if (sscanf(line, "recorder %d", &pid) == 1) {
		t->recorder = pid;
	} else if (!strcmp(line, "flight")) {
		t->flight = true;
	} else if (!strcmp(line, "stored")) {
		t->stored = true;
	}
}

/* Half a line at the end was being written when the recorder was killed: it does not count. */
static int read_lines(struct trail *t)
{
	FILE *f = fopen(t->path, "re");
	char line[PATH_MAX + 64];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		char *end = strchr(line, '\n');

		if (!end)
			break;
		*end = 0;
		read_line(t, line);
	}
	fclose(f);
	return 0;
}

/* Opens, locks and reads one.  Returns: 0, -EBUSY its recorder lives, -ENOENT it has gone. */
static int take(struct trail *t, const char *path)
{
	struct stat st;
	int ret;

	*t = (struct trail){.fd = -1};
	snprintf(t->path, sizeof(t->path), "%s", path);
	ret = read_lines(t);
	if (ret)
		return ret;
	t->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (t->fd < 0)
		return -errno;
	ret = lock_file(t->fd) ? -EBUSY : 0;
	/* Between the two its owner may have ended and removed it. */
	if (!ret && (fstat(t->fd, &st) || !st.st_nlink))
		ret = -ENOENT;
	if (ret) {
		trail_release(t);
		return ret;
	}
	/* Now that nobody adds to it: all of it. */
	t->processes = 0;
	return read_lines(t);
}

static bool is_trail(const char *name)
{
	size_t len = strlen(name);

	return len > sizeof(suffix) && !strcmp(name + len - sizeof(suffix) + 1, suffix);
}

/* Calls with the path of each trail until it returns not 0. */
static int walk(int (*visit)(const char *path, void *ctx), void *ctx, struct db_error *err)
{
	char dir[256], path[600];
	struct dirent *entry;
	DIR *d;
	int ret = sessiond_state_dir(dir, sizeof(dir), err);

	if (ret)
		return ret;
	d = opendir(dir);
	if (!d)
		return fail_errno(err, errno, "cannot read", dir);
	while (!ret && (entry = readdir(d))) {
		if (!is_trail(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		ret = visit(path, ctx);
	}
	closedir(d);
	return ret;
}

struct search {
	const char *database;
	char path[PATH_MAX];
	struct timespec changed;
};

static int compare(const char *path, void *ctx)
{
	struct trail t = {.fd = -1};
	struct search *s = ctx;
	struct stat st;

	snprintf(t.path, sizeof(t.path), "%s", path);
	if (read_lines(&t) || strcmp(t.database, s->database) != 0 || stat(path, &st))
		return 0;
	if (*s->path &&
	    (st.st_mtim.tv_sec < s->changed.tv_sec ||
	     (st.st_mtim.tv_sec == s->changed.tv_sec && st.st_mtim.tv_nsec < s->changed.tv_nsec)))
		return 0;
	snprintf(s->path, sizeof(s->path), "%s", path);
	s->changed = st.st_mtim;
	return 0;
}

int trail_find(struct trail *t, const char *database, struct db_error *err)
{
	char absolute[PATH_MAX];
	struct search search = {.database = absolute};
	int ret = trail_absolute(database, absolute, sizeof(absolute), err);

	t->fd = -1;
	if (!ret)
		ret = walk(compare, &search, err);
	if (ret)
		return ret;
	ret = *search.path ? take(t, search.path) : -ENOENT;
	if (ret == -EBUSY)
		snprintf(err->text, sizeof(err->text), "%s: its recorder still runs", database);
	else if (ret)
		snprintf(err->text, sizeof(err->text),
			 "%s: no recording of it was left unfinished here", database);
	return ret;
}

struct visitor {
	void (*each)(struct trail *t, void *ctx);
	void *ctx;
	int nr;
};

static int visit_left(const char *path, void *ctx)
{
	struct visitor *v = ctx;
	struct trail t;

	if (take(&t, path))
		return 0;
	v->nr++;
	v->each(&t, v->ctx);
	trail_release(&t);
	return 0;
}

int trail_each_left(void (*each)(struct trail *t, void *ctx), void *ctx, struct db_error *err)
{
	struct visitor v = {.each = each, .ctx = ctx};
	int ret = walk(visit_left, &v, err);

	return ret ? ret : v.nr;
}

static int visit_alive(const char *path, void *ctx)
{
	struct visitor *v = ctx;
	struct trail t;
	int ret = take(&t, path);

	if (!ret)
		trail_release(&t);
	if (ret != -EBUSY)
		return 0;
	v->nr++;
	v->each(&t, v->ctx);
	return 0;
}

int trail_each_alive(void (*each)(struct trail *t, void *ctx), void *ctx, struct db_error *err)
{
	struct visitor v = {.each = each, .ctx = ctx};
	int ret = walk(visit_alive, &v, err);

	return ret ? ret : v.nr;
}

void trail_remove(struct trail *t)
{
	if (t->fd >= 0)
		unlink(t->path);
	trail_release(t);
}

void trail_release(struct trail *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}
