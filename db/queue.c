/* SPDX-License-Identifier: MIT */
#include "db/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUFFER_BYTES   ((size_t)4 << 20)
#define WAKE_BYTES     (BUFFER_BYTES / 4) /* the writer starts before the producer has to wait */
#define NAME_MAX_BYTES 64
#define ALIGN	       8

int queue_init(struct queue *q)
{
	pthread_condattr_t attr;

	memset(q, 0, sizeof(*q));
	q->fill.bytes = malloc(BUFFER_BYTES);
	q->drain.bytes = malloc(BUFFER_BYTES);
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

/* Copies event to `to`, with its payload right behind `behind`, where its pointers then lead. */
static void copy_event(struct pool_event *to, void *behind, const struct pool_event *e,
		       size_t bytes)
{
	*to = *e;
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

/* Room for an item in the buffer being filled; the lock is held.  NULL once the writer failed. */
static struct queue_item *reserve(struct queue *q, size_t payload)
{
	size_t bytes = (sizeof(struct queue_item) + payload + ALIGN - 1) / ALIGN * ALIGN;
	struct queue_item *item;

	while (q->fill.used + bytes > BUFFER_BYTES && !q->failed) {
		pthread_cond_signal(&q->work);
		pthread_cond_wait(&q->space, &q->lock);
	}
	if (q->failed)
		return NULL;
	item = (struct queue_item *)(q->fill.bytes + q->fill.used);
	if (q->fill.used < WAKE_BYTES && q->fill.used + bytes >= WAKE_BYTES)
		pthread_cond_signal(&q->work);
	q->fill.used += bytes;
	item->bytes = (uint32_t)bytes;
	return item;
}

int queue_put_event(struct queue *q, const struct pool_event *event)
{
	struct queue_item *item;
	size_t payload;
	int ret = payload_bytes(event, &payload);

	if (ret)
		return ret;
	pthread_mutex_lock(&q->lock);
	item = reserve(q, payload);
	if (item) {
		item->is_loss = false;
		copy_event(&item->u.event, item + 1, event, payload);
	}
	pthread_mutex_unlock(&q->lock);
	return item ? 0 : -EIO;
}

int queue_put_loss(struct queue *q, const struct queue_loss *loss)
{
	struct queue_item *item;

	pthread_mutex_lock(&q->lock);
	item = reserve(q, 0);
	if (item) {
		item->is_loss = true;
		item->u.loss = *loss;
	}
	pthread_mutex_unlock(&q->lock);
	return item ? 0 : -EIO;
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
	return q->stop || q->flush_wanted > q->flush_done || q->fill.used >= WAKE_BYTES;
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

void queue_fail(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->failed = true;
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
	copy = malloc(sizeof(*copy) + payload);
	if (copy)
		copy_event(copy, copy + 1, event, payload);
	return copy;
}
