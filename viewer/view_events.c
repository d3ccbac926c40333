/* SPDX-License-Identifier: MIT */
/*
 * View 5: the log of one or all pools, with what was lost in its place.  Its time is the cursor:
 * the row under the bar sets it, and the cursor, wherever it was set, brings its events here.
 */
#include <string.h>
#include <strings.h>

#include "viewer/event_filter.h"
#include "viewer/event_page.h"
#include "viewer/event_text.h"
#include "viewer/human.h"
#include "viewer/view.h"

#define PIECE_NS INT64_C(8000000) /* of work between two looks at the keys */

enum { REQUEST_ONE_POOL = REQUEST_OF_VIEW, REQUEST_POOL_UP, REQUEST_POOL_DOWN };

static const struct key_binding keys[] = {
	{REQUEST_ONE_POOL, "Events", {'v'}, "all pools, or this one"},
	{REQUEST_POOL_UP, "Events", {'('}, "the pool before"},
	{REQUEST_POOL_DOWN, "Events", {')'}, "the next pool"},
};

struct events_state {
	struct event_page page;
	struct table table;
	struct app *app;	  /* for the names of pools */
	struct log_filter filter; /* as typed */
	char filter_text[PROMPT_BYTES], search_text[PROMPT_BYTES];
	bool one_pool;
	uint32_t pool;	 /* that it was, when loaded */
	uint64_t data;	 /* as of the last load */
	int64_t at_ns;	 /* the instant that is shown */
	bool is_shown;	 /* at_ns means something */
	bool set_cursor; /* to the bar's row, when it is loaded */
	bool loaded;	 /* the bar is where it belongs */
	struct log_place bar;
	/* The search that goes on. */
	bool hunting;
	int hunt_by;
	struct log_place hunt_at;
	struct log_filter hunt;
	char needle[PROMPT_BYTES]; /* looked for in the rows' words; "": hunt says all */
};

/* --- the list --------------------------------------------------------------------------------- */

enum {
	COLUMN_TIME,
	COLUMN_AFTER,
	COLUMN_POOL,
	COLUMN_SEQ,
	COLUMN_KIND,
	COLUMN_AVAILABLE,
	COLUMN_LEAD,
	COLUMN_WHAT,
	NR_COLUMNS
};

static const struct table_column columns[NR_COLUMNS] = {
	[COLUMN_TIME] = {"time", 18, .rank = 1, .fixed = true},
	[COLUMN_AFTER] = {"after", 9, .rank = 6, .fixed = true},
	[COLUMN_POOL] = {"pool", 10, .rank = 2, .left = true, .fixed = true},
	[COLUMN_SEQ] = {"seq", 10, .rank = 5, .fixed = true},
	[COLUMN_KIND] = {"kind", 14, .rank = 1, .left = true, .fixed = true},
	[COLUMN_AVAILABLE] = {"avail", 6, .rank = 3, .fixed = true},
	[COLUMN_LEAD] = {"lead", 9, .rank = 4, .fixed = true},
	[COLUMN_WHAT] = {"what", 20, .grow = 120, .rank = 1, .left = true, .fixed = true},
};

static const struct style bad = {.fg = INK_ALARM, .attr = ATTR_BOLD};
static const struct style warn = {.fg = INK_WARN, .attr = ATTR_BOLD};
static const struct style dim = {.fg = INK_DIM};

static struct style kind_style(const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_RX_DROP:
	case POOL_EVENT_VIOLATION:
		return bad;
	case POOL_EVENT_ALLOC_REFUSED:
		return warn;
	case POOL_EVENT_ALLOC_COMPLETE:
		return e->u.complete.outcome == POOL_OUTCOME_NULL ? warn : (struct style){0};
	case POOL_EVENT_FALLBACK:
		return e->u.fallback.on ? warn : (struct style){0};
	case POOL_EVENT_RX_TAKE:
	case POOL_EVENT_RX_RETURN:
	case POOL_EVENT_TICK:
		return dim;
	default:
		return (struct style){0};
	}
}

