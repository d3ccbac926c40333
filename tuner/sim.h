/* SPDX-License-Identifier: MIT */
#ifndef TUNER_SIM_H
#define TUNER_SIM_H
/*
 * What a pool with other marks would have done with a demand.
 *
 * The policy is the driver's own object code (driver/miniport/policy.h); what is around it here is
 * what surrounds it there: buffers, blocks, and requests that take their time.  The rules, so that
 * any two programs agree:
 *
 *  - events come in the demand's order; at equal times completions first, then ticks, then returns
 *    and takes as the demand has them.  The policy acts after each event, not before the first;
 *  - a take uses the lowest block that has a free buffer: the base block, then dynamic blocks in
 *    the order in which they were granted;
 *  - a free takes the newest dynamic block that has all its buffers home;
 *  - a take that finds no free buffer is lost: nothing happens, and its return does not, either;
 *  - a take that would leave fewer than `reserve` available, or any in the fallback state, is
 *    RESOURCES: its buffer is home again at once, its return does not happen;
 *  - it begins with the base block, running, at the first step, and ends after the last one.
 *
 * Three ways to the same figures:
 *
 *  - sim_dense(): every step through policy and blocks.  The truth.
 *  - sim_skip(): while nothing is lost, and the blocks are filled as ordered hunt fills them, the
 *    slots of the demand say where each packet lies, and the next step at which the policy could
 *    want anything is found through the demand's extremes.  All steps before it are skipped.  Where
 *    that does not hold (a packet is lost, or a block in the middle is freed) it goes on step by
 *    step until it holds again.  Always equal to sim_dense(), in every figure.
 *  - sim_lockstep() (tuner/lockstep.h): many settings at once over the same steps, for demands on
 *    which they lose much.  Equal, too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/miniport/policy.h"
#include "tuner/demand.h"
#include "tuner/lead.h"

struct sim_result {
	uint64_t takes;	    /* looked at */
	uint64_t lost;	    /* of them: no buffer */
	uint64_t resources; /* of them: RESOURCES */
	uint64_t requests;  /* made, refused ones and probes included */
	uint64_t refused, failed;
	uint64_t granted; /* blocks that joined the pool */
	uint64_t frees;	  /* dynamic blocks freed */
	uint32_t peak_buffers;
	double mean_buffers;   /* time-weighted, from the first step to the last */
	int64_t first_loss_ns; /* of the first take that was lost or RESOURCES; -1: none was */
	bool stopped;	       /* the budget was spent: the figures are up to there */
	uint64_t steps_done;   /* one by one, the others were skipped */
};

#define SIM_BLOCKS_MAX (1u << 24)

struct sim_options {
	uint64_t budget; /* ends once lost + resources are more; UINT64_MAX: never */
};

/*
 * Simulates marks over a demand.  Not all that policy_marks_ok() refuses is refused here.
 * Returns: 0; -EINVAL base or block is 0, a mark is above 2^31 - 1, there could be more than
 * SIM_BLOCKS_MAX blocks, or high <= low + block (it would free what it has just been granted, and
 * ask again, for ever); -ENOTSUP the marks have
 * delays in ticks and the demand has no ticks; -ENOMEM.
 */
int sim_dense(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	      const struct sim_options *options, struct sim_result *out);
int sim_skip(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	     const struct sim_options *options, struct sim_result *out);

/* The same with everything that happens told: for pictures and for `explain`. */
enum sim_what {
	SIM_REQUEST,
	SIM_REFUSED,
	SIM_GRANT,   /* a completion whose block joins */
	SIM_FAILED,  /* a completion without memory */
	SIM_DISCARD, /* a probe's completion */
	SIM_FREE,
	SIM_LOST,
	SIM_RESOURCES,
};
struct sim_event {
	enum sim_what what;
	int64_t t_ns;
	size_t steps;		       /* of the demand done before */
	uint32_t total, held, pending; /* after it */
	int64_t due_ns;		       /* SIM_REQUEST */
};
int sim_tell(const struct demand *d, const struct policy_marks *marks, const struct lead *lead,
	     void (*tell)(const struct sim_event *event, void *ctx), void *ctx,
	     struct sim_result *out);

#endif
