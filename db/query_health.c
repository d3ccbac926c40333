/* SPDX-License-Identifier: MIT */
#include "db/query_health.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "db/reader.h"

#define ROWS_MAX  10000 /* that one answer reads */
#define SECOND_NS INT64_C(1000000000)

/* --- columns --------------------------------------------------------------------------------- */

/* The narrowest tier that is fine enough, and of which all pools have few enough buckets. */
static unsigned choose_tier(int64_t width_ns, size_t nr, uint32_t nr_pools)
{
	unsigned wanted = reader_tier(width_ns);
	int64_t length_ns = width_ns * (int64_t)nr;

	for (int i = 0; i < TIER_NR - 1; i++)
		if (tier_shift[i] >= wanted &&
		    (length_ns >> tier_shift[i]) * (int64_t)nr_pools <= ROWS_MAX)
			return tier_shift[i];
	return tier_shift[TIER_NR - 1];
}

/* The window, and its columns. */
struct sheet {
	int64_t start_ns, width_ns, end_ns;
	struct activity_column *out;
};

/* A bucket's events are shared out evenly over its time, as far as it lies in the window. */
static void share(const struct sheet *s, int64_t from_ns, int64_t bucket_ns, uint64_t events,
		  bool loss)
{
	int64_t at = from_ns < s->start_ns ? s->start_ns : from_ns;
	int64_t end = from_ns + bucket_ns < s->end_ns ? from_ns + bucket_ns : s->end_ns;

	while (at < end) {
		int64_t i = (at - s->start_ns) / s->width_ns;
		int64_t next = s->start_ns + (i + 1) * s->width_ns;

		next = next < end ? next : end;
		s->out[i].events += (double)events * (double)(next - at) / (double)bucket_ns;
		s->out[i].loss |= loss;
		at = next;
	}
}

static int read_levels(struct query *q, const struct sheet *s, unsigned tier, struct db_error *err)
{
	int64_t first = s->start_ns >> tier, last = (s->end_ns - 1) >> tier;
	sqlite3_stmt *stmt = reader_bind(q, QUERY_ACTIVITY, 3, (int64_t[]){tier, first, last});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		int64_t bucket = sqlite3_column_int64(stmt, 0), from_ns;

		/* A damaged index gives rows that nobody asked for. */
		if (bucket < first || bucket > last)
			continue;
		from_ns = bucket << tier;
		share(s, from_ns, INT64_C(1) << tier,
		      (uint64_t)reader_time(sqlite3_column_int64(stmt, 1)),
		      (sqlite3_column_int64(stmt, 3) & (LEVEL_LOSS | LEVEL_LOSS_AFTER)) != 0);
		if (from_ns >= s->start_ns)
			s->out[(from_ns - s->start_ns) / s->width_ns].lost +=
				(uint64_t)reader_time(sqlite3_column_int64(stmt, 2));
	}
	return ret;
}

static int read_told(struct query *q, const struct sheet *s, struct db_error *err)
{
	sqlite3_stmt *stmt =
		reader_bind(q, QUERY_ACTIVITY_TOLD, 2, (int64_t[]){s->start_ns, s->end_ns});
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		int64_t from_ns = reader_time(sqlite3_column_int64(stmt, 0));
		int64_t to_ns = reader_time(sqlite3_column_int64(stmt, 1));

		share(s, from_ns, to_ns > from_ns ? to_ns - from_ns + 1 : 1, 0, true);
	}
	return ret;
}

int query_activity(struct query *q, int64_t start_ns, int64_t width_ns, size_t nr,
		   struct activity_column *out, int64_t *bucket_ns, struct db_error *err)
{
	struct sheet sheet = {.start_ns = start_ns, .width_ns = width_ns, .out = out};
	struct trace_status status;
	unsigned tier;
	int ret = reader_check_window(start_ns, width_ns, nr, err);

	*bucket_ns = 0;
	if (ret || !nr)
		return ret;
	memset(out, 0, nr * sizeof(*out));
	ret = query_status(q, &status, err);
	if (ret)
		return ret;
	sheet.end_ns = start_ns + width_ns * (int64_t)nr;
	tier = choose_tier(width_ns, nr, status.nr_pools ? status.nr_pools : 1);
	*bucket_ns = INT64_C(1) << tier;
	ret = read_levels(q, &sheet, tier, err);
	return ret ? ret : read_told(q, &sheet, err);
}

