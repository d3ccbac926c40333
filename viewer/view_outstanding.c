/* SPDX-License-Identifier: MIT */
/*
 * View 4: what the pool has out at the cursor's instant, or now: requests in flight, live blocks,
 * buffers that the stack holds.
 */
#include <stdlib.h>
#include <string.h>

#include "db/leak.h"
#include "viewer/bars.h"
#include "viewer/human.h"
#include "viewer/outstanding.h"
#include "viewer/view.h"

#define WIDE_FROM 140 /* columns from which buffers stand beside the rest */
#define BAR_WIDTH 32  /* most cells of a block's bar */
#define AGES_MIN  8   /* rows that a picture of ages needs */

enum { REQUEST_LIST = REQUEST_OF_VIEW, REQUEST_POOL_UP, REQUEST_POOL_DOWN };

static const struct key_binding keys[] = {
	{REQUEST_LIST, "Outstanding", {'v'}, "the next list"},
	{REQUEST_POOL_UP, "Outstanding", {'('}, "the pool before"},
	{REQUEST_POOL_DOWN, "Outstanding", {')'}, "the next pool"},
};

enum list { LIST_REQUESTS, LIST_BLOCKS, LIST_BUFFERS, NR_LISTS };

struct outstanding_state {
	struct outstanding out;
	struct table tables[NR_LISTS];
	enum list list; /* the one that has the keys */
	bool loaded;
	int64_t at_ns;
	struct db_error err;
};

static const struct style dim = {.fg = INK_DIM};
static const struct style strong = {.attr = ATTR_BOLD};

static struct style verdict_style(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_LEAKED:
		return (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD};
	case VERDICT_SLOW:
	case VERDICT_LONG:
	case VERDICT_PINNED:
	case VERDICT_UNPROVEN:
		return (struct style){.fg = INK_WARN, .attr = ATTR_BOLD};
	default:
		return dim;
	}
}

static void put_verdict(struct table_cell *cell, enum verdict verdict)
{
	snprintf(cell->s, sizeof(cell->s), "%s",
		 verdict == VERDICT_FINE ? "–" : verdict_name(verdict));
	cell->style = verdict_style(verdict);
}

static void put_duration(struct table_cell *cell, int64_t ns)
{
	snprintf(cell->s, sizeof(cell->s), "%s", ns < 0 ? "–" : human_duration(ns).s);
}

static void put_time(struct table_cell *cell, int64_t ts_ns)
{
	snprintf(cell->s, sizeof(cell->s), "%s", ts_ns ? human_time(ts_ns, 4).s : "–");
}

static void put_number(struct table_cell *cell, uint64_t n, bool known)
{
	snprintf(cell->s, sizeof(cell->s), known ? "%llu" : "–", (unsigned long long)n);
}

static int order(int64_t x, int64_t y)
{
	return (x > y) - (x < y);
}

/* --- requests -------------------------------------------------------------------------------- */

enum { REQUEST_AGE, REQUEST_NUMBER, REQUEST_AT, REQUEST_VERDICT, REQUEST_THEN, NR_REQUEST_COLUMNS };

static const struct table_column request_columns[] = {
	[REQUEST_AGE] = {"age", 9, .rank = 1, .down = true},
	[REQUEST_NUMBER] = {"request", 9, .rank = 1},
	[REQUEST_AT] = {"requested at", 15, .rank = 2},
	[REQUEST_VERDICT] = {"verdict", 9, .rank = 1, .left = true, .down = true},
	[REQUEST_THEN] = {"later", 24, .rank = 2, .left = true, .fixed = true},
};

static void put_then(struct table_cell *cell, const struct out_request *r)
{
	int64_t more_ns = r->flight.completed_ns - r->flight.requested_ns - r->age_ns;

	cell->style = dim;
	if (!r->flight.completed_ns)
		return;
	snprintf(cell->s, sizeof(cell->s), "%s in %s",
		 r->flight.outcome < 0			  ? "refused"
		 : r->flight.outcome == POOL_OUTCOME_NULL ? "no memory"
							  : "completed",
		 human_duration(more_ns).s);
}

