/* SPDX-License-Identifier: MIT */
/*
 * The LTTng-UST provider `poolscope`: the event list of docs/events.md as tracepoints.
 * Read several times by LTTng's macros, so it has their include guard and no other.
 *
 * Argument structures are passed by pointer where an event has more than ten fields.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER poolscope
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tracer/poolscope/provider.h"

#if !defined(POOLSCOPE_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define POOLSCOPE_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>
#include "tracer/poolscope.h"
#include "tracer/poolscope/backend.h"

LTTNG_UST_TRACEPOINT_ENUM(poolscope, outcome,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("used", 0)
		lttng_ust_field_enum_value("null", 1)
		lttng_ust_field_enum_value("wrap_failed", 2)
		lttng_ust_field_enum_value("over_limit", 3)
		lttng_ust_field_enum_value("late", 4)
		lttng_ust_field_enum_value("probe", 5)
	)
)

LTTNG_UST_TRACEPOINT_ENUM(poolscope, reason,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("shrink", 0)
		lttng_ust_field_enum_value("halt", 1)
		lttng_ust_field_enum_value("late", 2)
		lttng_ust_field_enum_value("over_limit", 3)
		lttng_ust_field_enum_value("wrap_failed", 4)
		lttng_ust_field_enum_value("probe", 5)
	)
)

LTTNG_UST_TRACEPOINT_ENUM(poolscope, cause,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("no_descriptor", 0)
		lttng_ust_field_enum_value("fifo", 1)
	)
)

/* Every event starts with these two. */
#define POOLSCOPE_FIELDS_HEAD                                                                      \
	lttng_ust_field_integer(uint32_t, pool, pool)                                              \
	lttng_ust_field_integer(uint64_t, seq, seq)

#define POOLSCOPE_FIELDS_MARKS(m)                                                                  \
	lttng_ust_field_integer(uint32_t, base, (m).base)                                          \
	lttng_ust_field_integer(uint32_t, block, (m).block)                                        \
	lttng_ust_field_integer(uint32_t, low, (m).low)                                            \
	lttng_ust_field_integer(uint32_t, high, (m).high)                                          \
	lttng_ust_field_integer(uint32_t, limit, (m).limit)                                        \
	lttng_ust_field_integer(uint32_t, reserve, (m).reserve)                                    \
	lttng_ust_field_integer(uint32_t, max_pending, (m).max_pending)                            \
	lttng_ust_field_integer(uint32_t, shrink_ticks, (m).shrink_ticks)                          \
	lttng_ust_field_integer(uint32_t, probe_ticks, (m).probe_ticks)