static bool says_available(const struct pool_event *e)
{
	switch (e->kind) {
	case POOL_EVENT_POOL_OPEN:
	case POOL_EVENT_POOL_CLOSE:
	case POOL_EVENT_ALLOC_REFUSED:
	case POOL_EVENT_RX_DROP:
	case POOL_EVENT_VIOLATION:
		return false;
	default:
		return e->available != POOL_UNKNOWN;
	}
}

static void put_pool(const struct log_row *row, const struct app *app, struct table_cell *cell)
{
	int64_t pool = row->is_loss ? row->loss.pool : row->place.pool;
	const struct pool_summary *summary =
		pool >= 0 && pool <= UINT32_MAX ? model_pool(&app->model, (uint32_t)pool) : NULL;

	if (summary && summary->name[0])
		snprintf(cell->s, sizeof(cell->s), "%s", summary->name);
	else if (pool >= 0)
		snprintf(cell->s, sizeof(cell->s), "%lld", (long long)pool);
	else
		snprintf(cell->s, sizeof(cell->s), "?");
}

static void loss_words(const struct log_row *row, char *text, size_t size)
{
	const char *source = row->loss.source;
	struct human during = human_duration(row->loss.end_ns - row->loss.start_ns);

	if (strcmp(source, "clock") == 0)
		snprintf(text, size, "time went back by %s",
			 human_duration(row->loss.start_ns - row->loss.end_ns).s);
	else if (row->loss.events)
		snprintf(text, size, "%s event%s lost within %s (%s)",
			 human_count(row->loss.events).s, row->loss.events == 1 ? "" : "s",
			 during.s, source);
	else
		snprintf(text, size, "nobody knows how many, within %s (%s)", during.s, source);
}

static void put_loss(const struct log_row *row, int column, struct table_cell *cell)
{
	switch (column) {
	case COLUMN_KIND:
		snprintf(cell->s, sizeof(cell->s), "LOST");
		cell->style = bad;
		break;
	case COLUMN_SEQ:
		if (row->place.pool >= 0)
			snprintf(cell->s, sizeof(cell->s), "%lld", (long long)row->place.seq);
		break;
	case COLUMN_WHAT:
		loss_words(row, cell->s, sizeof(cell->s));
		cell->style = bad;
		break;
	}
}

static void put_event(const struct log_row *row, int column, struct table_cell *cell)
{
	const struct pool_event *e = &row->event;

	switch (column) {
	case COLUMN_KIND:
		snprintf(cell->s, sizeof(cell->s), "%s", pool_event_kind_name(e->kind));
		cell->style = kind_style(e);
		break;
	case COLUMN_SEQ:
		snprintf(cell->s, sizeof(cell->s), "%lld", (long long)row->place.seq);
		cell->style = dim;
		break;
	case COLUMN_AVAILABLE:
		if (!says_available(e))
			break;
		snprintf(cell->s, sizeof(cell->s), "%u", e->available);
		if (!e->available)
			cell->style = bad;
		break;
	case COLUMN_LEAD:
		if (row->lead_ns >= 0)
			snprintf(cell->s, sizeof(cell->s), "%s", human_duration(row->lead_ns).s);
		break;
	case COLUMN_WHAT:
		event_words(e, row->ids, LOG_IDS, cell->s, sizeof(cell->s));
		cell->style = kind_style(e);
		break;
	}
}

/* ctx of the rows is their page, within the state. */
static void cell(const void *rows, size_t index, int column, struct table_cell *cell)
{
	const struct events_state *state = rows;
	const struct log_row *row = &state->page.rows[index];

	cell->style = (struct style){0};
	switch (column) {
	case COLUMN_TIME:
		snprintf(cell->s, sizeof(cell->s), "%s", human_time(row->place.ts_ns, 9).s);
		return;
	case COLUMN_AFTER:
		if (index)
			snprintf(cell->s, sizeof(cell->s), "%s",
				 human_duration(row->place.ts_ns - row[-1].place.ts_ns).s);
		cell->style = dim;
		return;
	case COLUMN_POOL:
		put_pool(row, state->app, cell);
		return;
	}
	if (row->is_loss)
		put_loss(row, column, cell);
	else
		put_event(row, column, cell);
}

