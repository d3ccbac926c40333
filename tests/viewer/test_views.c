/* SPDX-License-Identifier: MIT */
/*
 * The screens of views 1 and 2 over recordings of the reference driver in virtual time, and over
 * pools that no driver of ours would make: without marks, with names in many scripts, with losses.
 */
#include "tests/viewer/recordings.h"

static char bursts[64], odd[64], many[64], apart[64];
static struct viewer_options options;

/* --- the reference driver ----------------------------------------------------------------------
 */

static void overview_of_the_driver(void **state)
{
	expect_all_sizes(&options, "bursts-overview", "key 1");
}

static void pool_of_the_driver(void **state)
{
	expect_all_sizes(&options, "bursts-pool", "key 2");
}

static void the_cursor_reads_exact_values(void **state)
{
	expect_all_sizes(&options, "bursts-cursor",
			 "key 2\nkey Home\nkey c\nkey +\nkey +\nkey +\nkey +\n"
			 "key +\nkey +\nkey Right\nkey Right\nkey Right");
}

static void marks_are_drawn_where_they_were_put(void **state)
{
	golden_expect(&options, "bursts-marks-120x40.ansi",
		      "size 120x40\nkey 2\nkey c\nkey PgUp\nkey Left\nkey A\nkey Left\nkey Left\n"
		      "key Left\nkey Left\nkey B\nkey Left\nkey Left");
}

static void single_events_are_seen_in_a_narrow_window(void **state)
{
	golden_expect(&options, "bursts-events-120x40.txt",
		      "size 120x40\nkey 2\nkey Home\nkey c\nkey +\nkey +\nkey +\nkey +\nkey +\n"
		      "key +\nkey +\nkey +\nkey +\nkey +\nkey +\nkey +\nkey +");
}

static void other_characters_show_the_same(void **state)
{
	options.chars = VIEWER_CHARS_BRAILLE;
	golden_expect(&options, "bursts-pool-braille-120x40.ansi", "size 120x40\nkey 2");
	golden_expect(&options, "bursts-pool-braille-120x40.txt", "size 120x40\nkey 2");
	golden_expect(&options, "bursts-overview-braille-80x24.txt", "size 80x24");
	options.chars = VIEWER_CHARS_ASCII;
	golden_expect(&options, "bursts-pool-ascii-120x40.txt", "size 120x40\nkey 2\nkey c");
	golden_expect(&options, "bursts-overview-ascii-120x40.txt", "size 120x40");
}

/* --- odd pools ---------------------------------------------------------------------------------
 */

static void names_in_any_script_keep_their_columns(void **state)
{
	options.path = odd;
	expect_all_sizes(&options, "odd-overview", "key 1");
	golden_expect(&options, "odd-name-80x24.txt", "size 80x24\nkey Down\nkey 2");
}

static void a_pool_without_marks_is_shown_without_them(void **state)
{
	options.path = odd;
	golden_expect(&options, "odd-unknown-80x24.txt", "size 80x24\nkey G\nkey 2\nkey c");
	golden_expect(&options, "odd-unknown-200x50.txt", "size 200x50\nkey G\nkey 2");
}

static void losses_are_marked_on_the_time_line(void **state)
{
	options.path = odd;
	golden_expect(&options, "odd-loss-80x24.ansi", "size 80x24\nkey 2");
	golden_expect(&options, "odd-loss-120x40.txt", "size 120x40\nkey 2\nkey c");
}

static void hundreds_of_pools_scroll(void **state)
{
	options.path = many;
	golden_expect(&options, "many-overview-80x24.txt", "size 80x24\nkey G\nkey Up");
	golden_expect(&options, "many-sorted-120x40.txt",
		      "size 120x40\nkey >\nkey >\nkey >\nkey >\nkey >\nkey >\nkey Ctrl-D");
	golden_expect(&options, "many-inverted-80x24.txt", "size 80x24\nkey >\nkey >\nkey I");
}

/* A list that is sorted keeps its bar on the pool. */
static void enter_opens_the_pool_under_the_bar(void **state)
{
	options.path = many;
	golden_expect(&options, "many-opened-80x24.txt",
		      "size 80x24\nkey G\nkey >\nkey >\nkey I\nkey Enter");
}

/* --- recordings --------------------------------------------------------------------------------
 */

