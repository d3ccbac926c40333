/* SPDX-License-Identifier: MIT */
#include "tuner/waste.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct watch {
	const struct policy_marks *marks;
	int64_t within_ns, lead_ns;
	/* Frees that no request has followed yet, latest last. */
	int64_t *freed_ns;
	size_t nr, room;
	int64_t last_ns; /* of a free */
	bool any;
	int error;
	struct waste *out;
};

/* Those that are too old to have been wasted go first. */
static void make_room(struct watch *w, int64_t t_ns)
{
	size_t old = 0, room = w->room ? 2 * w->room : 64;
	int64_t *grown;

	while (old < w->nr && t_ns - w->freed_ns[old] > w->within_ns)
		old++;
	if (old) {
		w->nr -= old;
		memmove(w->freed_ns, w->freed_ns + old, w->nr * sizeof(*w->freed_ns));
	}
	if (2 * w->nr < w->room)
		return;
	grown = realloc(w->freed_ns, room * sizeof(*grown));
	if (!grown) {
		w->error = -ENOMEM;
		return;
	}
	w->freed_ns = grown;
	w->room = room;
}

static void note_free(struct watch *w, int64_t t_ns)
{
	if (w->nr == w->room)
		make_room(w, t_ns);
	w->last_ns = t_ns;
	w->any = true;
	if (!w->error)
		w->freed_ns[w->nr++] = t_ns;
}

static void note_request(struct watch *w, int64_t t_ns)
{
	if (w->any && t_ns - w->last_ns <= w->lead_ns)
		w->out->quick++;
	if (w->nr && t_ns - w->freed_ns[w->nr - 1] <= w->within_ns) {
		w->out->wasted++;
		w->nr--;
	} else {
		w->nr = 0; /* the others are older still */
	}
}

/* Is it for need?  The event is told with the request counted as pending. */
static bool is_needed(const struct policy_marks *m, const struct sim_event *e)
{
	uint64_t coming = (uint64_t)(e->total - e->held) + (uint64_t)m->block * (e->pending - 1);

	return coming <= m->low;
}

static void tell(const struct sim_event *e, void *ctx)
{
	struct watch *w = ctx;

	if (e->what == SIM_FREE)
		note_free(w, e->t_ns);
	else if (e->what == SIM_REQUEST && is_needed(w->marks, e))
		note_request(w, e->t_ns);
}

int waste_find(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	       int64_t within_ns, int64_t lead_ns, struct waste *out)
{
	struct watch w = {.marks = marks, .within_ns = within_ns, .lead_ns = lead_ns, .out = out};
	struct sim_result r;

	int ret;

	*out = (struct waste){0};
	ret = sim_tell(d, marks, lead, tell, &w, &r);
	free(w.freed_ns);
	return ret ? ret : w.error;
}
