/* SPDX-License-Identifier: MIT */
#include "viewer/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const struct {
	int sig;
	char tells; /* 0: a crash */
} signals[] = {
	{SIGTERM, 'q'},	 {SIGINT, 'q'},	 {SIGHUP, 'q'}, {SIGTSTP, 'z'},
	{SIGWINCH, 'r'}, {SIGCONT, 'r'}, {SIGSEGV, 0},	{SIGBUS, 0},
	{SIGFPE, 0},	 {SIGILL, 0},	 {SIGABRT, 0},
};
#define NR_SIGNALS ((int)(sizeof(signals) / sizeof(signals[0])))

static struct {
	volatile sig_atomic_t active;
	int pipe[2];
	char text[300];
	size_t len;
	struct termios modes;
	struct sigaction old[NR_SIGNALS];
} restore = {.pipe = {-1, -1}};

static void give_back(void)
{
	ssize_t n;

	if (!restore.active)
		return;
	restore.active = 0;
	n = write(STDOUT_FILENO, restore.text, restore.len);
	(void)n;
	tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
}

/* Whoever handled this signal before us gets it again, with the terminal in order. */
static void on_crash(int sig)
{
	int saved = errno;

	give_back();
	for (int i = 0; i < NR_SIGNALS; i++)
		if (signals[i].sig == sig)
			sigaction(sig, &restore.old[i], NULL);
	raise(sig);
	errno = saved;
}

static void on_signal(int sig)
{
	int saved = errno;
	ssize_t n;

	for (int i = 0; i < NR_SIGNALS; i++) {
		if (signals[i].sig != sig)
			continue;
		n = write(restore.pipe[1], &signals[i].tells, 1);
		(void)n;
	}
	errno = saved;
}

static void install(int i)
{
	struct sigaction action = {.sa_handler = signals[i].tells ? on_signal : on_crash,
				   .sa_flags = signals[i].tells ? SA_RESTART : SA_ONSTACK};

	sigemptyset(&action.sa_mask);
	sigaction(signals[i].sig, &action, NULL);
}

int restore_begin(void)
{
	static char stack[64 * 1024];
	stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
	static bool at_exit;

	if (tcgetattr(STDIN_FILENO, &restore.modes))
		return -ENOTTY;
	if (pipe2(restore.pipe, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	if (!at_exit)
		atexit(give_back);
	at_exit = true;
	restore.len = 0;
	sigaltstack(&alternative, NULL); /* a stack overflow is a crash too */
	for (int i = 0; i < NR_SIGNALS; i++) {
		sigaction(signals[i].sig, NULL, &restore.old[i]);
		install(i);
	}
	return 0;
}

void restore_add(const char *text)
{
	size_t len;

	if (!text || text == (char *)-1)
		return;
	len = strlen(text);
	if (restore.len + len > sizeof(restore.text))
		return;
	memcpy(restore.text + restore.len, text, len);
	restore.len += len;
}

void restore_arm(void)
{
	restore.active = 1;
}

void restore_end(void)
{
	restore.active = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
	for (int i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i].sig, &restore.old[i], NULL);
	close(restore.pipe[0]);
	close(restore.pipe[1]);
	restore.pipe[0] = restore.pipe[1] = -1;
}

int restore_fd(void)
{
	return restore.pipe[0];
}

/* A resize storm is one resize. */
enum restore_news restore_read(void)
{
	enum restore_news news = RESTORE_NOTHING;
	char what[64];
	ssize_t n;

	while ((n = read(restore.pipe[0], what, sizeof(what))) > 0) {
		if (memchr(what, 'q', (size_t)n))
			return RESTORE_QUIT;
		if (memchr(what, 'z', (size_t)n))
			news = RESTORE_STOP;
		else if (news == RESTORE_NOTHING)
			news = RESTORE_RESIZED;
	}
	return news;
}

void restore_stop(void)
{
	restore.active = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &restore.modes);
	for (int i = 0; i < NR_SIGNALS; i++)
		if (signals[i].sig == SIGTSTP)
			sigaction(SIGTSTP, &restore.old[i], NULL);
	raise(SIGTSTP);
	/* Here it goes on. */
	for (int i = 0; i < NR_SIGNALS; i++)
		if (signals[i].sig == SIGTSTP)
			install(i);
	restore.active = 1;
}
