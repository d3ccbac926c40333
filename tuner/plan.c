/* SPDX-License-Identifier: MIT */
#include "tuner/plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/atlas.h"
#include "tuner/bound.h"

const char *const plan_names[PLAN_NR] = {"safe", "balanced", "lean", "static"};

/* Small sets of numbers: what is to be tried of one mark. */
#define CHOICES 16
struct choices {
	uint32_t value[CHOICES];
	size_t nr;
};

/* Steps that all trials together may do one by one: settings that lose much stop early, so that
 * this is reached where recordings are long and hardly anything can be skipped. */
#define STEPS_MAX UINT64_C(400000000)

/* The leads that lows are made for. */
enum { TAU_SAFE, TAU_LONGEST, TAU_P99, TAU_P90, TAU_P50, NR_TAU };

struct search {
	const struct demand *d;
	const struct plan_request *q;
	struct plan *plan;
	struct atlas atlas;
	struct choices blocks, held;
	uint32_t margin; /* how much higher the next recording's peak may well be */
	int64_t tau[NR_TAU];
	uint32_t need[CHOICES][NR_TAU]; /* of a block of blocks: the low for each lead */
	struct plan_setting *tried;
	size_t nr, room;
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

/* Memory comes in pages: sizes above 16 buffers are multiples of 8. */
static uint64_t even(uint64_t buffers)
{
	return buffers > 16 ? (buffers + 7) / 8 * 8 : buffers ? buffers : 1;
}

/* --- what to try --------------------------------------------------------------------------------
 */

static void choose_taus(struct search *s)
{
	const struct lead_sample *leads = s->q->leads;
	struct plan *p = s->plan;

	p->longest_ns = leads->ns[leads->nr - 1];
	p->safe_ns = p->longest_ns;
	if (leads->recorded && p->longest_ns < INT64_MAX / 4)
		p->safe_ns += leads->nr < PLAN_LEADS ? p->longest_ns : p->longest_ns / 2;
	s->tau[TAU_SAFE] = p->safe_ns;
	s->tau[TAU_LONGEST] = p->longest_ns;
	s->tau[TAU_P99] = lead_sample_quantile(leads, 0.99);
	s->tau[TAU_P90] = lead_sample_quantile(leads, 0.9);
	s->tau[TAU_P50] = lead_sample_quantile(leads, 0.5);
	for (size_t i = 0; i < NR_TAU; i++)
		s->tau[i] += s->tau[i] < INT64_MAX / 4 ? p->batch.ns : 0;
}

static void choose_blocks(struct search *s)
{
	for (size_t i = 0; i < NR_TAU; i++)
		choose(&s->blocks, even(atlas_rise(&s->atlas, s->tau[i])));
	for (uint32_t b = 8; b <= s->d->max_held && s->blocks.nr < CHOICES - 2; b *= 4)
		choose(&s->blocks, b);
	if (s->q->like.block)
		choose(&s->blocks, s->q->like.block);
	for (size_t b = 0; b < s->blocks.nr; b++)
		for (size_t i = 0; i < NR_TAU; i++)
			s->need[b][i] = atlas_low(&s->atlas, s->tau[i], s->blocks.value[b],
						  s->q->like.max_pending, s->q->like.reserve);
}

/* The low that a block needs for a lead; of a block that was not to be tried, it is worked out. */
static uint32_t need_of(const struct search *s, uint32_t block, size_t tau)
{
	for (size_t b = 0; b < s->blocks.nr; b++)
		if (s->blocks.value[b] == block)
			return s->need[b][tau];
	return atlas_low(&s->atlas, s->tau[tau], block, s->q->like.max_pending, s->q->like.reserve);
}

/* What is held: quantiles of X over time. */
static int choose_held(struct search *s)
{
	static const double quantiles[] = {0, 0.25, 0.5, 0.75, 0.9, 0.99, 1};
	const struct demand *d = s->d;
	double *ns = calloc(d->max_held + 1, sizeof(*ns)), sum = 0;
	uint32_t x = 0, level = 0;

	if (!ns)
		return -ENOMEM;
	for (size_t i = 0; i + 1 < d->nr; i++) {
		x += demand_is_take(d, i) ? 1 : -1;
		ns[x] += (double)(d->t_ns[i + 1] - d->t_ns[i]);
	}
	for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		double wanted = quantiles[i] * (double)demand_span_ns(d);

		while (level < d->max_held && sum + ns[level] < wanted)
			sum += ns[level++];
		choose(&s->held, quantiles[i] < 1 ? level : d->max_held);
	}
	free(ns);
	return 0;
}

