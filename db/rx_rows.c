/* SPDX-License-Identifier: MIT */
#include "db/rx_rows.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/error.h"
#include "db/pool_event.h"
#include "db/queue.h"

/* As many as stay in a processor's own cache between here and their pages. */
#define ROWS_NR 1024
/* Fewer are not worth a statement of their own. */
#define APPEND_MIN   32
#define IDS_BYTES    ((size_t)64 << 10)
#define IDS_OF_EVENT ((size_t)QUEUE_IDS_MAX * sizeof(uint32_t))

/* --- the virtual table: https://sqlite.org/vtab.html ----------------------------------------- */

struct table {
	sqlite3_vtab base;
	const struct rx_rows *rows;
};

struct cursor {
	sqlite3_vtab_cursor base;
	const struct rx_row *at, *end;
};

static int table_connect(sqlite3 *db, void *rows, int argc, const char *const *argv,
			 sqlite3_vtab **out, char **why)
{
	struct table *table = calloc(1, sizeof(*table));

	(void)argc;
	(void)argv;
	(void)why;
	if (!table)
		return SQLITE_NOMEM;
	table->rows = rows;
	*out = &table->base;
	return sqlite3_declare_vtab(db, "CREATE TABLE x (id, ts, what, available, ids)");
}

static int table_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	info->estimatedCost = ROWS_NR;
	info->estimatedRows = ROWS_NR;
	return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
	struct cursor *c = calloc(1, sizeof(*c));

	(void)table;
	if (!c)
		return SQLITE_NOMEM;
	*out = &c->base;
	return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *c)
{
	free(c);
	return SQLITE_OK;
}

static int cursor_rewind(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
			 sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)base;
	const struct rx_rows *rows = ((struct table *)base->pVtab)->rows;

	(void)plan;
	(void)text;
	(void)argc;
	(void)argv;
	c->at = rows->rows + rows->from;
	c->end = rows->rows + rows->to;
	return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
	((struct cursor *)base)->at++;
	return SQLITE_OK;
}

static int cursor_at_end(sqlite3_vtab_cursor *base)
{
	const struct cursor *c = (struct cursor *)base;

	return c->at == c->end;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *out, int column)
{
	const struct rx_row *row = ((struct cursor *)base)->at;

	switch (column) {
	case 0:
		sqlite3_result_int64(out, row->id);
		break;
	case 1:
		sqlite3_result_int64(out, row->ts);
		break;
	case 2:
		sqlite3_result_int64(out, row->what);
		break;
	case 3:
		if (row->available != POOL_UNKNOWN) /* a column that is not set is NULL */
			sqlite3_result_int64(out, row->available);
		break;
	case 4:
		sqlite3_result_blob(out, row->ids, (int)row->ids_bytes, SQLITE_STATIC);
		break;
	}
	return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
	*out = ((struct cursor *)base)->at->id;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xCreate = table_connect,
	.xConnect = table_connect,
	.xBestIndex = table_plan,
	.xDisconnect = table_disconnect,
	.xDestroy = table_disconnect,
	.xOpen = cursor_open,
	.xClose = cursor_close,
	.xFilter = cursor_rewind,
	.xNext = cursor_next,
	.xEof = cursor_at_end,
	.xColumn = cursor_column,
	.xRowid = cursor_rowid,
};

/* --- the rows -------------------------------------------------------------------------------- */

int rx_rows_init(struct rx_rows *r, struct sqlite3 *db, struct db_error *err)
{
	memset(r, 0, sizeof(*r));
	r->rows = malloc(ROWS_NR * sizeof(*r->rows));
	r->ids = malloc(IDS_BYTES + IDS_OF_EVENT);
	if (!r->rows || !r->ids) {
		rx_rows_release(r);
		return db_fail(err, -ENOMEM, "out of memory");
	}
	/* In temp, where no table of the file can stand in its way. */
	if (sqlite3_create_module(db, "rx_row", &module, r) == SQLITE_OK &&
	    sqlite3_exec(db, "CREATE VIRTUAL TABLE temp.rx_row USING rx_row", NULL, NULL, NULL) ==
		    SQLITE_OK)
		return 0;
	rx_rows_release(r);
	return db_fail_sqlite(err, db, "opening");
}

void rx_rows_release(struct rx_rows *r)
{
	free(r->rows);
	free(r->ids);
	memset(r, 0, sizeof(*r));
}

struct rx_row *rx_rows_add(struct rx_rows *r)
{
	struct rx_row *row = &r->rows[r->nr];

	row->ids = r->ids + r->ids_used;
	return row;
}

void rx_rows_added(struct rx_rows *r, size_t ids_bytes)
{
	struct rx_row *row = &r->rows[r->nr];

	row->ids_bytes = (uint32_t)ids_bytes;
	r->ids_used += ids_bytes;
	if (!r->nr || row->id < r->id_min)
		r->id_min = row->id;
	if (!r->nr || row->id > r->id_max)
		r->id_max = row->id;
	r->nr++;
}

bool rx_rows_full(const struct rx_rows *r)
{
	return r->nr == ROWS_NR || r->ids_used >= IDS_BYTES;
}

bool rx_rows_may_have(const struct rx_rows *r, int64_t id)
{
	return r->nr && id >= r->id_min && id <= r->id_max;
}

/* How many ids follow one another from row i on. */
static uint32_t run_at(const struct rx_rows *r, uint32_t i)
{
	uint32_t end = i + 1;

	while (end < r->nr && r->rows[end].id == r->rows[end - 1].id + 1)
		end++;
	return end - i;
}

/*
 * Rows that are inserted with their ids: up to the first one of a run that is long enough to be
 * appended after it.
 */
static void show_some(struct rx_rows *r, int64_t *id_max)
{
	while (r->to < r->nr) {
		int64_t first = r->rows[r->to].id;
		uint32_t run = run_at(r, r->to);

		if (first > *id_max && run > APPEND_MIN) {
			r->to++;
			*id_max = first;
			return;
		}
		r->to += run;
		if (first + run - 1 > *id_max)
			*id_max = first + run - 1;
	}
}

uint32_t rx_rows_next(struct rx_rows *r, int64_t *id_max, bool *append)
{
	uint32_t run;

	r->from = r->to;
	if (r->from == r->nr) {
		rx_rows_clear(r);
		return 0;
	}
	run = run_at(r, r->from);
	*append = r->rows[r->from].id == *id_max + 1 && run >= APPEND_MIN;
	if (*append) {
		r->to = r->from + run;
		*id_max += run;
	} else {
		show_some(r, id_max);
	}
	return r->to - r->from;
}

void rx_rows_clear(struct rx_rows *r)
{
	r->nr = 0;
	r->from = r->to = 0;
	r->ids_used = 0;
}
