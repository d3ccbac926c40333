/* SPDX-License-Identifier: MIT */
#ifndef DB_ROWS_H
#define DB_ROWS_H
/*
 * From the writer's structures to rows; events in rows_event.c.
 *
 * Errors are kept: after the first one nothing is written any more, and rows_error() tells.  So a
 * batch checks once, before it commits.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/allocation.h"
#include "db/histogram.h"
#include "db/level.h"
#include "db/pool_event.h"
#include "db/queue.h"
#include "db/rx_pages.h"
#include "db/rx_rows.h"
#include "db/statement.h"
#include "db/store.h"

struct track;

enum { ROWS_LEAD, ROWS_HOLD }; /* latency_row.what */

struct rows {
	struct sqlite3 *db;
	struct statements statements;
	struct rx_rows rx;
	struct rx_pages pages; /* instead, for a file of rows_at_once() */
	bool knows_rx_max;
	int64_t rx_max; /* the highest id in ev_rx; 0: it is empty */
	bool muted;	/* what follows from events is not written: it is there already */
	bool has_base;
	int64_t base_ns; /* physical times are relative to it */
	int error;	 /* -errno */
	struct db_error error_text;
	uint8_t *scratch; /* HISTOGRAM_ENCODED_MAX */
};

/* The figures of table progress. */
struct rows_progress {
	uint64_t events, lost_seq, lost_told, losses;
	int64_t start_ns, end_ns, committed_ns;
};

/* Owns: db stays the caller's.  Returns: 0 or -errno. */
int rows_init(struct rows *r, struct sqlite3 *db, struct db_error *err);
void rows_release(struct rows *r);

/*
 * The file has no name yet (db/unnamed.h): rows of ev_rx go into it as pages.  They are in the
 * table from rows_finish() on, and nothing may look for them before: events that come late, ids in
 * no order, or very many in one row are errors, and the file is to be made in the other way.
 */
int rows_at_once(struct rows *r, int fd, struct db_error *err);
/* After the last commit. */
void rows_finish(struct rows *r);
/* Is there so much that it is time for a commit? */
bool rows_are_many(const struct rows *r);

void rows_begin(struct rows *r);
void rows_commit(struct rows *r);
void rows_rollback(struct rows *r);
/*
 * Events of receive traffic wait for others, so that many become rows at once, at a commit at the
 * latest.  To be called before anything looks at ev_rx.
 */
void rows_flush(struct rows *r);
/* Rows of ev_rx were deleted. */
void rows_forget_rx(struct rows *r);

void rows_meta_text(struct rows *r, const char *key, const char *value);
void rows_meta_int(struct rows *r, const char *key, int64_t value);
void rows_trace(struct rows *r, int64_t trace, const char *name, const char *host);
void rows_progress(struct rows *r, const struct rows_progress *p);
void rows_event(struct rows *r, uint32_t pool, const struct pool_event *event);
void rows_pool(struct rows *r, const struct track *t);
void rows_allocation(struct rows *r, uint32_t pool, const struct allocation *a);
void rows_level(struct rows *r, uint32_t pool, const struct level_row *row);
struct held_mark;
void rows_held(struct rows *r, uint32_t pool, const struct held_mark *mark);
void rows_latency(struct rows *r, uint32_t pool, int what, unsigned tier, int64_t bucket,
		  const struct histogram *h);

/* Where a seq lies among what is stored of a pool. */
struct rows_span {
	uint64_t first, end; /* all seqs from first to before end are ... */
	bool missing;	     /* ... lost, or are stored */
};
/* seq: below the pool's next; end is UINT64_MAX where nothing is missing after it. */
struct rows_span rows_span(struct rows *r, uint32_t pool, uint64_t seq);
bool rows_has_event(struct rows *r, uint32_t pool, uint64_t seq);
/* Was this told before, word for word? */
bool rows_has_told(struct rows *r, const struct queue_loss *loss);
/* Does the row of an earlier recorder, one up to number until, tell of this bad event? */
bool rows_has_bad(struct rows *r, const struct queue_loss *loss, int64_t until);
/* Drops all that is derived from a pool's events.  Returns: how many rows of loss were among it. */
uint64_t rows_erase_derived(struct rows *r, uint32_t pool);

/* first_seq -1: not a gap in seq. */
void rows_loss(struct rows *r, const struct queue_loss *loss, int64_t first_seq);

/* Runs a statement whose parameters are bound, and keeps the error; for the files behind this one.
 */
void rows_run(struct rows *r, struct sqlite3_stmt *stmt);

#endif
