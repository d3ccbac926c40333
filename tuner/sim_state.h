/* SPDX-License-Identifier: MIT */
#ifndef TUNER_SIM_STATE_H
#define TUNER_SIM_STATE_H
/*
 * A simulated pool in the middle of its life.  Private to the simulators: sim.c steps it,
 * sim_blocks.c knows its blocks, skip.c jumps, lockstep.c steps many.
 */
#include "tuner/ladder.h"
#include "tuner/sim.h"

__extension__ typedef unsigned __int128 sim_area;

/* Instead of a block: */
#define OWNER_NONE   UINT32_MAX	      /* no packet has the slot */
#define OWNER_NOBODY (UINT32_MAX - 1) /* its packet was lost, or RESOURCES */

struct sim_pending {
	int64_t due_ns;
	bool failed;
};

/* The first step from `from` on that reaches a level, or a time: true of what lies between, too. */
struct sim_found {
	int64_t level;
	size_t from, step;
};

struct sim {
	const struct demand *d;
	const struct lead *lead;
	struct policy policy;
	struct lead_cursor cursor;
	bool with_ticks; /* they can make a difference */

	size_t at;	/* steps done */
	size_t tick;	/* ticks done */
	size_t tick_at; /* the step before which the next one is; SIZE_MAX: none */
	int64_t due_ns; /* of the next completion; INT64_MAX: none */
	int64_t now_ns;

	struct sim_pending *pending; /* a ring, by due time */
	size_t pending_head, nr_pending, pending_room;

	/*
	 * Blocks by number: 0 is the base block, then in the order of their grants, with holes
	 * where one was freed.
	 */
	uint32_t *held;
	uint32_t nr_blocks, blocks_room; /* holes included */
	struct ladder with_room;	 /* blocks that have a free buffer */
	struct ladder idle;		 /* dynamic blocks with all buffers home */
	uint32_t nr_holes;
	uint32_t *owner; /* block of each slot's packet */

	/*
	 * In line: nobody is lost, and every packet lies where its slot says: slots up to base in
	 * the base block, the next `block` of them in the first dynamic block, and so on, with no
	 * holes.  Then held, with_room, idle and owner are not kept up.
	 */
	bool in_line;
	uint64_t *slots;	    /* room for demand_slots() */
	size_t look_at, look_every; /* when to see whether it is in line again */

	struct sim_found above, below, due; /* what skip.c searched for last */

	sim_area area;
	int64_t area_from_ns;
	struct sim_result r;
	uint64_t budget;
	bool spent;
	bool touched; /* the event under way happened to the pool */
	int error;
	void (*tell)(const struct sim_event *event, void *ctx);
	void *ctx;
};

static inline uint32_t sim_block_size(const struct sim *s, uint32_t block)
{
	return block ? s->policy.marks.block : s->policy.marks.base;
}

/* Out of line: the block of a new packet; there is one with room. */
static inline uint32_t sim_occupy(struct sim *s)
{
	uint32_t b = ladder_first(&s->with_room);

	if (!s->held[b]++ && b)
		ladder_clear(&s->idle, b);
	if (s->held[b] == sim_block_size(s, b))
		ladder_clear(&s->with_room, b);
	return b;
}

/* And out of it again. */
static inline void sim_vacate(struct sim *s, uint32_t b)
{
	if (s->held[b] == sim_block_size(s, b))
		ladder_set(&s->with_room, b);
	if (!--s->held[b] && b)
		ladder_set(&s->idle, b);
}

int sim_open(struct sim *s, const struct demand *d, const struct policy_marks *marks,
	     const struct lead *lead, uint64_t budget);
void sim_release(struct sim *s);

/* Completions and ticks that come before the step at t_ns, which is step s->at. */
void sim_catch_up(struct sim *s, int64_t t_ns);
/* One step's part in the pool: a take or a return of the packet in a slot.  The policy acts later.
 */
void sim_move(struct sim *s, bool take, uint32_t slot);
/* Step s->at, in or out of line. */
void sim_step(struct sim *s);
/* What every event ends with. */
void sim_act(struct sim *s);
/*
 * Until which step nothing happens but what the demand does: total, pending and the policy's state
 * stay as they are.  Returns: s->at when the next step itself may be more; at most d->nr.
 */
size_t sim_calm_until(struct sim *s);
/* There, or to a step before it, without the steps between. */
void sim_jump(struct sim *s, size_t stop);
/* Steps until the end, the budget, or an error. */
void sim_run_dense(struct sim *s);
void sim_finish(struct sim *s, struct sim_result *out);

/* A new dynamic block is there, empty. */
void sim_grant(struct sim *s);
/* The newest dynamic block that is all home leaves.  Returns: whether there is one. */
bool sim_free_newest(struct sim *s);

/* Out of line from here on: where each packet lies is written down. */
void sim_fall_out(struct sim *s);
/* In line again, if it is so. */
void sim_fall_in(struct sim *s);

#endif
