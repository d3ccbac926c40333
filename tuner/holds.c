/* SPDX-License-Identifier: MIT */
#include "tuner/holds.h"

#include <stdlib.h>

void holds_release(struct holds *h)
{
	moves_list_release(&h->pieces);
	free(h->packet);
	free(h->longs);
	free(h->outs);
	*h = (struct holds){0};
}

static bool grow(void **array, size_t to, size_t size)
{
	void *grown = realloc(*array, to * size);

	if (grown)
		*array = grown;
	return grown;
}

int holds_make_room(struct holds *h, uint32_t handle)
{
	uint32_t room = h->room ? h->room : 256;

	while (room <= handle)
		room *= 2;
	if (room > h->room && !grow((void **)&h->packet, room, sizeof(*h->packet)))
		return -ENOMEM;
	h->room = room;
	if (h->takes % HOLDS_PIECE == 0 && h->takes / HOLDS_PIECE == h->pieces.nr &&
	    !moves_add_piece(&h->pieces))
		return -ENOMEM;
	return 0;
}

int holds_note_long(struct holds *h, uint32_t take, int64_t hold_ns)
{
	size_t room = h->longs_room ? 2 * h->longs_room : 64;

	if (h->nr_longs == h->longs_room) {
		if (!grow((void **)&h->longs, room, sizeof(*h->longs)))
			return -ENOMEM;
		h->longs_room = room;
	}
	h->longs[h->nr_longs++] = (struct holds_long){take, hold_ns};
	*holds_at(h, take) = HOLDS_LONG;
	return 0;
}

static int by_take(const void *a, const void *b)
{
	uint32_t x = ((const struct holds_long *)a)->take, y = ((const struct holds_long *)b)->take;

	return x < y ? -1 : x > y;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

int holds_finish(struct holds *h, uint32_t handles)
{
	if (h->nr_longs)
		qsort(h->longs, h->nr_longs, sizeof(*h->longs), by_take);
	h->outs = malloc((h->takes - h->returns + (size_t)1) * sizeof(*h->outs));
	if (!h->outs)
		return -ENOMEM;
	for (uint32_t i = 0; i < handles; i++) /* each one's last take */
		if (*holds_at(h, h->packet[i].take) == HOLDS_OUT)
			h->outs[h->nr_outs++] = h->packet[i].take;
	qsort(h->outs, h->nr_outs, sizeof(*h->outs), by_number);
	return 0;
}
