/* SPDX-License-Identifier: MIT */
/* The screen of `poolscope tune`. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/text.h"
#include "cli/tune.h"
#include "cli/tune_text.h"
#include "cli/tune_verify.h"
#include "tuner/expect.h"

/* Hurst parameter from which on it is worth a word. */
#define LONG_MEMORY 0.7
/* A chance of at most this says next to nothing: fewer than six blocks, or leads. */
#define NOTHING 0.5

static unsigned long long n(uint64_t value)
{
	return value;
}

static const char *since_start(const struct tune_pool *p, int64_t t_ns)
{
	return text_since(t_ns, p->trace->start_ns);
}

/* --- what if ------------------------------------------------------------------------------------
 */

static void print_what_if(const struct tune_options *o, const struct tune_pool *p)
{
	const struct policy_marks *m = &p->what_if_marks;
	const struct sim_result *r = &p->what_if;

	printf("  what if      ");
	tune_print_marks(m);
	printf(" max_pending %u shrink_ticks %u\n", m->max_pending, m->shrink_ticks);
	printf("  lead         %s\n", p->lead_known ? o->lead : "none: it never grows");
	printf("  lost         %llu of %llu packets", n(r->lost), n(r->takes));
	if (r->first_loss_ns >= 0)
		printf(", the first one without a buffer of its own at %s",
		       since_start(p, r->first_loss_ns));
	printf("\n  RESOURCES    %llu\n", n(r->resources));
	printf("  requests     %llu, %llu refused, %llu failed, %llu blocks granted\n",
	       n(r->requests), n(r->refused), n(r->failed), n(r->granted));
	printf("  frees        %llu\n", n(r->frees));
	printf("  buffers      mean %.1f, peak %u\n", r->mean_buffers, r->peak_buffers);
	if (p->has_length)
		printf("  low          %" PRId64 " is enough whatever happened before\n",
		       p->robust_low);
}

/* --- what to use --------------------------------------------------------------------------------
 */

/* Of marks that packets came under. */
static void print_wrong(const struct tune_pool *p)
{
	struct tune_wrong w = tune_wrong(p);

	if (!tune_missed(p->demand).takes)
		return;
	for (size_t i = 0; i < w.nr; i++)
		printf("               %s\n", w.line[i]);
}

/*
 * What a pool can do about requests that fail in a row: nothing but wait.  It matters where the low
 * that outlasts them is not below all that was ever held.
 */
static void print_outlasts(const struct tune_pool *p, const struct advice_row *r)
{
	if (r->s.covers || r->s.marks.limit == r->s.marks.base)
		printf("               no low outlasts that storm: the base must carry it\n");
	else
		printf("               low is made to outlast such a storm, and no longer one\n");
	if (r->s.storm_at_ns)
		printf("               were it to begin at the worst moment, %s: %llu packets "
		       "missed\n",
		       since_start(p, r->s.storm_at_ns), n(r->s.storm_missed));
}

static void print_use(const struct tune_pool *p, const struct advice *a)
{
	const struct advice_row *r = &a->row[PLAN_SAFE];

	printf("  use          ");
	tune_print_marks(&r->s.marks);
	printf("\n               lost %llu  RESOURCES %llu", n(r->s.sim.lost),
	       n(r->s.sim.resources));
	printf("  mean %.1f  peak %u\n", r->s.sim.mean_buffers, r->s.sim.peak_buffers);
	if (tune_has_storm(&a->leads.storm))
		print_outlasts(p, r);
}

static void print_certificate(const struct advice *a, const struct advice_row *r)
{
	const struct certificate *c = &r->certificate;

	printf("  sure?        %zu of %zu block%s of %s needed more; a future block does with a "
	       "chance of\n"
	       "               at most %.2g%%",
	       c->exceeding, c->blocks, text_plural(c->blocks), text_duration(a->evidence.block_ns),
	       100 * c->block_chance);
	if (tune_is_fixed(&r->s.marks))
		printf("; leads do not matter");
	else if (c->leads)
		printf(", a request takes longer than %s with at most %.2g%%",
		       text_duration(a->plan.longest_ns), 100 * c->lead_chance);
	else
		printf(", if leads are as assumed");
	printf(" (95%% sure)%s\n",
	       fmax(c->block_chance, tune_is_fixed(&r->s.marks) ? 0 : c->lead_chance) > NOTHING
		       ? ": next to nothing is known"
		       : "");
	if (!c->more_ns)
		return;
	printf("               limited by %s: ", c->leads_limit ? "lead times" : "its length");
	if (c->more_ns == INT64_MAX)
		printf("use the lead probe (refnic --lead-probe)\n");
	else
		printf("record %s more%s for 1%%\n", text_duration(c->more_ns),
		       c->leads_limit ? ", or use the lead probe (refnic --lead-probe)," : "");
}

