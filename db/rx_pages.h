/* SPDX-License-Identifier: MIT */
#ifndef DB_RX_PAGES_H
#define DB_RX_PAGES_H
/*
 * Table ev_rx as pages of the file, without SQL: for a file that nobody else sees yet
 * (db/unnamed.h).  A row of SQLite's costs three times as much to insert as to lay out, and rows
 * come in the order in which they lie.  The layout is https://sqlite.org/fileformat2.html, section
 * 1.6, which SQLite promises to keep.
 *
 *	rx_pages_add(p, id, ...);		// in order of ids within each pool
 *	if (rx_pages_full(p))
 *		end the transaction; rx_pages_flush(p);
 *	rx_pages_finish(p);			// now the table has its rows
 *
 * Between two transactions this is another process that changes the file, as far as SQLite can
 *tell: it appends pages, and says so in the header, where SQLite looks before it begins the next
 *one. Until rx_pages_finish() these pages are nobody's.
 *
 * Memory: RX_PAGES_WAITING_BYTES, a page a pool, and 16 bytes a page that was written.
 * Thread:  the writer's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct sqlite3;

#define RX_PAGES_WAITING_BYTES ((size_t)8 << 20)
#define RX_PAGES_POOLS_MAX     64

struct rx_pages {
	int fd; /* of the file; below 0: not in use */
	uint32_t root;
	struct rx_pages_pool *pools[RX_PAGES_POOLS_MAX];
	unsigned nr_pools;
	struct rx_pages_pool *last;
	unsigned char *waiting;	       /* pages that have no number yet */
	struct rx_pages_pool **owners; /* whose they are */
	struct rx_pages_node {
		int64_t last_id; /* of the rows there */
		uint32_t page;	 /* its number, from 1 */
	} * nodes;		 /* what they will be */
	size_t nr, room;
};

/* db: the file's schema, with ev_rx empty.  Returns: 0 or -errno with err filled. */
int rx_pages_init(struct rx_pages *p, struct sqlite3 *db, int fd, struct db_error *err);
void rx_pages_release(struct rx_pages *p);

/*
 * A row: what and available as in ev_rx, POOL_UNKNOWN being NULL; that ids are wide is added here.
 * Returns: 0; -EOPNOTSUPP this is not for such rows: ids not in order, more pools than
 * RX_PAGES_POOLS_MAX, or more buffer ids than a page holds; -ENOMEM.
 */
int rx_pages_add(struct rx_pages *p, int64_t id, int64_t ts, uint32_t what, uint32_t available,
		 const uint32_t *ids, uint32_t nr_ids);

bool rx_pages_full(const struct rx_pages *p);

/* Outside of a transaction.  Returns: 0 or -errno, as that of pwrite(). */
int rx_pages_flush(struct rx_pages *p);
int rx_pages_finish(struct rx_pages *p);

#endif
