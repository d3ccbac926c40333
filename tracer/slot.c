/* SPDX-License-Identifier: MIT */
#include "tracer/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static int link_in(const struct slot *s, const char *target, const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return symlink(target, path) ? -errno : 0;
}

static int make(struct slot *s, const char *scratch, const char *path)
{
	char target[PATH_MAX + 16];
	int ret;

	snprintf(s->dir, sizeof(s->dir), "%s/XXXXXX", scratch);
	if (!mkdtemp(s->dir)) {
		s->dir[0] = '\0';
		return -errno;
	}
	s->fd = memfd_create("piece", MFD_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	snprintf(target, sizeof(target), "%s/metadata", path);
	ret = link_in(s, target, "metadata");
	snprintf(target, sizeof(target), "/proc/self/fd/%d", s->fd);
	return ret ? ret : link_in(s, target, "stream");
}

int slot_open(struct slot *s, const char *scratch, const char *path, struct db_error *err)
{
	int ret;

	*s = (struct slot){.fd = -1};
	ret = make(s, scratch, path);
	if (!ret)
		return 0;
	snprintf(err->text, sizeof(err->text), "cannot make a folder in %s: %s", scratch,
		 strerror(-ret));
	slot_close(s);
	return ret;
}

/* Where the kernel cannot do it: not every file system can be spliced from. */
static ssize_t copy_some(int to, int from, off_t *offset, uint64_t bytes)
{
	char buffer[65536];
	ssize_t n = pread(from, buffer, bytes < sizeof(buffer) ? bytes : sizeof(buffer), *offset);

	if (n <= 0)
		return n;
	n = write(to, buffer, (size_t)n);
	if (n > 0)
		*offset += n;
	return n;
}

static int copy(int to, int from, uint64_t at, uint64_t bytes)
{
	off_t offset = (off_t)at;
	bool by_hand = false;

	if (lseek(to, 0, SEEK_SET) || ftruncate(to, (off_t)bytes))
		return -errno;
	while (bytes) {
		ssize_t n = by_hand ? copy_some(to, from, &offset, bytes)
				    : sendfile(to, from, &offset, bytes);

		if (n < 0 && !by_hand && (errno == EINVAL || errno == ENOSYS)) {
			by_hand = true;
			continue;
		}
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes -= (uint64_t)n;
	}
	return 0;
}

int slot_fill(struct slot *s, const char *file, uint64_t from, uint64_t bytes, struct db_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret;

	ret = fd < 0 ? -errno : copy(s->fd, fd, from, bytes);
	if (fd >= 0)
		close(fd);
	if (ret)
		snprintf(err->text, sizeof(err->text), "%.300s: cannot be read: %s", file,
			 strerror(-ret));
	return ret;
}

void slot_close(struct slot *s)
{
	static const char *const names[] = {"metadata", "stream"};
	char path[PATH_MAX + 16];

	for (size_t i = 0; s->dir[0] && i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, names[i]);
		unlink(path);
	}
	if (s->dir[0])
		rmdir(s->dir);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct slot){.fd = -1};
}
