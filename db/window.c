/* SPDX-License-Identifier: MIT */
#include "db/window.h"

#include <errno.h>
#include <stdlib.h>

#include "db/queue.h"

static void swap(struct pool_event **a, struct pool_event **b)
{
	struct pool_event *t = *a;

	*a = *b;
	*b = t;
}

static void heap_push(struct window *w, struct pool_event *e)
{
	size_t i = w->nr++;

	w->heap[i] = e;
	for (; i && w->heap[(i - 1) / 2]->seq > w->heap[i]->seq; i = (i - 1) / 2)
		swap(&w->heap[(i - 1) / 2], &w->heap[i]);
}

static struct pool_event *heap_pop(struct window *w)
{
	struct pool_event *top = w->heap[0];
	size_t i = 0;

	w->heap[0] = w->heap[--w->nr];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child + 1 < w->nr && w->heap[child + 1]->seq < w->heap[child]->seq)
			child++;
		if (child >= w->nr || w->heap[i]->seq <= w->heap[child]->seq)
			return top;
		swap(&w->heap[i], &w->heap[child]);
		i = child;
	}
}

int window_hold(struct window *w, const struct pool_event *event, int64_t now_ns)
{
	struct pool_event *copy;

	if (event->seq < w->next)
		return 0;
	if (!w->heap)
		w->heap = malloc((WINDOW_EVENTS + 1) * sizeof(struct pool_event *));
	copy = w->heap ? queue_copy_event(event) : NULL;
	if (!copy)
		return -ENOMEM;
	if (!w->nr)
		w->waiting_since_ns = now_ns;
	heap_push(w, copy);
	return 0;
}

struct pool_event *window_pop(struct window *w, int64_t now_ns, bool force, struct window_gap *gap)
{
	struct pool_event *e;

	*gap = (struct window_gap){0};
	while (w->nr && w->heap[0]->seq < w->next) /* the same seq waited twice */
		free(heap_pop(w));
	if (!w->nr)
		return NULL;
	if (w->heap[0]->seq > w->next) {
		if (!force && w->nr <= WINDOW_EVENTS && now_ns - w->waiting_since_ns < WINDOW_NS)
			return NULL;
		gap->joined = !w->joined;
		gap->lost = w->joined ? w->heap[0]->seq - w->next : 0;
		w->waiting_since_ns = now_ns;
	}
	e = heap_pop(w);
	w->next = e->seq + 1;
	w->joined = true;
	return e;
}

void window_release(struct window *w)
{
	while (w->nr)
		free(heap_pop(w));
	free(w->heap);
	w->heap = NULL;
}