static void request_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct out_request *r = &((const struct out_request *)rows)[row];

	switch (column) {
	case REQUEST_AGE:
		put_duration(cell, r->age_ns);
		cell->style = strong;
		break;
	case REQUEST_NUMBER:
		put_number(cell, r->flight.request, true);
		break;
	case REQUEST_AT:
		put_time(cell, r->flight.requested_ns);
		break;
	case REQUEST_VERDICT:
		put_verdict(cell, r->verdict);
		break;
	default:
		put_then(cell, r);
	}
}

static int request_compare(const void *rows, size_t a, size_t b, int column)
{
	const struct out_request *x = &((const struct out_request *)rows)[a];
	const struct out_request *y = &((const struct out_request *)rows)[b];

	if (column == REQUEST_VERDICT)
		return order(x->verdict, y->verdict);
	if (column == REQUEST_NUMBER)
		return order((int64_t)x->flight.request, (int64_t)y->flight.request);
	return column == REQUEST_AGE ? order(x->age_ns, y->age_ns)
				     : order(x->flight.requested_ns, y->flight.requested_ns);
}

static uint64_t request_id(const void *rows, size_t row)
{
	return ((const struct out_request *)rows)[row].flight.request;
}

/* --- blocks ---------------------------------------------------------------------------------- */

enum {
	BLOCK_NUMBER,
	BLOCK_AGE,
	BLOCK_HELD,
	BLOCK_OLDEST,
	BLOCK_VERDICT,
	BLOCK_AT,
	BLOCK_THEN,
	NR_BLOCK_COLUMNS
};

static const struct table_column block_columns[] = {
	[BLOCK_NUMBER] = {"block", 6, .rank = 1},
	[BLOCK_AGE] = {"age", 11, .rank = 1, .down = true},
	[BLOCK_HELD] = {"held", 12, .rank = 1, .down = true},
	[BLOCK_OLDEST] = {"longest", 9, .rank = 2, .down = true},
	[BLOCK_VERDICT] = {"verdict", 9, .rank = 1, .left = true, .down = true},
	[BLOCK_AT] = {"since", 15, .rank = 3},
	[BLOCK_THEN] = {"later", 20, .rank = 4, .left = true, .fixed = true},
};

static void put_held(struct table_cell *cell, const struct out_block *b)
{
	if (b->held == POOL_UNKNOWN && b->block.buffers == POOL_UNKNOWN)
		snprintf(cell->s, sizeof(cell->s), "–");
	else if (b->held == POOL_UNKNOWN)
		snprintf(cell->s, sizeof(cell->s), "– of %u", b->block.buffers);
	else
		snprintf(cell->s, sizeof(cell->s), "%u of %u", b->held, b->block.buffers);
}

static void block_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct out_block *b = &((const struct out_block *)rows)[row];

	switch (column) {
	case BLOCK_NUMBER:
		put_number(cell, b->block.block, true);
		break;
	case BLOCK_AGE:
		put_duration(cell, b->age_ns);
		break;
	case BLOCK_HELD:
		put_held(cell, b);
		cell->style = b->held ? strong : dim;
		break;
	case BLOCK_OLDEST:
		put_duration(cell, b->oldest_ns ? b->oldest_ns : -1);
		break;
	case BLOCK_VERDICT:
		put_verdict(cell, b->verdict);
		if (b->verdict == VERDICT_FINE && !b->block.request)
			snprintf(cell->s, sizeof(cell->s), "base");
		break;
	case BLOCK_AT:
		put_time(cell, b->block.completed_ns);
		break;
	default:
		cell->style = dim;
		if (b->block.freed_ns)
			snprintf(cell->s, sizeof(cell->s), "freed in %s",
				 human_duration(b->block.freed_ns - b->block.completed_ns -
						b->age_ns)
					 .s);
	}
}

/* Its buffers as a bar: held, and of those the long ones first. */
static void block_bar(void *ctx, const void *rows, size_t row, struct canvas *canvas,
		      struct rect rect, struct style style)
{
	const struct out_block *b = &((const struct out_block *)rows)[row];
	int width = rect.w > BAR_WIDTH ? BAR_WIDTH : rect.w;
	uint32_t of = b->block.buffers;

	if (b->held == POOL_UNKNOWN || !of || of == POOL_UNKNOWN)
		return;
	for (int i = 0; i < width; i++) {
		/* A single one shows. */
		uint64_t from = (uint64_t)i * of / (unsigned)width;
		bool is_long = from < b->nr_long, is_held = from < b->held;

		style.fg = is_long ? INK_WARN : is_held ? INK_AVAILABLE : INK_DIM;
		canvas_put(canvas, rect.x + i, rect.y,
			   is_long   ? L'◆'
			   : is_held ? L'━'
				     : L'·',
			   style);
	}
}

