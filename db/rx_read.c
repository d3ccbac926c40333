/* SPDX-License-Identifier: MIT */
#include "db/rx_read.h"

#include <endian.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "db/pool_event.h"
#include "db/queue.h"

#define LEAF	      13 /* first byte of a page with rows of a table */
#define INTERIOR      5
#define LEAF_HEAD     8
#define INTERIOR_HEAD 12
#define FILE_HEAD     100
#define PAGE_MIN      512
#define PAGE_MAX      65536
/* A varint, another one, and the record's head with its numbers may be read past a page's end. */
#define MARGIN 64

/* Pages that follow one another are read at once: few at first, since some look at few rows. */
#define BATCH_BYTES ((size_t)128 << 10)
#define BATCH_FIRST 1
#define BATCH_GROWS 4
/* Pages of others that are read along, rather than read twice. */
#define GAP_MAX 3

/* Levels above the leaves.  A page of 512 bytes leads to some forty others, and one of 64 KiB to
 * thousands. */
#define LEVELS_BYTES ((size_t)256 << 10)
#define LEVELS_MAX   12

/* A row that goes on in other pages: as many ids as any event has, and the rest of the record. */
#define PAYLOAD_MAX ((size_t)QUEUE_IDS_MAX * sizeof(uint32_t) + MARGIN)

/* A page that leads to others. */
struct level {
	unsigned char *page;
	unsigned nr, at; /* keys, and the child in hand: nr is the rightmost */
};

struct rx_read {
	sqlite3_file *file;
	uint32_t page_bytes;
	uint32_t nr_pages; /* of the file */
	uint32_t left;	   /* that may still be looked at */
	int64_t first, last;
	int64_t before; /* id of the last row */

	struct level levels[LEVELS_MAX];
	unsigned depth, depth_max;
	int leaf_depth; /* all leaves have it; below 0: not known yet */
	unsigned char *pages_above;

	unsigned char *batch;
	uint32_t batch_first, batch_nr; /* its pages */
	uint32_t batch_most;		/* pages of the next one */

	const unsigned char *leaf;
	unsigned cell, nr_cells;
	unsigned char *chain; /* a page, and a row of several pages */
};

/* --- pieces of the format -------------------------------------------------------------------- */

static inline unsigned get_16(const unsigned char *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t get_32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

/* Seven bits a byte, the highest first; a ninth byte has eight. */
static inline const unsigned char *get_varint(const unsigned char *at, uint64_t *out)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++) {
		value = value << 7 | (*at & 0x7f);
		if (*at++ < 0x80) {
			*out = value;
			return at;
		}
	}
	*out = value << 8 | *at;
	return at + 1;
}

#define NO_INT 16 /* not how an integer is stored */

/* In how many bytes an integer of that type is stored. */
static inline unsigned bytes_of(unsigned type)
{
	static const uint8_t bytes[16] = {NO_INT, 1,	  2,	  3,	 4,	 6,
					  8,	  NO_INT, 0,	  0,	 NO_INT, NO_INT,
					  NO_INT, NO_INT, NO_INT, NO_INT};

	return type < 16 ? bytes[type] : NO_INT;
}

static inline int64_t get_int(const unsigned char *at, unsigned type, unsigned bytes)
{
	uint64_t value;

	if (!bytes)
		return type == 9;
	memcpy(&value, at, sizeof(value));
	return (int64_t)be64toh(value) >> (64 - 8 * bytes);
}

/* --- pages of the file ----------------------------------------------------------------------- */

static bool read_at(const struct rx_read *r, void *to, size_t nr, uint32_t page)
{
	return r->file->pMethods->xRead(r->file, to, (int)nr,
					(sqlite3_int64)(page - 1) * r->page_bytes) == SQLITE_OK;
}

/* Page 1 is the schema's. */
static bool is_page(const struct rx_read *r, uint32_t page)
{
	return page > 1 && page <= r->nr_pages;
}

/* No page has to be looked at twice: those that lead in circles run out of this. */
static bool may_look(struct rx_read *r, uint32_t page)
{
	return is_page(r, page) && r->left && r->left--;
}

