/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: any bytes as a CTF trace, through Babeltrace, the decoder and the store, and through
 * all that reads packets by itself.  `make fuzz` gives it traces to begin with, which
 * "fuzz_trace -seeds DIR" has written.
 */
#include "tests/tools/hostile_trace.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nr);

static char folder[256];

static void write_seeds(const char *dir)
{
	for (unsigned flags = 0; flags < 2 * HOSTILE_RAW_METADATA; flags++) {
		unsigned shapes = flags & HOSTILE_ODD_FIELDS ? HOSTILE_SHAPES : 1;

		for (unsigned shape = 0; shape < shapes; shape++) {
			char name[32];
			uint8_t *bytes;
			size_t nr = hostile_seed(flags, shape, &bytes);

			snprintf(name, sizeof(name), "seed-%02x-%u", flags, shape);
			ctf_file(dir, name, bytes, nr);
			free(bytes);
		}
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (*argc == 3 && !strcmp((*argv)[1], "-seeds")) {
		write_seeds((*argv)[2]);
		exit(0);
	}
	/* Below the folder that `make fuzz` removes: a process that is killed removes nothing. */
	snprintf(folder, sizeof(folder), "%s/poolscope-fuzz-%d",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/dev/shm", (int)getpid());
	return mkdir(folder, 0700);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nr)
{
	hostile_try(folder, bytes, nr);
	return 0;
}
