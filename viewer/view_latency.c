/* SPDX-License-Identifier: MIT */
/*
 * View 3: how long requests and frames took in the visible time, and the requests that took
 * longest, with what was going on around them.
 */
#include <stdlib.h>
#include <string.h>

#include "viewer/human.h"
#include "viewer/latency_chart.h"
#include "viewer/view.h"

#define WORST_MAX 32
#define WIDE_FROM 150 /* columns from which both distributions stand side by side */
#define TALL_FROM 34  /* rows from which they stand one above the other */

enum { REQUEST_KIND = REQUEST_OF_VIEW, REQUEST_SCALE, REQUEST_POOL_UP, REQUEST_POOL_DOWN };

static const struct key_binding keys[] = {
	{REQUEST_KIND, "Latency", {'v'}, "lead or hold times"},
	{REQUEST_SCALE, "Latency", {'y'}, "counts: linear or log"},
	{REQUEST_POOL_UP, "Latency", {'('}, "the pool before"},
	{REQUEST_POOL_DOWN, "Latency", {')'}, "the next pool"},
};

/* A request of the list, and why. */
struct worst {
	struct lead_case lead;
	struct lead_why why;
};

struct latency_state {
	struct latency_window lead, hold;
	struct worst worst[WORST_MAX];
	size_t nr;
	uint32_t pool;		/* whose they are */
	int64_t from_ns, to_ns; /* the window */
	struct table table;
	bool show_hold, other_scale, loss;
	struct db_error err;
};

/* --- the list -------------------------------------------------------------------------------- */

enum {
	COLUMN_LEAD,
	COLUMN_AT,
	COLUMN_AVAILABLE,
	COLUMN_TOTAL,
	COLUMN_OTHERS,
	COLUMN_FAILURES,
	COLUMN_FALLBACK,
	COLUMN_DROPS,
	COLUMN_OUTCOME,
	COLUMN_BLOCK,
	COLUMN_REQUEST,
	COLUMN_LIFE,
	NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS] = {
	[COLUMN_LEAD] = {"lead", 9, .rank = 1, .down = true},
	[COLUMN_AT] = {"requested at", 14, .grow = 2, .rank = 1},
	[COLUMN_AVAILABLE] = {"avail", 6, .rank = 2},
	[COLUMN_TOTAL] = {"total", 6, .rank = 6},
	[COLUMN_OTHERS] = {"pending", 7, .rank = 3, .down = true},
	[COLUMN_FAILURES] = {"failed", 6, .rank = 3, .down = true},
	[COLUMN_FALLBACK] = {"fallback", 8, .rank = 4, .down = true},
	[COLUMN_DROPS] = {"drops", 7, .rank = 4, .down = true},
	[COLUMN_OUTCOME] = {"outcome", 11, .rank = 5, .left = true},
	[COLUMN_BLOCK] = {"block", 6, .rank = 7},
	[COLUMN_REQUEST] = {"request", 8, .rank = 8},
	[COLUMN_LIFE] = {"its block lived", 16, .rank = 9, .down = true},
};

static const struct style bad = {.fg = INK_ALARM, .attr = ATTR_BOLD};
static const struct style warn = {.fg = INK_WARN, .attr = ATTR_BOLD};
static const struct style dim = {.fg = INK_DIM};

static void put_count(struct table_cell *cell, bool known, uint64_t n, struct style when_any)
{
	snprintf(cell->s, sizeof(cell->s), "%s", known ? human_count(n).s : "–");
	cell->style = known && n ? when_any : dim; /* what is 0 stands back */
}

static const char *outcome_name(const struct lead_case *lead)
{
	return pool_outcome_name((unsigned)lead->outcome);
}

static void put_why(const struct lead_why *why, int column, struct table_cell *cell)
{
	static const struct style plain = {0};

	switch (column) {
	case COLUMN_AVAILABLE:
		put_count(cell, why->known && why->available != POOL_UNKNOWN, why->available,
			  plain);
		if (why->known && !why->available)
			cell->style = bad; /* but not this one */
		break;
	case COLUMN_TOTAL:
		put_count(cell, why->known && why->total != POOL_UNKNOWN, why->total, plain);
		break;
	case COLUMN_OTHERS:
		put_count(cell, why->known, why->others, plain);
		break;
	case COLUMN_FAILURES:
		put_count(cell, true, why->failures, warn);
		if (why->failures_at_least)
			strncat(cell->s, "+", sizeof(cell->s) - strlen(cell->s) - 1);
		break;
	case COLUMN_FALLBACK:
		snprintf(cell->s, sizeof(cell->s), "%s",
			 !why->known	 ? "–"
			 : why->fallback ? "yes"
					 : "no");
		cell->style = why->known && why->fallback ? bad : dim;
		break;
	case COLUMN_DROPS:
		put_count(cell, why->known, why->dropped, bad);
		if (why->dropped_at_least)
			strncat(cell->s, "+", sizeof(cell->s) - strlen(cell->s) - 1);
		break;
	}
}

