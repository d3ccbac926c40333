/* SPDX-License-Identifier: MIT */
#ifndef DB_LEVEL_H
#define DB_LEVEL_H
/*
 * One pool's occupancy rolled up: for each tier (a power-of-two width) the bucket that is open now.
 * Events go into the finest bucket; a bucket that closes is given away and added to the next wider
 * one. Memory does not depend on the length, and neither does the work per event.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIER_NR 6
/* log2 of the widths in ns: 8.4 ms, 67 ms, 0.54 s, 4.3 s, 34 s, 4.6 min. */
extern const uint8_t tier_shift[TIER_NR];

/*
 * A stretch of time in buckets of mixed tiers: wide ones inside, finer ones towards its ends.
 *	first, end  in buckets of the finest tier; end is exclusive
 *	out         room for TIER_COVER_MAX; in no order
 * Returns: how many ranges.
 */
struct tier_range {
	int tier;	     /* index into tier_shift[] */
	int64_t first, last; /* buckets of it */
};
#define TIER_COVER_MAX (2 * TIER_NR)
size_t tier_cover(int64_t first, int64_t end, struct tier_range *out);

struct level_state {
	uint32_t available, total; /* buffers, or POOL_UNKNOWN */
	uint32_t pending;	   /* requests */
	bool fallback;
};

/* Things that are counted in a bucket. */
enum level_count {
	LEVEL_LOW_CROSSINGS,
	LEVEL_HIGH_CROSSINGS,
	LEVEL_REQUESTED,
	LEVEL_FREED,
	LEVEL_FAILED, /* refused or completed without memory */
	LEVEL_DROPPED,
	LEVEL_RESOURCES,
	LEVEL_TAKEN,
	LEVEL_RETURNED,
	LEVEL_EVENTS,
	LEVEL_LOST,
	LEVEL_NR_COUNTS
};

enum level_flag {
	LEVEL_FALLBACK = 1,	/* on at some time inside */
	LEVEL_LOSS = 2,		/* events were lost inside */
	LEVEL_LOSS_AFTER = 4,	/* and the gap goes on beyond the end */
	LEVEL_FALLBACK_END = 8, /* on at the end */
};

struct level_row {
	uint8_t tier;	       /* log2 of the width */
	int64_t bucket;	       /* start >> tier */
	int64_t covered_ns;    /* how much of the width the level is known for */
	double available_mean; /* over that */
	uint32_t available_min, available_max, held_max, total_min, total_max, pending_max;
	unsigned flags;
	struct level_state end; /* at the end of the bucket */
	uint64_t counts[LEVEL_NR_COUNTS];
};

/* What one event did. */
struct level_step {
	struct level_state state; /* after it */
	uint64_t counts[LEVEL_NR_COUNTS];
};

struct level {
	bool known;	  /* there is a level */
	int64_t since_ns; /* from when on */
	int64_t last_ns;  /* the newest event */
	struct level_state now;
	unsigned __int128 integral; /* of available over time, from since_ns to last_ns */
	struct level_bucket {
		struct level_row row;
		unsigned __int128 integral_at_start;
	} open[TIER_NR];
};

typedef void (*level_emit)(const struct level_row *row, void *ctx);

/*
 * Goes on to an event at ts_ns (not before the last one).  Buckets that end before it are emitted;
 * a bucket's extremes include the level at its start.
 */
void level_step(struct level *l, int64_t ts_ns, const struct level_step *step, level_emit emit,
		void *ctx);

/* The open buckets as they are now, to be stored until the final ones replace them. */
void level_emit_open(const struct level *l, level_emit emit, void *ctx);

#endif
