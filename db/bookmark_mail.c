/* SPDX-License-Identifier: MIT */
#include "db/bookmark_mail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/error.h"

#define MAIL_MAX (64 << 10) /* bytes: more was not made by people */

static int name_of(const char *path, char *name)
{
	return snprintf(name, PATH_MAX, "%s" BOOKMARK_MAIL_NAME, path) < PATH_MAX ? 0
										  : -ENAMETOOLONG;
}

void mail_format(const struct bookmark *b, char *text, size_t size)
{
	if (b->gone)
		snprintf(text, size, "unset %c\n", b->letter);
	else
		snprintf(text, size, "set %c %lld %lld %lld %s %s\n", b->letter,
			 (long long)b->ts_ns, (long long)b->pool, (long long)b->set_ns,
			 b->view[0] ? b->view : "-", b->note);
	for (char *c = text; *c && c[1]; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

/* A number with a blank before it, and a blank or the end after it. */
static bool take_number(const char **at, int64_t *value)
{
	char *end;

	if (**at != ' ')
		return false;
	errno = 0;
	*value = strtoll(*at + 1, &end, 10);
	if (errno || end == *at + 1 || (*end && *end != ' '))
		return false;
	*at = end;
	return true;
}

static bool take_view(const char **at, char view[BOOKMARK_VIEW_MAX])
{
	size_t len = **at == ' ' ? strcspn(*at + 1, " ") : 0;

	if (!len || len >= BOOKMARK_VIEW_MAX)
		return false;
	memcpy(view, *at + 1, len);
	view[len] = 0;
	if (strcmp(view, "-") == 0)
		view[0] = 0;
	*at += 1 + len;
	return true;
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

bool mail_parse(const char *line, struct bookmark *b)
{
	const char *at = line + 5;

	memset(b, 0, sizeof(*b));
	if (strncmp(line, "unset ", 6) == 0) {
		b->gone = true;
		b->letter = line[6];
		return is_letter(b->letter) && !line[7];
	}
	if (strncmp(line, "set ", 4) != 0 || !is_letter(line[4]))
		return false;
	b->letter = line[4];
	if (!take_number(&at, &b->ts_ns) || !take_number(&at, &b->pool) ||
	    !take_number(&at, &b->set_ns) || !take_view(&at, b->view) || b->ts_ns < 0 ||
	    b->ts_ns > INT64_C(1) << 62 || b->pool > UINT32_MAX)
		return false;
	b->pool = b->pool < 0 ? -1 : b->pool;
	snprintf(b->note, sizeof(b->note), "%s", *at ? at + 1 : "");
	return true;
}

/* A plain file of this user or of root: who may not write the recording has no say in it. */
static bool is_mail(int fd, struct stat *st)
{
	return !fstat(fd, st) && S_ISREG(st->st_mode) &&
	       (st->st_uid == geteuid() || st->st_uid == 0);
}

/* The one that has the name still: a recorder may have taken it since it was opened. */
static bool is_named(const char *name, const struct stat *st)
{
	struct stat now;

	return !lstat(name, &now) && now.st_dev == st->st_dev && now.st_ino == st->st_ino;
}

static int put_line(int fd, const char *name, const char *line)
{
	struct stat st;
	size_t len = strlen(line);
	ssize_t nr;

	if (flock(fd, LOCK_EX | LOCK_NB))
		return -EAGAIN;
	if (!is_mail(fd, &st) || !is_named(name, &st))
		return -EAGAIN;
	if ((size_t)st.st_size + len > MAIL_MAX)
		return -ENOSPC;
	nr = write(fd, line, len);
	if (nr == (ssize_t)len)
		return 0;
	/* Half a line would spoil the next one. */
	nr = nr < 0 ? -errno : -ENOSPC;
	return ftruncate(fd, st.st_size) ? -EIO : (int)nr;
}

int mail_put(const char *path, const struct bookmark *b, struct db_error *err)
{
	char name[PATH_MAX], line[512];
	int fd, ret = name_of(path, name);

	if (ret)
		return db_fail(err, ret, "%s: name too long", path);
	mail_format(b, line, sizeof(line));
	fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (fd < 0)
		return db_fail(err, -errno, "%s: %s", name, strerror(errno));
	ret = put_line(fd, name, line);
	close(fd);
	return ret ? db_fail(err, ret, "%s: %s", name, strerror(-ret)) : 0;
}

static void hand_over(char *text, void (*each)(const struct bookmark *, void *), void *ctx)
{
	struct bookmark b;
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (mail_parse(line, &b))
			each(&b, ctx);
}

int mail_read(const char *path, void (*each)(const struct bookmark *b, void *ctx), void *ctx)
{
	char name[PATH_MAX], *text;
	struct stat st;
	ssize_t nr;
	int fd;

	if (name_of(path, name))
		return -1;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	text = malloc(MAIL_MAX + 1);
	if (!text || !is_mail(fd, &st) || flock(fd, LOCK_EX | LOCK_NB) || !is_named(name, &st)) {
		free(text);
		close(fd);
		return -1;
	}
	nr = read(fd, text, MAIL_MAX);
	text[nr > 0 ? nr : 0] = 0;
	hand_over(text, each, ctx);
	free(text);
	return fd;
}

void mail_close(const char *path, int mail, bool remove)
{
	char name[PATH_MAX];

	if (remove && !name_of(path, name))
		unlink(name);
	close(mail);
}
