/* SPDX-License-Identifier: MIT */
/*
 * Whole screens of a fixed recording against tests/viewer/golden/.  UPDATE_GOLDEN=1 writes them
 * anew: look at the difference before you commit it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/store.h"
#include "tests/db/sim.h"
#include "viewer/viewer.h"

#define GOLDEN	 "tests/viewer/golden"
#define START_NS INT64_C(1700000000000000000)

static char folder[] = "/tmp/poolscope-screens-XXXXXX";
static char database[64];
static struct viewer_options options;
static struct db_error err;

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &size, 0, in) < 0) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

static int run(const char *commands)
{
	FILE *script = fmemopen((void *)(uintptr_t)commands, strlen(commands), "r");
	int ret;

	assert_non_null(script);
	err.text[0] = 0;
	ret = viewer_script(&options, script, &err);
	fclose(script);
	return ret;
}

/* Runs the script and compares the screen after it with golden/NAME. */
static void expect_screen(const char *name, const char *commands)
{
	char script[512], saved[128], golden[128];
	char *is, *wanted;

	snprintf(golden, sizeof(golden), GOLDEN "/%s", name);
	snprintf(saved, sizeof(saved), "%s/screen.%s", folder,
		 strstr(name, ".ansi")	? "ansi"
		 : strstr(name, ".svg") ? "svg"
					: "txt");
	if (getenv("UPDATE_GOLDEN"))
		snprintf(saved, sizeof(saved), "%s", golden);
	snprintf(script, sizeof(script), "%s\nsave %s\n", commands, saved);
	if (run(script))
		fail_msg("%s", err.text);
	is = read_file(saved);
	wanted = read_file(golden);
	assert_non_null(is);
	if (!wanted || strcmp(is, wanted) != 0)
		fail_msg("not as %s:\n%s", golden, is);
	free(is);
	free(wanted);
}

static void overview_shows_all_pools_and_the_selected_one(void **state)
{
	expect_screen("overview-80x24.txt", "size 80x24");
	expect_screen("overview-120x40.txt", "size 120x40\nkey Down");
	expect_screen("overview-200x50.txt", "size 200x50");
}

static void pool_view_shows_occupancy_over_lead_time(void **state)
{
	expect_screen("pool-80x24.txt", "size 80x24\nkey 2");
	expect_screen("pool-120x40.txt", "size 120x40\nkey Down\nkey Enter");
	expect_screen("pool-200x50.txt", "size 200x50\nkey Tab");
}

static void zooming_in_shows_single_requests(void **state)
{
	expect_screen(
		"pool-zoomed-80x24.txt",
		"key 2\nkey Home\nkey +\nkey +\nkey +\nkey +\nkey Right\nkey Right\nkey Right");
}

static void help_lists_every_key(void **state)
{
	expect_screen("help-80x24.txt", "size 80x24\nkey ?");
	expect_screen("help-second-80x24.txt", "size 80x24\nkey ?\nkey Down");
	expect_screen("help-120x40.txt", "size 120x40\nkey 2\nkey h");
	expect_screen("help-200x50.txt", "size 200x50\nkey F1");
}

static void ascii_screens_have_nothing_else(void **state)
{
	options.chars = VIEWER_CHARS_ASCII;
	expect_screen("pool-ascii-80x24.txt", "size 80x24\nkey 2");
	expect_screen("overview-ascii-80x24.txt", "size 80x24");
}

static void braille_doubles_the_columns(void **state)
{
	options.chars = VIEWER_CHARS_BRAILLE;
	expect_screen("pool-braille-120x40.txt", "size 120x40\nkey 2");
}

static void colours_are_those_of_the_palette(void **state)
{
	expect_screen("pool-80x24.ansi", "size 80x24\nkey 2");
}

static void themes_change_colours_alone(void **state)
{
	options.theme = viewer_theme_named("safe");
	expect_screen("pool-safe-80x24.ansi", "size 80x24\nkey 2");
	options.theme = viewer_theme_named("light");
	expect_screen("pool-light-80x24.ansi", "size 80x24\nkey 2");
	options.theme = viewer_theme_named("gray");
	expect_screen("pool-gray-80x24.ansi", "size 80x24\nkey 2");
	expect_screen("pool-80x24.ansi", "size 80x24\nkey 2\ntype :theme dark\nkey Enter");
	expect_screen("pool-80x24.txt", "size 80x24\nkey 2");
}

static void a_screen_is_a_picture_as_well(void **state)
{
	expect_screen("pool-80x24.svg", "size 80x24\nkey 2");
	options.color = VIEWER_COLOR_NEVER;
	expect_screen("overview-mono-80x24.svg", "size 80x24");
}

static void replay_shows_what_had_happened_by_then(void **state)
{
	options.play = true;
	options.speed = 2;
	options.view = VIEWER_VIEW_POOL;
	expect_screen("replay-80x24.txt", "size 80x24\nplay 2s");
	expect_screen("replay-120x40.ansi", "size 120x40\nplay 2s");
	expect_screen("replay-120x40.txt", "size 120x40\nplay 2s");
	expect_screen("replay-200x50.txt", "size 200x50\nplay 2s");
}

