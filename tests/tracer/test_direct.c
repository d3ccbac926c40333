/* SPDX-License-Identifier: MIT */
/* The direct sink: what is said through poolscope.h is what the database holds, without LTTng. */
#include "tests/db/fixture.h"

#include <errno.h>
#include <pthread.h>

#include "tracer/direct.h"
#include "tracer/poolscope.h"

static const struct poolscope_marks marks = {1, 2, 3, 4, 5, 6, 7, 8};
static const struct poolscope_totals totals = {11, 12, 13, 14, 15, 16, 17, 18, 19};

static int64_t clock_ns;

static int64_t tell_time(void *clock)
{
	return *(int64_t *)clock;
}

static struct direct *open_direct(const char *path)
{
	const struct direct_options options = {
		.store = {.command_line = "test", .trace = "test"},
		.now_ns = tell_time,
		.clock = &clock_ns,
	};
	struct direct *direct;
	struct db_error err = {""};

	clock_ns = T0;
	if (direct_open(path, &options, &direct, &err))
		fail_msg("%s", err.text);
	return direct;
}

static void close_direct(struct direct *direct)
{
	struct db_error err = {""};

	if (direct_close(direct, STORE_END_COMPLETE, "told", &err))
		fail_msg("%s", err.text);
}

/* Each event once, every argument with a value of its own; a second passes before each. */
static void say_everything(struct poolscope_pool *pool)
{
	const struct poolscope_state state = {.available = 21,
					      .total = 22,
					      .pending = 23,
					      .fallback = true,
					      .running = true,
					      .totals = totals,
					      .marks = marks};
	const uint32_t ids[] = {31, 32, 70000};

	poolscope_tick(pool, &state);
	clock_ns += 1000 * MS;
	poolscope_alloc_request(pool, 41, 42, true, 2, 43, 44, 45);
	poolscope_alloc_refused(pool, 41, 0xc0000001);
	poolscope_alloc_complete(pool, 51, 52, &marks, 0x53, 54, 1, POOLSCOPE_WRAP_FAILED, 55, 56);
	poolscope_block_free(pool, 61, &totals, 0x62, 63, POOLSCOPE_FREE_LATE, 64, 65);
	poolscope_rx_take(pool, ids, 3, 1, 71);
	poolscope_rx_return(pool, ids, 2, 72);
	poolscope_rx_drop(pool, 73, POOLSCOPE_DROP_FIFO);
	poolscope_fallback(pool, true, 74);
	poolscope_violation(pool, 75, 0x76);
	poolscope_pool_close(pool, &totals, 81, 82);
}

/* One row must answer to the condition. */
static void assert_row(const char *path, uint64_t seq, const char *condition)
{
	char sql[600];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM event WHERE pool = 0 AND seq = %llu AND %s",
		 (unsigned long long)seq, condition);
	if (fixture_int(path, sql) != 1)
		fail_msg("seq %llu: not %s", (unsigned long long)seq, condition);
}

#define TOTALS                                                                                     \
	"requested = 11 AND refused = 12 AND completed = 13 AND failed = 14 AND freed = 15 AND "   \
	"taken = 16 AND returned = 17 AND resources = 18 AND dropped = 19"
#define MARKS                                                                                      \
	"base = 1 AND block_buffers = 2 AND low = 3 AND high = 4 AND limit_buffers = 5 AND "       \
	"reserve = 6 AND max_pending = 7 AND shrink_ticks = 8"

static void every_argument_arrives(void **state)
{
	char *path = fixture_path();
	struct direct *direct = open_direct(path);
	char condition[200];

	say_everything(poolscope_pool_open("rx7", 5, 2048, &marks));
	close_direct(direct);
	assert_row(path, 0,
		   "kind = 'pool_open' AND name = 'rx7' AND generation = 5 AND "
		   "buffer_bytes = 2048 AND " MARKS);
	assert_row(path, 1,
		   "kind = 'tick' AND available = 21 AND total = 22 AND pending = 23 AND "
		   "fallback = 1 AND running = 1 AND " TOTALS " AND " MARKS);
	assert_row(path, 2,
		   "kind = 'alloc_request' AND request = 41 AND length_bytes = 42 AND "
		   "cached = 1 AND irql = 2 AND available = 43 AND total = 44 AND "
		   "pending = 45");
	assert_row(path, 3, "kind = 'alloc_refused' AND request = 41 AND status = 3221225473");
	assert_row(path, 4,
		   "kind = 'alloc_complete' AND request = 51 AND block = 52 AND "
		   "pa = 83 AND length_bytes = 54 AND irql = 1 AND "
		   "outcome = 'wrap_failed' AND buffers = 55 AND available = 56");
	snprintf(condition, sizeof(condition), "va = %lld", (long long)(intptr_t)&marks);
	assert_row(path, 4, condition);
	assert_row(path, 5,
		   "kind = 'block_free' AND block = 61 AND pa = 98 AND length_bytes = 63 "
		   "AND reason = 'late' AND buffers = 64 AND available = 65");
	assert_row(path, 6, "kind = 'rx_take' AND resources = 1 AND available = 71");
	assert_row(path, 7, "kind = 'rx_return' AND available = 72");
	assert_row(path, 8, "kind = 'rx_drop' AND count = 73 AND cause = 'fifo'");
	assert_row(path, 9, "kind = 'fallback' AND \"on\" = 1 AND available = 74");
	assert_row(path, 10, "kind = 'violation' AND rule = 75 AND object = 118");
	assert_row(path, 11,
		   "kind = 'pool_close' AND live_blocks = 81 AND live_buffers = 82 AND " TOTALS);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM event"), 12);
	fixture_remove(path);
}

