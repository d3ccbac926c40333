/* SPDX-License-Identifier: MIT */
/* A provider `poolscope` that knows one event only, as a program of another version might. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER poolscope
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/tools/partial_provider.h"

#if !defined(PARTIAL_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define PARTIAL_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(
	poolscope, fallback, LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, pool, pool) lttng_ust_field_integer(
		uint64_t, seq, seq) lttng_ust_field_integer(uint8_t, on, 1)
				    lttng_ust_field_integer(uint32_t, available, 7)))

#endif

#include <lttng/tracepoint-event.h>
