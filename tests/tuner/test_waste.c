/* SPDX-License-Identifier: MIT */
/* Frees that were not worth it. */
#include "tests/tuner/worlds.h"

#include "tuner/waste.h"

#define MS     INT64_C(1000000)
#define WAVES  20
#define HEIGHT 30

/* So many packets at once, held for half a period. */
static struct demand *square_wave(int64_t period_ns)
{
	static struct demand_row rows[WAVES * HEIGHT];

	for (int i = 0; i < WAVES * HEIGHT; i++)
		rows[i] = (struct demand_row){i / HEIGHT * period_ns, period_ns / 2};
	return world_demand(rows, WAVES * HEIGHT);
}

static void what_is_asked_back_at_once_was_wasted(void **state)
{
	/* Four blocks of 20 come in each wave (they are asked for at 10 or less) and go after it.
	 */
	struct policy_marks m = {20, 20, 10, 31, 1000, 0, 4, 0, 0};
	struct lead lead = lead_fixed(MS);
	struct demand *d = square_wave(20 * MS);
	struct sim_result r;
	struct waste w;

	assert_int_equal(sim_dense(d, &m, &lead, NULL, &r), 0);
	assert_true(r.frees >= WAVES);
	assert_int_equal(waste_find(d, &m, &lead, 100 * MS, MS, &w), 0);
	/* All but those of the last wave, after which nothing is asked for. */
	assert_int_equal(w.wasted, r.frees - r.frees / WAVES);
	assert_int_equal(w.quick, 0);
	assert_int_equal(waste_find(d, &m, &lead, 9 * MS, 11 * MS, &w), 0);
	assert_int_equal(w.wasted, 0);
	assert_int_equal(w.quick, r.requests - r.requests / WAVES);
	demand_close(d);
	d = square_wave(500 * MS);
	assert_int_equal(waste_find(d, &m, &lead, 100 * MS, MS, &w), 0);
	assert_true(w.wasted == 0 && w.quick == 0);
	demand_close(d);
}

/* --- all frees are kept, and each request looks for the latest ---------------------------------
 */

struct plain {
	const struct policy_marks *m;
	int64_t within_ns, lead_ns, freed_ns[4096];
	bool asked_back[4096];
	size_t nr;
	struct waste waste;
};

static void look_back(const struct sim_event *e, void *ctx)
{
	struct plain *p = ctx;
	bool quick = false;

	if (e->what == SIM_FREE) {
		assert_true(p->nr < 4096);
		p->freed_ns[p->nr++] = e->t_ns;
	}
	if (e->what != SIM_REQUEST ||
	    e->total - e->held + (uint64_t)p->m->block * (e->pending - 1) > p->m->low)
		return;
	for (size_t i = 0; i < p->nr; i++)
		quick |= e->t_ns - p->freed_ns[i] <= p->lead_ns;
	p->waste.quick += quick;
	for (size_t i = p->nr; i-- > 0;)
		if (!p->asked_back[i]) {
			bool soon = e->t_ns - p->freed_ns[i] <= p->within_ns;

			p->asked_back[i] = soon;
			p->waste.wasted += soon;
			return;
		}
}

static void waste_is_what_looking_back_finds(void **state)
{
	static struct demand_row rows[600];
	uint64_t wasted = 0, quick = 0;
	struct rng rng;

	rng_init(&rng, 9, 31);
	for (int world = 0; world < 200; world++) {
		struct demand_lead samples[WORLD_LEADS];
		struct demand *d;

		world_rows(&rng, rows, 600, MS);
		d = world_demand(rows, 600);

		struct policy_marks m = world_marks(&rng, d->max_held);
		struct lead lead = world_lead(&rng, samples, MS);
		int64_t within_ns = world_below(&rng, 300) * MS,
			lead_ns = world_below(&rng, 50) * MS;
		struct plain *plain = calloc(1, sizeof(*plain));
		struct sim_result r;
		struct waste w;

		*plain = (struct plain){.m = &m, .within_ns = within_ns, .lead_ns = lead_ns};
		assert_int_equal(waste_find(d, &m, &lead, within_ns, lead_ns, &w), 0);
		assert_int_equal(sim_tell(d, &m, &lead, look_back, plain, &r), 0);
		assert_int_equal(w.wasted, plain->waste.wasted);
		assert_int_equal(w.quick, plain->waste.quick);
		assert_true(w.wasted <= r.frees && w.quick <= r.requests);
		wasted += w.wasted;
		quick += w.quick;
		free(plain);
		demand_close(d);
	}
	assert_true(wasted > 100 && quick > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_back_at_once_was_wasted),
		cmocka_unit_test(waste_is_what_looking_back_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
