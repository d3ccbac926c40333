/* SPDX-License-Identifier: MIT */
/*
 * View 1: all pools.  Which columns are shown depends on the width: the table below says which go
 * first.  What is left below the list shows the selected pool's occupancy.
 */
#include <stdlib.h>
#include <string.h>

#include "viewer/figures.h"
#include "viewer/human.h"
#include "viewer/picture.h"
#include "viewer/sparks.h"
#include "viewer/view.h"

#define SPARK_MIN  10  /* columns of the sparkline and its margins, */
#define SPARK_FROM 100 /* more from this width on */

struct overview_state {
	const struct app *app;
	struct table table;
	struct table_spec spec;
	struct picture picture; /* of the selected pool */
	struct sparks sparks;
};

static void set_count(struct table_cell *cell, uint64_t n, uint8_t bad)
{
	snprintf(cell->s, sizeof(cell->s), "%s", human_count(n).s);
	if (bad) /* zeros of what is counted to be worried about step back */
		cell->style = n ? (struct style){.fg = bad, .attr = ATTR_BOLD}
				: (struct style){.fg = INK_DIM};
}

static void set_latency(struct table_cell *cell, const struct latency *latency, int64_t ns)
{
	snprintf(cell->s, sizeof(cell->s), "%s", latency->count ? human_duration(ns).s : "–");
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

static const struct table_column columns[NR_COLUMNS] = {
	[COLUMN_ALARM] = {"alarm", 5, .rank = 1, .left = true, .down = true},
	[COLUMN_NAME] = {"pool", 10, .grow = 14, .rank = 1, .left = true},
	[COLUMN_GENERATION] = {"ndis", 4, .rank = 8},
	[COLUMN_LOW] = {"low", 6, .rank = 2, .down = true},
	[COLUMN_HIGH] = {"high", 6, .rank = 2, .down = true},
	[COLUMN_LIMIT] = {"limit", 6, .rank = 5, .down = true},
	[COLUMN_AVAILABLE] = {"avail", 6, .rank = 1},
	[COLUMN_AVAILABLE_MIN] = {"min", 6, .rank = 2},
	[COLUMN_TOTAL] = {"total", 6, .rank = 2, .down = true},
	[COLUMN_HELD] = {"held", 6, .rank = 6, .down = true},
	[COLUMN_PENDING] = {"pend", 4, .rank = 3, .down = true},
	[COLUMN_REQUESTED] = {"reqs", 6, .rank = 9, .down = true},
	[COLUMN_FAILED] = {"failed", 6, .rank = 9, .down = true},
	[COLUMN_DROPS] = {"drops", 6, .rank = 2, .down = true},
	[COLUMN_RESOURCES] = {"RES", 6, .rank = 4, .down = true},
	[COLUMN_LEAD_P50] = {"lead p50", 8, .rank = 7, .down = true},
	[COLUMN_LEAD_P99] = {"lead p99", 8, .rank = 6, .down = true},
	[COLUMN_LEAD_MAX] = {"lead max", 8, .rank = 7, .down = true},
	[COLUMN_HOLD_P99] = {"hold p99", 8, .rank = 8, .down = true},
};

static void set_alarm(struct table_cell *cell, const struct trace_status *trace,
		      const struct pool_summary *pool)
{
	char letters[8];

	snprintf(cell->s, sizeof(cell->s), "%s", figures_alarms(trace, pool, letters));
	cell->style = (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD};
	if (cell->s[0])
		return;
	snprintf(cell->s, sizeof(cell->s), "ok");
	cell->style = (struct style){.fg = INK_GOOD};
}

/* A count that may be unknown. */
static void set_known(struct table_cell *cell, uint32_t n)
{
	if (n == POOL_UNKNOWN)
		snprintf(cell->s, sizeof(cell->s), "–");
	else
		set_count(cell, n, 0);
}

static void set_available(struct table_cell *cell, const struct pool_summary *pool, uint32_t n)
{
	set_known(cell, n);
	if (pool_marks_known(&pool->marks) && n <= pool->marks.low && pool->total_now)
		cell->style = (struct style){.fg = INK_LOW, .attr = ATTR_BOLD};
}

static uint32_t available_min(const struct pool_summary *pool)
{
	return pool->available.known && pool->available_now != POOL_UNKNOWN ? pool->available.min
									    : POOL_UNKNOWN;
}

static const struct pool_summary *pool_at(const void *rows, size_t row)
{
	const struct overview_state *state = rows;
	const struct model *model = &state->app->model;

	return row < model->nr_pools ? &model->pools[row] : NULL;
}

static const struct trace_status *trace_of(const void *rows)
{
	return &((const struct overview_state *)rows)->app->model.status;
}

static void set_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct pool_summary *pool = pool_at(rows, row);
	const struct pool_totals *totals;

	if (!pool)
		return;
	totals = &pool->totals;
	switch ((enum column_id)column) {
	case COLUMN_ALARM:
		set_alarm(cell, trace_of(rows), pool);
		break;
	case COLUMN_NAME:
		cell->style = (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD};
		snprintf(cell->s, sizeof(cell->s), "%s", pool->name);
		break;
	case COLUMN_GENERATION:
		snprintf(cell->s, sizeof(cell->s), "%s",
			 pool->generation ? human_count(pool->generation).s : "–");
		break;
	case COLUMN_LOW:
		set_known(cell, pool->marks.low);
		break;
	case COLUMN_HIGH:
		set_known(cell, pool->marks.high);
		break;
	case COLUMN_LIMIT:
		set_known(cell, pool->marks.limit);
		break;
	case COLUMN_AVAILABLE:
		set_available(cell, pool, pool->available_now);
		break;
	case COLUMN_AVAILABLE_MIN:
		set_available(cell, pool, available_min(pool));
		break;
	case COLUMN_TOTAL:
		set_known(cell, pool->total_now);
		break;
	case COLUMN_HELD:
		set_count(cell, pool->held, 0);
		break;
	case COLUMN_PENDING:
		set_count(cell, pool->pending, INK_PENDING);
		break;
	case COLUMN_REQUESTED:
		set_count(cell, totals->requested, 0);
		break;
	case COLUMN_FAILED:
		set_count(cell, totals->failed + totals->refused, INK_WARN);
		break;
	case COLUMN_DROPS:
		set_count(cell, totals->dropped, INK_ALARM);
		break;
	case COLUMN_RESOURCES:
		set_count(cell, totals->resources, INK_ALARM);
		break;
	case COLUMN_LEAD_P50:
		set_latency(cell, &pool->lead, pool->lead.p50_ns);
		break;
	case COLUMN_LEAD_P99:
		set_latency(cell, &pool->lead, pool->lead.p99_ns);
		break;
	case COLUMN_LEAD_MAX:
		set_latency(cell, &pool->lead, pool->lead.max_ns);
		break;
	case COLUMN_HOLD_P99:
		set_latency(cell, &pool->hold, pool->hold.p99_ns);
		break;
	case NR_COLUMNS:
		break;
	}
}

