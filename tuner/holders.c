/* SPDX-License-Identifier: MIT */
#include "tuner/holders.h"

#include <errno.h>
#include <string.h>

void holders_release(struct holders *h)
{
	free(h->handle);
	free(h->place);
	*h = (struct holders){0};
}

static size_t home_of(const struct holders *h, uint32_t id)
{
	return (id * 0x9e3779b97f4a7c15u >> 20) & (h->room - 1);
}

/* The place of an id, or the empty place where it would be. */
static size_t find(const struct holders *h, uint32_t id)
{
	size_t i = home_of(h, id);

	while (h->place[i].handle != HOLDERS_NONE && h->place[i].id != id)
		i = (i + 1) & (h->room - 1);
	return i;
}

static int make_room(struct holders *h)
{
	struct holders grown = {.room = h->room ? 2 * h->room : 1024};

	if (2 * (h->nr + 1) <= h->room)
		return 0;
	grown.place = malloc(grown.room * sizeof(*grown.place));
	if (!grown.place)
		return -ENOMEM;
	memset(grown.place, 0xff, grown.room * sizeof(*grown.place));
	for (size_t i = 0; i < h->room; i++)
		if (h->place[i].handle != HOLDERS_NONE)
			grown.place[find(&grown, h->place[i].id)] = h->place[i];
	free(h->place);
	h->place = grown.place;
	h->room = grown.room;
	return 0;
}

bool holders_have_hashed(const struct holders *h, uint32_t id)
{
	return h->room && h->place[find(h, id)].handle != HOLDERS_NONE;
}

static int hold_hashed(struct holders *h, uint32_t id, uint32_t handle)
{
	int ret = make_room(h);

	if (ret)
		return ret;
	h->place[find(h, id)] = (struct holder){id, handle};
	h->nr++;
	return 0;
}

/* The table doubles.  What it comes to cover was never hashed. */
int holders_hold_more(struct holders *h, uint32_t id, uint32_t handle)
{
	uint32_t direct = h->direct ? h->direct : 1024, *grown;

	if (id >= HOLDERS_DIRECT)
		return hold_hashed(h, id, handle);
	while (direct <= id)
		direct *= 2;
	grown = realloc(h->handle, direct * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + h->direct, 0xff, (direct - h->direct) * sizeof(*grown));
	h->handle = grown;
	h->direct = direct;
	h->handle[id] = handle;
	return 0;
}

uint32_t holders_give_back_hashed(struct holders *h, uint32_t id)
{
	size_t i, next, mask = h->room - 1;
	uint32_t handle;

	if (!h->room)
		return HOLDERS_NONE;
	i = find(h, id);
	handle = h->place[i].handle;
	if (handle == HOLDERS_NONE)
		return handle;
	h->nr--;
	/* What stands behind moves up, so that no search ends at the gap. */
	for (next = (i + 1) & mask; h->place[next].handle != HOLDERS_NONE; next = (next + 1) & mask)
		if (((next - home_of(h, h->place[next].id)) & mask) >= ((next - i) & mask)) {
			h->place[i] = h->place[next];
			i = next;
		}
	h->place[i].handle = HOLDERS_NONE;
	return handle;
}
