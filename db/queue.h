/* SPDX-License-Identifier: MIT */
#ifndef DB_QUEUE_H
#define DB_QUEUE_H
/*
 * The way from the producer to the writer thread: two buffers of fixed size.  The producer fills
 * one while the writer works through the other; the writer swaps them.  One short lock an event, no
 * wake-up an event, and memory that does not grow: a full buffer makes the producer wait for the
 * swap.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/pool_event.h"

/* Most buffer ids in one event. */
#define QUEUE_IDS_MAX 65536

struct queue_loss {
	uint32_t trace;
	int64_t pool; /* -1: unknown */
	int64_t start_ns, end_ns;
	uint64_t events;
	uint64_t seq; /* of an event that cannot be stored; UINT64_MAX: none */
	char source[16];
};

/* One thing handed over, in order. */
struct queue_item {
	uint32_t bytes; /* to the next item */
	bool is_loss;
	union {
		struct pool_event event; /* its pointers lead into the buffer */
		struct queue_loss loss;
	} u;
};

struct queue_buffer {
	unsigned char *bytes;
	size_t used;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t work;  /* to the writer: a buffer is half full, or somebody waits */
	pthread_cond_t space; /* to the producer: swapped */
	pthread_cond_t done;  /* to whoever flushes: committed */
	struct queue_buffer fill, drain;
	uint64_t flush_wanted, flush_done; /* tickets */
	bool stop;			   /* the writer is to finish what is here and end */
	bool failed;			   /* the writer has given up */
};

int queue_init(struct queue *q); /* 0 or -ENOMEM */
void queue_release(struct queue *q);

/* Thread: producer.  Returns: 0; -EINVAL for an event no row can hold; -EIO once the writer
 * failed. */
int queue_put_event(struct queue *q, const struct pool_event *event);
int queue_put_loss(struct queue *q, const struct queue_loss *loss);
/* Waits until what was put so far is committed.  Returns: 0 or -EIO. */
int queue_flush(struct queue *q);
/* Tells the writer to end after what is here. */
void queue_stop(struct queue *q);

/*
 * Thread: writer.  Waits for work, at most until deadline_ns (CLOCK_MONOTONIC), and takes all there
 * is. *ticket goes to queue_done() once it is committed.  Returns: false when stopped and empty.
 */
bool queue_take(struct queue *q, int64_t deadline_ns, uint64_t *ticket);
/* Walks what was taken: the next item after item (NULL: the first), or NULL. */
struct queue_item *queue_next(struct queue *q, struct queue_item *item);
void queue_done(struct queue *q, uint64_t ticket);
void queue_fail(struct queue *q);

/* An event with its name and ids in one piece of memory; free() it.  NULL when memory is out. */
struct pool_event *queue_copy_event(const struct pool_event *event);

#endif
