/* SPDX-License-Identifier: MIT */
/*
 * View 7: can the recording be relied on, and what does it cost?  What was lost and when, how far
 * the screen is behind, how large the file is; and whether each pool's figures agree with the
 * driver's own.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "db/query_health.h"
#include "db/trace.h"
#include "viewer/human.h"
#include "viewer/occupancy.h"
#include "viewer/view.h"

#define FACT_ROWS 8
#define LABEL	  13

struct health_state {
	struct query_health health;
	struct activity_column *columns;
	size_t nr;	  /* of them: those that are shown */
	int64_t width_ns; /* of one */
	int per_cell;
	uint64_t lost_in_view;
	struct table table;
	struct pool_summary *pools; /* a copy: the table's rows */
	size_t nr_pools;
	struct db_error err;
};

static const struct style dim = {.fg = INK_DIM};
static const struct style plain = {0};
static const struct style good = {.fg = INK_GOOD};
static const struct style warn = {.fg = INK_WARN, .attr = ATTR_BOLD};
static const struct style bad = {.fg = INK_ALARM, .attr = ATTR_BOLD};

/* --- pools ----------------------------------------------------------------------------------- */

enum {
	COLUMN_POOL,
	COLUMN_TICKS,
	COLUMN_AUDIT,
	COLUMN_DECISIONS,
	COLUMN_IDENTITY,
	COLUMN_LOST,
	COLUMN_VIOLATIONS,
	COLUMN_FIRST,
	NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS] = {
	[COLUMN_POOL] = {"pool", 12, .grow = 12, .rank = 1, .left = true},
	[COLUMN_TICKS] = {"ticks", 7, .rank = 5, .down = true},
	[COLUMN_AUDIT] = {"audit", 9, .rank = 1, .down = true},
	[COLUMN_DECISIONS] = {"decisions", 9, .rank = 5, .down = true},
	[COLUMN_IDENTITY] = {"identity", 9, .rank = 1, .down = true},
	[COLUMN_LOST] = {"lost", 8, .rank = 2, .down = true},
	[COLUMN_VIOLATIONS] = {"broken", 7, .rank = 3, .down = true},
	[COLUMN_FIRST] = {"first disagreement", 24, .grow = 40, .rank = 2, .left = true,
			  .fixed = true},
};

static void put_verdict(struct table_cell *cell, uint64_t checked, uint64_t mismatches)
{
	if (!checked) {
		snprintf(cell->s, sizeof(cell->s), "unknown");
		cell->style = dim;
	} else if (mismatches) {
		snprintf(cell->s, sizeof(cell->s), "%s off", human_count(mismatches).s);
		cell->style = bad;
	} else {
		snprintf(cell->s, sizeof(cell->s), "ok");
		cell->style = good;
	}
}

static void put_count(struct table_cell *cell, uint64_t n, struct style when_any)
{
	snprintf(cell->s, sizeof(cell->s), "%s", human_count(n).s);
	cell->style = n ? when_any : dim;
}

/* The earlier of the two: what happened after it may only follow from it. */
static int64_t first_mismatch(const struct pool_summary *p)
{
	int64_t a = p->audit_first_mismatch_ns, b = p->identity_first_mismatch_ns;

	return !a || (b && b < a) ? b : a;
}

static void put_first(struct table_cell *cell, const struct pool_summary *p)
{
	int64_t ns = first_mismatch(p);

	if (!ns)
		snprintf(cell->s, sizeof(cell->s), "–");
	else if (ns == p->audit_first_mismatch_ns && p->audit_what[0])
		snprintf(cell->s, sizeof(cell->s),
			 "%s  %s: the driver says %" PRIu64 ", the events %" PRIu64,
			 human_time(ns, 3).s, p->audit_what, p->audit_said, p->audit_counted);
	else
		snprintf(cell->s, sizeof(cell->s), "%s  %s", human_time(ns, 3).s,
			 ns == p->identity_first_mismatch_ns ? "not what the policy decides"
							     : "audit");
	cell->style = ns ? warn : dim;
}

static void cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct pool_summary *p = &((const struct pool_summary *)rows)[row];

	switch (column) {
	case COLUMN_POOL:
		snprintf(cell->s, sizeof(cell->s), "%s", p->name);
		break;
	case COLUMN_TICKS:
		put_count(cell, p->audit_ticks, plain);
		break;
	case COLUMN_AUDIT:
		put_verdict(cell, p->audit_ticks, p->audit_mismatches);
		break;
	case COLUMN_DECISIONS:
		put_count(cell, p->identity_checked, plain);
		break;
	case COLUMN_IDENTITY:
		put_verdict(cell, pool_marks_known(&p->marks) ? p->identity_checked : 0,
			    p->identity_mismatches);
		if (!pool_marks_known(&p->marks))
			snprintf(cell->s, sizeof(cell->s), "no marks");
		break;
	case COLUMN_LOST:
		put_count(cell, p->lost, bad);
		break;
	case COLUMN_VIOLATIONS:
		put_count(cell, p->violations, bad);
		break;
	default:
		put_first(cell, p);
	}
}

