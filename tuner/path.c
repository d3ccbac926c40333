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

static size_t read_some_moves(struct path_walk *w, struct path_point *points)
{
	struct moves_reader *r = &w->moves;
	const struct moved *from, *end;
	size_t nr = 0, run;
	int64_t t_ns = r->t_ns;
	uint32_t x = w->x;

	while (nr < PATH_POINTS && (run = moves_run(r, PATH_POINTS - nr, &from))) {
		for (end = from + run; from < end; from++) {
			uint32_t what = from->what, went = what >> MOVE_SHIFT;

			if (!what) {
				t_ns += (int64_t)from->after_ns << 32;
				continue;
			}
			t_ns += from->after_ns;
			points[nr].t_ns = t_ns;
			points[nr].before = x;
			points[nr++].after = x += what & MOVE_TAKE ? went : -went;
		}
	}
	r->t_ns = t_ns;
	w->x = x;
	return nr;
}

size_t path_read(struct path_walk *w, struct path_point *points)
{
	return w->d->path ? read_some_moves(w, points) : read_some_steps(w, points);
}

int path_show(const struct demand *d, const struct path_looker *lookers, size_t nr)
{
	struct path_point points[PATH_POINTS];
	struct path_walk w = path_begin(d);
	size_t read;

	while ((read = path_read(&w, points)))
		for (size_t i = 0; i < nr; i++) {
			int ret = lookers[i].look(lookers[i].ctx, points, read);

			if (ret)
				return ret;
		}
	return 0;
}
