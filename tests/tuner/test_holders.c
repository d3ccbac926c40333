/* SPDX-License-Identifier: MIT */
/* Who holds which buffer, whatever its id is. */
#include "tests/tuner/worlds.h"

#include "tuner/holders.h"

#define IDS 600

/* Small ids, those around the end of the table, and the largest. */
static uint32_t id_of(uint32_t i)
{
	return i < 200	 ? 7 * i
	       : i < 400 ? HOLDERS_DIRECT - 100 + (i - 200)
			 : UINT32_MAX - (i - 400);
}

static void holders_are_those_that_did_not_give_back(void **state)
{
	static uint32_t take[IDS]; /* the same, in the plainest way */
	struct holders h = {0};
	struct rng rng;

	rng_init(&rng, 5, 1);
	for (uint32_t i = 0; i < IDS; i++) {
		take[i] = HOLDERS_NONE;
		assert_false(holders_have(&h, id_of(i)));
		assert_int_equal(holders_give_back(&h, id_of(i)), HOLDERS_NONE);
	}
	for (uint32_t n = 0; n < 200000; n++) {
		uint32_t i = (uint32_t)(rng_unit(&rng) * IDS);

		assert_int_equal(holders_have(&h, id_of(i)), take[i] != HOLDERS_NONE);
		if (take[i] == HOLDERS_NONE && rng_chance(&rng, 0.6)) {
			assert_int_equal(holders_hold(&h, id_of(i), n), 0);
			take[i] = n;
		} else {
			assert_int_equal(holders_give_back(&h, id_of(i)), take[i]);
			take[i] = HOLDERS_NONE;
		}
	}
	/* Only those that are held cost memory, whatever their ids. */
	assert_true(h.room <= 4096 && h.direct <= HOLDERS_DIRECT);
	holders_release(&h);
	assert_false(holders_have(&h, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holders_are_those_that_did_not_give_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
