/* SPDX-License-Identifier: MIT */
#include "tracer/crew.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/slot.h"

#define THREADS_MAX 16

struct task {
	struct stream_graph *graph; /* a piece's: NULL before and after; whoever runs it opens it */
	uint64_t at_cycles;	    /* how far it is; before it is open, where it begins */
	bool is_running, is_over;
	/* of a piece */
	struct lane *lane; /* NULL: it is none */
	struct task *before;
	const char *name;
	struct cut_piece piece;
	struct slot *slot;
};

struct crew {
	struct crew_options options;
	uint64_t from_cycles, to_cycles;
	struct task **tasks; /* from the start on by where they begin */
	size_t nr, first;    /* those before the first are over */
	size_t nr_left;	     /* the lock of all this is the lanes' */
	struct slot *spare;
	pthread_mutex_t open_lock; /* Babeltrace finds its plugins with lists of its own */
	pthread_t threads[THREADS_MAX];
	unsigned nr_threads;
};

struct crew *crew_create(const struct crew_options *options)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->options = *options;
	c->to_cycles = UINT64_MAX;
	pthread_mutex_init(&c->open_lock, NULL);
	return c;
}

static struct task *add(struct crew *c)
{
	struct task **more = realloc(c->tasks, (c->nr + 1) * sizeof(struct task *));
	struct task *t = calloc(1, sizeof(*t));

	if (more)
		c->tasks = more;
	if (!more || !t) {
		free(t);
		return NULL;
	}
	c->nr_left++;
	c->tasks[c->nr++] = t;
	return t;
}

int crew_add_graph(struct crew *c, struct stream_graph *graph)
{
	struct task *t = add(c);

	if (!t) {
		stream_graph_close(graph);
		return -ENOMEM;
	}
	t->graph = graph;
	return 0;
}

int crew_add_piece(struct crew *c, const char *name, const struct cut_piece *piece,
		   struct lane *lane)
{
	struct task *before = c->nr ? c->tasks[c->nr - 1] : NULL, *t = add(c);

	if (!t)
		return -ENOMEM;
	t->lane = lane;
	t->name = name;
	t->piece = *piece;
	t->at_cycles = piece->begin_cycles;
	t->before = before && before->lane == lane - 1 && lane->follows ? before : NULL;
	return 0;
}

void crew_keep(struct crew *c, uint64_t from_cycles, uint64_t to_cycles)
{
	c->from_cycles = from_cycles;
	c->to_cycles = to_cycles;
	for (size_t i = 0; i < c->nr; i++)
		if (c->tasks[i]->graph)
			stream_graph_keep(c->tasks[i]->graph, from_cycles, to_cycles);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static struct slot *take_slot(struct crew *c, struct db_error *err)
{
	struct slot *s;

	pthread_mutex_lock(&c->options.lanes->lock);
	s = c->spare;
	if (s)
		c->spare = s->next;
	pthread_mutex_unlock(&c->options.lanes->lock);
	if (s)
		return s;
	snprintf(err->text, sizeof(err->text), "out of memory");
	s = malloc(sizeof(*s));
	if (s && slot_open(s, c->options.scratch, c->options.path, err)) {
		free(s);
		s = NULL;
	}
	return s;
}

static void give_slot_back(struct crew *c, struct slot *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&c->options.lanes->lock);
	s->next = c->spare;
	c->spare = s;
	pthread_mutex_unlock(&c->options.lanes->lock);
}

static int open_graph(struct crew *c, struct task *t, struct db_error *err)
{
	const char *dir = t->slot->dir, *port;
	int ret = stream_graph_open(&dir, 1, &t->graph, err);

	if (ret)
		return ret;
	port = stream_graph_port(t->graph, 0);
	if (!port) {
		snprintf(err->text, sizeof(err->text), "a piece of %s has no stream", t->name);
		return -EIO;
	}
	ret = stream_graph_want(t->graph, port, t->lane, c->options.owners, c->options.foreign,
				err);
	stream_graph_keep(t->graph, c->from_cycles, c->to_cycles);
	return ret;
}

static int open_piece(struct crew *c, struct task *t, struct db_error *err)
{
	char file[PATH_MAX];
	int ret;

	t->slot = take_slot(c, err);
	if (!t->slot)
		return -EIO;
	snprintf(file, sizeof(file), "%s/%s", c->options.path, t->name);
	ret = slot_fill(t->slot, file, t->piece.from, t->piece.bytes, err);
	if (ret)
		return ret;
	pthread_mutex_lock(&c->open_lock);
	ret = open_graph(c, t, err);
	pthread_mutex_unlock(&c->open_lock);
	return ret;
}

