/* SPDX-License-Identifier: MIT */
#ifndef DB_QUEUE_H
#define DB_QUEUE_H
/*
 * The way from the producer to the writer thread: two buffers of fixed size.  The producer fills
 * one while the writer works through the other; the writer swaps them.  One short lock an event, no
 * wake-up an event, and memory that does not grow: a full buffer makes the producer wait for the
 * swap.
 *
 * Where one short lock an event is too much, events are handed over in batches, without a copy.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/pool_event.h"

/* What a row can hold: see store_append(). */
#define QUEUE_IDS_MAX 65536
#define QUEUE_SEQ_MAX UINT64_C(0xffffffffff) /* DB_SEQ_BITS of them */
#define QUEUE_TS_MAX  (INT64_C(1) << 62)

struct queue_loss {
	uint32_t trace;
	int64_t pool; /* -1: unknown */
	int64_t start_ns, end_ns;
	uint64_t events;
	uint64_t seq; /* of an event that cannot be stored; UINT64_MAX: none */
	char source[16];
};

/*
 * Many things handed over at once: they stay where the producer made them, in items one after the
 * other in its own memory, until the writer gives the batch back.  Its runs are taken in order.
 */
#define QUEUE_RUNS_MAX 512
/* The writer starts when so much has come, and not only when its time has. */
#define QUEUE_WAKE_BYTES ((size_t)1 << 20)

struct queue_batch {
	struct queue_run {
		struct queue_item *first;
		size_t bytes;
	} runs[QUEUE_RUNS_MAX];
	uint32_t nr;
	size_t bytes; /* of all runs */
	/* Thread: writer, or whoever ends the queue.  The items are the producer's again. */
	void (*done)(struct queue_batch *batch);
	void *ctx;
};

enum queue_kind { QUEUE_EVENT, QUEUE_LOSS, QUEUE_BATCH };

/*
 * One thing handed over, in order.  An item ends with what its kind of event uses of the union: the
 * rest is not there, but the memory behind it may be read, since whoever holds items leaves
 * sizeof(struct queue_item) behind the last one.
 */
struct queue_item {
	uint32_t bytes; /* to the next item */
	enum queue_kind kind;
	union {
		struct pool_event event; /* its pointers lead into the item */
		struct queue_loss loss;
		struct queue_batch *batch;
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
	size_t batched;			   /* bytes of the batches in fill */
	uint64_t flush_wanted, flush_done; /* tickets */
	bool hurry;
	bool stop;   /* the writer is to finish what is here and end */
	bool failed; /* the writer has given up */
};

int queue_init(struct queue *q); /* 0 or -ENOMEM */
void queue_release(struct queue *q);

/* Thread: producer.  Returns: 0; -EINVAL for an event no row can hold; -EIO once the writer
 * failed. */
int queue_put_event(struct queue *q, const struct pool_event *event);
int queue_put_loss(struct queue *q, const struct queue_loss *loss);
/* batch->done() follows once if this returns 0, and never if it does not. */
int queue_put_batch(struct queue *q, struct queue_batch *batch);
/* The writer takes what was put so far now, not when it is enough or at its time. */
void queue_hurry(struct queue *q);
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
/* Nothing is taken any more: whoever waits is told, and batches go back to their makers. */
void queue_fail(struct queue *q);

/*
 * What items are made with, by the queue and by makers of batches.
 * Returns: 0 with the item's size; -EINVAL for an event no row can hold.
 */
int queue_measure(const struct pool_event *event, size_t *bytes);
/* item: as many bytes as queue_measure() said, aligned as a pointer. */
void queue_make_event(struct queue_item *item, const struct pool_event *event, size_t bytes);
size_t queue_make_loss(struct queue_item *item, const struct queue_loss *loss);
/* The loss that stands for an event no row can hold. */
void queue_bad_loss(const struct pool_event *event, struct queue_loss *loss);

/* An event with its name and ids in one piece of memory; free() it.  NULL when memory is out. */
struct pool_event *queue_copy_event(const struct pool_event *event);

#endif
