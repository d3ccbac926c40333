/* SPDX-License-Identifier: MIT */
/*
 * What a pool has out at any instant, and the longest leads of any window, against what the events
 * said.
 */
#include <errno.h>

#include "db/held.h"
#include "db/query_held.h"
#include "db/query_lead.h"
#include "tests/db/fixture.h"

#define IDS_MAX	     2048
#define REQUESTS_MAX 20000
#define SECONDS	     12
#define INSTANTS     40

/* What is out, as the events say it. */
struct truth {
	struct store *store;
	int64_t taken_ns[IDS_MAX];					/* 0: home */
	int64_t requested_ns[REQUESTS_MAX], completed_ns[REQUESTS_MAX]; /* 0: not (yet) */
	bool refused[REQUESTS_MAX], has_memory[REQUESTS_MAX];
	uint64_t nr_requests;
	int64_t block_since_ns[256], block_freed_ns[256];
	uint64_t skip_from, skip_to; /* seqs that are lost on the way */
};

static char *recording;
static struct truth all;
static int64_t instants[INSTANTS];
static struct truth *truths[INSTANTS]; /* what was out at each */
static size_t nr_truths;

static void follow(struct truth *t, const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_RX_TAKE:
		for (uint32_t i = 0; i < e->u.rx.nr_buffers - e->u.rx.resources; i++)
			t->taken_ns[e->u.rx.buffers[i]] = e->ts_ns;
		break;
	case POOL_EVENT_RX_RETURN:
		for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
			t->taken_ns[e->u.rx.buffers[i]] = 0;
		break;
	case POOL_EVENT_ALLOC_REQUEST:
		assert_true(e->u.request.request < REQUESTS_MAX);
		t->requested_ns[e->u.request.request] = e->ts_ns;
		t->nr_requests = e->u.request.request;
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		t->completed_ns[e->u.refused.request] = e->ts_ns;
		t->refused[e->u.refused.request] = true;
		break;
	case POOL_EVENT_ALLOC_COMPLETE:
		if (e->u.complete.request)
			t->completed_ns[e->u.complete.request] = e->ts_ns;
		if (e->u.complete.outcome != POOL_OUTCOME_USED)
			break;
		t->block_since_ns[e->u.complete.block] = e->ts_ns;
		t->block_freed_ns[e->u.complete.block] = 0;
		break;
	case POOL_EVENT_BLOCK_FREE:
		t->block_freed_ns[e->u.free.block] = e->ts_ns;
		break;
	default:
		break;
	}
}

static void record(const struct pool_event *e, void *ctx)
{
	struct truth *t = ctx;

	if (e->seq >= t->skip_from && e->seq < t->skip_to)
		return;
	fixture_emit(e, t->store);
	follow(t, e);
}

/* Keeps what was out at the instants that the events go past. */
static void record_instants(const struct pool_event *e, void *ctx)
{
	while (nr_truths < INSTANTS && e->ts_ns > instants[nr_truths]) {
		truths[nr_truths] = malloc(sizeof(all));
		*truths[nr_truths++] = all;
	}
	record(e, ctx);
}

static int earliest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t instant(uint64_t *random)
{
	return T0 + (int64_t)(sim_random(random) % (SECONDS * 1000000000ULL));
}

static int make_recording(void **state)
{
	uint64_t random = 3;

	for (int i = 0; i < INSTANTS; i++)
		instants[i] = instant(&random);
	qsort(instants, INSTANTS, sizeof(*instants), earliest_first);
	recording = fixture_path();
	all.store = fixture_open(recording);
	fixture_life(21, SECONDS, record_instants, &all);
	fixture_close(all.store);
	return nr_truths != INSTANTS;
}

static int remove_recording(void **state)
{
	for (int i = 0; i < INSTANTS; i++)
		free(truths[i]);
	fixture_remove(recording);
	return 0;
}

