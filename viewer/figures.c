/* SPDX-License-Identifier: MIT */
#include "viewer/figures.h"

#include <stdio.h>

#include "viewer/human.h"

static const struct style plain = {0};
static const struct style dim = {.fg = INK_DIM};
static const struct style strong = {.fg = INK_TITLE, .attr = ATTR_BOLD};

/* The gravest first. */
static bool alarm_is_on(const struct trace_status *trace, const struct pool_summary *pool,
			char letter)
{
	switch (letter) {
	case 'D':
		return pool->totals.dropped != 0;
	case 'R':
		return pool->totals.resources != 0;
	case 'V':
		return pool->violations != 0;
	case 'L':
		return pool_has_loss(trace, pool);
	case 'A':
		return pool->audit_mismatches || pool->identity_mismatches;
	case 'F':
		return pool->fallback_now;
	default:
		return false;
	}
}

static const char alarms[] = "DRVLAF";

const char *figures_alarms(const struct trace_status *trace, const struct pool_summary *pool,
			   char text[8])
{
	int n = 0;

	for (const char *letter = alarms; *letter; letter++)
		if (alarm_is_on(trace, pool, *letter))
			text[n++] = *letter;
	text[n] = 0;
	return text;
}

int figures_gravity(const struct trace_status *trace, const struct pool_summary *pool)
{
	int gravity = 0;

	for (const char *letter = alarms; *letter; letter++)
		gravity = 2 * gravity + alarm_is_on(trace, pool, *letter);
	return gravity;
}

struct level_row {
	const char *name;
	uint64_t now, min, max;
	uint8_t ink;
	bool has_min; /* the columns do not keep every minimum */
	bool has_now, has_max;
};

#define NR_LEVELS 4

/*
 * Minima of the working life (docs/database.md): the 0 of a pool that was closed in view is none.
 * Over the whole life they are the summary's; within it, those of the columns that the pool worked
 * all through, and never less than the summary's.
 */
static void leave_close_out(const struct pool_summary *pool, const struct series *series,
			    struct level_column *all)
{
	uint32_t base = pool_marks_known(&pool->marks) && pool->marks.base ? pool->marks.base : 1;
	bool whole = pool->opened_ns && series->window.start_ns <= pool->opened_ns;
	uint32_t available = UINT32_MAX, total = UINT32_MAX;

	if (!pool->closed_ns || !pool->available.known || !all->measured ||
	    all->total_min >= base) /* it was not closed in view */
		return;
	for (size_t i = 0; i < series->nr && !whole; i++) {
		const struct level_column *column = &series->level[i];

		if (!column->measured || column->total_min < base)
			continue;
		if (column->available_min < available)
			available = column->available_min;
		if (column->total_min < total)
			total = column->total_min;
	}
	if (available == UINT32_MAX || available < pool->available.min)
		available = pool->available.min;
	if (total == UINT32_MAX || total < pool->total.min)
		total = pool->total.min;
	all->available_min = available;
	all->total_min = total;
}

static void level_rows(const struct pool_summary *pool, const struct series *series,
		       const struct query_instant *at, struct level_row rows[NR_LEVELS])
{
	struct level_column all = series_total(series);

	leave_close_out(pool, series, &all);
	rows[0] = (struct level_row){.name = "available",
				     .now = pool->available_now,
				     .min = all.available_min,
				     .max = all.available_max,
				     .ink = INK_AVAILABLE,
				     .has_min = all.measured};
	rows[1] = (struct level_row){.name = "held", .now = pool->held, .max = all.held_max};
	rows[2] = (struct level_row){.name = "total",
				     .now = pool->total_now,
				     .min = all.total_min,
				     .max = all.total_max,
				     .has_min = all.measured};
	rows[3] = (struct level_row){.name = "pending",
				     .now = pool->pending,
				     .max = all.pending_max,
				     .ink = INK_PENDING};
	if (at) {
		const uint64_t now[NR_LEVELS] = {at->available, at->held, at->total, at->pending};

		for (int i = 0; i < NR_LEVELS; i++)
			rows[i].now = at->known ? now[i] : POOL_UNKNOWN;
	}
	for (int i = 0; i < NR_LEVELS; i++) {
		rows[i].has_now = rows[i].now != POOL_UNKNOWN;
		rows[i].has_max = all.measured || i == 3;
	}
}

