/* SPDX-License-Identifier: MIT */
#include "tuner/advice.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/advice_finish.h"
#include "tuner/expect.h"
#include "tuner/slice.h"

#define PATH_MAX_SETTINGS 12
#define MARKS_MAX	  (INT32_MAX / 4)
#define BLOCKS_TO_SPLIT	  10
#define HALF_CONFIDENCE	  (1 - (1 - ADVICE_CONFIDENCE) / 2)

struct advising {
	const struct demand *d;
	const struct advice_request *q;
	struct plan_request plan_request;
	struct advice *a;
	struct tally *tally; /* room for all blocks */
};

/* A damaged record may hold any marks; what no driver would run is not taken up. */
static bool are_usable(const struct demand *d)
{
	const struct policy_marks *m = &d->marks;
	char why[ADVICE_WHY];

	return d->marks_known && policy_marks_ok(m, why, sizeof(why)) && m->high <= MARKS_MAX &&
	       m->limit <= MARKS_MAX && m->base <= MARKS_MAX;
}

/* --- certificates -------------------------------------------------------------------------------
 */

static uint64_t leads_above(const struct lead_sample *s, int64_t tau_ns)
{
	uint64_t nr = s->pending;

	for (size_t i = s->nr; i-- > 0 && s->ns[i] > tau_ns;)
		nr++;
	return nr < s->nr ? nr : s->nr;
}

/* How much longer to record until n trials a span are enough for 1 %. */
static int64_t time_for(uint64_t n, int64_t span_ns)
{
	uint64_t wanted = binomial_trials(0.01, HALF_CONFIDENCE);
	double ns;

	if (n >= wanted)
		return 0;
	if (!n)
		return INT64_MAX;
	ns = (double)(wanted - n) / (double)n * (double)span_ns;
	return ns < 9e18 ? (int64_t)ns : INT64_MAX;
}

static void certify_leads(const struct advising *g, struct certificate *c)
{
	const struct advice *a = g->a;
	int64_t span = demand_span_ns(g->d);
	double worse;

	c->leads = a->leads.recorded ? a->leads.nr : 0;
	c->lead_chance =
		a->leads.recorded
			? binomial_bound(a->leads.nr, leads_above(&a->leads, a->plan.longest_ns),
					 HALF_CONFIDENCE)
			: 0;
	worse = c->lead_chance > c->block_chance ? c->lead_chance : c->block_chance;
	c->leads_limit = c->lead_chance > c->block_chance;
	c->more_ns = worse <= 0.01 ? 0 : time_for(c->leads_limit ? c->leads : c->blocks, span);
}

/* What never asks is as sure as its blocks of time, whatever is known of leads. */
static void forget_leads(const struct advising *g, struct certificate *c)
{
	c->leads_limit = false;
	c->more_ns = c->block_chance <= 0.01 ? 0 : time_for(c->blocks, demand_span_ns(g->d));
}

/* A row that needs no luck. */
static void certify_order(const struct advising *g, struct advice_row *row)
{
	const struct evidence *e = &g->a->evidence;
	const struct policy_marks *m = &row->s.marks;
	struct certificate *c = &row->certificate;
	/* A small block needs more than the rise: as much less is left for the rise. */
	int64_t low = (int64_t)m->low - (row->s.robust_low - g->a->plan.robust_low);

	if (!e->nr)
		return;
	c->kind = CERTIFICATE_ORDER;
	c->blocks = e->nr;
	c->exceeding = evidence_exceeding(e, 0, e->nr, low, m->reserve, m->base);
	c->block_chance = binomial_bound(c->blocks, c->exceeding, HALF_CONFIDENCE);
	certify_leads(g, c);
}

/* --- rows ---------------------------------------------------------------------------------------
 */

