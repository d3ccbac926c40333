/* SPDX-License-Identifier: MIT */
/* A demand from a recording. */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/demand_build.h"
#include "tuner/holders.h"
#include "tuner/parallel.h"

/* --- requests ------------------------------------------------------------------------------------
 */

/* Requests on their way, few at any time. */
struct asked {
	uint64_t request;
	int64_t t_ns;
};

/* A pool has few: more than that are of a record that is not right, and the oldest are forgotten.
 */
#define ASKED_MAX 4096

/*
 * Imputed drops are at most DROPS_MIN + DROPS_FACTOR x the buffers that were taken: what a file
 * costs is bounded by its size, whatever numbers stand in it.
 */
#define DROPS_MIN    (UINT64_C(1) << 22)
#define DROPS_FACTOR 16

/* Times of a file that is not right lie anywhere; differences of these can be formed. */
#define T_MAX (INT64_MAX / 2)

struct reading {
	struct build build;
	struct holders holders;
	struct asked *asked;
	size_t nr_asked, asked_room;
	uint64_t next_seq;
	int64_t t_ns, last_ns; /* of this event, and of those before */
	uint64_t taken;
	bool any, rx;
	struct demand_watch *watch;
};

#define ENOUGH 1 /* of query_events(): as many steps as were wanted */

static void note_lead(struct reading *r, int64_t requested_ns, int64_t t_ns,
		      enum demand_lead_kind kind)
{
	struct demand_lead *lead = build_lead(&r->build);

	if (lead)
		*lead = (struct demand_lead){requested_ns, t_ns - requested_ns, kind};
}

static void on_request(struct reading *r, const struct pool_event *e)
{
	if (r->nr_asked == r->asked_room) {
		size_t room = r->asked_room ? 2 * r->asked_room : 16;
		struct asked *grown = realloc(r->asked, room * sizeof(*grown));

		if (!grown) {
			r->build.error = -ENOMEM;
			return;
		}
		r->asked = grown;
		r->asked_room = room;
	}
	if (r->nr_asked == ASKED_MAX)
		memmove(r->asked, r->asked + 1, --r->nr_asked * sizeof(*r->asked));
	r->asked[r->nr_asked++] = (struct asked){e->u.request.request, r->t_ns};
}

/* The end of a request; one that was made before the record begins is left out. */
static void on_answer(struct reading *r, uint64_t request, enum demand_lead_kind kind)
{
	for (size_t i = 0; i < r->nr_asked; i++)
		if (r->asked[i].request == request) {
			note_lead(r, r->asked[i].t_ns, r->t_ns, kind);
			r->asked[i] = r->asked[--r->nr_asked];
			return;
		}
}

static void on_complete(struct reading *r, const struct pool_event *e)
{
	bool failed = e->u.complete.outcome == POOL_OUTCOME_NULL ||
		      e->u.complete.outcome == POOL_OUTCOME_WRAP_FAILED;

	if (e->u.complete.request)
		on_answer(r, e->u.complete.request, failed ? DEMAND_LEAD_FAILED : DEMAND_LEAD_CAME);
}

static int by_request(const void *a, const void *b)
{
	const struct demand_lead *x = a, *y = b;

	if (x->requested_ns != y->requested_ns)
		return x->requested_ns < y->requested_ns ? -1 : 1;
	return x->lead_ns < y->lead_ns ? -1 : x->lead_ns > y->lead_ns;
}

static void end_leads(struct reading *r)
{
	struct demand *d = r->build.d;

	for (size_t i = 0; i < r->nr_asked; i++)
		note_lead(r, r->asked[i].t_ns, r->last_ns, DEMAND_LEAD_PENDING);
	if (d->nr_leads)
		qsort(d->leads, d->nr_leads, sizeof(*d->leads), by_request);
}

/* --- receive events ------------------------------------------------------------------------------
 */

static void imply_returns(struct reading *r, const struct pool_event *e, uint32_t nr)
{
	bool any = false;

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t take = holders_give_back(&r->holders, e->u.rx.buffers[i]);

		if (take == BUILD_NO_STEP)
			continue;
		build_return(&r->build, r->t_ns, take);
		r->build.d->quality.implied_returns++;
		any = true;
	}
	if (any)
		build_end(&r->build);
}