/* Put before the heads of figures that lost events in view have touched. */
static const char *loss_mark(const struct series *series)
{
	return series_total(series).loss ? "~" : "";
}

static const char *count_or_dash(bool known, uint64_t n, char text[40])
{
	snprintf(text, 40, "%s", known ? human_count(n).s : "–");
	return text;
}

static void draw_levels(struct canvas *canvas, int x, int y, const struct pool_summary *pool,
			const struct series *series, const struct query_instant *at)
{
	struct level_row rows[NR_LEVELS];
	struct style head = dim;
	char text[40];

	level_rows(pool, series, at, rows);
	if (at)
		head.fg = INK_CURSOR;
	canvas_text_right(canvas, x + 19, y, head, "%s", at ? "cursor" : "now");
	canvas_text_right(canvas, x + 27, y, dim, "%smin", loss_mark(series));
	canvas_text_right(canvas, x + 35, y, dim, "%smax", loss_mark(series));
	for (int i = 0; i < NR_LEVELS; i++) {
		canvas_text(canvas, x, y + 1 + i, (struct style){.fg = rows[i].ink}, rows[i].name);
		canvas_text_right(canvas, x + 19, y + 1 + i, strong, "%s",
				  count_or_dash(rows[i].has_now, rows[i].now, text));
		if (rows[i].has_min)
			canvas_text_right(canvas, x + 27, y + 1 + i, plain, "%s",
					  human_count(rows[i].min).s);
		canvas_text_right(canvas, x + 35, y + 1 + i, plain, "%s",
				  count_or_dash(rows[i].has_max, rows[i].max, text));
	}
}

/* A count that is bad news when it is not 0. */
static int draw_bad(struct canvas *canvas, int x, int y, const char *name, uint64_t n, uint8_t ink)
{
	struct style style = n ? (struct style){.fg = ink, .attr = ATTR_BOLD} : dim;

	return canvas_textf(canvas, x, y, style, "%s %s", name, human_count(n).s) + 2;
}

static void draw_latency_row(struct canvas *canvas, int x, int y, const char *name,
			     const struct latency *latency)
{
	const int64_t values[] = {latency->p50_ns, latency->p99_ns, latency->max_ns};

	canvas_text(canvas, x, y, plain, name);
	for (int i = 0; i < 3; i++)
		canvas_text_right(canvas, x + 13 + 9 * i, y, plain, "%s",
				  latency->count ? human_duration(values[i]).s : "–");
	canvas_text_right(canvas, x + 38, y, dim, "%s", human_count(latency->count).s);
}

void figures_draw_top(struct canvas *canvas, int x, int y, const struct pool_summary *pool,
		      const struct series *series, const struct query_instant *at)
{
	const struct pool_totals *totals = &pool->totals;
	static const char *const heads[] = {"p50", "p99", "max", "count"};
	static const int ends[] = {13, 22, 31, 38};
	int right = x + 39, column;

	draw_levels(canvas, x, y, pool, series, at);
	if (*loss_mark(series))
		canvas_text(canvas, x, y, (struct style){.fg = INK_ALARM}, "~ events lost");
	for (int i = 0; i < 4; i++)
		canvas_text_right(canvas, right + ends[i], y, dim, "%s%s", loss_mark(series),
				  heads[i]);
	draw_latency_row(canvas, right, y + 1, "lead", &series->lead_all);
	draw_latency_row(canvas, right, y + 2, "hold", &series->hold_all);
	column = canvas_textf(canvas, right, y + 3, plain, "requests %s",
			      human_count(totals->requested).s) +
		 2;
	column = canvas_textf(canvas, column, y + 3, plain, "frees %s",
			      human_count(totals->freed).s) +
		 2;
	draw_bad(canvas, column, y + 3, "failed", totals->failed + totals->refused, INK_WARN);
	column = draw_bad(canvas, right, y + 4, "drops", totals->dropped, INK_ALARM);
	column = draw_bad(canvas, column, y + 4, "RESOURCES", totals->resources, INK_ALARM);
	column = draw_bad(canvas, column, y + 4, "lost", pool->lost, INK_ALARM);
	if (pool->violations)
		draw_bad(canvas, column, y + 4, "viol", pool->violations, INK_ALARM);
}

static void draw_section(struct canvas *canvas, int x, int y, const char *name)
{
	canvas_text(canvas, x, y, (struct style){.attr = ATTR_BOLD}, name);
}

