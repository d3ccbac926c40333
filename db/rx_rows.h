/* SPDX-License-Identifier: MIT */
#ifndef DB_RX_ROWS_H
#define DB_RX_ROWS_H
/*
 * Rows of table ev_rx on their way into it: nearly all rows of a recording.
 *
 * They wait here, and are inserted by one statement that selects them from a virtual table of the
 * writer's connection, temp.rx_row.  A statement of its own for each row would cost twice as much:
 * its start, its end and five bound values.
 *
 *	struct rx_row *row = rx_rows_add(r);    // id, ts, what, available; ids where row->ids says
 *	rx_rows_added(r, bytes of ids);
 *	if (rx_rows_full(r))
 *		while ((nr = rx_rows_next(r, &max, &append)))
 *			run the statement that inserts those;
 *
 * SQLite finds the place of each row from the root of the table, twice.  It need not where rows get
 * the number that it would give them itself, one more than the highest in the table: then they are
 * appended.  A table with one pool consists of such runs, which end at events of other kinds.
 *
 * Thread:  the writer's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct sqlite3;

struct rx_row {
	int64_t id, ts;
	uint32_t what;
	uint32_t available; /* POOL_UNKNOWN: NULL */
	uint8_t *ids;
	uint32_t ids_bytes;
};

struct rx_rows {
	struct rx_row *rows;
	uint32_t nr;
	uint8_t *ids; /* of all rows */
	size_t ids_used;
	int64_t id_min, id_max; /* of the rows here */
	uint32_t from, to;	/* what the virtual table shows */
};

/* Owns: db keeps a pointer to r until it is closed, or rx_rows_release().  Returns: 0 or -errno. */
int rx_rows_init(struct rx_rows *r, struct sqlite3 *db, struct db_error *err);
void rx_rows_release(struct rx_rows *r);

/* The next row, to be filled in: there is room for the ids of any event. */
struct rx_row *rx_rows_add(struct rx_rows *r);
void rx_rows_added(struct rx_rows *r, size_t ids_bytes);

bool rx_rows_full(const struct rx_rows *r);
/* May the row of that id be here? */
bool rx_rows_may_have(const struct rx_rows *r, int64_t id);

/*
 * Shows the next rows in temp.rx_row, after those of the last call.
 *	id_max	 the highest id in the table, 0 when it is empty; set to what it is with these rows
 *	append	 they follow it one by one: they may be inserted without their ids
 * Returns: how many; 0 when all were shown, which are forgotten then.
 */
uint32_t rx_rows_next(struct rx_rows *r, int64_t *id_max, bool *append);
void rx_rows_clear(struct rx_rows *r);

#endif
