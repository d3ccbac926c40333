/* SPDX-License-Identifier: MIT */
/* Jumps from moment to moment, against a list of all of them made by reading every event. */
#include "tests/db/fixture.h"

#define EVENTS_MAX 200000

static struct {
	int64_t seq, ts_ns;
	unsigned kinds;
} events[EVENTS_MAX];
static int nr;
static uint32_t available;
static bool works; /* what a pool does while it begins and ends crosses no marks */
static char *path;
static struct query *q;
static struct db_error err;

static unsigned kinds_of(const struct pool_event *e, uint32_t before, uint32_t after)
{
	unsigned kinds = QUERY_MOMENT_EVENT;

	if (e->kind == POOL_EVENT_RX_DROP)
		kinds |= QUERY_MOMENT_DROP;
	if (e->kind == POOL_EVENT_FALLBACK && e->u.fallback.on)
		kinds |= QUERY_MOMENT_FALLBACK;
	if (e->kind == POOL_EVENT_ALLOC_REFUSED ||
	    (e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.outcome == POOL_OUTCOME_NULL))
		kinds |= QUERY_MOMENT_FAILURE;
	if (!works)
		return kinds;
	if (before > fixture_marks.low && after <= fixture_marks.low)
		kinds |= QUERY_MOMENT_LOW;
	if (before < fixture_marks.high && after >= fixture_marks.high)
		kinds |= QUERY_MOMENT_HIGH;
	return kinds;
}

static int note(const struct pool_event *e, void *ctx)
{
	uint32_t before = available;

	if (e->kind != POOL_EVENT_RX_DROP && e->kind != POOL_EVENT_ALLOC_REFUSED &&
	    e->kind != POOL_EVENT_VIOLATION && e->kind != POOL_EVENT_POOL_CLOSE)
		available = e->kind == POOL_EVENT_POOL_OPEN ? 0 : e->available;
	if (e->kind == POOL_EVENT_TICK)
		works = e->u.tick.running;
	assert_true(nr < EVENTS_MAX);
	events[nr].seq = (int64_t)e->seq;
	events[nr].ts_ns = e->ts_ns;
	events[nr++].kinds = kinds_of(e, before, available);
	return 0;
}

static int make(void **state)
{
	struct sim_config config = fixture_config(5);
	struct store *store;
	struct sim sim;

	path = fixture_path();
	store = fixture_open(path);
	config.rate = 130000;
	config.marks.limit = 512;
	sim_open(&sim, &config, fixture_emit, store);
	sim_run(&sim, T0 + 3000 * MS);
	sim_close(&sim);
	fixture_close(store);
	q = fixture_query(path);
	return query_events(q, 0, note, NULL, &err);
}

static int clean(void **state)
{
	query_close(q);
	fixture_remove(path);
	return 0;
}

/* The place in the list that a jump from `from` should reach, or -1. */
static int wanted(unsigned kinds, int from, int by)
{
	for (int i = from + by; i >= 0 && i < nr; i += by)
		if (events[i].kinds & kinds)
			return i;
	return -1;
}

static void expect_jump(unsigned kinds, int from, int by)
{
	struct query_moment_found found;
	int to = wanted(kinds, from, by);

	if (query_moment(q, 0, kinds, events[from].ts_ns, events[from].seq, by, &found, &err))
		fail_msg("%s", err.text);
	if (found.found != (to >= 0) || (to >= 0 && (int64_t)found.event.seq != events[to].seq))
		fail_msg("kinds %u from %lld by %d: %lld, wanted %lld", kinds,
			 (long long)events[from].seq, by,
			 found.found ? (long long)found.event.seq : -1LL,
			 to >= 0 ? (long long)events[to].seq : -1LL);
	if (to >= 0)
		assert_true(events[to].kinds & found.kind & kinds);
}

static void every_moment_is_reached_from_both_sides(void **state)
{
	static const unsigned kinds[] = {QUERY_MOMENT_DROP, QUERY_MOMENT_FALLBACK,
					 QUERY_MOMENT_FAILURE, QUERY_MOMENT_LOW, QUERY_MOMENT_HIGH};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		int jumps = 0;

		for (int i = wanted(kinds[k], 0, 1); i >= 0; i = wanted(kinds[k], i, 1)) {
			expect_jump(kinds[k], i, 1);
			expect_jump(kinds[k], i, -1);
			jumps++;
		}
		if (jumps < 3)
			fail_msg("only %d moments of kind %u", jumps, kinds[k]);
	}
}

static void the_nearest_of_several_kinds_is_found_from_anywhere(void **state)
{
	/* A pool that begins or ends crosses high too; the roll-ups leave that out. */
	const unsigned all =
		QUERY_MOMENT_DROP | QUERY_MOMENT_FALLBACK | QUERY_MOMENT_FAILURE | QUERY_MOMENT_LOW;
	uint64_t random = 3;

	for (int i = 0; i < 150; i++) {
		int from = (int)(sim_random(&random) % (unsigned)nr);

		expect_jump(all, from, 1);
		expect_jump(all, from, -1);
		expect_jump(QUERY_MOMENT_EVENT, from, 1);
		expect_jump(QUERY_MOMENT_EVENT, from, -1);
	}
}

static void an_instant_is_a_place_to_begin_at_as_well(void **state)
{
	struct query_moment_found found;

	assert_int_equal(query_moment(q, 0, QUERY_MOMENT_EVENT, 0, -1, 1, &found, &err), 0);
	assert_true(found.found);
	assert_int_equal(found.event.seq, 0);
	assert_int_equal(found.event.kind, POOL_EVENT_POOL_OPEN);
	assert_int_equal(query_moment(q, 0, QUERY_MOMENT_EVENT, 0, -1, -1, &found, &err), 0);
	assert_false(found.found);
	assert_int_equal(
		query_moment(q, 0, QUERY_MOMENT_EVENT, events[500].ts_ns, -1, -1, &found, &err), 0);
	assert_true(found.found);
	assert_true(found.event.ts_ns < events[500].ts_ns);
	assert_int_equal(query_moment(q, 0, 63, INT64_MAX, -1, 1, &found, &err), 0);
	assert_false(found.found);
	assert_int_equal(query_moment(q, 0, 1, INT64_MAX, -1, -1, &found, &err), 0);
	assert_int_equal(found.event.kind, POOL_EVENT_POOL_CLOSE);
}

static void a_pool_that_is_not_there_has_no_moments(void **state)
{
	static const uint32_t pools[] = {1, 77, 1u << 22, UINT32_MAX};
	struct query_moment_found found;

	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++)
		for (int by = -1; by <= 1; by += 2) {
			assert_int_equal(query_moment(q, pools[i], 63, T0, -1, by, &found, &err),
					 0);
			assert_false(found.found);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_moment_is_reached_from_both_sides),
		cmocka_unit_test(the_nearest_of_several_kinds_is_found_from_anywhere),
		cmocka_unit_test(an_instant_is_a_place_to_begin_at_as_well),
		cmocka_unit_test(a_pool_that_is_not_there_has_no_moments),
	};

	return cmocka_run_group_tests(tests, make, clean);
}
