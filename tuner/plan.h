/* SPDX-License-Identifier: MIT */
#ifndef TUNER_PLAN_H
#define TUNER_PLAN_H
/*
 * Which marks to set: all settings inside the exact brackets are tried, none is guessed.
 *
 *  - block: the steepest rises within typical leads, so that one request at a time can be enough,
 *    and powers of two between;
 *  - low: from what this very pool needs (low_exact) to what any pool needs (atlas_low), for
 * typical leads and for the longest;
 *  - limit: what a fixed pool needs that shall hold all of another recording, too: all that was
 *    ever in use, the reserve, and a cushion (tuner/peaks.h).  No pool is larger than that fixed
 *    one; and one that reaches its limit is as safe as that one;
 *  - base: so many blocks less than the limit that low + 1 is left above what is held most of the
 *    time; or the limit itself, without growth;
 *  - high: low + block, and some gaps above.
 *
 * Reserve, requests at once and ticks stay as they are: they say what driver it is.
 *
 * Nothing is bisected: losses are not monotone in base, block or low.
 *
 * What is best: mean buffers, where a grant with its free costs as much as keeping the block for
 * another PLAN_SWITCH_NS (else a pool that asks and frees all the time would look cheapest).
 */
#include "tuner/batch.h"
#include "tuner/demand.h"
#include "tuner/evidence.h"
#include "tuner/lead.h"
#include "tuner/low.h"
#include "tuner/peaks.h"
#include "tuner/sim.h"
#include "tuner/waste.h"

#define PLAN_SWITCH_NS 100000000.0
/* A small block costs as much as one of so many buffers: a request is a request. */
#define PLAN_SWITCH_LEAST 16
/*
 * The safe setting expects leads half as long again as the longest that was recorded; with fewer
 * than this (95 % sure of 95 %), twice as long.
 */
#define PLAN_LEADS 59
/* That another recording as long holds more than there is room for. */
#define PLAN_CHANCE_SAFE     0.01
#define PLAN_CHANCE_BALANCED 0.1
/* A pool that grows is safe only as long as leads are as expected: it has to save this much. */
#define PLAN_WORTH 0.95
/* Draws of the recorded leads that a setting has to stand, beside the recorded ones. */
#define PLAN_DRAWS 16
#define PLAN_FRONT 64
#define PLAN_HELD  7 /* quantiles of X that are tried as what is held */

struct plan_setting {
	struct policy_marks marks;
	struct sim_result sim; /* with the leads asked for */
	double cost;	       /* mean buffers, and switches */
	int64_t robust_low;  /* what this block needs for the longest lead, whatever happened before
			      */
	bool covers;	     /* the base block alone is enough for all that was ever in use */
	bool drawn, settled; /* what is below is known; first the draws, then the rest */
	/* Over PLAN_DRAWS draws of the leads: */
	uint64_t worst_missed;	 /* lost and RESOURCES; one that misses the target ends at that */
	uint64_t doubled_missed; /* with every lead twice the longest */
	/* With the longest row of failures that was recorded, where it hurts most. */
	uint64_t storm_missed;
	int64_t storm_at_ns; /* 0: no request failed */
	struct waste waste;
	/* Of 8 neighbours (base, block, low, leads a little more or less), how many lose. */
	unsigned int neighbours, neighbours_lose;
};

/* PLAN_CUSHIONED: the fixed pool that is as large as the safe setting may become. */
enum plan_name { PLAN_SAFE, PLAN_BALANCED, PLAN_LEAN, PLAN_STATIC, PLAN_CUSHIONED, PLAN_NR };
extern const char *const plan_names[PLAN_NR];

struct plan_request {
	struct policy_marks like; /* reserve, max_pending and ticks are taken from it */
	const struct lead *lead;
	const struct lead_sample *leads; /* at least one; plan_size() needs neither */
	double loss;			 /* share of the takes that may be lost or RESOURCES */
	uint64_t seed;
	int64_t hold_ns; /* p99.9 of the hold times; 0: unknown */
};