static uint64_t key_of(const struct pool_summary *p, int column)
{
	switch (column) {
	case COLUMN_TICKS:
		return p->audit_ticks;
	case COLUMN_AUDIT:
		return p->audit_mismatches;
	case COLUMN_DECISIONS:
		return p->identity_checked;
	case COLUMN_IDENTITY:
		return p->identity_mismatches;
	case COLUMN_LOST:
		return p->lost;
	default:
		return p->violations;
	}
}

static int compare(const void *rows, size_t a, size_t b, int column)
{
	const struct pool_summary *pools = rows;
	uint64_t x = key_of(&pools[a], column), y = key_of(&pools[b], column);

	if (column == COLUMN_POOL)
		return strcmp(pools[a].name, pools[b].name);
	return (x > y) - (x < y);
}

static uint64_t id(const void *rows, size_t row)
{
	return ((const struct pool_summary *)rows)[row].pool;
}

static const struct table_spec spec = {
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.cell = cell,
	.compare = compare,
	.id = id,
};

/* --- asking ---------------------------------------------------------------------------------- */

static int init(struct app *app, void *opaque)
{
	struct health_state *state = opaque;

	table_init(&state->table, &spec, -1);
	return 0;
}

static void release(void *opaque)
{
	struct health_state *state = opaque;

	table_release(&state->table);
	free(state->columns);
	free(state->pools);
}

static int load_columns(struct app *app, struct health_state *state)
{
	struct timeline_view window = app_window(app, app->time_columns);
	size_t nr = (size_t)chart_columns(app->look.chars, app->time_columns);
	int64_t bucket_ns;
	int ret;

	free(state->columns);
	state->columns = calloc(nr + 1, sizeof(*state->columns));
	state->nr = 0;
	state->lost_in_view = 0;
	if (!state->columns)
		return -1;
	state->per_cell = (int)nr / app->time_columns;
	state->width_ns = window.cell_ns / state->per_cell;
	nr = (size_t)((window.shown_ns - window.start_ns) / state->width_ns);
	ret = query_activity(app->model.query, window.start_ns, state->width_ns, nr, state->columns,
			     &bucket_ns, &state->err);
	state->nr = ret ? 0 : nr;
	for (size_t i = 0; i < state->nr; i++)
		state->lost_in_view += state->columns[i].lost;
	return ret;
}

/* The model's array goes with its next refresh. */
static int load_pools(struct app *app, struct health_state *state)
{
	size_t bytes = app->model.nr_pools * sizeof(*state->pools);

	free(state->pools);
	state->pools = malloc(bytes + 1);
	state->nr_pools = state->pools ? app->model.nr_pools : 0;
	if (state->pools)
		memcpy(state->pools, app->model.pools, bytes);
	return table_load(&state->table, state->pools, state->nr_pools);
}

static void select_pool(struct app *app, struct health_state *state)
{
	for (size_t i = 0; i < state->nr_pools; i++)
		if (state->pools[i].pool == app->pool)
			table_select(&state->table, i);
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct health_state *state = opaque;

	state->err.text[0] = 0;
	if (query_begin(app->model.query, &state->err))
		return;
	if (!query_health(app->model.query, &state->health, &state->err) &&
	    !load_columns(app, state) && !load_pools(app, state))
		select_pool(app, state);
	query_end(app->model.query);
}

/* --- facts ----------------------------------------------------------------------------------- */

static struct human bytes_text(double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	struct human h;
	int unit = 0;

	while (unit < 4 && bytes >= 999.5) {
		bytes /= 1000;
		unit++;
	}
	snprintf(h.s, sizeof(h.s), "%.*f %s", unit && bytes < 9.995 ? 2 : unit && bytes < 99.95,
		 bytes, units[unit]);
	return h;
}

struct facts {
	struct canvas *canvas;
	struct rect rect; /* what is left of it */
};

