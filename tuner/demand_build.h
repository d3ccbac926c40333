/* SPDX-License-Identifier: MIT */
#ifndef TUNER_DEMAND_BUILD_H
#define TUNER_DEMAND_BUILD_H
/*
 * How a demand is made, one step after the other.  Private to demand_rows.c, demand_steps.c and
 * slice.c.
 *
 *	build_open(&b);
 *	slot = build_take(&b, t_ns);            // BUILD_NO_SLOT: out of memory, or too many
 *	build_return(&b, t_ns, slot);
 *	build_end(&b);                          // the event's last step was the last one
 *	build_finish(&b, &demand);              // or build_abandon(&b)
 */
#include "tuner/demand.h"
#include "tuner/hunt.h"

#define BUILD_NO_SLOT	   HUNT_NONE
#define DEMAND_NO_EXTREMES ((struct demand_extremes){UINT32_MAX, 0})

struct build {
	struct demand *d; /* its arrays have room for more */
	size_t nr, room;  /* steps */
	size_t nr_ticks_room, nr_leads_room;
	int64_t last_ns; /* of the steps so far */
	int error;	 /* the first -errno */
	struct hunt hunt;
};

int build_open(struct build *b); /* 0 or -ENOMEM */
uint32_t build_take(struct build *b, int64_t t_ns);
void build_return(struct build *b, int64_t t_ns, uint32_t slot);
void build_end(struct build *b);
/* A tick after so many steps. */
void build_tick(struct build *b, size_t steps, int64_t t_ns);
struct demand_lead *build_lead(struct build *b); /* NULL: out of memory */
/* The demand is the caller's.  Returns: 0, or -errno and nothing is left of it. */
int build_finish(struct build *b, struct demand **out);
void build_abandon(struct build *b);

/*
 * All else of a demand that has nr steps with their times, slots, cells and lowest extremes, and
 * what was hunted; x: packets held after the last one.  Returns: 0 or -ENOMEM.
 */
int build_conclude(struct demand *d, size_t nr, uint32_t x);

/* Ticks where none were recorded: every DEMAND_TICK_NS between the first step and the last. */
int demand_add_ticks(struct demand *d); /* 0 or -ENOMEM */

/* Room for the extremes of d->nr steps; extremes[0] has it.  Returns: 0 or -ENOMEM. */
int build_levels(struct demand *d);
/* extremes[0] is there: those of all levels above. */
void build_raise(struct demand *d);

#endif
