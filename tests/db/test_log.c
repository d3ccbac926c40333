/* SPDX-License-Identifier: MIT */
/* The log by pages against a walk over all events, forwards, backwards and filtered. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/query_log.h"
#include "db/store.h"
#include "tests/db/sim.h"

#define START_NS  INT64_C(1700000000000000000)
#define NR_POOLS  3
#define PAGE	  37
#define EVENT_MAX 200000

static char path[] = "/tmp/poolscope-log-XXXXXX";
static struct query *q;
static struct db_error err;
static struct log_place *all; /* every event, in order */
static struct pool_event *events;
static size_t nr_all;
static const struct log_filter everything = {.kinds = LOG_ALL_KINDS, .pool = -1};

/* More than can be looked at one by one before the test is given up. */
#define FAR (UINT64_C(1) << 38)

/*
 * Pool 1 loses some on its way, pool 2 more than anybody could look at, and the tracer says that it
 * lost others.
 */
static void store_event(const struct pool_event *e, void *ctx)
{
	struct pool_event moved = *e;

	if (e->pool == 1 && e->seq >= 300 && e->seq < 310)
		return;
	if (e->pool == 2 && e->seq >= 500)
		moved.seq += FAR;
	assert_int_equal(store_append(ctx, &moved), 0);
}

static int make(void **state)
{
	static const char *const names[NR_POOLS] = {"a", "b", "c"};
	const struct store_options options = {.trace = "fixed"};
	struct store *store;
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
	if (store_open(path, &options, &store, &err))
		return -1;
	for (uint32_t i = 0; i < NR_POOLS; i++) {
		struct sim_config config = {.pool = i,
					    .name = names[i],
					    .marks = {128, 64, 48, 160, 512, 8, 2, 5},
					    .seed = 7 + i,
					    .start_ns = START_NS,
					    .rate = 60000.0 / (i + 1),
					    .hold_ns = 4e6,
					    .lead_ns = 3e6,
					    .refuse = 0.05,
					    .fail = 0.1};
		struct sim sim;

		sim_open(&sim, &config, store_event, store);
		sim_run(&sim, START_NS + 1000000000);
		sim_close(&sim);
	}
	store_loss(store, 0, -1, START_NS + 500000000, START_NS + 500000100, 7, "lttng");
	if (store_close(store, STORE_END_COMPLETE, NULL, &err))
		return -1;
	return query_open(path, &q, &err);
}

static int keep(const struct pool_event *e, void *ctx)
{
	if (nr_all == EVENT_MAX)
		return 1;
	events[nr_all] = *e;
	all[nr_all++] = (struct log_place){e->ts_ns, e->pool, (int64_t)e->seq};
	return 0;
}

