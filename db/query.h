/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_H
#define DB_QUERY_H
/*
 * The reading side of a Poolscope database.  Everything that shows or judges a recording asks here;
 * a live recording is a database that is still growing.
 *
 * Thread:  one thread per struct query.  Read only: it never blocks the writer.
 * A file is not trusted: it may be damaged, or made to hurt.  What a query may cost is bounded by
 * the file's size (db/guard.h). Errors:  0 or -errno with err filled: -ENOENT no file, -EINVAL not
 * a Poolscope database, -EPROTO its schema is newer than this program, -EIO anything SQLite says.
 * Times:   _ns since the Unix epoch; widths and latencies _ns.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/pool_event.h"
#include "db/store.h" /* struct db_error */

struct query;

int query_open(const char *path, struct query **out, struct db_error *err);
void query_close(struct query *q);

/*
 * How much of the file is kept in memory between queries, 2000 KiB by itself: for those that look
 * at the same places of many pools again and again.
 */
void query_keep(struct query *q, int kib);

/* The recording as a whole.  O(pools), never O(events). */
struct trace_status {
	uint64_t events; /* stored */
	uint64_t lost;
	uint64_t nr_losses; /* rows of loss */
	int64_t start_ns;   /* first and newest event; 0 when none */
	int64_t end_ns;
	int64_t events_from_ns; /* older events were dropped by a limit; 0: none were */
	int64_t committed_ns;	/* wall time of the last commit */
	bool recording;		/* the collector is still writing */
	bool complete;		/* it ended by itself with every pool closed and no loss */
	char ended[32];		/* meta 'ended'; "recorder died" when nobody writes any more */
	char note[128];
	bool loss_of_unknown_pool; /* some loss is of no known pool */
	uint32_t nr_pools;
};
int query_status(struct query *q, struct trace_status *out, struct db_error *err);

/* A latency distribution; quantiles within 1 %; all 0 when count is 0.  max is exact. */
struct latency {
	uint64_t count;
	int64_t p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, p9999_ns, max_ns;
};
struct histogram;
/* Of what a histogram counts. */
void latency_of(const struct histogram *h, struct latency *out);

struct range {
	bool known; /* the pool has worked, and says its level */
	uint32_t min, max;
	double mean; /* time-weighted */
};

/* One pool, from open to now: the figures of `stat` and of the overview. */
struct pool_summary {
	uint32_t pool;
	char name[64];
	char host[256]; /* the machine that its events were made on */
	uint8_t generation;
	uint32_t buffer_bytes;	      /* or POOL_UNKNOWN */
	struct pool_marks marks;      /* POOL_UNKNOWN each where nobody said them */
	int64_t opened_ns, closed_ns; /* closed_ns 0: still open */
	struct pool_totals totals; /* derived from the events; after a late join or a gap from the
				    * next tick on */
	uint64_t pending;	   /* requests */
	uint64_t held;		   /* buffers */
	uint64_t live_blocks;	   /* all live blocks, the base block included */
	uint32_t available_now, total_now; /* or POOL_UNKNOWN */
	bool fallback_now;
	struct range available, total;		/* over the working life: docs/database.md */
	uint64_t low_crossings, high_crossings; /* 0 without marks */
	struct latency lead, hold;
	uint64_t violations;
	uint64_t lost; /* events of this pool known to be lost */
	/* Totals derived from events against the driver's own, at each tick. */
	uint64_t audit_ticks, audit_mismatches;
	int64_t audit_first_mismatch_ns;
	char audit_what[16]; /* the counter that disagreed first, by its name in the event; "": none
			      */
	uint64_t audit_said, audit_counted; /* its value there, and what the events add up to */
	/* Identity replay: recorded events through the policy. */
	uint64_t identity_checked, identity_mismatches;
	int64_t identity_first_mismatch_ns;
	bool takes_recorded; /* there are rx_take or rx_return events */
	/* What the driver itself said in pool_close. */
	bool close_said;
	uint32_t close_blocks; /* still live; or POOL_UNKNOWN */
	uint64_t close_held;
};

/*
 * Is a figure of the pool's whole life touched by loss?  A loss of no known pool touches every pool
 * but those that are recorded from their first event to their close without a gap.
 */
static inline bool pool_has_loss(const struct trace_status *trace, const struct pool_summary *pool)
{
	bool whole = pool->opened_ns && pool->closed_ns;

	return pool->lost || (trace->loss_of_unknown_pool && !whole);
}

/* All pools by number, into an array that the caller frees with free(). */
int query_pools(struct query *q, struct pool_summary **out, size_t *nr, struct db_error *err);

/* Were packets of a pool RESOURCES or dropped?  So its summary says; a file may be wrong. */
int query_misses(struct query *q, uint32_t pool, bool *misses, struct db_error *err);

/*
 * Where a figure of a pool first went wrong, for a gate that must say more than "no".  `limit` is
 * what the figure was held against (QUERY_FIRST_LEAD_OVER and below); else it is not looked at.
 */
