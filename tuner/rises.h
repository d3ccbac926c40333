/* SPDX-License-Identifier: MIT */
#ifndef TUNER_RISES_H
#define TUNER_RISES_H
/*
 * The steepest rises of X within given times, which say how low is safe (tuner/low.h), from the
 * path alone: without where they are.
 */
#include "tuner/path.h"

#define RISES_MOST 4

/*
 * rise[i] becomes low_burst()'s of tau_ns[i], for nr <= RISES_MOST times in descending order, in
 * one walk.  Returns: 0 or -ENOMEM.
 */
int rises_find(const struct demand *d, const int64_t *tau_ns, size_t nr, uint32_t *rise);

/* The same beside others: rises_look() is shown the whole path (tuner/path.h). */
struct rises_walk {
	int64_t tau_ns[RISES_MOST];
	size_t nr, timed; /* those of some time come first */
	uint32_t rise[RISES_MOST];
	struct rises_state *states;
	size_t head[RISES_MOST]; /* of each time the first that is within it */
	size_t tail, mask;
};
/* Returns: 0 or -ENOMEM.  Either way it is to be ended. */
int rises_begin(struct rises_walk *walk, const int64_t *tau_ns, size_t nr);
int rises_look(void *walk, const struct path_point *points, size_t nr);
void rises_end(struct rises_walk *walk, uint64_t takes, uint32_t *rise);

#endif
