/* SPDX-License-Identifier: MIT */
/*
 * partial: an instrumented program whose metadata has no sequences.  Whoever reads the trace live
 * has begun with that when a program with all events joins.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/tools/partial_provider.h"

#include "tracer/poolscope/announce.h"

int main(void)
{
	uint32_t pool = poolscope_announce();

	lttng_ust_tracepoint(poolscope, fallback, pool, 0);
	return 0;
}