/* How long the block stayed that was waited for. */
static void put_life(const struct lead_case *lead, struct table_cell *cell)
{
	cell->style = dim;
	if (lead->outcome != POOL_OUTCOME_USED)
		snprintf(cell->s, sizeof(cell->s), "–");
	else if (lead->freed_ns)
		snprintf(cell->s, sizeof(cell->s), "%s",
			 human_duration(lead->freed_ns - lead->completed_ns).s);
	else
		snprintf(cell->s, sizeof(cell->s), "to the end");
}

static void cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct worst *worst = &((const struct worst *)rows)[row];
	const struct lead_case *lead = &worst->lead;

	switch (column) {
	case COLUMN_LEAD:
		snprintf(cell->s, sizeof(cell->s), "%s%s", worst->why.loss ? "~" : "",
			 human_duration(lead->lead_ns).s);
		cell->style = (struct style){.attr = ATTR_BOLD};
		break;
	case COLUMN_AT:
		snprintf(cell->s, sizeof(cell->s), "%s", human_time(lead->requested_ns, 4).s);
		break;
	case COLUMN_OUTCOME:
		snprintf(cell->s, sizeof(cell->s), "%s",
			 lead->outcome == POOL_OUTCOME_NULL ? "no memory" : outcome_name(lead));
		cell->style = lead->outcome == POOL_OUTCOME_NULL ? warn : (struct style){0};
		break;
	case COLUMN_BLOCK:
		put_count(cell, lead->outcome == POOL_OUTCOME_USED, lead->block, (struct style){0});
		break;
	case COLUMN_LIFE:
		put_life(lead, cell);
		break;
	case COLUMN_REQUEST:
		snprintf(cell->s, sizeof(cell->s), "%llu", (unsigned long long)lead->request);
		cell->style = dim;
		break;
	default:
		put_why(&worst->why, column, cell);
	}
}

static int64_t key_of(const struct worst *w, int column)
{
	switch (column) {
	case COLUMN_LEAD:
		return w->lead.lead_ns;
	case COLUMN_AT:
		return w->lead.requested_ns;
	case COLUMN_AVAILABLE:
		return w->why.available;
	case COLUMN_TOTAL:
		return w->why.total;
	case COLUMN_OTHERS:
		return w->why.others;
	case COLUMN_FAILURES:
		return w->why.failures;
	case COLUMN_FALLBACK:
		return w->why.fallback;
	case COLUMN_DROPS:
		return (int64_t)w->why.dropped;
	case COLUMN_OUTCOME:
		return w->lead.outcome;
	case COLUMN_BLOCK:
		return w->lead.block;
	case COLUMN_LIFE:
		return w->lead.freed_ns ? w->lead.freed_ns - w->lead.completed_ns : INT64_MAX;
	default:
		return (int64_t)w->lead.request;
	}
}

static int compare(const void *rows, size_t a, size_t b, int column)
{
	const struct worst *worst = rows;
	int64_t x = key_of(&worst[a], column), y = key_of(&worst[b], column);

	return (x > y) - (x < y);
}

static uint64_t id(const void *rows, size_t row)
{
	return (uint64_t)((const struct worst *)rows)[row].lead.id;
}

static const struct table_spec spec = {
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.cell = cell,
	.compare = compare,
	.id = id,
	.top_stays = true,
};

/* --- asking ---------------------------------------------------------------------------------- */

static int init(struct app *app, void *opaque)
{
	struct latency_state *state = opaque;

	table_init(&state->table, &spec, COLUMN_LEAD);
	return 0;
}

static void release(void *opaque)
{
	struct latency_state *state = opaque;

	table_release(&state->table);
}

/* What was said of a request before is so still. */
static const struct lead_why *known_why(const struct worst *old, size_t nr, int64_t row)
{
	for (size_t i = 0; i < nr; i++)
		if (old[i].lead.id == row)
			return &old[i].why;
	return NULL;
}

