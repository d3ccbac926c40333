/* SPDX-License-Identifier: MIT */
/* The roll-ups and the columns made of them, against a slow and simple computation over the events.
 */
#include "tests/db/fixture.h"

#define SPAN_NS	   (3000 * MS)
#define MARKS_LOW  96
#define MARKS_HIGH 192

/* Level by level: what the pool looked like from each event on. */
struct moment {
	int64_t ts_ns;
	uint32_t available, total, pending;
	bool low, high, works;
	uint32_t requested, failed, freed, dropped, resources;
};

struct history {
	struct store *store;
	struct moment at[100000];
	size_t nr;
	int64_t *holds_ns, *hold_ends_ns;
	size_t nr_holds;
	int64_t *leads_ns, *lead_ends_ns;
	size_t nr_leads;
	int64_t taken_ns[4096], requested_ns[4096];
	bool works;
};

static struct history *history_open(void)
{
	struct history *h = calloc(1, sizeof(*h));

	h->holds_ns = calloc(2000000, sizeof(int64_t));
	h->hold_ends_ns = calloc(2000000, sizeof(int64_t));
	h->leads_ns = calloc(10000, sizeof(int64_t));
	h->lead_ends_ns = calloc(10000, sizeof(int64_t));
	return h;
}

static void history_close(struct history *h)
{
	free(h->holds_ns);
	free(h->hold_ends_ns);
	free(h->leads_ns);
	free(h->lead_ends_ns);
	free(h);
}

static void note_latencies(struct history *h, const struct pool_event *e)
{
	if (e->kind == POOL_EVENT_ALLOC_REQUEST)
		h->requested_ns[e->u.request.request] = e->ts_ns;
	if (e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.request) {
		h->leads_ns[h->nr_leads] = e->ts_ns - h->requested_ns[e->u.complete.request];
		h->lead_ends_ns[h->nr_leads++] = e->ts_ns;
	}
	if (e->kind == POOL_EVENT_RX_TAKE)
		for (uint32_t i = 0; i < e->u.rx.nr_buffers - e->u.rx.resources; i++)
			h->taken_ns[e->u.rx.buffers[i]] = e->ts_ns;
	if (e->kind != POOL_EVENT_RX_RETURN)
		return;
	for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++) {
		h->holds_ns[h->nr_holds] = e->ts_ns - h->taken_ns[e->u.rx.buffers[i]];
		h->hold_ends_ns[h->nr_holds++] = e->ts_ns;
	}
}

static void note(const struct pool_event *e, void *ctx)
{
	struct history *h = ctx;
	struct moment *before = h->nr ? &h->at[h->nr - 1] : NULL, *m = &h->at[h->nr++];

	assert_true(h->nr < 100000);
	*m = before ? *before : (struct moment){0};
	m->ts_ns = e->ts_ns;
	m->requested = m->failed = m->freed = m->dropped = m->resources = 0;
	if (e->kind == POOL_EVENT_TICK && !e->u.tick.running)
		h->works = false;
	if (e->kind != POOL_EVENT_RX_DROP && e->kind != POOL_EVENT_ALLOC_REFUSED)
		m->available = e->available;
	m->requested = e->kind == POOL_EVENT_ALLOC_REQUEST;
	m->pending += m->requested;
	if (e->kind == POOL_EVENT_ALLOC_REFUSED ||
	    (e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.request))
		m->pending--;
	if (e->kind == POOL_EVENT_ALLOC_COMPLETE)
		m->total += e->u.complete.buffers;
	m->failed =
		e->kind == POOL_EVENT_ALLOC_REFUSED || (e->kind == POOL_EVENT_ALLOC_COMPLETE &&
							e->u.complete.outcome == POOL_OUTCOME_NULL);
	if (e->kind == POOL_EVENT_BLOCK_FREE) {
		m->total -= e->u.free.buffers;
		m->freed = e->u.free.block != 0;
	}
	if (e->kind == POOL_EVENT_RX_TAKE)
		m->resources = e->u.rx.resources;
	if (e->kind == POOL_EVENT_RX_DROP)
		m->dropped = e->u.drop.count;
	m->works = h->works;
	m->low = h->works && before->available > MARKS_LOW && m->available <= MARKS_LOW;
	m->high = h->works && before->available < MARKS_HIGH && m->available >= MARKS_HIGH;
	if (e->kind == POOL_EVENT_ALLOC_COMPLETE && !e->u.complete.request)
		h->works = true;
	note_latencies(h, e);
	fixture_emit(e, h->store);
}

static struct history *record(const char *path, uint64_t seed)
{
	struct history *h = history_open();

	h->store = fixture_open(path);
	fixture_life(seed, (double)SPAN_NS / 1e9, note, h);
	fixture_close(h->store);
	return h;
}

