/* SPDX-License-Identifier: MIT */
/* What is known before any marks are tried: from the path alone, for the most part. */
#include <errno.h>
#include <math.h>

#include "tuner/bound.h"
#include "tuner/moves.h"
#include "tuner/parallel.h"
#include "tuner/plan.h"
#include "tuner/rises.h"

/* Below this, threads take longer to begin than it takes to do the work. */
#define MOVES_PARALLEL 20000

/* What goes through the whole demand: the longest first, and those that wait for the gap later. */
enum { EARLY_BOUND, EARLY_GAP, EARLY_PEAKS, NR_EARLY };
enum { LATE_RISES, LATE_NEED, NR_LATE };
_Static_assert((int)NR_EARLY >= (int)NR_LATE, "there is room for what each returns");

struct first {
	const struct demand *d;
	const struct plan_request *q;
	struct plan *plan;
	uint32_t rise[2]; /* within safe_ns, and longest_ns */
	int ret[NR_EARLY];
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

/* With steps, where the rises are is found in the same pass. */
static int find_rises(struct first *f)
{
	struct plan *p = f->plan;
	int64_t tau[2] = {plan_tau(p, p->safe_ns), plan_tau(p, p->longest_ns)};
	int ret;

	if (f->d->path)
		return rises_find(f->d, tau, 2, f->rise);
	ret = plan_find_bursts(f->d, p);
	f->rise[0] = p->burst.rise;
	f->rise[1] = p->longest_burst.rise;
	return ret;
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
static int find_bound(struct first *f)
{
	struct plan *p = f->plan;
	struct bound_table table;
	int ret = bound_table_make(f->d, (int64_t)PLAN_SWITCH_NS, &table);

	p->clairvoyant_mean = INFINITY;
	for (uint32_t block = 1; !ret && block <= f->d->max_held; block *= 2) {
		struct bound bound;

		ret = bound_of(&table, 1, block, f->q->like.reserve, &bound);
		if (!ret && bound.mean_buffers < p->clairvoyant_mean) {
			p->clairvoyant_mean = bound.mean_buffers;
			p->clairvoyant_peak = bound.peak_buffers;
		}
	}
	if (!ret)
		find_held(&table, p->held);
	bound_table_release(&table);
	return ret;
}

/* --- all of it -----------------------------------------------------------------------------------
 */

static void make_early(size_t i, void *ctx)
{
	struct first *f = ctx;

	if (i == EARLY_BOUND)
		f->ret[i] = find_bound(f);
	else if (i == EARLY_GAP)
		f->ret[i] = batch_find_gap(f->d, &f->plan->batch);
	else
		f->ret[i] = peaks_find(f->d, f->q->hold_ns, &f->plan->peaks);
}

static void make_late(size_t i, void *ctx)
{
	struct first *f = ctx;

	if (i == LATE_RISES)
		f->ret[i] = find_rises(f);
	else
		batch_find_need(f->d, &f->plan->batch);
}

static int run(struct first *f, size_t nr, void (*make)(size_t i, void *ctx))
{
	size_t moves = f->d->path ? f->d->path->nr : f->d->nr;
	int ret = 0;

	parallel_run(moves < MOVES_PARALLEL, nr, make, f);
	for (size_t i = 0; i < nr && !ret; i++)
		ret = f->ret[i];
	return ret;
}

int plan_first(const struct demand *d, const struct plan_request *q, struct plan *out)
{
	struct first f = {.d = d, .q = q, .plan = out};
	int ret;

	*out = (struct plan){.missed_allowed = plan_missed_allowed(d, q)};
	if (d->path && out->missed_allowed)
		return -ENODATA;
	choose_leads(&f);
	ret = run(&f, NR_EARLY, make_early);
	if (!ret)
		ret = run(&f, NR_LATE, make_late);
	if (ret)
		return ret;
	plan_size_up(d, q, out);
	out->safe_low = low_of(f.rise[0], q->like.reserve);
	out->robust_low = low_of(f.rise[1], q->like.reserve);
	return 0;
}