static void make_odd(void)
{
	static const char *const names[] = {"eth0 受信プール", "café́-rx ü", "пул-1 \xff\xfe",
					    "\033[31m\n\t\xe2\x80\xae:evil", "شبكة"};
	struct store *store = open_store(odd, NULL);
	struct sim_config config = {.marks = {128, 64, 48, 160, 512, 8, 1, 5},
				    .start_ns = START_NS,
				    .rate = 30000,
				    .hold_ns = 3e6,
				    .lead_ns = 2e6,
				    .fail = 0.1};
	struct pool_event event = {.pool = 9, .available = POOL_UNKNOWN};

	for (uint32_t i = 0; i < 5; i++) {
		config.pool = i;
		config.name = names[i];
		config.seed = i + 1;
		run_pool(store, &config, i == 0 ? store_most : store_event, 2);
	}
	/* One that only its layer below tells of. */
	event.u.open.name = "generic";
	event.u.open.buffer_bytes = POOL_UNKNOWN;
	memset(&event.u.open.marks, 0xff, sizeof(event.u.open.marks));
	event.ts_ns = START_NS;
	store_event(&event, store);
	for (uint32_t i = 1; i < 400; i++) {
		event = (struct pool_event){.pool = 9,
					    .seq = i,
					    .ts_ns = START_NS + i * INT64_C(5000000),
					    .available = POOL_UNKNOWN};
		event.kind = i % 2 ? POOL_EVENT_ALLOC_REQUEST : POOL_EVENT_ALLOC_COMPLETE;
		if (i % 2) {
			event.u.request.request = i / 2 + 1;
			event.u.request.total = POOL_UNKNOWN;
			event.u.request.pending = 1;
		} else {
			event.u.complete.request = i / 2;
			event.u.complete.block = i;
			event.u.complete.buffers = POOL_UNKNOWN;
		}
		store_event(&event, store);
	}
	close_store(store);
}

/* Of two machines, one of which does not know what time it is. */
static void make_apart(void)
{
	struct store *store = open_store(recordings_name(apart, "apart"), NULL);

	for (uint32_t i = 0; i < 2; i++) {
		struct sim_config config = busy_pool(i, i ? "unset" : "set");
		struct sim sim;

		if (i)
			config.start_ns = 1000000000000000000;
		sim_open(&sim, &config, store_event, store);
		sim_run(&sim, config.start_ns + 1000000000);
		sim_close(&sim);
	}
	close_store(store);
}

static int make_recordings(void **state)
{
	struct store *store;

	if (recordings_begin())
		return -1;
	recordings_name(odd, "odd");
	make_odd();
	store = open_store(recordings_name(many, "many"), NULL);
	run_many(store);
	close_store(store);
	make_apart();
	return run_refnic(recordings_name(bursts, "bursts"),
			  "--seed 7 --adapters 3 --traffic burst:rate=60k"
			  " --fail null:p=0.2 --fail refuse:p=0.15 --for 3s");
}

static int remove_recordings(void **state)
{
	return recordings_end();
}

static int setup(void **state)
{
	memset(&options, 0, sizeof(options));
	options.path = bursts;
	options.title = "fixed.db";
	return 0;
}

static void clocks_far_apart_are_seen_and_zoomed_into(void **state)
{
	options.path = apart;
	golden_expect(&options, "apart-overview-120x40.txt", "size 120x40");
	golden_expect(&options, "apart-pool-120x40.txt", "size 120x40\nkey Down\nkey 2");
	golden_expect(&options, "apart-moment-80x24.txt",
		      "size 80x24\nkey 2\ntype :goto start\nkey Enter\n"
		      "type :zoom 2s\nkey Enter\nkey j");
	golden_expect(&options, "apart-log-80x24.txt", "size 80x24\nkey 5\nkey Home");
	golden_expect(&options, "apart-health-80x24.txt", "size 80x24\nkey 7");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(overview_of_the_driver),
		TEST(pool_of_the_driver),
		TEST(the_cursor_reads_exact_values),
		TEST(marks_are_drawn_where_they_were_put),
		TEST(single_events_are_seen_in_a_narrow_window),
		TEST(other_characters_show_the_same),
		TEST(names_in_any_script_keep_their_columns),
		TEST(a_pool_without_marks_is_shown_without_them),
		TEST(losses_are_marked_on_the_time_line),
		TEST(hundreds_of_pools_scroll),
		TEST(enter_opens_the_pool_under_the_bar),
		TEST(clocks_far_apart_are_seen_and_zoomed_into),
	};

	return cmocka_run_group_tests(tests, make_recordings, remove_recordings);
}
