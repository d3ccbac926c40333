/* SPDX-License-Identifier: MIT */
/* What the traffic wanted: its steepest rises, and the most of each stretch of time. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "tuner/atlas.h"
#include "viewer/plot.h"
#include "viewer/report_tuning.h"

#define RUG_MAX 300

/* --- the steepest rises -------------------------------------------------------------------------
 */

static void rise_data(const struct atlas *atlas, FILE *s, double upto_ms)
{
	uint32_t stride = 1 + atlas->heights / TUNING_POINTS_MAX, last = 0;

	fputs("$rise << EOD\n", s);
	for (uint32_t l = 1; l <= atlas->heights; l += stride) {
		if (tuning_ms(atlas->min_rise[l]) > upto_ms)
			break;
		last = l;
		fprintf(s, "%.6f %u\n", tuning_ms(atlas->min_rise[l]), l);
	}
	fprintf(s, "%.6f %u\nEOD\n", upto_ms, last);
}

static void lead_data(const struct lead_sample *leads, FILE *s)
{
	size_t stride = 1 + leads->nr / RUG_MAX;

	fputs("$leads << EOD\n", s);
	for (size_t i = 0; i < leads->nr; i += stride)
		fprintf(s, "%.6f 0\n", tuning_ms(leads->ns[i]));
	fputs("EOD\n", s);
}

static void lead_line(FILE *s, int64_t ns, const char *name, double height)
{
	fprintf(s,
		"set arrow from %.6f, graph 0 to %.6f, graph %.2f nohead dashtype '.' linecolor "
		"rgb '" PLOT_GREY "'\n"
		"set label '%s' at %.6f, graph %.2f center font ',11'\n",
		tuning_ms(ns), tuning_ms(ns), height, name, tuning_ms(ns), height + 0.03);
}

int tuning_draw_rises(struct tuning *t, struct db_error *err)
{
	const struct plan *p = &t->a.plan;
	uint32_t covered = t->safe->s.marks.low + 1 - t->safe->s.marks.reserve;
	double upto = 30 * tuning_ms(p->safe_ns);
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
		tuning_ms(p->safe_ns), covered,
		fmax(TUNING_LEAST_MS, tuning_ms(t->a.leads.ns[0]) / 10), upto, covered,
		t->safe->s.marks.low);
	atlas_release(&atlas);
	return report_finish(
		t->r, s,
		"How many buffers were taken at most within a lead time, net. Where the "
		"line is inside the hatching, low holds whatever happened before.",
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

int tuning_draw_need(struct tuning *t, struct db_error *err)
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
