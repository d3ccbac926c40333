/* SPDX-License-Identifier: MIT */
/* Where packets lie: in blocks that are written down, or in line, where their slots say it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/sim_state.h"

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

void sim_grant(struct sim *s)
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

bool sim_free_newest(struct sim *s)
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
