/* SPDX-License-Identifier: MIT */
#include "db/query_lead.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

#define POOL_IDS(pool)	   ((int64_t)((uint64_t)(pool) << DB_SEQ_BITS))
#define POOL_IDS_END(pool) (POOL_IDS(pool) + (INT64_C(1) << DB_SEQ_BITS))

/* A window in whole buckets of the finest tier. */
static int check(int64_t from_ns, int64_t to_ns, int64_t *first, int64_t *end, struct db_error *err)
{
	*first = *end = 0;
	if (from_ns < 0 || to_ns <= from_ns || to_ns > INT64_MAX / 2)
		return db_fail(err, -EINVAL, "not a window of time");
	*first = from_ns >> tier_shift[0];
	*end = ((to_ns - 1) >> tier_shift[0]) + 1;
	return 0;
}

/* --- the whole window ------------------------------------------------------------------------ */

static int add_range(struct query *q, int what, uint32_t pool, const struct tier_range *range,
		     struct histogram *h, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(
		q, QUERY_LATENCY, 5,
		(int64_t[]){pool, what, tier_shift[range->tier], range->first, range->last});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0)
		if ((ret = reader_histogram(stmt, h, err)))
			break;
	sqlite3_reset(stmt);
	return ret;
}

int query_latency_window(struct query *q, enum latency_kind kind, uint32_t pool, int64_t from_ns,
			 int64_t to_ns, struct latency_window *out, struct db_error *err)
{
	struct tier_range cover[TIER_COVER_MAX];
	int64_t first, end;
	size_t nr;
	int ret;

	memset(&out->figures, 0, sizeof(out->figures));
	histogram_init(&out->histogram);
	ret = check(from_ns, to_ns, &first, &end, err);
	if (ret)
		return ret;
	out->from_ns = first << tier_shift[0];
	out->to_ns = end << tier_shift[0];
	nr = tier_cover(first, end, cover);
	for (size_t i = 0; i < nr && !ret; i++)
		ret = add_range(q, kind == LATENCY_HOLD, pool, &cover[i], &out->histogram, err);
	if (!ret)
		latency_of(&out->histogram, &out->figures);
	return ret;
}

/* --- the worst ------------------------------------------------------------------------------- */

#define BUCKETS_MAX 65536 /* that wait to be looked into */

/* A bucket, and what its longest lead is. */
struct node {
	int64_t max_ns, bucket;
	int tier;
};

/* Buckets by their longest lead, and the longest leads so far. */
struct hunt {
	struct query *q;
	uint32_t pool;
	int64_t from_ns, to_ns, base_ns;
	struct node *heap;
	size_t nr, room;
	struct lead_case *best;
	size_t nr_best, nr_max;
};

static bool is_before(const struct node *a, const struct node *b)
{
	return a->max_ns > b->max_ns || (a->max_ns == b->max_ns && a->bucket < b->bucket);
}

static void swap(struct node *a, struct node *b)
{
	struct node t = *a;

	*a = *b;
	*b = t;
}

static int push(struct hunt *h, struct node node, struct db_error *err)
{
	size_t i = h->nr;

	if (h->nr == h->room) {
		size_t room = h->room ? h->room * 2 : 256;
		struct node *grown =
			room > BUCKETS_MAX ? NULL : realloc(h->heap, room * sizeof(*grown));

		if (!grown)
			return db_fail(err, -ENOMEM, "out of memory");
		h->heap = grown;
		h->room = room;
	}
	h->heap[h->nr++] = node;
	for (; i && is_before(&h->heap[i], &h->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&h->heap[i], &h->heap[(i - 1) / 2]);
	return 0;
}

static struct node pop(struct hunt *h)
{
	struct node top = h->heap[0];
	size_t i = 0;

	h->heap[0] = h->heap[--h->nr];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < h->nr && is_before(&h->heap[child + 1], &h->heap[child]))
			child++;
		if (child >= h->nr || !is_before(&h->heap[child], &h->heap[i]))
			return top;
		swap(&h->heap[i], &h->heap[child]);
		i = child;
	}
}

static bool is_enough(const struct hunt *h, int64_t max_ns)
{
	return h->nr_best == h->nr_max && h->best[h->nr_best - 1].lead_ns >= max_ns;
}