static void choose_lows(const struct search *s, uint32_t block, struct choices *lows)
{
	uint32_t robust = need_of(s, block, TAU_LONGEST);

	for (size_t i = 0; i < NR_TAU; i++)
		choose(lows, need_of(s, block, i));
	for (uint32_t part = 1; part < 8; part += 2)
		choose(lows, (uint64_t)robust * part / 8);
	choose(lows, (uint64_t)s->q->like.reserve + 1);
	choose(lows, (uint64_t)s->q->like.reserve + s->margin);
}

static void choose_bases(const struct search *s, uint32_t low, struct choices *bases)
{
	uint32_t r = s->q->like.reserve;

	uint64_t all = (uint64_t)s->plan->batch.need + r;

	/* More than all is never cheaper. */
	choose(bases, all);
	choose(bases, all + s->margin);
	for (size_t i = 0; i < s->held.nr; i++)
		if (even((uint64_t)low + 1 + s->held.value[i]) < all)
			choose(bases, even((uint64_t)low + 1 + s->held.value[i]));
}

static uint32_t choose_limit(const struct search *s, uint32_t base, uint32_t block, uint32_t low)
{
	uint64_t need = s->plan->batch.need, least = need + need / 4 + low + 1;
	uint64_t blocks = least > base ? (least - base + block - 1) / block : 0;
	uint64_t limit = base + (blocks ? blocks : 1) * block;

	return limit < INT32_MAX ? (uint32_t)limit : INT32_MAX;
}

/* --- trials -------------------------------------------------------------------------------------
 */

static double cost_of(const struct demand *d, const struct policy_marks *m,
		      const struct sim_result *r)
{
	double span = (double)demand_span_ns(d);

	return r->mean_buffers +
	       (span > 0 ? (double)r->granted * m->block * PLAN_SWITCH_NS / span : 0);
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
	one->covers = m->base >= (uint64_t)s->plan->batch.need + m->reserve;
}

