/* SPDX-License-Identifier: MIT */
#include "tuner/blocks.h"

#include <stdlib.h>
#include <string.h>

void blocks_reset(struct blocks *b, uint32_t base, uint32_t block)
{
	if (b->one)
		memset(b->one, 0, b->room * sizeof(*b->one));
	b->base = base;
	b->block = block;
	b->nr_idle = 0;
	b->known = block != 0;
}

void blocks_release(struct blocks *b)
{
	free(b->one);
	*b = (struct blocks){0};
}

static bool make_room(struct blocks *b, uint32_t number)
{
	uint32_t room = b->room ? b->room : 16;
	struct blocks_one *grown;

	if (number >= BLOCKS_MAX)
		return false;
	while (room <= number)
		room *= 2;
	grown = realloc(b->one, room * sizeof(*grown));
	if (!grown)
		return false;
	memset(grown + b->room, 0, (room - b->room) * sizeof(*grown));
	b->one = grown;
	b->room = room;
	return true;
}

static struct blocks_one *find(const struct blocks *b, uint32_t number)
{
	return number < b->room && b->one[number].live ? &b->one[number] : NULL;
}

void blocks_grant(struct blocks *b, uint32_t number)
{
	if (!b->known)
		return;
	if (!number || find(b, number) || (number >= b->room && !make_room(b, number))) {
		b->known = false;
		return;
	}
	b->one[number] = (struct blocks_one){.live = true, .granted = ++b->grants};
	b->nr_idle++;
}

void blocks_free(struct blocks *b, uint32_t number)
{
	struct blocks_one *one = find(b, number);

	if (!b->known || !number)
		return;
	if (!one) {
		b->known = false;
		return;
	}
	b->nr_idle -= !one->held;
	one->live = false;
}

/* The block of a buffer, or NULL for the base block; an id of no live block ends the knowledge. */
static struct blocks_one *block_of(struct blocks *b, uint32_t id)
{
	struct blocks_one *one;

	if (id < b->base)
		return NULL;
	one = find(b, 1 + (id - b->base) / b->block);
	if (!one)
		b->known = false;
	return one;
}

void blocks_take(struct blocks *b, const uint32_t *ids, uint32_t nr)
{
	for (uint32_t i = 0; i < nr && b->known; i++) {
		struct blocks_one *one = block_of(b, ids[i]);

		if (one)
			b->nr_idle -= !one->held++;
	}
}

void blocks_return(struct blocks *b, const uint32_t *ids, uint32_t nr)
{
	for (uint32_t i = 0; i < nr && b->known; i++) {
		struct blocks_one *one = block_of(b, ids[i]);

		if (one && !one->held)
			b->known = false;
		else if (one)
			b->nr_idle += !--one->held;
	}
}

uint32_t blocks_newest_idle(const struct blocks *b)
{
	uint32_t newest = 0;

	if (!b->nr_idle)
		return 0;
	for (uint32_t i = 1; i < b->room; i++)
		if (b->one[i].live && !b->one[i].held &&
		    (!newest || b->one[i].granted > b->one[newest].granted))
			newest = i;
	return newest;
}
