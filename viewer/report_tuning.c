/* SPDX-License-Identifier: MIT */
/*
 * Why the marks that `poolscope tune` recommends: its pictures.  They are of the whole recording,
 * whatever part of it the other pictures show.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tuner/advice.h"
#include "tuner/atlas.h"
#include "viewer/human.h"
#include "viewer/plot.h"
#include "viewer/report_parts.h"

/* More than this would take longer than the rest of the page. */
#define STEPS_MAX  (UINT64_C(1) << 26)
#define POINTS_MAX 2000
#define RUG_MAX	   300
#define LEAST_MS   0.001

struct tuning {
	struct report *r;
	struct demand *d;
	struct advice a;
	struct lead lead;
	const struct advice_row *safe;
};

static unsigned long long n(uint64_t value)
{
	return value;
}

static double ms(int64_t ns)
{
	return (double)ns / 1e6 < LEAST_MS ? LEAST_MS : (double)ns / 1e6;
}

static double minutes(const struct tuning *t)
{
	return (double)demand_span_ns(t->d) / 6e10;
}

/* --- the steepest rises -------------------------------------------------------------------------
 */

static void rise_data(const struct atlas *atlas, FILE *s, double upto_ms)
{
	uint32_t stride = 1 + atlas->heights / POINTS_MAX, last = 0;

	fputs("$rise << EOD\n", s);
	for (uint32_t l = 1; l <= atlas->heights; l += stride) {
		if (ms(atlas->min_rise[l]) > upto_ms)
			break;
		last = l;
		fprintf(s, "%.6f %u\n", ms(atlas->min_rise[l]), l);
	}
	fprintf(s, "%.6f %u\nEOD\n", upto_ms, last);
}

static void lead_data(const struct lead_sample *leads, FILE *s)
{
	size_t stride = 1 + leads->nr / RUG_MAX;

	fputs("$leads << EOD\n", s);
	for (size_t i = 0; i < leads->nr; i += stride)
		fprintf(s, "%.6f 0\n", ms(leads->ns[i]));
	fputs("EOD\n", s);
}

static void lead_line(FILE *s, int64_t ns, const char *name, double height)
{
	fprintf(s,
		"set arrow from %.6f, graph 0 to %.6f, graph %.2f nohead dashtype '.' linecolor "
		"rgb '" PLOT_GREY "'\n"
		"set label '%s' at %.6f, graph %.2f center font ',11'\n",
		ms(ns), ms(ns), height, name, ms(ns), height + 0.03);
}

static int draw_rises(struct tuning *t, struct db_error *err)
{
	const struct plan *p = &t->a.plan;
	uint32_t covered = t->safe->s.marks.low + 1 - t->safe->s.marks.reserve;
	double upto = 30 * ms(p->safe_ns);
	struct atlas atlas;
	FILE *s;
	int ret = atlas_make(t->d, ATLAS_NEVER, false, &atlas);

	if (!ret)
		ret = plot_begin(380, &s, err);
	if (ret)
		return ret;
	rise_data(&atlas, s, upto);
	lead_data(&t->a.leads, s);
	lead_line(s, lead_sample_quantile(&t->a.leads, 0.5), "p50", 0.84);
	lead_line(s, p->longest_ns, "longest", 0.89);
	if (p->safe_ns > p->longest_ns)
		lead_line(s, p->safe_ns, "made for", 0.94);
	fprintf(s,
		"set object rectangle from graph 0, graph 0 to %.6f, %u behind "
		"fillcolor rgb '#bbbbbb' fillstyle pattern 4 noborder\n"
		"set logscale x\nset xrange [%.6f:%.6f]\nset yrange [0:*]\nset key outside right "
		"top\n"
		"set xlabel 'lead time in ms'\nset ylabel 'buffers'\n"
		"plot $rise using 1:2 with steps linewidth 2.5 linecolor rgb '#000000' title "
		"'steepest rise',"
		" %u with lines linewidth 1.5 dashtype '-' linecolor rgb '" PLOT_RED
		"' title 'low %u is enough',"
		" $leads with points pointtype 2 pointsize 0.6 linecolor rgb '" PLOT_BLUE
		"' title 'leads'\n",
		ms(p->safe_ns), covered, fmax(LEAST_MS, ms(t->a.leads.ns[0]) / 10), upto, covered,
		t->safe->s.marks.low);
	atlas_release(&atlas);
	return report_finish(
		t->r, s,
		"How many buffers were taken at most within a lead time, net. Where the "
		"line is inside the hatching, low holds whatever happened before.",
		err);
}

