/* SPDX-License-Identifier: MIT */
#include "tuner/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/sim_state.h"

/* --- telling -------------------------------------------------------------------------------------
 */

static void say(const struct sim *s, enum sim_what what, int64_t due_ns)
{
	const struct policy *p = &s->policy;
	struct sim_event e = {what, s->now_ns, s->at, p->total, p->held, p->pending, due_ns};

	if (s->tell)
		s->tell(&e, s->ctx);
}

static void note_loss(struct sim *s, enum sim_what what)
{
	if (s->r.lost + s->r.resources == 1)
		s->r.first_loss_ns = s->now_ns;
	if (s->r.lost + s->r.resources > s->budget)
		s->spent = true;
	say(s, what, 0);
}

/* The total is about to change: what it was until now counts for the mean. */
static void note_total(struct sim *s)
{
	s->area += (sim_area)s->policy.total * (sim_area)(s->now_ns - s->area_from_ns);
	s->area_from_ns = s->now_ns;
}

/* --- requests ------------------------------------------------------------------------------------
 */

static void push_pending(struct sim *s, struct sim_pending one)
{
	if (s->nr_pending == s->pending_room) {
		size_t room = s->pending_room ? 2 * s->pending_room : 8;
		struct sim_pending *grown = malloc(room * sizeof(*grown));

		if (!grown) {
			s->error = -ENOMEM;
			return;
		}
		for (size_t i = 0; i < s->nr_pending; i++)
			grown[i] = s->pending[(s->pending_head + i) % s->pending_room];
		free(s->pending);
		s->pending = grown;
		s->pending_room = room;
		s->pending_head = 0;
	}
	s->pending[(s->pending_head + s->nr_pending++) % s->pending_room] = one;
	s->due_ns = s->pending[s->pending_head].due_ns;
}

static struct sim_pending pop_pending(struct sim *s)
{
	struct sim_pending one = s->pending[s->pending_head];

	s->pending_head = (s->pending_head + 1) % s->pending_room;
	s->nr_pending--;
	s->due_ns = s->nr_pending ? s->pending[s->pending_head].due_ns : INT64_MAX;
	return one;
}

/* Returns: whether it was accepted. */
static bool request(struct sim *s, void (*note)(struct policy *p))
{
	struct lead_answer a = lead_ask(s->lead, &s->cursor, s->now_ns);

	s->r.requests++;
	note(&s->policy);
	say(s, SIM_REQUEST, a.due_ns);
	if (a.kind == DEMAND_LEAD_REFUSED) {
		policy_refused(&s->policy);
		s->r.refused++;
		say(s, SIM_REFUSED, 0);
		return false;
	}
	push_pending(s, (struct sim_pending){a.due_ns, a.kind == DEMAND_LEAD_FAILED});
	return true;
}

/* --- events --------------------------------------------------------------------------------------
 */

void sim_act(struct sim *s)
{
	struct policy *p = &s->policy;

	while (policy_wants_block(p) && !s->error)
		if (!request(s, policy_requested))
			break;
	while (policy_wants_free(p) && sim_free_newest(s)) {
		note_total(s);
		policy_freed(p, p->marks.block);
		s->r.frees++;
		say(s, SIM_FREE, 0);
	}
	if (p->marks.probe_ticks && policy_wants_probe(p))
		request(s, policy_probed);
}

static void complete(struct sim *s)
{
	struct sim_pending one = pop_pending(s);
	struct policy *p = &s->policy;

	if (one.failed) {
		policy_complete(p, POLICY_FAILED, 0);
		s->r.failed++;
		say(s, SIM_FAILED, 0);
	} else if (p->probing) {
		policy_complete(p, POLICY_DISCARDED, 0);
		say(s, SIM_DISCARD, 0);
	} else {
		note_total(s);
		policy_complete(p, POLICY_USED, p->marks.block);
		sim_grant(s);
		s->r.granted++;
		if (p->total > s->r.peak_buffers)
			s->r.peak_buffers = p->total;
		say(s, SIM_GRANT, 0);
	}
	sim_act(s);
}

static void next_tick(struct sim *s)
{
	s->tick_at =
		s->with_ticks && s->tick < s->d->nr_ticks ? s->d->ticks[s->tick].steps : SIZE_MAX;
}

void sim_catch_up(struct sim *s, int64_t t_ns)
{
	while (!s->error && (s->due_ns <= t_ns || s->tick_at <= s->at)) {
		int64_t tick_ns = s->tick_at <= s->at ? s->d->ticks[s->tick].t_ns : INT64_MAX;

		if (s->due_ns <= tick_ns) {
			s->now_ns = s->due_ns;
			complete(s);
			continue;
		}
		s->now_ns = tick_ns > s->now_ns ? tick_ns : s->now_ns;
		s->tick++;
		next_tick(s);
		policy_tick(&s->policy);
		sim_act(s);
	}
}

/* The packet gets no buffer, or one that is back at once. */
static void miss(struct sim *s, uint32_t slot, enum sim_what what)
{
	s->owner[slot] = OWNER_NOBODY;
	*(what == SIM_LOST ? &s->r.lost : &s->r.resources) += 1;
	note_loss(s, what);
}

