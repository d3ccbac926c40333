/* SPDX-License-Identifier: MIT */
#ifndef TUNER_FLOW_H
#define TUNER_FLOW_H
/*
 * Moves that one thread makes while another one reads them.
 *
 *	struct flow f;				// by either
 *	flow_init(&f, first_ns, most);
 *
 *	moves_take(&f.moves, ...), and so on	// who makes them
 *	flow_tell(&f);				// now and then
 *	flow_end(&f);
 *
 *	flow_attend(&f);			// who reads them
 *	while ((until = flow_wait(&f, at)) > at)
 *		read those from at to until - 1
 */
#include <pthread.h>

#include "tuner/moves.h"

struct flow {
	struct moves moves; /* the maker's; of the reader are those that it was told of */
	int64_t first_ns;   /* of them */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t told;
	bool over, attended;
};

/*
 * most: words that there may be; they do not cost memory before they are there.
 * Returns: 0 or -ENOMEM, and then there is nothing to be released.
 */
int flow_init(struct flow *f, int64_t first_ns, size_t most);

/* The moves are somebody else's by now. */
void flow_release(struct flow *f);

/* All that is there may be read: no move of them changes again. */
void flow_tell(struct flow *f);
/* Those were all. */
void flow_end(struct flow *f);

/* The reader is about to begin, and has done with whatever it had to do before. */
void flow_attend(struct flow *f);
bool flow_is_attended(struct flow *f);
void flow_wait_attended(struct flow *f);

/* Waits for more than `at` elements.  Returns: how many there are; `at`: it is over. */
size_t flow_wait(struct flow *f, size_t at);

#endif
