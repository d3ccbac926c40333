/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_LOG_MERGE_H
#define DB_QUERY_LOG_MERGE_H
/*
 * A page of the log while it is made: each pool's rows are a stream, and the streams are merged by
 * time.  Private to query_log.c, which merges, and query_log_look.c, which finds a stream's rows.
 */
#include "db/connect.h"
#include "db/query_log.h"
#include "db/reader.h"

#define LOG_CHUNK 16 /* rows of a pool that are found at once */

struct log_found {
	int64_t seq, ts_ns;
	bool is_loss;
};

/* One pool, or with pool -1 the losses that are of no seq. */
struct log_stream {
	int64_t pool;
	int64_t first, last; /* what is still to be looked at */
	int64_t bound_ns;    /* nothing of it is earlier (later, backwards) */
	int64_t told_ns;     /* pool -1: goes on from (told_ns, first) */
	struct log_found chunk[LOG_CHUNK];
	int nr, at;
	bool over;
};

struct log_merge {
	struct query *q;
	const struct log_filter *filter;
	int by;
	bool looks;
	int64_t base_ns;
	unsigned version; /* of the file's content */
	struct sqlite3_stmt *stmt, *leap, *told, *gap, *lead;
	struct log_stream *streams;
	size_t nr;
	struct db_error *err;
};

/* The next one; of hostile numbers there is none after the last. */
static inline int64_t log_after(int64_t n)
{
	return n < INT64_MAX ? n + 1 : n;
}

/*
 * The next rows of a stream whose chunk is used up: what a piece of looking finds, which may be
 * none.  Returns: 0 or -errno with m->err filled.
 */
int log_look_on(struct log_merge *m, struct log_stream *s);

#endif
