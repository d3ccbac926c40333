/* SPDX-License-Identifier: MIT */
/* What is known before any marks are tried: from the path alone, for the most part. */
#include <errno.h>
#include <math.h>

#include "tuner/bound.h"
#include "tuner/impute.h"
#include "tuner/parallel.h"
#include "tuner/plan.h"
#include "tuner/rises.h"

/* Below this, threads take longer to begin than it takes to do the work. */
#define PARALLEL_LEAST 20000 /* moves or steps */

/* What goes through the whole demand; what takes the gap, in one walk after it. */
enum { WITHOUT_GAP, WITH_GAP, NR_WALKS };
/* While packets are imputed, one walk follows, and another one comes after that. */
enum { FOLLOWS, COMES_AFTER };

struct first {
	const struct demand *d;
	const struct plan_request *q;
	struct plan *plan;
	struct bound_walk bound;
	struct peaks_walk peaks;
	struct batch_walk batch;
	struct rises_walk rises;
	uint32_t rise[2]; /* within safe_ns, and longest_ns */
	int ret[NR_WALKS];
	struct demand *imputed; /* d, and its new moves */
	struct flow flow;
};

/* --- how steep -----------------------------------------------------------------------------------
 */

static void choose_leads(struct first *f)
{
	const struct lead_sample *leads = f->q->leads;
	struct plan *p = f->plan;

	p->longest_ns = leads->ns[leads->nr - 1];
	p->safe_ns = p->longest_ns;
	if (leads->recorded && p->longest_ns < INT64_MAX / 4)
		p->safe_ns += leads->nr < PLAN_LEADS ? p->longest_ns : p->longest_ns / 2;
}

int plan_find_bursts(const struct demand *d, struct plan *out)
{
	int ret = low_burst(d, plan_tau(out, out->safe_ns), &out->burst);

	return ret ? ret : low_burst(d, plan_tau(out, out->longest_ns), &out->longest_burst);
}

/* --- who knows the future ------------------------------------------------------------------------
 */

/* X at quantiles of the time. */
static void find_held(const struct bound_table *t, uint32_t *held)
{
	static const double quantiles[PLAN_HELD - 1] = {0, 0.25, 0.5, 0.75, 0.9, 0.99};
	uint32_t level = 0;

	for (size_t i = 0; i < PLAN_HELD - 1; i++) {
		double wanted = quantiles[i] * (double)t->span_ns;

		while (level < t->nr && (double)(t->span_ns - t->levels[level].above_ns) < wanted)
			level++;
		held[i] = level;
	}
	held[PLAN_HELD - 1] = t->nr;
}

/* With the block that suits best. */
static int find_clairvoyant(struct first *f, const struct bound_table *table)
{
	struct plan *p = f->plan;
	int ret = 0;

	p->clairvoyant_mean = INFINITY;
	for (uint32_t block = 1; !ret && block <= f->d->max_held; block *= 2) {
		struct bound bound;

		ret = bound_of(table, 1, block, f->q->like.reserve, &bound);
		if (!ret && bound.mean_buffers < p->clairvoyant_mean) {
			p->clairvoyant_mean = bound.mean_buffers;
			p->clairvoyant_peak = bound.peak_buffers;
		}
	}
	if (!ret)
		find_held(table, p->held);
	return ret;
}

/* --- the walks -----------------------------------------------------------------------------------
 */

/* And what takes it.  Of returns it needs none. */
static int find_gap(struct first *f)
{
	struct plan *p = f->plan;
	int ret = batch_find_gap(f->d, &p->batch);
	int64_t tau[2] = {plan_tau(p, p->safe_ns), plan_tau(p, p->longest_ns)};

	batch_begin(&f->batch, p->batch.ns);
	return ret ? ret : rises_begin(&f->rises, tau, 2);
}