static const struct table_spec spec = {
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.cell = cell,
};

static int init(struct app *app, void *opaque)
{
	struct events_state *state = opaque;

	table_init(&state->table, &spec, -1);
	state->app = app;
	state->filter = (struct log_filter){.kinds = LOG_ALL_KINDS, .pool = -1};
	return 0;
}

static void release(void *opaque)
{
	table_release(&((struct events_state *)opaque)->table);
}

/* --- where it is ------------------------------------------------------------------------------ */

static size_t height_of(struct rect rect)
{
	return rect.h > 4 ? (size_t)rect.h - 3 : 1; /* the title, the heads, and the row in words */
}

static const struct log_row *bar_row(const struct events_state *state)
{
	long row = table_selected(&state->table);

	return row >= 0 && (size_t)row < state->page.nr ? &state->page.rows[row] : NULL;
}

/* The row under the bar is the instant for all views. */
static void take_cursor(struct app *app, struct events_state *state)
{
	const struct log_row *row = bar_row(state);

	if (!row)
		return;
	state->bar = row->place;
	if (app->play.on)
		app_play(app, false);
	app_set_cursor(app, row->place.ts_ns);
	state->at_ns = app_instant(app);
	app->selection =
		(struct selection){.kind = row->is_loss ? SELECTED_NOTHING : SELECTED_EVENT,
				   .pool = row->is_loss ? 0 : (uint32_t)row->place.pool,
				   .what = (uint64_t)row->place.seq,
				   .ts_ns = row->place.ts_ns};
}

static void set_filter(const struct app *app, struct events_state *state)
{
	state->page.filter = state->filter;
	state->pool = app->pool;
	if (state->one_pool)
		state->page.filter.pool = app->pool;
}

static void show(struct app *app, struct events_state *state, struct log_place place, size_t before,
		 bool only_before, enum event_page_select select)
{
	set_filter(app, state);
	event_page_show(&state->page, place, state->page.height, before, only_before, select);
	state->loaded = false;
}

/* The events at an instant: the newest up to it in the middle, or below when there are no later. */
static void show_instant(struct app *app, struct events_state *state)
{
	size_t height = state->page.height;
	bool newest = !app->timeline.has_cursor || app->timeline.hide;

	state->at_ns = app_instant(app);
	state->is_shown = true;
	state->set_cursor = false;
	show(app, state, (struct log_place){state->at_ns + 1, -1, 0},
	     newest ? height : height / 2 + 1, newest, EVENT_PAGE_BEFORE);
}

/* Anew, with the bar on its row. */
static void show_again(struct app *app, struct events_state *state)
{
	size_t place = state->table.selected;

	if (!state->is_shown || !app->timeline.has_cursor || app->timeline.hide) {
		show_instant(app, state);
		return;
	}
	if (place >= state->page.height)
		place = state->page.height - 1;
	show(app, state, state->bar, place, false, EVENT_PAGE_AT);
}

static void load_some(struct app *app, struct events_state *state, int64_t budget_ns)
{
	struct event_page *page = &state->page;

	if (!event_page_is_loading(page) || query_begin(app->model.query, &page->err))
		return;
	event_page_load(page, app->model.query, budget_ns);
	query_end(app->model.query);
	table_load(&state->table, state, page->nr);
	table_select(&state->table, event_page_row(page, &state->bar));
	if (event_page_is_loading(page))
		return;
	state->loaded = true;
	if (bar_row(state))
		state->bar = bar_row(state)->place;
	if (state->set_cursor)
		take_cursor(app, state);
	state->set_cursor = false;
}

