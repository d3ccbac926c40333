/* SPDX-License-Identifier: MIT */
#include "tracer/welcome.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tracer/poolscope/announce.h"

static void serve_one(struct welcome *w, int fd)
{
	const struct timeval patience = {.tv_sec = 2};
	struct poolscope_announce hello;
	struct poolscope_welcome answer = {POOLSCOPE_ANNOUNCE_MAGIC, w->next_pool};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (recv(fd, &hello, sizeof(hello), MSG_WAITALL) != sizeof(hello) ||
	    hello.magic != POOLSCOPE_ANNOUNCE_MAGIC)
		return;
	if (w->add_process(hello.vpid, w->ctx))
		return;
	/* Pools of the first process count from 0, of the second from 1000, and so on. */
	w->next_pool += WELCOME_POOLS;
	if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
		return; /* it died meanwhile: its numbers stay unused */
}

static void *serve(void *arg)
{
	struct welcome *w = arg;

	for (;;) {
		struct pollfd fds[2] = {{.fd = w->listen_fd, .events = POLLIN},
					{.fd = w->stop_pipe[0], .events = POLLIN}};
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents)
			return NULL;
		if (!(fds[0].revents & POLLIN))
			continue;
		fd = accept4(w->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		serve_one(w, fd);
		close(fd);
	}
}

int welcome_start(struct welcome *w, const char *dir, uint32_t first_pool,
		  int (*add_process)(pid_t vpid, void *ctx), void *ctx, struct db_error *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	*w = (struct welcome){.listen_fd = -1, .stop_pipe = {-1, -1}};
	w->add_process = add_process;
	w->ctx = ctx;
	w->next_pool = first_pool;
	if (snprintf(w->path, sizeof(w->path), "%s/announce", dir) >= (int)sizeof(w->path)) {
		snprintf(err->text, sizeof(err->text), "%s: too long for a socket; set TMPDIR=/tmp",
			 dir);
		return -ENAMETOOLONG;
	}
	strcpy(addr.sun_path, w->path);
	unlink(w->path);
	w->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->listen_fd < 0 || bind(w->listen_fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(w->listen_fd, 16) || pipe2(w->stop_pipe, O_CLOEXEC) ||
	    pthread_create(&w->thread, NULL, serve, w)) {
		snprintf(err->text, sizeof(err->text), "cannot listen on %s: %s", w->path,
			 strerror(errno));
		welcome_stop(w);
		return -EIO;
	}
	w->started = true;
	return 0;
}

void welcome_stop(struct welcome *w)
{
	if (w->started) {
		if (write(w->stop_pipe[1], "", 1) == 1)
			pthread_join(w->thread, NULL);
		w->started = false;
	}
	for (int i = 0; i < 2; i++) {
		if (w->stop_pipe[i] >= 0)
			close(w->stop_pipe[i]);
		w->stop_pipe[i] = -1;
	}
	if (w->listen_fd >= 0) {
		close(w->listen_fd);
		unlink(w->path);
	}
	w->listen_fd = -1;
}
