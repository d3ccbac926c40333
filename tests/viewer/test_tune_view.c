/* SPDX-License-Identifier: MIT */
/*
 * The screens of view 6 over recordings of the reference driver in virtual time, and over those
 * that say less: no marks, no receive events, events lost, nothing at all.
 */
#include "tests/viewer/recordings.h"

static char busy[64], bare[64], lossy[64], quiet[64];
static struct viewer_options options;

static void recorded_marks_come_first(void **state)
{
	expect_all_sizes(&options, "busy-tune", "key 6");
}

static void moved_marks_lie_over_the_recorded(void **state)
{
	expect_all_sizes(&options, "busy-tune-moved",
			 "key 6\nkey l\nkey v\nkey v\nkey v\nkey >\nkey >\n"
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

static void marks_stay_moved_when_more_is_read(void **state)
{
	golden_expect(&options, "busy-tune-moved-80x24.txt",
		      "size 80x24\nkey 6\nkey l\nkey v\nkey v\nkey v\nkey >\nkey >\n"
		      "key Ctrl-U\nkey Up\nkey Up\nkey Down\nkey u\nkey u");
}

static void marks_that_are_refused_say_why(void **state)
{
	expect_all_sizes(&options, "busy-tune-refused",
			 "key 6\nkey w\nkey w\nkey w\nkey w\nkey w\nkey Down\n"
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

/* Of more than can be tried at once, what is newest is tried, and the screen says so. */
static void the_newest_part_is_tried(void **state)
{
	options.tune_steps = 30000;
	golden_expect(&options, "busy-tune-newest-80x24.txt", "size 80x24\nkey 6\nkey l");
	golden_expect(&options, "busy-tune-newest-120x40.txt", "size 120x40\nkey 6\nkey l");
}

/* --- recordings ------------------------------------------------------------------------------ */

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

static void make(const char *path, sim_emit tell)
{
	struct store *store = open_store(path, NULL);
	const struct sim_config config = {.marks = {128, 64, 48, 160, 512, 8, 1, 5},
					  .name = "eth0-rx",
					  .seed = 4,
					  .start_ns = START_NS,
					  .rate = 30000,
					  .hold_ns = 3e6,
					  .lead_ns = 2e6,
					  .fail = 0.1};

	run_pool(store, &config, tell, 2);
	close_store(store);
}

static int make_recordings(void **state)
{
	if (recordings_begin())
		return -1;
	make(recordings_name(bare, "bare"), store_bare);
	make(recordings_name(lossy, "lossy"), store_most);
	make(recordings_name(quiet, "quiet"), store_quiet);
	return run_refnic(recordings_name(busy, "busy"),
			  "--seed 5 --block 16 --base 128 --low 40 --high 96 --limit 1024"
			  " --max-pending 2 --shrink-ticks 2 --traffic incast:rate=60k"
			  " --hold lognormal:median=1ms,p99=40ms --for 3s");
}

static int remove_recordings(void **state)
{
	return recordings_end();
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
		TEST(marks_stay_moved_when_more_is_read),
		TEST(marks_that_are_refused_say_why),
		TEST(other_leads_are_tried),
		TEST(a_window_shows_its_part_of_the_curve),
		TEST(other_characters_show_the_same_marks),
		TEST(the_newest_part_is_tried),
		TEST(without_marks_there_is_a_start),
		TEST(loss_is_said),
		TEST(without_receive_events_there_is_nothing_to_try),
	};

	return cmocka_run_group_tests(tests, make_recordings, remove_recordings);
}
