/* SPDX-License-Identifier: MIT */
#include "db/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int make_room(struct hold *h, uint32_t id)
{
	uint32_t nr = h->nr ? h->nr : 256;
	int64_t *grown;

	while (nr <= id)
		nr *= 2;
	grown = realloc(h->taken_ns, nr * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + h->nr, 0, (nr - h->nr) * sizeof(*grown));
	h->taken_ns = grown;
	h->nr = nr;
	return 0;
}

int hold_take(struct hold *h, int64_t ts_ns, const uint32_t *ids, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++) {
		if (ids[i] >= HOLD_IDS_MAX)
			continue;
		if (ids[i] >= h->nr && make_room(h, ids[i]))
			return -ENOMEM;
		h->taken_ns[ids[i]] = ts_ns;
	}
	return 0;
}

int64_t hold_return(struct hold *h, int64_t ts_ns, uint32_t id)
{
	int64_t taken_ns = id < h->nr ? h->taken_ns[id] : 0;

	if (id < h->nr)
		h->taken_ns[id] = 0; /* home now, whatever is known of its take */
	if (!taken_ns || taken_ns < h->since_ns) {
		h->unknown++;
		return -1;
	}
	return ts_ns - taken_ns;
}

void hold_forget(struct hold *h, int64_t ts_ns)
{
	h->since_ns = ts_ns;
}

void hold_release(struct hold *h)
{
	free(h->taken_ns);
	*h = (struct hold){0};
}
