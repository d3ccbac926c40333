/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: any bytes as a recording, read by every command.  `make fuzz` gives it small
 * recordings to begin with.
 */
#include <stdint.h>
#include <sys/stat.h>

#include "tests/tools/mutate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nr);

static char path[256];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* Below the folder that `make fuzz` removes: a process that is killed removes nothing. */
	snprintf(path, sizeof(path), "%s/poolscope-fuzz-%d.db",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/dev/shm", (int)getpid());
	return freopen("/dev/null", "w", stdout) ? 0 : 1;
}

/* What makes it worth a look at all: without these the file is refused before SQLite sees it. */
static void write_recording(const uint8_t *bytes, size_t nr)
{
	static const uint8_t name[16] = "SQLite format 3", ours[4] = "Pool";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool whole = fd >= 0 && write(fd, bytes, nr) == (ssize_t)nr;

	whole = whole && pwrite(fd, name, sizeof(name), 0) == sizeof(name);
	whole = whole && pwrite(fd, ours, sizeof(ours), 68) == sizeof(ours);
	close(fd);
	if (!whole)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nr)
{
	int said = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	write_recording(bytes, nr);
	dup2(nowhere, STDERR_FILENO);
	for (int i = 0; i < MUTATE_COMMANDS; i++)
		mutate_command(i, path);
	dup2(said, STDERR_FILENO);
	close(said);
	close(nowhere);
	unlink(path);
	return 0;
}
