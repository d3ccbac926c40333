/* SPDX-License-Identifier: MIT */
/* The roll-ups and the columns made of them, against a slow and simple computation over the events.
 */
#include "tests/db/history.h"

static void compare_columns(const struct history *h, struct query *q, int shift)
{
	int64_t width = INT64_C(1) << shift, start = T0 >> shift << shift;
	size_t nr = (size_t)((SPAN_NS + 200 * MS) / width) + 2;

	assert_true(compare_window(h, q, query_level, start, width, nr) > 0);
}

static void level_columns_are_those_of_the_events(void **state)
{
	for (uint64_t seed = 20; seed < 24; seed++) {
		char *path = fixture_path();
		struct history *h = record(path, seed);
		struct query *q = fixture_query(path);

		for (int shift = 24; shift < 36; shift++)
			compare_columns(h, q, shift);
		query_close(q);
		history_close(h);
		fixture_remove(path);
	}
}

static void check_quantile(const int64_t *sorted, size_t nr, unsigned permille, int64_t value)
{
	double exact = (double)sorted[(nr * permille + 999) / 1000 - 1];

	assert_true(fabs((double)value - exact) <= exact / 100);
}

static void compare_latencies(struct query *q, enum latency_kind kind, const int64_t *values,
			      const int64_t *ends, size_t nr_values, int shift)
{
	int64_t width = INT64_C(1) << shift, start = T0 >> shift << shift;
	size_t nr = (size_t)((SPAN_NS + 200 * MS) / width) + 2, sum = 0;
	struct latency *columns = calloc(nr, sizeof(*columns));
	struct db_error err;

	assert_int_equal(query_latency(q, kind, 0, start, width, nr, columns, &err), 0);
	for (size_t i = 0; i < nr; i++) {
		int64_t from = start + width * (int64_t)i;
		size_t found;
		int64_t *sorted = inside(values, ends, nr_values, from, from + width, &found);

		assert_int_equal(columns[i].count, found);
		sum += found;
		if (found) {
			check_quantile(sorted, found, 500, columns[i].p50_ns);
			check_quantile(sorted, found, 900, columns[i].p90_ns);
			check_quantile(sorted, found, 990, columns[i].p99_ns);
			check_quantile(sorted, found, 999, columns[i].p999_ns);
			assert_int_equal(columns[i].max_ns, sorted[found - 1]);
		}
		free(sorted);
	}
	assert_int_equal(sum, nr_values);
	free(columns);
}

static void latencies_are_those_of_the_events_within_one_percent(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 30);
	struct query *q = fixture_query(path);

	for (int shift = 27; shift < 34; shift += 3) {
		compare_latencies(q, LATENCY_HOLD, h->holds_ns, h->hold_ends_ns, h->nr_holds,
				  shift);
		compare_latencies(q, LATENCY_LEAD, h->leads_ns, h->lead_ends_ns, h->nr_leads,
				  shift);
	}
	assert_int_equal(fixture_pool(path).hold.count, h->nr_holds);
	assert_int_equal(fixture_pool(path).lead.count, h->nr_leads);
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

static void whole_life_figures_are_those_of_the_events(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 31);
	struct pool_summary p = fixture_pool(path);
	uint32_t min = UINT32_MAX, max = 0;
	uint64_t low = 0, high = 0;
	double area = 0;
	size_t last = 1;

	for (size_t i = 1; i < h->nr && (i == 1 || h->at[i].works); last = i++) {
		min = h->at[i].available < min ? h->at[i].available : min;
		max = h->at[i].available > max ? h->at[i].available : max;
		low += h->at[i].low;
		high += h->at[i].high;
		area += (double)h->at[i].available * (double)(h->at[i + 1].ts_ns - h->at[i].ts_ns);
	}
	assert_int_equal(p.available.min, min);
	assert_int_equal(p.available.max, max);
	assert_int_equal(p.low_crossings, low);
	assert_int_equal(p.high_crossings, high);
	area /= (double)(h->at[last + 1].ts_ns - h->at[1].ts_ns);
	assert_true(fabs(p.available.mean - area) < 0.001);
	assert_int_equal(fixture_int(path, "SELECT sum(low_crossings) FROM level"
					   " WHERE width_ns = 1 << 26"),
			 low);
	history_close(h);
	fixture_remove(path);
}

static void columns_finer_than_the_buckets_repeat_them(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 32);
	struct query *q = fixture_query(path);
	struct level_column fine[64], coarse[8];
	int64_t start = ((T0 >> 23) + 20) << 23;
	struct db_error err;

	assert_int_equal(query_level(q, 0, start, 1 << 20, 64, fine, &err), 0);
	assert_int_equal(query_level(q, 0, start, 1 << 23, 8, coarse, &err), 0);
	for (size_t i = 0; i < 64; i++) {
		assert_true(fine[i].known);
		assert_int_equal(fine[i].available_min, coarse[i / 8].available_min);
		assert_int_equal(fine[i].available_max, coarse[i / 8].available_max);
	}
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

/*
 * The first and the last bucket of a life lie mostly outside of it: what is in them belongs to the
 * window that begins and ends with the life.
 */
