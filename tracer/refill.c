/* SPDX-License-Identifier: MIT */
#include "tracer/refill.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tracer/live_port.h"
#include "tracer/metadata.h"
#include "tracer/trace_list.h"

void refill_init(struct refill *f, const char *url)
{
	char relay[256], host[256], session[256];
	const char *at = strstr(url, "://");
	int port = 5344, end = 0;

	*f = (struct refill){""};
	if (!at || sscanf(at + 3, "%255[^/:]%n", relay, &end) != 1)
		return;
	at += 3 + end;
	if (sscanf(at, ":%d%n", &port, &end) == 1)
		at += end;
	if (sscanf(at, "/host/%255[^/]/%255[^/]", host, session) != 2 ||
	    (strncmp(relay, "127.", 4) != 0 && strcmp(relay, "localhost") != 0))
		return;
	if (live_folder_of(port, host, session, f->folder, sizeof(f->folder)))
		f->folder[0] = 0;
}

bool refill_can(const struct refill *f)
{
	return *f->folder;
}

/* A process that was traced and has not said a word leaves metadata, and streams without a packet.
 */
static bool has_packets(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool has = false;
	struct stat st;

	while (dir && !has && (entry = readdir(dir)))
		has = strcmp(entry->d_name, "metadata") != 0 &&
		      !fstatat(dirfd(dir), entry->d_name, &st, 0) && S_ISREG(st.st_mode) &&
		      st.st_size;
	if (dir)
		closedir(dir);
	return has;
}

static int read_group(struct store *store, const char *const *dirs, size_t nr,
		      bool (*use)(struct collector *c, void *ctx), void *ctx, struct db_error *err)
{
	struct collector *c;
	bool any = false;
	int ret = 0;

	for (size_t i = 0; i < nr; i++)
		any |= has_packets(dirs[i]);
	for (size_t i = 0; any && !ret && i < nr; i++)
		ret = metadata_check(dirs[i], err);
	if (!any || ret)
		return ret;
	ret = collector_open_dirs(store, dirs, nr, &c, err);
	if (ret)
		return ret;
	ret = use(c, ctx) ? collector_run(c, err) : -ECANCELED;
	use(NULL, ctx);
	collector_close(c);
	return ret;
}

int refill_run(const struct refill *f, struct store *store, const struct collector *live, bool all,
	       bool (*use)(struct collector *c, void *ctx), void *ctx, struct db_error *err)
{
	const char *folder = f->folder;
	struct trace_list list;
	int ret = trace_list_find(&list, &folder, 1, err);
	int worst = ret == -ENODATA ? 0 : ret; /* no process has come */

	for (size_t i = 0; i < list.nr_groups && worst != -ECANCELED; i++) {
		const struct trace_group *g = &list.groups[i];

		if (!all && g->has_uuid && collector_has_seen(live, g->uuid))
			continue;
		ret = read_group(store, (const char *const *)list.dirs + g->first, g->nr, use, ctx,
				 err);
		if (ret)
			worst = ret == -ECANCELED ? ret : -EIO;
	}
	trace_list_release(&list);
	return worst;
}
