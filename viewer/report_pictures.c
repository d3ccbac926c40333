/* SPDX-License-Identifier: MIT */
/*
 * The pictures of a report: scripts for gnuplot.  Lines differ in dashes and weight as well as in
 * colour, and are named beside the picture; the colours are told apart by colour-blind people, too.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "db/query_lead.h"
#include "viewer/bars.h"
#include "viewer/human.h"
#include "viewer/plot.h"
#include "viewer/report_parts.h"

/* Seconds since the recording's first event: column i's middle. */
static double middle_s(const struct report *r, size_t i)
{
	return ((double)(r->from_ns - r->status.start_ns) +
		(double)r->width_ns * ((double)i + .5)) /
	       1e9;
}

/* Pictures of the same time stand one under the other, to the pixel. */
static void set_time_axis(struct report *r, FILE *s)
{
	fprintf(s,
		"set xrange [%.9f:%.9f]\nset xlabel 'seconds since the first event'\n"
		"set lmargin at screen 0.13\nset rmargin at screen 0.81\n",
		(double)(r->from_ns - r->status.start_ns) / 1e9,
		(double)(r->to_ns - r->status.start_ns) / 1e9);
}

static void begin_figure(struct report *r)
{
	fputs("<figure>\n", r->out);
}

static void end_figure(struct report *r, const char *caption)
{
	fprintf(r->out, "<figcaption>%s</figcaption></figure>\n", caption);
}

int report_finish(struct report *r, FILE *script, const char *caption, struct db_error *err)
{
	int ret;

	begin_figure(r);
	ret = plot_end(script, r->out, err);
	end_figure(r, ret ? "(the picture is missing)" : caption);
	if (!ret)
		return 0;
	snprintf(r->result->pictures_missing, sizeof(r->result->pictures_missing), "%.250s",
		 err->text);
	return 0;
}

/* --- occupancy -------------------------------------------------------------------------------- */

static void level_data(struct report *r, FILE *s, const struct level_column *c, uint32_t block)
{
	fputs("$level << EOD\n", s);
	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (!c[i].known || !c[i].measured) {
			fputs("\n", s); /* a gap in all lines */
			continue;
		}
		fprintf(s, "%.9f %u %u %.3f %u %u %llu\n", middle_s(r, i), c[i].available_min,
			c[i].available_max, c[i].available_mean, c[i].held_max, c[i].total_max,
			(unsigned long long)c[i].total_max +
				(unsigned long long)c[i].pending_max * block);
	}
	fputs("EOD\n", s);
}

static void marker_data(struct report *r, FILE *s, const struct level_column *c)
{
	fputs("$drops << EOD\n", s);
	for (size_t i = 0; i < REPORT_COLUMNS; i++)
		if (c[i].known && c[i].dropped)
			fprintf(s, "%.9f 0\n", middle_s(r, i));
	fputs("EOD\n$fallback << EOD\n", s);
	for (size_t i = 0; i < REPORT_COLUMNS; i++)
		if (c[i].known && (c[i].fallback || c[i].resources))
			fprintf(s, "%.9f 0\n", middle_s(r, i));
	fputs("EOD\n", s);
}

static bool any(const struct level_column *c, bool (*is)(const struct level_column *))
{
	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (c[i].known && is(&c[i]))
			return true;
	}
	return false;
}

static bool is_measured(const struct level_column *c)
{
	return c->measured;
}

static bool has_drop(const struct level_column *c)
{
	return c->dropped;
}

static bool has_fallback(const struct level_column *c)
{
	return c->fallback || c->resources;
}

static bool has_loss(const struct level_column *c)
{
	return c->loss;
}

static void plot_marks(FILE *s, const struct pool_marks *m)
{
	fprintf(s,
		", %u with lines linewidth 1.5 dashtype '-' linecolor rgb '" PLOT_RED
		"' title 'low %u'"
		", %u with lines linewidth 1.5 dashtype '-.' linecolor rgb '" PLOT_GREEN
		"' title 'high %u'",
		m->low, m->low, m->high, m->high);
	if (m->reserve)
		fprintf(s,
			", %u with lines linewidth 1 dashtype '.' linecolor rgb '" PLOT_GREY
			"' title 'reserve %u'",
			m->reserve, m->reserve);
}

