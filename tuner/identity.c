/* SPDX-License-Identifier: MIT */
#include "tuner/identity.h"

#include <stdlib.h>
#include <string.h>

#include "driver/miniport/policy.h"
#include "tuner/blocks.h"

struct identity {
	struct policy policy;
	struct blocks blocks;
	bool known;	    /* the policy's state is the pool's */
	bool has_no_policy; /* the marks are unknown: there is nothing to replay */
	bool rx_seen;	    /* receive events are recorded */
	bool said_fallback; /* what the record says */
	bool said_known;
	bool quiet_known;   /* quiet_ticks is exact, or it makes no difference */
	bool still_known;   /* the same of still_ticks */
	bool probing_known; /* whether the pending request is a probe */
	struct identity_verdict verdict;
};

struct identity *identity_open(void)
{
	return calloc(1, sizeof(struct identity));
}

void identity_close(struct identity *id)
{
	if (!id)
		return;
	blocks_release(&id->blocks);
	free(id);
}

struct identity_verdict identity_verdict(const struct identity *id)
{
	/* Buffers may have moved unseen: what was judged so far may be wrong. */
	return id->rx_seen ? id->verdict : (struct identity_verdict){0};
}

static void judge(struct identity *id, const struct pool_event *e, bool agrees)
{
	id->verdict.checked++;
	if (agrees)
		return;
	if (!id->verdict.mismatches++)
		id->verdict.first_mismatch_ns = e->ts_ns;
}

/* Something that the policy's state does not allow: it is not the pool's state. */
static void lose_track(struct identity *id, const struct pool_event *e)
{
	judge(id, e, false);
	id->known = false;
}

/* --- what the policy decides next ----------------------------------------------------------------
 */

static bool wants_fallback_said(const struct identity *id)
{
	return id->said_known && id->said_fallback != id->policy.fallback;
}

/* A free must follow; false also when that is not known. */
static bool wants_free(const struct identity *id)
{
	return policy_wants_free(&id->policy) && id->quiet_known && id->blocks.known &&
	       id->blocks.nr_idle;
}

/* A probe must follow; false also when that is not known. */
static bool wants_probe(const struct identity *id)
{
	return policy_wants_probe(&id->policy) && id->still_known;
}

/* The decision that must come next, or POOL_EVENT_NR_KINDS when the policy wants nothing. */
static enum pool_event_kind next_decision(const struct identity *id)
{
	if (wants_fallback_said(id))
		return POOL_EVENT_FALLBACK;
	if (policy_wants_block(&id->policy))
		return POOL_EVENT_ALLOC_REQUEST;
	if (wants_free(id))
		return POOL_EVENT_BLOCK_FREE;
	if (wants_probe(id))
		return POOL_EVENT_ALLOC_REQUEST;
	return POOL_EVENT_NR_KINDS;
}

/* Does the policy allow a free now?  Where only the delay is unknown, the free tells it. */
static bool free_is_allowed(struct identity *id)
{
	struct policy *p = &id->policy;

	if (!id->quiet_known) {
		p->quiet_ticks = p->marks.shrink_ticks;
		id->quiet_known = true;
	}
	return policy_wants_free(p);
}

/* The same for a probe. */
static bool probe_is_allowed(struct identity *id)
{
	struct policy *p = &id->policy;

	if (!id->still_known) {
		p->still_ticks = p->marks.probe_ticks;
		id->still_known = true;
	}
	return policy_wants_probe(p);
}

/* Not for need, so that frees, which come first, may do so even where they are not known. */
static bool next_is_probe(const struct identity *id, enum pool_event_kind next)
{
	return next == POOL_EVENT_ALLOC_REQUEST && !policy_wants_block(&id->policy);
}

static void check_free(struct identity *id, const struct pool_event *e)
{
	if (!free_is_allowed(id))
		judge(id, e, false);
	else if (!id->blocks.known)
		id->verdict.unchecked++;
	else
		judge(id, e, blocks_newest_idle(&id->blocks) == e->u.free.block);
}

/* The record says a decision: it must be the policy's. */
static void check_decision(struct identity *id, const struct pool_event *e)
{
	enum pool_event_kind next = next_decision(id);

	if (e->kind == POOL_EVENT_FALLBACK)
		judge(id, e,
		      (next == e->kind || !id->said_known) &&
			      (bool)e->u.fallback.on == id->policy.fallback);
	else if (e->kind == POOL_EVENT_ALLOC_REQUEST)
		judge(id, e,
		      next == e->kind || (next == POOL_EVENT_NR_KINDS && probe_is_allowed(id)));
	else if (next == POOL_EVENT_BLOCK_FREE || next == POOL_EVENT_NR_KINDS ||
		 next_is_probe(id, next))
		check_free(id, e);
	else
		judge(id, e, false);
}

static bool is_decision(const struct pool_event *e)
{
	return e->kind == POOL_EVENT_FALLBACK || e->kind == POOL_EVENT_ALLOC_REQUEST ||
	       (e->kind == POOL_EVENT_BLOCK_FREE && e->u.free.reason == POOL_FREE_SHRINK);
}

