/* SPDX-License-Identifier: MIT */
#include "driver/loader/crash.h"

#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
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

/* --- where (safe in a handler) ---------------------------------------------------------------- */

/* The miniport's mapping, [first, after), and what its offsets count from. */
static struct {
	uintptr_t base, first, after;
} module;

static const char *hex(uintptr_t value, char text[20])
{
	char *at = text + 19;

	*at = '\0';
	do {
		*--at = "0123456789abcdef"[value % 16];
		value /= 16;
	} while (value != 0);
	*--at = 'x';
	*--at = '0';
	return at;
}

/* The instruction that the signal has interrupted; 0: not known on this processor. */
static uintptr_t place_of(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.pc;
#else
	return 0;
#endif
}

/* Words of one line, said in one call: lines of other threads do not mix with them. */
struct line {
	struct iovec parts[16];
	int n;
};

static void add(struct line *line, const char *word)
{
	line->parts[line->n++] = (struct iovec){(void *)(uintptr_t)word, strlen(word)};
}

static void say(const struct line *line)
{
	ssize_t written = writev(STDERR_FILENO, line->parts, line->n);

	(void)written;
}

static bool has_address(int number, const siginfo_t *info)
{
	return (number == SIGSEGV || number == SIGBUS) && info->si_code > 0;
}

/* Only what is safe in a handler.  The handler is gone by now: raising the signal again ends it. */
static void on_crash(int number, siginfo_t *info, void *context)
{
	const char *in = ndis_callback_now();
	uintptr_t place = place_of(context);
	char touched[20], offset[20];
	struct line line = {.n = 0};

	add(&line, "refnic: ");
	add(&line, miniport);
	add(&line, in != NULL ? " crashed in " : " crashed");
	add(&line, in != NULL ? in : "");
	add(&line, ": ");
	add(&line, name_of(number));
	if (has_address(number, info)) {
		add(&line, " at address ");
		add(&line, hex((uintptr_t)info->si_addr, touched));
	}
	if (place >= module.first && place < module.after) {
		add(&line, ", by the code at offset ");
		add(&line, hex(place - module.base, offset));
		add(&line, " of it (for addr2line)");
	}
	if (has_address(number, info) && ndis_is_register_window(info->si_addr))
		add(&line, ": a mapped register is no memory; use NdisReadRegisterUlong and "
			   "NdisWriteRegisterUlong");
	add(&line, "\n");
	say(&line);
	raise(number);
}

/* --- exit() ----------------------------------------------------------------------------------- */

static uint32_t is_watching; /* atomic */

/* Nothing but the miniport calls exit() while it is watched. */
static void on_exit_inside(void)
{
	const char *in = ndis_callback_now();
	struct line line = {.n = 0};

	if (!__atomic_load_n(&is_watching, __ATOMIC_ACQUIRE))
		return;
	add(&line, "refnic: ");
	add(&line, miniport);
	add(&line, " called exit()");
	add(&line, in != NULL ? " in " : "");
	add(&line, in != NULL ? in : "");
	add(&line, ": a driver does not end the machine; nothing was judged\n");
	say(&line);
}

/* --- watching --------------------------------------------------------------------------------- */

/* Finds the mapping that holds the address `wanted`. */
static int find_module(struct dl_phdr_info *info, size_t size, void *wanted)
{
	uintptr_t first = UINTPTR_MAX, after = 0, at = (uintptr_t)wanted;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t begins = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		first = begins < first ? begins : first;
		after = begins + segment->p_memsz > after ? begins + segment->p_memsz : after;
	}
	if (at < first || at >= after)
		return 0;
	module.base = info->dlpi_addr;
	module.first = first;
	module.after = after;
	return 1;
}

void crash_watch(const char *path, DRIVER_INITIALIZE *entry)
{
	static char stack[64 * 1024];
	const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {
		.sa_sigaction = on_crash,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK | SA_SIGINFO)};

	miniport = path;
	dl_iterate_phdr(find_module, (void *)(uintptr_t)entry);
	sigemptyset(&action.sa_mask);
	sigaltstack(&own, NULL); /* of this thread: a stack that overflowed has no room */
	for (size_t i = 0; i < NR_FATAL; i++)
		sigaction(fatal[i].number, &action, NULL);
	__atomic_store_n(&is_watching, 1, __ATOMIC_RELEASE);
	atexit(on_exit_inside);
}

void crash_watch_end(void)
{
	__atomic_store_n(&is_watching, 0, __ATOMIC_RELEASE);
}
