/* SPDX-License-Identifier: MIT */
/* The log a screen at a time: what lies in each pool's tables, merged by time. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/error.h"
#include "db/query_log_merge.h"
#include "db/query_log_sql.h"

#define ID_MASK ((INT64_C(1) << DB_SEQ_BITS) - 1)

/* What its summary says of a pool. */
struct pool_reach {
	struct reader_reach in;
	bool has_gaps; /* rows in `loss` that are of its seqs */
};

static int64_t mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* --- merging ---------------------------------------------------------------------------------- */

static bool is_done(const struct log_stream *s)
{
	return s->at == s->nr && s->over;
}

static int64_t time_of(const struct log_stream *s)
{
	return s->at < s->nr ? s->chunk[s->at].ts_ns : s->bound_ns;
}

/* The one whose row is next, or that must be looked on in before that is known. */
static struct log_stream *foremost(struct log_merge *m)
{
	struct log_stream *best = NULL;

	for (size_t i = 0; i < m->nr; i++) {
		struct log_stream *s = &m->streams[i];

		if (is_done(s))
			continue;
		/* In order of pools: of equals the first one comes first, and last backwards. */
		if (!best || (m->by > 0 ? time_of(s) < time_of(best) : time_of(s) >= time_of(best)))
			best = s;
	}
	return best;
}

static int read_loss(struct log_merge *m, const struct log_stream *s, struct log_row *row)
{
	int ret;

	guard_begin(&m->q->guard);
	sqlite3_reset(m->gap);
	sqlite3_bind_int64(m->gap, 1, s->pool);
	sqlite3_bind_int64(m->gap, 2, row->place.seq);
	ret = reader_step(m->q, m->gap, m->err);
	row->is_loss = true;
	row->loss.pool = s->pool;
	if (ret > 0) {
		const char *source = (const char *)sqlite3_column_text(m->gap, 3);

		if (sqlite3_column_type(m->gap, 4) != SQLITE_NULL)
			row->loss.pool = sqlite3_column_int64(m->gap, 4);
		row->loss.start_ns = reader_time(sqlite3_column_int64(m->gap, 0));
		row->loss.end_ns = reader_time(sqlite3_column_int64(m->gap, 1));
		row->loss.events = (uint64_t)sqlite3_column_int64(m->gap, 2);
		snprintf(row->loss.source, sizeof(row->loss.source), "%s", source ? source : "?");
	}
	sqlite3_reset(m->gap);
	return ret < 0 ? ret : 0;
}

static int read_lead(struct log_merge *m, struct log_row *row)
{
	const struct pool_event *e = &row->event;
	int ret;

	guard_begin(&m->q->guard);
	sqlite3_reset(m->lead);
	sqlite3_bind_int64(m->lead, 1, e->pool);
	sqlite3_bind_int64(m->lead, 2, (int64_t)((uint64_t)e->ts_ns - (uint64_t)m->base_ns));
	sqlite3_bind_int64(m->lead, 3, (int64_t)e->u.complete.request);
	ret = reader_step(m->q, m->lead, m->err);
	if (ret > 0 && sqlite3_column_type(m->lead, 0) != SQLITE_NULL)
		row->lead_ns = sqlite3_column_int64(m->lead, 0);
	sqlite3_reset(m->lead);
	return ret < 0 ? ret : 0;
}

static int copy_row(const struct pool_event *event, void *ctx)
{
	struct log_row *row = ctx;

	if (event->kind == POOL_EVENT_RX_TAKE || event->kind == POOL_EVENT_RX_RETURN)
		for (uint32_t i = 0; i < event->u.rx.nr_buffers && i < LOG_IDS; i++)
			row->ids[i] = event->u.rx.buffers[i];
	return reader_copy_event(event, &row->event);
}

static int read_row(struct log_merge *m, const struct log_stream *s, struct log_row *row)
{
	const struct log_found *found = &s->chunk[s->at];
	int ret;

	memset(row, 0, sizeof(*row));
	row->place = (struct log_place){found->ts_ns, s->pool, found->seq};
	row->ts_ns = reader_time(found->ts_ns);
	row->lead_ns = -1;
	if (found->is_loss)
		return read_loss(m, s, row);
	ret = reader_between(m->q, (uint32_t)s->pool, found->seq, found->seq, false, copy_row, row,
			     m->err);
	if (!ret && row->event.kind == POOL_EVENT_ALLOC_COMPLETE)
		ret = read_lead(m, row);
	return ret;
}

/* Where to go on: before the row that comes next, or backwards behind it. */
static struct log_place place_of(const struct log_merge *m, const struct log_stream *s)
{
	int64_t seq = m->by > 0 ? s->first : log_after(s->last);

	if (s->at < s->nr)
		seq = m->by > 0 ? s->chunk[s->at].seq : log_after(s->chunk[s->at].seq);
	return (struct log_place){time_of(s), s->pool, seq};
}