/* --- the file -------------------------------------------------------------------------------- */

static uint64_t size_of(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;

	if (snprintf(name, sizeof(name), "%s%s", path, suffix) >= (int)sizeof(name) ||
	    stat(name, &st))
		return 0;
	return (uint64_t)st.st_size;
}

static void put_text(char *out, size_t room, const char *value)
{
	snprintf(out, room, "%s", value);
}

static void take_meta(struct query_health *out, const char *key, const char *value)
{
	if (!strcmp(key, "trace"))
		put_text(out->trace, sizeof(out->trace), value);
	else if (!strcmp(key, "tool"))
		put_text(out->tool, sizeof(out->tool), value);
	else if (!strcmp(key, "host"))
		put_text(out->host, sizeof(out->host), value);
	else if (!strcmp(key, "command"))
		put_text(out->command, sizeof(out->command), value);
	else if (!strcmp(key, "started_ns"))
		out->started_ns = reader_time(atoll(value));
	else if (!strcmp(key, "joined_ns"))
		out->joined_ns = reader_time(atoll(value));
	else if (!strcmp(key, "writer"))
		out->writer = reader_time(atoll(value));
}

static int read_meta(struct query *q, struct query_health *out, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_META, 0, NULL);
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		const char *key = (const char *)sqlite3_column_text(stmt, 0);
		const char *value = (const char *)sqlite3_column_text(stmt, 1);

		if (key && value)
			take_meta(out, key, value);
	}
	return ret;
}

/* One row of whole numbers. */
static int read_numbers(struct query *q, enum query_statement which, int nr_args,
			const int64_t *args, int nr, uint64_t *out, struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, which, nr_args, args);
	int ret = reader_step(q, stmt, err);

	for (int i = 0; i < nr; i++)
		out[i] = ret > 0 ? (uint64_t)reader_time(sqlite3_column_int64(stmt, i)) : 0;
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

/*
 * Roll-ups have a row a bucket of a pool that did anything, twice that with its latencies; the
 * widths above add an eighth each.
 */
static int rate_rows(struct query *q, struct query_health *out, struct db_error *err)
{
	struct trace_status status;
	uint64_t rows[2] = {0};
	int ret = query_status(q, &status, err);

	if (ret || status.end_ns <= status.start_ns)
		return ret;
	for (int i = 0; i < 3 && !ret; i++) {
		int64_t first = (status.end_ns - SECOND_NS) >> tier_shift[i];
		uint64_t levels[2], latencies[1];

		if (first < 0)
			first = 0;
		ret = read_numbers(q, QUERY_RATE_LEVELS, 2, (int64_t[]){tier_shift[i], first}, 2,
				   levels, err);
		if (!ret)
			ret = read_numbers(q, QUERY_RATE_LATENCIES, 2,
					   (int64_t[]){tier_shift[i], first}, 1, latencies, err);
		if (ret)
			break;
		rows[0] += levels[0] + latencies[0];
		if (!i)
			rows[1] = levels[1];
	}
	if (!ret) {
		int64_t length_ns = status.end_ns - status.start_ns;

		out->rows_per_s = (double)(rows[0] + rows[1]) * 1e9 /
				  (double)(length_ns < SECOND_NS ? length_ns : SECOND_NS);
	}
	return ret;
}

int query_health(struct query *q, struct query_health *out, struct db_error *err)
{
	uint64_t pages[3], losses[3];
	int ret;

	memset(out, 0, sizeof(*out));
	out->file_bytes = size_of(q->path, "");
	out->wal_bytes = size_of(q->path, "-wal");
	ret = read_meta(q, out, err);
	if (!ret)
		ret = read_numbers(q, QUERY_FREE_PAGES, 0, NULL, 3, pages, err);
	if (!ret)
		ret = read_numbers(q, QUERY_LOST, 0, NULL, 3, losses, err);
	if (!ret)
		ret = rate_rows(q, out, err);
	if (ret)
		return ret;
	out->free_bytes = pages[0] * pages[1];
	out->content_bytes = pages[2] * pages[1];
	out->lost_seq = losses[0];
	out->lost_told = losses[1];
	out->nr_told = losses[2];
	return 0;
}
