/* SPDX-License-Identifier: MIT */
/*
 * View 1: all pools.  Which columns are shown depends on the width: the table below says which go
 * first.  What is left below the table shows the selected pool's occupancy.
 */
#include <stdlib.h>
#include <string.h>

#include "viewer/figures.h"
#include "viewer/human.h"
#include "viewer/occupancy.h"
#include "viewer/view.h"

#define MIN_PREVIEW 8
#define SPARK_MIN   8
#define SPARK_MAX   60

struct text {
	char s[48];
	struct style style;
};

static struct text count_text(uint64_t n, uint8_t bad)
{
	struct text text = {.style = {0}};

	snprintf(text.s, sizeof(text.s), "%s", human_count(n).s);
	if (bad && n)
		text.style = (struct style){.fg = bad, .attr = ATTR_BOLD};
	return text;
}

static struct text latency_text(const struct latency *latency, int64_t ns)
{
	struct text text = {.style = {0}};

	snprintf(text.s, sizeof(text.s), "%s", latency->count ? human_duration(ns).s : "–");
	return text;
}

enum column_id {
	COLUMN_ALARM,
	COLUMN_NAME,
	COLUMN_GENERATION,
	COLUMN_LOW,
	COLUMN_HIGH,
	COLUMN_LIMIT,
	COLUMN_AVAILABLE,
	COLUMN_AVAILABLE_MIN,
	COLUMN_TOTAL,
	COLUMN_HELD,
	COLUMN_PENDING,
	COLUMN_REQUESTED,
	COLUMN_FAILED,
	COLUMN_DROPS,
	COLUMN_RESOURCES,
	COLUMN_LEAD_P50,
	COLUMN_LEAD_P99,
	COLUMN_LEAD_MAX,
	COLUMN_HOLD_P99,
	NR_COLUMNS
};

/* rank: 1 goes last when the screen gets narrow. */
static const struct column {
	const char *head;
	int width;
	int rank;
	bool left;
} columns[NR_COLUMNS] = {
	[COLUMN_ALARM] = {"alarm", 5, 1, true},
	[COLUMN_NAME] = {"pool", 10, 1, true},
	[COLUMN_GENERATION] = {"ndis", 4, 8, false},
	[COLUMN_LOW] = {"low", 6, 2, false},
	[COLUMN_HIGH] = {"high", 6, 2, false},
	[COLUMN_LIMIT] = {"limit", 6, 5, false},
	[COLUMN_AVAILABLE] = {"avail", 6, 1, false},
	[COLUMN_AVAILABLE_MIN] = {"min", 6, 2, false},
	[COLUMN_TOTAL] = {"total", 6, 2, false},
	[COLUMN_HELD] = {"held", 6, 6, false},
	[COLUMN_PENDING] = {"pend", 4, 3, false},
	[COLUMN_REQUESTED] = {"reqs", 6, 9, false},
	[COLUMN_FAILED] = {"failed", 6, 9, false},
	[COLUMN_DROPS] = {"drops", 6, 2, false},
	[COLUMN_RESOURCES] = {"RES", 6, 4, false},
	[COLUMN_LEAD_P50] = {"lead p50", 8, 7, false},
	[COLUMN_LEAD_P99] = {"p99", 7, 6, false},
	[COLUMN_LEAD_MAX] = {"max", 7, 7, false},
	[COLUMN_HOLD_P99] = {"hold p99", 8, 8, false},
};

static struct text name_text(const struct pool_summary *pool)
{
	struct text text = {.style = {.fg = INK_TITLE, .attr = ATTR_BOLD}};

	snprintf(text.s, sizeof(text.s), "%.47s", pool->name);
	return text;
}

static struct text alarm_text(const struct pool_summary *pool)
{
	struct text text = {.style = {.fg = INK_ALARM, .attr = ATTR_BOLD}};
	char letters[8];

	snprintf(text.s, sizeof(text.s), "%s", figures_alarms(pool, letters));
	if (!text.s[0]) {
		snprintf(text.s, sizeof(text.s), "ok");
		text.style = (struct style){.fg = INK_GOOD};
	}
	return text;
}

/* A count that may be unknown. */
static struct text known_text(uint32_t n)
{
	if (n == POOL_UNKNOWN)
		return (struct text){.s = "–"};
	return count_text(n, 0);
}

static struct text available_text(const struct pool_summary *pool, uint32_t n)
{
	struct text text = known_text(n);

	if (pool_marks_known(&pool->marks) && n <= pool->marks.low && pool->total_now)
		text.style = (struct style){.fg = INK_LOW, .attr = ATTR_BOLD};
	return text;
}

