/* SPDX-License-Identifier: MIT */
#include "tracer/poolscope/announce.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * Reads all of it.  A signal must not cut this short: a program that goes on before the recorder
 * has answered is untraced, and one that ends meanwhile leaves the trace half described.
 */
static bool receive(int fd, void *to, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = recv(fd, (char *)to + got, size - got, 0);

		if (n > 0)
			got += (size_t)n;
		else if (n == 0 || errno != EINTR)
			return false;
	}
	return true;
}

static uint32_t shake_hands(int fd)
{
	const struct poolscope_announce hello = {POOLSCOPE_ANNOUNCE_MAGIC, (int32_t)getpid()};
	const struct timeval patience = {.tv_sec = 10};
	struct poolscope_welcome welcome;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, &hello, sizeof(hello), MSG_NOSIGNAL) != sizeof(hello))
		return 0;
	if (!receive(fd, &welcome, sizeof(welcome)))
		return 0;
	return welcome.magic == POOLSCOPE_ANNOUNCE_MAGIC ? welcome.first_pool : 0;
}

uint32_t poolscope_announce(void)
{
	const char *path = getenv(POOLSCOPE_ANNOUNCE_ENV);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	uint32_t first_pool = 0;
	int fd;

	if (!path || !*path || strlen(path) >= sizeof(addr.sun_path))
		return 0;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		first_pool = shake_hands(fd);
	close(fd);
	return first_pool;
}
