/* SPDX-License-Identifier: MIT */
/* A demand from a recording. */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/held.h"
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
	struct demand *d;
	struct moves *moves; /* d->path */
	struct held held;    /* packets are d->path's */
	struct holds holds;  /* of all packets, if it misses any */
	struct asked *asked;
	size_t nr_asked, asked_room, leads_room, ticks_room;
	uint64_t next_seq;
	int64_t t_ns, last_ns; /* of this event, and of those before */
	int64_t move_ns;       /* of its moves */
	uint64_t taken;
	bool any, rx;
	struct demand_watch *watch;
	struct supply supply;
};

#define ENOUGH 1 /* of query_events(): as many steps as were wanted */
#define AGAIN  2 /* packets are missed, which the summary did not say */

/* Room for one more behind nr elements; the array doubles.  Returns: it, or NULL: out of memory. */
static void *one_more(struct reading *r, void **array, size_t nr, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *grown;

	if (nr == *room) {
		grown = realloc(*array, more * size);
		if (!grown) {
			moves_fail(r->moves, -ENOMEM);
			return NULL;
		}
		*array = grown;
		*room = more;
	}
	return (char *)*array + nr * size;
}

static void note_lead(struct reading *r, int64_t requested_ns, int64_t t_ns,
		      enum demand_lead_kind kind)
{
	struct demand *d = r->d;
	struct demand_lead *lead =
		one_more(r, (void **)&d->leads, d->nr_leads, &r->leads_room, sizeof(*d->leads));

	if (!lead)
		return;
	*lead = (struct demand_lead){requested_ns, t_ns - requested_ns, kind};
	d->nr_leads++;
}

static void on_request(struct reading *r, const struct pool_event *e)
{
	struct asked *one;

	if (r->nr_asked == ASKED_MAX)
		memmove(r->asked, r->asked + 1, --r->nr_asked * sizeof(*r->asked));
	one = one_more(r, (void **)&r->asked, r->nr_asked, &r->asked_room, sizeof(*r->asked));
	if (!one)
		return;
	*one = (struct asked){e->u.request.request, r->t_ns};
	r->nr_asked++;
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
	struct demand *d = r->d;

	for (size_t i = 0; i < r->nr_asked; i++)
		note_lead(r, r->asked[i].t_ns, r->last_ns, DEMAND_LEAD_PENDING);
	if (d->nr_leads)
		qsort(d->leads, d->nr_leads, sizeof(*d->leads), by_request);
}

/* --- receive events ------------------------------------------------------------------------------
 */

/* An event's buffers that are held come back.  Returns: how many were not. */
static uint32_t give_back(struct reading *r, const uint32_t *ids, uint32_t nr)
{
	uint32_t returned;

	if (held_return(&r->held, ids, nr, r->move_ns, &returned))
		moves_fail(r->moves, -ENOMEM);
	moves_return(r->moves, r->t_ns, returned, MOVE_END);
	return nr - returned;
}

/*
 * Those that were held before the event came back unseen.  No event takes a buffer twice: one that
 * says so is of a file that is not right.  Returns: how many are held now.
 */
static uint32_t take_some(struct reading *r, const uint32_t *ids, uint32_t nr, uint32_t held)
{
	uint32_t taken;

	if (held_any(&r->held, ids, nr))
		r->d->quality.implied_returns += nr - give_back(r, ids, nr);
	if (held_take(&r->held, ids, held, r->move_ns, &taken))
		moves_fail(r->moves, -ENOMEM);
	r->d->quality.implied_returns += held - taken;
	return taken;
}

static void on_take(struct reading *r, const struct pool_event *e)
{
	const uint32_t *ids = e->u.rx.buffers;
	uint32_t nr = e->u.rx.nr_buffers, held = nr - e->u.rx.resources, taken = held;

	r->rx = true;
	if (held_any(&r->held, ids + held, nr - held) || !held_take_all(&r->held, ids, held))
		taken = take_some(r, ids, nr, held);
	moves_take(r->moves, r->t_ns, taken, 0);
	moves_take(r->moves, r->t_ns, nr - held, MOVE_IMPUTED);
	r->taken += nr;
	r->d->quality.resources += e->u.rx.resources;
	if (nr)
		moves_end(r->moves);
}

static void on_return(struct reading *r, const struct pool_event *e)
{
	r->rx = true;
	r->d->quality.unmatched_returns += give_back(r, e->u.rx.buffers, e->u.rx.nr_buffers);
}

/* The counter says only that they were dropped since the event before. */
static void on_drop(struct reading *r, const struct pool_event *e)
{
	struct demand_quality *quality = &r->d->quality;
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
	for (uint32_t i = 0; i < nr && !r->moves->error; i++) {
		double share = (double)(i + 1) / nr;
		int64_t t_ns = r->last_ns + (int64_t)(share * (double)span);

		moves_take(r->moves, t_ns < r->t_ns ? t_ns : r->t_ns, 1, MOVE_IMPUTED);
		moves_end(r->moves);
	}
}

/* --- the rest ------------------------------------------------------------------------------------
 */

/* Takes that there are steps of so far: those of the record, and the drops that are imputed. */
static uint64_t takes_until_now(const struct reading *r)
{
	const struct demand_quality *q = &r->d->quality;

	return r->taken + q->dropped - q->not_imputed;
}

static void note_change(struct reading *r)
{
	struct demand *d = r->d;

	d->quality.marks_changed++;
	d->change = (struct demand_change){.at_ns = r->t_ns,
					   .before = d->marks,
					   .takes = takes_until_now(r),
					   .resources = d->quality.resources,
					   .dropped = d->quality.dropped};
}

