/* SPDX-License-Identifier: MIT */
#include "tracer/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer/collector.h"
#include "tracer/process.h"

/*
 * How each packet of an LTTng-UST stream begins (its metadata says so, too; Babeltrace keeps the
 * number of the packet to itself).
 */
struct packet_head {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_id;
	uint64_t stream_instance;
	uint64_t begin, end; /* cycles of the trace's clock */
	uint64_t content_bits, packet_bits;
	uint64_t number; /* in its stream, from 0 */
};
_Static_assert(sizeof(struct packet_head) == 72, "as LTTng-UST writes it");

#define PACKET_MAGIC 0xc1fc1fc1u

/* nftw() has no context argument. */
static _Thread_local struct snapshot_window window;

/*
 * A stream whose first packet is not number 0 was overwritten before that packet.  A packet's end
 * is when its buffer was handed on: there is nothing older that this stream still has to say.
 */
static int look_at_stream(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct packet_head head;
	uint64_t last = 0;
	off_t offset = 0;
	int fd;

	(void)at;
	if (type != FTW_F || st->st_size < (off_t)sizeof(head))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	while (pread(fd, &head, sizeof(head), offset) == sizeof(head) &&
	       head.magic == PACKET_MAGIC && head.packet_bits / 8 >= sizeof(head) &&
	       head.packet_bits / 8 <= (uint64_t)(st->st_size - offset)) {
		if (!offset && head.number && head.begin > window.begin)
			window.begin = head.begin;
		last = head.end;
		offset += (off_t)(head.packet_bits / 8);
	}
	if (offset && last < window.end)
		window.end = last;
	close(fd);
	return 0;
}

struct snapshot_window snapshot_window_of(const char *dir)
{
	window = (struct snapshot_window){0, UINT64_MAX};
	nftw(dir, look_at_stream, 16, FTW_PHYS);
	return window;
}

int snapshot_store(struct store *store, const char *dir, bool goes_on, struct db_error *err)
{
	struct snapshot_window whole = snapshot_window_of(dir);
	struct collector *c;
	int ret = collector_open_trace(store, dir, &c, err);

	if (ret)
		return ret;
	collector_keep(c, whole.begin, goes_on ? whole.end : UINT64_MAX);
	ret = collector_run(c, err);
	collector_close(c);
	return ret;
}

/* --- what a crash left ------------------------------------------------------------------------ */

static bool has_buffers(const char *dir)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%.4000s/ust", dir);
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int extract(const char *dir, const char *out, int number, struct db_error *err)
{
	char to[PATH_MAX], log[PATH_MAX], words[300];
	char *argv[] = {"lttng-crash", "--extract", to, (char *)dir, NULL};
	const struct process_plan plan = {.argv = argv, .output = log};
	int status = 0;
	pid_t pid;

	snprintf(to, sizeof(to), "%.4000s/%d", out, number);
	snprintf(log, sizeof(log), "%.4000s/crash.log", out);
	pid = process_start(&plan);
	if (pid == -ENOENT) {
		snprintf(err->text, sizeof(err->text),
			 "lttng-crash is not installed; install it with: apt-get install "
			 "lttng-tools");
		return -ENOENT;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		process_last_words(log, words, sizeof(words));
		snprintf(err->text, sizeof(err->text), "%.150s: lttng-crash fails: %s", dir,
			 *words ? words : "no reason given");
		return -EIO;
	}
	return 0;
}

int snapshot_recover(const char *dir, const char *out, struct db_error *err)
{
	struct dirent *entry;
	char path[PATH_MAX];
	int nr = 0, ret = 0;
	DIR *d;

	if (has_buffers(dir)) {
		ret = extract(dir, out, 0, err);
		return ret ? ret : 1;
	}
	d = opendir(dir);
	if (!d) {
		snprintf(err->text, sizeof(err->text), "%.300s: %s", dir, strerror(errno));
		return -errno;
	}
	while (!ret && (entry = readdir(d))) {
		snprintf(path, sizeof(path), "%.3800s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.' && has_buffers(path))
			ret = extract(path, out, nr++, err);
	}
	closedir(d);
	if (ret || nr)
		return ret ? ret : nr;
	snprintf(err->text, sizeof(err->text),
		 "%.300s: no buffers there; give the folder of record --crash-safe", dir);
	return -ENODATA;
}
