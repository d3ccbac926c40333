/* SPDX-License-Identifier: MIT */
#include "viewer/latency_chart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/human.h"

#define AXIS_WIDTH 8

static const struct style dim = {.fg = INK_DIM};
static const struct style plain = {0};

static const char *count_label(double value, char *text, size_t size)
{
	snprintf(text, size, "%s", human_count((uint64_t)(value + 0.5)).s);
	return text;
}

/* What part of the requests a bar belongs to. */
static struct bar bar_of(double count, double from_ns, const struct latency *figures)
{
	struct bar bar = {count, INK_P50, FILL_SOLID};

	if (from_ns > (double)figures->p50_ns)
		bar = (struct bar){count, INK_P99, FILL_DENSE};
	if (from_ns > (double)figures->p99_ns)
		bar = (struct bar){count, INK_MAX, FILL_SPARSE};
	return bar;
}

static double largest(const double *counts, int nr)
{
	double most = 0;

	for (int i = 0; i < nr; i++)
		most = counts[i] > most ? counts[i] : most;
	return most;
}

/* A few are compared by height; among many, the few of the tail would not be seen. */
static bool is_linear(const struct latency_chart *chart)
{
	return (chart->window->figures.count <= 100) != chart->other_scale;
}

static void draw_bars(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		      const struct latency_chart *chart, const struct scale *times)
{
	const struct latency *figures = &chart->window->figures;
	double *counts = calloc((size_t)rect.w, sizeof(*counts));
	struct bar *bars = calloc((size_t)rect.w, sizeof(*bars));
	struct scale scale;

	if (counts && bars) {
		histogram_columns(&chart->window->histogram, times->bottom, times->top,
				  (size_t)rect.w, counts);
		for (int i = 0; i < rect.w; i++)
			bars[i] =
				bar_of(counts[i], scale_value(times, (double)i / rect.w), figures);
		scale = is_linear(chart) ? scale_linear(largest(counts, rect.w))
					 : scale_log(1, largest(counts, rect.w));
		if (scale.logarithmic)
			scale.bottom = 1; /* below one there is nothing to count */
		if (scale.top < 2 * scale.bottom)
			scale.top = 10 * scale.bottom;
		chart_value_axis(canvas, rect, &scale, count_label);
		bars_draw(canvas, rect, look, &scale, bars);
	}
	free(counts);
	free(bars);
}

static void draw_marks(struct canvas *canvas, struct rect rect, const struct latency *figures,
		       const struct scale *times)
{
	/* In the order of weight: where two would touch, the first stays. */
	const struct bar_mark marks[] = {
		{(double)figures->p99_ns, INK_TITLE, "p99"},
		{(double)figures->p50_ns, INK_TITLE, "p50"},
		{(double)figures->max_ns, INK_ALARM, "max"},
		{(double)figures->p999_ns, INK_DIM, "p99.9"},
		{(double)figures->p90_ns, INK_DIM, "p90"},
	};

	bars_marks(canvas, rect, times, marks, sizeof(marks) / sizeof(marks[0]));
}

void latency_chart_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
			const struct latency_chart *chart)
{
	const struct latency *figures = &chart->window->figures;
	struct rect plot = {rect.x + AXIS_WIDTH, rect.y + 2, rect.w - AXIS_WIDTH, rect.h - 3};
	struct scale times;
	int x;

	x = canvas_text(canvas, rect.x, rect.y, (struct style){.attr = ATTR_BOLD}, chart->name);
	x = canvas_textf(canvas, x, rect.y, dim, "  %s, %s count", chart->what,
			 is_linear(chart) ? "linear" : "logarithmic");
	if (chart->loss)
		canvas_text(canvas, x + 2, rect.y, (struct style){.fg = INK_ALARM},
			    "~ events lost");
	if (plot.w < 8 || plot.h < 1)
		return;
	if (!figures->count) {
		canvas_textf(canvas, plot.x, plot.y + plot.h / 2, dim, "no %s time ended in view",
			     chart->name);
		return;
	}
	times = bars_scale((double)histogram_quantile(&chart->window->histogram, 0),
			   (double)figures->max_ns);
	draw_bars(canvas, plot, look, chart, &times);
	draw_marks(canvas, (struct rect){plot.x, rect.y + 1, plot.w, 1}, figures, &times);
	bars_axis(canvas, (struct rect){plot.x, plot.y + plot.h, plot.w, 1}, &times,
		  bars_time_label);
}

static void table_column(struct canvas *canvas, int right, int y, const struct latency_chart *chart)
{
	const struct latency *l = &chart->window->figures;
	const int64_t values[] = {l->p50_ns,  l->p90_ns,   l->p95_ns, l->p99_ns,
				  l->p999_ns, l->p9999_ns, l->max_ns};

	canvas_text_right(canvas, right, y, dim, "%s%s", chart->loss ? "~" : "", chart->name);
	for (int i = 0; i < 7; i++)
		canvas_text_right(canvas, right, y + 1 + i, plain, "%s",
				  l->count ? human_duration(values[i]).s : "–");
	canvas_text_right(canvas, right, y + 8, plain, "%s", human_count(l->count).s);
}

void latency_chart_table(struct canvas *canvas, int x, int y, const struct latency_chart *lead,
			 const struct latency_chart *hold)
{
	static const char *const names[] = {"",	     "p50",    "p90", "p95",  "p99",
					    "p99.9", "p99.99", "max", "count"};

	for (int i = 0; i < LATENCY_ROWS; i++)
		canvas_text(canvas, x, y + i, dim, names[i]);
	table_column(canvas, x + 17, y, lead);
	table_column(canvas, x + LATENCY_TABLE_WIDTH, y, hold);
}
