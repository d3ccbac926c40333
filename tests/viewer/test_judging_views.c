/* SPDX-License-Identifier: MIT */
/*
 * The screens of views 3, 4, 5 and 7 over recordings of the reference driver in virtual time, and
 * over pools that leak, lose events, have no marks, or have nothing.
 */
#include <errno.h>

#include "db/query.h"
#include "tests/viewer/recordings.h"
#include "tuner/judge.h"

static char busy[64], lossy[64], leaky[64], empty[64], many[64];
static struct viewer_options options;

/* --- view 3 ---------------------------------------------------------------------------------- */

static void latency_shows_distributions_and_the_worst(void **state)
{
	expect_all_sizes(&options, "busy-latency", "key 3");
}

static void a_small_screen_shows_either_distribution(void **state)
{
	golden_expect(&options, "busy-hold-80x24.txt", "size 80x24\nkey 3\nkey v");
	golden_expect(&options, "busy-linear-80x24.txt", "size 80x24\nkey 3\nkey v\nkey y");
}

static void figures_are_those_of_the_window(void **state)
{
	golden_expect(&options, "busy-window-80x24.txt",
		      "size 80x24\nkey 3\nkey Home\nkey +\nkey +\nkey +\nkey +\nkey +");
}

static void enter_goes_to_the_moment_of_the_worst(void **state)
{
	golden_expect(&options, "busy-worst-pool-80x24.txt",
		      "size 80x24\nkey 3\nkey Down\nkey Down\nkey Enter");
	/* And Esc comes back to the window and the row. */
	golden_expect(&options, "busy-worst-back-80x24.txt",
		      "size 80x24\nkey 3\nkey Down\nkey Down\nkey Enter\nkey Esc");
}

static void latency_in_other_characters(void **state)
{
	options.chars = VIEWER_CHARS_BRAILLE;
	golden_expect(&options, "busy-latency-braille-120x40.txt", "size 120x40\nkey 3");
	options.chars = VIEWER_CHARS_ASCII;
	golden_expect(&options, "busy-latency-ascii-80x24.txt", "size 80x24\nkey 3");
	golden_expect(&options, "busy-outstanding-ascii-80x24.txt",
		      "size 80x24\nkey 4\ntype :goto 0.03s\nkey Enter");
	golden_expect(&options, "busy-health-ascii-80x24.txt", "size 80x24\nkey 7");
}

static void latency_with_loss_is_marked(void **state)
{
	options.path = lossy;
	golden_expect(&options, "lossy-latency-80x24.ansi", "size 80x24\nkey 3");
	golden_expect(&options, "lossy-latency-120x40.txt", "size 120x40\nkey 3");
}

/* --- view 4 ---------------------------------------------------------------------------------- */

static void outstanding_is_that_of_the_cursor(void **state)
{
	expect_all_sizes(&options, "busy-outstanding", "key 4\ntype :goto 0.03s\nkey Enter");
}

static void the_keys_go_to_the_next_list(void **state)
{
	golden_expect(&options, "busy-lists-80x24.txt",
		      "size 80x24\nkey 4\ntype :goto 0.03s\nkey Enter\nkey v\nkey v\nkey Down");
}

static void nothing_is_out_after_the_end(void **state)
{
	golden_expect(&options, "busy-end-80x24.txt", "size 80x24\nkey 4");
}

static void a_leak_is_found_and_proven(void **state)
{
	options.path = leaky;
	expect_all_sizes(&options, "leaky-outstanding", "key 4");
	golden_expect(&options, "leaky-before-80x24.txt",
		      "size 80x24\nkey 4\ntype :goto 5s\nkey Enter");
	golden_expect(&options, "leaky-pool-80x24.txt", "size 80x24\nkey 4\nkey Enter");
}

static void a_leak_with_loss_is_unproven(void **state)
{
	options.path = lossy;
	golden_expect(&options, "lossy-outstanding-80x24.ansi",
		      "size 80x24\nkey 4\ntype :goto 2s\nkey Enter");
	golden_expect(&options, "lossy-end-120x40.txt", "size 120x40\nkey 4");
}

/* --- view 7 ---------------------------------------------------------------------------------- */

static void health_of_a_sound_recording(void **state)
{
	expect_all_sizes(&options, "busy-health", "key 7");
}

