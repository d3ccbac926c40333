/* SPDX-License-Identifier: MIT */
#include "tuner/lenders.h"

struct lenders lenders_of(const struct holds *h)
{
	struct lenders l = {.holds = h, .nr = h->returns, .around = LENDERS};

	while (l.around > l.nr)
		l.around /= 2;
	return l;
}

/* How many stand before, so many takes having gone by. */
static size_t before(struct lenders *l, uint32_t takes)
{
	while (l->outs < l->holds->nr_outs && l->holds->outs[l->outs] < takes)
		l->outs++;
	return takes - l->outs;
}

/* The next lender; there is one. */
static void tell_next(struct lenders *l)
{
	uint32_t hold_ns;

	do {
		hold_ns = *holds_at(l->holds, l->seen++);
	} while (hold_ns == HOLDS_OUT);
	l->hold_ns[l->told++ % (2 * LENDERS)] =
		hold_ns < HOLDS_LONG ? hold_ns : l->holds->longs[l->seen_longs++].hold_ns;
}

int64_t lenders_hold(struct lenders *l, uint32_t takes, size_t turn)
{
	size_t first = before(l, takes);

	first = first > l->around / 2 ? first - l->around / 2 : 0;
	if (first > l->nr - l->around)
		first = l->nr - l->around;
	while (l->told <= first + turn)
		tell_next(l);
	return l->hold_ns[(first + turn) % (2 * LENDERS)];
}
