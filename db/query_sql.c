/* SPDX-License-Identifier: MIT */
/* SQL that a person typed: it may read everything and change nothing. */
#include <ctype.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/reader.h"

#define HEAP_MAX                                                                                   \
	(INT64_C(256) << 20) /* of SQLite, in the whole process: SQL can ask for anything */

/*
 * The connection is read-only, and a statement that would write is not run: see run_one().  This
 * keeps away what that does not: other files, settings, and transactions that would outlive the
 * statement.
 */
static int authorize(void *ctx, int action, const char *a, const char *b, const char *database,
		     const char *trigger)
{
	bool *refused = ctx;

	switch (action) {
	case SQLITE_PRAGMA: /* a value would set it, except where it names what is asked about */
		if (!b || !strncmp(a, "table_", 6) || !strncmp(a, "index_", 6) ||
		    !strcmp(a, "integrity_check") || !strcmp(a, "quick_check"))
			return SQLITE_OK;
		break;
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		break;
	default:
		return SQLITE_OK;
	}
	*refused = true;
	return SQLITE_DENY;
}

/* Is it the statement's mistake (-EINVAL), or can the file not be read (-EIO)? */
static int fail_running(struct query *q, struct db_error *err)
{
	switch (sqlite3_errcode(q->db) & 0xff) {
	case SQLITE_INTERRUPT:
		if (q->guard.stopped)
			return db_fail(err, -EINTR, "stopped");
		return db_fail(err, -ETIME, "the statement took too long");
	case SQLITE_ERROR:
	case SQLITE_AUTH:
	case SQLITE_TOOBIG:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
		return db_fail(err, -EINVAL, "%s", sqlite3_errmsg(q->db));
	default:
		db_fail_sqlite(err, q->db, "reading");
		return -EIO;
	}
}

static int emit_names(sqlite3_stmt *stmt, const char **values, int nr,
		      int (*row)(int, const char *const *, bool, void *), void *ctx)
{
	for (int i = 0; i < nr; i++)
		values[i] = sqlite3_column_name(stmt, i);
	return row(nr, values, true, ctx);
}

static int emit_rows(struct query *q, sqlite3_stmt *stmt,
		     int (*row)(int, const char *const *, bool, void *), void *ctx,
		     struct db_error *err)
{
	int nr = sqlite3_column_count(stmt), ret = 0, code;
	const char **values = calloc((size_t)nr + 1, sizeof(*values));

	if (!values)
		return db_fail(err, -ENOMEM, "out of memory");
	if (nr)
		ret = emit_names(stmt, values, nr, row, ctx);
	while (!ret && (code = sqlite3_step(stmt)) != SQLITE_DONE) {
		if (code != SQLITE_ROW) {
			ret = fail_running(q, err);
			break;
		}
		for (int i = 0; i < nr; i++)
			values[i] = (const char *)sqlite3_column_text(stmt, i);
		ret = row(nr, values, false, ctx);
	}
	free(values);
	return ret;
}

static int run_one(struct query *q, const char **sql,
		   int (*row)(int, const char *const *, bool, void *), void *ctx,
		   struct db_error *err)
{
	sqlite3_stmt *stmt = NULL;
	bool refused = false;
	int code, ret = 0;

	guard_begin_timed(&q->guard, q->sql_limit_ns);
	q->guard.stopped = false;
	q->guard.stop = q->sql_stop;
	q->guard.stop_ctx = q->sql_stop_ctx;
	sqlite3_set_authorizer(q->db, authorize, &refused);
	code = sqlite3_prepare_v2(q->db, *sql, -1, &stmt, sql);
	sqlite3_set_authorizer(q->db, NULL, NULL);
	if (refused || (stmt && !sqlite3_stmt_readonly(stmt)))
		ret = db_fail(err, -EACCES, "a recording can only be read");
	else if (code != SQLITE_OK)
		ret = fail_running(q, err);
	else if (stmt)
		ret = emit_rows(q, stmt, row, ctx, err);
	sqlite3_finalize(stmt);
	q->guard.stop = NULL;
	q->guard.stopped = false;
	return ret;
}

/*
 * A view of that name in the file is whatever somebody made of it.  A temporary one comes first
 * where a name is looked up, and this one is from our own schema.
 */
static int shadow_views(struct query *q, struct db_error *err)
{
	static const char make[] = "CREATE VIEW ";
	const char *at = strstr(db_schema_sql, make), *next;
	sqlite3_str *sql = sqlite3_str_new(q->db);
	char *text;
	int ret = 0;

	if (q->has_views)
		at = NULL;
	for (; at; at = next) {
		next = strstr(at + 1, make);
		sqlite3_str_appendall(sql, "CREATE TEMP VIEW ");
		at += strlen(make);
		sqlite3_str_append(sql, at, (int)(next ? next - at : (long)strlen(at)));
	}
	text = sqlite3_str_finish(sql);
	guard_begin(&q->guard);
	if (text && sqlite3_exec(q->db, text, NULL, NULL, NULL) != SQLITE_OK)
		ret = db_fail_sqlite(err, q->db, q->path);
	sqlite3_free(text);
	q->has_views = true;
	return ret;
}

void query_sql_limit(struct query *q, int64_t ns)
{
	q->sql_limit_ns = ns;
}

void query_sql_stop(struct query *q, bool (*stop)(void *ctx), void *ctx)
{
	q->sql_stop = stop;
	q->sql_stop_ctx = ctx;
}

int query_sql(struct query *q, const char *sql,
	      int (*row)(int nr, const char *const *values, bool is_header, void *ctx), void *ctx,
	      struct db_error *err)
{
	int ret = shadow_views(q, err);

	sqlite3_hard_heap_limit64(HEAP_MAX);
	while (!ret && *sql) {
		ret = run_one(q, &sql, row, ctx, err);
		while (isspace((unsigned char)*sql))
			sql++;
	}
	return ret;
}