static void take(struct sim *s, uint32_t slot)
{
	struct policy *p = &s->policy;
	uint32_t available = policy_available(p);

	if (s->in_line && (available <= p->marks.reserve || p->fallback)) {
		sim_fall_out(s);
		if (s->error)
			return;
	}
	s->touched |= available != 0;
	if (!available)
		miss(s, slot, SIM_LOST);
	else if (policy_take(p, 1))
		miss(s, slot, SIM_RESOURCES);
	else if (!s->in_line)
		s->owner[slot] = sim_occupy(s);
}

static void give_back(struct sim *s, uint32_t slot)
{
	uint32_t owner;

	if (s->in_line) {
		policy_return(&s->policy, 1);
		s->touched = true;
		return;
	}
	owner = s->owner[slot];
	s->owner[slot] = OWNER_NONE;
	if (owner == OWNER_NOBODY)
		return;
	policy_return(&s->policy, 1);
	s->touched = true;
	sim_vacate(s, owner);
}

void sim_move(struct sim *s, bool is_take, uint32_t slot)
{
	if (is_take)
		take(s, slot);
	else
		give_back(s, slot);
}

void sim_step(struct sim *s)
{
	size_t i = s->at;
	const struct demand_cell *cell = &s->d->cells[i / DEMAND_CELL];

	s->now_ns = s->d->t_ns[i];
	sim_move(s, cell->takes >> i % DEMAND_CELL & 1, s->d->slot[i]);
	s->at = i + 1;
	s->r.steps_done++;
	if (cell->ends >> i % DEMAND_CELL & 1 && s->touched) {
		s->touched = false;
		sim_act(s);
	}
}

/* --- runs ----------------------------------------------------------------------------------------
 */

/* Blocks that the marks may lead to: those that the demand can need, as far as the limit allows. */
static uint64_t most_blocks(const struct demand *d, const struct policy_marks *m)
{
	uint64_t needed = ((uint64_t)d->max_held + m->low) / m->block + 1;
	uint64_t allowed = m->limit > m->base ? (m->limit - m->base) / m->block : 0;

	return needed < allowed ? needed : allowed;
}

static bool are_possible(const struct demand *d, const struct policy_marks *m)
{
	return m->base && m->block && m->base <= INT32_MAX && m->limit <= INT32_MAX &&
	       m->block <= INT32_MAX && m->high <= INT32_MAX &&
	       m->high > (uint64_t)m->low + m->block && most_blocks(d, m) <= SIM_BLOCKS_MAX;
}

static bool may_fail(const struct lead *lead)
{
	if (lead->kind != LEAD_NEAREST && lead->kind != LEAD_LIST)
		return false;
	for (size_t i = 0; i < lead->nr_samples; i++)
		if (lead->samples[i].kind == DEMAND_LEAD_FAILED ||
		    lead->samples[i].kind == DEMAND_LEAD_REFUSED)
			return true;
	return false;
}

int sim_open(struct sim *s, const struct demand *d, const struct policy_marks *marks,
	     const struct lead *lead, uint64_t budget)
{
	bool delays = marks->shrink_ticks || marks->probe_ticks;

	*s = (struct sim){.d = d, .lead = lead, .due_ns = INT64_MAX, .budget = budget};
	if (!are_possible(d, marks))
		return -EINVAL;
	if (delays && !d->ticks_known)
		return -ENOTSUP;
	policy_init(&s->policy, marks);
	policy_base(&s->policy, marks->base);
	policy_set_running(&s->policy, true);
	s->with_ticks = delays || may_fail(lead);
	next_tick(s);
	s->now_ns = s->area_from_ns = d->t_ns[0];
	s->r.peak_buffers = marks->base;
	s->r.first_loss_ns = -1;
	s->above.from = s->below.from = s->due.from = SIZE_MAX;
	s->in_line = true;
	s->slots = malloc((d->checkpoint_words + 1) * sizeof(*s->slots));
	return s->slots ? 0 : -ENOMEM;
}

void sim_release(struct sim *s)
{
	free(s->pending);
	free(s->held);
	ladder_release(&s->with_room);
	ladder_release(&s->idle);
	free(s->owner);
	free(s->slots);
}

void sim_run_dense(struct sim *s)
{
	const struct demand *d = s->d;

	while (s->at < d->nr && !s->spent && !s->error) {
		int64_t t_ns = d->t_ns[s->at];

		if (t_ns >= s->due_ns || s->at >= s->tick_at)
			sim_catch_up(s, t_ns);
		sim_step(s);
	}
}

void sim_finish(struct sim *s, struct sim_result *out)
{
	int64_t from_ns = s->d->t_ns[0];

	note_total(s);
	s->r.takes = (s->at + demand_held(s->d, s->at)) / 2;
	s->r.stopped = s->spent;
	s->r.mean_buffers = s->now_ns > from_ns ? (double)s->area / (double)(s->now_ns - from_ns)
						: s->policy.total;
	*out = s->r;
}

static int dense(struct sim *s, struct sim_result *out)
{
	sim_fall_out(s);
	sim_run_dense(s);
	sim_finish(s, out);
	return s->error;
}

int sim_dense(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	      const struct sim_options *options, struct sim_result *out)
{
	struct sim s;
	int ret = sim_open(&s, d, marks, lead, options ? options->budget : UINT64_MAX);

	if (!ret)
		ret = dense(&s, out);
	sim_release(&s);
	return ret;
}
