/* SPDX-License-Identifier: MIT */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H
/*
 * What the files behind `poolscope export` share.  Everything streams: memory does not depend on
 * the recording.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "db/query.h"

enum export_format { EXPORT_CSV, EXPORT_JSONL, EXPORT_CHROME };

struct export_job {
	struct query *query;
	struct trace_status trace;
	FILE *to;
	enum export_format format;
	int table; /* enum query_table, or EXPORT_EVENT */
	struct query_range range;
};

#define EXPORT_EVENT QUERY_TABLE_NR

/* Returned by callbacks whose output cannot be written; errno says why. */
#define EXPORT_UNWRITABLE 1

/* Both: 0, EXPORT_UNWRITABLE, or -errno with err filled. */
int export_rows(const struct export_job *job, struct db_error *err);   /* csv, jsonl */
int export_chrome(const struct export_job *job, struct db_error *err); /* Trace Event Format */

/* Writes a string as JSON: what is not UTF-8 becomes U+FFFD. */
void export_json_text(FILE *to, const char *text, size_t nr_bytes);

/* Quicker than fprintf(): most of an export is numbers. */
void export_int(FILE *to, int64_t value);

/* A row of table event as columns: as view `event` has them, but for the ids of buffers. */
#define EXPORT_EVENT_COLUMNS 50
extern const char *const export_event_names[EXPORT_EVENT_COLUMNS];
/*
 * Owns: values borrow from event and from ids, which has room for 11 bytes a buffer id and 3 more.
 */
void export_event_values(const struct pool_event *event,
			 struct query_value values[EXPORT_EVENT_COLUMNS], char *ids);

#endif
