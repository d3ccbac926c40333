/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_OUTSTANDING_H
#define VIEWER_OUTSTANDING_H
/*
 * What a pool has out at an instant, put together: requests in flight, live blocks with the buffers
 * held of each, and the buffers; with a verdict on each that does not claim more than the record
 * shows.
 */
#include "db/query_held.h"

enum verdict {
	VERDICT_FINE,
	VERDICT_IDLE,	  /* a block all of whose buffers are home */
	VERDICT_SLOW,	  /* a request: longer than 99 of 100 of this pool */
	VERDICT_LONG,	  /* a buffer: ten times longer than 99 of 100 of this pool */
	VERDICT_PINNED,	  /* a dynamic block that only such buffers keep */
	VERDICT_UNPROVEN, /* it looks so, but events were lost since: it may be over */
	VERDICT_LEAKED,	  /* the pool is closed, and it is still out */
};
/* "slow", "pinned", ...; "" when fine. */
const char *verdict_name(enum verdict verdict);

struct out_request {
	struct flight flight;
	int64_t age_ns;
	enum verdict verdict;
};

struct out_block {
	struct live_block block;
	int64_t age_ns;		/* -1: older than the record */
	uint32_t held, nr_long; /* of its buffers; POOL_UNKNOWN: ids say nothing of blocks */
	int64_t oldest_ns;	/* the longest hold among them */
	enum verdict verdict;
};

struct out_buffer {
	uint32_t id, block; /* block: or POOL_UNKNOWN */
	int64_t taken_ns, age_ns;
	enum verdict verdict;
};

#define OUT_REQUESTS_MAX 256
#define OUT_BLOCKS_MAX	 512

struct outstanding {
	int64_t at_ns;
	struct out_request *requests; /* oldest first */
	struct out_block *blocks;     /* by number */
	struct out_buffer *buffers;   /* held longest first */
	size_t nr_requests, nr_blocks, nr_buffers;
	bool more_requests, more_blocks; /* than there is room for */
	int64_t since_ns, lost_ns;	 /* as in struct held_buffers */
	size_t nr_long;			 /* buffers that are not fine */
};

/*
 * Asks for what is out at at_ns.  Returns: 0, -ENOMEM, or what the queries say, with err filled.
 * Owns: outstanding_release(), always.
 */
int outstanding_load(struct outstanding *out, struct query *q, const struct trace_status *trace,
		     const struct pool_summary *pool, int64_t at_ns, struct db_error *err);
void outstanding_release(struct outstanding *out);

#endif
