/* SPDX-License-Identifier: MIT */
#include "db/query_held.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/held.h"
#include "db/reader.h"

#define EVENTS_MAX	32768  /* that are gone through where no mark is near */
#define STRETCH_MAX	262144 /* events between three marks; more is damage */
#define LATER_MAX	4096   /* completions that are looked at beyond the instant */
#define BASE_BLOCKS_MAX 64     /* blocks of number 0: docs/events.md */

/* An absolute time of a column that may be NULL: 0 then. */
static int64_t time_at(sqlite3_stmt *stmt, int column, int64_t base_ns)
{
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return 0;
	return reader_time(reader_time(sqlite3_column_int64(stmt, column)) + base_ns);
}

/* --- requests -------------------------------------------------------------------------------- */

static int oldest_request(const void *a, const void *b)
{
	const struct flight *x = a, *y = b;

	if (x->requested_ns != y->requested_ns)
		return x->requested_ns < y->requested_ns ? -1 : 1;
	return (x->request > y->request) - (x->request < y->request);
}

static int read_flights(struct query *q, sqlite3_stmt *stmt, int64_t base_ns, int64_t at_ns,
			size_t nr_max, struct flight *out, size_t *nr, bool *more, int64_t rows_max,
			struct db_error *err)
{
	int64_t rows = 0;
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		struct flight flight = {
			.request = (uint64_t)sqlite3_column_int64(stmt, 0),
			.requested_ns = time_at(stmt, 1, base_ns),
			.completed_ns = time_at(stmt, 2, base_ns),
			.outcome = sqlite3_column_int(stmt, 3),
		};

		*more |= ++rows == rows_max;
		if (sqlite3_column_type(stmt, 1) == SQLITE_NULL || flight.requested_ns > at_ns)
			continue;
		if (*nr < nr_max)
			out[(*nr)++] = flight;
		else
			*more = true;
	}
	return ret;
}

int query_in_flight(struct query *q, uint32_t pool, int64_t at_ns, int64_t lead_max_ns,
		    size_t nr_max, struct flight *out, size_t *nr, bool *more, struct db_error *err)
{
	int64_t base_ns, at, rows_max = (int64_t)nr_max + 1;
	sqlite3_stmt *stmt;
	int ret = reader_base(q, &base_ns, err);

	*nr = 0;
	*more = false;
	if (ret)
		return ret;
	at = reader_time(at_ns) - base_ns;
	stmt = reader_bind(q, QUERY_FLIGHT_LATER, 4,
			   (int64_t[]){pool, at, at + reader_time(lead_max_ns), LATER_MAX});
	ret = read_flights(q, stmt, base_ns, at_ns, nr_max, out, nr, more, LATER_MAX, err);
	if (ret)
		return ret;
	stmt = reader_bind(q, QUERY_FLIGHT_OPEN, 3, (int64_t[]){pool, at, rows_max});
	ret = read_flights(q, stmt, base_ns, at_ns, nr_max, out, nr, more, rows_max, err);
	qsort(out, *nr, sizeof(*out), oldest_request);
	return ret;
}

/* --- blocks ---------------------------------------------------------------------------------- */

struct block_list {
	struct live_block *out;
	size_t nr, nr_max;
	bool more;
};

static void add_block(struct block_list *list, const struct live_block *block)
{
	if (list->nr < list->nr_max)
		list->out[list->nr++] = *block;
	else
		list->more = true;
}

static uint32_t count_at(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		       ? POOL_UNKNOWN
		       : (uint32_t)sqlite3_column_int64(stmt, column);
}

/* Blocks of one number: a number is used again, but for 0. */
static int blocks_of(struct query *q, uint32_t pool, int64_t block, int64_t at, int64_t base_ns,
		     struct block_list *list, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_BLOCK_AT, 4,
					 (int64_t[]){pool, block, at, block ? 1 : BASE_BLOCKS_MAX});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		struct live_block live = {
			.block = (uint32_t)block,
			.request = sqlite3_column_type(stmt, 0) == SQLITE_NULL
					   ? UINT64_MAX
					   : (uint64_t)sqlite3_column_int64(stmt, 0),
			.completed_ns = time_at(stmt, 1, base_ns),
			.freed_ns = time_at(stmt, 2, base_ns),
			.buffers = count_at(stmt, 3),
		};

		if (!live.freed_ns || live.freed_ns > at + base_ns)
			add_block(list, &live);
	}
	return ret;
}