/* What a column is sorted by; unknown is less than anything. */
static int64_t known_key(uint32_t n)
{
	return n == POOL_UNKNOWN ? -1 : (int64_t)n;
}

static int64_t sort_key(const struct trace_status *trace, const struct pool_summary *pool,
			enum column_id column)
{
	const struct pool_totals *totals = &pool->totals;

	switch (column) {
	case COLUMN_ALARM:
		return figures_gravity(trace, pool);
	case COLUMN_GENERATION:
		return pool->generation;
	case COLUMN_LOW:
		return known_key(pool->marks.low);
	case COLUMN_HIGH:
		return known_key(pool->marks.high);
	case COLUMN_LIMIT:
		return known_key(pool->marks.limit);
	case COLUMN_AVAILABLE:
		return known_key(pool->available_now);
	case COLUMN_AVAILABLE_MIN:
		return known_key(available_min(pool));
	case COLUMN_TOTAL:
		return known_key(pool->total_now);
	case COLUMN_HELD:
		return (int64_t)pool->held;
	case COLUMN_PENDING:
		return (int64_t)pool->pending;
	case COLUMN_REQUESTED:
		return (int64_t)totals->requested;
	case COLUMN_FAILED:
		return (int64_t)(totals->failed + totals->refused);
	case COLUMN_DROPS:
		return (int64_t)totals->dropped;
	case COLUMN_RESOURCES:
		return (int64_t)totals->resources;
	case COLUMN_LEAD_P50:
		return pool->lead.count ? pool->lead.p50_ns : -1;
	case COLUMN_LEAD_P99:
		return pool->lead.count ? pool->lead.p99_ns : -1;
	case COLUMN_LEAD_MAX:
		return pool->lead.count ? pool->lead.max_ns : -1;
	case COLUMN_HOLD_P99:
		return pool->hold.count ? pool->hold.p99_ns : -1;
	default:
		return 0;
	}
}

/* "rx2" before "rx10", as people count. */
static int compare_rows(const void *rows, size_t a, size_t b, int column)
{
	const struct pool_summary *x = pool_at(rows, a), *y = pool_at(rows, b);
	int64_t kx, ky;

	if (!x || !y)
		return 0;
	if (column == COLUMN_NAME)
		return strverscmp(x->name, y->name);
	kx = sort_key(trace_of(rows), x, (enum column_id)column);
	ky = sort_key(trace_of(rows), y, (enum column_id)column);
	return (kx > ky) - (kx < ky);
}

