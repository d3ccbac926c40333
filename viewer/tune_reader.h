/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_TUNE_READER_H
#define VIEWER_TUNE_READER_H
/*
 * Reads the demand of a pool beside the screen: a thread with a connection of its own, so that
 * keys are answered meanwhile.
 *
 * Thread: all calls from one thread, that of the screen.
 */
#include "tuner/atlas.h"
#include "tuner/demand.h"

/* As many as are simulated while a key is pressed, and as fit into 64 MB while they are read. */
#define TUNE_STEPS_MAX 1500000

struct tune_reader;

struct tune_reading {
	struct demand *demand; /* NULL: err says why */
	struct atlas atlas;
	bool cut; /* there was more: only the newest was read */
	struct db_error err;
};

/* steps_max 0: TUNE_STEPS_MAX.  Returns: NULL when there is no memory, or no thread. */
struct tune_reader *tune_reader_open(const char *path, uint32_t pool, uint64_t steps_max);
/* Steps read so far. */
uint64_t tune_reader_steps(const struct tune_reader *reader);
/* Waits at most so long.  Returns: true when it is done, with *out filled and the caller's. */
bool tune_reader_wait(struct tune_reader *reader, int wait_ms, struct tune_reading *out);
/* Gives up what is not done; NULL is nothing. */
void tune_reader_close(struct tune_reader *reader);

#endif
