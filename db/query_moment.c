/* SPDX-License-Identifier: MIT */
/* The next moment worth a look: an event, a drop, fallback, a failure, a crossing of a mark. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

/* Of one pool, from one direction, within [first, last]. */
struct hunt {
	struct query *q;
	uint32_t pool;
	int by;		     /* 1 or -1 */
	int64_t first, last; /* seqs */
	struct pool_marks marks;
	struct db_error *err;
};

static int64_t id_of(const struct hunt *h, int64_t seq)
{
	return (int64_t)((uint64_t)h->pool << DB_SEQ_BITS) + seq;
}

/* Runs a statement of up to five numbers that gives one number.  Returns: 1, 0 none, -errno. */
static int ask(struct hunt *h, const char *text, const int64_t values[5], int64_t *answer)
{
	sqlite3_stmt *stmt;
	int ret;

	if (sqlite3_prepare_v2(h->q->db, text, -1, &stmt, NULL) != SQLITE_OK)
		return db_fail_sqlite(h->err, h->q->db, h->q->path);
	guard_begin(&h->q->guard);
	for (int i = 0; i < sqlite3_bind_parameter_count(stmt); i++)
		sqlite3_bind_int64(stmt, i + 1, values[i]);
	ret = reader_step(h->q, stmt, h->err);
	if (ret > 0 && sqlite3_column_type(stmt, 0) == SQLITE_NULL)
		ret = 0;
	if (ret > 0)
		*answer = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return ret;
}

/* --- by their own tables -----------------------------------------------------------------------
 */

#define ONE(table, where, order)                                                                   \
	"SELECT * FROM (SELECT id FROM " table " WHERE id >= ?1 AND id <= ?2" where                \
	" ORDER BY id " order " LIMIT 1)"
#define OR_ONE(table, order) " UNION ALL " ONE(table, "", order)
/* clang-format off */
#define ANY(order)                                                                                 \
	ONE("ev_rx", "", order) OR_ONE("ev_open", order) OR_ONE("ev_tick", order)                  \
	OR_ONE("ev_request", order) OR_ONE("ev_refused", order) OR_ONE("ev_complete", order)       \
	OR_ONE("ev_free", order) OR_ONE("ev_drop", order) OR_ONE("ev_fallback", order)             \
	OR_ONE("ev_violation", order) OR_ONE("ev_close", order)
/* clang-format on */
#define FAILURES(order)                                                                            \
	ONE("ev_refused", "", order) " UNION ALL " ONE("ev_complete", " AND outcome = 1", order)
#define BOTH(name, text)                                                                           \
	{                                                                                          \
		"SELECT min(id) FROM (" text("") ")", "SELECT max(id) FROM (" text("DESC") ")"     \
	}
#define DROPS(order)	 ONE("ev_drop", "", order)
#define FALLBACKS(order) ONE("ev_fallback", " AND is_on = 1", order)

static const char *const any_sql[2] = BOTH(any, ANY);
static const char *const drop_sql[2] = BOTH(drop, DROPS);
static const char *const fallback_sql[2] = BOTH(fallback, FALLBACKS);
static const char *const failure_sql[2] = BOTH(failure, FAILURES);

/* The nearest event of a table within two seqs.  Returns: 1, 0, -errno. */
static int nearest(struct hunt *h, const char *const sql[2], int64_t first, int64_t last,
		   int64_t *seq)
{
	int64_t id = 0;
	int ret = first > last ? 0
			       : ask(h, sql[h->by < 0],
				     (int64_t[5]){id_of(h, first), id_of(h, last)}, &id);

	if (ret <= 0)
		return ret;
	*seq = id - id_of(h, 0);
	if (*seq < first || *seq > last)
		return db_fail(h->err, -EINVAL, "%s: the database is damaged: events out of order",
			       h->q->path);
	return 1;
}

/* --- by the roll-ups ----------------------------------------------------------------------------
 */

#define BUCKET(what, order)                                                                        \
	"SELECT bucket FROM level_row WHERE pool = ?1 AND tier = ?2 AND bucket >= ?3"              \
	" AND bucket <= ?4 AND " what " > 0 ORDER BY bucket " order " LIMIT 1"
#define BUCKETS(what)                                                                              \
	{                                                                                          \
		BUCKET(what, ""), BUCKET(what, "DESC")                                             \
	}

