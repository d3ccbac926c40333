/* SPDX-License-Identifier: MIT */
#include "tracer/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* In the child: all signals at their defaults and none blocked, whatever we do with ours. */
static void clean_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL); /* fails for those that cannot be caught */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool redirect(const char *output)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(output, O_WRONLY | O_CREAT | O_APPEND, 0600);

	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		return false;
	close(in);
	close(out);
	return true;
}

/*
 * The new process until it is another program.  go: a byte comes when it may go on, the end when
 * it may not; failed: what it says when it cannot be that program.
 */
__attribute__((noreturn)) static void be_born(const struct process_plan *plan, int go, int failed)
{
	char byte;
	int error;

	if (read(go, &byte, 1) != 1)
		_exit(127);
	clean_signals();
	if (plan->daemon)
		setsid();
	if (!plan->output || redirect(plan->output))
		execvpe(plan->argv[0], plan->argv, plan->envp ? plan->envp : environ);
	error = errno;
	while (write(failed, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* Lets the child go on, or not.  Returns: 0 once it is the other program, or -errno. */
static int bring_up(const struct process_plan *plan, pid_t pid, int go, int failed)
{
	int ret = plan->born ? plan->born(pid, plan->ctx) : 0;
	int error = 0;
	ssize_t nr;

	if (!ret && write(go, "", 1) != 1)
		ret = -EIO;
	close(go);
	do
		nr = read(failed, &error, sizeof(error));
	while (nr < 0 && errno == EINTR);
	if (!ret && nr == sizeof(error))
		ret = -error;
	if (ret)
		waitpid(pid, NULL, 0);
	return ret;
}

pid_t process_start(const struct process_plan *plan)
{
	int go[2], failed[2];
	sigset_t all, before;
	pid_t pid;
	int ret;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		ret = -errno;
		close(go[0]);
		close(go[1]);
		return ret;
	}
	/* No signal may meet our handlers in the child. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (!pid) {
		close(go[1]); /* else it would never see the end */
		be_born(plan, go[0], failed[1]);
	}
	ret = pid < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(go[0]);
	close(failed[1]);
	if (ret)
		close(go[1]);
	else
		ret = bring_up(plan, pid, go[1], failed[0]);
	close(failed[0]);
	return ret ? ret : pid;
}

void process_note_fds(struct process_fds *fds)
{
	for (int fd = 0; fd < PROCESS_FDS_MAX; fd++)
		fds->open[fd] = fcntl(fd, F_GETFD) >= 0;
}

void process_hide_fds(const struct process_fds *fds)
{
	for (int fd = 3; fd < PROCESS_FDS_MAX; fd++) {
		int flags = fds->open[fd] ? -1 : fcntl(fd, F_GETFD);

		if (flags >= 0)
			fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
	}
}

/* What follows the name in /proc/PID/stat; NULL when there is no such process. */
static const char *stat_after_name(pid_t pid, char *text, size_t text_size)
{
	char path[64];
	size_t len;
	FILE *f;
	char *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return NULL;
	len = fread(text, 1, text_size - 1, f);
	fclose(f);
	text[len] = 0;
	/* The name is in parentheses and may itself hold spaces. */
	end = strrchr(text, ')');
	return end ? end + 1 : NULL;
}

/* Ended, and its parent (the first process of a container, say) does not ask. */
static bool is_zombie(pid_t pid)
{
	const char *after_name;
	char text[1024];
	char state = 0;

	after_name = stat_after_name(pid, text, sizeof(text));
	return after_name && sscanf(after_name, " %c", &state) == 1 && state == 'Z';
}

bool process_alive(pid_t pid)
{
	if (pid <= 0)
		return false;
	/* Reaps it if it is our child and has ended; else says ECHILD, which is no news. */
	if (waitpid(pid, NULL, WNOHANG) == pid)
		return false;
	return (!kill(pid, 0) || errno == EPERM) && !is_zombie(pid);
}

static bool wait_gone(pid_t pid, int timeout_ms)
{
	const struct timespec nap = {.tv_nsec = 5000000};

	for (int waited = 0; waited < timeout_ms; waited += 5) {
		if (!process_alive(pid))
			return true;
		nanosleep(&nap, NULL);
	}
	return !process_alive(pid);
}

bool process_end(pid_t pid, int sig, int timeout_ms)
{
	if (!process_alive(pid))
		return true;
	kill(pid, sig);
	if (wait_gone(pid, timeout_ms))
		return true;
	kill(pid, SIGKILL);
	wait_gone(pid, 2000);
	return false;
}

uint64_t process_start_time(pid_t pid)
{
	unsigned long long start = 0;
	const char *after_name;
	char text[1024];

	/* Field 22 of the line; the state is field 3. */
	after_name = stat_after_name(pid, text, sizeof(text));
	if (!after_name ||
	    sscanf(after_name,
		   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
		   "%llu",
		   &start) != 1)
		return 0;
	return start;
}

bool process_is(pid_t pid, uint64_t start_time)
{
	return pid > 0 && start_time && process_alive(pid) && process_start_time(pid) == start_time;
}

static bool is_program(const char *path)
{
	struct stat st;

	return !access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode);
}

bool process_in_path(const char *name, char *path, size_t path_size)
{
	const char *dirs = getenv("PATH");
	char candidate[4096];

	if (strchr(name, '/')) {
		if (path)
			snprintf(path, path_size, "%s", name);
		return is_program(name);
	}
	if (!dirs || !*name)
		return false;
	for (const char *at = dirs;; at += strcspn(at, ":") + 1) {
		int len = (int)strcspn(at, ":");

		snprintf(candidate, sizeof(candidate), "%.*s/%s", len ? len : 1, len ? at : ".",
			 name);
		if (is_program(candidate)) {
			if (path)
				snprintf(path, path_size, "%s", candidate);
			return true;
		}
		if (!at[len])
			return false;
	}
}

void process_last_words(const char *log_path, char *line, size_t line_size)
{
	char text[512];
	FILE *f = fopen(log_path, "re");

	*line = 0;
	if (!f)
		return;
	while (fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\n")] = 0;
		if (*text)
			snprintf(line, line_size, "%s", text);
	}
	fclose(f);
}
