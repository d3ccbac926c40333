/* SPDX-License-Identifier: MIT */
#include "db/query.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/histogram.h"
#include "db/reader.h"

#define POOLS_MAX   65536   /* no recording has more: db/store.h */
#define COLUMNS_MAX 1000000 /* of one window; no screen is wider */

#define EVENTS_FROM(table) "SELECT * FROM " table " WHERE id >= ?1 AND id <= ?2 ORDER BY id"

#define BASE " (SELECT value FROM meta WHERE key = 'base_ns')"
/* The first event from ?1 on, and the last one, up to ?2. */
#define NEXT(table)                                                                                \
	"SELECT * FROM (SELECT id, ts FROM " table                                                 \
	" WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT 1)"
#define OR_NEXT(table) " UNION ALL " NEXT(table)
#define LAST(table, what)                                                                          \
	"SELECT * FROM (SELECT id, " what " FROM " table                                           \
	" WHERE id >= ?1 AND id <= ?2 ORDER BY id DESC LIMIT 1)"
#define OR_LAST(table, what) " UNION ALL " LAST(table, what)
#define SEEK_IN(table)	     "SELECT id, ts FROM " table " WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1"

/* Of the pool of a row of `pool`: a range of ids, found without a scan. */
#define OF_POOL		 "id >= pool.pool << 40 AND id < (pool.pool + 1) << 40"
#define CLOSE_SAYS(what) "(SELECT " what " FROM ev_close WHERE " OF_POOL " ORDER BY id LIMIT 1)"

