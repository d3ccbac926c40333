/* SPDX-License-Identifier: MIT */
#include "tuner/supply.h"

#include <stdlib.h>

#include "tuner/big.h"
#include "tuner/parallel.h"

/* A page may be as small as that, where there are no large ones. */
#define PAGE_LEAST 4096

static void touch(void *piece)
{
	for (size_t i = 0; i < BIG_PAGE; i += PAGE_LEAST)
		((volatile char *)piece)[i] = 0;
}

static void *make(void *arg)
{
	struct supply *s = arg;
	void *piece = NULL;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		if (s->nr == SUPPLY_READY) {
			pthread_cond_wait(&s->changed, &s->lock);
			continue;
		}
		pthread_mutex_unlock(&s->lock);
		piece = big_alloc(BIG_PAGE);
		if (piece)
			touch(piece);
		pthread_mutex_lock(&s->lock);
		if (!piece)
			break;
		s->ready[s->nr++] = piece;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void begin(struct supply *s)
{
	s->alone = parallel_threads() < 2;
	if (s->alone)
		return;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->begun = !pthread_create(&s->thread, NULL, make, s);
	s->alone = !s->begun;
	if (s->begun)
		return;
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
}

void *supply_take(struct supply *s)
{
	void *piece = NULL;

	if (!s->begun && !s->alone)
		begin(s);
	if (s->begun) {
		pthread_mutex_lock(&s->lock);
		if (s->nr)
			piece = s->ready[--s->nr];
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
	}
	return piece ? piece : big_alloc(BIG_PAGE);
}

void supply_close(struct supply *s)
{
	if (!s->begun)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	while (s->nr)
		free(s->ready[--s->nr]);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	s->begun = false;
}
