/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_HEALTH_H
#define DB_QUERY_HEALTH_H
/*
 * How a recording does as a recording: what came, what is missing, how large it is.  Thread, errors
 * and times: as db/query.h.
 */
#include "db/query.h"

/* All pools together, in columns. */
struct activity_column {
	double events; /* stored; a bucket's are shared out among the columns it lies in */
	uint64_t lost; /* known to be lost, from gaps in seq that end in the column */
	bool loss;     /* events were lost at some time in the column, or the tracer says so */
};
/*
 * nr equal columns of width_ns from start_ns.  bucket_ns is set to how wide the buckets are that
 * the figures come from: that of query_level(), or wider where the pools are many, so that at most
 * some ten thousand rows are read.
 */
int query_activity(struct query *q, int64_t start_ns, int64_t width_ns, size_t nr,
		   struct activity_column *out, int64_t *bucket_ns, struct db_error *err);

struct query_health {
	char trace[128];    /* where the events come from: the session's name */
	char tool[64];	    /* who wrote the file */
	char host[128];	    /* and where */
	char command[256];  /* with which command line; may be cut */
	int64_t started_ns; /* when the recording was begun; 0: not known */
	int64_t joined_ns;  /* of a late join; 0: none */
	int64_t writer;	    /* its process id; 0: not known */
	uint64_t file_bytes, wal_bytes;
	uint64_t content_bytes; /* what the file will have when the WAL is in it */
	uint64_t free_bytes;	/* of the file: pages that are used again */
	/*
	 * Rows that a second of the recording takes in the file: events, and roll-ups of all
	 * widths; of the newest second, of 64 pools at most.
	 */
	double rows_per_s;
	uint64_t lost_seq;  /* events that are missing by their numbers */
	uint64_t lost_told; /* events that the tracer says it discarded */
	uint64_t nr_told;   /* how often it said so */
};
int query_health(struct query *q, struct query_health *out, struct db_error *err);

#endif