static const char *const sql[QUERY_NR] = {
	[QUERY_META] = "SELECT key, value FROM meta",
	[QUERY_PROGRESS] = "SELECT events, max(lost_seq, lost_told), losses, start_ns, end_ns,"
			   " committed_ns, (SELECT count(*) FROM pool),"
			   " EXISTS (SELECT 1 FROM loss WHERE source <> 'seq' AND pool IS NULL)"
			   " FROM progress",
	[QUERY_POOLS] =
		"SELECT pool, name, generation, buffer_bytes, base, block, low, high, "
		"limit_buffers,"
		" reserve, max_pending, shrink_ticks, probe_ticks, opened_ns, closed_ns, "
		"requested, refused,"
		" completed, failed, freed, taken, returned, resources, dropped, pending, "
		"live_blocks,"
		" available, total, fallback, available_min, available_mean, available_max, "
		"total_min,"
		" total_mean, total_max, low_crossings, high_crossings, lead_max_ns, "
		"lead_histogram,"
		" hold_max_ns, hold_histogram, violations, max(lost_seq, lost_told), audit_ticks,"
		" audit_mismatches, audit_first_ns, identity_checked, identity_mismatches,"
		" identity_first_ns, audit_what, audit_said, audit_counted, host,"
		" EXISTS (SELECT 1 FROM ev_rx WHERE " OF_POOL
		")," CLOSE_SAYS("id") "," CLOSE_SAYS("live_blocks") "," CLOSE_SAYS(
			"taken - resources - returned") " FROM pool JOIN "
							"summary USING (pool) ORDER BY pool",
	[QUERY_RATE] = "SELECT sum(events) FROM pool CROSS JOIN level_row USING (pool)"
		       " WHERE tier = ?1 AND bucket >= ?2",
	[QUERY_SPAN] = "SELECT first_ns, closed_ns, (SELECT end_ns FROM progress), next_seq,"
		       " low, high"
		       " FROM summary JOIN pool USING (pool) WHERE pool = ?1",
	[QUERY_REACH] = "SELECT next_seq, first_ns, last_ns FROM summary WHERE pool = ?1",
	[QUERY_LOG_POOLS] = "SELECT pool, next_seq, first_ns, last_ns, lost_seq FROM summary WHERE"
			    " (?1 < 0 OR pool = ?1) AND pool >= 0 AND pool < 4194304"
			    " ORDER BY pool LIMIT 65536",
	/* Steps of the demand: a return is imputed to what was dropped or RESOURCES. */
	[QUERY_NEWEST] = "SELECT bucket, taken + returned + resources + 2 * dropped FROM level_row"
			 " WHERE pool = ?1 AND tier = ?2 AND bucket BETWEEN ?3 AND ?4"
			 " ORDER BY bucket DESC",
	[QUERY_LEVEL_BEFORE] =
		"SELECT bucket, available_min, available_mean, available_max, held_max, total_min,"
		" total_max, pending_max, available, total, pending, flags, low_crossings,"
		" high_crossings, requested, freed, failed, dropped, resources, taken, returned, "
		"events,"
		" lost FROM level_row WHERE pool = ?1 AND tier = ?2 AND bucket < ?3"
		" ORDER BY bucket DESC LIMIT 1",
	[QUERY_LEVEL] =
		"SELECT bucket, available_min, available_mean, available_max, held_max, total_min,"
		" total_max, pending_max, available, total, pending, flags, low_crossings,"
		" high_crossings, requested, freed, failed, dropped, resources, taken, returned, "
		"events,"
		" lost FROM level_row WHERE pool = ?1 AND tier = ?2 AND bucket BETWEEN ?3 AND ?4"
		" ORDER BY bucket",
	[QUERY_LOSS] = "SELECT start_ns, end_ns FROM loss WHERE source <> 'seq' AND start_ns < ?3"
		       " AND end_ns >= ?2 AND (pool IS NULL OR pool = ?1)",
	[QUERY_LATENCY] = "SELECT bucket, max_ns, histogram FROM latency_row WHERE pool = ?1"
			  " AND what = ?2 AND tier = ?3 AND bucket BETWEEN ?4 AND ?5"
			  " ORDER BY bucket",
	[QUERY_LOSSES] = "SELECT coalesce(pool, -1), start_ns, end_ns, events, source,"
			 " coalesce(first_seq, -1) FROM loss ORDER BY start_ns, id",
	[QUERY_SEEK] = "SELECT min(id), ts + " BASE " FROM (" NEXT("ev_rx") OR_NEXT("ev_open")
		OR_NEXT("ev_tick") OR_NEXT("ev_request") OR_NEXT("ev_refused")
			OR_NEXT("ev_complete") OR_NEXT("ev_free") OR_NEXT("ev_drop")
				OR_NEXT("ev_fallback") OR_NEXT("ev_violation")
					OR_NEXT("ev_close") ")",
	[QUERY_SAID] = "SELECT max(id) FROM (" LAST("ev_tick", "0") OR_LAST("ev_request", "0") ")",
	[QUERY_AVAILABLE] = "SELECT max(id), available FROM (" LAST("ev_rx", "available")
		OR_LAST("ev_tick", "available") OR_LAST("ev_request", "available")
			OR_LAST("ev_complete", "available") OR_LAST("ev_free", "available")
				OR_LAST("ev_fallback", "available") ")",
	[QUERY_FALLBACK] = "SELECT max(id), fallback FROM (" LAST("ev_tick", "fallback")
		OR_LAST("ev_fallback", "is_on AS fallback") ")",
	[QUERY_RUNNING] = "SELECT max(id), running FROM (" LAST("ev_tick", "running") ")",
	[QUERY_COMPLETED] = "SELECT min(request), max(request), min(ts), max(ts) FROM ev_complete"
			    " WHERE id >= ?1 AND id <= ?2 AND request > 0",
	[QUERY_ALLOC_SEEK] = "SELECT id, request FROM alloc WHERE id >= ?1 AND id <= ?2"
			     " AND request > 0 ORDER BY id LIMIT 1",
	[QUERY_ALLOC] = "SELECT request, completed, completed + " BASE ", completed - requested,"
			" outcome FROM alloc WHERE id >= ?1 AND id <= ?2 AND request > 0"
			" ORDER BY id",
	[QUERY_BASE] = "SELECT value FROM meta WHERE key = 'base_ns'",
	[QUERY_WORST_BUCKETS] =
		"SELECT bucket, max_ns FROM latency_row WHERE pool = ?1 AND what = 0"
		" AND tier = ?2 AND bucket BETWEEN ?3 AND ?4",
	[QUERY_WORST] = "SELECT id, request, requested, completed, freed, outcome, block, buffers"
			" FROM alloc WHERE pool = ?1 AND completed BETWEEN ?2 AND ?3"
			" AND outcome >= 0 AND requested IS NOT NULL"
			" ORDER BY completed - requested DESC, id LIMIT ?4",
	[QUERY_WHY_REQUEST] = "SELECT request, available, total, pending, id FROM ev_request"
			      " WHERE id < ?1 AND id >= ?2 ORDER BY id DESC LIMIT 8",
	[QUERY_WHY_FALLBACK] = "SELECT is_on FROM ev_fallback WHERE id < ?1 AND id >= ?2"
			       " ORDER BY id DESC LIMIT 1",
	[QUERY_WHY_FELL] = "SELECT max(is_on) FROM (SELECT is_on FROM ev_fallback"
			   " WHERE id >= ?1 AND id < ?2 LIMIT 256)",
	[QUERY_WHY_DROPS] = "SELECT sum(count), count(*) FROM (SELECT count FROM ev_drop"
			    " WHERE id >= ?1 AND id < ?2 LIMIT 4096)",
	[QUERY_WHY_BEFORE] = "SELECT outcome FROM alloc WHERE id < ?1 AND id >= ?2"
			     " ORDER BY id DESC LIMIT 32",
	[QUERY_SEEK_RX] = SEEK_IN("ev_rx"),
	[QUERY_SEEK_REQUEST] = SEEK_IN("ev_request"),
	[QUERY_SEEK_COMPLETE] = SEEK_IN("ev_complete"),
	[QUERY_FLIGHT_OPEN] = "SELECT request, requested, NULL, NULL FROM alloc WHERE pool = ?1"
			      " AND completed IS NULL AND requested <= ?2 ORDER BY id LIMIT ?3",
	[QUERY_FLIGHT_LATER] = "SELECT request, requested, completed, outcome FROM alloc"
			       " WHERE pool = ?1 AND completed > ?2 AND completed <= ?3"
			       " ORDER BY completed LIMIT ?4",
	[QUERY_BLOCK_NEXT] = "SELECT min(block) FROM alloc WHERE pool = ?1 AND outcome = 0"
			     " AND block > ?2",
	[QUERY_BLOCK_AT] = "SELECT request, completed, freed, buffers FROM alloc WHERE pool = ?1"
			   " AND block = ?2 AND outcome = 0 AND completed <= ?3"
			   " ORDER BY completed DESC LIMIT ?4",
	[QUERY_BLOCK_OLD] = "SELECT block, freed, buffers FROM alloc WHERE pool = ?1"
			    " AND completed IS NULL AND request IS NULL AND freed > ?2 LIMIT ?3",
	[QUERY_HELD_MARK] = "SELECT seq, since_seq, ts_ns, ids FROM held WHERE pool = ?1"
			    " AND seq <= ?2 ORDER BY seq DESC LIMIT 1",
	[QUERY_SEQS] = "SELECT first_seq, kept_seq, next_seq FROM summary WHERE pool = ?1",
	[QUERY_HELD_GAP] = "SELECT end_ns FROM loss WHERE pool = ?1 AND source = 'seq'"
			   " AND first_seq <= ?2 ORDER BY first_seq DESC LIMIT 1",
	[QUERY_HELD_TOLD] = "SELECT max(min(end_ns, ?2)) FROM loss WHERE source <> 'seq'"
			    " AND source <> 'clock' AND start_ns <= ?2"
			    " AND (pool IS NULL OR pool = ?1)",
	[QUERY_ACTIVITY] = "SELECT bucket, events, lost, flags FROM pool CROSS JOIN level_row"
			   " USING (pool) WHERE tier = ?1 AND bucket BETWEEN ?2 AND ?3",
	[QUERY_ACTIVITY_TOLD] = "SELECT start_ns, end_ns FROM (SELECT start_ns, end_ns FROM loss"
				" WHERE source <> 'seq' AND source <> 'clock' AND start_ns < ?2"
				" ORDER BY start_ns DESC LIMIT 4096) WHERE end_ns >= ?1",
	[QUERY_FREE_PAGES] = "SELECT freelist_count, page_size, page_count FROM"
			     " pragma_freelist_count, pragma_page_size, pragma_page_count",
	[QUERY_LOST] = "SELECT lost_seq, lost_told, (SELECT count(*) FROM (SELECT 1 FROM loss"
		       " WHERE source <> 'seq' LIMIT 4096)) FROM progress",
	[QUERY_RATE_LEVELS] = "SELECT count(*), sum(events) FROM (SELECT pool FROM pool LIMIT 64)"
			      " CROSS JOIN level_row USING (pool) WHERE tier = ?1 AND bucket > ?2",
	[QUERY_RATE_LATENCIES] = "SELECT count(*) FROM (SELECT pool FROM pool LIMIT 64)"
				 " CROSS JOIN latency_row USING (pool) WHERE what IN (0, 1)"
				 " AND tier = ?1 AND bucket > ?2",
	[QUERY_BOOKMARKS] = "SELECT letter, ts_ns, pool, view, note, set_ns FROM bookmark"
			    " WHERE letter >= 'a' AND letter < '{' ORDER BY letter LIMIT 256",
	[QUERY_EV_OPEN] = EVENTS_FROM("ev_open"),
	[QUERY_EV_TICK] = EVENTS_FROM("ev_tick"),
	[QUERY_EV_REQUEST] = EVENTS_FROM("ev_request"),
	[QUERY_EV_REFUSED] = EVENTS_FROM("ev_refused"),
	[QUERY_EV_COMPLETE] = EVENTS_FROM("ev_complete"),
	[QUERY_EV_FREE] = EVENTS_FROM("ev_free"),
	[QUERY_EV_RX] = EVENTS_FROM("ev_rx"),
	[QUERY_EV_DROP] = EVENTS_FROM("ev_drop"),
	[QUERY_EV_FALLBACK] = EVENTS_FROM("ev_fallback"),
	[QUERY_EV_VIOLATION] = EVENTS_FROM("ev_violation"),
	[QUERY_EV_CLOSE] = EVENTS_FROM("ev_close"),
	[QUERY_EACH_RX] = "SELECT poolscope_each(?3, id, ts, what, available, ids) FROM"
			  " ev_rx WHERE id >= ?1 AND id <= ?2",
	[QUERY_RX_ROOT] = "SELECT rootpage FROM sqlite_schema WHERE type = 'table'"
			  " AND name = 'ev_rx'",
};

