/* SPDX-License-Identifier: MIT */
#include "db/statement.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

#include "db/error.h"

#define MARKS ":base, :block, :low, :high, :limit, :reserve, :max_pending, :shrink_ticks"
#define PROBE ":probe_ticks"
#define TOTALS                                                                                     \
	":requested, :refused, :completed, :failed, :freed, :taken, :returned, :resources, "       \
	":dropped"
#define OLDEST(table)                                                                              \
	"SELECT * FROM (SELECT id, ts FROM " table                                                 \
	" WHERE id >= :from AND id < :to ORDER BY id LIMIT 1)"
#define OR_OLDEST(table) " UNION ALL " OLDEST(table)
#define DROP(table)	 "DELETE FROM " table " WHERE id >= :from AND id < :to"

static const char *const sql[STMT_NR] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_META] = "INSERT OR REPLACE INTO meta VALUES (:key, :value)",
	[STMT_PROGRESS] =
		"INSERT OR REPLACE INTO progress VALUES (1, :events, :lost_seq, :lost_told,"
		" :losses, :start_ns, :end_ns, :committed_ns)",
	[STMT_TRACE] = "INSERT INTO trace VALUES (:trace, :name, :host)",
	[STMT_POOL] =
		"INSERT OR REPLACE INTO pool VALUES (:pool, :trace, :number, :name, :generation,"
		" :buffer_bytes, " MARKS ", :opened_ns, :closed_ns, " PROBE ", :host)",
	[STMT_SUMMARY] =
		"INSERT OR REPLACE INTO summary VALUES (:pool, :first_ns, :last_ns, :events,"
		" :next_seq, " TOTALS ", :pending, :live_blocks, :available, :total,"
		" :fallback, :available_min, :available_mean, :available_max, :total_min,"
		" :total_mean, :total_max, :low_crossings, :high_crossings, :lead_max_ns,"
		" :lead_histogram, :hold_max_ns, :hold_histogram, :hold_unknown,"
		" :violations, :lost_seq, :lost_told, :audit_ticks, :audit_mismatches,"
		" :audit_first_ns, :identity_checked, :identity_mismatches,"
		" :identity_first_ns, :audit_what, :audit_said, :audit_counted,"
		" :first_seq, :kept_seq)",
	[STMT_EV_OPEN] = "INSERT OR IGNORE INTO ev_open VALUES (:id, :ts, :name, :generation,"
			 " :buffer_bytes, " MARKS ", " PROBE ")",
	[STMT_EV_TICK] = "INSERT OR IGNORE INTO ev_tick VALUES (:id, :ts, :available, :total,"
			 " :pending, :fallback, :running, " TOTALS ", " MARKS ", " PROBE ")",
	[STMT_EV_REQUEST] = "INSERT OR IGNORE INTO ev_request VALUES (:id, :ts, :request,"
			    " :length_bytes, :cached, :irql, :available, :total, :pending)",
	[STMT_EV_REFUSED] = "INSERT OR IGNORE INTO ev_refused VALUES (:id, :ts, :request, :status)",
	[STMT_EV_COMPLETE] = "INSERT OR IGNORE INTO ev_complete VALUES (:id, :ts, :request, :block,"
			     " :va, :pa, :length_bytes, :irql, :outcome, :buffers, :available)",
	[STMT_EV_FREE] = "INSERT OR IGNORE INTO ev_free VALUES (:id, :ts, :block, :va, :pa,"
			 " :length_bytes, :reason, :buffers, :available)",
	[STMT_EV_RX] = "INSERT OR IGNORE INTO ev_rx SELECT * FROM temp.rx_row",
	[STMT_EV_RX_APPEND] = "INSERT INTO ev_rx (ts, what, available, ids)"
			      " SELECT ts, what, available, ids FROM temp.rx_row",
	[STMT_EV_RX_MAX] = "SELECT max(id) FROM ev_rx",
	[STMT_EV_DROP] = "INSERT OR IGNORE INTO ev_drop VALUES (:id, :ts, :count, :cause)",
	[STMT_EV_FALLBACK] = "INSERT OR IGNORE INTO ev_fallback VALUES (:id, :ts, :is_on,"
			     " :available)",
	[STMT_EV_VIOLATION] =
		"INSERT OR IGNORE INTO ev_violation VALUES (:id, :ts, :rule, :object)",
	[STMT_EV_CLOSE] = "INSERT OR IGNORE INTO ev_close VALUES (:id, :ts, " TOTALS
			  ", :live_blocks, :live_buffers)",
	[STMT_ALLOC] = "INSERT OR REPLACE INTO alloc VALUES (:id, :pool, :request, :requested,"
		       " :completed, :freed, :outcome, :reason, :block, :length_bytes, :buffers)",
	[STMT_LEVEL] =
		"INSERT OR REPLACE INTO level_row VALUES (:pool, :tier, :bucket, :covered_ns,"
		" :available_min, :available_mean, :available_max, :held_max, :total_min,"
		" :total_max, :pending_max, :available, :total, :pending, :flags,"
		" :low_crossings, :high_crossings, :requested, :freed, :failed, :dropped,"
		" :resources, :taken, :returned, :events, :lost)",
	[STMT_LATENCY] = "INSERT OR REPLACE INTO latency_row VALUES (:pool, :what, :tier, :bucket,"
			 " :count, :p50_ns, :p90_ns, :p99_ns, :p999_ns, :max_ns, :histogram)",
	[STMT_HELD] = "INSERT OR REPLACE INTO held VALUES (:pool, :seq, :since_seq, :ts_ns, :ids)",
	[STMT_LOSS] = "INSERT INTO loss VALUES (NULL, :pool, :start_ns, :end_ns, :events, :source,"
		      " :first_seq, :trace)",
	[STMT_GAP_BEFORE] = "SELECT first_seq, events FROM loss WHERE pool = :pool AND"
			    " source = 'seq' AND first_seq <= :seq ORDER BY first_seq DESC LIMIT 1",
	[STMT_GAP_AFTER] = "SELECT first_seq, events FROM loss WHERE pool = :pool AND"
			   " source = 'seq' AND first_seq > :seq ORDER BY first_seq LIMIT 1",
	[STMT_TOLD] = "SELECT 1 FROM loss WHERE source <> 'seq' AND start_ns = :start_ns AND"
		      " end_ns = :end_ns AND events = :events AND source = :source AND"
		      " trace IS :trace AND pool IS :pool",
	[STMT_BAD] = "SELECT 1 FROM loss WHERE source = 'bad' AND source <> 'seq' AND"
		     " start_ns <= :ts_ns AND end_ns >= :ts_ns AND id <= :until AND"
		     " trace IS :trace AND pool IS :pool",
	[STMT_STORED] = "SELECT 1 FROM ev_rx WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_open WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_tick WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_request WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_refused WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_complete WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_free WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_drop WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_fallback WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_violation WHERE id = :id UNION ALL"
			" SELECT 1 FROM ev_close WHERE id = :id",
	[STMT_ERASE_ALLOC] = "DELETE FROM alloc WHERE id >= :pool << 40 AND id < (:pool + 1) << 40",
	[STMT_ERASE_LEVEL] = "DELETE FROM level_row WHERE pool = :pool",
	[STMT_ERASE_LATENCY] = "DELETE FROM latency_row WHERE pool = :pool",
	[STMT_ERASE_HELD] = "DELETE FROM held WHERE pool = :pool",
	[STMT_ERASE_GAPS] = "DELETE FROM loss WHERE pool = :pool AND"
			    " source IN ('seq', 'clock')",
	[STMT_STATE] = "INSERT OR REPLACE INTO state VALUES (:pool, :seq, :layout, :state)",
	[STMT_LOAD_STATE] = "SELECT layout, state FROM state WHERE pool = :pool",
	[STMT_FRONT] = "SELECT min(id), ts FROM (" OLDEST("ev_rx") OR_OLDEST("ev_open")
		OR_OLDEST("ev_tick") OR_OLDEST("ev_request") OR_OLDEST("ev_refused")
			OR_OLDEST("ev_complete") OR_OLDEST("ev_free") OR_OLDEST("ev_drop")
				OR_OLDEST("ev_fallback") OR_OLDEST("ev_violation")
					OR_OLDEST("ev_close") ")",
	[STMT_USED_BYTES] = "SELECT (page_count - freelist_count) * page_size FROM"
			    " pragma_page_count, pragma_freelist_count, pragma_page_size",
	[STMT_DROP_RX] = DROP("ev_rx"),
	[STMT_DROP_OPEN] = DROP("ev_open"),
	[STMT_DROP_TICK] = DROP("ev_tick"),
	[STMT_DROP_REQUEST] = DROP("ev_request"),
	[STMT_DROP_REFUSED] = DROP("ev_refused"),
	[STMT_DROP_COMPLETE] = DROP("ev_complete"),
	[STMT_DROP_FREE] = DROP("ev_free"),
	[STMT_DROP_DROP] = DROP("ev_drop"),
	[STMT_DROP_FALLBACK] = DROP("ev_fallback"),
	[STMT_DROP_VIOLATION] = DROP("ev_violation"),
	[STMT_DROP_CLOSE] = DROP("ev_close"),
};

