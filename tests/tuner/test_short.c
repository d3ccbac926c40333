/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out while a demand is read, planned for and turned into steps: each allocation
 * fails once.  Whatever comes of it is said, or is what would have come of it otherwise; and with
 * `make check-asan`, nothing leaks and nothing is used after it was freed.
 */
#include <errno.h>
#include <stdatomic.h>

#include "tests/tuner/tape.h"
#include "tests/tuner/worlds.h"
#include "tuner/path.h"
#include "tuner/plan.h"

/* Linked with -Wl,--wrap: calls of our own code come here. */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t nr, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t nr, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);

static atomic_long until_failure; /* allocations; below 0: none fails */

static bool fails(void)
{
	return until_failure >= 0 && atomic_fetch_sub(&until_failure, 1) == 0;
}

void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t nr, size_t bytes)
{
	return fails() ? NULL : __real_calloc(nr, bytes);
}

void *__wrap_realloc(void *memory, size_t bytes)
{
	return fails() ? NULL : __real_realloc(memory, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
	return fails() ? NULL : __real_aligned_alloc(alignment, bytes);
}

/* --- what is read --------------------------------------------------------------------------------
 */

static void say_rx(struct tape *t, struct rng *rng, bool take)
{
	uint32_t some[5], nr = 1 + world_below(rng, 5);

	/* Ids beyond 2^20 are looked up otherwise. */
	for (uint32_t k = 0; k < nr; k++)
		some[k] = world_below(rng, 2) ? world_below(rng, 300)
					      : (UINT32_C(1) << 24) + world_below(rng, 2000);
	tape_rx(t, take ? POOL_EVENT_RX_TAKE : POOL_EVENT_RX_RETURN, some, nr,
		take && !world_below(rng, 5) ? (uint16_t)world_below(rng, nr + 1) : 0,
		world_below(rng, 300) ? 1000 : INT64_C(5000000000));
}

static struct query *some_recording(struct tape *t)
{
	struct pool_event drop = {.kind = POOL_EVENT_RX_DROP,
				  .u.drop = {9, POOL_DROP_NO_DESCRIPTOR}};
	struct pool_event request = {.kind = POOL_EVENT_ALLOC_REQUEST};
	struct rng rng;

	*t = tape_open();
	rng_init(&rng, 22, 1);
	for (int i = 0; i < 20000; i++) {
		say_rx(t, &rng, world_below(&rng, 100) < 52);
		if (i % 500 == 0)
			tape_say(t, drop, 5000);
		if (i % 50 == 0) { /* none is answered */
			request.u.request.request++;
			tape_say(t, request, 10);
		}
	}
	return tape_query(t);
}

/* What comes of it all. */
struct outcome {
	int ret;
	size_t nr, nr_leads;
	uint64_t takes, not_imputed;
	uint32_t max_held;
	int64_t robust_low;
	double mean;
};

static int plan_and_make(struct demand *d, struct outcome *out)
{
	struct lead lead = lead_fixed(2000000);
	struct lead_sample leads = {0};
	struct plan_request q = {{.max_pending = 1}, &lead, &leads, 0, 1, 0};
	static struct plan plan;
	int ret = lead_sample_make(d, &lead, false, &leads);

	if (!ret)
		ret = plan_first(d, &q, &plan);
	lead_sample_release(&leads);
	if (!ret)
		ret = demand_make_steps(d);
	if (!ret)
		*out = (struct outcome){0,
					d->nr,
					d->nr_leads,
					d->takes,
					d->quality.not_imputed,
					d->max_held,
					plan.robust_low,
					plan.clairvoyant_mean};
	return ret;
}

static struct outcome read_all(struct query *q, long failing)
{
	struct outcome out = {0};
	struct demand *d = NULL;
	struct db_error err = {""};

	until_failure = failing;
	out.ret = demand_read_path(q, 0, &d, &err);
	if (!out.ret)
		out.ret = plan_and_make(d, &out);
	demand_close(d);
	return out;
}

static void memory_that_runs_out_is_said(void **state)
{
	struct tape t;
	struct query *q = some_recording(&t);
	struct outcome whole = read_all(q, -1), out;
	struct demand *d = NULL;
	struct db_error err;
	long failing = 0, said = 0;

	assert_int_equal(demand_read_path(q, 0, &d, &err), 0);
	assert_true(d->holds && path_length(d) > 20000); /* two threads share the work */
	demand_close(d);
	d = NULL;
	assert_int_equal(whole.ret, 0);
	assert_true(whole.nr_leads > 100);
	do {
		out = read_all(q, failing++);
		if (out.ret) {
			said++;
			assert_in_range(-out.ret, 1, 200);
			continue;
		}
		assert_int_equal(out.nr, whole.nr);
		assert_int_equal(out.nr_leads, whole.nr_leads);
		assert_int_equal(out.takes, whole.takes);
		assert_int_equal(out.not_imputed, whole.not_imputed);
		assert_int_equal(out.max_held, whole.max_held);
		assert_int_equal(out.robust_low, whole.robust_low);
		assert_true(out.mean == whole.mean);
	} while (until_failure < 0 || out.ret);
	assert_true(said > 30);
	for (long i = 0; i < failing; i++) { /* the same, from one call */
		until_failure = i;
		if (demand_read(q, 0, &d, &err)) {
			assert_null(d);
			continue;
		}
		assert_int_equal(d->nr, whole.nr);
		assert_int_equal(d->nr_leads, whole.nr_leads);
		demand_close(d);
		d = NULL;
	}
	until_failure = -1;
	query_close(q);
	fixture_remove(t.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_that_runs_out_is_said),
	};

	until_failure = -1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
