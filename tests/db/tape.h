/* SPDX-License-Identifier: MIT */
#ifndef TAPE_H
#define TAPE_H
/*
 * A recorded stream of events, to be told again in other ways.
 */
#include "tests/db/fixture.h"

struct tape {
	struct pool_event events[60000];
	uint32_t ids[2000000];
	size_t nr, nr_ids;
};

static inline void record(const struct pool_event *e, void *ctx)
{
	struct tape *t = ctx;
	struct pool_event *copy = &t->events[t->nr++];

	assert_true(t->nr < 60000);
	*copy = *e;
	if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN) {
		memcpy(t->ids + t->nr_ids, e->u.rx.buffers, e->u.rx.nr_buffers * sizeof(uint32_t));
		copy->u.rx.buffers = t->ids + t->nr_ids;
		t->nr_ids += e->u.rx.nr_buffers;
	}
}

static inline struct tape *tape_of(uint64_t seed, double seconds)
{
	struct tape *t = calloc(1, sizeof(*t));

	fixture_life(seed, seconds, record, t);
	return t;
}

static inline void store_tape(const char *path, const struct tape *t)
{
	struct store *store = fixture_open(path);

	for (size_t i = 0; i < t->nr; i++)
		fixture_emit(&t->events[i], store);
	fixture_close(store);
}

#endif