static int parameter(sqlite3_stmt *stmt, const char *name)
{
	int index = sqlite3_bind_parameter_index(stmt, name);

	assert(index > 0);
	return index;
}

int statements_prepare(struct statements *s, struct sqlite3 *db, struct db_error *err)
{
	memset(s, 0, sizeof(*s));
	for (int i = 0; i < STMT_NR; i++) {
		if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
				       NULL) == SQLITE_OK)
			continue;
		statements_release(s);
		return db_fail_sqlite(err, db, sql[i]);
	}
	return 0;
}

void statements_release(struct statements *s)
{
	for (int i = 0; i < STMT_NR; i++)
		sqlite3_finalize(s->stmt[i]);
	memset(s, 0, sizeof(*s));
}

void bind_int(struct sqlite3_stmt *stmt, const char *name, int64_t value)
{
	sqlite3_bind_int64(stmt, parameter(stmt, name), value);
}

void bind_count(struct sqlite3_stmt *stmt, const char *name, uint32_t value)
{
	if (value == POOL_UNKNOWN)
		bind_null(stmt, name);
	else
		bind_int(stmt, name, value);
}

void bind_real(struct sqlite3_stmt *stmt, const char *name, double value)
{
	sqlite3_bind_double(stmt, parameter(stmt, name), value);
}

