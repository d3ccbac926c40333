/* SPDX-License-Identifier: MIT */
#ifndef TUNER_DEMAND_H
#define TUNER_DEMAND_H
/*
 * The demand path of one pool: what the traffic wanted of it, whatever its marks were.
 *
 * A recording, or a table of arrival and hold times, becomes steps in order: a take (+1) or a
 * return (-1) of one buffer at a time.  X, the buffers held after each step, is the whole demand.
 * While nothing is lost X does not depend on the marks, so what other marks would have done is
 * exact and no model.
 *
 * A recorded event of several buffers is as many steps; the last of them `ends` it, and only there
 * the policy acts.  A demand row is two events of one step each.
 *
 * Order: that of the recording (`seq`); of rows, by time, at equal times returns before takes, and
 * then by row.  A return never comes before its own take, so that a packet of hold time 0 is
 * returned directly after its take.
 *
 * Each packet has a *slot*, given by ordered hunt: the lowest number that no packet has at its
 * take.  A static pool of c buffers loses exactly the takes that get slot c or more (all sizes at
 * once: hunt[]).  Slots also name packets: of those held at one moment no two have the same.
 *
 * What a recording cannot say is filled in, and counted (struct demand_quality):
 *  - a frame that was RESOURCES has no return of its own, and one that was dropped for want of a
 *    descriptor has no take either.  Each gets the hold time of a packet near it: the 64 around it
 *    that have one lend theirs by turns.  Drops are told late, by a counter: they are spread
 *    evenly between the event before and the one that tells them.
 *  - a return of a buffer nobody took (the recording began later) is left out;
 *  - a take of a buffer that is held (its return was lost) returns it first.
 *
 * It is made in two parts.  The *path* has X after each event (tuner/moves.h), and all that is not
 * about single steps: takes, max_held, leads, quality, marks.  Much can be answered from it alone,
 * early.  Then the steps are made of it, with their slots, and take its place.
 *
 * Memory: 8 bytes of time, 4 of slot, and less than one of bits, extremes and checkpoints a step.
 * Thread: built once, then read by any number of threads.
 * Source: the ordered hunt is the analogue of Mattson's stack for pools.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/query.h"
#include "driver/miniport/policy.h"

#define DEMAND_CELL	 64		    /* steps in a cell */
#define DEMAND_FAN	 16		    /* cells under one of the next level */
#define DEMAND_LEVELS	 8		    /* of extremes above the cells */
#define DEMAND_STEPS_MAX 0x7fffff00u	    /* steps that a demand can have */
#define DEMAND_TICK_NS	 INT64_C(100000000) /* where none were recorded */

struct demand_extremes {
	uint32_t min, max; /* of X */
};

/* 64 steps. */
struct demand_cell {
	uint64_t takes;	  /* bit i: its step i is a take */
	uint64_t ends;	  /* the policy acts after it */
	uint64_t imputed; /* a take that nobody recorded as held */
	uint32_t before;  /* X before its first step */
	uint32_t top;	  /* highest slot in use at any time in it, + 1 */
};

/* What became of a request. */
enum demand_lead_kind {
	DEMAND_LEAD_CAME,    /* memory, after lead_ns */
	DEMAND_LEAD_FAILED,  /* no memory, or it could not be wrapped, after lead_ns */
	DEMAND_LEAD_REFUSED, /* the call itself said no; lead_ns is 0 */
	DEMAND_LEAD_PENDING, /* still on its way at the end: the lead is longer than lead_ns */
};
struct demand_lead {
	int64_t requested_ns;
	int64_t lead_ns;
	enum demand_lead_kind kind;
};

struct demand_tick {
	size_t steps; /* before it */
	int64_t t_ns;
};

/* How far the record can be trusted, in takes (buffers) and events. */
struct demand_quality {
	uint64_t resources;	    /* takes that were RESOURCES: their hold times are imputed */
	uint64_t dropped;	    /* frames dropped for want of a descriptor: imputed */
	uint64_t dropped_by_device; /* for other causes: left out, no pool would have had them */
	uint64_t not_imputed; /* of the first two: no hold time was there to go by, or too many */
	uint64_t gaps;	      /* places where events are missing */
	uint64_t unmatched_returns; /* left out */
	uint64_t implied_returns;   /* put in */
	uint64_t unreturned;	    /* packets still held at the end */
	uint64_t disordered;	    /* rows that were not in order of arrival: sorted */
	uint64_t marks_changed;	    /* times that the marks changed in the middle */
};

/*
 * The last change of the marks in the middle: what was missed until then is not the doing of those
 * in force at the end.  All 0 when quality.marks_changed is.
 */
struct demand_change {
	int64_t at_ns;			    /* of the event that says so first */
	struct policy_marks before;	    /* in force until then */
	uint64_t takes, resources, dropped; /* until then; takes as demand.takes counts them */
};

struct moves;
struct holds;

