/* SPDX-License-Identifier: MIT */
/* Streams that several threads decode, merged into one order and stored. */
#include "tests/db/fixture.h"

#include <errno.h>
#include <pthread.h>

#include "tracer/merge.h"

#define NR_LANES 3
#define SHARED	 99 /* a pool with events in every lane */

/* What a lane is to hold: drops, one a pair of a pool's seq and a time. */
struct feed {
	struct lane *lane;
	uint32_t process;
	unsigned which;
	unsigned nr;
	int64_t fails_at; /* after events up to this time; 0: it does not */
};

struct stored {
	int64_t newest_ns;
	unsigned nr, nr_back;
};

struct bench {
	char *path;
	struct store *store;
	struct owners *owners;
	struct lanes lanes;
	struct feed feeds[NR_LANES];
	struct stored stored;
	atomic_ullong events;
	struct db_error err;
};

static void see(const struct pool_event *event, bool contiguous, void *ctx)
{
	struct stored *s = ctx;

	(void)contiguous;
	s->nr++;
	s->nr_back += event->ts_ns < s->newest_ns;
	s->newest_ns = event->ts_ns;
}

static void begin(struct bench *b, unsigned nr)
{
	struct store_options options = {.all_named = true, .observe = see, .ctx = &b->stored};

	memset(b, 0, sizeof(*b));
	b->path = fixture_path();
	assert_int_equal(store_open(b->path, &options, &b->store, &b->err), 0);
	b->owners = owners_create(b->store, "test");
	assert_int_equal(lanes_init(&b->lanes, NR_LANES), 0);
	for (unsigned i = 0; i < NR_LANES; i++)
		b->feeds[i] = (struct feed){&b->lanes.list[i], owners_process(b->owners, false, 0),
					    i, nr, 0};
}

static void end(struct bench *b)
{
	lanes_stop(&b->lanes);
	lanes_release(&b->lanes);
	owners_destroy(b->owners);
	fixture_remove(b->path);
}

static int merge(struct bench *b)
{
	return merge_lanes(&b->lanes, b->owners, b->store, &b->events, &b->err);
}

static void put(struct feed *f, uint32_t pool, uint64_t seq, int64_t ts_ns)
{
	struct pool_event e = {.ts_ns = ts_ns,
			       .seq = seq,
			       .pool = pool,
			       .trace = f->process,
			       .kind = POOL_EVENT_RX_DROP,
			       .u.drop.count = 1};

	pthread_mutex_lock(&f->lane->all->lock);
	while (!lane_has_room(f->lane) && !atomic_load(&f->lane->all->stopped))
		pthread_cond_wait(&f->lane->all->freed, &f->lane->all->lock);
	pthread_mutex_unlock(&f->lane->all->lock);
	assert_int_equal(lane_put_event(f->lane, &e), 0);
}

/*
 * Event i of lane k is at i * 3 + k: all lanes in turn.  Every second one is of the shared pool,
 * whose seq goes through all lanes; the others are of the lane's own pool.
 */
static void *feed(void *arg)
{
	struct feed *f = arg;

	for (unsigned i = 0; i < f->nr; i++) {
		int64_t at = (int64_t)i * NR_LANES + f->which;

		if (f->fails_at && T0 + at > f->fails_at) {
			lane_fail(f->lane, "made to fail", T0 + at - NR_LANES);
			return NULL;
		}
		if (i % 2)
			put(f, SHARED, (uint64_t)(i / 2) * NR_LANES + f->which, T0 + at);
		else
			put(f, f->which, i / 2, T0 + at);
	}
	lane_end(f->lane);
	return NULL;
}

/* Each lane from a thread of its own. */
static int merge_fed(struct bench *b)
{
	pthread_t threads[NR_LANES];
	int ret;

	for (unsigned i = 0; i < NR_LANES; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, feed, &b->feeds[i]), 0);
	ret = merge(b);
	lanes_stop(&b->lanes);
	for (unsigned i = 0; i < NR_LANES; i++)
		pthread_join(threads[i], NULL);
	return ret;
}

static void lanes_are_stored_in_order_of_time(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 20000);
	assert_int_equal(merge_fed(&b), 0);
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 60000);
	assert_int_equal(b.events, 60000);
	assert_int_equal(b.stored.nr_back, 0);
	assert_int_equal(fixture_int(b.path, "SELECT count(*) FROM ev_drop"), 60000);
	assert_int_equal(fixture_int(b.path, "SELECT count(*) FROM loss"), 0);
	assert_int_equal(fixture_int(b.path, "SELECT count(*) FROM pool"), 4);
	assert_int_equal(fixture_int(b.path, "SELECT count(*) FROM trace WHERE name = 'test'"), 1);
	end(&b);
}

/* Whatever the threads do, the same events are stored: all those before the failure. */
static void failed_lane_ends_the_merge_where_it_failed(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 20000);
	b.feeds[1].fails_at = T0 + 10000; /* which is its last */
	assert_int_equal(merge_fed(&b), -EIO);
	assert_string_equal(b.err.text, "made to fail");
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 10001); /* all up to there: one a nanosecond */
	assert_int_equal(b.stored.newest_ns, T0 + 10000);
	end(&b);
}

static void lane_that_fails_at_once_stores_nothing(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 10);
	lane_fail(b.feeds[0].lane, "made to fail", INT64_MIN);
	feed(&b.feeds[1]);
	feed(&b.feeds[2]);
	assert_int_equal(merge(&b), -EIO);
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 0);
	end(&b);
}

