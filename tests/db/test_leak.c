/* SPDX-License-Identifier: MIT */
/* What counts as a leak, what only may be one, and where a recording first went wrong. */
#include "db/leak.h"
#include "tests/db/fixture.h"

/* A pool told by hand: a base block of 256 buffers, one request, two takes. */
struct teller {
	struct store *store;
	uint64_t seq;
	int64_t now_ns;
	struct pool_totals totals;
};

static struct pool_event next(struct teller *t, enum pool_event_kind kind)
{
	t->now_ns += MS;
	return (struct pool_event){
		.ts_ns = t->now_ns, .seq = t->seq++, .kind = kind, .available = 256};
}

static void say(struct teller *t, const struct pool_event *e)
{
	fixture_emit(e, t->store);
}

static void say_open(struct teller *t, const char *path)
{
	struct pool_event e;

	*t = (struct teller){.store = fixture_open(path), .now_ns = T0};
	e = next(t, POOL_EVENT_POOL_OPEN);
	e.u.open.name = "rx0";
	e.u.open.marks = fixture_marks;
	say(t, &e);
	e = next(t, POOL_EVENT_ALLOC_COMPLETE);
	e.u.complete.buffers = 256;
	say(t, &e);
}

static void say_request(struct teller *t)
{
	struct pool_event e = next(t, POOL_EVENT_ALLOC_REQUEST);

	e.u.request.request = ++t->totals.requested;
	e.u.request.total = 256;
	e.u.request.pending = 1;
	say(t, &e);
}

static void say_take(struct teller *t, uint32_t nr)
{
	static const uint32_t ids[] = {7, 8, 9};
	struct pool_event e = next(t, POOL_EVENT_RX_TAKE);

	t->totals.taken += nr;
	e.available = 256 - nr;
	e.u.rx.buffers = ids;
	e.u.rx.nr_buffers = nr;
	e.u.rx.frames = (uint16_t)nr;
	say(t, &e);
}

static void say_return(struct teller *t, uint32_t nr)
{
	static const uint32_t ids[] = {7, 8, 9};
	struct pool_event e = next(t, POOL_EVENT_RX_RETURN);

	t->totals.returned += nr;
	e.u.rx.buffers = ids;
	e.u.rx.nr_buffers = nr;
	say(t, &e);
}

static void say_free(struct teller *t)
{
	struct pool_event e = next(t, POOL_EVENT_BLOCK_FREE);

	e.available = 0;
	e.u.free.buffers = 256;
	e.u.free.reason = POOL_FREE_HALT;
	say(t, &e);
}

static void say_drop(struct teller *t)
{
	struct pool_event e = next(t, POOL_EVENT_RX_DROP);

	t->totals.dropped += 3;
	e.u.drop.count = 3;
	say(t, &e);
}

static void say_close(struct teller *t, uint32_t live_blocks)
{
	struct pool_event e = next(t, POOL_EVENT_POOL_CLOSE);

	e.u.close.totals = t->totals;
	e.u.close.live_blocks = live_blocks;
	say(t, &e);
}

static void lose(struct teller *t, unsigned nr)
{
	t->seq += nr;
}

static struct leak judged(struct teller *t, const char *path, enum store_end end)
{
	struct trace_status status;
	struct pool_summary pool;
	struct db_error err;

	assert_int_equal(store_close(t->store, end, NULL, &err), 0);
	status = fixture_status(path);
	pool = fixture_pool(path);
	return leak_judge(&status, &pool);
}

static void all_given_back_is_no_leak(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	say_take(&t, 3);
	say_return(&t, 3);
	say_free(&t);
	say_close(&t, 0);
	leak = judged(&t, path, STORE_END_COMPLETE);
	assert_int_equal(leak.verdict, LEAK_NONE);
	assert_int_equal(leak.blocks + leak.buffers + leak.requests, 0);
	assert_string_equal(leak.why, "");
	fixture_remove(path);
}