/* Blocks from before the record, of which only the end was seen. */
static int old_blocks(struct query *q, uint32_t pool, int64_t at, int64_t base_ns,
		      struct block_list *list, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_BLOCK_OLD, 3,
					 (int64_t[]){pool, at, (int64_t)list->nr_max + 1});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		struct live_block live = {.block = (uint32_t)sqlite3_column_int64(stmt, 0),
					  .request = UINT64_MAX,
					  .freed_ns = time_at(stmt, 1, base_ns),
					  .buffers = count_at(stmt, 2)};

		add_block(list, &live);
	}
	return ret;
}

static int by_number(const void *a, const void *b)
{
	const struct live_block *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return (x->completed_ns > y->completed_ns) - (x->completed_ns < y->completed_ns);
}

int query_live_blocks(struct query *q, uint32_t pool, int64_t at_ns, size_t nr_max,
		      struct live_block *out, size_t *nr, bool *more, struct db_error *err)
{
	struct block_list list = {.out = out, .nr_max = nr_max};
	int64_t base_ns, at, block = -1;
	int ret = reader_base(q, &base_ns, err);

	at = reader_time(at_ns) - base_ns;
	while (!ret && !list.more) {
		sqlite3_stmt *stmt = reader_bind(q, QUERY_BLOCK_NEXT, 2, (int64_t[]){pool, block});
		int64_t next = block;

		ret = reader_step(q, stmt, err);
		if (ret > 0 && sqlite3_column_type(stmt, 0) == SQLITE_INTEGER)
			next = sqlite3_column_int64(stmt, 0);
		sqlite3_reset(stmt);
		if (ret < 0 || next <= block || next > UINT32_MAX)
			break;
		block = next;
		ret = blocks_of(q, pool, block, at, base_ns, &list, err);
	}
	if (ret >= 0)
		ret = old_blocks(q, pool, at, base_ns, &list, err);
	qsort(out, list.nr, sizeof(*out), by_number);
	*nr = list.nr;
	*more = list.more;
	return ret;
}

/* --- buffers --------------------------------------------------------------------------------- */

/* From where the events are gone through, and what is known before them. */
struct way {
	uint64_t since_seq; /* from this event on */
	uint64_t mark_seq;  /* at this one, the list comes in; 0: there is none */
	int64_t mark_ns;
	uint8_t *ids;
	size_t nr_bytes;
	bool cut; /* takes before cut_seq are not known */
	uint64_t cut_seq;
};

