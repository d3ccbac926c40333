/* SPDX-License-Identifier: MIT */
#include "db/audit.h"

static bool alloc_totals_agree(const struct pool_totals *a, const struct pool_totals *b)
{
	return a->requested == b->requested && a->refused == b->refused &&
	       a->completed == b->completed && a->failed == b->failed && a->freed == b->freed;
}

static bool rx_totals_agree(const struct pool_totals *a, const struct pool_totals *b)
{
	return a->taken == b->taken && a->returned == b->returned && a->resources == b->resources &&
	       a->dropped == b->dropped;
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

static bool tick_agrees(const struct track *t, const struct pool_event *e)
{
	bool counts = e->u.tick.total != POOL_UNKNOWN && e->available != POOL_UNKNOWN;

	if ((counts && e->u.tick.total != t->now.total) || e->u.tick.pending != t->pending)
		return false;
	if (!alloc_totals_agree(&t->totals, &e->u.tick.totals))
		return false;
	return !t->rx_seen || (rx_totals_agree(&t->totals, &e->u.tick.totals) &&
			       (!counts || e->available == derived_available(t)));
}

static bool close_agrees(const struct track *t, const struct pool_event *e)
{
	return alloc_totals_agree(&t->totals, &e->u.close.totals) &&
	       (!t->rx_seen || rx_totals_agree(&t->totals, &e->u.close.totals));
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