static void walk(size_t i, void *ctx)
{
	struct first *f = ctx;
	const struct path_looker without[] = {{bound_look, &f->bound}, {peaks_look, &f->peaks}};
	const struct path_looker with[] = {{batch_look, &f->batch}, {rises_look, &f->rises}};

	f->ret[i] = i == WITH_GAP ? find_gap(f) : 0;
	if (!f->ret[i]) /* with steps, where the rises are is found in the same pass */
		f->ret[i] = path_show(path_begin(f->d), i == WITH_GAP ? with : without,
				      i == WITH_GAP && !f->d->path ? 1 : 2);
}

static void walk_all(struct first *f)
{
	parallel_run(path_length(f->d) < PARALLEL_LEAST, NR_WALKS, walk, f);
}

static void follow(void *ctx)
{
	struct first *f = ctx;
	const struct path_looker lookers[] = {
		{bound_look, &f->bound}, {peaks_look, &f->peaks}, {rises_look, &f->rises}};

	f->ret[FOLLOWS] = find_gap(f);
	flow_attend(&f->flow);
	if (!f->ret[FOLLOWS])
		f->ret[FOLLOWS] = path_show(path_begin_flow(&f->flow), lookers, 3);
}

static void come_after(void *ctx)
{
	struct first *f = ctx;
	const struct path_looker looker = {batch_look, &f->batch};

	f->ret[COMES_AFTER] = impute_flow(f->imputed, &f->flow);
	if (!f->ret[COMES_AFTER])
		f->ret[COMES_AFTER] = path_show(path_begin(f->d), &looker, 1);
}

static int walk_imputed(struct first *f)
{
	int ret = 0;

	if (path_length(f->d) >= PARALLEL_LEAST && !impute_begin(f->d, &f->flow)) {
		bool beside = parallel_beside(follow, come_after, f);

		flow_release(&f->flow);
		if (beside)
			return 0;
		moves_release(&f->flow.moves); /* none were made */
	}
	ret = impute(f->imputed);
	if (!ret)
		walk_all(f);
	return ret;
}

/* --- all of it -----------------------------------------------------------------------------------
 */

static int find_rises(struct first *f)
{
	int ret = plan_find_bursts(f->d, f->plan);

	f->rise[0] = f->plan->burst.rise;
	f->rise[1] = f->plan->longest_burst.rise;
	return ret;
}

static int begin(struct first *f)
{
	bound_begin(&f->bound, (int64_t)PLAN_SWITCH_NS);
	return peaks_begin(&f->peaks, f->d, f->q->hold_ns);
}

/* All has been looked at, or something went wrong. */
static int conclude(struct first *f, int ret)
{
	const struct demand *d = f->d;
	struct bound_table table;
	int ended = bound_end(&f->bound, d, d->max_held, &table);

	for (int i = 0; i < NR_WALKS && !ret; i++)
		ret = f->ret[i];
	peaks_end(&f->peaks, d->max_held, &f->plan->peaks);
	f->plan->batch.need = batch_end(&f->batch, d->max_held);
	rises_end(&f->rises, d->takes, f->rise);
	ret = ret ? ret : ended;
	if (!ret && !d->path)
		ret = find_rises(f);
	if (!ret)
		ret = find_clairvoyant(f, &table);
	bound_table_release(&table);
	return ret;
}

static int first(struct first *f)
{
	struct plan *p = f->plan;
	int ret;

	*p = (struct plan){.missed_allowed = plan_missed_allowed(f->d, f->q)};
	if (f->d->path && p->missed_allowed)
		return -ENODATA;
	choose_leads(f);
	ret = begin(f);
	if (!ret && f->imputed)
		ret = walk_imputed(f);
	else if (!ret)
		walk_all(f);
	ret = conclude(f, ret);
	if (ret)
		return ret;
	plan_size_up(f->d, f->q, p);
	p->safe_low = low_of(f->rise[0], f->q->like.reserve);
	p->robust_low = low_of(f->rise[1], f->q->like.reserve);
	return 0;
}

int plan_first(struct demand *d, const struct plan_request *q, struct plan *out)
{
	struct first f = {.d = d, .q = q, .plan = out, .imputed = d->holds ? d : NULL};

	return first(&f);
}

int plan_first_whole(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	struct first f = {.d = d, .q = q, .plan = out};

	return first(&f);
}