/* --- pages that lead to others --------------------------------------------------------------- */

/* Child i, and the highest id that it may have.  Returns: false: damaged. */
static bool get_child(const struct rx_read *r, const struct level *l, unsigned i, uint32_t *page,
		      int64_t *key)
{
	const unsigned char *cell;
	uint64_t value;
	unsigned at;

	if (i == l->nr) {
		*page = get_32(l->page + 8);
		*key = INT64_MAX;
		return true;
	}
	at = get_16(l->page + INTERIOR_HEAD + 2 * i);
	if (at < INTERIOR_HEAD + 2 * l->nr || at + 4 >= r->page_bytes)
		return false;
	cell = l->page + at;
	*page = get_32(cell);
	cell = get_varint(cell + 4, &value);
	*key = (int64_t)value;
	return cell <= l->page + r->page_bytes;
}

/* How many pages from the child in hand on are worth reading at once. */
static uint32_t measure_run(struct rx_read *r, const struct level *l)
{
	uint32_t page, first, end;
	int64_t key;

	if (!get_child(r, l, l->at, &first, &key))
		return 1;
	end = first;
	for (unsigned i = l->at + 1; i <= l->nr && key < r->last; i++) {
		if (!get_child(r, l, i, &page, &key) || !is_page(r, page) || page <= end ||
		    page - end > GAP_MAX + 1 || page - first >= r->batch_most)
			break;
		end = page;
	}
	if (r->batch_most < BATCH_BYTES / r->page_bytes)
		r->batch_most *= BATCH_GROWS;
	if (r->batch_most > BATCH_BYTES / r->page_bytes)
		r->batch_most = (uint32_t)(BATCH_BYTES / r->page_bytes);
	return end - first + 1;
}

/* The first child that may have an id from first on. */
static bool find_child(const struct rx_read *r, struct level *l, int64_t first)
{
	unsigned low = 0, high = l->nr;
	uint32_t page;
	int64_t key;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (!get_child(r, l, middle, &page, &key))
			return false;
		if (key < first)
			low = middle + 1;
		else
			high = middle;
	}
	l->at = low;
	return true;
}

static bool push(struct rx_read *r, const unsigned char *page, int64_t first)
{
	struct level *l = &r->levels[r->depth];

	if (r->depth == r->depth_max || (int)r->depth == r->leaf_depth)
		return false;
	l->page = r->pages_above + r->depth * (size_t)(r->page_bytes + MARGIN);
	memcpy(l->page, page, r->page_bytes);
	l->nr = get_16(page + 3);
	if (INTERIOR_HEAD + 2 * l->nr > r->page_bytes || !find_child(r, l, first))
		return false;
	r->depth++;
	return true;
}

static bool set_leaf(struct rx_read *r, const unsigned char *page)
{
	if (r->leaf_depth < 0)
		r->leaf_depth = (int)r->depth;
	r->leaf = page;
	r->cell = 0;
	r->nr_cells = get_16(page + 3);
	return r->leaf_depth == (int)r->depth && LEAF_HEAD + 2 * r->nr_cells <= r->page_bytes;
}

/* The page, read with those after it that will be wanted.  NULL: it cannot be had. */
static const unsigned char *page_at(struct rx_read *r, uint32_t page)
{
	const struct level *above = r->depth ? &r->levels[r->depth - 1] : NULL;

	if (!may_look(r, page))
		return NULL;
	if (page < r->batch_first || page - r->batch_first >= r->batch_nr) {
		r->batch_nr = above && (int)r->depth == r->leaf_depth ? measure_run(r, above) : 1;
		r->batch_first = page;
		if (!read_at(r, r->batch, (size_t)r->batch_nr * r->page_bytes, page))
			return NULL;
	}
	return r->batch + (size_t)(page - r->batch_first) * r->page_bytes;
}

