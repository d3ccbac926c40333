/* SPDX-License-Identifier: MIT */
#include "tuner/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/demand_build.h"

struct slicing {
	const struct demand *d;
	struct build build;
	uint32_t *as; /* by slot: the slot in the slice; BUILD_NO_SLOT: it was taken before */
	bool open;    /* steps of an event that did not end yet */
	size_t tick;
};

static void copy_ticks(struct slicing *s, size_t until)
{
	for (; s->tick < s->d->nr_ticks && s->d->ticks[s->tick].steps <= until; s->tick++)
		build_tick(&s->build, s->build.nr, s->d->ticks[s->tick].t_ns);
}

static void copy_step(struct slicing *s, size_t i)
{
	const struct demand *d = s->d;
	uint32_t *as = &s->as[d->slot[i]];

	if (demand_is_take(d, i)) {
		*as = build_take(&s->build, d->t_ns[i]);
		s->open = true;
	} else if (*as != BUILD_NO_SLOT) {
		build_return(&s->build, d->t_ns[i], *as);
		*as = BUILD_NO_SLOT;
		s->open = true;
	}
	if (s->open && demand_is_end(d, i)) {
		build_end(&s->build);
		s->open = false;
	}
}

static void copy_leads(struct slicing *s, int64_t from_ns, int64_t to_ns)
{
	for (size_t i = 0; i < s->d->nr_leads; i++) {
		const struct demand_lead *one = &s->d->leads[i];
		struct demand_lead *copy;

		if (one->requested_ns < from_ns || one->requested_ns > to_ns)
			continue;
		copy = build_lead(&s->build);
		if (copy)
			*copy = *one;
	}
}

static void copy_all(struct slicing *s, size_t from, size_t to)
{
	const struct demand *d = s->d;

	for (size_t i = 0; i < d->max_held; i++)
		s->as[i] = BUILD_NO_SLOT;
	while (s->tick < d->nr_ticks && d->ticks[s->tick].steps <= from)
		s->tick++;
	for (size_t i = from; i < to && !s->build.error; i++) {
		copy_ticks(s, i);
		copy_step(s, i);
	}
	copy_leads(s, d->t_ns[from], d->t_ns[to - 1]);
	s->build.d->ticks_known = d->ticks_known;
	s->build.d->marks_known = d->marks_known;
	s->build.d->marks = d->marks;
}

static int later(const struct demand *d, size_t from, size_t to, struct demand **out)
{
	struct slicing s = {.d = d};
	int ret = build_open(&s.build);

	if (ret)
		return ret;
	s.as = malloc((d->max_held + 1) * sizeof(*s.as));
	if (s.as)
		copy_all(&s, from, to);
	else
		s.build.error = -ENOMEM;
	free(s.as);
	if (s.build.error) {
		build_abandon(&s.build);
		return s.build.error;
	}
	return build_finish(&s.build, out);
}

/* --- from the first step on ----------------------------------------------------------------------
 *
 * What is later changes nothing of what was before, so that most is shared.
 */

/* The last event ends where the slice ends, and the last cell has no more than its steps. */
static void cut_last_cell(struct demand *s)
{
	size_t cell = s->nr / DEMAND_CELL;
	uint32_t x = s->cells[cell].before;
	uint64_t kept = (UINT64_C(1) << s->nr % DEMAND_CELL) - 1;
	struct demand_extremes e = {UINT32_MAX, 0};

	s->cells[(s->nr - 1) / DEMAND_CELL].ends |= UINT64_C(1) << (s->nr - 1) % DEMAND_CELL;
	s->cells[cell].takes &= kept;
	s->cells[cell].ends &= kept;
	s->cells[cell].imputed &= kept;
	for (size_t i = cell * DEMAND_CELL; i < s->nr; i++) {
		x += demand_is_take(s, i) ? 1 : -1;
		e.min = x < e.min ? x : e.min;
		e.max = x > e.max ? x : e.max;
	}
	s->extremes[0][cell] = e;
}

static void count_takes(struct demand *s)
{
	for (size_t first = 0; first < s->nr; first += DEMAND_CELL)
		for (uint64_t left = s->cells[first / DEMAND_CELL].takes; left; left &= left - 1)
			s->hunt[s->slot[first + (size_t)__builtin_ctzll(left)]]++;
}

static void note_peak(struct demand *s)
{
	for (size_t i = 0; i < s->nr_extremes[0]; i++)
		if (s->extremes[0][i].max > s->max_held)
			s->max_held = s->extremes[0][i].max;
	s->quality.unreturned = demand_held(s, s->nr);
	s->takes = (s->nr + s->quality.unreturned) / 2;
}

static int share(const struct demand *d, struct demand *s)
{
	size_t cells = s->nr / DEMAND_CELL + 1;

	s->cells = malloc(cells * sizeof(*s->cells));
	s->extremes[0] = malloc(cells * sizeof(*s->extremes[0]));
	if (!s->cells || !s->extremes[0] || build_levels(s))
		return -ENOMEM;
	memcpy(s->cells, d->cells, cells * sizeof(*s->cells));
	memcpy(s->extremes[0], d->extremes[0], cells * sizeof(struct demand_extremes));
	cut_last_cell(s);
	build_raise(s);
	note_peak(s);
	s->hunt = calloc(s->max_held, sizeof(*s->hunt));
	if (!s->hunt)
		return -ENOMEM;
	count_takes(s);
	return 0;
}

static int begin(const struct demand *d, size_t to, struct demand **out)
{
	struct slicing s = {.d = d};
	int ret = build_open(&s.build);
	struct demand *part = s.build.d;

	if (ret)
		return ret;
	*part = (struct demand){.first_ns = d->t_ns[0],
				.last_ns = d->t_ns[to - 1],
				.nr = to,
				.t_ns = d->t_ns,
				.slot = d->slot,
				.checkpoints = d->checkpoints,
				.checkpoint_steps = d->checkpoint_steps,
				.checkpoint_words = d->checkpoint_words,
				.borrowed = true,
				.ticks_known = d->ticks_known,
				.marks_known = d->marks_known,
				.marks = d->marks};
	ret = share(d, part);
	while (!ret && s.tick < d->nr_ticks && d->ticks[s.tick].steps < to) {
		build_tick(&s.build, d->ticks[s.tick].steps, d->ticks[s.tick].t_ns);
		s.tick++;
		ret = s.build.error;
	}
	copy_leads(&s, d->t_ns[0], d->t_ns[to - 1]);
	ret = ret ? ret : s.build.error;
	if (ret)
		build_abandon(&s.build);
	else
		*out = part;
	return ret;
}

int demand_slice(const struct demand *d, size_t from, size_t to, struct demand **out)
{
	if (from >= to)
		return -ENODATA;
	return from ? later(d, from, to, out) : begin(d, to, out);
}
