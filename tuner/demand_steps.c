/* SPDX-License-Identifier: MIT */
/*
 * The steps of a path: one for each buffer that came or went.
 *
 * Times and X are made by one walk, and slots by another, so that two threads can share the work.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tuner/big.h"
#include "tuner/demand_build.h"
#include "tuner/impute.h"
#include "tuner/moves.h"
#include "tuner/parallel.h"

/* Below this, a thread takes longer to begin than it takes to do the work. */
#define STEPS_PARALLEL 100000
#define FORGET_EACH    65536 /* moves */

enum { TIMES, SLOTS, NR_WALKS };

struct making {
	struct demand *d;
	struct moves *moves;
	atomic_size_t timed; /* of the moves, those that times were made of */
	int ret[NR_WALKS];
};

/* --- times ---------------------------------------------------------------------------------------
 */

/* Where the next step goes. */
struct times {
	struct demand *d;
	size_t at;
	uint32_t x;
};

static void open_cell(struct times *t)
{
	struct demand_cell *c = &t->d->cells[t->at / DEMAND_CELL];

	c->takes = c->ends = c->imputed = 0;
	c->before = t->x;
	t->d->extremes[0][t->at / DEMAND_CELL] = DEMAND_NO_EXTREMES;
}

/* Some steps of a cell. */
static void fill(struct times *t, const struct move *move, uint32_t nr)
{
	uint64_t bits = UINT64_MAX >> (DEMAND_CELL - nr) << t->at % DEMAND_CELL;
	struct demand_cell *c = &t->d->cells[t->at / DEMAND_CELL];
	struct demand_extremes *e = &t->d->extremes[0][t->at / DEMAND_CELL];
	uint32_t low, high;

	for (uint32_t i = 0; i < nr; i++)
		t->d->t_ns[t->at + i] = move->t_ns;
	if (move->flags & MOVE_TAKE) {
		c->takes |= bits;
		c->imputed |= move->flags & MOVE_IMPUTED ? bits : 0;
		low = t->x + 1;
		high = t->x += nr;
	} else {
		high = t->x - 1;
		low = t->x -= nr;
	}
	e->min = low < e->min ? low : e->min;
	e->max = high > e->max ? high : e->max;
	t->at += nr;
}

static int make_times(struct making *g)
{
	struct times t = {.d = g->d};
	struct moves_reader reader = moves_read(g->moves);
	struct move move;

	while (moves_next(&reader, &move)) {
		for (uint32_t left = move.nr, nr; left; left -= nr) {
			uint32_t room = DEMAND_CELL - t.at % DEMAND_CELL;

			if (room == DEMAND_CELL)
				open_cell(&t);
			nr = left < room ? left : room;
			fill(&t, &move, nr);
		}
		if (move.flags & MOVE_END)
			t.d->cells[(t.at - 1) / DEMAND_CELL].ends |= UINT64_C(1)
								     << (t.at - 1) % DEMAND_CELL;
		if (reader.at % FORGET_EACH == 0)
			atomic_store(&g->timed, reader.at);
	}
	if (t.at % DEMAND_CELL == 0) /* X after the last step is before one more cell */
		open_cell(&t);
	atomic_store(&g->timed, reader.at);
	return 0;
}

/* --- slots ---------------------------------------------------------------------------------------
 */

struct of {
	struct packets_reader packets;
	uint32_t *slot; /* of each handle */
};

struct slots {
	struct demand *d;
	struct hunt hunt;
	struct of real, imputed;
	size_t at;
	uint32_t top; /* the highest slot in use in this cell, + 1 */
	int error;
};

static void close_of(struct of *of)
{
	handles_release(&of->packets.handles);
	free(of->slot);
}

static int open_of(struct of *of, const struct packets *packets)
{
	of->packets.packets = packets;
	of->slot = malloc((packets->handles.made + 1) * sizeof(*of->slot));
	return of->slot ? 0 : -ENOMEM;
}

/* Between two cells, one of them not there at the ends. */
static void next_cell(struct slots *s)
{
	if (s->at)
		s->d->cells[s->at / DEMAND_CELL - 1].top = s->top;
	s->top = hunt_cell(&s->hunt, s->at, s->top);
	s->error = s->hunt.error;
}

