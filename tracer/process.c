/* SPDX-License-Identifier: MIT */
#include "tracer/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* All signals at their defaults and none blocked, whatever this program does with its own. */
static void clean_signals(posix_spawnattr_t *attr, short *flags)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setsigmask(attr, &none);
	*flags |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
}

static pid_t spawn(char *const argv[], char *const envp[], short flags, bool no_input,
		   const char *output_path)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid;
	int ret;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	clean_signals(&attr, &flags);
	posix_spawnattr_setflags(&attr, flags);
	if (no_input)
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (output_path) {
		posix_spawn_file_actions_addopen(&files, 1, output_path,
						 O_WRONLY | O_CREAT | O_APPEND, 0600);
		posix_spawn_file_actions_adddup2(&files, 1, 2);
	}
	ret = posix_spawnp(&pid, argv[0], &files, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return ret ? -ret : pid;
}

pid_t process_start_daemon(char *const argv[], const char *log_path)
{
	return spawn(argv, environ, POSIX_SPAWN_SETSID, true, log_path);
}

pid_t process_start(char *const argv[], char *const envp[], const char *quiet_path)
{
	return spawn(argv, envp, 0, quiet_path != NULL, quiet_path);
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
