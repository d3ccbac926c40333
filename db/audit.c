/* SPDX-License-Identifier: MIT */
#include "db/audit.h"

#include <stdio.h>

/* One counter: what the driver says of it, and what the events add up to. */
struct pair {
	const char *what;
	uint64_t said, counted;
};

#define TOTAL(of, name)                                                                            \
	{                                                                                          \
#name, (of)->name, t->totals.name                                                  \
	}

static bool differs(struct track *t, const struct pair *pairs, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (pairs[i].said == pairs[i].counted)
			continue;
		if (!t->audit.mismatches) {
			snprintf(t->audit_first.what, sizeof(t->audit_first.what), "%s",
				 pairs[i].what);
			t->audit_first.said = (int64_t)pairs[i].said;
			t->audit_first.counted = (int64_t)pairs[i].counted;
		}
		return true;
	}
	return false;
}

static bool alloc_totals_differ(struct track *t, const struct pool_totals *said)
{
	const struct pair pairs[] = {
		TOTAL(said, requested), TOTAL(said, refused), TOTAL(said, completed),
		TOTAL(said, failed),	TOTAL(said, freed),
	};

	return differs(t, pairs, sizeof(pairs) / sizeof(pairs[0]));
}

static bool rx_totals_differ(struct track *t, const struct pool_totals *said)
{
	const struct pair pairs[] = {
		TOTAL(said, taken),
		TOTAL(said, returned),
		TOTAL(said, resources),
		TOTAL(said, dropped),
	};

	return t->rx_seen && differs(t, pairs, sizeof(pairs) / sizeof(pairs[0]));
}

static void take_over_rx(struct pool_totals *to, const struct pool_totals *from)
{
	to->taken = from->taken;
	to->returned = from->returned;
	to->resources = from->resources;
	to->dropped = from->dropped;
}

/* held = taken - resources - returned; what is not held is available. */
static uint64_t derived_available(const struct track *t)
{
	uint64_t held = t->totals.taken - t->totals.resources - t->totals.returned;

	return t->now.total - held;
}

static bool tick_agrees(struct track *t, const struct pool_event *e)
{
	bool counts = e->u.tick.total != POOL_UNKNOWN && e->available != POOL_UNKNOWN;
	const struct pair total = {"total", e->u.tick.total, t->now.total};
	const struct pair pending = {"pending", e->u.tick.pending, t->pending};
	const struct pair available = {"available", e->available, derived_available(t)};

	if (alloc_totals_differ(t, &e->u.tick.totals) || rx_totals_differ(t, &e->u.tick.totals))
		return false;
	if (differs(t, &pending, 1) || (counts && differs(t, &total, 1)))
		return false;
	return !counts || !t->rx_seen || !differs(t, &available, 1);
}

static bool close_agrees(struct track *t, const struct pool_event *e)
{
	return !alloc_totals_differ(t, &e->u.close.totals) &&
	       !rx_totals_differ(t, &e->u.close.totals);
}

static void judge(struct track *t, const struct pool_event *e, bool agrees)
{
	t->audit.checked++;
	if (agrees)
		return;
	if (!t->audit.mismatches++)
		t->audit.first_mismatch_ns = e->ts_ns;
}

static uint64_t blocks_of(const struct pool_event *e)
{
	const struct pool_marks *m = &e->u.tick.marks;

	if (e->u.tick.total == POOL_UNKNOWN)
		return e->u.tick.totals.completed - e->u.tick.totals.freed;
	if (e->u.tick.total <= m->base || !m->block)
		return e->u.tick.total != 0;
	return 1 + (e->u.tick.total - m->base) / m->block;
}

static void rebase(struct track *t, const struct pool_event *e)
{
	t->based = true;
	t->totals = e->u.tick.totals;
	t->pending = e->u.tick.pending;
	t->now.total = e->u.tick.total;
	t->live_blocks = blocks_of(e);
}

void audit_event(struct track *t, const struct pool_event *e)
{
	if (e->kind == POOL_EVENT_POOL_CLOSE) {
		if (t->based)
			judge(t, e, close_agrees(t, e));
		return;
	}
	if (t->based)
		judge(t, e, tick_agrees(t, e));
	else
		rebase(t, e);
	if (!t->rx_seen)
		take_over_rx(&t->totals, &e->u.tick.totals);
}
