/* SPDX-License-Identifier: MIT */
/* What is known before any marks are tried: from the path alone, for the most part. */
#include <errno.h>
#include <math.h>

#include "tuner/bound.h"
#include "tuner/parallel.h"
#include "tuner/plan.h"
#include "tuner/rises.h"

/* Below this, threads take longer to begin than it takes to do the work. */
#define PARALLEL_LEAST 20000 /* moves or steps */

/* What goes through the whole demand; what takes the gap, in one walk after it. */
enum { WITHOUT_GAP, WITH_GAP, NR_WALKS };

struct first {
	const struct demand *d;
	const struct plan_request *q;
	struct plan *plan;
	uint32_t rise[2]; /* within safe_ns, and longest_ns */
	int ret[NR_WALKS];
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

/* --- all of it -----------------------------------------------------------------------------------
 */

static int walk_without_gap(struct first *f)
{
	struct bound_table table;
	struct bound_walk bound;
	struct peaks_walk peaks;
	const struct path_looker lookers[] = {{bound_look, &bound}, {peaks_look, &peaks}};
	int ret = peaks_begin(&peaks, f->d, f->q->hold_ns), ended;

	bound_begin(&bound, (int64_t)PLAN_SWITCH_NS);
	if (!ret)
		ret = path_show(f->d, lookers, 2);
	peaks_end(&peaks, f->d->max_held, &f->plan->peaks);
	ended = bound_end(&bound, f->d, f->d->max_held, &table);
	ret = ret ? ret : ended;
	if (!ret)
		ret = find_clairvoyant(f, &table);
	bound_table_release(&table);
	return ret;
}

/* With steps, where the rises are is found in the same pass. */
static int walk_with_gap(struct first *f)
{
	struct plan *p = f->plan;
	int64_t tau[2] = {plan_tau(p, p->safe_ns), plan_tau(p, p->longest_ns)};
	struct batch_walk batch;
	struct rises_walk rises;
	const struct path_looker lookers[] = {{batch_look, &batch}, {rises_look, &rises}};
	int ret = rises_begin(&rises, tau, 2);

	batch_begin(&batch, p->batch.ns);
	if (!ret)
		ret = path_show(f->d, lookers, f->d->path ? 2 : 1);
	p->batch.need = batch_end(&batch, f->d->max_held);
	rises_end(&rises, f->d->takes, f->rise);
	if (!ret && !f->d->path) {
		ret = plan_find_bursts(f->d, p);
		f->rise[0] = p->burst.rise;
		f->rise[1] = p->longest_burst.rise;
	}
	return ret;
}

static void walk(size_t i, void *ctx)
{
	struct first *f = ctx;
	int ret = 0;

	if (i == WITHOUT_GAP)
		ret = walk_without_gap(f);
	else
		ret = batch_find_gap(f->d, &f->plan->batch);
	if (i == WITH_GAP && !ret)
		ret = walk_with_gap(f);
	f->ret[i] = ret;
}

int plan_first(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	struct first f = {.d = d, .q = q, .plan = out};

	*out = (struct plan){.missed_allowed = plan_missed_allowed(d, q)};
	if (d->path && out->missed_allowed)
		return -ENODATA;
	choose_leads(&f);
	parallel_run(path_length(d) < PARALLEL_LEAST, NR_WALKS, walk, &f);
	for (size_t i = 0; i < NR_WALKS; i++)
		if (f.ret[i])
			return f.ret[i];
	plan_size_up(d, q, out);
	out->safe_low = low_of(f.rise[0], q->like.reserve);
	out->robust_low = low_of(f.rise[1], q->like.reserve);
	return 0;
}
