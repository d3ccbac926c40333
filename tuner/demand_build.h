/* SPDX-License-Identifier: MIT */
#ifndef TUNER_DEMAND_BUILD_H
#define TUNER_DEMAND_BUILD_H
/*
 * How a demand is made, one step after the other.  Private to demand_read.c, demand_steps.c,
 * demand_rows.c and slice.c.
 *
 *	build_open(&b);
 *	slot = build_take(&b, t_ns, imputed);   // BUILD_NO_SLOT: out of memory, or too many
 *	build_return(&b, t_ns, slot);
 *	build_end(&b);                          // the event's last step was the last one
 *	build_finish(&b, &demand);              // or build_abandon(&b)
 */
#include "tuner/demand.h"
#include "tuner/ladder.h"

#define BUILD_NO_SLOT UINT32_MAX

struct build {
	struct demand *d; /* its arrays have room for more */
	size_t nr, room;  /* steps */
	size_t nr_ticks_room, nr_leads_room;
	int64_t last_ns; /* of anything said so far */
	int error;	 /* the first -errno */

	uint32_t x;	/* held after the last step */
	uint32_t slots; /* there is room for; a multiple of 64 */
	struct ladder unused;
	size_t lowest;		 /* the word of the lowest of them; none is left: slots / 64 */
	size_t nr_checkpoints;	 /* each of slots / 64 words until build_finish() */
	size_t checkpoints_room; /* words */
};

int build_open(struct build *b); /* 0 or -ENOMEM */
/* Of a demand that has all but its steps, of which there will be so many; it stays its owner's. */
void build_steps_of(struct build *b, struct demand *d, size_t steps);
uint32_t build_take(struct build *b, int64_t t_ns, bool imputed);
void build_return(struct build *b, int64_t t_ns, uint32_t slot);
void build_end(struct build *b);
/* A tick after so many steps. */
void build_tick(struct build *b, size_t steps, int64_t t_ns);
/* Ticks where none were recorded: every DEMAND_TICK_NS between the first step and the last. */
void build_regular_ticks(struct build *b);
struct demand_lead *build_lead(struct build *b); /* NULL: out of memory */
/* The steps are all there.  Returns: 0 or -errno. */
int build_conclude(struct build *b);
/* The same, and the demand is the caller's.  Returns: 0, or -errno and nothing is left of it. */
int build_finish(struct build *b, struct demand **out);
void build_abandon(struct build *b);

/* Room for the extremes of d->nr steps; extremes[0] has it.  Returns: 0 or -ENOMEM. */
int build_levels(struct demand *d);
/* extremes[0] is there: those of all levels above. */
void build_raise(struct demand *d);

#endif
