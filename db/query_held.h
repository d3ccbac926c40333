/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_HELD_H
#define DB_QUERY_HELD_H
/*
 * What a pool has out at an instant: requests in flight, live blocks, buffers that the stack holds.
 * Everything is found by an index, and what one answer may cost is bounded; where the bound cuts
 * something off, the answer says so.  Thread, errors and times: as db/query.h.
 *
 * An instant is the state after the last event that is not later than at_ns.
 */
#include "db/query.h"

struct flight {
	uint64_t request;
	int64_t requested_ns;
	int64_t completed_ns; /* later than the instant; 0: not in the record */
	int outcome;	      /* enum pool_outcome, -1 refused; meaningless without completed_ns */
};
/*
 * Requests in flight, oldest first.  `more`: there may be others.  A request whose completion was
 * lost stays in flight for ever.
 *	lead_max_ns  the pool's longest lead: how far ahead completions are looked for
 */
int query_in_flight(struct query *q, uint32_t pool, int64_t at_ns, int64_t lead_max_ns,
		    size_t nr_max, struct flight *out, size_t *nr, bool *more,
		    struct db_error *err);

struct live_block {
	uint32_t block;
	uint64_t request;     /* 0: there from the start; UINT64_MAX: not in the record */
	int64_t completed_ns; /* since when it lives; 0: since before the record */
	int64_t freed_ns;     /* later than the instant; 0: not in the record */
	uint32_t buffers;     /* or POOL_UNKNOWN */
};
/* Live blocks by number.  `more`: there are others. */
int query_live_blocks(struct query *q, uint32_t pool, int64_t at_ns, size_t nr_max,
		      struct live_block *out, size_t *nr, bool *more, struct db_error *err);

struct held_buffer {
	uint32_t id;
	int64_t taken_ns;
};
struct held_buffers {
	struct held_buffer *buffers; /* oldest take first; free() them */
	size_t nr;
	/*
	 * 0: these are all.  Else buffers that were taken before are not among them: the record
	 * does not reach further back, or it is too long a way without marks (files of schema 3 and
	 * older).
	 */
	int64_t since_ns;
	int64_t lost_ns; /* the newest loss of events of this pool until then; takes before it may
			  * be over, unseen.  0: none */
};
int query_held(struct query *q, uint32_t pool, int64_t at_ns, struct held_buffers *out,
	       struct db_error *err);

/*
 * The block that a buffer lies in, by the numbering of docs/events.md.  Returns: its number, or
 * POOL_UNKNOWN where ids say nothing of blocks.
 */
uint32_t held_block_of(const struct pool_marks *marks, uint32_t id);

#endif
