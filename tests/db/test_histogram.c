/* SPDX-License-Identifier: MIT */
#include "db/histogram.h"
#include "tests/db/fixture.h"

#define VALUES 20000

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t random_duration(uint64_t *state)
{
	uint64_t bits = sim_random(state);

	return (int64_t)(bits >> (18 + bits % 44)); /* all magnitudes alike, up to 2^46 */
}

static void quantiles_are_within_one_percent(void **test_state)
{
	static const unsigned permilles[] = {1, 100, 500, 900, 990, 999, 1000};
	int64_t *values = malloc(VALUES * sizeof(*values));
	uint64_t state = 42;
	struct histogram h;

	histogram_init(&h);
	for (int i = 0; i < VALUES; i++)
		histogram_add(&h, values[i] = random_duration(&state));
	qsort(values, VALUES, sizeof(*values), by_value);
	for (size_t i = 0; i < sizeof(permilles) / sizeof(permilles[0]); i++) {
		size_t rank = ((size_t)VALUES * permilles[i] + 999) / 1000;
		double exact = (double)values[rank - 1];

		assert_true(fabs((double)histogram_quantile(&h, permilles[i]) - exact) <=
			    exact / 100);
	}
	assert_int_equal(h.max_ns, values[VALUES - 1]);
	free(values);
}

static void fine_quantiles_are_within_one_percent(void **test_state)
{
	int64_t *values = malloc(VALUES * sizeof(*values));
	uint64_t state = 43;
	struct histogram h;
	double exact;

	histogram_init(&h);
	for (int i = 0; i < VALUES; i++)
		histogram_add(&h, values[i] = random_duration(&state));
	qsort(values, VALUES, sizeof(*values), by_value);
	exact = (double)values[VALUES * 9999ULL / 10000 - 1];
	assert_true(fabs((double)histogram_quantile_fine(&h, 9999) - exact) <= exact / 100);
	assert_int_equal(histogram_quantile_fine(&h, 5000), histogram_quantile(&h, 500));
	assert_int_equal(histogram_quantile_fine(&h, 10000), histogram_quantile(&h, 1000));
	free(values);
}

static void columns_share_out_every_value(void **test_state)
{
	double columns[37], sum = 0;
	uint64_t state = 5;
	struct histogram h;

	histogram_init(&h);
	for (int i = 0; i < VALUES; i++)
		histogram_add(&h, random_duration(&state));
	/* The axis is shorter than the values: what is outside counts at its ends. */
	histogram_columns(&h, 100, 1e9, 37, columns);
	for (int i = 0; i < 37; i++)
		sum += columns[i];
	assert_true(fabs(sum - VALUES) < 1e-6 * VALUES);
}

static void column_of_a_value_is_where_its_logarithm_lies(void **test_state)
{
	double columns[6];
	struct histogram h;

	histogram_init(&h);
	histogram_add(&h, 50);	     /* 10 to 100 */
	histogram_add(&h, 500000);   /* 10^5 to 10^6 */
	histogram_add(&h, 99900000); /* past the end */
	histogram_columns(&h, 1, 1e6, 6, columns);
	assert_true(columns[1] == 1 && fabs(columns[5] - 2) < 1e-9);
	assert_true(columns[0] == 0 && columns[2] == 0 && columns[3] == 0 && columns[4] == 0);
}

static void empty_histogram_answers_zero(void **state)
{
	struct histogram h;
	uint8_t bytes[16];

	histogram_init(&h);
	assert_int_equal(histogram_quantile(&h, 500), 0);
	assert_int_equal(histogram_encode(&h, bytes), 0);
}

static void encoding_keeps_every_bin(void **test_state)
{
	uint8_t *bytes = malloc(HISTOGRAM_ENCODED_MAX);
	struct histogram h, back;
	uint64_t state = 7;
	size_t nr;

	histogram_init(&h);
	histogram_init(&back);
	for (int i = 0; i < VALUES; i++)
		histogram_add(&h, random_duration(&state));
	histogram_add(&h, 0);
	histogram_add(&h, INT64_MAX);
	nr = histogram_encode(&h, bytes);
	assert_int_equal(histogram_decode(&back, bytes, nr, h.max_ns), 0);
	assert_memory_equal(&h, &back, sizeof(h));
	free(bytes);
}

static void merging_is_adding_all_values_to_one(void **test_state)
{
	struct histogram one, a, b;
	uint64_t state = 9;

	histogram_init(&one);
	histogram_init(&a);
	histogram_init(&b);
	for (int i = 0; i < 1000; i++) {
		int64_t value = random_duration(&state);

		histogram_add(&one, value);
		histogram_add(i % 3 ? &a : &b, value);
	}
	histogram_merge(&a, &b);
	assert_memory_equal(&one, &a, sizeof(one));
}

static void broken_bytes_are_refused(void **state)
{
	static const uint8_t cut[] = {0x05}, endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
							  0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			     beyond[] = {0xff, 0x7f, 0x01};
	struct histogram h;

	histogram_init(&h);
	assert_int_not_equal(histogram_decode(&h, cut, sizeof(cut), 0), 0);
	assert_int_not_equal(histogram_decode(&h, endless, sizeof(endless), 0), 0);
	assert_int_not_equal(histogram_decode(&h, beyond, sizeof(beyond), 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fine_quantiles_are_within_one_percent),
		cmocka_unit_test(columns_share_out_every_value),
		cmocka_unit_test(column_of_a_value_is_where_its_logarithm_lies),
		cmocka_unit_test(quantiles_are_within_one_percent),
		cmocka_unit_test(empty_histogram_answers_zero),
		cmocka_unit_test(encoding_keeps_every_bin),
		cmocka_unit_test(merging_is_adding_all_values_to_one),
		cmocka_unit_test(broken_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
