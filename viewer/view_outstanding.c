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
#include "viewer/outstanding_lists.h"
#include "viewer/view.h"

#define WIDE_FROM 140 /* columns from which buffers stand beside the rest */
#define AGES_MIN  8   /* rows that a picture of ages needs */

enum { REQUEST_LIST = REQUEST_OF_VIEW, REQUEST_POOL_UP, REQUEST_POOL_DOWN };

static const struct key_binding keys[] = {
	{REQUEST_LIST, "Outstanding", {'v'}, "the next list"},
	{REQUEST_POOL_UP, "Outstanding", {'('}, "the pool before"},
	{REQUEST_POOL_DOWN, "Outstanding", {')'}, "the next pool"},
};

struct outstanding_state {
	struct outstanding out;
	struct table tables[NR_LISTS];
	enum outstanding_list list; /* the one that has the keys */
	bool loaded;
	int64_t at_ns;
	struct db_error err;
};

static const struct style dim = {.fg = INK_DIM};
static const struct style strong = {.attr = ATTR_BOLD};

/* --- asking ---------------------------------------------------------------------------------- */

static int init(struct app *app, void *opaque)
{
	struct outstanding_state *state = opaque;

	for (int i = 0; i < NR_LISTS; i++)
		table_init(&state->tables[i], &outstanding_lists[i], outstanding_sorts[i]);
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
}

/* What verdicts are measured by, as far as the recording says it. */
static void draw_measures(struct canvas *canvas, struct rect rect, const struct pool_summary *pool)
{
	int x = 1;

	if (pool->hold.count)
		x = canvas_textf(canvas, x, rect.y, dim, "long: held over %s (10 x p99); ",
				 human_duration(pool->hold.p99_ns * 10).s);
	else
		x = canvas_text(canvas, x, rect.y, dim, "no buffer came back yet; ");
	if (pool->lead.count)
		canvas_textf(canvas, x, rect.y, dim, "slow: pending over %s (p99)",
			     human_duration(pool->lead.p99_ns).s);
	else
		canvas_text(canvas, x, rect.y, dim, "no request completed yet");
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
		draw_measures(canvas, rect, pool);
}

static void draw_list(struct canvas *canvas, struct rect rect, struct outstanding_state *state,
		      enum outstanding_list list)
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
		canvas_textf(canvas, x + 2, rect.y,
			     (struct style){.fg = INK_WARN, .attr = ATTR_BOLD}, "%zu suspect",
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

/* Three zeros are an answer, but not the end of it. */
static void draw_nothing(struct canvas *canvas, struct rect rect, const struct outstanding *out)
{
	if (out->nr_requests || out->nr_blocks || out->nr_buffers || rect.h < 8)
		return;
	canvas_text(canvas, 1, rect.y + 7, dim,
		    "Nothing was out at this instant. c, then Left and Right: another instant.");
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
	draw_leaks(canvas, rect.w - 1, rect.y, app, pool);
	draw_remarks(canvas, (struct rect){rect.x, rect.y + 1, rect.w, 1}, &state->out, pool);
	rect.y += 3;
	rect.h -= 3;
	if (rect.w >= WIDE_FROM)
		draw_wide(app, canvas, rect, state, &pool->hold);
	else
		draw_narrow(canvas, rect, state);
	draw_nothing(canvas, rect, &state->out);
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
