/* SPDX-License-Identifier: MIT */
/* What the recommended marks cost, and what others would. */
#include "viewer/plot.h"
#include "viewer/report_tuning.h"

static double minutes(const struct tuning *t)
{
	return (double)demand_span_ns(t->d) / 6e10;
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
	uint32_t stride = 1 + t->d->max_held / TUNING_POINTS_MAX, slot = 0;
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

int tuning_draw_cost(struct tuning *t, struct db_error *err)
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
		"set label 1 'clairvoyant' at %.3f, graph 0.85 rotate by 90 center offset -0.8,0 "
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
	/* The label is below the key. */
	fprintf(s,
		"set label 1 at %.3f, graph 0.6\n"
		"unset logscale y\nset nonlinear y via log10(1+y) inverse 10**y-1\n"
		"set ytics (0, 1, 10, 100, 1000, 10000, 100000)\nset yrange [0:*]\n"
		"set ylabel 'frees a minute'\nset key top right\nset offsets 0,0,graph 0.15,0\n"
		"plot $front with linespoints pointtype 7 pointsize 0.4 linewidth 1.5 dashtype '-' "
		"linecolor rgb '" PLOT_GREEN "' title 'the best that meet the target'",
		best);
	plot_rows(s, "1:3:4:5", false);
	fputs("unset multiplot\n", s);
	return report_finish(
		t->r, s,
		"What memory buys: fewer losses (left), fewer grants and frees (right). "
		"Bars: where another recording would be, 95 %. Nothing loses nothing with "
		"less memory than the clairvoyant.",
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

int tuning_draw_gap(struct tuning *t, struct db_error *err)
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