static void held_buffers_are_those_of_the_events(void **state)
{
	struct query *q = fixture_query(recording);
	struct db_error err;

	assert_true(fixture_int(recording, "SELECT count(*) FROM held") > 5);
	for (int i = 0; i < INSTANTS; i++) {
		int64_t at_ns = instants[i];
		const struct truth *t = truths[i];
		struct held_buffers held;
		size_t nr = 0;

		assert_int_equal(query_held(q, 0, at_ns, &held, &err), 0);
		for (uint32_t id = 0; id < IDS_MAX; id++)
			nr += t->taken_ns[id] != 0;
		assert_int_equal(held.nr, nr);
		assert_int_equal(held.since_ns, 0);
		assert_int_equal(held.lost_ns, 0);
		for (size_t j = 0; j < held.nr; j++) {
			assert_int_equal(held.buffers[j].taken_ns, t->taken_ns[held.buffers[j].id]);
			if (j)
				assert_true(held.buffers[j - 1].taken_ns <=
					    held.buffers[j].taken_ns);
		}
		free(held.buffers);
	}
	query_close(q);
}

static void requests_in_flight_are_those_of_the_events(void **state)
{
	struct query *q = fixture_query(recording);
	int64_t lead_max_ns = fixture_pool(recording).lead.max_ns;
	struct flight flights[64];
	struct db_error err;

	for (int i = 0; i < INSTANTS; i++) {
		int64_t at_ns = instants[i];
		const struct truth *t = truths[i];
		size_t nr, want = 0;
		bool more;

		assert_int_equal(
			query_in_flight(q, 0, at_ns, lead_max_ns, 64, flights, &nr, &more, &err),
			0);
		for (uint64_t r = 1; r <= t->nr_requests; r++)
			want += t->requested_ns[r] && !t->completed_ns[r];
		assert_int_equal(nr, want);
		assert_false(more);
		for (size_t j = 0; j < nr; j++) {
			uint64_t r = flights[j].request;

			assert_true(t->requested_ns[r] && !t->completed_ns[r]);
			assert_int_equal(flights[j].requested_ns, all.requested_ns[r]);
			assert_int_equal(flights[j].completed_ns, all.completed_ns[r]);
		}
	}
	/* Each is found in the middle of its own flight. */
	for (uint64_t r = 1; r < all.nr_requests; r += all.nr_requests / 50) {
		int64_t at_ns =
			all.requested_ns[r] + (all.completed_ns[r] - all.requested_ns[r]) / 2;
		bool more, seen = false;
		size_t nr;

		assert_int_equal(
			query_in_flight(q, 0, at_ns, lead_max_ns, 64, flights, &nr, &more, &err),
			0);
		for (size_t j = 0; j < nr; j++)
			seen |= flights[j].request == r;
		assert_true(seen);
	}
	query_close(q);
}

static void live_blocks_are_those_of_the_events(void **state)
{
	struct query *q = fixture_query(recording);
	struct live_block blocks[64];
	struct db_error err;
	size_t found = 0;

	for (int i = 0; i < INSTANTS; i++) {
		int64_t at_ns = instants[i];
		const struct truth *t = truths[i];
		size_t nr, want = 0;
		bool more;

		assert_int_equal(query_live_blocks(q, 0, at_ns, 64, blocks, &nr, &more, &err), 0);
		for (int b = 0; b < 256; b++)
			want += t->block_since_ns[b] && !t->block_freed_ns[b];
		assert_int_equal(nr, want);
		assert_false(more);
		for (size_t j = 0; j < nr; j++) {
			assert_int_equal(blocks[j].completed_ns,
					 t->block_since_ns[blocks[j].block]);
			assert_int_equal(blocks[j].buffers, blocks[j].block ? 64 : 256);
		}
		found += nr;
	}
	assert_true(found > INSTANTS * 3 / 2);
	query_close(q);
}

static void a_short_list_says_that_there_are_more(void **state)
{
	struct query *q = fixture_query(recording);
	struct live_block blocks[2];
	uint64_t random = 6;
	struct db_error err;
	bool seen = false;
	size_t nr;

	for (int i = 0; i < INSTANTS && !seen; i++)
		assert_int_equal(
			query_live_blocks(q, 0, instant(&random), 1, blocks, &nr, &seen, &err), 0);
	assert_true(seen && nr == 1 && blocks[0].block == 0);
	query_close(q);
}

