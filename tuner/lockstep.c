/* SPDX-License-Identifier: MIT */
#include "tuner/lockstep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/sim_state.h"

/* One number of each lane; comparisons give -1 for true, 0 for false. */
typedef int32_t lanes __attribute__((vector_size(4 * LOCKSTEP_LANES)));
typedef int8_t flags __attribute__((vector_size(LOCKSTEP_LANES)));

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
	lanes lowest;	       /* of available since the lane's policy last knew it */
	lanes since;	       /* -1: things happened that the lane's policy was not told */
	lanes least;	       /* a take with so few available, or fewer, is done in full */
	lanes ask_at, free_at; /* available at which the policy has something to decide */
	flags *in_full; /* for each slot: lanes whose packet is not simply in the base block */
	int64_t due_ns; /* of the first completion of all lanes */
	size_t tick_at;
	int error;
};

/* --- one lane, in full ---------------------------------------------------------------------------
 */

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

/* A state in which each event may change what the next one does. */
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

/* And the vectors what it has become. */
static void bring_back(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];
	const struct policy *p = &s->policy;
	bool unsettled = is_unsettled(p);
	bool may_free = p->total > p->marks.base && p->quiet_ticks >= p->marks.shrink_ticks &&
			ladder_last(&s->idle) != LADDER_NONE;

	w->available[lane] = w->lowest[lane] = (int32_t)policy_available(p);
	w->base_free[lane] = (int32_t)(p->marks.base - s->held[0]);
	w->least[lane] = unsettled ? NEVER : (int32_t)p->marks.reserve;
	w->ask_at[lane] = unsettled ? NEVER : ask_level(p);
	w->free_at[lane] = may_free ? (int32_t)p->marks.high : NEVER;
	if (s->error)
		w->error = s->error;
}

/* A lane that is done, or not there at all, counts for nothing. */
static void retire(struct lockstep *w, int lane)
{
	w->alive[lane] = false;
	w->available[lane] = w->base_free[lane] = w->lowest[lane] = 1 << 30;
	w->least[lane] = w->ask_at[lane] = -1;
	w->free_at[lane] = NEVER;
}

static void finish_lane(struct lockstep *w, int lane)
{
	sim_finish(&w->sim[lane], w->out[lane]);
	retire(w, lane);
	w->nr_alive--;
}

static void move_in_full(struct lockstep *w, const lanes *which, size_t i, bool take)
{
	for (int lane = 0; lane < w->nr; lane++) {
		if (!(*which)[lane] || !w->alive[lane])
			continue;
		bring_up(w, lane, i, w->d->t_ns[i]);
		sim_move(&w->sim[lane], take, w->d->slot[i]);
		w->sim[lane].at = i + 1;
		bring_back(w, lane);
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

static void act_in_full(struct lockstep *w, const lanes *which, size_t i)
{
	for (int lane = 0; lane < w->nr; lane++) {
		struct sim *s = &w->sim[lane];

		if (!(*which)[lane] || !w->alive[lane])
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
static void drop_spent(struct lockstep *w)
{
	for (int lane = 0; lane < w->nr; lane++)
		if (w->alive[lane] && w->sim[lane].spent)
			finish_lane(w, lane);
	note_due(w);
}

static void catch_up(struct lockstep *w, size_t i)
{
	int64_t t_ns = w->d->t_ns[i];

	for (int lane = 0; lane < w->nr; lane++) {
		struct sim *s = &w->sim[lane];

		if (!w->alive[lane] || (s->due_ns > t_ns && s->tick_at > i))
			continue;
		/* Nothing was told late: what came before the completion came before it. */
		bring_up(w, lane, i, i ? w->d->t_ns[i - 1] : t_ns);
		s->touched = false;
		sim_catch_up(s, t_ns);
		bring_back(w, lane);
	}
	note_due(w);
}

/* --- all lanes -----------------------------------------------------------------------------------
 */

static inline __attribute__((always_inline)) bool any(const lanes *v)
{
	uint64_t part[sizeof(*v) / sizeof(uint64_t)], all = 0;

	memcpy(part, v, sizeof(*v));
	for (size_t i = 0; i < sizeof(*v) / sizeof(uint64_t); i++)
		all |= part[i];
	return all != 0;
}

/* What a step does to a lane in which it is simple: by 1 where which is 0, by 0 where it is -1. */
static inline __attribute__((always_inline)) void count(struct lockstep *w, const lanes *which,
							int32_t by)
{
	lanes change = by * (1 + *which), lower;

	w->available += change;
	w->base_free += change;
	w->since |= ~*which;
	lower = w->available < w->lowest;
	w->lowest = (w->available & lower) | (w->lowest & ~lower);
}

static inline __attribute__((always_inline)) void step(struct lockstep *w, size_t i, bool take,
						       bool ends)
{
	uint32_t slot = w->d->slot[i];
	lanes which;

	if (take) {
		which = (w->available <= w->least) | (w->base_free <= 0);
		w->in_full[slot] = __builtin_convertvector(which, flags);
	} else {
		which = __builtin_convertvector(w->in_full[slot], lanes);
	}
	count(w, &which, take ? -1 : 1);
	if (any(&which))
		move_in_full(w, &which, i, take);
	if (ends) {
		which = (w->available <= w->ask_at) | (w->available >= w->free_at);
		if (any(&which))
			act_in_full(w, &which, i);
	}
}

static bool is_spent(const struct lockstep *w)
{
	for (int lane = 0; lane < w->nr; lane++)
		if (w->alive[lane] && w->sim[lane].spent)
			return true;
	return false;
}

/* A cell's steps, as far as nothing else is to be done.  Returns: the next one. */
WIDE static size_t run_cell(struct lockstep *w, size_t i, bool watch)
{
	const struct demand *d = w->d;
	const struct demand_cell *cell = &d->cells[i / DEMAND_CELL];
	size_t end = (i / DEMAND_CELL + 1) * DEMAND_CELL;

	if (end > d->nr)
		end = d->nr;
	for (; i < end && !w->error; i++) {
		if (d->t_ns[i] >= w->due_ns || i >= w->tick_at)
			catch_up(w, i);
		step(w, i, cell->takes >> i % DEMAND_CELL & 1, cell->ends >> i % DEMAND_CELL & 1);
		if (watch && is_spent(w))
			drop_spent(w);
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
	flags *in_full = aligned_alloc(64, (d->max_held * sizeof(*in_full) + 64) / 64 * 64);
	int ret = w && in_full ? 0 : -ENOMEM;

	for (size_t first = 0; first < nr && !ret; first += LOCKSTEP_LANES) {
		memset(w, 0, sizeof(*w));
		w->d = d;
		w->in_full = in_full;
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
	free(in_full);
	free(w);
	return ret;
}
