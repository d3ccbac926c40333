/* SPDX-License-Identifier: MIT */
#ifndef DB_TRACK_H
#define DB_TRACK_H
/*
 * What the writer knows about one pool: it follows the events in seq order and derives totals,
 * levels, latencies, allocations and the audit from them.  All figures come from the events; the
 * driver's own totals in `tick` only check them, and are the base where the record begins or goes
 * on after a gap.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/allocation.h"
#include "db/held.h"
#include "db/hold.h"
#include "db/latency.h"
#include "db/level.h"
#include "db/life.h"
#include "db/pool_event.h"
#include "db/queue.h"
#include "db/rows.h"
#include "db/window.h"

struct verdict {
	uint64_t checked, mismatches;
	int64_t first_mismatch_ns;
};

struct track {
	uint32_t pool;	    /* in the file */
	uint32_t trace;	    /* whose it is */
	uint32_t number;    /* in the trace */
	const char *host;   /* the trace's; borrowed from the store */
	bool changed;	    /* since the last commit */
	bool cold;	    /* of a file that is continued, and not followed yet: see recover.h */
	uint64_t filled;    /* events that filled gaps since the derived rows were made */
	uint64_t first_seq; /* the first on record */
	uint64_t kept_seq;  /* events before this one were dropped; 0: none */
	uint64_t state_seq; /* the state before this event is on record; 0: none */
	int64_t state_ns;   /* CLOCK_MONOTONIC of when it was written */
	uint64_t front_seq; /* the oldest event that is kept */
	int64_t front_ns;   /* 0: to be looked up */
	struct rows_span span; /* where events that came again lay last */
	struct window window;

	char name[64];
	bool opened; /* pool_open was seen: name, generation and buffer_bytes are known */
	uint8_t generation;
	uint32_t buffer_bytes;
	bool has_marks;
	struct pool_marks marks;
	int64_t opened_ns, closed_ns, first_ns, last_ns;

	/*
	 * The totals are exact: the pool was opened in the record, or a tick has said them, and no
	 * event was lost since.
	 */
	bool based;
	bool rx_seen; /* without it, buffers may move unseen: only group alloc is recorded */
	struct pool_totals totals;
	struct level_state now;
	uint64_t events, pending, live_blocks, violations, lost_seq, lost_told;
	uint64_t low_crossings, high_crossings;
	struct level_step step; /* counts that wait for the first level */
	struct level level;
	struct life life;
	struct allocations allocations;
	int64_t next_allocation; /* the row of the next one */
	size_t sweep_at;
	struct hold hold;
	struct held held; /* marks of what is held */
	struct latency_rollup *lead, *hold_times;
	struct verdict audit, identity;
	bool clock_back;		/* its time is before last_ns: a clock was set back */
	struct verdict identity_before; /* of it: before the state that the pool goes on from */
	struct audit_first {
		char what[16]; /* the counter, by its name in the event */
		int64_t said, counted;
	} audit_first;
	struct queue_loss bad; /* of this batch: events that cannot be stored */
};

void track_init(struct track *t, uint32_t pool);
void track_release(struct track *t);

/*
 * Follows one event; `gap` says what is missing before it.  Rows that are final go to `rows`.
 * Returns: 0 or -ENOMEM.
 */
int track_event(struct track *t, const struct pool_event *event, const struct window_gap *gap,
		struct rows *rows);

/* Writes what changed since the last call, open buckets included. */
void track_save(struct track *t, struct rows *rows);

/* Events of this pool that are known to be lost: by seq, or told where that is more. */
static inline uint64_t track_lost(const struct track *t)
{
	return t->lost_seq > t->lost_told ? t->lost_seq : t->lost_told;
}

#endif
