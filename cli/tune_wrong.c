/* SPDX-License-Identifier: MIT */
/* What is wrong with the recorded marks, for the traffic that there was. */
#include <stdarg.h>
#include <stdio.h>

#include "cli/text.h"
#include "cli/tune.h"

/* More than this share of frees, and more than so many, are asked back at once. */
#define WASTED_SHARE 0.05
#define WASTED_LEAST 5

static void add(struct tune_wrong *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(struct tune_wrong *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(w->line[w->nr++], sizeof(w->line[0]), format, args);
	va_end(args);
}

static void judge_low(const struct plan *plan, const struct plan_setting *s, struct tune_wrong *w)
{
	const struct policy_marks *m = &s->marks;
	uint64_t supply = (uint64_t)m->max_pending * m->block;
	uint32_t rise = plan->longest_burst.rise;

	if (m->base <= m->low)
		add(w, "base %u is not above low %u: it asks at once, before the first packet",
		    m->base, m->low);
	if (s->covers)
		return;
	/* A low that is higher by what does not come in time makes up for it. */
	if (supply < rise && m->low < low_of(rise, m->reserve) + (rise - supply))
		add(w,
		    "%llu buffer%s a lead, at most, cannot follow a rise of %u within the longest "
		    "(%s)",
		    (unsigned long long)supply, text_plural(supply), rise,
		    text_duration(plan->longest_ns));
	if (m->low < low_of(rise, m->reserve))
		add(w, "low %u is below the steepest rise within the longest lead, which needs %u",
		    m->low, low_of(rise, m->reserve));
}

struct tune_wrong tune_wrong(const struct tune_pool *p)
{
	const struct advice_row *r = p->advice ? &p->advice->row[ADVICE_CURRENT] : NULL;
	struct tune_wrong w = {.nr = 0};
	const struct plan *plan;
	const struct policy_marks *m;
	uint64_t need;

	if (!r || !r->known)
		return w;
	plan = &p->advice->plan;
	m = &r->s.marks;
	need = (uint64_t)plan->in_use + m->reserve;
	if (m->limit < need)
		add(&w, "limit %u is less than the %u that were in use, and reserve %u", m->limit,
		    plan->in_use, m->reserve);
	if (tune_is_fixed(m))
		return w;
	judge_low(plan, &r->s, &w);
	if (m->base > need + m->low)
		add(&w,
		    "base %u is enough for all %u that were in use and low %u: it does not grow",
		    m->base, plan->in_use, m->low);
	if (r->s.waste.wasted > WASTED_LEAST &&
	    (double)r->s.waste.wasted > WASTED_SHARE * (double)r->s.sim.frees)
		add(&w, "high %u is too near low %u: %llu of %llu frees were asked back at once",
		    m->high, m->low, (unsigned long long)r->s.waste.wasted,
		    (unsigned long long)r->s.sim.frees);
	return w;
}
