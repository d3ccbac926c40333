/* SPDX-License-Identifier: MIT */
#include "tracer/live_port.h"

#include <ctype.h>
#include <dirent.h>
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

int live_port_of(int control_port, int data_port)
{
	struct listeners *l = calloc(1, sizeof(*l));
	bool has[LISTENERS_MAX];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int port = 0;

	if (l) {
		read_table("/proc/net/tcp", l);
		read_table("/proc/net/tcp6", l);
	}
	while (l && !port && proc && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) && look_into(entry->d_name, l, has))
			port = third_port(l, has, control_port, data_port);
	if (proc)
		closedir(proc);
	free(l);
	return port;
}
