/* SPDX-License-Identifier: MIT */
#ifndef TUNER_BLOCKS_H
#define TUNER_BLOCKS_H
/*
 * The dynamic blocks of a pool, as far as the events tell: which are live, how many of each one's
 * buffers are held, which was granted last.  Block 0, the base block, is not followed: it is never
 * given back while the pool runs.
 */
#include <stdbool.h>
#include <stdint.h>

#define BLOCKS_MAX 65536

struct blocks {
	struct blocks_one {
		bool live;
		uint32_t held;
		uint64_t granted; /* order of grants */
	} * one;		  /* by number */
	uint32_t room;
	uint32_t base, block; /* sizes that give the ids of buffers their block */
	uint64_t grants;
	uint32_t nr_idle; /* live with nothing held */
	/*
	 * All live blocks are here, with all their held buffers.  False from the beginning until
	 * blocks_reset(), and again after something that cannot be.
	 */
	bool known;
};

/* Nothing but the base block is live. */
void blocks_reset(struct blocks *b, uint32_t base, uint32_t block);
void blocks_release(struct blocks *b);

void blocks_grant(struct blocks *b, uint32_t number);
void blocks_free(struct blocks *b, uint32_t number);
void blocks_take(struct blocks *b, const uint32_t *ids, uint32_t nr);
void blocks_return(struct blocks *b, const uint32_t *ids, uint32_t nr);

/* The newest live block with all its buffers home; 0 when there is none. */
uint32_t blocks_newest_idle(const struct blocks *b);

#endif
