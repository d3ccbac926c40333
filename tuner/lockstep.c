/* SPDX-License-Identifier: MIT */
#include "tuner/lockstep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/lockstep_state.h"

/* --- a lane's blocks -----------------------------------------------------------------------------
 */

static void set_bit(uint32_t *mask, int lane, bool value)
{
	*mask = (*mask & ~(1u << lane)) | (uint32_t)value << lane;
}

void lockstep_set_free_at(struct lockstep *w, int lane)
{
	const struct sim *s = &w->sim[lane];
	const struct policy *p = &s->policy;
	bool any = w->many >> lane & 1 ? ladder_last(&s->idle) != LADDER_NONE
				       : w->blocks[lane].idle != 0;
	bool may = any && p->quiet_ticks >= p->marks.shrink_ticks;

	w->free_at[lane] = may ? (int32_t)p->marks.high : LOCKSTEP_NEVER;
}

void lockstep_occupy(struct lockstep *w, uint32_t which, uint32_t slot)
{
	for (; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct sim *s = &w->sim[lane];
		uint32_t block = sim_occupy(s);

		s->owner[slot] = block;
		if (s->held[block] == 1) /* one less is idle */
			lockstep_set_free_at(w, lane);
	}
}

void lockstep_vacate(struct lockstep *w, uint32_t which, uint32_t slot)
{
	for (; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct sim *s = &w->sim[lane];
		uint32_t block = s->owner[slot];

		sim_vacate(s, block);
		s->owner[slot] = OWNER_NONE;
		if (!s->held[block])
			lockstep_set_free_at(w, lane);
	}
}

/* Whether the base block has room, base_free says; so the first of with_room is a dynamic one. */
static void borrow_blocks(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];

	ladder_clear(&s->with_room, 0);
	set_bit(&w->many, lane, s->with_room.levels > 1);
	w->blocks[lane] = (struct lockstep_blocks){s->with_room.level[0][0], s->idle.level[0][0],
						   s->held, s->owner, s->policy.marks.block};
}

static void give_blocks_back(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];

	if (!(w->many >> lane & 1)) {
		s->with_room.level[0][0] = w->blocks[lane].with_room;
		s->idle.level[0][0] = w->blocks[lane].idle;
	}
	if (w->base_free[lane])
		ladder_set(&s->with_room, 0);
}

/* --- one lane, in full ---------------------------------------------------------------------------
 */

static void note_spare(struct lockstep *w, int lane)
{
	const struct sim *s = &w->sim[lane];
	uint64_t missed = s->r.lost + s->r.resources;
	uint64_t spare = s->budget > missed ? s->budget - missed : 0;

	w->spare[lane] = spare < LOCKSTEP_NEVER ? (int32_t)spare : LOCKSTEP_NEVER;
}

static void note_misses(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];

	s->r.resources += (uint32_t)w->resources[lane];
	s->r.lost += (uint32_t)(w->missed[lane] - w->resources[lane]);
	s->spent |= s->r.lost + s->r.resources > s->budget;
	w->missed[lane] = w->resources[lane] = 0;
	note_spare(w, lane);
}

