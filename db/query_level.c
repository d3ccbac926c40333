/* SPDX-License-Identifier: MIT */
/* Occupancy in columns, from the rows of one roll-up tier. */
#include <sqlite3.h>
#include <string.h>

#include "db/error.h"
#include "db/reader.h"

/* The columns being filled, and what goes on between the rows. */
struct sweep {
	struct level_column *columns;
	size_t nr;
	int64_t start_ns, width_ns;
	int64_t known_from_ns, known_until_ns; /* half open */
	unsigned tier;
	/* The end of the newest row: the level from there to the next one. */
	bool has_level, loss_goes_on;
	struct level_state level;
	int64_t level_from_ns;
};

static int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static size_t column_at(const struct sweep *s, int64_t ns)
{
	return (size_t)((ns - s->start_ns) / s->width_ns);
}

static int64_t window_end(const struct sweep *s)
{
	return s->start_ns + s->width_ns * (int64_t)s->nr;
}

static void include(struct level_column *c, const struct level_row *row, int64_t weight_ns,
		    int64_t before_ns)
{
	c->known = true;
	c->pending_max = max_u32(c->pending_max, row->pending_max);
	c->fallback |= (row->flags & LEVEL_FALLBACK) != 0;
	c->loss |= (row->flags & LEVEL_LOSS) != 0;
	if (row->available_max == POOL_UNKNOWN || row->total_max == POOL_UNKNOWN)
		return;
	if (!c->measured) {
		c->measured = true;
		c->available_min = row->available_min;
		c->total_min = row->total_min;
	}
	if (row->available_min < c->available_min)
		c->available_min = row->available_min;
	if (row->total_min < c->total_min)
		c->total_min = row->total_min;
	c->available_max = max_u32(c->available_max, row->available_max);
	c->held_max = max_u32(c->held_max, row->held_max);
	c->total_max = max_u32(c->total_max, row->total_max);
	/* A running mean: what the column knew so far weighs before_ns. */
	c->available_mean += (row->available_mean - c->available_mean) * (double)weight_ns /
			     (double)(weight_ns + before_ns);
}

/* Spreads what a row says over the columns that [from, to) touches. */
static void spread(struct sweep *s, const struct level_row *row, int64_t from, int64_t to)
{
	from = max_i64(max_i64(from, s->known_from_ns), s->start_ns);
	to = min_i64(min_i64(to, s->known_until_ns), window_end(s));
	while (from < to) {
		size_t i = column_at(s, from);
		int64_t column_start = s->start_ns + s->width_ns * (int64_t)i;
		int64_t until = min_i64(to, column_start + s->width_ns);
		int64_t known_start = max_i64(column_start, s->known_from_ns);

		include(&s->columns[i], row, until - from, from - known_start);
		from = until;
	}
}

/* Between rows nothing happened: the level at the end of the last one goes on. */
static void carry(struct sweep *s, int64_t to)
{
	const struct level_state *l = &s->level;
	struct level_row row = {
		.available_mean = l->available,
		.available_min = l->available,
		.available_max = l->available,
		.held_max = l->total > l->available ? l->total - l->available : 0,
		.total_min = l->total,
		.total_max = l->total,
		.pending_max = l->pending,
		.flags = (l->fallback ? LEVEL_FALLBACK : 0u) | (s->loss_goes_on ? LEVEL_LOSS : 0u),
	};

	if (s->has_level)
		spread(s, &row, s->level_from_ns, to);
}

static void count(struct sweep *s, const struct level_row *row, int64_t middle_ns)
{
	struct level_column *c;

	if (middle_ns < s->start_ns || middle_ns >= window_end(s))
		return;
	c = &s->columns[column_at(s, middle_ns)];
	c->low_crossings += (uint32_t)row->counts[LEVEL_LOW_CROSSINGS];
	c->high_crossings += (uint32_t)row->counts[LEVEL_HIGH_CROSSINGS];
	c->requested += (uint32_t)row->counts[LEVEL_REQUESTED];
	c->freed += (uint32_t)row->counts[LEVEL_FREED];
	c->failed += (uint32_t)row->counts[LEVEL_FAILED];
	c->dropped += (uint32_t)row->counts[LEVEL_DROPPED];
	c->resources += (uint32_t)row->counts[LEVEL_RESOURCES];
}

static uint32_t count_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		       ? POOL_UNKNOWN
		       : (uint32_t)sqlite3_column_int64(stmt, column);
}

