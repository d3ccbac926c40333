/* SPDX-License-Identifier: MIT */
/* Keys, clicks and lines, and where they lead: the app without a terminal. */
#include "tests/db/fixture.h"

#include <locale.h>
#include <sys/stat.h>
#include <time.h>

#include "viewer/view.h"

static char *path;
static struct viewer_options options;
static struct canvas canvas;
static struct app app;
static struct db_error err;

static void open_app(void)
{
	if (app_init(&app, &options, &err))
		fail_msg("%s", err.text);
	app_draw(&app, &canvas);
}

static int setup(void **state)
{
	struct store *store;

	path = fixture_path();
	store = fixture_open(path);
	fixture_life(5, 3, fixture_emit, store);
	fixture_close(store);
	memset(&options, 0, sizeof(options));
	options.path = path;
	options.view = VIEWER_VIEW_POOL;
	assert_int_equal(canvas_init(&canvas, 80, 24), 0);
	open_app();
	return 0;
}

static int teardown(void **state)
{
	app_release(&app);
	canvas_release(&canvas);
	fixture_remove(path);
	return 0;
}

static void press(const char *name)
{
	int key = keys_parse(name);

	assert_true(key > 0);
	app_key(&app, key);
	app_draw(&app, &canvas);
}

static void type(const char *text)
{
	for (; *text; text++)
		app_key(&app, *text);
	press("Enter");
}

static void mouse(enum mouse_kind kind, int x, int y)
{
	app_mouse(&app, &(struct mouse){kind, x, y});
	app_draw(&app, &canvas);
}

/* What the last row of the screen says. */
static const char *status(void)
{
	static char text[1000];
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	canvas_write_text(&canvas, out);
	fclose(out);
	all[size - 1] = 0;
	snprintf(text, sizeof(text), "%s", strrchr(all, '\n') + 1);
	free(all);
	return text;
}

static void expect_status(const char *words)
{
	if (!strstr(status(), words))
		fail_msg("'%s' is not in '%s'", words, status());
}

static void jumping_visits_each_trouble_and_says_what_it_is(void **state)
{
	int64_t last_ns = 0;

	type(":jump failure");
	for (int i = 0; i < 5; i++) {
		press("]");
		expect_status("failure: #");
		assert_true(app.timeline.has_cursor && app.timeline.cursor_ns > last_ns);
		assert_int_equal(app.selection.kind, SELECTED_EVENT);
		last_ns = app.timeline.cursor_ns;
	}
	press("]");
	press("[");
	assert_int_equal(app.timeline.cursor_ns, last_ns);
	press("End");
	assert_false(app.timeline.has_cursor);
	type(":jump drop");
	type(":goto end");
	press("]");
	expect_status("no drop after this");
}

static void steps_go_from_event_to_event_and_back(void **state)
{
	uint64_t seq;

	type(":goto start");
	press(".");
	press(".");
	seq = app.selection.what;
	press(".");
	assert_int_equal(app.selection.what, seq + 1);
	press(",");
	assert_int_equal(app.selection.what, seq);
	/* Moved away by hand, it is an instant again. */
	type(":goto 50%");
	press(".");
	assert_true(app.selection.what > seq + 100);
}

static void a_paused_recording_plays_on_from_the_cursor_at_its_speed(void **state)
{
	type(":goto 1s");
	type(":speed 0.5");
	press("Space");
	assert_true(app.play.on);
	assert_true(app_tick(&app, 400 * MS));
	assert_int_equal(app.timeline.cursor_ns, app.model.status.start_ns + 1200 * MS);
	app_draw(&app, &canvas);
	expect_status("0.5x");
	press("<"); /* while it plays, the speed */
	assert_true(app.play.speed == 0.2);
	press("Space");
	assert_false(app.play.on);
	assert_false(app_tick(&app, 400 * MS));
	press("Space");
	assert_true(app_tick(&app, 1000000 * MS));
	app_draw(&app, &canvas);
	expect_status("the end of the recording");
	assert_false(app.play.on);
}