static int load_worst(struct app *app, struct latency_state *state)
{
	struct lead_case leads[WORST_MAX];
	struct worst old[WORST_MAX];
	size_t nr_old = state->pool == app->pool ? state->nr : 0;
	int ret;

	memcpy(old, state->worst, sizeof(old));
	state->nr = 0;
	ret = query_worst_leads(app->model.query, app->pool, state->from_ns, state->to_ns,
				WORST_MAX, leads, &state->nr, &state->err);
	for (size_t i = 0; i < state->nr && !ret; i++) {
		const struct lead_why *why = known_why(old, nr_old, leads[i].id);

		state->worst[i].lead = leads[i];
		if (why)
			state->worst[i].why = *why;
		else
			ret = query_lead_why(app->model.query, app->pool, &leads[i],
					     &state->worst[i].why, &state->err);
	}
	state->pool = app->pool;
	return ret;
}

static int load(struct app *app, struct latency_state *state)
{
	struct timeline_view window = app_window(app, app->time_columns);
	struct level_column level = {0};
	struct query *q = app->model.query;
	int ret;

	state->from_ns = window.start_ns;
	state->to_ns = window.shown_ns > window.start_ns ? window.shown_ns : window.start_ns + 1;
	ret = query_latency_window(q, LATENCY_LEAD, app->pool, state->from_ns, state->to_ns,
				   &state->lead, &state->err);
	if (!ret)
		ret = query_latency_window(q, LATENCY_HOLD, app->pool, state->from_ns, state->to_ns,
					   &state->hold, &state->err);
	if (!ret)
		ret = query_level(q, app->pool, state->from_ns, state->to_ns - state->from_ns, 1,
				  &level, &state->err);
	state->loss = level.loss;
	return ret ? ret : load_worst(app, state);
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct latency_state *state = opaque;
	int ret;

	state->err.text[0] = 0;
	/* All of one moment, and one look at the file's locks for a thousand look-ups. */
	ret = query_begin(app->model.query, &state->err);
	if (!ret) {
		ret = load(app, state);
		query_end(app->model.query);
	}
	if (ret)
		state->nr = 0;
	table_load(&state->table, state->worst, state->nr);
}

/* --- drawing --------------------------------------------------------------------------------- */

static void draw_title(struct canvas *canvas, struct rect rect, const struct pool_summary *pool,
		       const struct latency_state *state)
{
	char text[160];
	int x = canvas_text(canvas, 1, rect.y, (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD},
			    pool->name);

	/* The roll-ups' borders are 8.4 ms apart: what lies beyond the window's is said. */
	snprintf(text, sizeof(text), "%s in view; figures reach up to 8.4 ms beyond it",
		 human_duration(state->to_ns - state->from_ns).s);
	if (x + 3 + canvas_text_width(text) < rect.w)
		canvas_text_right(canvas, rect.w - 1, rect.y, dim, "%s", text);
}

/* In words, for the request under the bar. */
static void draw_story(struct canvas *canvas, struct rect rect, const struct worst *worst,
		       const struct pool_marks *marks)
{
	const struct lead_why *why = &worst->why;
	int x = 1;

	x = canvas_textf(canvas, x, rect.y, dim,
			 "request %llu: ", (unsigned long long)worst->lead.request);
	if (!why->known) {
		canvas_text(canvas, x, rect.y, dim, "its event is not on record");
		return;
	}
	if (why->available != POOL_UNKNOWN)
		x = canvas_textf(canvas, x, rect.y, (struct style){0}, "%u available then",
				 why->available);
	else
		x = canvas_text(canvas, x, rect.y, dim, "what was available is not on record");
	if (why->available != POOL_UNKNOWN && pool_marks_known(marks))
		x = canvas_textf(canvas, x, rect.y, dim, " (low %u)", marks->low);
	if (why->others)
		x = canvas_textf(canvas, x, rect.y, (struct style){0}, ", %u other%s pending",
				 why->others, why->others == 1 ? "" : "s");
	if (why->failures)
		x = canvas_textf(canvas, x, rect.y, warn, ", %u failed before it", why->failures);
	if (why->fallback)
		x = canvas_text(canvas, x, rect.y, bad, ", fallback");
	if (why->dropped)
		x = canvas_textf(canvas, x, rect.y, bad, ", %s dropped meanwhile",
				 human_count(why->dropped).s);
	if (why->loss)
		canvas_text(canvas, x, rect.y, bad, ", events lost");
}

