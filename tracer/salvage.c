/* SPDX-License-Identifier: MIT */
#include "tracer/salvage.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/packet.h"

struct stream_file {
	int fd, copy_fd; /* copy_fd -1: not damaged so far */
	uint64_t size;
	unsigned char uuid[16];
	bool has_uuid;
	const char *copy_name;
	int dir_fd; /* where the copy goes */
};

static bool read_head(struct stream_file *f, uint64_t at, struct packet_head *h)
{
	bool swapped;

	if (pread(f->fd, h, sizeof(*h), (off_t)at) != (ssize_t)sizeof(*h))
		return false;
	swapped = h->magic == __builtin_bswap32(PACKET_MAGIC);
	if (h->magic != PACKET_MAGIC && !swapped)
		return false;
	if (swapped) {
		h->content_size = __builtin_bswap64(h->content_size);
		h->packet_size = __builtin_bswap64(h->packet_size);
	}
	return !f->has_uuid || !memcmp(h->uuid, f->uuid, sizeof(h->uuid));
}

/* Returns: bytes of the whole packet that begins there, or 0. */
static uint64_t packet_at(struct stream_file *f, uint64_t at)
{
	struct packet_head h;
	uint64_t bytes;

	if (!read_head(f, at, &h) || h.packet_size % 8 || h.content_size > h.packet_size ||
	    h.content_size < sizeof(h) * 8)
		return 0;
	bytes = h.packet_size / 8;
	if (bytes > f->size - at)
		return 0;
	if (!f->has_uuid) {
		memcpy(f->uuid, h.uuid, sizeof(f->uuid));
		f->has_uuid = true;
	}
	return bytes;
}

/* Copies a range to the end of the copy.  0 or -errno. */
static int copy_range(struct stream_file *f, uint64_t from, uint64_t bytes)
{
	char buffer[65536];

	while (bytes) {
		size_t want = bytes < sizeof(buffer) ? bytes : sizeof(buffer);
		ssize_t n = pread(f->fd, buffer, want, (off_t)from);

		if (n <= 0)
			return n ? -errno : -EIO;
		if (write(f->copy_fd, buffer, (size_t)n) != n)
			return errno ? -errno : -ENOSPC;
		from += (uint64_t)n;
		bytes -= (uint64_t)n;
	}
	return 0;
}

/* From the first damage on, what is whole is copied; what lies before it was. */
static int begin_copy(struct stream_file *f, uint64_t whole)
{
	if (f->copy_fd >= 0)
		return 0;
	f->copy_fd = openat(f->dir_fd, f->copy_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return f->copy_fd < 0 ? -errno : copy_range(f, 0, whole);
}

/* Walks the packets.  *cut: bytes that belong to none.  0 or -errno. */
static int walk_packets(struct stream_file *f, uint64_t *cut)
{
	uint64_t at = 0;
	int ret = 0;

	*cut = 0;
	while (!ret && at < f->size) {
		uint64_t bytes = packet_at(f, at), left = f->size - at;

		if (bytes) {
			if (f->copy_fd >= 0)
				ret = copy_range(f, at, bytes);
			at += bytes;
			continue;
		}
		ret = begin_copy(f, at);
		*cut += left < PACKET_PAGE ? left : PACKET_PAGE - at % PACKET_PAGE;
		at += left < PACKET_PAGE ? left : PACKET_PAGE - at % PACKET_PAGE;
	}
	return ret;
}

static int link_file(const char *dir, const char *name, int to_fd)
{
	char path[PATH_MAX + 256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return symlinkat(path, to_fd, name) ? -errno : 0;
}

static int take_stream(struct salvage *s, const char *dir, const char *name, int from_fd, int to_fd)
{
	struct stream_file f = {.copy_fd = -1, .copy_name = name, .dir_fd = to_fd};
	struct stat st;
	uint64_t cut = 0;
	int ret = 0;

	f.fd = openat(from_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f.fd < 0 || fstat(f.fd, &st)) {
		ret = -errno;
	} else if (S_ISREG(st.st_mode)) {
		f.size = (uint64_t)st.st_size;
		ret = walk_packets(&f, &cut);
	}
	if (!ret && cut) {
		if (!s->nr_damaged++)
			snprintf(s->first, sizeof(s->first), "%s", name);
		s->cut_bytes += cut;
		/* No whole packet in it: Babeltrace takes no empty stream either. */
		if (cut == f.size)
			unlinkat(to_fd, name, 0);
	} else if (!ret && f.size) {
		ret = link_file(dir, name, to_fd);
	}
	if (f.copy_fd >= 0)
		close(f.copy_fd);
	if (f.fd >= 0)
		close(f.fd);
	return ret;
}

static int take_all(struct salvage *s, const char *dir, DIR *from, int to_fd)
{
	struct dirent *entry;
	int ret = 0;

	/* The folder `index` is left behind: it describes the damaged files. */
	while (!ret && (entry = readdir(from))) {
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(dirfd(from), entry->d_name, &st, 0) ||
		    !S_ISREG(st.st_mode))
			continue;
		if (!strcmp(entry->d_name, "metadata"))
			ret = link_file(dir, entry->d_name, to_fd);
		else
			ret = take_stream(s, dir, entry->d_name, dirfd(from), to_fd);
	}
	return ret;
}

int salvage_open(const char *dir, const char *scratch, struct salvage *s, struct db_error *err)
{
	DIR *from;
	int to_fd, ret;

	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), "%s/XXXXXX", scratch);
	if (!mkdtemp(s->dir)) {
		ret = -errno;
		snprintf(err->text, sizeof(err->text), "cannot create a folder in %s: %s", scratch,
			 strerror(-ret));
		s->dir[0] = 0;
		return ret;
	}
	from = opendir(dir);
	to_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = from && to_fd >= 0 ? take_all(s, dir, from, to_fd) : -errno;
	if (to_fd >= 0)
		close(to_fd);
	if (from)
		closedir(from);
	if (!ret)
		return 0;
	snprintf(err->text, sizeof(err->text), "cannot copy the whole part of %.200s to %.200s: %s",
		 dir, s->dir, strerror(-ret));
	salvage_close(s);
	return ret;
}

void salvage_close(struct salvage *s)
{
	DIR *d = s->dir[0] ? opendir(s->dir) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	if (s->dir[0])
		rmdir(s->dir);
	s->dir[0] = 0;
}
