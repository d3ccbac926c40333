/* SPDX-License-Identifier: MIT */
/*
 * Ten minutes, rolled up: quantiles against the exact ones of the same window, at every tier, and
 * what a screen at any zoom costs.
 */
#include "db/level.h"
#include "db/reader.h"
#include "tests/db/fixture.h"

#define MINUTES	  10
#define WINDOWS	  40  /* random ones a tier and kind */
#define SCREEN	  120 /* columns */
#define LATENCIES 1000000

struct sample {
	int64_t ts_ns, value_ns;
};

/* What the events said, kept beside the file. */
struct truth {
	struct store *store;
	struct sample *samples[2]; /* by enum latency_kind */
	size_t nr[2];
	int64_t taken_ns[128], requested_ns[1 << 16];
};

static char *recording;
static struct truth truth;

static void add(int kind, int64_t ts_ns, int64_t value_ns)
{
	assert_true(truth.nr[kind] < LATENCIES);
	truth.samples[kind][truth.nr[kind]++] = (struct sample){ts_ns, value_ns};
}

static void observe(const struct pool_event *e, void *ctx)
{
	fixture_emit(e, truth.store);
	if (e->kind == POOL_EVENT_RX_TAKE)
		for (uint32_t i = 0; i < e->u.rx.nr_buffers - e->u.rx.resources; i++)
			truth.taken_ns[e->u.rx.buffers[i]] = e->ts_ns;
	if (e->kind == POOL_EVENT_RX_RETURN)
		for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
			add(LATENCY_HOLD, e->ts_ns, e->ts_ns - truth.taken_ns[e->u.rx.buffers[i]]);
	if (e->kind == POOL_EVENT_ALLOC_REQUEST)
		truth.requested_ns[e->u.request.request & 0xffff] = e->ts_ns;
	if (e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.request)
		add(LATENCY_LEAD, e->ts_ns,
		    e->ts_ns - truth.requested_ns[e->u.complete.request & 0xffff]);
}

/* A small pool, so that ten minutes are simulated in a second. */
static int make_recording(void **state)
{
	struct sim_config config = {.name = "rx0",
				    .marks = {16, 4, 6, 12, 64, 1, 2, 1},
				    .seed = 11,
				    .start_ns = T0,
				    .rate = 1500,
				    .hold_ns = 8e6,
				    .lead_ns = 3e6,
				    .fail = 0.1};
	struct sim sim;

	for (int kind = 0; kind < 2; kind++)
		truth.samples[kind] = malloc(LATENCIES * sizeof(struct sample));
	recording = fixture_path();
	truth.store = fixture_open(recording);
	sim_open(&sim, &config, observe, NULL);
	sim_run(&sim, T0 + MINUTES * 60000 * MS);
	sim_close(&sim);
	fixture_close(truth.store);
	assert_true(truth.nr[LATENCY_LEAD] > 1000 && truth.nr[LATENCY_HOLD] > 100000);
	return 0;
}

static int remove_recording(void **state)
{
	for (int kind = 0; kind < 2; kind++)
		free(truth.samples[kind]);
	fixture_remove(recording);
	return 0;
}

/* --- quantiles ------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The sorted latencies that ended in [from, to).  Returns: how many. */
static size_t exact(int kind, int64_t from, int64_t to, int64_t *values)
{
	size_t nr = 0;

	for (size_t i = 0; i < truth.nr[kind]; i++)
		if (truth.samples[kind][i].ts_ns >= from && truth.samples[kind][i].ts_ns < to)
			values[nr++] = truth.samples[kind][i].value_ns;
	qsort(values, nr, sizeof(*values), by_value);
	return nr;
}

static void assert_quantile(const int64_t *values, size_t nr, size_t permille, int64_t got)
{
	int64_t want = nr ? values[(nr * permille + 999) / 1000 - 1] : 0;

	if (llabs(got - want) > want / 100)
		fail_msg("p%zu of %zu: %lld, exactly %lld", permille, nr, (long long)got,
			 (long long)want);
}

static void assert_exact(int kind, int64_t from, int64_t to, const struct latency *got,
			 int64_t *values)
{
	size_t nr = exact(kind, from, to, values);

	assert_int_equal(got->count, nr);
	assert_int_equal(got->max_ns, nr ? values[nr - 1] : 0);
	assert_quantile(values, nr, 500, got->p50_ns);
	assert_quantile(values, nr, 900, got->p90_ns);
	assert_quantile(values, nr, 990, got->p99_ns);
	assert_quantile(values, nr, 999, got->p999_ns);
}

static void quantiles_of_any_window_are_within_one_percent_at_every_tier(void **state)
{
	int64_t *values = malloc(LATENCIES * sizeof(*values));
	struct query *q = fixture_query(recording);
	uint64_t random = 23;
	struct latency got[4];
	struct db_error err;
	size_t filled = 0;

	for (int i = 0; i < TIER_NR * 2 * WINDOWS; i++) {
		unsigned tier = tier_shift[i % TIER_NR];
		int kind = i / TIER_NR % 2;
		/* From 2 to 15 buckets a column: what this tier is for. */
		int64_t width = (int64_t)(2 + sim_random(&random) % 14) << tier;
		int64_t from = T0 + (int64_t)(sim_random(&random) % (MINUTES * 60000)) * MS;

		from = from >> tier << tier;
		assert_int_equal(reader_tier(width), tier);
		assert_int_equal(
			query_latency(q, (enum latency_kind)kind, 0, from, width, 4, got, &err), 0);
		for (int column = 0; column < 4; column++) {
			assert_exact(kind, from + column * width, from + (column + 1) * width,
				     &got[column], values);
			filled += got[column].count > 100;
		}
	}
	assert_true(filled > 300);
	query_close(q);
	free(values);
}