static int open_with(const char *path, enum query_statement first, struct query **out,
		     struct db_error *err)
{
	struct query *q = calloc(1, sizeof(*q));
	int ret;

	*out = NULL;
	if (!q || !(q->path = strdup(path))) {
		free(q);
		return db_fail(err, -ENOMEM, "out of memory");
	}
	ret = connect_read(path, &q->db, err);
	if (!ret)
		guard_install(&q->guard, q->path, q->db);
	if (!ret)
		reader_prepare(q->db);
	for (int i = (int)first; !ret && i < QUERY_NR; i++)
		if (sqlite3_prepare_v3(q->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &q->stmt[i],
				       NULL) != SQLITE_OK)
			ret = db_fail(err, -EINVAL, "%s: not a whole Poolscope recording (%s)",
				      path, sqlite3_errmsg(q->db));
	if (ret) {
		query_close(q);
		return ret;
	}
	*out = q;
	return 0;
}

int query_open(const char *path, struct query **out, struct db_error *err)
{
	return open_with(path, (enum query_statement)0, out, err);
}

int reader_open(const char *path, struct query **out, struct db_error *err)
{
	return open_with(path, QUERY_EV_OPEN, out, err);
}

void query_keep(struct query *q, int kib)
{
	char sql_text[64];

	snprintf(sql_text, sizeof(sql_text), "PRAGMA cache_size = -%d", kib);
	sqlite3_exec(q->db, sql_text, NULL, NULL, NULL);
}

