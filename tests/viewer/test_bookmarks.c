/* SPDX-License-Identifier: MIT */
/* Bookmarks on the screen: set, gone to, listed; kept by whoever may keep them. */
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/viewer/recordings.h"
#include "viewer/view.h"

static char fresh[64], path[64];
static struct viewer_options options;
static struct db_error err;

/* --- recordings ------------------------------------------------------------------------------- */

static int make_recording(void **state)
{
	struct store *store;

	if (recordings_begin())
		return -1;
	chmod(recordings_folder, 0755);
	store = open_store(recordings_name(fresh, "fresh"), NULL);
	for (uint32_t i = 0; i < 2; i++) {
		struct sim_config config = busy_pool(i, i ? "eth1" : "eth0");

		run_pool(store, &config, store_event, 4);
	}
	close_store(store);
	return 0;
}

static int remove_recording(void **state)
{
	return recordings_end();
}

static int setup(void **state)
{
	char command[256];

	recordings_name(path, "book");
	snprintf(command, sizeof(command), "rm -f %s*; cp %s %s", path, fresh, path);
	memset(&options, 0, sizeof(options));
	options.path = path;
	options.title = "fixed.db";
	return system(command);
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

/* --- screens ---------------------------------------------------------------------------------- */

#define SET_SOME                                                                                   \
	"key 2\ntype :goto 1s\nkey Enter\ntype ma\nkey Down\ntype :goto 2.5s\nkey Enter\n"         \
	"type :bookmark q the ring was full, 受信プール\nkey Enter\ntype mr\n"                \
	"key 3\ntype :goto 3.2s\nkey Enter\ntype mm\n"

static void letters_stand_on_the_time_axes(void **state)
{
	golden_expect(&options, "bookmarks-pool-80x24.txt", "size 80x24\n" SET_SOME "key 2");
	golden_expect(&options, "bookmarks-pool-120x40.ansi", "size 120x40\nkey 2");
	golden_expect(&options, "bookmarks-pool-200x50.txt", "size 200x50\nkey 2\nkey Down");
	golden_expect(&options, "bookmarks-health-80x24.txt", "size 80x24\nkey 7");
	golden_expect(&options, "bookmarks-tune-80x24.txt", "size 80x24\nkey 6");
	options.color = VIEWER_COLOR_NEVER;
	golden_expect(&options, "bookmarks-pool-mono-80x24.ansi", "size 80x24\nkey 2");
}

static void list_has_all_that_were_set(void **state)
{
	golden_expect(&options, "bookmarks-none-80x24.txt",
		      "size 80x24\ntype :bookmarks\nkey Enter");
	golden_expect(&options, "bookmarks-list-80x24.txt",
		      "size 80x24\n" SET_SOME "type :bookmarks\nkey Enter");
	golden_expect(&options, "bookmarks-list-120x40.ansi",
		      "size 120x40\ntype :bookmarks\nkey Enter\nkey Down");
	golden_expect(&options, "bookmarks-list-200x50.txt",
		      "size 200x50\ntype :bookmarks\nkey Enter\ntype :sort time\nkey Enter");
}

/* Pool, view and time; and back to where one was, twice. */
static void letter_goes_where_it_was_set(void **state)
{
	golden_run(&options, SET_SOME);
	golden_expect(&options, "bookmarks-gone-80x24.txt", "size 80x24\ntype 'q");
	golden_expect(&options, "bookmarks-gone-80x24.txt",
		      "size 80x24\ntype :bookmarks\nkey Enter\nkey G\nkey Up\nkey Enter");
	golden_expect(&options, "bookmarks-back-80x24.txt", "size 80x24\nkey 3\ntype 'q\ntype ''");
	golden_expect(&options, "bookmarks-gone-80x24.txt",
		      "size 80x24\nkey 3\ntype 'q\ntype ''\ntype ''\ntype 'q");
}

static void questions_and_mistakes_are_one_line(void **state)
{
	golden_expect(&options, "bookmarks-ask-80x24.txt", "size 80x24\n" SET_SOME "key m");
	golden_expect(&options, "bookmarks-unknown-80x24.txt", "size 80x24\ntype 'x");
	golden_expect(&options, "bookmarks-mistake-80x24.txt",
		      "size 80x24\ntype :bookmark Q\nkey Enter");
}

/* --- state ------------------------------------------------------------------------------------ */

static struct app app;
static struct canvas canvas;

static void open_app(void)
{
	if (app_init(&app, &options, &err))
		fail_msg("%s", err.text);
	assert_int_equal(canvas_init(&canvas, 80, 24), 0);
	app_draw(&app, &canvas);
}

static void close_app(void)
{
	canvas_release(&canvas);
	app_release(&app);
}

static void type(const char *keys)
{
	for (; *keys; keys++)
		app_key(&app, *keys == '\n' ? KEY_CODE_ENTER : *keys);
	app_draw(&app, &canvas);
}

static void bookmark_is_there_at_the_next_opening(void **state)
{
	const struct bookmark *b;

	open_app();
	type("2jma:bookmark b two words \n");
	b = bookmarks_find(&app.bookmarks, 'b');
	assert_non_null(b);
	assert_string_equal(b->note, "two words");
	type(":unmark a\n");
	close_app();
	open_app();
	assert_null(bookmarks_find(&app.bookmarks, 'a'));
	b = bookmarks_find(&app.bookmarks, 'b');
	assert_non_null(b);
	assert_string_equal(b->view, "pool");
	assert_int_equal(b->pool, 1);
	close_app();
}

/* Somebody else's comes with the next look at the file. */
static void readers_see_what_others_set(void **state)
{
	open_app();
	run_sql("INSERT INTO bookmark VALUES ('k', 1700000001000000000, 1, 'latency', 'x', 5)");
	assert_true(app_refresh(&app));
	type("'k");
	assert_int_equal(app.view, VIEWER_VIEW_LATENCY);
	assert_int_equal(app.pool, 1);
	assert_int_equal(app.timeline.cursor_ns, START_NS + 1000000000);
	run_sql("DELETE FROM bookmark");
	assert_true(app_refresh(&app));
	assert_null(bookmarks_find(&app.bookmarks, 'k'));
	assert_false(app_refresh(&app));
	close_app();
}

static void going_there_can_be_taken_back(void **state)
{
	struct timeline before;

	int64_t start_ns;

	open_app();
	start_ns = app.model.status.start_ns;
	type("2:goto 1s\nma3:goto 2s\n:zoom 100ms\n");
	before = app.timeline;
	type("'a");
	assert_int_equal(app.view, VIEWER_VIEW_POOL);
	assert_int_equal(app.timeline.cursor_ns, start_ns + 1000000000);
	type("''");
	assert_int_equal(app.view, VIEWER_VIEW_LATENCY);
	assert_memory_equal(&app.timeline, &before, sizeof(before));
	type("''");
	assert_int_equal(app.timeline.cursor_ns, start_ns + 1000000000);
	/* A time that was typed is a jump, too; the marks are not of a place. */
	type("A:goto 3s\nB''");
	assert_int_equal(app.timeline.cursor_ns, start_ns + 1000000000);
	assert_true(app.timeline.has_mark[1]);
	type("'B");
	assert_int_equal(app.timeline.cursor_ns, start_ns + 3000000000);
	close_app();
}

static void any_other_key_gives_the_question_up(void **state)
{
	open_app();
	type("mQ");
	assert_false(app.quit);
	assert_int_equal(app.letter_for, LETTER_NOT_ASKED);
	app_key(&app, 'm');
	app_key(&app, KEY_CODE_ESCAPE);
	app_key(&app, 'a');
	for (int c = 'a'; c <= 'z'; c++)
		assert_null(bookmarks_find(&app.bookmarks, c));
	type("'3");
	assert_int_equal(app.view, VIEWER_VIEW_OVERVIEW);
	close_app();
}

static int set_as_nobody(void)
{
	if (geteuid() == 0 && setuid(65534))
		return 2;
	open_app();
	type("2ma");
	if (!strstr(app.message, "bookmark a holds for this run only: ") ||
	    !strstr(app.message, "Permission denied"))
		return 3;
	app_refresh(&app);
	if (!bookmarks_find(&app.bookmarks, 'a'))
		return 4;
	type(":bookmarks\n");
	close_app();
	return 0;
}

static void file_that_cannot_be_written_has_bookmarks_for_the_run(void **state)
{
	int status;
	pid_t pid;

	chmod(path, 0444);
	chmod(recordings_folder, 0555);
	pid = fork();
	if (!pid)
		_exit(set_as_nobody());
	waitpid(pid, &status, 0);
	chmod(recordings_folder, 0755);
	chmod(path, 0644);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	open_app();
	assert_null(bookmarks_find(&app.bookmarks, 'a'));
	close_app();
}

/* The recorder may have been taking what lay there. */
static void send_all(void)
{
	while (memchr(app.bookmarks.unsent, 1, sizeof(app.bookmarks.unsent)))
		app_refresh(&app);
}

static void recorder_keeps_what_is_set_while_it_records(void **state)
{
	struct sim_config config = busy_pool(0, "eth0");
	struct store *store;
	struct sim sim;

	unlink(path);
	store = open_store(path, NULL);
	sim_open(&sim, &config, store_event, store);
	sim_run(&sim, START_NS + 500000000);
	assert_int_equal(store_flush(store), 0);
	open_app();
	type("2ma:bookmark b x\n");
	assert_int_equal(app.bookmarks.where[0], BOOKMARK_ON_ITS_WAY);
	assert_non_null(strstr(app.message, "the recorder takes it"));
	send_all();
	type(":unmark b\n");
	assert_null(bookmarks_find(&app.bookmarks, 'b'));
	send_all();
	app_refresh(&app);
	assert_null(bookmarks_find(&app.bookmarks, 'b'));
	assert_int_equal(store_flush(store), 0);
	app_refresh(&app);
	assert_int_equal(app.bookmarks.where[0], BOOKMARK_IN_FILE);
	assert_int_equal(app.bookmarks.where[1], BOOKMARK_NONE);
	sim_close(&sim);
	close_store(store);
	app_refresh(&app);
	assert_non_null(bookmarks_find(&app.bookmarks, 'a'));
	type(":bookmark c later\n");
	assert_int_equal(app.bookmarks.where[2], BOOKMARK_IN_FILE);
	close_app();
}

/* What a recorder that was killed did not take is put in by who looks next. */
static void what_lies_beside_the_file_goes_in_at_the_next_opening(void **state)
{
	char name[96];
	FILE *f;

	snprintf(name, sizeof(name), "%s-bookmarks", path);
	f = fopen(name, "w");
	fputs("set h 1700000002000000000 0 5 pool from a recording that broke off\n", f);
	fclose(f);
	open_app();
	assert_non_null(bookmarks_find(&app.bookmarks, 'h'));
	assert_int_equal(app.bookmarks.where['h' - 'a'], BOOKMARK_IN_FILE);
	assert_int_not_equal(access(name, F_OK), 0);
	close_app();
}

static void another_file_of_the_name_gets_none(void **state)
{
	char other[96];

	open_app();
	snprintf(other, sizeof(other), "%s.old", path);
	assert_int_equal(rename(path, other), 0);
	type("ma");
	assert_non_null(strstr(app.message, "for this run only: was removed"));
	assert_int_equal(link(fresh, path), 0);
	type("mb");
	assert_non_null(strstr(app.message, "for this run only: is another file now"));
	close_app();
	unlink(path);
	assert_int_equal(rename(other, path), 0);
	open_app();
	assert_null(bookmarks_find(&app.bookmarks, 'a'));
	close_app();
}

static void absurd_bookmarks_harm_nobody(void **state)
{
	run_sql("INSERT INTO bookmark VALUES ('a', -1, 77, 'nowhere', x'1b5b324a0a', 0),"
		" ('b', 9223372036854775807, -3, 'sql', zeroblob(5000), 9223372036854775807),"
		" ('c', 1700000001000000000, 1e300, x'ff', printf('%.*c', 5000, 'n'), 'x'),"
		" ('dd', 1, 1, 1, 1, 1), ('~', 1, 1, 1, 1, 1)");
	open_app();
	type("2'a'b'c:bookmarks\njj\n:bookmarks\nxxx");
	type("mb");
	assert_int_equal(app.bookmarks.where[1], BOOKMARK_IN_FILE);
	close_app();
	golden_run(&options, "key 7\nsize 200x50\ntype :bookmarks\nkey Enter\nkey <\nkey >");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(letters_stand_on_the_time_axes),
		TEST(list_has_all_that_were_set),
		TEST(letter_goes_where_it_was_set),
		TEST(questions_and_mistakes_are_one_line),
		TEST(bookmark_is_there_at_the_next_opening),
		TEST(readers_see_what_others_set),
		TEST(going_there_can_be_taken_back),
		TEST(any_other_key_gives_the_question_up),
		TEST(file_that_cannot_be_written_has_bookmarks_for_the_run),
		TEST(recorder_keeps_what_is_set_while_it_records),
		TEST(what_lies_beside_the_file_goes_in_at_the_next_opening),
		TEST(another_file_of_the_name_gets_none),
		TEST(absurd_bookmarks_harm_nobody),
	};

	return cmocka_run_group_tests(tests, make_recording, remove_recording);
}
