/* SPDX-License-Identifier: MIT */
#include "driver/loader/crash.h"

#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "driver/ndis/host.h"

static const char *miniport;

static const struct {
	int number;
	const char *name;
} fatal[] = {
	{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGILL, "SIGILL"},
	{SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"},
};
#define NR_FATAL (sizeof(fatal) / sizeof(fatal[0]))

static const char *name_of(int number)
{
	for (size_t i = 0; i < NR_FATAL; i++) {
		if (fatal[i].number == number)
			return fatal[i].name;
	}
	return "a signal";
}

/* Only what is safe in a handler.  The handler is gone by now: raising the signal again ends it. */
static void on_crash(int number)
{
	const char *in = ndis_callback_now();
	const char *const words[] = {"refnic: ",
				     miniport,
				     in != NULL ? " crashed in " : " crashed",
				     in != NULL ? in : "",
				     ": ",
				     name_of(number),
				     "\n"};
	struct iovec parts[sizeof(words) / sizeof(words[0])];
	ssize_t written;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		parts[i] = (struct iovec){(void *)(uintptr_t)words[i], strlen(words[i])};
	/* One call: lines of other threads do not mix with it. */
	written = writev(STDERR_FILENO, parts, sizeof(words) / sizeof(words[0]));
	(void)written;
	raise(number);
}

void crash_watch(const char *path)
{
	static char stack[64 * 1024];
	const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = on_crash,
				   .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};

	miniport = path;
	sigemptyset(&action.sa_mask);
	sigaltstack(&own, NULL); /* of this thread: a stack that overflowed has no room */
	for (size_t i = 0; i < NR_FATAL; i++)
		sigaction(fatal[i].number, &action, NULL);
}
