/* SPDX-License-Identifier: MIT */
/* What a stream of the log has next: declared in db/query_log_merge.h. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "db/error.h"
#include "db/query_log_merge.h"

#define LOOK_SQL  32768 /* seqs of all pools that one piece of looking goes over: some ms */
#define LOOK_EACH 2048	/* the same where each event is read */
#define ID_MASK	  ((INT64_C(1) << DB_SEQ_BITS) - 1)

static int64_t id_of(const struct log_stream *s, int64_t seq)
{
	return (int64_t)((uint64_t)s->pool << DB_SEQ_BITS) + seq;
}

static void keep(struct log_stream *s, struct log_found found)
{
	if (s->nr < LOG_CHUNK)
		s->chunk[s->nr++] = found;
}

/* Within [first, last] of a pool.  Returns: 0 or -errno. */
static int find(struct log_merge *m, struct log_stream *s, int64_t first, int64_t last)
{
	int ret;

	guard_begin(&m->q->guard);
	sqlite3_reset(m->stmt);
	sqlite3_bind_int64(m->stmt, 1, id_of(s, first));
	sqlite3_bind_int64(m->stmt, 2, id_of(s, last));
	sqlite3_bind_int64(m->stmt, 3, LOG_CHUNK);
	sqlite3_bind_int64(m->stmt, 4, s->pool);
	sqlite3_bind_int64(m->stmt, 5, id_of(s, 0));
	sqlite3_bind_int64(m->stmt, 6, m->base_ns);
	while ((ret = reader_step(m->q, m->stmt, m->err)) > 0) {
		int64_t seq = sqlite3_column_int64(m->stmt, 0) - id_of(s, 0);

		if (seq < first || seq > last) {
			ret = db_fail(m->err, -EINVAL,
				      "%s: the database is damaged: events out of order",
				      m->q->path);
			break;
		}
		keep(s, (struct log_found){
				seq,
				reader_time((int64_t)((uint64_t)sqlite3_column_int64(m->stmt, 1) +
						      (uint64_t)m->base_ns)),
				sqlite3_column_int(m->stmt, 2) != 0});
	}
	sqlite3_reset(m->stmt);
	return ret;
}

struct each {
	struct log_merge *m;
	struct log_stream *s;
};

/* Backwards the last of them count: the ring's oldest goes. */
static int match_event(const struct pool_event *event, void *ctx)
{
	struct each *each = ctx;
	struct log_stream *s = each->s;
	struct log_found found = {(int64_t)event->seq, event->ts_ns, false};

	if (!(each->m->filter->kinds & 1u << event->kind) ||
	    !each->m->filter->match(event, each->m->filter->ctx))
		return 0;
	if (each->m->by > 0) {
		keep(s, found);
		return s->nr == LOG_CHUNK;
	}
	if (s->nr == LOG_CHUNK)
		memmove(s->chunk, s->chunk + 1, --s->nr * sizeof(s->chunk[0]));
	keep(s, found);
	return 0;
}

static int find_matches(struct log_merge *m, struct log_stream *s, int64_t first, int64_t last)
{
	struct each each = {m, s};
	int ret = reader_between(m->q, (uint32_t)s->pool, first, last, false, match_event, &each,
				 m->err);

	for (int i = 0; m->by < 0 && i < s->nr / 2; i++) {
		struct log_found swap = s->chunk[i];

		s->chunk[i] = s->chunk[s->nr - 1 - i];
		s->chunk[s->nr - 1 - i] = swap;
	}
	return ret < 0 ? ret : 0;
}

