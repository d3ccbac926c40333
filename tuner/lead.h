/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LEAD_H
#define TUNER_LEAD_H
/*
 * How long a request that a simulation makes takes, and what becomes of it.
 *
 * A lead is a process in time, not a row of draws: two settings that ask at the same moment get the
 * same answer, so that they differ by what they are and not by luck.  And requests do not overtake
 * each other: what was asked for later is due later, or at the same time.
 *
 * Thread: a struct lead is only read while simulations run, and may be shared by them.
 */
#include <stddef.h>
#include <stdint.h>

#include "driver/spec/draw.h"
#include "tuner/demand.h"

enum lead_kind {
	LEAD_FIXED,   /* always fixed_ns */
	LEAD_NEAREST, /* that of the sample whose request is nearest in time (the earlier of two;
		       * several of one moment, in order) */
	LEAD_LIST,    /* the k-th request has the k-th sample's, and again from the first one on */
	LEAD_DRAWN,   /* draw, anew in every cell_ns of time, and the same for a seed */
};

/* A failed completion leads to the next request: without a least time that would go on for ever. */
#define LEAD_FAILS_AFTER_NS INT64_C(10000)

/* Zeroed: fixed, 0 ns. */
struct lead {
	enum lead_kind kind;
	int64_t fixed_ns;
	const struct demand_lead *samples; /* borrowed; by time for LEAD_NEAREST */
	size_t nr_samples;
	struct draw draw;
	uint64_t seed;
	int64_t cell_ns; /* > 0 for LEAD_DRAWN */
	/*
	 * The first request within storm_ns from this time on finds no memory for as long as that,
	 * nor does any that follows meanwhile.  storm_ns 0: none does.
	 */
	int64_t storm_from_ns, storm_ns;
};

static inline struct lead lead_fixed(int64_t ns)
{
	return (struct lead){.kind = LEAD_FIXED, .fixed_ns = ns};
}

/*
 * The recorded ones: failures and refusals are what they were.  A request that was still pending at
 * the end is taken as if it had come then.
 * Owns: nothing; d outlives it.  Returns: 0; -ENODATA nothing was asked for in the recording.
 */
int lead_recorded(const struct demand *d, struct lead *out);

/* Is it known how long any request takes?  Not where all of the recorded ones failed. */
bool lead_has_length(const struct lead *lead);

/* Drawn from a distribution; cells are as long as the mean of 1000 draws, at least 1 us. */
struct lead lead_drawn(const struct draw *draw, uint64_t seed);

/* The longest that it can be, where that is known; else INT64_MAX. */
int64_t lead_longest(const struct lead *lead);

/* One simulation's place in the process.  Zeroed: at its beginning. */
struct lead_cursor {
	uint64_t nr;
	uint64_t same; /* requests before this one at its very moment */
	int64_t last_ns, last_due_ns;
	int64_t storm_end_ns; /* 0: it has not begun */
};

struct lead_answer {
	enum demand_lead_kind kind; /* never DEMAND_LEAD_PENDING */
	int64_t due_ns;		    /* of the completion; of a refusal the time of the request */
};
struct lead_answer lead_ask(const struct lead *lead, struct lead_cursor *cursor, int64_t t_ns);

#endif
