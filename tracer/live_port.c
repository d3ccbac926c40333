/* SPDX-License-Identifier: MIT */
#include "tracer/live_port.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TCP_LISTEN    0x0a /* of /proc/net/tcp */
#define LISTENERS_MAX 1024

struct listeners {
	struct {
		int port;
		unsigned long inode; /* of the socket */
	} list[LISTENERS_MAX];
	size_t nr;
};

static void read_table(const char *path, struct listeners *l)
{
	FILE *f = fopen(path, "re");
	char line[512];

	while (f && l->nr < LISTENERS_MAX && fgets(line, sizeof(line), f)) {
		unsigned port, state;
		unsigned long inode;

		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*d %*d %lu",
			   &port, &state, &inode) != 3 ||
		    state != TCP_LISTEN)
			continue;
		l->list[l->nr].port = (int)port;
		l->list[l->nr++].inode = inode;
	}
	if (f)
		fclose(f);
}

/* Which of the listening sockets has the process?  Marks them in `has`. */
static bool look_into(const char *pid, const struct listeners *l, bool *has)
{
	struct dirent *entry;
	char path[300], to[64];
	bool any = false;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	d = opendir(path);
	memset(has, 0, LISTENERS_MAX * sizeof(*has));
	while (d && (entry = readdir(d))) {
		ssize_t len = readlinkat(dirfd(d), entry->d_name, to, sizeof(to) - 1);
		unsigned long inode;

		to[len > 0 ? len : 0] = 0;
		if (sscanf(to, "socket:[%lu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < l->nr; i++)
			if (l->list[i].inode == inode)
				any = has[i] = true;
	}
	if (d)
		closedir(d);
	return any;
}

/* The one port beside those two, of a process that has the first; 0: none, or several. */
static int third_port(const struct listeners *l, const bool *has, int control, int data)
{
	bool is_it = false;
	int third = 0;

	for (size_t i = 0; i < l->nr; i++) {
		int port = l->list[i].port;

		if (!has[i])
			continue;
		is_it |= port == control;
		if (port == control || port == data || port == third)
			continue;
		if (third)
			return 0;
		third = port;
	}
	return is_it ? third : 0;
}

/* Who listens on which port; free() it. */
static struct listeners *all_listeners(void)
{
	struct listeners *l = calloc(1, sizeof(*l));

	if (l) {
		read_table("/proc/net/tcp", l);
		read_table("/proc/net/tcp6", l);
	}
	return l;
}

int live_port_of(int control_port, int data_port)
{
	struct listeners *l = all_listeners();
	bool has[LISTENERS_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int port = 0;

	while (l && !port && proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && look_into(entry->d_name, l, has))
			port = third_port(l, has, control_port, data_port);
	if (proc)
		closedir(proc);
	free(l);
	return port;
}

/* --- the folder of a session -------------------------------------------------------------------
 */

/* SESSION-YYYYMMDD-HHMMSS, or the name alone where that ends in such a time. */
static bool is_folder_of(const char *name, size_t len, const char *session)
{
	size_t plain = strlen(session);
	int end = 0;

	if (len < plain || strncmp(name, session, plain) != 0)
		return false;
	if (len == plain)
		return true;
	return len == plain + 16 && sscanf(name + plain, "-%*8[0-9]-%*6[0-9]%n", &end) == 0 &&
	       end == 16;
}

/* .../HOST/SESSION-TIME, or the other way round, as the relay daemon was told. */
static bool is_wanted(const char *path, const char *host, const char *session)
{
	const char *last = strrchr(path, '/'), *before = last;
	size_t len, nr_host = strlen(host);

	while (before && before > path && *--before != '/')
		;
	if (!before || *before != '/')
		return false;
	len = (size_t)(last - before) - 1;
	return (len == nr_host && !strncmp(before + 1, host, len) &&
		is_folder_of(last + 1, strlen(last + 1), session)) ||
	       (!strcmp(last + 1, host) && is_folder_of(before + 1, len, session));
}

/* Looks through what the process has open.  Returns: how many different folders fit. */
static int find_folder(const char *pid, const char *host, const char *session, char *out,
		       size_t size)
{
	char path[300], to[PATH_MAX];
	struct dirent *entry;
	int nr = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		ssize_t len = readlinkat(dirfd(d), entry->d_name, to, sizeof(to) - 1);

		to[len > 0 ? len : 0] = 0;
		if (!is_wanted(to, host, session) || (nr && !strcmp(out, to)))
			continue;
		nr++;
		if (snprintf(out, size, "%s", to) >= (int)size)
			nr++; /* cut off: none */
	}
	if (d)
		closedir(d);
	return nr;
}

int live_folder_of(int live_port, const char *host, const char *session, char *out, size_t size)
{
	struct listeners *l = all_listeners();
	bool has[LISTENERS_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int nr = 0;

	while (l && !nr && proc && (entry = readdir(proc))) {
		bool listens = false;

		if (!isdigit((unsigned char)entry->d_name[0]) || !look_into(entry->d_name, l, has))
			continue;
		for (size_t i = 0; i < l->nr; i++)
			listens |= has[i] && l->list[i].port == live_port;
		if (listens)
			nr = find_folder(entry->d_name, host, session, out, size);
	}
	if (proc)
		closedir(proc);
	free(l);
	return nr == 1 ? 0 : -ENOENT;
}
