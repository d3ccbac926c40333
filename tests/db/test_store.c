/* SPDX-License-Identifier: MIT */
/* What ends up in the file, for events that come in order, shuffled, twice, or not at all. */
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "db/queue.h"
#include "tests/db/tape.h"

/* --- order, duplicates, gaps ----------------------------------------------------------------- */

static void out_of_order_events_are_stored_as_if_in_order(void **test_state)
{
	char *straight = fixture_path(), *shuffled = fixture_path();
	struct tape *t = tape_of(1, 2);
	struct pool_summary a, b;
	uint64_t state = 5;

	store_tape(straight, t);
	for (size_t i = 1; i < t->nr; i++) {
		size_t j = i - sim_random(&state) % (i < 20 ? i : 20);
		struct pool_event e = t->events[i];

		t->events[i] = t->events[j];
		t->events[j] = e;
	}
	store_tape(shuffled, t);
	a = fixture_pool(straight);
	b = fixture_pool(shuffled);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(fixture_status(shuffled).events, t->nr);
	assert_int_equal(fixture_status(shuffled).nr_losses, 0);
	assert_true(fixture_status(shuffled).complete);
	assert_int_equal(b.audit_mismatches, 0);
	free(t);
	fixture_remove(straight);
	fixture_remove(shuffled);
}

static void events_told_twice_add_nothing(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(2, 1);
	struct store *store = fixture_open(path);

	for (size_t i = 0; i < t->nr; i++) {
		fixture_emit(&t->events[i], store);
		if (i % 7 == 0)
			fixture_emit(&t->events[i / 2], store);
	}
	for (size_t i = 0; i < t->nr; i++)
		fixture_emit(&t->events[i], store);
	fixture_close(store);
	assert_int_equal(fixture_status(path).events, t->nr);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM event"), t->nr);
	assert_int_equal(
		fixture_int(path, "SELECT sum(events) FROM level WHERE width_ns = 1 << 23"), t->nr);
	assert_int_equal(fixture_status(path).nr_losses, 0);
	assert_int_equal(fixture_pool(path).audit_mismatches, 0);
	free(t);
	fixture_remove(path);
}

static void gap_becomes_a_loss_row_with_exact_count_and_interval(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(3, 1);
	struct store *store = fixture_open(path);

	for (size_t i = 0; i < t->nr; i++)
		if (i < 500 || i >= 540)
			fixture_emit(&t->events[i], store);
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 1);
	assert_int_equal(fixture_int(path, "SELECT events FROM loss WHERE source = 'seq'"), 40);
	assert_int_equal(fixture_int(path, "SELECT first_seq FROM loss"), 500);
	assert_int_equal(fixture_int(path, "SELECT start_ns FROM loss"), t->events[499].ts_ns);
	assert_int_equal(fixture_int(path, "SELECT end_ns FROM loss"), t->events[540].ts_ns);
	assert_int_equal(fixture_pool(path).lost, 40);
	assert_false(fixture_status(path).complete);
	/* The audit goes on from the next tick and has nothing to complain about. */
	assert_true(fixture_pool(path).audit_ticks > 3);
	assert_int_equal(fixture_pool(path).audit_mismatches, 0);
	free(t);
	fixture_remove(path);
}

static void told_and_seen_losses_are_not_counted_twice(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(4, 1);
	struct store *store = fixture_open(path);

	for (size_t i = 0; i < t->nr; i++)
		if (i < 500 || i >= 540)
			fixture_emit(&t->events[i], store);
	assert_int_equal(store_loss(store, 0, -1, T0, T0 + MS, 40, "lttng"), 0);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(store_loss(store, 0, -1, T0 + MS, T0 + 2 * MS, 3, "lttng"), 0);
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 3);
	assert_int_equal(fixture_int(path, "SELECT sum(events) FROM loss"), 83);
	assert_int_equal(fixture_status(path).lost, 43); /* three more than seq explains */
	free(t);
	fixture_remove(path);
}

static void late_join_takes_the_first_tick_as_its_base(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(5, 2);
	struct store *store = fixture_open(path);
	struct pool_summary whole, late;
	char *all = fixture_path();
	size_t first = t->nr / 2;

	while (t->events[first].kind != POOL_EVENT_TICK)
		first++;
	for (size_t i = first; i < t->nr; i++)
		fixture_emit(&t->events[i], store);
	fixture_close(store);
	store_tape(all, t);
	whole = fixture_pool(all);
	late = fixture_pool(path);
	assert_int_equal(fixture_status(path).nr_losses, 0);
	assert_memory_equal(&late.totals, &whole.totals, sizeof(late.totals));
	assert_int_equal(late.live_blocks, 0);
	assert_int_equal(late.opened_ns, 0);
	assert_int_equal(late.audit_mismatches, 0);
	assert_true(late.audit_ticks > 3);
	assert_memory_equal(&late.marks, &fixture_marks, sizeof(late.marks));
	free(t);
	fixture_remove(path);
	fixture_remove(all);
}

