/* SPDX-License-Identifier: MIT */
#include "db/rx_pages.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/pool_event.h"

#define PAGE_BYTES    4096
#define LEAF	      13 /* first byte of a page with rows of a table */
#define INTERIOR      5
#define LEAF_HEAD     8
#define INTERIOR_HEAD 12
#define PAYLOAD_MAX   (PAGE_BYTES - 35) /* more goes to pages of its own */
#define CELL_HEAD_MAX (3 + 9)		/* length and id */
#define RECORD_HEAD   9			/* at most: of our five columns */
/* Pointer, key of nine bytes at most, and two bytes for where it is. */
#define CHILDREN_MAX ((PAGE_BYTES - INTERIOR_HEAD) / 15)
/* SQLite locks a byte of this page, and puts nothing there. */
#define LOCK_PAGE (0x40000000 / PAGE_BYTES + 1)

struct rx_pages_pool {
	int64_t pool, last_id;
	unsigned nr;  /* rows in the page */
	unsigned low; /* where its rows begin; they grow down */
	unsigned char page[PAGE_BYTES];
	struct rx_pages_node *leaves; /* written */
	size_t nr_leaves, room;
};

/* --- pieces of the format -------------------------------------------------------------------- */

static void put_16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void put_32(unsigned char *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static uint32_t get_32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

/* Seven bits a byte, the highest first; a ninth byte has eight. */
static unsigned char *put_varint(unsigned char *at, uint64_t value)
{
	unsigned bytes = 1;

	if (value >> 56) {
		at[8] = (unsigned char)value;
		value >>= 8;
		for (int i = 7; i >= 0; i--, value >>= 7)
			at[i] = (unsigned char)(0x80 | value);
		return at + 9;
	}
	while (bytes < 8 && value >> (7 * bytes))
		bytes++;
	while (--bytes)
		*at++ = (unsigned char)(0x80 | value >> (7 * bytes));
	*at++ = (unsigned char)(value & 0x7f);
	return at;
}

/* How an integer is stored: its type, and in how many bytes. */
static unsigned type_of(int64_t value, unsigned *bytes)
{
	static const struct {
		unsigned bits, bytes;
	} types[] = {{7, 1}, {15, 2}, {23, 3}, {31, 4}, {47, 6}};
	uint64_t size = (uint64_t)(value < 0 ? ~value : value);

	*bytes = 0;
	if (value == 0 || value == 1)
		return value ? 9 : 8;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		*bytes = types[i].bytes;
		if (!(size >> types[i].bits))
			return i + 1;
	}
	*bytes = 8;
	return 6;
}

static unsigned char *put_int(unsigned char *at, int64_t value, unsigned bytes)
{
	uint64_t big = htobe64((uint64_t)value);

	memcpy(at, (unsigned char *)&big + 8 - bytes, bytes);
	return at + bytes;
}

/* --- rows ------------------------------------------------------------------------------------ */

static int make_room(struct rx_pages *p)
{
	size_t room = p->room ? p->room * 2 : RX_PAGES_WAITING_BYTES / PAGE_BYTES + 256;
	struct rx_pages_pool **owners;
	struct rx_pages_node *nodes;
	unsigned char *waiting;

	if (p->nr < p->room)
		return 0;
	owners = realloc(p->owners, room * sizeof(struct rx_pages_pool *));
	if (owners)
		p->owners = owners;
	nodes = realloc(p->nodes, room * sizeof(*nodes));
	if (nodes)
		p->nodes = nodes;
	waiting = realloc(p->waiting, room * PAGE_BYTES);
	if (waiting)
		p->waiting = waiting;
	if (!owners || !nodes || !waiting)
		return -ENOMEM;
	p->room = room;
	return 0;
}

static void begin_page(struct rx_pages_pool *pool)
{
	pool->nr = 0;
	pool->low = PAGE_BYTES;
}

