/* SPDX-License-Identifier: MIT */
#include "tuner/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct shared {
	atomic_size_t next;
	size_t nr;
	void (*one)(size_t i, void *ctx);
	void *ctx;
};

unsigned int parallel_threads(void)
{
	cpu_set_t set;
	int nr = sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);

	return nr < 1 ? 1 : nr > PARALLEL_MOST ? PARALLEL_MOST : (unsigned int)nr;
}

static void *work(void *arg)
{
	struct shared *s = arg;
	size_t i;

	while ((i = atomic_fetch_add(&s->next, 1)) < s->nr)
		s->one(i, s->ctx);
	return NULL;
}

struct beside {
	void (*one)(void *ctx);
	void *ctx;
};

static void *run_one(void *arg)
{
	struct beside *b = arg;

	b->one(b->ctx);
	return NULL;
}

bool parallel_beside(void (*one)(void *ctx), void (*two)(void *ctx), void *ctx)
{
	struct beside b = {one, ctx};
	pthread_t thread;

	if (parallel_threads() < 2 || pthread_create(&thread, NULL, run_one, &b))
		return false;
	two(ctx);
	pthread_join(thread, NULL);
	return true;
}

void parallel_run(unsigned int threads, size_t nr, void (*one)(size_t i, void *ctx), void *ctx)
{
	struct shared s = {.nr = nr, .one = one, .ctx = ctx};
	pthread_t others[PARALLEL_MOST];
	unsigned int made = 0;

	if (!threads || threads > PARALLEL_MOST)
		threads = parallel_threads();
	while (made + 1 < threads && made + 1 < nr &&
	       !pthread_create(&others[made], NULL, work, &s))
		made++;
	work(&s);
	while (made)
		pthread_join(others[--made], NULL);
}
