/* SPDX-License-Identifier: MIT */
#include "db/queue.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/store.h"

#define BUFFER_BYTES   ((size_t)4 << 20)
#define NAME_MAX_BYTES 64
#define ALIGN	       8

int queue_init(struct queue *q)
{
	pthread_condattr_t attr;

	memset(q, 0, sizeof(*q));
	q->fill.bytes = malloc(BUFFER_BYTES + sizeof(struct queue_item));
	q->drain.bytes = malloc(BUFFER_BYTES + sizeof(struct queue_item));
	if (!q->fill.bytes || !q->drain.bytes) {
		free(q->fill.bytes);
		free(q->drain.bytes);
		return -ENOMEM;
	}
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->work, &attr);
	pthread_cond_init(&q->space, NULL);
	pthread_cond_init(&q->done, NULL);
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_destroy(&attr);
	return 0;
}

void queue_release(struct queue *q)
{
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->done);
	pthread_cond_destroy(&q->space);
	pthread_cond_destroy(&q->work);
	free(q->fill.bytes);
	free(q->drain.bytes);
}

/* What is used of a struct pool_event, by kind. */
#define UPTO(member)                                                                               \
	(offsetof(struct pool_event, u) + sizeof(((struct pool_event *)NULL)->u.member))

static const size_t used_bytes[POOL_EVENT_NR_KINDS] = {
	[POOL_EVENT_POOL_OPEN] = UPTO(open),
	[POOL_EVENT_TICK] = UPTO(tick),
	[POOL_EVENT_ALLOC_REQUEST] = UPTO(request),
	[POOL_EVENT_ALLOC_REFUSED] = UPTO(refused),
	[POOL_EVENT_ALLOC_COMPLETE] = UPTO(complete),
	[POOL_EVENT_BLOCK_FREE] = UPTO(free),
	[POOL_EVENT_RX_TAKE] = UPTO(rx),
	[POOL_EVENT_RX_RETURN] = UPTO(rx),
	[POOL_EVENT_RX_DROP] = UPTO(drop),
	[POOL_EVENT_FALLBACK] = UPTO(fallback),
	[POOL_EVENT_VIOLATION] = UPTO(violation),
	[POOL_EVENT_POOL_CLOSE] = UPTO(close),
};

static size_t aligned(size_t bytes)
{
	return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

/* Bytes that follow the event itself: its name or its ids.  -EINVAL: no row can hold it. */
static int payload_bytes(const struct pool_event *e, size_t *bytes)
{
	*bytes = 0;
	if ((unsigned)e->kind >= POOL_EVENT_NR_KINDS)
		return -EINVAL;
	if (e->kind == POOL_EVENT_POOL_OPEN && e->u.open.name)
		*bytes = strnlen(e->u.open.name, NAME_MAX_BYTES - 1) + 1;
	if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN) {
		if (e->u.rx.nr_buffers > QUEUE_IDS_MAX)
			return -EINVAL;
		*bytes = e->u.rx.nr_buffers * sizeof(uint32_t);
	}
	return 0;
}

/* Copies event to `to`, with its payload to `behind`, where its pointers then lead. */
static void copy_event(struct pool_event *to, void *behind, const struct pool_event *e,
		       size_t bytes)
{
	memcpy(to, e, used_bytes[e->kind]);
	if (e->kind == POOL_EVENT_POOL_OPEN && bytes) {
		memcpy(behind, e->u.open.name, bytes - 1);
		((char *)behind)[bytes - 1] = '\0';
		to->u.open.name = behind;
	} else if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN) {
		if (bytes)
			memcpy(behind, e->u.rx.buffers, bytes);
		to->u.rx.buffers = behind;
	}
}

/* Where the payload begins in an item of that kind. */
static size_t payload_at(enum pool_event_kind kind)
{
	return aligned(offsetof(struct queue_item, u) + used_bytes[kind]);
}

int queue_measure(const struct pool_event *event, size_t *bytes)
{
	size_t payload;
	int ret = payload_bytes(event, &payload);

	if (ret || event->seq > QUEUE_SEQ_MAX || event->ts_ns <= 0 || event->ts_ns > QUEUE_TS_MAX)
		return -EINVAL;
	*bytes = aligned(payload_at(event->kind) + payload);
	return 0;
}

void queue_make_event(struct queue_item *item, const struct pool_event *event, size_t bytes)
{
	size_t at = payload_at(event->kind), payload;

	item->bytes = (uint32_t)bytes;
	item->kind = QUEUE_EVENT;
	payload_bytes(event, &payload);
	copy_event(&item->u.event, (unsigned char *)item + at, event, payload);
}

size_t queue_make_loss(struct queue_item *item, const struct queue_loss *loss)
{
	item->bytes = (uint32_t)aligned(offsetof(struct queue_item, u) + sizeof(*loss));
	item->kind = QUEUE_LOSS;
	item->u.loss = *loss;
	return item->bytes;
}

void queue_bad_loss(const struct pool_event *event, struct queue_loss *loss)
{
	bool dated = event->ts_ns > 0 && event->ts_ns <= QUEUE_TS_MAX;
	int64_t ts_ns = dated ? event->ts_ns : 0;

	*loss = (struct queue_loss){event->trace, event->pool,	 ts_ns, ts_ns, 1,
				    event->seq,	  STORE_LOSS_BAD};
}