static int block_compare(const void *rows, size_t a, size_t b, int column)
{
	const struct out_block *x = &((const struct out_block *)rows)[a];
	const struct out_block *y = &((const struct out_block *)rows)[b];

	switch (column) {
	case BLOCK_AGE:
		return order(x->age_ns, y->age_ns);
	case BLOCK_HELD:
		return order(x->held, y->held);
	case BLOCK_OLDEST:
		return order(x->oldest_ns, y->oldest_ns);
	case BLOCK_VERDICT:
		return order(x->verdict, y->verdict);
	case BLOCK_AT:
		return order(x->block.completed_ns, y->block.completed_ns);
	default:
		return order(x->block.block, y->block.block);
	}
}

static uint64_t block_id(const void *rows, size_t row)
{
	return ((const struct out_block *)rows)[row].block.block;
}

/* --- buffers --------------------------------------------------------------------------------- */

enum { BUFFER_AGE, BUFFER_ID, BUFFER_BLOCK, BUFFER_AT, BUFFER_VERDICT, NR_BUFFER_COLUMNS };

static const struct table_column buffer_columns[] = {
	[BUFFER_AGE] = {"held for", 11, .rank = 1, .down = true},
	[BUFFER_ID] = {"buffer", 8, .rank = 1},
	[BUFFER_BLOCK] = {"block", 6, .rank = 1},
	[BUFFER_AT] = {"taken at", 15, .rank = 2},
	[BUFFER_VERDICT] = {"verdict", 9, .rank = 1, .left = true, .down = true},
};

static void buffer_cell(const void *rows, size_t row, int column, struct table_cell *cell)
{
	const struct out_buffer *b = &((const struct out_buffer *)rows)[row];

	switch (column) {
	case BUFFER_AGE:
		put_duration(cell, b->age_ns);
		cell->style = strong;
		break;
	case BUFFER_ID:
		put_number(cell, b->id, true);
		break;
	case BUFFER_BLOCK:
		put_number(cell, b->block, b->block != POOL_UNKNOWN);
		break;
	case BUFFER_AT:
		put_time(cell, b->taken_ns);
		break;
	default:
		put_verdict(cell, b->verdict);
	}
}

static int buffer_compare(const void *rows, size_t a, size_t b, int column)
{
	const struct out_buffer *x = &((const struct out_buffer *)rows)[a];
	const struct out_buffer *y = &((const struct out_buffer *)rows)[b];

	switch (column) {
	case BUFFER_ID:
		return order(x->id, y->id);
	case BUFFER_BLOCK:
		return order(x->block, y->block);
	case BUFFER_VERDICT:
		return order(x->verdict, y->verdict);
	case BUFFER_AT:
		return order(x->taken_ns, y->taken_ns);
	default:
		return order(x->age_ns, y->age_ns);
	}
}

static uint64_t buffer_id(const void *rows, size_t row)
{
	return ((const struct out_buffer *)rows)[row].id;
}

static const struct table_spec specs[NR_LISTS] = {
	[LIST_REQUESTS] = {.columns = request_columns,
			   .nr_columns = NR_REQUEST_COLUMNS,
			   .cell = request_cell,
			   .compare = request_compare,
			   .id = request_id},
	[LIST_BLOCKS] = {.columns = block_columns,
			 .nr_columns = NR_BLOCK_COLUMNS,
			 .cell = block_cell,
			 .compare = block_compare,
			 .id = block_id,
			 .rest = block_bar,
			 .rest_head = "held",
			 .rest_width = 9},
	[LIST_BUFFERS] = {.columns = buffer_columns,
			  .nr_columns = NR_BUFFER_COLUMNS,
			  .cell = buffer_cell,
			  .compare = buffer_compare,
			  .id = buffer_id},
};

/* --- asking ---------------------------------------------------------------------------------- */