static bool is_further(const struct log_merge *m, const struct log_place *a,
		       const struct log_place *b)
{
	int64_t order = a->ts_ns != b->ts_ns ? a->ts_ns > b->ts_ns ? 1 : -1
			: a->pool != b->pool ? a->pool - b->pool
					     : a->seq - b->seq;

	return m->by > 0 ? order > 0 : order < 0;
}

static int fill(struct log_merge *m, struct log_place *from, struct log_row *rows, size_t want,
		size_t *nr, enum log_end *end, int64_t until_ns)
{
	struct log_place here;
	int ret = 0;

	*end = LOG_FULL;
	while (!ret && *nr < want) {
		struct log_stream *s = foremost(m);

		if (!s) {
			*end = LOG_OVER;
			break;
		}
		if (s->at < s->nr) {
			ret = read_row(m, s, &rows[*nr]);
			*from = rows[*nr].place;
			if (m->by > 0)
				from->seq = log_after(from->seq);
			s->at++;
			++*nr;
			continue;
		}
		/* Each call gets further, whatever its budget. */
		here = place_of(m, s);
		if (until_ns && is_further(m, &here, from) && mono_ns() > until_ns) {
			*from = here;
			*end = LOG_LATER;
			break;
		}
		ret = log_look_on(m, s);
	}
	return ret;
}

/* --- beginning -------------------------------------------------------------------------------- */

/* A gap has the time of the event before it: it is before the place when that is. */
static int pass_gap(struct log_merge *m, int64_t pool, int64_t ts_ns, int64_t *seq)
{
	int ret;

	guard_begin(&m->q->guard);
	sqlite3_reset(m->gap);
	sqlite3_bind_int64(m->gap, 1, pool);
	sqlite3_bind_int64(m->gap, 2, *seq);
	ret = reader_step(m->q, m->gap, m->err);
	if (ret > 0 && reader_time(sqlite3_column_int64(m->gap, 0)) <= ts_ns)
		++*seq;
	sqlite3_reset(m->gap);
	return ret < 0 ? ret : 0;
}

/*
 * A page is loaded in two or three calls from the same place, and most pools have no row on it:
 * what was found of them holds for the next call, as long as the file is the same.
 */
static int seek_or_remember(struct log_merge *m, const struct reader_reach *in, int64_t ts_ns,
			    struct reader_neighbours *found)
{
	struct reader_memory *memory = m->q->memory;
	struct reader_memory *at = memory ? &memory[in->pool % READER_MEMORY] : NULL;
	int ret;

	if (at && at->known && at->pool == in->pool && at->version == m->version &&
	    at->found.ts_ns <= ts_ns && ts_ns < at->found.next_ns) {
		*found = at->found;
		return 0;
	}
	ret = reader_seek_within(m->q, in, ts_ns, found, m->err);
	if (at)
		*at = (struct reader_memory){in->pool, m->version, !ret, *found};
	return ret;
}

/*
 * The first seq of a pool that is at or behind the place, and how near to it the pool's next row
 * can be: nothing need be read of one that has none on the page, nor of one that is over by then.
 */
static int seek(struct log_merge *m, struct log_stream *s, const struct pool_reach *pool,
		const struct log_place *place, int64_t *seq)
{
	struct reader_neighbours found = {pool->in.end - 1, pool->in.last_ns, INT64_MAX};
	int64_t ts_ns = place->ts_ns;
	int ret = 0;

	*seq = place->seq;
	if (s->pool == place->pool)
		return 0;
	if (s->pool > place->pool && ts_ns > INT64_MIN)
		ts_ns--;
	if (ts_ns < pool->in.first_ns)
		found = (struct reader_neighbours){-1, INT64_MIN, pool->in.first_ns};
	else if (ts_ns < pool->in.last_ns)
		ret = seek_or_remember(m, &pool->in, ts_ns, &found);
	if (ret)
		return ret;
	*seq = found.seq + 1;
	/* Where pieces are looked at, all pools begin at the place: each call gets a piece further.
	 */
	if (!m->looks && m->by > 0 && found.next_ns > s->bound_ns)
		s->bound_ns = found.next_ns;
	if (!m->looks && m->by < 0 && found.ts_ns < s->bound_ns)
		s->bound_ns = found.ts_ns;
	return pool->has_gaps ? pass_gap(m, s->pool, ts_ns, seq) : 0;
}

static int add_pool(struct log_merge *m, const struct pool_reach *pool,
		    const struct log_place *place)
{
	struct log_stream *s = &m->streams[m->nr++];
	int64_t seq = 0, end = pool->in.end < ID_MASK ? pool->in.end : ID_MASK;
	int ret;

	*s = (struct log_stream){.pool = pool->in.pool, .bound_ns = place->ts_ns};
	ret = seek(m, s, pool, place, &seq);
	if (seq < 0)
		seq = 0;
	s->first = m->by > 0 ? seq : 0;
	s->last = m->by > 0 || seq > end ? end - 1 : seq - 1;
	s->over = s->first > s->last;
	return ret;
}

