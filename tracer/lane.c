/* SPDX-License-Identifier: MIT */
#include "tracer/lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARE_ROOM CHUNK_BYTES

_Static_assert(LANE_CHUNKS_MIN *CHUNK_BYTES >= 4 * QUEUE_WAKE_BYTES,
	       "one lane keeps the writer busy");

int lanes_init(struct lanes *l, size_t nr)
{
	memset(l, 0, sizeof(*l));
	l->list = calloc(nr, sizeof(*l->list));
	if (!l->list)
		return -ENOMEM;
	l->nr = nr;
	for (size_t i = 0; i < nr; i++)
		l->list[i].all = l;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->filled, NULL);
	pthread_cond_init(&l->freed, NULL);
	return 0;
}

static void free_list(struct chunk *c)
{
	while (c) {
		struct chunk *next = c->next;

		free(c);
		c = next;
	}
}

void lanes_release(struct lanes *l)
{
	if (!l->list)
		return;
	pthread_mutex_lock(&l->lock);
	while (l->nr_taken)
		pthread_cond_wait(&l->freed, &l->lock);
	pthread_mutex_unlock(&l->lock);
	for (size_t i = 0; i < l->nr; i++) {
		free(l->list[i].fill);
		free_list(l->list[i].head);
	}
	free_list(l->spare);
	free(l->list);
	pthread_cond_destroy(&l->freed);
	pthread_cond_destroy(&l->filled);
	pthread_mutex_destroy(&l->lock);
	l->list = NULL;
}

void lanes_stop(struct lanes *l)
{
	pthread_mutex_lock(&l->lock);
	atomic_store(&l->stopped, true);
	pthread_cond_broadcast(&l->filled);
	pthread_cond_broadcast(&l->freed);
	pthread_mutex_unlock(&l->lock);
}

/* --- the decoding thread's ------------------------------------------------------------------- */

bool lane_has_room(const struct lane *l)
{
	return atomic_load_explicit(&l->nr_chunks, memory_order_relaxed) < LANE_CHUNKS_MIN ||
	       atomic_load_explicit(&l->all->bytes, memory_order_relaxed) < LANES_BYTES;
}

static void hand_over(struct lane *l)
{
	struct chunk *c = l->fill;

	if (!c)
		return;
	l->fill = NULL;
	pthread_mutex_lock(&l->all->lock);
	if (l->tail)
		l->tail->next = c;
	else
		l->head = c;
	l->tail = c;
	pthread_cond_signal(&l->all->filled);
	pthread_mutex_unlock(&l->all->lock);
}

static struct chunk *take_spare(struct lanes *l)
{
	struct chunk *c;

	pthread_mutex_lock(&l->lock);
	c = l->spare;
	if (c)
		l->spare = c->next;
	pthread_mutex_unlock(&l->lock);
	return c;
}

/* Room for that many bytes in the chunk in hand. */
static struct queue_item *reserve(struct lane *l, size_t bytes)
{
	size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
	struct chunk *c = l->fill;

	if (c && c->used + bytes <= c->room)
		return (struct queue_item *)(c->bytes + c->used);
	hand_over(l);
	c = room == SPARE_ROOM ? take_spare(l->all) : NULL;
	if (!c)
		c = malloc(sizeof(*c) + room + sizeof(struct queue_item));
	if (!c)
		return NULL;
	*c = (struct chunk){.lane = l, .room = room};
	atomic_fetch_add(&l->nr_chunks, 1);
	atomic_fetch_add(&l->all->bytes, room);
	l->fill = c;
	return (struct queue_item *)c->bytes;
}

int lane_put_loss(struct lane *l, const struct queue_loss *loss)
{
	struct queue_item *item = reserve(l, sizeof(*item));

	if (!item)
		return -ENOMEM;
	l->fill->used += queue_make_loss(item, loss);
	return 0;
}

int lane_put_event(struct lane *l, const struct pool_event *event)
{
	struct queue_item *item;
	struct queue_loss bad;
	size_t bytes;

	if (queue_measure(event, &bytes)) {
		queue_bad_loss(event, &bad);
		return lane_put_loss(l, &bad);
	}
	item = reserve(l, bytes);
	if (!item)
		return -ENOMEM;
	queue_make_event(item, event, bytes);
	l->fill->used += bytes;
	return 0;
}

static void end(struct lane *l, const char *why, int64_t last_ns)
{
	hand_over(l);
	pthread_mutex_lock(&l->all->lock);
	if (!l->ended && why) {
		l->failed = true;
		l->failed_ns = last_ns;
		snprintf(l->why.text, sizeof(l->why.text), "%s", why);
	}
	l->ended = true;
	pthread_cond_signal(&l->all->filled);
	pthread_mutex_unlock(&l->all->lock);
}

void lane_end(struct lane *l)
{
	end(l, NULL, 0);
}

void lane_fail(struct lane *l, const char *why, int64_t last_ns)
{
	end(l, why, last_ns);
}

/* --- the merging thread's -------------------------------------------------------------------- */

struct chunk *lane_take(struct lane *l)
{
	struct chunk *c;

	pthread_mutex_lock(&l->all->lock);
	while (!l->head && !l->ended && !atomic_load(&l->all->stopped)) {
		l->all->wanted = l;
		pthread_cond_broadcast(&l->all->freed);
		pthread_cond_wait(&l->all->filled, &l->all->lock);
	}
	l->all->wanted = NULL;
	c = l->head;
	if (c) {
		l->head = c->next;
		if (!l->head)
			l->tail = NULL;
		l->all->nr_taken++;
	}
	pthread_mutex_unlock(&l->all->lock);
	return c;
}

void chunk_give_back(struct chunk *c)
{
	struct lane *l = c->lane;
	struct lanes *all = l->all;
	size_t room = c->room;

	pthread_mutex_lock(&all->lock);
	if (room == SPARE_ROOM) {
		c->next = all->spare;
		all->spare = c;
	} else {
		free(c);
	}
	all->nr_taken--;
	atomic_fetch_sub(&l->nr_chunks, 1);
	atomic_fetch_sub(&all->bytes, room);
	pthread_cond_broadcast(&all->freed);
	pthread_mutex_unlock(&all->lock);
}
