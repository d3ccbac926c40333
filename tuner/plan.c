/* SPDX-License-Identifier: MIT */
#include "tuner/plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/atlas.h"
#include "tuner/parallel.h"

const char *const plan_names[PLAN_NR] = {"safe", "balanced", "lean", "static", "static+"};

/* Small sets of numbers: what is to be tried of one mark. */
#define CHOICES 16
struct choices {
	uint32_t value[CHOICES];
	size_t nr;
};

/* Steps that all trials together may do one by one: settings that lose much stop early, so that
 * this is reached where recordings are long and hardly anything can be skipped. */
#define STEPS_MAX UINT64_C(400000000)

/* So many trials at a time.  All are concluded in their order, whatever thread made them. */
#define TRIALS 64
/* Below this, threads take longer to begin than it takes to do the work. */
#define STEPS_PARALLEL 100000

struct trial {
	struct policy_marks marks;
	struct sim_result sim;
	int ret;
};

/* The leads that lows are made for. */
enum { TAU_SAFE, TAU_LONGEST, TAU_P99, TAU_P90, TAU_P50, NR_TAU };

/* What goes through the whole demand. */
enum { TABLE_BURSTS, TABLE_ATLAS, NR_TABLES };

struct search {
	const struct demand *d;
	const struct plan_request *q;
	struct plan *plan;
	struct atlas atlas;
	int table_ret[NR_TABLES];
	struct choices held; /* what is held: quantiles of X over time */
	int64_t tau[NR_TAU];
	struct plan_setting *tried;
	size_t nr, room;
	unsigned int threads; /* of parallel_run() */
	struct trial trial[TRIALS];
	size_t nr_trials;
	uint64_t steps;
	int error;
};

static void choose(struct choices *c, uint64_t value)
{
	if (value > INT32_MAX / 4 || c->nr == CHOICES)
		return;
	for (size_t i = 0; i < c->nr; i++)
		if (c->value[i] == value)
			return;
	c->value[c->nr++] = (uint32_t)value;
}

/* Memory comes in pages: blocks above 16 buffers are multiples of 8. */
static uint32_t even_below(uint32_t buffers)
{
	return buffers > 16 ? buffers / 8 * 8 : buffers;
}

/* --- what to try --------------------------------------------------------------------------------
 */

static void choose_taus(struct search *s)
{
	const struct lead_sample *leads = s->q->leads;
	const struct plan *p = s->plan;

	s->tau[TAU_SAFE] = plan_tau(p, p->safe_ns);
	s->tau[TAU_LONGEST] = plan_tau(p, p->longest_ns);
	s->tau[TAU_P99] = plan_tau(p, lead_sample_quantile(leads, 0.99));
	s->tau[TAU_P90] = plan_tau(p, lead_sample_quantile(leads, 0.9));
	s->tau[TAU_P50] = plan_tau(p, lead_sample_quantile(leads, 0.5));
	for (size_t i = 0; i < PLAN_HELD; i++)
		choose(&s->held, p->held[i]);
}

static uint32_t need_of(const struct search *s, uint32_t block, size_t tau)
{
	return atlas_low(&s->atlas, s->tau[tau], block, s->q->like.max_pending, s->q->like.reserve);
}

/* Which low: what one of the leads needs, or a part of what the longest does. */
enum { LOW_PARTS = NR_TAU + 4, LOW_LEAST = LOW_PARTS, NR_LOWS };

static uint32_t low_for(const struct search *s, uint32_t block, size_t which)
{
	if (which < NR_TAU)
		return need_of(s, block, which);
	if (which < LOW_PARTS)
		return need_of(s, block, TAU_LONGEST) * (2 * (uint32_t)(which - NR_TAU) + 1) / 8;
	return s->q->like.reserve + 1;
}

/*
 * What a pool has at most is given; it is split into a base block that leaves low + 1 above what is
 * held for some of the time, and blocks.  Smaller blocks need a higher low.
 * Returns: false when there is nothing to split.
 */
static bool split(const struct search *s, uint32_t held, uint32_t blocks, size_t which,
		  struct policy_marks *m)
{
	uint32_t size = s->plan->size;

	m->block = size;
	for (int round = 0; round < 3; round++) {
		uint64_t least;

		m->low = low_for(s, m->block, which);
		least = (uint64_t)held + m->low + 1;
		if (least >= size)
			return false;
		m->block = even_below((uint32_t)(size - least) / blocks);
		if (!m->block)
			return false;
	}
	m->low = low_for(s, m->block, which);
	m->base = size - blocks * m->block;
	m->limit = size;
	return m->base > m->low;
}

/* --- trials -------------------------------------------------------------------------------------
 */

static double cost_of(const struct demand *d, const struct policy_marks *m,
		      const struct sim_result *r)
{
	double span = (double)demand_span_ns(d);
	double price = m->block < PLAN_SWITCH_LEAST ? PLAN_SWITCH_LEAST : m->block;

	return r->mean_buffers +
	       (span > 0 ? (double)r->granted * price * PLAN_SWITCH_NS / span : 0);
}

