/* SPDX-License-Identifier: MIT */
/* A recording of several pools is judged pool by pool while it is stored. */
#include "tuner/judge.h"
#include "tests/db/fixture.h"

#define WRONG_POOL 1

struct teller {
	struct store *store;
	uint64_t takes; /* of WRONG_POOL */
	int64_t wrong_ns;
};

/* One take of one pool says more RESOURCES than the policy decides. */
static void tell(const struct pool_event *e, void *ctx)
{
	struct teller *t = ctx;
	struct pool_event copy = *e;

	if (e->pool == WRONG_POOL && e->kind == POOL_EVENT_RX_TAKE && ++t->takes == 100) {
		copy.u.rx.resources = copy.u.rx.resources ? 0 : 1;
		t->wrong_ns = e->ts_ns;
	}
	fixture_emit(&copy, t->store);
}

static struct store *open_judged(const char *path, struct judge *judge)
{
	struct store_options options = {.trace = "test",
					.may_replace = true,
					.observe = judge_observe,
					.restart = judge_restart,
					.before_commit = judge_before_commit,
					.ctx = judge};
	struct store *store;
	struct db_error err;

	assert_int_equal(store_open(path, &options, &store, &err), 0);
	return store;
}

/* The pools have different marks and take turns, so that one's events fit no other. */
static void wrong_decision_is_that_of_its_pool(void **state)
{
	char *path = fixture_path();
	struct judge *judge = judge_open();
	struct teller teller = {.store = open_judged(path, judge)};
	struct sim sims[3];

	for (uint32_t i = 0; i < 3; i++) {
		struct sim_config config = fixture_config(20 + i);

		config.pool = i;
		config.marks.base += 64 * i;
		config.marks.high += 32 * i;
		sim_open(&sims[i], &config, tell, &teller);
	}
	for (int64_t ms = 10; ms <= 500; ms += 10)
		for (uint32_t i = 0; i < 3; i++)
			sim_run(&sims[i], T0 + ms * MS);
	for (uint32_t i = 0; i < 3; i++)
		sim_close(&sims[i]);
	fixture_close(teller.store);
	judge_close(judge);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM summary"
					   " WHERE identity_checked > 100"),
			 3);
	assert_int_equal(fixture_int(path, "SELECT identity_first_ns FROM summary WHERE pool = 1"),
			 teller.wrong_ns);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM summary"
					   " WHERE identity_mismatches > 0"),
			 1);
	fixture_remove(path);
}

static void every_one_of_many_pools_is_judged(void **state)
{
	char *path = fixture_path();
	struct judge *judge = judge_open();
	struct store *store = open_judged(path, judge);

	for (uint32_t i = 0; i < 300; i++) {
		struct sim_config config = fixture_config(i);
		struct sim sim;

		config.pool = i;
		sim_open(&sim, &config, fixture_emit, store);
		sim_run(&sim, T0 + 5 * MS);
		sim_close(&sim);
	}
	fixture_close(store);
	judge_close(judge);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM summary WHERE"
					   " identity_checked > 0 AND identity_mismatches = 0"),
			 300);
	fixture_remove(path);
}

static void without_memory_for_it_nothing_is_judged(void **state)
{
	char *path = fixture_path();
	struct store *store = open_judged(path, NULL);

	fixture_life(1, 0.1, fixture_emit, store);
	fixture_close(store);
	judge_close(NULL);
	assert_int_equal(fixture_pool(path).identity_checked, 0);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_decision_is_that_of_its_pool),
		cmocka_unit_test(every_one_of_many_pools_is_judged),
		cmocka_unit_test(without_memory_for_it_nothing_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