static void draw_list(struct canvas *canvas, struct rect rect, struct latency_state *state,
		      const struct pool_summary *pool)
{
	long row = table_selected(&state->table);

	canvas_text(canvas, 1, rect.y, (struct style){.attr = ATTR_BOLD}, "longest leads in view");
	canvas_text_right(canvas, rect.w - 1, rect.y, dim, "Enter: that moment in view 2");
	if (row < 0) {
		canvas_text(canvas, 3, rect.y + 1, dim, "no request completed in view");
		return;
	}
	table_draw(&state->table, canvas, (struct rect){rect.x, rect.y + 1, rect.w, rect.h - 2});
	draw_story(canvas, (struct rect){rect.x, rect.y + rect.h - 1, rect.w, 1},
		   &state->worst[row], &pool->marks);
}

/* One or both distributions, and the table of quantiles; returns the rows used. */
static int draw_figures(struct app *app, struct canvas *canvas, struct rect rect,
			const struct latency_state *state)
{
	const struct latency_chart lead = {"lead", "request to completion", &state->lead,
					   state->other_scale, state->loss};
	const struct latency_chart hold = {"hold", "take to return", &state->hold,
					   state->other_scale, state->loss};
	struct rect part = {1, rect.y, rect.w - LATENCY_TABLE_WIDTH - 5, 12};
	bool wide = rect.w >= WIDE_FROM, tall = rect.h >= TALL_FROM;

	part.h = wide ? rect.h * 2 / 5 : tall ? rect.h * 3 / 10 : LATENCY_ROWS + 2;
	latency_chart_table(canvas, rect.w - LATENCY_TABLE_WIDTH - 1, rect.y + 1, &lead, &hold);
	if (wide)
		part.w = part.w / 2 - 1;
	latency_chart_draw(canvas, part, &app->look,
			   !wide && !tall && state->show_hold ? &hold : &lead);
	if (!wide && !tall)
		return part.h;
	part.x += wide ? part.w + 2 : 0;
	part.y += wide ? 0 : part.h + 1;
	latency_chart_draw(canvas, part, &app->look, &hold);
	return wide ? part.h : 2 * part.h + 1;
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct latency_state *state = opaque;
	int used;

	if (!pool)
		return;
	draw_title(canvas, rect, pool, state);
	if (state->err.text[0]) {
		canvas_text_n(canvas, 1, rect.y + 2, rect.w - 2, (struct style){.fg = INK_ALARM},
			      state->err.text);
		return;
	}
	rect.y++;
	rect.h--;
	used = draw_figures(app, canvas, rect, state);
	if (rect.h - used - 1 >= 4)
		draw_list(canvas,
			  (struct rect){rect.x, rect.y + used + 1, rect.w, rect.h - used - 1},
			  state, pool);
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct table *table(void *opaque)
{
	return &((struct latency_state *)opaque)->table;
}

static void select_row(struct app *app, void *opaque)
{
	const struct latency_state *state = opaque;
	long row = table_selected(&state->table);

	if (row < 0)
		return;
	app->selection = (struct selection){.kind = SELECTED_REQUEST,
					    .pool = app->pool,
					    .what = state->worst[row].lead.request,
					    .ts_ns = state->worst[row].lead.requested_ns};
}

static bool request(struct app *app, void *opaque, int request)
{
	struct latency_state *state = opaque;
	long row = table_selected(&state->table);

	switch (request) {
	case REQUEST_KIND:
		state->show_hold = !state->show_hold;
		return true;
	case REQUEST_SCALE:
		state->other_scale = !state->other_scale;
		return true;
	case REQUEST_POOL_UP:
	case REQUEST_POOL_DOWN:
		app_select(app, request == REQUEST_POOL_UP ? -1 : 1);
		return true;
	case REQUEST_OPEN:
		if (row >= 0)
			app_goto(app, state->worst[row].lead.requested_ns, VIEWER_VIEW_POOL);
		return true;
	default:
		return false;
	}
}

const struct view_ops view_latency = {
	.name = "Latency",
	.about = "how long, and why",
	.state_size = sizeof(struct latency_state),
	.init = init,
	.release = release,
	.keys = keys,
	.nr_keys = sizeof(keys) / sizeof(keys[0]),
	.refresh = refresh,
	.draw = draw,
	.request = request,
	.table = table,
	.select = select_row,
};
