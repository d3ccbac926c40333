/* SPDX-License-Identifier: MIT */
#include "tuner/rises.h"

#include <errno.h>
#include <stdlib.h>

#include "tuner/path.h"

/*
 * States that can be the lowest of a window yet: each is lower than all that ended after it.  Only
 * those before a rise are: a state before a fall is higher than the one that follows.
 *
 * X differs between any two of them, so that there are at most max_held + 1.
 */
struct state {
	int64_t end_ns;
	uint32_t x;
};
struct states {
	struct state *state;
	size_t head[RISES_MOST]; /* of each window the first that is in it */
	size_t tail, mask;
};

static void push(struct states *s, size_t nr, const struct path_walk *w)
{
	while (s->tail > s->head[0] && s->state[(s->tail - 1) & s->mask].x >= w->before)
		s->tail--;
	for (size_t i = 1; i < nr; i++)
		s->head[i] = s->head[i] < s->tail ? s->head[i] : s->tail;
	s->state[s->tail++ & s->mask] = (struct state){w->t_ns, w->before};
}

/* Of no time at all: the state before the take itself is what there is. */
static void find(const struct demand *d, struct states *s, const int64_t *tau_ns, size_t nr,
		 uint32_t *rise)
{
	struct path_walk w = path_begin(d);

	while (path_next(&w)) {
		if (!w.take)
			continue;
		push(s, nr, &w);
		for (size_t i = 0; i < nr; i++) {
			size_t *head = &s->head[i];
			uint32_t most;

			while (s->state[*head & s->mask].end_ns <= w.t_ns - tau_ns[i])
				++*head;
			most = w.after - s->state[*head & s->mask].x;
			rise[i] = most > rise[i] ? most : rise[i];
		}
	}
}

int rises_find(const struct demand *d, const int64_t *tau_ns, size_t nr, uint32_t *rise)
{
	struct states s = {.mask = 1};
	size_t timed = nr;

	for (size_t i = 0; i < nr; i++)
		rise[i] = 0;
	while (timed && tau_ns[timed - 1] <= 0)
		rise[--timed] = d->takes > 0;
	while (s.mask < (size_t)d->max_held + 2)
		s.mask = 2 * s.mask + 1;
	s.state = calloc(s.mask + 1, sizeof(*s.state));
	if (!s.state)
		return -ENOMEM;
	find(d, &s, tau_ns, timed, rise);
	free(s.state);
	return 0;
}
