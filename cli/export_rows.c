/* SPDX-License-Identifier: MIT */
/* Rows as comma-separated values (RFC 4180) and as JSON, one object a line. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"

#define IDS_BYTES ((size_t)65536 * 11 + 3) /* of one event: docs/events.md */

struct rows {
	const struct export_job *job;
	char *ids; /* IDS_BYTES */
};

void export_int(FILE *to, int64_t value)
{
	char digits[20];
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	int nr = 0;

	if (value < 0)
		putc_unlocked('-', to);
	do
		digits[nr++] = (char)('0' + rest % 10);
	while (rest /= 10);
	while (nr)
		putc_unlocked(digits[--nr], to);
}

/* --- csv ------------------------------------------------------------------------------------- */

static bool needs_quotes(const char *text, size_t nr_bytes)
{
	for (size_t i = 0; i < nr_bytes; i++)
		if (text[i] == ',' || text[i] == '"' || text[i] == '\r' || text[i] == '\n')
			return true;
	return !nr_bytes; /* an empty text is not NULL */
}

static void csv_text(FILE *to, const char *text, size_t nr_bytes)
{
	bool quotes = needs_quotes(text, nr_bytes);

	if (!quotes) {
		fwrite_unlocked(text, 1, nr_bytes, to);
		return;
	}
	putc_unlocked('"', to);
	for (size_t i = 0; i < nr_bytes; i++) {
		if (text[i] == '"')
			putc_unlocked('"', to);
		putc_unlocked(text[i], to);
	}
	putc_unlocked('"', to);
}

static void csv_value(FILE *to, const struct query_value *value)
{
	switch (value->type) {
	case QUERY_NULL:
		break;
	case QUERY_INT:
		export_int(to, value->i);
		break;
	case QUERY_REAL:
		fprintf(to, "%.15g", value->r);
		break;
	case QUERY_TEXT:
		csv_text(to, value->text, value->nr_bytes);
		break;
	}
}

static void csv_header(FILE *to, int nr, const char *const *names)
{
	for (int i = 0; i < nr; i++)
		fprintf(to, "%s%s", i ? "," : "", names[i]);
	fputs_unlocked("\r\n", to);
}

static void csv_row(FILE *to, int nr, const struct query_value *values)
{
	for (int i = 0; i < nr; i++) {
		if (i)
			putc_unlocked(',', to);
		csv_value(to, &values[i]);
	}
	fputs_unlocked("\r\n", to);
}

/* --- jsonl ----------------------------------------------------------------------------------- */

/* How many bytes the character at text has; 0: it is not UTF-8. */
static size_t utf8_length(const unsigned char *text, size_t nr_bytes)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t nr = *text < 0x80	 ? 1
		    : *text >> 5 == 0x06 ? 2
		    : *text >> 4 == 0x0e ? 3
		    : *text >> 3 == 0x1e ? 4
					 : 0;
	uint32_t code = nr > 1 ? *text & (0x7fu >> nr) : *text;

	if (nr > nr_bytes)
		return 0;
	for (size_t i = 1; i < nr; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (nr && (code < least[nr] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
		return 0;
	return nr;
}

void export_json_text(FILE *to, const char *text, size_t nr_bytes)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t step;

	putc_unlocked('"', to);
	for (; nr_bytes; at += step, nr_bytes -= step) {
		step = utf8_length(at, nr_bytes);
		if (!step) {
			fputs_unlocked("\xef\xbf\xbd", to);
			step = 1;
		} else if (*at < 0x20 || *at == 0x7f) {
			fprintf(to, "\\u%04x", *at);
		} else {
			if (*at == '"' || *at == '\\')
				putc_unlocked('\\', to);
			fwrite_unlocked(at, 1, step, to);
		}
	}
	putc_unlocked('"', to);
}

static void json_value(FILE *to, const struct query_value *value, bool is_list)
{
	if (value->type == QUERY_INT)
		export_int(to, value->i);
	else if (value->type == QUERY_REAL)
		fprintf(to, "%.15g", value->r);
	else if (is_list)
		fwrite_unlocked(value->text, 1, value->nr_bytes, to);
	else
		export_json_text(to, value->text, value->nr_bytes);
}

/* NULLs are left out: most columns of an event are NULL.  Infinity is no number of JSON. */
static bool is_left_out(const struct query_value *value)
{
	return value->type == QUERY_NULL ||
	       (value->type == QUERY_REAL && !(value->r - value->r == 0));
}

static void json_row(FILE *to, int nr, const char *const *names, const struct query_value *values,
		     const char *ids)
{
	const char *comma = "";

	putc_unlocked('{', to);
	for (int i = 0; i < nr; i++) {
		if (is_left_out(&values[i]))
			continue;
		fputs_unlocked(comma, to);
		putc_unlocked('"', to);
		fputs_unlocked(names[i], to);
		fputs_unlocked("\":", to);
		json_value(to, &values[i], ids && values[i].text == ids);
		comma = ",";
	}
	fputs_unlocked("}\n", to);
}

/* --- both ------------------------------------------------------------------------------------ */

static int put_row(int nr, const char *const *names, const struct query_value *values, void *ctx)
{
	struct rows *rows = ctx;
	FILE *to = rows->job->to;

	if (rows->job->format == EXPORT_CSV)
		csv_row(to, nr, values);
	else
		json_row(to, nr, names, values, rows->ids);
	return ferror(to) ? EXPORT_UNWRITABLE : 0;
}

static int put_event(const struct pool_event *event, void *ctx)
{
	struct query_value values[EXPORT_EVENT_COLUMNS];
	struct rows *rows = ctx;
	const struct query_range *range = &rows->job->range;

	if (event->ts_ns < range->from_ns || event->ts_ns > range->to_ns)
		return 0;
	export_event_values(event, values, rows->ids);
	return put_row(EXPORT_EVENT_COLUMNS, export_event_names, values, rows);
}

static int put_header(int nr, const char *const *names, void *ctx)
{
	struct rows *rows = ctx;

	if (rows->job->format == EXPORT_CSV)
		csv_header(rows->job->to, nr, names);
	return ferror(rows->job->to) ? EXPORT_UNWRITABLE : 0;
}

int export_rows(const struct export_job *job, struct db_error *err)
{
	struct rows rows = {.job = job};
	int ret;

	if (job->table != EXPORT_EVENT)
		return query_table(job->query, (enum query_table)job->table, &job->range,
				   put_header, put_row, &rows, err);
	rows.ids = malloc(IDS_BYTES);
	if (!rows.ids) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	put_header(EXPORT_EVENT_COLUMNS, export_event_names, &rows);
	ret = query_events(job->query, job->range.pool, put_event, &rows, err);
	free(rows.ids);
	return ret;
}
