/* SPDX-License-Identifier: MIT */
#ifndef DB_WINDOW_H
#define DB_WINDOW_H
/*
 * One pool's events into seq order.  Events of different per-CPU streams may arrive a little out of
 * order: one that is early waits here for those before it.  When too many wait, or the first has
 *waited too long, the missing ones are given up and counted.
 *
 *	if (window_in_order(w, e->seq))         // the usual case: nothing is copied
 *		use(e), window_advance(w);
 *	else
 *		window_hold(w, e, now_ns);
 *	while ((held = window_pop(w, now_ns, false, &lost)))
 *		use(held), free(held);
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/pool_event.h"

#define WINDOW_EVENTS 4096		  /* most events that wait */
#define WINDOW_NS     INT64_C(1000000000) /* longest wait, CLOCK_MONOTONIC */

struct window {
	uint64_t next;		  /* the seq that comes next */
	bool joined;		  /* an event has come out */
	size_t nr;		  /* waiting */
	struct pool_event **heap; /* by seq, the smallest first; allocated at the first wait */
	int64_t waiting_since_ns;
};

/* What window_pop() says about the events before the one it gives. */
struct window_gap {
	uint64_t lost; /* how many are missing */
	bool joined; /* the record begins here, in the middle of the pool's life: nothing is lost */
};

static inline bool window_in_order(const struct window *w, uint64_t seq)
{
	return seq == w->next && !w->nr;
}

static inline void window_advance(struct window *w)
{
	w->next++;
	w->joined = true;
}

/* Keeps a copy of an event that is early; drops one that was there before or given up.  Returns: 0
 * or -ENOMEM.
 */
int window_hold(struct window *w, const struct pool_event *event, int64_t now_ns);

/*
 * The event that comes next, or NULL when it must be waited for; with force, nothing is waited for.
 * Owns: the caller frees it.
 */
struct pool_event *window_pop(struct window *w, int64_t now_ns, bool force, struct window_gap *gap);

void window_release(struct window *w);

#endif