static void the_bottom_line_asks_and_tells(void **state)
{
	expect_screen("prompt-80x24.txt", "key 2\ntype :goto 22:13:24.5");
	expect_screen("jump-80x24.txt", "key 2\ntype :jump drop\nkey Enter\nkey ]");
	expect_screen("jump-120x40.ansi", "size 120x40\nkey 2\ntype :jump drop\nkey Enter\nkey ]");
	expect_screen("mistake-80x24.txt", "key 2\ntype :goto nowhere\nkey Enter");
}

static void a_small_terminal_says_so_and_recovers(void **state)
{
	expect_screen("too-small.txt", "size 40x10");
	expect_screen("overview-80x24.txt", "size 40x10\nkey 2\nsize 3x1\nkey 1\nsize 80x24");
}

static void q_closes_the_view_and_then_quits(void **state)
{
	/* After the program has quit, nothing more is done. */
	expect_screen("overview-80x24.txt", "key Enter\nkey ?\nkey q\nkey q");
	assert_int_equal(run("key Enter\nkey q\nkey q\nnonsense\n"), 0);
}

static void a_mistake_in_a_script_is_named_with_its_line(void **state)
{
	assert_int_equal(run("# a comment\nkey 2\nkey Nowhere\n"), -EINVAL);
	assert_non_null(strstr(err.text, "line 3"));
	assert_int_equal(run("size 80\n"), -EINVAL);
	assert_int_equal(run("wait 5\n"), -EINVAL);
	assert_int_equal(run("save /nowhere/at/all.txt\n"), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/at/all.txt"));
}

static void a_file_that_is_no_recording_is_an_error(void **state)
{
	options.path = "/nowhere/x.db";
	assert_int_equal(run("key 2\n"), -ENOENT);
	options.path = "Makefile";
	assert_int_equal(run("key 2\n"), -EINVAL);
	assert_true(strlen(err.text) > 0);
}

static int setup(void **state)
{
	memset(&options, 0, sizeof(options));
	options.path = database;
	options.title = "fixed.db";
	return 0;
}

static void store_event(const struct pool_event *event, void *ctx)
{
	assert_int_equal(store_append(ctx, event), 0);
}

/* Two pools, 12 s: one under load with failing requests, one that hardly works. */
static void make_pools(struct store *store)
{
	const struct sim_config configs[] = {
		{.pool = 0,
		 .name = "eth0-rx",
		 .marks = {128, 64, 48, 160, 512, 8, 1, 5},
		 .seed = 3,
		 .start_ns = START_NS,
		 .rate = 60000,
		 .hold_ns = 4e6,
		 .lead_ns = 3e6,
		 .refuse = 0.02,
		 .fail = 0.1},
		{.pool = 1,
		 .name = "eth1-rx",
		 .marks = {256, 64, 64, 192, 4096, 8, 2, 5},
		 .seed = 4,
		 .start_ns = START_NS,
		 .rate = 4000,
		 .hold_ns = 2e6,
		 .lead_ns = 500e3},
	};
	struct sim sims[2];

	for (int i = 0; i < 2; i++)
		sim_open(&sims[i], &configs[i], store_event, store);
	for (int64_t t = START_NS; t < START_NS + 12000000000; t += 10000000)
		for (int i = 0; i < 2; i++)
			sim_run(&sims[i], t);
	for (int i = 0; i < 2; i++)
		sim_close(&sims[i]);
}

static int make_recording(void **state)
{
	const struct store_options store_options = {.trace = "fixed"};
	struct store *store;

	if (!mkdtemp(folder))
		return -1;
	snprintf(database, sizeof(database), "%s/fixed.db", folder);
	if (store_open(database, &store_options, &store, &err))
		return -1;
	make_pools(store);
	return store_close(store, STORE_END_COMPLETE, NULL, &err);
}

static int remove_recording(void **state)
{
	static const char *const names[] = {"fixed.db",	  "fixed.db-wal", "fixed.db-shm",
					    "screen.txt", "screen.ansi",  "screen.svg"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(overview_shows_all_pools_and_the_selected_one),
		TEST(pool_view_shows_occupancy_over_lead_time),
		TEST(zooming_in_shows_single_requests),
		TEST(help_lists_every_key),
		TEST(ascii_screens_have_nothing_else),
		TEST(braille_doubles_the_columns),
		TEST(colours_are_those_of_the_palette),
		TEST(themes_change_colours_alone),
		TEST(a_screen_is_a_picture_as_well),
		TEST(replay_shows_what_had_happened_by_then),
		TEST(the_bottom_line_asks_and_tells),
		TEST(a_small_terminal_says_so_and_recovers),
		TEST(q_closes_the_view_and_then_quits),
		TEST(a_mistake_in_a_script_is_named_with_its_line),
		TEST(a_file_that_is_no_recording_is_an_error),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, make_recording, remove_recording);
}
