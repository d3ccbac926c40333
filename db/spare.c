/* SPDX-License-Identifier: MIT */
#include "db/spare.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A row of meta touches two pages or three; the WAL writes a frame for each. */
#define SPARE_BYTES (64 << 10)

int spare_take(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int fd;

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path),
			 path);
	fd = open(slash ? folder : ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (!fallocate(fd, 0, 0, SPARE_BYTES))
		return fd;
	close(fd);
	return -1;
}

void spare_give_back(int *spare)
{
	if (*spare >= 0)
		close(*spare);
	*spare = -1;
}
