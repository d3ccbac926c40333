/* SPDX-License-Identifier: MIT */
/* Places in a recording: where something first went wrong, and where events are missing. */
#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

#define OF_POOL "id >= ?1 << 40 AND id < (?1 + 1) << 40"
#define BASE	"(SELECT value FROM meta WHERE key = 'base_ns')"
#define EVENT_WHERE(table, what, where)                                                            \
	"SELECT ts + " BASE ", " what " FROM " table " WHERE " OF_POOL " AND " where               \
	" AND ?2 IS NOT NULL ORDER BY id LIMIT 1"
/* The finest tier; see tier_shift[]. */
#define LEVEL_WHERE(where)                                                                         \
	"SELECT bucket << 23, 0 FROM level_row WHERE pool = ?1 AND tier = 23 AND " where           \
	" ORDER BY bucket LIMIT 1"

/* Each is run once in a command that failed already: nothing is gained by preparing them at open.
 */
static const char *const sql[QUERY_FIRST_NR] = {
	[QUERY_FIRST_DROP] = EVENT_WHERE("ev_drop", "0", "1"),
	[QUERY_FIRST_RESOURCES] =
		EVENT_WHERE("ev_rx", "0", "what & 1 = 0 AND what >> 2 & 65535 <> 0"),
	[QUERY_FIRST_REFUSED] = EVENT_WHERE("ev_refused", "request", "1"),
	/* Without memory: the callback's buffers did not join the pool, nor were they too late. */
	[QUERY_FIRST_FAILED] = EVENT_WHERE("ev_complete", "request", "outcome = 1"),
	[QUERY_FIRST_VIOLATION] = EVENT_WHERE("ev_violation", "rule", "1"),
	[QUERY_FIRST_LEAD_OVER] =
		"SELECT completed + " BASE ", request FROM alloc WHERE pool = ?1 AND outcome >= 0"
		" AND completed - requested > ?2 ORDER BY completed LIMIT 1",
	[QUERY_FIRST_HOLD_OVER] =
		"SELECT bucket << 23, 0 FROM latency_row WHERE pool = ?1 AND what = 1"
		" AND tier = 23 AND max_ns > ?2 ORDER BY bucket LIMIT 1",
	[QUERY_FIRST_AVAILABLE_UNDER] = LEVEL_WHERE("available_min < ?2"),
	[QUERY_FIRST_TOTAL_OVER] = LEVEL_WHERE("total_max > ?2"),
};

int query_first(struct query *q, enum query_first what, uint32_t pool, int64_t limit,
		struct query_place *out, struct db_error *err)
{
	sqlite3_stmt *stmt = NULL;
	int ret;

	memset(out, 0, sizeof(*out));
	if (sqlite3_prepare_v2(q->db, sql[what], -1, &stmt, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, q->db, q->path);
	guard_begin(&q->guard);
	sqlite3_bind_int64(stmt, 1, pool);
	sqlite3_bind_int64(stmt, 2, limit);
	ret = reader_step(q, stmt, err);
	if (ret > 0) {
		out->found = true;
		out->ts_ns = sqlite3_column_int64(stmt, 0);
		out->what = sqlite3_column_int64(stmt, 1);
		if (what >= QUERY_FIRST_HOLD_OVER)
			out->width_ns = INT64_C(1) << 23;
	}
	sqlite3_finalize(stmt);
	return ret < 0 ? ret : 0;
}

int query_losses(struct query *q, int (*each)(const struct query_loss *loss, void *ctx), void *ctx,
		 struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_LOSSES, 0, NULL);
	int ret;

	while ((ret = reader_step(q, stmt, err)) > 0) {
		struct query_loss loss = {
			.pool = sqlite3_column_int64(stmt, 0),
			.start_ns = sqlite3_column_int64(stmt, 1),
			.end_ns = sqlite3_column_int64(stmt, 2),
			.events = (uint64_t)sqlite3_column_int64(stmt, 3),
			.source = (const char *)sqlite3_column_text(stmt, 4),
			.first_seq = sqlite3_column_int64(stmt, 5),
		};

		if (!loss.source)
			loss.source = "";
		ret = each(&loss, ctx);
		if (ret)
			break;
	}
	sqlite3_reset(stmt);
	return ret;
}