/* The page in hand waits for its number. */
static int end_page(struct rx_pages *p, struct rx_pages_pool *pool)
{
	unsigned used = LEAF_HEAD + 2 * pool->nr;
	unsigned char *head = pool->page;

	if (!pool->nr)
		return 0;
	if (make_room(p))
		return -ENOMEM;
	memset(head + used, 0, pool->low - used);
	memset(head, 0, LEAF_HEAD);
	head[0] = LEAF;
	put_16(head + 3, pool->nr);
	put_16(head + 5, pool->low);
	memcpy(p->waiting + p->nr * PAGE_BYTES, pool->page, PAGE_BYTES);
	p->owners[p->nr] = pool;
	p->nodes[p->nr++] = (struct rx_pages_node){pool->last_id, 0};
	begin_page(pool);
	return 0;
}

static struct rx_pages_pool *pool_of(struct rx_pages *p, int64_t number)
{
	struct rx_pages_pool *pool;

	if (p->last && p->last->pool == number)
		return p->last;
	for (unsigned i = 0; i < p->nr_pools; i++)
		if (p->pools[i]->pool == number)
			return p->last = p->pools[i];
	if (p->nr_pools == RX_PAGES_POOLS_MAX)
		return NULL;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	pool->pool = number;
	pool->last_id = -1;
	begin_page(pool);
	return p->last = p->pools[p->nr_pools++] = pool;
}

static bool are_wide(const uint32_t *ids, uint32_t nr)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < nr; i++)
		all |= ids[i];
	return all > 0xffff;
}

static void put_ids(unsigned char *at, const uint32_t *ids, uint32_t nr, bool wide)
{
	for (uint32_t i = 0; i < nr; i++) {
		*at++ = (unsigned char)ids[i];
		*at++ = (unsigned char)(ids[i] >> 8);
		if (!wide)
			continue;
		*at++ = (unsigned char)(ids[i] >> 16);
		*at++ = (unsigned char)(ids[i] >> 24);
	}
}

/* Length, id, and the record: its types, and then its values.  The id itself is stored as NULL. */
static size_t put_cell(unsigned char *cell, int64_t id, const int64_t values[3], bool known,
		       size_t ids_bytes, size_t *payload)
{
	unsigned char head[RECORD_HEAD], body[3 * 8], *at = head + 1, *to = body;
	size_t nr_head, nr_body;

	*at++ = 0;
	for (int i = 0; i < 3; i++) {
		unsigned bytes;

		if (i == 2 && !known) {
			*at++ = 0;
			break;
		}
		*at++ = (unsigned char)type_of(values[i], &bytes);
		to = put_int(to, values[i], bytes);
	}
	at = put_varint(at, 12 + 2 * ids_bytes);
	nr_head = (size_t)(at - head);
	nr_body = (size_t)(to - body);
	head[0] = (unsigned char)nr_head;
	*payload = nr_head + nr_body + ids_bytes;
	at = put_varint(cell, *payload);
	at = put_varint(at, (uint64_t)id);
	memcpy(at, head, nr_head);
	memcpy(at + nr_head, body, nr_body);
	return (size_t)(at - cell) + nr_head + nr_body;
}

int rx_pages_add(struct rx_pages *p, int64_t id, int64_t ts, uint32_t what, uint32_t available,
		 const uint32_t *ids, uint32_t nr_ids)
{
	unsigned char cell[CELL_HEAD_MAX + RECORD_HEAD + 3 * 8];
	bool wide = are_wide(ids, nr_ids);
	const int64_t values[] = {ts, what | (wide ? 2 : 0), available};
	struct rx_pages_pool *pool = pool_of(p, id >> DB_SEQ_BITS);
	size_t ids_bytes = (size_t)nr_ids * (wide ? 4 : 2), payload, nr;

	if (!pool || id <= pool->last_id || ids_bytes > PAYLOAD_MAX)
		return -EOPNOTSUPP;
	nr = put_cell(cell, id, values, available != POOL_UNKNOWN, ids_bytes, &payload);
	if (payload > PAYLOAD_MAX)
		return -EOPNOTSUPP;
	if (LEAF_HEAD + 2 * (pool->nr + 1) + nr + ids_bytes > pool->low && end_page(p, pool))
		return -ENOMEM;
	pool->low -= (unsigned)(nr + ids_bytes);
	memcpy(pool->page + pool->low, cell, nr);
	put_ids(pool->page + pool->low + nr, ids, nr_ids, wide);
	put_16(pool->page + LEAF_HEAD + 2 * pool->nr++, pool->low);
	pool->last_id = id;
	return 0;
}