static void print_sure(const struct advice *a)
{
	const struct advice_row *r = &a->row[PLAN_SAFE];

	if (!a->evidence.nr)
		printf("  sure?        no: the recording is shorter than one block of %s, 10 times "
		       "the longest lead\n"
		       "               or hold time; record %s or more\n",
		       text_duration(a->evidence.wanted_ns),
		       text_duration(60 * (a->evidence.wanted_ns / 2)));
	else if (r->grade == 'C')
		printf("  sure?        re-run needed: %s;\n"
		       "               set these marks, record again, and ask again\n",
		       r->why);
	else
		print_certificate(a, r);
	if (a->evidence.nr && !r->expected)
		printf("  expect       nothing can be said of another recording: there are %zu "
		       "blocks and %zu leads;\n"
		       "               %d and %d are needed\n",
		       a->evidence.nr, a->leads.nr, EXPECT_BLOCKS, EXPECT_LEADS);
	if (r->expected && tune_is_fixed(&r->s.marks))
		printf("  expect       %u buffers at all times\n", r->s.marks.limit);
	else if (r->expected)
		printf("  expect       %sof another recording as long: mean %.1f to %.1f, at most "
		       "%u;\n"
		       "               %.0f to %.0f requests, %.0f to %.0f frees\n",
		       r->grade == 'C' ? "if senders do not notice losses, " : "", r->mean.low,
		       r->mean.high, r->s.marks.limit, r->requests.low, r->requests.high,
		       r->frees.low, r->frees.high);
	if (r->expected && a->evidence.memory.hurst > LONG_MEMORY)
		printf("  memory       traffic that is heavy stays so for long (Hurst %.2f): that "
		       "is why "
		       "not more is known\n",
		       a->evidence.memory.hurst);
	if (a->evidence.drift > 2.6 || a->evidence.drift < -2.6)
		printf("  drift        bursts are %s in the second half: it may go on\n",
		       a->evidence.drift > 0 ? "steeper" : "flatter");
}

static void print_hold_out(const struct advice *a)
{
	if (a->hold_out.known)
		printf("  hold-out     chosen on the first 60%% (base %u low %u limit %u), the "
		       "last "
		       "40%% loses %llu, RESOURCES %llu,\n"
		       "               mean %.1f (before: %.1f)\n",
		       a->hold_out.marks.base, a->hold_out.marks.low, a->hold_out.marks.limit,
		       n(a->hold_out.test.lost), n(a->hold_out.test.resources),
		       a->hold_out.test.mean_buffers, a->hold_out.train.mean_buffers);
	else
		printf("  hold-out     the recording is too short to set part of it aside\n");
}

static void print_validity(const struct advice_row *r)
{
	struct feedback_range lost, mean;

	printf("  validity     %c%s%s\n", r->grade, *r->why ? ": " : "", r->why);
	if (!r->replayed)
		return;
	lost = feedback_range(&r->feedback, FEEDBACK_OF_LOST);
	mean = feedback_range(&r->feedback, FEEDBACK_OF_MEAN);
	printf("               whether senders do nothing about it, send again after %s or all "
	       "pause for %s:\n",
	       text_duration(FEEDBACK_RTO_NS), text_duration(FEEDBACK_RTT_NS));
	printf("               %.0f to %.0f lost, mean %.1f to %.1f\n", lost.low, lost.high,
	       mean.low, mean.high);
}

/* --- the table ----------------------------------------------------------------------------------
 */

static void print_row(const char *name, const struct advice_row *r)
{
	const struct policy_marks *m = &r->s.marks;
	int64_t luck = r->s.covers || m->limit == m->base ? 0 : r->s.robust_low - m->low;

	printf("  %-11s %6u %6u %6u %6u %7u  %8.1f %7u  %8llu %9llu  %5llu %6llu %5lld  %u/%u  %c  "
	       "%s\n",
	       name, m->base, m->block, m->low, m->high, m->limit, r->s.sim.mean_buffers,
	       r->s.sim.peak_buffers, n(r->s.sim.lost), n(r->s.sim.resources), n(r->s.sim.frees),
	       n(r->s.waste.wasted), (long long)(luck > 0 ? luck : 0), r->s.neighbours_lose,
	       r->s.neighbours, r->grade, r->binding);
}

static void print_table(const struct advice *a)
{
	printf("\n  %-11s %6s %6s %6s %6s %7s  %8s %7s  %8s %9s  %5s %6s %5s  %3s  %s\n",
	       "simulated", "base", "block", "low", "high", "limit", "mean", "peak", "lost",
	       "RESOURCES", "frees", "wasted", "luck", "nbr",
	       "validity, and what keeps it from being smaller");
	if (a->row[ADVICE_CURRENT].known)
		print_row("current", &a->row[ADVICE_CURRENT]);
	for (int i = 0; i < PLAN_NR; i++)
		if (a->row[i].known && (i != PLAN_CUSHIONED || a->plan.reason == PLAN_GROWS))
			print_row(plan_names[i], &a->row[i]);
	if (a->row[PLAN_STATIC].known)
		printf("  %-11s %34s %8.1f %7u  who knows the future and loses nothing\n",
		       "clairvoyant", "", a->plan.clairvoyant_mean, a->plan.clairvoyant_peak);
	printf("  wasted: frees of a block that was asked for again before giving it back had paid "
	       "off;\n"
	       "  luck: buffers by which low is below what every history needs; nbr: of so many "
	       "neighbouring settings, so many lose\n");
}

