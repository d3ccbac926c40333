/* SPDX-License-Identifier: MIT */
/* Several traces in one file: whose pool is which. */
#include "tests/db/fixture.h"

static uint32_t trace_of(struct store *store, const char *name, const char *host)
{
	struct db_error err;
	uint32_t trace = 0;

	assert_int_equal(store_trace(store, name, host, &trace, &err), 0);
	assert_true(trace > 0);
	return trace;
}

struct teller {
	struct store *store;
	uint32_t trace;
};

static void tell(const struct pool_event *e, void *ctx)
{
	const struct teller *t = ctx;
	struct pool_event copy = *e;

	copy.trace = t->trace;
	fixture_emit(&copy, t->store);
}

/* The same pool numbers, times and seqs: only the trace tells them apart. */
static void pools_of_one_number_in_two_traces_are_two_pools(void **state)
{
	char *path = fixture_path(), text[64];
	struct store *store = fixture_open(path);
	struct teller second = {store, trace_of(store, "other", "far.example")};

	fixture_life(1, 0.5, fixture_emit, store);
	fixture_life(2, 0.5, tell, &second);
	second.trace = trace_of(store, "third", NULL);
	fixture_life(2, 0.5, tell, &second);
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM pool"), 3);
	assert_int_equal(fixture_int(path, "SELECT pool FROM pool JOIN trace USING (trace)"
					   " WHERE trace.name = 'other' AND number = 0"),
			 1);
	assert_int_equal(fixture_int(path, "SELECT pool FROM pool JOIN trace USING (trace)"
					   " WHERE trace.name = 'third' AND number = 0"),
			 2);
	fixture_text(path, "SELECT host FROM pool WHERE pool = 1", text, sizeof(text));
	assert_string_equal(text, "far.example");
	assert_int_equal(fixture_int(path, "SELECT p.host = m.value FROM pool p, meta m"
					   " WHERE p.pool = 2 AND m.key = 'host'"),
			 1);
	assert_int_equal(fixture_int(path, "SELECT a.events = b.events AND a.taken = b.taken AND"
					   " a.taken > 0 FROM summary a, summary b"
					   " WHERE a.pool = 1 AND b.pool = 2"),
			 1);
	assert_int_equal(fixture_int(path, "SELECT max(audit_mismatches) FROM summary"), 0);
	assert_true(fixture_status(path).complete);
	fixture_remove(path);
}

static void trace_is_found_again_by_its_name(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	uint32_t other = trace_of(store, "other", NULL);

	assert_int_equal(trace_of(store, "other", NULL), other);
	assert_int_equal(trace_of(store, "test", NULL), 1); /* the one the store was opened for */
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM trace"), 2);
	fixture_remove(path);
}

static void loss_is_that_of_its_traces_pool(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct teller second = {store, trace_of(store, "other", NULL)};

	fixture_life(1, 0.1, fixture_emit, store);
	fixture_life(2, 0.1, tell, &second);
	assert_int_equal(store_loss(store, second.trace, 0, T0, T0 + MS, 5, "lttng"), 0);
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT pool FROM loss WHERE trace = 2"), 1);
	assert_int_equal(fixture_int(path, "SELECT lost_told FROM summary WHERE pool = 0"), 0);
	assert_int_equal(fixture_int(path, "SELECT lost_told FROM summary WHERE pool = 1"), 5);
	fixture_remove(path);
}

static void event_of_a_trace_that_nobody_named_is_a_loss(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct teller nobody = {store, 77};

	fixture_life(1, 0.1, fixture_emit, store);
	fixture_life(1, 0.001, tell, &nobody);
	fixture_close(store);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM pool"), 1);
	assert_true(fixture_int(path, "SELECT sum(events) FROM loss WHERE source = 'bad'") > 3);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_of_one_number_in_two_traces_are_two_pools),
		cmocka_unit_test(trace_is_found_again_by_its_name),
		cmocka_unit_test(loss_is_that_of_its_traces_pool),
		cmocka_unit_test(event_of_a_trace_that_nobody_named_is_a_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