static int push_range(struct hunt *h, const struct tier_range *range, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(
		h->q, QUERY_WORST_BUCKETS, 4,
		(int64_t[]){h->pool, tier_shift[range->tier], range->first, range->last});
	int ret;

	while ((ret = reader_step(h->q, stmt, err)) > 0) {
		struct node node = {sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 0),
				    range->tier};

		/* A damaged index gives rows that nobody asked for. */
		if (node.bucket < range->first || node.bucket > range->last ||
		    is_enough(h, node.max_ns))
			continue;
		if ((ret = push(h, node, err)))
			break;
	}
	sqlite3_reset(stmt);
	return ret;
}

/* Puts a lead where it belongs; the shortest falls off. */
static void keep(struct hunt *h, const struct lead_case *lead)
{
	size_t i;

	if (h->nr_best == h->nr_max && lead->lead_ns <= h->best[h->nr_best - 1].lead_ns)
		return;
	i = h->nr_best < h->nr_max ? h->nr_best++ : h->nr_best - 1;
	for (; i && h->best[i - 1].lead_ns < lead->lead_ns; i--)
		h->best[i] = h->best[i - 1];
	h->best[i] = *lead;
}

static struct lead_case read_lead(sqlite3_stmt *stmt, int64_t base_ns)
{
	bool freed = sqlite3_column_type(stmt, 4) != SQLITE_NULL;
	struct lead_case lead = {
		.id = sqlite3_column_int64(stmt, 0),
		.request = (uint64_t)sqlite3_column_int64(stmt, 1),
		.requested_ns = reader_time(reader_time(sqlite3_column_int64(stmt, 2)) + base_ns),
		.completed_ns = reader_time(reader_time(sqlite3_column_int64(stmt, 3)) + base_ns),
		.outcome = sqlite3_column_int(stmt, 5),
		.block = (uint32_t)sqlite3_column_int64(stmt, 6),
		.buffers = sqlite3_column_type(stmt, 7) == SQLITE_NULL
				   ? POOL_UNKNOWN
				   : (uint32_t)sqlite3_column_int64(stmt, 7),
	};

	if (freed)
		lead.freed_ns = reader_time(reader_time(sqlite3_column_int64(stmt, 4)) + base_ns);
	lead.lead_ns =
		lead.completed_ns > lead.requested_ns ? lead.completed_ns - lead.requested_ns : 0;
	return lead;
}

/* The completions of a bucket of the finest tier, as far as it lies in the window. */
static int look_into(struct hunt *h, const struct node *node, struct db_error *err)
{
	int64_t start = node->bucket << tier_shift[0], end = start + (INT64_C(1) << tier_shift[0]);
	sqlite3_stmt *stmt;
	int ret;

	start = start < h->from_ns ? h->from_ns : start;
	end = end > h->to_ns ? h->to_ns : end;
	stmt = reader_bind(
		h->q, QUERY_WORST, 4,
		(int64_t[]){h->pool, start - h->base_ns, end - 1 - h->base_ns, (int64_t)h->nr_max});
	while ((ret = reader_step(h->q, stmt, err)) > 0) {
		struct lead_case lead = read_lead(stmt, h->base_ns);

		keep(h, &lead);
	}
	return ret;
}

static int hunt(struct hunt *h, struct db_error *err)
{
	int ret = 0;

	while (!ret && h->nr && !is_enough(h, h->heap[0].max_ns)) {
		struct node node = pop(h);
		int step;

		if (!node.tier) {
			ret = look_into(h, &node, err);
			continue;
		}
		step = tier_shift[node.tier] - tier_shift[node.tier - 1];
		ret = push_range(h,
				 &(struct tier_range){node.tier - 1, node.bucket << step,
						      ((node.bucket + 1) << step) - 1},
				 err);
	}
	return ret;
}

int query_worst_leads(struct query *q, uint32_t pool, int64_t from_ns, int64_t to_ns, size_t nr_max,
		      struct lead_case *out, size_t *nr, struct db_error *err)
{
	struct hunt h = {.q = q,
			 .pool = pool,
			 .from_ns = from_ns,
			 .to_ns = to_ns,
			 .best = out,
			 .nr_max = nr_max};
	struct tier_range cover[TIER_COVER_MAX];
	int64_t first, end;
	size_t nr_cover;
	int ret = check(from_ns, to_ns, &first, &end, err);

	*nr = 0;
	if (ret || !nr_max)
		return ret;
	ret = reader_base(q, &h.base_ns, err);
	nr_cover = tier_cover(first, end, cover);
	for (size_t i = 0; i < nr_cover && !ret; i++)
		ret = push_range(&h, &cover[i], err);
	if (!ret)
		ret = hunt(&h, err);
	free(h.heap);
	*nr = h.nr_best;
	return ret;
}