/* Three pieces of one stream, filled in any order. */
static void lanes_that_follow_are_one_stream(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 10);
	b.lanes.list[1].follows = b.lanes.list[2].follows = true;
	put(&b.feeds[2], 0, 3, T0 + 30);
	lane_end(b.feeds[2].lane);
	lane_end(b.feeds[1].lane); /* an empty one */
	for (unsigned i = 0; i < 3; i++)
		put(&b.feeds[0], 0, i, T0 + i);
	lane_end(b.feeds[0].lane);
	assert_int_equal(merge(&b), 0);
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 4);
	assert_int_equal(b.stored.nr_back, 0);
	assert_int_equal(fixture_int(b.path, "SELECT count(*) FROM loss"), 0);
	end(&b);
}

static void piece_that_fails_ends_the_merge_though_others_follow(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 10);
	b.lanes.list[1].follows = b.lanes.list[2].follows = true;
	put(&b.feeds[0], 0, 0, T0);
	lane_end(b.feeds[0].lane);
	lane_fail(b.feeds[1].lane, "made to fail", T0);
	put(&b.feeds[2], 0, 1, T0 + 1);
	lane_end(b.feeds[2].lane);
	assert_int_equal(merge(&b), -EIO);
	assert_string_equal(b.err.text, "made to fail");
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 1);
	end(&b);
}

static void piece_that_begins_before_the_end_of_the_last_one_is_not_merged(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 10);
	b.lanes.list[1].follows = b.lanes.list[2].follows = true;
	put(&b.feeds[0], 0, 0, T0 + 5);
	put(&b.feeds[1], 0, 1, T0 + 4);
	for (unsigned i = 0; i < NR_LANES; i++)
		lane_end(b.feeds[i].lane);
	assert_int_equal(merge(&b), -EIO);
	assert_non_null(strstr(b.err.text, "time goes back"));
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 1);
	end(&b);
}

static void losses_and_what_no_row_holds_keep_their_trace(void **state)
{
	struct queue_loss loss = {.pool = -1,
				  .start_ns = T0 + 5,
				  .end_ns = T0 + 6,
				  .events = 7,
				  .seq = UINT64_MAX,
				  .source = "lttng"};
	struct bench b;

	(void)state;
	begin(&b, 10);
	put(&b.feeds[0], 0, UINT64_C(1) << 50, T0 + 100);
	assert_int_equal(lane_put_loss(b.feeds[1].lane, &loss), 0);
	lane_end(b.feeds[0].lane);
	lane_end(b.feeds[1].lane);
	feed(&b.feeds[2]);
	assert_int_equal(merge(&b), 0);
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 10);
	assert_int_equal(
		fixture_int(b.path,
			    "SELECT count(*) FROM loss WHERE trace = 1 AND source <> 'seq'"),
		2);
	assert_int_equal(fixture_int(b.path, "SELECT events FROM loss WHERE source = 'lttng'"), 7);
	assert_int_equal(fixture_int(b.path, "SELECT start_ns FROM loss WHERE source = 'bad'"),
			 T0 + 100);
	end(&b);
}

/* A stream that lies far ahead of the others is not read without end. */
static void lane_that_is_far_ahead_waits_for_the_others(void **state)
{
	static uint32_t ids[QUEUE_IDS_MAX];
	struct pool_event e = {.ts_ns = T0,
			       .kind = POOL_EVENT_RX_RETURN,
			       .u.rx.buffers = ids,
			       .u.rx.nr_buffers = QUEUE_IDS_MAX};
	struct lanes lanes;
	struct chunk *c;
	size_t nr = 0;

	(void)state;
	assert_int_equal(lanes_init(&lanes, 2), 0);
	for (; lane_has_room(&lanes.list[0]); nr++)
		assert_int_equal(lane_put_event(&lanes.list[0], &e), 0);
	assert_in_range(nr * sizeof(ids), LANES_BYTES - sizeof(ids) * 2, LANES_BYTES);
	assert_true(lane_has_room(&lanes.list[1])); /* what the merge may be waiting for */
	for (nr = 0; lane_has_room(&lanes.list[1]); nr++)
		assert_int_equal(lane_put_event(&lanes.list[1], &e), 0);
	assert_int_equal(nr, LANE_CHUNKS_MIN);
	c = lane_take(&lanes.list[1]);
	assert_non_null(c);
	assert_false(lane_has_room(&lanes.list[1]));
	chunk_give_back(c);
	assert_true(lane_has_room(&lanes.list[1]));
	lanes_release(&lanes);
}

static void store_that_takes_no_more_gets_nothing_and_keeps_nothing(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 20000);
	assert_int_equal(store_drain(b.store), 0);
	assert_int_equal(merge_fed(&b), -EIO);
	lanes_release(&b.lanes); /* or it would wait for chunks for ever */
	assert_int_equal(lanes_init(&b.lanes, 1), 0);
	fixture_close(b.store);
	assert_int_equal(b.stored.nr, 0);
	end(&b);
}

/* Somebody who waits for a lane is told. */
static void stopped_lanes_end_the_merge(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 100);
	feed(&b.feeds[0]);
	lanes_stop(&b.lanes);
	assert_int_equal(merge(&b), -ECANCELED);
	fixture_close(b.store);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes_are_stored_in_order_of_time),
		cmocka_unit_test(failed_lane_ends_the_merge_where_it_failed),
		cmocka_unit_test(lane_that_fails_at_once_stores_nothing),
		cmocka_unit_test(lanes_that_follow_are_one_stream),
		cmocka_unit_test(piece_that_fails_ends_the_merge_though_others_follow),
		cmocka_unit_test(piece_that_begins_before_the_end_of_the_last_one_is_not_merged),
		cmocka_unit_test(losses_and_what_no_row_holds_keep_their_trace),
		cmocka_unit_test(lane_that_is_far_ahead_waits_for_the_others),
		cmocka_unit_test(store_that_takes_no_more_gets_nothing_and_keeps_nothing),
		cmocka_unit_test(stopped_lanes_end_the_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