static int init(struct app *app, void *opaque)
{
	static const int sorts[NR_LISTS] = {REQUEST_AGE, BLOCK_VERDICT, BUFFER_AGE};
	struct outstanding_state *state = opaque;

	for (int i = 0; i < NR_LISTS; i++)
		table_init(&state->tables[i], &specs[i], sorts[i]);
	state->list = LIST_BUFFERS;
	return 0;
}

static void release(void *opaque)
{
	struct outstanding_state *state = opaque;

	for (int i = 0; i < NR_LISTS; i++)
		table_release(&state->tables[i]);
	outstanding_release(&state->out);
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	((struct outstanding_state *)opaque)->loaded = false;
}

/* The cursor may be elsewhere without anything else being new. */
static void load(struct app *app, struct outstanding_state *state, const struct pool_summary *pool)
{
	int64_t at_ns = app_instant(app);

	if (state->loaded && state->at_ns == at_ns)
		return;
	outstanding_release(&state->out);
	state->err.text[0] = 0;
	if (!query_begin(app->model.query, &state->err)) {
		if (outstanding_load(&state->out, app->model.query, &app->model.status, pool, at_ns,
				     &state->err))
			outstanding_release(&state->out);
		query_end(app->model.query);
	}
	table_load(&state->tables[LIST_REQUESTS], state->out.requests, state->out.nr_requests);
	table_load(&state->tables[LIST_BLOCKS], state->out.blocks, state->out.nr_blocks);
	table_load(&state->tables[LIST_BUFFERS], state->out.buffers, state->out.nr_buffers);
	state->at_ns = at_ns;
	state->loaded = true;
}

/* --- drawing --------------------------------------------------------------------------------- */

/* Only what there is: "LEAKED 1 buffer". */
static void draw_leaked(struct canvas *canvas, int right, int y, const struct leak *leak)
{
	static const char *const names[] = {"block", "buffer", "request"};
	const uint64_t counts[] = {leak->blocks, leak->buffers, leak->requests};
	char text[128] = "LEAKED";
	size_t used = strlen(text);

	for (int i = 0; i < 3 && used < sizeof(text); i++)
		if (counts[i])
			used += (size_t)snprintf(text + used, sizeof(text) - used, " %s %s%s",
						 human_count(counts[i]).s, names[i],
						 counts[i] == 1 ? "" : "s");
	canvas_text_right(canvas, right, y, (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD},
			  "%s", text);
}

static void draw_leaks(struct canvas *canvas, int right, int y, const struct app *app,
		       const struct pool_summary *pool)
{
	struct leak leak = leak_judge(&app->model.status, pool);

	if (leak.verdict == LEAK_NONE)
		canvas_text_right(canvas, right, y, (struct style){.fg = INK_GOOD},
				  "no leak in this recording");
	else if (leak.verdict == LEAK_UNPROVEN)
		canvas_text_right(canvas, right, y, (struct style){.fg = INK_WARN},
				  "leaks unproven: %s", leak.why);
	else
		draw_leaked(canvas, right, y, &leak);
}

static void draw_title(struct app *app, struct canvas *canvas, struct rect rect,
		       const struct pool_summary *pool)
{
	const char *when = app->timeline.has_cursor		      ? "at the cursor, "
			   : app->timeline.follow && app_is_live(app) ? "now, "
			   : app->timeline.follow		      ? "at the end, "
								      : "at the right edge, ";
	int x = canvas_text(canvas, 1, rect.y, (struct style){.fg = INK_TITLE, .attr = ATTR_BOLD},
			    pool->name);

	canvas_textf(canvas, x + 2, rect.y, dim, "%s%s", when, human_time(app_instant(app), 4).s);
	draw_leaks(canvas, rect.w - 1, rect.y, app, pool);
}

/* What the lists cannot show: where the record does not reach. */
static void draw_remarks(struct canvas *canvas, struct rect rect, const struct outstanding *out,
			 const struct pool_summary *pool)
{
	struct style warn = {.fg = INK_WARN};

	if (!pool->takes_recorded)
		canvas_text(canvas, 1, rect.y, warn,
			    "takes and returns are not recorded: what is held is not known");
	else if (out->since_ns)
		canvas_textf(canvas, 1, rect.y, warn,
			     "buffers taken before %s are not known to be held: the record does "
			     "not tell",
			     human_time(out->since_ns, 3).s);
	else if (out->lost_ns)
		canvas_textf(canvas, 1, rect.y, warn,
			     "events were lost until %s: what began before is unproven",
			     human_time(out->lost_ns, 3).s);
	else
		canvas_textf(canvas, 1, rect.y, dim,
			     "long: held over %s (10 x p99); slow: pending over %s (p99)",
			     human_duration(pool->hold.p99_ns * 10).s,
			     human_duration(pool->lead.p99_ns).s);
}

