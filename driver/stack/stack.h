/* SPDX-License-Identifier: MIT */
#ifndef STACK_H
#define STACK_H
/*
 * The protocol side of either generation: takes what the adapter indicates, checks each byte, keeps
 * each frame for a drawn time, and gives frames back in chains, from a thread of its own.  Frames
 * that may not be kept (RESOURCES) are copied at once.
 */
#include "driver/exec/exec.h"
#include "driver/ndis/host.h"
#include "driver/spec/draw.h"
#include "driver/traffic/ledger.h"

struct stack; /* opaque */

struct stack_counts {
	uint64_t frames;	 /* received */
	uint64_t resources;	 /* of them RESOURCES: copied, not kept */
	uint64_t returned;	 /* given back */
	uint64_t reflected;	 /* answered by the reflector */
	uint64_t payload_errors; /* frames with a byte that is not as sent, or out of order */
	uint32_t held;		 /* with the stack now */
};

/*
 * seed is what the frames were made from.
 * Owns:    the caller, until stack_close(), when nothing may be held.
 * Returns: NULL when memory or a thread cannot be had.
 */
struct stack *stack_open(struct exec *exec, const struct draw *hold, uint64_t seed);
void stack_close(struct stack *stack);

/*
 * Frames are checked against what was sent, instead of against the pattern of synthetic ones; NULL:
 * they are synthetic.  Before the first frame.  Owns: sent stays the caller's, and outlives stack.
 */
void stack_expect(struct stack *stack, struct ledger *sent);

/*
 * The synthetic frame of number i is held for hold_ns[i], and not as drawn.  Before the first
 * frame. Owns: the table stays the caller's, and outlives stack.
 */
void stack_hold_for(struct stack *stack, const uint64_t *hold_ns, size_t nr);

/*
 * Frames are sent back (reflector.h): each when its hold time is over, and RESOURCES ones at once.
 * reflect() returns whether the frame was taken.  Before the first frame.
 * Thread:  reflect() is called from the stack's lane and from indications, one at a time.
 */
typedef bool stack_reflect(void *ctx, const uint8_t *bytes, uint32_t len_bytes);
void stack_reflect_to(struct stack *stack, stack_reflect *reflect, void *ctx);

/* What to give to ndis_adapter_bind(). */
struct ndis_protocol stack_protocol(struct stack *stack);

/* From now on nothing is held longer than until_ns: the adapter above is about to pause. */
void stack_pause(struct stack *stack, uint64_t until_ns);

/* Returns when no frame is being given back, and none is due to be.  After stack_pause(). */
void stack_flush(struct stack *stack);

void stack_count(struct stack *stack, struct stack_counts *counts);

#endif
