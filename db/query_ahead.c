/* SPDX-License-Identifier: MIT */
/*
 * Events in order, with a second thread that reads ahead.
 *
 * The pool's events are cut into stretches of `seq`.  Who asks for them reads a stretch by itself
 * when nobody has begun with it, and otherwise takes what was read ahead, by the other thread or
 * while waiting for it; so both have something to do, whatever is done with an event.  At most
 * WINDOW stretches are held in memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/queue.h"
#include "db/reader.h"

#define STRETCH 8192 /* events */
#define WINDOW	8
/* Below this, a thread and a connection take longer to make than they save. */
#define STRETCHES_LEAST 16

/* A receive event; or another one, kept whole. */
struct row {
	int64_t ts_ns;
	uint64_t seq;
	uint32_t available, nr; /* of others nr is which */
	uint16_t frames, resources;
	enum pool_event_kind kind;
	bool other;
};

struct other {
	struct pool_event event;
	char name[64];
};

enum stretch_state { NOT_BEGUN, BEGUN, READ };

struct stretch {
	size_t number;
	enum stretch_state state;
	int ret;
	struct db_error err;
	struct row *rows;
	size_t nr_rows, rows_room;
	uint32_t *ids;
	size_t nr_ids, ids_room;
	struct other *others;
	size_t nr_others, others_room;
};

/* What tells one moment of a recording from another: each commit rewrites it. */
struct moment {
	long long committed_ns, events, first, last; /* -1: there are none */
};

struct ahead {
	const char *path;
	struct query *q; /* the thread's own */
	uint32_t pool;
	struct moment moment; /* that the caller sees */
	int64_t first;	      /* seq of the first receive event */
	size_t nr;	      /* stretches */
	pthread_mutex_t lock;
	pthread_cond_t moved;
	size_t at, begun; /* where the caller is, and the first that nobody began to read ahead */
	bool stop;
	struct stretch window[WINDOW];
};

/* --- what is read ahead --------------------------------------------------------------------------
 */