struct observed {
	uint64_t nr, not_contiguous, last_not_contiguous;
};

static void observe(const struct pool_event *e, bool contiguous, void *ctx)
{
	struct observed *o = ctx;

	o->nr++;
	if (contiguous)
		return;
	o->not_contiguous++;
	o->last_not_contiguous = e->seq;
}

static struct observed observe_without(const struct tape *t, size_t from, size_t to)
{
	struct observed o = {0};
	struct store_options options = {
		.trace = "test", .may_replace = true, .observe = observe, .ctx = &o};
	char *path = fixture_path();
	struct store *store;
	struct db_error err;

	assert_int_equal(store_open(path, &options, &store, &err), 0);
	for (size_t i = 0; i < t->nr; i++)
		if (i < from || i >= to)
			fixture_emit(&t->events[i], store);
	fixture_close(store);
	fixture_remove(path);
	return o;
}

static void observer_is_told_where_events_are_missing(void **state)
{
	struct tape *t = tape_of(14, 1);
	struct observed whole = observe_without(t, 0, 0), gap = observe_without(t, 500, 540),
			late = observe_without(t, 0, 200);

	assert_int_equal(whole.nr, t->nr);
	assert_int_equal(whole.not_contiguous, 0);
	assert_int_equal(gap.nr, t->nr - 40);
	assert_int_equal(gap.not_contiguous, 1);
	assert_int_equal(gap.last_not_contiguous, 540);
	assert_int_equal(late.not_contiguous, 1);
	assert_int_equal(late.last_not_contiguous, 200);
	free(t);
}

static void emit_rx(struct store *store, enum pool_event_kind kind, uint64_t seq, uint32_t id)
{
	struct pool_event e = {.ts_ns = T0 + (int64_t)seq * MS,
			       .seq = seq,
			       .kind = kind,
			       .u.rx = {.buffers = &id, .nr_buffers = 1}};

	fixture_emit(&e, store);
}

/* In the gap, buffer 5 may have come back and gone out again. */
static void hold_time_that_spans_a_loss_is_not_counted(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	emit_rx(store, POOL_EVENT_RX_TAKE, 0, 5);
	emit_rx(store, POOL_EVENT_RX_TAKE, 1, 6);
	emit_rx(store, POOL_EVENT_RX_RETURN, 2, 6);
	emit_rx(store, POOL_EVENT_RX_TAKE, 9, 7);
	emit_rx(store, POOL_EVENT_RX_RETURN, 10, 5);
	emit_rx(store, POOL_EVENT_RX_RETURN, 12, 7); /* and this gap forgets 7 */
	fixture_close(store);
	assert_int_equal(fixture_status(path).lost, 7);
	assert_int_equal(fixture_pool(path).hold.count, 1);
	assert_int_equal(fixture_pool(path).hold.max_ns, MS);
	assert_int_equal(fixture_int(path, "SELECT hold_unknown FROM summary"), 2);
	fixture_remove(path);
}

/* Memory that came too late has no block number of its own, and may bear a live block's. */
static void free_goes_to_the_memory_its_reason_fits(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	const struct pool_event events[] = {
		{.kind = POOL_EVENT_ALLOC_COMPLETE,
		 .u.complete = {.block = 3, .buffers = 8, .request = 1}},
		{.kind = POOL_EVENT_ALLOC_COMPLETE,
		 .u.complete = {.block = 3, .outcome = POOL_OUTCOME_LATE, .request = 2}},
		{.kind = POOL_EVENT_BLOCK_FREE,
		 .u.free = {.block = 3, .buffers = 8, .reason = POOL_FREE_HALT}},
		{.kind = POOL_EVENT_BLOCK_FREE, .u.free = {.block = 3, .reason = POOL_FREE_LATE}},
	};

	for (size_t i = 0; i < 4; i++) {
		struct pool_event e = events[i];

		e.ts_ns = T0 + (int64_t)i;
		e.seq = i;
		fixture_emit(&e, store);
	}
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM allocation"), 2);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM allocation WHERE request = 1 AND"
					   " outcome = 'used' AND reason = 'halt'"),
			 1);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM allocation WHERE request = 2 AND"
					   " outcome = 'late' AND reason = 'late'"),
			 1);
	fixture_remove(path);
}