/* The first test that fails says the grade. */
static void grade(const struct advising *g, struct advice_row *row)
{
	const struct demand_quality *q = &g->d->quality;
	double takes = (double)g->d->takes;
	double missed = (double)(row->s.sim.lost + row->s.sim.resources) / takes;
	double dropped = (double)q->dropped / takes, copied = (double)q->resources / takes;
	const struct {
		bool fails;
		char grade;
		const char *why;
	} tests[] = {
		{g->q->events_lost || q->gaps, 'C', "events are missing in the recording"},
		{g->q->identity_mismatches, 'C',
		 "identity replay differs: the driver is not this policy, or the record is not "
		 "whole"},
		{dropped > ADVICE_ISOLATED, 'C',
		 "packets were dropped in the recording, and their senders may have noticed"},
		{missed > ADVICE_ISOLATED, 'C',
		 "packets would be missed, and their senders may notice"},
		{copied > ADVICE_COPIED, 'C',
		 "many packets were RESOURCES: how long they would have been held is not known"},
		{q->dropped || missed > 0, 'B', "a few packets are missed"},
		{q->resources, 'B',
		 "some packets were RESOURCES: their hold times are of neighbours"},
		{q->unmatched_returns || q->implied_returns, 'B',
		 "the recording begins or ends in the middle"},
		{!g->q->identity_checked, 'B', "no driver ran: there is no identity replay"},
	};

	row->grade = 'A';
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]) && row->grade == 'A'; i++)
		if (tests[i].fails) {
			row->grade = tests[i].grade;
			snprintf(row->why, sizeof(row->why), "%s", tests[i].why);
		}
}

static const char *binding_of(const struct advising *g, const struct advice_row *row)
{
	const struct plan_setting *s = &row->s;
	const struct policy_marks *m = &s->marks;

	if (m->limit == m->base)
		return "fixed: it never grows";
	if ((uint64_t)g->a->plan.in_use + m->reserve > m->limit)
		return "limit: less than was in use, and the reserve";
	if (s->covers)
		return "base: it holds all that was ever held";
	if (m->low > s->robust_low)
		return "low: made for longer leads than were seen";
	if (m->low == s->robust_low)
		return "low: the steepest rise within the longest lead";
	if (row == &g->a->row[PLAN_BALANCED])
		return "low: the steepest rise within the lead that 1 % exceed";
	return "low: below the steepest rise, by luck of phase";
}

/* Of a fixed pool there is no doubt. */
static void expect_fixed(struct advice_row *row)
{
	double base = row->s.marks.base;

	row->expected = true;
	row->mean = (struct interval){base, base};
	row->requests = row->frees = (struct interval){0, 0};
}

/* What a row did in each block, and what to expect of another recording. */
static int fill(struct advising *g, struct advice_row *row)
{
	struct advice *a = g->a;
	struct expectation expected;
	struct sim_result whole;
	int ret;

	row->known = true;
	row->binding = binding_of(g, row);
	grade(g, row);
	if (row->s.marks.limit == row->s.marks.base)
		expect_fixed(row);
	if (!a->evidence.nr)
		return 0;
	ret = evidence_tally(g->d, &a->evidence, &row->s.marks, &g->q->lead, g->tally, &whole);
	if (ret)
		return ret;
	row->whole = tally_sum(g->tally, 0, a->evidence.nr, g->q->loss);
	if (row->expected)
		return 0;
	ret = expect_make(g->d, &a->evidence, &row->s.marks, &g->q->lead, g->tally, &whole,
			  g->q->seed, &expected);
	if (ret || !expected.known)
		return ret;
	row->expected = true;
	row->rare = expected.rare;
	row->mean = expected.mean;
	row->requests = expected.requests;
	row->frees = expected.frees;
	/* It is never below its base block. */
	row->mean.low = fmax(row->mean.low, row->s.marks.base);
	row->mean.high = fmin(fmax(row->mean.high, row->mean.low), row->s.marks.limit);
	return 0;
}

static int fill_current(struct advising *g)
{
	struct advice_row *row = &g->a->row[ADVICE_CURRENT];
	int ret;

	if (!are_usable(g->d))
		return 0;
	row->s = (struct plan_setting){.marks = g->d->marks};
	row->s.robust_low = g->a->plan.robust_low;
	row->s.covers = (uint64_t)g->a->plan.in_use + g->d->marks.reserve <= g->d->marks.base;
	ret = sim_skip(g->d, &row->s.marks, &g->q->lead, NULL, &row->s.sim);
	return ret ? ret : fill(g, row);
}

