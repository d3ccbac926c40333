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
 *		run "INSERT INTO ev_rx SELECT * FROM temp.rx_row", rx_rows_clear(r);
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
void rx_rows_clear(struct rx_rows *r);

#endif
