/* SPDX-License-Identifier: MIT */
/*
 * The screens of view 6 over recordings of the reference driver in virtual time, and over those
 * that say less: no marks, no receive events, events lost, nothing at all.
 */
#include <locale.h>
#include <time.h>

#include "db/store.h"
#include "tests/db/sim.h"
#include "tests/viewer/golden.h"

#define START_NS INT64_C(1700000000000000000)

static char folder[] = "/tmp/poolscope-tune-XXXXXX";
static char busy[64], bare[64], lossy[64], quiet[64];
static struct viewer_options options;

static const char *const sizes[] = {"80x24", "120x40", "200x50"};

/* Each size, in colour and without. */
static void expect_all_sizes(const char *name, const char *commands)
{
	char file[64], script[256];

	for (int i = 0; i < 6; i++) {
		snprintf(file, sizeof(file), "%s-%s.%s", name, sizes[i / 2],
			 i % 2 ? "ansi" : "txt");
		snprintf(script, sizeof(script), "size %s\n%s", sizes[i / 2], commands);
		golden_expect(&options, file, script);
	}
}

static void recorded_marks_come_first(void **state)
{
	expect_all_sizes("busy-tune", "key 6");
}

static void moved_marks_lie_over_the_recorded(void **state)
{
	expect_all_sizes("busy-tune-moved", "key 6\nkey l\nkey v\nkey v\nkey v\nkey >\nkey >\n"
					    "key Ctrl-U\nkey Up\nkey Up\nkey Down");
}

static void marks_go_back_one_by_one_or_all(void **state)
{
	golden_expect(&options, "busy-tune-reset-80x24.txt",
		      "size 80x24\nkey 6\nkey v\nkey >\nkey v\nkey >\nkey x");
	/* As if nothing had been moved. */
	golden_expect(&options, "busy-tune-80x24.txt",
		      "size 80x24\nkey 6\nkey v\nkey >\nkey l\nkey r\nkey w");
}

static void marks_that_are_refused_say_why(void **state)
{
	expect_all_sizes("busy-tune-refused", "key 6\nkey w\nkey w\nkey w\nkey w\nkey w\nkey Down\n"
					      "key Ctrl-D\nkey Ctrl-D\nkey Ctrl-D\nkey Ctrl-D");
}

static void other_leads_are_tried(void **state)
{
	golden_expect(&options, "busy-tune-leads-80x24.txt",
		      "size 80x24\nkey 6\nkey y\nkey y\nkey y\nkey y\nkey y");
}

static void a_window_shows_its_part_of_the_curve(void **state)
{
	golden_expect(&options, "busy-tune-window-120x40.txt",
		      "size 120x40\nkey 6\nkey l\nkey Home\nkey +\nkey +\nkey +\nkey +\nkey c");
}

static void other_characters_show_the_same_marks(void **state)
{
	options.chars = VIEWER_CHARS_BRAILLE;
	golden_expect(&options, "busy-tune-braille-120x40.txt", "size 120x40\nkey 6\nkey l");
	options.chars = VIEWER_CHARS_ASCII;
	golden_expect(&options, "busy-tune-ascii-80x24.txt", "size 80x24\nkey 6\nkey l");
}

static void without_marks_there_is_a_start(void **state)
{
	options.path = bare;
	golden_expect(&options, "bare-tune-80x24.txt", "size 80x24\nkey 6");
	golden_expect(&options, "bare-tune-120x40.ansi", "size 120x40\nkey 6\nkey v\nkey >");
}

static void loss_is_said(void **state)
{
	options.path = lossy;
	golden_expect(&options, "lossy-tune-80x24.txt", "size 80x24\nkey 6");
	golden_expect(&options, "lossy-tune-120x40.ansi", "size 120x40\nkey 6");
}

static void without_receive_events_there_is_nothing_to_try(void **state)
{
	options.path = quiet;
	golden_expect(&options, "quiet-tune-80x24.txt", "size 80x24\nkey 6\nkey >\nkey l\nkey y");
}

/* --- recordings ------------------------------------------------------------------------------ */

