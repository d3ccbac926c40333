/* SPDX-License-Identifier: MIT */
#include "tuner/lockstep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/sim_state.h"

/* One number of each lane; of conditions, -1 for true and 0 for false. */
typedef int32_t lanes[LOCKSTEP_LANES] __attribute__((aligned(64)));
typedef int16_t flags[LOCKSTEP_LANES];

/* Where the compiler can, the loop exists twice, and the machine's wider vectors are used. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
	!defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#define NEVER INT32_MAX

struct lockstep {
	const struct demand *d;
	struct sim sim[LOCKSTEP_LANES];
	struct sim_result *out[LOCKSTEP_LANES];
	bool alive[LOCKSTEP_LANES];
	int nr, nr_alive;

	lanes available, base_free;
	lanes lowest;		 /* of available since the lane's policy last knew it */
	lanes since;		 /* -1: events happened that the lane's policy was not told */
	lanes least;		 /* a take with so few available, or fewer, is lost or RESOURCES */
	lanes unsettled;	 /* -1: each event may change what the next one does */
	lanes ask_at, free_at;	 /* available at which the policy has something to decide */
	lanes missed, resources; /* takes since the lane's figures last knew them */
	lanes clean;		 /* -1: none was missed so far */
	flags *gone;		 /* for each slot: lanes in which its packet has no buffer */
	flags *beyond;		 /* and lanes in which it lies in a dynamic block */
	int64_t due_ns;		 /* of the first completion of all lanes */
	size_t tick_at;
	int error;
};

/* --- one lane, in full ---------------------------------------------------------------------------
 */

static void note_misses(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];

	s->r.resources += (uint32_t)w->resources[lane];
	s->r.lost += (uint32_t)(w->missed[lane] - w->resources[lane]);
	s->spent |= s->r.lost + s->r.resources > s->budget;
	w->missed[lane] = w->resources[lane] = 0;
}

/* Its simulation learns what the vectors know. */
static void bring_up(struct lockstep *w, int lane, size_t at, int64_t t_ns)
{
	struct sim *s = &w->sim[lane];
	struct policy *p = &s->policy;

	s->at = at;
	s->now_ns = t_ns > s->now_ns ? t_ns : s->now_ns;
	s->held[0] = p->marks.base - (uint32_t)w->base_free[lane];
	if (w->base_free[lane])
		ladder_set(&s->with_room, 0);
	else
		ladder_clear(&s->with_room, 0);
	note_misses(w, lane);
	if (!w->since[lane])
		return;
	s->touched = true;
	if (w->lowest[lane] <= (int64_t)p->marks.low) {
		p->held = p->total - (uint32_t)w->lowest[lane];
		policy_return(p, 0);
	}
	p->held = p->total - (uint32_t)w->available[lane];
	policy_return(p, 0);
	w->since[lane] = 0;
}

static bool is_unsettled(const struct policy *p)
{
	return p->fallback || p->refused ||
	       (p->marks.probe_ticks && p->still_ticks >= p->marks.probe_ticks && !p->pending);
}

static int32_t ask_level(const struct policy *p)
{
	const struct policy_marks *m = &p->marks;
	int64_t coming = (int64_t)m->block * p->pending;

	if (p->pending >= m->max_pending || p->total + coming + m->block > m->limit ||
	    coming > m->low)
		return -1;
	return (int32_t)(m->low - coming);
}

/* Available at which a block can go: there must be one that is all home. */
static void set_free_at(struct lockstep *w, int lane)
{
	const struct sim *s = &w->sim[lane];
	const struct policy *p = &s->policy;
	bool may = p->quiet_ticks >= p->marks.shrink_ticks && ladder_last(&s->idle) != LADDER_NONE;

	w->free_at[lane] = may ? (int32_t)p->marks.high : NEVER;
}

/* And the vectors what it has become. */
static void bring_back(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];
	const struct policy *p = &s->policy;
	bool unsettled = is_unsettled(p);

	w->available[lane] = w->lowest[lane] = (int32_t)policy_available(p);
	w->base_free[lane] = (int32_t)(p->marks.base - s->held[0]);
	w->least[lane] = unsettled ? -1 : (int32_t)p->marks.reserve;
	w->unsettled[lane] = unsettled ? -1 : 0;
	w->ask_at[lane] = unsettled ? NEVER : ask_level(p);
	set_free_at(w, lane);
	if (s->error)
		w->error = s->error;
}

/* A lane that is done, or not there at all, counts for nothing. */
static void retire(struct lockstep *w, int lane)
{
	w->alive[lane] = false;
	w->available[lane] = w->base_free[lane] = w->lowest[lane] = 1 << 30;
	w->least[lane] = w->ask_at[lane] = -1;
	w->unsettled[lane] = w->clean[lane] = 0;
	w->free_at[lane] = NEVER;
}

static void finish_lane(struct lockstep *w, int lane)
{
	sim_finish(&w->sim[lane], w->out[lane]);
	retire(w, lane);
	w->nr_alive--;
}