/* Its simulation learns what the vectors know. */
static void bring_up(struct lockstep *w, int lane, size_t at, int64_t t_ns)
{
	struct sim *s = &w->sim[lane];
	struct policy *p = &s->policy;

	s->at = at;
	s->now_ns = t_ns > s->now_ns ? t_ns : s->now_ns;
	s->held[0] = p->marks.base - (uint32_t)w->base_free[lane];
	give_blocks_back(w, lane);
	note_misses(w, lane);
	if (!(w->since >> lane & 1))
		return;
	s->touched = true;
	if (w->lowest[lane] <= (int64_t)p->marks.low) {
		p->held = p->total - (uint32_t)w->lowest[lane];
		policy_return(p, 0);
	}
	p->held = p->total - (uint32_t)w->available[lane];
	policy_return(p, 0);
	w->since &= ~(1u << lane);
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

/* And the vectors what it has become. */
static void bring_back(struct lockstep *w, int lane)
{
	struct sim *s = &w->sim[lane];
	const struct policy *p = &s->policy;
	bool unsettled = is_unsettled(p);

	w->available[lane] = w->lowest[lane] = (int32_t)policy_available(p);
	w->base_free[lane] = (int32_t)(p->marks.base - s->held[0]);
	borrow_blocks(w, lane);
	w->least[lane] = unsettled ? -1 : (int32_t)p->marks.reserve;
	set_bit(&w->unsettled, lane, unsettled);
	w->ask_at[lane] = unsettled ? LOCKSTEP_NEVER : ask_level(p);
	lockstep_set_free_at(w, lane);
	note_spare(w, lane);
	w->spent |= s->spent;
	if (s->error)
		w->error = s->error;
}

/* A lane that is done, or not there at all, counts for nothing. */
static void retire(struct lockstep *w, int lane)
{
	set_bit(&w->alive, lane, false);
	set_bit(&w->unsettled, lane, false);
	set_bit(&w->clean, lane, false);
	w->available[lane] = w->base_free[lane] = w->lowest[lane] = 1 << 30;
	w->least[lane] = w->ask_at[lane] = -1;
	w->free_at[lane] = w->spare[lane] = LOCKSTEP_NEVER;
}

static void finish_lane(struct lockstep *w, int lane)
{
	sim_finish(&w->sim[lane], w->out[lane]);
	retire(w, lane);
}

void lockstep_take(struct lockstep *w, uint32_t which, size_t i)
{
	uint32_t slot = w->d->slot[i];

	for (; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct sim *s = &w->sim[lane];
		uint32_t odd = 0;

		bring_up(w, lane, i, w->d->t_ns[i]);
		sim_move(s, true, slot);
		s->at = i + 1;
		set_bit(&w->clean, lane, !(s->r.lost + s->r.resources));
		if (s->owner[slot])
			odd = s->owner[slot] == OWNER_NOBODY ? 1u : 1u << LANES;
		w->odd[slot] = (w->odd[slot] & ~((1u << LANES | 1u) << lane)) | odd << lane;
		bring_back(w, lane);
	}
}

void lockstep_first_missed(struct lockstep *w, uint32_t which, size_t i)
{
	w->clean &= ~which;
	for (; which; which &= which - 1)
		w->sim[__builtin_ctz(which)].r.first_loss_ns = w->d->t_ns[i];
}

static void note_due(struct lockstep *w)
{
	w->due_ns = INT64_MAX;
	w->tick_at = SIZE_MAX;
	for (int lane = 0; lane < w->nr; lane++) {
		const struct sim *s = &w->sim[lane];

		if (!(w->alive >> lane & 1))
			continue;
		if (s->due_ns < w->due_ns)
			w->due_ns = s->due_ns;
		if (s->tick_at < w->tick_at)
			w->tick_at = s->tick_at;
	}
}

void lockstep_act(struct lockstep *w, uint32_t which, size_t i)
{
	for (which &= w->alive; which; which &= which - 1) {
		int lane = __builtin_ctz(which);
		struct sim *s = &w->sim[lane];

		bring_up(w, lane, i + 1, w->d->t_ns[i]);
		if (!s->touched) {
			borrow_blocks(w, lane);
			continue;
		}
		s->touched = false;
		sim_act(s);
		bring_back(w, lane);
		if (s->due_ns < w->due_ns)
			w->due_ns = s->due_ns;
	}
}

/* Settings that have lost too much leave. */
void lockstep_drop_spent(struct lockstep *w, size_t i)
{
	bool any = false;

	w->spent = false;
	for (int lane = 0; lane < w->nr; lane++) {
		if (!(w->alive >> lane & 1))
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

void lockstep_catch_up(struct lockstep *w, size_t i)
{
	int64_t t_ns = w->d->t_ns[i];

	for (int lane = 0; lane < w->nr; lane++) {
		struct sim *s = &w->sim[lane];

		if (!(w->alive >> lane & 1) || (s->due_ns > t_ns && s->tick_at > i))
			continue;
		bring_up(w, lane, i, i ? w->d->t_ns[i - 1] : t_ns);
		s->touched = false;
		sim_catch_up(s, t_ns);
		bring_back(w, lane);
	}
	note_due(w);
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
	set_bit(&w->alive, lane, true);
	set_bit(&w->clean, lane, true);
	bring_back(w, lane);
	return 0;
}

static int run_batch(struct lockstep *w, lockstep_cell *cell)
{
	note_due(w);
	for (size_t i = 0; i < w->d->nr && w->alive && !w->error;)
		i = cell(w, i);
	for (int lane = 0; lane < w->nr && !w->error; lane++)
		if (w->alive >> lane & 1) {
			bring_up(w, lane, w->d->nr, w->d->t_ns[w->d->nr - 1]);
			finish_lane(w, lane);
		}
	return w->error;
}

int lockstep_by(lockstep_cell *cell, const struct demand *d, const struct policy_marks *marks,
		size_t nr, const struct lead *lead, const struct sim_options *options,
		struct sim_result *out)
{
	uint64_t budget = options ? options->budget : UINT64_MAX;
	struct lockstep *w = aligned_alloc(64, (sizeof(*w) + 63) / 64 * 64);
	uint32_t *odd = malloc((d->max_held + 1) * sizeof(*odd));
	int ret = w && odd ? 0 : -ENOMEM;

	for (size_t first = 0; first < nr && !ret; first += LANES) {
		memset(w, 0, sizeof(*w));
		w->d = d;
		w->odd = odd;
		memset(odd, 0, (d->max_held + 1) * sizeof(*odd));
		for (int lane = 0; lane < LANES; lane++)
			retire(w, lane);
		for (int lane = 0; lane < LANES && first + lane < nr && !ret; lane++)
			ret = open_lane(w, lane, &marks[first + lane], lead, budget,
					&out[first + lane]);
		if (!ret)
			ret = run_batch(w, cell);
		for (int lane = 0; lane < w->nr; lane++)
			sim_release(&w->sim[lane]);
	}
	free(odd);
	free(w);
	return ret;
}

size_t lockstep_cells(lockstep_cell *cells[LOCKSTEP_CELLS])
{
	size_t nr = 0;

	cells[nr++] = lockstep_cell_any;
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2"))
		cells[nr++] = lockstep_cell_avx2;
	if (__builtin_cpu_supports("avx512f"))
		cells[nr++] = lockstep_cell_avx512;
#endif
	return nr;
}

int sim_lockstep(const struct demand *d, const struct policy_marks *marks, size_t nr,
		 const struct lead *lead, const struct sim_options *options, struct sim_result *out)
{
	lockstep_cell *cells[LOCKSTEP_CELLS];
	size_t nr_cells = lockstep_cells(cells);

	return lockstep_by(cells[nr_cells - 1], d, marks, nr, lead, options, out);
}