/* --- what it costs ------------------------------------------------------------------------------
 */

/* Nothing lost has a place, too: below the least that could be. */
static double share_of(const struct tuning *t, uint64_t missed)
{
	double floor = 0.3 / (double)t->d->takes;

	return 100 * (missed ? (double)missed / (double)t->d->takes : floor);
}

static void row_data(const struct tuning *t, FILE *s)
{
	static const int rows[] = {PLAN_SAFE, PLAN_BALANCED, PLAN_LEAN, ADVICE_CURRENT,
				   PLAN_STATIC};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct advice_row *row = &t->a.row[rows[i]];

		fprintf(s, "$row%d << EOD\n", rows[i]);
		if (row->known)
			fprintf(s, "%.3f %.9f %.3f %.3f %.3f\n", row->s.sim.mean_buffers,
				share_of(t, row->s.sim.lost + row->s.sim.resources),
				(double)row->s.sim.frees / minutes(t),
				row->expected ? row->mean.low : row->s.sim.mean_buffers,
				row->expected ? row->mean.high : row->s.sim.mean_buffers);
		fputs("EOD\n", s);
	}
}

static void plot_rows(FILE *s, const char *using, bool titles)
{
	static const struct {
		int row, point;
		const char *name;
	} shown[] = {{PLAN_SAFE, 7, "safe"},
		     {PLAN_BALANCED, 9, "balanced"},
		     {PLAN_LEAN, 13, "lean"},
		     {PLAN_STATIC, 4, "static"},
		     {ADVICE_CURRENT, 2, "current"}};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		fprintf(s,
			", $row%d using %s with xerrorbars pointtype %d pointsize 1.3 linewidth "
			"1.5 "
			"linecolor rgb '#000000' %s%s%s",
			shown[i].row, using, shown[i].point, titles ? "title '" : "notitle",
			titles ? shown[i].name : "", titles ? "'" : "");
	fputc('\n', s);
}

static void static_data(const struct tuning *t, FILE *s)
{
	uint32_t stride = 1 + t->d->max_held / POINTS_MAX, slot = 0;
	uint64_t lost = demand_static_lost(t->d, 0);

	fputs("$static << EOD\n", s);
	for (uint32_t c = 1; c <= t->d->max_held; c += stride) {
		while (slot < c)
			lost -= t->d->hunt[slot++];
		fprintf(s, "%u %.9f\n", c, share_of(t, lost));
	}
	fprintf(s, "%u %.9f\nEOD\n$front << EOD\n", t->d->max_held, share_of(t, 0));
	for (size_t i = 0; i < t->a.plan.nr_front; i++)
		fprintf(s, "%.3f %.3f\n", t->a.plan.front[i].sim.mean_buffers,
			(double)t->a.plan.front[i].sim.frees / minutes(t));
	fputs("EOD\n", s);
}