static void take_slots(struct slots *s, struct of *of, uint32_t nr)
{
	for (uint32_t i = 0; i < nr && !s->error; i++) {
		uint32_t handle = packets_taken(&of->packets), slot;

		if (s->at % DEMAND_CELL == 0)
			next_cell(s);
		slot = hunt_take(&s->hunt);
		if (handle == HANDLE_NONE || slot == HUNT_NONE) {
			s->error = -ENOMEM;
			return;
		}
		of->slot[handle] = s->d->slot[s->at++] = slot;
		s->top = slot < s->top ? s->top : slot + 1;
	}
}

static void return_slots(struct slots *s, struct of *of, uint32_t nr)
{
	for (uint32_t i = 0; i < nr && !s->error; i++) {
		uint32_t slot = of->slot[packets_returned(&of->packets)];

		if (s->at % DEMAND_CELL == 0)
			next_cell(s);
		hunt_return(&s->hunt, slot);
		s->d->slot[s->at++] = slot;
	}
}

/* What both walks have read is needed no longer; of the handles, this one is the only reader. */
static void forget(struct making *g, const struct slots *s, size_t read)
{
	struct moves *m = g->moves;
	size_t timed = atomic_load(&g->timed);

	moves_forget(&m->pieces, timed < read ? timed : read, MOVES_PIECE, NULL);
	packets_forget(&s->real.packets, &m->real);
	packets_forget(&s->imputed.packets, &m->imputed);
}

static void hunt_all(struct making *g, struct slots *s)
{
	struct moves_reader reader = moves_read(g->moves);
	struct move move;

	while (moves_next(&reader, &move) && !s->error) {
		struct of *of = move.flags & MOVE_IMPUTED ? &s->imputed : &s->real;

		if (move.flags & MOVE_TAKE)
			take_slots(s, of, move.nr);
		else
			return_slots(s, of, move.nr);
		if (reader.at % FORGET_EACH == 0)
			forget(g, s, reader.at);
	}
}

static int make_slots(struct making *g)
{
	struct slots s = {.d = g->d};
	int ret = hunt_begin(&s.hunt, g->d->max_held);

	if (open_of(&s.real, &g->moves->real) || open_of(&s.imputed, &g->moves->imputed))
		ret = -ENOMEM;
	if (!ret) {
		hunt_all(g, &s);
		if (!s.error && s.at % DEMAND_CELL == 0)
			next_cell(&s);
		s.d->cells[s.at / DEMAND_CELL].top = s.top;
		ret = s.error;
	}
	close_of(&s.real);
	close_of(&s.imputed);
	if (ret)
		hunt_release(&s.hunt);
	else
		hunt_finish(&s.hunt, g->d);
	return ret;
}

/* --- both ----------------------------------------------------------------------------------------
 */

static void make(size_t i, void *ctx)
{
	struct making *g = ctx;

	g->ret[i] = i == TIMES ? make_times(g) : make_slots(g);
}

static int make_room(struct demand *d, size_t steps)
{
	size_t cells = steps / DEMAND_CELL + 1;

	d->t_ns = big_alloc(steps * sizeof(*d->t_ns));
	d->slot = big_alloc(steps * sizeof(*d->slot));
	d->cells = malloc(cells * sizeof(*d->cells));
	d->extremes[0] = malloc(cells * sizeof(*d->extremes[0]));
	return d->t_ns && d->slot && d->cells && d->extremes[0] ? 0 : -ENOMEM;
}

static int make_all(struct demand *d)
{
	struct making g = {.d = d, .moves = d->path};
	size_t steps = d->path->steps;
	int ret = make_room(d, steps);

	if (ret)
		return ret;
	parallel_run(steps < STEPS_PARALLEL, NR_WALKS, make, &g);
	for (int i = 0; i < NR_WALKS && !ret; i++)
		ret = g.ret[i];
	if (!ret)
		ret = build_conclude(d, steps, d->path->x);
	return ret || d->ticks_known ? ret : demand_add_ticks(d);
}

int demand_make_steps(struct demand *d)
{
	int ret;

	if (!d->path)
		return 0;
	ret = impute(d);
	if (!ret)
		ret = make_all(d);
	moves_release(d->path);
	free(d->path);
	d->path = NULL;
	return ret;
}