static void on_take(struct reading *r, const struct pool_event *e)
{
	uint32_t nr = e->u.rx.nr_buffers, held = nr - e->u.rx.resources;

	r->rx = true;
	imply_returns(r, e, nr);
	for (uint32_t i = 0; i < nr && !r->build.error; i++) {
		size_t take;
		int ret;

		/* No event takes a buffer twice: one that says so is of a file that is not right.
		 */
		if (i < held && holders_have(&r->holders, e->u.rx.buffers[i])) {
			r->build.d->quality.implied_returns++;
			continue;
		}
		take = build_take(&r->build, r->t_ns, i >= held);
		ret = take == SIZE_MAX || i >= held
			      ? 0
			      : holders_hold(&r->holders, e->u.rx.buffers[i], take);
		if (ret)
			r->build.error = ret;
	}
	r->taken += nr;
	r->build.d->quality.resources += e->u.rx.resources;
	if (nr)
		build_end(&r->build);
}

static void on_return(struct reading *r, const struct pool_event *e)
{
	bool any = false;

	r->rx = true;
	for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++) {
		uint32_t take = holders_give_back(&r->holders, e->u.rx.buffers[i]);

		if (take == BUILD_NO_STEP) {
			r->build.d->quality.unmatched_returns++;
			continue;
		}
		build_return(&r->build, r->t_ns, take);
		any = true;
	}
	if (any)
		build_end(&r->build);
}

/* The counter says only that they were dropped since the event before. */
static void on_drop(struct reading *r, const struct pool_event *e)
{
	struct demand_quality *quality = &r->build.d->quality;
	uint64_t most = DROPS_MIN + DROPS_FACTOR * r->taken, left;
	uint32_t nr = e->u.drop.count;
	int64_t span = r->t_ns > r->last_ns ? r->t_ns - r->last_ns : 0;

	r->rx = true;
	if (e->u.drop.cause != POOL_DROP_NO_DESCRIPTOR) {
		quality->dropped_by_device += nr;
		return;
	}
	left = most > quality->dropped ? most - quality->dropped : 0;
	quality->dropped += nr;
	if (nr > left) {
		quality->not_imputed += nr - left;
		nr = (uint32_t)left;
	}
	for (uint32_t i = 0; i < nr && !r->build.error; i++) {
		double share = (double)(i + 1) / nr;

		build_take(&r->build, r->last_ns + (int64_t)(share * (double)span), true);
		build_end(&r->build);
	}
}

/* --- the rest ------------------------------------------------------------------------------------
 */

/* Takes that there are steps of so far: those of the record, and the drops that are imputed. */
static uint64_t takes_until_now(const struct reading *r)
{
	const struct demand_quality *q = &r->build.d->quality;

	return r->taken + q->dropped - q->not_imputed;
}

static void note_change(struct reading *r)
{
	struct demand *d = r->build.d;

	d->quality.marks_changed++;
	d->change = (struct demand_change){.at_ns = r->t_ns,
					   .before = d->marks,
					   .takes = takes_until_now(r),
					   .resources = d->quality.resources,
					   .dropped = d->quality.dropped};
}

static void on_marks(struct reading *r, const struct pool_marks *m)
{
	struct demand *d = r->build.d;
	struct policy_marks marks = {m->base,	     m->block,	      m->low,
				     m->high,	     m->limit,	      m->reserve,
				     m->max_pending, m->shrink_ticks, m->probe_ticks};

	if (!pool_marks_known(m))
		return;
	if (d->marks_known && memcmp(&marks, &d->marks, sizeof(marks)) != 0)
		note_change(r);
	d->marks = marks;
	d->marks_known = true;
}

static void on_tick(struct reading *r, const struct pool_event *e)
{
	on_marks(r, &e->u.tick.marks);
	build_tick(&r->build, r->t_ns);
	r->build.d->ticks_known = true;
}

static void on_event(struct reading *r, const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_POOL_OPEN:
		on_marks(r, &e->u.open.marks);
		break;
	case POOL_EVENT_TICK:
		on_tick(r, e);
		break;
	case POOL_EVENT_ALLOC_REQUEST:
		on_request(r, e);
		break;
	case POOL_EVENT_ALLOC_REFUSED:
		on_answer(r, e->u.refused.request, DEMAND_LEAD_REFUSED);
		break;
	case POOL_EVENT_ALLOC_COMPLETE:
		on_complete(r, e);
		break;
	case POOL_EVENT_RX_TAKE:
		on_take(r, e);
		break;
	case POOL_EVENT_RX_RETURN:
		on_return(r, e);
		break;
	case POOL_EVENT_RX_DROP:
		on_drop(r, e);
		break;
	default:
		break;
	}
}