static int draw_cost(struct tuning *t, struct db_error *err)
{
	double best = t->a.plan.clairvoyant_mean, floor = share_of(t, 0);
	FILE *s;
	int ret = plot_begin(400, &s, err);

	if (ret)
		return ret;
	row_data(t, s);
	static_data(t, s);
	fprintf(s,
		"set multiplot layout 1,2\nset xlabel 'mean buffers'\nset xrange [0:*]\n"
		"set arrow from %.3f, graph 0 to %.3f, graph 1 nohead dashtype '-.' linecolor rgb "
		"'" PLOT_GREY "'\n"
		"set label 'clairvoyant' at %.3f, graph 0.85 rotate by 90 center offset -0.8,0 "
		"font ',11' textcolor rgb '" PLOT_GREY "'\n"
		"set ylabel 'lost and RESOURCES, %% of packets'\nset logscale y\nset yrange "
		"[%.9f:100]\n"
		"set ytics ('0' %.9f, '0.0001' 0.0001, '0.001' 0.001, '0.01' 0.01, '0.1' 0.1, '1' "
		"1, "
		"'10' 10, '100' 100)\nset key bottom left opaque\n"
		"plot $static with lines linewidth 2 linecolor rgb '" PLOT_BLUE
		"' title 'fixed pools'",
		best, best, best, floor / 2, floor);
	plot_rows(s, "1:2:4:5", true);
	fputs("unset logscale y\nset nonlinear y via log10(1+y) inverse 10**y-1\n"
	      "set ytics (0, 1, 10, 100, 1000, 10000, 100000)\nset yrange [0:*]\n"
	      "set ylabel 'frees a minute'\nset key top right\nset offsets 0,0,graph 0.15,0\n"
	      "plot $front with linespoints pointtype 7 pointsize 0.4 linewidth 1.5 dashtype '-' "
	      "linecolor rgb '" PLOT_GREEN "' title 'the best that meet the target'",
	      s);
	plot_rows(s, "1:3:4:5", false);
	fputs("unset multiplot\n", s);
	return report_finish(
		t->r, s,
		"What memory buys: fewer losses (left), fewer grants and frees (right). "
		"Bars: where another recording would be, 95 %. Nothing loses nothing with "
		"less memory than the clairvoyant.",
		err);
}

/* --- the moment that decided --------------------------------------------------------------------
 */

struct moment {
	FILE *s;
	int64_t from_ns, to_ns, zero_ns;
	struct sim_event last;
	const char *kind;
	enum sim_what what;
};

static void total_line(struct moment *m, int64_t t_ns, const struct policy_marks *marks)
{
	uint32_t total = m->last.total;

	fprintf(m->s, "%.6f %u %d %d\n", (double)(t_ns - m->zero_ns) / 1e6, total,
		(int)total - (int)marks->low, (int)total - (int)marks->high);
}

struct totals {
	struct moment *m;
	const struct policy_marks *marks;
	bool begun;
};

static void tell_total(const struct sim_event *e, void *ctx)
{
	struct totals *t = ctx;

	if (e->t_ns >= t->m->from_ns && !t->begun) {
		total_line(t->m, t->m->from_ns, t->marks);
		t->begun = true;
	}
	if (e->t_ns >= t->m->from_ns && e->t_ns <= t->m->to_ns && e->total != t->m->last.total) {
		total_line(t->m, e->t_ns, t->marks);
		t->m->last = *e;
		total_line(t->m, e->t_ns, t->marks);
	} else if (e->t_ns <= t->m->to_ns) {
		t->m->last = *e;
	}
}

static void tell_kind(const struct sim_event *e, void *ctx)
{
	struct moment *m = ctx;

	if (e->what == m->what && e->t_ns >= m->from_ns && e->t_ns <= m->to_ns)
		fprintf(m->s, "%.6f %u\n", (double)(e->t_ns - m->zero_ns) / 1e6, e->total);
}

static void held_data(const struct tuning *t, const struct moment *m)
{
	size_t from = demand_next_at(t->d, 0, m->from_ns),
	       to = demand_next_at(t->d, from, m->to_ns);
	size_t stride = 1 + (to - from) / POINTS_MAX;

	fputs("$held << EOD\n", m->s);
	fprintf(m->s, "%.6f %u\n", (double)(m->from_ns - m->zero_ns) / 1e6,
		demand_held(t->d, from));
	for (size_t i = from; i < to; i += stride) {
		size_t last = i + stride < to ? i + stride : to;

		fprintf(m->s, "%.6f %u\n", (double)(t->d->t_ns[last - 1] - m->zero_ns) / 1e6,
			demand_held(t->d, last));
	}
	fputs("EOD\n", m->s);
}

