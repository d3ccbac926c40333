/* SPDX-License-Identifier: MIT */
#ifndef DB_LATENCY_H
#define DB_LATENCY_H
/*
 * One pool's lead or hold times rolled up: a histogram of the open bucket of each tier
 * (db/level.h), and one of the pool's whole life.
 */
#include <stdint.h>

#include "db/histogram.h"
#include "db/level.h"

struct latency_rollup {
	struct histogram life;
	struct {
		int64_t bucket; /* start >> tier_shift[] */
		struct histogram histogram;
	} open[TIER_NR];
};

typedef void (*latency_emit)(unsigned tier, int64_t bucket, const struct histogram *h, void *ctx);

struct latency_rollup *latency_rollup_open(void); /* NULL: out of memory; free() it */

/* Counts a latency that ended at ts_ns (not before the last one); buckets that end before are
 * emitted. */
void latency_rollup_add(struct latency_rollup *l, int64_t ts_ns, int64_t value_ns,
			latency_emit emit, void *ctx);

/* The open buckets as they are now. */
void latency_rollup_emit_open(const struct latency_rollup *l, latency_emit emit, void *ctx);

#endif
