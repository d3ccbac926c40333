/* SPDX-License-Identifier: MIT */
#ifndef DB_HOLD_H
#define DB_HOLD_H
/*
 * Which buffers of a pool the stack holds, and since when: from the ids of takes and returns.
 */
#include <stddef.h>
#include <stdint.h>

/* Ids above this are not followed: an id is an index, and memory is bounded. */
#define HOLD_IDS_MAX (UINT32_C(1) << 20)

struct hold {
	int64_t *taken_ns; /* by id; 0 = home */
	uint32_t nr;	   /* ids there is room for */
	int64_t since_ns;  /* takes before this may be older than they look: events were lost */
	uint64_t unknown;  /* returns whose take is not known */
};

/* Returns: 0 or -ENOMEM. */
int hold_take(struct hold *h, int64_t ts_ns, const uint32_t *ids, uint32_t nr);

/* Returns: how long the buffer was held, or -1 when that is not known. */
int64_t hold_return(struct hold *h, int64_t ts_ns, uint32_t id);

/* Events were lost before ts_ns: a take seen before may have been returned and taken again. */
void hold_forget(struct hold *h, int64_t ts_ns);
void hold_release(struct hold *h);

#endif
