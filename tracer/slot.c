/* SPDX-License-Identifier: MIT */
#include "tracer/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracer/piece_metadata.h"

static int link_in(const struct slot *s, const char *target, const char *name)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return symlink(target, path) ? -errno : 0;
}

static int write_metadata(const struct slot *s, const char *text)
{
	char path[PATH_MAX + 16];
	FILE *f;
	bool failed;

	snprintf(path, sizeof(path), "%s/metadata", s->dir);
	f = fopen(path, "wxe");
	if (!f)
		return -errno;
	failed = fputs(text, f) < 0;
	failed |= fclose(f) != 0;
	return failed ? -EIO : 0;
}

static int put_metadata(const struct slot *s, const char *path)
{
	char target[PATH_MAX + 16], *text = piece_metadata(path);
	int ret;

	snprintf(target, sizeof(target), "%s/metadata", path);
	ret = text ? write_metadata(s, text) : link_in(s, target, "metadata");
	free(text);
	return ret;
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
	ret = put_metadata(s, path);
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

/*
 * The pages of the file stay mapped from piece to piece, so that a piece is one copy from the
 * system's memory into them.
 */
static int make_room(struct slot *s, uint64_t bytes)
{
	if (ftruncate(s->fd, (off_t)bytes))
		return -errno;
	if (bytes <= s->map_bytes)
		return 0;
	if (s->map)
		munmap(s->map, s->map_bytes);
	s->map_bytes = 2 * bytes; /* pieces are of about the same size */
	s->map = mmap(NULL, s->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	if (s->map != MAP_FAILED)
		return 0;
	s->map = NULL;
	s->map_bytes = 0;
	return -errno;
}

static int copy(struct slot *s, int from, uint64_t at, uint64_t bytes)
{
	int ret = make_room(s, bytes);

	for (uint64_t done = 0; !ret && done < bytes;) {
		ssize_t n = pread(from, (char *)s->map + done, bytes - done, (off_t)(at + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			ret = n ? -errno : -EIO;
		else
			done += (uint64_t)n;
	}
	return ret;
}

int slot_fill(struct slot *s, const char *file, uint64_t from, uint64_t bytes, struct db_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), ret;

	ret = fd < 0 ? -errno : copy(s, fd, from, bytes);
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
	if (s->map)
		munmap(s->map, s->map_bytes);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct slot){.fd = -1};
}
