/* SPDX-License-Identifier: MIT */
#ifndef DB_READER_H
#define DB_READER_H
/* What the files behind db/query.h share: the connection and its statements, prepared at open. */
#include "db/guard.h"
#include "db/level.h"
#include "db/query.h"

struct sqlite3;
struct sqlite3_stmt;

enum query_statement {
	QUERY_META,
	QUERY_PROGRESS,
	QUERY_POOLS,
	QUERY_RATE,
	QUERY_SPAN,
	QUERY_REACH,
	QUERY_LOG_POOLS,
	QUERY_NEWEST,
	QUERY_LEVEL_BEFORE,
	QUERY_LEVEL,
	QUERY_LOSS,
	QUERY_LATENCY,
	QUERY_LOSSES,
	QUERY_SEEK, /* places of events */
	QUERY_SAID,
	QUERY_AVAILABLE,
	QUERY_FALLBACK,
	QUERY_RUNNING,
	QUERY_COMPLETED, /* single requests */
	QUERY_ALLOC_SEEK,
	QUERY_ALLOC,
	QUERY_BASE,
	QUERY_WORST_BUCKETS,
	QUERY_WORST,
	QUERY_WHY_REQUEST,
	QUERY_WHY_FALLBACK,
	QUERY_WHY_FELL,
	QUERY_WHY_DROPS,
	QUERY_WHY_BEFORE,
	QUERY_SEEK_RX, /* statements for reader_seek_in() */
	QUERY_SEEK_REQUEST,
	QUERY_SEEK_COMPLETE,
	QUERY_FLIGHT_OPEN,
	QUERY_FLIGHT_LATER,
	QUERY_BLOCK_NEXT,
	QUERY_BLOCK_AT,
	QUERY_BLOCK_OLD,
	QUERY_HELD_MARK,
	QUERY_SEQS,
	QUERY_HELD_GAP,
	QUERY_HELD_TOLD,
	QUERY_ACTIVITY,
	QUERY_ACTIVITY_TOLD,
	QUERY_FREE_PAGES,
	QUERY_LOST,
	QUERY_RATE_LEVELS,
	QUERY_RATE_LATENCIES,
	QUERY_BOOKMARKS,
	QUERY_EV_OPEN, /* from here on one a physical event table, in the order of reader_event_sql
			*/
	QUERY_EV_TICK,
	QUERY_EV_REQUEST,
	QUERY_EV_REFUSED,
	QUERY_EV_COMPLETE,
	QUERY_EV_FREE,
	QUERY_EV_RX,
	QUERY_EV_DROP,
	QUERY_EV_FALLBACK,
	QUERY_EV_VIOLATION,
	QUERY_EV_CLOSE,
	QUERY_EACH_RX, /* rows of ev_rx, handed to a function of ours */
	QUERY_RX_ROOT, /* where its pages are */
	QUERY_NR
};

/* Two events of a pool beside each other, and a time that lies between them. */
struct reader_neighbours {
	int64_t seq, ts_ns; /* the last event not later; seq -1: none */
	int64_t next_ns;    /* of the event after it; INT64_MAX: none */
};

/* What was found of a pool, while the file is the same: see db/query_log.c. */
#define READER_MEMORY 1024
struct reader_memory {
	uint32_t pool;
	unsigned version; /* of the file's content */
	bool known;
	struct reader_neighbours found;
};

struct query {
	struct sqlite3 *db;
	char *path;
	struct guard guard;
	int64_t sql_limit_ns;	     /* query_sql_limit() */
	bool (*sql_stop)(void *ctx); /* query_sql_stop() */
	void *sql_stop_ctx;
	bool has_views; /* ours lie over the file's */
	struct sqlite3_stmt *stmt[QUERY_NR];
	struct reader_memory *memory; /* READER_MEMORY of them, by pool; NULL: none yet */
};

/* The statement, with its first nr parameters (?1 ...) bound to integers. */
struct sqlite3_stmt *reader_bind(struct query *q, enum query_statement which, int nr,
				 const int64_t *values);

/*
 * Steps once.  Returns: 1 a row, 0 no more (the statement is reset), -errno with err filled (and
 * reset).
 */
int reader_step(struct query *q, struct sqlite3_stmt *stmt, struct db_error *err);

/* As query_open(), for query_events() alone: it has no other statements. */
int reader_open(const char *path, struct query **out, struct db_error *err);

/*
 * Makes a query of a connection that is somebody else's, for query_events() alone: the writer reads
 * back what it has stored.  reader_detach() leaves the connection open.
 */
int reader_attach(struct query *q, struct sqlite3 *db, struct db_error *err);
void reader_detach(struct query *q);
/* As query_events() of one pool, from an event on. */
int reader_events(struct query *q, uint32_t pool, uint64_t from_seq,
		  int (*each)(const struct pool_event *, void *ctx), void *ctx,
		  struct db_error *err);

/* As query_events() of one pool, between two events, these included; with all but rx_* on wish. */
int reader_between(struct query *q, uint32_t pool, int64_t from_seq, int64_t to_seq,
		   bool without_rx, int (*each)(const struct pool_event *, void *ctx), void *ctx,
		   struct db_error *err);

