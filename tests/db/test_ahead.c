/* SPDX-License-Identifier: MIT */
/* Reading with a second thread ahead: the same events in the same order. */
#include "tests/db/fixture.h"

#define EVENTS 300000

static void say(struct store *store, uint64_t seq)
{
	uint32_t ids[5] = {(uint32_t)seq % 1000, 7, 70000 + (uint32_t)seq % 3, 9, 11};
	struct pool_event e = {
		.ts_ns = T0 + (int64_t)seq * 1000, .seq = seq, .pool = 1, .available = 5};

	if (seq == 0) {
		e.kind = POOL_EVENT_POOL_OPEN;
		e.u.open.name = "the pool's name";
		e.u.open.marks.base = 100;
	} else if (seq % 977 == 0) {
		e.kind = POOL_EVENT_RX_DROP;
		e.u.drop.count = (uint32_t)seq;
	} else if (seq % 5003 == 0) {
		e.kind = POOL_EVENT_VIOLATION;
		e.u.violation.object = seq;
	} else {
		e.kind = seq % 3 ? POOL_EVENT_RX_TAKE : POOL_EVENT_RX_RETURN;
		e.u.rx.buffers = ids;
		e.u.rx.nr_buffers = 1 + seq % 5;
		e.u.rx.frames = e.kind == POOL_EVENT_RX_TAKE ? (uint16_t)e.u.rx.nr_buffers : 0;
		e.u.rx.resources = e.kind == POOL_EVENT_RX_TAKE && seq % 7 == 0;
	}
	assert_int_equal(store_append(store, &e), 0);
}

/* Of every seventh thousand one event is missing. */
static struct store *record(const char *path)
{
	struct store *store = fixture_open(path);

	for (uint64_t seq = 0; seq < EVENTS; seq++)
		if (seq % 7000 != 6999)
			say(store, seq);
	assert_int_equal(store_flush(store), 0);
	return store;
}

struct seen {
	uint64_t digest, nr, stop_after;
	uint64_t last_seq;
};

static void mix(struct seen *s, uint64_t value)
{
	s->digest = (s->digest ^ value) * UINT64_C(0x100000001b3);
}

static int look(const struct pool_event *e, void *ctx)
{
	struct seen *s = ctx;

	if (s->nr)
		assert_true(e->seq > s->last_seq);
	s->last_seq = e->seq;
	mix(s, e->seq);
	mix(s, (uint64_t)e->ts_ns);
	mix(s, e->pool);
	mix(s, e->kind);
	if (e->kind == POOL_EVENT_POOL_OPEN)
		assert_string_equal(e->u.open.name, "the pool's name");
	if (e->kind == POOL_EVENT_RX_DROP)
		mix(s, e->u.drop.count);
	if (e->kind == POOL_EVENT_VIOLATION)
		mix(s, e->u.violation.object);
	if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN) {
		mix(s, e->available);
		mix(s, e->u.rx.frames * 1000u + e->u.rx.resources);
		for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
			mix(s, e->u.rx.buffers[i]);
	}
	return ++s->nr == s->stop_after ? 77 : 0;
}

static void events_read_ahead_are_those_read_one_by_one(void **state)
{
	char *path = fixture_path();
	struct db_error err = {""};
	struct query *q;

	(void)state;
	fixture_close(record(path));
	q = fixture_query(path);
	assert_int_equal(query_begin(q, &err), 0);
	for (uint64_t stop = 0; stop <= 200000; stop += 50000) {
		struct seen plain = {.stop_after = stop}, ahead = plain;
		int ret = query_events(q, 1, look, &plain, &err);

		assert_int_equal(query_events_ahead(q, 1, look, &ahead, &err), ret);
		assert_int_equal(ret, stop ? 77 : 0);
		assert_int_equal(ahead.nr, plain.nr);
		assert_int_equal(ahead.digest, plain.digest);
	}
	assert_int_equal(query_events_ahead(q, 2, look, &(struct seen){0}, &err), 0);
	query_close(q);
	fixture_remove(path);
}

/* What was stored since is not seen, by neither thread. */
static void a_recording_that_went_on_is_read_as_it_was(void **state)
{
	char *path = fixture_path();
	struct store *store = record(path);
	struct query *q = fixture_query(path);
	struct seen before = {0}, ahead = {0};
	struct db_error err = {""};
	struct trace_status status;

	(void)state;
	assert_int_equal(query_begin(q, &err), 0);
	assert_int_equal(query_status(q, &status, &err), 0);
	assert_int_equal(query_events(q, 1, look, &before, &err), 0);
	for (uint64_t seq = EVENTS; seq < EVENTS + 1000; seq++)
		say(store, seq);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(query_events_ahead(q, 1, look, &ahead, &err), 0);
	assert_int_equal(ahead.nr, before.nr);
	assert_int_equal(ahead.digest, before.digest);
	query_close(q);
	fixture_close(store);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_read_ahead_are_those_read_one_by_one),
		cmocka_unit_test(a_recording_that_went_on_is_read_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