/* Columns as in QUERY_LEVEL and QUERY_LEVEL_BEFORE. */
static void read_row(sqlite3_stmt *stmt, unsigned tier, struct level_row *row)
{
	memset(row, 0, sizeof(*row));
	row->tier = (uint8_t)tier;
	row->bucket = sqlite3_column_int64(stmt, 0);
	row->available_min = count_at(stmt, 1);
	row->available_mean = sqlite3_column_double(stmt, 2);
	row->available_max = count_at(stmt, 3);
	row->held_max = count_at(stmt, 4);
	row->total_min = count_at(stmt, 5);
	row->total_max = count_at(stmt, 6);
	row->pending_max = (uint32_t)sqlite3_column_int64(stmt, 7);
	row->end.available = count_at(stmt, 8);
	row->end.total = count_at(stmt, 9);
	row->end.pending = (uint32_t)sqlite3_column_int64(stmt, 10);
	row->flags = (unsigned)sqlite3_column_int64(stmt, 11);
	row->end.fallback = (row->flags & LEVEL_FALLBACK_END) != 0;
	for (int i = 0; i < LEVEL_NR_COUNTS; i++)
		row->counts[i] = (uint64_t)sqlite3_column_int64(stmt, 12 + i);
}

static void take_end(struct sweep *s, const struct level_row *row)
{
	s->has_level = true;
	s->level = row->end;
	s->loss_goes_on = (row->flags & LEVEL_LOSS_AFTER) != 0;
	s->level_from_ns = (int64_t)((uint64_t)(row->bucket + 1) << s->tier);
}

static void take_row(struct sweep *s, const struct level_row *row)
{
	int64_t start = row->bucket << s->tier;

	if (!s->has_level) /* nothing is known of the time before the first row */
		s->known_from_ns = max_i64(s->known_from_ns, start);
	carry(s, start);
	spread(s, row, start, start + (INT64_C(1) << s->tier));
	count(s, row, reader_middle(start, s->tier, s->known_from_ns, s->known_until_ns));
	take_end(s, row);
}

static int read_rows(struct query *q, uint32_t pool, struct sweep *s, struct db_error *err)
{
	int64_t first = s->start_ns >> s->tier, last = (window_end(s) - 1) >> s->tier;
	struct level_row row;
	sqlite3_stmt *stmt =
		reader_bind(q, QUERY_LEVEL_BEFORE, 3, (int64_t[]){pool, s->tier, first});
	int ret = reader_step(q, stmt, err);

	if (ret < 0)
		return ret;
	if (ret) {
		read_row(stmt, s->tier, &row);
		if (row.bucket < first) /* as asked for, but in a damaged index */
			take_end(s, &row);
	}
	sqlite3_reset(stmt);
	stmt = reader_bind(q, QUERY_LEVEL, 4, (int64_t[]){pool, s->tier, first, last});
	while ((ret = reader_step(q, stmt, err)) > 0) {
		read_row(stmt, s->tier, &row);
		if (row.bucket >= first && row.bucket <= last)
			take_row(s, &row);
	}
	if (!ret)
		carry(s, window_end(s));
	return ret;
}

/* --- a window of few events ------------------------------------------------------------------- */

struct exact {
	struct sweep *s;
	struct pool_marks marks;
	int64_t next_seq;
	bool works; /* crossings count while the pool works: docs/database.md */
};

static void include_now(struct sweep *s, int64_t ts_ns)
{
	struct level_row row = {
		.available_mean = s->level.available,
		.available_min = s->level.available,
		.available_max = s->level.available,
		.held_max = s->level.total > s->level.available
				    ? s->level.total - s->level.available
				    : 0,
		.total_min = s->level.total,
		.total_max = s->level.total,
		.pending_max = s->level.pending,
		.flags = s->level.fallback ? LEVEL_FALLBACK : 0u,
	};

	/* No time has passed yet, so it does not weigh in the mean. */
	include(&s->columns[column_at(s, ts_ns)], &row, 0, 1);
}

static void count_event(struct level_column *c, const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_ALLOC_REQUEST:
		c->requested++;
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		c->failed++;
		break;
	case POOL_EVENT_ALLOC_COMPLETE:
		c->failed += e->u.complete.request && e->u.complete.outcome == POOL_OUTCOME_NULL;
		break;
	case POOL_EVENT_BLOCK_FREE:
		c->freed += e->u.free.block != 0 || e->u.free.reason != POOL_FREE_HALT;
		break;
	case POOL_EVENT_RX_TAKE:
		c->resources += e->u.rx.resources;
		break;
	case POOL_EVENT_RX_DROP:
		c->dropped += e->u.drop.count;
		break;
	default:
		break;
	}
}

static void count_crossings(struct level_column *c, const struct pool_marks *m, uint32_t before,
			    uint32_t after)
{
	if (!pool_marks_known(m) || before == POOL_UNKNOWN || after == POOL_UNKNOWN)
		return;
	c->low_crossings += before > m->low && after <= m->low;
	c->high_crossings += before < m->high && after >= m->high;
}