static void on_marks(struct reading *r, const struct pool_marks *m)
{
	struct demand *d = r->d;
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
	struct demand *d = r->d;
	struct demand_tick *tick =
		one_more(r, (void **)&d->ticks, d->nr_ticks, &r->ticks_room, sizeof(*d->ticks));

	on_marks(r, &e->u.tick.marks);
	if (!tick)
		return;
	*tick = (struct demand_tick){r->moves->steps, r->t_ns};
	d->nr_ticks++;
	d->ticks_known = true;
	moves_clock(r->moves, r->t_ns);
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

	atomic_store_explicit(&w->steps, r->moves->steps, memory_order_relaxed);
	if (atomic_load_explicit(&w->stop, memory_order_relaxed))
		return -ECANCELED;
	w->cut = w->steps_max && r->moves->steps >= w->steps_max;
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
		r->d->quality.gaps++;
	if (!r->any)
		r->last_ns = r->t_ns;
	r->any = true;
	r->next_seq = e->seq + 1;
	r->move_ns = moves_time(r->moves, r->t_ns);
	on_event(r, e);
	if (r->t_ns > r->last_ns)
		r->last_ns = r->t_ns;
	if (r->moves->error)
		return r->moves->error;
	return r->moves->imputed_takes && !r->held.holds ? AGAIN : watched(r);
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
		r->d->marks_known = false;
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
	return r->moves->error ? r->moves->error : r->watch->stop ? -ECANCELED : 0;
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

/* Imputed packets will need them, and come back as moves of their own. */
static int hand_over_holds(struct reading *r)
{
	struct demand *d = r->d;

	if (d->path->steps + d->path->imputed_takes > DEMAND_STEPS_MAX)
		return -EFBIG;
	d->holds = calloc(1, sizeof(*d->holds));
	if (!d->holds)
		return -ENOMEM;
	if (holds_finish(&r->holds, d->path->real.handles.made))
		return -ENOMEM; /* d->holds is empty yet */
	*d->holds = r->holds;
	r->holds = (struct holds){0};
	return 0;
}

/* All has been read. */
static int conclude(struct reading *r)
{
	struct demand *d = r->d;
	struct moves *m = r->moves;
	int ret;

	end_leads(r);
	ret = m->error;
	if (!ret && m->imputed_takes)
		ret = hand_over_holds(r);
	d->takes = m->takes;
	d->max_held = m->max_held;
	d->first_ns = m->first_ns;
	d->last_ns = m->last_ns;
	d->quality.unreturned = m->x;
	return ret ? ret : m->nr ? 0 : -ENODATA;
}

static int finish(struct reading *r, uint32_t pool, struct db_error *err)
{
	int ret = conclude(r);

	if (ret == -ENODATA && r->rx)
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

static void set_supply(struct reading *r, struct supply *supply)
{
	r->moves->pieces.supply = supply;
	r->moves->real.shorts.supply = supply;
	r->moves->real.returned.supply = supply;
	r->holds.pieces.supply = supply;
}

/* misses: packets are to be imputed, which takes hold times. */
static int begin(struct reading *r, bool misses)
{
	r->d = calloc(1, sizeof(*r->d));
	r->moves = malloc(sizeof(*r->moves));
	if (!r->d || !r->moves) {
		free(r->d);
		free(r->moves);
		return -ENOMEM;
	}
	*r->moves = MOVES_NONE;
	r->d->path = r->moves;
	r->held.packets = &r->moves->real;
	r->held.holds = misses ? &r->holds : NULL;
	set_supply(r, &r->supply);
	return 0;
}

static int read_once(struct query *q, uint32_t pool, bool misses, struct demand_watch *watch,
		     struct demand **out, struct db_error *err)
{
	struct reading r = {.watch = watch};
	int ret = begin(&r, misses);

	if (ret)
		return say(err, ret, pool, "out of memory");
	ret = walk(&r, q, pool, err);
	set_supply(&r, NULL);
	supply_close(&r.supply);
	if (!ret || ret == ENOUGH || ret == r.moves->error)
		ret = finish(&r, pool, err);
	if (!ret && watch->stop)
		ret = -ECANCELED;
	holders_release(&r.held.holders);
	holds_release(&r.holds);
	free(r.asked);
	if (ret)
		demand_close(r.d);
	else
		*out = r.d;
	return ret;
}

static int read_path(struct query *q, uint32_t pool, struct demand_watch *watch,
		     struct demand **out, struct db_error *err)
{
	bool misses = false;
	int ret = query_misses(q, pool, &misses, err);

	if (!ret)
		ret = read_once(q, pool, misses, watch, out, err);
	return ret == AGAIN ? read_once(q, pool, true, watch, out, err) : ret;
}

int demand_read_path(struct query *q, uint32_t pool, struct demand **out, struct db_error *err)
{
	struct demand_watch watch = {0};

	return read_path(q, pool, &watch, out, err);
}

int demand_read_some(struct query *q, uint32_t pool, struct demand_watch *watch,
		     struct demand **out, struct db_error *err)
{
	struct demand *d;
	int ret = read_path(q, pool, watch, &d, err);

	if (ret)
		return ret;
	if (demand_make_steps(d)) {
		demand_close(d);
		return say(err, -ENOMEM, pool, "out of memory");
	}
	*out = d;
	return 0;
}

int demand_read(struct query *q, uint32_t pool, struct demand **out, struct db_error *err)
{
	struct demand_watch watch = {0};

	return demand_read_some(q, pool, &watch, out, err);
}
