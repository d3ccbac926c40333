/* SPDX-License-Identifier: MIT */
#include "tracer/trace_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* CTF 1.8: a packet of metadata begins with this magic and the trace's UUID. */
#define METADATA_MAGIC 0x75d11d57u

struct found {
	char *dir;
	unsigned char uuid[16];
	bool has_uuid;
	uint64_t bytes;
};

/* nftw() has no context argument: the list that the walk below this call adds to. */
static _Thread_local struct walk {
	struct found *list;
	size_t nr, room;
} walk;

static void read_uuid(const char *metadata, struct found *f)
{
	unsigned char head[20];
	uint32_t magic;
	int fd = open(metadata, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, head, sizeof(head)) == sizeof(head)) {
		memcpy(&magic, head, sizeof(magic));
		f->has_uuid = magic == METADATA_MAGIC || magic == __builtin_bswap32(METADATA_MAGIC);
		memcpy(f->uuid, head + 4, sizeof(f->uuid));
	}
	close(fd);
}

static uint64_t bytes_in(const char *dir)
{
	DIR *d = opendir(dir);
	uint64_t bytes = 0;
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d)))
		if (!fstatat(dirfd(d), entry->d_name, &st, 0) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	if (d)
		closedir(d);
	return bytes;
}

static bool make_room(void)
{
	size_t room = walk.room ? 2 * walk.room : 8;
	struct found *more;

	if (walk.nr < walk.room)
		return true;
	more = realloc(walk.list, room * sizeof(*more));
	if (!more)
		return false;
	walk.list = more;
	walk.room = room;
	return true;
}

static int note_trace(const char *path, const struct stat *st, int type, struct FTW *at)
{
	char dir[PATH_MAX];
	struct found *f;

	(void)st;
	if (type != FTW_F || strcmp(path + at->base, "metadata") != 0)
		return 0;
	if (!make_room())
		return -ENOMEM;
	f = &walk.list[walk.nr];
	memset(f, 0, sizeof(*f));
	snprintf(dir, sizeof(dir), "%.*s", at->base ? at->base : 1, at->base ? path : ".");
	f->dir = realpath(dir, NULL);
	if (!f->dir)
		return 0; /* it went away meanwhile */
	read_uuid(path, f);
	f->bytes = bytes_in(f->dir);
	walk.nr++;
	return 0;
}

static int by_trace(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = (int)y->has_uuid - (int)x->has_uuid;

	if (!order && x->has_uuid)
		order = memcmp(x->uuid, y->uuid, sizeof(x->uuid));
	return order ? order : strcmp(x->dir, y->dir);
}

static int find_below(const char *path, struct db_error *err)
{
	size_t before = walk.nr;
	struct stat st;
	int ret;

	if (stat(path, &st)) {
		ret = -errno;
		snprintf(err->text, sizeof(err->text), "%s: %s", path, strerror(-ret));
		return ret;
	}
	if (!S_ISDIR(st.st_mode)) {
		snprintf(err->text, sizeof(err->text),
			 "%s: not a folder; give the folder of a CTF trace", path);
		return -ENOTDIR;
	}
	if (nftw(path, note_trace, 16, FTW_PHYS)) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	if (walk.nr > before)
		return 0;
	snprintf(err->text, sizeof(err->text),
		 "there is no trace in %s: no file `metadata` in it or below it", path);
	return -ENODATA;
}

static void start_group(struct trace_list *list, const struct found *f)
{
	struct trace_group *group = &list->groups[list->nr_groups++];

	group->first = list->nr_dirs;
	group->has_uuid = f->has_uuid;
	memcpy(group->uuid, f->uuid, sizeof(group->uuid));
}

/* Sorts what was found into the list, each folder once. */
static int gather(struct trace_list *list)
{
	if (!walk.nr)
		return 0;
	list->dirs = calloc(walk.nr, sizeof(*list->dirs));
	list->groups = calloc(walk.nr, sizeof(*list->groups));
	if (!list->dirs || !list->groups)
		return -ENOMEM;
	qsort(walk.list, walk.nr, sizeof(*walk.list), by_trace);
	for (size_t i = 0; i < walk.nr; i++) {
		struct found *f = &walk.list[i], *before = i ? f - 1 : NULL;
		struct trace_group *group;

		if (list->nr_dirs && !strcmp(list->dirs[list->nr_dirs - 1], f->dir))
			continue;
		if (!before || !f->has_uuid || !before->has_uuid ||
		    memcmp(f->uuid, before->uuid, sizeof(f->uuid)) != 0)
			start_group(list, f);
		group = &list->groups[list->nr_groups - 1];
		group->nr++;
		group->bytes += f->bytes;
		list->dirs[list->nr_dirs] = strdup(f->dir);
		if (!list->dirs[list->nr_dirs++])
			return -ENOMEM;
	}
	return 0;
}

int trace_list_find(struct trace_list *list, const char *const *paths, size_t nr,
		    struct db_error *err)
{
	int ret = 0;

	memset(list, 0, sizeof(*list));
	walk = (struct walk){0};
	for (size_t i = 0; !ret && i < nr; i++)
		ret = find_below(paths[i], err);
	if (!ret) {
		ret = gather(list);
		if (ret)
			snprintf(err->text, sizeof(err->text), "out of memory");
	}
	for (size_t i = 0; i < walk.nr; i++)
		free(walk.list[i].dir);
	free(walk.list);
	return ret;
}

void trace_list_release(struct trace_list *list)
{
	for (size_t i = 0; i < list->nr_dirs; i++)
		free(list->dirs[i]);
	free(list->dirs);
	free(list->groups);
	*list = (struct trace_list){0};
}
