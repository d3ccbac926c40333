/* SPDX-License-Identifier: MIT */
#ifndef TUNER_DEMAND_BUILD_H
#define TUNER_DEMAND_BUILD_H
/*
 * How a demand is made, one step after the other.  Private to demand_read.c, demand_rows.c and
 * slice.c.
 *
 *	build_open(&b);
 *	i = build_take(&b, t_ns, imputed);      // SIZE_MAX: out of memory, or too many
 *	build_return(&b, t_ns, i);
 *	build_end(&b);                          // the event's last step was the last one
 *	build_finish(&b, &demand);              // or build_abandon(&b)
 */
#include "tuner/demand.h"
#include "tuner/ladder.h"

#define BUILD_NO_STEP UINT32_MAX

/*
 * Slots, cells, extremes and checkpoints are made with each step.  Where packets are imputed, whose
 * returns are known only when all is there, build_finish() makes them anew.
 */
struct build {
	struct demand *d; /* its arrays have room for more */
	size_t nr, room;  /* steps */
	size_t nr_ticks_room, nr_leads_room;
	uint64_t nr_imputed;
	int64_t last_ns; /* of anything said so far */
	int error;	 /* the first -errno */

	uint32_t x;	/* held after the last step, without those imputed */
	uint32_t slots; /* there is room for; a multiple of 64 */
	struct ladder unused;
	size_t lowest;		 /* the word of the lowest of them; none is left: slots / 64 */
	size_t nr_checkpoints;	 /* each of slots / 64 words until build_finish() */
	size_t checkpoints_room; /* words */
};

int build_open(struct build *b); /* 0 or -ENOMEM */
size_t build_take(struct build *b, int64_t t_ns, bool imputed);
void build_return(struct build *b, int64_t t_ns, size_t take);
void build_end(struct build *b);
void build_tick(struct build *b, int64_t t_ns);
/* Ticks where none were recorded: every DEMAND_TICK_NS between the first step and the last. */
void build_regular_ticks(struct build *b);
struct demand_lead *build_lead(struct build *b); /* NULL: out of memory */
/* The demand is the caller's.  Returns: 0, or -errno and nothing is left of it. */
int build_finish(struct build *b, struct demand **out);
void build_abandon(struct build *b);

/* Room for the extremes of d->nr steps; extremes[0] has it.  Returns: 0 or -ENOMEM. */
int build_levels(struct demand *d);
/* extremes[0] is there: those of all levels above. */
void build_raise(struct demand *d);

#endif