static void print_paste(const struct policy_marks *m)
{
	printf("\n  refnic --base %u --block %u --low %u --high %u --limit %u --reserve %u "
	       "--max-pending %u",
	       m->base, m->block, m->low, m->high, m->limit, m->reserve, m->max_pending);
	/* What the driver does by default is not what the marks may mean. */
	if (!tune_is_fixed(m))
		printf(" --shrink-ticks %u", m->shrink_ticks);
	if (m->probe_ticks)
		printf(" --lead-probe %u", m->probe_ticks);
	putchar('\n');
}

static const char *inside(bool is)
{
	return is ? "inside" : "OUTSIDE";
}

static void print_verdict(const struct tune_pool *p)
{
	const struct tune_verdict *v = p->verdict;
	const struct pool_summary *m = &v->measured;
	const struct advice_row *r = &p->advice->row[PLAN_SAFE];

	printf("\n  re-run       refnic with these marks, the recorded packets, and leads of %s\n",
	       v->lead);
	printf("               %-12s %20s  %12s\n", "", "predicted", "measured");
	printf("               %-12s %20llu  %12llu  %s\n", "missed",
	       n(r->s.sim.lost + r->s.sim.resources), n(m->totals.dropped + m->totals.resources),
	       inside(v->lost_inside));
	printf("               %-12s %9.1f to %7.1f  %12.1f  %s\n", "mean", r->mean.low,
	       r->mean.high, m->total.mean, inside(v->mean_inside));
	printf("               %-12s %12s %7u  %12u  %s\n", "peak", "at most", r->s.marks.limit,
	       m->total.max, inside(v->peak_inside));
	printf("               %-12s %9.0f to %7.0f  %12llu  %s\n", "requests", r->requests.low,
	       r->requests.high, n(m->totals.requested), inside(v->requests_inside));
	printf("               %-12s %9.0f to %7.0f  %12llu  %s\n", "frees", r->frees.low,
	       r->frees.high, n(v->frees), inside(v->frees_inside));
	if (*v->not_kept)
		printf("               not kept in the recording: %s\n", v->not_kept);
	else
		printf("               track record of this recording: %llu of %llu re-runs inside "
		       "in "
		       "all figures\n",
		       n(v->kept_inside), n(v->kept));
}

void tune_text_found(const struct tune_options *o, const struct tune_pool *p)
{
	const struct advice *a = p->advice;

	print_wrong(p);
	if (a->row[PLAN_SAFE].known) {
		print_use(p, a);
		tune_why(o, p);
		print_sure(a);
		print_hold_out(a);
		print_validity(&a->row[PLAN_SAFE]);
	} else {
		printf("  use          nothing that was tried (%llu settings) meets the target; "
		       "the "
		       "smallest pool that does is fixed\n",
		       n(a->plan.tried));
	}
	print_table(a);
}

void tune_text_end(const struct tune_pool *p)
{
	const struct advice_row *r = &p->advice->row[PLAN_SAFE];

	if (!r->known)
		return;
	if (p->verdict)
		print_verdict(p);
	print_paste(&r->s.marks);
}

void tune_text_unfinished(const struct tune_pool *p)
{
	printf("\n  UNFINISHED   pool %u is not answered to the end, and none behind it\n",
	       p->summary->pool);
	fflush(stdout);
}

/* Without a lead time there is no low; what a pool that never grows needs is known all the same. */
static void print_without_lead(const struct tune_options *o, const struct tune_pool *p)
{
	const struct demand *d = p->demand;
	const struct plan *f = p->fixed;
	struct policy_marks m = {.base = f->size, .limit = f->size, .block = 1, .max_pending = 1};

	if (d->marks_known)
		m.reserve = d->marks.reserve;
	m.low = m.reserve + 1;
	m.high = m.low + 2;
	tune_print_identity(p->summary);
	tune_print_now(o, p);
	printf("  use          ");
	tune_print_marks(&m);
	printf(": %llu packets lost here\n", n(demand_static_lost(d, f->size - m.reserve)));
	tune_why_size(f, &m, f->size);
	if (d->quality.gaps || (double)d->quality.dropped > ADVICE_ISOLATED * (double)d->takes)
		printf("  validity     C: %s\n",
		       d->quality.gaps ? "events are missing in the recording"
				       : "packets were dropped in the recording, and their senders "
					 "may have noticed: record\n"
					 "               again with so many, and ask again");
	printf("  low, high    cannot be told: %s, so nobody knows how long one takes.\n"
	       "               Say it (--lead fixed:1ms), or record with the lead probe (refnic "
	       "--lead-probe 1s)\n",
	       p->lead_known ? "every request that was recorded failed"
			     : "no request was recorded");
	print_paste(&m);
}

void tune_text(const struct tune_options *o, const struct tune_pool *p)
{
	tune_print_name(p);
	if (!p->demand) {
		printf("  %s\n", text_printable(p->why_not));
		return;
	}
	tune_print_demand(p);
	if (p->has_what_if)
		print_what_if(o, p);
	else
		print_without_lead(o, p);
}
