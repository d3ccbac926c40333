/* SPDX-License-Identifier: MIT */
/* The newest part of a pool's record: where it begins, and a walk over it. */
#include <sqlite3.h>

#include "db/level.h"
#include "db/reader.h"

/* What is left of the steps, and the buckets that the place lies in. */
struct descent {
	struct query *q;
	uint32_t pool;
	uint64_t left;
	int64_t first, last; /* buckets of the tier that is looked at */
	bool full;	     /* those that are newer were as many as were wanted */
};

/* Newest first, until the bucket that has too many.  Returns: 1 found, in first; 0 none; -errno. */
static int descend(struct descent *d, unsigned tier, struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(d->q, QUERY_NEWEST, 4, (int64_t[]){d->pool, tier, d->first, d->last});
	int ret;

	while ((ret = reader_step(d->q, stmt, err)) > 0) {
		int64_t said = sqlite3_column_int64(stmt, 1);
		uint64_t steps = said > 0 ? (uint64_t)said : 0;

		if (steps > d->left) {
			d->first = d->last = sqlite3_column_int64(stmt, 0);
			break;
		}
		d->left -= steps;
		d->full |= steps > 0;
	}
	sqlite3_reset(stmt);
	return ret;
}

/* The start of a bucket; of hostile numbers there are some that have none. */
static int64_t start_of(int64_t bucket, unsigned tier)
{
	int64_t most = (INT64_C(1) << 62) >> tier;

	return (bucket < 0 ? 0 : bucket > most ? most : bucket) << tier;
}

int query_newest(struct query *q, uint32_t pool, uint64_t steps, int64_t *from_ns,
		 struct db_error *err)
{
	struct descent d = {q, pool, steps, INT64_MIN, INT64_MAX, false};
	int ret = 1;

	*from_ns = 0;
	for (int i = TIER_NR - 1; i >= 0 && ret > 0; i--) {
		unsigned tier = tier_shift[i];

		ret = descend(&d, tier, err);
		if (ret > 0)
			*from_ns = start_of(d.first, tier);
		if (ret <= 0 || !i)
			break;
		d.last = (start_of(d.first + 1, tier) >> tier_shift[i - 1]) - 1;
		d.first = *from_ns >> tier_shift[i - 1];
	}
	/* The finest has too many, and those after it have not. */
	if (ret > 0 && d.full)
		*from_ns = start_of(d.first + 1, tier_shift[0]);
	return ret < 0 ? ret : 0;
}

int query_events_since(struct query *q, uint32_t pool, int64_t from_ns,
		       int (*before)(const struct pool_event *, void *ctx),
		       int (*each)(const struct pool_event *, void *ctx), void *ctx,
		       struct db_error *err)
{
	struct reader_neighbours found;
	struct reader_reach reach;
	int ret = reader_reach(q, pool, &reach, err);

	if (!ret)
		ret = reader_seek_within(q, &reach, from_ns - 1, &found, err);
	if (ret || !reach.end)
		return ret;
	if (found.seq >= 0)
		ret = reader_between(q, pool, 0, found.seq, true, before, ctx, err);
	if (!ret)
		ret = reader_between(q, pool, found.seq + 1, reach.end - 1, false, each, ctx, err);
	return ret;
}