static int make_room(void **array, size_t nr, size_t *room, size_t size)
{
	size_t more = *room ? *room : 1024;
	void *grown;

	if (nr <= *room)
		return 0;
	while (more < nr)
		more *= 2;
	grown = realloc(*array, more * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = more;
	return 0;
}

static int keep_other(struct stretch *s, struct row *row, const struct pool_event *e)
{
	struct other *o;

	if (make_room((void **)&s->others, s->nr_others + 1, &s->others_room, sizeof(*o)))
		return -ENOMEM;
	o = &s->others[s->nr_others];
	*o = (struct other){.event = *e};
	if (e->kind == POOL_EVENT_POOL_OPEN)
		snprintf(o->name, sizeof(o->name), "%s", e->u.open.name);
	row->other = true;
	row->nr = (uint32_t)s->nr_others++;
	return 0;
}

static int keep_rx(struct stretch *s, struct row *row, const struct pool_event *e)
{
	size_t nr = s->nr_ids + e->u.rx.nr_buffers;

	if (make_room((void **)&s->ids, nr, &s->ids_room, sizeof(*s->ids)))
		return -ENOMEM;
	if (e->u.rx.nr_buffers)
		memcpy(s->ids + s->nr_ids, e->u.rx.buffers, e->u.rx.nr_buffers * sizeof(*s->ids));
	s->nr_ids = nr;
	row->nr = e->u.rx.nr_buffers;
	row->frames = e->u.rx.frames;
	row->resources = e->u.rx.resources;
	return 0;
}

static int keep(const struct pool_event *e, void *ctx)
{
	struct stretch *s = ctx;
	bool rx = e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN;
	struct row *row;

	if (make_room((void **)&s->rows, s->nr_rows + 1, &s->rows_room, sizeof(*row)))
		return -ENOMEM;
	row = &s->rows[s->nr_rows++];
	*row = (struct row){
		.ts_ns = e->ts_ns, .seq = e->seq, .available = e->available, .kind = e->kind};
	return rx ? keep_rx(s, row, e) : keep_other(s, row, e);
}

static int deliver(const struct ahead *a, struct stretch *s,
		   int (*each)(const struct pool_event *, void *ctx), void *ctx)
{
	struct pool_event e = {.pool = a->pool};
	uint32_t *ids = s->ids;

	for (size_t i = 0; i < s->nr_rows; i++) {
		const struct row *row = &s->rows[i];
		struct other *o = row->other ? &s->others[row->nr] : NULL;
		int ret;

		if (o && o->event.kind == POOL_EVENT_POOL_OPEN)
			o->event.u.open.name = o->name;
		if (!o) {
			e.ts_ns = row->ts_ns;
			e.seq = row->seq;
			e.kind = row->kind;
			e.available = row->available;
			e.u.rx.buffers = ids;
			e.u.rx.nr_buffers = row->nr;
			e.u.rx.frames = row->frames;
			e.u.rx.resources = row->resources;
			ids += row->nr;
		}
		ret = each(o ? &o->event : &e, ctx);
		if (ret)
			return ret;
	}
	return 0;
}

/* --- stretches -----------------------------------------------------------------------------------
 */

static int read_stretch(struct query *q, const struct ahead *a, size_t number,
			int (*each)(const struct pool_event *, void *ctx), void *ctx,
			struct db_error *err)
{
	int64_t from = a->first + (int64_t)number * STRETCH, to = from + STRETCH - 1;

	return reader_between(q, a->pool, number ? from : 0,
			      number + 1 < a->nr ? to : (INT64_C(1) << DB_SEQ_BITS) - 1, false,
			      each, ctx, err);
}

/* With the lock held.  NULL: there is no room. */
static struct stretch *begin(struct ahead *a)
{
	struct stretch *s = &a->window[a->begun % WINDOW];

	if (a->begun >= a->nr || a->begun >= a->at + WINDOW)
		return NULL;
	s->number = a->begun++;
	s->state = BEGUN;
	s->nr_rows = s->nr_ids = s->nr_others = 0;
	s->err = (struct db_error){"out of memory"};
	return s;
}

static void read_into(struct query *q, struct ahead *a, struct stretch *s)
{
	s->ret = read_stretch(q, a, s->number, keep, s, &s->err);
	pthread_mutex_lock(&a->lock);
	s->state = READ;
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
}

/* The next one for the thread: the one after the caller's is left to the caller. */
static struct stretch *begin_next(struct ahead *a)
{
	struct stretch *s = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->stop && !s) {
		if (a->begun < a->at + 2)
			a->begun = a->at + 2;
		if (a->begun >= a->nr)
			break;
		s = begin(a);
		if (!s)
			pthread_cond_wait(&a->moved, &a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return s;
}

static int look(struct query *q, uint32_t pool, struct moment *m)
{
	int64_t first = (int64_t)((uint64_t)pool << DB_SEQ_BITS);
	int64_t last = first + (INT64_C(1) << DB_SEQ_BITS) - 1;
	char ends[2][160];

	for (int i = 0; i < 2; i++)
		snprintf(ends[i], sizeof(ends[i]),
			 "SELECT coalesce(%s(id), -1) FROM ev_rx WHERE id >= %" PRId64
			 " AND id <= %" PRId64,
			 i ? "max" : "min", first, last);
	return connect_get_int(q->db, "SELECT committed_ns FROM progress", &m->committed_ns,
			       NULL) ||
			       connect_get_int(q->db, "SELECT events FROM progress", &m->events,
					       NULL) ||
			       connect_get_int(q->db, ends[0], &m->first, NULL) ||
			       connect_get_int(q->db, ends[1], &m->last, NULL)
		       ? -EIO
		       : 0;
}

/* A connection that sees the same moment as the caller's. */
static bool open_own(struct ahead *a)
{
	struct moment its;

	return !reader_open(a->path, &a->q, NULL) && !query_begin(a->q, NULL) &&
	       !look(a->q, a->pool, &its) && !memcmp(&a->moment, &its, sizeof(its));
}

/* Until it is connected, or if it cannot be, the caller reads by itself. */
static void *read_ahead(void *arg)
{
	struct ahead *a = arg;
	struct stretch *s;

	if (open_own(a))
		while ((s = begin_next(a)))
			read_into(a->q, a, s);
	return NULL;
}

/*
 * What was read ahead, or is about to be; NULL: nobody has begun with it, and nobody will.  Who has
 * to wait for it reads ahead, too.
 */
static struct stretch *wait_for(struct ahead *a, struct query *q, size_t number)
{
	struct stretch *s = &a->window[number % WINDOW], *next;

	pthread_mutex_lock(&a->lock);
	a->at = number;
	pthread_cond_broadcast(&a->moved);
	if (s->state == NOT_BEGUN || s->number != number)
		s = NULL;
	while (s && s->state != READ) {
		next = begin(a);
		if (!next) {
			pthread_cond_wait(&a->moved, &a->lock);
			continue;
		}
		pthread_mutex_unlock(&a->lock);
		read_into(q, a, next);
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return s;
}

static int go(struct ahead *a, struct query *q, int (*each)(const struct pool_event *, void *ctx),
	      void *ctx, struct db_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < a->nr && !ret; i++) {
		struct stretch *s = wait_for(a, q, i);

		if (!s)
			ret = read_stretch(q, a, i, each, ctx, err);
		else if (s->ret)
			ret = db_fail(err, s->ret, "%s", s->err.text);
		else
			ret = deliver(a, s, each, ctx);
	}
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_broadcast(&a->moved);
	pthread_mutex_unlock(&a->lock);
	return ret;
}

/* --- both ----------------------------------------------------------------------------------------
 */

/* There is enough to read. */
static bool is_worth_it(struct ahead *a, struct query *q)
{
	const int64_t mask = (INT64_C(1) << DB_SEQ_BITS) - 1;
	const struct moment *m = &a->moment;

	if (sqlite3_get_autocommit(q->db) || look(q, a->pool, &a->moment) || m->first < 0)
		return false;
	a->first = m->first & mask;
	a->nr = (size_t)((m->last - m->first) / STRETCH) + 1;
	/* Not where seqs are few and far between, or said to be. */
	return a->nr >= STRETCHES_LEAST && (uint64_t)(m->last - m->first) <= q->guard.rows_max;
}

int query_events_ahead(struct query *q, uint32_t pool,
		       int (*each)(const struct pool_event *, void *ctx), void *ctx,
		       struct db_error *err)
{
	struct ahead *a = calloc(1, sizeof(*a));
	bool threaded = false;
	pthread_t thread;
	int ret;

	if (!a)
		return db_fail(err, -ENOMEM, "out of memory");
	a->pool = pool;
	a->path = q->path;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->moved, NULL);
	if (is_worth_it(a, q))
		threaded = !pthread_create(&thread, NULL, read_ahead, a);
	ret = threaded ? go(a, q, each, ctx, err) : query_events(q, pool, each, ctx, err);
	if (threaded)
		pthread_join(thread, NULL);
	query_close(a->q);
	for (int i = 0; i < WINDOW; i++) {
		free(a->window[i].rows);
		free(a->window[i].ids);
		free(a->window[i].others);
	}
	pthread_cond_destroy(&a->moved);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return ret;
}