static void refresh(struct app *app, void *opaque, struct rect rect)
{
	struct events_state *state = opaque;
	size_t height = height_of(rect);
	bool resized = height != state->page.height;
	bool other_pool = state->one_pool && state->pool != app->pool;
	bool grew = state->data != app->data && state->page.nr < height;

	state->page.height = height;
	state->data = app->data;
	if (resized || other_pool || grew)
		show_again(app, state);
}

/* The cursor may have been moved elsewhere; what was asked for is loaded. */
static void catch_up(struct app *app, struct events_state *state)
{
	if (!state->is_shown || app_instant(app) != state->at_ns)
		show_instant(app, state);
	load_some(app, state, PIECE_NS);
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void draw_title(const struct app *app, struct canvas *canvas, struct rect rect,
		       const struct events_state *state)
{
	const struct pool_summary *pool = app_pool(app);
	struct style title = {.fg = INK_TITLE, .attr = ATTR_BOLD};
	char right[160] = "";
	int x, end = rect.w - 1;

	x = canvas_text_n(canvas, 1, rect.y, rect.w / 3, title,
			  state->one_pool && pool ? pool->name : "all pools") +
	    2;
	if (state->hunting)
		snprintf(right, sizeof(right), "searching at %s, any key stops it",
			 human_time(state->hunt_at.ts_ns, 1).s);
	else if (event_page_is_loading(&state->page))
		snprintf(right, sizeof(right), "looking at %s ...",
			 human_time(state->page.looked_ns, 1).s);
	else if (state->filter_text[0])
		snprintf(right, sizeof(right),
			 rect.w < 100 ? "%s+ hidden"
				      : "%s hidden between these rows; others not counted",
			 human_count(event_page_hidden(&state->page)).s);
	else if (state->one_pool)
		snprintf(right, sizeof(right), "other pools are hidden");
	if (right[0]) {
		canvas_text_right(canvas, end, rect.y, state->hunting ? warn : dim, "%s", right);
		end -= canvas_text_width(right) + 2;
	}
	if (state->filter_text[0]) {
		x = canvas_text_n(canvas, x, rect.y, end - x, dim, "filter ");
		canvas_text_n(canvas, x, rect.y, end - x, warn, state->filter_text);
	}
}

/* The row under the bar, whole. */
static void draw_row_words(struct canvas *canvas, struct rect rect,
			   const struct events_state *state)
{
	const struct log_row *row = bar_row(state);
	char text[512];

	if (!row)
		return;
	if (row->is_loss)
		loss_words(row, text, sizeof(text));
	else
		event_words(&row->event, row->ids, LOG_IDS, text, sizeof(text));
	canvas_text_n(canvas, 1, rect.y + rect.h - 1, rect.w - 2, dim, text);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct events_state *state = opaque;

	state->app = app;
	catch_up(app, state);
	draw_title(app, canvas, rect, state);
	if (state->page.err.text[0]) {
		canvas_text_n(canvas, 1, rect.y + 2, rect.w - 2, (struct style){.fg = INK_ALARM},
			      state->page.err.text);
		return;
	}
	if (!state->page.nr && !event_page_is_loading(&state->page))
		canvas_text(canvas, 3, rect.y + 2, dim,
			    state->filter_text[0] ? "no event passes the filter" : "no event");
	table_draw(&state->table, canvas, (struct rect){rect.x, rect.y + 1, rect.w, rect.h - 2});
	draw_row_words(canvas, rect, state);
}

/* --- search ----------------------------------------------------------------------------------- */

static bool has_needle(const struct pool_event *event, void *ctx)
{
	const struct events_state *state = ctx;
	char text[512];

	event_words(event, NULL, 0, text, sizeof(text));
	return strcasestr(text, state->needle) ||
	       strcasestr(pool_event_kind_name(event->kind), state->needle);
}

/* Fields and kinds by their tables; any other text is looked for in the words of each event. */
static void begin_hunt(struct app *app, struct events_state *state, int by)
{
	struct log_filter typed;
	char why[128];

	state->needle[0] = 0;
	state->hunt = state->page.filter;
	state->hunt.no_losses = true;
	if (event_filter_parse(state->search_text, app->model.pools, app->model.nr_pools, &typed,
			       why, sizeof(why)) == 0 &&
	    !state->filter_text[0]) {
		state->hunt.kinds = typed.kinds;
		state->hunt.nr_tests = typed.nr_tests;
		memcpy(state->hunt.tests, typed.tests, sizeof(typed.tests));
		if (typed.pool >= 0)
			state->hunt.pool = typed.pool;
	} else {
		snprintf(state->needle, sizeof(state->needle), "%s", state->search_text);
		state->hunt.match = has_needle;
		state->hunt.ctx = state;
	}
	state->hunt_by = by;
	state->hunt_at = state->bar;
	state->hunt_at.seq += by > 0;
	state->hunting = true;
}

static void hunt_on(struct app *app, struct events_state *state)
{
	enum log_end end = LOG_LATER;
	struct log_row row = {0};
	size_t nr = 0;
	int ret = query_begin(app->model.query, &state->page.err);

	if (!ret) {
		ret = query_log(app->model.query, &state->hunt, &state->hunt_at, state->hunt_by,
				&row, 1, &nr, &end, PIECE_NS, &state->page.err);
		query_end(app->model.query);
	}
	state->hunting = !ret && !nr && end == LOG_LATER;
	if (nr) {
		show(app, state, row.place, state->page.height / 2, false, EVENT_PAGE_AT);
		state->set_cursor = true;
	} else if (!ret && !state->hunting) {
		app_say(app, INK_WARN, "no %s '%.100s'", state->hunt_by > 0 ? "later" : "earlier",
			state->search_text);
	}
}

static bool work(struct app *app, void *opaque)
{
	struct events_state *state = opaque;

	if (event_page_is_loading(&state->page))
		return true; /* draw() goes on */
	if (!state->hunting)
		return false;
	hunt_on(app, state);
	return true;
}

static void stop(struct app *app, void *opaque)
{
	struct events_state *state = opaque;

	if (state->hunting)
		app_say(app, INK_WARN, "search stopped at %s",
			human_time(state->hunt_at.ts_ns, 3).s);
	state->hunting = false;
}

/* --- keys ------------------------------------------------------------------------------------- */

static void filter_by(struct app *app, struct events_state *state, const char *text)
{
	struct log_filter filter;
	char why[128];

	text += strspn(text, " ");
	if (event_filter_parse(text, app->model.pools, app->model.nr_pools, &filter, why,
			       sizeof(why))) {
		app_say(app, INK_WARN, "%s", why);
		return;
	}
	state->filter = filter;
	snprintf(state->filter_text, sizeof(state->filter_text), "%s", text);
	if (strcasecmp(text, "all") == 0)
		state->filter_text[0] = 0;
	show_instant(app, state);
}

static bool prompt(struct app *app, void *opaque, enum prompt_kind kind, const char *text,
		   bool typing)
{
	struct events_state *state = opaque;

	if (kind != PROMPT_FILTER && kind != PROMPT_SEARCH)
		return false;
	if (typing || !text)
		return true;
	if (kind == PROMPT_FILTER) {
		filter_by(app, state, text);
	} else if (text[0]) {
		snprintf(state->search_text, sizeof(state->search_text), "%s", text);
		begin_hunt(app, state, 1);
	}
	return true;
}

static void search_again(struct app *app, struct events_state *state, int by)
{
	if (state->search_text[0])
		begin_hunt(app, state, by);
	else
		app_say(app, INK_WARN, "nothing to search for yet: /");
}

/* By rows: within the page the bar moves, at its ends the page. */
static void move(struct app *app, struct events_state *state, long by)
{
	long selected = (long)state->table.selected, nr = (long)state->page.nr;
	long to = selected + by;

	if (!nr || event_page_is_loading(&state->page))
		return;
	if (to >= 0 && to < nr) {
		table_select(&state->table, (size_t)to);
		take_cursor(app, state);
		return;
	}
	state->set_cursor = true;
	event_page_scroll(&state->page, by > 0 ? 1 : -1, (size_t)(to < 0 ? -to : to - nr + 1),
			  by > 0 ? EVENT_PAGE_LAST : EVENT_PAGE_FIRST);
}

static void move_page(struct app *app, struct events_state *state, int by)
{
	if (event_page_is_loading(&state->page))
		return;
	state->set_cursor = true;
	event_page_scroll(&state->page, by, state->page.height,
			  by > 0 ? EVENT_PAGE_LAST : EVENT_PAGE_FIRST);
}

static void go_to_end(struct app *app, struct events_state *state, bool first)
{
	show(app, state,
	     first ? (struct log_place){INT64_MIN, -1, 0} : (struct log_place){INT64_MAX, -1, 0},
	     first ? 0 : state->page.height, false, first ? EVENT_PAGE_FIRST : EVENT_PAGE_LAST);
	state->set_cursor = true;
}

static void open_row(struct app *app, struct events_state *state)
{
	const struct log_row *row = bar_row(state);
	int64_t pool = row ? row->is_loss ? row->loss.pool : row->place.pool : -1;

	if (!row)
		return;
	if (pool >= 0 && model_pool(&app->model, (uint32_t)pool))
		app->pool = (uint32_t)pool;
	app_goto(app, row->place.ts_ns, VIEWER_VIEW_POOL);
}

static bool pool_request(struct app *app, struct events_state *state, int request)
{
	switch (request) {
	case REQUEST_ONE_POOL:
		state->one_pool = !state->one_pool;
		break;
	case REQUEST_POOL_UP:
	case REQUEST_POOL_DOWN:
		app_select(app, request == REQUEST_POOL_UP ? -1 : 1);
		state->one_pool = true;
		break;
	default:
		return false;
	}
	show_instant(app, state);
	return true;
}

static bool request(struct app *app, void *opaque, int request)
{
	struct events_state *state = opaque;
	long half = (long)state->page.height / 2;

	switch (request) {
	case REQUEST_UP:
	case REQUEST_DOWN:
		move(app, state, request == REQUEST_UP ? -1 : 1);
		return true;
	case REQUEST_HALF_UP:
	case REQUEST_HALF_DOWN:
		move(app, state, request == REQUEST_HALF_UP ? -half : half);
		return true;
	case REQUEST_PAGE_EARLIER:
	case REQUEST_PAGE_LATER:
		move_page(app, state, request == REQUEST_PAGE_EARLIER ? -1 : 1);
		return true;
	case REQUEST_TOP:
	case REQUEST_START:
	case REQUEST_BOTTOM:
		go_to_end(app, state, request != REQUEST_BOTTOM);
		return true;
	case REQUEST_SEARCH_NEXT:
	case REQUEST_SEARCH_PREVIOUS:
		search_again(app, state, request == REQUEST_SEARCH_NEXT ? 1 : -1);
		return true;
	case REQUEST_OPEN:
		open_row(app, state);
		return true;
	default:
		return pool_request(app, state, request);
	}
}

static struct table *table(void *opaque)
{
	return &((struct events_state *)opaque)->table;
}

/* A click. */
static void select_row(struct app *app, void *opaque)
{
	take_cursor(app, opaque);
}

/* The wheel goes on at the ends of the page. */
static bool mouse(struct app *app, void *opaque, const struct mouse *mouse)
{
	if (mouse->kind != MOUSE_WHEEL_UP && mouse->kind != MOUSE_WHEEL_DOWN)
		return false;
	move(app, opaque, mouse->kind == MOUSE_WHEEL_UP ? -3 : 3);
	return true;
}

const struct view_ops view_events = {
	.name = "Events",
	.about = "the log",
	.state_size = sizeof(struct events_state),
	.init = init,
	.release = release,
	.keys = keys,
	.nr_keys = sizeof(keys) / sizeof(keys[0]),
	.refresh = refresh,
	.draw = draw,
	.request = request,
	.prompt = prompt,
	.mouse = mouse,
	.table = table,
	.select = select_row,
	.work = work,
	.stop = stop,
};