void bind_text(struct sqlite3_stmt *stmt, const char *name, const char *value)
{
	sqlite3_bind_text(stmt, parameter(stmt, name), value, -1, SQLITE_TRANSIENT);
}

void bind_blob(struct sqlite3_stmt *stmt, const char *name, const void *bytes, int nr_bytes)
{
	sqlite3_bind_blob(stmt, parameter(stmt, name), bytes, nr_bytes, SQLITE_TRANSIENT);
}

void bind_null(struct sqlite3_stmt *stmt, const char *name)
{
	sqlite3_bind_null(stmt, parameter(stmt, name));
}

void bind_marks(struct sqlite3_stmt *stmt, const struct pool_marks *m)
{
	bind_count(stmt, ":base", m->base);
	bind_count(stmt, ":block", m->block);
	bind_count(stmt, ":low", m->low);
	bind_count(stmt, ":high", m->high);
	bind_count(stmt, ":limit", m->limit);
	bind_count(stmt, ":reserve", m->reserve);
	bind_count(stmt, ":max_pending", m->max_pending);
	bind_count(stmt, ":shrink_ticks", m->shrink_ticks);
	bind_count(stmt, ":probe_ticks", m->probe_ticks);
}

void bind_totals(struct sqlite3_stmt *stmt, const struct pool_totals *t)
{
	bind_int(stmt, ":requested", (int64_t)t->requested);
	bind_int(stmt, ":refused", (int64_t)t->refused);
	bind_int(stmt, ":completed", (int64_t)t->completed);
	bind_int(stmt, ":failed", (int64_t)t->failed);
	bind_int(stmt, ":freed", (int64_t)t->freed);
	bind_int(stmt, ":taken", (int64_t)t->taken);
	bind_int(stmt, ":returned", (int64_t)t->returned);
	bind_int(stmt, ":resources", (int64_t)t->resources);
	bind_int(stmt, ":dropped", (int64_t)t->dropped);
}

int statement_run(struct sqlite3_stmt *stmt)
{
	int code = sqlite3_step(stmt);

	sqlite3_reset(stmt);
	return code == SQLITE_DONE ? 0 : code;
}