#define POOLSCOPE_FIELDS_TOTALS(t)                                                                 \
	lttng_ust_field_integer(uint64_t, requested, (t).requested)                                \
	lttng_ust_field_integer(uint64_t, refused, (t).refused)                                    \
	lttng_ust_field_integer(uint64_t, completed, (t).completed)                                \
	lttng_ust_field_integer(uint64_t, failed, (t).failed)                                      \
	lttng_ust_field_integer(uint64_t, freed, (t).freed)                                        \
	lttng_ust_field_integer(uint64_t, taken, (t).taken)                                        \
	lttng_ust_field_integer(uint64_t, returned, (t).returned)                                  \
	lttng_ust_field_integer(uint64_t, resources, (t).resources)                                \
	lttng_ust_field_integer(uint64_t, dropped, (t).dropped)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, pool_open,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const char *, name,
			  uint8_t, generation, uint32_t, buffer_bytes,
			  const struct poolscope_marks *, marks),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_string(name, name)
		lttng_ust_field_integer(uint8_t, generation, generation)
		lttng_ust_field_integer(uint32_t, buffer_bytes, buffer_bytes)
		POOLSCOPE_FIELDS_MARKS(*marks)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, tick,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const struct poolscope_state *, state),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint32_t, available, state->available)
		lttng_ust_field_integer(uint32_t, total, state->total)
		lttng_ust_field_integer(uint32_t, pending, state->pending)
		lttng_ust_field_integer(uint8_t, fallback, state->fallback)
		lttng_ust_field_integer(uint8_t, running, state->running)
		POOLSCOPE_FIELDS_TOTALS(state->totals)
		POOLSCOPE_FIELDS_MARKS(state->marks)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, alloc_request,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, uint64_t, request,
			  uint32_t, length_bytes, uint8_t, cached, uint8_t, irql,
			  uint32_t, available, uint32_t, total, uint32_t, pending),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint64_t, request, request)
		lttng_ust_field_integer(uint32_t, length_bytes, length_bytes)
		lttng_ust_field_integer(uint8_t, cached, cached)
		lttng_ust_field_integer(uint8_t, irql, irql)
		lttng_ust_field_integer(uint32_t, available, available)
		lttng_ust_field_integer(uint32_t, total, total)
		lttng_ust_field_integer(uint32_t, pending, pending)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, alloc_refused,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, uint64_t, request, uint32_t, status),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint64_t, request, request)
		lttng_ust_field_integer_hex(uint32_t, status, status)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, alloc_complete,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const struct poolscope_memory_args *, m),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint64_t, request, m->request)
		lttng_ust_field_integer(uint32_t, block, m->block)
		lttng_ust_field_integer_hex(uint64_t, va, m->va)
		lttng_ust_field_integer_hex(uint64_t, pa, m->pa)
		lttng_ust_field_integer(uint32_t, length_bytes, m->length_bytes)
		lttng_ust_field_integer(uint8_t, irql, m->irql)
		lttng_ust_field_enum(poolscope, outcome, uint8_t, outcome, m->outcome)
		lttng_ust_field_integer(uint32_t, buffers, m->buffers)
		lttng_ust_field_integer(uint32_t, available, m->available)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, block_free,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const struct poolscope_memory_args *, m),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint32_t, block, m->block)
		lttng_ust_field_integer_hex(uint64_t, va, m->va)
		lttng_ust_field_integer_hex(uint64_t, pa, m->pa)
		lttng_ust_field_integer(uint32_t, length_bytes, m->length_bytes)
		lttng_ust_field_enum(poolscope, reason, uint8_t, reason, m->reason)
		lttng_ust_field_integer(uint32_t, buffers, m->buffers)
		lttng_ust_field_integer(uint32_t, available, m->available)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, rx_take,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const uint32_t *, ids, uint32_t, nr_ids,
			  uint16_t, frames, uint16_t, resources, uint32_t, available),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_sequence(uint32_t, buffers, ids, uint32_t, nr_ids)
		lttng_ust_field_integer(uint16_t, frames, frames)
		lttng_ust_field_integer(uint16_t, resources, resources)
		lttng_ust_field_integer(uint32_t, available, available)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, rx_return,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const uint32_t *, ids, uint32_t, nr_ids,
			  uint32_t, available),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_sequence(uint32_t, buffers, ids, uint32_t, nr_ids)
		lttng_ust_field_integer(uint32_t, available, available)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, rx_drop,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, uint32_t, count, uint8_t, cause),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint32_t, count, count)
		lttng_ust_field_enum(poolscope, cause, uint8_t, cause, cause)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, fallback,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, uint8_t, on, uint32_t, available),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint8_t, on, on)
		lttng_ust_field_integer(uint32_t, available, available)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, violation,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, uint16_t, rule, uint64_t, object),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		lttng_ust_field_integer(uint16_t, rule, rule)
		lttng_ust_field_integer_hex(uint64_t, object, object)
	)
)

LTTNG_UST_TRACEPOINT_EVENT(poolscope, pool_close,
	LTTNG_UST_TP_ARGS(uint32_t, pool, uint64_t, seq, const struct poolscope_totals *, totals,
			  uint32_t, live_blocks, uint32_t, live_buffers),
	LTTNG_UST_TP_FIELDS(
		POOLSCOPE_FIELDS_HEAD
		POOLSCOPE_FIELDS_TOTALS(*totals)
		lttng_ust_field_integer(uint32_t, live_blocks, live_blocks)
		lttng_ust_field_integer(uint32_t, live_buffers, live_buffers)
	)
)

#endif

#include <lttng/tracepoint-event.h>