static int moment_data(struct tuning *t, struct moment *m)
{
	static const struct {
		enum sim_what what;
		const char *name;
	} kinds[] = {{SIM_REQUEST, "asked"}, {SIM_GRANT, "granted"}, {SIM_FREE, "freed"}};
	const struct policy_marks *marks = &t->safe->s.marks;
	struct totals totals = {m, marks, false};
	struct sim_result r;
	int ret;

	held_data(t, m);
	fputs("$total << EOD\n", m->s);
	m->last.total = marks->base;
	ret = sim_tell(t->d, marks, &t->lead, tell_total, &totals, &r);
	if (!totals.begun)
		total_line(m, m->from_ns, marks);
	total_line(m, m->to_ns, marks);
	fputs("EOD\n", m->s);
	for (size_t i = 0; !ret && i < 3; i++) {
		m->what = kinds[i].what;
		fprintf(m->s, "$%s << EOD\n", kinds[i].name);
		ret = sim_tell(t->d, marks, &t->lead, tell_kind, m, &r);
		fputs("EOD\n", m->s);
	}
	return ret;
}

static int draw_moment(struct tuning *t, struct db_error *err)
{
	const struct low_burst *b = &t->a.plan.burst;
	struct moment m = {.zero_ns = b->from_ns,
			   .from_ns = b->from_ns - 2 * t->a.plan.safe_ns,
			   .to_ns = b->to_ns + 3 * t->a.plan.safe_ns};
	int ret = plot_begin(400, &m.s, err);

	if (!ret)
		ret = moment_data(t, &m);
	if (ret)
		return ret;
	fprintf(m.s,
		"set xlabel 'ms after %.6f s'\nset ylabel 'buffers'\nset yrange [0:*]\n"
		"set xrange [%.6f:%.6f]\nset key outside right top\nset offsets 0,0,graph 0.06,0\n"
		"set object rectangle from 0, graph 0 to %.6f, graph 1 behind "
		"fillcolor rgb '#cccccc' fillstyle pattern 4 noborder\n"
		"plot $total using 1:2 with lines linewidth 2.5 linecolor rgb '#000000' title "
		"'total',"
		" $held with steps linewidth 2 linecolor rgb '" PLOT_ORANGE "' title 'held',"
		" $total using 1:3 with lines linewidth 1.5 dashtype '-' linecolor rgb '" PLOT_RED
		"' title 'asks from here on',"
		" $total using 1:4 with lines linewidth 1.5 dashtype '-.' linecolor rgb "
		"'" PLOT_GREEN "' title 'frees below',"
		" $asked with points pointtype 10 pointsize 1.2 linecolor rgb '#000000' title "
		"'asks',"
		" $granted with points pointtype 9 pointsize 1.2 linecolor rgb '#000000' title "
		"'a block comes',"
		" $freed with points pointtype 2 linecolor rgb '#000000' title 'a block goes'\n",
		(double)(b->from_ns - t->r->status.start_ns) / 1e9,
		(double)(m.from_ns - m.zero_ns) / 1e6, (double)(m.to_ns - m.zero_ns) / 1e6,
		(double)(b->to_ns - b->from_ns) / 1e6);
	return report_finish(
		t->r, m.s,
		"The burst that decides (hatched), with the recommended marks. As long as "
		"held stays below total, nothing is lost.",
		err);
}

/* --- how far high is above low ------------------------------------------------------------------
 */

static int gap_data(struct tuning *t, FILE *s)
{
	struct policy_marks m = t->safe->s.marks;

	fputs("$gaps << EOD\n", s);
	for (uint32_t gap = 1; gap <= 16 * m.block && gap < INT32_MAX / 4; gap *= 2) {
		struct sim_result r;
		int ret;

		m.high = m.low + m.block + gap;
		ret = sim_skip(t->d, &m, &t->lead, NULL, &r);
		if (ret)
			return ret;
		fprintf(s, "%u %.3f %.3f\n", gap, (double)r.frees / minutes(t), r.mean_buffers);
	}
	fputs("EOD\n", s);
	return 0;
}

