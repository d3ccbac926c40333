/* SPDX-License-Identifier: MIT */
#include "tuner/impute.h"

#include <errno.h>
#include <stdlib.h>

#include "tuner/departures.h"
#include "tuner/lenders.h"

#define TURN 27

#define TELL_EACH 8192 /* moves */

/* The moves so far, and those that come of them. */
struct merge {
	struct demand *d;
	struct moves *from, *to;
	struct flow *flow; /* NULL: nobody reads them yet */
	struct lenders lenders;
	struct departures departures;
	size_t tick;
	uint64_t imputed; /* takes so far */
};

static void take(struct merge *g, int64_t t_ns)
{
	struct departure one = {DEPARTS_NEVER, (uint32_t)g->imputed, packets_take(&g->to->imputed)};

	if (one.what == HANDLE_NONE) {
		moves_fail(g->to, -ENOMEM);
		return;
	}
	if (!g->lenders.around)
		g->d->quality.not_imputed++;
	else if (__builtin_add_overflow(
			 t_ns,
			 lenders_hold(&g->lenders, (uint32_t)(g->to->takes - g->to->imputed_takes),
				      g->imputed * TURN % g->lenders.around),
			 &one.t_ns))
		one.t_ns = DEPARTS_NEVER;
	g->imputed++;
	if (departures_add(&g->departures, one))
		moves_fail(g->to, -ENOMEM);
}

static void copy(struct merge *g, const struct move *move)
{
	moves_copy(g->to, move);
	if (move->flags & MOVE_IMPUTED)
		for (uint32_t i = 0; i < move->nr && !g->to->error; i++)
			take(g, move->t_ns);
}

/* Ticks stand between events; these stood behind so many steps. */
static void move_ticks(struct merge *g, uint64_t steps, int64_t until_ns)
{
	struct demand *d = g->d;

	while (g->tick < d->nr_ticks && d->ticks[g->tick].steps <= steps &&
	       d->ticks[g->tick].t_ns <= until_ns)
		d->ticks[g->tick++].steps = g->to->steps;
}

/* Those due at the time of an event; at equal times a tick comes before them. */
static void return_due(struct merge *g, int64_t t_ns, uint64_t steps)
{
	while (g->departures.nr && g->departures.out[0].t_ns <= t_ns && !g->to->error) {
		struct departure one = departures_pop(&g->departures);

		move_ticks(g, steps, one.t_ns);
		if (packets_return(&g->to->imputed, one.what))
			moves_fail(g->to, -ENOMEM);
		moves_return(g->to, one.t_ns, 1, MOVE_IMPUTED | MOVE_END);
	}
}

/* Nobody needs the moves as they were: their pieces are used again. */
static void forget(struct merge *g, size_t before)
{
	if (!g->flow || flow_is_attended(g->flow))
		moves_forget(&g->from->pieces, before, MOVES_PIECE, g->to);
}

static void merge(struct merge *g)
{
	struct moves_reader reader = moves_read(g->from);
	uint64_t steps = 0;
	bool begins = true; /* an event, of one move or several */
	struct move move;

	while (moves_next(&reader, &move) && !g->to->error) {
		if (begins)
			return_due(g, move.t_ns, steps);
		begins = move.flags & MOVE_END;
		move_ticks(g, steps, INT64_MAX);
		copy(g, &move);
		steps += move.nr;
		if (reader.at % MOVES_PIECE == 0)
			forget(g, reader.at);
		if (g->flow && reader.at % TELL_EACH == 0)
			flow_tell(g->flow);
	}
	move_ticks(g, steps, INT64_MAX);
}

/* The new moves take the place of the old ones. */
static void replace(struct demand *d, struct moves *to)
{
	struct moves *m = d->path;

	to->real = m->real; /* as they were */
	m->real = (struct packets){0};
	moves_release(m);
	*m = *to;
	d->max_held = m->max_held;
	d->quality.unreturned = m->x;
}

static int run(struct demand *d, struct moves *to, struct flow *flow)
{
	struct merge g = {
		.d = d, .from = d->path, .to = to, .flow = flow, .lenders = lenders_of(d->holds)};

	merge(&g);
	departures_release(&g.departures);
	holds_release(d->holds);
	free(d->holds);
	d->holds = NULL;
	return to->error;
}

int impute(struct demand *d)
{
	struct moves to = MOVES_NONE;
	int ret;

	if (!d->holds)
		return 0;
	ret = run(d, &to, NULL);
	replace(d, &to);
	return ret;
}

int impute_begin(const struct demand *d, struct flow *flow)
{
	const struct moves *m = d->path;

	/* A return is a word, and parts a longer time into two, which may take one more. */
	return flow_init(flow, m->first_ns, m->nr + 3 * m->imputed_takes);
}

int impute_flow(struct demand *d, struct flow *flow)
{
	int ret = run(d, &flow->moves, flow);

	flow_end(flow);
	flow_wait_attended(flow);
	replace(d, &flow->moves);
	return ret;
}
