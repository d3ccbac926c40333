/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver/stack/received.h"
#include "driver/stack/reflector.h"
#include "driver/stack/stack.h"
#include "driver/traffic/frame.h"

#define RNG_STREAM 2

/* Frames go back at most this often, in chains; a thread woken for each one would be all cost. */
#define RETURN_EVERY_NS 100000u
#define CHAIN_MAX	256u

struct held {
	uint64_t due_ns;
	uint64_t nr;   /* which frame it is: those that are due together go in their order */
	uint64_t mark; /* what it was when it came: see mark_of() */
	void *frame;   /* as its kind has it */
};

struct stack {
	struct exec *exec;
	struct exec_lane *lane;
	struct exec_job job;
	struct draw hold;
	const uint64_t *hold_ns; /* of frame i; beyond nr_holds it is drawn */
	size_t nr_holds;
	uint64_t seed;
	struct ledger *sent; /* NULL: frames are synthetic, and tell themselves */
	stack_reflect *reflect;
	void *reflect_ctx;
	pthread_mutex_t mutex; /* guards all below */
	struct rng rng;
	NDIS_HANDLE binding;
	const struct received_kind *kind; /* of every frame */
	struct held *heap;		  /* the earliest due on top */
	size_t nr_held, room;
	uint64_t latest_ns; /* nothing is held longer than this */
	uint64_t next_sequence;
	struct stack_counts counts;
	uint8_t reflected[FRAME_MAX_BYTES]; /* a frame on its way back */
	uint8_t whole[FRAME_MAX_BYTES];	    /* one that lies in several pieces, put together */
};

/* --- the heap of held frames ------------------------------------------------------------------ */

/* Four children each: half as deep as two, and a node's children lie side by side. */
#define CHILDREN 4u

static bool before(const struct held *a, const struct held *b)
{
	return a->due_ns < b->due_ns || (a->due_ns == b->due_ns && a->nr < b->nr);
}

static bool heap_push(struct stack *stack, struct held entry)
{
	struct held *heap = stack->heap;
	size_t i = stack->nr_held;

	if (i == stack->room) {
		size_t room = stack->room ? stack->room * 2 : 1024;

		heap = realloc(stack->heap, room * sizeof(*heap));
		if (heap == NULL)
			return false;
		stack->heap = heap;
		stack->room = room;
	}
	stack->nr_held++;
	for (; i > 0 && before(&entry, &heap[(i - 1) / CHILDREN]); i = (i - 1) / CHILDREN)
		heap[i] = heap[(i - 1) / CHILDREN];
	heap[i] = entry;
	return true;
}

static struct held heap_pop(struct stack *stack)
{
	struct held *heap = stack->heap;
	struct held top = heap[0], last = heap[--stack->nr_held];
	size_t i = 0, first, n = stack->nr_held;

	while ((first = CHILDREN * i + 1) < n) {
		size_t least = first, end = first + CHILDREN < n ? first + CHILDREN : n;

		for (size_t child = first + 1; child < end; child++) {
			if (before(&heap[child], &heap[least]))
				least = child;
		}
		if (!before(&heap[least], &last))
			break;
		heap[i] = heap[least];
		i = least;
	}
	heap[i] = last;
	return top;
}

/* --- receiving -------------------------------------------------------------------------------- */

/* Copies an extent.  Returns: whether the chain holds so much. */
static bool put_together(uint8_t *to, struct extent e)
{
	for (; e.mdl != NULL && e.len_bytes > 0; e.mdl = NDIS_MDL_LINKAGE(e.mdl), e.offset = 0) {
		ULONG room = MmGetMdlByteCount(e.mdl) - e.offset;
		ULONG piece = e.len_bytes < room ? e.len_bytes : room;

		memcpy(to, (const uint8_t *)MmGetSystemAddressForMdlSafe(e.mdl, 0) + e.offset,
		       piece);
		to += piece;
		e.len_bytes -= piece;
	}
	return e.len_bytes == 0;
}

/*
 * (locked) The frame as it lies at the virtual addresses; one in several pieces is put together.
 * Returns: NULL if its chain does not hold so much.
 */
static const uint8_t *payload(struct stack *stack, void *frame, uint32_t *len_bytes)
{
	struct extent extent = stack->kind->extent(frame);

	*len_bytes = extent.len_bytes;
	if (extent.mdl == NULL || extent.offset > MmGetMdlByteCount(extent.mdl))
		return NULL;
	if (extent.len_bytes <= MmGetMdlByteCount(extent.mdl) - extent.offset)
		return (const uint8_t *)MmGetSystemAddressForMdlSafe(extent.mdl, 0) + extent.offset;
	if (extent.len_bytes > sizeof(stack->whole) || !put_together(stack->whole, extent))
		return NULL;
	return stack->whole;
}

