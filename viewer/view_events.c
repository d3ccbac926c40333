/* SPDX-License-Identifier: MIT */
/*
 * View 5: the log of one or all pools, with what was lost in its place.  Its time is the cursor:
 * the row under the bar sets it, and the cursor, wherever it was set, brings its events here.
 */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "viewer/event_filter.h"
#include "viewer/event_hunt.h"
#include "viewer/event_list.h"
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
	struct event_list list;	  /* the table's rows: the page, with the names of pools */
	struct log_filter filter; /* as typed */
	char filter_text[PROMPT_BYTES], search_text[PROMPT_BYTES];
	bool one_pool;
	uint32_t pool;	 /* that it was, when loaded */
	uint64_t data;	 /* as of the last load */
	int64_t at_ns;	 /* the instant that is shown */
	bool is_shown;	 /* at_ns means something */
	bool set_cursor; /* to the bar's row, when it is loaded */
	bool loaded;	 /* the bar is where it belongs */
	/* Where each event must be looked at: how long that took, and when it was done. */
	int64_t begun_ns, took_ns, done_ns;
	struct log_place bar;
	struct event_hunt hunt; /* the search that goes on */
};

static const struct style warn = {.fg = INK_WARN, .attr = ATTR_BOLD};
static const struct style dim = {.fg = INK_DIM};

static int init(struct app *app, void *opaque)
{
	struct events_state *state = opaque;

	table_init(&state->table, &event_list_spec, -1);
	state->list = (struct event_list){&state->page, &app->model};
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

static int64_t mono_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/*
 * A live recording that must be looked through is looked through to its end, as of an instant, and
 * again when ten times as long has gone by: begun anew with each batch, it would never get
 * anywhere.
 */
static bool may_begin_anew(const struct events_state *state)
{
	if (!log_filter_looks(&state->page.filter))
		return true;
	if (event_page_is_loading(&state->page) || state->page.stopped)
		return false;
	return mono_ns() - state->done_ns >= 10 * state->took_ns;
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
	app_set_cursor(app, row->ts_ns);
	state->at_ns = app_instant(app);
	app->selection =
		(struct selection){.kind = row->is_loss ? SELECTED_NOTHING : SELECTED_EVENT,
				   .pool = row->is_loss ? 0 : (uint32_t)row->place.pool,
				   .what = (uint64_t)row->place.seq,
				   .ts_ns = row->ts_ns};
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
	state->begun_ns = mono_ns();
}

/* The events at an instant: the newest up to it in the middle, or below when there are no later. */
static void show_instant(struct app *app, struct events_state *state)
{
	size_t height = state->page.height;
	bool newest = !app->timeline.has_cursor || app->timeline.hide;

	state->at_ns = app_instant(app);
	state->is_shown = true;
	state->set_cursor = false;
	show(app, state,
	     (struct log_place){state->at_ns < INT64_MAX ? state->at_ns + 1 : INT64_MAX, -1, 0},
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
	table_load(&state->table, &state->list, page->nr);
	table_select(&state->table, event_page_row(page, &state->bar));
	if (event_page_is_loading(page))
		return;
	state->loaded = true;
	state->done_ns = mono_ns();
	state->took_ns = state->done_ns - state->begun_ns;
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
	if (resized || other_pool || (grew && may_begin_anew(state)))
		show_again(app, state);
}

/* The cursor may have been moved elsewhere; what was asked for is loaded. */
static void catch_up(struct app *app, struct events_state *state)
{
	bool moved = app->timeline.has_cursor && !app->timeline.hide;

	if (!state->is_shown ||
	    (app_instant(app) != state->at_ns && (moved || may_begin_anew(state))))
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
	if (state->hunt.on)
		snprintf(right, sizeof(right), "searching at %s, any key stops it",
			 human_time(state->hunt.at.ts_ns, 1).s);
	else if (event_page_is_loading(&state->page))
		snprintf(right, sizeof(right), "looking at %s, %d %%, Esc stops",
			 human_time(state->page.looked_ns, 1).s,
			 event_page_percent(&state->page, app->model.status.start_ns,
					    app->model.status.end_ns));
	else if (state->page.stopped)
		snprintf(right, sizeof(right), "stopped at %s, f begins anew",
			 human_time(state->page.looked_ns, 1).s);
	else if (state->filter_text[0])
		snprintf(right, sizeof(right),
			 rect.w < 100 ? "%s+ hidden"
				      : "%s hidden between these rows; others not counted",
			 human_count(event_page_hidden(&state->page)).s);
	else if (state->one_pool)
		snprintf(right, sizeof(right), "other pools are hidden");
	if (right[0]) {
		canvas_text_right(canvas, end, rect.y, state->hunt.on ? warn : dim, "%s", right);
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
		event_list_loss_words(row, text, sizeof(text));
	else
		event_words(&row->event, row->ids, LOG_IDS, text, sizeof(text));
	canvas_text_n(canvas, 1, rect.y + rect.h - 1, rect.w - 2, dim, text);
}

static void draw(struct app *app, void *opaque, struct canvas *canvas, struct rect rect)
{
	struct events_state *state = opaque;

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

static void begin_hunt(struct app *app, struct events_state *state, int by)
{
	event_hunt_begin(&state->hunt, state->search_text, app->model.pools, app->model.nr_pools,
			 &state->page.filter, &state->bar, by);
}

static void hunt_on(struct app *app, struct events_state *state)
{
	struct log_place found;

	switch (event_hunt_on(&state->hunt, app->model.query, PIECE_NS, &found, &state->page.err)) {
	case EVENT_HUNT_FOUND:
		show(app, state, found, state->page.height / 2, false, EVENT_PAGE_AT);
		state->set_cursor = true;
		break;
	case EVENT_HUNT_NONE:
		app_say(app, INK_WARN, "no %s '%.100s'", state->hunt.by > 0 ? "later" : "earlier",
			state->search_text);
		break;
	case EVENT_HUNT_GOES_ON:
	case EVENT_HUNT_FAILED:
		break;
	}
}

static bool work(struct app *app, void *opaque)
{
	struct events_state *state = opaque;

	if (event_page_is_loading(&state->page))
		return true; /* draw() goes on */
	if (!state->hunt.on)
		return false;
	hunt_on(app, state);
	return true;
}

static void stop(struct app *app, void *opaque)
{
	struct events_state *state = opaque;

	if (state->hunt.on)
		app_say(app, INK_WARN, "search stopped at %s",
			human_time(state->hunt.at.ts_ns, 3).s);
	state->hunt.on = false;
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
	app_goto(app, row->ts_ns, VIEWER_VIEW_POOL);
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
	case REQUEST_LIVE:
		state->is_shown = false;
		return false;
	case REQUEST_BACK:
		if (!event_page_is_loading(&state->page))
			return false;
		event_page_stop(&state->page);
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
