/* SPDX-License-Identifier: MIT */
/* Rows of the documented tables, out of the physical ones. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

#define BASE		    "(SELECT value FROM meta WHERE key = 'base_ns')"
#define IN_POOL		    "(?1 < 0 OR pool = ?1)"
#define IN_TIME(start, end) "(" start ") <= ?3 AND (" end ") >= ?2"
/* In the order of the primary key, so that nothing is sorted; the + keeps the planner to it. */
#define IN_BUCKETS(order)                                                                          \
	IN_POOL " AND +tier = ?4 AND bucket >= ?2 >> ?4 AND bucket <= ?3 >> ?4"                    \
		" ORDER BY " order
#define LATENCIES(what)                                                                            \
	"SELECT pool, bucket << tier AS start_ns, 1 << tier AS width_ns, count, p50_ns, p90_ns,"   \
	" p99_ns, p999_ns, max_ns FROM latency_row WHERE +what = " what                            \
	" AND " IN_BUCKETS("pool, what, tier, bucket")

/* Columns and their names are those of the views in schema.sql. */
static const char *const sql[QUERY_TABLE_NR] = {
	[QUERY_TABLE_ALLOCATION] =
		"SELECT pool, request, requested + " BASE " AS requested_ns,"
		" completed + " BASE " AS completed_ns, freed + " BASE " AS freed_ns,"
		" CASE outcome WHEN -1 THEN 'refused' WHEN 0 THEN 'used' WHEN 1 THEN 'null'"
		" WHEN 2 THEN 'wrap_failed' WHEN 3 THEN 'over_limit' WHEN 4 THEN 'late'"
		" WHEN 5 THEN 'probe' END AS outcome,"
		" CASE reason WHEN 0 THEN 'shrink' WHEN 1 THEN 'halt' WHEN 2 THEN 'late'"
		" WHEN 3 THEN 'over_limit' WHEN 4 THEN 'wrap_failed' WHEN 5 THEN 'probe' END"
		" AS reason,"
		" block, length_bytes, buffers,"
		" CASE WHEN outcome >= 0 THEN completed - requested END AS lead_ns,"
		" freed - completed AS life_ns FROM alloc"
		/* One that is not over yet touches every time that comes. */
		" WHERE " IN_POOL " AND " IN_TIME(
			"coalesce(requested, completed, freed) + " BASE,
			"coalesce(freed + " BASE
			", CASE WHEN outcome = 0 OR outcome IS NULL THEN ?3"
			" ELSE completed + " BASE " END, ?3)") " AND ?4 IS NOT NULL ORDER BY id",
	[QUERY_TABLE_LEVEL] =
		"SELECT pool, bucket << tier AS start_ns, 1 << tier AS width_ns, available_min,"
		" available_mean, available_max, held_max, total, pending_max, low_crossings,"
		" high_crossings, total_min, total_max, requested, freed, failed, dropped,"
		" resources, taken, returned, events, lost FROM level_row WHERE " IN_BUCKETS(
			"pool, tier, bucket"),
	[QUERY_TABLE_LEAD] = LATENCIES("0"),
	[QUERY_TABLE_HOLD] = LATENCIES("1"),
	[QUERY_TABLE_LOSS] =
		"SELECT pool, start_ns, end_ns, events, source, first_seq, trace FROM loss"
		" WHERE (pool IS NULL OR " IN_POOL ") AND start_ns <= ?3 AND end_ns >= ?2"
		" AND ?4 IS NOT NULL ORDER BY id",
};

static struct query_value value_at(sqlite3_stmt *stmt, int column)
{
	struct query_value v = {.type = QUERY_NULL};

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		v.type = QUERY_INT;
		v.i = sqlite3_column_int64(stmt, column);
		break;
	case SQLITE_FLOAT:
		v.type = QUERY_REAL;
		v.r = sqlite3_column_double(stmt, column);
		break;
	case SQLITE_NULL:
		break;
	default:
		v.text = (const char *)sqlite3_column_text(stmt, column);
		v.nr_bytes = v.text ? (size_t)sqlite3_column_bytes(stmt, column) : 0;
		v.type = v.text ? QUERY_TEXT : QUERY_NULL;
	}
	return v;
}

/* The widest tier that is not wider than asked for; 0: the finest. */
static unsigned tier_of(int64_t width_ns)
{
	int i = TIER_NR - 1;

	while (i && INT64_C(1) << tier_shift[i] > width_ns)
		i--;
	return tier_shift[i];
}

int query_table(struct query *q, enum query_table table, const struct query_range *range,
		int (*header)(int nr, const char *const *names, void *ctx),
		int (*row)(int nr, const char *const *names, const struct query_value *values,
			   void *ctx),
		void *ctx, struct db_error *err)
{
	const char *names[QUERY_COLUMNS_MAX];
	struct query_value values[QUERY_COLUMNS_MAX];
	sqlite3_stmt *stmt = NULL;
	int nr, ret;

	if (sqlite3_prepare_v2(q->db, sql[table], -1, &stmt, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, q->db, q->path);
	guard_begin(&q->guard);
	sqlite3_bind_int64(stmt, 1, range->pool);
	sqlite3_bind_int64(stmt, 2, range->from_ns);
	sqlite3_bind_int64(stmt, 3, range->to_ns);
	sqlite3_bind_int64(stmt, 4, tier_of(range->width_ns));
	nr = sqlite3_column_count(stmt);
	for (int i = 0; i < nr; i++)
		names[i] = sqlite3_column_name(stmt, i);
	ret = header(nr, names, ctx);
	while (!ret && (ret = reader_step(q, stmt, err)) > 0) {
		for (int i = 0; i < nr; i++)
			values[i] = value_at(stmt, i);
		ret = row(nr, names, values, ctx);
		if (ret)
			break;
	}
	sqlite3_finalize(stmt);
	return ret;
}

int query_begin(struct query *q, struct db_error *err)
{
	if (sqlite3_exec(q->db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, q->db, q->path);
	return 0;
}

void query_end(struct query *q)
{
	sqlite3_exec(q->db, "COMMIT", NULL, NULL, NULL);
}
