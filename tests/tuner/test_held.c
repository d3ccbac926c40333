/* SPDX-License-Identifier: MIT */
/* Who is held: the quick way, which is taken nearly always, against the plain one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver/spec/rng.h"
#include "tuner/held.h"

#define MOST 600

/* The same of both: one notes hold times, and has no quick way. */
struct pair {
	struct held quick, plain;
	struct packets of_quick, of_plain;
	struct holds holds;
	uint32_t ids[MOST], nr;
};

static void take(struct pair *p)
{
	uint32_t taken = p->nr, wanted;

	if (!held_take_all(&p->quick, p->ids, p->nr)) {
		assert_int_equal(held_any(&p->quick, p->ids, p->nr),
				 held_any(&p->plain, p->ids, p->nr));
		assert_int_equal(held_take(&p->quick, p->ids, p->nr, 0, &taken), 0);
	}
	assert_int_equal(held_take(&p->plain, p->ids, p->nr, 0, &wanted), 0);
	assert_int_equal(taken, wanted);
}

static void give_back(struct pair *p)
{
	uint32_t returned, wanted;

	assert_int_equal(held_return(&p->quick, p->ids, p->nr, 0, &returned), 0);
	assert_int_equal(held_return(&p->plain, p->ids, p->nr, 0, &wanted), 0);
	assert_int_equal(returned, wanted);
}

static void are_the_same(const struct pair *p)
{
	struct packets_reader quick = {.packets = &p->of_quick}, plain = {.packets = &p->of_plain};
	size_t nr = p->of_plain.nr_shorts + p->of_plain.nr_returned;

	assert_int_equal(p->of_quick.nr_shorts, p->of_plain.nr_shorts);
	assert_int_equal(p->of_quick.nr_returned, p->of_plain.nr_returned);
	assert_int_equal(p->of_quick.handles.made, p->of_plain.handles.made);
	assert_int_equal(p->of_quick.handles.nr, p->of_plain.handles.nr);
	assert_memory_equal(p->of_quick.handles.free, p->of_plain.handles.free,
			    p->of_plain.handles.nr * sizeof(uint32_t));
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(packets_returned(&quick), packets_returned(&plain));
	handles_release(&quick.handles);
	handles_release(&plain.handles);
}

/* Ids below `most`, and some that have no place in the table. */
static void choose(struct pair *p, struct rng *rng, uint32_t most)
{
	p->nr = (uint32_t)(rng_u64(rng) % (rng_u64(rng) % 50 ? 20 : MOST));
	for (uint32_t i = 0; i < p->nr; i++)
		p->ids[i] = (uint32_t)(rng_u64(rng) % most) +
			    (rng_u64(rng) % 5000 ? 0 : HOLDERS_DIRECT);
}

/* A run of buffers that are not held, mostly: so that there is a quick way. */
static void choose_next(struct pair *p, struct rng *rng, uint32_t most, uint32_t *at)
{
	p->nr = (uint32_t)(rng_u64(rng) % 30);
	for (uint32_t i = 0; i < p->nr; i++)
		p->ids[i] = (*at)++ % most;
}

static void quick_and_plain(uint64_t seed, uint32_t most, int events, unsigned int takes_of_100)
{
	struct pair *p = calloc(1, sizeof(*p));
	uint32_t taken = 0, returned = 0;
	struct rng rng;

	assert_non_null(p);
	rng_init(&rng, seed, 1);
	p->quick.packets = &p->of_quick;
	p->plain.packets = &p->of_plain;
	p->plain.holds = &p->holds;
	for (int i = 0; i < events; i++) {
		bool is_take = rng_u64(&rng) % 100 < takes_of_100, any = rng_u64(&rng) % 10 == 0;

		if (any)
			choose(p, &rng, most);
		else
			choose_next(p, &rng, most, is_take ? &taken : &returned);
		if (is_take)
			take(p);
		else
			give_back(p);
	}
	are_the_same(p);
	holders_release(&p->quick.holders);
	holders_release(&p->plain.holders);
	packets_release(&p->of_quick);
	packets_release(&p->of_plain);
	holds_release(&p->holds);
	free(p);
}

static void few_are_held(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		quick_and_plain(seed, 200, 2000, 50);
}

/* Of notes of returns there is more than one piece. */
static void many_return(void **state)
{
	quick_and_plain(21, 5000, 400000, 50);
}

/* Handles are longer than 16 bits from some of them on. */
static void many_are_held(void **state)
{
	quick_and_plain(22, 200000, 60000, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_held),
		cmocka_unit_test(many_return),
		cmocka_unit_test(many_are_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
