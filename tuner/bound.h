/* SPDX-License-Identifier: MIT */
#ifndef TUNER_BOUND_H
#define TUNER_BOUND_H
/*
 * The clairvoyant: the least memory with which a pool that knows the future loses nothing.
 *
 * It has each dynamic block exactly while the demand needs it, and over a pause it keeps the block
 * where that costs less than giving it back and asking again.  No marks can do better; how much of
 * what they use it would have used is their efficiency.
 *
 * A block is needed while X is above one level, whatever the others are.  So one pass over the
 * demand says of every level how long X was above it, and the answer for any base, block and
 * reserve is a sum over some levels.
 */
#include "tuner/path.h"

/* X from one level on: from the step up to level + 1 to the step down again. */
struct bound_level {
	int64_t above_ns;  /* all of the times */
	int64_t paused_ns; /* the pauses between them that were short enough */
	uint64_t grants;   /* times, as short pauses count for nothing */
};

struct bound_table {
	struct bound_level *levels; /* [nr]: of the demand's max_held */
	uint32_t nr;
	uint32_t above; /* X after the last step: levels below are still so */
	int64_t span_ns;
};

/* pause_ns: pauses up to this are none.  O(the path).  Returns: 0 or -ENOMEM. */
int bound_table_make(const struct demand *d, int64_t pause_ns, struct bound_table *out);
void bound_table_release(struct bound_table *t);

/* The same beside others: bound_look() is shown the whole path (tuner/path.h). */
struct bound_walk {
	struct bound_level *levels; /* differences between levels */
	struct bound_run *up, *down;
	size_t nr_up, nr_down, room;
	int64_t pause_ns;
	uint32_t above;
	int error;
};
void bound_begin(struct bound_walk *walk, int64_t pause_ns);
int bound_look(void *walk, const struct path_point *points, size_t nr);
/* Either way out is to be released.  Returns: 0 or -ENOMEM. */
int bound_end(struct bound_walk *walk, const struct demand *d, uint32_t max_held,
	      struct bound_table *out);

struct bound {
	double mean_buffers; /* time-weighted, from the first step to the last */
	uint32_t peak_buffers;
	uint64_t grants, frees;
};

/* O(blocks).  Returns: 0; -EINVAL base or block is 0. */
int bound_of(const struct bound_table *t, uint32_t base, uint32_t block, uint32_t reserve,
	     struct bound *out);

/*
 * The same for one block alone.  switch_cost: of one grant with its free, in buffer-nanoseconds: 0
 * gives a block back at once.  O(the path).  Returns: 0; -EINVAL base or block is 0; -ENOMEM.
 */
int bound_clairvoyant(const struct demand *d, uint32_t base, uint32_t block, uint32_t reserve,
		      double switch_cost, struct bound *out);

#endif