static void replay_begins_where_it_is_told(void **state)
{
	app_release(&app);
	options.play = true;
	options.from_ns = T0 + 2000 * MS;
	options.speed = 10;
	open_app();
	assert_true(app.play.on);
	assert_int_equal(app.timeline.cursor_ns, T0 + 2000 * MS);
	expect_status("10x");
}

static void marks_measure_and_can_be_looked_into(void **state)
{
	type(":mark A 1s");
	type(":mark B 1.5s");
	expect_status("B-A 500 ms");
	press("V");
	assert_in_range(app_window(&app, app.time_columns).cell_ns * app.time_columns, 500 * MS,
			600 * MS);
	type(":unmark");
	assert_null(strstr(status(), "B-A"));
}

static void going_back_from_a_jump_restores_the_time_that_was_seen(void **state)
{
	struct timeline_view before, after;

	press("1");
	before = app_window(&app, app.time_columns);
	app_goto(&app, T0 + 1500 * MS, VIEWER_VIEW_POOL);
	app_draw(&app, &canvas);
	for (int i = 0; i < 5; i++)
		press("+");
	assert_int_equal(app.view, VIEWER_VIEW_POOL);
	press("Esc");
	assert_int_equal(app.view, VIEWER_VIEW_OVERVIEW);
	after = app_window(&app, app.time_columns);
	assert_int_equal(before.start_ns, after.start_ns);
	assert_int_equal(before.cell_ns, after.cell_ns);
	/* A step into a view keeps it, both ways. */
	press("Enter");
	press("+");
	before = app_window(&app, app.time_columns);
	press("Backspace");
	after = app_window(&app, app.time_columns);
	assert_int_equal(before.cell_ns, after.cell_ns);
}

static void a_view_is_refreshed_only_when_what_it_shows_changed(void **state)
{
	struct sight before = app.seen;

	type(":goto 1s");
	press("Right");
	assert_memory_equal(&before.window, &app.seen.window, sizeof(before.window));
	assert_int_equal(before.data, app.seen.data);
	press("+");
	assert_true(before.window.cell_ns != app.seen.window.cell_ns);
}

static void the_mouse_sets_cursor_marks_and_zoom_where_it_is(void **state)
{
	struct timeline_view view = app_window(&app, app.time_columns);
	int x = app.plot.x + 20, y = app.plot.y + 3;

	mouse(MOUSE_PRESS, x, y);
	assert_int_equal(app.timeline.cursor_ns, view.start_ns + 20 * view.cell_ns);
	mouse(MOUSE_DRAG, x + 5, y);
	mouse(MOUSE_RELEASE, x + 10, y);
	assert_int_equal(app.timeline.mark_ns[1] - app.timeline.mark_ns[0], 10 * view.cell_ns);
	mouse(MOUSE_DRAG, x + 15, y); /* released: it only moves */
	assert_int_equal(app.timeline.mark_ns[1] - app.timeline.mark_ns[0], 10 * view.cell_ns);
	mouse(MOUSE_WHEEL_UP, x, y);
	view = app_window(&app, app.time_columns);
	assert_int_equal(timeline_column(&view, app.timeline.cursor_ns), 20);
	mouse(MOUSE_PRESS, app.tab_x[1], 0);
	assert_int_equal(app.view, VIEWER_VIEW_OVERVIEW);
	mouse(MOUSE_PRESS, app.tab_x[0], 0);
	assert_true(app.help);
}

static void lines_that_mean_nothing_are_explained(void **state)
{
	static const char *const lines[][2] = {
		{":nonsense", "no command 'nonsense'"},
		{":goto tomorrow", ":goto TIME"},
		{":zoom", ":zoom DURATION|all"},
		{":quit now", ":quit"},
		{":speed 0", ":speed X"},
		{":speed 20000", ":speed X"},
		{":pool nobody", ":pool NAME|NUMBER"},
		{":goto 1h", "not in the recording: this is its end"},
		{":theme pink", ":theme NAME"},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		type(lines[i][0]);
		expect_status(lines[i][1]);
	}
	type(":g 1s"); /* the only command that begins so */
	expect_status("@ 00:00:01");
}

