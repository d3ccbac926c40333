/* SPDX-License-Identifier: MIT */
#include "tuner/hunt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_LEAST ((size_t)1024) /* steps */

static void *resized(struct hunt *h, void *array, size_t nr, size_t size)
{
	void *grown = realloc(array, (nr ? nr : 1) * size);

	if (!grown) {
		h->error = -ENOMEM;
		return array;
	}
	return grown;
}

/* Checkpoints lie one behind the other: each moves to its place among wider ones. */
static void widen_checkpoints(struct hunt *h, size_t from, size_t to)
{
	uint64_t *words = h->checkpoints;

	for (size_t i = h->nr_checkpoints; i-- > 0;) {
		memmove(words + i * to, words + i * from, from * sizeof(*words));
		memset(words + i * to + from, 0, (to - from) * sizeof(*words));
	}
}

static bool make_checkpoint_room(struct hunt *h, size_t nr, size_t words)
{
	if (nr * words <= h->checkpoints_room)
		return true;
	h->checkpoints = resized(h, h->checkpoints, 2 * nr * words, sizeof(uint64_t));
	if (!h->error)
		h->checkpoints_room = 2 * nr * words;
	return !h->error;
}

static bool make_room(struct hunt *h, uint32_t room)
{
	size_t to = room / 64;
	struct ladder unused = {0};

	h->takes = resized(h, h->takes, room, sizeof(*h->takes));
	if (!h->error)
		h->error = ladder_init(&unused, room);
	if (h->error || !make_checkpoint_room(h, h->nr_checkpoints, to)) {
		ladder_release(&unused);
		return false;
	}
	memset(h->takes + h->slots, 0, (room - h->slots) * sizeof(*h->takes));
	widen_checkpoints(h, h->slots / 64, to);
	for (uint32_t slot = h->slots; slot < room; slot++) /* the others are used */
		ladder_set(&unused, slot);
	ladder_release(&h->unused);
	h->unused = unused;
	h->lowest = h->slots / 64;
	h->slots = room;
	return true;
}

bool hunt_make_room(struct hunt *h)
{
	return make_room(h, 2 * h->slots);
}

int hunt_begin(struct hunt *h, uint32_t most)
{
	*h = (struct hunt){.checkpoint_steps = CHECKPOINT_LEAST};
	while (h->checkpoint_steps < most)
		h->checkpoint_steps *= 2;
	make_room(h, most ? (most + 63) / 64 * 64 : 64);
	return h->error;
}

void hunt_release(struct hunt *h)
{
	ladder_release(&h->unused);
	free(h->takes);
	free(h->checkpoints);
	*h = (struct hunt){0};
}

/* It was the last one of its word. */
void hunt_leave_word(struct hunt *h, uint32_t slot)
{
	uint32_t first;

	ladder_clear(&h->unused, slot);
	first = ladder_first(&h->unused);
	h->lowest = (first == LADDER_NONE ? h->slots : first) / 64;
}

/* Half as many checkpoints: every other one. */
static void thin_checkpoints(struct hunt *h)
{
	size_t words = h->slots / 64;

	h->checkpoint_steps *= 2;
	for (size_t i = 1; 2 * i < h->nr_checkpoints; i++)
		memcpy(h->checkpoints + i * words, h->checkpoints + 2 * i * words,
		       words * sizeof(uint64_t));
	h->nr_checkpoints = (h->nr_checkpoints + 1) / 2;
}

void hunt_note_most(struct hunt *h)
{
	h->most = h->x;
	while (h->checkpoint_steps < h->x)
		thin_checkpoints(h);
}

static void note_checkpoint(struct hunt *h)
{
	size_t words = h->slots / 64;
	uint64_t *used;

	if (!make_checkpoint_room(h, h->nr_checkpoints + 1, words))
		return;
	used = h->checkpoints + h->nr_checkpoints++ * words;
	for (size_t i = 0; i < words; i++)
		used[i] = ~h->unused.level[0][i];
}

uint32_t hunt_cell(struct hunt *h, size_t step, uint32_t top)
{
	if (step % h->checkpoint_steps == 0)
		note_checkpoint(h);
	for (size_t i = (top + 63) / 64; i-- > 0;) {
		uint64_t used = ~h->unused.level[0][i];

		if (used)
			return (uint32_t)(i * 64 + 64) - (uint32_t)__builtin_clzll(used);
	}
	return 0;
}

void hunt_finish(struct hunt *h, struct demand *d)
{
	size_t wide = h->slots / 64, words = (h->most + 63) / 64;

	/* Of as many words as there are slots for. */
	for (size_t i = 1; i < h->nr_checkpoints; i++)
		memmove(h->checkpoints + i * words, h->checkpoints + i * wide,
			words * sizeof(uint64_t));
	d->hunt = resized(h, h->takes, h->most, sizeof(*h->takes));
	d->checkpoints =
		resized(h, h->checkpoints, h->nr_checkpoints * words, sizeof(*h->checkpoints));
	d->checkpoint_steps = h->checkpoint_steps;
	d->checkpoint_words = words;
	d->max_held = h->most;
	ladder_release(&h->unused);
	*h = (struct hunt){0}; /* what could not be made smaller stays as it is */
}