static struct store *open_store(const char *path)
{
	const struct store_options store_options = {.trace = "fixed"};
	struct store *store;
	struct db_error err;

	if (store_open(path, &store_options, &store, &err))
		fail_msg("%s", err.text);
	return store;
}

static void close_store(struct store *store)
{
	struct db_error err;

	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
}

static void store_event(const struct pool_event *event, void *ctx)
{
	assert_int_equal(store_append(ctx, event), 0);
}

static void store_most(const struct pool_event *event, void *ctx)
{
	if (event->seq % 3000 != 1500)
		store_event(event, ctx);
}

/* No pool that says its marks, and no requests. */
static void store_bare(const struct pool_event *event, void *ctx)
{
	struct pool_event copy = *event;

	if (event->kind == POOL_EVENT_POOL_OPEN)
		memset(&copy.u.open.marks, 0xff, sizeof(copy.u.open.marks));
	else if (event->kind != POOL_EVENT_RX_TAKE && event->kind != POOL_EVENT_RX_RETURN)
		return;
	store_event(&copy, ctx);
}

static void store_quiet(const struct pool_event *event, void *ctx)
{
	if (event->kind != POOL_EVENT_RX_TAKE && event->kind != POOL_EVENT_RX_RETURN &&
	    event->kind != POOL_EVENT_RX_DROP)
		store_event(event, ctx);
}

static void make(const char *path, void (*tell)(const struct pool_event *event, void *ctx))
{
	struct store *store = open_store(path);
	struct sim_config config = {.marks = {128, 64, 48, 160, 512, 8, 1, 5},
				    .name = "eth0-rx",
				    .seed = 4,
				    .start_ns = START_NS,
				    .rate = 30000,
				    .hold_ns = 3e6,
				    .lead_ns = 2e6,
				    .fail = 0.1};
	struct sim sim;

	sim_open(&sim, &config, tell, store);
	sim_run(&sim, START_NS + 2000000000);
	sim_close(&sim);
	close_store(store);
}

static int make_busy(void)
{
	const char *build = getenv("BUILD");
	char command[400];

	snprintf(command, sizeof(command),
		 "%s/refnic --clock virtual --seed 5 --block 16 --base 128 --low 40 --high 96"
		 " --limit 1024 --max-pending 2 --shrink-ticks 2 --traffic incast:rate=60k"
		 " --hold lognormal:median=1ms,p99=40ms --for 3s -o %s >/dev/null",
		 build ? build : "build", busy);
	/* Its end: frames were dropped. */
	return system(command) < 0 || access(busy, R_OK) ? -1 : 0;
}

static int make_recordings(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(busy, sizeof(busy), "%s/busy.db", folder);
	snprintf(bare, sizeof(bare), "%s/bare.db", folder);
	snprintf(lossy, sizeof(lossy), "%s/lossy.db", folder);
	snprintf(quiet, sizeof(quiet), "%s/quiet.db", folder);
	make(bare, store_bare);
	make(lossy, store_most);
	make(quiet, store_quiet);
	return make_busy();
}

static int remove_recordings(void **state)
{
	const char *const paths[] = {busy, bare, lossy, quiet};
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char path[96];

	for (int i = 0; i < 12; i++) {
		snprintf(path, sizeof(path), "%s%s", paths[i / 3], suffixes[i % 3]);
		unlink(path);
	}
	return rmdir(folder);
}

static int setup(void **state)
{
	memset(&options, 0, sizeof(options));
	options.path = busy;
	options.title = "fixed.db";
	return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(recorded_marks_come_first),
		TEST(moved_marks_lie_over_the_recorded),
		TEST(marks_go_back_one_by_one_or_all),
		TEST(marks_that_are_refused_say_why),
		TEST(other_leads_are_tried),
		TEST(a_window_shows_its_part_of_the_curve),
		TEST(other_characters_show_the_same_marks),
		TEST(without_marks_there_is_a_start),
		TEST(loss_is_said),
		TEST(without_receive_events_there_is_nothing_to_try),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, make_recordings, remove_recordings);
}
