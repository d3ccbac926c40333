/* SPDX-License-Identifier: MIT */
/* The executor of virtual time: all lanes on one thread, jobs in the order of their due times. */
#include <stdio.h>
#include <stdlib.h>

#include "driver/exec/exec.h"

/* So many jobs at one moment are no burst, but a job that comes back for ever. */
#define STILL_MAX (UINT64_C(1) << 24)

/*
 * A job is in the heap, or is one of those that its busy lane has put off, or is not queued.
 *
 * The heap is a pairing heap through the jobs themselves, so that nothing is allocated: child is
 * the first of a job's children, next the next one of its parent's, and prev the one before it or,
 * for a first child, the parent.
 */
struct virtual
{
	struct exec exec;
	uint64_t now_ns;
	uint64_t horizon_ns; /* the end of the innermost wait: the clock stays before it */
	uint64_t orders;     /* submissions so far */
	uint64_t still;	     /* jobs since the clock moved */
	struct exec_job *heap;
};

struct virtual_lane {
	struct exec_lane lane;
	char name[16];
	bool busy;		  /* a job of the lane is running, maybe waiting */
	struct exec_job *put_off; /* jobs that came due meanwhile */
};

static struct virtual *virtual_of(struct exec *exec)
{
	return (struct virtual *)exec;
}

static struct virtual_lane *lane_of(const struct exec_job *job)
{
	return (struct virtual_lane *)job->lane;
}

/* A mistake in the program, and going on would hang. */
static void give_up(const char *lane, const char *what)
{
	fprintf(stderr, "virtual time: %s%s%s\n", lane, *lane ? ": " : "", what);
	abort();
}

/* --- the heap --------------------------------------------------------------------------------- */

static bool comes_before(const struct exec_job *a, const struct exec_job *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->order < b->order);
}

/* Two heaps into one; either may be NULL. */
static struct exec_job *meld(struct exec_job *a, struct exec_job *b)
{
	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	if (comes_before(b, a)) {
		struct exec_job *t = a;

		a = b;
		b = t;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child != NULL)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Siblings into one heap: in pairs from the left, then all from the right. */
static struct exec_job *meld_siblings(struct exec_job *first)
{
	struct exec_job *pairs = NULL, *heap = NULL;

	while (first != NULL) {
		struct exec_job *a = first, *b = a->next, *pair;

		first = b != NULL ? b->next : NULL;
		pair = meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct exec_job *rest = pairs->next;

		pairs->next = NULL;
		heap = meld(heap, pairs);
		pairs = rest;
	}
	if (heap != NULL) {
		heap->next = NULL;
		heap->prev = NULL;
	}
	return heap;
}

static void heap_add(struct virtual *v, struct exec_job *job)
{
	job->child = NULL;
	job->next = NULL;
	job->prev = NULL;
	v->heap = meld(v->heap, job);
}

static void heap_remove(struct virtual *v, struct exec_job *job)
{
	struct exec_job *below = meld_siblings(job->child);

	if (job == v->heap) {
		v->heap = below;
		return;
	}
	if (job->prev->child == job)
		job->prev->child = job->next;
	else
		job->prev->next = job->next;
	if (job->next != NULL)
		job->next->prev = job->prev;
	v->heap = meld(v->heap, below);
}

/* --- jobs of busy lanes ----------------------------------------------------------------------- */

static void put_off(struct virtual_lane *lane, struct exec_job *job)
{
	job->next = lane->put_off;
	lane->put_off = job;
}

/* Returns: whether job was put off; then it is not any more. */
static bool take_off(struct virtual_lane *lane, struct exec_job *job)
{
	for (struct exec_job **at = &lane->put_off; *at != NULL; at = &(*at)->next) {
		if (*at == job) {
			*at = job->next;
			return true;
		}
	}
	return false;
}

static void bring_back(struct virtual *v, struct virtual_lane *lane)
{
	while (lane->put_off != NULL) {
		struct exec_job *job = lane->put_off;

		lane->put_off = job->next;
		heap_add(v, job);
	}
}

static void dequeue(struct virtual *v, struct exec_job *job)
{
	if (!take_off(lane_of(job), job))
		heap_remove(v, job);
	job->queued = false;
}

/* --- running ---------------------------------------------------------------------------------- */

static void run(struct virtual *v, struct exec_job *job)
{
	struct virtual_lane *lane = lane_of(job);

	if (job->due_ns > v->now_ns) {
		v->now_ns = job->due_ns;
		v->still = 0;
	} else if (++v->still == STILL_MAX) {
		give_up(lane->name, "its jobs run again and again, and the time stands still");
	}
	job->queued = false;
	lane->busy = true;
	job->run(job); /* may free the job */
	lane->busy = false;
	bring_back(v, lane);
}

/* Runs the first job that is due by until_ns and may run.  Returns: whether there was one. */
static bool run_one(struct virtual *v, uint64_t until_ns)
{
	while (v->heap != NULL && v->heap->due_ns <= until_ns) {
		struct exec_job *job = v->heap;

		heap_remove(v, job);
		if (!lane_of(job)->busy) {
			run(v, job);
			return true;
		}
		put_off(lane_of(job), job);
	}
	return false;
}

/* Runs what is due by until_ns; stops early when *flag is set (NULL: never). */
static void pump(struct virtual *v, const uint32_t *flag, uint64_t until_ns)
{
	struct exec_context context;
	uint64_t horizon_ns = v->horizon_ns;

	if (v->exec.suspend != NULL)
		v->exec.suspend(&context);
	if (until_ns < horizon_ns)
		v->horizon_ns = until_ns;
	while (flag == NULL || __atomic_load_n(flag, __ATOMIC_ACQUIRE) == 0) {
		if (!run_one(v, until_ns))
			break;
	}
	v->horizon_ns = horizon_ns;
	if (v->exec.resume != NULL)
		v->exec.resume(&context);
}

/* --- the interface ---------------------------------------------------------------------------- */

static uint64_t virtual_now_ns(struct exec *exec)
{
	return virtual_of(exec)->now_ns;
}

static struct exec_lane *virtual_lane_open(struct exec *exec, const char *name)
{
	struct virtual_lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return NULL;
	lane->lane.exec = exec;
	snprintf(lane->name, sizeof(lane->name), "%s", name);
	return &lane->lane;
}

/* Takes every job of the lane out of a heap.  Returns: the heap that is left. */
static struct exec_job *without_lane(struct exec_job *heap, const struct exec_lane *lane)
{
	struct exec_job *rest = NULL, *next;

