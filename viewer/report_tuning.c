/* SPDX-License-Identifier: MIT */
/*
 * Why the marks that `poolscope tune` recommends: the words, the table and the order of the
 * pictures (viewer/report_tuning.h).
 */
#include <errno.h>

#include "viewer/report_tuning.h"

/* More than this would take longer than the rest of the page. */
#define STEPS_MAX (UINT64_C(1) << 26)

static unsigned long long n(uint64_t value)
{
	return value;
}

/* --- a quarter more or less ---------------------------------------------------------------------
 */

static void write_trial(struct tuning *t, const struct policy_marks *m, const struct lead *lead)
{
	struct report *r = t->r;
	struct sim_result sim;
	char why[ADVICE_WHY];

	if (!policy_marks_ok(m, why, sizeof(why)) || sim_skip(t->d, m, lead, NULL, &sim)) {
		fputs("<td>-<td>-", r->out);
		return;
	}
	fprintf(r->out, "<td>%.1f<td>%llu", sim.mean_buffers, n(sim.lost + sim.resources));
}

static uint32_t quarter(uint32_t value, int sign)
{
	uint32_t by = value / 4 ? value / 4 : 1;

	return sign < 0 ? value > by ? value - by : 1 : value + by;
}

static void write_parameter(struct tuning *t, const char *name, size_t offset)
{
	fprintf(t->r->out, "<tr><td>%s", name);
	for (int sign = -1; sign <= 1; sign += 2) {
		struct policy_marks m = t->safe->s.marks;
		uint32_t *mark = (uint32_t *)((char *)&m + offset);

		*mark = quarter(*mark, sign);
		if (offset != offsetof(struct policy_marks, high) &&
		    offset != offsetof(struct policy_marks, base))
			m.high = t->safe->s.marks.high + (m.low - t->safe->s.marks.low) +
				 (m.block - t->safe->s.marks.block);
		if (offset != offsetof(struct policy_marks, limit) && m.limit < m.base + m.block)
			m.limit = m.base + m.block;
		write_trial(t, &m, &t->lead);
	}
	fputc('\n', t->r->out);
}

static void write_sensitivity(struct tuning *t)
{
	struct lead half = lead_fixed(t->a.plan.longest_ns / 2),
		    twice = lead_fixed(2 * t->a.plan.longest_ns);

	fputs("<table><tr><th>a quarter<th>less: mean<th>missed<th>more: mean<th>missed\n",
	      t->r->out);
	write_parameter(t, "base", offsetof(struct policy_marks, base));
	write_parameter(t, "block", offsetof(struct policy_marks, block));
	write_parameter(t, "low (and high)", offsetof(struct policy_marks, low));
	write_parameter(t, "high", offsetof(struct policy_marks, high));
	write_parameter(t, "limit", offsetof(struct policy_marks, limit));
	fputs("<tr><td>leads all half, all twice the longest", t->r->out);
	write_trial(t, &t->safe->s.marks, &half);
	write_trial(t, &t->safe->s.marks, &twice);
	fputs("\n</table>\n<p>Missed: lost or RESOURCES. A dash: the driver would refuse such "
	      "marks.</p>\n",
	      t->r->out);
}

/* --- all of it ----------------------------------------------------------------------------------
 */

static void write_intro(struct tuning *t)
{
	const struct policy_marks *m = &t->safe->s.marks;
	FILE *out = t->r->out;

	fprintf(out,
		"<h3>Which marks to set</h3>\n<p>base %u, block %u, low %u, high %u, limit %u: "
		"%.1f buffers in the mean, %llu packets missed. Grade %c",
		m->base, m->block, m->low, m->high, m->limit, t->safe->s.sim.mean_buffers,
		n(t->safe->s.sim.lost + t->safe->s.sim.resources), t->safe->grade);
	if (*t->safe->why) {
		fputs(": ", out);
		report_text(out, t->safe->why);
	}
	fputs(". <code>poolscope tune</code> says more.</p>\n", out);
}

static int draw(struct tuning *t, struct db_error *err)
{
	int ret;

	write_intro(t);
	ret = tuning_draw_rises(t, err);
	if (!ret)
		ret = tuning_draw_moment(t, err);
	if (!ret)
		ret = tuning_draw_cost(t, err);
	if (!ret)
		ret = tuning_draw_gap(t, err);
	if (!ret)
		ret = tuning_draw_need(t, err);
	if (!ret)
		write_sensitivity(t);
	return ret;
}

static int advise(struct tuning *t, const struct pool_summary *p)
{
	struct advice_request q = {.lead_recorded = true,
				   .seed = 1,
				   .hold_ns = p->hold.p999_ns,
				   .identity_checked = p->identity_checked,
				   .identity_mismatches = p->identity_mismatches,
				   .events_lost = pool_has_loss(&t->r->status, p)};
	int ret = lead_recorded(t->d, &t->lead);

	q.lead = t->lead;
	return ret ? ret : advice_make(t->d, &q, &t->a);
}

static void say_nothing(struct report *r, const char *why)
{
	fputs("<h3>Which marks to set</h3>\n<p>", r->out);
	report_text(r->out, why);
	fputs("</p>\n", r->out);
}

int report_tuning(struct report *r, const struct pool_summary *p, struct db_error *err)
{
	struct demand_watch watch = {.steps_max = STEPS_MAX};
	struct tuning t = {.r = r};
	int ret;

	if (r->options->no_pictures || *r->result->pictures_missing)
		return 0;
	ret = demand_read_some(r->query, p->pool, &watch, &t.d, err);
	if (ret == -ENODATA || ret == -EFBIG) {
		say_nothing(r, err->text);
		return 0;
	}
	if (ret)
		return ret;
	ret = watch.cut ? -EFBIG : advise(&t, p);
	if (!ret && t.a.row[PLAN_SAFE].known) {
		t.safe = &t.a.row[PLAN_SAFE];
		ret = draw(&t, err);
	} else if (ret == -ENODATA) {
		say_nothing(r, t.d->nr_leads
				       ? "Every request that was recorded failed, so nobody knows "
					 "how long one takes, and what low should be."
				       : "No request was recorded, so nobody knows how long one "
					 "takes, and what low should be.");
		ret = 0;
	} else if (ret != -ENOMEM) {
		say_nothing(r,
			    ret ? "The recording is too long for this page; poolscope tune says it."
				: "No marks that were tried meet the target.");
		ret = 0;
	}
	advice_release(&t.a);
	demand_close(t.d);
	if (ret == -ENOMEM)
		snprintf(err->text, sizeof(err->text), "out of memory");
	return ret;
}
