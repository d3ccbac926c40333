/* SPDX-License-Identifier: MIT */
#ifndef TUNER_HOLDS_H
#define TUNER_HOLDS_H
/*
 * How long each packet was held, by the number of its take: what imputed ones borrow
 * (tuner/lenders.h).
 *
 *	holds_take(&h, handle, t_ns);	// of each, in order; see tuner/handles.h
 *	holds_return(&h, handle, t_ns);
 *
 * Memory: 4 bytes a take, 16 a handle, and 16 for each hold of 4.2 s or more.
 */
#include "tuner/moves.h"

#define HOLDS_PIECE (BIG_PAGE / 4)
#define HOLDS_OUT   UINT32_MAX	     /* it has no return */
#define HOLDS_LONG  (UINT32_MAX - 1) /* so long or longer: how long is in longs */

/* Zeroed: nobody was held. */
struct holds {
	struct moves_list pieces; /* of uint32_t, in ns */
	struct holds_packet {
		uint32_t take;
		int64_t since_ns;
	} * packet; /* by handle */
	uint32_t room;
	uint32_t takes, returns; /* so far */
	struct holds_long {
		uint32_t take;
		int64_t hold_ns;
	} * longs;
	size_t nr_longs, longs_room;
	uint32_t *outs; /* takes that have no return, in order; once it is finished */
	size_t nr_outs;
};

void holds_release(struct holds *h);

/* What the inline ones are too short for.  Returns: 0 or -ENOMEM. */
int holds_make_room(struct holds *h, uint32_t handle);
int holds_note_long(struct holds *h, uint32_t take, int64_t hold_ns);

/* All are told.  handles: that were ever given.  Returns: 0 or -ENOMEM. */
int holds_finish(struct holds *h, uint32_t handles);

static inline uint32_t *holds_at(const struct holds *h, uint32_t take)
{
	return (uint32_t *)h->pieces.piece[take / HOLDS_PIECE] + take % HOLDS_PIECE;
}

/* Returns: 0 or -ENOMEM. */
static inline int holds_take(struct holds *h, uint32_t handle, int64_t t_ns)
{
	if ((handle >= h->room || h->takes % HOLDS_PIECE == 0) && holds_make_room(h, handle))
		return -ENOMEM;
	*holds_at(h, h->takes) = HOLDS_OUT;
	h->packet[handle] = (struct holds_packet){h->takes++, t_ns};
	return 0;
}

/* Of a handle that was taken.  Returns: 0 or -ENOMEM. */
static inline int holds_return(struct holds *h, uint32_t handle, int64_t t_ns)
{
	const struct holds_packet *p = &h->packet[handle];
	int64_t hold_ns = t_ns - p->since_ns;

	h->returns++;
	if (hold_ns >= (int64_t)HOLDS_LONG)
		return holds_note_long(h, p->take, hold_ns);
	*holds_at(h, p->take) = (uint32_t)hold_ns;
	return 0;
}

#endif
