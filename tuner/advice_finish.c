/* SPDX-License-Identifier: MIT */
/* What is said of rows that are chosen: how they stand other leads, and other senders. */
#include "tuner/advice_finish.h"

#include <math.h>
#include <stdio.h>

#include "tuner/parallel.h"

struct finishing {
	const struct demand *d;
	const struct plan_request *plan_request;
	struct advice *a;
};

/* How each row stands other leads, and its neighbours: rows know nothing of each other. */
struct settling {
	const struct finishing *g;
	struct plan_setting *row[ADVICE_ROWS];
	int ret[ADVICE_ROWS];
	size_t nr;
};

static void settle_one(size_t i, void *ctx)
{
	struct settling *s = ctx;

	s->ret[i] = plan_settle(s->g->d, s->g->plan_request, &s->g->a->plan, s->row[i]);
}

static int settle_rows(const struct finishing *g)
{
	struct settling s = {.g = g};

	for (int i = ADVICE_ROWS; i-- > 0;) /* the recorded marks may take longest */
		if (g->a->row[i].known)
			s.row[s.nr++] = &g->a->row[i].s;
	parallel_run(0, s.nr, settle_one, &s);
	for (size_t i = 0; i < s.nr; i++)
		if (s.ret[i])
			return s.ret[i];
	return 0;
}

/* --- what senders may do about losses ------------------------------------------------------------
 */

/* Another of the replays moves an interval by as much as it differs from the first. */
static void widen(struct interval *i, const struct feedback *f, enum feedback_what what,
		  double first)
{
	struct feedback_range range = feedback_range(f, what);

	i->low -= first - range.low;
	i->high += range.high - first;
}

static int replay_row(const struct finishing *g, struct advice_row *row)
{
	const struct sim_result *first = &row->feedback.of[FEEDBACK_LOST];
	int ret = feedback_replay(g->d, &row->s.marks, g->plan_request->lead, &row->feedback);

	if (ret)
		return ret;
	row->replayed = true;
	widen(&row->mean, &row->feedback, FEEDBACK_OF_MEAN, first->mean_buffers);
	widen(&row->requests, &row->feedback, FEEDBACK_OF_REQUESTS, (double)first->requests);
	widen(&row->frees, &row->feedback, FEEDBACK_OF_FREES, (double)first->frees);
	row->requests.low = fmax(row->requests.low, 0);
	row->frees.low = fmax(row->frees.low, 0);
	return 0;
}

static double mean_of(const struct advice_row *row, int kind)
{
	return row->s.sim.mean_buffers +
	       (row->replayed ? row->feedback.of[kind].mean_buffers -
					row->feedback.of[FEEDBACK_LOST].mean_buffers
			      : 0);
}

/* Does it depend on what senders do which of two is the leaner one? */
static bool changes_places(const struct advice_row *a, const struct advice_row *b)
{
	double first = mean_of(a, FEEDBACK_LOST) - mean_of(b, FEEDBACK_LOST);

	for (int kind = FEEDBACK_LOST + 1; kind < FEEDBACK_KINDS; kind++)
		if (first * (mean_of(a, kind) - mean_of(b, kind)) < 0)
			return true;
	return false;
}

static void distrust(struct advice_row *row)
{
	row->grade = 'C';
	snprintf(row->why, sizeof(row->why),
		 "which setting is leaner depends on what senders do about losses");
}

static int replay_rows(const struct finishing *g)
{
	struct advice_row *rows = g->a->row;

	for (int i = 0; i < ADVICE_ROWS; i++) {
		int ret = rows[i].known && rows[i].grade == 'B' && rows[i].s.sim.lost
				  ? replay_row(g, &rows[i])
				  : 0;

		if (ret)
			return ret;
	}
	for (int i = 0; i < ADVICE_ROWS; i++)
		for (int k = 0; k < ADVICE_ROWS; k++)
			if (rows[i].replayed && rows[k].known && changes_places(&rows[i], &rows[k]))
				distrust(&rows[i]);
	return 0;
}

/* What could not be certified to be leaner is not called so. */
int advice_finish(const struct demand *d, const struct plan_request *q, struct advice *a)
{
	const struct advice_row *balanced = &a->row[PLAN_BALANCED];
	struct advice_row *lean = &a->row[PLAN_LEAN];
	const struct finishing g = {d, q, a};
	bool same = balanced->known && lean->s.cost > balanced->s.cost;
	int ret;

	lean->known &= !same;
	ret = settle_rows(&g);
	if (!ret)
		ret = replay_rows(&g);
	if (same)
		*lean = *balanced;
	return ret;
}
