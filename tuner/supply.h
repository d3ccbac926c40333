/* SPDX-License-Identifier: MIT */
#ifndef TUNER_SUPPLY_H
#define TUNER_SUPPLY_H
/*
 * Pieces of memory of BIG_PAGE bytes that another thread has touched beforehand.
 *
 * The first touch is what costs: the kernel clears the page, and on a virtual machine its host may
 * have to find it first.  Who reads a recording should not wait for that: all others wait for him.
 *
 *	struct supply s = {0};
 *	piece = supply_take(&s);	// the thread begins with the first one
 *	supply_close(&s);		// what was taken is the taker's, for free()
 *
 * Thread: one takes.
 */
#include <pthread.h>
#include <stdbool.h>

#define SUPPLY_READY 2 /* pieces that wait */

/* Zeroed: none is ready. */
struct supply {
	pthread_t thread;
	bool begun, alone; /* alone: there is no other thread to be had */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	void *ready[SUPPLY_READY];
	unsigned int nr;
	bool stop;
};

/* Never waits: a piece that is not ready is made here.  Returns: NULL out of memory. */
void *supply_take(struct supply *s);
void supply_close(struct supply *s);

#endif
