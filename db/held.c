/* SPDX-License-Identifier: MIT */
#include "db/held.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "db/leb128.h"

static bool is_listed(const struct held *held, const struct hold *hold, uint32_t id)
{
	return hold->taken_ns[id] && hold->taken_ns[id] <= held->ts_ns;
}

static uint64_t count_listed(const struct held *held, const struct hold *hold)
{
	uint64_t nr = 0;

	for (uint32_t id = 0; id < hold->nr; id++)
		nr += is_listed(held, hold, id);
	return nr;
}

static void encode(const struct held *held, const struct hold *hold, struct held_mark *mark)
{
	uint8_t *at = mark->ids;
	uint32_t next = 0;

	for (uint32_t id = 0; id < hold->nr; id++) {
		if (!is_listed(held, hold, id))
			continue;
		at = leb128_put(at, id - next);
		at = leb128_put(at, (uint64_t)(mark->ts_ns - hold->taken_ns[id]));
		next = id + 1;
	}
	mark->nr_bytes = (size_t)(at - mark->ids);
}

/* Long lists are rare ones: neither they nor looking for them may weigh on an event. */
static uint64_t stretch(uint64_t nr_listed, uint32_t nr_ids)
{
	uint64_t events = HELD_EVERY;

	if (events < nr_listed * 2)
		events = nr_listed * 2;
	return events < nr_ids / 4 ? nr_ids / 4 : events;
}

int held_event(struct held *held, uint64_t seq, int64_t ts_ns, const struct hold *hold,
	       struct held_mark *mark)
{
	uint64_t nr;

	if (!held->next) {
		held->seq = seq;
		held->next = seq + HELD_EVERY;
	}
	if (seq + 1 < held->next)
		return 0;
	*mark = (struct held_mark){.seq = seq + 1, .since_seq = held->seq, .ts_ns = ts_ns};
	nr = count_listed(held, hold);
	if (nr) {
		mark->ids = malloc(nr * 2 * LEB128_MAX);
		if (!mark->ids)
			return -ENOMEM;
		encode(held, hold, mark);
	}
	*held = (struct held){
		.next = mark->seq + stretch(nr, hold->nr), .seq = mark->seq, .ts_ns = ts_ns};
	return 1;
}

int held_decode(const void *ids, size_t nr_bytes, int64_t ts_ns, struct hold *hold)
{
	const uint8_t *at = ids, *end = at + nr_bytes;
	uint64_t id = 0, skip, age;

	while (at < end) {
		uint32_t one;

		if (leb128_get(&at, end, &skip) || leb128_get(&at, end, &age))
			return -EINVAL;
		if (skip >= HOLD_IDS_MAX || id + skip >= HOLD_IDS_MAX || age >= (uint64_t)ts_ns)
			return -EINVAL;
		id += skip;
		one = (uint32_t)id++;
		if (hold_take(hold, ts_ns - (int64_t)age, &one, 1))
			return -ENOMEM;
	}
	return 0;
}