/* Events wait for a lost one until the end; among them is the one that closes the pool. */
static void after_a_drain_the_progress_is_final(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(12, 1);
	struct store *store = fixture_open(path);
	struct store_progress p;

	for (size_t i = 0; i < t->nr; i++)
		if (i != t->nr - 3)
			fixture_emit(&t->events[i], store);
	assert_int_equal(store_flush(store), 0);
	store_progress(store, &p);
	assert_int_equal(p.open_pools, 1);
	assert_int_equal(p.lost, 0);
	assert_int_equal(store_drain(store), 0);
	store_progress(store, &p);
	assert_int_equal(p.open_pools, 0);
	assert_int_equal(p.lost, 1);
	assert_int_equal(p.events, t->nr - 1);
	assert_int_equal(p.last_event_ns, t->events[t->nr - 1].ts_ns);
	assert_int_equal(fixture_status(path).events, t->nr - 1); /* readers see it, too */
	assert_string_equal(fixture_status(path).ended, "recording");
	assert_int_equal(store_append(store, &t->events[0]), -EIO);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(store_drain(store), 0);
	fixture_close(store);
	assert_int_equal(fixture_status(path).events, t->nr - 1);
	assert_int_equal(fixture_status(path).lost, 1);
	assert_string_equal(fixture_status(path).ended, "complete");
	free(t);
	fixture_remove(path);
}

/* --- when ------------------------------------------------------------------------------------ */

static void came_back(struct queue_batch *batch)
{
	sem_post(batch->ctx);
}

/* Whoever waits for its batches need not wait for the writer's time, which is a day here. */
static void batches_come_back_at_once_when_asked_for(void **state)
{
	const struct store_options options = {.trace = "test", .batch_ms = 24 * 60 * 60 * 1000};
	struct queue_batch batch = {.done = came_back};
	char *path = fixture_path();
	struct timespec late;
	struct store *store;
	struct db_error err;
	sem_t back;

	sem_init(&back, 0, 0);
	batch.ctx = &back;
	assert_int_equal(store_open(path, &options, &store, &err), 0);
	assert_int_equal(store_append_batch(store, &batch), 0);
	store_hurry(store);
	clock_gettime(CLOCK_REALTIME, &late);
	late.tv_sec += 120;
	assert_int_equal(sem_timedwait(&back, &late), 0);
	fixture_close(store);
	sem_destroy(&back);
	fixture_remove(path);
}

/* --- nonsense -------------------------------------------------------------------------------- */

static void event_that_cannot_be_stored_is_a_loss_and_the_recording_goes_on(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(13, 1);
	struct store *store = fixture_open(path);
	struct store_progress p;
	struct pool_event e;

	/* Of a pool that nobody knows: nothing else is in the record yet. */
	e = (struct pool_event){.ts_ns = T0, .pool = 7, .seq = UINT64_MAX, .kind = POOL_EVENT_TICK};
	fixture_emit(&e, store);
	assert_int_equal(store_flush(store), 0);
	for (size_t i = 0; i < t->nr / 2; i++)
		fixture_emit(&t->events[i], store);
	assert_int_equal(store_flush(store), 0);
	e = (struct pool_event){.ts_ns = T0 + MS, .kind = (enum pool_event_kind)77};
	fixture_emit(&e, store);
	e = (struct pool_event){.ts_ns = -5, .kind = POOL_EVENT_TICK};
	fixture_emit(&e, store);
	e = (struct pool_event){.ts_ns = INT64_MAX, .kind = POOL_EVENT_TICK};
	fixture_emit(&e, store);
	e = (struct pool_event){
		.ts_ns = T0 + MS, .kind = POOL_EVENT_RX_TAKE, .u.rx = {.nr_buffers = UINT32_MAX}};
	fixture_emit(&e, store);
	for (size_t i = t->nr / 2; i < t->nr; i++)
		fixture_emit(&t->events[i], store);
	assert_int_equal(store_drain(store), 0);
	store_progress(store, &p);
	assert_int_equal(p.lost, 5);
	fixture_close(store);
	assert_int_equal(fixture_status(path).events, t->nr);
	assert_int_equal(fixture_status(path).lost, 5);
	assert_false(fixture_status(path).complete);
	assert_int_equal(fixture_pool(path).lost, 4);
	assert_int_equal(fixture_int(path, "SELECT sum(events) FROM loss WHERE source = 'bad'"), 5);
	assert_int_equal(fixture_int(path, "SELECT events FROM loss WHERE pool IS NULL"), 1);
	assert_int_equal(fixture_int(path, "SELECT min(start_ns) FROM loss WHERE pool = 0"),
			 T0 + MS);
	assert_int_equal(fixture_int(path, "SELECT max(end_ns) FROM loss WHERE pool = 0"),
			 t->events[t->nr / 2 - 1].ts_ns);
	free(t);
	fixture_remove(path);
}