static int fill_rows(struct advising *g)
{
	for (int i = 0; i < PLAN_NR; i++) {
		struct advice_row *row = &g->a->row[i];
		int ret;

		if (!g->a->plan.has[i] || row->known)
			continue;
		row->s = g->a->plan.row[i];
		ret = fill(g, row);
		if (ret)
			return ret;
		if (i != PLAN_LEAN)
			certify_order(g, row);
		if (row->s.marks.limit == row->s.marks.base)
			forget_leads(g, &row->certificate);
	}
	return fill_current(g);
}

/* --- the last 40 % ------------------------------------------------------------------------------
 */

struct split {
	size_t train_to, test_from; /* blocks */
	struct plan plan;	    /* made on the first part */
	struct lead_sample leads;
};

/* From safest to leanest: what the first part suggests, each with fewer buffers than before. */
static size_t lay_path(const struct plan *p, struct plan_setting *path)
{
	double cost = INFINITY; /* of the last one */
	size_t nr = 0;

	for (int i = PLAN_SAFE; i <= PLAN_BALANCED; i++) {
		if (p->has[i] && p->row[i].cost < cost) {
			path[nr++] = p->row[i];
			cost = p->row[i].cost;
		}
	}
	for (size_t i = p->nr_front; i-- > 0 && nr && nr + 1 < PATH_MAX_SETTINGS;) {
		if (p->front[i].cost < cost) {
			path[nr++] = p->front[i];
			cost = p->front[i].cost;
		}
	}
	if (p->has[PLAN_LEAN] && nr && p->row[PLAN_LEAN].cost < cost)
		path[nr++] = p->row[PLAN_LEAN];
	return nr;
}

/*
 * Goes along the path while no block of the second part misses the target: all that were accepted
 * are certified, whatever their number.
 */
static int test_path(struct advising *g, const struct split *s)
{
	const struct evidence *e = &g->a->evidence;
	struct advice_row *row = &g->a->row[PLAN_LEAN];
	struct plan_setting path[PATH_MAX_SETTINGS] = {0};
	size_t nr = lay_path(&s->plan, path);

	for (size_t i = 0; i < nr; i++) {
		struct sim_result whole;
		int ret = evidence_tally(g->d, e, &path[i].marks, &g->q->lead, g->tally, &whole);

		if (ret)
			return ret;
		if (whole.lost + whole.resources > g->a->plan.missed_allowed ||
		    tally_sum(g->tally, s->test_from, e->nr, g->q->loss).bad)
			break;
		path[i].drawn = path[i].settled = false;
		path[i].sim = whole;
		ret = plan_stand_draws(g->d, &g->plan_request, &g->a->plan, &path[i]);
		if (ret)
			return ret;
		if (path[i].worst_missed > g->a->plan.missed_allowed)
			break;
		row->s = (struct plan_setting){.marks = path[i].marks,
					       .cost = path[i].cost,
					       .sim = whole,
					       .robust_low = path[i].robust_low};
		row->s.covers =
			(uint64_t)g->a->plan.in_use + path[i].marks.reserve <= path[i].marks.base;
		row->certificate.kind = CERTIFICATE_TEST;
	}
	return 0;
}

static int settle_lean(struct advising *g, const struct split *s)
{
	struct advice_row *row = &g->a->row[PLAN_LEAN];
	int ret = test_path(g, s);

	if (ret || row->certificate.kind != CERTIFICATE_TEST)
		return ret;
	ret = fill(g, row);
	row->certificate.blocks = g->a->evidence.nr - s->test_from;
	row->certificate.block_chance = binomial_bound(row->certificate.blocks, 0, HALF_CONFIDENCE);
	certify_leads(g, &row->certificate);
	return ret;
}