bool rx_pages_full(const struct rx_pages *p)
{
	return p->nr * PAGE_BYTES >= RX_PAGES_WAITING_BYTES;
}

/* --- the file -------------------------------------------------------------------------------- */

static int write_at(const struct rx_pages *p, const void *bytes, size_t nr, off_t at)
{
	while (nr) {
		ssize_t n = pwrite(p->fd, bytes, nr, at);

		if (n <= 0)
			return n ? -errno : -ENOSPC;
		bytes = (const char *)bytes + n;
		nr -= (size_t)n;
		at += n;
	}
	return 0;
}

/* Header: 24 the change counter, 28 pages in the file, 92 the counter for which 28 holds. */
static int read_size(const struct rx_pages *p, unsigned char head[100], uint32_t *pages)
{
	if (pread(p->fd, head, 100, 0) != 100 || get_32(head + 24) != get_32(head + 92))
		return -EIO;
	*pages = get_32(head + 28);
	return 0;
}

static int write_size(const struct rx_pages *p, unsigned char head[100], uint32_t pages)
{
	put_32(head + 28, pages);
	put_32(head + 24, get_32(head + 24) + 1);
	put_32(head + 92, get_32(head + 24));
	return write_at(p, head, 100, 0);
}

/* Appends pages, and says in nodes which they became. */
static int append(const struct rx_pages *p, const unsigned char *pages, struct rx_pages_node *nodes,
		  size_t nr)
{
	unsigned char head[100];
	uint32_t last;
	int ret = read_size(p, head, &last);

	for (size_t i = 0; !ret && i < nr;) {
		size_t run = nr - i;

		if (last + 1 == LOCK_PAGE)
			last++;
		if (last < LOCK_PAGE && run > LOCK_PAGE - 1 - last)
			run = LOCK_PAGE - 1 - last;
		ret = write_at(p, pages + i * PAGE_BYTES, run * PAGE_BYTES,
			       (off_t)last * PAGE_BYTES);
		for (size_t k = 0; k < run; k++)
			nodes[i + k].page = ++last;
		i += run;
	}
	return ret ? ret : write_size(p, head, last);
}