static void a_screen_is_saved_as_text_and_picture_and_never_over_a_file(void **state)
{
	char name[100], line[200], file[120];
	struct stat st;

	snprintf(name, sizeof(name), "%.80s-screen", path);
	snprintf(line, sizeof(line), ":save %s", name);
	type(line);
	expect_status("saved ");
	type(line);
	expect_status("File exists");
	snprintf(file, sizeof(file), "%s.svg", name);
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size > 5000);
	unlink(file);
	snprintf(file, sizeof(file), "%s.txt", name);
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size > 500);
	unlink(file);
}

static void a_file_that_goes_or_is_replaced_is_told(void **state)
{
	char moved[100];

	assert_false(app_refresh(&app));
	snprintf(moved, sizeof(moved), "%.80s-moved", path);
	assert_int_equal(rename(path, moved), 0);
	assert_true(app_refresh(&app));
	app_draw(&app, &canvas);
	expect_status("FILE DELETED");
	fixture_close(fixture_open(path)); /* another one, without pools */
	assert_true(app_refresh(&app));
	app_draw(&app, &canvas);
	expect_status("FILE REPLACED");
	type(":reopen");
	assert_int_equal(app.model.nr_pools, 0);
	assert_null(strstr(status(), "FILE"));
	assert_int_equal(rename(moved, path), 0);
	type(":reopen");
	assert_int_equal(app.model.nr_pools, 1);
}

static void a_file_that_is_cut_while_it_is_shown_is_told(void **state)
{
	assert_int_equal(truncate(path, 8192), 0);
	app_refresh(&app);
	press("2");
	press("-");
	press("1");
	app_draw(&app, &canvas);
	assert_false(app.quit);
	assert_int_equal(truncate(path, 0), 0);
	app_refresh(&app);
	press("2");
	assert_true(app.model.trouble[0]);
	assert_null(strstr(app.model.trouble, path));
}

static int64_t wall_ns;

static int64_t fixed_clock(void)
{
	return wall_ns;
}

static bool runs(void *ctx)
{
	return true;
}

static void a_message_gives_way_on_a_live_screen(void **state)
{
	app_release(&app);
	options.now_ns = fixed_clock;
	options.still_running = runs;
	wall_ns = T0 + 5000 * MS;
	open_app();
	app_refresh(&app);
	app_say(&app, INK_WARN, "this is said");
	app_draw(&app, &canvas);
	expect_status("this is said");
	wall_ns += 7000 * MS;
	app_refresh(&app);
	app_draw(&app, &canvas);
	expect_status("this is said");
	wall_ns += 2000 * MS;
	app_refresh(&app);
	app_draw(&app, &canvas);
	expect_status("lost 0");
}

/* Nothing is covered that could change. */
static void a_message_on_a_recording_stays_until_a_key(void **state)
{
	app_release(&app);
	options.now_ns = fixed_clock;
	wall_ns = T0 + 5000 * MS;
	open_app();
	app_say(&app, INK_WARN, "this is said");
	wall_ns += 60000 * MS;
	app_refresh(&app);
	app_draw(&app, &canvas);
	expect_status("this is said");
	press("c");
	expect_status("lost 0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(jumping_visits_each_trouble_and_says_what_it_is),
		TEST(steps_go_from_event_to_event_and_back),
		TEST(a_message_gives_way_on_a_live_screen),
		TEST(a_message_on_a_recording_stays_until_a_key),
		TEST(a_paused_recording_plays_on_from_the_cursor_at_its_speed),
		TEST(replay_begins_where_it_is_told),
		TEST(marks_measure_and_can_be_looked_into),
		TEST(going_back_from_a_jump_restores_the_time_that_was_seen),
		TEST(a_view_is_refreshed_only_when_what_it_shows_changed),
		TEST(the_mouse_sets_cursor_marks_and_zoom_where_it_is),
		TEST(lines_that_mean_nothing_are_explained),
		TEST(a_screen_is_saved_as_text_and_picture_and_never_over_a_file),
		TEST(a_file_that_goes_or_is_replaced_is_told),
		TEST(a_file_that_is_cut_while_it_is_shown_is_told),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
