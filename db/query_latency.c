/* SPDX-License-Identifier: MIT */
/* Lead and hold times in columns, from the histograms of one roll-up tier. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/error.h"
#include "db/histogram.h"
#include "db/query_lead.h"
#include "db/reader.h"

_Static_assert(LATENCY_CELLS == HISTOGRAM_CELLS, "the cells of a histogram are handed on");

void latency_of(const struct histogram *h, struct latency *out)
{
	out->count = h->count;
	out->p50_ns = histogram_quantile(h, 500);
	out->p90_ns = histogram_quantile(h, 900);
	out->p95_ns = histogram_quantile(h, 950);
	out->p99_ns = histogram_quantile(h, 990);
	out->p999_ns = histogram_quantile(h, 999);
	out->p9999_ns = histogram_quantile_fine(h, 9999);
	out->max_ns = h->max_ns;
}

/* The columns being filled. */
struct columns {
	int64_t start_ns, width_ns;
	size_t nr;
	struct latency *out;
	struct latency_cells *cells; /* NULL: nobody asked for them */
	bool fine;
};

static int64_t end_of(const struct columns *c)
{
	return c->start_ns + c->width_ns * (int64_t)c->nr;
}

static void take(const struct columns *c, size_t i, const struct histogram *h)
{
	latency_of(h, &c->out[i]);
	if (c->cells) {
		memset(&c->cells[i], 0, sizeof(c->cells[i]));
		histogram_cells(h, c->cells[i].count);
	}
}

int reader_histogram(struct sqlite3_stmt *stmt, struct histogram *h, struct db_error *err)
{
	const void *bins = sqlite3_column_blob(stmt, 2);
	int nr = sqlite3_column_bytes(stmt, 2);

	if (bins && histogram_decode(h, bins, (size_t)nr, sqlite3_column_int64(stmt, 1)))
		return db_fail(err, -EIO, "the database is damaged: a histogram is not whole");
	return 0;
}

/* Columns narrower than the buckets: every column that a bucket touches shows all of it. */
static void repeat(const struct columns *c, const struct histogram *h, int64_t from, int64_t to)
{
	if (from < c->start_ns)
		from = c->start_ns;
	for (; from < to && from < end_of(c);
	     from += c->width_ns - (from - c->start_ns) % c->width_ns)
		take(c, (size_t)((from - c->start_ns) / c->width_ns), h);
}

/*
 * A bucket belongs to the column that its middle lies in; buckets come in order, so one histogram
 * at a time is enough.
 */
static int read_buckets(struct query *q, enum latency_kind kind, uint32_t pool,
			const struct columns *c, struct db_error *err)
{
	unsigned tier = reader_tier(c->width_ns);
	int64_t bucket_ns = INT64_C(1) << tier;
	int64_t first = c->start_ns >> tier, last = (end_of(c) - 1) >> tier;
	int64_t life_from, life_until;
	struct histogram h;
	sqlite3_stmt *stmt;
	size_t column = 0;
	int ret = reader_life(q, pool, &life_from, &life_until, err);

	if (ret <= 0)
		return ret;
	histogram_init(&h);
	stmt = reader_bind(q, QUERY_LATENCY, 5,
			   (int64_t[]){pool, kind == LATENCY_HOLD, tier, first, last});
	while ((ret = reader_step(q, stmt, err)) > 0) {
		int64_t bucket = sqlite3_column_int64(stmt, 0), from, middle;

		/* A damaged index gives rows that nobody asked for. */
		if (bucket < first || bucket > last)
			continue;
		from = bucket << tier;
		middle = reader_middle(from, tier, life_from, life_until);

		if (c->width_ns < bucket_ns) {
			histogram_init(&h);
			if ((ret = reader_histogram(stmt, &h, err)))
				break;
			repeat(c, &h, from, from + bucket_ns);
			continue;
		}
		if (middle < c->start_ns || middle >= end_of(c))
			continue;
		if ((size_t)((middle - c->start_ns) / c->width_ns) != column) {
			take(c, column, &h);
			histogram_init(&h);
			column = (size_t)((middle - c->start_ns) / c->width_ns);
		}
		if ((ret = reader_histogram(stmt, &h, err)))
			break;
	}
	sqlite3_reset(stmt);
	if (!ret && c->width_ns >= bucket_ns)
		take(c, column, &h);
	return ret;
}

/* Few events: each lead lies in its own column. */
static int read_leads(struct query *q, uint32_t pool, const struct columns *c,
		      const struct reader_exact *window, struct db_error *err)
{
	size_t nr, i = 0, max = (size_t)(window->last - window->first + 1);
	struct reader_lead *leads = calloc(max + 1, sizeof(*leads));
	struct histogram h;
	int ret;

	if (!leads)
		return db_fail(err, -ENOMEM, "out of memory");
	ret = reader_leads(q, pool, window, leads, max, &nr, err);
	while (!ret && i < nr) {
		int64_t column = (leads[i].end_ns - c->start_ns) / c->width_ns;

		histogram_init(&h);
		for (; i < nr && (leads[i].end_ns - c->start_ns) / c->width_ns == column; i++)
			histogram_add(&h, leads[i].lead_ns);
		if (column >= 0 && (size_t)column < c->nr)
			take(c, (size_t)column, &h);
	}
	free(leads);
	return ret;
}

/* One column is a window of its own: finer buckets at its borders make it right within 8 ms. */
static int read_window(struct query *q, enum latency_kind kind, uint32_t pool,
		       const struct columns *c, struct db_error *err)
{
	struct latency_window *window = malloc(sizeof(*window));
	int ret;

	if (!window)
		return db_fail(err, -ENOMEM, "out of memory");
	ret = query_latency_window(q, kind, pool, c->start_ns, end_of(c), window, err);
	if (!ret)
		take(c, 0, &window->histogram);
	free(window);
	return ret;
}

static int read_columns(struct query *q, enum latency_kind kind, uint32_t pool,
			const struct columns *c, struct db_error *err)
{
	struct reader_exact window = {.first = -1};
	int ret = reader_check_window(c->start_ns, c->width_ns, c->nr, err);

	if (ret || !c->nr)
		return ret;
	memset(c->out, 0, c->nr * sizeof(*c->out));
	if (c->cells)
		memset(c->cells, 0, c->nr * sizeof(*c->cells));
	if (c->fine && kind == LATENCY_LEAD)
		ret = reader_exact(q, pool, c->start_ns, c->width_ns, c->nr, &window, err);
	if (ret)
		return ret;
	if (window.first >= 0)
		return read_leads(q, pool, c, &window, err);
	return c->fine && c->nr == 1 ? read_window(q, kind, pool, c, err)
				     : read_buckets(q, kind, pool, c, err);
}

int query_latency(struct query *q, enum latency_kind kind, uint32_t pool, int64_t start_ns,
		  int64_t width_ns, size_t nr, struct latency *out, struct db_error *err)
{
	const struct columns c = {start_ns, width_ns, nr, out, NULL, false};

	return read_columns(q, kind, pool, &c, err);
}

int query_latency_fine(struct query *q, enum latency_kind kind, uint32_t pool, int64_t start_ns,
		       int64_t width_ns, size_t nr, struct latency *out,
		       struct latency_cells *cells, struct db_error *err)
{
	const struct columns c = {start_ns, width_ns, nr, out, cells, true};

	return read_columns(q, kind, pool, &c, err);
}
