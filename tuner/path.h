/* SPDX-License-Identifier: MIT */
#ifndef TUNER_PATH_H
#define TUNER_PATH_H
/*
 * A walk along the demand path, for all that depends on X and the time alone.  It goes by moves
 * while there are only those, and by steps then, several at a time where they are of one time: what
 * is made of it must not depend on how many buffers go at once.
 *
 * Many points are read at a time, so that several who look at them share the cost of reading:
 *
 *	struct path_point points[PATH_POINTS];
 *	struct path_walk w = path_begin(d);
 *
 *	while ((nr = path_read(&w, points)))
 *		use points[0 .. nr - 1]
 */
#include "tuner/flow.h"

#define PATH_POINTS 512

/* Some buffers came or went. */
struct path_point {
	int64_t t_ns;
	uint32_t before, after; /* X: before < after is a take, anything else a return */
};

struct path_walk {
	const struct demand *d;
	struct moves_reader moves;
	struct flow *flow; /* where more of them may come from */
	size_t at;	   /* the next of the steps */
	uint32_t x;
};

struct path_walk path_begin(const struct demand *d);

/*
 * Only the end of the path, so much of its path_length(), or all of it.  Times are right from
 * each other, but not what they are; and so is X.
 */
struct path_walk path_begin_late(const struct demand *d, size_t left);

/* Moves while they are made. */
struct path_walk path_begin_flow(struct flow *flow);

/* How long it is, in steps or in the words that its moves are kept in. */
size_t path_length(const struct demand *d);

/* Returns: how many, at most PATH_POINTS; 0 the walk is over. */
size_t path_read(struct path_walk *w, struct path_point *points);

/* One of several who look at the points of a walk. */
struct path_looker {
	/* All points, some at a time.  Returns: 0, or why the walk ends. */
	int (*look)(void *ctx, const struct path_point *points, size_t nr);
	void *ctx;
};

/* Returns: 0, or what the first of them returned that wanted to end it. */
int path_show(struct path_walk w, const struct path_looker *lookers, size_t nr);

static inline bool path_is_take(const struct path_point *p)
{
	return p->before < p->after;
}

#endif