/* Wakes the writer when enough has come for it. */
static void note_work(struct queue *q, size_t before)
{
	size_t now = q->fill.used + q->batched;

	if (before < QUEUE_WAKE_BYTES && now >= QUEUE_WAKE_BYTES)
		pthread_cond_signal(&q->work);
}

/* Room for an item in the buffer being filled; the lock is held.  NULL once the writer failed. */
static struct queue_item *reserve(struct queue *q, size_t bytes)
{
	size_t before = q->fill.used + q->batched;
	struct queue_item *item;

	while (q->fill.used + bytes > BUFFER_BYTES && !q->failed) {
		pthread_cond_signal(&q->work);
		pthread_cond_wait(&q->space, &q->lock);
	}
	if (q->failed)
		return NULL;
	item = (struct queue_item *)(q->fill.bytes + q->fill.used);
	q->fill.used += bytes;
	item->bytes = (uint32_t)bytes;
	note_work(q, before);
	return item;
}

int queue_put_event(struct queue *q, const struct pool_event *event)
{
	struct queue_item *item;
	size_t bytes;
	int ret = queue_measure(event, &bytes);

	if (ret)
		return ret;
	pthread_mutex_lock(&q->lock);
	item = reserve(q, bytes);
	if (item)
		queue_make_event(item, event, bytes);
	pthread_mutex_unlock(&q->lock);
	return item ? 0 : -EIO;
}

int queue_put_loss(struct queue *q, const struct queue_loss *loss)
{
	struct queue_item *item;

	pthread_mutex_lock(&q->lock);
	item = reserve(q, aligned(offsetof(struct queue_item, u) + sizeof(*loss)));
	if (item)
		queue_make_loss(item, loss);
	pthread_mutex_unlock(&q->lock);
	return item ? 0 : -EIO;
}

int queue_put_batch(struct queue *q, struct queue_batch *batch)
{
	struct queue_item *item;
	size_t before;

	pthread_mutex_lock(&q->lock);
	item = reserve(q, aligned(offsetof(struct queue_item, u) + sizeof(struct queue_batch *)));
	if (item) {
		item->kind = QUEUE_BATCH;
		item->u.batch = batch;
		before = q->fill.used + q->batched;
		q->batched += batch->bytes;
		note_work(q, before);
	}
	pthread_mutex_unlock(&q->lock);
	return item ? 0 : -EIO;
}

void queue_hurry(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->hurry = true;
	pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
}

int queue_flush(struct queue *q)
{
	uint64_t ticket;
	int ret;

	pthread_mutex_lock(&q->lock);
	ticket = ++q->flush_wanted;
	pthread_cond_signal(&q->work);
	while (q->flush_done < ticket && !q->failed)
		pthread_cond_wait(&q->done, &q->lock);
	ret = q->failed ? -EIO : 0;
	pthread_mutex_unlock(&q->lock);
	return ret;
}

void queue_stop(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_signal(&q->work);
	pthread_mutex_unlock(&q->lock);
}

static bool has_reason_to_wake(const struct queue *q)
{
	return q->stop || q->hurry || q->flush_wanted > q->flush_done ||
	       q->fill.used + q->batched >= QUEUE_WAKE_BYTES;
}

bool queue_take(struct queue *q, int64_t deadline_ns, uint64_t *ticket)
{
	struct timespec until = {deadline_ns / 1000000000, deadline_ns % 1000000000};
	struct queue_buffer full;
	bool more;

	pthread_mutex_lock(&q->lock);
	while (!has_reason_to_wake(q))
		if (pthread_cond_timedwait(&q->work, &q->lock, &until) == ETIMEDOUT)
			break;
	full = q->fill;
	q->fill = q->drain;
	q->fill.used = 0;
	q->drain = full;
	q->batched = 0;
	q->hurry = false;
	*ticket = q->flush_wanted;
	more = !q->stop || full.used;
	pthread_cond_signal(&q->space);
	pthread_mutex_unlock(&q->lock);
	return more;
}

struct queue_item *queue_next(struct queue *q, struct queue_item *item)
{
	unsigned char *at = item ? (unsigned char *)item + item->bytes : q->drain.bytes;

	return at < q->drain.bytes + q->drain.used ? (struct queue_item *)at : NULL;
}

void queue_done(struct queue *q, uint64_t ticket)
{
	pthread_mutex_lock(&q->lock);
	q->flush_done = ticket;
	pthread_cond_broadcast(&q->done);
	pthread_mutex_unlock(&q->lock);
}

/* Batches that nobody took go back. */
static void give_back(struct queue_buffer *buffer)
{
	for (size_t at = 0; at < buffer->used;) {
		struct queue_item *item = (struct queue_item *)(buffer->bytes + at);

		at += item->bytes;
		if (item->kind == QUEUE_BATCH)
			item->u.batch->done(item->u.batch);
	}
	buffer->used = 0;
}

void queue_fail(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->failed = true;
	give_back(&q->fill);
	pthread_cond_broadcast(&q->done);
	pthread_cond_broadcast(&q->space);
	pthread_mutex_unlock(&q->lock);
}

struct pool_event *queue_copy_event(const struct pool_event *event)
{
	struct pool_event *copy;
	size_t payload;

	if (payload_bytes(event, &payload))
		return NULL;
	copy = calloc(1, sizeof(*copy) + payload);
	if (copy)
		copy_event(copy, copy + 1, event, payload);
	return copy;
}