static void add_told(struct log_merge *m, const struct log_place *place)
{
	struct log_stream *s = &m->streams[m->nr++];

	*s = (struct log_stream){.pool = -1, .bound_ns = place->ts_ns, .told_ns = place->ts_ns};
	s->first = place->pool < 0 ? place->seq : m->by > 0 ? INT64_MAX : INT64_MAX - 1;
	s->over = m->filter->no_losses;
}

static int room_for(struct log_merge *m)
{
	struct log_stream *grown = reallocarray(m->streams, m->nr + 1, sizeof(*grown));

	if (!grown)
		return db_fail(m->err, -ENOMEM, "out of memory");
	m->streams = grown;
	return 0;
}

static void begin_memory(struct log_merge *m)
{
	if (!m->q->memory)
		m->q->memory = calloc(READER_MEMORY, sizeof(*m->q->memory));
	sqlite3_file_control(m->q->db, "main", SQLITE_FCNTL_DATA_VERSION, &m->version);
}

static int begin(struct log_merge *m, const struct log_place *place)
{
	sqlite3_stmt *stmt = reader_bind(m->q, QUERY_LOG_POOLS, 1, (int64_t[]){m->filter->pool});
	int ret = room_for(m);

	if (!ret)
		add_told(m, place);
	while (!ret && (ret = reader_step(m->q, stmt, m->err)) > 0) {
		struct pool_reach pool = {
			.in = {.pool = (uint32_t)sqlite3_column_int64(stmt, 0),
			       .first_ns = reader_time(sqlite3_column_int64(stmt, 2)),
			       .last_ns = reader_time(sqlite3_column_int64(stmt, 3)),
			       .base_ns = m->base_ns},
			.has_gaps = sqlite3_column_int64(stmt, 4) != 0};

		pool.in.end = reader_end_seq(pool.in.pool, sqlite3_column_int64(stmt, 1));
		if (m->nr == 1)
			begin_memory(m);
		ret = room_for(m);
		if (!ret)
			ret = add_pool(m, &pool, place);
	}
	sqlite3_reset(stmt);
	return ret;
}

#define TOLD(compare, order)                                                                       \
	"SELECT id, start_ns FROM loss WHERE source <> 'seq' AND (start_ns, id) " compare          \
	" (?1, ?2) AND id < 9223372036854775807 AND (?4 < 0 OR pool IS NULL OR pool = ?4)"         \
	" ORDER BY start_ns " order ", id " order " LIMIT ?3"

static int prepare(struct log_merge *m)
{
	char *sql = query_log_sql(m->filter, m->by);
	char *leap_sql = query_log_leap_sql(m->filter, m->by);
	const struct {
		sqlite3_stmt **stmt;
		const char *sql;
	} all[] = {
		{&m->stmt, sql},
		{&m->leap, leap_sql},
		{&m->told, m->by > 0 ? TOLD(">=", "") : TOLD("<", "DESC")},
		{&m->gap, "SELECT start_ns, end_ns, events, source, pool FROM loss"
			  " WHERE ?1 < 0 AND id = ?2 UNION ALL SELECT * FROM (SELECT start_ns,"
			  " end_ns, events, source, pool FROM loss WHERE ?1 >= 0 AND source = 'seq'"
			  " AND pool = ?1 AND first_seq = ?2 LIMIT 1)"},
		{&m->lead, "SELECT completed - requested FROM alloc WHERE pool = ?1"
			   " AND completed = ?2 AND request = ?3 LIMIT 1"},
	};
	int ret = sql && leap_sql ? 0 : db_fail(m->err, -ENOMEM, "out of memory");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && !ret; i++)
		if (sqlite3_prepare_v2(m->q->db, all[i].sql, -1, all[i].stmt, NULL) != SQLITE_OK)
			ret = db_fail_sqlite(m->err, m->q->db, m->q->path);
	sqlite3_free(sql);
	sqlite3_free(leap_sql);
	return ret;
}

int query_log(struct query *q, const struct log_filter *filter, struct log_place *from, int by,
	      struct log_row *rows, size_t want, size_t *nr, enum log_end *end, int64_t budget_ns,
	      struct db_error *err)
{
	struct log_merge m = {.q = q,
			      .filter = filter,
			      .by = by < 0 ? -1 : 1,
			      .looks = log_filter_looks(filter),
			      .err = err};
	int ret = reader_base(q, &m.base_ns, err);

	*nr = 0;
	*end = LOG_OVER;
	if (!ret)
		ret = prepare(&m);
	if (!ret)
		ret = begin(&m, from);
	if (!ret)
		ret = fill(&m, from, rows, want, nr, end,
			   budget_ns && m.looks ? mono_ns() + budget_ns : 0);
	sqlite3_finalize(m.stmt);
	sqlite3_finalize(m.leap);
	sqlite3_finalize(m.told);
	sqlite3_finalize(m.gap);
	sqlite3_finalize(m.lead);
	free(m.streams);
	return ret;
}