int reader_attach(struct query *q, struct sqlite3 *db, struct db_error *err)
{
	memset(q, 0, sizeof(*q));
	q->db = db;
	q->path = (char *)"reading events";
	reader_prepare(db);
	for (int i = QUERY_EV_OPEN; i < QUERY_NR; i++) {
		if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &q->stmt[i],
				       NULL) == SQLITE_OK)
			continue;
		reader_detach(q);
		return db_fail_sqlite(err, db, sql[i]);
	}
	return 0;
}

void reader_detach(struct query *q)
{
	for (int i = 0; i < QUERY_NR; i++)
		sqlite3_finalize(q->stmt[i]);
	memset(q, 0, sizeof(*q));
}

void query_close(struct query *q)
{
	if (!q)
		return;
	for (int i = 0; i < QUERY_NR; i++)
		sqlite3_finalize(q->stmt[i]);
	sqlite3_close(q->db);
	free(q->memory);
	free(q->path);
	free(q);
}

struct sqlite3_stmt *reader_bind(struct query *q, enum query_statement which, int nr,
				 const int64_t *values)
{
	sqlite3_stmt *stmt = q->stmt[which];

	guard_begin(&q->guard);
	sqlite3_reset(stmt);
	for (int i = 0; i < nr; i++)
		sqlite3_bind_int64(stmt, i + 1, values[i]);
	return stmt;
}

