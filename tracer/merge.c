/* SPDX-License-Identifier: MIT */
#include "tracer/merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_BYTES ((size_t)128 << 10)

/* A batch on its way, and the chunks that end in it. */
struct batch {
	struct queue_batch queue; /* first: the store knows this */
	struct chunk *over;
};

/* Where the merge is in one lane. */
struct head {
	struct lane *lane;
	struct chunk *chunk;
	unsigned char *at, *end;
	int64_t ts_ns;	/* of the item at `at` */
	bool goes_back; /* a piece begins before the end of the one ahead of it */
};

struct merge {
	struct lanes *lanes;
	struct owners *owners;
	struct store *store;
	atomic_ullong *events;
	struct head *heads;
	struct head **heap; /* the earliest first */
	size_t nr;
	struct batch *batch;
	uint32_t *numbers; /* of the processes, as the store knows them; 0: not asked yet */
	uint32_t nr_numbers;
	struct db_error *err;
};

static int no_memory(struct merge *m)
{
	snprintf(m->err->text, sizeof(m->err->text), "out of memory");
	return -EIO;
}

/* --- batches --------------------------------------------------------------------------------- */

/* Thread: the writer's. */
static void batch_done(struct queue_batch *queue)
{
	struct batch *b = (struct batch *)queue;

	while (b->over) {
		struct chunk *next = b->over->next;

		chunk_give_back(b->over);
		b->over = next;
	}
	free(b);
}

static struct batch *batch_of(struct merge *m)
{
	if (m->batch)
		return m->batch;
	m->batch = malloc(sizeof(*m->batch));
	if (!m->batch)
		return NULL;
	m->batch->queue.nr = 0;
	m->batch->queue.bytes = 0;
	m->batch->queue.done = batch_done;
	m->batch->over = NULL;
	return m->batch;
}

static int post(struct merge *m)
{
	struct batch *b = m->batch;

	m->batch = NULL;
	if (!b)
		return 0;
	if (!store_append_batch(m->store, &b->queue))
		return 0;
	batch_done(&b->queue);
	snprintf(m->err->text, sizeof(m->err->text), "%s", store_error(m->store));
	return -EIO;
}

static int add_run(struct merge *m, struct queue_item *first, size_t bytes)
{
	struct batch *b = batch_of(m);

	if (!b)
		return no_memory(m);
	b->queue.runs[b->queue.nr++] = (struct queue_run){first, bytes};
	b->queue.bytes += bytes;
	return b->queue.nr == QUEUE_RUNS_MAX || b->queue.bytes >= BATCH_BYTES ? post(m) : 0;
}

/* --- whose they are -------------------------------------------------------------------------- */

static bool learn(struct merge *m, uint32_t process)
{
	uint32_t nr = m->nr_numbers ? m->nr_numbers : 16;
	uint32_t *more;

	while (nr <= process)
		nr *= 2;
	if (nr > m->nr_numbers) {
		more = realloc(m->numbers, nr * sizeof(*more));
		if (!more)
			return false;
		memset(more + m->nr_numbers, 0, (nr - m->nr_numbers) * sizeof(*more));
		m->numbers = more;
		m->nr_numbers = nr;
	}
	m->numbers[process] = owners_number(m->owners, process);
	return m->numbers[process] != 0;
}

/* From a process's number to the store's; false: out of memory. */
static bool name(struct merge *m, uint32_t *trace)
{
	if (*trace >= m->nr_numbers || !m->numbers[*trace])
		if (!learn(m, *trace))
			return false;
	*trace = m->numbers[*trace];
	return true;
}

/* --- the order ------------------------------------------------------------------------------- */

/* Losses without a time come at once after what was before them. */
static int64_t time_of(const unsigned char *at, int64_t before_ns)
{
	const struct queue_item *item = (const struct queue_item *)at;

	if (item->kind == QUEUE_EVENT)
		return item->u.event.ts_ns;
	return item->u.loss.start_ns ? item->u.loss.start_ns : before_ns;
}

static bool is_before(const struct head *a, const struct head *b)
{
	return a->ts_ns != b->ts_ns ? a->ts_ns < b->ts_ns : a->lane < b->lane;
}

static void sift_down(struct merge *m, size_t i)
{
	for (;;) {
		size_t child = 2 * i + 1;
		struct head *h = m->heap[i];

		if (child + 1 < m->nr && is_before(m->heap[child + 1], m->heap[child]))
			child++;
		if (child >= m->nr || !is_before(m->heap[child], h))
			return;
		m->heap[i] = m->heap[child];
		m->heap[child] = h;
		i = child;
	}
}

/* Who comes after the first one; NULL: nobody is left. */
static const struct head *second(const struct merge *m)
{
	if (m->nr < 2)
		return NULL;
	return m->nr > 2 && is_before(m->heap[2], m->heap[1]) ? m->heap[2] : m->heap[1];
}