static struct plan_setting *make_room(struct search *s)
{
	if (s->nr == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		struct plan_setting *grown = realloc(s->tried, room * sizeof(*grown));

		if (!grown) {
			s->error = -ENOMEM;
			return NULL;
		}
		s->tried = grown;
		s->room = room;
	}
	return &s->tried[s->nr];
}

static void describe(const struct search *s, struct plan_setting *one)
{
	const struct policy_marks *m = &one->marks;

	one->robust_low =
		atlas_low(&s->atlas, s->plan->longest_ns, m->block, m->max_pending, m->reserve);
	one->covers = m->base >= (uint64_t)s->plan->in_use + m->reserve;
}

/* Marks that are tried together, on all processors. */
static void simulate(size_t i, void *ctx)
{
	struct search *s = ctx;
	struct trial *t = &s->trial[i];
	struct sim_options options = {s->plan->missed_allowed};

	t->ret = sim_skip(s->d, &t->marks, s->q->lead, &options, &t->sim);
}

/* What came of one trial; it is kept when it meets the target. */
static void conclude_trial(struct search *s, const struct trial *t)
{
	struct plan_setting *one = make_room(s);

	if (!one || s->steps > STEPS_MAX)
		return;
	s->plan->tried++;
	if (t->ret == -EINVAL)
		return;
	s->error = t->ret;
	s->steps += t->sim.steps_done;
	if (t->ret || t->sim.lost + t->sim.resources > s->plan->missed_allowed)
		return;
	*one = (struct plan_setting){.marks = t->marks, .sim = t->sim};
	one->cost = cost_of(s->d, &t->marks, &t->sim);
	describe(s, one);
	s->nr++;
}

static void run_trials(struct search *s)
{
	parallel_run(s->threads, s->nr_trials, simulate, s);
	for (size_t i = 0; i < s->nr_trials && !s->error; i++)
		conclude_trial(s, &s->trial[i]);
	s->nr_trials = 0;
}

static void try(struct search *s, struct policy_marks marks)
{
	char why[192];

	s->plan->possible++;
	if (s->steps > STEPS_MAX || !policy_marks_ok(&marks, why, sizeof(why)))
		return;
	s->trial[s->nr_trials++] = (struct trial){.marks = marks};
	if (s->nr_trials == TRIALS)
		run_trials(s);
}

static void try_highs(struct search *s, struct policy_marks m)
{
	struct choices gaps = {.nr = 0};

	choose(&gaps, 1);
	choose(&gaps, m.block / 2 + 1);
	choose(&gaps, m.block);
	choose(&gaps, (uint64_t)3 * m.block);
	choose(&gaps, (uint64_t)10 * m.block);
	for (size_t i = 0; i < gaps.nr && !s->error; i++) {
		m.high = m.low + m.block + gaps.value[i];
		try(s, m);
	}
}

/* A pool that never grows. */
static struct policy_marks fixed(const struct search *s, uint32_t size)
{
	struct policy_marks m = s->q->like;

	m.base = m.limit = size;
	m.block = 1;
	m.low = m.reserve + 1;
	m.high = m.low + 2;
	m.shrink_ticks = m.probe_ticks = 0;
	return m;
}

static void try_all(struct search *s)
{
	static const uint32_t parts[] = {1, 2, 3, 4, 6, 8, 12, 16};

	try(s, fixed(s, s->plan->size));
	try(s, fixed(s, s->plan->size_balanced));
	try(s, fixed(s, s->plan->in_use + s->q->like.reserve));
	for (size_t which = 0; which < NR_LOWS; which++)
		for (size_t i = 0; i < s->held.nr; i++)
			for (size_t k = 0; k < sizeof(parts) / sizeof(*parts) && !s->error; k++) {
				struct policy_marks m = s->q->like;

				if (split(s, s->held.value[i], parts[k], which, &m))
					try_highs(s, m);
			}
	if (!s->error)
		run_trials(s);
}

/* --- what comes of it ---------------------------------------------------------------------------
 */

static int by_cost(const void *a, const void *b)
{
	const struct plan_setting *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	if (x->marks.low != y->marks.low) /* for nothing more, what needs no luck */
		return x->marks.low > y->marks.low ? -1 : 1;
	if (x->marks.block != y->marks.block)
		return x->marks.block < y->marks.block ? -1 : 1;
	return memcmp(&x->marks, &y->marks, sizeof(x->marks));
}

static int by_mean(const void *a, const void *b)
{
	const struct plan_setting *x = a, *y = b;

	if (x->sim.mean_buffers != y->sim.mean_buffers)
		return x->sim.mean_buffers < y->sim.mean_buffers ? -1 : 1;
	return x->sim.frees < y->sim.frees ? -1 : x->sim.frees > y->sim.frees;
}