static void what_is_left_at_the_close_is_a_leak(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	say_request(&t);
	say_take(&t, 3);
	say_return(&t, 1);
	say_close(&t, 1);
	leak = judged(&t, path, STORE_END_STOPPED);
	assert_int_equal(leak.verdict, LEAK_PROVEN);
	assert_int_equal(leak.blocks, 1);
	assert_int_equal(leak.buffers, 2);
	assert_int_equal(leak.requests, 1);
	fixture_remove(path);
}

/* A driver that says that all is well, against its own events. */
static void the_events_prove_what_the_driver_denies(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	say_close(&t, 0);
	leak = judged(&t, path, STORE_END_COMPLETE);
	assert_int_equal(leak.verdict, LEAK_PROVEN);
	assert_int_equal(leak.blocks, 1);
	fixture_remove(path);
}

static void a_killed_program_is_no_leak(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	say_take(&t, 2);
	leak = judged(&t, path, STORE_END_PROGRAM_DIED);
	assert_int_equal(leak.verdict, LEAK_UNPROVEN);
	assert_int_equal(leak.blocks, 1);
	assert_int_equal(leak.buffers, 2);
	assert_string_equal(leak.why, "the pool was not closed before the recording ended");
	fixture_remove(path);
}

static void an_open_pool_in_a_complete_recording_is_a_leak(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	leak = judged(&t, path, STORE_END_COMPLETE);
	assert_int_equal(leak.verdict, LEAK_PROVEN);
	assert_int_equal(leak.blocks, 1);
	fixture_remove(path);
}

static void a_gap_leaves_the_verdict_open(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	say_take(&t, 3);
	lose(&t, 2);
	say_close(&t, 0);
	leak = judged(&t, path, STORE_END_COMPLETE);
	/* The close event says that three are out: the driver's own word. */
	assert_int_equal(leak.verdict, LEAK_PROVEN);
	assert_int_equal(leak.buffers, 3);
	assert_int_equal(leak.blocks, 0);
	fixture_remove(path);

	path = fixture_path();
	say_open(&t, path);
	lose(&t, 2);
	say_close(&t, 0);
	leak = judged(&t, path, STORE_END_COMPLETE);
	assert_int_equal(leak.verdict, LEAK_UNPROVEN);
	assert_string_equal(leak.why, "events were lost");
	fixture_remove(path);
}

static void loss_of_another_pool_does_not_touch_a_whole_one(void **state)
{
	char *path = fixture_path();
	struct teller t;
	struct leak leak;

	say_open(&t, path);
	say_free(&t);
	say_close(&t, 0);
	assert_int_equal(store_loss(t.store, 0, -1, T0, T0 + MS, 5, "lttng"), 0);
	leak = judged(&t, path, STORE_END_COMPLETE);
	assert_int_equal(leak.verdict, LEAK_NONE);
	assert_true(fixture_status(path).loss_of_unknown_pool);
	fixture_remove(path);
}

static void loss_of_no_known_pool_touches_one_without_an_end(void **state)
{
	char *path = fixture_path();
	struct trace_status status;
	struct pool_summary pool;
	struct teller t;

	say_open(&t, path);
	assert_int_equal(store_loss(t.store, 0, -1, T0, T0 + MS, 5, "lttng"), 0);
	judged(&t, path, STORE_END_STOPPED);
	status = fixture_status(path);
	pool = fixture_pool(path);
	assert_int_equal(pool.lost, 0);
	assert_true(pool_has_loss(&status, &pool));
	fixture_remove(path);
}

/* --- places ---------------------------------------------------------------------------------- */

static struct query_place first(const char *path, enum query_first what, int64_t limit)
{
	struct query *q = fixture_query(path);
	struct query_place place;
	struct db_error err;

	assert_int_equal(query_first(q, what, 0, limit, &place, &err), 0);
	query_close(q);
	return place;
}