static void absurd_values_are_stored_as_they_are(void **state)
{
	static const uint32_t ids[] = {UINT32_MAX, 5, UINT32_MAX};
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	const struct pool_event events[] = {
		{.ts_ns = T0,
		 .kind = POOL_EVENT_POOL_OPEN,
		 .u.open = {.name = "\xff\n", .buffer_bytes = UINT32_MAX}},
		{.kind = POOL_EVENT_RX_RETURN, .u.rx = {.buffers = ids, .nr_buffers = 3}},
		{.kind = POOL_EVENT_RX_TAKE,
		 .available = UINT32_MAX,
		 .u.rx = {.buffers = ids, .nr_buffers = 1, .resources = UINT16_MAX}},
		{.kind = POOL_EVENT_RX_TAKE, .u.rx = {.resources = 1}},
		{.kind = POOL_EVENT_BLOCK_FREE,
		 .u.free = {.block = 99, .buffers = 7, .reason = 200}},
		{.kind = POOL_EVENT_ALLOC_COMPLETE, .u.complete = {.request = 5, .outcome = 200}},
		{.kind = POOL_EVENT_ALLOC_REFUSED, .u.refused = {.request = UINT64_MAX}},
		{.kind = POOL_EVENT_RX_DROP, .u.drop = {.count = UINT32_MAX, .cause = 200}},
		{.kind = POOL_EVENT_TICK,
		 .available = UINT32_MAX,
		 .u.tick = {.total = 1, .totals = {.returned = UINT64_MAX}}},
		{.kind = POOL_EVENT_POOL_CLOSE, .u.close = {.live_buffers = UINT32_MAX}},
	};
	size_t nr = sizeof(events) / sizeof(events[0]);

	for (size_t i = 0; i < nr; i++) {
		struct pool_event e = events[i];

		e.ts_ns = T0 + (int64_t)i;
		e.seq = i;
		fixture_emit(&e, store);
	}
	fixture_close(store);
	assert_int_equal(fixture_status(path).events, nr);
	assert_int_equal(fixture_status(path).nr_losses, 0);
	assert_int_equal(fixture_int(path, "SELECT resources FROM event WHERE seq = 2"), 65535);
	assert_int_equal(fixture_pool(path).held, 0);
	assert_int_equal(fixture_pool(path).totals.resources, 1);
	assert_int_equal(fixture_pool(path).totals.returned, 3);
	fixture_remove(path);
}

static void pools_are_not_limited_to_a_few_hundred(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	for (uint32_t pool = 0; pool < 600; pool++) {
		struct pool_event e = {.ts_ns = T0 + pool,
				       .pool = pool % 2 ? pool : UINT32_MAX - pool,
				       .kind = POOL_EVENT_POOL_OPEN,
				       .u.open = {.name = "one of many"}};

		fixture_emit(&e, store);
		e.kind = POOL_EVENT_POOL_CLOSE;
		e.seq = 1;
		memset(&e.u, 0, sizeof(e.u));
		fixture_emit(&e, store);
	}
	fixture_close(store);
	assert_int_equal(fixture_status(path).events, 1200);
	assert_true(fixture_status(path).complete);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM pool WHERE closed_ns > 0"), 600);
	assert_int_equal(fixture_int(path, "SELECT count(DISTINCT pool) FROM event"), 600);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_order_events_are_stored_as_if_in_order),
		cmocka_unit_test(events_told_twice_add_nothing),
		cmocka_unit_test(gap_becomes_a_loss_row_with_exact_count_and_interval),
		cmocka_unit_test(told_and_seen_losses_are_not_counted_twice),
		cmocka_unit_test(late_join_takes_the_first_tick_as_its_base),
		cmocka_unit_test(observer_is_told_where_events_are_missing),
		cmocka_unit_test(hold_time_that_spans_a_loss_is_not_counted),
		cmocka_unit_test(free_goes_to_the_memory_its_reason_fits),
		cmocka_unit_test(after_a_drain_the_progress_is_final),
		cmocka_unit_test(event_that_cannot_be_stored_is_a_loss_and_the_recording_goes_on),
		cmocka_unit_test(absurd_values_are_stored_as_they_are),
		cmocka_unit_test(batches_come_back_at_once_when_asked_for),
		cmocka_unit_test(pools_are_not_limited_to_a_few_hundred),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
