/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_LEAD_H
#define DB_QUERY_LEAD_H
/*
 * Latencies of one window of time as a whole, and the requests behind the worst of them.  Thread,
 * errors and times: as db/query.h.
 */
#include "db/histogram.h"
#include "db/query.h"

struct latency_window {
	struct latency figures;
	struct histogram histogram;
	int64_t from_ns, to_ns; /* what both are of: the window and up to 2^23 ns (8.4 ms) at either
				 * end, where the finest roll-up has its borders */
};

/*
 * Lead or hold times of [from_ns, to_ns), from the widest roll-ups that fit and finer ones towards
 * the borders: a hundred rows at most, and one more for each 4.6 min.
 */
int query_latency_window(struct query *q, enum latency_kind kind, uint32_t pool, int64_t from_ns,
			 int64_t to_ns, struct latency_window *out, struct db_error *err);

struct lead_case {
	int64_t id; /* the row, for query_lead_why() */
	uint64_t request;
	int64_t requested_ns, completed_ns;
	int64_t lead_ns;
	int64_t freed_ns; /* 0: not (yet) */
	int outcome;	  /* enum pool_outcome */
	uint32_t block, buffers;
};

/*
 * The longest leads that completed in [from_ns, to_ns), exactly, longest first.  The maxima of the
 * roll-ups lead there: buckets that cannot hold a longer one are not looked into, so that the work
 * goes with nr_max and not with the length.
 *	out     room for nr_max
 *	nr      how many there are
 */
int query_worst_leads(struct query *q, uint32_t pool, int64_t from_ns, int64_t to_ns, size_t nr_max,
		      struct lead_case *out, size_t *nr, struct db_error *err);

/* What was going on around one request. */
struct lead_why {
	bool known;	    /* its event is on record; else only failures and loss are told */
	uint32_t available; /* at the request; or POOL_UNKNOWN */
	uint32_t total;	    /* or POOL_UNKNOWN */
	uint32_t others;    /* requests pending beside it */
	bool fallback;	    /* the pool was in it then, or fell into it meanwhile */
	uint32_t failures;  /* requests in a row just before it that were refused or got nothing */
	bool failures_at_least; /* and perhaps more */
	uint64_t dropped;	/* frames, from the request to the completion */
	bool dropped_at_least;
	bool loss; /* events were lost meanwhile */
};
int query_lead_why(struct query *q, uint32_t pool, const struct lead_case *lead,
		   struct lead_why *out, struct db_error *err);

#endif