int reader_step(struct query *q, struct sqlite3_stmt *stmt, struct db_error *err)
{
	int code = sqlite3_step(stmt);
	int ret = 0;

	if (code == SQLITE_ROW)
		ret = guard_row(&q->guard, err);
	else if (code != SQLITE_DONE)
		ret = db_fail_sqlite(err, q->db, q->path);
	if (code == SQLITE_ROW && !ret)
		return 1;
	sqlite3_reset(stmt);
	return ret;
}

unsigned reader_tier(int64_t width_ns)
{
	int i = TIER_NR - 1;

	while (i && INT64_C(2) << tier_shift[i] > width_ns)
		i--;
	return tier_shift[i];
}

int reader_check_window(int64_t start_ns, int64_t width_ns, size_t nr, struct db_error *err)
{
	if (width_ns <= 0 || start_ns < 0 || nr > COLUMNS_MAX ||
	    width_ns > (INT64_MAX / 2 - start_ns) / (int64_t)(nr + 1))
		return db_fail(err, -EINVAL, "not a window of time");
	return 0;
}

static void meta_status(struct trace_status *out, const char *key, const char *value)
{
	if (!value)
		return;
	if (!strcmp(key, "ended"))
		snprintf(out->ended, sizeof(out->ended), "%s", value);
	else if (!strcmp(key, "note"))
		snprintf(out->note, sizeof(out->note), "%s", value);
	else if (!strcmp(key, "events_from_ns"))
		out->events_from_ns = reader_time(atoll(value));
}

/* A recording that nobody has committed to for a while was left by its collector. */
static void judge_end(const char *path, struct trace_status *out)
{
	bool unfinished = !strcmp(out->ended, "recording");

	out->recording = unfinished && connect_is_written(path, out->committed_ns);
	out->complete = !strcmp(out->ended, "complete") && !out->lost && !out->nr_losses;
	if (unfinished && !out->recording)
		snprintf(out->ended, sizeof(out->ended), "recorder died");
}

static int read_progress(struct query *q, struct trace_status *out, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_PROGRESS, 0, NULL);
	int ret = reader_step(q, stmt, err);

	if (ret <= 0)
		return ret;
	out->events = (uint64_t)sqlite3_column_int64(stmt, 0);
	out->lost = (uint64_t)sqlite3_column_int64(stmt, 1);
	out->nr_losses = (uint64_t)sqlite3_column_int64(stmt, 2);
	out->start_ns = reader_time(sqlite3_column_int64(stmt, 3));
	out->end_ns = reader_time(sqlite3_column_int64(stmt, 4));
	out->committed_ns = reader_time(sqlite3_column_int64(stmt, 5));
	out->nr_pools = (uint32_t)sqlite3_column_int64(stmt, 6);
	out->loss_of_unknown_pool = sqlite3_column_int64(stmt, 7) != 0;
	sqlite3_reset(stmt);
	return 0;
}

