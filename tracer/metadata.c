/* SPDX-License-Identifier: MIT */
#include "tracer/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tracer/trace_list.h"

#define METADATA_MAGIC 0x75d11d57u
#define BYTES_MAX      (64 << 20) /* of one file; ours have some kilobytes */

/* How each packet begins, as CTF 1.8 has it; sizes are in bits. */
struct metadata_head {
	uint32_t magic;
	unsigned char uuid[16];
	uint32_t checksum, content_size, packet_size;
	uint8_t compression, encryption, checksum_scheme, major, minor;
} __attribute__((packed));

/* Returns: bytes of the packet with this head, or 0; *content: of them, with its head. */
static uint64_t packet_of(struct metadata_head h, uint64_t left, uint64_t *content)
{
	if (h.magic == __builtin_bswap32(METADATA_MAGIC)) {
		h.magic = METADATA_MAGIC;
		h.content_size = __builtin_bswap32(h.content_size);
		h.packet_size = __builtin_bswap32(h.packet_size);
	}
	if (h.magic != METADATA_MAGIC || h.packet_size % 8 || h.content_size % 8 ||
	    h.content_size > h.packet_size || h.content_size < sizeof(h) * 8 ||
	    h.packet_size / 8 > left)
		return 0;
	*content = h.content_size / 8;
	return h.packet_size / 8;
}

static uint64_t packet_at(int fd, uint64_t at, uint64_t size, uint64_t *content)
{
	struct metadata_head h;

	if (pread(fd, &h, sizeof(h), (off_t)at) != (ssize_t)sizeof(h))
		return 0;
	return packet_of(h, size - at, content);
}

/* Metadata may also be plain text, which says so at once. */
static bool is_text(int fd)
{
	char head[6];

	return pread(fd, head, sizeof(head), 0) == sizeof(head) && !memcmp(head, "/* CTF", 6);
}

int metadata_check(const char *dir, struct db_error *err)
{
	char path[PATH_MAX + 16];
	uint64_t at = 0, bytes = 1, content;
	struct stat st = {0};
	int fd;

	snprintf(path, sizeof(path), "%s/metadata", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) || !st.st_size || !is_text(fd)) {
		while (fd >= 0 && bytes && at < (uint64_t)st.st_size) {
			bytes = packet_at(fd, at, (uint64_t)st.st_size, &content);
			at += bytes;
		}
		if (!at || !bytes) {
			snprintf(err->text, sizeof(err->text), "its metadata is %s",
				 !st.st_size ? "empty" : "cut off or damaged");
			bytes = 0;
		}
	}
	if (fd >= 0)
		close(fd);
	return bytes ? 0 : -EBADMSG;
}

/* --- what it declares ------------------------------------------------------------------------ */

/* What its whole packets say, as one text; free() it.  NULL: nothing, or out of memory. */
static char *text_of(int fd, uint64_t size)
{
	uint64_t at = 0, len = 0, content, bytes;
	char *text = size && size <= BYTES_MAX ? malloc(size + 1) : NULL;

	while (text && at < size && (bytes = packet_at(fd, at, size, &content))) {
		content -= sizeof(struct metadata_head);
		if (pread(fd, text + len, content, (off_t)(at + sizeof(struct metadata_head))) !=
		    (ssize_t)content)
			break;
		len += content;
		at += bytes;
	}
	if (text)
		text[len] = 0;
	return text;
}

static char *plain_text_of(int fd, uint64_t size)
{
	char *text = size <= BYTES_MAX ? malloc(size + 1) : NULL;

	if (text && pread(fd, text, size, 0) == (ssize_t)size) {
		text[size] = 0;
		return text;
	}
	free(text);
	return NULL;
}

char *metadata_text(const char *dir)
{
	char path[PATH_MAX + 16], *text = NULL;
	struct db_error ignored;
	struct stat st;
	int fd;

	if (metadata_check(dir, &ignored))
		return NULL;
	snprintf(path, sizeof(path), "%s/metadata", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st))
		text = is_text(fd) ? plain_text_of(fd, (uint64_t)st.st_size)
				   : text_of(fd, (uint64_t)st.st_size);
	close(fd);
	return text;
}

/* What packets in memory say, as one text; free() it.  NULL: out of memory. */
static char *text_in(const char *from, size_t size)
{
	char *text = malloc(size + 1);
	size_t at = 0, len = 0;
	uint64_t content, nr;

	while (text && size - at >= sizeof(struct metadata_head)) {
		struct metadata_head head;

		memcpy(&head, from + at, sizeof(head));
		nr = packet_of(head, size - at, &content);
		if (!nr)
			break;
		content -= sizeof(head);
		memcpy(text + len, from + at + sizeof(head), content);
		len += content;
		at += nr;
	}
	if (text)
		text[len] = 0;
	return text;
}

bool metadata_declares_stream(const void *bytes, size_t size)
{
	char *text = text_in(bytes, size);
	bool declares = text && strstr(text, "\nstream {");

	free(text);
	return declares;
}

int metadata_clock_offset(const void *bytes, size_t size, int64_t *offset_ns)
{
	char *text = text_in(bytes, size);
	const char *clock = text ? strstr(text, "\nclock {") : NULL;
	const char *end = clock ? strstr(clock, "\n};") : NULL;
	const char *freq = clock ? strstr(clock, "\tfreq = 1000000000;") : NULL;
	const char *offset = clock ? strstr(clock, "\toffset = ") : NULL;
	unsigned long long value = 0;
	int ret = -ENODATA;

	if (end && freq && freq < end && offset && offset < end &&
	    sscanf(offset, " offset = %19llu;", &value) == 1 && value <= INT64_MAX / 2) {
		*offset_ns = (int64_t)value;
		ret = 0;
	}
	free(text);
	return ret;
}

static bool declares(const char *text, const char *event)
{
	char name[128];

	snprintf(name, sizeof(name), "name = \"%s\";", event);
	return strstr(text, name) != NULL;
}

static bool is_complete(const char *dir, const char *const *events)
{
	char path[PATH_MAX + 16];
	struct stat st;
	bool complete, declares_stream;
	char *text;
	int fd;

	snprintf(path, sizeof(path), "%s/metadata", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	text = fstat(fd, &st) ? NULL : text_of(fd, (uint64_t)st.st_size);
	close(fd);
	complete = text && strstr(text, "\nstream {");
	declares_stream = complete;
	for (; complete && *events; events++)
		complete = declares(text, *events);
	if (declares_stream && !complete)
		complete = time(NULL) - st.st_mtime > 1;
	free(text);
	return complete;
}

bool metadata_is_complete(const char *dir, const char *session, const char *const *events)
{
	struct trace_list list;
	struct db_error ignored;
	size_t nr = 0, nr_complete = 0;

	if (!trace_list_find(&list, &dir, 1, &ignored)) {
		for (size_t i = 0; i < list.nr_dirs; i++) {
			if (!strstr(list.dirs[i], session))
				continue;
			nr++;
			nr_complete += is_complete(list.dirs[i], events);
		}
	}
	trace_list_release(&list);
	return nr && nr == nr_complete;
}