/* Tries marks; they are kept when they meet the target. */
static void try(struct search *s, struct policy_marks marks)
{
	struct sim_options options = {s->plan->missed_allowed};
	struct plan_setting *one = make_room(s);
	char why[192];
	int ret;

	s->plan->possible++;
	if (!one || s->steps > STEPS_MAX || !policy_marks_ok(&marks, why, sizeof(why)))
		return;
	*one = (struct plan_setting){.marks = marks};
	ret = sim_skip(s->d, &marks, s->q->lead, &options, &one->sim);
	s->plan->tried++;
	s->steps += one->sim.steps_done;
	if (ret == -EINVAL)
		return;
	s->error = ret;
	if (ret || one->sim.lost + one->sim.resources > s->plan->missed_allowed)
		return;
	one->cost = cost_of(s->d, &marks, &one->sim);
	describe(s, one);
	s->nr++;
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

static void try_all(struct search *s)
{
	for (size_t b = 0; b < s->blocks.nr; b++) {
		struct policy_marks m = s->q->like;
		struct choices lows = {.nr = 0};

		m.block = s->blocks.value[b];
		choose_lows(s, m.block, &lows);
		for (size_t l = 0; l < lows.nr; l++) {
			struct choices bases = {.nr = 0};

			m.low = lows.value[l];
			choose_bases(s, m.low, &bases);
			for (size_t i = 0; i < bases.nr && !s->error; i++) {
				m.base = bases.value[i];
				m.limit = choose_limit(s, m.base, m.block, m.low);
				try_highs(s, m);
			}
		}
	}
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
 * Needs it no luck?  Its low is made for that lead; or its base block holds all that was ever held,
 * for the safe setting with a margin, below which it would still ask for more.
 */
static bool is_robust(const struct search *s, const struct plan_setting *one, size_t tau)
{
	const struct policy_marks *m = &one->marks;
	uint32_t margin = tau == TAU_SAFE ? s->margin : 0;

	if (m->low >= need_of(s, m->block, tau))
		return true;
	return m->base >= (uint64_t)s->plan->batch.need + m->reserve + margin &&
	       m->low >= m->reserve + margin && m->block >= margin;
}

/* The cheapest without luck, or of all; the draws of the leads must meet the target, too. */
static bool settle_cheapest(struct search *s, size_t tau, bool luck, struct plan_setting *out)
{
	for (size_t i = 0; i < s->nr && !s->error; i++) {
		struct plan_setting *one = &s->tried[i];

		if (!luck && !is_robust(s, one, tau))
			continue;
		s->error = plan_stand_draws(s->d, s->q, s->plan, one);
		if (s->error || one->worst_missed > s->plan->missed_allowed)
			continue;
		*out = *one;
		s->error = plan_settle(s->d, s->q, s->plan, out);
		return !s->error;
	}
	return false;
}

/* The smallest fixed pool that meets the target. */
static bool settle_static(struct search *s, struct plan_setting *out)
{
	uint32_t c = s->d->max_held;
	struct policy_marks m = s->q->like;
	uint64_t lost = 0;

	while (c > 1 && lost + s->d->hunt[c - 1] <= s->plan->missed_allowed)
		lost += s->d->hunt[--c];
	m.base = m.limit = c + m.reserve;
	m.block = 1;
	m.low = m.reserve + 1;
	m.high = m.low + 2;
	m.shrink_ticks = m.probe_ticks = 0;
	*out = (struct plan_setting){.marks = m};
	s->error = plan_settle(s->d, s->q, s->plan, out);
	out->cost = out->sim.mean_buffers;
	describe(s, out);
	return !s->error;
}

/* With the block that suits it best. */
static int bound(struct search *s)
{
	struct plan *p = s->plan;
	struct bound_table table;
	int ret;

	p->clairvoyant_mean = INFINITY;
	ret = bound_table_make(s->d, (int64_t)PLAN_SWITCH_NS, &table);
	for (size_t i = 0; !ret && i < s->blocks.nr; i++) {
		struct bound bound;

		ret = bound_of(&table, 1, s->blocks.value[i], s->q->like.reserve, &bound);
		if (!ret && bound.mean_buffers < p->clairvoyant_mean) {
			p->clairvoyant_mean = bound.mean_buffers;
			p->clairvoyant_peak = bound.peak_buffers;
		}
	}
	bound_table_release(&table);
	return ret;
}

static int conclude(struct search *s)
{
	struct plan *p = s->plan;

	if (s->nr)
		qsort(s->tried, s->nr, sizeof(*s->tried), by_cost);
	p->has[PLAN_STATIC] = settle_static(s, &p->row[PLAN_STATIC]);
	p->has[PLAN_SAFE] = settle_cheapest(s, TAU_SAFE, false, &p->row[PLAN_SAFE]);
	p->has[PLAN_BALANCED] = settle_cheapest(s, TAU_P99, false, &p->row[PLAN_BALANCED]);
	p->has[PLAN_LEAN] = settle_cheapest(s, TAU_P99, true, &p->row[PLAN_LEAN]);
	if (!s->error)
		s->error = bound(s);
	make_front(s);
	return s->error;
}

int plan_make(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	struct search s = {.d = d, .q = q, .plan = out};
	int ret;

	*out = (struct plan){.missed_allowed = (uint64_t)floor(q->loss * (double)d->takes)};
	ret = batch_find(d, &out->batch);
	if (ret)
		return ret;
	choose_taus(&s);
	ret = low_burst(d, s.tau[TAU_SAFE], &out->burst);
	if (!ret)
		ret = low_burst(d, s.tau[TAU_LONGEST], &out->longest_burst);
	out->robust_low = low_of(out->longest_burst.rise, q->like.reserve);
	if (!ret)
		ret = atlas_make(d, ATLAS_NEVER, false, &s.atlas);
	if (ret)
		return ret;
	/* The standard deviation, were packets to come and go independently of each other. */
	s.margin = (uint32_t)ceil(sqrt(d->max_held));
	choose_blocks(&s);
	ret = choose_held(&s);
	if (!ret) {
		try_all(&s);
		ret = s.error ? s.error : conclude(&s);
	}
	atlas_release(&s.atlas);
	free(s.tried);
	return ret;
}
