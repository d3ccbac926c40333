/* SPDX-License-Identifier: MIT */
#ifndef DB_TRACE_H
#define DB_TRACE_H
/*
 * The traces that a file's events come from: name and host of each, numbered from 1 as in table
 * trace.  They are only added, so that what traces_get() gives stays where it is.
 *
 * Thread: any; a lock of its own.
 */
#include <pthread.h>
#include <stdint.h>

struct trace {
	char *name, *host;
};

struct traces {
	pthread_mutex_t lock;
	struct trace **list;
	uint32_t nr, room;
};

void traces_init(struct traces *t);
void traces_release(struct traces *t);

/*
 * Finds the trace of that name, or adds it; host NULL: this machine.  number may be NULL.
 * Returns: 0 or -ENOMEM.
 */
int traces_add(struct traces *t, const char *name, const char *host, uint32_t *number);

/* NULL: there is none of that number. */
const struct trace *traces_get(struct traces *t, uint32_t number);

const char *trace_this_host(void);

#endif
