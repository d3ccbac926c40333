/* SPDX-License-Identifier: MIT */
#include "driver/ndis/watch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* As deep as ndis/callback.c keeps apart. */
#define DEPTH_MAX 32
#define LOOK_MS	  100
#define LOOKS	  (WATCH_PATIENCE_MS / LOOK_MS)

/* What a thread says; all is atomic, as another reads it. */
struct level {
	const char *name, *waits;
	uint64_t entered; /* the number of the call, of this thread's */
};

/* What the watch has seen of a level. */
struct seen {
	uint64_t entered;
	unsigned int looks;
	bool is_told;
};

struct watched {
	struct watched *next, **at; /* under the mutex */
	bool is_listed;		    /* the thread's own, as are: */
	uint64_t calls;
	uint32_t depth; /* atomic */
	struct level levels[DEPTH_MAX];
	struct seen seen[DEPTH_MAX];
};

static __thread struct watched mine;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of the list, and of what is seen */
static struct watched *threads;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* so that a thread that ends leaves the list */

static struct {
	pthread_t thread;
	pthread_cond_t ends;
	bool is_on, is_ending; /* under the mutex */
	void (*stuck)(const char *name, const char *waits);
} the_watch;

/* --- threads that are watched ----------------------------------------------------------------- */

static void unlist(void *watched)
{
	struct watched *w = watched;

	pthread_mutex_lock(&mutex);
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	pthread_mutex_unlock(&mutex);
}

static void make_key(void)
{
	pthread_key_create(&key, unlist);
}

static void list(void)
{
	mine.is_listed = true;
	pthread_once(&once, make_key);
	pthread_setspecific(key, &mine);
	pthread_mutex_lock(&mutex);
	mine.next = threads;
	mine.at = &threads;
	if (threads != NULL)
		threads->at = &mine.next;
	threads = &mine;
	pthread_mutex_unlock(&mutex);
}

void watch_enter(const char *name)
{
	uint32_t depth = mine.depth;

	if (!mine.is_listed)
		list();
	if (depth < DEPTH_MAX) {
		struct level *level = &mine.levels[depth];

		__atomic_store_n(&level->name, name, __ATOMIC_RELAXED);
		__atomic_store_n(&level->waits, NULL, __ATOMIC_RELAXED);
		__atomic_store_n(&level->entered, ++mine.calls, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&mine.depth, depth + 1, __ATOMIC_RELEASE);
}

void watch_leave(void)
{
	__atomic_store_n(&mine.depth, mine.depth - 1, __ATOMIC_RELEASE);
}

const char *watch_waits(const char *waits)
{
	struct level *level;
	const char *before;

	if (mine.depth == 0 || mine.depth > DEPTH_MAX)
		return NULL;
	level = &mine.levels[mine.depth - 1];
	before = level->waits;
	__atomic_store_n(&level->waits, waits, __ATOMIC_RELEASE);
	return before;
}

/* --- the watch -------------------------------------------------------------------------------- */

/* (locked) Notes what a level holds.  Returns: whether that is so for too long. */
static bool is_old(struct watched *w, uint32_t i)
{
	uint64_t entered = __atomic_load_n(&w->levels[i].entered, __ATOMIC_ACQUIRE);
	struct seen *seen = &w->seen[i];

	if (seen->entered != entered)
		*seen = (struct seen){.entered = entered};
	else if (seen->looks < LOOKS)
		seen->looks++;
	return seen->looks == LOOKS;
}

/* (locked) Of the functions that a thread is in for too long, the innermost is the one to name:
 * those around it wait for it. */
static void look_at(struct watched *w)
{
	uint32_t depth = __atomic_load_n(&w->depth, __ATOMIC_ACQUIRE);
	uint32_t innermost = DEPTH_MAX;

	for (uint32_t i = 0; i < depth && i < DEPTH_MAX; i++) {
		if (is_old(w, i) && __atomic_load_n(&w->levels[i].name, __ATOMIC_RELAXED) != NULL)
			innermost = i;
	}
	/* What is deeper now is not what was seen there before. */
	for (uint32_t i = depth; i < DEPTH_MAX; i++)
		w->seen[i].looks = 0;
	if (innermost == DEPTH_MAX || w->seen[innermost].is_told)
		return;
	w->seen[innermost].is_told = true;
	the_watch.stuck(__atomic_load_n(&w->levels[innermost].name, __ATOMIC_RELAXED),
			__atomic_load_n(&w->levels[innermost].waits, __ATOMIC_ACQUIRE));
}

static struct timespec next_look(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += LOOK_MS * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000L;
	at.tv_nsec %= 1000000000L;
	return at;
}

static void *watch(void *unused)
{
	pthread_mutex_lock(&mutex);
	while (!the_watch.is_ending) {
		struct timespec at = next_look();

		pthread_cond_timedwait(&the_watch.ends, &mutex, &at);
		for (struct watched *w = threads; w != NULL; w = w->next)
			look_at(w);
	}
	pthread_mutex_unlock(&mutex);
	return NULL;
}

int watch_begin(void (*stuck)(const char *name, const char *waits))
{
	pthread_condattr_t attr;
	int error;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&the_watch.ends, &attr);
	pthread_condattr_destroy(&attr);
	the_watch.stuck = stuck;
	the_watch.is_ending = false;
	error = pthread_create(&the_watch.thread, NULL, watch, NULL);
	the_watch.is_on = error == 0;
	if (error != 0)
		pthread_cond_destroy(&the_watch.ends);
	return -error;
}

void watch_end(void)
{
	if (!the_watch.is_on)
		return;
	pthread_mutex_lock(&mutex);
	the_watch.is_ending = true;
	pthread_cond_signal(&the_watch.ends);
	pthread_mutex_unlock(&mutex);
	pthread_join(the_watch.thread, NULL);
	pthread_cond_destroy(&the_watch.ends);
	the_watch.is_on = false;
}
