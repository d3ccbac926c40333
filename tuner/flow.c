/* SPDX-License-Identifier: MIT */
#include "tuner/flow.h"

int flow_init(struct flow *f, int64_t first_ns, size_t most)
{
	*f = (struct flow){.moves = MOVES_NONE, .first_ns = first_ns};
	/* The list of pieces stays where it is. */
	if (!moves_reserve(&f->moves, most))
		return -ENOMEM;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	return 0;
}

void flow_release(struct flow *f)
{
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
}

static void change(struct flow *f, bool over)
{
	pthread_mutex_lock(&f->lock);
	f->told = f->moves.nr;
	f->over = over;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

void flow_tell(struct flow *f)
{
	change(f, false);
}

void flow_end(struct flow *f)
{
	change(f, true);
}

void flow_attend(struct flow *f)
{
	pthread_mutex_lock(&f->lock);
	f->attended = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

bool flow_is_attended(struct flow *f)
{
	bool attended;

	pthread_mutex_lock(&f->lock);
	attended = f->attended;
	pthread_mutex_unlock(&f->lock);
	return attended;
}

void flow_wait_attended(struct flow *f)
{
	pthread_mutex_lock(&f->lock);
	while (!f->attended)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

size_t flow_wait(struct flow *f, size_t at)
{
	size_t told;

	pthread_mutex_lock(&f->lock);
	while (f->told <= at && !f->over)
		pthread_cond_wait(&f->changed, &f->lock);
	told = f->told;
	pthread_mutex_unlock(&f->lock);
	return told;
}
