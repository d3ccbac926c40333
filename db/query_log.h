/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_LOG_H
#define DB_QUERY_LOG_H
/*
 * The log a screen at a time: events of one or all pools and what was lost, in order of time,
 * forwards and backwards from a place.
 *
 * A page costs what its rows and the pools cost, whatever the file's length: places are found by
 * halving, kinds of events in their own tables.  Only tests of values look at events one by one;
 * they go on in pieces, with a budget.
 *
 * Order: (time, pool, seq).  The events of one pool are always in order of seq, as they happened;
 * where two processors' clocks differ, times may go back by that much.
 */
#include "db/query.h"

/* What an event can be held against.  An event without such a value does not pass. */
enum log_field {
	LOG_AVAILABLE,
	LOG_TOTAL,
	LOG_PENDING,
	LOG_REQUEST,
	LOG_STATUS,
	LOG_BLOCK,
	LOG_BYTES,
	LOG_OUTCOME, /* enum pool_outcome */
	LOG_REASON,  /* enum pool_free_reason */
	LOG_BUFFERS,
	LOG_RESOURCES,
	LOG_COUNT,
	LOG_CAUSE, /* enum pool_drop_cause */
	LOG_ON,	   /* fallback: 0 or 1 */
	LOG_RULE,
	LOG_LEAD, /* ns from the request to this alloc_complete */
	LOG_NR_FIELDS
};
enum log_operator { LOG_EQUAL, LOG_UNEQUAL, LOG_LESS, LOG_AT_MOST, LOG_MORE, LOG_AT_LEAST };

struct log_test {
	enum log_field field;
	enum log_operator op;
	int64_t value;
};

#define LOG_TESTS_MAX 8
#define LOG_ALL_KINDS ((1u << POOL_EVENT_NR_KINDS) - 1)

/* What is shown; losses always are: what is missing concerns everything that is there. */
struct log_filter {
	unsigned kinds; /* 1 << enum pool_event_kind, or-ed */
	int64_t pool;	/* -1: all */
	bool no_losses; /* for a search */
	struct log_test tests[LOG_TESTS_MAX];
	int nr_tests;
	/* More than the fields can say: NULL, or true for an event that passes, of those that the
	 * rest lets through.  Losses do not pass then. */
	bool (*match)(const struct pool_event *event, void *ctx);
	void *ctx;
};

/* Where there are such fields: the kinds whose events can pass the tests at all. */
unsigned log_filter_kinds(const struct log_filter *filter);
/* Must events be looked at one by one? */
bool log_filter_looks(const struct log_filter *filter);

/*
 * Before the row with these.  Losses that nobody can say the pool's seq of have pool -1; {ts, -1,
 * 0} is before everything of that time, and {INT64_MAX, -1, 0} the end.
 */
struct log_place {
	int64_t ts_ns;
	int64_t pool;
	int64_t seq;
};

#define LOG_IDS 8
struct log_row {
	struct log_place place;	 /* of this row, to go on from: its time is as it is stored */
	int64_t ts_ns;		 /* the same as a time that can be computed with */
	bool is_loss;		 /* else it is event */
	struct pool_event event; /* what it borrows (names, ids) is NULL */
	int64_t lead_ns;	 /* of an alloc_complete; -1: not known */
	uint32_t ids[LOG_IDS];	 /* of rx_take and rx_return: the first of them */
	struct {
		int64_t pool; /* -1: unknown */
		int64_t start_ns, end_ns;
		uint64_t events; /* 0: nobody knows */
		char source[12];
	} loss;
};

enum log_end {
	LOG_FULL, /* as many as were wanted */
	LOG_OVER, /* there are no more */
	LOG_LATER /* the budget is used up: go on from `from` */
};

/*
 * Up to `want` rows from *from on (by > 0: at it and after; by < 0: before it, the nearest first).
 * *from moves on behind them.  budget_ns: of wall time, for filters that look; 0: no limit.
 * Returns: 0 with *nr and *end; -errno with err filled.
 */
int query_log(struct query *q, const struct log_filter *filter, struct log_place *from, int by,
	      struct log_row *rows, size_t want, size_t *nr, enum log_end *end, int64_t budget_ns,
	      struct db_error *err);

#endif