static uint64_t row_id(const void *rows, size_t row)
{
	const struct pool_summary *pool = pool_at(rows, row);

	return pool ? pool->pool : 0;
}

static void draw_spark(void *ctx, const void *rows, size_t row, struct canvas *canvas,
		       struct rect rect, struct style style)
{
	const struct pool_summary *pool = pool_at(rows, row);
	struct overview_state *state = ctx;

	rect.x++;
	rect.w -= 2;
	if (pool)
		sparks_draw(&state->sparks, state->app, pool, canvas, rect, style);
}

/* --- the view ----------------------------------------------------------------------------------
 */

static int init(struct app *app, void *opaque)
{
	struct overview_state *state = opaque;

	state->app = app;
	state->spec = (struct table_spec){
		.columns = columns,
		.nr_columns = NR_COLUMNS,
		.cell = set_cell,
		.compare = compare_rows,
		.id = row_id,
		.rest = draw_spark,
		.rest_head = " available",
		.ctx = state,
	};
	table_init(&state->table, &state->spec, -1);
	return 0;
}

static void release(void *opaque)
{
	struct overview_state *state = opaque;

	table_release(&state->table);
	picture_release(&state->picture);
}

/* Rows of the list, its head included; the rest shows the selected pool. */
static int list_rows(const struct app *app, struct rect rect)
{
	int preview = rect.h / 3 > PICTURE_MIN_ROWS ? rect.h / 3 : PICTURE_MIN_ROWS;
	int most = rect.h - preview - 1;
	int rows = app->model.nr_pools < (size_t)most ? (int)app->model.nr_pools + 1 : most;

	return rows < 2 ? 2 : rows;
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct overview_state *state = opaque;

	/* A picture says more than the last columns. */
	state->spec.rest_width = rect.w / 5 > SPARK_MAX + 2 ? SPARK_MAX + 2 : rect.w / 5;
	if (rect.w < SPARK_FROM)
		state->spec.rest_width = SPARK_MIN;
	table_load(&state->table, state, app->model.nr_pools);
	for (size_t i = 0; i < app->model.nr_pools; i++)
		if (app->model.pools[i].pool == app->pool)
			table_select(&state->table, i);
	picture_load(&state->picture, app);
}

/* The selected pool, so that the list answers "why" without leaving it. */
static void draw_preview(struct app *app, struct overview_state *state, struct canvas *canvas,
			 struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	const struct query_instant *at = picture_at_cursor(&state->picture, app);
	int width = rect.w - 48;

	picture_draw(&state->picture, app, canvas, rect);
	if (!pool || at)
		return;
	if (canvas_text_width(pool->name) < width)
		width = canvas_text_width(pool->name);
	canvas_text_n(canvas, rect.w - 1 - width, rect.y, width, (struct style){.attr = ATTR_BOLD},
		      pool->name);
}

/* What is not seen of the list, and what it is sorted by. */
static void draw_list_line(const struct overview_state *state, struct canvas *canvas, int y,
			   int rows)
{
	const struct table *table = &state->table;
	struct style dim = {.fg = INK_DIM};
	char order[64];
	int x = 2;

	if (table->nr > (size_t)rows - 1)
		x = canvas_textf(canvas, x, y, dim, "%zu-%zu of %zu pools", table->top + 1,
				 table->top + (size_t)rows - 1, table->nr) +
		    3;
	if (table->sort >= 0)
		canvas_textf(canvas, x, y, dim, "by %s", table_order(table, order, sizeof(order)));
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct overview_state *state = opaque;
	int rows = list_rows(app, rect);
	int y = rect.y + rows + 1;

	table_draw(&state->table, canvas, (struct rect){rect.x, rect.y, rect.w, rows});
	draw_list_line(state, canvas, y - 1, rows);
	draw_preview(app, state, canvas, (struct rect){rect.x, y, rect.w, rect.y + rect.h - y});
}

static bool request(struct app *app, void *state, int request)
{
	if (request != REQUEST_OPEN)
		return false;
	app_open(app, VIEWER_VIEW_POOL);
	return true;
}

static struct table *list(void *opaque)
{
	return &((struct overview_state *)opaque)->table;
}

static void select_pool(struct app *app, void *opaque)
{
	struct overview_state *state = opaque;
	long row = table_selected(&state->table);

	if (row >= 0 && (size_t)row < app->model.nr_pools)
		app->pool = app->model.pools[row].pool;
}

const struct view_ops view_overview = {
	.name = "Overview",
	.about = "all pools",
	.state_size = sizeof(struct overview_state),
	.init = init,
	.release = release,
	.refresh = refresh,
	.draw = draw,
	.request = request,
	.table = list,
	.select = select_pool,
};
