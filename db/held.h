/* SPDX-License-Identifier: MIT */
#ifndef DB_HELD_H
#define DB_HELD_H
/*
 * Marks along a pool's events, so that the buffers that are held at any instant can be told without
 * reading all events before it.
 *
 * A mark stands before an event and lists the buffers that were taken before the mark ahead of it
 * and are held still: those that lived through a whole stretch.  In a pool that works these are
 * none, so a mark is a few bytes.  What is held at an instant is then what the events since the
 * mark ahead of the last one say, and the last mark's list: two stretches at most.
 *
 * A list is pairs of LEB128 numbers: ids skipped, ns from the take to the mark.
 */
#include <stddef.h>
#include <stdint.h>

#include "db/hold.h"

#define HELD_EVERY 4096 /* events of a stretch, or more where the lists would be long */

/* The writer's side; begins as zeros. */
struct held {
	uint64_t next; /* a mark is due before this event; 0: the record has not begun */
	uint64_t seq;  /* the last mark, or where the record begins */
	int64_t ts_ns; /* of it */
};

struct held_mark {
	uint64_t seq, since_seq; /* the mark, and the one ahead of it */
	int64_t ts_ns;		 /* of the newest event before it */
	uint8_t *ids;		 /* malloc()ed; NULL when the list is empty */
	size_t nr_bytes;
};

/*
 * Takes note that event seq was followed, at ts_ns, and left `hold` behind.
 * Returns: 1 with *mark filled when a mark is due, which the caller stores, and frees its ids; 0;
 * or -ENOMEM.
 */
int held_event(struct held *held, uint64_t seq, int64_t ts_ns, const struct hold *hold,
	       struct held_mark *mark);

/*
 * Puts what a mark lists into hold.  Returns: 0, -ENOMEM, or -EINVAL when the list is not whole.
 */
int held_decode(const void *ids, size_t nr_bytes, int64_t ts_ns, struct hold *hold);

#endif
