/* SPDX-License-Identifier: MIT */
/* What came and what is missing over time, and what is said of the file. */
#include "db/query_health.h"
#include "db/level.h"
#include "tests/db/fixture.h"

#define COLUMNS 50
#define EARLIER (INT64_C(1) << 26) /* a bucket of the second tier */

struct taken_out {
	struct store *store;
	uint64_t from, to; /* these seqs of pool 0 are lost */
};

static void emit_most(const struct pool_event *e, void *ctx)
{
	struct taken_out *t = ctx;

	if (e->pool || e->seq < t->from || e->seq >= t->to)
		fixture_emit(e, t->store);
}

static void make(const char *path, uint32_t pools, double seconds, uint64_t from, uint64_t to)
{
	struct taken_out t = {fixture_open(path), from, to};

	for (uint32_t i = 0; i < pools; i++) {
		struct sim_config config = fixture_config(i + 3);
		struct sim sim;

		config.pool = i;
		config.rate = pools > 10 ? 1000 : config.rate;
		sim_open(&sim, &config, emit_most, &t);
		sim_run(&sim, T0 + (int64_t)(seconds * 1e9));
		sim_close(&sim);
	}
	fixture_close(t.store);
}

static void sum(const struct activity_column *columns, double *events, uint64_t *lost, int *marked)
{
	*events = 0;
	*lost = 0;
	*marked = 0;
	for (int i = 0; i < COLUMNS; i++) {
		*events += columns[i].events;
		*lost += columns[i].lost;
		*marked += columns[i].loss;
	}
}

/* The columns begin before the first event and end after the last: nothing is left out. */
static int64_t width_of(const struct trace_status *status)
{
	return (status->end_ns - status->start_ns + 3 * EARLIER) / COLUMNS;
}

static void columns_add_up_to_all_events(void **state)
{
	struct activity_column columns[COLUMNS];
	char *path = fixture_path();
	struct trace_status status;
	struct db_error err;
	struct query *q;
	double events;
	uint64_t lost;
	int64_t bucket_ns;
	int marked;

	make(path, 2, 3, 9000, 9025);
	status = fixture_status(path);
	q = fixture_query(path);
	assert_int_equal(query_activity(q, T0 - EARLIER, width_of(&status), COLUMNS, columns,
					&bucket_ns, &err),
			 0);
	sum(columns, &events, &lost, &marked);
	assert_true(fabs(events - (double)status.events) < 1e-6 * events);
	assert_int_equal(lost, 25);
	assert_true(marked >= 1 && marked <= 2);
	query_close(q);
	fixture_remove(path);
}

static void a_told_loss_marks_its_time(void **state)
{
	struct activity_column columns[COLUMNS];
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct db_error err;
	struct query *q;
	int64_t bucket_ns;

	fixture_life(3, 1, fixture_emit, store);
	assert_int_equal(store_loss(store, 0, -1, T0 + 305 * MS, T0 + 495 * MS, 7, "lttng"), 0);
	fixture_close(store);
	q = fixture_query(path);
	assert_int_equal(query_activity(q, T0, 20 * MS, COLUMNS, columns, &bucket_ns, &err), 0);
	for (int i = 0; i < COLUMNS; i++)
		assert_int_equal(columns[i].loss, i >= 15 && i <= 24);
	/* One that lies outside marks nothing. */
	assert_int_equal(query_activity(q, T0 + 500 * MS, MS, COLUMNS, columns, &bucket_ns, &err),
			 0);
	for (int i = 0; i < COLUMNS; i++)
		assert_false(columns[i].loss);
	query_close(q);
	fixture_remove(path);
}

