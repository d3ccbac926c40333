/* SPDX-License-Identifier: MIT */
/* The screen of `poolscope tune`: what is known before anything is searched for. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/text.h"
#include "cli/tune.h"
#include "cli/tune_text.h"
#include "tuner/expect.h"

/* Failures in a row that are a storm. */
#define STORM 3

static unsigned long long n(uint64_t value)
{
	return value;
}

static const char *since_start(const struct tune_pool *p, int64_t t_ns)
{
	return text_since(t_ns, p->trace->start_ns);
}

/* --- marks --------------------------------------------------------------------------------------
 */

static void print_limit(const struct policy_marks *m)
{
	if (m->limit == TUNE_NO_LIMIT)
		printf(" no limit");
	else
		printf(" limit %u", m->limit);
}

void tune_print_marks(const struct policy_marks *m)
{
	if (tune_is_fixed(m)) {
		printf("base %u, and no growth: limit %u reserve %u", m->base, m->limit,
		       m->reserve);
		return;
	}
	printf("base %u block %u low %u high %u", m->base, m->block, m->low, m->high);
	print_limit(m);
	printf(" reserve %u", m->reserve);
}

/* --- what was recorded --------------------------------------------------------------------------
 */

void tune_print_demand(const struct tune_pool *p)
{
	const struct demand *d = p->demand;

	printf("  demand       %llu packets in %s, at most %u held at once\n", n(d->takes),
	       text_duration(demand_span_ns(d)), d->max_held);
	if (d->quality.not_imputed)
		printf("               of %llu of them nobody knows how long they were held: they "
		       "count as held for ever\n",
		       n(d->quality.not_imputed));
	if (d->quality.marks_changed)
		printf("               the marks changed %llu time%s, the last time at %s: those "
		       "since then count as now\n",
		       n(d->quality.marks_changed), text_plural(d->quality.marks_changed),
		       since_start(p, d->change.at_ns));
	if (d->quality.gaps)
		printf("               events are missing in %llu places: nothing here is proven\n",
		       n(d->quality.gaps));
}

bool tune_has_storm(const struct lead_storm *m)
{
	return m->failures >= STORM && m->ns >= 2 * m->otherwise_ns;
}

static void print_storm(const struct tune_pool *p, const struct advice *a)
{
	const struct lead_storm *m = &a->leads.storm;

	if (!tune_has_storm(m))
		return;
	printf("  storm        %llu requests in a row failed from %s on: it took %s until memory "
	       "came;\n"
	       "               no other lead was longer than %s\n",
	       n(m->failures), since_start(p, m->from_ns), text_duration(m->ns),
	       text_duration(m->otherwise_ns));
	if (a->leads.nr < EXPECT_LEADS)
		printf("               How often they come cannot be told from this recording: it "
		       "has "
		       "only %zu leads\n",
		       a->leads.nr);
}

static void print_leads(const struct tune_options *o, const struct tune_pool *p,
			const struct advice *a)
{
	const struct lead_sample *s = &a->leads;

	if (s->recorded)
		printf("  lead         %zu recorded: p50 %s, p99 %s, max %s", s->nr,
		       text_duration(lead_sample_quantile(s, 0.5)),
		       text_duration(lead_sample_quantile(s, 0.99)),
		       text_duration(a->plan.longest_ns));
	else
		printf("  lead         %s, as you said: up to %s", o->lead,
		       text_duration(a->plan.longest_ns));
	if (s->failed)
		printf("; %llu failed, which counts into the next", n(s->failed));
	if (s->pending)
		printf("; %llu pending at the end", n(s->pending));
	putchar('\n');
	print_storm(p, a);
}

void tune_print_identity(const struct pool_summary *s)
{
	if (!s->identity_checked)
		printf("  identity     nothing to replay: no driver's decisions were recorded\n");
	else if (s->identity_mismatches)
		printf("  identity     DIFFERS in %llu of %llu decisions, first at %s: what-if "
		       "does "
		       "not hold for this driver\n",
		       n(s->identity_mismatches), n(s->identity_checked),
		       text_since(s->identity_first_mismatch_ns, s->opened_ns));
	else
		printf("  identity     exact: %llu decisions, 0 mismatches\n",
		       n(s->identity_checked));
}

static void print_range(int64_t from, int64_t to)
{
	printf("%" PRId64, from);
	if (to != from)
		printf(" to %" PRId64, to);
}

/* Between what safe marks lie, which is known before any are tried. */
static void print_bracket(const struct plan *plan)
{
	printf("  bracket      low ");
	print_range(plan->robust_low, plan->safe_low);
	printf(", limit ");
	print_range(plan->size_static, plan->size);
	printf(", mean %.1f to %u\n", plan->clairvoyant_mean, plan->size);
	printf("               low: enough whatever happened before, for leads up to %s, the "
	       "longest",
	       text_duration(plan->longest_ns));
	if (plan->safe_ns > plan->longest_ns)
		printf(", and up to %s", text_duration(plan->safe_ns));
	printf("\n               limit: the smallest fixed pool that meets the target here, and "
	       "one with a cushion for another recording\n"
	       "               mean: of who knows the future, and of that fixed pool\n");
}

/* Marks that were not in force from the beginning are judged by what happened since they are. */
static void print_change(const struct tune_pool *p)
{
	const struct demand *d = p->demand;

	printf("\n               only since %s; until then ", since_start(p, d->change.at_ns));
	tune_print_marks(&d->change.before);
	printf(",\n               which missed %llu of %llu packets",
	       n(d->change.dropped + d->change.resources), n(d->change.takes));
}

void tune_print_now(const struct tune_options *o, const struct tune_pool *p)
{
	const struct demand *d = p->demand;
	struct tune_missed missed = tune_missed(d);
	bool changed = d->quality.marks_changed;

	if (!d->marks_known) {
		printf("  now          no marks: this is a demand without a driver\n");
		return;
	}
	printf("  now          ");
	tune_print_marks(&d->marks);
	if (changed)
		print_change(p);
	if (!missed.takes) {
		printf("\n               no packet came since then: what these miss was not "
		       "seen\n");
		return;
	}
	printf("\n               dropped %llu  RESOURCES %llu (%.4g%% of the packets%s)",
	       n(missed.dropped), n(missed.resources), 100 * missed.share,
	       changed ? " since then" : "");
	if (p->summary->total.known && !changed)
		printf("  mean %.1f  peak %u", p->summary->total.mean, p->summary->total.max);
	printf("%s\n", missed.share > o->loss ? "  MISSES the target" : "");
}

void tune_print_name(const struct tune_pool *p)
{
	printf("pool %u  %s\n", p->summary->pool, text_printable(p->summary->name));
}

void tune_text_first(const struct tune_options *o, const struct tune_pool *p)
{
	tune_print_name(p);
	tune_print_demand(p);
	print_leads(o, p, p->advice);
	tune_print_identity(p->summary);
	print_bracket(&p->advice->plan);
	tune_print_now(o, p);
}