static int draw_gap(struct tuning *t, struct db_error *err)
{
	const struct policy_marks *m = &t->safe->s.marks;
	uint32_t chosen = m->high - m->low - m->block;
	FILE *s;
	int ret = plot_begin(320, &s, err);

	if (!ret)
		ret = gap_data(t, s);
	if (ret)
		return ret;
	fprintf(s,
		"set multiplot layout 1,2\nset logscale x 2\nset xrange [0.7:*]\nset yrange "
		"[0:*]\nset offsets 0,0,graph 0.12,0\nunset key\n"
		"set xlabel 'high above low + block, in buffers'\n"
		"set arrow from %u, graph 0 to %u, graph 1 nohead dashtype '-' linecolor rgb "
		"'" PLOT_RED
		"'\nset label 'high %u' at %u, graph 0.97 left offset 0.5,0 font ',11'\n"
		"set ylabel 'frees a minute'\n"
		"plot $gaps using 1:2 with linespoints pointtype 7 linewidth 2 linecolor rgb "
		"'#000000'\n"
		"set ylabel 'mean buffers'\n"
		"plot $gaps using 1:3 with linespoints pointtype 7 linewidth 2 linecolor rgb "
		"'#000000'\nunset multiplot\n",
		chosen, chosen, m->high, chosen);
	return report_finish(
		t->r, s,
		"A wider gap between low and high asks and frees less often (left), and "
		"keeps more (right).",
		err);
}

/* --- blocks of time -----------------------------------------------------------------------------
 */

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x > y ? -1 : x < y;
}

static int need_data(const struct tuning *t, FILE *s, uint32_t *largest)
{
	const struct evidence *e = &t->a.evidence;
	uint32_t *low = calloc(e->nr, sizeof(*low));

	if (!low)
		return -ENOMEM;
	for (size_t i = 0; i < e->nr; i++)
		low[i] = low_of(e->blocks[i].rise, t->safe->s.marks.reserve);
	qsort(low, e->nr, sizeof(*low), by_size);
	*largest = low[0];
	fputs("$need << EOD\n", s);
	for (size_t i = 0; i < e->nr; i++)
		fprintf(s, "%u %.6f\n", low[i], 100 * (double)(i + 1) / (double)e->nr);
	fputs("EOD\n", s);
	free(low);
	return 0;
}

static int draw_need(struct tuning *t, struct db_error *err)
{
	const struct certificate *c = &t->safe->certificate;
	uint32_t low = t->safe->s.marks.low, largest = 0;
	FILE *s;
	int ret;

	if (t->a.evidence.nr < 2)
		return 0;
	ret = plot_begin(320, &s, err);
	if (!ret)
		ret = need_data(t, s, &largest);
	if (ret)
		return ret;
	fprintf(s,
		"set logscale y\nset xrange [0:%.3f]\nset yrange [%.6f:120]\nset key outside right "
		"top\n"
		"set xlabel 'low that a block of time needs'\nset ylabel '%% of blocks need as "
		"much'\n"
		"set arrow from %u, graph 0 to %u, graph 1 nohead linewidth 1.5 dashtype '-' "
		"linecolor "
		"rgb '" PLOT_RED "'\nset label 'low %u' at %u, graph 0.95 right offset -0.5,0\n"
		"plot $need with fsteps linewidth 2 linecolor rgb '#000000' title 'blocks',"
		" $need with points pointtype 7 pointsize 0.5 linecolor rgb '#000000' notitle",
		1.1 * (double)(largest > low ? largest : low),
		fmin(50 / (double)t->a.evidence.nr, 50 * c->block_chance), low, low, low, low);
	if (c->kind != CERTIFICATE_NONE && t->safe->grade != 'C')
		fprintf(s,
			", %.6f with lines dashtype '.' linewidth 2 linecolor rgb '" PLOT_BLUE
			"' title 'of future ones, at most'",
			100 * c->block_chance);
	fputc('\n', s);
	return report_finish(
		t->r, s,
		"What low each block of time needs by itself for the longest lead: how far "
		"the recommended one is from them.",
		err);
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
	ret = draw_rises(t, err);
	if (!ret)
		ret = draw_moment(t, err);
	if (!ret)
		ret = draw_cost(t, err);
	if (!ret)
		ret = draw_gap(t, err);
	if (!ret)
		ret = draw_need(t, err);
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
		say_nothing(r,
			    "No request was recorded, so nobody knows how long one takes, and what "
			    "low should be.");
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