enum query_first {
	QUERY_FIRST_DROP,
	QUERY_FIRST_RESOURCES,
	QUERY_FIRST_REFUSED,
	QUERY_FIRST_FAILED,
	QUERY_FIRST_VIOLATION,
	QUERY_FIRST_LEAD_OVER, /* the first lead time of more than limit ns */
	QUERY_FIRST_HOLD_OVER, /* the first 8 ms whose longest hold time is more than limit ns */
	QUERY_FIRST_AVAILABLE_UNDER, /* the first 8 ms with fewer available buffers than limit */
	QUERY_FIRST_TOTAL_OVER,	     /* the first 8 ms with more buffers than limit */
	QUERY_FIRST_NR
};
struct query_place {
	bool found;
	int64_t ts_ns;
	int64_t width_ns; /* it was in this time from ts_ns on; 0: exactly then */
	int64_t what;	  /* the broken rule's number, the request's number; else 0 */
};
int query_first(struct query *q, enum query_first what, uint32_t pool, int64_t limit,
		struct query_place *out, struct db_error *err);

/* The rows of table loss, by time.  `each` returns 0 to go on; anything else ends it and is
 * returned. */
struct query_loss {
	int64_t pool;		  /* -1: unknown */
	int64_t start_ns, end_ns; /* the losses lie between these */
	uint64_t events;	  /* 0: nobody knows how many */
	int64_t first_seq;	  /* the first missing one of a gap; -1: not a gap */
	const char *source;	  /* "seq": exact; "lttng", "truncated", "bad"; never NULL */
};
int query_losses(struct query *q, int (*each)(const struct query_loss *loss, void *ctx), void *ctx,
		 struct db_error *err);

/*
 * Occupancy in nr equal columns of width_ns from start_ns, from the roll-up tiers: O(columns),
 * whatever the length.  A column without events carries the level on from before; `known` is false
 * before the pool's first event, after its close, and after the newest stored event.
 */
struct level_column {
	bool known;
	bool measured; /* available, held and total are known too */
	bool loss;     /* events were lost inside */
	uint32_t available_min, available_max;
	double available_mean;
	uint32_t held_max;
	uint32_t total_min, total_max;
	uint32_t pending_max; /* requests */
	uint32_t low_crossings, high_crossings;
	uint32_t requested, freed; /* in this column */
	uint32_t failed;	   /* refused or completed without memory */
	uint32_t dropped, resources;
	bool fallback; /* on at some time inside */
};
int query_level(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns, size_t nr,
		struct level_column *out, struct db_error *err);
/*
 * As query_level(), but a window of at most 2^32 ns that has at most QUERY_FINE_EVENTS events of
 * the pool is made of the events themselves: then columns are exact, however narrow.  With more,
 * columns narrower than the finest buckets (2^23 ns) show all of the bucket they lie in.
 */
#define QUERY_FINE_EVENTS 10000
int query_level_fine(struct query *q, uint32_t pool, int64_t start_ns, int64_t width_ns, size_t nr,
		     struct level_column *out, struct db_error *err);

/*
 * Lead times by the time of completion, hold times by the time of return; columns as above.  Where
 * columns are narrower than the finest buckets (2^23 ns), each shows the whole bucket it lies in.
 */
enum latency_kind { LATENCY_LEAD, LATENCY_HOLD };
int query_latency(struct query *q, enum latency_kind kind, uint32_t pool, int64_t start_ns,
		  int64_t width_ns, size_t nr, struct latency *out, struct db_error *err);

/*
 * How many latencies of a column lie in which quarter of which power of two: cell 4 o + f has those
 * from (4 + f) / 4 * 2^o ns to below (5 + f) / 4 * 2^o ns.
 */
#define LATENCY_CELLS 188
struct latency_cells {
	uint32_t count[LATENCY_CELLS];
};
/*
 * As query_latency(), with the cells beside (NULL: not wanted): what a heat map is drawn from. Lead
 * times of a window with few events are exact, as in query_level_fine(); a single column is right
 * within 2^23 ns at its borders, however wide.
 */
int query_latency_fine(struct query *q, enum latency_kind kind, uint32_t pool, int64_t start_ns,
		       int64_t width_ns, size_t nr, struct latency *out,
		       struct latency_cells *cells, struct db_error *err);

/*
 * One pool at one instant, exact to the event: the state after the last event at or before ts_ns.
 * Found by halving the pool's range of events: O(log events), whatever the length.
 */
struct query_instant {
	bool has_before, has_after;
	/* The events around the instant; what they borrow (names, ids) is NULL. */
	struct pool_event before, after;
	uint64_t lost;			 /* events known to be missing between the two */
	bool known;			 /* the pool is open here: the values below */
	uint32_t available, held, total; /* or POOL_UNKNOWN */
	uint32_t pending;		 /* requests */
	bool fallback;
};
int query_instant(struct query *q, uint32_t pool, int64_t ts_ns, struct query_instant *out,
		  struct db_error *err);

/*
 * The next moment of some kind in one pool, or the one before: what a reader jumps to.  Drops and
 * fallback are found in their own tables, failures and crossings by the roll-ups, widest first, and
 * then by the events of 8 ms: never by reading through a file.
 */