static void the_first_drop_is_found(void **state)
{
	char *path = fixture_path();
	struct query_place place;
	struct teller t;
	int64_t when;

	say_open(&t, path);
	say_take(&t, 1);
	say_drop(&t);
	when = t.now_ns;
	say_drop(&t);
	fixture_close(t.store);
	place = first(path, QUERY_FIRST_DROP, 0);
	assert_true(place.found);
	assert_int_equal(place.ts_ns, when);
	assert_int_equal(place.width_ns, 0);
	assert_false(first(path, QUERY_FIRST_REFUSED, 0).found);
	assert_false(first(path, QUERY_FIRST_VIOLATION, 0).found);
	fixture_remove(path);
}

/* Each place, against the tables behind it. */
static void places_agree_with_the_tables(void **state)
{
	static const struct {
		enum query_first what;
		int64_t limit;
		const char *sql;
	} cases[] = {
		{QUERY_FIRST_RESOURCES, 0,
		 "SELECT min(ts_ns) FROM event WHERE kind = 'rx_take' AND resources > 0"},
		{QUERY_FIRST_REFUSED, 0,
		 "SELECT min(ts_ns) FROM event WHERE kind = 'alloc_refused'"},
		{QUERY_FIRST_FAILED, 0, "SELECT min(ts_ns) FROM event WHERE outcome = 'null'"},
		{QUERY_FIRST_LEAD_OVER, 3 * MS,
		 "SELECT min(completed_ns) FROM allocation WHERE lead_ns > 3000000"},
		{QUERY_FIRST_HOLD_OVER, 9 * MS,
		 "SELECT min(start_ns) FROM hold WHERE width_ns = 1 << 23 AND max_ns > 9000000"},
		{QUERY_FIRST_AVAILABLE_UNDER, 40,
		 "SELECT min(start_ns) FROM level WHERE width_ns = 1 << 23 AND available_min < 40"},
		{QUERY_FIRST_TOTAL_OVER, 300,
		 "SELECT min(start_ns) FROM level WHERE width_ns = 1 << 23 AND total_max > 300"},
	};
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	fixture_life(3, 2, fixture_emit, store);
	fixture_close(store);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct query_place place = first(path, cases[i].what, cases[i].limit);

		if (!place.found)
			fail_msg("nothing found for: %s", cases[i].sql);
		assert_int_equal(place.ts_ns, fixture_int(path, cases[i].sql));
	}
	fixture_remove(path);
}

static int add_up(const struct query_loss *loss, void *ctx)
{
	uint64_t *sum = ctx;

	assert_string_equal(loss->source, "seq");
	assert_int_equal(loss->pool, 0);
	assert_true(loss->start_ns <= loss->end_ns);
	assert_true(loss->first_seq > 0);
	*sum += loss->events;
	return 0;
}

static void losses_are_listed_with_their_exact_count(void **state)
{
	char *path = fixture_path();
	struct db_error err;
	struct teller t;
	struct query *q;
	uint64_t sum = 0;

	say_open(&t, path);
	lose(&t, 2);
	say_take(&t, 1);
	lose(&t, 40);
	say_return(&t, 1);
	fixture_close(t.store);
	q = fixture_query(path);
	assert_int_equal(query_losses(q, add_up, &sum, &err), 0);
	assert_int_equal(sum, 42);
	query_close(q);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_given_back_is_no_leak),
		cmocka_unit_test(what_is_left_at_the_close_is_a_leak),
		cmocka_unit_test(the_events_prove_what_the_driver_denies),
		cmocka_unit_test(a_killed_program_is_no_leak),
		cmocka_unit_test(an_open_pool_in_a_complete_recording_is_a_leak),
		cmocka_unit_test(a_gap_leaves_the_verdict_open),
		cmocka_unit_test(loss_of_another_pool_does_not_touch_a_whole_one),
		cmocka_unit_test(loss_of_no_known_pool_touches_one_without_an_end),
		cmocka_unit_test(the_first_drop_is_found),
		cmocka_unit_test(places_agree_with_the_tables),
		cmocka_unit_test(losses_are_listed_with_their_exact_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
