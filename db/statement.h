/* SPDX-License-Identifier: MIT */
#ifndef DB_STATEMENT_H
#define DB_STATEMENT_H
/*
 * The statements of the writer, in one table, prepared when the file is opened.  Parameters are
 * named.
 */
#include <stdint.h>

#include "db/store.h"

struct sqlite3;
struct sqlite3_stmt;

enum statement {
	STMT_BEGIN,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_META,
	STMT_PROGRESS,
	STMT_TRACE,
	STMT_POOL,
	STMT_SUMMARY,
	STMT_EV_OPEN,
	STMT_EV_TICK,
	STMT_EV_REQUEST,
	STMT_EV_REFUSED,
	STMT_EV_COMPLETE,
	STMT_EV_FREE,
	STMT_EV_RX,	   /* all of temp.rx_row: see rx_rows.h */
	STMT_EV_RX_APPEND, /* the same, each with the id after the highest */
	STMT_EV_DROP,
	STMT_EV_FALLBACK,
	STMT_EV_VIOLATION,
	STMT_EV_CLOSE,
	STMT_ALLOC,
	STMT_LEVEL,
	STMT_LATENCY,
	STMT_HELD,
	STMT_LOSS,
	STMT_GAP_BEFORE, /* from here on statements that give rows: rows_get() */
	STMT_GAP_AFTER,
	STMT_EV_RX_MAX,
	STMT_TOLD,
	STMT_BAD,
	STMT_STORED,
	STMT_ERASE_ALLOC, /* from here on they give none again */
	STMT_ERASE_LEVEL,
	STMT_ERASE_LATENCY,
	STMT_ERASE_HELD,
	STMT_ERASE_GAPS,
	STMT_STATE,
	STMT_LOAD_STATE,
	STMT_FRONT,
	STMT_USED_BYTES,
	STMT_DROP_RX, /* and one a table of events */
	STMT_DROP_OPEN,
	STMT_DROP_TICK,
	STMT_DROP_REQUEST,
	STMT_DROP_REFUSED,
	STMT_DROP_COMPLETE,
	STMT_DROP_FREE,
	STMT_DROP_DROP,
	STMT_DROP_FALLBACK,
	STMT_DROP_VIOLATION,
	STMT_DROP_CLOSE,
	STMT_NR
};

struct statements {
	struct sqlite3_stmt *stmt[STMT_NR];
};

int statements_prepare(struct statements *s, struct sqlite3 *db, struct db_error *err);
void statements_release(struct statements *s);

/* Binds one named parameter; it must exist. */
void bind_int(struct sqlite3_stmt *stmt, const char *name, int64_t value);
/* POOL_UNKNOWN is bound as NULL. */
void bind_count(struct sqlite3_stmt *stmt, const char *name, uint32_t value);
void bind_real(struct sqlite3_stmt *stmt, const char *name, double value);
void bind_text(struct sqlite3_stmt *stmt, const char *name, const char *value); /* NULL: SQL NULL */
void bind_blob(struct sqlite3_stmt *stmt, const char *name, const void *bytes, int nr_bytes);
void bind_null(struct sqlite3_stmt *stmt, const char *name);

/* The parameters that several statements share: MARKS and TOTALS in the table. */
void bind_marks(struct sqlite3_stmt *stmt, const struct pool_marks *m);
void bind_totals(struct sqlite3_stmt *stmt, const struct pool_totals *t);

/* Runs a statement that gives no rows, and makes it ready for the next time.  0, or SQLite's code.
 */
int statement_run(struct sqlite3_stmt *stmt);

#endif