/* Events that the policy acts after: whatever it wanted before them must have been said by now. */
static bool is_cause(enum pool_event_kind kind)
{
	return kind == POOL_EVENT_TICK || kind == POOL_EVENT_RX_TAKE ||
	       kind == POOL_EVENT_RX_RETURN || kind == POOL_EVENT_ALLOC_COMPLETE ||
	       kind == POOL_EVENT_POOL_CLOSE;
}

static void check(struct identity *id, const struct pool_event *e)
{
	if (is_decision(e))
		check_decision(id, e);
	else if (is_cause(e->kind) && next_decision(id) != POOL_EVENT_NR_KINDS)
		judge(id, e, false);
}

/* --- what happened -------------------------------------------------------------------------------
 */

static struct policy_marks policy_marks_of(const struct pool_marks *m)
{
	return (struct policy_marks){m->base,	     m->block,	      m->low,
				     m->high,	     m->limit,	      m->reserve,
				     m->max_pending, m->shrink_ticks, m->probe_ticks};
}

/* The state that a tick says, where the replay has none. */
static void resync(struct identity *id, const struct pool_event *e)
{
	struct policy *p = &id->policy;

	p->total = e->u.tick.total;
	p->held = e->u.tick.total > e->available ? e->u.tick.total - e->available : 0;
	p->pending = e->u.tick.pending;
	p->fallback = e->u.tick.fallback;
	p->refused = false;
	p->quiet_ticks = 0;
	p->still_ticks = 0;
	p->probing = false;
	id->known = true;
	id->said_known = id->quiet_known = id->blocks.known = false;
	id->still_known = false;
	id->probing_known = p->pending != 1 || p->marks.probe_ticks == 0;
	if (p->total == p->marks.base)
		blocks_reset(&id->blocks, p->marks.base, p->marks.block);
	if (!id->rx_seen)
		id->verdict = (struct identity_verdict){0};
}

static bool tick_agrees(const struct identity *id, const struct pool_event *e)
{
	const struct policy *p = &id->policy;

	return p->total == e->u.tick.total && policy_available(p) == e->available &&
	       p->pending == e->u.tick.pending && p->fallback == (bool)e->u.tick.fallback;
}

static void on_tick(struct identity *id, const struct pool_event *e)
{
	id->policy.marks = policy_marks_of(&e->u.tick.marks);
	policy_set_running(&id->policy, e->u.tick.running);
	if (id->known)
		policy_tick(&id->policy);
	if (id->known && tick_agrees(id, e))
		return;
	/* Without receive events the state is only right until buffers move: then it is no mistake.
	 */
	if (id->known && id->rx_seen)
		judge(id, e, false);
	resync(id, e);
}

static void on_open(struct identity *id, const struct pool_event *e)
{
	struct policy_marks marks = policy_marks_of(&e->u.open.marks);

	policy_init(&id->policy, &marks);
	blocks_reset(&id->blocks, marks.base, marks.block);
	id->said_fallback = false;
	id->known = id->said_known = id->quiet_known = true;
	id->still_known = id->probing_known = true;
}

/* A probe's block does not join the pool; a block that the pool needs is no probe's. */
static void check_probe(struct identity *id, const struct pool_event *e)
{
	uint8_t outcome = e->u.complete.outcome;
	struct policy *p = &id->policy;
	bool said = outcome == POOL_OUTCOME_PROBE;

	if (!id->probing_known)
		p->probing = said; /* the event tells */
	else if (p->running && outcome != POOL_OUTCOME_NULL && (said || p->probing))
		judge(id, e, said == p->probing);
}

/* Memory did not come.  Whether that is a shortage depends on who wanted it. */
static void on_failure(struct identity *id)
{
	bool known = id->probing_known, probe = id->policy.probing;

	policy_complete(&id->policy, known ? POLICY_FAILED : POLICY_DISCARDED, 0);
	id->quiet_known = known && (!probe || id->quiet_known);
}

static void on_complete(struct identity *id, const struct pool_event *e)
{
	uint8_t outcome = e->u.complete.outcome;

	if (!e->u.complete.request) {
		policy_base(&id->policy, e->u.complete.buffers);
		blocks_reset(&id->blocks, e->u.complete.buffers, id->policy.marks.block);
		return;
	}
	if (!id->policy.pending) {
		lose_track(id, e);
		return;
	}
	check_probe(id, e);
	if (outcome == POOL_OUTCOME_USED) {
		blocks_grant(&id->blocks, e->u.complete.block);
		policy_complete(&id->policy, POLICY_USED, e->u.complete.buffers);
	} else if (outcome == POOL_OUTCOME_NULL || outcome == POOL_OUTCOME_WRAP_FAILED) {
		on_failure(id);
	} else {
		policy_complete(&id->policy, POLICY_DISCARDED, 0);
	}
	id->still_known = id->probing_known = true;
}

