/* SPDX-License-Identifier: MIT */
#ifndef DB_RX_READ_H
#define DB_RX_READ_H
/*
 * Rows of table ev_rx from the pages of the file, without SQL: the counterpart of db/rx_pages.h.
 * A row costs a fifth of what SQLite takes to hand it over, and nearly all rows of a recording
 * are here.  The layout is https://sqlite.org/fileformat2.html, sections 1.5, 1.6 and 2.1.
 *
 *	r = rx_read_begin(db, root, first, last);	// NULL: ask SQLite
 *	while ((ret = rx_read_next(r, &row)) > 0)
 *		use row;				// until the next call
 *	rx_read_end(r);					// ret < 0: ask SQLite for what comes after
 *
 * It is SQLite's own open file that is read, through its own methods: a descriptor of ours on the
 * same file would take SQLite's locks with it when it is closed (POSIX locks are a process's).
 *
 * What is in the file is what the connection sees only when all of this holds; rx_read_begin()
 * looks at everything but the first:
 *
 *	- The caller has a read transaction, and has read in it: one begins with its first read.  It
 *	  lasts until rx_read_end().
 *	- The connection can only read, so that no page waits in its memory to be written.
 *	- The file is one, not memory.
 *	- The log beside it (-wal) is absent or empty.  It is looked at after the transaction began:
 *	    . A reader that needs pages of the log holds a mark on it, with which nobody empties
 *	      it.  An empty one says that the reader needs none: it was empty, or all of it in the
 *	      file, when the reader began (read mark 0, or another one at 0 pages).
 *	    . That mark keeps pages from the file: a checkpoint waits for readers of mark 0, and
 *	      copies no pages beyond another reader's mark.  So what is recorded after that goes
 *	      to the log, and the file stays as it is.
 *	    . A live recording mostly has something in its log, and is read by SQLite.
 *	  With a rollback journal the reader's shared lock keeps writers from the file, and a
 *	  journal that a crash has left is rolled back before the first read.  A connection that was
 *	  told that the file never changes (immutable) has no locks, and reads the file alone in
 *	  either way.
 *	- Pages have nothing reserved at their ends, for encryption or sums.
 *
 * A file is not trusted: all that a page says is checked before it is followed, a walk looks at no
 * more pages than the file has, ids ascend, and rows have the columns of ev_rx in the types that
 * are written.  Of anything else rx_read_next() only says that there is something: SQLite then
 * reads on from there, and gives the rows or says what is wrong.
 *
 * Memory: less than 1 MiB.
 * Thread: the connection's.
 */
#include <stdbool.h>
#include <stdint.h>

struct sqlite3;
struct rx_read;

/* A row as it is stored: see ev_rx in schema.sql. */
struct rx_read_row {
	int64_t id, ts;
	uint32_t what;
	uint32_t available; /* POOL_UNKNOWN: NULL */
	const uint8_t *ids; /* borrowed until the next row */
	uint32_t ids_bytes;
	bool ids_margin; /* 8 bytes after them may be read, too: so here, not where SQLite has them
			  */
};

/*
 * Rows with first <= id <= last, in order of ids.
 *	root  of the table, as sqlite_schema says in this transaction
 * Returns: NULL: they are to be read by SQLite, or memory is short.
 */
struct rx_read *rx_read_begin(struct sqlite3 *db, int64_t root, int64_t first, int64_t last);
void rx_read_end(struct rx_read *r);

/*
 * Returns: 1 a row; 0 there are no more; -EBADMSG what comes after the last row is not of the usual
 * form, or damaged.  After anything but 1 it is over.
 */
int rx_read_next(struct rx_read *r, struct rx_read_row *row);

#endif