static int take_event(const struct pool_event *e, void *ctx)
{
	struct exact *x = ctx;
	struct sweep *s = x->s;
	int64_t ts_ns = max_i64(min_i64(e->ts_ns, window_end(s) - 1), s->start_ns);
	uint32_t before = s->level.available;
	struct level_column *c;

	ts_ns = max_i64(ts_ns, s->level_from_ns);
	s->loss_goes_on = (int64_t)e->seq != x->next_seq;
	x->next_seq = (int64_t)e->seq + 1;
	carry(s, ts_ns);
	c = &s->columns[column_at(s, ts_ns)];
	c->loss |= s->loss_goes_on;
	s->loss_goes_on = false;
	reader_follow(&s->level, e);
	s->has_level = e->kind != POOL_EVENT_POOL_OPEN;
	s->level_from_ns = ts_ns;
	if (s->has_level && ts_ns >= s->known_from_ns && ts_ns < s->known_until_ns)
		include_now(s, ts_ns);
	count_event(c, e);
	if (e->kind == POOL_EVENT_TICK)
		x->works = e->u.tick.running;
	if (x->works)
		count_crossings(c, &x->marks, before, s->level.available);
	if (e->kind == POOL_EVENT_ALLOC_COMPLETE && !e->u.complete.request)
		x->works = true;
	return 0;
}

static int read_exact(struct query *q, uint32_t pool, struct sweep *s,
		      const struct reader_exact *window, const struct pool_marks *marks,
		      struct db_error *err)
{
	struct exact x = {s, *marks, window->first, window->works};
	const struct query_instant *from = &window->from;
	int ret = 0;

	s->has_level = from->known;
	s->level =
		(struct level_state){from->available, from->total, from->pending, from->fallback};
	s->level_from_ns = s->start_ns;
	if (window->last >= window->first)
		ret = reader_between(q, pool, window->first, window->last, false, take_event, &x,
				     err);
	if (!ret)
		carry(s, window_end(s));
	return ret;
}

/* Losses that only the tracer told: their interval is all that is known. */
static int mark_told_losses(struct query *q, uint32_t pool, struct sweep *s, struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(q, QUERY_LOSS, 3, (int64_t[]){pool, s->start_ns, window_end(s)});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		int64_t from = max_i64(sqlite3_column_int64(stmt, 0), s->start_ns);
		int64_t to = min_i64(sqlite3_column_int64(stmt, 1), window_end(s) - 1);

		for (size_t i = column_at(s, from); from <= to && i <= column_at(s, to); i++)
			s->columns[i].loss = true;
	}
	return ret;
}

int reader_life(struct query *q, uint32_t pool, int64_t *from_ns, int64_t *until_ns,
		struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_SPAN, 1, (int64_t[]){pool});
	int ret = reader_step(q, stmt, err);

	if (ret <= 0)
		return ret;
	*from_ns = reader_time(sqlite3_column_int64(stmt, 0));
	*until_ns = reader_time(sqlite3_column_int64(stmt, 2)) + 1;
	if (sqlite3_column_type(stmt, 1) == SQLITE_INTEGER)
		*until_ns = min_i64(*until_ns, reader_time(sqlite3_column_int64(stmt, 1)) + 1);
	sqlite3_reset(stmt);
	return 1;
}

/* The marks that crossings are counted by. */
static int read_marks(struct query *q, uint32_t pool, struct pool_marks *marks,
		      struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_SPAN, 1, (int64_t[]){pool});
	int ret = reader_step(q, stmt, err);

	if (ret > 0) {
		marks->low = count_at(stmt, 4);
		marks->high = count_at(stmt, 5);
	}
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

static int read_columns(struct query *q, uint32_t pool, struct sweep *s, bool fine,
			struct db_error *err)
{
	struct reader_exact window = {.first = -1};
	struct pool_marks marks = {0};
	int ret = reader_check_window(s->start_ns, s->width_ns, s->nr, err);

	if (ret || !s->nr)
		return ret;
	memset(s->columns, 0, s->nr * sizeof(*s->columns));
	ret = reader_life(q, pool, &s->known_from_ns, &s->known_until_ns, err);
	if (ret <= 0)
		return ret;
	ret = fine ? reader_exact(q, pool, s->start_ns, s->width_ns, s->nr, &window, err) : 0;
	if (ret)
		return ret;
	if (window.first < 0)
		ret = read_rows(q, pool, s, err);
	else if (!(ret = read_marks(q, pool, &marks, err)))
		ret = read_exact(q, pool, s, &window, &marks, err);
	return ret ? ret : mark_told_losses(q, pool, s, err);
}

static struct sweep window_of(int64_t start_ns, int64_t width_ns, size_t nr,
			      struct level_column *out)
{
	return (struct sweep){.columns = out,
			      .nr = nr,
			      .start_ns = start_ns,
			      .width_ns = width_ns,
			      .tier = reader_tier(width_ns)};
}

int query_level(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns, size_t nr,
		struct level_column *out, struct db_error *err)
{
	struct sweep s = window_of(start_ns, width_ns, nr, out);

	return read_columns(q, pool, &s, false, err);
}

int query_level_fine(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns, size_t nr,
		     struct level_column *out, struct db_error *err)
{
	struct sweep s = window_of(start_ns, width_ns, nr, out);

	return read_columns(q, pool, &s, true, err);
}
