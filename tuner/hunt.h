/* SPDX-License-Identifier: MIT */
#ifndef TUNER_HUNT_H
#define TUNER_HUNT_H
/*
 * The ordered hunt: who takes a buffer gets the lowest slot that nobody has.
 *
 *	hunt_begin(&h, 0);
 *	top = hunt_cell(&h, step, top);	// before every DEMAND_CELL steps
 *	slot = hunt_take(&h);		// HUNT_NONE: out of memory, which h.error says
 *	hunt_return(&h, slot);
 *	hunt_finish(&h, d);		// or hunt_release(&h)
 *
 * Now and then it notes which slots are in use, as often as that makes less than one byte a step.
 */
#include "tuner/demand.h"
#include "tuner/ladder.h"

#define HUNT_NONE UINT32_MAX

struct hunt {
	uint32_t x, most; /* in use, and most that ever were */
	uint32_t slots;	  /* there is room for; a multiple of 64 */
	struct ladder unused;
	size_t lowest;	 /* the word of the lowest of them; none is left: slots / 64 */
	uint64_t *takes; /* by slot */
	uint64_t *checkpoints;
	size_t checkpoint_steps;
	size_t nr_checkpoints;	 /* each of slots / 64 words */
	size_t checkpoints_room; /* words */
	int error;		 /* the first -errno */
};

/* most: as many slots as will be needed, if that is known; else 0.  Returns: 0 or -ENOMEM. */
int hunt_begin(struct hunt *h, uint32_t most);
void hunt_release(struct hunt *h);

/*
 * Before the first step of a cell.  top: the highest slot in use at any time in the cell before, +
 * 1.  Returns: the highest slot that is in use, + 1.
 */
uint32_t hunt_cell(struct hunt *h, size_t step, uint32_t top);

/* Hands over what was found: hunt, checkpoints and max_held. */
void hunt_finish(struct hunt *h, struct demand *d);

bool hunt_make_room(struct hunt *h);
void hunt_leave_word(struct hunt *h, uint32_t slot);
void hunt_note_most(struct hunt *h);

static inline uint32_t hunt_take(struct hunt *h)
{
	uint64_t *word, left;
	uint32_t slot;

	if (h->x == h->slots && !hunt_make_room(h))
		return HUNT_NONE;
	word = &h->unused.level[0][h->lowest];
	left = *word & (*word - 1);
	slot = (uint32_t)h->lowest * 64 + (uint32_t)__builtin_ctzll(*word);
	if (left)
		*word = left;
	else
		hunt_leave_word(h, slot);
	h->takes[slot]++;
	if (++h->x > h->most)
		hunt_note_most(h);
	return slot;
}

static inline void hunt_return(struct hunt *h, uint32_t slot)
{
	uint64_t *word = &h->unused.level[0][slot / 64];

	if (*word)
		*word |= UINT64_C(1) << slot % 64;
	else
		ladder_set(&h->unused, slot);
	if (slot / 64 < h->lowest)
		h->lowest = slot / 64;
	h->x--;
}

#endif