static void draw_list(struct canvas *canvas, struct rect rect, struct outstanding_state *state,
		      enum list list)
{
	static const char *const names[] = {"requests in flight", "live blocks", "buffers held"};
	const struct outstanding *out = &state->out;
	struct table *table = &state->tables[list];
	bool more = (list == LIST_REQUESTS && out->more_requests) ||
		    (list == LIST_BLOCKS && out->more_blocks);
	bool has_keys = state->list == list;
	int x;

	table->quiet = !has_keys;
	x = canvas_text(canvas, rect.x + 1, rect.y,
			(struct style){.fg = has_keys ? INK_TITLE : INK_DEFAULT,
				       .attr = has_keys ? ATTR_BOLD | ATTR_UNDERLINE : ATTR_BOLD},
			names[list]);
	x = canvas_textf(canvas, x, rect.y, strong, "  %zu%s", table->nr, more ? " or more" : "");
	if (list == LIST_BUFFERS && out->nr_long)
		canvas_textf(canvas, x + 2, rect.y, verdict_style(VERDICT_LONG), "%zu suspect",
			     out->nr_long);
	if (table->nr && rect.h > 2)
		table_draw(table, canvas, (struct rect){rect.x, rect.y + 1, rect.w, rect.h - 1});
}

static const char *count_label(double value, char *text, size_t size)
{
	snprintf(text, size, "%s", human_count((uint64_t)(value + 0.5)).s);
	return text;
}

/* How long the held buffers are held, on the axis of all hold times. */
static void draw_ages(struct app *app, struct canvas *canvas, struct rect rect,
		      const struct outstanding *out, const struct latency *hold)
{
	struct rect plot = {rect.x + 9, rect.y + 2, rect.w - 10, rect.h - 3};
	struct bar *bars = calloc((size_t)plot.w, sizeof(*bars));
	double longest = (double)out->buffers[0].age_ns;
	struct scale times, counts;
	double most = 0;

	if (!bars)
		return;
	times = bars_scale((double)(hold->p50_ns > 50000 ? hold->p50_ns / 50 : 1000),
			   longest > (double)hold->p99_ns ? longest : (double)hold->p99_ns);
	for (size_t i = 0; i < out->nr_buffers; i++) {
		double at = scale_fraction(&times, (double)out->buffers[i].age_ns) * plot.w;
		struct bar *bar = &bars[at < plot.w ? (int)at : plot.w - 1];

		bar->value++;
		bar->ink = out->buffers[i].verdict == VERDICT_FINE ? INK_AVAILABLE : INK_WARN;
		most = bar->value > most ? bar->value : most;
	}
	counts = scale_linear(most);
	canvas_text(canvas, rect.x + 1, rect.y, strong, "ages of the buffers held");
	canvas_text(canvas, rect.x + 27, rect.y, dim, "beside the pool's hold times");
	chart_value_axis(canvas, plot, &counts, count_label);
	bars_draw(canvas, plot, &app->look, &counts, bars);
	bars_marks(canvas, (struct rect){plot.x, rect.y + 1, plot.w, 1}, &times,
		   (struct bar_mark[]){{(double)hold->p99_ns, INK_TITLE, "p99"},
				       {(double)hold->p50_ns, INK_TITLE, "p50"}},
		   2);
	bars_axis(canvas, (struct rect){plot.x, plot.y + plot.h, plot.w, 1}, &times,
		  bars_time_label);
	free(bars);
}

/* Rows for a list of nr within at most `most`: its name, and a head when there are any. */
static int rows_for(size_t nr, int most)
{
	int rows = nr ? (int)(nr < 1000 ? nr : 1000) + 2 : 1;

	return rows < most ? rows : most;
}

/* Beside the buffers; what is left below has the picture of their ages. */
static void draw_wide(struct app *app, struct canvas *canvas, struct rect rect,
		      struct outstanding_state *state, const struct latency *hold)
{
	const struct outstanding *out = &state->out;
	struct rect part = {rect.x, rect.y, rect.w * 11 / 20, 0};
	int end = rect.y + rect.h;