struct plan {
	/* plan_first(): */
	int64_t longest_ns; /* the longest lead */
	int64_t safe_ns;    /* the lead that the safe setting is made for */
	struct batch batch; /* every lead counts as longer by batch.ns */
	struct peaks peaks;
	uint32_t in_use; /* at most, in buffers, as far as the target wants it; no reserve */
	uint32_t size, size_balanced; /* of a fixed pool: in_use, the reserve, and a cushion */
	int64_t robust_low;	      /* for longest_ns, if enough requests are allowed */
	int64_t safe_low;	      /* the same for safe_ns */
	uint32_t size_static;	      /* of the smallest fixed pool that meets the target here */
	double clairvoyant_mean;      /* of the best block that was tried */
	uint32_t clairvoyant_peak;
	uint32_t held[PLAN_HELD]; /* quantiles of X over time, ascending */
	uint64_t missed_allowed;
	/* plan_search(), and plan_first() of a demand with steps: */
	struct low_burst burst;		/* the steepest rise within safe_ns */
	struct low_burst longest_burst; /* within longest_ns */
	/* plan_search(): */
	bool has[PLAN_NR];
	struct plan_setting row[PLAN_NR];
	bool has_growing; /* of those that are as safe, the best that grows */
	struct plan_setting growing;
	/* Why the safe setting grows, or does not. */
	enum plan_reason {
		PLAN_GROWS,  /* it saves more than 1 - PLAN_WORTH of the fixed pool */
		PLAN_SLOW,   /* leads are longer than bursts: memory has to be there beforehand */
		PLAN_STEADY, /* it would save less than that */
	} reason;
	struct plan_setting front[PLAN_FRONT]; /* by mean, then by frees: none is better in both */
	size_t nr_front;
	uint64_t tried, possible; /* settings */
};

/*
 * What needs no search: fills the first part of out.  A path is enough, unless some packets may be
 * missed: which those are is known with the steps.
 * Imputed packets get their returns on the way (tuner/impute.h), or even when it fails.
 * Owns: nothing in out.  Returns: 0; -ENODATA it takes steps; -ENOMEM.
 */
int plan_first(struct demand *d, const struct plan_request *request, struct plan *out);
/* The same of one whose packets all have their returns. */
int plan_first_whole(const struct demand *d, const struct plan_request *request, struct plan *out);

/* The rest; the rows are chosen, not settled.  Of a demand with steps.  Returns: 0 or -errno. */
int plan_search(const struct demand *d, const struct plan_request *request, struct plan *plan);

/* Both. */
int plan_make(const struct demand *d, const struct plan_request *request, struct plan *out);

/* A lead, with the time that frames wait for the next interrupt. */
static inline int64_t plan_tau(const struct plan *plan, int64_t lead_ns)
{
	return lead_ns < INT64_MAX / 4 ? lead_ns + plan->batch.ns : lead_ns;
}

/* Of a demand with steps and a plan whose leads and batch are known.  Returns: 0 or -ENOMEM. */
int plan_find_bursts(const struct demand *d, struct plan *out);

/* Packets that the target lets be lost or RESOURCES. */
uint64_t plan_missed_allowed(const struct demand *d, const struct plan_request *request);

/*
 * What a fixed pool needs, which no lead is needed for: batch, peaks, in_use, size and
 * missed_allowed alone.  Returns: as plan_first().
 */
int plan_size(struct demand *d, const struct plan_request *request, struct plan *out);

/* The sizes, once batch, peaks and missed_allowed are known. */
void plan_size_up(const struct demand *d, const struct plan_request *request, struct plan *out);

/* Buffers that a fixed pool has to have to miss no more than that; of a path, no more than 0. */
uint32_t plan_static_held(const struct demand *d, uint64_t missed_allowed);

/* The draws alone. */
int plan_stand_draws(const struct demand *d, const struct plan_request *request,
		     const struct plan *plan, struct plan_setting *s);

/* What a setting is worth, and how it stands the draws; fills all of `s` for s->marks. */
int plan_settle(const struct demand *d, const struct plan_request *request, const struct plan *plan,
		struct plan_setting *s);

#endif