static void take_in_full(struct lockstep *w, size_t i)
{
	uint32_t slot = w->d->slot[i];

	for (int lane = 0; lane < w->nr; lane++) {
		struct sim *s = &w->sim[lane];

		if (!w->unsettled[lane])
			continue;
		bring_up(w, lane, i, w->d->t_ns[i]);
		sim_move(s, true, slot);
		s->at = i + 1;
		w->clean[lane] = s->r.lost + s->r.resources ? 0 : -1;
		w->gone[slot][lane] = s->owner[slot] == OWNER_NOBODY ? -1 : 0;
		w->beyond[slot][lane] = s->owner[slot] && !w->gone[slot][lane] ? -1 : 0;
		bring_back(w, lane);
	}
}

/* Packets that lie in a dynamic block: in which one, only their lanes know. */
static void take_beyond(struct lockstep *w, uint32_t which, uint32_t slot)
{
	for (; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct sim *s = &w->sim[lane];
		uint32_t block;

		if (!w->alive[lane])
			continue;
		ladder_clear(&s->with_room, 0);
		block = sim_occupy(s);
		s->owner[slot] = block;
		if (s->held[block] == 1) /* one less is idle */
			set_free_at(w, lane);
	}
}

static void return_beyond(struct lockstep *w, uint32_t which, uint32_t slot)
{
	for (; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct sim *s = &w->sim[lane];
		uint32_t block = s->owner[slot];

		if (!w->alive[lane])
			continue;
		sim_vacate(s, block);
		s->owner[slot] = OWNER_NONE;
		if (!s->held[block])
			set_free_at(w, lane);
	}
}

static void note_first_misses(struct lockstep *w, const int32_t *which, int64_t t_ns)
{
	for (int lane = 0; lane < w->nr; lane++)
		if (which[lane]) {
			w->sim[lane].r.first_loss_ns = t_ns;
			w->clean[lane] = 0;
		}
}

static void note_due(struct lockstep *w)
{
	w->due_ns = INT64_MAX;
	w->tick_at = SIZE_MAX;
	for (int lane = 0; lane < w->nr; lane++) {
		const struct sim *s = &w->sim[lane];

		if (w->alive[lane] && s->due_ns < w->due_ns)
			w->due_ns = s->due_ns;
		if (w->alive[lane] && s->tick_at < w->tick_at)
			w->tick_at = s->tick_at;
	}
}

static void act_in_full(struct lockstep *w, const int32_t *which, size_t i)
{
	for (int lane = 0; lane < w->nr; lane++) {
		struct sim *s = &w->sim[lane];

		if (!which[lane] || !w->alive[lane])
			continue;
		bring_up(w, lane, i + 1, w->d->t_ns[i]);
		if (!s->touched)
			continue;
		s->touched = false;
		sim_act(s);
		bring_back(w, lane);
		if (s->due_ns < w->due_ns)
			w->due_ns = s->due_ns;
	}
}

/* Settings that have lost too much leave. */
static void drop_spent(struct lockstep *w, size_t i)
{
	bool any = false;

	for (int lane = 0; lane < w->nr; lane++) {
		if (!w->alive[lane])
			continue;
		note_misses(w, lane);
		if (!w->sim[lane].spent)
			continue;
		bring_up(w, lane, i + 1, w->d->t_ns[i]);
		finish_lane(w, lane);
		any = true;
	}
	if (any)
		note_due(w);
}

static void catch_up(struct lockstep *w, size_t i)
{
	int64_t t_ns = w->d->t_ns[i];

	for (int lane = 0; lane < w->nr; lane++) {
		struct sim *s = &w->sim[lane];

		if (!w->alive[lane] || (s->due_ns > t_ns && s->tick_at > i))
			continue;
		bring_up(w, lane, i, i ? w->d->t_ns[i - 1] : t_ns);
		s->touched = false;
		sim_catch_up(s, t_ns);
		bring_back(w, lane);
	}
	note_due(w);
}

/* --- all lanes -----------------------------------------------------------------------------------
 */

#define INLINE static inline __attribute__((always_inline))
/* Lanes know nothing of each other, and slots are no part of struct lockstep. */
#ifdef __clang__
#define APART _Pragma("clang loop vectorize(assume_safety)")
#else
#define APART _Pragma("GCC ivdep")
#endif
#define EACH_LANE APART for (int k = 0; k < LOCKSTEP_LANES; k++)

