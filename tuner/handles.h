/* SPDX-License-Identifier: MIT */
#ifndef TUNER_HANDLES_H
#define TUNER_HANDLES_H
/*
 * Numbers for the packets that are held: small ones, since the last that was given back is the next
 * to be given.  Who takes and gives back in the same order again gets the same numbers again, so
 * that only those that are given back need to be noted.
 */
#include <stdint.h>
#include <stdlib.h>

#define HANDLE_NONE UINT32_MAX

/* Zeroed: none was ever given. */
struct handles {
	uint32_t *free; /* room for all that were made; the next one last */
	uint32_t nr, made, room;
};

static inline void handles_release(struct handles *h)
{
	free(h->free);
	*h = (struct handles){0};
}

static inline uint32_t handles_make(struct handles *h)
{
	if (h->made >= INT32_MAX)
		return HANDLE_NONE;
	if (h->made == h->room) {
		uint32_t room = h->room ? 2 * h->room : 256;
		uint32_t *grown = (uint32_t *)realloc(h->free, room * sizeof(*grown));

		if (!grown)
			return HANDLE_NONE;
		h->free = grown;
		h->room = room;
	}
	return h->made++;
}

/* Returns: HANDLE_NONE out of memory, or of numbers: there are 2^31 - 1. */
static inline uint32_t handles_take(struct handles *h)
{
	return h->nr ? h->free[--h->nr] : handles_make(h);
}

/* One that was taken. */
static inline void handles_return(struct handles *h, uint32_t handle)
{
	if (h->nr < h->made)
		h->free[h->nr++] = handle;
}

#endif
