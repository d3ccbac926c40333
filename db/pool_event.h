/* SPDX-License-Identifier: MIT */
#ifndef DB_POOL_EVENT_H
#define DB_POOL_EVENT_H
/*
 * One pool event as every part right of the trace sees it: decoded, in plain integers.
 * docs/events.md says what each event and field means.
 *
 * Units: _ns nanoseconds (ts_ns since the Unix epoch), _bytes bytes; available, total, buffers and
 * the marks are counts of buffers; pending is a count of requests.
 */
#include <stdbool.h>
#include <stdint.h>

/*
 * A count of buffers, or a mark, that the program does not know (POOLSCOPE_UNKNOWN): NULL in the
 * database.
 */
#define POOL_UNKNOWN UINT32_MAX

enum pool_event_kind {
	POOL_EVENT_POOL_OPEN,
	POOL_EVENT_TICK,
	POOL_EVENT_ALLOC_REQUEST,
	POOL_EVENT_ALLOC_REFUSED,
	POOL_EVENT_ALLOC_COMPLETE,
	POOL_EVENT_BLOCK_FREE,
	POOL_EVENT_RX_TAKE,
	POOL_EVENT_RX_RETURN,
	POOL_EVENT_RX_DROP,
	POOL_EVENT_FALLBACK,
	POOL_EVENT_VIOLATION,
	POOL_EVENT_POOL_CLOSE,
	POOL_EVENT_NR_KINDS
};

/* The kind's name as in the trace and in column event.kind, for example "rx_take". */
const char *pool_event_kind_name(enum pool_event_kind kind);
/* Does such an event say what is available after it? */
bool pool_event_says_available(enum pool_event_kind kind);
/* Returns: the kind, or -1 when no event has that name. */
int pool_event_kind_from_name(const char *name);

enum pool_outcome {
	POOL_OUTCOME_USED,
	POOL_OUTCOME_NULL,
	POOL_OUTCOME_WRAP_FAILED,
	POOL_OUTCOME_OVER_LIMIT,
	POOL_OUTCOME_LATE,
	POOL_OUTCOME_PROBE,
	POOL_OUTCOME_NR
};
enum pool_free_reason {
	POOL_FREE_SHRINK,
	POOL_FREE_HALT,
	POOL_FREE_LATE,
	POOL_FREE_OVER_LIMIT,
	POOL_FREE_WRAP_FAILED,
	POOL_FREE_PROBE,
	POOL_FREE_NR
};
enum pool_drop_cause {
	POOL_DROP_NO_DESCRIPTOR, /* the ring was empty */
	POOL_DROP_FIFO,		 /* the device's own buffer overran */
	POOL_DROP_NR
};
/* Names as in the trace's enumerations; "?" for a value out of range. */
const char *pool_outcome_name(unsigned outcome);
const char *pool_free_reason_name(unsigned reason);
const char *pool_drop_cause_name(unsigned cause);

struct pool_marks {
	uint32_t base, block, low, high, limit, reserve, max_pending, shrink_ticks;
	uint32_t probe_ticks; /* 0: off, and in recordings older than probes */
};

/* A pool without thresholds, which its layer below tells of: there is no policy to judge. */
static inline bool pool_marks_known(const struct pool_marks *m)
{
	return m->low != POOL_UNKNOWN && m->high != POOL_UNKNOWN;
}

/* The driver's own running totals since pool_open. */
struct pool_totals {
	uint64_t requested; /* requests made */
	uint64_t refused;   /* of them not accepted */
	uint64_t completed; /* callbacks with memory */
	uint64_t failed;    /* callbacks without */
	uint64_t freed;	    /* dynamic blocks freed, for whatever reason */
	uint64_t taken;	    /* buffers indicated, RESOURCES ones included */
	uint64_t returned;  /* buffers that came back through the return path */
	uint64_t resources; /* buffers indicated RESOURCES; held = taken - resources - returned */
	uint64_t dropped;   /* frames the device had no descriptor for */
};

struct pool_event {
	int64_t ts_ns;
	uint64_t seq;
	uint32_t pool;
	uint32_t trace; /* whose pool: what store_trace() gave, or 0: the store's first */
	enum pool_event_kind kind;

	/* After the event; in tick, alloc_*, block_free, rx_take, rx_return, fallback. */
	uint32_t available;
	union {
		struct {
			const char *name;   /* borrowed for the call that gets the event */
			uint8_t generation; /* 5, 6; 0 = not NDIS */
			uint32_t buffer_bytes;
			struct pool_marks marks;
		} open;
		struct {
			uint32_t total, pending;
			uint8_t fallback;
			uint8_t running; /* the policy may request and free */
			struct pool_totals totals;
			struct pool_marks marks;
		} tick;
		struct {
			uint64_t request;
			uint32_t length_bytes, total, pending; /* pending counts this one */
			uint8_t cached, irql;
		} request;
		struct {
			uint64_t request;
			uint32_t status;
		} refused;
		struct {
			uint64_t request; /* 0: the base block */
			uint64_t va, pa;
			uint32_t block, length_bytes, buffers;
			uint8_t irql, outcome;
		} complete;
		struct {
			uint64_t va, pa;
			uint32_t block, length_bytes, buffers;
			uint8_t reason;
		} free;
		struct {
			const uint32_t
				*buffers; /* ids; borrowed for the call that gets the event */
			uint32_t nr_buffers;
			uint16_t frames;    /* rx_take: in them: nr_buffers, or 1 */
			uint16_t resources; /* rx_take: how many of them, the last ones */
		} rx;
		struct {
			uint32_t count;
			uint8_t cause;
		} drop;
		struct {
			uint8_t on;
		} fallback;
		struct {
			uint16_t rule;
			uint64_t object;
		} violation;
		struct {
			struct pool_totals totals;
			uint32_t live_blocks, live_buffers;
		} close;
	} u;
};

#endif
