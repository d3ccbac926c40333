/* SPDX-License-Identifier: MIT */
#include "tuner/held.h"

bool held_any(const struct held *h, const uint32_t *ids, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		if (holders_have(&h->holders, ids[i]))
			return true;
	return false;
}

int held_take(struct held *h, const uint32_t *ids, uint32_t nr, int64_t t_ns, uint32_t *taken)
{
	*taken = 0;
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t handle;

		if (holders_have(&h->holders, ids[i]))
			continue;
		handle = packets_take(h->packets);
		if (handle == HANDLE_NONE || holders_hold(&h->holders, ids[i], handle) ||
		    (h->holds && holds_take(h->holds, handle, t_ns)))
			return -ENOMEM;
		++*taken;
	}
	return 0;
}

/* --- nearly always -------------------------------------------------------------------------------
 *
 * Ids have a place in the table, handles were given before and are short, and nobody asks how long:
 * then all that changes from one buffer to the next is kept in registers.
 */

bool held_take_all(struct held *h, const uint32_t *ids, uint32_t nr)
{
	struct handles *handles = &h->packets->handles;
	uint32_t *handle = h->holders.handle, *next = handles->free + handles->nr;
	uint32_t direct = h->holders.direct, i;

	if (h->holds || handles->nr < nr)
		return false;
	for (i = 0; i < nr; i++) {
		if (ids[i] >= direct || handle[ids[i]] != HOLDERS_NONE)
			break;
		handle[ids[i]] = *--next;
	}
	if (i == nr) {
		handles->nr -= nr;
		return true;
	}
	while (i-- > 0) /* as it was: the handles are still where they were */
		handle[ids[i]] = HOLDERS_NONE;
	return false;
}

/* Returns: how many ids were dealt with. */
static uint32_t return_some(struct held *h, const uint32_t *ids, uint32_t nr, uint32_t *returned)
{
	struct packets *p = h->packets;
	size_t at = p->nr_shorts % SHORT_PIECE;
	uint32_t *handle = h->holders.handle, *free = p->handles.free + p->handles.nr;
	uint32_t direct = h->holders.direct, back = 0, i;
	uint16_t *shorts;

	if (h->holds || p->nr_returned || !at)
		return 0;
	shorts = (uint16_t *)p->shorts.piece[p->nr_shorts / SHORT_PIECE] + at;
	if (nr > SHORT_PIECE - at)
		nr = (uint32_t)(SHORT_PIECE - at);
	for (i = 0; i < nr; i++) {
		uint32_t one;

		if (ids[i] >= direct)
			break;
		one = handle[ids[i]];
		if (one == HOLDERS_NONE)
			continue;
		if (one > UINT16_MAX)
			break;
		handle[ids[i]] = HOLDERS_NONE;
		shorts[back] = (uint16_t)one;
		free[back++] = one;
	}
	p->nr_shorts += back;
	p->handles.nr += back;
	*returned += back;
	return i;
}

/* --- and else ------------------------------------------------------------------------------------
 */

int held_return(struct held *h, const uint32_t *ids, uint32_t nr, int64_t t_ns, uint32_t *returned)
{
	*returned = 0;
	for (uint32_t i = return_some(h, ids, nr, returned); i < nr; i++) {
		uint32_t handle = holders_give_back(&h->holders, ids[i]);

		if (handle == HOLDERS_NONE)
			continue;
		if (packets_return(h->packets, handle) ||
		    (h->holds && holds_return(h->holds, handle, t_ns)))
			return -ENOMEM;
		++*returned;
	}
	return 0;
}