static struct text generation_text(const struct pool_summary *pool)
{
	struct text text = {.s = "–"};

	if (pool->generation)
		snprintf(text.s, sizeof(text.s), "%u", pool->generation);
	return text;
}

static struct text cell_text(const struct pool_summary *pool, enum column_id id)
{
	const struct pool_totals *totals = &pool->totals;

	switch (id) {
	case COLUMN_ALARM:
		return alarm_text(pool);
	case COLUMN_NAME:
		return name_text(pool);
	case COLUMN_GENERATION:
		return generation_text(pool);
	case COLUMN_LOW:
		return known_text(pool->marks.low);
	case COLUMN_HIGH:
		return known_text(pool->marks.high);
	case COLUMN_LIMIT:
		return known_text(pool->marks.limit);
	case COLUMN_AVAILABLE:
		return available_text(pool, pool->available_now);
	case COLUMN_AVAILABLE_MIN:
		return available_text(pool, pool->available_now == POOL_UNKNOWN
						    ? POOL_UNKNOWN
						    : pool->available.min);
	case COLUMN_TOTAL:
		return known_text(pool->total_now);
	case COLUMN_HELD:
		return count_text(pool->held, 0);
	case COLUMN_PENDING:
		return count_text(pool->pending, INK_PENDING);
	case COLUMN_REQUESTED:
		return count_text(totals->requested, 0);
	case COLUMN_FAILED:
		return count_text(totals->failed + totals->refused, INK_WARN);
	case COLUMN_DROPS:
		return count_text(totals->dropped, INK_ALARM);
	case COLUMN_RESOURCES:
		return count_text(totals->resources, INK_ALARM);
	case COLUMN_LEAD_P50:
		return latency_text(&pool->lead, pool->lead.p50_ns);
	case COLUMN_LEAD_P99:
		return latency_text(&pool->lead, pool->lead.p99_ns);
	case COLUMN_LEAD_MAX:
		return latency_text(&pool->lead, pool->lead.max_ns);
	case COLUMN_HOLD_P99:
		return latency_text(&pool->hold, pool->hold.p99_ns);
	case NR_COLUMNS:
		break;
	}
	return (struct text){.s = ""};
}

/* Which columns fit beside a smallest sparkline, by rank; returns the width that they take. */
static int choose_columns(int width, bool chosen[NR_COLUMNS])
{
	int used = 0;

	memset(chosen, 0, NR_COLUMNS * sizeof(*chosen));
	for (int rank = 1; rank <= 9; rank++) {
		for (int i = 0; i < NR_COLUMNS; i++) {
			if (columns[i].rank != rank ||
			    used + columns[i].width + 1 + SPARK_MIN > width)
				continue;
			chosen[i] = true;
			used += columns[i].width + 1;
		}
	}
	return used;
}

static void draw_cell(struct canvas *canvas, int x, int y, const struct column *column,
		      struct style style, const char *text)
{
	if (column->left)
		canvas_text_n(canvas, x, y, column->width, style, text);
	else
		canvas_text_right(canvas, x + column->width, y, style, "%s", text);
}

static void draw_heads(struct canvas *canvas, int x, int y, const bool chosen[NR_COLUMNS])
{
	struct style style = {.fg = INK_DIM, .attr = ATTR_UNDERLINE};

	canvas_fill(canvas, (struct rect){0, y, canvas->width, 1}, (struct style){0});
	style.attr = 0;
	for (int i = 0; i < NR_COLUMNS; i++) {
		if (!chosen[i])
			continue;
		draw_cell(canvas, x, y, &columns[i], style, columns[i].head);
		x += columns[i].width + 1;
	}
	canvas_text(canvas, x + 1, y, style,
		    canvas->width - x > 22 ? "available over time" : "available");
}

static void draw_spark(struct app *app, struct canvas *canvas, int x, int y, int width,
		       const struct pool_summary *pool, uint8_t bg)
{
	/* The time of the charts, in columns of whole cells of theirs, so that they do not shimmer.
	 */
	struct timeline_view view = app_window(app, app->time_columns);
	struct level_column level[SPARK_MAX];
	double values[SPARK_MAX], top = 1;
	int64_t column_ns, start_ns;
	struct db_error err;

	width = width > SPARK_MAX ? SPARK_MAX : width;
	column_ns = view.cell_ns * ((app->time_columns + width - 1) / width);
	start_ns = view.start_ns - view.start_ns % column_ns;
	if (start_ns + column_ns * width < view.end_ns)
		start_ns += column_ns;
	if (query_level(app->model.query, pool->pool, start_ns, column_ns, (size_t)width, level,
			&err))
		return;
	for (int i = 0; i < width; i++) {
		values[i] = level[i].measured && start_ns + column_ns * i < view.shown_ns
				    ? (double)level[i].available_min
				    : -1;
		if (level[i].measured && level[i].total_max > top)
			top = level[i].total_max;
	}
	chart_spark(canvas, x, y, width, &app->look, values, top, pool->marks.low,
		    (struct style){.fg = INK_AVAILABLE, .bg = bg}, INK_LOW);
}

