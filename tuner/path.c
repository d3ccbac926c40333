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

/* Steps in a row that go the same way at the same time, as far as their cell goes. */
static void read_steps(struct path_walk *w, struct path_point *p)
{
	const struct demand *d = w->d;
	uint64_t takes = d->cells[w->at / DEMAND_CELL].takes >> w->at % DEMAND_CELL, other;
	size_t most = DEMAND_CELL - w->at % DEMAND_CELL;
	bool take = takes & 1;
	uint32_t nr;

	*p = (struct path_point){.t_ns = d->t_ns[w->at], .before = w->x};
	other = take ? ~takes : takes;
	nr = other ? (uint32_t)__builtin_ctzll(other) : DEMAND_CELL;
	most = most < d->nr - w->at ? most : d->nr - w->at;
	if (nr > most)
		nr = (uint32_t)most;
	while (d->t_ns[w->at + nr - 1] != p->t_ns)
		nr = nr / 2;
	w->at += nr;
	p->after = w->x += take ? nr : -nr;
}

static size_t read_some_steps(struct path_walk *w, struct path_point *points)
{
	size_t nr = 0;

	while (nr < PATH_POINTS && w->at < w->d->nr)
		read_steps(w, &points[nr++]);
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