struct demand {
	struct moves *path;  /* NULL: there are steps */
	struct holds *holds; /* of a path whose imputed packets have no returns yet */
	int64_t first_ns, last_ns;
	/* Steps, from here ... */
	size_t nr;
	int64_t *t_ns;
	uint32_t *slot;
	struct demand_cell *cells;
	struct demand_extremes *extremes[DEMAND_LEVELS]; /* [0]: one a cell */
	size_t nr_extremes[DEMAND_LEVELS];
	int nr_levels;
	uint64_t *hunt; /* takes by slot, [max_held] */
	/* Which slots are in use before step i * checkpoint_steps, in words of 64. */
	uint64_t *checkpoints;
	size_t checkpoint_steps, checkpoint_words;
	/* ... to here. */

	uint32_t max_held; /* peak of X, and how many slots there are */
	uint64_t takes;
	struct demand_tick
		*ticks; /* between the first step and the last; of a path, all recorded */
	size_t nr_ticks;
	bool ticks_known; /* of steps, false: marks with delays in ticks cannot be simulated */
	struct demand_lead *leads; /* by time of request */
	size_t nr_leads;
	bool borrowed; /* t_ns, slot and checkpoints are another demand's (tuner/slice.h) */
	bool marks_known;
	struct policy_marks marks; /* in force at the end of the recording */
	struct demand_change change;
	struct demand_quality quality;
};

/*
 * Reads the demand of a pool from a recording.
 * Returns: 0; -ENODATA there are no receive events (err says what to record); -EFBIG more than
 * DEMAND_STEPS_MAX steps; -ENOMEM; what query_events() returns.
 */
int demand_read(struct query *q, uint32_t pool, struct demand **out, struct db_error *err);

/*
 * The path alone, in which imputed packets may have no returns yet: impute() gives them, and who
 * takes a demand that is not const calls it.
 */
int demand_read_path(struct query *q, uint32_t pool, struct demand **out, struct db_error *err);

/* Makes the steps of a path; of a demand that has steps, nothing.  Returns: 0 or -ENOMEM, and then
 * nothing but demand_close() is left to be done with it. */
int demand_make_steps(struct demand *d);

/* Reading while somebody watches, who may be another thread.  Zeroed: as demand_read(). */
struct demand_watch {
	uint64_t steps_max;	/* what is more is left out, and cut is set; 0: nothing is */
	bool newest;		/* the oldest is left out, else the newest */
	_Atomic uint64_t steps; /* read so far */
	_Atomic bool stop;	/* set by who watches: give up */
	bool cut;
};
/* Returns: as demand_read(); -ECANCELED it was stopped before the steps were begun with. */
int demand_read_some(struct query *q, uint32_t pool, struct demand_watch *watch,
		     struct demand **out, struct db_error *err);

struct demand_row {
	int64_t arrival_ns, hold_ns;
};
/* hold_ns of a packet that is never returned. */
#define DEMAND_HELD_FOR_EVER INT64_MAX

/*
 * The demand of nr packets.  Ticks are every DEMAND_TICK_NS from the first arrival on.
 * Returns: 0; -EINVAL a negative time or one beyond 2^63 - 1, with the row's index in *bad;
 * -ENODATA no rows; -EFBIG; -ENOMEM.
 */
int demand_from_rows(const struct demand_row *rows, size_t nr, struct demand **out, size_t *bad);

void demand_close(struct demand *d); /* NULL is nothing */

/* --- the path ------------------------------------------------------------------------------------
 */

static inline bool demand_is_take(const struct demand *d, size_t i)
{
	return d->cells[i / DEMAND_CELL].takes >> i % DEMAND_CELL & 1;
}

static inline bool demand_is_end(const struct demand *d, size_t i)
{
	return d->cells[i / DEMAND_CELL].ends >> i % DEMAND_CELL & 1;
}

static inline bool demand_is_imputed(const struct demand *d, size_t i)
{
	return d->cells[i / DEMAND_CELL].imputed >> i % DEMAND_CELL & 1;
}

/* X after the first `steps` steps. */
static inline uint32_t demand_held(const struct demand *d, size_t steps)
{
	const struct demand_cell *c = &d->cells[steps / DEMAND_CELL];
	unsigned int in = steps % DEMAND_CELL;
	uint32_t takes = (uint32_t)__builtin_popcountll(c->takes & ((UINT64_C(1) << in) - 1));

	return c->before + 2 * takes - in;
}

static inline int64_t demand_span_ns(const struct demand *d)
{
	return d->last_ns - d->first_ns;
}

/* The first step from `from` on after which X >= level (X <= level); d->nr when there is none. */
size_t demand_next_ge(const struct demand *d, size_t from, int64_t level);
size_t demand_next_le(const struct demand *d, size_t from, int64_t level);

/* The lowest and the highest X after the steps from `from` until before `stop`; from < stop. */
struct demand_extremes demand_range(const struct demand *d, size_t from, size_t stop);

/* The first step from `from` on at or after a time; d->nr when there is none. */
size_t demand_next_at(const struct demand *d, size_t from, int64_t t_ns);

/*
 * Which slots are in use after the first `steps` steps, in d->checkpoint_words words: O(most slots
 * ever in use).
 */
void demand_slots(const struct demand *d, size_t steps, uint64_t *words);

/* Takes that a static pool of `buffers` loses.  Of a path, of max_held buffers or more: none. */
uint64_t demand_static_lost(const struct demand *d, uint32_t buffers);

#endif