/* The same choice on the first part, and what it does on the second. */
static int hold_out(struct advising *g, const struct split *s)
{
	struct advice *a = g->a;
	struct sim_result whole;
	int ret;

	if (!s->plan.has[PLAN_SAFE])
		return 0;
	a->hold_out.marks = s->plan.row[PLAN_SAFE].marks;
	ret = evidence_tally(g->d, &a->evidence, &a->hold_out.marks, &g->q->lead, g->tally, &whole);
	a->hold_out.train = tally_sum(g->tally, 0, s->train_to, g->q->loss);
	a->hold_out.test = tally_sum(g->tally, s->test_from, a->evidence.nr, g->q->loss);
	a->hold_out.train_blocks = s->train_to;
	a->hold_out.test_blocks = a->evidence.nr - s->test_from;
	a->hold_out.known = !ret;
	return ret;
}

static int plan_part(struct advising *g, struct demand *part, struct split *s)
{
	struct plan_request q = g->plan_request;
	struct lead lead = g->q->lead;
	int ret = 0;

	if (g->q->lead_recorded)
		ret = lead_recorded(part, &lead);
	if (!ret)
		ret = lead_sample_make(part, &lead, g->q->lead_recorded, &s->leads);
	if (ret || !s->leads.nr)
		return ret == -ENODATA ? 0 : ret;
	q.lead = &lead;
	q.leads = &s->leads;
	ret = plan_make(part, &q, &s->plan);
	if (!ret)
		ret = hold_out(g, s);
	return ret ? ret : settle_lean(g, s);
}

static int split(struct advising *g)
{
	const struct evidence *e = &g->a->evidence;
	struct split *s;
	struct demand *part;
	int ret;

	if (e->nr < BLOCKS_TO_SPLIT)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->train_to = e->nr * 6 / 10;
	s->test_from = s->train_to + 1;
	ret = demand_slice(g->d, 0, e->blocks[s->train_to].from, &part);
	if (!ret) {
		ret = plan_part(g, part, s);
		demand_close(part);
	}
	lead_sample_release(&s->leads);
	free(s);
	return ret == -ENODATA ? 0 : ret;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static struct policy_marks like(const struct demand *d)
{
	return are_usable(d) ? d->marks : (struct policy_marks){.max_pending = 1};
}

static int advise(struct advising *g)
{
	struct advice *a = g->a;
	int ret = plan_search(g->d, &g->plan_request, &a->plan);

	if (!ret)
		ret = evidence_cut(g->d, a->plan.longest_ns + a->plan.batch.ns, g->q->hold_ns,
				   &a->evidence);
	if (ret)
		return ret;
	g->tally = calloc(a->evidence.nr + 1, sizeof(*g->tally));
	if (!g->tally)
		return -ENOMEM;
	ret = split(g);
	if (!ret)
		ret = fill_rows(g);
	return ret ? ret : advice_finish(g->d, &g->plan_request, a);
}

static struct plan_request plan_request(const struct demand *d, const struct advice_request *q,
					const struct advice *a)
{
	return (struct plan_request){like(d), &q->lead, &a->leads, q->loss, q->seed, q->hold_ns};
}

static int sample_leads(const struct demand *d, const struct advice_request *q, struct advice *out)
{
	int ret;

	memset(out, 0, sizeof(*out));
	ret = lead_sample_make(d, &q->lead, q->lead_recorded, &out->leads);
	return !ret && !out->leads.nr ? -ENODATA : ret;
}

int advice_first(struct demand *d, const struct advice_request *q, struct advice *out)
{
	struct plan_request request = plan_request(d, q, out);
	int ret = sample_leads(d, q, out);

	return ret ? ret : plan_first(d, &request, &out->plan);
}

int advice_search(const struct demand *d, const struct advice_request *q, struct advice *a)
{
	struct advising g = {.d = d, .q = q, .a = a, .plan_request = plan_request(d, q, a)};
	int ret = advise(&g);

	free(g.tally);
	return ret;
}

int advice_make(const struct demand *d, const struct advice_request *q, struct advice *out)
{
	struct plan_request request = plan_request(d, q, out);
	int ret = sample_leads(d, q, out);

	if (!ret)
		ret = plan_first_whole(d, &request, &out->plan);
	if (!ret)
		ret = advice_search(d, q, out);
	if (ret)
		advice_release(out);
	return ret;
}

void advice_release(struct advice *a)
{
	lead_sample_release(&a->leads);
	evidence_release(&a->evidence);
}