static int longest_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

static void worst_leads_are_the_longest_of_the_window(void **state)
{
	static int64_t leads[REQUESTS_MAX];
	struct query *q = fixture_query(recording);
	struct lead_case worst[12];
	uint64_t random = 7;
	struct db_error err;
	size_t nr;

	for (int i = 0; i < INSTANTS; i++) {
		int64_t from_ns = instant(&random),
			to_ns = from_ns + 1 + (int64_t)(sim_random(&random) % 2000000000);
		size_t found = 0;

		for (uint64_t r = 1; r <= all.nr_requests; r++)
			if (!all.refused[r] && all.completed_ns[r] >= from_ns &&
			    all.completed_ns[r] < to_ns)
				leads[found++] = all.completed_ns[r] - all.requested_ns[r];
		qsort(leads, found, sizeof(*leads), longest_first);
		assert_int_equal(query_worst_leads(q, 0, from_ns, to_ns, 12, worst, &nr, &err), 0);
		assert_int_equal(nr, found < 12 ? found : 12);
		for (size_t j = 0; j < nr; j++) {
			assert_int_equal(worst[j].lead_ns, leads[j]);
			assert_int_equal(worst[j].completed_ns - worst[j].requested_ns, leads[j]);
			assert_int_equal(worst[j].completed_ns, all.completed_ns[worst[j].request]);
		}
	}
	query_close(q);
}

static void window_figures_count_what_completed_in_it(void **state)
{
	struct query *q = fixture_query(recording);
	struct latency_window window;
	uint64_t random = 8;
	struct db_error err;

	for (int i = 0; i < INSTANTS; i++) {
		int64_t from_ns = instant(&random),
			to_ns = from_ns + 1 + (int64_t)(sim_random(&random) % 3000000000);
		uint64_t count = 0;
		int64_t max_ns = 0;

		assert_int_equal(
			query_latency_window(q, LATENCY_LEAD, 0, from_ns, to_ns, &window, &err), 0);
		assert_true(window.from_ns <= from_ns && from_ns - window.from_ns < 8388608);
		assert_true(window.to_ns >= to_ns && window.to_ns - to_ns < 8388608);
		for (uint64_t r = 1; r <= all.nr_requests; r++) {
			if (all.refused[r] || all.completed_ns[r] < window.from_ns ||
			    all.completed_ns[r] >= window.to_ns)
				continue;
			count++;
			if (all.completed_ns[r] - all.requested_ns[r] > max_ns)
				max_ns = all.completed_ns[r] - all.requested_ns[r];
		}
		assert_int_equal(window.figures.count, count);
		assert_int_equal(window.figures.max_ns, max_ns);
		assert_true(window.figures.p50_ns <= window.figures.p9999_ns);
	}
	query_close(q);
}

static int find(const struct pool_event *e, void *ctx)
{
	struct pool_event *wanted = ctx;

	if (e->kind != POOL_EVENT_ALLOC_REQUEST ||
	    e->u.request.request != wanted->u.request.request)
		return 0;
	*wanted = *e;
	return 1;
}

static void why_tells_what_the_request_event_said(void **state)
{
	struct query *q = fixture_query(recording);
	struct lead_case worst[20];
	struct lead_why why;
	struct db_error err;
	unsigned failures = 0, fallbacks = 0;
	size_t nr;

	assert_int_equal(
		query_worst_leads(q, 0, T0, T0 + SECONDS * 1000 * MS, 20, worst, &nr, &err), 0);
	assert_int_equal(nr, 20);
	for (size_t i = 0; i < nr; i++) {
		struct pool_event e = {.u.request.request = worst[i].request};
		uint32_t before = 0;

		assert_int_equal(query_events(q, 0, find, &e, &err), 1);
		assert_int_equal(query_lead_why(q, 0, &worst[i], &why, &err), 0);
		assert_true(why.known);
		assert_int_equal(why.available, e.available);
		assert_int_equal(why.total, e.u.request.total);
		assert_int_equal(why.others, e.u.request.pending - 1);
		assert_false(why.loss);
		/* Leads overlap: what failed before the request was made is at least what is said.
		 */
		for (uint64_t r = worst[i].request - 1; r && all.refused[r]; r--)
			before++;
		assert_true(why.failures >= before);
		failures += why.failures;
		fallbacks += why.fallback;
	}
	assert_true(failures > 0 && fallbacks > 0);
	query_close(q);
}

