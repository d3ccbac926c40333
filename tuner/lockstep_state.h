/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LOCKSTEP_STATE_H
#define TUNER_LOCKSTEP_STATE_H
/*
 * Sixteen simulated pools in the middle of the same steps.  Private to the files of lockstep:
 * lockstep.c does in full what is not simple, lockstep_cell.h is the loop over what is, and
 * lockstep_any.c, lockstep_avx2.c and lockstep_avx512.c are that loop for one kind of machine each.
 */
#include "tuner/lockstep.h"
#include "tuner/lockstep_lanes.h"
#include "tuner/sim_state.h"

#define LOCKSTEP_NEVER INT32_MAX

/* One number of each lane. */
typedef int32_t lockstep_numbers[LANES] __attribute__((aligned(64)));

/* The dynamic blocks of a lane; where they fit into one word, as sets of bits. */
struct lockstep_blocks {
	uint64_t with_room, idle;
	uint32_t *held, *owner; /* its struct sim's */
	uint32_t size;
} __attribute__((aligned(64)));

struct lockstep {
	/* What a step of all lanes is made of. */
	lockstep_numbers available, base_free;
	lockstep_numbers lowest; /* of available since the lane's policy last knew it */
	lockstep_numbers least;	 /* a take with so few available, or fewer, is lost or RESOURCES */
	lockstep_numbers ask_at, free_at;   /* available at which the policy decides something */
	lockstep_numbers missed, resources; /* takes since the lane's figures last knew them */
	lockstep_numbers spare;		    /* more missed than that, and the budget is spent */
	/* Lanes, a bit each: */
	uint32_t since;	    /* events happened that its policy was not told */
	uint32_t unsettled; /* each event may change what the next one does */
	uint32_t clean;	    /* none was missed so far */
	uint32_t alive;	    /* it goes on */
	uint32_t many;	    /* it has more dynamic blocks than fit into one word */
	/* For each slot, lanes in which its packet has no buffer; times 2^16, in which it lies in a
	 * dynamic block. */
	uint32_t *odd;
	struct lockstep_blocks blocks[LANES];
	int64_t due_ns; /* of the first completion of all lanes */
	size_t tick_at;
	bool spent; /* some lane's budget may be */
	int error;

	const struct demand *d;
	struct sim sim[LANES];
	struct sim_result *out[LANES];
	int nr;
};

/* The steps of the cell in which `from` lies, from it on.  Returns: the next one. */
typedef size_t lockstep_cell(struct lockstep *w, size_t from);
lockstep_cell lockstep_cell_any, lockstep_cell_avx2, lockstep_cell_avx512;

/* Those that work on this machine, the fastest last.  Returns: how many. */
#define LOCKSTEP_CELLS 3
size_t lockstep_cells(lockstep_cell *cells[LOCKSTEP_CELLS]);
/* As sim_lockstep(), by one of them. */
int lockstep_by(lockstep_cell *cell, const struct demand *d, const struct policy_marks *marks,
		size_t nr, const struct lead *lead, const struct sim_options *options,
		struct sim_result *out);

/* --- what lanes do in full -----------------------------------------------------------------------
 *
 * The numbers above are up to date when these are called, and changed by them.
 */

/* Completions and ticks before step i. */
void lockstep_catch_up(struct lockstep *w, size_t i);
/* The take of step i, in lanes that are unsettled. */
void lockstep_take(struct lockstep *w, uint32_t which, size_t i);
/* The policies of lanes act after step i. */
void lockstep_act(struct lockstep *w, uint32_t which, size_t i);
/* Lanes in which step i is the first take that is missed. */
void lockstep_first_missed(struct lockstep *w, uint32_t which, size_t i);
/* After step i: settings that have lost too much leave. */
void lockstep_drop_spent(struct lockstep *w, size_t i);

/* A packet's place in a dynamic block, in lanes that have many. */
void lockstep_occupy(struct lockstep *w, uint32_t which, uint32_t slot);
void lockstep_vacate(struct lockstep *w, uint32_t which, uint32_t slot);
/* Available at which a block can go: there must be one that is all home. */
void lockstep_set_free_at(struct lockstep *w, int lane);

#endif