static void a_window_of_the_whole_life_has_all_of_it(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 38);
	struct query *q = fixture_query(path);
	int64_t start = h->at[0].ts_ns, end = h->at[h->nr - 1].ts_ns + 1;
	uint32_t requested = 0, seen;

	for (size_t i = 0; i < h->nr; i++)
		requested += h->at[i].requested;
	for (size_t nr = 1; nr < 60; nr++) {
		int64_t width = (end - start) / (int64_t)nr + 1;
		struct level_column columns[60];
		struct latency latencies[60];
		struct db_error err;
		uint64_t holds = 0;

		assert_int_equal(query_level(q, 0, start, width, nr, columns, &err), 0);
		assert_int_equal(
			query_latency(q, LATENCY_HOLD, 0, start, width, nr, latencies, &err), 0);
		seen = 0;
		for (size_t i = 0; i < nr; i++) {
			seen += columns[i].requested;
			holds += latencies[i].count;
		}
		assert_int_equal(seen, requested);
		assert_int_equal(holds, h->nr_holds);
	}
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

static void quiet_pool_keeps_its_level_between_events(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct sim_config config = fixture_config(1);
	struct level_column c[10];
	struct query *q;
	struct db_error err;
	struct sim sim;

	config.rate = 0;
	sim_open(&sim, &config, fixture_emit, store);
	sim_drop(&sim);
	fixture_emit(&(struct pool_event){.ts_ns = T0 + 9000 * MS,
					  .seq = sim.seq,
					  .kind = POOL_EVENT_RX_TAKE,
					  .available = 250,
					  .u.rx = {(const uint32_t[]){1, 2, 3, 4, 5, 6}, 6, 0}},
		     store);
	fixture_close(store);
	q = fixture_query(path);
	assert_int_equal(query_level(q, 0, T0 + 1000 * MS, 1000 * MS, 10, c, &err), 0);
	for (int i = 0; i < 7; i++) {
		assert_true(c[i].known);
		assert_int_equal(c[i].available_min, 256);
		assert_int_equal(c[i].available_max, 256);
		assert_int_equal(c[i].held_max, 0);
	}
	assert_int_equal(c[8].available_min, 250);
	assert_false(c[9].known);
	query_close(q);
	fixture_remove(path);
}

static void columns_with_a_gap_inside_say_so(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct pool_event e = {.kind = POOL_EVENT_RX_RETURN, .available = 100};
	struct level_column c[16];
	struct query_instant at;
	struct query *q;
	struct db_error err;
	struct sim sim;
	struct sim_config config = fixture_config(1);

	config.rate = 0;
	sim_open(&sim, &config, fixture_emit, store);
	sim_drop(&sim);
	e.seq = sim.seq;
	e.ts_ns = T0 + 250 * MS;
	fixture_emit(&e, store);
	e.seq += 11; /* ten are missing, over almost a second */
	e.ts_ns = T0 + 1150 * MS;
	fixture_emit(&e, store);
	e.seq++;
	e.ts_ns = T0 + 1550 * MS;
	fixture_emit(&e, store);
	assert_int_equal(store_loss(store, 0, -1, T0 + 1410 * MS, T0 + 1420 * MS, 1, "lttng"), 0);
	fixture_close(store);
	q = fixture_query(path);
	assert_int_equal(query_level(q, 0, T0, 100 * MS, 16, c, &err), 0);
	for (int i = 0; i < 16; i++)
		assert_int_equal(c[i].loss, (i >= 2 && i <= 11) || i == 14);
	assert_int_equal(query_level_fine(q, 0, T0, 100 * MS, 16, c, &err), 0);
	for (int i = 0; i < 16; i++)
		assert_int_equal(c[i].loss, (i >= 2 && i <= 11) || i == 14);
	assert_int_equal(query_instant(q, 0, T0 + 500 * MS, &at, &err), 0);
	assert_int_equal(at.lost, 10);
	query_close(q);
	fixture_remove(path);
}

static void absurd_windows_are_refused(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct level_column c[4];
	struct db_error err;
	struct query *q;

	fixture_life(1, 0.5, fixture_emit, store);
	fixture_close(store);
	q = fixture_query(path);
	assert_int_not_equal(query_level(q, 0, T0, 0, 4, c, &err), 0);
	assert_int_not_equal(query_level(q, 0, T0, INT64_MAX / 2, 4, c, &err), 0);
	assert_int_not_equal(query_level(q, 0, -T0, 5, 4, c, &err), 0);
	assert_int_equal(query_level(q, 77, T0, 5, 4, c, &err), 0);
	assert_false(c[0].known);
	query_close(q);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_columns_are_those_of_the_events),
		cmocka_unit_test(latencies_are_those_of_the_events_within_one_percent),
		cmocka_unit_test(whole_life_figures_are_those_of_the_events),
		cmocka_unit_test(columns_finer_than_the_buckets_repeat_them),
		cmocka_unit_test(a_window_of_the_whole_life_has_all_of_it),
		cmocka_unit_test(quiet_pool_keeps_its_level_between_events),
		cmocka_unit_test(columns_with_a_gap_inside_say_so),
		cmocka_unit_test(absurd_windows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