	for (; heap != NULL; heap = next) {
		next = heap->next;
		struct exec_job *below = without_lane(heap->child, lane);

		heap->child = NULL;
		heap->next = NULL;
		heap->prev = NULL;
		if (heap->lane != lane)
			rest = meld(rest, heap);
		else
			heap->queued = false;
		rest = meld(rest, below);
	}
	return rest;
}

static void virtual_lane_close(struct exec_lane *base)
{
	struct virtual *v = virtual_of(base->exec);
	struct virtual_lane *lane = (struct virtual_lane *)base;

	if (lane->busy)
		give_up(lane->name, "the lane is closed inside one of its own jobs");
	v->heap = without_lane(v->heap, base);
	free(lane);
}

static void virtual_submit(struct exec_lane *base, struct exec_job *job, uint64_t due_ns)
{
	struct virtual *v = virtual_of(base->exec);

	if (due_ns < v->now_ns)
		due_ns = v->now_ns;
	if (job->queued) {
		if (due_ns >= job->due_ns)
			return;
		dequeue(v, job);
	}
	job->due_ns = due_ns;
	job->order = v->orders++;
	job->lane = base;
	job->queued = true;
	heap_add(v, job);
}

static bool virtual_cancel(struct exec_lane *base, struct exec_job *job)
{
	if (!job->queued)
		return false;
	dequeue(virtual_of(base->exec), job);
	return true;
}

static void virtual_flush(struct exec_lane *base)
{
	struct virtual *v = virtual_of(base->exec);
	struct virtual_lane *lane = (struct virtual_lane *)base;

	if (lane->busy)
		give_up(lane->name, "the lane is waited for inside one of its own jobs");
	pump(v, NULL, v->now_ns);
}

static bool virtual_wait(struct exec *exec, const uint32_t *flag, uint64_t until_ns)
{
	struct virtual *v = virtual_of(exec);

	pump(v, flag, until_ns);
	if (__atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0)
		return true;
	if (until_ns == EXEC_NEVER)
		give_up("", "a wait without end, and no job that could end it");
	if (until_ns > v->now_ns) {
		v->now_ns = until_ns;
		v->still = 0;
	}
	return false;
}

/* Whoever waits looks at its flag after every job. */
static void virtual_wake(struct exec *exec)
{
}

static bool virtual_reach(struct exec *exec, uint64_t at_ns)
{
	struct virtual *v = virtual_of(exec);

	if (at_ns <= v->now_ns)
		return true;
	if (at_ns > v->horizon_ns || (v->heap != NULL && v->heap->due_ns <= at_ns))
		return false;
	v->now_ns = at_ns;
	v->still = 0;
	return true;
}

static void virtual_close(struct exec *exec)
{
	free(exec);
}

static const struct exec_ops virtual_ops = {
	.now_ns = virtual_now_ns,
	.lane_open = virtual_lane_open,
	.lane_close = virtual_lane_close,
	.submit = virtual_submit,
	.cancel = virtual_cancel,
	.flush = virtual_flush,
	.wait = virtual_wait,
	.wake = virtual_wake,
	.reach = virtual_reach,
	.close = virtual_close,
};

struct exec *exec_virtual_open(uint64_t start_ns)
{
	struct virtual *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->exec.ops = &virtual_ops;
	v->exec.one_thread = true;
	v->now_ns = start_ns;
	v->horizon_ns = EXEC_NEVER;
	return &v->exec;
}