static void draw_latency_side(struct canvas *canvas, int x, int y, const struct series *series)
{
	const struct latency *lead = &series->lead_all, *hold = &series->hold_all;
	const struct {
		const char *name;
		int64_t lead, hold;
	} rows[] = {
		{"p50", lead->p50_ns, hold->p50_ns}, {"p90", lead->p90_ns, hold->p90_ns},
		{"p99", lead->p99_ns, hold->p99_ns}, {"p99.9", lead->p999_ns, hold->p999_ns},
		{"max", lead->max_ns, hold->max_ns},
	};

	canvas_text_right(canvas, x + 22, y, dim, "%slead", loss_mark(series));
	canvas_text_right(canvas, x + 35, y, dim, "%shold", loss_mark(series));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int row = y + 1 + (int)i;

		canvas_text(canvas, x, row, plain, rows[i].name);
		canvas_text_right(canvas, x + 22, row, plain, "%s",
				  lead->count ? human_duration(rows[i].lead).s : "–");
		canvas_text_right(canvas, x + 35, row, plain, "%s",
				  hold->count ? human_duration(rows[i].hold).s : "–");
	}
	canvas_text(canvas, x, y + 6, plain, "count");
	canvas_text_right(canvas, x + 22, y + 6, plain, "%s", human_count(lead->count).s);
	canvas_text_right(canvas, x + 35, y + 6, plain, "%s", human_count(hold->count).s);
}

struct count_row {
	const char *name;
	uint64_t n;
	uint8_t bad;  /* ink when not 0; INK_DEFAULT: it is no bad news */
	bool unknown; /* there are no marks to count by */
};

static int draw_counts(struct canvas *canvas, int x, int y, const struct count_row *rows, int nr)
{
	char text[40];

	for (int i = 0; i < nr; i++, y++) {
		struct style style = {.fg = rows[i].bad, .attr = ATTR_BOLD};

		if (!rows[i].bad || !rows[i].n)
			style = plain;
		canvas_text(canvas, x, y, style, rows[i].name);
		canvas_text_right(canvas, x + 35, y, style, "%s",
				  count_or_dash(!rows[i].unknown, rows[i].n, text));
	}
	return y;
}

void figures_draw_side(struct canvas *canvas, struct rect rect, const struct pool_summary *pool,
		       const struct series *series, const struct query_instant *at)
{
	const struct pool_totals *totals = &pool->totals;
	bool no_marks = !pool_marks_known(&pool->marks);
	const struct count_row pool_rows[] = {
		{"requests", totals->requested, 0},
		{"refused", totals->refused, INK_WARN},
		{"failed", totals->failed, INK_WARN},
		{"blocks freed", totals->freed, 0},
		{"blocks live", pool->live_blocks, 0},
		{"low crossings", pool->low_crossings, 0, no_marks},
		{"high crossings", pool->high_crossings, 0, no_marks},
	};
	const struct count_row trouble_rows[] = {
		{"D drops", totals->dropped, INK_ALARM},
		{"R RESOURCES", totals->resources, INK_ALARM},
		{"V violations", pool->violations, INK_ALARM},
		{"L lost events", pool->lost, INK_ALARM},
		{"A audit mismatches", pool->audit_mismatches, INK_ALARM},
		{"A identity mismatches", pool->identity_mismatches, INK_ALARM, no_marks},
	};
	const struct count_row traffic_rows[] = {{"taken", totals->taken, 0},
						 {"returned", totals->returned, 0}};
	int x = rect.x, y = rect.y;

	draw_section(canvas, x, y, "In view");
	if (*loss_mark(series))
		canvas_text(canvas, x + 8, y, (struct style){.fg = INK_ALARM}, "~lost");
	draw_levels(canvas, x, y, pool, series, at);
	draw_latency_side(canvas, x, y + 6, series);
	y += 14;
	draw_section(canvas, x, y, "Since the pool opened");
	if (pool->lost)
		canvas_text(canvas, x + 22, y, (struct style){.fg = INK_ALARM}, "~lost");
	y++;
	y = draw_counts(canvas, x, y, pool_rows, 7);
	y = draw_counts(canvas, x, y, traffic_rows, 2) + 1;
	draw_section(canvas, x, y++, "Trouble");
	draw_counts(canvas, x, y, trouble_rows, 6);
}
