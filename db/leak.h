/* SPDX-License-Identifier: MIT */
#ifndef DB_LEAK_H
#define DB_LEAK_H
/*
 * Did a pool leak?  A leak is what is still there after pool_close, or at the end of a complete
 * recording: blocks never freed, buffers never returned, requests never completed.  It is proven or
 * it is not:
 *
 *   - what the driver itself says in pool_close is proof, whatever was lost;
 *   - what the events say is proof when none of them was lost;
 *   - a program that was killed, stopped or is still running had no chance to give anything back.
 */
#include <stdint.h>

#include "db/query.h"

enum leak_verdict {
	LEAK_NONE,
	LEAK_PROVEN,
	LEAK_UNPROVEN, /* the counts are what is known to be out, if anything */
};

struct leak {
	enum leak_verdict verdict;
	uint64_t blocks, buffers, requests;
	const char *why; /* LEAK_UNPROVEN: a few words; else "" */
};

/* Pure.  Returns: the verdict on one pool of the recording. */
struct leak leak_judge(const struct trace_status *trace, const struct pool_summary *pool);

/* "none", "leaked" or "unproven". */
const char *leak_verdict_name(enum leak_verdict verdict);

#endif