/* The rows of the views, too: each is the exact quantile of its bucket. */
static void every_row_of_the_wide_tiers_is_within_one_percent(void **state)
{
	int64_t *values = malloc(LATENCIES * sizeof(*values));
	sqlite3_stmt *stmt;
	sqlite3 *db;
	int rows = 0;

	assert_int_equal(sqlite3_open_v2(recording, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT 0, start_ns, width_ns, count, p50_ns, p90_ns,"
					    " p99_ns, p999_ns, max_ns FROM lead"
					    " WHERE width_ns >= 1 << 29 UNION ALL"
					    " SELECT 1, start_ns, width_ns, count, p50_ns, p90_ns,"
					    " p99_ns, p999_ns, max_ns FROM hold"
					    " WHERE width_ns >= 1 << 32",
					    -1, &stmt, NULL),
			 SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		int64_t from = sqlite3_column_int64(stmt, 1);
		struct latency got = {.count = (uint64_t)sqlite3_column_int64(stmt, 3),
				      .p50_ns = sqlite3_column_int64(stmt, 4),
				      .p90_ns = sqlite3_column_int64(stmt, 5),
				      .p99_ns = sqlite3_column_int64(stmt, 6),
				      .p999_ns = sqlite3_column_int64(stmt, 7),
				      .max_ns = sqlite3_column_int64(stmt, 8)};

		assert_exact(sqlite3_column_int(stmt, 0), from,
			     from + sqlite3_column_int64(stmt, 2), &got, values);
		rows++;
	}
	assert_true(rows > 200);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	free(values);
}

/* --- what it costs --------------------------------------------------------------------------- */

/* Instructions of SQLite's machine since the last time this was asked. */
static int steps_of(struct query *q, enum query_statement which)
{
	return sqlite3_stmt_status(q->stmt[which], SQLITE_STMTSTATUS_VM_STEP, 1);
}

/* Between 2 and 16 rows a column, some instructions a row and value. */
#define STEPS_A_COLUMN (16 * 60)

static void a_screen_costs_its_columns_at_any_zoom(void **state)
{
	static struct level_column levels[SCREEN];
	static struct latency latencies[SCREEN];
	struct query *q = fixture_query(recording);
	int64_t whole = MINUTES * 60000 * MS;
	uint64_t random = 5;
	struct db_error err;
	int zooms = 0;

	/* The finest tier alone has far more rows than any screen may visit. */
	assert_true(fixture_int(recording, "SELECT count(*) FROM level_row WHERE tier = 23") >
		    20 * SCREEN * 16);
	for (int64_t window = 1000000; window <= whole; window = window * 5 / 4, zooms++) {
		int64_t width = window / SCREEN;
		int64_t from = T0 + (int64_t)(sim_random(&random) % (uint64_t)whole);

		if (from + window > T0 + whole)
			from = T0 + whole - window;
		assert_int_equal(query_level(q, 0, from, width, SCREEN, levels, &err), 0);
		assert_true(levels[SCREEN / 2].known);
		assert_true(steps_of(q, QUERY_LEVEL) < SCREEN * STEPS_A_COLUMN);
		assert_true(steps_of(q, QUERY_LEVEL_BEFORE) < 200);
		assert_true(steps_of(q, QUERY_LOSS) < 200);
		for (int kind = 0; kind < 2; kind++) {
			assert_int_equal(query_latency(q, (enum latency_kind)kind, 0, from, width,
						       SCREEN, latencies, &err),
					 0);
			assert_true(steps_of(q, QUERY_LATENCY) < SCREEN * STEPS_A_COLUMN);
		}
	}
	assert_true(zooms > 50);
	query_close(q);
}

static void the_summary_looks_at_no_event(void **state)
{
	struct query *q = fixture_query(recording);
	struct trace_status status;
	struct pool_summary *pools;
	struct db_error err;
	size_t nr;

	assert_int_equal(query_status(q, &status, &err), 0);
	assert_int_equal(query_pools(q, &pools, &nr, &err), 0);
	assert_true(status.events > 100000);
	assert_true(steps_of(q, QUERY_META) + steps_of(q, QUERY_PROGRESS) < 500);
	assert_true(steps_of(q, QUERY_POOLS) < 500);
	free(pools);
	query_close(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_of_any_window_are_within_one_percent_at_every_tier),
		cmocka_unit_test(every_row_of_the_wide_tiers_is_within_one_percent),
		cmocka_unit_test(a_screen_costs_its_columns_at_any_zoom),
		cmocka_unit_test(the_summary_looks_at_no_event),
	};

	return cmocka_run_group_tests(tests, make_recording, remove_recording);
}