static int find_mark(struct query *q, uint32_t pool, uint64_t end_seq, struct way *way,
		     struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(q, QUERY_HELD_MARK, 2, (int64_t[]){pool, (int64_t)end_seq});
	int ret = reader_step(q, stmt, err);
	const void *ids;

	if (ret <= 0)
		return ret;
	way->mark_seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	way->since_seq = (uint64_t)sqlite3_column_int64(stmt, 1);
	way->mark_ns = reader_time(sqlite3_column_int64(stmt, 2));
	ids = sqlite3_column_blob(stmt, 3);
	way->nr_bytes = ids ? (size_t)sqlite3_column_bytes(stmt, 3) : 0;
	way->ids = way->nr_bytes ? malloc(way->nr_bytes) : NULL;
	if (way->nr_bytes && !way->ids)
		ret = db_fail(err, -ENOMEM, "out of memory");
	else if (way->nr_bytes)
		memcpy(way->ids, ids, way->nr_bytes);
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

static void cut_at(struct way *way, uint64_t seq)
{
	way->since_seq = way->cut_seq = seq;
	way->cut = true;
}

/* No mark, one that is damaged, or events that are gone: as far back as may be. */
static int find_way(struct query *q, uint32_t pool, uint64_t end_seq, struct way *way,
		    struct db_error *err)
{
	uint64_t first, kept, most;
	sqlite3_stmt *stmt;
	int ret = find_mark(q, pool, end_seq, way, err);

	if (ret)
		return ret;
	stmt = reader_bind(q, QUERY_SEQS, 1, (int64_t[]){pool});
	ret = reader_step(q, stmt, err);
	first = ret > 0 ? (uint64_t)reader_time(sqlite3_column_int64(stmt, 0)) : 0;
	kept = ret > 0 ? (uint64_t)reader_time(sqlite3_column_int64(stmt, 1)) : 0;
	sqlite3_reset(stmt);
	if (!way->mark_seq)
		way->since_seq = first;
	/* A late join: what was held then is not known. */
	way->cut = first > 0;
	way->cut_seq = first;
	if (way->since_seq < kept)
		cut_at(way, kept);
	most = way->mark_seq ? STRETCH_MAX : EVENTS_MAX;
	if (end_seq > way->since_seq && end_seq - way->since_seq > most)
		cut_at(way, end_seq - EVENTS_MAX);
	if (way->mark_seq < way->since_seq) /* what happened between is not known */
		way->nr_bytes = 0;
	return ret < 0 ? ret : 0;
}

static uint32_t id_at(const uint8_t *at, unsigned width)
{
	uint32_t id = at[0] | (uint32_t)at[1] << 8;

	return width == 2 ? id : id | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* See ev_rx.what in schema.sql. */
static int apply(sqlite3_stmt *stmt, int64_t base_ns, struct hold *hold, struct db_error *err)
{
	int64_t ts_ns = reader_time(sqlite3_column_int64(stmt, 1)) + base_ns;
	uint32_t what = (uint32_t)sqlite3_column_int64(stmt, 2);
	const uint8_t *at = sqlite3_column_blob(stmt, 4);
	uint32_t width = what & 2 ? 4 : 2;
	uint32_t nr = (uint32_t)sqlite3_column_bytes(stmt, 4) / width;
	uint32_t resources = what >> 2 & 0xffff;

	nr -= what & 1 ? 0 : resources < nr ? resources : nr;
	for (uint32_t i = 0; i < nr; i++, at += width) {
		uint32_t id = id_at(at, width);

		if (what & 1)
			hold_return(hold, ts_ns, id);
		else if (hold_take(hold, ts_ns, &id, 1))
			return db_fail(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int go(struct query *q, uint32_t pool, uint64_t from, uint64_t to, int64_t base_ns,
	      struct hold *hold, struct db_error *err)
{
	int64_t first = (int64_t)((uint64_t)pool << DB_SEQ_BITS), last = -1;
	sqlite3_stmt *stmt;
	int ret = 0;

	if (from >= to)
		return 0;
	stmt = reader_bind(q, QUERY_EV_RX, 2,
			   (int64_t[]){first + (int64_t)from, first + (int64_t)to - 1});
	while (!ret && (ret = reader_step(q, stmt, err)) > 0) {
		int64_t id = sqlite3_column_int64(stmt, 0);

		ret = id <= last ? db_fail(err, -EINVAL,
					   "the database is damaged: events out of order")
				 : apply(stmt, base_ns, hold, err);
		last = id;
	}
	sqlite3_reset(stmt);
	return ret;
}

static int walk(struct query *q, uint32_t pool, const struct way *way, uint64_t end_seq,
		int64_t base_ns, struct hold *hold, struct db_error *err)
{
	uint64_t from = way->since_seq;
	int ret = 0;

	if (way->mark_seq > from) {
		ret = go(q, pool, from, way->mark_seq, base_ns, hold, err);
		from = way->mark_seq;
	}
	if (!ret && way->nr_bytes &&
	    (ret = held_decode(way->ids, way->nr_bytes, way->mark_ns, hold)))
		return db_fail(err, -EIO, "the database is damaged: a list of held buffers");
	return ret ? ret : go(q, pool, from, end_seq, base_ns, hold, err);
}

static int oldest_take(const void *a, const void *b)
{
	const struct held_buffer *x = a, *y = b;

	if (x->taken_ns != y->taken_ns)
		return x->taken_ns < y->taken_ns ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int collect(const struct hold *hold, struct held_buffers *out, struct db_error *err)
{
	size_t nr = 0;

	for (uint32_t id = 0; id < hold->nr; id++)
		nr += hold->taken_ns[id] != 0;
	out->buffers = malloc((nr + 1) * sizeof(*out->buffers));
	if (!out->buffers)
		return db_fail(err, -ENOMEM, "out of memory");
	for (uint32_t id = 0; id < hold->nr; id++)
		if (hold->taken_ns[id])
			out->buffers[out->nr++] = (struct held_buffer){id, hold->taken_ns[id]};
	qsort(out->buffers, out->nr, sizeof(*out->buffers), oldest_take);
	return 0;
}

static int find_loss(struct query *q, uint32_t pool, uint64_t end_seq, int64_t at_ns,
		     int64_t *lost_ns, struct db_error *err)
{
	static const enum query_statement where[] = {QUERY_HELD_GAP, QUERY_HELD_TOLD};
	const int64_t until[] = {(int64_t)end_seq, at_ns};

	for (int i = 0; i < 2; i++) {
		sqlite3_stmt *stmt = reader_bind(q, where[i], 2, (int64_t[]){pool, until[i]});
		int ret = reader_step(q, stmt, err);
		int64_t ns = ret > 0 ? reader_time(sqlite3_column_int64(stmt, 0)) : 0;

		sqlite3_reset(stmt);
		if (ret < 0)
			return ret;
		*lost_ns = ns > *lost_ns ? ns : *lost_ns;
	}
	return 0;
}

/* The time of the first event that was gone through. */
static int since_when(struct query *q, uint32_t pool, uint64_t since_seq, int64_t base_ns,
		      int64_t at_ns, int64_t *since_ns, struct db_error *err)
{
	int64_t first = (int64_t)((uint64_t)pool << DB_SEQ_BITS);
	sqlite3_stmt *stmt = reader_bind(
		q, QUERY_SEEK_RX, 2,
		(int64_t[]){first + (int64_t)since_seq, first + (INT64_C(1) << DB_SEQ_BITS)});
	int ret = reader_step(q, stmt, err);

	*since_ns = ret > 0 ? reader_time(sqlite3_column_int64(stmt, 1)) + base_ns : at_ns;
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

int query_held(struct query *q, uint32_t pool, int64_t at_ns, struct held_buffers *out,
	       struct db_error *err)
{
	int64_t first = (int64_t)((uint64_t)pool << DB_SEQ_BITS), base_ns, end_id = 0;
	struct hold hold = {0};
	struct way way = {0};
	uint64_t end_seq;
	int ret = reader_base(q, &base_ns, err);

	memset(out, 0, sizeof(*out));
	at_ns = reader_time(at_ns);
	if (!ret)
		ret = reader_seek_in(q, QUERY_SEEK_RX, pool, at_ns - base_ns, &end_id, err);
	end_seq = end_id > first ? (uint64_t)(end_id - first) : 0;
	if (!ret)
		ret = find_way(q, pool, end_seq, &way, err);
	if (!ret)
		ret = walk(q, pool, &way, end_seq, base_ns, &hold, err);
	if (!ret)
		ret = collect(&hold, out, err);
	if (!ret)
		ret = find_loss(q, pool, end_seq, at_ns, &out->lost_ns, err);
	if (!ret && way.cut)
		ret = since_when(q, pool, way.cut_seq, base_ns, at_ns, &out->since_ns, err);
	hold_release(&hold);
	free(way.ids);
	if (ret) {
		free(out->buffers);
		memset(out, 0, sizeof(*out));
	}
	return ret;
}

uint32_t held_block_of(const struct pool_marks *marks, uint32_t id)
{
	if (!pool_marks_known(marks) || marks->base == POOL_UNKNOWN || !marks->block ||
	    marks->block == POOL_UNKNOWN)
		return POOL_UNKNOWN;
	return id < marks->base ? 0 : (id - marks->base) / marks->block + 1;
}