static void losses_lie_on_the_time_line(void **state)
{
	options.path = lossy;
	expect_all_sizes(&options, "lossy-health", "key 7");
}

static void hundreds_of_pools_have_verdicts(void **state)
{
	options.path = many;
	golden_expect(&options, "many-health-80x24.txt", "size 80x24\nkey 7\nkey G");
	golden_expect(&options, "many-latency-80x24.txt", "size 80x24\nkey 3\nkey )\nkey )");
	golden_expect(&options, "many-outstanding-80x24.txt", "size 80x24\nkey 4\nkey )");
}

/* --- view 5 ---------------------------------------------------------------------------------- */

static void the_log_is_that_of_the_cursor(void **state)
{
	expect_all_sizes(&options, "busy-log", "key 5\ntype :goto 0.03s\nkey Enter");
	golden_expect(&options, "busy-log-end-80x24.txt", "size 80x24\nkey 5");
	golden_expect(&options, "busy-log-home-80x24.txt", "size 80x24\nkey 5\nkey Home\nkey PgDn");
}

static void the_log_is_filtered_and_searched(void **state)
{
	expect_all_sizes(&options, "busy-filter",
			 "key 5\nkey g\ntype foutcome=null alloc_complete\nkey Enter");
	golden_expect(&options, "busy-search-80x24.txt",
		      "size 80x24\nkey 5\nkey g\ntype /no_descriptor\nkey Enter\nkey n\nkey n\n"
		      "key N");
	golden_expect(&options, "busy-search-none-80x24.txt",
		      "size 80x24\nkey 5\nkey g\ntype /lead>5s\nkey Enter");
	golden_expect(&options, "busy-filter-wrong-80x24.txt",
		      "size 80x24\nkey 5\ntype flead>5\nkey Enter");
}

static void the_log_leads_to_the_pool_and_back(void **state)
{
	golden_expect(&options, "busy-log-pool-80x24.txt",
		      "size 80x24\nkey 5\nkey g\ntype fdrop\nkey Enter\nkey Down\nkey Enter");
	golden_expect(&options, "busy-log-back-80x24.txt",
		      "size 80x24\nkey 5\nkey g\ntype fdrop\nkey Enter\nkey Down\nkey Enter\n"
		      "key Esc");
}

static void losses_are_rows_of_the_log(void **state)
{
	options.path = lossy;
	golden_expect(&options, "lossy-log-120x40.ansi",
		      "size 120x40\nkey 5\nkey (\ntype :goto 0.83s\nkey Enter\ntype ftick "
		      "pool=0\nkey Enter");
}

static void a_minimum_is_of_the_working_life(void **state)
{
	struct pool_summary *pools;
	struct db_error err;
	struct query *q;
	char wanted[64], *screen;
	size_t nr;

	assert_int_equal(query_open(busy, &q, &err), 0);
	assert_int_equal(query_pools(q, &pools, &nr, &err), 0);
	query_close(q);
	assert_true(pools[0].closed_ns && pools[0].total.min > 0);
	snprintf(wanted, sizeof(wanted), "total             0     %u ", pools[0].total.min);
	free(pools);
	golden_expect(&options, "busy-closed-80x24.txt", "size 80x24\nkey 2");
	screen = golden_read("tests/viewer/golden/busy-closed-80x24.txt");
	assert_non_null(strstr(screen, wanted));
	free(screen);
}

/* --- view 8 ---------------------------------------------------------------------------------- */

static void a_statement_is_answered_as_a_table(void **state)
{
	expect_all_sizes(&options, "busy-sql",
			 "type ;select kind, count(*) as n, max(ts_ns) - min(ts_ns) as "
			 "ns from event group by kind order by n desc\nkey Enter");
	golden_expect(&options, "busy-sql-hint-80x24.txt", "size 80x24\nkey 8");
}

static void a_mistake_in_a_statement_is_one_line(void **state)
{
	golden_expect(&options, "busy-sql-wrong-80x24.txt",
		      "size 80x24\ntype ;select nonsense from pool\nkey Enter");
	golden_expect(&options, "busy-sql-write-80x24.txt",
		      "size 80x24\ntype ;delete from pool\nkey Enter");
}