/* From a page down to its first leaf that may have an id from first on. */
static int descend(struct rx_read *r, uint32_t number, int64_t first)
{
	for (;;) {
		const unsigned char *page = page_at(r, number);
		const struct level *above;
		int64_t key;

		if (page && page[0] == LEAF)
			return set_leaf(r, page) ? 1 : -EBADMSG;
		if (!page || page[0] != INTERIOR || !push(r, page, first))
			return -EBADMSG;
		above = &r->levels[r->depth - 1];
		if (!get_child(r, above, above->at, &number, &key))
			return -EBADMSG;
	}
}

/* Returns: 1, 0 that was the last one, -EBADMSG. */
static int next_leaf(struct rx_read *r)
{
	while (r->depth) {
		struct level *l = &r->levels[r->depth - 1];
		uint32_t page;
		int64_t key;

		if (l->at < l->nr) {
			l->at++;
			return get_child(r, l, l->at, &page, &key) ? descend(r, page, INT64_MIN)
								   : -EBADMSG;
		}
		r->depth--;
	}
	return 0;
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Types and values: the id, which is NULL since the row has it, three integers, and the ids. */
static inline int read_record(const unsigned char *at, size_t payload, struct rx_read_row *row)
{
	const unsigned ts = bytes_of(at[2]), what = bytes_of(at[3]);
	const bool is_known = at[4] != 0;
	const unsigned available = is_known ? bytes_of(at[4]) : 0;
	const unsigned char *body;
	uint64_t ids;

	body = get_varint(at + 5, &ids);
	if (at[0] != body - at || at[1] || ts == NO_INT || what == NO_INT || available == NO_INT ||
	    ids < 12 || ids & 1)
		return -EBADMSG;
	ids = (ids - 12) / 2;
	if (ids > payload || at[0] + ts + what + available + ids != payload)
		return -EBADMSG;
	row->ts = get_int(body, at[2], ts);
	body += ts;
	row->what = (uint32_t)get_int(body, at[3], what);
	body += what;
	row->available =
		is_known ? (uint32_t)get_int(body, at[4], available) : (uint32_t)POOL_UNKNOWN;
	row->ids = body + available;
	row->ids_bytes = (uint32_t)ids;
	row->ids_margin = true;
	return 0;
}

/* How much of a row that is too large for a page is in its page. */
static size_t local_bytes(const struct rx_read *r, size_t payload)
{
	size_t least = (r->page_bytes - 12) * 32 / 255 - 23;
	size_t most = r->page_bytes - 35;
	size_t local = least + (payload - least) % (r->page_bytes - 4);

	return local <= most ? local : least;
}

/* Puts the row together, whose first piece is in the leaf.  NULL: it cannot be had. */
static const unsigned char *follow_chain(struct rx_read *r, const unsigned char *at, size_t payload)
{
	size_t have = local_bytes(r, payload), piece = r->page_bytes - 4;
	unsigned char *page, *row;
	uint32_t next;

	if (payload > PAYLOAD_MAX || have + 4 > (size_t)(r->leaf + r->page_bytes - at))
		return NULL;
	if (!r->chain)
		r->chain = calloc(1, r->page_bytes + PAYLOAD_MAX + MARGIN);
	if (!r->chain)
		return NULL;
	page = r->chain;
	row = r->chain + r->page_bytes;
	memcpy(row, at, have);
	for (next = get_32(at + have); have < payload; next = get_32(page)) {
		size_t nr = payload - have < piece ? payload - have : piece;

		if (!may_look(r, next) || !read_at(r, page, r->page_bytes, next))
			return NULL;
		memcpy(row + have, page + 4, nr);
		have += nr;
	}
	return row;
}

static inline int read_row(struct rx_read *r, struct rx_read_row *row)
{
	const unsigned char *end = r->leaf + r->page_bytes, *at;
	unsigned offset = get_16(r->leaf + LEAF_HEAD + 2 * r->cell++);
	uint64_t payload, id;

	if (offset < LEAF_HEAD + 2 * r->nr_cells || offset >= r->page_bytes)
		return -EBADMSG;
	at = get_varint(r->leaf + offset, &payload);
	at = get_varint(at, &id);
	row->id = (int64_t)id;
	if (at > end)
		return -EBADMSG;
	if (payload > r->page_bytes - 35)
		at = follow_chain(r, at, payload);
	else if (payload > (size_t)(end - at))
		return -EBADMSG;
	return at ? read_record(at, payload, row) : -EBADMSG;
}

int rx_read_next(struct rx_read *r, struct rx_read_row *row)
{
	int ret;

	do {
		while (r->cell == r->nr_cells) {
			ret = next_leaf(r);
			if (ret <= 0)
				return ret;
		}
		ret = read_row(r, row);
		if (ret)
			return ret;
		if (row->id <= r->before)
			return -EBADMSG;
		r->before = row->id;
	} while (row->id < r->first);
	return row->id <= r->last;
}

/* --- the file -------------------------------------------------------------------------------- */

static bool is_usable(const sqlite3_file *file)
{
	return file && file->pMethods;
}

/* Is all that the transaction sees in the file itself?  See the header. */
static bool is_all_there(struct sqlite3 *db, sqlite3_file **file)
{
	sqlite3_file *log = NULL;
	sqlite3_int64 bytes = -1;

	*file = NULL;
	if (sqlite3_db_readonly(db, "main") != 1 ||
	    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, file) != SQLITE_OK ||
	    !is_usable(*file) ||
	    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK)
		return false;
	return !is_usable(log) ||
	       (log->pMethods->xFileSize(log, &bytes) == SQLITE_OK && bytes == 0);
}

