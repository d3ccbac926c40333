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

/* --- blocks --------------------------------------------------------------------------------------
 */

static bool is_hole(const struct sim *s, uint32_t block)
{
	return s->held[block] == UINT32_MAX;
}

/* Holes are closed: blocks move down, and their packets with them. */
static void close_holes(struct sim *s, uint32_t *moved)
{
	uint32_t to = 0;

	for (uint32_t b = 0; b < s->nr_blocks; b++) {
		moved[b] = to;
		if (!is_hole(s, b))
			s->held[to++] = s->held[b];
	}
	for (uint32_t slot = 0; slot < s->d->max_held; slot++)
		if (s->owner[slot] < OWNER_NOBODY)
			s->owner[slot] = moved[s->owner[slot]];
	s->nr_blocks = to;
	s->nr_holes = 0;
}

static void index_blocks(struct sim *s)
{
	ladder_empty(&s->with_room);
	ladder_empty(&s->idle);
	for (uint32_t b = 0; b < s->nr_blocks; b++) {
		if (s->held[b] < sim_block_size(s, b))
			ladder_set(&s->with_room, b);
		if (b && !s->held[b])
			ladder_set(&s->idle, b);
	}
}

/* Room for `room` blocks by number; what is known of them is kept. */
static int make_blocks(struct sim *s, uint32_t room)
{
	uint32_t *held = realloc(s->held, room * sizeof(*held));

	if (!held)
		return -ENOMEM;
	s->held = held;
	s->blocks_room = room;
	ladder_release(&s->with_room);
	ladder_release(&s->idle);
	return ladder_init(&s->with_room, room) || ladder_init(&s->idle, room) ? -ENOMEM : 0;
}

/* Closes the holes; grows when there were few of them. */
static void tidy_blocks(struct sim *s)
{
	uint32_t *moved = malloc(s->nr_blocks * sizeof(*moved));

	if (!moved) {
		s->error = -ENOMEM;
		return;
	}
	close_holes(s, moved);
	free(moved);
	if (2 * s->nr_blocks > s->blocks_room)
		s->error = make_blocks(s, 2 * s->blocks_room);
	if (!s->error)
		index_blocks(s);
}

static void grant(struct sim *s)
{
	if (s->in_line)
		return;
	if (s->nr_blocks == s->blocks_room)
		tidy_blocks(s);
	if (s->error)
		return;
	s->held[s->nr_blocks] = 0;
	ladder_set(&s->with_room, s->nr_blocks);
	ladder_set(&s->idle, s->nr_blocks);
	s->nr_blocks++;
}

static uint32_t dynamic_blocks(const struct sim *s)
{
	return (s->policy.total - s->policy.marks.base) / s->policy.marks.block;
}

/* In line, has the last dynamic block all its buffers home? */
static bool last_is_idle(struct sim *s)
{
	uint32_t from = s->policy.total - s->policy.marks.block;
	const struct demand_cell *cell = &s->d->cells[s->at / DEMAND_CELL];
	size_t word = from / 64;

	if (cell->top <= from)
		return true;
	demand_slots(s->d, s->at, s->slots);
	if (s->slots[word] >> from % 64)
		return false;
	while (++word < s->d->checkpoint_words)
		if (s->slots[word])
			return false;
	return true;
}

/* The newest dynamic block that is all home leaves.  Returns: whether there is one. */
static bool free_newest(struct sim *s)
{
	uint32_t b;

	if (s->in_line) {
		if (!dynamic_blocks(s))
			return false;
		if (last_is_idle(s))
			return true;
		sim_fall_out(s);
		if (s->error)
			return false;
	}
	b = ladder_last(&s->idle);
	if (b == LADDER_NONE)
		return false;
	ladder_clear(&s->idle, b);
	ladder_clear(&s->with_room, b);
	s->held[b] = UINT32_MAX;
	s->nr_holes++;
	while (is_hole(s, s->nr_blocks - 1)) {
		s->nr_blocks--;
		s->nr_holes--;
	}
	return true;
}

/* --- in line, or not -----------------------------------------------------------------------------
 */

static int make_books(struct sim *s)
{
	uint32_t room = 64;

	while (room / 2 < dynamic_blocks(s) + 1 || room < s->d->max_held / 8)
		room *= 2;
	if (!s->owner)
		s->owner = malloc((s->d->max_held + 1) * sizeof(*s->owner));
	if (!s->owner)
		return -ENOMEM;
	return room > s->blocks_room ? make_blocks(s, room) : 0;
}

/* Packets lie where their slots say. */
static void place_packets(struct sim *s)
{
	uint32_t block = 0, end = s->policy.marks.base;

	memset(s->held, 0, s->nr_blocks * sizeof(*s->held));
	for (uint32_t slot = 0; slot < s->d->max_held; slot++) {
		if (slot == end) {
			block++;
			end += s->policy.marks.block;
		}
		s->owner[slot] = OWNER_NONE;
		if (s->slots[slot / 64] >> slot % 64 & 1) {
			s->owner[slot] = block;
			s->held[block]++;
		}
	}
}

void sim_fall_out(struct sim *s)
{
	s->in_line = false;
	s->error = make_books(s);
	if (s->error)
		return;
	s->nr_blocks = 1 + dynamic_blocks(s);
	s->nr_holes = 0;
	demand_slots(s->d, s->at, s->slots);
	place_packets(s);
	index_blocks(s);
	s->look_every = 64;
	s->look_at = s->at + s->look_every;
}

static bool is_in_line(const struct sim *s)
{
	uint32_t block = 0;
	uint64_t end = s->policy.marks.base;

	for (uint32_t slot = 0; slot < s->d->max_held; slot++) {
		if (slot == end) {
			block++;
			end += s->policy.marks.block;
		}
		if (s->owner[slot] != OWNER_NONE && s->owner[slot] != block)
			return false;
	}
	return true;
}

void sim_fall_in(struct sim *s)
{
	if (s->nr_holes)
		tidy_blocks(s);
	if (s->error)
		return;
	/* Where a free waits for a block, slots would not tell which. */
	s->in_line = !(policy_wants_free(&s->policy) && dynamic_blocks(s)) && is_in_line(s);
	if (s->look_every < 4096)
		s->look_every *= 2;
	s->look_at = s->at + s->look_every;
}

/* --- events --------------------------------------------------------------------------------------
 */

void sim_act(struct sim *s)
{
	struct policy *p = &s->policy;

	while (policy_wants_block(p) && !s->error)
		if (!request(s, policy_requested))
			break;
	while (policy_wants_free(p) && free_newest(s)) {
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
		grant(s);
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

static bool are_possible(const struct policy_marks *m)
{
	return m->base && m->block && m->base <= INT32_MAX && m->limit <= INT32_MAX &&
	       m->block <= INT32_MAX && m->high <= INT32_MAX &&
	       m->high > (uint64_t)m->low + m->block;
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
	if (!are_possible(marks))
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

int sim_tell(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	     void (*tell)(const struct sim_event *event, void *ctx), void *ctx,
	     struct sim_result *out)
{
	struct sim s;
	int ret = sim_open(&s, d, marks, lead, UINT64_MAX);

	s.tell = tell;
	s.ctx = ctx;
	if (!ret)
		ret = dense(&s, out);
	sim_release(&s);
	return ret;
}