/*
 * Another recording, without the events that have the seqs from skip_from until skip_to.
 * Returns: its path, to be given to fixture_remove().
 */
static char *make_another(uint64_t seed, uint64_t skip_from, uint64_t skip_to)
{
	struct truth *t = calloc(1, sizeof(*t));
	char *path = fixture_path();

	assert_non_null(t);
	t->skip_from = skip_from;
	t->skip_to = skip_to;
	t->store = fixture_open(path);
	fixture_life(seed, SECONDS, record, t);
	fixture_close(t->store);
	free(t);
	return path;
}

static void change(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void a_way_without_marks_is_bounded_and_said(void **state)
{
	char *path = make_another(22, 0, 0);
	struct held_buffers held;
	struct db_error err;
	struct query *q;

	change(path, "DELETE FROM held");
	q = fixture_query(path);
	assert_int_equal(query_held(q, 0, T0 + SECONDS * 1000 * MS - 1, &held, &err), 0);
	assert_true(held.since_ns > T0);
	free(held.buffers);
	/* Near the beginning nothing is missing. */
	assert_int_equal(query_held(q, 0, T0 + 100 * MS, &held, &err), 0);
	assert_int_equal(held.since_ns, 0);
	free(held.buffers);
	query_close(q);
	fixture_remove(path);
}

/* Also when marks tell of all takes since. */
static void what_was_held_at_a_late_join_is_not_known(void **state)
{
	char *path = make_another(24, 0, 3000);
	struct held_buffers held;
	struct db_error err;
	struct query *q;

	q = fixture_query(path);
	assert_true(fixture_int(path, "SELECT count(*) FROM held") > 2);
	assert_int_equal(query_held(q, 0, T0 + SECONDS * 1000 * MS - 1, &held, &err), 0);
	assert_true(held.since_ns > T0 && held.since_ns < T0 + 1000 * MS);
	free(held.buffers);
	query_close(q);
	fixture_remove(path);
}

/* A limit on size or age: the events that a mark counts on are gone. */
static void dropped_events_are_said(void **state)
{
	char *path = make_another(23, 0, 0);
	struct held_buffers held;
	struct db_error err;
	struct query *q;

	/* Between the last two marks. */
	change(path, "UPDATE summary SET kept_seq ="
		     " (SELECT (seq + since_seq) / 2 FROM held ORDER BY seq DESC LIMIT 1);"
		     "DELETE FROM ev_rx WHERE id < (SELECT kept_seq FROM summary)");
	q = fixture_query(path);
	assert_int_equal(query_held(q, 0, T0 + SECONDS * 1000 * MS - 1, &held, &err), 0);
	assert_true(held.since_ns > T0);
	for (size_t i = 0; i < held.nr; i++)
		assert_true(held.buffers[i].taken_ns > 0);
	free(held.buffers);
	/* Before what is kept, nothing is known, and that is no error. */
	assert_int_equal(query_held(q, 0, T0 + 1000 * MS, &held, &err), 0);
	assert_int_equal(held.nr, 0);
	assert_true(held.since_ns > T0);
	free(held.buffers);
	query_close(q);
	fixture_remove(path);
}

static void loss_before_an_instant_is_said(void **state)
{
	char *path = make_another(21, 10000, 10050);
	struct held_buffers held;
	struct db_error err;
	struct query *q;

	q = fixture_query(path);
	assert_int_equal(query_held(q, 0, T0 + SECONDS * 1000 * MS - 1, &held, &err), 0);
	assert_int_equal(held.lost_ns, fixture_int(path, "SELECT end_ns FROM loss"));
	free(held.buffers);
	assert_int_equal(query_held(q, 0, T0 + 1 * MS, &held, &err), 0);
	assert_int_equal(held.lost_ns, 0);
	free(held.buffers);
	query_close(q);
	fixture_remove(path);
}

/* Taken at the start and never given back: through all marks, in a few bytes each. */
static void a_leaked_buffer_is_found_however_long_ago(void **state)
{
	struct held held = {0};
	struct hold hold = {0}, back = {0};
	const uint32_t leaked = 77, other = 5;
	struct held_mark mark;
	unsigned marks = 0;

	for (uint64_t seq = 0; seq < 10 * HELD_EVERY; seq++) {
		int64_t ts_ns = 1000 + (int64_t)seq;

		if (seq == 0)
			assert_int_equal(hold_take(&hold, ts_ns, &leaked, 1), 0);
		else if (seq % 2)
			assert_int_equal(hold_take(&hold, ts_ns, &other, 1), 0);
		else
			hold_return(&hold, ts_ns, other);
		if (held_event(&held, seq, ts_ns, &hold, &mark) != 1)
			continue;
		assert_int_equal(mark.seq, ++marks * HELD_EVERY);
		assert_int_equal(mark.since_seq, (marks - 1) * HELD_EVERY);
		/* The first mark has none ahead of it that the buffer could have been taken before.
		 */
		assert_int_equal(mark.nr_bytes != 0, marks > 1);
		assert_true(mark.nr_bytes < 8);
		if (marks > 1) {
			assert_int_equal(held_decode(mark.ids, mark.nr_bytes, mark.ts_ns, &back),
					 0);
			assert_int_equal(back.taken_ns[leaked], 1000);
			assert_int_equal(back.taken_ns[other], 0);
		}
		free(mark.ids);
	}
	assert_int_equal(marks, 10);
	hold_release(&hold);
	hold_release(&back);
}

static void damaged_lists_are_refused(void **state)
{
	static const uint8_t cut[] = {5}, far[] = {0xff, 0xff, 0xff, 0x7f, 1}, old[] = {1, 0x7f};
	struct hold hold = {0};

	assert_int_equal(held_decode(cut, sizeof(cut), 1000, &hold), -EINVAL);
	assert_int_equal(held_decode(far, sizeof(far), 1000, &hold), -EINVAL);
	assert_int_equal(held_decode(old, sizeof(old), 100, &hold), -EINVAL);
	hold_release(&hold);
}

static void ids_lie_in_the_blocks_of_their_numbers(void **state)
{
	const struct pool_marks unknown = {.low = POOL_UNKNOWN, .high = POOL_UNKNOWN};

	assert_int_equal(held_block_of(&fixture_marks, 255), 0);
	assert_int_equal(held_block_of(&fixture_marks, 256), 1);
	assert_int_equal(held_block_of(&fixture_marks, 320), 2);
	assert_int_equal(held_block_of(&unknown, 1), POOL_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_buffers_are_those_of_the_events),
		cmocka_unit_test(requests_in_flight_are_those_of_the_events),
		cmocka_unit_test(live_blocks_are_those_of_the_events),
		cmocka_unit_test(a_short_list_says_that_there_are_more),
		cmocka_unit_test(worst_leads_are_the_longest_of_the_window),
		cmocka_unit_test(window_figures_count_what_completed_in_it),
		cmocka_unit_test(why_tells_what_the_request_event_said),
		cmocka_unit_test(a_way_without_marks_is_bounded_and_said),
		cmocka_unit_test(what_was_held_at_a_late_join_is_not_known),
		cmocka_unit_test(dropped_events_are_said),
		cmocka_unit_test(loss_before_an_instant_is_said),
		cmocka_unit_test(a_leaked_buffer_is_found_however_long_ago),
		cmocka_unit_test(damaged_lists_are_refused),
		cmocka_unit_test(ids_lie_in_the_blocks_of_their_numbers),
	};

	return cmocka_run_group_tests(tests, make_recording, remove_recording);
}