static int draw_occupancy(struct report *r, const struct pool_summary *p,
			  const struct level_column *c, struct db_error *err)
{
	bool marks = pool_marks_known(&p->marks);
	FILE *s;
	int ret = plot_begin(400, &s, err);

	if (ret)
		return ret;
	level_data(r, s, c, marks ? p->marks.block : 0);
	marker_data(r, s, c);
	set_time_axis(r, s);
	fputs("set ylabel 'buffers'\nset yrange [0:*]\nset key outside right top\n"
	      "set datafile missing '?'\n"
	      "plot $level using 1:6:7 with filledcurves fillstyle pattern 4 linecolor rgb "
	      "'" PLOT_PURPLE "' title 'pending',"
	      " '' using 1:2:3 with filledcurves fillstyle solid 0.35 noborder linecolor rgb "
	      "'" PLOT_BLUE "' title 'available',"
	      " '' using 1:4 with lines linewidth 1 linecolor rgb '" PLOT_BLUE "' title 'its mean',"
	      " '' using 1:5 with lines linewidth 2 dashtype (9,3) linecolor rgb '" PLOT_ORANGE
	      "' title 'held',"
	      " '' using 1:6 with steps linewidth 2 linecolor rgb '#000000' title 'total'",
	      s);
	if (marks)
		plot_marks(s, &p->marks);
	if (any(c, has_drop))
		fputs(", $drops using 1:2 with points pointtype 2 pointsize 1 linecolor rgb "
		      "'" PLOT_RED "' title 'drop'",
		      s);
	if (any(c, has_fallback))
		fputs(", $fallback using 1:2 with points pointtype 6 pointsize 1 linecolor rgb "
		      "'#000000' title 'RESOURCES'",
		      s);
	fputs("\n", s);
	return report_finish(
		r, s,
		"Occupancy: the band holds every available count of its moment; pending "
		"buffers lie above the total.",
		err);
}

/* --- lead times over time --------------------------------------------------------------------- */

#define HEAT_COLUMNS 3 /* columns to a cell: a single request must be seen */

static uint32_t heat_count(const struct latency_cells *cells, size_t i, unsigned cell)
{
	uint32_t count = 0;

	for (size_t c = i; c < i + HEAT_COLUMNS && c < REPORT_COLUMNS; c++)
		count += cells[c].count[cell];
	return count;
}

/* Cells as rectangles: grey says how many, so the picture needs no colour. */
static uint32_t heat_data(struct report *r, FILE *s, const struct latency_cells *cells)
{
	double half_s = HEAT_COLUMNS * (double)r->width_ns / 2e9;
	uint32_t most = 0;

	fputs("$heat << EOD\n", s);
	for (size_t i = 0; i < REPORT_COLUMNS; i += HEAT_COLUMNS) {
		for (unsigned cell = 0; cell < LATENCY_CELLS; cell++) {
			uint32_t count = heat_count(cells, i, cell);
			double low = ldexp(4 + cell % 4, (int)(cell / 4) - 2);
			double high = ldexp(5 + cell % 4, (int)(cell / 4) - 2);
			double at_s = middle_s(r, i) - (double)r->width_ns / 2e9 + half_s;

			if (!count)
				continue;
			fprintf(s, "%.9f %.6g %.9f %.9f %.6g %.6g %u\n", at_s,
				sqrt(low * high) / 1e9, at_s - half_s, at_s + half_s, low / 1e9,
				high / 1e9, count);
			most = count > most ? count : most;
		}
	}
	fputs("EOD\n", s);
	return most;
}

static int draw_lead(struct report *r, const struct latency_cells *cells, struct db_error *err)
{
	uint32_t most;
	FILE *s;
	int ret = plot_begin(300, &s, err);

	if (ret)
		return ret;
	most = heat_data(r, s, cells);
	set_time_axis(r, s);
	fprintf(s,
		"set logscale y\nset ylabel 'lead time'\nset format y '%%.0s %%cs'\n"
		"set palette defined (0 '#a8a8a8', 1 '#000000')\nset cbrange [1:%u]\nset format cb "
		"'%%.0f'\n%s"
		"%sset cblabel 'requests'\n"
		"plot $heat using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid noborder palette "
		"notitle\n",
		most > 1 ? most : 2, most <= 4 ? "set cbtics 1\n" : "",
		most > 100 ? "set logscale cb\n" : "");
	return report_finish(
		r, s, "Lead times by the time of completion: the darker, the more requests.", err);
}