/*
 * What tells the frame from any other: the number of a synthetic one, the digest of one from
 * outside.  Returns: whether it is whole, as far as the frame itself can tell.
 */
static bool mark_of(struct stack *stack, void *frame, uint64_t *mark)
{
	uint32_t len_bytes;
	const uint8_t *bytes = payload(stack, frame, &len_bytes);

	*mark = 0;
	if (bytes == NULL)
		return false;
	if (stack->sent == NULL)
		return frame_check(bytes, len_bytes, stack->seed, mark);
	*mark = ledger_digest(0, bytes, len_bytes);
	return true;
}

/* (locked) Frames may be missing, but those that come are as sent, and keep their order. */
static void check_arrival(struct stack *stack, void *frame, uint64_t *mark)
{
	bool good = mark_of(stack, frame, mark);

	if (stack->sent != NULL) {
		good = good &&
		       ledger_match(stack->sent, *mark, stack->kind->extent(frame).len_bytes);
	} else if (good) {
		good = *mark >= stack->next_sequence;
		if (good)
			stack->next_sequence = *mark + 1;
	}
	stack->counts.payload_errors += !good;
}

/* (locked) Nobody may have written to a frame while it was held. */
static void check_return(struct stack *stack, const struct held *held)
{
	uint64_t mark;

	if (!mark_of(stack, held->frame, &mark) || mark != held->mark)
		stack->counts.payload_errors++;
}

/* (locked) Sends the frame's reflection, which is made from a copy: the buffer stays as it is. */
static void send_reflection(struct stack *stack, void *frame)
{
	uint32_t len_bytes;
	const uint8_t *bytes = payload(stack, frame, &len_bytes);

	if (stack->reflect == NULL || bytes == NULL || len_bytes > sizeof(stack->reflected))
		return;
	memcpy(stack->reflected, bytes, len_bytes);
	len_bytes = reflector_turn(stack->reflected, len_bytes, sizeof(stack->reflected));
	if (len_bytes > 0 && stack->reflect(stack->reflect_ctx, stack->reflected, len_bytes))
		stack->counts.reflected++;
}

static uint64_t due_time(struct stack *stack, uint64_t mark, uint64_t now_ns)
{
	const struct draw_load load = {stack->nr_held, 0};
	uint64_t due_ns =
		now_ns + (mark < stack->nr_holds ? stack->hold_ns[mark]
						 : draw_ns(&stack->hold, &stack->rng, &load));

	return due_ns < stack->latest_ns ? due_ns : stack->latest_ns;
}

/* (locked) Returns: false if the frame cannot be kept and is to go back at once. */
static bool keep(struct stack *stack, void *frame, uint64_t mark, uint64_t now_ns)
{
	if (!heap_push(stack, (struct held){due_time(stack, mark, now_ns), stack->counts.frames,
					    mark, frame}))
		return false;
	stack->counts.held++;
	return true;
}

/* (locked) When the return job should run: when the first frame is due, but not all the time. */
static void schedule(struct stack *stack, uint64_t earliest_ns)
{
	if (stack->nr_held > 0) {
		uint64_t due_ns = stack->heap[0].due_ns;

		if (due_ns > stack->latest_ns)
			due_ns = stack->latest_ns;
		exec_submit(stack->lane, &stack->job, due_ns > earliest_ns ? due_ns : earliest_ns);
	}
}

/* (locked) One frame arrives.  Returns: false if it cannot be kept and is to go back at once. */
static bool take_in(struct stack *stack, void *frame, bool cannot_keep, uint64_t now_ns)
{
	uint64_t mark;

	check_arrival(stack, frame, &mark);
	stack->counts.frames++;
	if (cannot_keep) {
		stack->counts.resources++; /* read to its last byte: that is the copy */
		send_reflection(stack, frame);
		return true;
	}
	if (keep(stack, frame, mark, now_ns))
		return true;
	stack->counts.returned++;
	return false;
}

static void receive(struct stack *stack, const struct received_kind *kind, NDIS_HANDLE binding,
		    void *const *frames, uint32_t n, bool cannot_keep)
{
	uint64_t now_ns = exec_now_ns(stack->exec);
	void *refused[CHAIN_MAX];
	uint32_t nr_refused = 0;

	pthread_mutex_lock(&stack->mutex);
	stack->binding = binding;
	stack->kind = kind;
	for (uint32_t i = 0; i < n; i++) {
		if (!take_in(stack, frames[i], cannot_keep, now_ns))
			refused[nr_refused++] = frames[i];
	}
	schedule(stack, now_ns + RETURN_EVERY_NS);
	pthread_mutex_unlock(&stack->mutex);
	kind->give_back(binding, refused, nr_refused);
}

