/* SPDX-License-Identifier: MIT */
#ifndef TRAFFIC_TURNS_H
#define TRAFFIC_TURNS_H
/*
 * Whose turn is next, of the members of a superposition: a heap of times.
 *
 * Thread: the owner's.
 */
#include <stdint.h>

struct turn {
	double at_ns;
	uint32_t who;
};

struct turns {
	struct turn *heap; /* the earliest on top; of equal times the lowest who */
	uint32_t nr;
};

/* Room for `most` members.  Returns: 0 or -ENOMEM. */
int turns_init(struct turns *turns, uint32_t most);
void turns_release(struct turns *turns);
/* A member may be in it once; there is room for it. */
void turns_push(struct turns *turns, uint32_t who, double at_ns);
/* Takes the earliest out; there is one. */
struct turn turns_pop(struct turns *turns);

#endif
