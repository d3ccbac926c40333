/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DB_HISTORY_H
#define TESTS_DB_HISTORY_H
/*
 * A recording of a believable pool, and beside it what it looked like from each event on: what
 * columns, latencies and instants are compared with, the slow way.  Header only.
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

static inline struct history *history_open(void)
{
	struct history *h = calloc(1, sizeof(*h));

	h->holds_ns = calloc(2000000, sizeof(int64_t));
	h->hold_ends_ns = calloc(2000000, sizeof(int64_t));
	h->leads_ns = calloc(10000, sizeof(int64_t));
	h->lead_ends_ns = calloc(10000, sizeof(int64_t));
	return h;
}

static inline void history_close(struct history *h)
{
	free(h->holds_ns);
	free(h->hold_ends_ns);
	free(h->leads_ns);
	free(h->lead_ends_ns);
	free(h);
}

static inline void note_latencies(struct history *h, const struct pool_event *e)
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

static inline void note(const struct pool_event *e, void *ctx)
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

static inline struct history *record(const char *path, uint64_t seed)
{
	struct history *h = history_open();

	h->store = fixture_open(path);
	fixture_life(seed, (double)SPAN_NS / 1e9, note, h);
	fixture_close(h->store);
	return h;
}

/* One column, the slow way: the level at its start, and every event inside. */
static inline struct level_column slow_column(const struct history *h, int64_t from, int64_t to)
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
static inline size_t compare_window(const struct history *h, struct query *q, level_query ask,
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

static inline int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The latencies that ended inside [from, to), sorted. */
static inline int64_t *inside(const int64_t *values, const int64_t *ends, size_t nr, int64_t from,
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

#endif