/* --- histograms ------------------------------------------------------------------------------- */

#define BARS 120

/* Returns: the highest bar. */
static double histogram_data(FILE *s, const struct latency_window *w, const char *name, double low,
			     double high)
{
	double bars[BARS], step = log(high / low) / BARS, most = 0;

	histogram_columns(&w->histogram, low, high, BARS, bars);
	fprintf(s, "$%s << EOD\n", name);
	for (size_t i = 0; i < BARS; i++) {
		fprintf(s, "%.6g %.6g %.6g\n", low * exp(step * ((double)i + .5)) / 1e9, bars[i],
			low * (exp(step * ((double)i + 1)) - exp(step * (double)i)) / 1e9);
		most = bars[i] > most ? bars[i] : most;
	}
	fputs("EOD\n", s);
	return most;
}

/* 1, 2 and 5 of each power of ten; over many powers, 1 alone. */
static void duration_tics(FILE *s, double low_ns, double high_ns)
{
	static const double steps[] = {1, 2, 5};
	int nr = high_ns / low_ns > 2000 ? 1 : 3;
	int first = (int)floor(log10(low_ns)), last = (int)ceil(log10(high_ns));
	const char *comma = "";
	char text[40];

	fputs("set xtics (", s);
	for (int power = first; power <= last; power++) {
		for (int i = 0; i < nr; i++) {
			double ns = pow(10, power) * steps[i];

			if (ns < low_ns || ns > high_ns)
				continue;
			fprintf(s, "%s'%s' %.9g", comma, bars_time_label(ns, text, sizeof(text)),
				ns / 1e9);
			comma = ", ";
		}
	}
	fputs(")\n", s);
}

/* side: of the line, on which its name stands: two that are near must not meet. */
static void mark_quantile(FILE *s, const char *name, int64_t ns, const char *side)
{
	double at = (double)(ns > 0 ? ns : 1) / 1e9;

	fprintf(s,
		"set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead dashtype '-' "
		"linecolor rgb '" PLOT_GREY "'\nset label '%s %s' at first %.9g, graph 1.08 %s\n",
		at, at, name, human_duration(ns).s, at, side);
}

static int draw_histogram(struct report *r, const struct latency_window *w, const char *what,
			  const char *caption, struct db_error *err)
{
	double low, high, most;
	FILE *s;
	int ret;

	if (!w->figures.count)
		return 0;
	ret = plot_begin(240, &s, err);
	if (ret)
		return ret;
	low = fmax(1, (double)histogram_quantile(&w->histogram, 0) / 1.5);
	high = fmax(low * 4, (double)w->figures.max_ns * 1.2);
	most = histogram_data(s, w, "bars", low, high);
	fprintf(s,
		"set logscale x\nset xrange [%.9g:%.9g]\nset lmargin at screen 0.13\n"
		"set rmargin at screen 0.88\n"
		"set xlabel '%s'\nset ylabel 'count'\nset yrange [0:*]\nset format y '%%.0f'\n"
		"set tmargin 2.5\n%s",
		low / 1e9, high / 1e9, what, most <= 5 ? "set ytics 1\n" : "");
	duration_tics(s, low, high);
	mark_quantile(s, "p50", w->figures.p50_ns, "right");
	mark_quantile(s, "p99", w->figures.p99_ns, "left");
	fputs("plot $bars using 1:2:3 with boxes fillstyle solid 0.6 noborder linecolor rgb "
	      "'" PLOT_BLUE "' notitle\n",
	      s);
	return report_finish(r, s, caption, err);
}

static int draw_histograms(struct report *r, const struct pool_summary *p, struct db_error *err)
{
	struct latency_window *w = malloc(sizeof(*w));
	int ret = w ? query_latency_window(r->query, LATENCY_LEAD, p->pool, r->from_ns, r->to_ns, w,
					   err)
		    : -ENOMEM;

	if (!ret)
		ret = draw_histogram(r, w, "lead time", "How long requests were pending.", err);
	if (!ret)
		ret = query_latency_window(r->query, LATENCY_HOLD, p->pool, r->from_ns, r->to_ns, w,
					   err);
	if (!ret)
		ret = draw_histogram(r, w, "hold time", "How long buffers were held.", err);
	free(w);
	return ret;
}