static void escape_goes_back_from_an_answer(void **state)
{
	golden_expect(&options, "busy-sql-back-80x24.txt",
		      "size 80x24\nkey 7\ntype ;select 1\nkey Enter\nkey Esc");
}

static bool at_once(void *ctx)
{
	++*(int *)ctx;
	return true;
}

static int no_row(int nr, const char *const *values, bool is_header, void *ctx)
{
	return 0;
}

static void a_key_ends_a_statement(void **state)
{
	struct db_error err;
	struct query *q;
	int asked = 0;

	assert_int_equal(query_open(busy, &q, &err), 0);
	query_sql_stop(q, at_once, &asked);
	assert_int_equal(query_sql(q, "select count(*) from event a, event b", no_row, NULL, &err),
			 -EINTR);
	assert_int_equal(asked, 1);
	assert_string_equal(err.text, "stopped");
	query_sql_stop(q, NULL, NULL);
	assert_int_equal(query_sql(q, "select 1", no_row, NULL, &err), 0);
	query_close(q);
}

/* --- nothing --------------------------------------------------------------------------------- */

static void a_pool_without_events_and_marks_is_shown(void **state)
{
	options.path = empty;
	golden_expect(&options, "empty-latency-80x24.txt", "size 80x24\nkey 3\nkey Enter");
	golden_expect(&options, "empty-outstanding-80x24.txt", "size 80x24\nkey 4");
	golden_expect(&options, "empty-outstanding-200x50.txt", "size 200x50\nkey 4\nkey Enter");
	golden_expect(&options, "empty-health-80x24.txt", "size 80x24\nkey 7");
	golden_expect(&options, "empty-log-80x24.txt", "size 80x24\nkey 5");
}

/* --- recordings ------------------------------------------------------------------------------ */

struct spoiler {
	struct store *store;
	uint32_t leaked;	     /* this buffer never comes back; UINT32_MAX: all do */
	uint64_t lost_from, lost_to; /* seqs */
	bool is_gone;
};

static struct store *open_judged(const char *path, struct judge *judge)
{
	return open_store(path, &(struct store_options){.observe = judge_observe,
							.restart = judge_restart,
							.before_commit = judge_before_commit,
							.ctx = judge});
}

static void close_judged(struct store *store, struct judge *judge)
{
	close_store(store);
	judge_close(judge);
}

/* Takes a buffer's returns out of the events; what is left of the event is told. */
static bool swallow(struct spoiler *s, struct pool_event *e, uint32_t *ids)
{
	uint32_t nr = 0;

	if (e->kind == POOL_EVENT_RX_TAKE)
		for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
			s->is_gone |= e->u.rx.buffers[i] == s->leaked;
	if (e->kind != POOL_EVENT_RX_RETURN || !s->is_gone)
		return false;
	for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
		if (e->u.rx.buffers[i] != s->leaked)
			ids[nr++] = e->u.rx.buffers[i];
	e->u.rx.buffers = ids;
	e->u.rx.nr_buffers = nr;
	return nr == 0;
}

static void spoil(const struct pool_event *event, void *ctx)
{
	struct spoiler *s = ctx;
	struct pool_event copy = *event;
	uint32_t ids[256];

	/* What it does not return it may not take again either. */
	if (copy.kind == POOL_EVENT_RX_TAKE && s->is_gone) {
		uint32_t nr = 0;

		for (uint32_t i = 0; i < event->u.rx.nr_buffers; i++)
			if (event->u.rx.buffers[i] != s->leaked)
				ids[nr++] = event->u.rx.buffers[i];
		copy.u.rx.buffers = ids;
		copy.u.rx.nr_buffers = copy.u.rx.frames = (uint16_t)nr;
		if (copy.u.rx.resources > nr)
			copy.u.rx.resources = (uint16_t)nr;
	} else {
		swallow(s, &copy, ids);
	}
	if (copy.kind == POOL_EVENT_POOL_CLOSE && s->leaked != UINT32_MAX) {
		copy.u.close.live_buffers = 1;
		copy.u.close.totals.returned--;
	}
	if (copy.pool == 0 && copy.seq >= s->lost_from && copy.seq < s->lost_to) {
		if (copy.seq + 1 == s->lost_to)
			assert_int_equal(store_loss(s->store, 0, -1, copy.ts_ns - 3000000,
						    copy.ts_ns, s->lost_to - s->lost_from, "lttng"),
					 0);
		return;
	}
	assert_int_equal(store_append(s->store, &copy), 0);
}