static void receive_lists(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
			  ULONG flags)
{
	void *frames[CHAIN_MAX];

	while (chain != NULL) {
		uint32_t n = 0;

		for (; chain != NULL && n < CHAIN_MAX; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
			frames[n++] = chain;
		receive(ctx, &received_lists, binding, frames, n,
			NDIS_TEST_RECEIVE_CANNOT_PEND(flags));
	}
}

static void receive_packets(void *ctx, PNDIS_PACKET *packets, UINT count, bool cannot_keep)
{
	while (count > 0) {
		UINT n = count < CHAIN_MAX ? count : CHAIN_MAX;

		receive(ctx, &received_packets, NULL, (void *const *)packets, n, cannot_keep);
		packets += n;
		count -= n;
	}
}

/* --- giving back ------------------------------------------------------------------------------ */

/* (locked) Frames that are due, checked once more: nobody may have written to them. */
static uint32_t take_due(struct stack *stack, void *frames[CHAIN_MAX], uint64_t now_ns)
{
	uint32_t n = 0;

	for (; n < CHAIN_MAX && stack->nr_held > 0; n++) {
		struct held held;

		if (stack->heap[0].due_ns > now_ns && stack->latest_ns > now_ns)
			break;
		held = heap_pop(stack);
		check_return(stack, &held);
		send_reflection(stack, held.frame);
		frames[n] = held.frame;
	}
	stack->counts.held -= n;
	stack->counts.returned += n;
	return n;
}

static void return_due(struct exec_job *job)
{
	struct stack *stack = CONTAINING_RECORD(job, struct stack, job);
	uint64_t now_ns = exec_now_ns(stack->exec);
	const struct received_kind *kind;
	void *frames[CHAIN_MAX];
	NDIS_HANDLE binding;
	uint32_t n;

	for (;;) {
		pthread_mutex_lock(&stack->mutex);
		binding = stack->binding;
		kind = stack->kind;
		n = take_due(stack, frames, now_ns);
		if (n == 0)
			schedule(stack, now_ns + RETURN_EVERY_NS);
		pthread_mutex_unlock(&stack->mutex);
		if (n == 0)
			return;
		kind->give_back(binding, frames, n);
	}
}

void stack_pause(struct stack *stack, uint64_t until_ns)
{
	pthread_mutex_lock(&stack->mutex);
	stack->latest_ns = until_ns;
	if (stack->nr_held > 0)
		exec_submit(stack->lane, &stack->job, until_ns);
	pthread_mutex_unlock(&stack->mutex);
}

void stack_flush(struct stack *stack)
{
	exec_flush(stack->lane);
}

/* --- beginning and end ------------------------------------------------------------------------ */

struct stack *stack_open(struct exec *exec, const struct draw *hold, uint64_t seed)
{
	struct stack *stack = calloc(1, sizeof(*stack));

	if (stack == NULL)
		return NULL;
	stack->lane = exec_lane_open(exec, "stack");
	if (stack->lane == NULL) {
		free(stack);
		return NULL;
	}
	stack->exec = exec;
	stack->job.run = return_due;
	stack->hold = *hold;
	stack->seed = seed;
	stack->latest_ns = UINT64_MAX;
	rng_init(&stack->rng, seed, RNG_STREAM);
	pthread_mutex_init(&stack->mutex, NULL);
	return stack;
}

void stack_close(struct stack *stack)
{
	exec_lane_close(stack->lane);
	pthread_mutex_destroy(&stack->mutex);
	free(stack->heap);
	free(stack);
}

void stack_expect(struct stack *stack, struct ledger *sent)
{
	stack->sent = sent;
}

void stack_hold_for(struct stack *stack, const uint64_t *hold_ns, size_t nr)
{
	stack->hold_ns = hold_ns;
	stack->nr_holds = nr;
}

void stack_reflect_to(struct stack *stack, stack_reflect *reflect, void *ctx)
{
	stack->reflect = reflect;
	stack->reflect_ctx = ctx;
}

struct ndis_protocol stack_protocol(struct stack *stack)
{
	return (struct ndis_protocol){
		.receive = receive_lists, .receive_packets = receive_packets, .ctx = stack};
}

void stack_count(struct stack *stack, struct stack_counts *counts)
{
	pthread_mutex_lock(&stack->mutex);
	*counts = stack->counts;
	pthread_mutex_unlock(&stack->mutex);
}