/* --- health ----------------------------------------------------------------------------------- */

static bool has_trouble(const struct level_column *c)
{
	return c->dropped || c->failed || c->loss || has_fallback(c);
}

/* A row for each kind of trouble, a tick where it was. */
static void trouble_data(struct report *r, FILE *s, const struct level_column *c, const char *name,
			 int row, bool (*is)(const struct level_column *))
{
	fprintf(s, "$%s << EOD\n", name);
	for (size_t i = 0; i < REPORT_COLUMNS; i++) {
		if (c[i].known && is(&c[i]))
			fprintf(s, "%.9f %d\n", middle_s(r, i), row);
	}
	fputs("-1e9 0\nEOD\n", s); /* gnuplot takes no empty block */
}

static bool has_failure(const struct level_column *c)
{
	return c->failed;
}

static int draw_health(struct report *r, const struct level_column *c, struct db_error *err)
{
	FILE *s;
	int ret;

	if (!any(c, has_trouble)) {
		fputs("<p>No drop, no RESOURCES, no failed request, no loss in this time.</p>\n",
		      r->out);
		return 0;
	}
	ret = plot_begin(190, &s, err);
	if (ret)
		return ret;
	trouble_data(r, s, c, "drop", 4, has_drop);
	trouble_data(r, s, c, "resources", 3, has_fallback);
	trouble_data(r, s, c, "failed", 2, has_failure);
	trouble_data(r, s, c, "loss", 1, has_loss);
	set_time_axis(r, s);
	fputs("set yrange [0.4:4.6]\nset ytics ('drops' 4, 'RESOURCES' 3, 'failed requests' 2, "
	      "'lost events' 1)\nset grid y linecolor rgb '#dddddd'\n"
	      "plot $drop with points pointtype 2 linecolor rgb '" PLOT_RED "' notitle,"
	      " $resources with points pointtype 6 linecolor rgb '#000000' notitle,"
	      " $failed with points pointtype 1 linecolor rgb '" PLOT_PURPLE "' notitle,"
	      " $loss with points pointtype 5 linecolor rgb '" PLOT_ORANGE "' notitle\n",
	      s);
	return report_finish(r, s, "When there was trouble, and of which kind.", err);
}

/* ---------------------------------------------------------------------------------------------- */

static int draw(struct report *r, const struct pool_summary *p, const struct level_column *level,
		const struct latency *lead, const struct latency_cells *cells, struct db_error *err)
{
	uint64_t leads = 0;
	int ret = 0;

	for (size_t i = 0; i < REPORT_COLUMNS; i++)
		leads += lead[i].count;
	if (any(level, is_measured))
		ret = draw_occupancy(r, p, level, err);
	else
		fputs("<p>The driver does not say how many buffers are available.</p>\n", r->out);
	if (!ret && leads)
		ret = draw_lead(r, cells, err);
	if (!ret)
		ret = draw_health(r, level, err);
	return ret ? ret : draw_histograms(r, p, err);
}

int report_pictures(struct report *r, const struct pool_summary *p, struct db_error *err)
{
	struct latency_cells *cells = calloc(REPORT_COLUMNS, sizeof(*cells));
	struct level_column *level = calloc(REPORT_COLUMNS, sizeof(*level));
	struct latency *lead = calloc(REPORT_COLUMNS, sizeof(*lead));
	int ret = -ENOMEM;

	if (r->options->no_pictures || *r->result->pictures_missing)
		ret = 0;
	else if (!cells || !level || !lead)
		snprintf(err->text, sizeof(err->text), "out of memory");
	else
		ret = query_level(r->query, p->pool, r->from_ns, r->width_ns, REPORT_COLUMNS, level,
				  err);
	if (!ret && !r->options->no_pictures && !*r->result->pictures_missing) {
		ret = query_latency_fine(r->query, LATENCY_LEAD, p->pool, r->from_ns, r->width_ns,
					 REPORT_COLUMNS, lead, cells, err);
		if (!ret)
			ret = draw(r, p, level, lead, cells, err);
	}
	free(cells);
	free(level);
	free(lead);
	return ret;
}