static void many_pools_are_read_from_wider_buckets(void **state)
{
	struct activity_column columns[COLUMNS];
	char *path = fixture_path();
	struct trace_status status;
	struct db_error err;
	struct query *q;
	int64_t few_ns, many_ns;
	double events;
	uint64_t lost;
	int marked;

	make(path, 150, 0.9, 0, 0);
	status = fixture_status(path);
	q = fixture_query(path);
	assert_int_equal(query_activity(q, T0 - EARLIER, width_of(&status), COLUMNS, columns,
					&many_ns, &err),
			 0);
	assert_int_equal(many_ns, INT64_C(1) << tier_shift[1]);
	sum(columns, &events, &lost, &marked);
	assert_true(fabs(events - (double)status.events) < 1e-6 * events);
	assert_int_equal(marked, 0);
	query_close(q);
	fixture_remove(path);
	path = fixture_path();
	make(path, 1, 0.9, 0, 0);
	q = fixture_query(path);
	assert_int_equal(query_activity(q, T0, width_of(&status), COLUMNS, columns, &few_ns, &err),
			 0);
	assert_int_equal(few_ns, INT64_C(1) << tier_shift[0]);
	query_close(q);
	fixture_remove(path);
}

static void health_is_what_the_file_says(void **state)
{
	char *path = fixture_path();
	struct query_health health;
	struct db_error err;
	struct query *q;

	make(path, 1, 2, 9000, 9025);
	q = fixture_query(path);
	assert_int_equal(query_health(q, &health, &err), 0);
	assert_string_equal(health.trace, "test");
	assert_int_equal(health.writer, getpid());
	assert_int_equal(health.lost_seq, 25);
	assert_int_equal(health.lost_told, 0);
	assert_int_equal(health.nr_told, 0);
	assert_int_equal(health.file_bytes,
			 fixture_int(path, "SELECT page_count * page_size FROM"
					   " pragma_page_count, pragma_page_size"));
	assert_int_equal(health.content_bytes, health.file_bytes);
	/* The rows of the last second: events, and a good deal fewer of everything else. */
	assert_true(health.rows_per_s > 1000 && health.rows_per_s < 200000);
	query_close(q);
	fixture_remove(path);
}

/* The WAL is written over and over, and goes into the file now and then: neither's size tells. */
static void what_is_recorded_grows_while_it_is_in_the_wal(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct sim_config config = fixture_config(1);
	struct query_health early, later;
	static struct sim sim;
	struct db_error err;
	struct query *q;

	sim_open(&sim, &config, fixture_emit, store);
	sim_run(&sim, T0 + 100 * MS);
	assert_int_equal(store_flush(store), 0);
	q = fixture_query(path);
	assert_int_equal(query_health(q, &early, &err), 0);
	sim_run(&sim, T0 + 3000 * MS);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(query_health(q, &later, &err), 0);
	assert_int_equal(later.file_bytes, early.file_bytes);
	assert_true(later.content_bytes > early.content_bytes);
	assert_true(early.content_bytes >= early.file_bytes);
	sim_close(&sim);
	query_close(q);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	fixture_remove(path);
}

static void absurd_windows_are_refused(void **state)
{
	struct activity_column columns[COLUMNS];
	char *path = fixture_path();
	struct db_error err;
	struct query *q;
	int64_t bucket_ns;

	make(path, 1, 0.1, 0, 0);
	q = fixture_query(path);
	assert_true(query_activity(q, T0, 0, COLUMNS, columns, &bucket_ns, &err) < 0);
	assert_true(query_activity(q, -1, MS, COLUMNS, columns, &bucket_ns, &err) < 0);
	assert_true(query_activity(q, T0, INT64_MAX / 4, COLUMNS, columns, &bucket_ns, &err) < 0);
	assert_int_equal(query_activity(q, T0, MS, 0, columns, &bucket_ns, &err), 0);
	query_close(q);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_add_up_to_all_events),
		cmocka_unit_test(a_told_loss_marks_its_time),
		cmocka_unit_test(many_pools_are_read_from_wider_buckets),
		cmocka_unit_test(health_is_what_the_file_says),
		cmocka_unit_test(what_is_recorded_grows_while_it_is_in_the_wal),
		cmocka_unit_test(absurd_windows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
