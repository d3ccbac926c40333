/* SPDX-License-Identifier: MIT */
/*
 * The loop of lockstep: included once by each file that is compiled for one kind of machine, with
 * LOCKSTEP_CELL the name of what it makes.
 *
 * A step is the same for takes and returns, so that nothing has to be guessed which it is: a take
 * makes the marks of its slot, a return uses them.
 */
#include "tuner/lockstep_state.h"

#ifndef LOCKSTEP_CELL
#define LOCKSTEP_CELL lockstep_cell_any
#endif

/* What changes with each step, in registers. */
struct now {
	lanes available, base_free, lowest;
	uint32_t since;
};

LANES_INLINE void put(struct lockstep *w, const struct now *n)
{
	lanes_store(w->available, n->available);
	lanes_store(w->base_free, n->base_free);
	lanes_store(w->lowest, n->lowest);
	w->since = n->since;
}

LANES_INLINE void get(const struct lockstep *w, struct now *n)
{
	n->available = lanes_load(w->available);
	n->base_free = lanes_load(w->base_free);
	n->lowest = lanes_load(w->lowest);
	n->since = w->since;
}

/* Packets that lie in a dynamic block: in which one, only their lanes know. */
LANES_INLINE void take_beyond(struct lockstep *w, uint32_t which, uint32_t slot)
{
	if (which & w->many)
		lockstep_occupy(w, which & w->many, slot);
	for (which &= ~w->many; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct lockstep_blocks *b = &w->blocks[lane];
		uint32_t block = (uint32_t)__builtin_ctzll(b->with_room);
		uint32_t held = ++b->held[block];

		b->owner[slot] = block;
		b->with_room ^= (uint64_t)(held == b->size) << block;
		if (held == 1) {
			b->idle ^= UINT64_C(1) << block;
			lockstep_set_free_at(w, lane);
		}
	}
}

LANES_INLINE void return_beyond(struct lockstep *w, uint32_t which, uint32_t slot)
{
	if (which & w->many)
		lockstep_vacate(w, which & w->many, slot);
	for (which &= ~w->many; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct lockstep_blocks *b = &w->blocks[lane];
		uint32_t block = b->owner[slot];

		b->owner[slot] = OWNER_NONE;
		b->with_room |= UINT64_C(1) << block;
		if (!--b->held[block]) {
			b->idle |= UINT64_C(1) << block;
			lockstep_set_free_at(w, lane);
		}
	}
}

/* Takes that find too few: a lost packet is no event, one that is RESOURCES is. */
LANES_INLINE void note_missed(struct lockstep *w, struct now *n, uint32_t missed, size_t i)
{
	const lanes nothing = lanes_load((const lockstep_numbers){0});
	uint32_t resources = missed & ~lanes_le(n->available, nothing);
	lanes all = lanes_add(lanes_load(w->missed), missed, 1);

	lanes_store(w->missed, all);
	lanes_store(w->resources, lanes_add(lanes_load(w->resources), resources, 1));
	n->since |= resources;
	w->spent |= lanes_le(all, lanes_load(w->spare)) != LANES_ALL;
	if (missed & w->clean)
		lockstep_first_missed(w, missed & w->clean, i);
}

/* takes: all bits set when the step is a take, else none. */
LANES_INLINE void move(struct lockstep *w, struct now *n, uint32_t takes, size_t i)
{
	const lanes nothing = lanes_load((const lockstep_numbers){0});
	uint32_t slot = w->d->slot[i], odd = w->odd[slot], full = w->unsettled & takes;
	uint32_t gone =
		(lanes_le(n->available, lanes_load(w->least)) & takes) | (odd & ~takes & LANES_ALL);
	uint32_t moves = LANES_ALL & ~(gone | full);
	uint32_t beyond =
		moves & ((lanes_le(n->base_free, nothing) & takes) | (odd >> LANES & ~takes));
	int32_t by = takes ? -1 : 1;

	w->odd[slot] = gone | beyond << LANES;
	n->available = lanes_add(n->available, moves, by);
	n->base_free = lanes_add(n->base_free, moves & ~beyond, by);
	n->lowest = lanes_min(n->lowest, n->available);
	n->since |= moves;
	if (gone & takes)
		note_missed(w, n, gone, i);
	if (beyond & takes)
		take_beyond(w, beyond, slot);
	else if (beyond & w->alive)
		return_beyond(w, beyond & w->alive, slot);
	if (full) {
		put(w, n);
		lockstep_take(w, full, i);
		get(w, n);
	}
}

LANES_INLINE void end(struct lockstep *w, struct now *n, size_t i)
{
	uint32_t which = lanes_le(n->available, lanes_load(w->ask_at)) |
			 lanes_le(lanes_load(w->free_at), n->available);

	if (!which)
		return;
	put(w, n);
	lockstep_act(w, which, i);
	get(w, n);
}

lockstep_cell LOCKSTEP_CELL;

size_t LOCKSTEP_CELL(struct lockstep *w, size_t i)
{
	const struct demand *d = w->d;
	const struct demand_cell *cell = &d->cells[i / DEMAND_CELL];
	size_t last = (i / DEMAND_CELL + 1) * DEMAND_CELL;
	struct now n;

	if (last > d->nr)
		last = d->nr;
	get(w, &n);
	for (; i < last && !w->error; i++) {
		if (d->t_ns[i] >= w->due_ns || i >= w->tick_at) {
			put(w, &n);
			lockstep_catch_up(w, i);
			get(w, &n);
		}
		move(w, &n, -(uint32_t)(cell->takes >> i % DEMAND_CELL & 1), i);
		if (cell->ends >> i % DEMAND_CELL & 1)
			end(w, &n, i);
		if (w->spent) {
			put(w, &n);
			lockstep_drop_spent(w, i);
			get(w, &n);
		}
	}
	put(w, &n);
	return i;
}