int query_status(struct query *q, struct trace_status *out, struct db_error *err)
{
	sqlite3_stmt *meta = reader_bind(q, QUERY_META, 0, NULL);
	int ret;

	memset(out, 0, sizeof(*out));
	while ((ret = reader_step(q, meta, err)) > 0) {
		const char *key = (const char *)sqlite3_column_text(meta, 0);

		if (key)
			meta_status(out, key, (const char *)sqlite3_column_text(meta, 1));
	}
	if (!ret)
		ret = read_progress(q, out, err);
	judge_end(q->path, out);
	return ret;
}

/* --- pools ----------------------------------------------------------------------------------- */

/* Reads the columns of a row one after the other. */
struct cursor {
	sqlite3_stmt *stmt;
	int at;
};

static int64_t next_int(struct cursor *c)
{
	return sqlite3_column_int64(c->stmt, c->at++);
}

static uint32_t next_u32(struct cursor *c)
{
	return (uint32_t)next_int(c);
}

/* A count that may be unknown. */
static uint32_t next_count(struct cursor *c)
{
	bool is_null = sqlite3_column_type(c->stmt, c->at) == SQLITE_NULL;
	uint32_t value = next_u32(c);

	return is_null ? POOL_UNKNOWN : value;
}

static void next_marks(struct cursor *c, struct pool_marks *m)
{
	m->base = next_count(c);
	m->block = next_count(c);
	m->low = next_count(c);
	m->high = next_count(c);
	m->limit = next_count(c);
	m->reserve = next_count(c);
	m->max_pending = next_count(c);
	m->shrink_ticks = next_count(c);
	m->probe_ticks = next_u32(c);
}

static void next_totals(struct cursor *c, struct pool_totals *t)
{
	t->requested = (uint64_t)next_int(c);
	t->refused = (uint64_t)next_int(c);
	t->completed = (uint64_t)next_int(c);
	t->failed = (uint64_t)next_int(c);
	t->freed = (uint64_t)next_int(c);
	t->taken = (uint64_t)next_int(c);
	t->returned = (uint64_t)next_int(c);
	t->resources = (uint64_t)next_int(c);
	t->dropped = (uint64_t)next_int(c);
}

static void next_range(struct cursor *c, struct range *r)
{
	r->known = sqlite3_column_type(c->stmt, c->at) != SQLITE_NULL;
	r->min = next_u32(c);
	r->mean = sqlite3_column_double(c->stmt, c->at++);
	r->max = next_u32(c);
}

static void next_latency(struct cursor *c, struct latency *l)
{
	struct histogram h;
	int64_t max_ns = next_int(c);
	const void *bins = sqlite3_column_blob(c->stmt, c->at);
	int nr = sqlite3_column_bytes(c->stmt, c->at++);

	histogram_init(&h);
	memset(l, 0, sizeof(*l));
	if (!bins || histogram_decode(&h, bins, (size_t)nr, max_ns))
		return;
	latency_of(&h, l);
}

/* Nothing is held where more came back than went out: totals are what a driver says. */
static uint64_t held_of(const struct pool_totals *t)
{
	uint64_t kept = t->taken > t->resources ? t->taken - t->resources : 0;

	return kept > t->returned ? kept - t->returned : 0;
}

static void next_text(struct cursor *c, char *out, size_t room)
{
	const char *text = (const char *)sqlite3_column_text(c->stmt, c->at++);

	snprintf(out, room, "%s", text ? text : "");
}