static void on_request(struct identity *id)
{
	struct policy *p = &id->policy;

	if (!policy_wants_block(p) && policy_wants_probe(p))
		policy_probed(p);
	else
		policy_requested(p);
	id->still_known = true;
}

static void on_refused(struct identity *id, const struct pool_event *e)
{
	if (!id->policy.pending) {
		lose_track(id, e);
		return;
	}
	id->quiet_known |= !id->policy.probing; /* a refusal starts the delay anew */
	policy_refused(&id->policy);
}

static void on_free(struct identity *id, const struct pool_event *e)
{
	if (!e->u.free.buffers)
		return; /* never joined */
	if (e->u.free.buffers > policy_available(&id->policy)) {
		lose_track(id, e);
		return;
	}
	policy_freed(&id->policy, e->u.free.buffers);
	blocks_free(&id->blocks, e->u.free.block);
	if (!id->blocks.known && id->policy.total == id->policy.marks.base)
		blocks_reset(&id->blocks, id->policy.marks.base, id->policy.marks.block);
}

/* Returns: how many buffers the policy makes RESOURCES. */
static uint32_t take(struct policy *p, const struct pool_event *e)
{
	uint32_t nr = e->u.rx.nr_buffers;

	if (e->u.rx.frames == 1 && nr > 1)
		return policy_take_frame(p, nr) ? nr : 0;
	return policy_take(p, nr);
}

static void on_take(struct identity *id, const struct pool_event *e)
{
	uint32_t said = e->u.rx.resources, decided;

	id->rx_seen = true;
	if (e->u.rx.nr_buffers > policy_available(&id->policy) || said > e->u.rx.nr_buffers) {
		lose_track(id, e);
		return;
	}
	decided = take(&id->policy, e);
	judge(id, e, decided == said);
	/* Go on from what the driver did, so that one mistake is counted once. */
	id->policy.held += decided - said;
	if (said)
		id->quiet_known = id->still_known = true;
	blocks_take(&id->blocks, e->u.rx.buffers, e->u.rx.nr_buffers - said);
}

static void on_return(struct identity *id, const struct pool_event *e)
{
	id->rx_seen = true;
	if (e->u.rx.nr_buffers > id->policy.held) {
		lose_track(id, e);
		return;
	}
	policy_return(&id->policy, e->u.rx.nr_buffers);
	blocks_return(&id->blocks, e->u.rx.buffers, e->u.rx.nr_buffers);
}

static void apply(struct identity *id, const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_TICK:
		on_tick(id, e);
		break;
	case POOL_EVENT_ALLOC_REQUEST:
		on_request(id);
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		on_refused(id, e);
		break;
	case POOL_EVENT_ALLOC_COMPLETE:
		on_complete(id, e);
		break;
	case POOL_EVENT_BLOCK_FREE:
		on_free(id, e);
		break;
	case POOL_EVENT_RX_TAKE:
		on_take(id, e);
		break;
	case POOL_EVENT_RX_RETURN:
		on_return(id, e);
		break;
	case POOL_EVENT_FALLBACK:
		id->said_fallback = e->u.fallback.on;
		break;
	default:
		break;
	}
}

/* What a tick left open is closed by what follows it. */
static void settle_knowledge(struct identity *id, const struct pool_event *e)
{
	const struct policy *p = &id->policy;

	if (policy_available(p) <= p->marks.low)
		id->quiet_known = id->still_known = id->probing_known = true;
	if (p->quiet_ticks >= p->marks.shrink_ticks)
		id->quiet_known = true;
	if (p->still_ticks >= p->marks.probe_ticks)
		id->still_known = true;
	if (!id->said_known && e->kind != POOL_EVENT_TICK) {
		id->said_known = true;
		if (e->kind != POOL_EVENT_FALLBACK)
			id->said_fallback = p->fallback;
	}
}

/* Only a pool that says its marks has the policy's decisions. */
static void note_policy(struct identity *id, const struct pool_event *e)
{
	if (e->kind == POOL_EVENT_POOL_OPEN)
		id->has_no_policy = !pool_marks_known(&e->u.open.marks);
	else if (e->kind == POOL_EVENT_TICK)
		id->has_no_policy = !pool_marks_known(&e->u.tick.marks);
}

/*
 * An event is checked first, against what the policy wanted before it, and applied then.  Drops and
 * violations are no concern of the policy and may stand anywhere.
 */
void identity_feed(struct identity *id, const struct pool_event *e, bool contiguous)
{
	if (!contiguous)
		id->known = false;
	note_policy(id, e);
	if (id->has_no_policy)
		return;
	if (e->kind == POOL_EVENT_POOL_OPEN) {
		on_open(id, e);
		return;
	}
	if (!id->known) {
		id->rx_seen |= e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN;
		if (e->kind == POOL_EVENT_TICK)
			on_tick(id, e);
		return;
	}
	if (e->kind == POOL_EVENT_RX_DROP || e->kind == POOL_EVENT_VIOLATION)
		return;
	check(id, e);
	apply(id, e);
	if (id->known)
		settle_knowledge(id, e);
}
