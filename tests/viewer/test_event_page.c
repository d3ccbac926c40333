/* SPDX-License-Identifier: MIT */
/* A page of the log that is looked for in pieces is the one that is looked for at once. */
#include "tests/viewer/recordings.h"
#include "viewer/event_filter.h"
#include "viewer/event_page.h"
#include "viewer/view.h"

static char path[64];
static struct query *q;
static struct db_error err;
static struct trace_status status;
static struct event_page page, whole;

/* From the newest event back, as a live screen does. */
static void show(struct event_page *p, const char *text)
{
	char why[128];

	memset(p, 0, sizeof(*p));
	assert_int_equal(event_filter_parse(text, NULL, 0, &p->filter, why, sizeof(why)), 0);
	event_page_show(p, (struct log_place){status.end_ns + 1, -1, 0}, 40, 40, true,
			EVENT_PAGE_BEFORE);
}

static int percent(void)
{
	return event_page_percent(&page, status.start_ns, status.end_ns);
}

static int open_all(void **state)
{
	const struct sim_config config = busy_pool(0, "eth0");
	struct store *store;

	if (recordings_begin())
		return -1;
	store = open_store(recordings_name(path, "page"), NULL);
	run_pool(store, &config, store_event, 8);
	close_store(store);
	return query_open(path, &q, &err) || query_status(q, &status, &err);
}

static int close_all(void **state)
{
	query_close(q);
	return recordings_end();
}

static void pieces_make_the_same_page(void **state)
{
	static const char *const filters[] = {"available<0", "available=8", "lead>2ms",
					      "resources>0", "count>0"};
	int pieces = 0;

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		show(&page, filters[i]);
		for (int before = 0; event_page_is_loading(&page); pieces++) {
			assert_int_equal(event_page_load(&page, q, 1), 0);
			assert_true(percent() >= before || !event_page_is_loading(&page));
			before = percent();
		}
		show(&whole, filters[i]);
		assert_int_equal(event_page_load(&whole, q, 0), 0);
		assert_false(event_page_is_loading(&whole));
		assert_int_equal(page.nr, whole.nr);
		for (size_t k = 0; k < page.nr; k++)
			assert_memory_equal(&page.rows[k].place, &whole.rows[k].place,
					    sizeof(page.rows[k].place));
	}
	assert_true(pieces > 10);
}

static void stopped_page_keeps_its_rows_and_goes_on(void **state)
{
	show(&page, "available<0");
	assert_int_equal(event_page_load(&page, q, 1), 0);
	assert_true(event_page_is_loading(&page));
	event_page_stop(&page);
	assert_true(page.stopped);
	assert_false(event_page_is_loading(&page));
	assert_false(page.has_start);
	event_page_scroll(&page, -1, 5, EVENT_PAGE_FIRST);
	assert_false(page.stopped);
	while (event_page_is_loading(&page))
		assert_int_equal(event_page_load(&page, q, 1), 0);
	assert_true(page.has_start);
	/* One that is whole has nothing to stop. */
	event_page_stop(&page);
	assert_false(page.stopped);
}

/* Esc stops a look, and only then goes back. */
static void escape_stops_what_is_looked_for(void **state)
{
	const struct viewer_options options = {.path = path};
	struct canvas canvas;
	struct app app;

	assert_int_equal(app_init(&app, &options, &err), 0);
	assert_int_equal(canvas_init(&canvas, 80, 24), 0);
	app_switch(&app, VIEWER_VIEW_EVENTS);
	app_draw(&app, &canvas);
	for (const char *c = "favailable<0"; *c; c++)
		app_key(&app, *c);
	app_key(&app, KEY_CODE_ENTER);
	assert_true(app_work(&app));
	app_key(&app, KEY_CODE_ESCAPE); /* before anything was looked at */
	assert_int_equal(app.view, VIEWER_VIEW_EVENTS);
	assert_false(app_work(&app));
	app_draw(&app, &canvas);
	assert_false(app_work(&app));
	app_key(&app, KEY_CODE_ESCAPE);
	assert_int_equal(app.view, VIEWER_VIEW_OVERVIEW);
	canvas_release(&canvas);
	app_release(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_make_the_same_page),
		cmocka_unit_test(stopped_page_keeps_its_rows_and_goes_on),
		cmocka_unit_test(escape_stops_what_is_looked_for),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
