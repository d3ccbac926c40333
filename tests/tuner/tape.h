/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TUNER_TAPE_H
#define TESTS_TUNER_TAPE_H
/*
 * Recordings of one pool, written event by event, and the demand that is read from them.  Header
 * only, so that a test links nothing more.
 */
#include "tests/db/fixture.h"
#include "tuner/demand.h"

struct tape {
	char *path;
	struct store *store;
	uint64_t seq;
	int64_t t_ns;
};

static inline struct tape tape_open(void)
{
	struct tape t = {.path = fixture_path(), .t_ns = T0};

	t.store = fixture_open(t.path);
	return t;
}

static inline void tape_say(struct tape *t, struct pool_event e, int64_t after_ns)
{
	e.ts_ns = t->t_ns += after_ns;
	e.seq = t->seq++;
	fixture_emit(&e, t->store);
}

static inline void tape_rx(struct tape *t, enum pool_event_kind kind, const uint32_t *ids,
			   uint32_t nr, uint16_t resources, int64_t after_ns)
{
	struct pool_event e = {.kind = kind};

	e.u.rx.buffers = ids;
	e.u.rx.nr_buffers = nr;
	e.u.rx.frames = kind == POOL_EVENT_RX_TAKE ? (uint16_t)nr : 0;
	e.u.rx.resources = resources;
	tape_say(t, e, after_ns);
}

/* It is closed before fixture_remove(). */
static inline struct query *tape_query(struct tape *t)
{
	fixture_close(t->store);
	return fixture_query(t->path);
}

static inline int tape_read(struct tape *t, struct demand **out)
{
	struct db_error err = {""};
	struct query *q = tape_query(t);
	int ret = demand_read(q, 0, out, &err);

	assert_true(!ret == !err.text[0]);
	query_close(q);
	fixture_remove(t->path);
	return ret;
}

#endif