static void read_pool(sqlite3_stmt *stmt, struct pool_summary *p)
{
	struct cursor c = {stmt, 0};
	int64_t held;

	memset(p, 0, sizeof(*p));
	p->pool = next_u32(&c);
	next_text(&c, p->name, sizeof(p->name));
	p->generation = (uint8_t)next_int(&c);
	p->buffer_bytes = next_count(&c);
	next_marks(&c, &p->marks);
	p->opened_ns = reader_time(next_int(&c));
	p->closed_ns = reader_time(next_int(&c));
	next_totals(&c, &p->totals);
	p->held = held_of(&p->totals);
	p->pending = (uint64_t)next_int(&c);
	p->live_blocks = (uint64_t)next_int(&c);
	p->available_now = next_count(&c);
	p->total_now = next_count(&c);
	p->fallback_now = next_int(&c) != 0;
	next_range(&c, &p->available);
	next_range(&c, &p->total);
	p->low_crossings = (uint64_t)next_int(&c);
	p->high_crossings = (uint64_t)next_int(&c);
	next_latency(&c, &p->lead);
	next_latency(&c, &p->hold);
	p->violations = (uint64_t)next_int(&c);
	p->lost = (uint64_t)next_int(&c);
	p->audit_ticks = (uint64_t)next_int(&c);
	p->audit_mismatches = (uint64_t)next_int(&c);
	p->audit_first_mismatch_ns = reader_time(next_int(&c));
	p->identity_checked = (uint64_t)next_int(&c);
	p->identity_mismatches = (uint64_t)next_int(&c);
	p->identity_first_mismatch_ns = reader_time(next_int(&c));
	next_text(&c, p->audit_what, sizeof(p->audit_what));
	p->audit_said = (uint64_t)next_int(&c);
	p->audit_counted = (uint64_t)next_int(&c);
	next_text(&c, p->host, sizeof(p->host));
	p->takes_recorded = next_int(&c) != 0 || p->hold.count;
	p->close_said = sqlite3_column_type(stmt, c.at++) != SQLITE_NULL;
	p->close_blocks = next_count(&c);
	held = next_int(&c);
	p->close_held = held > 0 ? (uint64_t)held : 0;
}

int query_pools(struct query *q, struct pool_summary **out, size_t *nr, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_POOLS, 0, NULL);
	struct pool_summary *pools = NULL, *grown;
	size_t used = 0;
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		if (used == POOLS_MAX) {
			ret = db_fail(err, -EINVAL, "%s: the database is damaged: too many pools",
				      q->path);
			break;
		}
		grown = realloc(pools, (used + 1) * sizeof(*pools));
		if (!grown) {
			ret = db_fail(err, -ENOMEM, "out of memory");
			break;
		}
		pools = grown;
		read_pool(stmt, &pools[used++]);
	}
	sqlite3_reset(stmt);
	if (ret) {
		free(pools);
		pools = NULL;
		used = 0;
	}
	*out = pools;
	*nr = used;
	return ret;
}

/* --- rate ------------------------------------------------------------------------------------ */

int query_misses(struct query *q, uint32_t pool, bool *misses, struct db_error *err)
{
	long long any = 0;
	char text[160];
	int ret;

	snprintf(text, sizeof(text),
		 "SELECT coalesce((SELECT resources > 0 OR dropped > 0 FROM summary"
		 " WHERE pool = %" PRIu32 "), 0)",
		 pool);
	ret = connect_get_int(q->db, text, &any, err);
	*misses = any;
	return ret;
}

int query_rate(struct query *q, double *events_per_s, struct db_error *err)
{
	const unsigned tier = tier_shift[1]; /* 15 of these are a second */
	struct trace_status status;
	int64_t first, since_ns;
	sqlite3_stmt *stmt;
	int ret = query_status(q, &status, err);

	*events_per_s = 0;
	if (ret || !status.end_ns)
		return ret;
	first = (status.end_ns >> tier) - 15;
	if (first < 0) /* no recording is that old, but a damaged file may be */
		first = 0;
	since_ns = first << tier;
	if (since_ns < status.start_ns)
		since_ns = status.start_ns;
	stmt = reader_bind(q, QUERY_RATE, 2, (int64_t[]){tier, first});
	ret = reader_step(q, stmt, err);
	if (ret > 0 && status.end_ns > since_ns)
		*events_per_s = (double)sqlite3_column_int64(stmt, 0) * 1e9 /
				(double)(status.end_ns - since_ns);
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}
