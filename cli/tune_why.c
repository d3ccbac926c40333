/* SPDX-License-Identifier: MIT */
/* The screen of `poolscope tune`: why it recommends what it does. */
#include <stdio.h>

#include "cli/text.h"
#include "cli/tune.h"

static unsigned long long n(uint64_t value)
{
	return value;
}

static const char *since_start(const struct tune_pool *p, int64_t t_ns)
{
	return text_since(t_ns, p->trace->start_ns);
}

/* What is above the rise but not above the wire rests on the traffic being as it was. */
static void print_wire(const struct tune_options *o, const struct plan *plan)
{
	int64_t tau_ns = plan->safe_ns + plan->batch.ns;
	uint64_t full = low_ceiling(tau_ns, o->wire, TUNE_FRAME_FULL);

	printf("               the wire allows %llu full frames in that time, or %llu of the "
	       "smallest: this is %.0f%% of the former\n",
	       n(full), n(low_ceiling(tau_ns, o->wire, TUNE_FRAME_LEAST)),
	       full ? 100.0 * plan->burst.rise / (double)full : 0);
}

/* The burst that low is made for. */
static void print_burst(const struct tune_options *o, const struct tune_pool *p)
{
	const struct advice *a = p->advice;
	const struct low_burst *b = &a->plan.burst;

	printf("               the steepest rise within %s is %u buffers, at %s (%u packets in %s, "
	       "to "
	       "%u held)",
	       text_duration(a->plan.safe_ns), b->rise, since_start(p, b->from_ns), b->rise,
	       text_duration(b->to_ns - b->from_ns), b->held);
	if (a->plan.safe_ns > a->plan.longest_ns)
		printf("\n               (%s the longest lead; within that itself, %u)",
		       a->leads.nr < PLAN_LEADS ? "twice" : "one and a half times",
		       a->plan.longest_burst.rise);
	if (a->plan.batch.ns)
		printf("\n               (and %s between interrupts, when frames wait in the ring)",
		       text_duration(a->plan.batch.ns));
	if (b->imputed)
		printf("\n               %llu of the packets in it were RESOURCES or dropped",
		       n(b->imputed));
	putchar('\n');
	if (o->wire > 0)
		print_wire(o, &a->plan);
}

static void print_why_low(const struct tune_options *o, const struct tune_pool *p)
{
	const struct plan *plan = &p->advice->plan;
	const struct policy_marks *m = &p->advice->row[PLAN_SAFE].s.marks;
	uint32_t low = low_of(plan->burst.rise, m->reserve);

	printf("  why low %u\n", m->low);
	print_burst(o, p);
	printf("               + reserve %u - 1 = %u", m->reserve, low);
	if (m->low > low)
		printf("; %u more, as blocks of %u come one after the other", m->low - low,
		       m->block);
	putchar('\n');
}

static void print_why_fixed(const struct tune_options *o, const struct tune_pool *p)
{
	const struct plan *plan = &p->advice->plan;
	const struct plan_setting *g = &plan->growing;

	printf("  why fixed\n");
	if (plan->reason == PLAN_SLOW)
		printf("               leads are longer than bursts: what is asked for when one "
		       "begins comes too late,\n"
		       "               so memory must be there beforehand\n");
	else
		printf("               the demand is so steady, or its bursts follow each other so "
		       "closely,\n"
		       "               that a pool that grows would be grown most of the time\n");
	print_burst(o, p);
	if (!plan->has_growing)
		return;
	printf("               the best that grows and is as safe has %.1f in the mean, of %u; it "
	       "would be recommended if it saved %.0f%%\n"
	       "               (base %u block %u low %u high %u limit %u, %llu requests)\n",
	       g->sim.mean_buffers, plan->size, 100 * (1 - PLAN_WORTH), g->marks.base,
	       g->marks.block, g->marks.low, g->marks.high, g->marks.limit, n(g->sim.requests));
}

void tune_why_size(const struct plan *plan, const struct policy_marks *m, double mean)
{
	const struct peaks *k = &plan->peaks;
	uint32_t cushion = plan->size - plan->in_use - m->reserve;

	printf("  why %s %u\n", tune_is_fixed(m) ? "base" : "limit", m->limit);
	printf("               %u in use at most", plan->in_use);
	if (plan->in_use > k->max_held)
		printf(" (%u held, %u waiting in the ring)", k->max_held,
		       plan->in_use - k->max_held);
	else if (plan->in_use < k->max_held)
		printf(" (of %u held: what is above may be lost)", k->max_held);
	printf(" + reserve %u + cushion %u\n", m->reserve, cushion);
	if (k->known)
		printf("               cushion: another recording as long needs more with a chance "
		       "of %.0f%%, to judge by the %zu highest\n"
		       "               of %zu peaks (extrapolated)\n",
		       100 * PLAN_CHANCE_SAFE, k->above, k->blocks);
	else
		printf("               cushion: the square root of what was held; the recording "
		       "has too few peaks to say more\n");
	if (!tune_is_fixed(m))
		printf("               a fixed pool as safe has %u; this one has %.0f%% less in "
		       "the mean, and never more\n",
		       plan->size, 100 * (1 - mean / plan->size));
}

void tune_why(const struct tune_options *o, const struct tune_pool *p)
{
	putchar('\n');
	if (tune_is_fixed(&p->advice->row[PLAN_SAFE].s.marks))
		print_why_fixed(o, p);
	else
		print_why_low(o, p);
	tune_why_size(&p->advice->plan, &p->advice->row[PLAN_SAFE].s.marks,
		      p->advice->row[PLAN_SAFE].s.sim.mean_buffers);
}
