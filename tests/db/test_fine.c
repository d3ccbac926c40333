/* SPDX-License-Identifier: MIT */
/* What is exact to the event: narrow windows, instants; and the cells of a heat map. */
#include "tests/db/history.h"

static size_t ended_inside(const int64_t *ends, size_t nr, int64_t from, int64_t to)
{
	size_t found = 0;

	for (size_t i = 0; i < nr; i++)
		found += ends[i] >= from && ends[i] < to;
	return found;
}

/* "p99 of what is seen" must not be of half as much again, however wide the buckets in its middle.
 */
static void a_single_column_is_right_at_its_borders(void **state)
{
	const int64_t bucket = INT64_C(1) << 23;
	char *path = fixture_path();
	struct history *h = record(path, 39);
	struct query *q = fixture_query(path);
	uint64_t random = 39;

	for (int i = 0; i < 200; i++) {
		int64_t from = T0 + (int64_t)(sim_random(&random) % SPAN_NS);
		int64_t to = from + bucket + (int64_t)(sim_random(&random) % SPAN_NS);
		struct latency all = {0};
		struct db_error err;

		assert_int_equal(query_latency_fine(q, LATENCY_HOLD, 0, from, to - from, 1, &all,
						    NULL, &err),
				 0);
		assert_true(all.count >= ended_inside(h->hold_ends_ns, h->nr_holds, from, to));
		assert_true(all.count <=
			    ended_inside(h->hold_ends_ns, h->nr_holds, from - bucket, to + bucket));
	}
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

/* Any width, anywhere: the beginning and the end of the life included. */
static void columns_of_a_window_of_few_events_are_exact(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 33);
	struct query *q = fixture_query(path);
	uint64_t random = 33;
	size_t known = 0;

	for (int i = 0; i < 300; i++) {
		int64_t width = 1 + (int64_t)(sim_random(&random) >> (41 + random % 20));
		int64_t at = (int64_t)(sim_random(&random) % (SPAN_NS + 300 * MS));

		if (i < 30) /* begin and end right at events */
			at = h->at[sim_random(&random) % h->nr].ts_ns - T0 + i % 3 - 1;
		if (at < 0 || width > 2 * MS)
			continue;
		known += compare_window(h, q, query_level_fine, T0 + at, width, 60);
	}
	assert_true(known > 1000);
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

/* The same leads, in columns so narrow that most have none and no two share one by chance. */
static void leads_of_a_window_of_few_events_are_exact(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 34);
	struct query *q = fixture_query(path);
	struct latency columns[1000];
	struct latency_cells cells[1000];
	struct db_error err;
	size_t found = 0;

	for (int64_t start = T0; start < T0 + SPAN_NS + 300 * MS; start += 100 * MS) {
		assert_int_equal(query_latency_fine(q, LATENCY_LEAD, 0, start, MS / 10, 1000,
						    columns, cells, &err),
				 0);
		for (size_t i = 0; i < 1000; i++) {
			uint64_t in_cells = 0;
			size_t nr;
			int64_t *sorted = inside(h->leads_ns, h->lead_ends_ns, h->nr_leads,
						 start + (int64_t)i * MS / 10,
						 start + (int64_t)(i + 1) * MS / 10, &nr);

			assert_int_equal(columns[i].count, nr);
			if (nr)
				assert_int_equal(columns[i].max_ns, sorted[nr - 1]);
			for (int c = 0; c < LATENCY_CELLS; c++)
				in_cells += cells[i].count[c];
			assert_int_equal(in_cells, nr);
			found += nr;
			free(sorted);
		}
	}
	assert_true(found > 0);
	assert_int_equal(found, h->nr_leads);
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

/* Wide columns, from the tiers: as many in the cells as in the count, each where it belongs. */
static void heat_cells_hold_what_the_columns_count(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 35);
	struct query *q = fixture_query(path);
	uint64_t want[LATENCY_CELLS] = {0}, is[LATENCY_CELLS] = {0};
	struct latency columns[40];
	struct latency_cells cells[40];
	struct db_error err;
	int64_t start = T0 >> 27 << 27;

	assert_int_equal(query_latency_fine(q, LATENCY_HOLD, 0, start, INT64_C(1) << 27, 40,
					    columns, cells, &err),
			 0);
	for (size_t i = 0; i < h->nr_holds; i++) {
		int octave = (int)floor(log2((double)h->holds_ns[i]));

		want[4 * octave + (int)(((uint64_t)h->holds_ns[i] << 2) >> octave & 3)]++;
	}
	for (size_t i = 0; i < 40; i++)
		for (int c = 0; c < LATENCY_CELLS; c++)
			is[c] += cells[i].count[c];
	assert_memory_equal(is, want, sizeof(is));
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

static const struct moment *moment_at(const struct history *h, int64_t ts_ns)
{
	const struct moment *found = NULL;

	for (size_t i = 0; i < h->nr && h->at[i].ts_ns <= ts_ns; i++)
		found = &h->at[i];
	return found;
}

static void an_instant_is_exact_to_the_event(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 36);
	struct query *q = fixture_query(path);
	struct query_instant at;
	struct db_error err;
	uint64_t random = 36;

	for (int i = 0; i < 2000; i++) {
		size_t event = sim_random(&random) % (h->nr - 2) + 1;
		int64_t ts_ns = h->at[event].ts_ns + i % 3 - 1;
		const struct moment *m = moment_at(h, ts_ns);

		assert_int_equal(query_instant(q, 0, ts_ns, &at, &err), 0);
		assert_true(at.has_before && at.before.ts_ns == m->ts_ns);
		assert_int_equal(at.before.seq, m - h->at);
		assert_true(at.has_after && at.after.seq == at.before.seq + 1);
		assert_true(at.after.ts_ns > ts_ns);
		assert_int_equal(at.lost, 0);
		if (at.before.kind == POOL_EVENT_POOL_OPEN)
			continue;
		assert_true(at.known);
		assert_int_equal(at.available, m->available);
		assert_int_equal(at.total, m->total);
		assert_int_equal(at.held, m->total - m->available);
		assert_int_equal(at.pending, m->pending);
	}
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

static void instants_outside_a_life_know_nothing(void **state)
{
	char *path = fixture_path();
	struct history *h = record(path, 37);
	struct query *q = fixture_query(path);
	struct query_instant at;
	struct db_error err;

	assert_int_equal(query_instant(q, 0, T0 - 1, &at, &err), 0);
	assert_false(at.known || at.has_before);
	assert_true(at.has_after && at.after.kind == POOL_EVENT_POOL_OPEN);
	assert_int_equal(query_instant(q, 0, T0 + 2 * SPAN_NS, &at, &err), 0);
	assert_true(at.has_before && at.before.kind == POOL_EVENT_POOL_CLOSE);
	assert_false(at.known || at.has_after);
	assert_int_equal(query_instant(q, 4711, T0, &at, &err), 0);
	assert_false(at.known || at.has_before || at.has_after);
	assert_int_equal(query_instant(q, UINT32_MAX, T0, &at, &err), 0);
	assert_false(at.known || at.has_before || at.has_after);
	query_close(q);
	history_close(h);
	fixture_remove(path);
}

static void emit_in_jumps(const struct pool_event *e, void *ctx)
{
	struct pool_event moved = *e;

	/* Fifty times back by two thirds of what has passed since the last time. */
	moved.ts_ns -= (e->ts_ns - T0) / (SPAN_NS / 50) * (SPAN_NS / 75);
	fixture_emit(&moved, ctx);
}

/* What they show is one of the possible answers; that there is one is what counts. */
static void windows_of_a_clock_that_goes_back_have_an_answer(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct level_column levels[50];
	struct latency columns[50];
	struct latency_cells cells[50];
	uint64_t random = 35;
	struct db_error err;
	struct query *q;

	fixture_life(35, (double)SPAN_NS / 1e9, emit_in_jumps, store);
	fixture_close(store);
	q = fixture_query(path);
	for (int i = 0; i < 1000; i++) {
		int64_t width = 1 + (int64_t)(sim_random(&random) >> (41 + random % 20));
		int64_t start = T0 + (int64_t)(sim_random(&random) % (SPAN_NS / 3));

		assert_int_equal(query_level_fine(q, 0, start, width, 50, levels, &err), 0);
		assert_int_equal(query_latency_fine(q, LATENCY_LEAD, 0, start, width, 50, columns,
						    cells, &err),
				 0);
	}
	query_close(q);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_column_is_right_at_its_borders),
		cmocka_unit_test(columns_of_a_window_of_few_events_are_exact),
		cmocka_unit_test(leads_of_a_window_of_few_events_are_exact),
		cmocka_unit_test(heat_cells_hold_what_the_columns_count),
		cmocka_unit_test(an_instant_is_exact_to_the_event),
		cmocka_unit_test(instants_outside_a_life_know_nothing),
		cmocka_unit_test(windows_of_a_clock_that_goes_back_have_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