static int remember(struct rx_pages_pool *pool, const struct rx_pages_node *leaf)
{
	size_t room = pool->room ? pool->room * 2 : 256;
	struct rx_pages_node *more;

	if (pool->nr_leaves == pool->room) {
		more = realloc(pool->leaves, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		pool->leaves = more;
		pool->room = room;
	}
	pool->leaves[pool->nr_leaves++] = *leaf;
	return 0;
}

int rx_pages_flush(struct rx_pages *p)
{
	int ret = p->nr ? append(p, p->waiting, p->nodes, p->nr) : 0;

	for (size_t i = 0; !ret && i < p->nr; i++)
		ret = remember(p->owners[i], &p->nodes[i]);
	p->nr = 0;
	return ret;
}

/* --- the tree above the leaves --------------------------------------------------------------- */

/* A page that leads to these; its key is the last one's. */
static void lay_out(unsigned char *page, const struct rx_pages_node *children, size_t nr)
{
	unsigned char cell[16];
	size_t low = PAGE_BYTES;

	assert(nr > 0);
	memset(page, 0, PAGE_BYTES);
	page[0] = INTERIOR;
	put_16(page + 3, (unsigned)nr - 1);
	put_32(page + 8, children[nr - 1].page);
	for (size_t i = 0; i + 1 < nr; i++) {
		size_t bytes;

		put_32(cell, children[i].page);
		bytes = (size_t)(put_varint(cell + 4, (uint64_t)children[i].last_id) - cell);
		low -= bytes;
		memcpy(page + low, cell, bytes);
		put_16(page + INTERIOR_HEAD + 2 * i, (unsigned)low);
	}
	put_16(page + 5, (unsigned)low);
}

/* The level above these, in their place, with as many children a page as they have all alike. */
static int climb(struct rx_pages *p, struct rx_pages_node *nodes, size_t *nr)
{
	size_t above = (*nr + CHILDREN_MAX - 1) / CHILDREN_MAX, from = 0;
	unsigned char *pages = malloc(above * PAGE_BYTES);
	int ret;

	if (!pages)
		return -ENOMEM;
	for (size_t i = 0; i < above; i++) {
		size_t to = *nr * (i + 1) / above;

		lay_out(pages + i * PAGE_BYTES, nodes + from, to - from);
		nodes[i].last_id = nodes[to - 1].last_id;
		from = to;
	}
	ret = append(p, pages, nodes, above);
	free(pages);
	*nr = above;
	return ret;
}

/* The table's first page becomes the one that leads to these. */
static int write_root(struct rx_pages *p, const struct rx_pages_node *nodes, size_t nr)
{
	unsigned char page[PAGE_BYTES], head[100];
	uint32_t pages;
	int ret;

	lay_out(page, nodes, nr);
	ret = write_at(p, page, sizeof(page), (off_t)(p->root - 1) * PAGE_BYTES);
	if (!ret)
		ret = read_size(p, head, &pages);
	return ret ? ret : write_size(p, head, pages);
}

static int by_pool(const void *a, const void *b)
{
	const struct rx_pages_pool *x = *(struct rx_pages_pool *const *)a;
	const struct rx_pages_pool *y = *(struct rx_pages_pool *const *)b;

	return x->pool < y->pool ? -1 : x->pool > y->pool;
}

/* All leaves in order of ids.  NULL: out of memory. */
static struct rx_pages_node *gather(struct rx_pages *p, size_t *nr)
{
	struct rx_pages_node *all;
	size_t at = 0;

	*nr = 0;
	for (unsigned i = 0; i < p->nr_pools; i++)
		*nr += p->pools[i]->nr_leaves;
	all = calloc(*nr + 1, sizeof(*all));
	qsort(p->pools, p->nr_pools, sizeof(struct rx_pages_pool *), by_pool);
	for (unsigned i = 0; all && i < p->nr_pools; i++) {
		struct rx_pages_pool *pool = p->pools[i];

		memcpy(all + at, pool->leaves, pool->nr_leaves * sizeof(*all));
		at += pool->nr_leaves;
	}
	return all;
}

/* One leaf is the table's first page itself; it waits, as its only row does. */
static int write_only_leaf(struct rx_pages *p)
{
	unsigned char head[100];
	uint32_t pages;
	int ret = write_at(p, p->waiting, PAGE_BYTES, (off_t)(p->root - 1) * PAGE_BYTES);

	p->nr = 0;
	if (!ret)
		ret = read_size(p, head, &pages);
	return ret ? ret : write_size(p, head, pages);
}

int rx_pages_finish(struct rx_pages *p)
{
	struct rx_pages_node *nodes;
	size_t nr = 0;
	int ret = 0;

	for (unsigned i = 0; !ret && i < p->nr_pools; i++) {
		nr += p->pools[i]->nr_leaves;
		ret = end_page(p, p->pools[i]);
	}
	if (!ret && !nr && p->nr < 2)
		return p->nr ? write_only_leaf(p) : 0;
	if (!ret)
		ret = rx_pages_flush(p);
	nodes = ret ? NULL : gather(p, &nr);
	if (!ret && !nodes)
		ret = -ENOMEM;
	while (!ret && nr > CHILDREN_MAX)
		ret = climb(p, nodes, &nr);
	if (!ret)
		ret = write_root(p, nodes, nr);
	free(nodes);
	return ret;
}

/* --- */

int rx_pages_init(struct rx_pages *p, struct sqlite3 *db, int fd, struct db_error *err)
{
	long long root = 0, bytes = 0;
	int ret = connect_get_int(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'ev_rx'",
				  &root, err);

	memset(p, 0, sizeof(*p));
	p->fd = -1;
	if (!ret)
		ret = connect_get_int(db, "PRAGMA page_size", &bytes, err);
	if (ret)
		return ret;
	if (bytes != PAGE_BYTES || root < 2)
		return db_fail(err, -EIO, "opening: pages of %lld bytes", bytes);
	p->fd = fd;
	p->root = (uint32_t)root;
	return 0;
}

void rx_pages_release(struct rx_pages *p)
{
	for (unsigned i = 0; i < p->nr_pools; i++) {
		free(p->pools[i]->leaves);
		free(p->pools[i]);
	}
	free(p->waiting);
	free(p->owners);
	free(p->nodes);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
}