static const char *const failed_buckets[2] = BUCKETS("failed");
static const char *const low_buckets[2] = BUCKETS("low_crossings");
static const char *const high_buckets[2] = BUCKETS("high_crossings");

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * The nearest bucket of the finest tier within [first, last] that counts something: each bucket of
 * a wider tier that does is looked into, and only those at the ends can disappoint.
 */
static int nearest_bucket(struct hunt *h, const char *const sql[2], int tier, int64_t first,
			  int64_t last, int64_t *bucket)
{
	unsigned shift = tier_shift[tier] - tier_shift[0];
	int64_t from = first >> shift, to = last >> shift, at = 0;
	int ret;

	while (from <= to) {
		ret = ask(h, sql[h->by < 0], (int64_t[5]){h->pool, tier_shift[tier], from, to},
			  &at);
		if (ret <= 0)
			return ret;
		if (at < from || at > to)
			return db_fail(h->err, -EINVAL,
				       "%s: the database is damaged: roll-ups out of order",
				       h->q->path);
		*bucket = at;
		if (!tier)
			return 1;
		ret = nearest_bucket(h, sql, tier - 1, larger(first, at << shift),
				     smaller(last, ((at + 1) << shift) - 1), bucket);
		if (ret)
			return ret;
		if (h->by > 0)
			from = at + 1;
		else
			to = at - 1;
	}
	return 0;
}

/* A crossing within a bucket's events. */
struct crossing {
	const struct hunt *hunt;
	bool low;
	struct level_state level;
	int64_t seq; /* -1: none yet */
};

static int look_for_crossing(const struct pool_event *e, void *ctx)
{
	struct crossing *c = ctx;
	uint32_t before = c->level.available, after;

	reader_follow(&c->level, e);
	after = c->level.available;
	if (before == POOL_UNKNOWN || after == POOL_UNKNOWN || (int64_t)e->seq < c->hunt->first ||
	    (int64_t)e->seq > c->hunt->last)
		return 0;
	if (c->low ? before > c->hunt->marks.low && after <= c->hunt->marks.low
		   : before < c->hunt->marks.high && after >= c->hunt->marks.high) {
		c->seq = (int64_t)e->seq;
		return c->hunt->by > 0; /* backwards the last one counts */
	}
	return 0;
}

static int crossing_between(struct hunt *h, bool low, int64_t first, int64_t last, int64_t start_ns,
			    int64_t *seq)
{
	struct crossing c = {.hunt = h, .low = low, .seq = -1};
	struct query_instant before;
	int ret = query_instant(h->q, h->pool, start_ns - 1, &before, h->err);

	if (ret)
		return ret;
	c.level = (struct level_state){before.available, before.total, before.pending,
				       before.fallback};
	ret = reader_between(h->q, h->pool, first, last, false, look_for_crossing, &c, h->err);
	if (ret < 0)
		return ret;
	*seq = c.seq;
	return c.seq >= 0;
}

/* The events of a bucket.  Returns: 0 or -errno; first > last when there are none. */
static int events_of(struct hunt *h, int64_t bucket, int64_t *first, int64_t *last)
{
	int64_t start_ns = bucket << tier_shift[0];
	int ret = reader_seek(h->q, h->pool, start_ns - 1, first, h->err);

	++*first;
	return ret ? ret
		   : reader_seek(h->q, h->pool, start_ns + (INT64_C(1) << tier_shift[0]) - 1, last,
				 h->err);
}

/* Returns: 1 with *seq, 0 none, -errno. */
static int by_rollup(struct hunt *h, const char *const sql[2], enum query_moment kind,
		     int64_t from_ns, int64_t to_ns, int64_t *seq)
{
	int64_t from = from_ns >> tier_shift[0], to = to_ns >> tier_shift[0];
	int64_t bucket = 0, first = 0, last = -1;
	int ret;

	/* Twice at most: the bucket that the hunt begins in may have nothing on this side. */
	for (int i = 0; i < 2; i++) {
		ret = nearest_bucket(h, sql, TIER_NR - 1, from, to, &bucket);
		if (ret <= 0)
			return ret;
		ret = events_of(h, bucket, &first, &last);
		if (ret)
			return ret;
		if (kind == QUERY_MOMENT_FAILURE)
			ret = nearest(h, failure_sql, larger(first, h->first),
				      smaller(last, h->last), seq);
		else
			ret = crossing_between(h, kind == QUERY_MOMENT_LOW, first, last,
					       bucket << tier_shift[0], seq);
		if (ret)
			return ret;
		if (h->by > 0)
			from = bucket + 1;
		else
			to = bucket - 1;
	}
	/* The marks were others then: the roll-up says that it was here. */
	*seq = h->by > 0 ? first : last;
	return *seq >= h->first && *seq <= h->last;
}