static void fact(struct facts *f, const char *name, struct style style, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void fact(struct facts *f, const char *name, struct style style, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (f->rect.h <= 0)
		return;
	canvas_text(f->canvas, f->rect.x, f->rect.y, dim, name);
	canvas_text_n(f->canvas, f->rect.x + LABEL, f->rect.y, f->rect.w - LABEL, style, text);
	f->rect.y++;
	f->rect.h--;
}

static void fact_state(struct facts *f, const struct app *app)
{
	const struct trace_status *status = &app->model.status;

	if (app_is_live(app))
		fact(f, "recorder", good, "recording");
	else
		fact(f, "recorder", status->complete ? good : warn, "%s%s%s%s",
		     status->ended[0] ? status->ended : "unknown",
		     status->nr_losses ? ", with loss" : "", status->note[0] ? ", " : "",
		     status->note);
}

static void fact_lag(struct facts *f, const struct app *app)
{
	int64_t lag_ns = app->now_ns - app->model.status.end_ns;

	if (!app_is_live(app) || !app->model.status.end_ns)
		fact(f, "lag", dim, "– (not recording)");
	else
		fact(f, "lag", lag_ns > 2000000000 ? warn : plain, "%.1f s to the newest",
		     (double)lag_ns / 1e9);
}

/* How it ended can be long: over both columns. */
static void fact_recorder(struct facts *left, struct facts *right, const struct app *app)
{
	struct facts both = {left->canvas, left->rect};

	both.rect.w = right->rect.x + right->rect.w - left->rect.x;
	fact_state(&both, app);
	left->rect.y = right->rect.y = both.rect.y;
	left->rect.h = right->rect.h = both.rect.h;
}

static void facts_recorder(struct facts *f, const struct app *app, const struct query_health *h)
{
	const struct trace_status *status = &app->model.status;
	bool elsewhere = h->host[0] && strcmp(h->host, trace_this_host()) != 0;

	fact(f, "source", plain, "%s%s%s", h->trace[0] ? h->trace : "unknown",
	     elsewhere ? " on " : "", elsewhere ? h->host : "");
	fact_lag(f, app);
	fact(f, "events", plain, "%s, %s/s %s", human_count(status->events).s,
	     human_rate(app->model.events_per_s).s, app_is_live(app) ? "now" : "at end");
	fact(f, "rows", plain, "%s/s with roll-ups", human_rate(h->rows_per_s).s);
	fact(f, "lost", status->lost || status->nr_losses ? bad : good, "%s%s",
	     status->lost || status->nr_losses ? human_count(status->lost).s : "nothing",
	     !status->lost && status->nr_losses ? " known, but something was" : "");
	if (h->nr_told)
		fact(f, "ring buffers", bad, "%s%s overflow%s, %s lost", human_count(h->nr_told).s,
		     h->nr_told >= 4096 ? "+" : "", h->nr_told == 1 ? "" : "s",
		     human_count(h->lost_told).s);
	else
		fact(f, "ring buffers", plain, "no overflow was told");
	fact(f, "  their fill", dim, "not told by LTTng");
}

static void fact_growth(struct facts *f, const struct app *app, const struct query_health *h)
{
	double bytes = (double)h->content_bytes;
	double seconds = (double)(app->model.status.end_ns - app->model.status.start_ns) / 1e9;

	if (app->cost.off)
		fact(f, "growth", dim, "– (not in a script)");
	else if (app_is_live(app) && app->cost.growth >= 0)
		fact(f, "growth", plain, "%s/s", bytes_text(app->cost.growth).s);
	else
		fact(f, "growth", plain, "%s/s, over all",
		     bytes_text(seconds > 0 ? bytes / seconds : 0).s);
}

static void facts_cost(struct facts *f, const struct app *app, const struct query_health *h)
{
	const struct cost *cost = &app->cost;
	uint64_t events = app->model.status.events;
	double bytes = (double)h->content_bytes;

	if (cost->off) {
		fact(f, "file", dim, "– (not in a script)");
	} else {
		fact(f, "file", plain, "%s, and %s log", bytes_text((double)h->file_bytes).s,
		     bytes_text((double)h->wal_bytes).s);
		fact(f, "", plain, "%s an event; %s free",
		     bytes_text(events ? bytes / (double)events : 0).s,
		     bytes_text((double)h->free_bytes).s);
	}
	fact_growth(f, app, h);
	if (cost->off) {
		fact(f, "frame", dim, "–");
		fact(f, "processor", dim, "–");
		fact(f, "memory", dim, "–");
		return;
	}
	fact(f, "frame", cost->frame_ns > 16000000 ? warn : plain, "%s, longest %s",
	     human_duration(cost->frame_ns).s, human_duration(cost->longest_ns).s);
	if (cost->cpu < 0)
		fact(f, "processor", dim, "–");
	else
		fact(f, "processor", plain, "%.1f %% of a core", cost->cpu * 100);
	fact(f, "memory", plain, "%s", bytes_text((double)cost->memory_bytes).s);
	fact(f, "", dim, "of this process");
}

/* --- the time line --------------------------------------------------------------------------- */

static const char *rate_label(double value, char *text, size_t size)
{
	snprintf(text, size, "%s", human_count((uint64_t)(value + 0.5)).s);
	return text;
}

static void draw_rate(struct app *app, struct canvas *canvas, struct rect plot,
		      const struct health_state *state)
{
	static const struct chart_zone zone = {INK_AVAILABLE, FILL_SOLID};
	size_t nr = (size_t)chart_columns(app->look.chars, plot.w);
	struct chart_column *values = calloc(nr + 1, sizeof(*values));
	double seconds = (double)state->width_ns / 1e9, most = 0;
	struct scale scale;

	if (!values)
		return;
	for (size_t i = 0; i < nr && i < state->nr; i++) {
		values[i].known = state->columns[i].events > 0;
		values[i].edge[0] = state->columns[i].events / seconds;
		most = values[i].edge[0] > most ? values[i].edge[0] : most;
	}
	scale = scale_linear(most);
	chart_value_axis(canvas, plot, &scale, rate_label);
	chart_area(canvas, plot, &app->look, &scale, &zone, 1, values);
	free(values);
}

static void draw_losses(struct canvas *canvas, struct rect plot, const struct health_state *state)
{
	bool any = false;

	canvas_text_right(canvas, plot.x - 1, plot.y, dim, "lost");
	for (size_t i = 0; i < state->nr; i++) {
		if (!state->columns[i].loss)
			continue;
		any = true;
		canvas_put(canvas, plot.x + (int)i / state->per_cell, plot.y, L'L', bad);
	}
	if (any)
		canvas_textf(canvas, plot.x + plot.w + 1, plot.y, bad, "%s%s",
			     state->lost_in_view ? human_count(state->lost_in_view).s : "some",
			     state->lost_in_view ? "" : " lost");
	else
		canvas_text(canvas, plot.x + plot.w + 1, plot.y, dim, "0");
}

static void draw_time(struct app *app, struct canvas *canvas, struct rect rect,
		      const struct health_state *state)
{
	struct timeline_view window = app_window(app, app->time_columns);
	struct rect plot = {rect.x + OCCUPANCY_LEFT, rect.y + 1, app->time_columns, rect.h - 3};

	canvas_text(canvas, 1, rect.y, (struct style){.attr = ATTR_BOLD},
		    "events a second, all pools");
	draw_rate(app, canvas, plot, state);
	app_plot(app, canvas, plot);
	plot.y += plot.h;
	plot.h = 1;
	draw_losses(canvas, plot, state);
	plot.y++;
	app_axis(app, canvas, plot, &window);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct health_state *state = opaque;
	struct facts left = {canvas, {1, rect.y, rect.w / 2 - 2, FACT_ROWS}};
	struct facts right = {canvas, {rect.w / 2 + 1, rect.y, rect.w / 2 - 2, FACT_ROWS}};
	struct rect part = {rect.x, rect.y + FACT_ROWS + 1, rect.w, 0};
	int room = rect.h - FACT_ROWS - 2, list = (int)state->nr_pools + 1;

	if (state->err.text[0]) {
		canvas_text_n(canvas, 1, rect.y, rect.w - 2, (struct style){.fg = INK_ALARM},
			      state->err.text);
		return;
	}
	cost_sample(&app->cost, state->health.content_bytes);
	fact_recorder(&left, &right, app);
	facts_recorder(&left, app, &state->health);
	facts_cost(&right, app, &state->health);
	list = list > room * 2 / 5 ? room * 2 / 5 : list;
	part.h = room - list > 16 ? 16 : room - list;
	draw_time(app, canvas, part, state);
	part.y += part.h + 1;
	part.h = rect.y + rect.h - part.y;
	table_draw(&state->table, canvas, part);
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct table *table(void *opaque)
{
	return &((struct health_state *)opaque)->table;
}

static void select_row(struct app *app, void *opaque)
{
	const struct health_state *state = opaque;
	long row = table_selected(&state->table);

	if (row >= 0)
		app->pool = state->pools[row].pool;
}

static bool request(struct app *app, void *opaque, int request)
{
	const struct health_state *state = opaque;
	long row = table_selected(&state->table);

	if (request != REQUEST_OPEN)
		return false;
	if (row >= 0 && first_mismatch(&state->pools[row]))
		app_goto(app, first_mismatch(&state->pools[row]), VIEWER_VIEW_POOL);
	else
		app_open(app, VIEWER_VIEW_POOL);
	return true;
}

const struct view_ops view_health = {
	.name = "Health",
	.about = "losses, lag, verdicts, cost",
	.state_size = sizeof(struct health_state),
	.init = init,
	.release = release,
	.refresh = refresh,
	.draw = draw,
	.request = request,
	.table = table,
	.select = select_row,
};
