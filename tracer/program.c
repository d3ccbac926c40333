/* SPDX-License-Identifier: MIT */
#include "tracer/program.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tracer/poolscope/announce.h"
#include "tracer/process.h"

extern char **environ;

/* The environment of ours plus POOLSCOPE_ANNOUNCE; freed by the caller (array and first string). */
static char **environment(const char *announce_path)
{
	static const char name[] = POOLSCOPE_ANNOUNCE_ENV "=";
	size_t nr = 0, kept = 0;
	char **env, *announce;

	while (environ[nr])
		nr++;
	env = calloc(nr + 2, sizeof(*env));
	if (!env || asprintf(&announce, "%s%s", name, announce_path) < 0) {
		free(env);
		return NULL;
	}
	env[kept++] = announce;
	for (size_t i = 0; i < nr; i++) {
		if (strncmp(environ[i], name, sizeof(name) - 1) != 0)
			env[kept++] = environ[i];
	}
	return env;
}

int program_start(struct program *p, char *const *argv, const char *announce_path,
		  const char *output, int (*born)(pid_t pid, void *ctx), void *ctx)
{
	struct process_plan plan = {.argv = argv, .output = output, .born = born, .ctx = ctx};
	char **env = environment(announce_path);
	pid_t pid;

	*p = (struct program){.pidfd = -1, .status_known = true};
	if (!env)
		return -ENOMEM;
	plan.envp = env;
	pid = process_start(&plan);
	free(env[0]);
	free(env);
	if (pid < 0)
		return (int)pid;
	p->pid = pid;
	p->start_time = process_start_time(pid);
	return 0;
}

void program_adopt(struct program *p, pid_t pid, uint64_t start_time)
{
	*p = (struct program){.pid = pid, .start_time = start_time, .pidfd = -1};
	if (pid > 0)
		p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	/* Only after the descriptor is there: from then on it means this process for good. */
	p->ended = p->pidfd < 0 || !process_is(pid, start_time);
}

bool program_poll(struct program *p)
{
	struct pollfd fd = {.fd = p->pidfd, .events = POLLIN};

	if (p->ended || p->pid <= 0)
		return p->ended;
	if (p->pidfd >= 0)
		p->ended = poll(&fd, 1, 0) == 1;
	else
		p->ended = waitpid(p->pid, &p->status, WNOHANG) == p->pid;
	return p->ended;
}

void program_signal(struct program *p, int sig)
{
	if (p->pid <= 0 || program_poll(p))
		return;
	if (p->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, p->pidfd, sig, NULL, 0);
	else
		kill(p->pid, sig);
}

void program_stop(struct program *p, const volatile sig_atomic_t *cancel)
{
	const struct timespec nap = {.tv_nsec = 10000000};

	if (p->pid <= 0 || program_poll(p))
		return;
	if (!p->asked)
		program_signal(p, SIGTERM);
	p->asked = true;
	for (int waited_ms = 0; !program_poll(p); waited_ms += 10) {
		if (waited_ms == 5000)
			program_signal(p, SIGTERM);
		if (waited_ms == 10000 || (cancel && *cancel))
			program_signal(p, SIGKILL);
		nanosleep(&nap, NULL);
	}
}

void program_release(struct program *p)
{
	if (p->pidfd > 0)
		close(p->pidfd);
	p->pidfd = -1;
}
