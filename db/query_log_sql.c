/* SPDX-License-Identifier: MIT */
/* A filter as SQL: only names of ours and numbers get into it. */
#include "db/query_log_sql.h"

#include <sqlite3.h>

/* Where a field is, table by table; NULL: not there. */
struct log_table {
	const char *name;
	unsigned kinds;
	const char *field[LOG_NR_FIELDS];
};

#define KIND(name) (1u << POOL_EVENT_##name)

static const char lead_of_completion[] =
	"(SELECT completed - requested FROM alloc WHERE alloc.pool = e.id >> 40"
	" AND completed = e.ts AND alloc.request = e.request LIMIT 1)";

static const struct log_table tables[] = {
	{"ev_open", KIND(POOL_OPEN), {NULL}},
	{"ev_tick",
	 KIND(TICK),
	 {[LOG_AVAILABLE] = "available",
	  [LOG_TOTAL] = "total",
	  [LOG_PENDING] = "pending",
	  [LOG_ON] = "fallback"}},
	{"ev_request",
	 KIND(ALLOC_REQUEST),
	 {[LOG_AVAILABLE] = "available",
	  [LOG_TOTAL] = "total",
	  [LOG_PENDING] = "pending",
	  [LOG_REQUEST] = "request",
	  [LOG_BYTES] = "length_bytes"}},
	{"ev_refused", KIND(ALLOC_REFUSED), {[LOG_REQUEST] = "request", [LOG_STATUS] = "status"}},
	{"ev_complete",
	 KIND(ALLOC_COMPLETE),
	 {[LOG_AVAILABLE] = "available",
	  [LOG_REQUEST] = "request",
	  [LOG_BLOCK] = "block",
	  [LOG_BYTES] = "length_bytes",
	  [LOG_OUTCOME] = "outcome",
	  [LOG_BUFFERS] = "buffers",
	  [LOG_LEAD] = lead_of_completion}},
	{"ev_free",
	 KIND(BLOCK_FREE),
	 {[LOG_AVAILABLE] = "available",
	  [LOG_BLOCK] = "block",
	  [LOG_BYTES] = "length_bytes",
	  [LOG_REASON] = "reason",
	  [LOG_BUFFERS] = "buffers"}},
	{"ev_rx",
	 KIND(RX_TAKE) | KIND(RX_RETURN),
	 {[LOG_AVAILABLE] = "available",
	  [LOG_BUFFERS] = "(length(ids) / (2 + (what & 2)))",
	  [LOG_RESOURCES] = "(CASE what & 1 WHEN 0 THEN what >> 2 & 65535 END)"}},
	{"ev_drop", KIND(RX_DROP), {[LOG_COUNT] = "count", [LOG_CAUSE] = "cause"}},
	{"ev_fallback", KIND(FALLBACK), {[LOG_AVAILABLE] = "available", [LOG_ON] = "is_on"}},
	{"ev_violation", KIND(VIOLATION), {[LOG_RULE] = "rule"}},
	{"ev_close", KIND(POOL_CLOSE), {NULL}},
};
#define NR_TABLES (sizeof(tables) / sizeof(tables[0]))

static bool has_fields(const struct log_table *table, const struct log_filter *filter)
{
	for (int i = 0; i < filter->nr_tests; i++)
		if (!table->field[filter->tests[i].field])
			return false;
	return true;
}

unsigned log_filter_kinds(const struct log_filter *filter)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < NR_TABLES; i++)
		if (has_fields(&tables[i], filter))
			kinds |= tables[i].kinds & filter->kinds;
	for (int i = 0; i < filter->nr_tests; i++) /* returns have none */
		if (filter->tests[i].field == LOG_RESOURCES)
			kinds &= ~KIND(RX_RETURN);
	return kinds;
}

bool log_filter_looks(const struct log_filter *filter)
{
	unsigned rx = filter->kinds & (KIND(RX_TAKE) | KIND(RX_RETURN));

	return filter->nr_tests || filter->match || rx == KIND(RX_TAKE) || rx == KIND(RX_RETURN);
}

static void append_tests(sqlite3_str *sql, const struct log_table *table,
			 const struct log_filter *filter)
{
	static const char *const operators[] = {"=", "<>", "<", "<=", ">", ">="};
	unsigned rx = filter->kinds & (KIND(RX_TAKE) | KIND(RX_RETURN));

	for (int i = 0; i < filter->nr_tests; i++)
		sqlite3_str_appendf(sql, " AND %s %s %lld", table->field[filter->tests[i].field],
				    operators[filter->tests[i].op],
				    (long long)filter->tests[i].value);
	if ((table->kinds & KIND(RX_TAKE)) && rx != table->kinds)
		sqlite3_str_appendf(sql, " AND what & 1 = %d", rx == KIND(RX_RETURN));
}

/*
 * ?1, ?2: ids, first and last; ?3: how many; ?4: the pool; ?5: its first id; ?6: the time base.
 */
char *query_log_sql(const struct log_filter *filter, int by)
{
	const char *order = by > 0 ? "" : " DESC";
	unsigned kinds = log_filter_kinds(filter);
	sqlite3_str *sql = sqlite3_str_new(NULL);
	const char *glue = "";

	sqlite3_str_appendall(sql, "SELECT id, ts, is_loss FROM (");
	for (size_t i = 0; i < NR_TABLES; i++) {
		if (!(tables[i].kinds & kinds))
			continue;
		sqlite3_str_appendf(sql,
				    "%sSELECT * FROM (SELECT id, ts, 0 AS is_loss FROM %s AS e"
				    " WHERE id >= ?1 AND id <= ?2",
				    glue, tables[i].name);
		append_tests(sql, &tables[i], filter);
		sqlite3_str_appendf(sql, " ORDER BY id%s LIMIT ?3)", order);
		glue = " UNION ALL ";
	}
	sqlite3_str_appendf(sql,
			    "%sSELECT * FROM (SELECT ?5 + first_seq AS id, start_ns - ?6 AS ts,"
			    " 1 AS is_loss FROM loss WHERE %d AND source = 'seq' AND pool = ?4"
			    " AND first_seq >= ?1 - ?5 AND first_seq <= ?2 - ?5"
			    " ORDER BY first_seq%s LIMIT ?3)) ORDER BY id%s LIMIT ?3",
			    glue, !filter->no_losses, order, order);
	return sqlite3_str_finish(sql);
}

char *query_log_leap_sql(const struct log_filter *filter, int by)
{
	const char *most = by > 0 ? "min" : "max";
	sqlite3_str *sql = sqlite3_str_new(NULL);

	sqlite3_str_appendf(sql,
			    "SELECT %s(id) FROM (SELECT ?5 + %s(first_seq) AS id FROM loss"
			    " WHERE source = 'seq' AND pool = ?4 AND first_seq >= ?1 - ?5"
			    " AND first_seq <= ?2 - ?5",
			    most, most);
	for (size_t i = 0; i < NR_TABLES; i++)
		if (tables[i].kinds & filter->kinds)
			sqlite3_str_appendf(sql,
					    " UNION ALL SELECT %s(id) FROM %s"
					    " WHERE id >= ?1 AND id <= ?2",
					    most, tables[i].name);
	sqlite3_str_appendall(sql, ")");
	return sqlite3_str_finish(sql);
}
