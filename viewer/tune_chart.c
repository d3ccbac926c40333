/* SPDX-License-Identifier: MIT */
#include "viewer/tune_chart.h"

#include <math.h>
#include <stdio.h>

#include "viewer/human.h"
#include "viewer/occupancy.h"

#define INK_TOTAL INK_MARK
#define INK_AVAIL INK_CURSOR

/* The pool as it would be with the marks tried, for the parts of occupancy. */
static struct pool_summary pool_tried(const struct pool_summary *pool, const struct trial *trial)
{
	struct pool_summary tried = *pool;
	const struct policy_marks *m = &trial->marks;

	tried.marks = (struct pool_marks){m->base,	  m->block,	   m->low,
					  m->high,	  m->limit,	   m->reserve,
					  m->max_pending, m->shrink_ticks, m->probe_ticks};
	tried.available_now = 0;
	return tried;
}

static int row_of(struct rect plot, const struct scale *scale, double value)
{
	int from_bottom = (int)floor(scale_fraction(scale, value) * plot.h);

	return plot.y + plot.h - 1 - (from_bottom < plot.h ? from_bottom : plot.h - 1);
}

/* What the area put there stays behind the line. */
static void put(struct canvas *canvas, int x, int y, wchar_t sign, uint8_t ink)
{
	struct cell *cell = canvas_at(canvas, x, y);
	struct style style = {.fg = ink, .attr = ATTR_BOLD};

	if (!cell)
		return;
	style.bg = cell->ch >= L'▄' && cell->ch <= L'█' ? cell->style.fg : cell->style.bg;
	canvas_put(canvas, x, y, sign, style);
}

/* From one row to another within a column. */
static void put_step(struct canvas *canvas, int x, int from, int to, uint8_t ink)
{
	if (from == to) {
		put(canvas, x, to, L'─', ink);
		return;
	}
	put(canvas, x, from, to < from ? L'╯' : L'╮', ink);
	put(canvas, x, to, to < from ? L'╭' : L'╰', ink);
	for (int y = (to < from ? to : from) + 1; y < (to < from ? from : to); y++)
		put(canvas, x, y, L'│', ink);
}

static void draw_line(struct canvas *canvas, struct rect plot, const struct scale *scale,
		      const struct series *series, bool total)
{
	int last = -1;

	for (int i = 0; i < series->cells && i < plot.w; i++) {
		struct level_column cell = series_cell(series, i);
		int row;

		if (!cell.measured) {
			last = -1;
			continue;
		}
		row = row_of(plot, scale, total ? cell.total_max : cell.available_min);
		put_step(canvas, plot.x + i, last < 0 ? row : last, row,
			 total ? INK_TOTAL : INK_AVAIL);
		last = row;
	}
}

static void add_mark(struct chart_mark *marks, size_t *nr, const struct trial *trial,
		     enum trial_mark mark, double value, uint8_t ink)
{
	uint32_t said = trial_value(&trial->marks, mark);
	bool chosen = trial->chosen == mark;
	struct chart_mark *m;

	if (!value)
		return;
	m = &marks[(*nr)++];
	*m = (struct chart_mark){.value = value, .ink = chosen ? INK_TITLE : ink};
	snprintf(m->label, sizeof(m->label), "%s%s%s %.7s", chosen ? "•" : "",
		 mark == TRIAL_BLOCK ? "+" : "", trial_mark_name(mark), human_count(said).s);
}

static void draw_marks(struct canvas *canvas, struct rect plot, const struct chart_look *look,
		       const struct scale *scale, const struct trial *trial)
{
	const struct policy_marks *m = &trial->marks;
	struct chart_mark marks[NR_TRIAL_MARKS];
	size_t nr = 0;

	add_mark(marks, &nr, trial, TRIAL_LIMIT, m->limit, INK_LIMIT);
	add_mark(marks, &nr, trial, TRIAL_HIGH, m->high, INK_HIGH);
	add_mark(marks, &nr, trial, TRIAL_LOW, m->low, INK_LOW);
	/* These two say where the total begins, and its first step. */
	if (trial->chosen == TRIAL_BASE || plot.h >= 12)
		add_mark(marks, &nr, trial, TRIAL_BASE, m->base, INK_DIM);
	if (trial->chosen == TRIAL_BLOCK)
		add_mark(marks, &nr, trial, TRIAL_BLOCK, (double)m->base + m->block, INK_DIM);
	if (trial->chosen == TRIAL_RESERVE)
		add_mark(marks, &nr, trial, TRIAL_RESERVE, m->reserve, INK_RESERVE);
	chart_marks(canvas, plot, look, scale, marks, nr);
}

void tune_chart_draw(struct canvas *canvas, struct rect rect, const struct chart_look *look,
		     const struct series *recorded, const struct series *predicted,
		     const struct pool_summary *pool, const struct trial *trial)
{
	struct rect plot = {rect.x + OCCUPANCY_LEFT, rect.y, occupancy_cells(rect.w), rect.h};
	struct pool_summary tried = pool_tried(pool, trial);
	bool unknown = pool->available_now == POOL_UNKNOWN;
	struct scale scale = occupancy_scale(predicted, &tried, rect.h);

	if (!unknown) {
		struct scale other = occupancy_scale(recorded, pool, rect.h);

		if (other.top > scale.top)
			scale = other;
	}
	occupancy_area(canvas, rect, look, &scale, unknown ? predicted : recorded,
		       unknown ? &tried : pool);
	draw_marks(canvas, plot, look, &scale, trial);
	draw_line(canvas, plot, &scale, predicted, true);
	draw_line(canvas, plot, &scale, predicted, false);
}

void tune_chart_legend(struct canvas *canvas, int x, int y, int width,
		       const struct chart_look *look)
{
	static const char *const names[][2] = {
		{"tried total", "tried total"},
		{"fewest available, with the marks tried", "available"}};
	bool wide = width >= 90;
	int end = x + width;

	/* Where there is little room, that of pending goes first. */
	occupancy_legend(canvas, x, y, wide ? width : 45, look);
	x += wide ? 59 : 46;
	for (int i = 0; i < 2; i++) {
		const char *name = names[i][0];

		if (x + 2 + canvas_text_width(name) > end)
			name = names[i][1];
		if (x + 2 + canvas_text_width(name) > end)
			return;
		canvas_put(canvas, x, y, L'─',
			   (struct style){.fg = i ? INK_AVAIL : INK_TOTAL, .attr = ATTR_BOLD});
		x = canvas_text(canvas, x + 2, y, (struct style){.fg = INK_DIM}, name) + 2;
	}
}
