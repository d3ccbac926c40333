/* SPDX-License-Identifier: MIT */
/* What is stored can be read back, agrees with the counters, and overwrites nothing. */
#include <errno.h>
#include <sys/stat.h>

#include "tests/db/tape.h"

/* --- rows ------------------------------------------------------------------------------------ */

static void every_field_of_every_event_can_be_read_back(void **state)
{
	static const uint32_t ids[] = {17, 70000, 18};
	char *path = fixture_path(), text[64];
	struct store *store = fixture_open(path);
	struct pool_event take = {.ts_ns = T0 + 5,
				  .seq = 1,
				  .kind = POOL_EVENT_RX_TAKE,
				  .available = 9,
				  .u.rx = {.buffers = ids, .nr_buffers = 3, .resources = 2}};
	struct pool_event whole = {
		.ts_ns = T0 + 8,
		.seq = 4,
		.kind = POOL_EVENT_RX_TAKE,
		.u.rx = {.buffers = ids, .nr_buffers = 3, .frames = 1, .resources = 3}};
	struct pool_event open = {.ts_ns = T0,
				  .kind = POOL_EVENT_POOL_OPEN,
				  .u.open = {"it's", 5, 1500, {1, 2, 3, 4, 5, 6, 7, 8}}};
	struct pool_event drop = {.ts_ns = T0 + 6,
				  .seq = 2,
				  .kind = POOL_EVENT_RX_DROP,
				  .u.drop = {12, POOL_DROP_FIFO}};
	struct pool_event free_ = {
		.ts_ns = T0 + 7,
		.seq = 3,
		.kind = POOL_EVENT_BLOCK_FREE,
		.available = 4,
		.u.free = {0xffff800000001000, 0x1000, 3, 4096, 2, POOL_FREE_LATE}};

	fixture_emit(&open, store);
	fixture_emit(&take, store);
	fixture_emit(&drop, store);
	fixture_emit(&free_, store);
	fixture_emit(&whole, store);
	fixture_close(store);
	fixture_text(path, "SELECT buffers FROM event WHERE seq = 1", text, sizeof(text));
	assert_string_equal(text, "[17,70000,18]");
	fixture_text(path,
		     "SELECT frames || ' ' || resources || ' ' || buffers FROM event WHERE seq = 4",
		     text, sizeof(text));
	assert_string_equal(text, "1 3 [17,70000,18]");
	fixture_text(
		path,
		"SELECT ts_ns || ' ' || pool || ' ' || seq || ' ' || available || ' ' || resources"
		" || ' ' || frames FROM event WHERE seq = 1",
		text, sizeof(text));
	assert_string_equal(text, "1767225600000000005 0 1 9 2 3");
	fixture_text(
		path,
		"SELECT name || ' ' || generation || ' ' || buffer_bytes || ' ' || base || ' ' ||"
		" block_buffers || ' ' || low || ' ' || high || ' ' || limit_buffers || ' ' ||"
		" reserve || ' ' || max_pending || ' ' || shrink_ticks FROM event WHERE seq = 0",
		text, sizeof(text));
	assert_string_equal(text, "it's 5 1500 1 2 3 4 5 6 7 8");
	fixture_text(path, "SELECT count || cause FROM event WHERE kind = 'rx_drop'", text,
		     sizeof(text));
	assert_string_equal(text, "12fifo");
	fixture_text(path,
		     "SELECT printf('%x %x ', va, pa) || block || reason || buffers || length_bytes"
		     " FROM event WHERE kind = 'block_free'",
		     text, sizeof(text));
	assert_string_equal(text, "ffff800000001000 1000 3late24096");
	fixture_remove(path);
}

