/* SPDX-License-Identifier: MIT */
#include "db/latency.h"

#include <stdlib.h>

struct latency_rollup *latency_rollup_open(void)
{
	struct latency_rollup *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	histogram_init(&l->life);
	for (int i = 0; i < TIER_NR; i++) {
		l->open[i].bucket = INT64_MIN;
		histogram_init(&l->open[i].histogram);
	}
	return l;
}

/* Ends the buckets before ts_ns, narrow ones first, each added to the wider one that contains it.
 */
static void advance(struct latency_rollup *l, int64_t ts_ns, latency_emit emit, void *ctx)
{
	for (int i = 0; i < TIER_NR; i++) {
		struct histogram *h = &l->open[i].histogram;
		int64_t bucket = ts_ns >> tier_shift[i];

		if (bucket == l->open[i].bucket)
			return;
		if (h->count) {
			emit(tier_shift[i], l->open[i].bucket, h, ctx);
			if (i + 1 < TIER_NR)
				histogram_merge(&l->open[i + 1].histogram, h);
			histogram_init(h);
		}
		l->open[i].bucket = bucket;
	}
}

void latency_rollup_add(struct latency_rollup *l, int64_t ts_ns, int64_t value_ns,
			latency_emit emit, void *ctx)
{
	if (ts_ns >> tier_shift[0] != l->open[0].bucket)
		advance(l, ts_ns, emit, ctx);
	histogram_add(&l->open[0].histogram, value_ns);
	histogram_add(&l->life, value_ns);
}

void latency_rollup_emit_open(const struct latency_rollup *l, latency_emit emit, void *ctx)
{
	struct histogram sum;

	histogram_init(&sum);
	for (int i = 0; i < TIER_NR; i++) {
		histogram_merge(&sum, &l->open[i].histogram);
		if (sum.count)
			emit(tier_shift[i], l->open[i].bucket, &sum, ctx);
	}
}