static int in_order(const void *a, const void *b)
{
	const struct log_place *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	if (x->pool != y->pool)
		return x->pool < y->pool ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int load(void **state)
{
	if (make(state))
		return -1;
	all = calloc(EVENT_MAX, sizeof(*all));
	events = calloc(EVENT_MAX, sizeof(*events));
	if (query_events(q, -1, keep, NULL, &err))
		return -1;
	qsort(all, nr_all, sizeof(*all), in_order);
	return nr_all > 1000 ? 0 : -1;
}

static int unload(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char name[64];

	query_close(q);
	free(all);
	free(events);
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	return 0;
}

static bool next_page(const struct log_filter *filter, struct log_place *from, int by,
		      struct log_row *rows, size_t want, size_t *nr, int64_t budget_ns)
{
	enum log_end end;

	if (query_log(q, filter, from, by, rows, want, nr, &end, budget_ns, &err))
		fail_msg("%s", err.text);
	if (end == LOG_FULL)
		assert_int_equal(*nr, want);
	return end != LOG_OVER;
}

static void expect_place(const struct log_place *is, const struct log_place *wanted)
{
	assert_int_equal(is->ts_ns, wanted->ts_ns);
	assert_int_equal(is->pool, wanted->pool);
	assert_int_equal(is->seq, wanted->seq);
}

static void pages_forwards_are_all_events_in_order(void **state)
{
	struct log_place from = {INT64_MIN, -1, 0};
	struct log_row rows[PAGE];
	size_t seen = 0, losses = 0, nr;
	bool more = true;

	while (more) {
		more = next_page(&everything, &from, 1, rows, PAGE, &nr, 0);
		for (size_t i = 0; i < nr; i++) {
			if (rows[i].is_loss) {
				losses++;
				continue;
			}
			assert_in_range(seen, 0, nr_all - 1);
			expect_place(&rows[i].place, &all[seen++]);
			assert_int_equal(rows[i].event.pool, rows[i].place.pool);
			assert_int_equal(rows[i].event.seq, rows[i].place.seq);
		}
	}
	assert_int_equal(seen, nr_all);
	assert_int_equal(losses, 3);
}

static void pages_backwards_are_the_same(void **state)
{
	struct log_place from = {INT64_MAX, -1, 0};
	struct log_row rows[PAGE];
	size_t left = nr_all, losses = 0, nr;
	bool more = true;

	while (more) {
		more = next_page(&everything, &from, -1, rows, PAGE, &nr, 0);
		for (size_t i = 0; i < nr; i++) {
			if (rows[i].is_loss) {
				losses++;
				continue;
			}
			assert_in_range(left, 1, nr_all);
			expect_place(&rows[i].place, &all[--left]);
		}
	}
	assert_int_equal(left, 0);
	assert_int_equal(losses, 3);
}

static void any_place_is_found(void **state)
{
	struct log_row row;
	size_t nr;

	for (size_t i = 1; i < nr_all; i += 97) {
		struct log_filter no_losses = everything;
		struct log_place from = all[i];

		no_losses.no_losses = true;
		next_page(&no_losses, &from, 1, &row, 1, &nr, 0);
		assert_int_equal(nr, 1);
		expect_place(&row.place, &all[i]);
		from = all[i];
		next_page(&no_losses, &from, -1, &row, 1, &nr, 0);
		assert_int_equal(nr, 1);
		expect_place(&row.place, &all[i - 1]);
	}
}

static void a_gap_stands_where_its_events_would(void **state)
{
	struct log_filter filter = everything;
	struct log_place from;
	struct log_row rows[3];
	size_t nr;

	filter.pool = 1;
	for (size_t i = 0; i < nr_all; i++)
		if (all[i].pool == 1 && all[i].seq == 299)
			from = all[i];
	next_page(&filter, &from, 1, rows, 3, &nr, 0);
	assert_int_equal(nr, 3);
	assert_int_equal(rows[0].place.seq, 299);
	assert_true(rows[1].is_loss);
	assert_int_equal(rows[1].place.seq, 300);
	assert_int_equal(rows[1].loss.events, 10);
	assert_string_equal(rows[1].loss.source, "seq");
	assert_int_equal(rows[2].place.seq, 310);
}

static void what_the_tracer_lost_stands_at_its_time(void **state)
{
	struct log_place from = {START_NS + 500000000, -1, 0};
	struct log_row row;
	size_t nr;

	next_page(&everything, &from, 1, &row, 1, &nr, 0);
	assert_true(row.is_loss);
	assert_int_equal(row.loss.pool, -1);
	assert_int_equal(row.loss.events, 7);
	from = (struct log_place){START_NS + 500000000, -1, 1000};
	next_page(&everything, &from, -1, &row, 1, &nr, 0);
	assert_true(row.is_loss);
}

/* What the filter lets through, counted by hand. */
static size_t count(bool (*passes)(const struct pool_event *))
{
	size_t n = 0;

	for (size_t i = 0; i < nr_all; i++)
		n += passes(&events[i]);
	return n;
}

static size_t count_pages(const struct log_filter *filter, int by, int64_t budget_ns)
{
	struct log_place from = {by > 0 ? INT64_MIN : INT64_MAX, -1, 0};
	struct log_row rows[PAGE];
	size_t n = 0, nr;
	bool more = true;

	while (more) {
		more = next_page(filter, &from, by, rows, PAGE, &nr, budget_ns);
		for (size_t i = 0; i < nr; i++)
			n += !rows[i].is_loss;
	}
	return n;
}

static void expect_count(const struct log_filter *filter, size_t n)
{
	assert_true(n > 0);
	assert_int_equal(count_pages(filter, 1, 0), n);
	assert_int_equal(count_pages(filter, -1, 0), n);
	/* The least budget: one piece at a time. */
	assert_int_equal(count_pages(filter, 1, 1), n);
	assert_int_equal(count_pages(filter, -1, 1), n);
}

static bool is_null(const struct pool_event *e)
{
	return e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.outcome == POOL_OUTCOME_NULL;
}

static bool is_return(const struct pool_event *e)
{
	return e->kind == POOL_EVENT_RX_RETURN;
}

static bool is_low(const struct pool_event *e)
{
	return (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN) &&
	       e->available <= 20;
}

static bool is_request_5(const struct pool_event *e)
{
	return (e->kind == POOL_EVENT_ALLOC_REQUEST && e->u.request.request == 5) ||
	       (e->kind == POOL_EVENT_ALLOC_REFUSED && e->u.refused.request == 5) ||
	       (e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.request == 5);
}

static bool matches(const struct pool_event *e, void *ctx)
{
	return is_null(e) || is_low(e);
}

static bool is_either(const struct pool_event *e)
{
	return matches(e, NULL);
}

static void filters_let_through_what_they_say(void **state)
{
	struct log_filter f = everything;

	f.tests[0] = (struct log_test){LOG_OUTCOME, LOG_EQUAL, POOL_OUTCOME_NULL};
	f.nr_tests = 1;
	expect_count(&f, count(is_null));
	f.tests[0] = (struct log_test){LOG_REQUEST, LOG_EQUAL, 5};
	expect_count(&f, count(is_request_5));
	f.kinds = 1u << POOL_EVENT_RX_TAKE | 1u << POOL_EVENT_RX_RETURN;
	f.tests[0] = (struct log_test){LOG_AVAILABLE, LOG_AT_MOST, 20};
	expect_count(&f, count(is_low));
	f.kinds = 1u << POOL_EVENT_RX_RETURN;
	f.nr_tests = 0;
	expect_count(&f, count(is_return));
}

static void events_can_be_looked_at_one_by_one(void **state)
{
	struct log_filter f = everything;

	f.match = matches;
	f.no_losses = true;
	expect_count(&f, count(is_either));
}

static bool is_low_with_many(const struct pool_event *e)
{
	return is_low(e) && e->u.rx.nr_buffers > 3;
}

static bool has_many(const struct pool_event *e, void *ctx)
{
	return e->u.rx.nr_buffers > 3;
}

/* Both must let an event through. */
static void tests_hold_for_what_is_looked_at_one_by_one(void **state)
{
	struct log_filter f = everything;

	f.match = has_many;
	f.no_losses = true;
	f.kinds = 1u << POOL_EVENT_RX_TAKE | 1u << POOL_EVENT_RX_RETURN;
	f.tests[0] = (struct log_test){LOG_AVAILABLE, LOG_AT_MOST, 20};
	f.nr_tests = 1;
	assert_true(count(is_low_with_many) < count(is_low));
	expect_count(&f, count(is_low_with_many));
}

static void leads_are_those_of_the_requests(void **state)
{
	struct log_filter f = everything;
	struct log_place from = {INT64_MIN, -1, 0};
	struct log_row row;
	size_t nr;

	f.tests[0] = (struct log_test){LOG_LEAD, LOG_MORE, 3000000};
	f.nr_tests = 1;
	assert_int_equal(log_filter_kinds(&f), 1u << POOL_EVENT_ALLOC_COMPLETE);
	f.no_losses = true;
	next_page(&f, &from, 1, &row, 1, &nr, 0);
	assert_int_equal(nr, 1);
	assert_true(row.lead_ns > 3000000);
	for (size_t i = 0; i < nr_all; i++)
		if (events[i].kind == POOL_EVENT_ALLOC_REQUEST &&
		    events[i].pool == row.event.pool &&
		    events[i].u.request.request == row.event.u.complete.request)
			assert_int_equal(row.event.ts_ns - events[i].ts_ns, row.lead_ns);
}

/* --- a file that grows ------------------------------------------------------------------------ */

static void say_drop(struct store *store, uint32_t pool, uint64_t seq)
{
	struct pool_event e = {.ts_ns = START_NS + (int64_t)seq * 1000 + pool,
			       .pool = pool,
			       .seq = seq,
			       .kind = POOL_EVENT_RX_DROP};

	e.u.drop.count = 1;
	assert_int_equal(store_append(store, &e), 0);
}

/* The rows of pool 1 that are at a place, without losses. */
static size_t nr_of_pool_1(struct query *grows, int64_t ts_ns)
{
	struct log_place from = {ts_ns, 0, 0};
	struct log_row rows[PAGE];
	enum log_end end;
	size_t nr, found = 0;

	if (query_log(grows, &everything, &from, 1, rows, PAGE, &nr, &end, 0, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < nr; i++)
		found += !rows[i].is_loss && rows[i].place.pool == 1;
	return found;
}

/* What was found of a pool holds only as long as the file is the same. */
static void events_that_came_later_are_on_the_page(void **state)
{
	const struct store_options options = {.trace = "fixed", .append = true};
	char name[] = "/tmp/poolscope-log-grows-XXXXXX";
	struct query *grows;
	struct store *store;

	close(mkstemp(name));
	unlink(name);
	assert_int_equal(store_open(name, &options, &store, &err), 0);
	for (uint64_t seq = 0; seq < 30; seq++)
		if (seq < 10 || seq >= 20)
			say_drop(store, 1, seq);
	say_drop(store, 0, 0);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	assert_int_equal(store_open(name, &options, &store, &err), 0);
	assert_int_equal(query_open(name, &grows, &err), 0);
	assert_int_equal(nr_of_pool_1(grows, START_NS + 15000), 10);
	assert_int_equal(nr_of_pool_1(grows, START_NS + 15000), 10);
	for (uint64_t seq = 10; seq < 20; seq++)
		say_drop(store, 1, seq);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(nr_of_pool_1(grows, START_NS + 15000), 15);
	say_drop(store, 1, 30);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(nr_of_pool_1(grows, START_NS + 29001), 2);
	query_close(grows);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	unlink(name);
}

/* Times say where to look first, and not what is found: nothing here is spread evenly. */
static void uneven_times_are_found(void **state)
{
	const struct store_options options = {.trace = "fixed"};
	char name[] = "/tmp/poolscope-log-uneven-XXXXXX";
	struct query *uneven;
	struct store *store;

	close(mkstemp(name));
	unlink(name);
	assert_int_equal(store_open(name, &options, &store, &err), 0);
	for (uint64_t seq = 0; seq < 40; seq++) {
		struct pool_event e = {.ts_ns = START_NS + (INT64_C(1) << seq),
				       .pool = 1,
				       .seq = seq,
				       .available = 1,
				       .kind = POOL_EVENT_RX_RETURN};
		uint32_t id = 0;

		e.u.rx.buffers = &id;
		e.u.rx.nr_buffers = 1;
		assert_int_equal(store_append(store, &e), 0);
	}
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	assert_int_equal(query_open(name, &uneven, &err), 0);
	for (int seq = 0; seq < 40; seq++) {
		assert_int_equal(nr_of_pool_1(uneven, START_NS + (INT64_C(1) << seq)),
				 40 - seq < PAGE ? 40 - seq : PAGE);
		assert_int_equal(nr_of_pool_1(uneven, START_NS + (INT64_C(1) << seq) + 1),
				 39 - seq < PAGE ? 39 - seq : PAGE);
	}
	query_close(uneven);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_forwards_are_all_events_in_order),
		cmocka_unit_test(pages_backwards_are_the_same),
		cmocka_unit_test(any_place_is_found),
		cmocka_unit_test(a_gap_stands_where_its_events_would),
		cmocka_unit_test(what_the_tracer_lost_stands_at_its_time),
		cmocka_unit_test(filters_let_through_what_they_say),
		cmocka_unit_test(events_can_be_looked_at_one_by_one),
		cmocka_unit_test(tests_hold_for_what_is_looked_at_one_by_one),
		cmocka_unit_test(leads_are_those_of_the_requests),
		cmocka_unit_test(events_that_came_later_are_on_the_page),
		cmocka_unit_test(uneven_times_are_found),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