static void draw_row(struct app *app, struct canvas *canvas, int y, const bool chosen[NR_COLUMNS],
		     const struct pool_summary *pool)
{
	bool selected = pool->pool == app->pool;
	struct style row = {.bg = selected ? INK_SELECTED : INK_DEFAULT};
	int x = 2;

	canvas_fill(canvas, (struct rect){0, y, canvas->width, 1}, row);
	if (selected)
		canvas_put(canvas, 0, y, L'▶', row);
	for (int i = 0; i < NR_COLUMNS; i++) {
		struct text text;

		if (!chosen[i])
			continue;
		text = cell_text(pool, i);
		text.style.bg = row.bg;
		if (selected)
			text.style.attr |= ATTR_BOLD;
		draw_cell(canvas, x, y, &columns[i], text.style, text.s);
		x += columns[i].width + 1;
	}
	draw_spark(app, canvas, x + 1, y, canvas->width - x - 2, pool, row.bg);
}

static void draw_preview(struct app *app, struct canvas *canvas, struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct rect part = {rect.x, rect.y + 1, rect.w, rect.h - 3};
	struct series series;
	struct db_error err;

	if (!pool)
		return;
	if (!series_load(&series, app->model.query, pool->pool, app_window(app, app->time_columns),
			 app->time_columns, app->look.chars, &err)) {
		occupancy_legend(canvas, OCCUPANCY_LEFT, rect.y, rect.w - OCCUPANCY_LEFT,
				 &app->look);
		canvas_text_right(canvas, rect.w - 1, rect.y, (struct style){.attr = ATTR_BOLD},
				  "%s", pool->name);
		occupancy_draw(canvas, part, &app->look, &series, pool);
		part.y += part.h;
		part.h = 1;
		lanes_draw(canvas, part, &series);
		app_plot(app, canvas,
			 (struct rect){OCCUPANCY_LEFT, rect.y + 1, series.cells, rect.h - 2});
		chart_time_axis(canvas, (struct rect){OCCUPANCY_LEFT, part.y + 1, series.cells, 1},
				series.window.start_ns, series.window.cell_ns);
	}
	series_release(&series);
}

/* Keeps the selected row in sight when there are more pools than rows. */
static size_t first_row(const struct app *app, int rows)
{
	for (size_t i = 0; i < app->model.nr_pools; i++)
		if (app->model.pools[i].pool == app->pool)
			return i < (size_t)rows ? 0 : i - (size_t)rows + 1;
	return 0;
}

static void draw(struct app *app, void *state, struct canvas *canvas, struct rect rect)
{
	const struct model *model = &app->model;
	bool chosen[NR_COLUMNS];
	int y = rect.y, rows, left;
	size_t first;

	choose_columns(rect.w - 4, chosen);
	draw_heads(canvas, 2, y++, chosen);
	rows = (int)model->nr_pools;
	if (rows > rect.h - 2 - MIN_PREVIEW)
		rows = rect.h - 2 - MIN_PREVIEW;
	if (rows < 1)
		rows = 1;
	first = first_row(app, rows);
	for (int i = 0; i < rows && first + (size_t)i < model->nr_pools; i++)
		draw_row(app, canvas, y++, chosen, &model->pools[first + (size_t)i]);
	if ((size_t)rows < model->nr_pools)
		canvas_textf(canvas, 2, y, (struct style){.fg = INK_DIM}, "%d of %zu pools", rows,
			     model->nr_pools);
	y++;
	left = rect.y + rect.h - y;
	if (left >= MIN_PREVIEW)
		draw_preview(app, canvas, (struct rect){rect.x, y, rect.w, left});
}

static bool request(struct app *app, void *state, int request)
{
	if (request != REQUEST_OPEN)
		return false;
	app_open(app, VIEWER_VIEW_POOL);
	return true;
}

const struct view_ops view_overview = {
	.name = "Overview",
	.about = "all pools",
	.draw = draw,
	.request = request,
};