static void run_pools(struct spoiler *s, uint32_t nr, double seconds, double rate)
{
	static const char *const names[] = {"eth0-rx", "eth1-rx"};

	for (uint32_t i = 0; i < nr; i++) {
		struct sim_config config = {.pool = i,
					    .name = names[i % 2],
					    .marks = {128, 64, 48, 160, 512, 8, 2, 5},
					    .seed = 11 + i,
					    .start_ns = START_NS,
					    .rate = rate,
					    .hold_ns = 4e6,
					    .lead_ns = 3e6,
					    .refuse = 0.05,
					    .fail = 0.1};
		struct sim sim;

		sim_open(&sim, &config, spoil, s);
		sim_run(&sim, START_NS + (int64_t)(seconds * 1e9));
		sim_close(&sim);
	}
}

static void make_spoiled(void)
{
	struct judge *judge = judge_open();
	struct spoiler s = {.store = open_judged(lossy, judge),
			    .leaked = UINT32_MAX,
			    .lost_from = 20000,
			    .lost_to = 20040};

	run_pools(&s, 2, 4, 60000);
	close_judged(s.store, judge);
	judge = judge_open();
	s = (struct spoiler){.store = open_judged(leaky, judge), .leaked = 37};
	run_pools(&s, 1, 6, 20000);
	close_judged(s.store, judge);
}

/* A pool that says nothing of itself, and one that was only opened. */
static void make_empty(void)
{
	struct judge *judge = judge_open();
	struct store *store = open_judged(empty, judge);
	struct pool_event e = {.ts_ns = START_NS, .kind = POOL_EVENT_POOL_OPEN};

	memset(&e.u.open.marks, 0xff, sizeof(e.u.open.marks));
	e.u.open.name = "quiet";
	e.u.open.buffer_bytes = POOL_UNKNOWN;
	assert_int_equal(store_append(store, &e), 0);
	close_judged(store, judge);
}

static void make_many(void)
{
	struct judge *judge = judge_open();
	struct store *store = open_judged(many, judge);

	run_many(store);
	close_judged(store, judge);
}

static int make_recordings(void **state)
{
	if (recordings_begin())
		return -1;
	recordings_name(lossy, "lossy");
	recordings_name(leaky, "leaky");
	recordings_name(empty, "empty");
	recordings_name(many, "many");
	make_spoiled();
	make_empty();
	make_many();
	return run_refnic(recordings_name(busy, "busy"),
			  "--seed 5 --adapters 2 --block 16 --base 128 --low 40 --high 96"
			  " --limit 1024 --max-pending 2 --shrink-ticks 2"
			  " --traffic incast:rate=60k --hold lognormal:median=1ms,p99=40ms"
			  " --fail null:p=0.08 --fail refuse:p=0.05 --for 3s");
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
		TEST(latency_shows_distributions_and_the_worst),
		TEST(a_small_screen_shows_either_distribution),
		TEST(figures_are_those_of_the_window),
		TEST(enter_goes_to_the_moment_of_the_worst),
		TEST(latency_in_other_characters),
		TEST(latency_with_loss_is_marked),
		TEST(outstanding_is_that_of_the_cursor),
		TEST(the_keys_go_to_the_next_list),
		TEST(nothing_is_out_after_the_end),
		TEST(a_leak_is_found_and_proven),
		TEST(a_leak_with_loss_is_unproven),
		TEST(health_of_a_sound_recording),
		TEST(losses_lie_on_the_time_line),
		TEST(hundreds_of_pools_have_verdicts),
		TEST(the_log_is_that_of_the_cursor),
		TEST(the_log_is_filtered_and_searched),
		TEST(the_log_leads_to_the_pool_and_back),
		TEST(losses_are_rows_of_the_log),
		TEST(a_minimum_is_of_the_working_life),
		TEST(a_statement_is_answered_as_a_table),
		TEST(a_mistake_in_a_statement_is_one_line),
		TEST(a_key_ends_a_statement),
		TEST(escape_goes_back_from_an_answer),
		TEST(a_pool_without_events_and_marks_is_shown),
	};

	return cmocka_run_group_tests(tests, make_recordings, remove_recordings);
}