/* What the file says of where a pool's events are; all 0 of a pool that it does not have. */
struct reader_reach {
	uint32_t pool;
	int64_t end; /* one past the newest seq */
	int64_t first_ns, last_ns;
	int64_t base_ns; /* what times in the tables are relative to */
};
int reader_reach(struct query *q, uint32_t pool, struct reader_reach *reach, struct db_error *err);
/* The end, of what summary.next_seq says: a file that says what cannot be is searched as a whole.
 */
int64_t reader_end_seq(uint32_t pool, int64_t next_seq);

/*
 * The last event at or before ts_ns, into seq; -1 when there is none.  Its neighbour is later.
 * Some ten look-ups where events are spread over the time, and never more than 80.
 */
int reader_seek(struct query *q, uint32_t pool, int64_t ts_ns, int64_t *seq, struct db_error *err);

/* The same, with the times of both. */
int reader_seek_within(struct query *q, const struct reader_reach *reach, int64_t ts_ns,
		       struct reader_neighbours *out, struct db_error *err);

/* The first event with low <= seq < high.  Returns: 1 found, 0 none, -errno. */
int reader_next(struct query *q, uint32_t pool, int64_t low, int64_t high, int64_t *seq,
		int64_t *ts_ns, struct db_error *err);

/*
 * A value (by its column) of the last row that has one, up to an event; which is QUERY_SAID to
 * QUERY_RUNNING.  Returns: 1 found (POOL_UNKNOWN for NULL), 0 none, -errno.
 */
int reader_last(struct query *q, enum query_statement which, uint32_t pool, int64_t seq, int column,
		int64_t *value, struct db_error *err);

/* What statements from QUERY_EV_OPEN on need of a connection, before they are prepared. */
void reader_prepare(struct sqlite3 *db);

/* A copy that borrows nothing (names and ids are NULL), at a time that can be computed with. */
int reader_copy_event(const struct pool_event *event, void *copy);

/* What an event does to the level of its pool. */
void reader_follow(struct level_state *level, const struct pool_event *event);

/*
 * The window's events, when they are few enough to be read one by one and are all on record:
 * first < 0 else.  As for query_level().
 */
struct reader_exact {
	int64_t first, last;	   /* seqs; last < first: the window has none */
	struct query_instant from; /* the state at the window's start */
	bool works;		   /* the last tick before it said that the pool works */
};
int reader_exact(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns, size_t nr,
		 struct reader_exact *out, struct db_error *err);

/* Lead times that ended in a window, by their end: at most `max`. */
struct reader_lead {
	int64_t end_ns, lead_ns;
};
int reader_leads(struct query *q, uint32_t pool, const struct reader_exact *window,
		 struct reader_lead *leads, size_t max, size_t *nr, struct db_error *err);

/* What times in the physical tables are relative to; 0 when there is no event. */
int reader_base(struct query *q, int64_t *base_ns, struct db_error *err);

/*
 * One past the id of a pool's last event in one table that is not later than ts (relative); the
 * pool's first id when there is none.  As many look-ups as for reader_seek().  Where a clock
 * went back, one of the possible answers.
 *
 *	table  QUERY_SEEK_RX and below
 */
int reader_seek_in(struct query *q, enum query_statement table, uint32_t pool, int64_t ts,
		   int64_t *id, struct db_error *err);

/* Adds a row of latency_row to h.  Columns: bucket, max_ns, histogram. */
struct histogram;
int reader_histogram(struct sqlite3_stmt *stmt, struct histogram *h, struct db_error *err);

/* A time as it can be computed with: no recording has others (db/store.h), and no two overflow. */
static inline int64_t reader_time(int64_t ns)
{
	return ns < 0 ? 0 : ns > INT64_C(1) << 62 ? INT64_C(1) << 62 : ns;
}

/* The tier that gives nr columns of width_ns with at least two buckets each, or the narrowest. */
unsigned reader_tier(int64_t width_ns);

/*
 * The time that stands for a bucket: the middle of what lies in the pool's life, [from, until). The
 * first and the last bucket of a life are mostly outside of it.
 */
static inline int64_t reader_middle(int64_t bucket_ns, unsigned tier, int64_t from, int64_t until)
{
	int64_t start = bucket_ns > from ? bucket_ns : from;
	int64_t end = bucket_ns + (INT64_C(1) << tier);

	end = end < until ? end : until;
	return end > start ? start + (end - start) / 2 : start;
}

/*
 * The life of a pool that is on record: from its first event to its close, or one past the newest
 * event of the recording.  Returns: 1, 0 no such pool, -errno.
 */
int reader_life(struct query *q, uint32_t pool, int64_t *from_ns, int64_t *until_ns,
		struct db_error *err);

/* A window that can be computed with.  Returns: 0, or -EINVAL with err filled. */
int reader_check_window(int64_t start_ns, int64_t width_ns, size_t nr, struct db_error *err);

#endif
