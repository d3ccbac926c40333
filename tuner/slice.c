/* SPDX-License-Identifier: MIT */
#include "tuner/slice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/demand_build.h"

struct slicing {
	const struct demand *d;
	struct build build;
	size_t *take; /* by slot: its take in the slice; SIZE_MAX: it was taken before */
	bool open;    /* steps of an event that did not end yet */
	size_t tick;
};

static void copy_ticks(struct slicing *s, size_t until)
{
	for (; s->tick < s->d->nr_ticks && s->d->ticks[s->tick].steps <= until; s->tick++)
		build_tick(&s->build, s->d->ticks[s->tick].t_ns);
}

static void copy_step(struct slicing *s, size_t i)
{
	const struct demand *d = s->d;
	size_t *take = &s->take[d->slot[i]];

	if (demand_is_take(d, i)) {
		*take = build_take(&s->build, d->t_ns[i], false); /* its return is known by now */
		s->open = true;
	} else if (*take != SIZE_MAX) {
		build_return(&s->build, d->t_ns[i], *take);
		*take = SIZE_MAX;
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
		s->take[i] = SIZE_MAX;
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

int demand_slice(const struct demand *d, size_t from, size_t to, struct demand **out)
{
	struct slicing s = {.d = d};
	int ret = build_open(&s.build);

	if (ret)
		return ret;
	s.take = malloc((d->max_held + 1) * sizeof(*s.take));
	if (s.take && from < to)
		copy_all(&s, from, to);
	else
		s.build.error = s.take ? -ENODATA : -ENOMEM;
	free(s.take);
	if (s.build.error) {
		build_abandon(&s.build);
		return s.build.error;
	}
	return build_finish(&s.build, out);
}
