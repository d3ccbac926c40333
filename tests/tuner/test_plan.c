/* SPDX-License-Identifier: MIT */
/* The search for marks: in which order things are known, and that it does not matter who does what.
 */
#include "tests/tuner/worlds.h"

#include "tuner/parallel.h"
#include "tuner/plan.h"

static void same_setting(const struct plan_setting *a, const struct plan_setting *b)
{
	assert_memory_equal(&a->marks, &b->marks, sizeof(a->marks));
	world_same(&a->sim, &b->sim);
	assert_true(a->cost == b->cost);
	assert_int_equal(a->worst_missed, b->worst_missed);
}

/* What is known before the search is what comes of it. */
static void first_is_as_planned(const struct plan *f, const struct plan *p)
{
	assert_true(f->longest_ns == p->longest_ns && f->safe_ns == p->safe_ns);
	assert_int_equal(f->robust_low, p->robust_low);
	assert_int_equal(f->safe_low, p->safe_low);
	assert_true(f->safe_low >= f->robust_low && f->robust_low > 0);
	assert_int_equal(f->size_static, p->row[PLAN_STATIC].marks.limit);
	assert_int_equal(f->size, p->row[PLAN_SAFE].marks.limit);
	assert_true(f->clairvoyant_mean == p->clairvoyant_mean);
	assert_true(f->clairvoyant_mean > 0 && f->clairvoyant_mean < f->size);
	assert_int_equal(f->tried, 0);
	assert_true(p->tried > 0);
}

static void first_answer_needs_no_search_and_threads_do_not_matter(void **state)
{
	enum { LONG = 60000 };
	struct demand_row *rows = calloc(LONG, sizeof(*rows));
	struct demand_lead samples[] = {{0, 20000, DEMAND_LEAD_CAME}, {9, 90000, DEMAND_LEAD_CAME}};
	struct lead lead = {.kind = LEAD_NEAREST, .samples = samples, .nr_samples = 2};
	struct plan_request q = {{.reserve = 1, .max_pending = 1}, &lead, NULL, 0, 1};
	static struct plan one, many, first;
	cpu_set_t all;
	struct lead_sample leads;
	struct rng rng;
	struct demand *d;

	rng_init(&rng, 17, 3);
	world_rows(&rng, rows, LONG, 20000);
	for (size_t i = 0; i < LONG; i++)
		if (rows[i].hold_ns == DEMAND_HELD_FOR_EVER)
			rows[i].hold_ns = 100000;
	d = world_demand(rows, LONG);
	free(rows);
	assert_int_equal(lead_sample_make(d, &lead, true, &leads), 0);
	q.leads = &leads;
	assert_int_equal(plan_first(d, &q, &first), 0);
	assert_int_equal(plan_make(d, &q, &many), 0);
	first_is_as_planned(&first, &many);
	all = world_one_processor();
	assert_int_equal(parallel_threads(), 1);
	assert_int_equal(plan_first(d, &q, &first), 0);
	assert_int_equal(plan_make(d, &q, &one), 0);
	first_is_as_planned(&first, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
	assert_int_equal(one.tried, many.tried);
	assert_int_equal(one.possible, many.possible);
	assert_int_equal(one.nr_front, many.nr_front);
	for (size_t i = 0; i < one.nr_front; i++)
		same_setting(&one.front[i], &many.front[i]);
	for (int i = 0; i < PLAN_NR; i++) {
		assert_int_equal(one.has[i], many.has[i]);
		if (one.has[i])
			same_setting(&one.row[i], &many.row[i]);
	}
	lead_sample_release(&leads);
	demand_close(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_answer_needs_no_search_and_threads_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