/* Between two events.  Returns: 0, or why the reading ends. */
static int watched(struct reading *r)
{
	struct demand_watch *w = r->watch;

	atomic_store_explicit(&w->steps, r->build.nr, memory_order_relaxed);
	if (atomic_load_explicit(&w->stop, memory_order_relaxed))
		return -ECANCELED;
	w->cut = w->steps_max && r->build.nr >= w->steps_max;
	return w->cut ? ENOUGH : 0;
}

static int64_t time_of(const struct pool_event *e)
{
	return e->ts_ns < 0 ? 0 : e->ts_ns > T_MAX ? T_MAX : e->ts_ns;
}

static int each(const struct pool_event *e, void *ctx)
{
	struct reading *r = ctx;

	r->t_ns = time_of(e);
	if (r->any && e->seq != r->next_seq)
		r->build.d->quality.gaps++;
	if (!r->any)
		r->last_ns = r->t_ns;
	r->any = true;
	r->next_seq = e->seq + 1;
	on_event(r, e);
	if (r->t_ns > r->last_ns)
		r->last_ns = r->t_ns;
	return r->build.error ? r->build.error : watched(r);
}

/*
 * Of what was before the part that is read: the marks that were in force, and how long requests
 * took, since there may be none in the part itself.
 */
static int each_before(const struct pool_event *e, void *ctx)
{
	struct reading *r = ctx;

	r->t_ns = time_of(e);
	switch (e->kind) {
	case POOL_EVENT_POOL_OPEN:
	case POOL_EVENT_TICK:
		r->build.d->marks_known = false;
		on_marks(r, e->kind == POOL_EVENT_TICK ? &e->u.tick.marks : &e->u.open.marks);
		break;
	case POOL_EVENT_ALLOC_REQUEST:
	case POOL_EVENT_ALLOC_REFUSED:
	case POOL_EVENT_ALLOC_COMPLETE:
		on_event(r, e);
		break;
	default:
		break;
	}
	return r->build.error ? r->build.error : r->watch->stop ? -ECANCELED : 0;
}

static int walk(struct reading *r, struct query *q, uint32_t pool, struct db_error *err)
{
	struct demand_watch *w = r->watch;
	int64_t from_ns = 0;
	int ret =
		w->newest && w->steps_max ? query_newest(q, pool, w->steps_max, &from_ns, err) : 0;

	if (ret)
		return ret;
	if (from_ns) {
		ret = query_events_since(q, pool, from_ns, each_before, each, r, err);
		w->cut = true;
		return ret;
	}
	return parallel_threads() > 1 ? query_events_ahead(q, pool, each, r, err)
				      : query_events(q, pool, each, r, err);
}

static int say(struct db_error *err, int ret, uint32_t pool, const char *what)
{
	snprintf(err->text, sizeof(err->text), "pool %" PRIu32 ": %s", pool, what);
	return ret;
}

static int finish(struct reading *r, uint32_t pool, struct demand **out, struct db_error *err)
{
	bool rx = r->rx;
	int ret;

	end_leads(r);
	if (!r->build.d->ticks_known)
		build_regular_ticks(&r->build);
	ret = build_finish(&r->build, out);
	if (ret == -ENODATA && rx)
		return say(err, ret, pool, "no packet was taken: there is no demand to tune for");
	if (ret == -ENODATA)
		return say(err, ret, pool,
			   "no receive events were recorded: record the group rx, too");
	if (ret == -EFBIG)
		return say(err, ret, pool, "more than 2 G receive events: record a shorter time");
	if (ret)
		return say(err, ret, pool, "out of memory");
	return 0;
}

int demand_read_some(struct query *q, uint32_t pool, struct demand_watch *watch,
		     struct demand **out, struct db_error *err)
{
	struct reading r = {.watch = watch};
	int ret = build_open(&r.build);

	if (ret)
		return say(err, ret, pool, "out of memory");
	ret = walk(&r, q, pool, err);
	if (ret && ret != ENOUGH && ret != r.build.error) {
		build_abandon(&r.build);
	} else {
		ret = finish(&r, pool, out, err);
	}
	holders_release(&r.holders);
	free(r.asked);
	return ret;
}

int demand_read(struct query *q, uint32_t pool, struct demand **out, struct db_error *err)
{
	struct demand_watch watch = {0};

	return demand_read_some(q, pool, &watch, out, err);
}
