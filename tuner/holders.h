/* SPDX-License-Identifier: MIT */
#ifndef TUNER_HOLDERS_H
#define TUNER_HOLDERS_H
/*
 * Who is held: buffer id -> its handle (tuner/handles.h).
 *
 * Ids are numbers of buffers, small as a rule, and those have a table of their own; any others are
 * hashed, so that only those that are held cost memory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define HOLDERS_NONE   UINT32_MAX
#define HOLDERS_DIRECT (1u << 20) /* ids below have a place in the table */

/* Zeroed: nobody. */
struct holders {
	uint32_t *handle; /* [direct], by id; HOLDERS_NONE: it is not held */
	uint32_t direct;
	struct holder {
		uint32_t id, handle; /* handle HOLDERS_NONE: an empty place */
	} * place;
	size_t room, nr; /* of place[]; room is a power of two, or 0 */
};

void holders_release(struct holders *h);

/* For ids that the table has no place for. */
bool holders_have_hashed(const struct holders *h, uint32_t id);
int holders_hold_more(struct holders *h, uint32_t id, uint32_t handle);
uint32_t holders_give_back_hashed(struct holders *h, uint32_t id);

static inline bool holders_have(const struct holders *h, uint32_t id)
{
	return id < h->direct ? h->handle[id] != HOLDERS_NONE : holders_have_hashed(h, id);
}

/* An id that is not held.  Returns: 0 or -ENOMEM. */
static inline int holders_hold(struct holders *h, uint32_t id, uint32_t handle)
{
	if (id >= h->direct)
		return holders_hold_more(h, id, handle);
	h->handle[id] = handle;
	return 0;
}

/* Returns: the handle of a held id, which is held no longer; HOLDERS_NONE: it was not. */
static inline uint32_t holders_give_back(struct holders *h, uint32_t id)
{
	uint32_t handle;

	if (id >= h->direct)
		return holders_give_back_hashed(h, id);
	handle = h->handle[id];
	h->handle[id] = HOLDERS_NONE;
	return handle;
}

#endif