/* The time of the first event from a seq on: nothing before it is later. */
static int bound_at(struct log_merge *m, struct log_stream *s, int64_t seq)
{
	sqlite3_stmt *stmt =
		reader_bind(m->q, QUERY_SEEK, 2, (int64_t[]){id_of(s, seq), id_of(s, ID_MASK)});
	int ret = reader_step(m->q, stmt, m->err);

	if (ret > 0 && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		s->bound_ns = reader_time(sqlite3_column_int64(stmt, 1));
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

/* Over seqs that no row has: of a gap there may be more than anybody could look at. */
static int leap(struct log_merge *m, struct log_stream *s)
{
	int ret;

	guard_begin(&m->q->guard);
	sqlite3_reset(m->leap);
	sqlite3_bind_int64(m->leap, 1, id_of(s, s->first));
	sqlite3_bind_int64(m->leap, 2, id_of(s, s->last));
	sqlite3_bind_int64(m->leap, 4, s->pool);
	sqlite3_bind_int64(m->leap, 5, id_of(s, 0));
	ret = reader_step(m->q, m->leap, m->err);
	if (ret > 0 && sqlite3_column_type(m->leap, 0) == SQLITE_NULL) {
		s->over = true;
	} else if (ret > 0) {
		int64_t seq = sqlite3_column_int64(m->leap, 0) - id_of(s, 0);

		if (m->by > 0 && seq > s->first && seq <= s->last)
			s->first = seq;
		if (m->by < 0 && seq < s->last && seq >= s->first)
			s->last = seq;
	}
	sqlite3_reset(m->leap);
	return ret < 0 ? ret : 0;
}

/* With tests of fields besides, only what passes these is read and asked. */
static bool matches_first(const struct log_merge *m)
{
	return m->filter->match && !m->filter->nr_tests;
}

static int ask_match(const struct pool_event *event, void *ctx)
{
	const struct log_filter *filter = ctx;

	return filter->match(event, filter->ctx);
}

/* Of what was found, keeps what matches. */
static int drop_unmatched(struct log_merge *m, struct log_stream *s)
{
	int kept = 0;

	for (int i = 0; i < s->nr; i++) {
		struct log_found *found = &s->chunk[i];
		int ret = found->is_loss ? 0
					 : reader_between(m->q, (uint32_t)s->pool, found->seq,
							  found->seq, false, ask_match,
							  (void *)(uintptr_t)m->filter, m->err);

		if (ret < 0)
			return ret;
		if (ret)
			s->chunk[kept++] = *found;
	}
	s->nr = kept;
	return 0;
}

/* A piece further.  Returns: 0 or -errno. */
static int look_on(struct log_merge *m, struct log_stream *s)
{
	int64_t span = (matches_first(m) ? LOOK_EACH : LOOK_SQL) / (int64_t)m->nr + 1;
	int64_t first = s->first, last = s->last;
	int ret;

	if (m->looks && last - first >= span) {
		if (m->by > 0)
			last = first + span - 1;
		else
			first = last - span + 1;
	}
	s->nr = s->at = 0;
	ret = matches_first(m) ? find_matches(m, s, first, last) : find(m, s, first, last);
	if (ret)
		return ret;
	if (s->nr == LOG_CHUNK && m->by > 0)
		last = s->chunk[LOG_CHUNK - 1].seq;
	if (s->nr == LOG_CHUNK && m->by < 0)
		first = s->chunk[LOG_CHUNK - 1].seq;
	if (m->by > 0)
		s->first = last + 1;
	else
		s->last = first - 1;
	s->over = s->first > s->last;
	if (m->filter->match && !matches_first(m))
		ret = drop_unmatched(m, s);
	if (!ret && !s->nr && !s->over)
		ret = leap(m, s);
	if (ret || s->nr || s->over)
		return ret;
	return bound_at(m, s, m->by > 0 ? s->first : s->last);
}

/* The next losses that are told of no seq. */
static int look_on_told(struct log_merge *m, struct log_stream *s)
{
	int ret;

	s->nr = s->at = 0;
	guard_begin(&m->q->guard);
	sqlite3_reset(m->told);
	sqlite3_bind_int64(m->told, 1, s->told_ns);
	sqlite3_bind_int64(m->told, 2, s->first);
	sqlite3_bind_int64(m->told, 3, LOG_CHUNK);
	sqlite3_bind_int64(m->told, 4, m->filter->pool);
	while ((ret = reader_step(m->q, m->told, m->err)) > 0) {
		s->told_ns = sqlite3_column_int64(m->told, 1);
		s->first = sqlite3_column_int64(m->told, 0);
		keep(s, (struct log_found){s->first, s->told_ns, true});
		if (m->by > 0)
			s->first = log_after(s->first);
	}
	sqlite3_reset(m->told);
	s->over = s->nr < LOG_CHUNK;
	return ret;
}

int log_look_on(struct log_merge *m, struct log_stream *s)
{
	return s->pool < 0 ? look_on_told(m, s) : look_on(m, s);
}