/* Fewer buffers or fewer frees: none of the others has both.  Leaves them by mean. */
static void make_front(struct search *s)
{
	uint64_t least = UINT64_MAX;

	if (s->nr)
		qsort(s->tried, s->nr, sizeof(*s->tried), by_mean);
	for (size_t i = 0; i < s->nr && s->plan->nr_front < PLAN_FRONT; i++) {
		if (s->tried[i].sim.frees >= least)
			continue;
		least = s->tried[i].sim.frees;
		s->plan->front[s->plan->nr_front++] = s->tried[i];
	}
}

/*
 * Needs it no luck?  It may be as large as a fixed pool has to be; and its low is made for that
 * lead, or it is as large from the beginning.
 */
static bool is_robust(const struct search *s, const struct plan_setting *one, size_t tau)
{
	const struct policy_marks *m = &one->marks;
	uint32_t size = tau == TAU_SAFE ? s->plan->size : s->plan->size_balanced;

	if (m->limit < size)
		return false;
	return m->base >= size || m->low >= need_of(s, m->block, tau);
}

enum which { ANY_SAFE, ONLY_GROWING, ONLY_FIXED, BY_LUCK };

/* The cheapest of them; the draws of the leads must meet the target, too. */
static bool find_cheapest(struct search *s, size_t tau, enum which which, struct plan_setting *out)
{
	for (size_t i = 0; i < s->nr && !s->error; i++) {
		struct plan_setting *one = &s->tried[i];

		if (which != BY_LUCK && !is_robust(s, one, tau))
			continue;
		if (which == (one->marks.base == one->marks.limit ? ONLY_GROWING : ONLY_FIXED))
			continue;
		s->error = plan_stand_draws(s->d, s->q, s->plan, one);
		if (s->error || one->worst_missed > s->plan->missed_allowed)
			continue;
		*out = *one;
		return true;
	}
	return false;
}

/* The smallest fixed pool that meets the target. */
static bool find_static(struct search *s, struct plan_setting *out)
{
	*out = (struct plan_setting){.marks = fixed(s, s->plan->size_static)};
	s->error = sim_skip(s->d, &out->marks, s->q->lead, NULL, &out->sim);
	out->cost = out->sim.mean_buffers;
	describe(s, out);
	return !s->error;
}

/* Of a lead that lasts longer than a rise to three quarters of the peak, growth makes nothing. */
static bool is_slow(const struct plan *p)
{
	return !p->has_growing || p->burst.rise >= p->peaks.max_held / 4 * 3;
}

static void choose_safe(struct plan *p)
{
	bool grows = p->has_growing && p->growing.cost <= PLAN_WORTH * p->size;
	enum plan_name from = PLAN_CUSHIONED;

	p->reason = grows ? PLAN_GROWS : is_slow(p) ? PLAN_SLOW : PLAN_STEADY;
	p->has[PLAN_SAFE] = grows || p->has[from];
	p->row[PLAN_SAFE] = grows ? p->growing : p->row[from];
}

static int conclude(struct search *s)
{
	struct plan *p = s->plan;

	if (s->nr)
		qsort(s->tried, s->nr, sizeof(*s->tried), by_cost);
	p->has[PLAN_STATIC] = find_static(s, &p->row[PLAN_STATIC]);
	p->has_growing = find_cheapest(s, TAU_SAFE, ONLY_GROWING, &p->growing);
	p->has[PLAN_CUSHIONED] = find_cheapest(s, TAU_SAFE, ONLY_FIXED, &p->row[PLAN_CUSHIONED]);
	choose_safe(p);
	p->has[PLAN_BALANCED] = find_cheapest(s, TAU_P99, ANY_SAFE, &p->row[PLAN_BALANCED]);
	p->has[PLAN_LEAN] = find_cheapest(s, TAU_P99, BY_LUCK, &p->row[PLAN_LEAN]);
	make_front(s);
	return s->error;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static void make_table(size_t i, void *ctx)
{
	struct search *s = ctx;

	if (i == TABLE_ATLAS)
		s->table_ret[i] = atlas_make(s->d, ATLAS_NEVER, false, &s->atlas);
	else if (!s->plan->longest_burst.rise) /* else they were found with the steps */
		s->table_ret[i] = plan_find_bursts(s->d, s->plan);
}

int plan_search(const struct demand *d, const struct plan_request *q, struct plan *plan)
{
	struct search s = {.d = d, .q = q, .plan = plan, .threads = d->nr < STEPS_PARALLEL};
	int ret;

	parallel_run(s.threads, NR_TABLES, make_table, &s);
	ret = s.table_ret[TABLE_BURSTS] ? s.table_ret[TABLE_BURSTS] : s.table_ret[TABLE_ATLAS];
	if (!ret) {
		choose_taus(&s);
		try_all(&s);
		ret = s.error ? s.error : conclude(&s);
	}
	atlas_release(&s.atlas);
	free(s.tried);
	return ret;
}

int plan_make(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	int ret = plan_first_whole(d, q, out);

	return ret ? ret : plan_search(d, q, out);
}
