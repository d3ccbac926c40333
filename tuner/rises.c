/* SPDX-License-Identifier: MIT */
#include "tuner/rises.h"

#include <errno.h>
#include <stdlib.h>

/*
 * States that can be the lowest of a window yet: each is lower than all that ended after it.  Only
 * those before a rise are: a state before a fall is higher than the one that follows.
 *
 * X differs between any two of them, so that there are at most max_held + 1.
 */
struct rises_state {
	int64_t end_ns;
	uint32_t x;
};

#define ROOM_FIRST 1024 /* a power of two, as all that come after it */

/* The ring doubles: each state moves to its place in the larger one. */
static int make_room(struct rises_walk *w)
{
	size_t mask = w->states ? 2 * w->mask + 1 : ROOM_FIRST - 1;
	struct rises_state *grown = malloc((mask + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	for (size_t i = w->head[0]; i < w->tail; i++)
		grown[i & mask] = w->states[i & w->mask];
	free(w->states);
	w->states = grown;
	w->mask = mask;
	return 0;
}

static int push(struct rises_walk *w, const struct path_point *p)
{
	while (w->tail > w->head[0] && w->states[(w->tail - 1) & w->mask].x >= p->before)
		w->tail--;
	for (size_t i = 1; i < w->timed; i++)
		w->head[i] = w->head[i] < w->tail ? w->head[i] : w->tail;
	if (w->tail - w->head[0] > w->mask && make_room(w))
		return -ENOMEM;
	w->states[w->tail++ & w->mask] = (struct rises_state){p->t_ns, p->before};
	return 0;
}

int rises_begin(struct rises_walk *w, const int64_t *tau_ns, size_t nr)
{
	*w = (struct rises_walk){.timed = nr, .nr = nr};
	for (size_t i = 0; i < nr; i++)
		w->tau_ns[i] = tau_ns[i];
	/* Of no time at all: the state before the take itself is what there is. */
	while (w->timed && tau_ns[w->timed - 1] <= 0)
		w->timed--;
	return make_room(w);
}

int rises_look(void *walk, const struct path_point *points, size_t nr)
{
	struct rises_walk *w = walk;

	for (const struct path_point *p = points; p < points + nr; p++) {
		if (!path_is_take(p))
			continue;
		if (push(w, p))
			return -ENOMEM;
		for (size_t i = 0; i < w->timed; i++) {
			size_t *head = &w->head[i];
			uint32_t most;

			while (w->states[*head & w->mask].end_ns <= p->t_ns - w->tau_ns[i])
				++*head;
			most = p->after - w->states[*head & w->mask].x;
			w->rise[i] = most > w->rise[i] ? most : w->rise[i];
		}
	}
	return 0;
}

void rises_end(struct rises_walk *w, uint64_t takes, uint32_t *rise)
{
	for (size_t i = 0; i < w->nr; i++)
		rise[i] = i < w->timed ? w->rise[i] : takes > 0;
	free(w->states);
	w->states = NULL;
}

int rises_find(const struct demand *d, const int64_t *tau_ns, size_t nr, uint32_t *rise)
{
	struct rises_walk w;
	const struct path_looker looker = {rises_look, &w};
	int ret = rises_begin(&w, tau_ns, nr);

	if (!ret)
		ret = path_show(path_begin(d), &looker, 1);
	rises_end(&w, d->takes, rise);
	return ret;
}
