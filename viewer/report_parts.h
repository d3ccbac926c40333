/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_REPORT_PARTS_H
#define VIEWER_REPORT_PARTS_H
/* The parts of a report (viewer/report.h): what each writes goes to `out` as HTML. */
#include "db/query.h"
#include "viewer/report.h"

/* Columns of a picture's time axis. */
#define REPORT_COLUMNS 320

struct report {
	struct query *query;
	const struct report_options *options;
	struct report_result *result;
	FILE *out;
	struct trace_status status;
	int64_t from_ns, to_ns, width_ns; /* of the pictures, and of a column */
};

/* Text of a recording: nothing in it becomes HTML, control characters become '?'. */
void report_text(FILE *out, const char *text);

/* Occupancy, lead times, latency histograms, health: a <figure> each.  Returns: 0 or -errno. */
int report_pictures(struct report *r, const struct pool_summary *pool, struct db_error *err);

/*
 * Ends a script of plot_begin(): the picture as a <figure>.  Without gnuplot the page goes on
 * without pictures.  Returns: 0.
 */
int report_finish(struct report *r, FILE *script, const char *caption, struct db_error *err);

/* Which marks to set, and the pictures that say why.  Returns: 0 or -errno. */
int report_tuning(struct report *r, const struct pool_summary *pool, struct db_error *err);

/* The longest leads of the time, and what was going on then.  Returns: 0 or -errno. */
int report_worst(struct report *r, const struct pool_summary *pool, struct db_error *err);

#endif
