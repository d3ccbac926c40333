/* SPDX-License-Identifier: MIT */
#ifndef VERDICTS_H
#define VERDICTS_H
/*
 * What the verifier has found since the host was opened.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/ndis/host.h"

static inline uint64_t times_broken(uint16_t rule)
{
	struct ndis_violation v;

	for (unsigned int i = 0; ndis_violation_at(i, &v); i++) {
		if (v.rule == rule)
			return v.count;
	}
	return 0;
}

static inline void print_broken(void)
{
	struct ndis_violation v;

	for (unsigned int i = 0; ndis_violation_at(i, &v); i++)
		print_message("R%u, %u times: %s\n", v.rule, (unsigned int)v.count, v.first);
}

static inline void assert_nothing_broken(void)
{
	print_broken();
	assert_int_equal(ndis_violations(), 0);
}

#endif
