/* SPDX-License-Identifier: MIT */
#ifndef TUNER_HELD_H
#define TUNER_HELD_H
/*
 * Who is held, by the buffers of receive events: each packet has a handle while it is out
 * (tuner/handles.h), the handles of those that return are noted, and on wish how long each was held
 * (tuner/holds.h).
 */
#include "tuner/holders.h"
#include "tuner/holds.h"
#include "tuner/moves.h"

struct held {
	struct holders holders;
	struct packets *packets;
	struct holds *holds; /* NULL: nobody asks how long */
};

/* Is any of them held? */
bool held_any(const struct held *h, const uint32_t *ids, uint32_t nr);

/*
 * Buffers are taken at a time, in this order, but those that are held already.
 * Returns: 0 or -ENOMEM; *taken: how many were.
 */
int held_take(struct held *h, const uint32_t *ids, uint32_t nr, int64_t t_ns, uint32_t *taken);

/* All of them, and true; or, when one is held or it is not so easy, none and false. */
bool held_take_all(struct held *h, const uint32_t *ids, uint32_t nr);

/* Those that are held come back.  Returns: 0 or -ENOMEM; *returned: how many did. */
int held_return(struct held *h, const uint32_t *ids, uint32_t nr, int64_t t_ns, uint32_t *returned);

#endif