	part.h = rows_for(out->nr_requests, rect.h / 4);
	draw_list(canvas, part, state, LIST_REQUESTS);
	part.y += part.h + 1;
	part.h = rows_for(out->nr_blocks, out->nr_buffers ? rect.h / 2 : end - part.y);
	draw_list(canvas, part, state, LIST_BLOCKS);
	part.y += part.h + 1;
	part.h = end - part.y < 16 ? end - part.y : 16;
	if (out->nr_buffers && hold->count && part.h >= AGES_MIN)
		draw_ages(app, canvas, part, out, hold);
	part = (struct rect){part.w + 1, rect.y, rect.w - part.w - 1, rect.h};
	draw_list(canvas, part, state, LIST_BUFFERS);
}

/* One above the other: requests take what they need of their share, buffers what is left. */
static void draw_narrow(struct canvas *canvas, struct rect rect, struct outstanding_state *state)
{
	const struct outstanding *out = &state->out;
	struct rect part = rect;

	part.h = rows_for(out->nr_requests, rect.h / 4);
	draw_list(canvas, part, state, LIST_REQUESTS);
	part.y += part.h + 1;
	part.h = rows_for(out->nr_blocks, rect.h / 3 + 1);
	draw_list(canvas, part, state, LIST_BLOCKS);
	part.y += part.h + 1;
	part.h = rect.y + rect.h - part.y;
	draw_list(canvas, part, state, LIST_BUFFERS);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	const struct pool_summary *pool = app_pool(app);
	struct outstanding_state *state = opaque;

	if (!pool)
		return;
	load(app, state, pool);
	draw_title(app, canvas, rect, pool);
	if (state->err.text[0]) {
		canvas_text_n(canvas, 1, rect.y + 2, rect.w - 2, (struct style){.fg = INK_ALARM},
			      state->err.text);
		return;
	}
	draw_remarks(canvas, (struct rect){rect.x, rect.y + 1, rect.w, 1}, &state->out, pool);
	rect.y += 3;
	rect.h -= 3;
	if (rect.w >= WIDE_FROM)
		draw_wide(app, canvas, rect, state, &pool->hold);
	else
		draw_narrow(canvas, rect, state);
}

/* --- keys ------------------------------------------------------------------------------------ */

static struct table *table(void *opaque)
{
	struct outstanding_state *state = opaque;

	return &state->tables[state->list];
}

/* What is under the bar. */
static struct selection selection_of(const struct app *app, const struct outstanding_state *state)
{
	struct selection s = {.kind = SELECTED_NOTHING, .pool = app->pool};
	long row = table_selected(&state->tables[state->list]);

	if (row < 0)
		return s;
	if (state->list == LIST_REQUESTS) {
		s.kind = SELECTED_REQUEST;
		s.what = state->out.requests[row].flight.request;
		s.ts_ns = state->out.requests[row].flight.requested_ns;
	} else if (state->list == LIST_BLOCKS) {
		s.kind = SELECTED_BLOCK;
		s.what = state->out.blocks[row].block.block;
		s.ts_ns = state->out.blocks[row].block.completed_ns;
	} else {
		s.kind = SELECTED_BUFFER;
		s.what = state->out.buffers[row].id;
		s.ts_ns = state->out.buffers[row].taken_ns;
	}
	return s;
}

static void select_row(struct app *app, void *opaque)
{
	app->selection = selection_of(app, opaque);
}

static bool request(struct app *app, void *opaque, int request)
{
	struct outstanding_state *state = opaque;
	struct selection s;

	switch (request) {
	case REQUEST_LIST:
		state->list = (state->list + 1) % NR_LISTS;
		return true;
	case REQUEST_POOL_UP:
	case REQUEST_POOL_DOWN:
		app_select(app, request == REQUEST_POOL_UP ? -1 : 1);
		return true;
	case REQUEST_OPEN:
		s = selection_of(app, state);
		if (s.ts_ns)
			app_goto(app, s.ts_ns, VIEWER_VIEW_POOL);
		return true;
	default:
		return false;
	}
}

const struct view_ops view_outstanding = {
	.name = "Outstanding",
	.about = "what is out, and for how long",
	.state_size = sizeof(struct outstanding_state),
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
