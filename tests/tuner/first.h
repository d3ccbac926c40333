/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TUNER_FIRST_H
#define TESTS_TUNER_FIRST_H
/* All that plan_first() says is the same.  Header only, so that a test links nothing more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tuner/plan.h"

static inline void same_first(const struct plan *a, const struct plan *b)
{
	assert_int_equal(a->longest_ns, b->longest_ns);
	assert_int_equal(a->safe_ns, b->safe_ns);
	assert_int_equal(a->batch.ns, b->batch.ns);
	assert_int_equal(a->batch.need, b->batch.need);
	assert_memory_equal(&a->peaks, &b->peaks, sizeof(a->peaks));
	assert_int_equal(a->in_use, b->in_use);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->size_balanced, b->size_balanced);
	assert_int_equal(a->size_static, b->size_static);
	assert_int_equal(a->robust_low, b->robust_low);
	assert_int_equal(a->safe_low, b->safe_low);
	assert_true(a->clairvoyant_mean == b->clairvoyant_mean);
	assert_int_equal(a->clairvoyant_peak, b->clairvoyant_peak);
	assert_memory_equal(a->held, b->held, sizeof(a->held));
}

#endif