static int same_event(const struct pool_event *e, void *ctx)
{
	struct tape *t = ctx;
	const struct pool_event *o = &t->events[t->nr_ids++];

	assert_int_equal(e->kind, o->kind);
	assert_int_equal(e->ts_ns, o->ts_ns);
	assert_int_equal(e->seq, o->seq);
	if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN) {
		assert_int_equal(e->u.rx.nr_buffers, o->u.rx.nr_buffers);
		assert_int_equal(e->u.rx.resources, o->u.rx.resources);
		assert_memory_equal(e->u.rx.buffers, o->u.rx.buffers, e->u.rx.nr_buffers * 4);
	} else if (e->kind == POOL_EVENT_TICK) {
		assert_memory_equal(&e->u.tick.totals, &o->u.tick.totals, sizeof(e->u.tick.totals));
		assert_memory_equal(&e->u.tick.marks, &o->u.tick.marks, sizeof(e->u.tick.marks));
	} else if (e->kind == POOL_EVENT_ALLOC_COMPLETE) {
		assert_memory_equal(&e->u.complete, &o->u.complete, sizeof(e->u.complete));
	}
	return 0;
}

static void walking_the_events_gives_back_what_was_stored(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(6, 1);
	struct db_error err;
	struct query *q;

	store_tape(path, t);
	q = fixture_query(path);
	t->nr_ids = 0;
	assert_int_equal(query_events(q, -1, same_event, t, &err), 0);
	assert_int_equal(t->nr_ids, t->nr);
	query_close(q);
	free(t);
	fixture_remove(path);
}

static void allocation_rows_carry_lead_and_life(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(7, 5);
	struct pool_summary p;

	store_tape(path, t);
	p = fixture_pool(path);
	assert_true(p.totals.refused && p.totals.failed && p.totals.completed > 5);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM allocation WHERE request > 0"),
			 p.totals.requested);
	assert_int_equal(fixture_int(path,
				     "SELECT count(*) FROM allocation WHERE outcome = 'refused'"
				     " AND lead_ns IS NULL AND block IS NULL"),
			 p.totals.refused);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM allocation WHERE outcome = 'null'"
					   " AND lead_ns > 0 AND freed_ns IS NULL"),
			 p.totals.failed);
	assert_int_equal(
		fixture_int(path,
			    "SELECT count(*) FROM allocation WHERE outcome IN ('used', 'late')"
			    " AND request > 0 AND lead_ns = completed_ns - requested_ns"
			    " AND life_ns = freed_ns - completed_ns AND reason IS NOT NULL"),
		p.totals.completed);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM allocation WHERE request = 0"
					   " AND reason = 'halt' AND buffers = 256"
					   " AND requested_ns IS NULL AND life_ns > 4e9"),
			 1);
	/* Each row says what its events say. */
	assert_int_equal(
		fixture_int(path,
			    "SELECT count(*) FROM allocation a"
			    " JOIN event r ON r.kind = 'alloc_request' AND r.request = a.request"
			    " JOIN event c ON c.kind = 'alloc_complete' AND c.request = a.request"
			    " WHERE a.requested_ns = r.ts_ns AND a.completed_ns = c.ts_ns"),
		p.totals.completed + p.totals.failed);
	assert_int_equal(p.lead.count, p.totals.completed + p.totals.failed);
	free(t);
	fixture_remove(path);
}

/* --- audit ----------------------------------------------------------------------------------- */

static void audit_finds_the_tick_that_disagrees(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(8, 1);
	size_t tick = t->nr / 2;

	while (t->events[tick].kind != POOL_EVENT_TICK)
		tick++;
	t->events[tick].u.tick.totals.returned++;
	store_tape(path, t);
	assert_int_equal(fixture_pool(path).audit_mismatches, 1);
	assert_int_equal(fixture_pool(path).audit_first_mismatch_ns, t->events[tick].ts_ns);
	assert_string_equal(fixture_pool(path).audit_what, "returned");
	assert_int_equal(fixture_pool(path).audit_said, t->events[tick].u.tick.totals.returned);
	assert_int_equal(fixture_pool(path).audit_counted,
			 t->events[tick].u.tick.totals.returned - 1);
	free(t);
	fixture_remove(path);
}

