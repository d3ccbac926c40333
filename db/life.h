/* SPDX-License-Identifier: MIT */
#ifndef DB_LIFE_H
#define DB_LIFE_H
/*
 * A pool's working life, and the ranges of available and total over it.
 *
 * It begins with the announcement of the base block (after a late join, with the first tick) and
 * ends when the pool stops running for good: at the first tick that says running = 0 and is not
 * followed by one that says running = 1, or before the first block_free of reason halt, whichever
 * is earlier.  So a halt that drains the pool does not make its minimum 0, and a pause is part of
 * the life.
 */
#include <stdbool.h>
#include <stdint.h>

struct life_range {
	uint32_t min, max;
	unsigned __int128 area; /* value times ns */
};

struct life_figures {
	int64_t since_ns, until_ns;
	struct life_range available, total;
};

struct life {
	bool begun;
	bool ran;    /* a tick said running */
	bool paused; /* and the last one did not */
	bool ended;
	uint32_t available, total; /* now */
	struct life_figures now;
	struct life_figures at_pause; /* final once no tick says running again */
};

void life_begin(struct life *l, int64_t ts_ns, uint32_t available, uint32_t total);
/* The values from ts_ns on. */
void life_step(struct life *l, int64_t ts_ns, uint32_t available, uint32_t total);
/* What a tick says, before its values are given to life_step(). */
void life_running(struct life *l, int64_t ts_ns, bool running);
/* The first block_free of a halt, before its values are given to life_step(). */
void life_end(struct life *l, int64_t ts_ns);

/* Does the pool work now: are crossings to be counted? */
static inline bool life_works(const struct life *l)
{
	return l->begun && !l->paused && !l->ended;
}
/* The figures of the working life so far; NULL before it has begun. */
const struct life_figures *life_get(const struct life *l);
/* The time-weighted mean of a range of those figures. */
double life_mean(const struct life_figures *figures, const struct life_range *range);

#endif
