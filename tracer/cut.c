/* SPDX-License-Identifier: MIT */
#include "tracer/cut.h"

#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/packet.h"

/* LTTng's index, version 1.1: https://github.com/lttng/lttng-tools, ctf-index.h; big-endian. */
#define INDEX_MAGIC	0xc1f1dcc1u
#define INDEX_MAX_BYTES (64 << 20)

struct index_head {
	uint32_t magic, major, minor, entry_bytes;
};

struct index_entry {
	uint64_t offset, packet_size, content_size, timestamp_begin, timestamp_end;
	uint64_t events_discarded, stream_id, stream_instance_id, packet_seq_num;
};

/* A packet's head, and what follows it in LTTng-UST's. */
struct whole_head {
	struct packet_head head;
	uint64_t packet_seq_num;
	uint32_t events_discarded; /* its lower half, or all of it */
} __attribute__((packed));

struct index {
	struct index_entry *entries;
	size_t nr;
};

/* The whole file; NULL: there is none, or it is absurd. */
static void *read_file(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *all = NULL;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= INDEX_MAX_BYTES)
		all = malloc((size_t)st.st_size);
	if (all && read(fd, all, (size_t)st.st_size) != st.st_size) {
		free(all);
		all = NULL;
	}
	*bytes = all ? (size_t)st.st_size : 0;
	close(fd);
	return all;
}

static void from_file(struct index_entry *e, const void *bytes)
{
	uint64_t *values = (uint64_t *)e;

	memcpy(e, bytes, sizeof(*e));
	for (size_t i = 0; i < sizeof(*e) / sizeof(*values); i++)
		values[i] = be64toh(values[i]);
}

static bool read_index(const char *path, const char *name, struct index *index)
{
	char file[PATH_MAX];
	const unsigned char *at;
	struct index_head *head;
	size_t bytes, each;

	*index = (struct index){0};
	if (snprintf(file, sizeof(file), "%s/index/%s.idx", path, name) >= (int)sizeof(file))
		return false;
	head = read_file(file, &bytes);
	if (!head || bytes < sizeof(*head) || be32toh(head->magic) != INDEX_MAGIC ||
	    be32toh(head->major) != 1 || be32toh(head->entry_bytes) < sizeof(struct index_entry)) {
		free(head);
		return false;
	}
	each = be32toh(head->entry_bytes);
	index->nr = (bytes - sizeof(*head)) / each;
	index->entries = calloc(index->nr + 1, sizeof(*index->entries));
	at = (const unsigned char *)(head + 1);
	for (size_t i = 0; index->entries && i < index->nr; i++)
		from_file(&index->entries[i], at + i * each);
	free(head);
	return index->entries != NULL;
}

/* Does the packet there say what the index says? */
static bool agree(int fd, const struct index_entry *e)
{
	struct whole_head h;

	return pread(fd, &h, sizeof(h), (off_t)e->offset) == (ssize_t)sizeof(h) &&
	       h.head.magic == PACKET_MAGIC && h.head.stream_id == e->stream_id &&
	       h.head.stream_instance_id == e->stream_instance_id &&
	       h.head.timestamp_begin == e->timestamp_begin &&
	       h.head.timestamp_end == e->timestamp_end && h.head.content_size == e->content_size &&
	       h.head.packet_size == e->packet_size && h.packet_seq_num == e->packet_seq_num &&
	       h.events_discarded == (uint32_t)e->events_discarded;
}

/* Is the file these packets, one after the other, and nothing else? */
static bool covers(const struct index *index, const char *path, const char *name)
{
	char file[PATH_MAX];
	uint64_t at = 0;
	struct stat st;
	bool good;
	int fd;

	if (snprintf(file, sizeof(file), "%s/%s", path, name) >= (int)sizeof(file))
		return false;
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	good = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode);
	for (size_t i = 0; good && i < index->nr; i++) {
		const struct index_entry *e = &index->entries[i];

		good = e->offset == at && e->packet_size && e->packet_size % 8 == 0 &&
		       e->content_size <= e->packet_size && agree(fd, e);
		at += e->packet_size / 8;
		good = good && at <= (uint64_t)st.st_size;
	}
	good = good && at == (uint64_t)st.st_size;
	if (fd >= 0)
		close(fd);
	return good;
}

static bool may_cut_before(const struct index_entry *e)
{
	const struct index_entry *before = e - 1;

	return !before->events_discarded && !e->events_discarded &&
	       e->packet_seq_num == before->packet_seq_num + 1 && before->timestamp_end &&
	       before->timestamp_begin <= before->timestamp_end &&
	       e->timestamp_begin >= before->timestamp_end &&
	       e->timestamp_end >= e->timestamp_begin;
}

static size_t cut(const struct index *index, uint64_t piece_bytes, struct cut_piece *pieces)
{
	size_t nr = 0;

	for (size_t i = 0; i < index->nr; i++) {
		const struct index_entry *e = &index->entries[i];

		if (!i || (pieces[nr - 1].bytes >= piece_bytes && may_cut_before(e)))
			pieces[nr++] = (struct cut_piece){e->offset, 0, e->timestamp_begin};
		pieces[nr - 1].bytes += e->packet_size / 8;
	}
	return nr;
}

size_t cut_stream(const char *path, const char *name, uint64_t piece_bytes,
		  struct cut_piece **pieces)
{
	struct index index;
	size_t nr = 0;

	*pieces = NULL;
	if (!read_index(path, name, &index))
		return 0;
	if (covers(&index, path, name))
		*pieces = calloc(index.nr + 1, sizeof(**pieces));
	if (*pieces)
		nr = cut(&index, piece_bytes, *pieces);
	free(index.entries);
	if (nr > 1)
		return nr;
	free(*pieces);
	*pieces = NULL;
	return 0;
}