/* --- why ------------------------------------------------------------------------------------- */

static uint32_t count_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		       ? POOL_UNKNOWN
		       : (uint32_t)sqlite3_column_int64(stmt, column);
}

/* The event of the request; several may have its time. */
static int find_request(struct query *q, uint32_t pool, const struct lead_case *lead, int64_t ts,
			struct lead_why *out, int64_t *id, struct db_error *err)
{
	sqlite3_stmt *stmt;
	int64_t after;
	int ret = reader_seek_in(q, QUERY_SEEK_REQUEST, pool, ts, &after, err);

	if (ret)
		return ret;
	stmt = reader_bind(q, QUERY_WHY_REQUEST, 2, (int64_t[]){after, POOL_IDS(pool)});
	while ((ret = reader_step(q, stmt, err)) > 0) {
		uint32_t pending = count_at(stmt, 3);

		if ((uint64_t)sqlite3_column_int64(stmt, 0) != lead->request)
			continue;
		out->known = true;
		out->available = count_at(stmt, 1);
		out->total = count_at(stmt, 2);
		out->others = pending && pending != POOL_UNKNOWN ? pending - 1 : 0;
		*id = sqlite3_column_int64(stmt, 4);
		break;
	}
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

static int get_int(struct query *q, enum query_statement which, int64_t a, int64_t b,
		   int64_t values[2], struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, which, 2, (int64_t[]){a, b});
	int ret = reader_step(q, stmt, err);

	for (int i = 0; i < 2; i++)
		values[i] = ret > 0 && i < sqlite3_column_count(stmt)
				    ? sqlite3_column_int64(stmt, i)
				    : 0;
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

static int find_fallback(struct query *q, uint32_t pool, const int64_t span[2],
			 struct lead_why *out, struct db_error *err)
{
	int64_t before[2] = {0}, fell[2] = {0};
	int ret = get_int(q, QUERY_WHY_FALLBACK, span[0], POOL_IDS(pool), before, err);

	if (!ret)
		ret = get_int(q, QUERY_WHY_FELL, span[0], span[1], fell, err);
	out->fallback = before[0] || fell[0];
	return ret;
}

#define DROPS_MAX 4096 /* as in the statement */

static int count_drops(struct query *q, const int64_t span[2], struct lead_why *out,
		       struct db_error *err)
{
	int64_t drops[2] = {0};
	int ret = get_int(q, QUERY_WHY_DROPS, span[0], span[1], drops, err);

	out->dropped = (uint64_t)reader_time(drops[0]);
	out->dropped_at_least = drops[1] == DROPS_MAX;
	return ret;
}

#define FAILURES_MAX 32 /* as in the statement */

static int count_failures(struct query *q, uint32_t pool, int64_t id, struct lead_why *out,
			  struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_WHY_BEFORE, 2, (int64_t[]){id, POOL_IDS(pool)});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		int outcome = sqlite3_column_int(stmt, 0);

		/* One that is pending says nothing yet. */
		if (sqlite3_column_type(stmt, 0) == SQLITE_NULL)
			continue;
		if (outcome != -1 && outcome != POOL_OUTCOME_NULL)
			break;
		out->failures++;
	}
	sqlite3_reset(stmt);
	out->failures_at_least = out->failures == FAILURES_MAX;
	return ret < 0 ? ret : 0;
}

int query_lead_why(struct query *q, uint32_t pool, const struct lead_case *lead,
		   struct lead_why *out, struct db_error *err)
{
	struct level_column column = {0};
	int64_t base_ns, span[2] = {0}; /* ids: the request's, and one past the completion's */
	int ret = reader_base(q, &base_ns, err);

	memset(out, 0, sizeof(*out));
	if (!ret)
		ret = find_request(q, pool, lead, lead->requested_ns - base_ns, out, &span[0], err);
	if (!ret && out->known)
		ret = reader_seek_in(q, QUERY_SEEK_COMPLETE, pool, lead->completed_ns - base_ns,
				     &span[1], err);
	if (!ret && out->known)
		ret = find_fallback(q, pool, span, out, err);
	if (!ret && out->known)
		ret = count_drops(q, span, out, err);
	if (!ret)
		ret = count_failures(q, pool, lead->id, out, err);
	if (!ret)
		ret = query_level(q, pool, lead->requested_ns, lead->lead_ns + 1, 1, &column, err);
	out->loss = column.loss;
	return ret;
}