static void close_task(struct crew *c, struct task *t)
{
	pthread_mutex_lock(&c->open_lock);
	stream_graph_close(t->graph);
	pthread_mutex_unlock(&c->open_lock);
	t->graph = NULL;
	give_slot_back(c, t->slot);
	t->slot = NULL;
}

/* --- whose turn it is ------------------------------------------------------------------------ */

static bool reads(const struct task *t, const struct lane *lane)
{
	return t->lane ? t->lane == lane : stream_graph_has(t->graph, lane);
}

/* A piece that others wait for may begin whatever is in memory: see LANE_CHUNKS_MIN. */
static bool may_open(const struct crew *c, const struct task *t)
{
	return !t->before || t->before->is_over ||
	       atomic_load(&c->options.lanes->bytes) < LANES_BYTES;
}

/* What reads the lane; NULL: it has to wait, or somebody is at it. */
static struct task *who_reads(struct crew *c, const struct lane *lane)
{
	for (size_t i = c->first; i < c->nr; i++) {
		struct task *t = c->tasks[i];

		if (t->is_over || !reads(t, lane))
			continue;
		return !t->is_running && (!t->graph || stream_graph_has_room(t->graph)) ? t : NULL;
	}
	return NULL;
}

/* Of those that are open, and the first that is not. */
static struct task *furthest_behind(struct crew *c)
{
	struct task *best = NULL;

	for (size_t i = c->first; i < c->nr; i++) {
		struct task *t = c->tasks[i];
		bool is_open;

		if (t->is_running || t->is_over)
			continue;
		is_open = t->graph;
		if ((is_open ? stream_graph_has_room(t->graph) : may_open(c, t)) &&
		    (!best || t->at_cycles < best->at_cycles))
			best = t;
		if (!is_open)
			break;
	}
	return best;
}

/* NULL: all have to wait. */
static struct task *pick(struct crew *c)
{
	const struct lane *wanted = c->options.lanes->wanted;
	struct task *t = wanted ? who_reads(c, wanted) : NULL;

	return t ? t : furthest_behind(c);
}

/* Decodes for a while.  Returns: is there more? */
static bool run(struct crew *c, struct task *t)
{
	struct db_error err = {""};
	int ret = t->graph ? 0 : open_piece(c, t, &err);
	bool more = false;

	if (ret)
		lane_fail(t->lane, err.text, INT64_MIN);
	else
		more = stream_graph_run(t->graph, c->options.lanes);
	t->at_cycles = more ? stream_graph_at(t->graph) : UINT64_MAX;
	if (!more && t->lane)
		close_task(c, t);
	return more;
}

static void *work(void *arg)
{
	struct crew *c = arg;
	struct lanes *lanes = c->options.lanes;

	pthread_mutex_lock(&lanes->lock);
	while (!atomic_load(&lanes->stopped) && c->nr_left) {
		struct task *t = pick(c);
		bool more;

		if (!t) {
			pthread_cond_wait(&lanes->freed, &lanes->lock);
			continue;
		}
		t->is_running = true;
		pthread_mutex_unlock(&lanes->lock);
		more = run(c, t);
		pthread_mutex_lock(&lanes->lock);
		t->is_running = false;
		t->is_over = !more;
		c->nr_left -= !more;
		while (c->first < c->nr && c->tasks[c->first]->is_over)
			c->first++;
		pthread_cond_broadcast(&lanes->freed);
	}
	pthread_mutex_unlock(&lanes->lock);
	return NULL;
}

/* --- from outside ---------------------------------------------------------------------------- */

static int by_begin(const void *a, const void *b)
{
	const struct task *x = *(struct task *const *)a, *y = *(struct task *const *)b;

	if (x->at_cycles != y->at_cycles)
		return x->at_cycles < y->at_cycles ? -1 : 1;
	return x->lane < y->lane ? -1 : x->lane > y->lane;
}

int crew_start(struct crew *c, unsigned nr_threads, struct db_error *err)
{
	if (c->nr)
		qsort(c->tasks, c->nr, sizeof(struct task *), by_begin);
	while (c->nr_threads < nr_threads && c->nr_threads < THREADS_MAX &&
	       !pthread_create(&c->threads[c->nr_threads], NULL, work, c))
		c->nr_threads++;
	if (c->nr_threads)
		return 0;
	snprintf(err->text, sizeof(err->text), "cannot start a thread");
	return -EIO;
}

void crew_destroy(struct crew *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->nr_threads; i++)
		pthread_join(c->threads[i], NULL);
	for (size_t i = 0; i < c->nr; i++) {
		close_task(c, c->tasks[i]);
		free(c->tasks[i]);
	}
	while (c->spare) {
		struct slot *s = c->spare;

		c->spare = s->next;
		slot_close(s);
		free(s);
	}
	free(c->tasks);
	pthread_mutex_destroy(&c->open_lock);
	free(c);
}
