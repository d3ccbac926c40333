/* SPDX-License-Identifier: MIT */
/* Lead and hold times in columns, from the histograms of one roll-up tier. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "db/error.h"
#include "db/histogram.h"
#include "db/reader.h"

static void take(const struct histogram *h, struct latency *out)
{
	out->count = h->count;
	out->p50_ns = histogram_quantile(h, 500);
	out->p90_ns = histogram_quantile(h, 900);
	out->p99_ns = histogram_quantile(h, 990);
	out->p999_ns = histogram_quantile(h, 999);
	out->max_ns = h->max_ns;
}

static int decode(sqlite3_stmt *stmt, struct histogram *h, struct db_error *err)
{
	const void *bins = sqlite3_column_blob(stmt, 2);
	int nr = sqlite3_column_bytes(stmt, 2);

	if (bins && histogram_decode(h, bins, (size_t)nr, sqlite3_column_int64(stmt, 1)))
		return db_fail(err, -EIO, "the database is damaged: a histogram is not whole");
	return 0;
}

/* Columns narrower than the buckets: every column that a bucket touches shows all of it. */
static void repeat(const struct histogram *h, int64_t from, int64_t to, int64_t start_ns,
		   int64_t width_ns, size_t nr, struct latency *out)
{
	int64_t end_ns = start_ns + width_ns * (int64_t)nr;

	if (from < start_ns)
		from = start_ns;
	for (; from < to && from < end_ns; from += width_ns - (from - start_ns) % width_ns)
		take(h, &out[(from - start_ns) / width_ns]);
}

/*
 * A bucket belongs to the column that its middle lies in; buckets come in order, so one histogram
 * at a time is enough.
 */
int query_latency(struct query *q, enum latency_kind kind, uint32_t pool, int64_t start_ns,
		  int64_t width_ns, size_t nr, struct latency *out, struct db_error *err)
{
	unsigned tier = reader_tier(width_ns);
	int64_t bucket_ns = INT64_C(1) << tier, end_ns;
	struct histogram h;
	sqlite3_stmt *stmt;
	size_t column = 0;
	int ret = reader_check_window(start_ns, width_ns, nr, err);

	if (ret || !nr)
		return ret;
	memset(out, 0, nr * sizeof(*out));
	histogram_init(&h);
	end_ns = start_ns + width_ns * (int64_t)nr;
	stmt = reader_bind(q, QUERY_LATENCY, 5,
			   (int64_t[]){pool, kind == LATENCY_HOLD, tier, start_ns >> tier,
				       (end_ns - 1) >> tier});
	while ((ret = reader_step(q, stmt, err)) > 0) {
		int64_t bucket = sqlite3_column_int64(stmt, 0), from, middle;

		/* A damaged index gives rows that nobody asked for. */
		if (bucket < start_ns >> tier || bucket > (end_ns - 1) >> tier)
			continue;
		from = bucket << tier;
		middle = from + bucket_ns / 2;

		if (width_ns < bucket_ns) {
			histogram_init(&h);
			if ((ret = decode(stmt, &h, err)))
				break;
			repeat(&h, from, from + bucket_ns, start_ns, width_ns, nr, out);
			continue;
		}
		if (middle < start_ns || middle >= end_ns)
			continue;
		if ((size_t)((middle - start_ns) / width_ns) != column) {
			take(&h, &out[column]);
			histogram_init(&h);
			column = (size_t)((middle - start_ns) / width_ns);
		}
		if ((ret = decode(stmt, &h, err)))
			break;
	}
	sqlite3_reset(stmt);
	if (!ret && width_ns >= bucket_ns)
		take(&h, &out[column]);
	return ret;
}