/* One column, the slow way: the level at its start, and every event inside. */
static struct level_column slow_column(const struct history *h, int64_t from, int64_t to)
{
	struct level_column c = {.available_min = UINT32_MAX, .total_min = UINT32_MAX};
	int64_t since = from > h->at[1].ts_ns ? from : h->at[1].ts_ns; /* the base block */
	int64_t end = h->at[h->nr - 1].ts_ns;
	double area = 0;

	if (to > end + 1)
		to = end + 1;
	for (size_t i = 1; i < h->nr && h->at[i].ts_ns < to; i++) {
		const struct moment *m = &h->at[i];
		int64_t next = i + 1 < h->nr && h->at[i + 1].ts_ns < to ? h->at[i + 1].ts_ns : to;
		int64_t start = m->ts_ns > since ? m->ts_ns : since;

		if (next <= from && m->ts_ns < from)
			continue;
		c.known = true;
		area += (double)m->available * (double)(next - start);
		c.available_min = m->available < c.available_min ? m->available : c.available_min;
		c.available_max = m->available > c.available_max ? m->available : c.available_max;
		c.total_min = m->total < c.total_min ? m->total : c.total_min;
		c.total_max = m->total > c.total_max ? m->total : c.total_max;
		c.pending_max = m->pending > c.pending_max ? m->pending : c.pending_max;
		if (m->total - m->available > c.held_max)
			c.held_max = m->total - m->available;
		if (m->ts_ns < from)
			continue;
		c.low_crossings += m->low;
		c.high_crossings += m->high;
		c.requested += m->requested;
		c.failed += m->failed;
		c.freed += m->freed;
		c.dropped += m->dropped;
		c.resources += m->resources;
	}
	c.available_mean = area / (double)(to - since);
	return c;
}

typedef int (*level_query)(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns,
			   size_t nr, struct level_column *out, struct db_error *err);

/* Returns: how many columns of the window are known. */
static size_t compare_window(const struct history *h, struct query *q, level_query ask,
			     int64_t start, int64_t width, size_t nr)
{
	struct level_column *columns = calloc(nr, sizeof(*columns));
	struct db_error err;
	size_t known = 0;

	assert_int_equal(ask(q, 0, start, width, nr, columns, &err), 0);
	for (size_t i = 0; i < nr; i++) {
		int64_t from = start + width * (int64_t)i;
		struct level_column slow = slow_column(h, from, from + width);

		assert_int_equal(columns[i].known, slow.known);
		if (!slow.known)
			continue;
		known++;
		assert_int_equal(columns[i].available_min, slow.available_min);
		assert_int_equal(columns[i].available_max, slow.available_max);
		assert_true(fabs(columns[i].available_mean - slow.available_mean) < 0.01);
		assert_int_equal(columns[i].held_max, slow.held_max);
		assert_int_equal(columns[i].total_min, slow.total_min);
		assert_int_equal(columns[i].total_max, slow.total_max);
		assert_int_equal(columns[i].pending_max, slow.pending_max);
		assert_int_equal(columns[i].low_crossings, slow.low_crossings);
		assert_int_equal(columns[i].high_crossings, slow.high_crossings);
		assert_int_equal(columns[i].requested, slow.requested);
		assert_int_equal(columns[i].failed, slow.failed);
		assert_int_equal(columns[i].freed, slow.freed);
		assert_int_equal(columns[i].dropped, slow.dropped);
		assert_int_equal(columns[i].resources, slow.resources);
		assert_false(columns[i].loss);
	}
	free(columns);
	return known;
}

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

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void check_quantile(const int64_t *sorted, size_t nr, unsigned permille, int64_t value)
{
	double exact = (double)sorted[(nr * permille + 999) / 1000 - 1];

	assert_true(fabs((double)value - exact) <= exact / 100);
}

/* The latencies that ended inside [from, to), sorted. */
static int64_t *inside(const int64_t *values, const int64_t *ends, size_t nr, int64_t from,
		       int64_t to, size_t *found)
{
	int64_t *out = malloc((nr + 1) * sizeof(*out));

	*found = 0;
	for (size_t i = 0; i < nr; i++)
		if (ends[i] >= from && ends[i] < to)
			out[(*found)++] = values[i];
	qsort(out, *found, sizeof(*out), by_value);
	return out;
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
		cmocka_unit_test(columns_of_a_window_of_few_events_are_exact),
		cmocka_unit_test(leads_of_a_window_of_few_events_are_exact),
		cmocka_unit_test(heat_cells_hold_what_the_columns_count),
		cmocka_unit_test(an_instant_is_exact_to_the_event),
		cmocka_unit_test(instants_outside_a_life_know_nothing),
		cmocka_unit_test(quiet_pool_keeps_its_level_between_events),
		cmocka_unit_test(columns_with_a_gap_inside_say_so),
		cmocka_unit_test(absurd_windows_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