static int find(struct hunt *h, enum query_moment kind, int64_t from_ns, int64_t to_ns,
		int64_t *seq)
{
	switch (kind) {
	case QUERY_MOMENT_EVENT:
		return nearest(h, any_sql, h->first, h->last, seq);
	case QUERY_MOMENT_DROP:
		return nearest(h, drop_sql, h->first, h->last, seq);
	case QUERY_MOMENT_FALLBACK:
		return nearest(h, fallback_sql, h->first, h->last, seq);
	case QUERY_MOMENT_FAILURE:
		return by_rollup(h, failed_buckets, kind, from_ns, to_ns, seq);
	case QUERY_MOMENT_LOW:
		return by_rollup(h, low_buckets, kind, from_ns, to_ns, seq);
	case QUERY_MOMENT_HIGH:
		return by_rollup(h, high_buckets, kind, from_ns, to_ns, seq);
	}
	return 0;
}

/* What lies on the wanted side of the place to begin at; and the marks. */
static int begin(struct hunt *h, int64_t *ts_ns, int64_t seq)
{
	sqlite3_stmt *stmt = reader_bind(h->q, QUERY_SPAN, 1, (int64_t[]){h->pool});
	int ret = reader_step(h->q, stmt, h->err);

	h->first = 0;
	h->last = ret > 0 ? larger(sqlite3_column_int64(stmt, 3), 0) - 1 : -1;
	h->marks.low = ret > 0 ? (uint32_t)sqlite3_column_int64(stmt, 4) : 0;
	h->marks.high = ret > 0 ? (uint32_t)sqlite3_column_int64(stmt, 5) : UINT32_MAX;
	sqlite3_reset(stmt);
	if (ret < 0)
		return ret;
	if (h->pool >= UINT32_C(1) << (62 - DB_SEQ_BITS)) /* no recording has it */
		h->last = -1;
	if (h->last >= INT64_C(1) << DB_SEQ_BITS)
		h->last = (INT64_C(1) << DB_SEQ_BITS) - 1;
	*ts_ns = reader_time(*ts_ns);
	ret = 0;
	if (seq < 0) {
		ret = reader_seek(h->q, h->pool, h->by > 0 ? *ts_ns : *ts_ns - 1, &seq, h->err);
		seq += h->by < 0;
	}
	if (h->by > 0)
		h->first = seq + 1;
	else if (seq <= h->last)
		h->last = seq - 1;
	return ret;
}

static int read_found(struct hunt *h, int64_t seq, struct query_moment_found *out)
{
	out->found = true;
	return reader_between(h->q, h->pool, seq, seq, false, reader_copy_event, &out->event,
			      h->err);
}

int query_moment(struct query *q, uint32_t pool, unsigned kinds, int64_t ts_ns, int64_t seq, int by,
		 struct query_moment_found *out, struct db_error *err)
{
	struct hunt h = {.q = q, .pool = pool, .by = by < 0 ? -1 : 1, .err = err};
	int64_t best = -1;
	int ret = begin(&h, &ts_ns, seq);

	memset(out, 0, sizeof(*out));
	for (int i = 0; !ret && i < QUERY_MOMENT_NR; i++) {
		enum query_moment kind = (enum query_moment)(1 << i);
		int64_t at;

		if (!(kinds & kind))
			continue;
		ret = h.by > 0 ? find(&h, kind, ts_ns, INT64_C(1) << 62, &at)
			       : find(&h, kind, 0, ts_ns, &at);
		if (ret <= 0)
			continue;
		ret = 0;
		if (best >= 0 && (h.by > 0 ? at >= best : at <= best))
			continue;
		best = at;
		out->kind = kind;
	}
	return ret || best < 0 ? ret : read_found(&h, best, out);
}