/*
 * Header: 16 bytes of a page, 18 and 19 the versions of the format, 20 what is reserved, 28 pages
 * in the file, which holds if 24 and 92 are the same.
 */
static bool read_head(struct rx_read *r)
{
	unsigned char head[FILE_HEAD];
	sqlite3_int64 bytes = 0;
	uint64_t pages;
	uint32_t said;

	if (r->file->pMethods->xRead(r->file, head, sizeof(head), 0) != SQLITE_OK ||
	    r->file->pMethods->xFileSize(r->file, &bytes) != SQLITE_OK ||
	    memcmp(head, "SQLite format 3", 16) || head[18] > 2 || head[19] > 2 || head[20])
		return false;
	r->page_bytes = get_16(head + 16) == 1 ? PAGE_MAX : get_16(head + 16);
	if (r->page_bytes < PAGE_MIN || r->page_bytes & (r->page_bytes - 1))
		return false;
	pages = (uint64_t)bytes / r->page_bytes;
	r->nr_pages = pages < UINT32_MAX - 1 ? (uint32_t)pages : UINT32_MAX - 1;
	said = get_32(head + 28);
	if (said && said < r->nr_pages && get_32(head + 24) == get_32(head + 92))
		r->nr_pages = said;
	return true;
}

static bool make_room(struct rx_read *r)
{
	r->depth_max = (unsigned)(LEVELS_BYTES / r->page_bytes);
	if (r->depth_max > LEVELS_MAX)
		r->depth_max = LEVELS_MAX;
	r->pages_above = calloc(r->depth_max, r->page_bytes + MARGIN);
	r->batch = calloc(1, BATCH_BYTES + MARGIN);
	return r->pages_above && r->batch;
}

struct rx_read *rx_read_begin(struct sqlite3 *db, int64_t root, int64_t first, int64_t last)
{
	struct rx_read *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->first = first;
	r->last = last;
	r->before = INT64_MIN;
	r->leaf_depth = -1;
	r->batch_most = BATCH_FIRST;
	if (root <= 1 || root > UINT32_MAX || !is_all_there(db, &r->file) || !read_head(r) ||
	    !make_room(r))
		goto fail;
	r->left = r->nr_pages;
	if (descend(r, (uint32_t)root, first) > 0)
		return r;
fail:
	rx_read_end(r);
	return NULL;
}

void rx_read_end(struct rx_read *r)
{
	if (!r)
		return;
	free(r->pages_above);
	free(r->batch);
	free(r->chain);
	free(r);
}