enum query_moment {
	QUERY_MOMENT_EVENT = 1, /* any event */
	QUERY_MOMENT_DROP = 2,
	QUERY_MOMENT_FALLBACK = 4, /* on */
	QUERY_MOMENT_FAILURE = 8,  /* refused, or completed without memory */
	QUERY_MOMENT_LOW = 16,	   /* available fell to low or below */
	QUERY_MOMENT_HIGH = 32,	   /* available rose to high or above */
};
#define QUERY_MOMENT_NR 6
struct query_moment_found {
	bool found;
	enum query_moment kind;
	struct pool_event event; /* what it borrows (names, ids) is NULL */
};
/*
 * kinds: QUERY_MOMENT_* or-ed.  The nearest after (by > 0) or before (by < 0) an event of the pool,
 * or with seq -1 an instant, these excluded.
 */
int query_moment(struct query *q, uint32_t pool, unsigned kinds, int64_t ts_ns, int64_t seq, int by,
		 struct query_moment_found *out, struct db_error *err);

/* Events per second of all pools over the last second of stored time. */
int query_rate(struct query *q, double *events_per_s, struct db_error *err);

/*
 * Walks the events of one pool (or all with pool -1) in (pool, seq) order.  `each` returns 0 to go
 * on; anything else ends the walk and is returned.
 */
int query_events(struct query *q, int64_t pool, int (*each)(const struct pool_event *, void *ctx),
		 void *ctx, struct db_error *err);
/*
 * The same of one pool, while a second thread reads ahead on a connection of its own; each() is
 * called on the caller's.  Between query_begin() and query_end(), and of a recording that did not
 * go on since; else, and of short recordings, it is query_events().
 */
int query_events_ahead(struct query *q, uint32_t pool,
		       int (*each)(const struct pool_event *, void *ctx), void *ctx,
		       struct db_error *err);

/*
 * The newest part of a pool's record that has at most so many steps: buffers taken and returned,
 * and twice the frames dropped.  Begins with a bucket of 2^23 ns; by the roll-ups, O(log of the
 * length).  *from_ns 0: that is all of it.
 */
int query_newest(struct query *q, uint32_t pool, uint64_t steps, int64_t *from_ns,
		 struct db_error *err);
/*
 * As query_events() of one pool, from an instant on; of what was before it before() gets all but
 * the receive events, which are nearly all.
 */
int query_events_since(struct query *q, uint32_t pool, int64_t from_ns,
		       int (*before)(const struct pool_event *, void *ctx),
		       int (*each)(const struct pool_event *, void *ctx), void *ctx,
		       struct db_error *err);

/*
 * Rows of the documented tables, for those who hand them on; events are query_events()' business.
 * Physical tables are read, not the file's views.  In order of the recording, one row at a time:
 * memory does not depend on how many there are.
 */
enum query_table {
	QUERY_TABLE_ALLOCATION,
	QUERY_TABLE_LEVEL,
	QUERY_TABLE_LEAD,
	QUERY_TABLE_HOLD,
	QUERY_TABLE_LOSS,
	QUERY_TABLE_NR
};
struct query_range {
	int64_t pool;		/* -1: all */
	int64_t from_ns, to_ns; /* rows that touch [from, to]; 0 and INT64_MAX: all */
	int64_t width_ns;	/* level, lead, hold: buckets of this width, or the next finer */
};
struct query_value {
	enum { QUERY_NULL, QUERY_INT, QUERY_REAL, QUERY_TEXT } type;
	int64_t i;
	double r;
	const char *text; /* nr_bytes of them, borrowed for the call; may hold any byte */
	size_t nr_bytes;
};
#define QUERY_COLUMNS_MAX 32
/* Calls header() once and then row() for each row; anything but 0 ends it and is returned. */
int query_table(struct query *q, enum query_table table, const struct query_range *range,
		int (*header)(int nr, const char *const *names, void *ctx),
		int (*row)(int nr, const char *const *names, const struct query_value *values,
			   void *ctx),
		void *ctx, struct db_error *err);

/* From here until query_end() all answers are of one moment, while the recording goes on. */
int query_begin(struct query *q, struct db_error *err);
void query_end(struct query *q);

/*
 * Runs read-only statements for a person, one after the other: calls row() per result row, values
 * as text, NULL for SQL NULL; the first call of each statement carries the column names with
 * is_header true; anything but 0 ends it and is returned.  Statements that write or reach for
 * another file are refused with -EACCES; a mistake in the SQL is -EINVAL with SQLite's own words in
 * err; a file that cannot be read is -EIO, a statement that takes too long -ETIME.  The documented
 * views are this program's, whatever the file calls by their names.
 */
void query_sql_limit(struct query *q, int64_t ns); /* for a statement to take; 0: none */
/* stop() is asked every ms or so while statements run: true ends them with -EINTR.  NULL: no. */
void query_sql_stop(struct query *q, bool (*stop)(void *ctx), void *ctx);
int query_sql(struct query *q, const char *sql,
	      int (*row)(int nr, const char *const *values, bool is_header, void *ctx), void *ctx,
	      struct db_error *err);

#endif