static void times_are_the_clocks(void **state)
{
	char *path = fixture_path();
	struct direct *direct = open_direct(path);

	say_everything(poolscope_pool_open("rx7", 6, 2048, &marks));
	close_direct(direct);
	assert_int_equal(fixture_int(path, "SELECT ts_ns FROM event WHERE seq = 1"), T0);
	assert_int_equal(fixture_int(path, "SELECT ts_ns FROM event WHERE seq = 2"),
			 T0 + 1000 * MS);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM meta WHERE key = 'ended' AND "
					   "value = 'complete'"),
			 1);
	fixture_remove(path);
}

static void nothing_is_wanted_before_and_after(void **state)
{
	char *path = fixture_path();
	struct poolscope_pool *early = poolscope_pool_open("early", 0, 1, &marks);
	struct poolscope_pool *late;
	struct direct *direct;

	assert_false(poolscope_wants(POOLSCOPE_EV_RX_TAKE));
	direct = open_direct(path);
	assert_true(poolscope_wants(POOLSCOPE_EV_RX_TAKE));
	late = poolscope_pool_open("late", 0, 1, &marks);
	say_everything(early); /* LTTng's, and nobody's here */
	assert_true(poolscope_wants(POOLSCOPE_EV_RX_TAKE));
	poolscope_rx_drop(late, 1, POOLSCOPE_DROP_FIFO);
	close_direct(direct);
	assert_false(poolscope_wants(POOLSCOPE_EV_RX_TAKE));
	say_everything(late); /* was never closed: goes nowhere */
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM event"), 2);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM event WHERE pool = 0"), 2);
	fixture_remove(path);
}

static void file_that_exists_is_left_alone(void **state)
{
	const struct direct_options options = {.store = {.trace = "test"}};
	char *path = fixture_path();
	struct direct *direct = open_direct(path), *second = direct;
	struct db_error err = {""};

	close_direct(direct);
	assert_int_equal(direct_open(path, &options, &second, &err), -EEXIST);
	assert_null(second);
	assert_true(*err.text);
	assert_false(poolscope_wants(POOLSCOPE_EV_TICK));
	fixture_remove(path);
}

#define THREADS 4
#define ROUNDS	20000

static void *live(void *arg)
{
	struct poolscope_pool *pool = poolscope_pool_open(arg, 0, 2048, &marks);
	const uint32_t id = 1;

	for (int i = 0; i < ROUNDS; i++)
		poolscope_rx_take(pool, &id, 1, 0, 1);
	poolscope_pool_close(pool, &totals, 0, 0);
	return NULL;
}

/* Pools are said at once, from threads of their own; a full queue makes them wait. */
static void pools_of_several_threads_lose_nothing(void **state)
{
	static char names[THREADS][16];
	const struct direct_options options = {.store = {.trace = "test"}};
	char *path = fixture_path();
	pthread_t threads[THREADS];
	struct direct *direct;
	struct db_error err = {""};

	assert_int_equal(direct_open(path, &options, &direct, &err), 0);
	for (int i = 0; i < THREADS; i++) {
		snprintf(names[i], sizeof(names[i]), "p%d", i);
		assert_int_equal(pthread_create(&threads[i], NULL, live, names[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	close_direct(direct);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM event"), THREADS * (ROUNDS + 2));
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 0);
	assert_int_equal(fixture_int(path, "SELECT count(DISTINCT name) FROM pool"), THREADS);
	/* Without a clock of its own: the machine's, in this century. */
	assert_true(fixture_int(path, "SELECT min(ts_ns) FROM event") > T0 - T0 / 10);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_argument_arrives),
		cmocka_unit_test(times_are_the_clocks),
		cmocka_unit_test(nothing_is_wanted_before_and_after),
		cmocka_unit_test(file_that_exists_is_left_alone),
		cmocka_unit_test(pools_of_several_threads_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