/* Group `alloc` alone: the same events, numbered as the library would number them. */
static void without_receive_events_nothing_is_falsely_accused(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(9, 2);
	struct store *store = fixture_open(path);
	struct pool_summary p;
	uint64_t seq = 0;

	for (size_t i = 0; i < t->nr; i++) {
		struct pool_event e = t->events[i];

		if (e.kind == POOL_EVENT_RX_TAKE || e.kind == POOL_EVENT_RX_RETURN ||
		    e.kind == POOL_EVENT_RX_DROP)
			continue;
		e.seq = seq++;
		fixture_emit(&e, store);
	}
	fixture_close(store);
	p = fixture_pool(path);
	assert_int_equal(p.audit_mismatches, 0);
	assert_true(p.audit_ticks > 10);
	assert_true(p.totals.taken > 0); /* taken over from the ticks */
	assert_int_equal(p.available.min < 256, 1);
	free(t);
	fixture_remove(path);
}

static void halt_does_not_pull_the_minimum_to_zero(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(10, 2);

	store_tape(path, t);
	assert_true(fixture_pool(path).available.min > 0);
	assert_int_equal(fixture_pool(path).total.min, 256);
	assert_int_equal(fixture_pool(path).total_now, 0);
	assert_int_equal(fixture_pool(path).live_blocks, 0);
	free(t);
	fixture_remove(path);
}

/* --- opening --------------------------------------------------------------------------------- */

static void foreign_file_is_not_overwritten(void **state)
{
	static const char words[] = "dear diary";
	char *path = fixture_path(), back[32] = "";
	struct store_options options = {.may_replace = true};
	FILE *f = fopen(path, "w");
	struct store *store;
	struct db_error err = {""};

	fputs(words, f);
	fclose(f);
	assert_int_equal(store_open(path, &options, &store, &err), -EEXIST);
	assert_non_null(strstr(err.text, path));
	f = fopen(path, "r");
	assert_non_null(fgets(back, sizeof(back), f));
	fclose(f);
	assert_string_equal(back, words);
	fixture_remove(path);
}

static void existing_recording_is_kept_unless_it_may_be_replaced(void **state)
{
	char *path = fixture_path();
	struct tape *t = tape_of(11, 1);
	struct store_options options = {.may_replace = false};
	struct store *store;
	struct db_error err;

	store_tape(path, t);
	assert_int_equal(store_open(path, &options, &store, &err), -EEXIST);
	assert_int_equal(fixture_status(path).events, t->nr);
	fixture_close(fixture_open(path));
	assert_int_equal(fixture_status(path).events, 0);
	free(t);
	fixture_remove(path);
}

static void recording_in_progress_is_not_replaced(void **state)
{
	char *path = fixture_path();
	struct store_options options = {.may_replace = true};
	struct store *first = fixture_open(path), *second;
	struct db_error err;

	assert_int_equal(store_open(path, &options, &second, &err), -EBUSY);
	fixture_close(first);
	fixture_remove(path);
}

static void path_that_cannot_be_written_is_said(void **state)
{
	struct store_options options = {.may_replace = true};
	struct store *store;
	struct db_error err = {""};

	assert_int_equal(store_open("/nonexistent/x.db", &options, &store, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x.db"));
	assert_int_not_equal(store_open("/proc/x.db", &options, &store, &err), 0);
	assert_int_equal(store_open("/dev/null", &options, &store, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_of_every_event_can_be_read_back),
		cmocka_unit_test(walking_the_events_gives_back_what_was_stored),
		cmocka_unit_test(allocation_rows_carry_lead_and_life),
		cmocka_unit_test(audit_finds_the_tick_that_disagrees),
		cmocka_unit_test(without_receive_events_nothing_is_falsely_accused),
		cmocka_unit_test(halt_does_not_pull_the_minimum_to_zero),
		cmocka_unit_test(foreign_file_is_not_overwritten),
		cmocka_unit_test(existing_recording_is_kept_unless_it_may_be_replaced),
		cmocka_unit_test(recording_in_progress_is_not_replaced),
		cmocka_unit_test(path_that_cannot_be_written_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
