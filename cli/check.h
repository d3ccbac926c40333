/* SPDX-License-Identifier: MIT */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H
/*
 * What `poolscope check` judges: criteria, and how a recording met each.
 *
 * A figure that loss touched can prove that a criterion is missed, never that it is met: what is
 * lost would only have made counts and extremes worse.  Such a criterion is unproven, not ok.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/query.h"

enum criterion {
	CRITERION_AUDIT, /* these two are always judged */
	CRITERION_IDENTITY,
	CRITERION_LEAKS,
	CRITERION_VIOLATIONS,
	CRITERION_DROPS,
	CRITERION_RESOURCES,
	CRITERION_REFUSED,
	CRITERION_FAILED,
	CRITERION_LEAD_P99,
	CRITERION_HOLD_P99,
	CRITERION_MIN_AVAILABLE,
	CRITERION_MAX_TOTAL,
	CRITERION_LOSS, /* of the recording, not of a pool */
	CRITERION_NR
};

struct criterion_info {
	const char *name;   /* "drops" */
	const char *option; /* "max-drops"; NULL: has no limit */
	const char *unit;   /* "frames", "ns" */
	bool is_minimum;    /* the limit is the least that is allowed */
};
extern const struct criterion_info criterion_info[CRITERION_NR];

struct check_limits {
	bool judged[CRITERION_NR];
	int64_t limit[CRITERION_NR]; /* counts, or ns */
	int64_t pool;		     /* -1: all */
};

enum check_result {
	CHECK_OK,
	CHECK_UNKNOWN, /* nothing to compare, and nobody asked for it */
	CHECK_UNPROVEN,
	CHECK_FAILED,
	CHECK_NR
};

/* One criterion of one pool. */
struct check_line {
	enum criterion criterion;
	enum check_result result;
	bool known; /* measured is */
	bool loss;  /* events behind the figure were lost */
	uint64_t measured;
	int64_t allowed;
	int64_t first_ns;  /* where it first went wrong; 0: nobody knows, or it did not */
	int64_t within_ns; /* first_ns is the start of this time; 0: it is exact */
	char detail[128];  /* a few more words, or "" */
};

/* Judges one pool: one line a criterion, into lines[CRITERION_NR].  Returns: how many, or -errno.
 */
int check_pool(struct query *q, const struct check_limits *limits, const struct trace_status *trace,
	       const struct pool_summary *pool, struct check_line *lines, struct db_error *err);

/* Judges the loss of the whole recording.  Returns: 1 when that was asked for, 0, or -errno. */
int check_trace(struct query *q, const struct check_limits *limits,
		const struct trace_status *trace, struct check_line *line, struct db_error *err);

const char *check_result_name(enum check_result result); /* "ok", "unknown", "unproven", "FAILED" */

#endif
