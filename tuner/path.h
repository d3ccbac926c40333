/* SPDX-License-Identifier: MIT */
#ifndef TUNER_PATH_H
#define TUNER_PATH_H
/*
 * A walk along the demand path, for all that depends on X and the time alone.  It goes by moves
 * while there are only those, and by steps then, several at a time where they are of one time: what
 * is made of it must not depend on how many buffers go at once.
 *
 *	struct path_walk w = path_begin(d);
 *
 *	while (path_next(&w))
 *		use w.t_ns, w.nr, w.take, w.before, w.after
 */
#include "tuner/moves.h"

struct path_walk {
	const struct demand *d;
	struct moves_reader moves;
	size_t at; /* the next of the steps */
	int64_t t_ns;
	uint32_t nr; /* buffers that go */
	bool take;
	uint32_t before, after; /* X */
};

static inline struct path_walk path_begin(const struct demand *d)
{
	struct path_walk w = {.d = d};

	if (d->path)
		w.moves = moves_read(d->path);
	return w;
}

/* Steps in a row that go the same way at the same time, as far as their cell goes. */
static inline void path_next_steps(struct path_walk *w)
{
	const struct demand *d = w->d;
	uint64_t takes = d->cells[w->at / DEMAND_CELL].takes >> w->at % DEMAND_CELL, other;
	size_t most = DEMAND_CELL - w->at % DEMAND_CELL;

	w->t_ns = d->t_ns[w->at];
	w->take = takes & 1;
	other = w->take ? ~takes : takes;
	w->nr = other ? (uint32_t)__builtin_ctzll(other) : DEMAND_CELL;
	most = most < d->nr - w->at ? most : d->nr - w->at;
	if (w->nr > most)
		w->nr = (uint32_t)most;
	while (d->t_ns[w->at + w->nr - 1] != w->t_ns)
		w->nr = w->nr / 2;
	w->at += w->nr;
}

static inline bool path_next_move(struct path_walk *w)
{
	struct move move;

	if (!moves_next(&w->moves, &move))
		return false;
	w->t_ns = move.t_ns;
	w->take = move.flags & MOVE_TAKE;
	w->nr = move.nr;
	return true;
}

/* Returns: false the walk is over. */
static inline bool path_next(struct path_walk *w)
{
	if (w->d->path) {
		if (!path_next_move(w))
			return false;
	} else {
		if (w->at == w->d->nr)
			return false;
		path_next_steps(w);
	}
	w->before = w->after;
	w->after += w->take ? w->nr : -w->nr;
	return true;
}

#endif
