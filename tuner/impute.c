/* SPDX-License-Identifier: MIT */
#include "tuner/impute.h"

#include <errno.h>
#include <stdlib.h>

#include "tuner/departures.h"

/* So many lend, by turns.  A power of two. */
#define LENDERS 64
#define TURN	27

/* How long real takes were held, in order; what 32 bits have no room for is listed. */
#define HELD_OUT  UINT32_MAX /* it has no return */
#define HELD_LONG (UINT32_MAX - 1)

struct long_hold {
	uint64_t take;
	int64_t ns;
};

/* The takes that have a return. */
struct lenders {
	uint32_t *hold_ns;
	size_t nr, around;	 /* around: as many as lend; 0: none */
	struct long_hold *longs; /* by take */
	size_t nr_longs, longs_room;
	uint64_t *without; /* real takes that have none, in order */
	size_t nr_without, without_room;
};

static void release_lenders(struct lenders *l)
{
	free(l->hold_ns);
	free(l->longs);
	free(l->without);
}

/* Room for one more behind nr elements.  Returns: 0 or -ENOMEM. */
static int make_room(void **array, size_t nr, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 256;
	void *grown;

	if (nr < *room)
		return 0;
	grown = realloc(*array, more * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

/* A packet that is out. */
struct out {
	int64_t since_ns;
	uint32_t take;
};

static int note_hold(struct lenders *l, const struct out *out, int64_t t_ns)
{
	int64_t ns = t_ns - out->since_ns;

	if (ns < HELD_LONG) {
		l->hold_ns[out->take] = (uint32_t)ns;
		return 0;
	}
	l->hold_ns[out->take] = HELD_LONG;
	if (make_room((void **)&l->longs, l->nr_longs, &l->longs_room, sizeof(*l->longs)))
		return -ENOMEM;
	l->longs[l->nr_longs++] = (struct long_hold){out->take, ns};
	return 0;
}

static int find_holds(const struct moves *m, struct lenders *l)
{
	struct packets_reader packets = {.packets = &m->real};
	struct moves_reader reader = moves_read(m);
	struct out *out = malloc((m->real.handles.made + 1) * sizeof(*out));
	struct move move;
	uint32_t nr = 0;
	int ret = out ? 0 : -ENOMEM;

	while (!ret && moves_next(&reader, &move)) {
		if (move.flags & MOVE_IMPUTED)
			continue;
		for (uint32_t k = 0; k < move.nr && !ret; k++)
			if (!(move.flags & MOVE_TAKE)) {
				ret = note_hold(l, &out[packets_returned(&packets)], move.t_ns);
			} else {
				uint32_t handle = packets_taken(&packets);

				if (handle == HANDLE_NONE) {
					ret = -ENOMEM;
					break;
				}
				l->hold_ns[nr] = HELD_OUT;
				out[handle] = (struct out){move.t_ns, nr++};
			}
	}
	handles_release(&packets.handles);
	free(out);
	return ret;
}

static int by_take(const void *a, const void *b)
{
	const struct long_hold *x = a, *y = b;

	return x->take < y->take ? -1 : x->take > y->take;
}

/* Those that lend move up; the list of long ones says where they are then. */
static int leave_out(struct lenders *l, uint64_t real)
{
	size_t nr_longs = 0;

	if (l->nr_longs)
		qsort(l->longs, l->nr_longs, sizeof(*l->longs), by_take);
	for (uint64_t i = 0; i < real; i++) {
		if (l->hold_ns[i] == HELD_OUT) {
			if (make_room((void **)&l->without, l->nr_without, &l->without_room,
				      sizeof(*l->without)))
				return -ENOMEM;
			l->without[l->nr_without++] = i;
			continue;
		}
		if (l->hold_ns[i] == HELD_LONG)
			l->longs[nr_longs++].take = l->nr;
		l->hold_ns[l->nr++] = l->hold_ns[i];
	}
	return 0;
}

static int find_lenders(const struct moves *m, struct lenders *l)
{
	uint64_t real = m->takes - m->imputed_takes;
	int ret;

	*l = (struct lenders){.hold_ns = big_alloc((real + 1) * sizeof(*l->hold_ns))};
	ret = l->hold_ns ? find_holds(m, l) : -ENOMEM;
	if (!ret)
		ret = leave_out(l, real);
	for (l->around = LENDERS; l->around > l->nr;)
		l->around /= 2;
	return ret;
}

static int64_t hold_of(const struct lenders *l, size_t i)
{
	struct long_hold key = {i, 0}, *found;

	if (l->hold_ns[i] != HELD_LONG)
		return l->hold_ns[i];
	found = bsearch(&key, l->longs, l->nr_longs, sizeof(*l->longs), by_take);
	return found->ns;
}

/* The moves so far, and those that come of them. */
struct merge {
	struct demand *d;
	struct moves *from;
	struct moves to;
	struct lenders lenders;
	struct departures departures;
	size_t tick, without;
	uint64_t real, imputed; /* takes so far */
};

/* The hold time for the next imputed packet. */
static int64_t lent(struct merge *g)
{
	const struct lenders *l = &g->lenders;
	size_t before, first;

	while (g->without < l->nr_without && l->without[g->without] < g->real)
		g->without++;
	before = (size_t)g->real - g->without;
	first = before > l->around / 2 ? before - l->around / 2 : 0;
	if (first > l->nr - l->around)
		first = l->nr - l->around;
	return hold_of(l, first + g->imputed * TURN % l->around);
}

static void take(struct merge *g, int64_t t_ns)
{
	struct departure one = {DEPARTS_NEVER, (uint32_t)g->imputed, packets_take(&g->to.imputed)};

	if (one.what == HANDLE_NONE) {
		moves_fail(&g->to, -ENOMEM);
		return;
	}
	if (!g->lenders.around)
		g->d->quality.not_imputed++;
	else if (__builtin_add_overflow(t_ns, lent(g), &one.t_ns))
		one.t_ns = DEPARTS_NEVER;
	g->imputed++;
	if (departures_add(&g->departures, one))
		moves_fail(&g->to, -ENOMEM);
}

static void copy(struct merge *g, const struct move *move)
{
	uint32_t imputed = move->flags & MOVE_IMPUTED;

	if (!(move->flags & MOVE_TAKE)) {
		moves_return(&g->to, move->t_ns, move->nr, 0);
	} else {
		moves_take(&g->to, move->t_ns, move->nr, imputed);
		g->real += imputed ? 0 : move->nr;
		for (uint32_t i = 0; imputed && i < move->nr && !g->to.error; i++)
			take(g, move->t_ns);
	}
	if (move->flags & MOVE_END)
		moves_end(&g->to);
}

/* Those due at the time of an event. */
static void return_due(struct merge *g, int64_t t_ns)
{
	while (g->departures.nr && g->departures.out[0].t_ns <= t_ns && !g->to.error) {
		struct departure one = departures_pop(&g->departures);

		if (packets_return(&g->to.imputed, one.what))
			moves_fail(&g->to, -ENOMEM);
		moves_return(&g->to, one.t_ns, 1, MOVE_IMPUTED);
		moves_end(&g->to);
	}
}

/* Ticks stand between events. */
static void move_ticks(struct merge *g, uint64_t steps)
{
	struct demand *d = g->d;

	while (g->tick < d->nr_ticks && d->ticks[g->tick].steps <= steps)
		d->ticks[g->tick++].steps = g->to.steps;
}

static void merge(struct merge *g)
{
	struct moves_reader reader = moves_read(g->from);
	uint64_t steps = 0;
	struct move move;

	while (moves_next(&reader, &move) && !g->to.error) {
		/* All of an event is of one time, so that nothing comes due within it. */
		return_due(g, move.t_ns);
		move_ticks(g, steps);
		copy(g, &move);
		steps += move.nr;
		if (reader.at % MOVES_PIECE == 0)
			moves_forget(&g->from->pieces, reader.at, MOVES_PIECE, &g->to);
	}
	move_ticks(g, steps);
}

int impute(struct demand *d, struct moves *m)
{
	struct merge g = {.d = d, .from = m, .to = MOVES_NONE};
	int ret = find_lenders(m, &g.lenders);

	if (!ret) {
		merge(&g);
		ret = g.to.error;
		g.to.real = m->real; /* as they were */
		m->real = (struct packets){0};
	}
	release_lenders(&g.lenders);
	departures_release(&g.departures);
	moves_release(m);
	*m = g.to;
	m->error = ret;
	return ret;
}