INLINE void take(struct lockstep *restrict w, size_t i)
{
	uint32_t slot = w->d->slot[i];
	int16_t *restrict gone = w->gone[slot], *restrict beyond = w->beyond[slot];
	int32_t any_first = 0, any_full = 0;
	uint32_t over = 0;
	lanes first;

	EACH_LANE
	{
		int32_t available = w->available[k], full = w->unsettled[k];
		int32_t miss = -(available <= w->least[k]);
		int32_t out = ~miss & ~full & -(w->base_free[k] <= 0);
		/* A lost packet is no event; one that is RESOURCES is. */
		int32_t resources = miss & -(available > 0);

		gone[k] = (int16_t)miss;
		beyond[k] = (int16_t)out;
		over |= (uint32_t)out & 1u << k;
		first[k] = miss & w->clean[k];
		w->since[k] |= (~miss & ~full) | resources;
		w->missed[k] -= miss;
		w->resources[k] -= resources;
		available -= 1 + (miss | full);
		w->available[k] = available;
		w->base_free[k] -= 1 + (miss | out | full);
		w->lowest[k] = available < w->lowest[k] ? available : w->lowest[k];
		any_first |= first[k];
		any_full |= full;
	}
	if (any_first)
		note_first_misses(w, first, w->d->t_ns[i]);
	if (over)
		take_beyond(w, over, slot);
	if (any_full)
		take_in_full(w, i);
}

INLINE void give_back(struct lockstep *restrict w, size_t i)
{
	uint32_t slot = w->d->slot[i];
	const int16_t *restrict gone = w->gone[slot], *restrict beyond = w->beyond[slot];
	uint32_t over = 0;

	EACH_LANE
	{
		int32_t none = gone[k], out = beyond[k];
		int32_t available = w->available[k] + 1 + none;

		over |= (uint32_t)out & 1u << k;
		w->since[k] |= ~none;
		w->available[k] = available;
		w->base_free[k] += 1 + (none | out);
	}
	if (over)
		return_beyond(w, over, slot);
}

INLINE void end(struct lockstep *restrict w, size_t i)
{
	int32_t any = 0;
	lanes which;

	EACH_LANE
	{
		int32_t available = w->available[k];

		which[k] = -(available <= w->ask_at[k]) | -(available >= w->free_at[k]);
		any |= which[k];
	}
	if (any)
		act_in_full(w, which, i);
}

/* A cell's steps, as far as there are any.  Returns: the next one. */
WIDE static size_t run_cell(struct lockstep *w, size_t i, bool watch)
{
	const struct demand *d = w->d;
	const struct demand_cell *cell = &d->cells[i / DEMAND_CELL];
	size_t last = (i / DEMAND_CELL + 1) * DEMAND_CELL;

	if (last > d->nr)
		last = d->nr;
	for (; i < last && !w->error; i++) {
		bool is_take = cell->takes >> i % DEMAND_CELL & 1;

		if (d->t_ns[i] >= w->due_ns || i >= w->tick_at)
			catch_up(w, i);
		if (is_take)
			take(w, i);
		else
			give_back(w, i);
		if (cell->ends >> i % DEMAND_CELL & 1)
			end(w, i);
		if (watch && is_take)
			drop_spent(w, i);
	}
	return i;
}

/* --- batches -------------------------------------------------------------------------------------
 */

static int open_lane(struct lockstep *w, int lane, const struct policy_marks *m,
		     const struct lead *lead, uint64_t budget, struct sim_result *out)
{
	struct sim *s = &w->sim[lane];
	int ret = sim_open(s, w->d, m, lead, budget);

	w->nr = lane + 1; /* to be released, whatever comes */
	if (ret)
		return ret;
	sim_fall_out(s);
	if (s->error)
		return s->error;
	w->out[lane] = out;
	w->alive[lane] = true;
	w->nr_alive++;
	w->clean[lane] = -1;
	bring_back(w, lane);
	return 0;
}

static int run_batch(struct lockstep *w, uint64_t budget)
{
	note_due(w);
	for (size_t i = 0; i < w->d->nr && w->nr_alive && !w->error;)
		i = run_cell(w, i, budget != UINT64_MAX);
	for (int lane = 0; lane < w->nr && !w->error; lane++)
		if (w->alive[lane]) {
			bring_up(w, lane, w->d->nr, w->d->t_ns[w->d->nr - 1]);
			finish_lane(w, lane);
		}
	return w->error;
}

int sim_lockstep(const struct demand *d, const struct policy_marks *marks, size_t nr,
		 const struct lead *lead, const struct sim_options *options, struct sim_result *out)
{
	uint64_t budget = options ? options->budget : UINT64_MAX;
	struct lockstep *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);
	/* Both for each slot, one behind the other. */
	flags *slots = aligned_alloc(64, (2 * d->max_held * sizeof(*slots) + 64) / 64 * 64);
	int ret = w && slots ? 0 : -ENOMEM;

	for (size_t first = 0; first < nr && !ret; first += LOCKSTEP_LANES) {
		memset(w, 0, sizeof(*w));
		w->d = d;
		w->gone = slots;
		w->beyond = slots + d->max_held;
		for (int lane = 0; lane < LOCKSTEP_LANES; lane++)
			retire(w, lane);
		for (int lane = 0; lane < LOCKSTEP_LANES && first + lane < nr && !ret; lane++)
			ret = open_lane(w, lane, &marks[first + lane], lead, budget,
					&out[first + lane]);
		if (!ret)
			ret = run_batch(w, budget);
		for (int lane = 0; lane < w->nr; lane++)
			sim_release(&w->sim[lane]);
	}
	free(slots);
	free(w);
	return ret;
}
