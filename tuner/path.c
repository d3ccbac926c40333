/* SPDX-License-Identifier: MIT */
#include "tuner/path.h"

/* From where there is as much room below as above. */
#define X_MIDDLE (UINT32_C(1) << 31)

struct path_walk path_begin(const struct demand *d)
{
	struct path_walk w = {.d = d};

	if (d->path)
		w.moves = moves_read(d->path);
	return w;
}

size_t path_length(const struct demand *d)
{
	return d->path ? d->path->nr : d->nr;
}

struct path_walk path_begin_late(const struct demand *d, size_t left)
{
	struct path_walk w = path_begin(d);
	size_t all = path_length(d);

	if (left >= all)
		return w;
	w.x = X_MIDDLE;
	if (d->path)
		moves_go_to(&w.moves, all - left);
	else
		w.at = all - left;
	return w;
}

struct path_walk path_begin_flow(struct flow *flow)
{
	struct moves_reader moves = {.moves = &flow->moves, .t_ns = flow->first_ns};

	return (struct path_walk){.moves = moves, .flow = flow};
}

/* --- steps ---------------------------------------------------------------------------------------
 */

/*
 * The rest of a cell: steps in a row that go the same way at the same time are one point.  Which
 * those are is found for all of them first, without a branch on it.
 */
static size_t read_cell(struct path_walk *w, struct path_point *points)
{
	const struct demand *d = w->d;
	const int64_t *t_ns = d->t_ns + w->at;
	unsigned int in = w->at % DEMAND_CELL, most = DEMAND_CELL - in;
	uint64_t takes = d->cells[w->at / DEMAND_CELL].takes >> in, same = 0, ends;
	int last = -1;
	size_t nr = 0;

	most = most < d->nr - w->at ? most : (unsigned int)(d->nr - w->at);
	for (unsigned int i = 0; i + 1 < most; i++)
		same |= (uint64_t)(t_ns[i] == t_ns[i + 1]) << i;
	same &= ~(takes ^ takes >> 1);
	for (ends = ~same & UINT64_MAX >> (DEMAND_CELL - most); ends; ends &= ends - 1) {
		int end = __builtin_ctzll(ends);
		uint32_t went = (uint32_t)(end - last), before = w->x;

		w->x += takes >> end & 1 ? went : -went;
		points[nr++] = (struct path_point){t_ns[end], before, w->x};
		last = end;
	}
	w->at += most;
	return nr;
}

static size_t read_some_steps(struct path_walk *w, struct path_point *points)
{
	size_t nr = 0;

	while (nr + DEMAND_CELL <= PATH_POINTS && w->at < w->d->nr)
		nr += read_cell(w, points + nr);
	return nr;
}

/* --- moves ---------------------------------------------------------------------------------------
 */

/* Of moves that are being made, the reader waits only for the first point. */
static size_t next_run(struct path_walk *w, size_t nr, const uint32_t **out)
{
	struct moves_reader *r = &w->moves;

	if (r->at == r->until && !nr && w->flow)
		r->until = flow_wait(w->flow, r->at);
	return moves_run(r, PATH_POINTS - nr, out);
}

static size_t read_some_moves(struct path_walk *w, struct path_point *points)
{
	struct moves_reader *r = &w->moves;
	const uint32_t *from, *end;
	size_t nr = 0, run;
	int64_t t_ns = r->t_ns;
	uint32_t x = w->x;

	while (nr < PATH_POINTS && (run = next_run(w, nr, &from))) {
		for (end = from + run; from < end; from++) {
			uint32_t went = move_nr(*from);

			/* Of a word for time, the point is written over. */
			t_ns += move_after(*from, went);
			points[nr].t_ns = t_ns;
			points[nr].before = x;
			points[nr].after = x += *from & MOVE_TAKE ? went : -went;
			nr += went > 0;
		}
	}
	r->t_ns = t_ns;
	w->x = x;
	return nr;
}

size_t path_read(struct path_walk *w, struct path_point *points)
{
	return w->moves.moves ? read_some_moves(w, points) : read_some_steps(w, points);
}

int path_show(struct path_walk w, const struct path_looker *lookers, size_t nr)
{
	struct path_point points[PATH_POINTS];
	size_t read;

	while ((read = path_read(&w, points)))
		for (size_t i = 0; i < nr; i++) {
			int ret = lookers[i].look(lookers[i].ctx, points, read);

			if (ret)
				return ret;
		}
	return 0;
}
