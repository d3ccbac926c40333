/* SPDX-License-Identifier: MIT */
#ifndef TRACER_WELCOME_H
#define TRACER_WELCOME_H
/*
 * The recorder's side of the handshake in tracer/poolscope/announce.h: a socket on which each
 * traced process says its id, is added to the LTTng session, and learns its first pool number.
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/store.h"

struct welcome {
	char path[108];
	int listen_fd;
	int stop_pipe[2];
	pthread_t thread;
	bool started;
	uint32_t next_pool;
	/* Called on the welcome thread, before the answer; returns 0 when the process is traced. */
	int (*add_process)(pid_t vpid, void *ctx);
	void *ctx;
};

/*
 * Listens on dir/announce, whatever a recorder that was killed left there; dir must be private to
 * the user.  first_pool: the number of the first pool of the next process; a process that may have
 * announced itself before has those below.  0 or -errno with err filled.
 */
int welcome_start(struct welcome *w, const char *dir, uint32_t first_pool,
		  int (*add_process)(pid_t vpid, void *ctx), void *ctx, struct db_error *err);

/* Pool numbers that each process gets. */
#define WELCOME_POOLS 1000

void welcome_stop(struct welcome *w);

#endif
