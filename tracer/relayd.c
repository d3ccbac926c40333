/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tracer/daemons.h"
#include "tracer/process.h"

static int tcp_socket(int port, struct sockaddr_in *addr)
{
	*addr = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/*
 * Asks the kernel for three free loopback ports.  They are free again until the daemon binds them,
 * so another program can get in between; relayd_start tries again then.
 */
static int free_ports(int ports[3])
{
	int fds[3] = {-1, -1, -1};
	int ret = 0;

	for (int i = 0; i < 3 && !ret; i++) {
		struct sockaddr_in addr;
		socklen_t len = sizeof(addr);

		fds[i] = tcp_socket(0, &addr);
		if (fds[i] < 0 || bind(fds[i], (struct sockaddr *)&addr, sizeof(addr)) ||
		    getsockname(fds[i], (struct sockaddr *)&addr, &len))
			ret = -errno;
		else
			ports[i] = ntohs(addr.sin_port);
	}
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	return ret;
}

static bool answers(int port)
{
	struct sockaddr_in addr;
	int fd = tcp_socket(port, &addr);
	bool ok;

	if (fd < 0)
		return false;
	ok = !connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	close(fd);
	return ok;
}

/* Returns: true once all three ports answer; false when the daemon died or 10 s went by. */
static bool wait_ready(const struct relayd *r)
{
	const struct timespec nap = {.tv_nsec = 10000000};

	for (int i = 0; i < 1000; i++) {
		if (!process_alive(r->pid))
			return false;
		if (answers(r->control_port) && answers(r->data_port) && answers(r->live_port))
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

static int born(pid_t pid, void *ctx)
{
	struct relayd *r = ctx;

	r->pid = pid;
	r->start_time = process_start_time(pid);
	return r->note ? r->note(r, r->note_ctx) : 0;
}

static int try_start(struct relayd *r, const char *output_dir, const char *log_path)
{
	char control[64], data[64], live[64], output[4200];
	char *argv[] = {"lttng-relayd", control, data, live, output, NULL};
	const struct process_plan plan = {
		.argv = argv, .output = log_path, .daemon = true, .born = born, .ctx = r};
	int ports[3] = {0};
	int ret = free_ports(ports);

	if (ret)
		return ret;
	r->control_port = ports[0];
	r->data_port = ports[1];
	r->live_port = ports[2];
	snprintf(control, sizeof(control), "--control-port=tcp://127.0.0.1:%d", ports[0]);
	snprintf(data, sizeof(data), "--data-port=tcp://127.0.0.1:%d", ports[1]);
	snprintf(live, sizeof(live), "--live-port=tcp://127.0.0.1:%d", ports[2]);
	snprintf(output, sizeof(output), "--output=%s", output_dir);
	r->pid = process_start(&plan);
	if (r->pid < 0)
		return (int)r->pid;
	if (wait_ready(r))
		return 0;
	relayd_stop(r);
	return -EAGAIN;
}

int relayd_start(struct relayd *r, const char *output_dir, const char *log_path,
		 struct db_error *err)
{
	char words[300];
	int ret = -EAGAIN;

	for (int attempt = 0; attempt < 5 && ret == -EAGAIN; attempt++)
		ret = try_start(r, output_dir, log_path);
	if (!ret)
		return 0;
	if (ret == -ENOENT) {
		snprintf(err->text, sizeof(err->text),
			 "lttng-relayd is not installed; install it with: apt-get install "
			 "lttng-tools");
		return ret;
	}
	process_last_words(log_path, words, sizeof(words));
	snprintf(err->text, sizeof(err->text), "lttng-relayd does not start: %s",
		 *words ? words : strerror(-ret));
	return -EIO;
}

bool relayd_alive(const struct relayd *r)
{
	return process_is(r->pid, r->start_time);
}

void relayd_stop(struct relayd *r)
{
	if (relayd_alive(r))
		process_end(r->pid, SIGTERM, 5000);
	r->pid = -1;
}
