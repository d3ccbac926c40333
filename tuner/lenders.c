/* SPDX-License-Identifier: MIT */
#include "tuner/lenders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void lenders_release(struct lenders *l)
{
	free(l->stretch);
	free(l->hold_ns);
	free(l->without);
	memset(l, 0, sizeof(*l));
}

/* --- where ---------------------------------------------------------------------------------------
 */

static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/*
 * Takes that may lend to packets behind `near` takes.  Each of those without a return moves what
 * lends by one at most; and at the ends of the recording its first or its last lenders do.
 */
static struct stretch stretch_of(const struct moves_near *near, uint64_t takes, uint64_t without)
{
	uint64_t from = minus(near->first, LENDERS / 2 + without);
	uint64_t to = near->last + LENDERS / 2 + without;

	if (from > minus(takes, LENDERS + without))
		from = minus(takes, LENDERS + without);
	if (to < LENDERS + without)
		to = LENDERS + without;
	return (struct stretch){from, to < takes ? to : takes, 0};
}

static int find_stretches(const struct moves *m, uint64_t takes, struct lenders *l)
{
	uint64_t without = m->real.handles.made - m->real.handles.nr;
	size_t holds = 0;

	l->stretch = calloc(m->nr_near + 1, sizeof(*l->stretch));
	if (!l->stretch)
		return -ENOMEM;
	for (size_t i = 0; i < m->nr_near; i++) {
		struct stretch s = stretch_of(&m->near[i], takes, without);

		if (l->nr_stretches && s.from <= l->stretch[l->nr_stretches - 1].to)
			l->stretch[l->nr_stretches - 1].to = s.to;
		else
			l->stretch[l->nr_stretches++] = s;
	}
	for (size_t i = 0; i < l->nr_stretches; i++) {
		l->stretch[i].at = holds;
		holds += l->stretch[i].to - l->stretch[i].from;
	}
	l->hold_ns = big_alloc((holds + 1) * sizeof(*l->hold_ns));
	l->without = malloc((without + 1) * sizeof(*l->without));
	return l->hold_ns && l->without ? 0 : -ENOMEM;
}

/* --- how long ------------------------------------------------------------------------------------
 */

/* A packet that is out. */
#define RETURNED UINT64_MAX
#define NOWHERE	 SIZE_MAX
struct out {
	uint64_t take; /* RETURNED: none is out under this handle */
	size_t at;     /* of its hold; NOWHERE: nobody asks for it */
	int64_t since_ns;
};

/* The moves once more. */
struct again {
	struct lenders *lenders;
	struct packets_reader packets;
	struct out *out; /* by handle */
	uint64_t takes;
	size_t stretch;
};

static int take(struct again *a, int64_t t_ns)
{
	const struct lenders *l = a->lenders;
	const struct stretch *s = &l->stretch[a->stretch];
	uint32_t handle = packets_taken(&a->packets);
	struct out *out;

	if (handle == HANDLE_NONE)
		return -ENOMEM;
	out = &a->out[handle];
	*out = (struct out){a->takes++, NOWHERE, t_ns};
	if (a->stretch == l->nr_stretches || out->take < s->from)
		return 0;
	out->at = s->at + (out->take - s->from);
	a->stretch += out->take + 1 == s->to;
	return 0;
}

static void give_back(struct again *a, int64_t t_ns)
{
	struct out *out = &a->out[packets_returned(&a->packets)];

	if (out->at != NOWHERE)
		a->lenders->hold_ns[out->at] = t_ns - out->since_ns;
	out->take = RETURNED;
}

static int go_through(struct again *a, const struct moves *m)
{
	struct moves_reader reader = moves_read(m);
	struct move move;

	while (moves_next(&reader, &move)) {
		if (move.flags & MOVE_IMPUTED)
			continue;
		for (uint32_t i = 0; i < move.nr; i++)
			if (!(move.flags & MOVE_TAKE))
				give_back(a, move.t_ns);
			else if (take(a, move.t_ns))
				return -ENOMEM;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Those that are out at the end. */
static void find_without(const struct again *a, uint32_t handles, struct lenders *l)
{
	for (uint32_t i = 0; i < handles; i++)
		if (a->out[i].take != RETURNED)
			l->without[l->nr_without++] = a->out[i].take;
	qsort(l->without, l->nr_without, sizeof(*l->without), by_number);
}

int lenders_find(const struct moves *m, struct lenders *out)
{
	struct again a = {.lenders = out, .packets = {.packets = &m->real}};
	uint64_t takes = m->takes - m->imputed_takes;
	int ret;

	*out = (struct lenders){0};
	a.out = calloc(m->real.handles.made + 1, sizeof(*a.out));
	ret = a.out ? find_stretches(m, takes, out) : -ENOMEM;
	if (!ret)
		ret = go_through(&a, m);
	if (!ret)
		find_without(&a, m->real.handles.made, out);
	handles_release(&a.packets.handles);
	free(a.out);
	out->nr = takes - out->nr_without;
	for (out->around = LENDERS; out->around > out->nr;)
		out->around /= 2;
	return ret;
}

/* --- what is lent --------------------------------------------------------------------------------
 */

/* The take that is the lender of this number. */
static uint64_t take_of(const struct lenders *l, size_t lender)
{
	size_t low = 0, high = l->nr_without;

	while (low < high) { /* takes without a return that stand before it */
		size_t middle = low + (high - low) / 2;

		if (l->without[middle] - middle <= lender)
			low = middle + 1;
		else
			high = middle;
	}
	return lender + low;
}

int64_t lenders_hold(struct lenders *l, uint64_t takes, size_t turn)
{
	size_t before, first;
	uint64_t lender;

	while (l->passed < l->nr_without && l->without[l->passed] < takes)
		l->passed++;
	before = (size_t)takes - l->passed;
	first = before > l->around / 2 ? before - l->around / 2 : 0;
	if (first > l->nr - l->around)
		first = l->nr - l->around;
	lender = take_of(l, first + turn);
	while (l->stretch[l->here].to <= lender)
		l->here++;
	return l->hold_ns[l->stretch[l->here].at + (lender - l->stretch[l->here].from)];
}
