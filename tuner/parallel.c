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