/*
 * The lane's next chunk.  One that failed stays, without a chunk, until the others are as far as it
 * came.  Returns: is there something to wait for?
 */
static bool load(struct head *h)
{
	const struct lanes *all = h->lane->all;

	h->chunk = lane_take(h->lane);
	while (!h->chunk && !h->lane->failed && h->lane + 1 < all->list + all->nr &&
	       h->lane[1].follows)
		h->chunk = lane_take(++h->lane);
	if (h->chunk) {
		h->at = h->chunk->bytes;
		h->end = h->at + h->chunk->used;
		h->goes_back = time_of(h->at, h->ts_ns) < h->ts_ns;
		h->ts_ns = h->goes_back ? h->ts_ns : time_of(h->at, h->ts_ns);
	} else if (h->lane->failed && h->lane->failed_ns > h->ts_ns) {
		h->ts_ns = h->lane->failed_ns;
	}
	return h->chunk || h->lane->failed;
}

static int start(struct merge *m)
{
	m->heads = calloc(m->lanes->nr, sizeof(*m->heads));
	m->heap = calloc(m->lanes->nr, sizeof(struct head *));
	if (!m->heads || !m->heap)
		return no_memory(m);
	for (size_t i = 0; i < m->lanes->nr; i++) {
		struct head *h = &m->heads[i];

		h->lane = &m->lanes->list[i];
		if (h->lane->follows)
			continue;
		h->ts_ns = INT64_MIN;
		if (load(h))
			m->heap[m->nr++] = h;
	}
	for (size_t i = m->nr; i--;)
		sift_down(m, i);
	return 0;
}

/* What the first lane has before the second one's turn, as one run. */
static int take_run(struct merge *m, struct head *h)
{
	const struct head *limit = second(m);
	unsigned char *first = h->at;
	unsigned nr = 0;

	do {
		struct queue_item *item = (struct queue_item *)h->at;
		bool is_event = item->kind == QUEUE_EVENT;

		if (!name(m, is_event ? &item->u.event.trace : &item->u.loss.trace))
			return no_memory(m);
		nr += is_event;
		h->at += item->bytes;
		if (h->at < h->end)
			h->ts_ns = time_of(h->at, h->ts_ns);
	} while (h->at < h->end && (!limit || is_before(h, limit)));
	atomic_fetch_add_explicit(m->events, nr, memory_order_relaxed);
	return add_run(m, (struct queue_item *)first, (size_t)(h->at - first));
}

/* The chunk in hand is over: it goes back with the last batch that needs it. */
static int next_chunk(struct merge *m, struct head *h)
{
	struct batch *b = batch_of(m);
	int ret;

	if (!b)
		return no_memory(m);
	h->chunk->next = b->over;
	b->over = h->chunk;
	h->chunk = NULL;
	ret = post(m);
	if (!ret && !load(h))
		m->heap[0] = m->heap[--m->nr];
	return ret;
}

static int step(struct merge *m)
{
	struct head *h = m->heap[0];
	int ret;

	if (!h->chunk) {
		*m->err = h->lane->why;
		return -EIO;
	}
	if (h->goes_back) {
		snprintf(m->err->text, sizeof(m->err->text), "a stream's time goes back");
		return -EIO;
	}
	ret = take_run(m, h);
	if (!ret && h->at == h->end)
		ret = next_chunk(m, h);
	if (!ret)
		sift_down(m, 0);
	return ret;
}

/* The chunks that nobody will ask for any more go back, behind what the store has of them. */
static int give_back_rest(struct merge *m)
{
	struct batch *b = batch_of(m);

	if (!b)
		store_flush(m->store);
	for (size_t i = 0; m->heads && i < m->lanes->nr; i++) {
		struct chunk *c = m->heads[i].chunk;

		if (c && b) {
			c->next = b->over;
			b->over = c;
		} else if (c) {
			chunk_give_back(c);
		}
	}
	return post(m);
}

/* What is before an error is stored. */
static int finish(struct merge *m, int ret)
{
	struct db_error why = *m->err;

	if (give_back_rest(m) && !ret)
		ret = -EIO;
	else if (ret)
		*m->err = why;
	free(m->heads);
	free(m->heap);
	free(m->numbers);
	return ret;
}

int merge_lanes(struct lanes *lanes, struct owners *owners, struct store *store,
		atomic_ullong *events, struct db_error *err)
{
	struct merge m = {
		.lanes = lanes, .owners = owners, .store = store, .events = events, .err = err};
	int ret = start(&m);

	while (!ret && m.nr && !atomic_load_explicit(&lanes->stopped, memory_order_relaxed))
		ret = step(&m);
	if (!ret && atomic_load(&lanes->stopped))
		ret = -ECANCELED;
	return finish(&m, ret);
}
